"""The same room over days: recognised from another standpoint with other people in it, never confirmed by doubtful photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.looks import a_context, a_face, a_look, a_people_count
from tests.builders.plan import DAY, a_digest, a_session, a_submission, a_venue
from verifier.finding import Finding, Outcome
from verifier.language import say
from verifier.observation import Box, Look
from verifier.photo import room
from verifier.photo.context import RoomSeen
from verifier.photo.read_fingerprint import read_fingerprint
from verifier.photo.read_room import read_room
from verifier.photo.room_history import RoomHistory, RoomMemory
from verifier.photo.room_match import ROOM_MATCH_2023, count_common_features
from verifier.plan import Session, SessionKind, SessionMode, Submission, View

PASSED, UNSURE, NONE = Outcome.PASSED, Outcome.UNSURE, Outcome.NOT_APPLICABLE
WIDTH, HEIGHT = 960, 720
Pixels = NDArray[np.uint8]


def draw_room(seed: int) -> Pixels:
    """A wall with forty posters, their places and what is printed on them drawn at random."""
    random = np.random.default_rng(seed)
    wall = np.full((HEIGHT, WIDTH, 3), random.integers(150, 230, 3), np.uint8)
    for _ in range(40):
        x, y = int(random.integers(0, WIDTH - 120)), int(random.integers(0, HEIGHT - 120))
        across, down = (int(side) for side in random.integers(40, 180, 2))
        print_ = random.integers(0, 255, (down // 12 + 2, across // 12 + 2, 3), dtype=np.uint8)
        poster = cv2.resize(print_, (across, down), interpolation=cv2.INTER_CUBIC)[: HEIGHT - y, : WIDTH - x]
        wall[y : y + down, x : x + across] = poster
    return wall


def take_photo(wall: Pixels, seed: int, aside: float = 0.08, people: int = 5) -> Look:
    """The room from a place a little aside, in other light, with people who sit where they like."""
    random = np.random.default_rng(seed)
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    moved = corners + random.uniform(-aside, aside, (4, 2)).astype(np.float32) * np.array([WIDTH, HEIGHT], np.float32)
    seen = cv2.warpPerspective(wall, cv2.getPerspectiveTransform(corners, moved), (WIDTH, HEIGHT))
    lit = np.clip(seen * random.uniform(0.8, 1.2) + random.normal(0, 3, seen.shape), 0, 255).astype(np.uint8)
    faces = []
    for _ in range(people):
        x, y = float(random.integers(60, WIDTH - 120)), float(random.integers(HEIGHT // 2, HEIGHT - 120))
        faces.append(a_face(x, y, 40))
        lit[int(y) : int(y) + 140, int(x) - 30 : int(x) + 70] = random.integers(0, 255, (1, 1, 3))
    return a_look(
        sha256=a_digest(f"{seed}-{wall[0, 0]}"),
        fingerprint=read_fingerprint(lit),
        faces=tuple(faces),
        people=a_people_count(people),
        stamps=(),
    )


ROOM, OTHER = draw_room(1), draw_room(2)


def passed(**changes: Outcome) -> tuple[Finding, ...]:
    """What a sound photo is found to be, by the end of a check's id."""
    outcomes = {"stamp_time": PASSED, "stamp_place": PASSED, "camera_place": NONE, "reuse": PASSED} | changes
    return tuple(Finding(f"photo.{name}", outcome, say("无"), "p") for name, outcome in outcomes.items())


def on_day(number: int, **changes: Any) -> Session:
    return a_session(day=DAY + timedelta(days=number), **changes)


def a_history(walls: Sequence[Pixels], findings: Sequence[Finding] | None = None) -> RoomHistory:
    """One photo of each wall on a day of its own, confirmed."""
    history = RoomHistory(RoomMemory())
    for day, wall in enumerate(walls):
        photo = (a_submission(f"photos/{day}.jpg", view=View.FRONT), take_photo(wall, day), findings or passed())
        history.confirm(on_day(day), [photo])
    return history


def judge(history: RoomHistory, look: Look, session: Session | None = None) -> Finding:
    submission = a_submission("photos/new.jpg", view=View.FRONT)
    at = session or on_day(9)
    return room.check(look, a_context(session=at, room=history.compare(submission, look, at)))


@pytest.mark.parametrize("seed", range(100, 106))
def test_a_room_is_recognised_from_another_place_with_other_people(seed: int) -> None:
    found = judge(a_history([ROOM, ROOM]), take_photo(ROOM, seed))
    assert found.outcome is PASSED, found.measured
    assert found.measured["other_file"] in {"photos/0.jpg", "photos/1.jpg"}


def see_from_aside(wall: Pixels) -> Pixels:
    """The wall from near one of its ends: a third as wide, its far end half as high."""
    seen = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    here = np.array([[0, HEIGHT / 4], [WIDTH * 0.3, 0], [WIDTH * 0.3, HEIGHT], [0, HEIGHT * 3 / 4]], np.float32)
    plane = cv2.getPerspectiveTransform(seen, here)
    return np.asarray(cv2.warpPerspective(wall, plane, (WIDTH, HEIGHT), borderValue=(90, 90, 90)), np.uint8)


def test_a_room_seen_from_far_aside_is_recognised_by_tilted_features_and_another_one_is_not() -> None:
    known, aside = take_photo(ROOM, 100, 0.02), take_photo(see_from_aside(ROOM), 101, 0.02)
    plain, seen = [read_room(look) for look in (known, aside)], RoomMemory()
    assert plain[0] is not None
    assert plain[1] is not None
    assert count_common_features(plain[0], plain[1]) < ROOM_MATCH_2023.least_inliers
    assert seen.compare(known, aside) >= ROOM_MATCH_2023.least_tilted
    other = take_photo(see_from_aside(OTHER), 102, 0.02)
    assert seen.count_tilted(known, other) < ROOM_MATCH_2023.least_tilted
    assert seen.compare(known, other) < ROOM_MATCH_2023.least_inliers


@pytest.mark.parametrize(
    ("places", "counted"),
    [
        pytest.param(ROOM_MATCH_2023.least_tilted, ROOM_MATCH_2023.least_tilted, id="enough among tilted features"),
        pytest.param(ROOM_MATCH_2023.least_tilted - 1, 0, id="one too few, though more than plain ones would need"),
    ],
)
def test_tilted_features_need_more_in_common_than_plain_ones(places: int, counted: int) -> None:
    class Tilted(RoomMemory):
        def count_tilted(self, first: Look, second: Look) -> int:  # noqa: ARG002
            return places

    one, other = take_photo(ROOM, 100, people=0), take_photo(OTHER, 101, people=0)
    found = Tilted().compare(one, other)
    assert found == counted if counted else found < ROOM_MATCH_2023.least_inliers


@pytest.mark.parametrize("seed", range(100, 101))
def test_another_room_is_doubted_and_never_failed(seed: int) -> None:
    found = judge(a_history([ROOM, ROOM]), take_photo(OTHER, seed))
    assert found.outcome is UNSURE
    assert "对不上" in str(found.reason)
    assert int(found.measured["common_features"] or 0) < ROOM_MATCH_2023.least_inliers


@pytest.mark.parametrize(("photos", "outcome"), [(0, UNSURE), (1, UNSURE), (2, PASSED)])
def test_two_confirmed_photos_are_enough_and_the_number_is_told(photos: int, outcome: Outcome) -> None:
    found = judge(a_history([ROOM] * photos), take_photo(ROOM, 100))
    assert (found.outcome, found.measured["confirmed"]) == (outcome, photos)
    assert outcome is PASSED or f"只有 {photos} 张" in str(found.reason)


@pytest.mark.parametrize(
    "findings",
    [
        pytest.param(passed(stamp_time=UNSURE), id="not surely in its session"),
        pytest.param(passed(stamp_place=UNSURE), id="not surely at the venue"),
        pytest.param(passed(reuse=UNSURE), id="perhaps a copy"),
        pytest.param(passed(quality=Outcome.FAILED), id="failed at anything"),
        pytest.param(passed(quality=Outcome.NOT_RUN), id="not wholly checked"),
    ],
)
def test_a_doubtful_photo_confirms_no_room(findings: Sequence[Finding]) -> None:
    assert judge(a_history([ROOM, ROOM], findings), take_photo(ROOM, 100)).measured["confirmed"] == 0


@pytest.mark.parametrize(
    "findings",
    [passed(stamp_place=NONE, camera_place=PASSED), passed(view=UNSURE, room=UNSURE), passed(pair=Outcome.FAILED)],
    ids=["the camera's place", "doubts of another kind", "a report that lacks its other half"],
)
def test_what_says_nothing_against_the_room_does_not_matter(findings: Sequence[Finding]) -> None:
    assert judge(a_history([ROOM, ROOM], findings), take_photo(ROOM, 100)).outcome is PASSED


def test_another_venue_and_the_other_end_of_the_room_have_photos_of_their_own() -> None:
    history, look = a_history([ROOM, ROOM]), take_photo(ROOM, 100)
    assert judge(history, look, on_day(9, venue=a_venue("实训楼"))).measured["confirmed"] == 0
    from_behind = replace(look, faces=(), people=a_people_count(9))
    assert judge(history, from_behind).measured["confirmed"] == 0


def test_a_bare_room_cannot_be_compared() -> None:
    bare = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    found = judge(a_history([ROOM, ROOM]), take_photo(bare, 100, people=0))
    assert found.outcome is UNSURE
    assert "细节只有" in str(found.reason)


@pytest.mark.parametrize(("common", "outcome"), [(9, UNSURE), (10, PASSED)])
def test_the_limit_of_common_features(common: int, outcome: Outcome) -> None:
    assert room.check(a_look(), a_context(room=RoomSeen(5, 5, 200, common, "photos/0.jpg"))).outcome is outcome


@pytest.mark.parametrize(
    ("session", "seen"),
    [
        (a_session(mode=SessionMode.MOBILE), RoomSeen(0, 0, 0, 0)),
        (a_session(kind=SessionKind.ONLINE), RoomSeen(0, 0, 0, 0)),
        (a_session(), None),
        (None, None),
    ],
    ids=["in a village", "online", "nobody searched", "no session"],
)
def test_where_no_room_is_to_be_compared(session: Session | None, seen: RoomSeen | None) -> None:
    assert room.check(a_look(), a_context(session=session, room=seen)).outcome is NONE


def test_people_and_stamps_are_no_part_of_a_room() -> None:
    """The same faces and the same stamp before two rooms make them no more alike."""
    look = take_photo(ROOM, 1, people=0)
    features = read_room(look)
    assert features is not None
    everywhere = Box(0, 0, WIDTH, HEIGHT)
    hidden = read_room(replace(look, people=replace(a_people_count(1), boxes=(everywhere,))))
    assert hidden is not None
    assert (len(features.points) > 100, len(hidden.points)) == (True, 0)
    assert count_common_features(features, hidden) == 0


class Counted(RoomMemory):
    def __init__(self, known: dict[tuple[str, str], int] | None = None) -> None:
        super().__init__(known)
        self.reads = 0

    def read(self, look: Look) -> Any:
        self.reads += 1
        return super().read(look)


def test_each_pair_is_compared_once_in_whichever_order() -> None:
    one, other = take_photo(ROOM, 1), take_photo(ROOM, 2)
    first = Counted()
    common = first.compare(one, other)
    assert first.compare(other, one) == common > 10
    again = Counted(first.new)
    assert (again.compare(one, other), again.reads, again.new) == (common, 0, {})


def test_a_photo_that_was_handed_in_for_an_earlier_session_does_not_recognise_itself() -> None:
    history = a_history([ROOM, ROOM])
    look = take_photo(ROOM, 0)
    submission: Submission = a_submission("photos/again.jpg", view=View.FRONT)
    seen = history.compare(submission, look, on_day(9))
    assert seen is not None
    assert seen.confirmed == 1
