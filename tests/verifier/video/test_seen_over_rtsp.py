"""From a camera that speaks RTSP to the name of its condition: each script through encoder, network and reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.builders.cameras import a_visit, as_jpeg
from tests.builders.night import settings_for
from tests.builders.plan import CHINA
from tests.builders.scenes import Picture, a_room, a_slate, add_noise, add_people, draw_clock
from tests.services.camera import Cameras, run_cameras
from tests.services.h264 import encode_clip
from tests.services.snapshots import run_snapshots
from verifier.camera_health import Condition
from verifier.video.context import EarlierLook, StreamContext
from verifier.video.frames import Grab
from verifier.video.judge import judge_stream, name_condition
from verifier.video.look import look_at_frames
from verifier.video.read_view import ReferenceView, make_reference
from verifier.video.source import Visit, open_source
from verifier.vision.nets import Nets, open_nets

ROOM = a_room(1)
ON_AIR = add_noise(add_people(ROOM, 6, 0.0), np.random.default_rng(3))


@pytest.fixture(scope="module")
def cameras() -> Iterator[Cameras]:
    with run_cameras() as running:
        yield running


def film_live(number: int, _now: datetime) -> Picture:
    return add_noise(add_people(ROOM, 6, number / 5), np.random.default_rng(number))


def hold_hand_over(number: int, _now: datetime) -> Picture:
    """A hand or tape on the lens: dim, red, without detail, with the sensor's noise."""
    return add_noise(np.full_like(ROOM, (18, 20, 38)), np.random.default_rng(number), 3.0)


SCRIPTS: dict[str, tuple[Callable[[int, datetime], Picture], set[Condition]]] = {
    "a class going on": (film_live, {Condition.OK, Condition.NO_CLASS}),
    # Encoded anew, a still picture changes a little with every key frame: within six seconds that may stay a doubt, never a pass.
    "frozen before its encoder": (lambda _number, _now: ON_AIR, {Condition.FROZEN, Condition.DOUBTFUL}),
    "black": (lambda _number, _now: np.zeros_like(ROOM), {Condition.BLACK}),
    "covered": (hold_hand_over, {Condition.COVERED, Condition.BLACK}),
    "defocused": (
        lambda number, now: cv2.GaussianBlur(film_live(number, now), (0, 0), 14),
        {Condition.DEFOCUSED, Condition.COVERED},
    ),
    "a gateway's slate": (lambda _number, _now: a_slate(), {Condition.TEST_CARD}),
}


def watch(
    visit: Visit, *before: EarlierLook, references: Sequence[ReferenceView] = (), nets: Nets | None = None
) -> tuple[Grab, Condition]:
    grab = open_source(visit).grab(visit.seconds, visit.frames_wanted, visit.kills_after_s)
    look = look_at_frames(grab, nets, references)
    return grab, name_condition(judge_stream(look, StreamContext("cam-203", zone=CHINA, earlier=before)))


def remember(grab: Grab) -> EarlierLook:
    look = look_at_frames(grab, None)
    return EarlierLook(look.started_at, look.marks, look.small)


@pytest.mark.parametrize("name", SCRIPTS)
def test_names_what_the_camera_shows(cameras: Cameras, name: str) -> None:
    """Six seconds of H.264 are enough for these; without networks nobody counts people."""
    scene, wanted = SCRIPTS[name]
    grab, condition = watch(
        a_visit(cameras.add(name.replace(" ", "-"), scene=scene, fps=5), seconds=6.0, frames_wanted=30)
    )
    assert grab.fault is None, grab.said
    assert condition in wanted, condition


def test_names_a_gateway_that_repeats_its_last_picture(cameras: Cameras) -> None:
    """The same key frame again and again, with times that advance."""
    url = cameras.add("repeated", encode_clip([ON_AIR], 5), fps=5)
    grab, condition = watch(a_visit(url, seconds=6.0, frames_wanted=12))
    assert grab.fault is None
    assert condition is Condition.FROZEN
    times = [frame.stream_seconds for frame in grab.frames if frame.stream_seconds is not None]
    assert times == sorted(set(times))


def test_names_a_stale_snapshot() -> None:
    """A gateway that answers with its last picture, old by its own headers."""
    with run_snapshots() as http:
        url = http.add("/last.jpg", as_jpeg(ON_AIR), headers={"Last-Modified": "Mon, 12 Jun 2023 01:00:00 GMT"})
        grab, condition = watch(a_visit(url, seconds=4.0, frames_wanted=8))
    assert grab.fault is None
    assert condition in (Condition.STALE_SNAPSHOT, Condition.FROZEN)


def test_names_the_same_minutes_again(cameras: Cameras) -> None:
    """A recorded class, played over and over: real motion and real noise, but seen before."""
    url = cameras.add("looped", encode_clip([film_live(number, datetime.now()) for number in range(20)], 5), fps=5)
    visit = a_visit(url, seconds=5.0, frames_wanted=25)
    first, condition = watch(visit)
    assert condition in (Condition.OK, Condition.DOUBTFUL)
    _, condition = watch(visit, remember(first))
    assert condition is Condition.LOOPED


def test_a_live_class_looked_at_twice_is_no_loop(cameras: Cameras) -> None:
    def film_now(_number: int, now: datetime) -> Picture:
        return film_live(round(now.timestamp() * 5) % 100_000, now)

    visit = a_visit(cameras.add("live-twice", scene=film_now, fps=5), seconds=4.0, frames_wanted=20)
    first, _ = watch(visit)
    _, condition = watch(visit, remember(first))
    assert condition in (Condition.OK, Condition.NO_CLASS, Condition.DOUBTFUL)


@pytest.mark.parametrize(
    ("share", "wanted"), [(0.3, Condition.MOVED), (0.0, Condition.OK)], ids=["turned", "as confirmed"]
)
def test_names_a_camera_that_was_turned(cameras: Cameras, share: float, wanted: Condition) -> None:
    """Against a view that somebody confirmed: what stood right is left, and a wall comes in."""

    def turned(number: int, now: datetime) -> Picture:
        picture = film_live(number, now)
        far = int(picture.shape[1] * share)
        wall = np.full((picture.shape[0], far, 3), 170, np.uint8)
        return np.ascontiguousarray(np.concatenate([picture[:, far:], wall], axis=1))

    url = cameras.add(f"turned-{share}", scene=turned, fps=5)
    _, condition = watch(a_visit(url, seconds=4.0, frames_wanted=20), references=(make_reference("day", ROOM),))
    assert condition is wanted


@pytest.mark.parametrize(
    ("ahead", "wrong"), [(timedelta(hours=1), True), (timedelta(0), False)], ids=["an hour ahead", "right"]
)
def test_names_a_clock_that_is_off_by_an_hour(cameras: Cameras, ahead: timedelta, wrong: bool) -> None:
    """The camera's own clock, drawn into the picture, coded, sent, and read from it again."""
    room = np.asarray(cv2.resize(ROOM, (1280, 720), interpolation=cv2.INTER_CUBIC), np.uint8)

    def scene(number: int, now: datetime) -> Picture:
        shown = draw_clock(room, now.astimezone(CHINA) + ahead)
        return add_noise(shown, np.random.default_rng(number % 10))

    settings = settings_for(Path("unused"))
    nets = open_nets(settings.cache_dir, settings.models_dir, people_pack=None)
    url = cameras.add(f"clock-{ahead}".replace(" ", ""), scene=scene, fps=3)
    grab, condition = watch(a_visit(url, seconds=4.0, frames_wanted=10), nets=nets)
    assert grab.fault is None, grab.said
    assert (condition is Condition.WRONG_CLOCK) is wrong, condition
