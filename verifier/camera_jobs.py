"""Looking at one camera now because somebody asked: a job like any other, kept like any look.

Without a broker a process of its own does it (`WatchWorker`); with one, the workers that have the networks and the cameras'
passwords do (`job_kinds`, queue ``vision``).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session as Tx

from verifier.access import Caller
from verifier.jobs import COMMAND, JobWorker
from verifier.records.audit import write_audit
from verifier.records.camera_wall import find_camera_place
from verifier.records.database import Database
from verifier.records.jobs import ON_DEMAND, JobRecord, find_open_job, queue_job
from verifier.settings import Settings

KIND = "watch"
# What of a look a job's result keeps: nothing that names an address.
_KEPT = ("camera", "class", "condition", "outcome", "taken_at", "people_count")


def queue_look(tx: Tx, caller: Caller, camera_row_id: UUID, key: str) -> JobRecord:
    """Queue one look at a camera; a look at it that waits or runs already is the same job.

    Raises:
        NotInRecordsError: there is no such camera.
    """
    number, camera_id = find_camera_place(tx, camera_row_id)
    waiting = find_open_job(tx, KIND, f"{KIND}:{camera_row_id}:")
    if waiting is not None:
        return waiting
    payload = {"class": number, "camera": camera_id, "by": caller.actor}
    job = queue_job(tx, KIND, f"{camera_row_id}:{key}", payload, ON_DEMAND)
    write_audit(tx, actor=caller.actor, action="camera.watch", subject=("job", job.id), after=payload)
    return job


def tell_look(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What a job tells of the one camera that `check_cameras` looked at."""
    asked = answer.get("cameras", [])
    return {name: asked[0][name] for name in _KEPT if name in asked[0]} if asked else {}


class WatchWorker(JobWorker):
    """Takes the jobs that `queue_look` queues, where no broker brings them to workers."""

    def __init__(self, settings: Settings, database: Database) -> None:
        super().__init__(settings, database, KIND)

    def _make_command(self, job: JobRecord) -> list[str]:
        return [
            sys.executable, "-c", COMMAND, "cameras", "check", "--json", "--class", str(job.payload["class"]),
            "--camera", str(job.payload["camera"]), "--workspace", str(self._settings.workspace),
        ]  # fmt: skip

    def _read_result(self, answer: dict[str, Any]) -> dict[str, Any]:
        return tell_look(answer)
