"""The demo's pictures: cut, varied and stamped from what installed packages ship.

insightface's sample photo shows six people at a table; scikit-image has an astronaut. Four of the six are the students. The
astronaut is the teacher: her head is set on the standing man, who looks away from the camera. The woman behind the table looks
away too: the one at the far left is set in her seat, and she herself is the stranger.

Enrolment and class pictures derive from the same photos, so the demo shows that the machinery works, not how well faces are
recognised across days: that is measured by ``verifier evaluate`` on pictures taken apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

GROUP_SIZE_WH = (1280, 886)
# Head boxes (x, y, width, height) in insightface's t1.jpg, hair included.
STUDENT_HEADS = {
    "S01": (20, 235, 175, 200),
    "S02": (440, 225, 170, 210),
    "S03": (725, 290, 150, 200),
    "S04": (1105, 240, 150, 200),
}
STANDING_HEAD = (880, 0, 180, 215)
STRANGER_HEAD = (240, 110, 170, 190)
# Where each student sits in the class photo.
SEATS = {**STUDENT_HEADS, "S01": STRANGER_HEAD}
# The class photo: without the far left, whose woman was moved, and without the playing cards' faces on the table.
SCENE = (215, 0, 1280, 700)
# The astronaut's head in skimage.data.astronaut(), 512 x 512.
ASTRONAUT_HEAD = (150, 5, 160, 215)


class DemoPicturesMissing(RuntimeError):
    """An installed package no longer ships the sample picture that the demo is made from."""


@dataclass(frozen=True, slots=True)
class Variation:
    """How one class photo differs from the next: crop and light as a phone's would, noise from a seed."""

    seed: int
    crop: float = 0.01  # share cut off each side
    brightness: float = 1.0
    width_px: int = 2016


def packaged_file(package: str, *parts: str) -> Path:
    """A data file of an installed package, found without importing the package.

    Raises:
        DemoPicturesMissing: the package or the file is not there.
    """
    spec = find_spec(package)
    for root in (spec.submodule_search_locations or []) if spec else []:
        path = Path(root, *parts)
        if path.is_file():
            return path
    raise DemoPicturesMissing(
        f"{package} ships no {'/'.join(parts)}; reinstall it: pip install --force-reinstall {package}"
    )


def load_group() -> Image.Image:
    """The sample photo, RGB.

    Raises:
        DemoPicturesMissing: it is not the picture that the head boxes were measured in.
    """
    picture = Image.open(packaged_file("insightface", "data", "images", "t1.jpg")).convert("RGB")
    if picture.size != GROUP_SIZE_WH:
        raise DemoPicturesMissing(f"insightface's t1.jpg is {picture.size}, the demo knows {GROUP_SIZE_WH}")
    return picture


def load_astronaut() -> Image.Image:
    """The astronaut, RGB."""
    return Image.open(packaged_file("skimage", "data", "astronaut.png")).convert("RGB")


def cut_student(group: Image.Image, student_no: str) -> Image.Image:
    """An enrolment portrait of a student: head and shoulders, in the resolution it was taken in."""
    return _cut_portrait(group, STUDENT_HEADS[student_no])


def cut_teacher() -> Image.Image:
    """The enrolment portrait of the teacher."""
    return _cut_portrait(load_astronaut(), ASTRONAUT_HEAD)


def set_scene(group: Image.Image, seed: int, strangers_seat: str | None = None) -> Image.Image:
    """The class as it is photographed: the teacher stands, the students sit, and each has moved a little since the last photo.

    Without that, every photo of the demo would be the same shot stamped anew, and `photo.reuse` would rightly say so.

    Args:
        group: The sample photo; left as it is.
        seed: How everybody holds their head this time.
        strangers_seat: The student in whose place the stranger sits; None for an honest class.
    """
    rng = np.random.default_rng(seed)
    scene = group.copy()
    _set_head(scene, _crop(load_astronaut(), ASTRONAUT_HEAD), STANDING_HEAD, rng)
    for seat, place in SEATS.items():
        head = STRANGER_HEAD if seat == strangers_seat else STUDENT_HEADS[seat]
        _set_head(scene, _crop(group, head), place, rng)
    return scene.crop(SCENE)


def _crop(picture: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    x, y, width, height = box
    return picture.crop((x, y, x + width, y + height))


def _cut_portrait(picture: Image.Image, head: tuple[int, int, int, int]) -> Image.Image:
    x, y, width, height = head
    margin_x, margin_y = round(width * 0.25), round(height * 0.25)
    return picture.crop(
        (max(0, x - margin_x), max(0, y - margin_y), min(picture.width, x + width + margin_x), y + height + margin_y)
    )


def _set_head(
    scene: Image.Image, head: Image.Image, place: tuple[int, int, int, int], rng: np.random.Generator
) -> None:
    x, y, width, height = place
    # A little larger than the head below, which must not look out behind it; then tilted and moved as heads are.
    size = rng.uniform(1.1, 1.18)
    wide, high = round(width * size), round(height * size)
    mask = Image.new("L", (wide, high), 0)
    ImageDraw.Draw(mask).ellipse((4, 4, wide - 4, high - 4), fill=255)
    tilt_deg = float(rng.uniform(-6, 6))
    moved_x, moved_y = rng.uniform(-0.05, 0.05, 2)
    resized = head.resize((wide, high), Image.Resampling.LANCZOS).rotate(tilt_deg, Image.Resampling.BICUBIC)
    mask = mask.filter(ImageFilter.GaussianBlur(5)).rotate(tilt_deg, Image.Resampling.BICUBIC)
    left = x - (wide - width) // 2 + round(float(moved_x) * width)
    top = y - (high - height) // 2 + round(float(moved_y) * height)
    scene.paste(resized, (left, top), mask)


def vary(group: Image.Image, variation: Variation) -> Image.Image:
    """One more photo of the scene: slightly other crop, light and sensor noise."""
    rng = np.random.default_rng(variation.seed)
    left, top, right, bottom = (variation.crop * side for side in rng.uniform(0.3, 1.0, 4))
    width, height = group.size
    picture = group.crop(
        (round(left * width), round(top * height), round(width - right * width), round(height - bottom * height))
    )
    picture = picture.resize(
        (variation.width_px, round(variation.width_px * picture.height / picture.width)), Image.Resampling.LANCZOS
    )
    picture = ImageEnhance.Brightness(picture).enhance(variation.brightness)
    noisy = np.asarray(picture, np.float32) + rng.normal(0.0, 2.5, (picture.height, picture.width, 3)).astype(
        np.float32
    )
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
