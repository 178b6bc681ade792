"""A round over cameras, with the real networks and a real store: judged, kept with frames, and blamed for nothing of ours."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.builders.night import settings_for
from tests.builders.plan import a_camera, a_class_file, a_session, a_training_class, an_agency
from tests.builders.scenes import MORNING, a_failed_grab, a_room, film
from verifier.camera_evidence import as_photo_evidence
from verifier.camera_health import Condition
from verifier.camera_rounds import CameraJudged, RoundTools, Visited, find_session, run_round
from verifier.evidence import LocalStore
from verifier.finding import Outcome
from verifier.judging import enrol
from verifier.nightly import open_tools, read_class_to_judge
from verifier.records.cameras import read_samples
from verifier.records.database import open_database
from verifier.records.filing import save_class_file
from verifier.video.frames import GrabFault
from verifier.vision.nets import Nets, open_nets

CAMERA = "cam-203"
OURS, OTHERS = "YY-2023-0071", "YY-2023-0099"
ROOM = np.asarray(cv2.resize(a_room(1), (1280, 720), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.fixture(scope="module")
def nets() -> Nets:
    settings = settings_for(Path("unused"))
    return open_nets(settings.cache_dir, settings.models_dir, people_pack=None)


@pytest.fixture
def with_(tmp_path: Path, nets: Nets) -> RoundTools:
    settings = settings_for(tmp_path, people_pack=None)
    database = open_database(settings.database, bytes(range(32)))
    for number, agency in ((OURS, an_agency()), (OTHERS, an_agency("另一所学校", "52430900MJJ000002X"))):
        training = a_training_class(
            number, agency=agency, cameras=(a_camera(CAMERA, f"rtsp://{number}.example/1"),),
            sessions=(a_session(camera_id=CAMERA),),
        )  # fmt: skip
        with database.transaction() as tx:
            save_class_file(tx, a_class_file(training))
    return RoundTools(database, LocalStore(tmp_path / "evidence"), nets, open_tools(settings))


def judge(with_: RoundTools, *visits: Visited) -> Sequence[CameraJudged]:
    return list(run_round(visits, with_))


def test_what_a_camera_showed_is_kept_with_both_clocks(with_: RoundTools) -> None:
    grab = film(ROOM, people=5, clock=timedelta(hours=1), coded="jpeg")
    (done,) = judge(with_, Visited(OURS, CAMERA, grab, {"why": "planned"}))
    assert done.condition is Condition.WRONG_CLOCK
    with with_.database.reading() as tx:
        (kept,) = read_samples(tx, OURS)
    assert kept.session_id == a_session().id
    assert kept.taken_at == MORNING
    assert kept.shown_at is not None
    assert kept.shown_at.startswith("2023-06-12T10:40:0")
    assert kept.moment == {"why": "planned"}
    assert [each["why"] for each in kept.frames] == ["decisive", "first", "last"]
    for frame in kept.frames:
        body = with_.store.read(str(frame["sha256"]))
        assert body in [each.jpeg for each in grab.frames]
        assert cv2.imdecode(np.frombuffer(io.BytesIO(body).getvalue(), np.uint8), cv2.IMREAD_COLOR) is not None
    findings = {each.check: each.outcome for each in kept.findings}
    assert findings["stream.clock"] is Outcome.FAILED
    assert findings["stream.live"] is Outcome.PASSED


def test_a_loop_is_known_from_the_records(with_: RoundTools) -> None:
    grab = film(ROOM, people=5)
    judge(with_, Visited(OURS, CAMERA, grab))
    again = film(ROOM, people=5, start=MORNING + timedelta(hours=1))
    (done,) = judge(with_, Visited(OURS, CAMERA, again))
    assert done.condition is Condition.LOOPED


def test_silence_everywhere_is_our_own(with_: RoundTools) -> None:
    silent = a_failed_grab(GrabFault.TIMEOUT)
    done = judge(with_, Visited(OURS, CAMERA, silent), Visited(OTHERS, CAMERA, silent))
    assert {each.condition for each in done} == {Condition.NOT_RUN}


def test_silence_of_one_is_its_own_also_when_it_was_asked_first(with_: RoundTools) -> None:
    silent, well = a_failed_grab(GrabFault.TIMEOUT), film(ROOM, people=5, coded="jpeg")
    done = judge(with_, Visited(OURS, CAMERA, silent), Visited(OTHERS, CAMERA, well))
    assert {each.class_number: each.condition for each in done} == {OURS: Condition.OFFLINE, OTHERS: Condition.OK}


def test_the_same_round_twice_is_once(with_: RoundTools) -> None:
    visit = Visited(OURS, CAMERA, a_failed_grab(GrabFault.REFUSED))
    for _ in range(2):
        judge(with_, visit)
    with with_.database.reading() as tx:
        assert len(read_samples(tx, OURS)) == 1


def test_attendance_takes_the_frames_of_a_live_camera_only(with_: RoundTools) -> None:
    live = film(ROOM, people=5, coded="jpeg")
    black = film(np.zeros_like(ROOM), start=MORNING + timedelta(minutes=20), noise=0.5)
    judge(with_, Visited(OURS, CAMERA, live))
    judge(with_, Visited(OURS, CAMERA, black))
    with with_.database.reading() as tx:
        given = read_class_to_judge(tx, OURS, with_.tools)
    (frame,) = given.frames[a_session().id]
    look, roster = given.looks[frame.sha256], enrol(given).roster
    found = as_photo_evidence(frame, look, a_session(), roster, with_.tools.calibration)
    assert found.submission.received_at == MORNING
    assert found.time_proven
    assert found.usable
    assert str(found.shown_as) == "摄像头cam-203于2023-06-12 09:40:00的画面"


@pytest.mark.parametrize(
    ("minutes", "found"),
    [(0, True), (199, True), (200, False), (-1, False)],
    ids=["start", "last minute", "end", "before"],
)
def test_a_camera_shows_the_session_that_is_going_on(minutes: int, found: bool) -> None:
    session = a_session(camera_id=CAMERA)
    training = a_training_class(cameras=(a_camera(CAMERA),), sessions=(session,))
    moment = session.starts_at + timedelta(minutes=minutes)
    assert (find_session(training, CAMERA, moment) is not None) is found
    assert find_session(training, "cam-9", moment) is None
