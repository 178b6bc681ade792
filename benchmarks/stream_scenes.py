"""Rooms, light, lenses and directions for the cameras' benchmarks, from a seed; and development pictures, where there are any."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.builders.scenes import Change, Picture, a_room

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def list_rooms() -> dict[str, Picture]:
    """Generated rooms, and the development pictures of classrooms where they are there."""
    rooms = {f"generated {seed}": a_room(seed, (640, 360)) for seed in range(8)}
    for file in sorted(
        [*SHARED.glob("cctv_osd/*.png"), *SHARED.glob("classroom/*.jpg"), *SHARED.glob("faces_bbt/bbt?.jpg")]
    ):
        picture = cv2.imread(str(file))
        if picture is not None:
            scale = 640 / picture.shape[1]
            high = round(picture.shape[0] * scale) // 2 * 2
            rooms[file.name] = np.asarray(cv2.resize(picture, (640, high), interpolation=cv2.INTER_AREA), np.uint8)
    return rooms


def dim(factor: float) -> Change:
    """Less light, by lamps or by daylight."""
    return lambda picture, _s: np.clip(picture.astype(np.float32) * factor, 0, 255).astype(np.uint8)


def switch_lights(picture: Picture, seconds: float) -> Picture:
    """The lamps go out in the middle of a visit, and on again."""
    return dim(0.35)(picture, seconds) if int(seconds / 2.5) % 2 else picture


def film_infrared(picture: Picture, _seconds: float = 0.0) -> Picture:
    """What a camera shows by its own infrared lamps: no colour, less light at the edges."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    height, width = grey.shape
    y, x = np.mgrid[0:height, 0:width]
    fall = 1.0 - 0.6 * np.hypot((x - width / 2) / width, (y - height / 2) / height)
    return np.repeat(np.clip(grey * fall * 0.7, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def blur(share: float) -> Change:
    """Out of focus, by a share of the width."""
    return lambda picture, _s: np.asarray(cv2.GaussianBlur(picture, (0, 0), picture.shape[1] * share), np.uint8)


def soften(picture: Picture, across: int) -> NDArray[np.float32]:
    """Only as many shades across as wanted; a Gaussian so wide would take seconds a frame."""
    shades = cv2.resize(picture, (across, max(2, across * 9 // 16)), interpolation=cv2.INTER_AREA)
    return cv2.resize(shades, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC).astype(np.float32)


def cover(picture: Picture, _seconds: float) -> Picture:
    """A cloth before the lens: a shade of one colour."""
    soft = soften(picture, 4)
    return np.clip(soft * 0.15 + 45, 0, 255).astype(np.uint8)


def spray(picture: Picture, _seconds: float) -> Picture:
    """Paint on the glass: hardly anything comes through, and that blurred."""
    soft = soften(picture, 16)
    return np.clip(soft * 0.12 + np.array([150.0, 150.0, 160.0]), 0, 255).astype(np.uint8)


def overexpose(picture: Picture, _seconds: float) -> Picture:
    """Light straight into the lens."""
    return np.clip(picture.astype(np.float32) * 0.1 + 250, 0, 255).astype(np.uint8)


def shift(share: float) -> Change:
    """The camera turned sideways: what stood right is left, and a wall comes in."""

    def change(picture: Picture, _seconds: float) -> Picture:
        far = int(picture.shape[1] * share)
        wall = np.full((picture.shape[0], far, 3), 170, np.uint8)
        return np.concatenate([picture[:, far:], wall], axis=1)

    return change


def turn(degrees: float) -> Change:
    """The camera hangs askew."""

    def change(picture: Picture, _seconds: float) -> Picture:
        height, width = picture.shape[:2]
        onto = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.1)
        return np.asarray(cv2.warpAffine(picture, onto, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)

    return change
