"""A look that somebody asked for: queued once, done by a process of its own, kept like any look, without the address."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.builders.night import settings_for
from tests.builders.plan import CHINA, a_camera, a_class_file, a_session, a_training_class
from verifier.access import Caller
from verifier.camera_jobs import WatchWorker, queue_look
from verifier.job_kinds import KINDS, Work
from verifier.job_running import do_job, queue_due, tell_workers
from verifier.records.cameras import read_samples
from verifier.records.database import Database, open_database
from verifier.records.errors import NotInRecordsError
from verifier.records.filing import save_class_file
from verifier.records.job_queue import Told, count_jobs
from verifier.records.jobs import ON_DEMAND, read_job
from verifier.records.tables.camera import CameraRow
from verifier.settings import Settings

CALLER = Caller("user:inspector", "检查员", "inspector", frozenset({"read", "evidence"}))
NUMBER = "YY-2023-0071"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path, people_pack=None, camera_seconds=1.0)


@pytest.fixture
def database(settings: Settings) -> Database:
    made = open_database(settings.database, settings.data_key_bytes())
    # Nothing listens on the discard port, so the second camera is refused at once; the first must not be asked.
    cameras = (a_camera("cam-1", "rtsp://192.0.2.1/never"), a_camera("cam-2", "rtsp://127.0.0.1:9/secret-path"))
    training = a_training_class(NUMBER, cameras=cameras, sessions=(a_session(camera_id="cam-2"),))
    with made.transaction() as tx:
        save_class_file(tx, a_class_file(training))
    return made


def id_of(database: Database, code: str) -> UUID:
    with database.reading() as tx:
        return tx.scalars(select(CameraRow.id).where(CameraRow.code == code)).one()


def test_a_look_at_no_camera_is_no_job(database: Database) -> None:
    with database.transaction() as tx, pytest.raises(NotInRecordsError):
        queue_look(tx, CALLER, UUID(int=1), "key")


def test_a_look_that_waits_is_not_queued_again_and_another_camera_is_another_job(database: Database) -> None:
    with database.transaction() as tx:
        first = queue_look(tx, CALLER, id_of(database, "cam-1"), "a")
        assert queue_look(tx, CALLER, id_of(database, "cam-1"), "b").id == first.id
        assert queue_look(tx, CALLER, id_of(database, "cam-2"), "a").id != first.id


@pytest.mark.slow
def test_the_worker_looks_at_the_one_camera_and_tells_no_address(settings: Settings, database: Database) -> None:
    with database.transaction() as tx:
        job = queue_look(tx, CALLER, id_of(database, "cam-2"), "key")
    assert WatchWorker(settings, database).work_once()
    with database.reading() as tx:
        done = read_job(tx, job.id)
        (sample,) = read_samples(tx, NUMBER)
    assert (done.state, done.error) == ("done", None)
    assert done.result is not None
    assert done.result["camera"] == "cam-2"
    assert done.result["condition"] == sample.condition.value
    assert sample.camera_id == "cam-2"
    assert "secret-path" not in str(done.result)


def test_with_a_broker_the_clock_asks_for_the_cameras_that_are_due_once_a_minute(
    settings: Settings, database: Database
) -> None:
    """One round at a time: the next minute's waits until the last one is done."""
    work = Work(settings)
    told: list[Told] = []
    for minute in (30, 31):
        queue_due(work, datetime(2023, 6, 12, 0, minute, tzinfo=CHINA))
    with database.reading() as tx:
        assert count_jobs(tx)["cameras", "queued"] == 1
    tell_workers(work, told.extend, lambda _: None)
    (job_id,) = (job_id for job_id, kind, *_ in told if kind == "cameras")
    do_job(work, job_id)
    with database.reading() as tx:
        done = read_job(tx, job_id)
    work.close()
    assert (done.state, done.error) == ("done", None)
    assert done.result is not None
    assert done.result["visited"] == 0, "the session was in 2023"


@pytest.mark.slow
def test_with_a_broker_the_workers_with_the_networks_do_what_was_asked(settings: Settings, database: Database) -> None:
    """Before their nightly work, and with the same answer as without a broker."""
    work = Work(settings)
    with database.transaction() as tx:
        job = queue_look(tx, CALLER, id_of(database, "cam-2"), "key")
    told: list[Told] = []
    tell_workers(work, told.extend, lambda _: None)
    assert [each[:3] for each in told] == [(job.id, "watch", ON_DEMAND)]
    assert KINDS["watch"].queue == "vision"
    do_job(work, job.id)
    with database.reading() as tx:
        done = read_job(tx, job.id)
        (sample,) = read_samples(tx, NUMBER)
    work.close()
    assert done.state == "done"
    assert done.result is not None
    assert (done.result["camera"], done.result["condition"]) == ("cam-2", sample.condition.value)
    assert "secret-path" not in str(done.result)
