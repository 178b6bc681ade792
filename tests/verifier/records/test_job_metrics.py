"""What Prometheus is told of queues, attempts, leases, the night's steps and the store, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import update

from tests.verifier.records.test_job_queue import LEASE, RAN_OUT, add, claim
from verifier.job_kinds import Work
from verifier.job_metrics import JobCollector
from verifier.records.database import Database
from verifier.records.job_queue import NewJob, add_jobs
from verifier.records.jobs import finish_job, queue_job
from verifier.records.nights import enter_step, finish_night, start_night
from verifier.records.tables.base import utc_now
from verifier.records.tables.job import JobRow, NightRow
from verifier.settings import Settings


def read(database: Database) -> dict[tuple[str, ...], float]:
    """(metric, label values …) → value."""
    work = Work(Settings(workspace=Path("/nowhere")))
    work.__dict__["database"] = database
    families = JobCollector(work).collect()
    return {
        (sample.name.removeprefix("verifier_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def end(database: Database, job_id: UUID, owner: str = "w1", error: str | None = None, **result: Any) -> None:
    with database.transaction() as tx:
        finish_job(tx, job_id, owner, result=result, error=error)


def test_queues_by_state_with_waits_attempts_and_leases(database: Database):
    waiting, running, lost, quick, slow, poison = add(database, "1", "2", "3", "4", "5", "6")
    claim(database, running)
    claim(database, lost, lease=RAN_OUT)
    for seconds, job_id in ((1.0, quick), (3.0, slow)):
        claim(database, job_id, lease=RAN_OUT)
        claim(database, job_id, owner="w2")
        end(database, job_id, "w2", seconds=seconds)
    claim(database, poison)
    end(database, poison, error="its worker died")
    with database.transaction() as tx:
        tx.execute(update(JobRow).where(JobRow.id == waiting).values(created_at=utc_now() - timedelta(hours=3)))
        queue_job(tx, "verify", "of the server", {})
    told = read(database)
    look = ("vision", "look")
    assert told["jobs_open", *look, "queued"] == 1
    assert told["jobs_open", *look, "running"] == 2
    assert told["jobs_open", "api", "verify", "queued"] == 1
    assert 3 * 3600 <= told["job_oldest_wait_seconds", *look] < 3 * 3600 + 60
    assert (told["jobs_running_again", *look], told["jobs_lease_expired", *look]) == (0, 1)
    assert (told["jobs_ended_last_hour", *look, "done"], told["job_attempts_last_hour", *look, "done"]) == (2, 4)
    assert (told["jobs_ended_last_hour", *look, "failed"], told["job_attempts_last_hour", *look, "failed"]) == (1, 1)
    assert (told["job_mean_seconds", *look], told["job_longest_seconds", *look]) == (2.0, 3.0)
    claim(database, lost, owner="w2", lease=LEASE)
    told = read(database)
    assert (told["jobs_running_again", *look], told["jobs_lease_expired", *look]) == (1, 0)


def test_the_nights_steps_and_when_one_last_finished_though_a_later_one_failed(database: Database):
    told = read(database)
    assert told["night_step",] == 0
    assert ("night_finished_age_seconds",) not in told
    for day, error in ((1, None), (2, "no report")):
        with database.transaction() as tx:
            night = start_night(tx, None, date(2026, 3, day), {}, {"priority": 0})
            for step in (0, 1):
                enter_step(tx, night, step)
        if error is None:
            told = read(database)
            assert told["night_step",] == 2
            assert 0 <= told["night_step_seconds", "recordings"] < 60
            assert 0 <= told["night_step_seconds", "look"] < 60
            assert ("night_finished_age_seconds",) not in told
        with database.transaction() as tx:
            finish_night(tx, night, {"failed_jobs": 7}, error)
            moved = {"finished_at": utc_now() - timedelta(hours=30)} if error is None else {}
            tx.execute(update(NightRow).where(NightRow.id == night).values(state=NightRow.state, **moved))
    told = read(database)
    assert (told["night_step",], told["night_failed_jobs",]) == (0, 7)
    assert 30 * 3600 <= told["night_finished_age_seconds",] < 30 * 3600 + 60
    assert {name for metric, *name in told if metric == "night_step_seconds" for name in name} == {"recordings", "look"}


def test_what_the_last_whole_check_of_the_store_found(database: Database):
    assert ("store_damaged",) not in read(database)
    for week, problems in (("1", {"a": "damaged", "b": "missing"}), ("2", {"a": "damaged"})):
        with database.transaction() as tx:
            add_jobs(tx, [NewJob("store_check", week, {})])
            job = tx.query(JobRow).where(JobRow.key == f"store_check:{week}").one()
        claim(database, job.id)
        end(database, job.id, problems=problems, checked=4, finished=True)
    told = read(database)
    assert told["store_damaged",] == 1
    assert 0 <= told["store_check_age_seconds",] < 60
