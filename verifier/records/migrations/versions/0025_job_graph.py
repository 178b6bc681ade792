"""Jobs that carry a night through many workers: its steps, when a message was sent, and when one is worth trying again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("job", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("job", sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("job", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))
    op.add_column("night", sa.Column("step", sa.Integer(), nullable=True))
    op.add_column("night", sa.Column("plan", JSON, nullable=True))
    op.drop_index("ix_job_night_id", table_name="job")
    op.create_index("ix_job_night_id_state", "job", ["night_id", "state"])
    op.create_index("ix_job_state_kind_priority_created_at", "job", ["state", "kind", "priority", "created_at"])
    op.create_index("ix_job_finished_at", "job", ["finished_at"])


def downgrade() -> None:
    op.drop_index("ix_job_finished_at", table_name="job")
    op.drop_index("ix_job_state_kind_priority_created_at", table_name="job")
    op.drop_index("ix_job_night_id_state", table_name="job")
    op.create_index("ix_job_night_id", "job", ["night_id"])
    op.drop_column("night", "plan")
    op.drop_column("night", "step")
    op.drop_column("job", "not_before")
    op.drop_column("job", "sent_at")
    op.drop_column("job", "priority")
