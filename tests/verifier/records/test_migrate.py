"""The schema comes from the migrations alone, whoever opens the records first and however often."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import InternalError, OperationalError

from tests.services.postgres import fresh_database
from tests.verifier.records.conftest import KEY
from verifier.records.database import Database, make_engine, open_database, was_cut_off
from verifier.records.limits import Limits
from verifier.records.migrate import DatabaseOutdatedError, DatabaseTooNewError, downgrade, upgrade
from verifier.records.tables import Base
from verifier.records.tables.agency import AgencyRow


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = make_engine(url)
    yield made
    made.dispose()


def describe(engine: Engine) -> dict[str, list[object]]:
    """What alembic does not compare: checks and the conditions of partial indexes."""
    inspector = inspect(engine)
    found: dict[str, list[object]] = {}
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        checks = [(check["name"], check["sqltext"]) for check in inspector.get_check_constraints(table)]
        indexes = [
            (
                index["name"],
                index["column_names"],
                index["unique"],
                sorted(f"{name} {value}" for name, value in index["dialect_options"].items()),
            )
            for index in inspector.get_indexes(table)
        ]
        uniques = [(each["name"], each["column_names"]) for each in inspector.get_unique_constraints(table)]
        keys = [
            (each["name"], each["constrained_columns"], each["referred_table"])
            for each in inspector.get_foreign_keys(table)
        ]
        found[table] = [sorted(map(str, each)) for each in (checks, indexes, uniques, keys)]
    return found


def test_the_migrations_make_what_the_tables_say(url: str, engine: Engine) -> None:
    upgrade(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    migrated = describe(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    assert migrated == describe(engine)
    assert len(migrated) == len(Base.metadata.tables)


def test_every_step_goes_down_and_up_again(url: str, engine: Engine) -> None:
    upgrade(url)
    full = describe(engine)
    for revision in ("0004", "0003", "0002", "0001", "base"):
        downgrade(url, revision)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM pg_proc WHERE proname = 'refuse_change'")) == 0
    for revision in ("0001", "0002", "0003", "0004", "head"):
        upgrade(url, revision)
    assert describe(engine) == full


def test_upgrading_twice_is_upgrading_once(url: str, engine: Engine) -> None:
    upgrade(url)
    once = describe(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE write_count SET writes = 7 WHERE id = 1"))
    upgrade(url)
    assert describe(engine) == once
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT sum(writes) FROM write_count")) == 7, "what was written stays"
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
    open_database(url, KEY).close()


@pytest.mark.parametrize("revision", ["base", "0004"])
def test_an_outdated_postgresql_is_refused_and_the_message_names_the_command(postgres_url: str, revision: str) -> None:
    with fresh_database(postgres_url) as url:
        if revision != "base":
            upgrade(url, revision)
        with pytest.raises(DatabaseOutdatedError, match="verifier database upgrade"):
            open_database(url, KEY)
        upgrade(url)
        open_database(url, KEY).close()


def test_an_outdated_sqlite_file_is_brought_up_to_date_when_it_is_opened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    upgrade(url, "0002")
    database = open_database(url, KEY)
    assert set(inspect(database.engine).get_table_names()) == set(Base.metadata.tables) | {"alembic_version"}
    database.close()


def test_a_schema_of_a_newer_release_is_refused(url: str, engine: Engine) -> None:
    upgrade(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNewError, match="9999"):
        open_database(url, KEY)
    with pytest.raises(DatabaseTooNewError):
        upgrade(url)


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "records.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE decision (in_the_way)")
    with pytest.raises(OperationalError, match="already exists"):
        open_database(f"sqlite:///{file}", KEY)
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [("decision",)]


def test_processes_that_open_a_fresh_file_at_once_all_get_it(tmp_path: Path) -> None:
    """They share the tables and the key: what one seals the others open."""
    program = (
        "import sys, time; from verifier.records.database import open_database\n"
        "from verifier.records.filing import save_class_file, read_class_file\n"
        "from tests.builders.plan import a_class_file, a_training_class, students\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "database = open_database(sys.argv[1])\n"
        "with database.transaction() as tx:\n"
        "    save_class_file(tx, a_class_file(a_training_class('C-' + sys.argv[2])))\n"
        "    assert read_class_file(tx, 'C-' + sys.argv[2]).training.students == students(3)\n"
    )
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path}/new/records.db"]
    processes = [
        subprocess.Popen(
            [*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for number in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    failures = [process.communicate(timeout=120)[1] for process in processes if process.wait(120) != 0]
    assert failures == []
    with sqlite3.connect(tmp_path / "new" / "records.db") as connection:
        assert connection.execute("SELECT count(*) FROM training_class").fetchone() == (3,)
        assert connection.execute("SELECT count(*) FROM student").fetchone() == (3,)


def test_the_migrations_are_found_as_package_data() -> None:
    folder = resources.files("verifier.records") / "migrations"
    assert (folder / "env.py").is_file()
    assert [each.name for each in (folder / "versions").iterdir() if each.name.startswith("0001_")] == [
        "0001_filing.py"
    ]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://root@localhost/x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"file|SQLite or PostgreSQL"):
        open_database(url, KEY)


def test_postgresql_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="VERIFIER_DATA_KEY"):
        open_database("postgresql+psycopg://nobody@localhost/none")


def test_what_only_reads_cannot_write_and_the_next_transaction_can(database: Database) -> None:
    statement = text("INSERT INTO evidence (sha256, recorded_at) VALUES (:digest, '2023-06-12 00:00:00')")
    with pytest.raises(Exception, match=r"readonly|read-only"), database.reading() as tx:
        tx.execute(statement, {"digest": "a" * 64})
    with database.transaction() as tx:
        tx.execute(statement, {"digest": "a" * 64})
    with database.reading() as tx:
        assert tx.scalar(text("SELECT count(*) FROM evidence")) == 1


def test_a_view_takes_no_locks_on_either_database(database: Database) -> None:
    with database.reading() as tx, pytest.raises((RuntimeError, InternalError), match=r"no locks|FOR UPDATE"):
        tx.get(AgencyRow, uuid4(), with_for_update=True)
    with database.transaction() as tx:
        assert tx.get(AgencyRow, uuid4(), with_for_update=True) is None


def test_a_statement_beyond_its_time_is_cut_off_and_the_connection_is_good_for_the_next(migrated_postgres: str) -> None:
    database = open_database(migrated_postgres, KEY, Limits(connections=2, statement_s=0.2))
    with pytest.raises(OperationalError) as caught, database.reading() as tx:
        tx.execute(text("SELECT pg_sleep(5)"))
    assert was_cut_off(caught.value)
    with database.reading() as tx:
        assert tx.scalar(text("SELECT 1")) == 1
        with database.reading() as other:
            assert other.scalar(text("SELECT current_setting('statement_timeout')")) == "200ms"
    assert not was_cut_off(ValueError())
    database.close()


def test_sqlite_writes_ahead_and_checks_references(migrated_file: Path, tmp_path: Path) -> None:
    shutil.copy(migrated_file, tmp_path / "records.db")
    database = open_database(f"sqlite:///{tmp_path}/records.db", KEY)
    with database.reading() as tx:
        assert tx.scalar(text("PRAGMA journal_mode")) == "wal"
        assert tx.scalar(text("PRAGMA foreign_keys")) == 1
        assert tx.scalar(text("PRAGMA synchronous")) == 2
    database.close()
