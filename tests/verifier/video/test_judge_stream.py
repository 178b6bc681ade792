"""What a camera shows, from frames to findings: each fault by its name, and nobody accused of what is usual."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import cv2
import numpy as np
import pytest

from tests.builders.plan import CHINA, a_session
from tests.builders.scenes import (
    MORNING,
    Change,
    Coding,
    Picture,
    a_failed_grab,
    a_room,
    a_slate,
    film,
    make_grab,
)
from verifier.camera_health import Condition
from verifier.finding import Finding, Outcome
from verifier.video.context import EarlierLook, StreamContext
from verifier.video.frames import Grab, GrabFault
from verifier.video.judge import STREAM_CHECKS, judge_stream, name_condition
from verifier.video.look import look_at_frames
from verifier.video.read_view import make_reference

ROOM = a_room(1)
REFERENCE = make_reference("day", ROOM)
CODINGS: tuple[Coding, ...] = ("h264", "jpeg")


def a_stream_context(**changes: object) -> StreamContext:
    values: dict[str, object] = {"camera_id": "cam-203", "session": a_session(), "zone": CHINA}
    return StreamContext(**(values | changes))  # type: ignore[arg-type]


def judge(grab: Grab, *before: Grab, **changes: object) -> dict[str, Finding]:
    earlier = []
    for each in before:
        seen = look_at_frames(each, None)
        earlier.append(EarlierLook(each.started_at, seen.marks, seen.small))
    look = look_at_frames(grab, None, (REFERENCE,))
    return {each.check: each for each in judge_stream(look, a_stream_context(earlier=tuple(earlier), **changes))}


def condition_of(findings: dict[str, Finding]) -> Condition:
    return name_condition(tuple(findings.values()))


def later(grab: Grab, by: timedelta, first: int = 0) -> Grab:
    frames = tuple(replace(frame, received_at=frame.received_at + by) for frame in grab.frames[first:])
    return replace(grab, frames=frames, started_at=grab.started_at + by, ended_at=grab.ended_at + by)


def dim(factor: float) -> Change:
    return lambda picture, _s: np.clip(picture * factor, 0, 255).astype(np.uint8)


def blur(px: float) -> Change:
    return lambda picture, _s: np.asarray(cv2.GaussianBlur(picture, (0, 0), px), np.uint8)


def cloth(picture: Picture, _seconds: float) -> Picture:
    shade = cv2.resize(picture, (4, 3), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(shade, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(soft * 0.15 + 45, 0, 255).astype(np.uint8)


def turned_away(picture: Picture, _seconds: float) -> Picture:
    far = picture.shape[1] // 3
    return np.concatenate([picture[:, far:], np.full((picture.shape[0], far, 3), 170, np.uint8)], axis=1)


def infrared(picture: Picture, _seconds: float) -> Picture:
    return np.repeat((cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) * 0.5).astype(np.uint8)[..., None], 3, axis=2)


def test_there_is_one_finding_for_each_check_in_order() -> None:
    found = judge_stream(look_at_frames(film(ROOM, people=3), None), a_stream_context())
    assert [each.check for each in found] == [check.id for check in STREAM_CHECKS]
    assert [check.id for check in STREAM_CHECKS] == [
        "stream.reachable", "stream.live", "stream.clock", "stream.picture", "stream.moved", "stream.room",
        "stream.people", "stream.roster",
    ]  # fmt: skip


# ------------------------------------------------------------------------------- normal cameras


@pytest.mark.parametrize("coded", CODINGS)
@pytest.mark.parametrize(
    ("people", "change"),
    [
        pytest.param(0, lambda picture, _s: picture, id="an empty room"),
        pytest.param(8, lambda picture, _s: picture, id="a class"),
        pytest.param(8, dim(0.45), id="a dim afternoon"),
        pytest.param(
            8, lambda picture, s: dim(0.4)(picture, s) if s > 3 else picture, id="lamps switched off meanwhile"
        ),
        pytest.param(0, infrared, id="infrared, nobody there"),
        pytest.param(8, infrared, id="infrared"),
    ],
)
def test_nothing_usual_is_failed(coded: Coding, people: int, change: Change) -> None:
    before = film(ROOM, people=people, coded=coded, start=MORNING - timedelta(hours=1))
    found = judge(film(ROOM, people=people, change=change, coded=coded, since=3600), before)
    assert not [each for each in found.values() if each.outcome is Outcome.FAILED]
    still = found["stream.live"].measured.get("still", False)
    assert condition_of(found) is (Condition.DOUBTFUL if still else Condition.OK)


@pytest.mark.parametrize("coded", CODINGS)
def test_people_who_move_prove_that_it_is_live(coded: Coding) -> None:
    assert judge(film(ROOM, people=6, coded=coded))["stream.live"].outcome is Outcome.PASSED


def test_noise_of_snapshots_proves_that_an_empty_room_is_live() -> None:
    assert judge(film(ROOM, coded="jpeg"))["stream.live"].outcome is Outcome.PASSED


def test_a_video_of_a_still_room_without_clock_may_be_a_still_picture() -> None:
    assert judge(film(ROOM, coded="h264"))["stream.live"].outcome is Outcome.UNSURE


# ------------------------------------------------------------------------------- stored pictures


@pytest.mark.parametrize(
    ("coded", "condition"),
    [("raw", Condition.FROZEN), ("jpeg", Condition.STALE_SNAPSHOT)],
)
def test_a_picture_that_never_changes_is_stored(coded: Coding, condition: Condition) -> None:
    found = judge(film(ROOM, people=6, coded=coded, fault="frozen"))
    assert found["stream.live"].outcome is Outcome.FAILED
    assert condition_of(found) is condition


def test_a_stored_picture_that_a_gateway_codes_anew_is_never_taken_for_live() -> None:
    assert judge(film(ROOM, people=6, coded="h264", fault="frozen"))["stream.live"].outcome is not Outcome.PASSED


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [
        pytest.param(4.0, Outcome.FAILED, id="four seconds"),
        pytest.param(3.5, Outcome.UNSURE, id="half a second less is too short to tell"),
    ],
)
def test_a_stream_has_to_stand_for_two_key_frames(seconds: float, outcome: Outcome) -> None:
    found = judge(film(ROOM, people=6, seconds=seconds + 0.5, fault="frozen"))
    assert found["stream.live"].outcome is outcome


def test_a_stream_that_froze_halfway_is_frozen() -> None:
    moving = film(ROOM, people=6, seconds=10.0)
    pictures = [frame.picture_bgr for frame in moving.frames[:8]]
    pictures += [pictures[-1]] * 12
    grab = make_grab(pictures, [frame.received_at for frame in moving.frames])
    found = judge(grab)
    assert condition_of(found) is Condition.FROZEN
    assert found["stream.live"].measured["identical_s"] == 6.0


def test_two_short_visits_with_the_same_picture_are_enough() -> None:
    grab = film(ROOM, people=6, seconds=1.0, fault="frozen")
    found = judge(later(grab, timedelta(minutes=20)), grab)
    assert condition_of(found) is Condition.FROZEN


@pytest.mark.parametrize("coded", CODINGS)
@pytest.mark.parametrize("by", [timedelta(minutes=12), timedelta(days=1)], ids=["today", "another day"])
def test_frames_of_an_earlier_visit_again_are_a_loop(coded: Coding, by: timedelta) -> None:
    recorded = film(ROOM, people=8, seconds=10.0, coded=coded)
    found = judge(later(recorded, by, first=12), recorded)
    assert condition_of(found) is Condition.LOOPED
    assert found["stream.live"].measured["same_frames"] == 8


def test_one_frame_in_common_is_only_a_doubt() -> None:
    recorded = film(ROOM, people=8)
    new = film(ROOM, people=8, since=900, start=MORNING + timedelta(hours=1))
    mixed = replace(new, frames=(replace(new.frames[0], picture_bgr=recorded.frames[0].picture_bgr), *new.frames[1:]))
    found = judge(mixed, recorded)
    assert found["stream.live"].outcome is Outcome.UNSURE


def test_black_frames_are_equal_without_meaning_anything() -> None:
    black = make_grab([np.zeros_like(ROOM)] * 12, [MORNING + timedelta(seconds=each / 2) for each in range(12)])
    found = judge(later(black, timedelta(hours=1)), black)
    assert found["stream.live"].outcome is Outcome.UNSURE
    assert condition_of(found) is Condition.BLACK


def test_a_recording_coded_anew_is_a_doubt() -> None:
    first = film(ROOM, people=12)
    again = make_grab(
        [frame.picture_bgr for frame in first.frames],
        [frame.received_at + timedelta(days=1) for frame in first.frames],
        "jpeg",
    )
    found = judge(again, first)
    assert found["stream.live"].outcome is Outcome.UNSURE
    assert "same_as" in found["stream.live"].measured


@pytest.mark.parametrize(
    ("age_s", "outcome"),
    [pytest.param(120, Outcome.PASSED, id="two minutes"), pytest.param(121, Outcome.UNSURE, id="a second more")],
)
def test_a_server_that_says_its_snapshot_is_old_is_asked_about(age_s: int, outcome: Outcome) -> None:
    grab = replace(film(ROOM, people=6, coded="jpeg"), http_headers={"age": str(age_s)})
    assert judge(grab)["stream.live"].outcome is outcome


def test_the_date_of_a_snapshot_counts_by_the_servers_own_clock() -> None:
    headers = {"date": "Thu, 01 Jan 1970 01:00:00 GMT", "last-modified": "Thu, 01 Jan 1970 00:00:00 GMT"}
    found = judge(replace(film(ROOM, people=6, coded="jpeg"), http_headers=headers))
    assert found["stream.live"].measured["age_s"] == 3600


def test_absurd_headers_are_ignored() -> None:
    headers = {"date": "yesterday", "last-modified": "Thu, 99 Jan 1970 00:00:00 GMT", "age": "-4"}
    assert (
        judge(replace(film(ROOM, people=6, coded="jpeg"), http_headers=headers))["stream.live"].outcome
        is Outcome.PASSED
    )


@pytest.mark.parametrize("coded", CODINGS)
def test_a_gateways_slate_is_no_classroom(coded: Coding) -> None:
    found = judge(film(a_slate(), noise=0.0, fault="frozen", coded=coded))
    assert condition_of(found) is Condition.TEST_CARD
    assert found["stream.people"].outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("pace", "doubted"),
    [
        pytest.param(0.0, True, id="stand"), pytest.param(-1.0, True, id="run backwards"),
        pytest.param(0.24, True, id="run at less than a quarter"), pytest.param(0.26, False, id="run at more"),
        pytest.param(3.0, False, id="run ahead, as what was held back comes at once"),
    ],
)  # fmt: skip
def test_time_stamps_must_advance(pace: float, doubted: bool) -> None:
    """Pictures that move, of a stream whose own clock does not: never more than a doubt."""
    grab = film(ROOM, people=8, coded="h264")
    frames = tuple(replace(frame, stream_seconds=100 + pace * (frame.stream_seconds or 0)) for frame in grab.frames)
    found = judge(replace(grab, frames=frames))
    assert found["stream.live"].outcome is (Outcome.UNSURE if doubted else Outcome.PASSED)
    assert condition_of(found) is (Condition.DOUBTFUL if doubted else Condition.OK)


# ------------------------------------------------------------------------------- the lens and the view


@pytest.mark.parametrize(
    ("change", "condition"),
    [
        pytest.param(dim(0.03), Condition.BLACK, id="black"),
        pytest.param(cloth, Condition.COVERED, id="a cloth before the lens"),
        pytest.param(
            lambda picture, _s: np.clip(picture * 0.1 + 250.0, 0, 255).astype(np.uint8),
            Condition.OVEREXPOSED,
            id="overexposed",
        ),
        pytest.param(blur(7), Condition.DEFOCUSED, id="out of focus"),
        pytest.param(turned_away, Condition.MOVED, id="turned by a third"),
    ],
)
@pytest.mark.parametrize("coded", CODINGS)
def test_a_lens_that_shows_nothing_is_named(change: Change, condition: Condition, coded: Coding) -> None:
    assert condition_of(judge(film(ROOM, people=5, change=change, coded=coded))) is condition


def test_another_room_is_named_only_against_a_confirmed_view() -> None:
    grab = film(a_room(2), people=5)
    assert condition_of(judge(grab)) is Condition.WRONG_ROOM
    without = judge_stream(look_at_frames(grab, None), a_stream_context())
    assert name_condition(without) is Condition.OK
    assert {each.check: each.outcome for each in without}["stream.room"] is Outcome.NOT_APPLICABLE


def test_any_one_of_the_confirmed_views_is_enough() -> None:
    night = make_reference("night", infrared(ROOM, 0.0))
    look = look_at_frames(film(ROOM, people=5, change=infrared), None, (make_reference("other", a_room(4)), night))
    found = {each.check: each for each in judge_stream(look, a_stream_context())}
    assert found["stream.room"].outcome is Outcome.PASSED
    assert found["stream.moved"].measured["reference"] == "night"


def test_infrared_at_noon_is_asked_about_and_at_night_is_not() -> None:
    noon = judge(film(ROOM, people=5, change=infrared))["stream.picture"]
    assert (noon.outcome, noon.measured["infrared"]) == (Outcome.UNSURE, True)
    night = judge(film(ROOM, people=5, change=infrared, start=MORNING + timedelta(hours=10)))["stream.picture"]
    assert night.outcome is Outcome.PASSED


# ------------------------------------------------------------------------------- no picture at all


@pytest.mark.parametrize("fault", [each for each in GrabFault if not each.is_ours])
def test_a_fault_of_the_camera_is_failed_where_others_answer(fault: GrabFault) -> None:
    found = judge(a_failed_grab(fault), others_answered=True)
    assert found["stream.reachable"].outcome is Outcome.FAILED
    assert condition_of(found) in (Condition.OFFLINE, Condition.NO_PICTURE)
    assert {each.outcome for check, each in found.items() if check != "stream.reachable"} == {Outcome.NOT_APPLICABLE}


@pytest.mark.parametrize("fault", [each for each in GrabFault if each.is_ours])
def test_our_own_fault_is_nobodys(fault: GrabFault) -> None:
    found = judge(a_failed_grab(fault), others_answered=True)
    assert found["stream.reachable"].outcome is Outcome.NOT_RUN
    assert condition_of(found) is Condition.NOT_RUN


@pytest.mark.parametrize("fault", [GrabFault.TIMEOUT, GrabFault.REFUSED, GrabFault.DNS, GrabFault.UNREACHABLE])
def test_where_no_agencys_camera_can_be_reached_it_is_our_network(fault: GrabFault) -> None:
    assert condition_of(judge(a_failed_grab(fault), others_answered=False)) is Condition.NOT_RUN


def test_a_wrong_password_is_an_answer_whatever_others_do() -> None:
    assert condition_of(judge(a_failed_grab(GrabFault.UNAUTHORIZED), others_answered=False)) is Condition.OFFLINE


def test_silence_with_nobody_to_compare_is_a_doubt() -> None:
    found = judge(a_failed_grab(GrabFault.TIMEOUT))
    assert found["stream.reachable"].outcome is Outcome.UNSURE
    assert condition_of(found) is Condition.DOUBTFUL
    assert judge(a_failed_grab(GrabFault.REFUSED))["stream.reachable"].outcome is Outcome.FAILED


def test_a_stream_that_broke_off_has_shown_something() -> None:
    found = judge(replace(film(ROOM, people=6), fault=GrabFault.DROPPED))
    assert found["stream.reachable"].outcome is Outcome.UNSURE
    assert found["stream.live"].outcome is Outcome.PASSED
    assert condition_of(found) is Condition.OK


def test_reasons_are_whole_sentences_in_both_languages() -> None:
    for grab in (
        film(ROOM, people=5),
        film(ROOM, change=cloth),
        a_failed_grab(GrabFault.TIMEOUT),
        film(a_slate(), noise=0),
    ):
        for finding in judge(grab).values():
            assert "{" not in finding.reason.text("zh_CN") + finding.reason.text("en")
            assert finding.reason.text("zh_CN") != finding.reason.text("en")
