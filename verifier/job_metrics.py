"""What Prometheus is told of the jobs: read from the rows when it asks, so it is true whichever process answers.

Served by the beat (``verifier beat --metrics-port``), inside the installation's own network: it names kinds and numbers only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session as Tx

from verifier.job_kinds import KINDS, Work
from verifier.night_graph import STEPS, name_step
from verifier.records.job_queue import count_jobs
from verifier.records.nights import NightRecord, find_last_finish, find_shared_night, read_nights
from verifier.records.tables.base import utc_now
from verifier.records.tables.job import JobRow

WINDOW = timedelta(hours=1)
Values = Sequence[tuple[tuple[str, ...], float]]


class JobCollector(Collector):
    """Reads the rows at each scrape; a few indexed queries."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See prometheus_client."""
        now = utc_now()
        with self._work.database.reading() as tx:
            families = [*_tell_open(tx, now), *_tell_ended(tx, now), *_tell_nights(tx, now), *_tell_store(tx, now)]
        yield from families


def _tell_open(tx: Tx, now: datetime) -> Iterator[GaugeMetricFamily]:
    """Queue lengths by state, how long the oldest waits, what is tried again, and whose worker has gone silent."""
    yield _family("verifier_jobs_open", "Jobs that wait or run.", ("queue", "kind", "state"), [
        (_named(kind, state), number) for (kind, state), number in count_jobs(tx).items()
    ])  # fmt: skip
    waits = select(JobRow.kind, func.min(JobRow.created_at)).where(JobRow.state == "queued").group_by(JobRow.kind)
    yield _family("verifier_job_oldest_wait_seconds", "How long the oldest waiting job has waited.", ("queue", "kind"), [
        (_named(kind), (now - since).total_seconds()) for kind, since in tx.execute(waits)
    ])  # fmt: skip
    # The running are few, whatever waits.
    running = select(
        JobRow.kind, func.count().filter(JobRow.attempt > 1), func.count().filter(JobRow.lease_until < now)
    ).where(JobRow.state == "running")
    rows = [(_named(kind), again, silent) for kind, again, silent in tx.execute(running.group_by(JobRow.kind))]
    yield _family("verifier_jobs_running_again", "Running jobs that are not at their first attempt.", ("queue", "kind"), [
        (named, again) for named, again, _ in rows
    ])  # fmt: skip
    yield _family("verifier_jobs_lease_expired", "Running jobs whose worker let the lease run out and that nobody took.",
                  ("queue", "kind"), [(named, silent) for named, _, silent in rows])  # fmt: skip


def _tell_ended(tx: Tx, now: datetime) -> Iterator[GaugeMetricFamily]:
    """What ended in the last hour: how many, after how many attempts, how long they took."""
    seconds = JobRow.result["seconds"].as_float()
    ended = (
        select(JobRow.kind, JobRow.state, func.count(), func.sum(JobRow.attempt), func.avg(seconds), func.max(seconds))
        .where(JobRow.finished_at > now - WINDOW)
        .group_by(JobRow.kind, JobRow.state)
    )
    rows = [tuple(row) for row in tx.execute(ended)]
    yield _family("verifier_jobs_ended_last_hour", "Jobs that ended within the last hour.", ("queue", "kind", "state"), [
        (_named(kind, state), number) for kind, state, number, *_ in rows
    ])  # fmt: skip
    yield _family("verifier_job_attempts_last_hour", "Attempts that the jobs which ended within the last hour took together.",
                  ("queue", "kind", "state"), [
        (_named(kind, state), attempts) for kind, state, _, attempts, *_ in rows
    ])  # fmt: skip
    took = [(kind, mean, longest) for kind, state, _, _, mean, longest in rows if state == "done" and mean is not None]
    yield _family("verifier_job_mean_seconds", "What a job of the last hour took.", ("queue", "kind"), [
        (_named(kind), mean) for kind, mean, _ in took
    ])  # fmt: skip
    yield _family("verifier_job_longest_seconds", "What the longest job of the last hour took.", ("queue", "kind"), [
        (_named(kind), longest) for kind, _, longest in took
    ])  # fmt: skip


def _tell_nights(tx: Tx, now: datetime) -> Iterator[GaugeMetricFamily]:
    """The step of the night that runs, how long each step took or takes, and since when none has finished."""
    running, nights, finished = find_shared_night(tx), read_nights(tx, 1), find_last_finish(tx)
    step = running.step + 1 if running is not None and running.step is not None else 0
    yield _family(
        "verifier_night_step", f"The step of the night that runs, 1 to {len(STEPS)}; 0: none.", (), [((), step)]
    )
    shown = [((name,), seconds) for name, seconds in _time_steps(nights[0], now)] if nights else []
    yield _family(
        "verifier_night_step_seconds", "What each step of the last night took, or takes so far.", ("step",), shown
    )
    # Not told before the first night has finished: an alert asks for its absence.
    age = [((), (now - finished).total_seconds())] if finished is not None else []
    yield _family("verifier_night_finished_age_seconds", "Since a night last finished.", (), age)
    failed = nights[0].counts.get("failed_jobs", 0) if nights else 0
    yield _family("verifier_night_failed_jobs", "Jobs that the last night gave up.", (), [((), failed)])


def _time_steps(night: NightRecord, now: datetime) -> Iterator[tuple[str, float]]:
    times = [datetime.fromisoformat(each) for each in (night.plan or {}).get("begun", ())]
    times.append(night.finished_at or now)
    for place, (since, until) in enumerate(pairwise(times)):
        yield name_step(place), (until - since).total_seconds()


def _tell_store(tx: Tx, now: datetime) -> Iterator[GaugeMetricFamily]:
    """The last whole check of the store: when, and how many pieces are damaged or missing."""
    checks = select(JobRow.result, JobRow.finished_at).where(JobRow.kind == "store_check", JobRow.state == "done")
    last = tx.execute(checks.order_by(JobRow.finished_at.desc()).limit(1)).first()
    problems: Values = [((), len(last.result["problems"]))] if last is not None else []
    age: Values = [((), (now - last.finished_at).total_seconds())] if last is not None else []
    yield _family(
        "verifier_store_damaged", "Pieces of evidence that the last check found damaged or missing.", (), problems
    )
    yield _family("verifier_store_check_age_seconds", "Since the store was last checked whole.", (), age)


def serve_metrics(work: Work, port: int) -> None:
    """Answer at that port, in a thread of its own."""
    registry = CollectorRegistry()
    registry.register(JobCollector(work))
    start_http_server(port, registry=registry)


def _named(kind: str, *state: str) -> tuple[str, ...]:
    return (KINDS[kind].queue if kind in KINDS else "api", kind, *state)


def _family(name: str, text: str, labels: tuple[str, ...], values: Values) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for labelled, value in values:
        family.add_metric(labelled, value)
    return family
