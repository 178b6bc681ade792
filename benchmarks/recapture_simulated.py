"""Photos of screens and prints made from honest ones as they would come about: ``python benchmarks/recapture.py --simulated N``.

A picture on a screen (RGB stripes, or diamond subpixels as phones have them) or printed as dots, seen through a perspective, a lens
and a colour filter array, demosaiced, smoothed and sharpened as phones do, saved as JPEG and mostly sent on by a chat app. How far
away the camera stands, how sharp it is and what the phone does is drawn at random over what is usual, without a look at the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.photo.read_recapture import CROP_PX, CROPS_ACROSS, CROPS_DOWN

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]
KINDS = ("stripes", "stripes", "stripes", "diamonds", "print")
OVERSAMPLED = 2  # points a camera pixel, each averaged over its part of the pattern
DOTS = ((0, 0.0), (1, 75.0), (2, 15.0))  # a print's screens: channel and angle in degrees


@dataclass(frozen=True, slots=True)
class Recapture:
    """How a recapture came about. Lengths in camera pixels where nothing else is said."""

    kind: str
    camera_px: int  # longer side
    sent_px: int  # longer side after the chat app, as much as the camera's where none was used
    pitch: float  # camera pixels a screen pixel or printed dot
    turn_deg: float
    tilt: tuple[float, float]
    bulge: float
    blur: float
    lit: tuple[float, float]  # how much of a screen pixel shines, across and down
    veil: float  # reflected light
    exposure: float
    white: tuple[float, float, float]
    noise: float
    smoothing: float
    sharpening: float
    qualities: tuple[int, int]  # JPEG, camera and chat app


def draw_recapture(random: np.random.Generator) -> Recapture:
    """One that might be."""
    kind = str(random.choice(KINDS))
    camera_px = int(random.choice([2560, 3264, 4000, 4032]))
    nearest, farthest = (1.5, 8.0) if kind == "print" else (0.8, 4.5)
    return Recapture(
        kind, camera_px, min(camera_px, int(random.choice([camera_px, 1600, 1600, 1280]))),
        pitch=float(np.exp(random.uniform(np.log(nearest), np.log(farthest)))),
        turn_deg=float(random.normal(0, 3) + random.choice([0, 0, 0, 90])),
        tilt=(float(random.normal(0, 0.12)), float(random.normal(0, 0.12))), bulge=float(random.normal(0, 0.02)),
        blur=float(random.uniform(0.45, 1.6)), lit=(float(random.uniform(0.7, 0.95)), float(random.uniform(0.75, 0.95))),
        veil=float(random.uniform(0.004, 0.13)), exposure=float(random.uniform(0.7, 1.25)),
        white=(float(random.normal(1, 0.06)), float(random.normal(1, 0.06)), float(random.normal(1, 0.06))),
        noise=float(random.uniform(0.002, 0.015)), smoothing=float(random.choice([0, 0.6, 1.0])),
        sharpening=float(random.uniform(0, 1.2)), qualities=(int(random.integers(85, 97)), int(random.integers(60, 90))),
    )  # fmt: skip


def make_crops(picture: Pixels, how: Recapture, random: np.random.Generator) -> list[Pixels]:
    """The crops that the product would read off the recapture, which is a photo of 4:3 filled by the screen."""
    width, height = how.camera_px, how.camera_px * 3 // 4
    scale = how.sent_px / how.camera_px
    sent_w, sent_h = round(width * scale), round(height * scale)
    # The screen has as many pixels as fit into the photo; 6000 are enough, the rest is its mirror image.
    size = max(width / how.pitch / picture.shape[1], height / how.pitch / picture.shape[0])
    size = min(size, 6000 / max(picture.shape[:2]))
    shown = cv2.resize(picture, None, fx=size, fy=size, interpolation=cv2.INTER_AREA if size < 1 else cv2.INTER_LINEAR)
    # Cut wider than needed, on the camera's 2 x 2 colour filters and 8 x 8 blocks.
    side = int(np.ceil(CROP_PX / scale / 16)) * 16 + 32
    crops = []
    for top in np.linspace(0, sent_h - CROP_PX, CROPS_DOWN + 2)[1:-1]:
        for left in np.linspace(0, sent_w - CROP_PX, CROPS_ACROSS + 2)[1:-1]:
            middle = (left + CROP_PX / 2) / scale - width / 2, (top + CROP_PX / 2) / scale - height / 2
            crop = _save(
                _develop(_expose(np.asarray(shown, np.uint8), how, middle, side), how, random), how.qualities[0]
            )
            if scale < 1:
                small = round(side * scale)
                crop = _save(
                    np.asarray(cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA)), how.qualities[1]
                )
            start = (crop.shape[0] - CROP_PX) // 2 // 8 * 8
            crops.append(crop[start : start + CROP_PX, start : start + CROP_PX])
    return crops


def _expose(shown: Pixels, how: Recapture, middle: tuple[float, float], side: int) -> Plane:
    """Light on the sensor, (side, side, 3) linear, around a point given from the photo's middle."""
    steps = (np.arange(side * OVERSAMPLED) + 0.5) / OVERSAMPLED - side / 2
    x, y = np.meshgrid(steps + middle[0], steps + middle[1])
    half = how.camera_px / 2
    bulge = 1 + how.bulge * (x * x + y * y) / half**2
    x, y = x * bulge, y * bulge
    turn, away = np.deg2rad(how.turn_deg), 1 + (how.tilt[0] * x + how.tilt[1] * y) / half
    across = ((np.cos(turn) * x - np.sin(turn) * y) / (how.pitch * away) + shown.shape[1] / 2).astype(np.float32)
    down = ((np.sin(turn) * x + np.cos(turn) * y) / (how.pitch * away) + shown.shape[0] / 2).astype(np.float32)
    reach = 0.5 / (how.pitch * OVERSAMPLED)
    light = _print(shown, across, down, reach) if how.kind == "print" else _shine(shown, how, across, down, reach)
    light = cv2.GaussianBlur(light * how.exposure + how.veil, (0, 0), how.blur * OVERSAMPLED)
    return np.asarray(cv2.resize(light, (side, side), interpolation=cv2.INTER_AREA) * np.float32(how.white), np.float32)


def _shine(shown: Pixels, how: Recapture, across: Plane, down: Plane, reach: float) -> Plane:
    """What a screen's subpixels give, each averaged over `reach` to either side."""
    light = _linear(
        cv2.remap(shown, np.floor(across), np.floor(down), cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
    )
    rows = _average_bars(down, 0.5 - how.lit[1] / 2, how.lit[1], reach)
    if how.kind == "stripes":
        bars = [_average_bars(across, third / 3 + (1 - how.lit[0]) / 6, how.lit[0] / 3, reach) for third in (2, 1, 0)]
        return light * 3 * np.stack(bars, axis=2) * rows[:, :, None]
    # Green in every pixel, red and blue in every second, taking turns from row to row.
    row = np.floor(down)
    red, blue = (_average_bars((across + row + turn) / 2, 0.25, 0.22, reach / 2) for turn in (0, 1))
    bars = [blue * 4.5, _average_bars(across, 0.1, 0.3, reach) * 3, red * 4.5]
    return light * np.stack(bars, axis=2) * rows[:, :, None]


def _print(shown: Pixels, across: Plane, down: Plane, reach: float) -> Plane:
    """Dots of ink that grow with the tone, on screens turned against each other."""
    light = _linear(
        cv2.remap(
            shown, across - np.float32(0.5), down - np.float32(0.5), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
    )
    dots = np.empty_like(light)
    for channel, angle in DOTS:
        turn = np.deg2rad(angle)
        one, two = across * np.cos(turn) + down * np.sin(turn), down * np.cos(turn) - across * np.sin(turn)
        threshold = (np.cos(2 * np.pi * one) + np.cos(2 * np.pi * two)) / 4 + 0.5
        dots[:, :, channel] = np.clip((light[:, :, channel] ** 0.6 - threshold) / max(0.06, 1.5 * reach) + 0.5, 0, 1)
    return dots * np.float32(0.85) + np.float32(0.05)


def _average_bars(at: Plane, start: float, width: float, reach: float) -> Plane:
    """The mean over [at - reach, at + reach] of bars of `width` that begin at `start` in each unit."""

    def total(to: Plane) -> Plane:
        whole = np.floor(to - start)
        return np.asarray(whole * width + np.minimum(to - start - whole, width), np.float32)

    return np.asarray((total(at + reach) - total(at - reach)) / (2 * reach), np.float32)


def _develop(light: Plane, how: Recapture, random: np.random.Generator) -> Pixels:
    """Colour filters, noise, demosaicing, tone, smoothing and sharpening."""
    raw = light[:, :, 1].copy()
    raw[0::2, 0::2], raw[1::2, 1::2] = light[0::2, 0::2, 2], light[1::2, 1::2, 0]
    raw = raw + random.normal(0, how.noise, raw.shape) * np.sqrt(0.2 + np.clip(raw, 0, 1))
    way = cv2.COLOR_BayerBG2BGR_EA if random.random() < 0.5 else cv2.COLOR_BayerBG2BGR
    colours = cv2.cvtColor((np.clip(raw, 0, 1) * 65535).astype(np.uint16), way).astype(np.float32) / 65535
    toned = np.where(colours <= 0.0031308, colours * 12.92, 1.055 * np.maximum(colours, 1e-6) ** (1 / 2.4) - 0.055)
    toned = np.asarray(np.clip(toned, 0, 1) * 255, np.float32)
    if how.smoothing:
        parts = cv2.cvtColor(toned, cv2.COLOR_BGR2YCrCb)
        parts[:, :, 0] = cv2.GaussianBlur(parts[:, :, 0], (0, 0), 0.5 + 0.3 * how.smoothing)
        parts[:, :, 1:] = cv2.GaussianBlur(parts[:, :, 1:], (0, 0), 0.6 + 1.2 * how.smoothing)
        toned = cv2.cvtColor(parts, cv2.COLOR_YCrCb2BGR)
    toned = toned + how.sharpening * (toned - cv2.GaussianBlur(toned, (0, 0), 1.2))
    return np.clip(toned, 0, 255).astype(np.uint8)


def _linear(picture: NDArray[np.generic]) -> Plane:
    values = np.arange(256) / 255.0
    table = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return np.asarray(table[picture], np.float32)


def _save(picture: NDArray[np.generic], quality: int) -> Pixels:
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
