"""A process killed in the middle of its work leaves records that the next one completes, with nothing lost or doubled."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.builders.plan import a_class_file
from tests.verifier.records.conftest import KEY
from tests.verifier.records.test_closing import (
    AFTERNOON,
    LATE_PHOTO,
    MORNING,
    PHOTO,
    STRAY_PHOTO,
    a_case,
    a_close,
    a_violation,
)
from verifier.records.database import Database, open_database
from verifier.records.dump import dump_records
from verifier.records.filing import save_class_file
from verifier.records.findings import save_session_close

# Kills itself, as `kill -9` would, before the statement of that number, counted from the start of its work.
PROGRAM = """
import os, signal, sys
from sqlalchemy import event
from tests.verifier.records import test_killed
database = test_killed.open_records(sys.argv[1])
left = int(sys.argv[2])
@event.listens_for(database.engine, "before_cursor_execute")
def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
test_killed.do_the_work(database)
"""


def open_records(folder: str) -> Database:
    return open_database(f"sqlite:///{folder}/records.db", KEY)


def do_the_work(database: Database) -> None:
    """Import a class and close its day, a transaction each: what a night does without the pictures."""
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(submissions=(PHOTO, LATE_PHOTO, STRAY_PHOTO)))
    for session_id in (MORNING, AFTERNOON, None):
        proposals: dict[str, Any] = {"violations": (a_violation(session_id or MORNING),)}
        if session_id is not None:
            proposals["cases"] = (a_case(session=session_id),)
        with database.transaction() as tx:
            save_session_close(tx, a_close(session_id, **proposals))


def records_of(database: Database) -> dict[str, list[dict[str, Any]]]:
    with database.reading() as tx:
        return dump_records(tx)


@pytest.fixture(scope="module")
def first_commit(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many statements the work sends before it first commits."""
    folder = tmp_path_factory.mktemp("counted")
    shutil.copy(migrated_file, folder / "records.db")
    database, sent, committed = open_records(str(folder)), [0], list[int]()
    event.listen(database.engine, "before_cursor_execute", lambda *_: sent.append(sent[-1] + 1))
    event.listen(database.engine, "commit", lambda _: committed.append(sent[-1]))
    do_the_work(database)
    database.close()
    return committed[0]


@pytest.mark.parametrize("statement", [2, 20, 50, 70, 90])
def test_killed_and_started_again_the_records_are_those_of_an_undisturbed_run(
    migrated_file: Path, tmp_path: Path, first_commit: int, statement: int
) -> None:
    assert 20 < first_commit < 50, "kills before and after the first commit"
    folders = tmp_path / "killed", tmp_path / "undisturbed"
    for folder in folders:
        folder.mkdir()
        shutil.copy(migrated_file, folder / "records.db")
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folders[0]), str(statement)], capture_output=True, text=True, timeout=120
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    databases = [open_records(str(folder)) for folder in folders]
    assert (records_of(databases[0]) != records_of(databases[1])) == (statement > first_commit)
    for database in databases:
        do_the_work(database)
    assert records_of(databases[0]) == records_of(databases[1])
    for database in databases:
        database.close()
