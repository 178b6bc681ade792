"""A small city for tests: PostgreSQL, an S3 store and Valkey, real ones, with workers and beats as processes of their own."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import make_url

from tests.builders.night import command_environment
from tests.services.chosen_database import PROGRAM
from tests.services.postgres import fresh_database
from tests.services.s3 import S3Server
from verifier.records.migrate import upgrade
from verifier.settings import Settings

KEY = base64.b64encode(bytes(range(32))).decode()


@dataclass(slots=True)
class City:
    """Where everything is, and the processes that were started."""

    folder: Path
    environment: Mapping[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def settings(self) -> Settings:
        """The settings as its processes have them."""
        with patch.dict(os.environ, command_environment(**self.environment), clear=True):
            return Settings()

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start ``verifier ARGUMENTS`` in a session of its own; its log lies in the folder."""
        return self.start_program(PROGRAM, *arguments, **environment)

    def start_program(self, program: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """The same with another Python program than ``verifier``."""
        log = self.folder / f"{arguments[0] if arguments else 'program'}-{len(self.processes)}.log"
        with log.open("wb") as target:
            process = subprocess.Popen(
                [sys.executable, "-c", program, *arguments],
                env=command_environment(**{**self.environment, **environment}),
                stdout=target,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def start_worker(self, processes: int = 1, queues: str = "vision,judge,io") -> subprocess.Popen[bytes]:
        """One worker with so many processes."""
        return self.start("worker", "--queues", queues, "--processes", str(processes))

    def start_beat(self) -> subprocess.Popen[bytes]:
        """One beat."""
        return self.start("beat")

    def logs(self) -> str:
        """The ends of all logs, for a failed assertion."""
        return "\n".join(
            f"== {file.name}\n{file.read_text(errors='replace')[-3000:]}" for file in sorted(self.folder.glob("*.log"))
        )

    def stop(self) -> None:
        """End what was started here, with all that it started."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def run_city(folder: Path, postgres_url: str, redis_url: str, s3: S3Server, **environment: str) -> Iterator[City]:
    """A database, a bucket and a broker of its own, empty; without workers yet."""
    folder.mkdir(parents=True, exist_ok=True)
    with fresh_database(postgres_url) as database_url:
        upgrade(database_url)
        bucket = str(make_url(database_url).database).replace("_", "-")
        s3.client().make_bucket(bucket)
        city = City(
            folder,
            {
                "VERIFIER_WORKSPACE": str(folder / "ws"),
                "VERIFIER_DATABASE_URL": database_url,
                "VERIFIER_DATA_KEY": KEY,
                "VERIFIER_EVIDENCE_URL": s3.url(bucket),
                "VERIFIER_EVIDENCE_ACCESS_KEY": s3.access_key,
                "VERIFIER_EVIDENCE_SECRET_KEY": s3.secret_key,
                "VERIFIER_BROKER_URL": redis_url,
                "VERIFIER_JOB_LEASE_S": "4",
                "VERIFIER_LOG_FORMAT": "json",
                # Far away, so that only what the test asks for begins a night.
                "VERIFIER_NIGHT_AT": "23:59:59",
                **environment,
            },
        )
        try:
            yield city
        finally:
            city.stop()


def wait_until(reached: Callable[[], bool], seconds: float, told: Callable[[], str] = str) -> None:
    """Wait for something to become true.

    Raises:
        AssertionError: it did not in time; `told` says what was going on.
    """
    gives_up = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < gives_up, f"not within {seconds} s:\n{told()}"
        time.sleep(0.1)
