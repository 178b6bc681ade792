"""Common sign-in terminals; what online and mobile sessions leave; camera samples by their time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("training_class", sa.Column("shared_devices", JSON, nullable=False, server_default="[]"))
    op.create_table(
        "remote_record",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('screenshot', 'recording', 'live_stream')", name=op.f("ck_remote_record_kind")),
        sa.CheckConstraint("sha256 IS NOT NULL OR link <> ''", name=op.f("ck_remote_record_file_or_link")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_remote_record_class_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_remote_record_session_id")),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_remote_record_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remote_record")),
    )
    op.create_index("ix_remote_record_class_id", "remote_record", ["class_id"], unique=False)
    op.create_index("ix_camera_sample_taken_at", "camera_sample", ["taken_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_camera_sample_taken_at", "camera_sample")
    op.drop_table("remote_record")
    op.drop_column("training_class", "shared_devices")
