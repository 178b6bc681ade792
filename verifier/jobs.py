"""Verification on demand: queued as rows, done one after the other by a worker that starts the night's work as its own process.

The rows are the truth. A worker that dies leaves its lease to run out and the job is taken again: the night's work may be killed
at any moment and started anew. While another night runs on the same records, a job waits its turn.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy.orm import Session as Tx

from verifier.access import Caller
from verifier.background import POLL_S, BackgroundWorker
from verifier.records.audit import write_audit
from verifier.records.database import Database
from verifier.records.jobs import (
    JobRecord,
    cancel_job,
    finish_job,
    put_back,
    queue_job,
    renew_lease,
    requeue_job,
    take_job,
)
from verifier.settings import Settings

log = structlog.get_logger()
KIND = "verify"
LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 3
KEPT_ERROR_CHARACTERS = 2000
COMMAND = "from verifier.cli import main; main()"  # as the command does, wherever it is installed


def queue_verification(tx: Tx, caller: Caller, key: str, since: date, until: date) -> JobRecord:
    """Queue the verification of these days, both included; the same caller's same key again is the same job."""
    payload = {"since": since.isoformat(), "until": until.isoformat(), "by": caller.actor}
    job = queue_job(tx, KIND, f"{caller.actor}:{key}", payload)
    write_audit(tx, actor=caller.actor, action="job.queue", subject=("job", job.id), after=payload)
    return job


def cancel_verification(tx: Tx, caller: Caller, job_id: UUID) -> JobRecord:
    """Take a job out, or stop it.

    Raises:
        NotInRecordsError: there is none such.
    """
    job = cancel_job(tx, job_id)
    write_audit(tx, actor=caller.actor, action="job.cancel", subject=("job", job.id), after={"state": job.state})
    return job


def requeue_verification(tx: Tx, caller: Caller, job_id: UUID) -> JobRecord:
    """Queue a job again that failed or was cancelled.

    Raises:
        NotInRecordsError: there is none such.
    """
    job = requeue_job(tx, job_id)
    write_audit(tx, actor=caller.actor, action="job.requeue", subject=("job", job.id), after={"state": job.state})
    return job


class JobWorker(BackgroundWorker):
    """Takes jobs of one kind one after the other. Stopped, it puts a job that runs back, and ends its process."""

    def __init__(self, settings: Settings, database: Database, kind: str = KIND) -> None:
        super().__init__(f"jobs:{kind}")
        self._settings, self._database, self._kind = settings, database, kind
        self._owner = f"{os.uname().nodename}:{os.getpid()}:{uuid4().hex[:8]}"

    def work_once(self) -> bool:
        """Do one job, if there is any; tells whether there was."""
        with self._database.transaction() as tx:
            job = take_job(tx, self._kind, self._owner, LEASE)
        if job is None:
            return False
        if job.attempt > MAX_ATTEMPTS:
            self._finish(job, error=f"given up after {MAX_ATTEMPTS} attempts: its worker died each time")
            return True
        self._run(job)
        return True

    def _make_command(self, job: JobRecord) -> list[str]:
        return [
            sys.executable, "-c", COMMAND, "nightly", "--json", "--date", str(job.payload["until"]),
            "--since", str(job.payload["since"]), "--workspace", str(self._settings.workspace),
        ]  # fmt: skip

    def _read_result(self, answer: dict[str, Any]) -> dict[str, Any]:
        return dict(answer.get("night", {}))

    def _run(self, job: JobRecord) -> None:
        command = self._make_command(job)
        # Read while it runs: a full pipe would stop it.
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            pipes: list[tuple[str, str]] = []
            reader = threading.Thread(target=lambda: pipes.append(process.communicate()))
            reader.start()
            held = True
            while reader.is_alive():
                reader.join(POLL_S)
                held = held and self._still_ours(job)
                if not held or self._stopping.is_set():
                    process.terminate()
                    reader.join()
        if not held:
            return
        if self._stopping.is_set():
            self._put_back(job)
        elif process.returncode == 0:
            self._finish(job, result=self._read_result(json.loads(pipes[0][0])))
        elif "another night is running" in pipes[0][1]:
            self._put_back(job)
            self._stopping.wait(POLL_S)
        else:
            self._finish(job, error=pipes[0][1][-KEPT_ERROR_CHARACTERS:].strip() or f"status {process.returncode}")

    def _still_ours(self, job: JobRecord) -> bool:
        with self._database.transaction() as tx:
            return renew_lease(tx, job.id, self._owner, LEASE)

    def _put_back(self, job: JobRecord) -> None:
        with self._database.transaction() as tx:
            put_back(tx, job.id, self._owner)

    def _finish(self, job: JobRecord, result: dict[str, object] | None = None, error: str | None = None) -> None:
        with self._database.transaction() as tx:
            finish_job(tx, job.id, self._owner, result=result, error=error)
        log.info("job_done", job=str(job.id), error=error)
