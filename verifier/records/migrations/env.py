"""Alembic's way in: migrates on the connection that `verifier.records.migrate` hands over."""

from __future__ import annotations

from alembic import context

from verifier.records.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    # SQLite cannot alter a constraint in place: batch mode makes the table anew and copies it.
    render_as_batch=True,
    # Our SQLite connections begin transactions themselves, so there too a migration happens as a whole or not at all.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
