"""Jobs that somebody asks for by hand (``verifier jobs ask``): done by the workers before the night's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.job_kinds import Work, name_look_jobs
from verifier.records.audit import write_audit
from verifier.records.errors import NotInRecordsError
from verifier.records.job_queue import NewJob, add_jobs
from verifier.records.jobs import ON_DEMAND, OPEN_STATES, JobRecord, read_job
from verifier.records.rows import find_class
from verifier.records.tables.base import make_id
from verifier.records.tables.camera import CameraRow
from verifier.records.tables.evidence import EvidenceRow

ASK_S = 0.5
# Kind of job → what must be said about it.
ASKABLE: Mapping[str, tuple[str, ...]] = {
    "look": ("evidence",),
    "watch": ("class", "camera"),
    "class_papers": ("class",),
    "cameras": (),
    "sweep": (),
    "store_check": (),
}


class WronglyAskedError(ValueError):
    """Something that the job needs was not said, or there is no such job; the message tells what is."""


def ask_for(work: Work, kind: str, said: Mapping[str, str], by: str) -> UUID:
    """Queue one job that somebody asked for; one that ended is done anew, one that waits or runs is the same.

    Args:
        said: Of ``evidence`` (a digest), ``class`` and ``camera`` (as filed) what the kind needs.
        by: Who asks, for the audit.
    Raises:
        WronglyAskedError: there is no such kind, or too little or too much was said.
        NotInRecordsError: there is no such evidence, class or camera.
    """
    if kind not in ASKABLE:
        raise WronglyAskedError(f"no job {kind!r}; there are {', '.join(sorted(ASKABLE))}")
    if set(said) != set(ASKABLE[kind]):
        needs = " and ".join(f"--{each}" for each in ASKABLE[kind]) or "nothing"
        raise WronglyAskedError(f"{kind} needs {needs} to be said")
    with work.database.transaction() as tx:
        job = _name_job(tx, work, kind, said)
        job_id = make_id("job", job.kind, job.key)
        add_jobs(tx, [job], priority=ON_DEMAND)
        write_audit(tx, actor=by, action="job.queue", subject=("job", job_id), after={"kind": kind, **job.payload})
    return job_id


def wait_for(work: Work, job_id: UUID, sleep: Callable[[float], None] = time.sleep) -> JobRecord:
    """The job, once it has ended in whatever way."""
    while True:
        with work.database.reading() as tx:
            job = read_job(tx, job_id)
        if job.state not in OPEN_STATES:
            return job
        sleep(ASK_S)


def _name_job(tx: Tx, work: Work, kind: str, said: Mapping[str, str]) -> NewJob:
    if kind == "look":
        if tx.get(EvidenceRow, said["evidence"]) is None:
            raise NotInRecordsError(f"no evidence {said['evidence']} is on record")
        return name_look_jobs(work.settings, work.tools.looks_key, [said["evidence"]])[0]
    if "class" in said:
        class_id = find_class(tx, said["class"]).id
        of_class = select(CameraRow.id).where(CameraRow.class_id == class_id, CameraRow.code == said.get("camera"))
        if "camera" in said and tx.scalar(of_class) is None:
            raise NotInRecordsError(f"class {said['class']} has no camera {said['camera']}")
    # Asked for again it is another job, as time has gone by; of the same class's papers one at a time is enough.
    key = said["class"] if kind == "class_papers" else f"asked {uuid4().hex}"
    return NewJob(kind, key, dict(said))
