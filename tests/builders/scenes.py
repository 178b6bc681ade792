"""What a camera sends, made by a script: rooms, people who move in them, noise, codings, and faults, all from a seed.

film(a_room(1))                                    six seconds of an empty room
film(a_room(1), people=8, coded="jpeg")            a class, as a snapshot camera gives it
film(a_room(1), fault="frozen")                    the last picture, again and again
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.video.frames import Frame, Grab, GrabFault

Picture = NDArray[np.uint8]
Coding = Literal["h264", "jpeg", "raw"]
Change = Callable[[Picture, float], Picture]
MORNING = datetime(2023, 6, 12, 1, 40, tzinfo=UTC)  # 09:40 in China
SIZE_WH = (640, 360)


def a_room(seed: int = 1, size_wh: tuple[int, int] = SIZE_WH) -> Picture:
    """A classroom as nobody built it: walls, windows, a board, desks, posters with print. The seed is the room."""
    rng = np.random.default_rng(seed)
    width, height = size_wh
    shade = np.linspace(150, 205, height)[:, None] + np.linspace(-15, 15, width)[None]
    picture = np.repeat(shade[..., None], 3, axis=2) * rng.uniform(0.85, 1.0, 3)
    for _ in range(14):
        x, y = int(rng.integers(0, width - 60)), int(rng.integers(height // 12, height - 50))
        w, h = int(rng.integers(40, width // 4)), int(rng.integers(24, height // 4))
        colour = rng.integers(30, 230, 3).tolist()
        cv2.rectangle(picture, (x, y), (x + w, y + h), colour, -1)
        cv2.rectangle(picture, (x, y), (x + w, y + h), (40, 40, 40), 2)
        for line in range(y + 8, y + h - 4, 9):
            for left in range(x + 4, x + w - 10, 14):
                ends = (left + int(rng.integers(3, 12)), line + int(rng.integers(-3, 4)))
                cv2.line(picture, (left, line), ends, rng.integers(0, 255, 3).tolist(), 1)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 0.6), 0, 255).astype(np.uint8)


def add_people(room: Picture, count: int, seconds: float, seed: int = 5) -> Picture:
    """Figures with heads that sway as people do who sit and write; they are nobody."""
    picture = room.copy()
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        height, width = room.shape[:2]
        x, y = rng.uniform(0.1, 0.9) * width, rng.uniform(0.4, 0.8) * height
        phase, pace = rng.uniform(0, 6.3), rng.uniform(0.3, 1.1)
        x += 7 * np.sin(pace * seconds + phase)
        y += 3 * np.sin(1.7 * pace * seconds + phase)
        cloth, skin = rng.integers(20, 220, 3).tolist(), (120, 150, 200)
        cv2.ellipse(picture, (int(x), int(y + 42)), (26, 34), 0, 0, 360, cloth, -1)
        cv2.circle(picture, (int(x), int(y)), 14, skin, -1)
        cv2.ellipse(picture, (int(x), int(y - 6)), (14, 9), 0, 180, 360, (20, 20, 20), -1)
    return picture


def add_noise(picture: Picture, rng: np.random.Generator, sigma: float = 2.0) -> Picture:
    """A sensor's noise, independent in every pixel."""
    noisy = picture.astype(np.float32) + rng.standard_normal(picture.shape, dtype=np.float32) * sigma
    return np.clip(noisy + 0.5, 0, 255).astype(np.uint8)


def draw_clock(picture: Picture, shown: datetime) -> Picture:
    """The camera's own clock, top left, as ISO date and time."""
    drawn, at = picture.copy(), (16, 34)
    for colour, thick in (((0, 0, 0), 5), ((255, 255, 255), 2)):
        cv2.putText(drawn, f"{shown:%Y-%m-%d %H:%M:%S}", at, cv2.FONT_HERSHEY_SIMPLEX, 0.9, colour, thick, cv2.LINE_AA)
    return drawn


def a_slate(size_wh: tuple[int, int] = SIZE_WH, text: str = "NO SIGNAL") -> Picture:
    """A gateway's page instead of a picture."""
    picture = np.full((size_wh[1], size_wh[0], 3), (120, 60, 20), np.uint8)
    at = (size_wh[0] // 5, size_wh[1] // 2)
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 2.0, (255, 255, 255), 5)
    return picture


def film(
    room: Picture,
    *,
    people: int = 0,
    seconds: float = 6.0,
    per_second: float = 2.0,
    start: datetime = MORNING,
    since: float = 0.0,
    noise: float = 2.0,
    change: Change = lambda picture, _seconds: picture,
    clock: timedelta | None = None,
    coded: Coding = "raw",
    fault: str = "",
    seed: int = 1,
) -> Grab:
    """One visit to a camera.

    Args:
        since: Seconds of the scene that went by before, so that two visits show different moments.
        change: What happens to the scene: light, lens, direction; given the scene's seconds.
        clock: How far the clock in the picture is ahead; None where the camera writes none.
        fault: ``frozen`` (one picture for ever) or nothing.
    """
    rng = np.random.default_rng([seed, round(since * 1000)])
    pictures, moments = [], []
    for number in range(max(1, round(seconds * per_second))):
        passed = number / per_second
        scene = change(add_people(room, people, since + passed), since + passed)
        picture = add_noise(scene, rng, noise) if noise else scene
        if clock is not None:
            picture = draw_clock(picture, (start + clock + timedelta(hours=8, seconds=passed)).replace(tzinfo=None))
        pictures.append(picture)
        moments.append(start + timedelta(seconds=passed))
    if fault == "frozen":
        pictures = [pictures[0]] * len(pictures)
    return make_grab(pictures, moments, coded)


def make_grab(pictures: Sequence[Picture], moments: Sequence[datetime], coded: Coding = "raw") -> Grab:
    """Pictures as a reader hands them over, after the wanted coding."""
    first = moments[0]
    if coded == "jpeg":
        frames = [_as_snapshot(picture, moment) for picture, moment in zip(pictures, moments, strict=True)]
    elif coded == "h264":
        frames = [
            Frame(picture, moment, (moment - first).total_seconds(), digest, key_frame=key)
            for (picture, digest, key), moment in zip(_code_h264(pictures), moments, strict=True)
        ]
    else:
        frames = [
            Frame(picture, moment, (moment - first).total_seconds())
            for picture, moment in zip(pictures, moments, strict=True)
        ]
    kind = "snapshot" if coded == "jpeg" else "rtsp"
    return Grab(tuple(frames), None, "", kind, first, moments[-1], received_frames=len(frames))


def a_failed_grab(fault: GrabFault, start: datetime = MORNING, source_kind: str = "rtsp") -> Grab:
    """A visit that brought no picture."""
    return Grab((), fault, f"the camera: {fault.value}", source_kind, start, start + timedelta(seconds=5))


def _as_snapshot(picture: Picture, moment: datetime) -> Frame:
    body = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    decoded = np.asarray(cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    return Frame(decoded, moment, packet_sha256=hashlib.sha256(body).hexdigest(), jpeg=body, key_frame=True)


def _code_h264(pictures: Sequence[Picture], bit_rate: int = 600_000) -> list[tuple[Picture, str, bool]]:
    """Through x264 and back: picture, digest of its packet, whether it is a key frame."""
    data = io.BytesIO()
    height, width = pictures[0].shape[:2]
    with av.open(data, "w", format="matroska") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", bit_rate
        stream.options = {"g": "4", "tune": "zerolatency", "preset": "veryfast", "threads": "1"}
        for picture in pictures:
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    data.seek(0)
    found = []
    with av.open(data) as source:
        for packet in source.demux(video=0):
            for frame in packet.decode():
                digest = hashlib.sha256(bytes(packet)).hexdigest()
                found.append((frame.to_ndarray(format="bgr24"), digest, bool(packet.is_keyframe)))
    return found
