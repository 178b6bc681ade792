"""How exactly are stamps read that another hand drew: web pages, rendered by a browser over real pictures?

`benchmarks/stamps.py` and the reader's tests draw with Pillow, with one font and one hand. Here Chromium draws fifteen layouts
(benchmarks/browser_layouts.py) with ten mixtures of fonts, in a phone's six aspects, 720 to 4,000 px and JPEG 60 to 95.

    apt-get install chromium fonts-noto-cjk fonts-wqy-microhei fonts-wqy-zenhei fonts-droid-fallback fonts-roboto fonts-inter \\
        fonts-lato fonts-open-sans
    python -m benchmarks.browser_stamps --photos 225 --seed 1 --keep FOLDER
"""

from __future__ import annotations

import argparse
import io
import os
import random
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
from PIL import Image

from benchmarks.browser_layouts import LAYOUTS, SHADOWS, STYLE, draw_shot
from benchmarks.stamps import Tally, choose_stamp, compare, find_backgrounds, report
from tests.api.pages.conftest import ARGUMENTS, CHROMIUM
from tests.builders.stamps import StampTruth, as_bgr
from verifier.observation import Box
from verifier.photo.quality import QUALITY_2023
from verifier.photo.read_stamp import read_stamps
from verifier.photo.stamp_limits import STAMP_TIME_2023
from verifier.vision.text import TextNet, open_text_net

SIDES_PX = (720, 1080, 1280, 1440, 1920, 3000, 4000)
QUALITIES = (60, 65, 70, 75, 80, 85, 90, 95)
ASPECTS = ((3, 4), (3, 4), (4, 3), (4, 3), (9, 16), (16, 9))
FONTS = (
    "'Noto Sans CJK SC'", "'WenQuanYi Micro Hei'", "'WenQuanYi Zen Hei'", "Roboto,'Noto Sans CJK SC'", "Inter,'Noto Sans CJK SC'",
    "Roboto,'Droid Sans Fallback'", "'Open Sans','WenQuanYi Micro Hei'", "Lato,'WenQuanYi Zen Hei'",
    "'DejaVu Sans','Droid Sans Fallback'", "'Noto Sans CJK HK'",
)  # fmt: skip
_UNITS = re.compile(r"(?<![0-9.])([0-9]*\.?[0-9]+)un\b")  # see browser_layouts.py
CLOCK_FONTS = ("'Roboto Condensed'", "Inter", "Roboto", "'Open Sans Condensed'", "Lato", "'Noto Sans CJK SC'")


@contextmanager
def open_page() -> Iterator[Any]:
    """A page of a browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield chromium.new_page()
        chromium.close()


def cut_background(file: Path, side_px: int, aspect: tuple[int, int], chance: random.Random) -> Image.Image:
    """A part of a picture in a phone's aspect, as large as it fits, in the wanted size."""
    picture = Image.open(file).convert("RGB")
    width, height = (round(side_px * part / max(aspect)) for part in aspect)
    scale = min(picture.width / width, picture.height / height)
    across, down = scale * width, scale * height
    left, top = chance.uniform(0, picture.width - across), chance.uniform(0, picture.height - down)
    box = (max(0.0, left), max(0.0, top), min(picture.width, left + across), min(picture.height, top + down))
    return picture.resize((width, height), Image.Resampling.BICUBIC, box=box, reducing_gap=2.0)


def draw_over(page: Any, picture: Image.Image, html: str, chance: random.Random) -> tuple[Image.Image, Box]:
    """The picture with a page rendered over it, and the box around what was drawn."""
    width, height = picture.size
    style = f"font-family:{chance.choice(FONTS)},sans-serif;text-shadow:{chance.choice(SHADOWS)}"
    size = f"width:{width}px;height:{height}px"
    page.set_viewport_size({"width": width, "height": height})
    text = (
        f"<style>{STYLE} .clock{{font-family:{chance.choice(CLOCK_FONTS)}}}</style>"
        f'<meta charset="utf-8"><body style="{size};{style}">{html}</body>'
    )
    unit = min(width, height) / 100
    page.set_content(_UNITS.sub(lambda match: f"{float(match[1]) * unit:.2f}px", text))
    drawn = Image.open(io.BytesIO(page.screenshot(omit_background=True))).convert("RGBA")
    left, top, right, bottom = drawn.getchannel("A").getbbox() or (0, 0, 0, 0)
    whole = Image.alpha_composite(picture.convert("RGBA"), drawn).convert("RGB")
    return whole, Box(left, top, right - left, bottom - top)


def draw_photo(
    page: Any, backgrounds: Sequence[Path], layout: str, chance: random.Random
) -> tuple[Image.Image, StampTruth]:
    """One stamped picture and what its stamp says."""
    side, aspect = chance.choice(SIDES_PX), chance.choice(ASPECTS)
    background = cut_background(chance.choice(backgrounds), side, aspect, chance)
    html, truth = LAYOUTS[layout](draw_shot(chance), chance)
    picture, box = draw_over(page, background, html, chance)
    return picture, replace(truth, layout=layout, box=box)


def measure(options: argparse.Namespace, page: Any, net: TextNet, tally: Tally) -> None:
    """Draw, read and compare; print each miss, and what was wrong although it was surely read."""
    backgrounds = [
        file for file in find_backgrounds() if "_hik_" not in file.name
    ]  # those have an overlay of their own
    for number in range(options.photos):
        chance = random.Random(f"{options.seed}-{number}")
        layout = list(LAYOUTS)[number % len(LAYOUTS)]
        picture, truth = draw_photo(page, backgrounds, layout, chance)
        pixels = as_bgr(picture, chance.choice(QUALITIES))
        began = time.process_time()
        stamps = read_stamps(pixels, net)
        tally.seconds[max(picture.size)].append(time.process_time() - began)
        tally.photos += 1
        tally.several += len(stamps) > 1
        stamp = choose_stamp(stamps, truth.box)  # type: ignore[arg-type]
        answers = compare(truth, stamp)
        for name, (exact, sure) in answers.items():
            tally.hits[layout, name].append(exact)
            tally.by_confidence.append((name, exact, sure))
            if min(picture.size) >= QUALITY_2023.small_below_px:
                tally.accepted[name].append(exact)
            if not exact:
                wrong = "WRONG AND SURE" if sure is not None and sure >= STAMP_TIME_2023.min_confidence else "miss"
                lines = [line.text for line in stamp.lines] if stamp else None
                print(f"{wrong} {number} {layout} {name} {sure}: {truth} read {lines}")
        if options.keep and not all(exact for exact, _ in answers.values()):
            options.keep.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(options.keep / f"{options.seed}-{number:03d}.png"), pixels)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, read, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=225)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the pictures with misread fields")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    tally = Tally()
    with open_page() as page:
        measure(options, page, open_text_net(threads=1), tally)
    report(list(LAYOUTS), set(), tally)


if __name__ == "__main__":
    main()
