"""Whether each enrolment picture could be enrolled, as the class's last close found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TABLES = ("enrolment_photo", "teacher_photo")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("verdict", sa.String(length=32), nullable=True))
        op.add_column(table, sa.Column("verdict_reason", JSON, nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "verdict_reason")
        op.drop_column(table, "verdict")
