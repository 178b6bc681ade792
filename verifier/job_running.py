"""Doing one job, whoever asks for it: claimed by its id, its lease kept while it is done, ended or tried again.

And the round that heals: jobs of dead workers are queued again, a night that stopped between two steps is moved on, what is due
by the clock is queued, and the workers are told of what waits.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar, get_args
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError as SqlOperationalError
from sqlalchemy.orm import Session as Tx

from verifier.job_kinds import KINDS, Queue, Work
from verifier.looking import CannotLookError
from verifier.night_graph import begin_night, move_on
from verifier.nightly import OUTAGES
from verifier.one_at_a_time import AlreadyRunningError
from verifier.records.cameras import has_cameras
from verifier.records.database import was_cut_off
from verifier.records.job_queue import (
    Told,
    claim_job,
    count_jobs,
    forget_messages,
    mark_sendable,
    requeue_lost,
    try_later,
)
from verifier.records.jobs import NIGHTLY, JobRecord, finish_job, queue_job, renew_lease
from verifier.records.nights import was_begun
from verifier.tracing import name_subject, note, trace

log = structlog.get_logger()
T = TypeVar("T")

QUEUES: tuple[Queue, ...] = get_args(Queue)
RETRY_S = 5.0  # after a failure of its own, times the attempt
AWAY_S = 1.0  # between two attempts to write to a database that does not answer
OUTAGE_S = 10.0  # after the store or the database was away, again and again for OUTAGE_PATIENCE
# A night must end: what the store has not given by then is told as not looked at, and tried again by the next night.
OUTAGE_PATIENCE = timedelta(hours=6)
# Told at a time of one queue: what 30 workers do between two rounds, and 1 MB in the broker.
TOLD_AT_ONCE = 1000
RESEND_AFTER = timedelta(minutes=10)  # without a job having begun; an empty broker is found out sooner
# A message that was just sent is not counted as lost: a worker may hold it and be about to claim. Sent twice, it does no harm.
LOST_AFTER = timedelta(seconds=5)


class NoBrokerError(RuntimeError):
    """VERIFIER_BROKER_URL is not set, so there is nobody to send work to."""


Send = Callable[[Sequence[Told]], None]


@cache
def name_owner() -> str:
    """This process, told apart from every other that has its number after it: ``host:pid:start``."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def is_dead_here(owner: str) -> bool:
    """Whether that process was one of this machine's and is gone. Of other machines only the lease tells."""
    host, _, rest = owner.partition(":")
    pid, _, started = rest.partition(":")
    return host == socket.gethostname() and pid.isdigit() and started != "" and _started(int(pid)) != started


def _started(pid: int) -> str:
    """When a process began, in the kernel's ticks since boot; empty where there is none, or only its remains."""
    try:
        state, *fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return ""
    return "" if state in ("Z", "X") else fields[18]


def do_job(work: Work, job_id: UUID, told_by: str | None = None) -> JobRecord | None:
    """Do one job if it is still to be done; None where it is not, as a message may come twice or too late.

    Whatever the job raises becomes its end or its next attempt. What the database raises is raised: the row then still says
    that the job runs, and its lease brings it back.

    Args:
        told_by: The trace of the message, where it came with one; else the row's own is gone on with.
    """
    lease, owner = timedelta(seconds=work.settings.job_lease_s), name_owner()
    job = _write(work, lambda tx: claim_job(tx, job_id, owner, lease, is_dead_here))
    if job is None:
        return None
    about = {"job": str(job.id), "night": str(job.night_id or ""), **name_subject(job.payload)}
    with (
        structlog.contextvars.bound_contextvars(kind=job.kind, **about),
        trace(f"job {job.kind}", "consumer", told_by or job.trace, kind=job.kind, attempt=job.attempt, **about),
    ):
        _do_claimed(work, job, lease)
        if job.night_id is not None:
            move_on(work)
    return job


def _do_claimed(work: Work, job: JobRecord, lease: timedelta) -> None:
    kind, attempts = KINDS[job.kind], KINDS[job.kind].attempts
    if job.attempt > attempts:
        _give_up(work, job, job.error or f"its worker died in each of {attempts} attempts")
        return
    try:
        began = time.monotonic()
        with _keeping_lease(work, job, lease):
            result = kind.run(work, job) | {"seconds": round(time.monotonic() - began, 3)}
    except (*OUTAGES, CannotLookError) as error:
        if was_cut_off(error):
            log.exception("job_attempt_failed", attempt=job.attempt)
            _try_again(work, job, error)
        else:
            _wait_out(work, job, error)
    except Exception as error:
        log.exception("job_attempt_failed", attempt=job.attempt)
        _try_again(work, job, error)
    else:
        _write(work, lambda tx: finish_job(tx, job.id, name_owner(), result=result))
        note(outcome="done")
        log.info("job_done", attempt=job.attempt)


def _try_again(work: Work, job: JobRecord, error: Exception) -> None:
    why = f"{type(error).__name__}: {error}"
    if job.attempt < KINDS[job.kind].attempts:
        _put_off(work, job, timedelta(seconds=RETRY_S * job.attempt), why, counted=True)
    else:
        _give_up(work, job, why)


def _write(work: Work, write: Callable[[Tx], T]) -> T:
    """Write how a job stands, again while the database is away: as long as the lease holds, nobody else does this job."""
    gives_up = time.monotonic() + work.settings.job_lease_s
    while True:
        try:
            with work.database.transaction(redoable=True) as tx:
                return write(tx)
        except SqlOperationalError as error:
            if time.monotonic() > gives_up:
                raise
            log.warning("database_away", why=f"{type(error).__name__}: {error.orig}")
            time.sleep(AWAY_S)


def _put_off(work: Work, job: JobRecord, wait: timedelta, why: str, *, counted: bool) -> None:
    note(outcome="tried_again", why=why)
    _write(work, lambda tx: try_later(tx, job.id, name_owner(), wait, why, counted=counted))


def _wait_out(work: Work, job: JobRecord, error: Exception) -> None:
    why = f"{type(error).__name__}: {error}"
    note(outcome="waits", why=why)
    log.warning("job_waits", why=why)
    if datetime.now(UTC) - job.created_at < OUTAGE_PATIENCE:
        # A database whose connection was lost is back once this can be written.
        is_back = isinstance(error, SqlOperationalError) and error.connection_invalidated
        _put_off(work, job, timedelta(seconds=AWAY_S if is_back else OUTAGE_S), why, counted=False)
    else:
        _write(work, lambda tx: finish_job(tx, job.id, name_owner(), error=why))


def _give_up(work: Work, job: JobRecord, why: str) -> None:
    note(outcome="given_up", why=why)
    log.error("job_given_up", attempts=job.attempt, why=why)
    give_up = KINDS[job.kind].give_up
    if give_up is not None:
        give_up(work, job, why)
    _write(work, lambda tx: finish_job(tx, job.id, name_owner(), error=why))


@contextmanager
def _keeping_lease(work: Work, job: JobRecord, lease: timedelta) -> Iterator[None]:
    done = threading.Event()

    def renew() -> None:
        while not done.wait(lease.total_seconds() / 3):
            try:
                with work.database.transaction(redoable=True) as tx:
                    renew_lease(tx, job.id, name_owner(), lease)
            except OUTAGES as error:
                log.warning("lease_not_renewed", why=f"{type(error).__name__}: {error}")

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def heal(work: Work, now: datetime | None = None) -> None:
    """One round of what keeps the work going; any number of workers may do it, at any time."""
    moment = now or datetime.now(UTC)
    with work.database.transaction() as tx:
        lost = requeue_lost(tx, KINDS.keys(), is_dead_here)
    if lost:
        log.warning("jobs_of_dead_workers", queued_again=lost)
    move_on(work)
    queue_due(work, moment)


def queue_due(work: Work, now: datetime) -> None:
    """Queue what the clock asks for: the night, the visits to cameras, the sweep, the weekly check. Each once, by its key."""
    local = now.astimezone(work.settings.zone)
    minute, day = f"{local:%Y-%m-%dT%H:%M}", local.date()
    week = f"{day.isocalendar().year}-W{day.isocalendar().week:02}"
    with work.database.reading() as tx:
        waiting = {kind for kind, _ in count_jobs(tx)}
        cameras = has_cameras(tx)
        begun = was_begun(tx, day - timedelta(days=1))
    due = [("arrivals", minute), *([("cameras", minute)] if cameras else [])]
    if local.time() >= work.settings.night_at:
        due += [("sweep", day.isoformat()), ("store_check", week)]
        if not begun:
            try:
                begin_night(work, now=now, priority=NIGHTLY)
            except AlreadyRunningError:
                log.info("night_waits", why="a night in one process works on these records")
    with work.database.transaction() as tx:
        for kind, key in due:
            # The round of a minute ago may still be at work.
            if kind not in waiting:
                queue_job(tx, kind, key, {}, NIGHTLY)


def tell_workers(work: Work, send: Send, waiting_in_broker: Callable[[Queue], int | None]) -> int:
    """Send a message for each job that waits and whose worker was not told; tells how many.

    Args:
        send: Given each job's id, kind, priority and trace. Where it fails nothing counts as sent, and the next round tries again.
        waiting_in_broker: How many messages a queue holds, None where nobody knows: an empty one has lost what it was given.
    """
    sent = 0
    for queue in QUEUES:
        kinds = [name for name, kind in KINDS.items() if kind.queue == queue]
        empty = waiting_in_broker(queue) == 0
        with work.database.transaction() as tx:
            if empty:
                forget_messages(tx, kinds, LOST_AFTER)
            found = mark_sendable(tx, kinds, TOLD_AT_ONCE, RESEND_AFTER, work.settings.jobs_per_minute.get(queue))
            send(found)
        sent += len(found)
    return sent
