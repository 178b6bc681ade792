"""What a look at a camera saw and concluded, which frames were kept, and the views of its room that people confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
COLUMNS = (
    ("condition", sa.String(length=32)),
    ("shown_at", sa.String(length=32)),
    ("findings", JSON),
    ("look", JSON),
    ("frames", JSON),
    ("moment", JSON),
    ("versions", JSON),
)


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("camera_sample", sa.Column(name, kind, nullable=True))
    op.create_table(
        "camera_view",
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("people", JSON, nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(withdrawn_by IS NULL) = (withdrawn_because IS NULL)", name=op.f("ck_camera_view_withdrawn_with_reason")
        ),
        sa.CheckConstraint("length(trim(name)) > 0", name=op.f("ck_camera_view_name_not_blank")),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name=op.f("fk_camera_view_camera_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["user_account.id"], name=op.f("fk_camera_view_confirmed_by")),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_camera_view_sha256")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["user_account.id"], name=op.f("fk_camera_view_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_view")),
        sa.UniqueConstraint("camera_id", "sha256", name=op.f("uq_camera_view_camera_id_sha256")),
    )


def downgrade() -> None:
    op.drop_table("camera_view")
    for name, _ in reversed(COLUMNS):
        op.drop_column("camera_sample", name)
