"""What is due, what went by, and who waits for nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.builders.plan import a_session, a_training_class
from verifier.plan import Camera, SessionMode
from verifier.video.sampling import Moment, Why
from verifier.video.schedule import LATE_AFTER_S, draw_day, plan_round

NOW = datetime(2023, 6, 12, 2, 0, tzinfo=UTC)


def a_moment(camera: str, seconds_ago: float, number: int = 0) -> Moment:
    return Moment(camera, "s", NOW - timedelta(seconds=seconds_ago), Why.PLANNED, number, "0" * 32, "test")


@pytest.mark.parametrize(
    ("seconds_ago", "is_due", "is_missed"),
    [
        pytest.param(-1, False, False, id="a second to come"),
        pytest.param(0, True, False, id="now"),
        pytest.param(LATE_AFTER_S, True, False, id="as late as allowed"),
        pytest.param(LATE_AFTER_S + 1, False, True, id="a second later: missed"),
    ],
)
def test_both_sides_of_late(seconds_ago: float, is_due: bool, is_missed: bool) -> None:
    """A moment that passed while nobody looked is told as missed, not looked at at another time."""
    found = plan_round([a_moment("cam", seconds_ago)], (), NOW)
    assert (bool(found.due), bool(found.missed)) == (is_due, is_missed)
    assert (found.next_at is not None) is (seconds_ago < 0)


def test_what_is_done_is_not_done_again() -> None:
    """Asked twice, visited once."""
    moment = a_moment("cam", 5)
    assert plan_round([moment], {moment.key}, NOW).due == ()


def test_two_due_moments_of_one_camera_are_one_visit() -> None:
    """The older is covered by it: neither visited again nor missed."""
    first, second = a_moment("cam", 60, 0), a_moment("cam", 5, 1)
    found = plan_round([second, first], (), NOW)
    assert found.due == (second,)
    assert found.covered == (first,)


def test_cameras_that_failed_come_last() -> None:
    """They will most likely keep a reader waiting."""
    moments = [a_moment("dead", 50), a_moment("alive", 5)]
    assert [moment.camera_id for moment in plan_round(moments, (), NOW, {"dead": 3}).due] == ["alive", "dead"]


def test_only_classroom_sessions_with_a_camera_are_sampled() -> None:
    """A mobile session brings recordings (Art. 10); a session without a camera has nothing to be looked at."""
    with_camera = replace(a_session("s1"), camera_id="cam-203")
    mobile = replace(a_session("s2"), camera_id="cam-203", mode=SessionMode.MOBILE)
    without, unknown = a_session("s3"), replace(a_session("s4"), camera_id="gone")
    sessions = (with_camera, mobile, without, unknown)
    training = replace(a_training_class(), sessions=sessions, cameras=(Camera("cam-203", "rtsp://10.0.0.5/"),))
    assert {moment.session_id for moment in draw_day(training, sessions, "0" * 32)} == {"s1"}
