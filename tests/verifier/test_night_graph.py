"""The night as a graph of jobs: the same records as a night in one process, and a report whatever fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from tests.builders.night import copy_workspace, differences, keep_looks, night, records_of, settings_for
from tests.verifier.conftest import DemoNight
from verifier import job_kinds, nightly
from verifier.asking_jobs import WronglyAskedError, ask_for, wait_for
from verifier.job_kinds import KINDS, JobKind, Work
from verifier.job_running import do_job, heal, is_dead_here, name_owner, tell_workers
from verifier.night_graph import begin_night, cancel_night
from verifier.one_at_a_time import AlreadyRunningError, hold_turn
from verifier.records.errors import NotInRecordsError
from verifier.records.job_queue import (
    NewJob,
    Told,
    add_jobs,
    count_jobs,
    list_failed_jobs,
    read_night_jobs,
    requeue_lost,
)
from verifier.records.jobs import ON_DEMAND, read_job
from verifier.records.looks import missing_looks
from verifier.records.nights import NightRecord, read_nights
from verifier.records.tables.base import make_id
from verifier.records.tables.job import JobRow
from verifier.records.tables.look import LookRow

DAY = date(2023, 6, 14)


@pytest.fixture
def work(demo_imported: Path, demo_night: DemoNight, tmp_path: Path) -> Iterator[Work]:
    """The demo class imported and looked at, but not judged."""
    workspace = copy_workspace(demo_imported, tmp_path / "ws")
    keep_looks(demo_night.workspace, workspace)
    opened = Work(settings_for(workspace))
    yield opened
    opened.close()


def do_what_waits(work: Work) -> bool:
    """Be the broker and the only worker: do every job that somebody is told of now."""
    told: list[Told] = []
    tell_workers(work, told.extend, lambda _: None)
    for job_id, *_ in told:
        do_job(work, job_id)
    return bool(told)


def drain(work: Work) -> None:
    """Go on until nobody is told of anything."""
    while do_what_waits(work):
        pass


def last_night(work: Work) -> NightRecord:
    with work.database.reading() as tx:
        return read_nights(tx, 1)[0]


def test_the_graph_leaves_the_records_of_a_night_in_one_process(work: Work, demo_night: DemoNight) -> None:
    night_id = begin_night(work, DAY)
    assert begin_night(work, DAY) == night_id
    drain(work)
    ended = last_night(work)
    assert (ended.state, ended.counts["failed_jobs"], ended.error) == ("finished", 0, None)
    assert differences(records_of(work.settings.workspace), records_of(demo_night.workspace)) == []
    assert (work.settings.workspace / "reports" / "2023-06-14" / "night.xlsx").exists()
    with work.database.reading() as tx:
        assert {job.attempt for job in read_night_jobs(tx, night_id)} == {1}


def test_a_second_graph_over_a_finished_night_changes_nothing(work: Work, demo_night: DemoNight) -> None:
    for _ in range(2):
        begin_night(work, DAY)
        drain(work)
    assert last_night(work).counts["closed"] == 0
    assert differences(records_of(work.settings.workspace), records_of(demo_night.workspace)) == []


def test_a_class_that_cannot_be_judged_is_named_and_the_night_ends_with_a_report(work: Work) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    with patch.object(job_kinds, "close_class", fail), patch("verifier.job_running.RETRY_S", 0.0):
        begin_night(work, DAY)
        drain(work)
    ended = last_night(work)
    assert (ended.state, ended.counts["failed_jobs"]) == ("finished", 1)
    with work.database.reading() as tx:
        (given_up,) = list_failed_jobs(tx)
    assert given_up.attempt == KINDS["close_class"].attempts
    assert "a fault of ours" in str(given_up.error)
    (html,) = (work.settings.workspace / "reports" / "2023-06-14").glob("*.html")
    report = html.read_text(encoding="utf-8")
    assert "a fault of ours" in report
    assert "DEMO-2023-0001" in report


def test_the_same_class_does_not_stop_a_night_in_one_process(work: Work) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    with patch.object(nightly, "judge_class", fail):
        done = night(work.settings.workspace)
    (told,) = [each for each in done.answer["not_closed"] if each["session"] is None]
    assert told["class"] == "DEMO-2023-0001"
    assert "a fault of ours" in told["reason"]
    assert done.report_html is not None


def test_a_picture_whose_workers_die_each_time_is_kept_as_not_looked_at(work: Work) -> None:
    """The job stops after its attempts, and the records say that we could not look."""
    key = work.tools.looks_key
    sha256 = next(iter(look_digests(work)))
    with work.database.transaction() as tx:
        tx.execute(delete(LookRow).where(LookRow.sha256 == sha256, LookRow.versions_key == key))

    def die(*_: object) -> dict[str, object]:
        raise SystemExit(9)

    dying = JobKind("vision", die, give_up=KINDS["look"].give_up)
    with patch.dict("verifier.job_running.KINDS", {**KINDS, "look": dying}):
        begin_night(work, DAY)
        do_what_waits(work)  # the recordings, of which there are none
        (job_id,) = waiting_looks(work)
        for _ in range(dying.attempts):
            with pytest.raises(SystemExit), patch("verifier.job_running.name_owner", lambda: "elsewhere:1:1"):
                do_job(work, job_id)
            let_leases_run_out(work)
        do_job(work, job_id)
    with work.database.reading() as tx:
        (given_up,) = list_failed_jobs(tx)
        assert "died" in str(given_up.error)
        assert missing_looks(tx, key, [sha256], limits="other") == [sha256]  # the next night tries again
    drain(work)
    assert last_night(work).state == "finished"
    findings = records_of(work.settings.workspace)["finding"]
    assert any(row["outcome"] == "not_run" for row in findings)


def test_what_arrived_is_queued_once_however_often_the_clock_asks(work: Work) -> None:
    with work.database.transaction() as tx:
        tx.execute(delete(LookRow).where(LookRow.sha256.in_(look_digests(work)[:2])))
    asked = []
    for minute in range(2):
        with work.database.transaction() as tx:
            add_jobs(tx, [NewJob("arrivals", str(minute), {})])
        done = do_job(work, make_id("job", "arrivals", str(minute)))
        assert done is not None
        with work.database.reading() as tx:
            asked.append((read_job(tx, done.id).result or {})["pictures"])
    assert asked == [2, 0]
    with work.database.reading() as tx:
        assert count_jobs(tx)["look", "queued"] == 2


def look_digests(work: Work) -> list[str]:
    rows = records_of(work.settings.workspace)
    return sorted({row["sha256"] for row in rows["submission"]})


def waiting_looks(work: Work) -> list[UUID]:
    with work.database.reading() as tx:
        night_id = read_nights(tx, 1)[0].id
        return [job.id for job in read_night_jobs(tx, night_id, "look", "queued")]


def let_leases_run_out(work: Work) -> None:
    with work.database.transaction() as tx:
        tx.execute(update(JobRow).where(JobRow.state == "running").values(lease_until=datetime(2000, 1, 1, tzinfo=UTC)))
        assert requeue_lost(tx, KINDS) == 1


def test_a_night_in_one_process_and_one_of_workers_do_not_run_at_once(work: Work) -> None:
    with hold_turn(work.database, "night"), pytest.raises(AlreadyRunningError):
        begin_night(work, DAY)
    begin_night(work, DAY)
    with pytest.raises(AlreadyRunningError):
        night(work.settings.workspace)
    assert cancel_night(work) == 1
    assert cancel_night(work) is None
    assert night(work.settings.workspace).report_html is not None


@pytest.mark.parametrize(
    ("clock", "begun"),
    [
        pytest.param("2023-06-14T17:29:59+00:00", False, id="a second before 01:30 in Shanghai"),
        pytest.param("2023-06-14T17:30:00+00:00", True, id="at 01:30 in Shanghai"),
        pytest.param("2023-06-15T06:00:00+00:00", True, id="the beat was down at night and comes back at 14:00"),
    ],
)
def test_the_clock_begins_the_night_once(work: Work, clock: str, begun: bool) -> None:
    now = datetime.fromisoformat(clock)
    for _ in range(2):
        heal(work, now)
    with work.database.reading() as tx:
        assert [each.last_day for each in read_nights(tx)] == ([DAY] if begun else [])
    drain(work)
    heal(work, now)
    with work.database.reading() as tx:
        assert len(read_nights(tx)) == int(begun)


def test_a_job_asked_for_by_hand_is_told_of_and_done_before_the_nights(work: Work) -> None:
    begin_night(work, DAY)
    job_id = ask_for(work, "class_papers", {"class": "DEMO-2023-0001"}, "local:test")
    told: list[Told] = []
    tell_workers(work, told.extend, lambda _: None)
    assert max(told, key=lambda each: each[2])[0] == job_id
    assert do_job(work, job_id) is not None
    done = wait_for(work, job_id)
    assert (done.state, done.priority) == ("done", ON_DEMAND)
    assert any(name.endswith(".zip") for name in (done.result or {})["files"])


@pytest.mark.parametrize(
    ("kind", "said", "error"),
    [
        pytest.param("close_class", {"class": "DEMO-2023-0001"}, "no job 'close_class'", id="no job for people"),
        pytest.param("class_papers", {}, "class_papers needs --class", id="too little"),
        pytest.param("sweep", {"class": "DEMO-2023-0001"}, "sweep needs nothing", id="too much"),
        pytest.param("class_papers", {"class": "X"}, "X", id="no such class"),
        pytest.param("look", {"evidence": "0" * 64}, "no evidence 000", id="no such picture"),
        pytest.param("watch", {"class": "DEMO-2023-0001", "camera": "X"}, "no camera X", id="no such camera"),
    ],
)
def test_a_job_that_cannot_be_asked_for_is_not_queued(work: Work, kind: str, said: dict[str, str], error: str) -> None:
    with pytest.raises((WronglyAskedError, NotInRecordsError), match=error):
        ask_for(work, kind, said, "local:test")
    with work.database.reading() as tx:
        assert count_jobs(tx) == {}


def test_a_picture_is_looked_at_anew_by_hand(work: Work) -> None:
    sha256 = look_digests(work)[0]
    job_id = ask_for(work, "look", {"evidence": sha256}, "local:test")
    assert do_job(work, job_id) is not None
    assert wait_for(work, job_id).result == {"cut_off": "", "already": True, "seconds": pytest.approx(0, abs=60)}


def test_this_process_is_alive_and_another_start_of_its_number_is_not() -> None:
    host, pid, _ = name_owner().split(":")
    assert not is_dead_here(name_owner())
    assert is_dead_here(f"{host}:{pid}:1")
    assert not is_dead_here(f"elsewhere:{pid}:1")
