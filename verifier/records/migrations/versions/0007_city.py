"""Beyond the class: unknown people of sessions, kept for a while, and closes over the whole city."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_OF_CLASS = "is_current AND session_id IS NULL"


def upgrade() -> None:
    op.add_column("run", sa.Column("is_city", sa.Boolean(), nullable=False, server_default=sa.false()))
    _replace_class_index(f"{_OF_CLASS} AND NOT is_city")
    condition = sa.text("is_current AND is_city")
    op.create_index(
        "uq_run_current_city", "run", ["class_id"], unique=True, sqlite_where=condition, postgresql_where=condition
    )
    op.create_table(
        "unknown_face",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sightings", JSON, nullable=False),
        sa.Column("inter_eye_px", sa.Double(), nullable=False),
        sa.Column("embedding_contract", sa.Text(), nullable=False),
        sa.Column("embedding_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("embedding_contract <> ''", name=op.f("ck_unknown_face_embedding_has_contract")),
        sa.CheckConstraint(
            "inter_eye_px IS NULL OR inter_eye_px >= 0", name=op.f("ck_unknown_face_inter_eye_px_range")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_unknown_face_run_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_unknown_face_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unknown_face")),
        sa.UniqueConstraint("run_id", "position", name=op.f("uq_unknown_face_run_id_position")),
    )
    op.create_index(op.f("ix_unknown_face_session_id"), "unknown_face", ["session_id"], unique=False)


def downgrade() -> None:
    op.drop_table("unknown_face")
    op.drop_index("uq_run_current_city", table_name="run")
    # What was concluded over the city has no place in the older schema, and would count as the class's own.
    of_city = "(SELECT id FROM run WHERE is_city)"
    op.execute(f"DELETE FROM case_support WHERE run_id IN {of_city}")
    op.execute("DELETE FROM run WHERE is_city")
    _replace_class_index(_OF_CLASS)
    op.drop_column("run", "is_city")


def _replace_class_index(condition: str) -> None:
    op.drop_index("uq_run_current_class", table_name="run")
    where = sa.text(condition)
    op.create_index(
        "uq_run_current_class", "run", ["class_id"], unique=True, sqlite_where=where, postgresql_where=where
    )
