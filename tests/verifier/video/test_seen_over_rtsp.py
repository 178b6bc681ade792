"""From a camera that speaks RTSP to the name of its condition: each script through encoder, network and reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import cv2
import numpy as np
import pytest

from tests.builders.cameras import a_visit, as_jpeg
from tests.builders.plan import CHINA
from tests.builders.scenes import Picture, a_room, a_slate, add_noise, add_people
from tests.services.camera import Cameras, run_cameras
from tests.services.h264 import encode_clip
from tests.services.snapshots import run_snapshots
from verifier.camera_health import Condition
from verifier.video.context import StreamContext
from verifier.video.frames import Grab
from verifier.video.judge import judge_stream, name_condition
from verifier.video.look import look_at_frames
from verifier.video.source import Visit, open_source

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


def watch(visit: Visit) -> tuple[Grab, Condition]:
    grab = open_source(visit).grab(visit.seconds, visit.frames_wanted, visit.kills_after_s)
    look = look_at_frames(grab, None)
    return grab, name_condition(judge_stream(look, StreamContext("cam-203", zone=CHINA)))


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
