"""Indexes by which one class's conclusions, and one page of a long list, are found without reading the city's."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_run_class_id", "run", ["class_id", "is_current", "session_id"]),
    ("ix_presence_session_id", "presence", ["session_id", "is_current", "enrolment_id", "presence"]),
    ("ix_supervision_case_opened_at", "supervision_case", ["opened_at", "id"]),
    ("ix_violation_opened_at", "violation", ["opened_at", "id"]),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
