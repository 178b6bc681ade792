"""Who is looking at a case or a violation right now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "matter_claim",
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("violation_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(case_id IS NULL) <> (violation_id IS NULL)", name=op.f("ck_matter_claim_one_subject")),
        sa.CheckConstraint("ends_at > claimed_at", name=op.f("ck_matter_claim_ends_after_claim")),
        sa.ForeignKeyConstraint(["case_id"], ["supervision_case.id"], name=op.f("fk_matter_claim_case_id")),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name=op.f("fk_matter_claim_violation_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_matter_claim_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_claim")),
    )
    op.create_index("ix_matter_claim_user_id", "matter_claim", ["user_id"])


def downgrade() -> None:
    op.drop_index("ix_matter_claim_user_id", table_name="matter_claim")
    op.drop_table("matter_claim")
