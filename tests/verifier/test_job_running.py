"""A job is done once and its end is written, also while the database comes and goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from tests.builders.night import settings_for
from verifier import job_running
from verifier.job_kinds import KINDS, JobKind, Work
from verifier.job_running import do_job
from verifier.records.job_queue import NewJob, add_jobs
from verifier.records.jobs import JobRecord, read_job
from verifier.records.tables.base import make_id, utc_now
from verifier.records.tables.job import JobRow

JOB = make_id("job", "look", "a")


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    """Empty records in which one job waits."""
    opened = Work(settings_for(tmp_path / "ws", job_lease_s=2.0))
    with opened.database.transaction() as tx:
        add_jobs(tx, [NewJob("look", "a", {"sha256": "a"})])
    with patch.object(job_running, "AWAY_S", 0.0):
        yield opened
    opened.close()


class Runs:
    """A kind of job that counts how often it is done, and fails as it is told."""

    def __init__(self, *failures: Exception) -> None:
        self.times, self._failures = 0, list(failures)

    def __call__(self, *_: object) -> dict[str, object]:
        self.times += 1
        if self._failures:
            raise self._failures.pop(0)
        return {}


def lost_connection(*, invalidated: bool = True) -> OperationalError:
    error = OperationalError("SELECT 1", {}, Exception("server closed the connection"))
    error.connection_invalidated = invalidated
    return error


def do(work: Work, runs: Runs) -> JobRecord:
    with patch.dict("verifier.job_running.KINDS", {**KINDS, "look": JobKind("vision", runs)}):
        do_job(work, JOB)
    with work.database.reading() as tx:
        return read_job(tx, JOB)


def failing_once(does: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    """The function, whose first call fails before it has done anything, or after."""
    calls = []

    def call(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1 and not after:
            raise lost_connection()
        answer = does(*arguments, **named)
        if len(calls) == 1:
            arguments[0].commit()
            raise lost_connection()
        return answer

    return call


@pytest.mark.parametrize("after", [pytest.param(False, id="before"), pytest.param(True, id="after it was written")])
@pytest.mark.parametrize("step", ["claim_job", "finish_job"])
def test_a_connection_lost_around_the_job_does_not_make_it_run_twice(work: Work, step: str, after: bool) -> None:
    runs = Runs()
    with patch.object(job_running, step, failing_once(getattr(job_running, step), after=after)):
        job = do(work, runs)
    assert (job.state, job.attempt, runs.times) == ("done", 1, 1)


@pytest.mark.parametrize(
    ("error", "longest"),
    [
        pytest.param(lost_connection(), timedelta(seconds=5), id="connection lost, which is back by now"),
        pytest.param(lost_connection(invalidated=False), timedelta(seconds=job_running.OUTAGE_S), id="a full disk"),
    ],
)
def test_a_job_whose_database_failed_waits_and_loses_no_attempt(
    work: Work, error: OperationalError, longest: timedelta
) -> None:
    runs = Runs(error)
    job = do(work, runs)
    assert (job.state, job.attempt, runs.times) == ("queued", 0, 1)
    due = read_due(work, job.id)
    assert due <= longest
    assert (due > timedelta(seconds=5)) == (longest > timedelta(seconds=5))


def test_a_database_that_stays_away_leaves_the_job_to_its_lease(work: Work) -> None:
    def away(*_: object, **__: object) -> None:
        raise lost_connection()

    runs = Runs()
    with patch.object(job_running, "finish_job", away), pytest.raises(OperationalError):
        do(work, runs)
    with work.database.reading() as tx:
        assert read_job(tx, JOB).state == "running"
    # The same process gets the message again: nobody else can be at it.
    job = do(work, runs)
    assert (job.state, job.attempt, runs.times) == ("done", 1, 2)


def read_due(work: Work, job_id: UUID) -> timedelta:
    with work.database.reading() as tx:
        row = tx.get_one(JobRow, job_id)
        assert row.not_before is not None
        return row.not_before - utc_now()
