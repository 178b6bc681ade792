"""Indexes for what is asked of tables of a million rows, and the trace of whoever asked for a job."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("trace", sa.String(length=64), nullable=True))
    op.create_index("ix_job_sent_at", "job", ["sent_at"])
    op.create_index("ix_job_created_at", "job", ["created_at"])
    op.create_index("ix_evidence_recorded_at", "evidence", ["recorded_at"])
    about_photos = sa.text("camera_sample_id IS NULL")
    op.create_index(
        "ix_finding_outcome", "finding", ["outcome", "run_id", "id"],
        sqlite_where=about_photos, postgresql_where=about_photos,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_finding_outcome", table_name="finding")
    op.drop_index("ix_evidence_recorded_at", table_name="evidence")
    op.drop_index("ix_job_created_at", table_name="job")
    op.drop_index("ix_job_sent_at", table_name="job")
    op.drop_column("job", "trace")
