"""Which photos show the same picture: searches and matches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "picture_search",
        sa.Column("look_id", sa.Uuid(), nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["look_id"], ["look.id"], name=op.f("fk_picture_search_look_id")),
        sa.PrimaryKeyConstraint("look_id", name=op.f("pk_picture_search")),
    )
    op.create_table(
        "picture_match",
        sa.Column("first_sha256", sa.String(length=64), nullable=False),
        sa.Column("second_sha256", sa.String(length=64), nullable=False),
        sa.Column("versions_key", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("first_sha256 < second_sha256", name=op.f("ck_picture_match_in_order")),
        sa.CheckConstraint("how IN ('picture', 'burst', 'near')", name=op.f("ck_picture_match_how")),
        sa.ForeignKeyConstraint(["first_sha256"], ["evidence.sha256"], name=op.f("fk_picture_match_first_sha256")),
        sa.ForeignKeyConstraint(["second_sha256"], ["evidence.sha256"], name=op.f("fk_picture_match_second_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture_match")),
        sa.UniqueConstraint(
            "first_sha256", "second_sha256", "versions_key", name=op.f("uq_picture_match_first_sha256_second_sha256_versions_key")
        ),
    )  # fmt: skip
    op.create_index("ix_picture_match_second_sha256", "picture_match", ["second_sha256"], unique=False)


def downgrade() -> None:
    op.drop_table("picture_match")
    op.drop_table("picture_search")
