"""The number of writes becomes the sum of a few rows, so that those who write need not wait for each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None
LINES = 16


def upgrade() -> None:
    _make_anew(sa.CheckConstraint(f"id >= 1 AND id <= {LINES}", name=op.f("ck_write_count_a_few")), LINES)


def downgrade() -> None:
    _make_anew(sa.CheckConstraint("id = 1", name=op.f("ck_write_count_only_one")), 1)


def _make_anew(check: sa.CheckConstraint, lines: int) -> None:
    writes = int(op.get_bind().scalar(sa.text("SELECT sum(writes) FROM write_count")) or 0)
    op.drop_table("write_count")
    op.create_table(
        "write_count",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("writes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        check,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_count")),
    )
    values = ", ".join(f"({line}, {writes if line == 1 else 0})" for line in range(1, lines + 1))
    op.execute(f"INSERT INTO write_count (id, writes) VALUES {values}")
