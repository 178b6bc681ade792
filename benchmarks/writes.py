"""What counting commits (`verifier/records/write_count.py`) costs writers on PostgreSQL: commits a second with and without it.

    python -m benchmarks.writes --writers 4 --seconds 6 --turns 3

Each writer is a process that puts evidence on record as fast as it can, one piece a transaction; once as a request does (its
commit waits for the disk) and once as a look is saved (`redoable`: it does not).
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import statistics
import time
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from sqlalchemy import Engine

from tests.services.postgres import fresh_database, run_postgres
from verifier.records import database as opening
from verifier.records import write_count
from verifier.records.database import open_database
from verifier.records.migrate import upgrade
from verifier.records.submissions import save_evidence
from verifier.records.write_count import count_writes

KEY = bytes(range(32))
COUNTING = ("counted", "counted in one row", "not counted")
ONE_ROW = {"postgresql": "UPDATE write_count SET writes = writes + 1 WHERE id = 1"}


def main() -> None:
    """Measure in turns, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=6.0, help="Of each run.")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    with run_postgres() as server, fresh_database(server) as url:
        upgrade(url)
        for redoable in (False, True):
            found: dict[str, list[float]] = {name: [] for name in COUNTING}
            for _ in range(options.turns):
                for name in COUNTING:
                    found[name].append(measure(url, name, redoable, options.writers, options.seconds))
            waits = "the disk is not waited for" if redoable else "each commit waits for the disk"
            for name, rates in found.items():
                print(f"{waits}, {name}: {statistics.median(rates):.0f} commits/s of {[round(rate) for rate in rates]}")
            with_it, _, without = (statistics.median(found[name]) for name in COUNTING)
            print(f"{waits}: counting costs {1 - with_it / without:.1%} of {options.writers} writers' commits")


def measure(url: str, counting: str, redoable: bool, writers: int, seconds: float) -> float:
    """Commits a second of all writers together."""
    context = multiprocessing.get_context("spawn")
    together, done = context.Barrier(writers), context.Queue()
    asked = (url, counting, redoable, seconds, together, done)
    processes = [context.Process(target=write, args=asked) for _ in range(writers)]
    for each in processes:
        each.start()
    rates: list[float] = [done.get(timeout=seconds + 60) for _ in processes]
    for each in processes:
        each.join()
    return sum(rates)


def write(url: str, counting: str, redoable: bool, seconds: float, together: Any, done: Any) -> None:
    """One writer."""

    def count(engine: Engine) -> None:
        if counting != "not counted":
            count_writes(engine)

    if counting == "counted in one row":
        write_count._COUNT.update(ONE_ROW)
    with patch.object(opening, "count_writes", count):
        database = open_database(url, KEY)
    names = (hashlib.sha256(uuid4().bytes).hexdigest() for _ in iter(int, 1))
    for _ in range(20):
        with database.transaction(redoable=redoable) as tx:
            save_evidence(tx, {next(names): None})
    together.wait(60)
    began, commits = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        with database.transaction(redoable=redoable) as tx:
            save_evidence(tx, {next(names): None})
        commits += 1
    done.put(commits / (time.monotonic() - began))
    database.close()


if __name__ == "__main__":
    main()
