"""The jobs of many workers: added by the thousand, claimed by id, sent again when a message or a worker was lost.

A message to a worker carries a job's id and nothing else. Losing one, or getting it twice, is harmless: the row says what is true.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import Session as Tx

from verifier.records.jobs import OPEN_STATES, JobRecord, describe_job
from verifier.records.rows import insert_missing
from verifier.records.tables.base import make_id, utc_now
from verifier.records.tables.job import JobRow
from verifier.tracing import current_trace

_ADDED_AT_ONCE = 1000
# A rate is kept over this time: shorter than anybody notices, longer than the beat's round.
RATE_WINDOW = timedelta(seconds=10)
# Of a job: id, kind, priority and trace (`JobRecord.trace`).
Told = tuple[UUID, str, int, str | None]


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be added; the same kind and key again is the same job."""

    kind: str
    key: str
    payload: Mapping[str, Any]


def add_jobs(tx: Tx, jobs: Iterable[NewJob], *, night_id: UUID | None = None, priority: int = 0) -> None:
    """Queue jobs. One that is queued already or runs stays as it is, but a night that asks for it waits for it too; one that
    ended is queued anew: whoever asks knows that its work is wanted again.
    """
    waiting = iter(jobs)
    while part := list(islice(waiting, _ADDED_AT_ONCE)):
        _add_part(tx, part, night_id, priority)


def _add_part(tx: Tx, jobs: list[NewJob], night_id: UUID | None, priority: int) -> None:
    now, trace = utc_now(), current_trace()
    ids = [make_id("job", job.kind, job.key) for job in jobs]
    rows = [
        {
            "id": job_id,
            "kind": job.kind,
            "key": f"{job.kind}:{job.key}",
            "payload": dict(job.payload),
            "night_id": night_id,
            "priority": priority,
            "state": "queued",
            "attempt": 0,
            "trace": trace,
            "created_at": now,
        }
        for job_id, job in zip(ids, jobs, strict=True)
    ]
    if insert_missing(tx, JobRow, rows) == len(rows):
        return
    of_night = {} if night_id is None else {"night_id": night_id}
    anew = {"state": "queued", "attempt": 0, "finished_at": None, "sent_at": None, "result": None, "error": None,
            "trace": trace}  # fmt: skip
    there = update(JobRow).where(JobRow.id.in_(ids))
    tx.execute(there.where(JobRow.state.not_in(OPEN_STATES)).values(**anew, **of_night, priority=priority))
    if of_night:
        tx.execute(there.where(JobRow.state.in_(OPEN_STATES), JobRow.night_id.is_(None)).values(**of_night))


def claim_job(
    tx: Tx, job_id: UUID, owner: str, lease: timedelta, is_dead: Callable[[str], bool] = lambda _: False
) -> JobRecord | None:
    """Take one queued job, or one whose worker is gone, by its id. None where it is done, cancelled, not yet due, or another's.

    Args:
        owner: A worker that does one job at a time.
        is_dead: Tells whether the worker of that name is known to be gone, so that nobody waits for its lease to run out.
    """
    now = utc_now()
    # Waiting, not skipping: whoever sent the message may hold the row until all its messages are sent.
    due = (JobRow.state == "queued", or_(JobRow.not_before.is_(None), JobRow.not_before <= now))
    taken = {"state": "running", "lease_until": now + lease, "lease_owner": owner, "not_before": None}
    usual = update(JobRow).where(JobRow.id == job_id, *due).values(**taken, attempt=JobRow.attempt + 1)
    row = tx.scalar(usual.returning(JobRow), execution_options={"synchronize_session": False})
    if row is None:
        row = tx.scalar(select(JobRow).where(JobRow.id == job_id, JobRow.state == "running").with_for_update())
        if row is None or not (row.lease_owner == owner or _is_lost(row, now, is_dead)):
            return None
        # Its own already: it could not be told that its claim, or its job's end, was written.
        row.attempt += row.lease_owner != owner
        row.lease_until, row.lease_owner = now + lease, owner
        tx.flush()
    return describe_job(row)


def try_later(tx: Tx, job_id: UUID, owner: str, wait: timedelta, why: str, *, counted: bool) -> None:
    """Queue a job again that could not be done now; `counted` tells whether that was one of its attempts."""
    row = tx.get(JobRow, job_id, with_for_update=True)
    if row is not None and row.state == "running" and row.lease_owner == owner:
        row.state, row.lease_until, row.lease_owner, row.sent_at = "queued", None, None, None
        row.attempt -= not counted
        row.not_before, row.error = utc_now() + wait, why
        tx.flush()


def requeue_lost(tx: Tx, kinds: Collection[str], is_dead: Callable[[str], bool] = lambda _: False) -> int:
    """Queue the jobs of these kinds again whose workers are gone; tells how many."""
    now, running = utc_now(), (JobRow.state == "running", JobRow.kind.in_(kinds))
    rows = tx.scalars(select(JobRow).where(*running).with_for_update(skip_locked=True))
    lost = [row for row in rows if _is_lost(row, now, is_dead)]
    for row in lost:
        row.state, row.lease_until, row.lease_owner, row.sent_at = "queued", None, None, None
    tx.flush()
    return len(lost)


def mark_sendable(
    tx: Tx, kinds: Collection[str], at_most: int, resend_after: timedelta, per_minute: int | None = None
) -> list[Told]:
    """Jobs of which workers are to be told now, the most urgent first; they count as told.

    Args:
        at_most: How many told ones may wait at a time, so that a night of 100,000 jobs does not fill the broker. The urgent
            ones (priority above 0) are counted apart: a full night does not keep them waiting.
        resend_after: A message that is older than this without its job having begun counts as lost.
        per_minute: At most so many are told of in a minute, whatever waits; at least one in RATE_WINDOW.
    """
    now = utc_now()
    waiting, urgent = (JobRow.state == "queued", JobRow.kind.in_(kinds)), JobRow.priority > 0
    told = func.count().filter(urgent), func.count().filter(~urgent)
    room = [
        max(at_most - number, 0)
        for number in tx.execute(select(*told).where(*waiting, JobRow.sent_at > now - resend_after)).one()
    ]
    due = or_(JobRow.not_before.is_(None), JobRow.not_before <= now)
    untold = or_(JobRow.sent_at.is_(None), JobRow.sent_at <= now - resend_after)
    query = (
        select(JobRow.id, JobRow.kind, JobRow.priority, JobRow.trace)
        .where(*waiting, and_(due, untold))
        .order_by(JobRow.priority.desc(), JobRow.created_at)
        .limit(sum(room))
        .with_for_update(skip_locked=True)
    )
    rows = [(job_id, kind, priority, trace) for job_id, kind, priority, trace in tx.execute(query)]
    first = [row for row in rows if row[2] > 0][: room[0]]
    found = first + [row for row in rows if row[2] <= 0][: room[1]]
    if per_minute is not None:
        found = found[: _rate_left(tx, kinds, now, per_minute)]
    for start in range(0, len(found), _ADDED_AT_ONCE):
        ids = [job_id for job_id, *_ in found[start : start + _ADDED_AT_ONCE]]
        tx.execute(update(JobRow).where(JobRow.id.in_(ids)).values(sent_at=now))
    return found


def _rate_left(tx: Tx, kinds: Collection[str], now: datetime, per_minute: int) -> int:
    sent = select(func.count()).where(JobRow.sent_at > now - RATE_WINDOW, JobRow.kind.in_(kinds))
    return max(max(int(per_minute * RATE_WINDOW / timedelta(minutes=1)), 1) - (tx.scalar(sent) or 0), 0)


def forget_messages(tx: Tx, kinds: Collection[str], older_than: timedelta) -> int:
    """The broker holds no message of these kinds any more: those it was given, but for the latest, are to be sent again."""
    lost = (JobRow.state == "queued", JobRow.kind.in_(kinds), JobRow.sent_at < utc_now() - older_than)
    return len(tx.execute(update(JobRow).where(*lost).values(sent_at=None).returning(JobRow.id)).all())


def has_open_jobs(tx: Tx, night_id: UUID) -> bool:
    """Whether a night still waits for one of its jobs."""
    return (
        tx.scalar(select(JobRow.id).where(JobRow.night_id == night_id, JobRow.state.in_(OPEN_STATES)).limit(1))
        is not None
    )


def list_open_keys(tx: Tx, kind: str) -> set[str]:
    """The keys of the jobs of a kind that wait or run."""
    keys = tx.scalars(select(JobRow.key).where(JobRow.kind == kind, JobRow.state.in_(OPEN_STATES)))
    return {key.removeprefix(f"{kind}:") for key in keys}


def read_night_jobs(tx: Tx, night_id: UUID, kind: str | None = None, state: str | None = None) -> list[JobRecord]:
    """The jobs of a night, in the order in which they were made."""
    query = select(JobRow).where(JobRow.night_id == night_id).order_by(JobRow.created_at, JobRow.key)
    query = query if kind is None else query.where(JobRow.kind == kind)
    query = query if state is None else query.where(JobRow.state == state)
    return [describe_job(row) for row in tx.scalars(query)]


def count_jobs(tx: Tx, night_id: UUID | None = None) -> dict[tuple[str, str], int]:
    """(kind, state) → how many; of one night, or of all that are not ended."""
    query = select(JobRow.kind, JobRow.state, func.count()).group_by(JobRow.kind, JobRow.state)
    query = query.where(JobRow.state.in_(OPEN_STATES) if night_id is None else JobRow.night_id == night_id)
    return {(kind, state): number for kind, state, number in tx.execute(query)}


def list_failed_jobs(tx: Tx, limit: int = 50) -> list[JobRecord]:
    """Jobs that were given up, the latest first."""
    query = select(JobRow).where(JobRow.state == "failed").order_by(JobRow.finished_at.desc()).limit(limit)
    return [describe_job(row) for row in tx.scalars(query)]


def prune_jobs(tx: Tx, kinds: Collection[str], kept: timedelta) -> int:
    """Forget jobs of these kinds that ended longer ago than `kept`; tells how many."""
    ended = (JobRow.kind.in_(kinds), JobRow.finished_at < utc_now() - kept)
    return len(tx.execute(delete(JobRow).where(*ended).returning(JobRow.id)).all())


def cancel_open_jobs(tx: Tx, night_id: UUID) -> int:
    """Take all of a night's jobs out that are not ended; tells how many."""
    ended = {"state": "cancelled", "finished_at": utc_now(), "lease_until": None, "lease_owner": None}
    open_ = (JobRow.night_id == night_id, JobRow.state.in_(OPEN_STATES))
    return len(tx.execute(update(JobRow).where(*open_).values(**ended).returning(JobRow.id)).all())


def _is_lost(row: JobRow, now: datetime, is_dead: Callable[[str], bool]) -> bool:
    assert row.lease_until is not None, "a running job has a lease"
    return row.lease_until < now or (row.lease_owner is not None and is_dead(row.lease_owner))
