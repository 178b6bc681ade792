"""What cameras, agencies and inspectors left about sessions comes back as the regulation's facts, our own gaps apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.builders.plan import a_camera, a_class_file, a_digest, a_session, a_training_class, an_agency
from verifier.camera_health import Condition
from verifier.finding import Outcome
from verifier.plan import ClassFile, Period, RemoteKind, RemoteRecord, SessionKind, SessionMode
from verifier.records.cameras import SampleRecord, save_sample
from verifier.records.class_facts import read_class_facts
from verifier.records.database import Database
from verifier.records.filing import read_class_file, save_class_file
from verifier.records.tables.base import make_id
from verifier.records.tables.supervision import OnSiteInspectionRow
from verifier.regulation.facts import CameraState, RecordedSession, ReportState

MORNING, AFTERNOON = a_session(camera_id="cam-203"), a_session(period=Period.AFTERNOON, camera_id="cam-203")
NUMBER = "YY-2023-0071"


def a_watched_class(number: str = NUMBER, **changes) -> ClassFile:
    training = a_training_class(number=number, sessions=(MORNING, AFTERNOON), cameras=(a_camera(),), **changes)
    return a_class_file(training=training, submissions=())


def save(database: Database, class_file: ClassFile) -> None:
    with database.transaction() as tx:
        save_class_file(tx, class_file)


def read(database: Database) -> dict[str, RecordedSession]:
    with database.reading() as tx:
        return dict(read_class_facts(tx, NUMBER, MORNING.day).recorded_sessions)


def sample(database: Database, at: datetime, condition: Condition, number: str = NUMBER) -> None:
    state = {Condition.OK: "no_picture"}.get(
        condition, "unreachable"
    )  # without bytes: the frame is another test's business
    with database.transaction() as tx:
        assert save_sample(tx, number, SampleRecord("cam-203", at, state, condition, MORNING.id))


def watch(database: Database, condition: Condition, number: str = NUMBER) -> None:
    """A look every twenty minutes of the morning."""
    for minutes in range(0, 200, 20):
        sample(database, MORNING.starts_at + timedelta(minutes=minutes), condition, number)


def test_a_class_of_which_nothing_was_recorded_has_nothing(database: Database) -> None:
    save(database, a_watched_class())
    assert read(database) == {}


def test_shared_terminals_and_remote_records_come_back_as_filed(database: Database) -> None:
    record = RemoteRecord(MORNING.id, RemoteKind.RECORDING, "", "records/a.mp4", a_digest("a.mp4"))
    training = replace(a_watched_class().training, shared_devices=("gate",))
    save(database, replace(a_watched_class(), training=training, remote_records=(record, record)))
    with database.reading() as tx:
        found = read_class_file(tx, NUMBER)
    assert found.training.shared_devices == ("gate",)
    assert found.remote_records == (record,)


@pytest.mark.parametrize(
    ("record", "state"),
    [
        pytest.param(
            {"sha256": a_digest("a.mp4"), "file": "records/a.mp4"},
            ReportState.NOT_RUN,
            id="a file that nobody looked at",
        ),
        pytest.param({"link": "https://live.example/1"}, ReportState.UNSURE, id="nobody looked whether the link plays"),
    ],
)
def test_a_recording_of_a_session_outside(database: Database, record: dict[str, str], state: ReportState) -> None:
    outside = [replace(each, mode=SessionMode.MOBILE, camera_id=None) for each in (MORNING, AFTERNOON)]
    file = replace(a_watched_class(), training=a_training_class(sessions=tuple(outside)))
    save(database, replace(file, remote_records=(RemoteRecord(MORNING.id, RemoteKind.RECORDING, **record),)))
    found = read(database)
    assert found[MORNING.id].recording is not None
    assert found[MORNING.id].recording.state is state
    # A class that hands in recordings has left this session out.
    assert found[AFTERNOON.id].recording is not None
    assert found[AFTERNOON.id].recording.state is ReportState.MISSING


def test_screenshots_of_an_online_session(database: Database) -> None:
    online = replace(MORNING, kind=SessionKind.ONLINE, camera_id=None)
    file = replace(a_watched_class(), training=a_training_class(sessions=(online,)))
    shots = tuple(
        RemoteRecord(online.id, RemoteKind.SCREENSHOT, "湘培云", f"records/{name}", a_digest(name)) for name in "ab"
    )
    save(database, replace(file, remote_records=shots))
    (found,) = read(database).values()
    assert found.online is not None
    assert (found.online.platform, len(found.online.screenshots)) == ("湘培云", 2)


def test_a_camera_that_was_silent_all_morning_is_theirs_and_the_afternoon_was_not_looked_at(database: Database) -> None:
    save(database, a_watched_class())
    watch(database, Condition.OFFLINE)
    found = read(database)
    assert {span.state for span in found[MORNING.id].camera or ()} == {CameraState.NOT_SHOWING, CameraState.NOT_RUN}
    assert (found[MORNING.id].camera or ())[0].state is CameraState.NOT_SHOWING
    assert [span.state for span in found[AFTERNOON.id].camera or ()] == [CameraState.NOT_RUN]


@pytest.mark.parametrize(
    ("others", "state"),
    [
        pytest.param([Condition.OFFLINE], CameraState.NOT_SHOWING, id="one other camera silent: a coincidence"),
        pytest.param([Condition.OFFLINE] * 2, CameraState.NOT_RUN, id="everybody's cameras silent: our network"),
        pytest.param([Condition.OFFLINE] * 3 + [Condition.OK], CameraState.NOT_SHOWING, id="one of them answered"),
    ],
)
def test_an_outage_of_our_own_accuses_nobody(database: Database, others: list[Condition], state: CameraState) -> None:
    save(database, a_watched_class())
    watch(database, Condition.OFFLINE)
    for place, condition in enumerate(others):
        number = f"YY-2023-01{place:02}"
        save(database, a_watched_class(number, agency=an_agency(f"机构{place}", f"52430900MJJ00000{place:02}Y")))
        watch(database, condition, number)
    assert (read(database)[MORNING.id].camera or ())[0].state is state


@pytest.mark.parametrize(
    ("form", "outcome"),
    [
        pytest.param({"teachers": ""}, Outcome.PASSED, id="in order"),
        pytest.param({"teachers": "授课的不是王老师"}, Outcome.FAILED, id="what was wrong"),
        pytest.param({"teachers": None}, None, id="nobody looked"),
    ],
)
def test_what_an_inspector_found_about_the_teacher(database: Database, form, outcome) -> None:
    save(database, a_watched_class())
    with database.transaction() as tx:
        tx.add(
            OnSiteInspectionRow(
                id=make_id("inspection", "1"), class_id=make_id("class", NUMBER), state="done",
                session_id=make_id("session", NUMBER, MORNING.id), inspected_at=MORNING.starts_at, form=form, opinion="",
            )
        )  # fmt: skip
    teacher = read(database).get(MORNING.id, RecordedSession()).teacher
    assert (teacher.outcome if teacher else None) is outcome
    assert outcome is not Outcome.FAILED or "授课的不是王老师" in str(teacher and teacher.detail)
