"""Jobs are done once, by one worker at a time, also when workers die."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from verifier.records.database import Database
from verifier.records.errors import NotInRecordsError
from verifier.records.jobs import (
    JobRecord,
    cancel_job,
    finish_job,
    put_back,
    queue_job,
    read_job,
    renew_lease,
    take_job,
)
from verifier.records.tables.base import make_id

LEASE, DEAD = timedelta(minutes=1), timedelta(seconds=-1)


def queue(database: Database, key: str = "a") -> JobRecord:
    with database.transaction() as tx:
        return queue_job(tx, "verify", key, {"until": "2023-06-12"})


def take(database: Database, owner: str = "w1", lease: timedelta = LEASE) -> JobRecord | None:
    with database.transaction() as tx:
        return take_job(tx, "verify", owner, lease)


def state_of(database: Database, job: JobRecord) -> str:
    with database.reading() as tx:
        return read_job(tx, job.id).state


def test_the_same_key_is_the_same_job(database: Database):
    assert queue(database).id == queue(database).id != queue(database, "b").id


def test_jobs_are_taken_in_order_each_once(database: Database):
    first, second = queue(database, "a"), queue(database, "b")
    taken = [take(database), take(database), take(database)]
    assert [each.id if each else None for each in taken] == [first.id, second.id, None]
    with database.transaction() as tx:
        assert take_job(tx, "other", "w1", LEASE) is None


def test_many_workers_at_once_never_take_the_same_job(database: Database):
    for number in range(6):
        queue(database, str(number))
    taken: list[JobRecord | None] = []
    threads = [threading.Thread(target=lambda: taken.append(take(database))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    ids = [each.id for each in taken if each is not None]
    assert len(ids) == len(set(ids)) == 6


def test_a_dead_workers_job_is_taken_again_and_the_dead_one_changes_nothing(database: Database):
    job = queue(database)
    take(database, "dead", DEAD)
    again = take(database, "alive")
    assert again is not None
    assert (again.id, again.attempt) == (job.id, 2)
    with database.transaction() as tx:
        assert not renew_lease(tx, job.id, "dead", LEASE)
        finish_job(tx, job.id, "dead", error="late")
    assert state_of(database, job) == "running"
    with database.transaction() as tx:
        assert renew_lease(tx, job.id, "alive", LEASE)
        finish_job(tx, job.id, "alive", result={"closed": 2})
    with database.reading() as tx:
        done = read_job(tx, job.id)
    assert (done.state, done.result, done.error) == ("done", {"closed": 2}, None)
    assert done.finished_at is not None


def test_cancelling_takes_a_job_out_and_stops_one_that_runs(database: Database):
    waiting, running = queue(database, "a"), queue(database, "b")
    with database.transaction() as tx:
        assert cancel_job(tx, waiting.id).state == "cancelled"
    assert take(database, "w1") is not None
    with database.transaction() as tx:
        cancel_job(tx, running.id)
        assert not renew_lease(tx, running.id, "w1", LEASE)
        finish_job(tx, running.id, "w1", result={})
        assert cancel_job(tx, running.id).state == "cancelled"
    assert take(database) is None


def test_a_job_put_back_has_lost_no_attempt(database: Database):
    job = queue(database)
    take(database, "w1")
    with database.transaction() as tx:
        put_back(tx, job.id, "w1")
    again = take(database)
    assert again is not None
    assert again.attempt == 1


def test_an_unknown_job_is_told(database: Database):
    for work in (read_job, cancel_job):
        with pytest.raises(NotInRecordsError), database.transaction() as tx:
            work(tx, make_id("job", "unknown"))
