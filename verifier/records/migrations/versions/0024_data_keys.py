"""What is kept of data keys that were retired."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_key",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("audit_key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("length(key_id) = 16", name=op.f("ck_data_key_key_id_form")),
        sa.CheckConstraint("last_sequence IS NULL OR last_sequence >= 0", name=op.f("ck_data_key_last_sequence_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_key")),
        sa.UniqueConstraint("key_id", name=op.f("uq_data_key_key_id")),
    )


def downgrade() -> None:
    op.drop_table("data_key")
