"""A stream's look survives its JSON, and stays small."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.builders.scenes import a_failed_grab, a_room, film
from verifier.video.frames import GrabFault
from verifier.video.look import MOST_MARKS, keep_frames, look_at_frames
from verifier.video.look_json import read_earlier, stream_look_from_json, stream_look_to_json
from verifier.video.read_view import make_reference

ROOM = a_room(1)


@pytest.mark.parametrize(
    "grab",
    [film(ROOM, people=3), film(ROOM, coded="jpeg"), a_failed_grab(GrabFault.TIMEOUT)],
    ids=["stream", "snapshots", "no picture"],
)
def test_a_look_is_read_back_as_it_was(grab: object) -> None:
    look = look_at_frames(grab, None, (make_reference("day", ROOM),))  # type: ignore[arg-type]
    assert stream_look_from_json(json.loads(json.dumps(stream_look_to_json(look)))) == look


def test_another_shape_is_refused() -> None:
    data = stream_look_to_json(look_at_frames(film(ROOM), None))
    with pytest.raises(ValueError, match="shape"):
        stream_look_from_json({**data, "shape": 99})


def test_an_earlier_look_keeps_what_loops_are_found_by() -> None:
    look = look_at_frames(film(ROOM, people=3), None)
    earlier = read_earlier(look.started_at, stream_look_to_json(look))
    assert (earlier.marks, earlier.small) == (look.marks, look.small)


def test_a_look_at_very_many_frames_stays_small() -> None:
    one = film(ROOM, seconds=1.0)
    long = replace(one, frames=tuple(one.frames) * 400)
    data = json.dumps(stream_look_to_json(look_at_frames(long, None)))
    assert len(json.loads(data)["marks"]) == MOST_MARKS
    assert len(data) < 80_000


def test_a_snapshot_is_kept_as_it_was_sent() -> None:
    grab = film(ROOM, coded="jpeg")
    (kept,) = keep_frames(grab)
    assert kept.jpeg == grab.frames[len(grab.frames) // 2].jpeg
    assert [each.why for each in keep_frames(grab, ends=True)] == ["decisive", "first", "last"]


def test_equal_frames_are_kept_once() -> None:
    assert len(keep_frames(film(ROOM, fault="frozen"), ends=True)) == 1
    assert keep_frames(a_failed_grab(GrabFault.DROPPED)) == ()
