"""The camera's own clock, and who is there: values in, one finding out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import cv2
import numpy as np
import pytest

from tests.builders.looks import a_look, a_people_count
from tests.builders.plan import CHINA, a_session, a_time
from tests.builders.scenes import MORNING, a_room, film
from tests.builders.shared import shared_data
from verifier.camera_health import Condition
from verifier.finding import Outcome
from verifier.photo.read_stamp import read_stamps
from verifier.video import clock, people
from verifier.video.context import Seen, StreamContext
from verifier.video.look import look_at_frames
from verifier.video.read_overlay import describe_clock, find_clock
from verifier.video.stream_look import OverlayClock, StreamLook
from verifier.vision.text import open_text_net

CONTEXT = StreamContext("cam-203", a_session(), expected=12, zone=CHINA)


def a_clock(ahead_s: float = 0.0, at_s: float = 0.0, **changes: object) -> OverlayClock:
    received = MORNING + timedelta(seconds=at_s)
    shown = received.astimezone(CHINA).replace(tzinfo=None) + timedelta(seconds=ahead_s)
    values: dict[str, object] = {"has_seconds": True, "confidence": 0.99}
    return OverlayClock(received, shown, **(values | changes))  # type: ignore[arg-type]


def a_stream_look(*clocks: OverlayClock, kind: str = "rtsp") -> StreamLook:
    return StreamLook(kind, MORNING, MORNING + timedelta(seconds=6), clocks=clocks)


def outcome_of(*clocks: OverlayClock, kind: str = "rtsp") -> Outcome:
    return clock.check(Seen(a_stream_look(*clocks, kind=kind)), CONTEXT).outcome


@pytest.mark.parametrize("sign", [1, -1], ids=["ahead", "behind"])
@pytest.mark.parametrize(
    ("apart_s", "outcome"),
    [
        pytest.param(120, Outcome.PASSED, id="two minutes"),
        pytest.param(121, Outcome.UNSURE, id="a second more"),
        pytest.param(600, Outcome.UNSURE, id="ten minutes"),
        pytest.param(601, Outcome.FAILED, id="a second more than ten minutes"),
        pytest.param(3600, Outcome.FAILED, id="an hour"),
    ],
)
def test_the_cameras_clock_agrees_with_ours(sign: int, apart_s: int, outcome: Outcome) -> None:
    assert outcome_of(a_clock(sign * apart_s)) is outcome


@pytest.mark.parametrize(
    ("confidence", "outcome"),
    [pytest.param(0.90, Outcome.FAILED, id="sure"), pytest.param(0.89, Outcome.UNSURE, id="not quite sure")],
)
def test_a_clock_that_was_not_read_surely_accuses_nobody(confidence: float, outcome: Outcome) -> None:
    assert outcome_of(a_clock(3600, confidence=confidence)) is outcome


def test_a_date_of_two_meanings_is_right_if_one_of_them_is() -> None:
    swapped = a_clock(confidence=0.5)
    shown = swapped.shown_at_local.replace(month=12, day=6)  # 06-12-2023 read as the sixth of December
    assert outcome_of(replace(swapped, shown_at_local=shown)) is Outcome.PASSED


def test_a_clock_without_seconds_shows_the_start_of_its_minute() -> None:
    late = a_clock(-59, at_s=59, has_seconds=False)
    assert clock.check(Seen(a_stream_look(late)), CONTEXT).measured["difference_s"] == 0


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [pytest.param(4.0, Outcome.FAILED, id="four seconds"), pytest.param(3.9, Outcome.PASSED, id="a moment less")],
)
def test_a_clock_that_stands_is_a_stored_picture(seconds: float, outcome: Outcome) -> None:
    first, last = a_clock(), a_clock(-seconds, at_s=seconds)
    assert outcome_of(first, last) is outcome
    if outcome is Outcome.FAILED:
        assert clock.check(Seen(a_stream_look(first, last)), CONTEXT).measured["condition"] == Condition.FROZEN


def test_no_clock_is_no_fault() -> None:
    assert outcome_of() is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        pytest.param("08:30", Outcome.PASSED, id="at its start"),
        pytest.param("11:50", Outcome.PASSED, id="at its end"),
        pytest.param("11:55", Outcome.UNSURE, id="five minutes after"),
        pytest.param("13:00", Outcome.FAILED, id="an hour after"),
    ],
)
def test_a_recordings_clock_lies_in_its_session(shown: str, outcome: Outcome) -> None:
    made = replace(a_clock(), shown_at_local=a_time(shown).replace(tzinfo=None))
    assert outcome_of(made, kind="recording") is outcome


@pytest.mark.parametrize(
    ("count", "method", "outcome", "condition"),
    [
        pytest.param(12, "yolox-nano", Outcome.PASSED, Condition.OK, id="all there"),
        pytest.param(5, "yolox-nano", Outcome.UNSURE, Condition.OK, id="fewer"),
        pytest.param(0, "yolox-nano", Outcome.UNSURE, Condition.NO_CLASS, id="nobody"),
        pytest.param(0, "faces", Outcome.UNSURE, Condition.OK, id="no face, and backs are not seen"),
    ],
)
def test_an_empty_room_is_told_from_one_that_nobody_can_count(
    count: int, method: str, outcome: Outcome, condition: Condition
) -> None:
    look = replace(look_at_frames(film(a_room(1)), None), photo=a_look(people=a_people_count(count, method)))
    found = people.check(Seen(look), CONTEXT)
    assert (found.outcome, found.measured["condition"]) == (outcome, condition)
    assert people.check(Seen(look), replace(CONTEXT, session=None)).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.shared
def test_a_real_cameras_clock_is_read() -> None:
    file = shared_data() / "cctv_osd" / "scut_hik_20170223_130443_room401.png"
    picture = np.asarray(cv2.imread(str(file)), np.uint8)
    stamp = find_clock(read_stamps(picture, open_text_net()))
    assert stamp is not None
    found = describe_clock(stamp, MORNING, None)
    assert found is not None
    assert (found.shown_at_local, found.weekday) == (datetime(2017, 2, 23, 13, 4, 43), 3)
