"""A corrected submission takes the former one's place; pictures that were cut off are tried again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("submission", sa.Column("superseded_by", sa.Uuid(), nullable=True))
    op.create_table(
        "look_attempt",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("versions_key", sa.Text(), nullable=False),
        sa.Column("limits", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("attempts IS NULL OR attempts >= 1", name=op.f("ck_look_attempt_attempts_range")),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_look_attempt_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_attempt")),
        sa.UniqueConstraint("sha256", "versions_key", name=op.f("uq_look_attempt_sha256_versions_key")),
    )


def downgrade() -> None:
    op.drop_table("look_attempt")
    op.drop_column("submission", "superseded_by")
