"""Whom a case that names nobody may be about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    for table in ("supervision_case", "case_support"):
        op.add_column(table, sa.Column("candidates", JSON, nullable=True))


def downgrade() -> None:
    for table in ("case_support", "supervision_case"):
        op.drop_column(table, "candidates")
