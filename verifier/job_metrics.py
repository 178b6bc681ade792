"""What Prometheus is told of the jobs: read from the rows when it asks, so it is true whichever process answers.

Served by the beat (``verifier beat --metrics-port``), inside the installation's own network: it names kinds and numbers only.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from verifier.job_kinds import KINDS, Work
from verifier.night_graph import STEPS
from verifier.records.job_queue import count_jobs
from verifier.records.nights import find_shared_night, read_nights
from verifier.records.tables.base import utc_now
from verifier.records.tables.job import JobRow

WINDOW = timedelta(hours=1)


class JobCollector(Collector):
    """Reads the rows at each scrape; a few indexed queries."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See prometheus_client."""
        now = utc_now()
        with self._work.database.reading() as tx:
            open_jobs = count_jobs(tx)
            waits = (
                select(JobRow.kind, func.min(JobRow.created_at)).where(JobRow.state == "queued").group_by(JobRow.kind)
            )
            oldest = {kind: (now - since).total_seconds() for kind, since in tx.execute(waits)}
            ended = (
                select(JobRow.kind, JobRow.state, func.count(), func.avg(JobRow.result["seconds"].as_float()))
                .where(JobRow.finished_at > now - WINDOW)
                .group_by(JobRow.kind, JobRow.state)
            )
            recent = [tuple(row) for row in tx.execute(ended)]
            running, nights = find_shared_night(tx), read_nights(tx, 1)
        yield _family("verifier_jobs_open", "Jobs that wait or run.", ("queue", "kind", "state"), [
            ((_queue(kind), kind, state), number) for (kind, state), number in open_jobs.items()
        ])  # fmt: skip
        yield _family("verifier_job_oldest_wait_seconds", "How long the oldest waiting job has waited.", ("queue", "kind"), [
            ((_queue(kind), kind), seconds) for kind, seconds in oldest.items()
        ])  # fmt: skip
        yield _family("verifier_jobs_ended_last_hour", "Jobs that ended within the last hour.", ("queue", "kind", "state"), [
            ((_queue(kind), kind, state), number) for kind, state, number, _ in recent
        ])  # fmt: skip
        yield _family("verifier_job_mean_seconds", "What a job of the last hour took.", ("queue", "kind"), [
            ((_queue(kind), kind), mean) for kind, state, _, mean in recent if state == "done" and mean is not None
        ])  # fmt: skip
        step = running.step + 1 if running is not None and running.step is not None else 0
        yield _family(
            "verifier_night_step", f"The step of the night that runs, 1 to {len(STEPS)}; 0: none.", (), [((), step)]
        )
        last = nights[0].finished_at if nights and nights[0].state == "finished" else None
        age = (now - last).total_seconds() if last is not None else float("nan")
        yield _family(
            "verifier_night_finished_age_seconds", "Since the last night finished, if it did.", (), [((), age)]
        )
        failed = nights[0].counts.get("failed_jobs", 0) if nights else 0
        yield _family("verifier_night_failed_jobs", "Jobs that the last night gave up.", (), [((), failed)])


def serve_metrics(work: Work, port: int) -> None:
    """Answer at that port, in a thread of its own."""
    registry = CollectorRegistry()
    registry.register(JobCollector(work))
    start_http_server(port, registry=registry)


def _queue(kind: str) -> str:
    return KINDS[kind].queue if kind in KINDS else "api"


def _family(
    name: str, text: str, labels: tuple[str, ...], values: list[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for labelled, value in values:
        family.add_metric(labelled, value)
    return family
