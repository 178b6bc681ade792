"""The outline of a filed place; the anti-counterfeit codes that stamps show, and what makers said of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("venue", sa.Column("polygon", JSON, nullable=True))
    op.create_table(
        "stamp_code",
        sa.Column("look_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["look_id"], ["look.id"], name=op.f("fk_stamp_code_look_id")),
        sa.PrimaryKeyConstraint("look_id", "code", name=op.f("pk_stamp_code")),
    )
    op.create_index("ix_stamp_code_code", "stamp_code", ["code"], unique=False)
    op.create_table(
        "code_answer",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", "authority", name=op.f("pk_code_answer")),
    )


def downgrade() -> None:
    op.drop_table("code_answer")
    op.drop_table("stamp_code")
    op.drop_column("venue", "polygon")
