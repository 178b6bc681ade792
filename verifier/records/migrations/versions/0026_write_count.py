"""How often the records were written to: what was read before is true as long as the number stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "write_count",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("writes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_write_count_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_count")),
    )
    op.execute("INSERT INTO write_count (id, writes) VALUES (1, 0)")


def downgrade() -> None:
    op.drop_table("write_count")
