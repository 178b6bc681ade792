"""Class photos made of real faces: who sits where, who is turned away, covered or hidden, is known exactly.

Heads are cut out of portraits, scaled to 40 to 160 px, lit, and blended over drawn shoulders into rows in front of a room; then
the whole picture is softened, made noisy and compressed as a phone's is. The same seed gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from verifier.observation import Box, FaceObservation

Pixels = NDArray[np.uint8]

# Rows from the back of the room to its front: width of a face in pixels, and where the row's faces stand (share of the height).
# A phone's photo of a classroom shows faces of 40 px in the last row and 160 px in the first.
ROWS_PX = (40, 52, 68, 90, 120, 160)
ROWS_Y = (0.14, 0.25, 0.37, 0.51, 0.67, 0.85)
SIZE_WH = (2720, 1800)
# What a phone adds after its lens; the same noise and quality as `verifier.calibrating` takes for small faces.
NOISE_SD, JPEG_QUALITY = 3.0, 82


class Condition(StrEnum):
    """How a person is to be seen."""

    CLEAR = "clear"
    TURNED = "turned"  # the back of the head
    COVERED = "covered"  # a sheet of paper before the eyes
    BEHIND = "behind"  # half behind the neighbour's head
    HIDDEN = "hidden"  # wholly behind somebody: no pixel of the face is there
    SHAKEN = "shaken"  # moved during the exposure


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A cut-out head: (h, w, 3) pixels, how opaque each is (0 to 1), where the face is in it and how wide."""

    person: str
    pixels: Pixels
    alpha: NDArray[np.float32]
    centre_xy: tuple[float, float]
    face_px: float


@dataclass(frozen=True, slots=True)
class Seat:
    """Who is to be drawn: the head, how wide the face, and how it is to be seen."""

    head: Head
    row: int
    condition: Condition = Condition.CLEAR


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a person's face came to lie in the photo."""

    person: str
    box: Box
    condition: Condition


@dataclass(frozen=True, slots=True, eq=False)
class ClassPhoto:
    """The finished photo, upright BGR, and everybody who is in it, hidden ones too."""

    pixels: Pixels
    people: tuple[Placed, ...]

    def encode(self, quality: int = 92) -> bytes:
        """The photo as a JPEG file."""
        return bytes(cv2.imencode(".jpg", self.pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def cut_head(person: str, picture_bgr: Pixels, face: FaceObservation) -> Head:
    """Cut the head around a face, with hair and chin, feathered at its edge; nothing beyond the picture is opaque."""
    box = face.box
    centre_x, centre_y = box.x + box.width / 2, box.y + box.height * 0.45
    half_w, half_h = box.width * 0.8, box.height * 0.85
    x0, y0 = max(int(centre_x - half_w), 0), max(int(centre_y - half_h), 0)
    x1, y1 = (
        min(int(centre_x + half_w) + 1, picture_bgr.shape[1]),
        min(int(centre_y + half_h) + 1, picture_bgr.shape[0]),
    )
    rows, columns = np.mgrid[y0:y1, x0:x1]
    radius = np.hypot((columns - centre_x) / half_w, (rows - centre_y) / half_h)
    alpha = np.clip((1 - radius) / 0.15, 0, 1).astype(np.float32)
    # A face at the picture's edge would end in a hard line: fade there as well.
    edge = np.minimum.reduce([columns - x0, x1 - 1 - columns, rows - y0, y1 - 1 - rows]) / max(box.width * 0.08, 1.0)
    alpha *= np.clip(edge, 0, 1).astype(np.float32)
    pixels = np.ascontiguousarray(picture_bgr[y0:y1, x0:x1])
    return Head(person, pixels, alpha, (box.x + box.width / 2 - x0, box.y + box.height / 2 - y0), box.width)


def drawn_rooms(size_wh: tuple[int, int] = SIZE_WH) -> list[Pixels]:
    """Rooms without anybody, from pictures that scikit-image ships: a brick wall and a table."""
    wall = np.repeat(data.brick()[..., None], 3, axis=2)
    table = np.asarray(data.coffee(), np.uint8)[..., ::-1]
    return [soften_room(np.asarray(wall, np.uint8), size_wh), soften_room(np.ascontiguousarray(table), size_wh)]


def soften_room(picture_bgr: Pixels, size_wh: tuple[int, int] = SIZE_WH) -> Pixels:
    """A background from any picture: so soft that faces in it are gone, which `find_faces` is asked in a test."""
    small = cv2.resize(np.ascontiguousarray(picture_bgr), (96, 64), interpolation=cv2.INTER_AREA)
    return np.asarray(
        cv2.resize(cv2.GaussianBlur(small, (0, 0), 1.5), size_wh, interpolation=cv2.INTER_CUBIC), np.uint8
    )


def compose_photo(seats: Sequence[Seat], room_bgr: Pixels, seed: int) -> ClassPhoto:
    """Draw everybody into the room, the last row first.

    Raises:
        ValueError: a row has more people than fit beside each other.
    """
    random = np.random.default_rng(seed)
    height, width = room_bgr.shape[:2]
    canvas = room_bgr.astype(np.float32)
    placed: list[Placed] = []
    for row, face_px in enumerate(ROWS_PX):
        members = [seat for seat in seats if seat.row == row]
        shown = [seat for seat in members if seat.condition not in (Condition.HIDDEN, Condition.BEHIND)]
        placed += _draw_row(canvas, members, shown, face_px, (width, ROWS_Y[row] * height), random)
    soft = cv2.GaussianBlur(canvas, (0, 0), float(random.uniform(0.4, 0.8)))
    soft += NOISE_SD * random.standard_normal(soft.shape, np.float32)
    noisy = np.clip(soft, 0, 255).astype(np.uint8)
    encoded = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    return ClassPhoto(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8), tuple(placed))


def _draw_row(
    canvas: NDArray[np.float32], members: Sequence[Seat], shown: Sequence[Seat], face_px: int,
    place: tuple[int, float], random: np.random.Generator,
) -> list[Placed]:  # fmt: skip
    if not members:
        return []
    width, y = place
    step = width / max(len(shown), 1)
    if step < 1.9 * face_px or not shown:
        raise ValueError(f"{len(shown)} people with faces of {face_px} px do not fit into a row of {width} px")
    spots = [
        ((index + 0.5) * step + random.uniform(-0.1, 0.1) * face_px, y + random.uniform(-0.15, 0.15) * face_px)
        for index in range(len(shown))
    ]
    placed = []
    # Those behind somebody come first; the person in front then covers them.
    for seat in members:
        if seat in shown:
            continue
        host = spots[int(random.integers(len(spots)))]
        aside = random.choice([-1, 1]) * (0.1 if seat.condition is Condition.HIDDEN else 0.85) * face_px
        size = face_px * (0.65 if seat.condition is Condition.HIDDEN else 0.9)
        placed.append(_draw_person(canvas, seat, size, (host[0] + aside, host[1]), random))
    for seat, spot in zip(shown, spots, strict=True):
        placed.append(_draw_person(canvas, seat, float(face_px), spot, random))
    return placed


def _draw_person(
    canvas: NDArray[np.float32], seat: Seat, face_px: float, spot: tuple[float, float], random: np.random.Generator
) -> Placed:
    x, y = spot
    _draw_shoulders(canvas, face_px, spot, random)
    turn: Callable[..., None] = _draw_hair if seat.condition is Condition.TURNED else _draw_head
    turn(canvas, seat, face_px, spot, random)
    if seat.condition is Condition.COVERED:
        corner = int(x - 0.55 * face_px), int(y - 0.5 * face_px)
        cv2.rectangle(canvas, corner, (int(x + 0.55 * face_px), int(y + 0.15 * face_px)), (225, 228, 230), -1)
    box = Box(x - face_px / 2, y - face_px * 0.65, face_px, face_px * 1.3)
    return Placed(seat.head.person, box, seat.condition)


def _draw_shoulders(
    canvas: NDArray[np.float32], face_px: float, spot: tuple[float, float], random: np.random.Generator
) -> None:
    colour = tuple(float(value) for value in random.uniform(40, 170, 3))
    centre = int(spot[0]), int(spot[1] + 1.75 * face_px)
    cv2.ellipse(canvas, centre, (int(0.95 * face_px), int(0.9 * face_px)), 0, 180, 360, colour, -1, cv2.LINE_AA)


def _draw_head(
    canvas: NDArray[np.float32], seat: Seat, face_px: float, spot: tuple[float, float], random: np.random.Generator
) -> None:
    head, scale = seat.head, face_px / seat.head.face_px
    size = max(2, round(head.pixels.shape[1] * scale)), max(2, round(head.pixels.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    pixels = cv2.resize(head.pixels, size, interpolation=way).astype(np.float32) * random.uniform(0.85, 1.1)
    alpha = np.clip(cv2.resize(head.alpha, size, interpolation=way), 0, 1)
    if seat.condition is Condition.SHAKEN:
        # A third of a face during the exposure.
        kernel = np.zeros((1, max(3, int(face_px / 3) | 1)), np.float32)
        kernel[:] = 1 / kernel.size
        pixels = cv2.filter2D(pixels, -1, kernel)
    _blend(canvas, pixels, alpha, (spot[0] - head.centre_xy[0] * scale, spot[1] - head.centre_xy[1] * scale))


def _draw_hair(
    canvas: NDArray[np.float32], _seat: Seat, face_px: float, spot: tuple[float, float], random: np.random.Generator
) -> None:
    shade = float(random.uniform(15, 60))
    half = int(0.62 * face_px), int(0.8 * face_px)
    cv2.ellipse(canvas, (int(spot[0]), int(spot[1])), half, 0, 0, 360, (shade, shade, shade * 1.1), -1, cv2.LINE_AA)


def _blend(
    canvas: NDArray[np.float32], pixels: NDArray[np.float32], alpha: NDArray[np.float32], corner: tuple[float, float]
) -> None:
    left, top = round(corner[0]), round(corner[1])
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + pixels.shape[1], canvas.shape[1]), min(top + pixels.shape[0], canvas.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    opaque = alpha[part][..., None]
    canvas[y0:y1, x0:x1] = opaque * pixels[part] + (1 - opaque) * canvas[y0:y1, x0:x1]
