"""Jobs as rows: queued, taken with a lease that runs out when its worker dies, finished or cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session as Tx

from verifier.records.errors import NotInRecordsError
from verifier.records.rows import insert_missing
from verifier.records.tables.base import make_id, utc_now
from verifier.records.tables.job import JobRow
from verifier.tracing import current_trace

OPEN_STATES = ("queued", "running")
ON_DEMAND, NIGHTLY = 5, 0  # priorities: what somebody waits for, or what has just come in, before the night's


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job. `state` is ``queued``, ``running``, ``done``, ``failed`` or ``cancelled``; `night_id` where a night waits for it."""

    id: UUID
    kind: str
    state: str
    attempt: int
    payload: Mapping[str, Any]
    result: Mapping[str, Any] | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    night_id: UUID | None = None
    priority: int = 0
    trace: str | None = None


def queue_job(tx: Tx, kind: str, key: str, payload: Mapping[str, Any], priority: int = 0) -> JobRecord:
    """Queue a job by its key; the same key again is the same job."""
    job_id = make_id("job", kind, key)
    row = tx.get(JobRow, job_id)
    if row is None:
        values = {
            "id": job_id, "kind": kind, "key": f"{kind}:{key}", "payload": dict(payload), "attempt": 0, "state": "queued",
            "priority": priority, "trace": current_trace(), "created_at": utc_now(),
        }  # fmt: skip
        # Another may queue it at this very moment: then there is one, and it is the other's.
        insert_missing(tx, JobRow, [values])
        row = tx.get_one(JobRow, job_id)
    return describe_job(row)


def read_job(tx: Tx, job_id: UUID) -> JobRecord:
    """One job.

    Raises:
        NotInRecordsError: there is none such.
    """
    return describe_job(_require_job(tx, job_id, lock=False))


def find_open_job(tx: Tx, kind: str, key_starts: str) -> JobRecord | None:
    """The oldest job that waits or runs whose key begins like this; None where there is none."""
    query = (
        select(JobRow)
        .where(JobRow.kind == kind, JobRow.state.in_(OPEN_STATES), JobRow.key.startswith(key_starts, autoescape=True))
        .order_by(JobRow.created_at, JobRow.id)
        .limit(1)
    )
    row = tx.scalar(query)
    return None if row is None else describe_job(row)


def _require_job(tx: Tx, job_id: UUID, *, lock: bool) -> JobRow:
    row = tx.get(JobRow, job_id, with_for_update=lock)
    if row is None:
        raise NotInRecordsError(f"no job {job_id} is on record")
    return row


def cancel_job(tx: Tx, job_id: UUID) -> JobRecord:
    """Take a job out; one that runs is stopped by its worker, which looks every few seconds. A finished one stays as it is.

    Raises:
        NotInRecordsError: there is none such.
    """
    row = _require_job(tx, job_id, lock=True)
    if row.state in OPEN_STATES:
        _end(row, "cancelled")
        tx.flush()
    return describe_job(row)


def requeue_job(tx: Tx, job_id: UUID) -> JobRecord:
    """Queue a job again that failed or was cancelled, its attempts counted anew. One that waits, runs or is done stays as it is.

    Raises:
        NotInRecordsError: there is none such.
    """
    row = _require_job(tx, job_id, lock=True)
    if row.state in ("failed", "cancelled"):
        row.state, row.attempt, row.finished_at, row.error = "queued", 0, None, None
        tx.flush()
    return describe_job(row)


def take_job(tx: Tx, kind: str, owner: str, lease: timedelta) -> JobRecord | None:
    """The job that has waited longest, now leased to `owner`; also one whose worker let its lease run out. None without any."""
    now = utc_now()
    lost = and_(JobRow.state == "running", JobRow.lease_until < now)
    query = (
        select(JobRow)
        .where(JobRow.kind == kind, or_(JobRow.state == "queued", lost))
        .order_by(JobRow.created_at, JobRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = tx.scalar(query)
    if row is None:
        return None
    row.state, row.lease_until, row.lease_owner, row.attempt = "running", now + lease, owner, row.attempt + 1
    tx.flush()
    return describe_job(row)


def renew_lease(tx: Tx, job_id: UUID, owner: str, lease: timedelta) -> bool:
    """Go on holding a job; False where it was cancelled or somebody else has it: then its work must stop."""
    held = (JobRow.id == job_id, JobRow.state == "running", JobRow.lease_owner == owner)
    changed = tx.execute(update(JobRow).where(*held).values(lease_until=utc_now() + lease).returning(JobRow.id))
    return changed.first() is not None


def finish_job(
    tx: Tx, job_id: UUID, owner: str, *, result: Mapping[str, Any] | None = None, error: str | None = None
) -> None:
    """Write down how a job ended, unless it is no longer this owner's."""
    held = (JobRow.id == job_id, JobRow.state == "running", JobRow.lease_owner == owner)
    ended = {"state": "failed" if error is not None else "done", "finished_at": utc_now()}
    free = {"lease_until": None, "lease_owner": None}
    told = {"result": dict(result) if result is not None else None, "error": error}
    tx.execute(update(JobRow).where(*held).values(**ended, **free, **told))


def put_back(tx: Tx, job_id: UUID, owner: str) -> None:
    """Queue a job again that could not begin, without counting the attempt."""
    row = tx.get(JobRow, job_id, with_for_update=True)
    if row is not None and row.state == "running" and row.lease_owner == owner:
        row.state, row.lease_until, row.lease_owner, row.attempt = "queued", None, None, row.attempt - 1
        tx.flush()


def _end(row: JobRow, state: str) -> None:
    row.state, row.finished_at, row.lease_until, row.lease_owner = state, utc_now(), None, None


def describe_job(row: JobRow) -> JobRecord:
    """One row as a value."""
    return JobRecord(
        row.id, row.kind, row.state, row.attempt, row.payload, row.result, row.error, row.created_at, row.finished_at,
        row.night_id, row.priority, row.trace,
    )  # fmt: skip
