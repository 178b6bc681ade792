"""Nights for tests: a workspace with a class in it, the night itself in this process or as a command, and its records.

demo = imported_workspace(tmp_path / "ws")           the demo class, imported, nobody looked at it yet
night(demo, day="2023-06-14")                        the night in this process
run_verifier("nightly", "--workspace", demo)         the same as a user starts it: status, stdout, stderr
call_verifier("nightly", "--workspace", demo)        the same command line within this process
records_of(demo)                                     all records as plain values, to compare
"""

from __future__ import annotations

import contextvars
import csv
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import insert, select

from tests.builders.shared import PROJECT
from tests.services.chosen_database import PROGRAM, SERVER, is_chosen
from verifier.cli import main
from verifier.intake import ImportAnswer, import_class_folder
from verifier.nightly import Night, run_night
from verifier.records.database import open_database
from verifier.records.dump import dump_records
from verifier.records.rows import table_of
from verifier.records.tables.look import LookRow
from verifier.settings import Settings

DEMO_DAYS = (date(2023, 6, 12), date(2023, 6, 13), date(2023, 6, 14))


def settings_for(workspace: Path, **changes: Any) -> Settings:
    """Settings of an embedded workspace with two workers."""
    return Settings(workspace=workspace, **({"workers": 2} | changes))


def night(workspace: Path, day: str | None = "2023-06-14", since: str | None = None, **changes: Any) -> Night:
    """One night in this process; ``now=…`` and settings by name."""
    now: datetime | None = changes.pop("now", None)
    return run_night(
        settings_for(workspace, **changes),
        day=date.fromisoformat(day) if day else None,
        since=date.fromisoformat(since) if since else None,
        now=now,
    )


def load(folder: Path, workspace: Path, **changes: Any) -> ImportAnswer:
    """Import a class folder; the answer tells of its faults."""
    return import_class_folder(folder, settings_for(workspace, **changes))


def copy_workspace(source: Path, target: Path) -> Path:
    """A workspace of one's own: records, evidence, key and class folder."""
    shutil.copytree(source, target)
    return target


def records_of(workspace: Path, **changes: Any) -> dict[str, list[dict[str, Any]]]:
    """All records as plain values; see `dump_records`."""
    settings = settings_for(workspace, **changes)
    database = open_database(settings.database, settings.data_key_bytes())
    try:
        with database.reading() as tx:
            return dump_records(tx)
    finally:
        database.close()


def keep_looks(source: Path, target: Path, without: Sequence[str] = ()) -> None:
    """Take the looks of one workspace over into another, but for some digests, so that a test of what follows need not look
    again.
    """
    if is_chosen():
        _copy_looks(source, target, without)
        return
    connection = sqlite3.connect(target / "verifier.sqlite3")
    try:
        connection.execute("ATTACH ? AS other", (str(source / "verifier.sqlite3"),))
        marks = ",".join("?" * len(without))
        connection.execute(f"INSERT INTO look SELECT * FROM other.look WHERE sha256 NOT IN ({marks})", without)
        connection.commit()
    finally:
        connection.close()


def _copy_looks(source: Path, target: Path, without: Sequence[str]) -> None:
    looks = table_of(LookRow)
    former, own = (open_database(each.database, each.data_key_bytes()) for each in map(settings_for, (source, target)))
    with former.reading() as old, own.transaction() as tx:
        rows = old.execute(select(looks).where(looks.c.sha256.not_in(without)))
        tx.execute(insert(looks), [dict(row._mapping) for row in rows])
    former.close()
    own.close()


def differences(one: Mapping[str, Sequence[Any]], other: Mapping[str, Sequence[Any]]) -> list[str]:
    """Which tables differ and by what, short enough to read; empty where nothing does."""
    found = []
    for table in sorted(one.keys() | other.keys()):
        ours, theirs = (
            {json.dumps(row, sort_keys=True, ensure_ascii=False) for row in side.get(table, ())}
            for side in (one, other)
        )
        if ours != theirs or len(one.get(table, ())) != len(other.get(table, ())):
            found.append(
                f"{table}: only here {sorted(ours - theirs)[:2]}, only there {sorted(theirs - ours)[:2]}"[:1500]
            )
    return found


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str

    def json(self) -> dict[str, Any]:
        """Its stdout as the one JSON object that it must be."""
        answer = json.loads(self.stdout)
        assert isinstance(answer, dict)
        return answer


def command_environment(**environment: str) -> dict[str, str]:
    """The environment of a user's shell in which this checkout is installed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VERIFIER_")}
    ours = ("VERIFIER_CACHE_DIR", "VERIFIER_TEST_DATABASE", SERVER)
    kept |= {name: os.environ[name] for name in ours if name in os.environ}
    return {**kept, "PYTHONPATH": str(PROJECT), "VERIFIER_WORKERS": "2", **environment}


def start_verifier(*arguments: str | Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start a command without waiting for it; its output is thrown away."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        env=command_environment(**environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def run_verifier(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> Ran:
    """Run a command as a user does."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        env=command_environment(**environment),
        capture_output=True,
        cwd=cwd,
        timeout=240,
    )
    return Ran(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def call_verifier(*arguments: str | Path, **environment: str) -> Ran:
    """Run a command in this process, which is quicker than starting one: status, stdout and stderr as `run_verifier` tells."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with (
        patch.dict(os.environ, command_environment(**environment), clear=True),
        patch.object(sys, "argv", ["verifier", *map(str, arguments)]),
        patch.object(sys, "stdout", out),
        patch.object(sys, "stderr", err),
    ):
        try:
            # In a context of its own, so that the language it speaks stays its own.
            contextvars.copy_context().run(main)
            status = 0
        except SystemExit as ended:
            status = int(ended.code or 0)
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]
    return Ran(status, *texts)


def read_table(path: Path) -> list[list[str]]:
    """A CSV file's rows."""
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.reader(source))


def write_table(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows(rows)


def findings_of(answer: Mapping[str, Any], file: str) -> dict[str, dict[str, Any]]:
    """Check → finding of the photo whose file ends so."""
    photos = [photo for photo in answer["photos"] if photo["file"].endswith(file)]
    assert len(photos) == 1, [photo["file"] for photo in answer["photos"]]
    return {finding["check"]: finding for finding in photos[0]["findings"]}


def session_of(answer: Mapping[str, Any], session_id: str) -> dict[str, Any]:
    """One session of an answer."""
    found = [session for session in answer["sessions"] if session["id"] == session_id]
    assert len(found) == 1, [session["id"] for session in answer["sessions"]]
    return dict(found[0])


def presences_of(session: Mapping[str, Any]) -> dict[str, str]:
    """student_no → presence."""
    return {student["student_no"]: student["presence"] for student in session["students"]}
