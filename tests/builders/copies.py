"""Copies of a photo as people make them, and another moment of the same scene.

CHANGES["mirrored"](picture, random)    the copy, HARDER_CHANGES likewise; pictures are BGR uint8, `random` draws by how much
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
Change = Callable[[Pixels, Random], Pixels]


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


CHANGES: Mapping[str, Change] = {
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


def cut_one_side(picture: Pixels, random: Random) -> Pixels:
    """15 % off one side, as a stamp is cut away."""
    height, width = picture.shape[:2]
    side = int(random.integers(4))
    top, bottom = (int(height * 0.15) if side == 0 else 0), (int(height * 0.15) if side == 1 else 0)
    left, right = (int(width * 0.15) if side == 2 else 0), (int(width * 0.15) if side == 3 else 0)
    return encode_again(np.ascontiguousarray(picture[top : height - bottom, left : width - right]), 80)


def turned_and_cut(picture: Pixels, random: Random) -> Pixels:
    """Turned by 5° either way, and the black corners cut off."""
    height, width = picture.shape[:2]
    turn = 5.0 * float(random.choice([-1, 1]))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    turned = cv2.warpAffine(picture, matrix, (width, height))
    # What a turn by 5° leaves black lies within this share of either side.
    edge = 0.5 * np.sin(np.radians(5.0)) * max(width / height, height / width)
    down, across = int(height * min(0.09, edge)), int(width * min(0.09, edge))
    return encode_again(np.ascontiguousarray(turned[down : height - down, across : width - across]), 80)


def much_lighter(picture: Pixels, random: Random) -> Pixels:  # noqa: ARG001
    """40 % brighter: what was light is burnt out."""
    return encode_again(np.clip(picture.astype(np.float32) * 1.4, 0, 255).astype(np.uint8), 80)


def much_darker(picture: Pixels, random: Random) -> Pixels:  # noqa: ARG001
    """40 % darker."""
    return encode_again((picture.astype(np.float32) * 0.6).astype(np.uint8), 80)


def other_gamma(picture: Pixels, random: Random) -> Pixels:
    """A filter's curve: gamma 0.6 or 1.7."""
    table = (255 * (np.arange(256) / 255) ** float(random.choice([0.6, 1.7]))).astype(np.uint8)
    return encode_again(np.asarray(cv2.LUT(picture, table), np.uint8), 80)


def squeezed(picture: Pixels, random: Random) -> Pixels:
    """3 % narrower or lower."""
    height, width = picture.shape[:2]
    size = (round(width * 0.97), height) if random.random() < 0.5 else (width, round(height * 0.97))
    return encode_again(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8), 80)


def framed(picture: Pixels, random: Random) -> Pixels:
    """Black bars on two sides or on all, up to a fifth of the picture."""
    height, width = picture.shape[:2]
    bars = int(height * random.uniform(0.05, 0.2)), int(width * random.uniform(0.05, 0.2))
    down, across = random.choice([[bars[0], 0], [0, bars[1]], list(bars)])
    return encode_again(np.asarray(cv2.copyMakeBorder(picture, down, down, across, across, cv2.BORDER_CONSTANT)), 80)


def chat_then_stamped(picture: Pixels, random: Random) -> Pixels:
    """Through a chat app at 1080 px, and then another stamp on it."""
    scale = min(1.0, 1080 / max(picture.shape))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return stamped(encode_again(np.asarray(small, np.uint8), 70), random)


def bar_above(picture: Pixels, random: Random) -> Pixels:  # noqa: ARG001
    """A screenshot of the whole picture with a status bar over its upper edge."""
    height, width = picture.shape[:2]
    scale = 1080 / min(height, width)
    shown = cv2.resize(
        picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    shown[:70] = 20
    cv2.putText(shown, "09:41   5G 87%", (30, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (255, 255, 255), 3)
    return encode_again(np.asarray(shown, np.uint8), 85)


def cut_mirrored_stamped(picture: Pixels, random: Random) -> Pixels:
    """15 % less height and width, mirrored, through a chat app, and another stamp on it: everything at once."""
    return stamped(re_encoded(mirrored(cropped(picture, random), random), random), random)


def turned_mirrored_stamped(picture: Pixels, random: Random) -> Pixels:
    """Turned by 5° with its corners cut off, mirrored, another stamp on it."""
    return stamped(mirrored(turned_and_cut(picture, random), random), random)


def shot_of_stamped_copy(picture: Pixels, random: Random) -> Pixels:
    """Another stamp on it, darker by a third, and a screenshot of that, cut to the picture by eye."""
    screen = screenshot((stamped(picture, random).astype(np.float32) * 0.66).astype(np.uint8), random)
    return encode_again(np.ascontiguousarray(screen[200:2100, 20:1060]), 75)


# Several at once, and stronger than CHANGES.
HARDER_CHANGES: Mapping[str, Change] = {
    "15 % off one side": cut_one_side,
    "turned 5° and cut": turned_and_cut,
    "40 % brighter": much_lighter,
    "40 % darker": much_darker,
    "gamma 0.6 or 1.7": other_gamma,
    "squeezed by 3 %": squeezed,
    "black bars": framed,
    "chat, then stamp": chat_then_stamped,
    "status bar above": bar_above,
    "cut, mirrored, chat, stamp": cut_mirrored_stamped,
    "turned, mirrored, stamp": turned_mirrored_stamped,
    "stamp, darker, screenshot": shot_of_stamped_copy,
}
