"""How much two photos' rooms have in common."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_match",
        sa.Column("first_sha256", sa.String(length=64), nullable=False),
        sa.Column("second_sha256", sa.String(length=64), nullable=False),
        sa.Column("versions_key", sa.Text(), nullable=False),
        sa.Column("common", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("first_sha256 <= second_sha256", name=op.f("ck_room_match_in_order")),
        sa.CheckConstraint("common IS NULL OR common >= 0", name=op.f("ck_room_match_common_range")),
        sa.ForeignKeyConstraint(["first_sha256"], ["evidence.sha256"], name=op.f("fk_room_match_first_sha256")),
        sa.ForeignKeyConstraint(["second_sha256"], ["evidence.sha256"], name=op.f("fk_room_match_second_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_match")),
        sa.UniqueConstraint(
            "first_sha256", "second_sha256", "versions_key", name=op.f("uq_room_match_first_sha256_second_sha256_versions_key")
        ),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("room_match")
