"""What the office urged agencies to hand in, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "urging",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("urged_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("urged_by", sa.Uuid(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("length(trim(what)) > 0", name=op.f("ck_urging_what_not_blank")),
        sa.CheckConstraint("due_on >= urged_on", name=op.f("ck_urging_days_in_order")),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('delivered', 'missing', 'poor', 'withdrawn')",
            name=op.f("ck_urging_outcome"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (answered_on IS NULL)", name=op.f("ck_urging_answered_some_day")),
        sa.CheckConstraint("(outcome IS NULL) = (answered_by IS NULL)", name=op.f("ck_urging_answered_by_someone")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_urging_class_id")),
        sa.ForeignKeyConstraint(["urged_by"], ["user_account.id"], name=op.f("fk_urging_urged_by")),
        sa.ForeignKeyConstraint(["answered_by"], ["user_account.id"], name=op.f("fk_urging_answered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urging")),
    )
    op.create_index("ix_urging_class_id", "urging", ["class_id"])


def downgrade() -> None:
    op.drop_table("urging")
