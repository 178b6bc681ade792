"""Triggers that refuse to change or delete rows that are kept as they were written."""

from __future__ import annotations

from alembic import op

_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""

_REWIND = """
CREATE OR REPLACE FUNCTION refuse_rewind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% only moves on', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def protect(table: str) -> None:
    """From now on rows of the table can only be added."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FUNCTION)
        op.execute(
            f"CREATE TRIGGER append_only_{table} BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER append_only_{table}_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER append_only_{table}_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def protect_head(table: str) -> None:
    """From now on the table's row stays, and its ``sequence`` only grows."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REWIND)
        op.execute(
            f"CREATE TRIGGER moves_on_{table} BEFORE UPDATE ON {table} FOR EACH ROW "
            "WHEN (NEW.sequence <= OLD.sequence OR NEW.id <> OLD.id) EXECUTE FUNCTION refuse_rewind()"
        )
        op.execute(
            f"CREATE TRIGGER stays_{table} BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_rewind()"
        )
        op.execute(
            f"CREATE TRIGGER stays_{table}_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewind()"
        )
        return
    op.execute(
        f"CREATE TRIGGER moves_on_{table} BEFORE UPDATE ON {table} "
        "WHEN NEW.sequence <= OLD.sequence OR NEW.id <> OLD.id "
        f"BEGIN SELECT RAISE(ABORT, '{table} only moves on'); END"
    )
    op.execute(
        f"CREATE TRIGGER stays_{table} BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{table} only moves on'); END"
    )


def forget_function() -> None:
    """Drop what the triggers called, once no table is protected any more."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS refuse_change()")
