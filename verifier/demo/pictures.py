"""The demo's pictures: cut, varied and stamped from what installed packages ship.

insightface's sample photo shows six people at a table; scikit-image has an astronaut. Enrolment and class pictures derive from the
same photo, so the demo shows that the machinery works, not how well faces are recognised across days: that is measured by
``verifier evaluate`` on pictures taken apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

# Head boxes (x, y, width, height) in insightface's t1.jpg, 1280 x 886, hair included: where to cut portraits.
GROUP_SIZE_WH = (1280, 886)
HEADS = {
    "S01": (20, 235, 175, 200),
    "S02": (240, 110, 170, 190),
    "S03": (440, 225, 170, 210),
    "S04": (725, 290, 150, 200),
    "S05": (1105, 240, 150, 200),
    "T01": (880, 15, 180, 200),
}
# The astronaut's head in skimage.data.astronaut(), 512 x 512.
ASTRONAUT_HEAD = (150, 5, 160, 215)


class DemoPicturesMissing(RuntimeError):
    """An installed package no longer ships the sample picture that the demo is made from."""


@dataclass(frozen=True, slots=True)
class Variation:
    """How one class photo differs from the next: crop and light as a phone's would, noise from a seed."""

    seed: int
    crop: float = 0.02  # share cut off each side
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
    """The six people, RGB."""
    picture = Image.open(packaged_file("insightface", "data", "images", "t1.jpg")).convert("RGB")
    if picture.size != GROUP_SIZE_WH:
        raise DemoPicturesMissing(f"insightface's t1.jpg is {picture.size}, the demo knows {GROUP_SIZE_WH}")
    return picture


def load_stranger() -> Image.Image:
    """The astronaut's head, RGB."""
    picture = Image.open(packaged_file("skimage", "data", "astronaut.png")).convert("RGB")
    x, y, width, height = ASTRONAUT_HEAD
    return picture.crop((x, y, x + width, y + height))


def cut_portrait(group: Image.Image, person: str) -> Image.Image:
    """An enrolment portrait of one of the six: head and shoulders, 480 px wide, as an identity photo shows them."""
    x, y, width, height = HEADS[person]
    margin_x, margin_y = width * 0.25, height * 0.25
    box = (max(0, x - margin_x), max(0, y - margin_y), min(group.width, x + width + margin_x), y + height + margin_y)
    portrait = group.crop(tuple(round(value) for value in box))
    return portrait.resize((480, round(480 * portrait.height / portrait.width)), Image.Resampling.LANCZOS)


def seat_stranger(group: Image.Image, seat: str) -> Image.Image:
    """The class photo with the astronaut's head over one student's: somebody else sits there."""
    x, y, width, height = HEADS[seat]
    head = load_stranger().resize((round(width * 1.15), round(height * 1.15)), Image.Resampling.LANCZOS)
    mask = Image.new("L", head.size, 0)
    ImageDraw.Draw(mask).ellipse((4, 4, head.width - 4, head.height - 4), fill=255)
    seated = group.copy()
    seated.paste(head, (round(x - width * 0.075), round(y - height * 0.075)), mask.filter(ImageFilter.GaussianBlur(5)))
    return seated


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
