"""Copies of a photo as people make them, and another moment of the same scene.

CHANGES["mirrored"](picture, random)    the copy; pictures are BGR uint8, `random` draws by how much
an_other_moment(picture, places)        everything stands where it stood, but the people have moved
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box

Pixels = NDArray[np.uint8]
Random = np.random.Generator


def encode_again(picture: Pixels, quality: int) -> Pixels:
    """What is left after a JPEG of that quality."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def re_encoded(picture: Pixels, random: Random) -> Pixels:
    """As a chat app does it: at most 1280 px, quality 50 to 80."""
    scale = min(1.0, 1280 / max(picture.shape))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return encode_again(np.asarray(small, np.uint8), int(random.integers(50, 81)))


def stamped(picture: Pixels, random: Random) -> Pixels:
    """Another stamp in a lower corner, as large as apps draw it."""
    copy = picture.copy()
    height, width = copy.shape[:2]
    left = int(width * (0.03 if random.random() < 0.7 else 0.5))
    lines = (f"09:{random.integers(60):02d}", "2023-06-12 Monday", "112.355129E 28.570066N")
    for number, (line, size) in enumerate(zip(lines, (1.8, 0.8, 0.8), strict=True)):
        at = (left, int(height * (0.82 + 0.065 * number)))
        thickness = max(1, height // 300)
        cv2.putText(
            copy, line, at, cv2.FONT_HERSHEY_SIMPLEX, size * height / 800, (255, 255, 255), thickness, cv2.LINE_AA
        )
    return encode_again(copy, 80)  # fmt: skip


def cropped(picture: Pixels, random: Random) -> Pixels:
    """15 % less height and width, cut off wherever."""
    height, width = picture.shape[:2]
    down, across = int(height * 0.15), int(width * 0.15)
    top, left = int(random.integers(down + 1)), int(random.integers(across + 1))
    return encode_again(picture[top : height - down + top, left : width - across + left], 80)


def mirrored(picture: Pixels, random: Random) -> Pixels:  # noqa: ARG001
    """Left and right exchanged."""
    return encode_again(np.ascontiguousarray(picture[:, ::-1]), 80)


def rotated(picture: Pixels, random: Random) -> Pixels:
    """Turned by 2 to 5 degrees either way, with black corners."""
    height, width = picture.shape[:2]
    turn = float(random.uniform(2, 5) * random.choice([-1, 1]))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    return encode_again(np.asarray(cv2.warpAffine(picture, matrix, (width, height)), np.uint8), 80)


def relit(picture: Pixels, random: Random) -> Pixels:
    """Contrast by 0.7 to 1.3 and brightness by 25 levels either way."""
    values = picture.astype(np.float32) * random.uniform(0.7, 1.3) + random.uniform(-25, 25)
    return encode_again(np.clip(values, 0, 255).astype(np.uint8), 80)


def screenshot(picture: Pixels, random: Random) -> Pixels:
    """On a phone of 1080 × 2340 px between dark bars, with clock and buttons."""
    screen = np.full((2340, 1080, 3), int(random.integers(0, 24)), np.uint8)
    scale = min(1080 / picture.shape[1], 2000 / picture.shape[0])
    shown = cv2.resize(
        picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    top, left = (2340 - shown.shape[0]) // 2, (1080 - shown.shape[1]) // 2
    screen[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    cv2.putText(screen, "09:41", (60, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255, 255, 255), 3)
    cv2.putText(screen, "< o =", (400, 2290), cv2.FONT_HERSHEY_SIMPLEX, 2.0, (200, 200, 200), 4)
    return encode_again(screen, 85)


CHANGES: Mapping[str, Callable[[Pixels, Random], Pixels]] = {
    "re-encoded": re_encoded,
    "new stamp": stamped,
    "cropped 15 %": cropped,
    "mirrored": mirrored,
    "rotated to 5°": rotated,
    "brightness": relit,
    "screenshot": screenshot,
}


def an_other_moment(picture: Pixels, places: Iterable[Box], move: float = 0.15, seed: int = 1) -> Pixels:
    """The same room a while later: every head stands elsewhere by `move` of its width, blended in, with fresh noise."""
    random = np.random.default_rng(seed)
    later = picture.astype(np.float32)
    height, width = picture.shape[:2]
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    shift_x, shift_y = np.zeros((2, height, width), np.float32)
    for box in places:
        turn = random.uniform(0, 2 * np.pi)
        middle = box.x + box.width / 2, box.y + box.height / 2
        near = np.exp(-(((across - middle[0]) / box.width) ** 2 + ((down - middle[1]) / box.height) ** 2))
        shift_x += (near * move * box.width * np.cos(turn)).astype(np.float32)
        shift_y += (near * move * box.height * np.sin(turn)).astype(np.float32)
    later = cv2.remap(later, across + shift_x, down + shift_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    noisy = later + random.normal(0, 3, picture.shape)
    return encode_again(np.clip(noisy, 0, 255).astype(np.uint8), 85)
