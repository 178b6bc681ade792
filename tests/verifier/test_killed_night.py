"""A night killed with `kill -9` at random moments, and started again, ends with the records of an undisturbed one."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.builders.night import (
    command_environment,
    copy_workspace,
    differences,
    keep_looks,
    night,
    records_of,
    run_verifier,
    start_verifier,
)
from tests.verifier.conftest import DemoNight

SEED = 20230614
# Kills itself, as `kill -9` would, before the statement of that number that changes records.
DYING_PROGRAM = """
import os, signal, sys
from sqlalchemy import Engine, event
left = int(sys.argv.pop(1))
@event.listens_for(Engine, "before_cursor_execute")
def count(connection, cursor, statement, *_):
    global left
    left -= statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
from verifier.cli import main
main()
"""


def looks_in(workspace: Path) -> int:
    connection = sqlite3.connect(f"file:{workspace / 'verifier.sqlite3'}?mode=ro", uri=True, timeout=10)
    try:
        return int(connection.execute("SELECT count(*) FROM look").fetchone()[0])
    finally:
        connection.close()


def descendants(pid: int) -> set[int]:
    """Processes below one, by /proc."""
    found, todo = set(), [pid]
    while todo:
        here = todo.pop()
        for task in Path(f"/proc/{here}/task").glob("*/children"):
            try:
                children = [int(word) for word in task.read_text().split()]
            except OSError:
                continue
            found.update(children)
            todo += children
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
def test_killed_while_it_looks_and_started_again(demo_imported: Path, demo_night: DemoNight, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    workspace = copy_workspace(demo_imported, tmp_path / "ws")
    kills = []
    # After so many looks more, and then somewhere within the next ones.
    for more in (0, chance.randint(1, 4), chance.randint(2, 5)):
        wanted, delay_s = looks_in(workspace) + more, chance.uniform(0.0, 1.5)
        running = start_verifier("nightly", "--date", "2023-06-14", "--workspace", workspace)
        gives_up = time.monotonic() + 120
        while looks_in(workspace) < wanted and running.poll() is None and time.monotonic() < gives_up:
            time.sleep(0.02)
        time.sleep(delay_s)
        workers = descendants(running.pid)
        running.send_signal(signal.SIGKILL)
        status = running.wait(30)
        kills.append((wanted, round(delay_s, 2), looks_in(workspace), status))
        gives_up = time.monotonic() + 30
        while any(alive(pid) for pid in workers) and time.monotonic() < gives_up:
            time.sleep(0.1)
        assert not [pid for pid in workers if alive(pid)], f"seed {SEED}: workers live on after {kills}"
    assert any(status == -signal.SIGKILL for *_, status in kills), f"seed {SEED}: {kills} hit nothing"
    night(workspace)
    found = differences(records_of(workspace), records_of(demo_night.workspace))
    assert found == [], f"seed {SEED}, kills (looks wanted, s, looks there, status): {kills}"


@pytest.mark.slow
def test_killed_while_it_closes_and_started_again(demo_imported: Path, demo_night: DemoNight, tmp_path: Path) -> None:
    """Each night dies before another statement, so that every table is caught half written."""
    chance = random.Random(SEED)
    workspace = copy_workspace(demo_imported, tmp_path / "ws")
    keep_looks(demo_night.workspace, workspace)
    moments = [chance.randint(2, 25), chance.randint(5, 60), chance.randint(20, 90)]
    for moment in moments:
        arguments = [str(moment), "nightly", "--date", "2023-06-14", "--workspace", str(workspace)]
        died = subprocess.run(
            [sys.executable, "-c", DYING_PROGRAM, *arguments],
            env=command_environment(),
            capture_output=True,
            timeout=200,
        )
        assert died.returncode in (-signal.SIGKILL, 0), died.stderr.decode()[-2000:]
    ran = run_verifier("nightly", "--date", "2023-06-14", "--workspace", workspace)
    assert ran.status == 0, ran.stderr
    found = differences(records_of(workspace), records_of(demo_night.workspace))
    assert found == [], f"seed {SEED}, killed before statements {moments}"


def test_an_import_killed_at_random_moments_is_completed_by_the_next(demo_imported: Path, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    workspace = tmp_path / "ws"
    workspace.mkdir()
    shutil.copy(demo_imported / "data.key", workspace / "data.key")
    for statement in (1, chance.randint(2, 60)):
        arguments = [str(statement), "import", str(demo_imported / "class"), "--workspace", str(workspace)]
        subprocess.run(
            [sys.executable, "-c", DYING_PROGRAM, *arguments],
            env=command_environment(),
            capture_output=True,
            timeout=200,
        )
    assert run_verifier("import", demo_imported / "class", "--workspace", workspace).status == 0
    assert differences(records_of(workspace), records_of(demo_imported)) == []
