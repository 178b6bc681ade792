"""What else was taught at a venue before a class began is asked for each class that is closed."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_session_venue_id_ends_at", "session", ["venue_id", "ends_at"])


def downgrade() -> None:
    op.drop_index("ix_session_venue_id_ends_at", table_name="session")
