"""Look at the frames of one visit: let every reader see them, and keep what each one saw.

A reader that crashes costs its own part only: the part stays empty and `StreamLook.not_read` says why. The decisive frame goes
through the photo pipeline as the JPEG that is kept, so that anybody can look at the same bytes again and see the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier import __version__
from verifier.guarded_reading import GuardedReading
from verifier.observation import Box, Look
from verifier.photo.look import look_at_photo
from verifier.video.frames import Frame, Grab
from verifier.video.read_liveness import make_small, mark_frame, read_liveness
from verifier.video.read_overlay import describe_clock, find_clock, read_clock_again
from verifier.video.read_picture import read_picture
from verifier.video.read_view import ReferenceView, read_views
from verifier.video.stream_look import OverlayClock, StreamLook
from verifier.vision.nets import Nets

LOOK_VERSION = 2
# 64 hexadecimal digits and two times each: 256 frames are 40 KB of JSON, ten seconds of a usual stream.
MOST_MARKS = 256
MOST_COMPARED = 6
MOST_SMALL = 4
# Hikvision and Dahua send snapshots of quality 75 to 90; ours must not be the worse one.
JPEG_QUALITY = 92
_HEADERS = ("date", "last-modified", "age", "etag", "content-type")


@dataclass(frozen=True, slots=True)
class KeptFrame:
    """A frame for the evidence store: its bytes, its digest, both clocks, and why it is kept (a stable code)."""

    jpeg: bytes
    sha256: str
    received_at: datetime
    stream_seconds: float | None
    why: str  # "decisive", "first", "last" or "spread"


def look_at_frames(grab: Grab, nets: Nets | None, references: Sequence[ReferenceView] = ()) -> StreamLook:
    """Look at one visit.

    Args:
        grab: What the reader brought, whole or not.
        nets: The loaded networks; None looks without them, so nobody counts people or reads the clock.
        references: Confirmed views of the camera's room.
    Returns: The look. Nothing that a camera can send makes this raise.
    """
    reading = GuardedReading()
    frames = grab.frames[:MOST_MARKS]
    versions = {"code": f"{__version__}+stream{LOOK_VERSION}", **(nets.versions if nets is not None else {})}
    headers = {name: str(grab.http_headers[name])[:200] for name in _HEADERS if name in grab.http_headers}
    facts = grab.container
    created_at = facts.created_at if facts is not None else None
    place = (facts.seconds, facts.longitude, facts.latitude) if facts is not None else (None, None, None)
    plain = StreamLook(
        grab.source_kind,
        grab.started_at,
        grab.ended_at,
        grab.fault,
        grab.said[:500],
        headers,
        created_at,
        versions=versions,
        length_s=place[0],
        longitude=place[1],
        latitude=place[2],
    )
    if not frames:
        return plain
    marks = reading.run("marks", lambda: tuple(mark_frame(frame) for frame in frames)) or ()
    spread = choose_spread(len(frames), MOST_COMPARED)
    decisive = frames[_choose_decisive(frames)]
    photo = reading.run("photo", lambda: _look_at_decisive(decisive, nets)) if nets is not None else None
    if nets is None:
        reading.not_read["photo"] = "looked at without networks"
    for part, why in (photo.not_read if photo is not None else {}).items():
        reading.not_read[part] = why
    people = _find_people(photo)
    return StreamLook(
        source_kind=grab.source_kind,
        started_at=grab.started_at,
        ended_at=grab.ended_at,
        fault=grab.fault,
        said=grab.said[:500],
        headers=headers,
        created_at=created_at,
        marks=marks,
        small=reading.run(
            "small", lambda: tuple(make_small(frames[place]) for place in choose_spread(len(frames), MOST_SMALL))
        )
        or (),
        live=reading.run("live", lambda: read_liveness(frames, marks, spread)) if marks else None,
        picture=reading.run(
            "picture", lambda: read_picture(decisive.picture_bgr, [frames[place].picture_bgr for place in spread])
        ),
        clocks=reading.run("clocks", lambda: _read_clocks(photo, decisive, frames, nets)) or ()
        if nets is not None
        else (),
        views=reading.run("views", lambda: read_views(decisive.picture_bgr, references, people)) or (),
        photo=photo,
        versions=versions,
        not_read=reading.not_read,
        seconds=reading.seconds,
        length_s=place[0],
        longitude=place[1],
        latitude=place[2],
    )


def choose_spread(count: int, most: int) -> tuple[int, ...]:
    """Places spread evenly over `count` frames, the first and the last among them."""
    return tuple(sorted({round(place) for place in np.linspace(0, count - 1, min(count, most))})) if count else ()


def keep_frames(grab: Grab, ends: bool = False, spread: int = 0) -> tuple[KeptFrame, ...]:
    """The frames that go into the evidence store, the decisive one first.

    Args:
        ends: Also the first and the last frame: of a change or a fault, people want to see what was before and after.
        spread: Also about so many over the whole length: a recording's people are not all in one picture.
    """
    if not grab.frames:
        return ()
    frames = grab.frames[:MOST_MARKS]
    wanted = {_choose_decisive(frames): "decisive"}
    if ends:
        wanted.setdefault(0, "first")
        wanted.setdefault(len(frames) - 1, "last")
    for place in choose_spread(len(frames), spread):
        wanted.setdefault(place, "spread")
    kept: dict[str, KeptFrame] = {}
    for place, why in wanted.items():
        jpeg = encode_frame(frames[place])
        sha256 = hashlib.sha256(jpeg).hexdigest()
        kept.setdefault(sha256, KeptFrame(jpeg, sha256, frames[place].received_at, frames[place].stream_seconds, why))
    return tuple(kept.values())


def encode_frame(frame: Frame) -> bytes:
    """The frame as it is kept: the very bytes that a snapshot camera sent, else a JPEG of ours.

    Raises:
        ValueError: the picture cannot be coded.
    """
    if frame.jpeg is not None:
        return frame.jpeg
    coded, data = cv2.imencode(".jpg", frame.picture_bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not coded:
        raise ValueError(f"a frame of shape {frame.picture_bgr.shape} cannot be coded as JPEG")
    return bytes(data.tobytes())


def _choose_decisive(frames: Sequence[Frame]) -> int:
    """The frame in the middle: a stream is joined in the midst of things, and its first pictures may be torn."""
    return len(frames) // 2


def _look_at_decisive(frame: Frame, nets: Nets) -> Look:
    jpeg = encode_frame(frame)
    return look_at_photo(jpeg, hashlib.sha256(jpeg).hexdigest(), nets)


def _find_people(photo: Look | None) -> list[Box]:
    if photo is None:
        return []
    return [*(photo.people.boxes if photo.people else ()), *(face.box for face in photo.faces or ())]


def _read_clocks(photo: Look | None, decisive: Frame, frames: Sequence[Frame], nets: Nets) -> tuple[OverlayClock, ...]:
    """The clock in the first, the decisive and the last frame, in the order of time."""
    stamp = find_clock(photo.stamps or ()) if photo is not None else None
    if stamp is None:
        return ()
    middle = describe_clock(stamp, decisive.received_at, decisive.stream_seconds)
    ends: list[OverlayClock | None] = [None, None]
    for place, frame in ((0, frames[0]), (1, frames[-1])):
        same: NDArray[np.uint8] = frame.picture_bgr
        if frame is not decisive and same.shape == decisive.picture_bgr.shape:
            ends[place] = read_clock_again(stamp, frame, nets.text)
    return tuple(clock for clock in (ends[0], middle, ends[1]) if clock is not None)
