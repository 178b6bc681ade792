"""Watermark photos as agencies hand them in, and as people change them: the samples of ``python benchmarks/forensics.py``."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tests.builders.stamps import LAYOUTS, a_stamped_picture, as_jpeg, resize_longer_side
from verifier.observation import Box

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SCENES = ("classroom/*.jpg", "groups_counted/*.jpg", "groups_uncounted/*.jpg", "groups_wider/*.jpg", "tamper/original/*.jpg",
          "faces_bbt/bbt*.jpg", "recapture/real/2026*.jpg", "recapture/real/real*.jpg")  # fmt: skip
CAMERA_QUALITY, APP_QUALITY, CHAT_QUALITY = (92, 98), (80, 96), (60, 86)


@dataclass(frozen=True, slots=True)
class Sample:
    """One file, how it came to be, and where its stamp is."""

    name: str
    kind: str
    data: bytes
    stamp: Box | None


def through_jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """The picture as it comes out of a JPEG file."""
    return Image.open(io.BytesIO(as_jpeg(picture, quality))).convert("RGB")


def load_cameras_pictures(sizes: Sequence[int]) -> Iterator[tuple[str, Image.Image]]:
    """Scenes as a sensor gives them: shrunken, so that what their own files went through is gone."""
    for file in [file for pattern in SCENES for file in sorted(DATA.glob(pattern))]:
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
        size = next((size for size in sizes if size <= 0.8 * max(picture.size)), round(0.8 * max(picture.size)))
        yield str(file.relative_to(DATA)), resize_longer_side(picture, size)


def make_honest(name: str, scene: Image.Image, random: np.random.Generator) -> Iterator[Sample]:
    """What an agency hands in: the app's file, or what a chat app made of it; the app got the sensor's picture or a JPEG."""
    layout, seed = LAYOUTS[int(random.integers(len(LAYOUTS)))], int(random.integers(1000))
    app, chat = int(random.integers(*APP_QUALITY)), int(random.integers(*CHAT_QUALITY))
    for source in ("sensor", "camera JPEG"):
        base = scene if source == "sensor" else through_jpeg(scene, int(random.integers(*CAMERA_QUALITY)))
        if source == "camera JPEG":
            yield from make_wide(name, base, layout, seed, app)
        stamped, truth = a_stamped_picture(base, layout, seed)
        assert truth.box is not None
        yield Sample(name, f"honest, {source}, app", as_jpeg(stamped, app), truth.box)
        sent = through_jpeg(stamped, app)
        yield Sample(name, f"honest, {source}, app, chat of same size", as_jpeg(sent, chat), truth.box)
        side = round(0.75 * max(sent.size))
        box = Box(*(0.75 * value for value in (truth.box.x, truth.box.y, truth.box.width, truth.box.height)))
        yield Sample(name, f"honest, {source}, app, chat shrinks", as_jpeg(resize_longer_side(sent, side), chat), box)


def make_wide(name: str, base: Image.Image, layout: str, seed: int, app: int) -> Iterator[Sample]:
    """The app cuts the camera's JPEG to 16:9, wherever that falls between its blocks, and then stamps it."""
    cut = max(3, (base.height - round(base.width * 9 / 16)) // 2)
    stamped, truth = a_stamped_picture(base.crop((0, cut, base.width, base.height - cut)), layout, seed)
    yield Sample(name, "honest, camera JPEG, app cuts to 16:9", as_jpeg(stamped, app), truth.box)


def make_forged(name: str, scene: Image.Image, other: Image.Image, random: np.random.Generator) -> Iterator[Sample]:
    """A stamped photo (app's file) changed and saved again, and a chat app's photo stamped anew."""
    layout, seed = LAYOUTS[int(random.integers(len(LAYOUTS)))], int(random.integers(1000))
    base = through_jpeg(scene, int(random.integers(*CAMERA_QUALITY)))
    stamped, truth = a_stamped_picture(base, layout, seed)
    honest = through_jpeg(stamped, int(random.integers(*APP_QUALITY)))
    for kind, change in (("pasted", paste_in), ("painted over", paint_over)):
        for quality in (75, 85, 92, 97):
            changed = change(honest, other, random)
            yield Sample(name, f"{kind}, saved at {quality}", as_jpeg(changed, quality), truth.box)
    sent = through_jpeg(scene, int(random.integers(*CHAT_QUALITY)))
    for quality in (75, 85, 92, 97):
        pasted, truth = a_stamped_picture(sent, layout, seed)
        yield Sample(name, f"stamp on a chat app's photo, saved at {quality}", as_jpeg(pasted, quality), truth.box)


def paste_in(picture: Image.Image, other: Image.Image, random: np.random.Generator) -> Image.Image:
    """An oval of another picture, as high as a third of this one, with soft edges."""
    width, height = picture.size
    size = (max(48, height // 4), max(64, height // 3))
    patch = resize_longer_side(other, max(size) * 2).crop((10, 10, 10 + size[0], 10 + size[1]))
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.ellipse(mask, (size[0] // 2, size[1] // 2), (size[0] * 2 // 5, size[1] * 2 // 5), 0, 0, 360, 255, -1)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 2), np.uint8)
    at = int(random.integers(width // 3, max(width // 3 + 1, width - size[0]))), int(random.integers(height // 3))
    copy = picture.copy()
    copy.paste(patch, at, Image.fromarray(mask))
    return copy


def paint_over(picture: Image.Image, other: Image.Image, random: np.random.Generator) -> Image.Image:  # noqa: ARG001
    """A rectangle as high as a third of the picture, filled from its surroundings."""
    pixels = np.asarray(picture)[:, :, ::-1].copy()
    height, width = pixels.shape[:2]
    size_w, size_h = max(48, height // 5), max(48, height // 4)
    left, top = int(random.integers(width // 3, width - size_w)), int(random.integers(height // 3))
    mask = np.zeros((height, width), np.uint8)
    mask[top : top + size_h, left : left + size_w] = 255
    around = np.s_[max(0, top - 12) : top + size_h + 12, max(0, left - 12) : left + size_w + 12]
    pixels[around] = cv2.inpaint(pixels[around], mask[around], 3, cv2.INPAINT_TELEA)
    return Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1]))
