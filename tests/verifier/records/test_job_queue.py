"""A job is never lost and never done by two, whatever happens to messages and workers."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import update

from tests.verifier.records.conftest import KEY
from verifier.job_kinds import Work
from verifier.job_running import heal
from verifier.records.database import Database
from verifier.records.job_queue import (
    RATE_WINDOW,
    NewJob,
    add_jobs,
    cancel_open_jobs,
    claim_job,
    count_jobs,
    forget_messages,
    has_open_jobs,
    list_failed_jobs,
    mark_sendable,
    prune_jobs,
    requeue_lost,
    try_later,
)
from verifier.records.jobs import JobRecord, finish_job, read_job
from verifier.records.nights import find_shared_night, read_nights, start_night
from verifier.records.tables.base import make_id, utc_now
from verifier.records.tables.job import JobRow
from verifier.settings import Settings

LEASE, RAN_OUT = timedelta(minutes=1), timedelta(seconds=-1)
HOUR = timedelta(hours=1)
KINDS = ("look",)


def add(database: Database, *keys: str, night_id: UUID | None = None, priority: int = 0) -> list[UUID]:
    with database.transaction() as tx:
        add_jobs(tx, [NewJob("look", key, {"sha256": key}) for key in keys], night_id=night_id, priority=priority)
    return [make_id("job", "look", key) for key in keys]


def claim(database: Database, job_id: UUID, owner: str = "w1", lease: timedelta = LEASE) -> JobRecord | None:
    with database.transaction() as tx:
        return claim_job(tx, job_id, owner, lease)


def told(database: Database, at_most: int = 100, resend_after: timedelta = HOUR) -> list[UUID]:
    with database.transaction() as tx:
        return [job_id for job_id, *_ in mark_sendable(tx, KINDS, at_most, resend_after)]


def a_night(database: Database) -> UUID:
    with database.transaction() as tx:
        return start_night(tx, None, date(2023, 6, 14), {}, plan={"priority": 0})


def test_a_message_that_comes_twice_is_done_once(database: Database) -> None:
    (job,) = add(database, "a")
    assert claim(database, job, "w1") is not None
    assert claim(database, job, "w2") is None
    with database.transaction() as tx:
        finish_job(tx, job, "w1", result={})
    assert claim(database, job, "w2") is None


def test_a_job_of_a_dead_worker_is_claimed_at_once_and_of_a_silent_one_after_its_lease(database: Database) -> None:
    dead, silent, alive = add(database, "dead", "silent", "alive")
    claim(database, dead, "gone")
    claim(database, silent, "w1", RAN_OUT)
    claim(database, alive, "w1")
    with database.transaction() as tx:
        again = claim_job(tx, dead, "w2", LEASE, is_dead=lambda owner: owner == "gone")
        assert again is not None
        assert again.attempt == 2
        assert claim_job(tx, alive, "w2", LEASE, is_dead=lambda owner: owner == "gone") is None
        assert requeue_lost(tx, KINDS) == 1
        assert read_job(tx, silent).state == "queued"
        assert requeue_lost(tx, ("other",), lambda _: True) == 0


def test_a_worker_that_could_not_be_told_of_its_claim_takes_the_job_again_within_its_lease(database: Database) -> None:
    (job,) = add(database, "a")
    for _ in range(2):
        taken = claim(database, job, "w1")
        assert taken is not None
        assert taken.attempt == 1
    assert claim(database, job, "w2") is None


def test_workers_are_told_once_and_of_no_more_than_fit_but_a_full_night_keeps_nothing_urgent_waiting(
    database: Database,
) -> None:
    nightly = add(database, "a", "b", "c")
    first = told(database, at_most=2)
    assert len(first) == 2
    assert told(database, at_most=2) == []
    urgent = add(database, "d", "e", "f", priority=5)
    second = told(database, at_most=2)
    assert len(second) == 2
    assert set(second) < set(urgent)
    assert set(told(database, at_most=3)) == {*nightly, *urgent} - {*first, *second}
    assert told(database) == []


def test_a_queues_rate_is_kept_whatever_waits_the_urgent_first(database: Database) -> None:
    """Twelve a minute are two in the ten seconds over which a rate is kept; other kinds are not counted."""
    add(database, "a", "b", "c")
    (urgent,) = add(database, "d", priority=5)

    def told_at_most(per_minute: int) -> list[UUID]:
        with database.transaction() as tx:
            return [job_id for job_id, *_ in mark_sendable(tx, KINDS, 100, HOUR, per_minute)]

    first = told_at_most(12)
    assert first[0] == urgent
    assert len(first) == 2
    assert told_at_most(12) == []
    with database.transaction() as tx:
        long_ago = utc_now() - RATE_WINDOW
        tx.execute(update(JobRow).where(JobRow.id.in_(first)).values(sent_at=long_ago))
    assert len(told_at_most(1)) == 1, "even the lowest rate lets one through"
    assert told_at_most(1) == []
    assert len(told_at_most(12)) == 1


def test_a_lost_message_is_sent_again_late_or_as_soon_as_the_broker_is_seen_empty(database: Database) -> None:
    (job,) = add(database, "a")
    assert told(database) == [job]
    assert told(database, resend_after=RAN_OUT) == [job]
    with database.transaction() as tx:
        assert forget_messages(tx, KINDS, HOUR) == 0
        assert forget_messages(tx, KINDS, RAN_OUT) == 1
    assert told(database) == [job]


def test_an_attempt_that_failed_waits_and_counts_and_an_outage_does_not_count(database: Database) -> None:
    (job,) = add(database, "a")
    for counted, attempt in ((True, 1), (False, 1), (True, 2)):
        assert claim(database, job) is not None
        with database.transaction() as tx:
            try_later(tx, job, "w1", HOUR if attempt == 2 else RAN_OUT, "store away", counted=counted)
            assert read_job(tx, job).attempt == attempt
    assert claim(database, job) is None  # not yet due
    assert told(database) == []
    with database.transaction() as tx:
        assert read_job(tx, job).error == "store away"


def test_only_the_owner_puts_a_job_off(database: Database) -> None:
    (job,) = add(database, "a")
    claim(database, job, "w1")
    with database.transaction() as tx:
        try_later(tx, job, "w2", HOUR, "late", counted=True)
        assert read_job(tx, job).state == "running"


def test_a_night_waits_for_jobs_that_were_queued_before_it_and_takes_ended_ones_up_again(database: Database) -> None:
    running, ended = add(database, "running", "ended")
    claim(database, running)
    claim(database, ended)
    with database.transaction() as tx:
        finish_job(tx, ended, "w1", error="given up")
        assert [job.id for job in list_failed_jobs(tx)] == [ended]
    night = a_night(database)
    add(database, "running", "ended", "new", night_id=night)
    with database.transaction() as tx:
        assert count_jobs(tx, night) == {("look", "running"): 1, ("look", "queued"): 2}
        again = read_job(tx, ended)
        assert (again.state, again.attempt, again.error, again.finished_at) == ("queued", 0, None, None)
        finish_job(tx, running, "w1", result={})
        assert has_open_jobs(tx, night)
        assert cancel_open_jobs(tx, night) == 2
        assert not has_open_jobs(tx, night)


def test_only_a_night_with_a_plan_is_one_of_many_workers(database: Database) -> None:
    with database.transaction() as tx:
        start_night(tx, None, date(2023, 6, 14), {})
        assert find_shared_night(tx) is None
    night = a_night(database)
    with database.transaction() as tx:
        found = find_shared_night(tx, lock=True)
    assert found is not None
    assert (found.id, found.step, found.plan) == (night, -1, {"priority": 0})


def test_jobs_that_ended_long_ago_are_forgotten_and_open_ones_never(database: Database) -> None:
    old, waiting = add(database, "old", "waiting")
    claim(database, old)
    with database.transaction() as tx:
        finish_job(tx, old, "w1", result={})
        assert prune_jobs(tx, KINDS, HOUR) == 0
        assert prune_jobs(tx, KINDS, RAN_OUT) == 1
        assert read_job(tx, waiting).state == "queued"


def test_four_beats_at_the_same_moment_begin_one_night_one_sweep_and_one_check(
    database: Database, tmp_path: Path
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    settings = Settings(workspace=tmp_path, database_url=url, data_key=SecretStr(base64.b64encode(KEY).decode()))
    works, together, failed = [Work(settings) for _ in range(4)], Barrier(4), list[Exception]()

    def beat(work: Work) -> None:
        together.wait(60)
        try:
            heal(work, datetime(2023, 6, 14, 18, tzinfo=UTC))  # two in the morning in Shanghai
        except Exception as error:  # noqa: BLE001 - a thread's own would be lost
            failed.append(error)

    threads = [Thread(target=beat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for work in works:
        work.close()
    with database.reading() as tx:
        nights, jobs = read_nights(tx), count_jobs(tx)
    assert failed == []
    assert [night.last_day for night in nights] == [date(2023, 6, 14)]
    assert jobs == {(kind, "queued"): 1 for kind in ("arrivals", "recordings", "store_check", "sweep")}
