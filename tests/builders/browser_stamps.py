"""Pictures with stamps that a browser drew: HTML over a picture, in the fonts that this machine has.

An answer to tests/builders/stamps.py, whose one font and one way of drawing the reader was developed against: ten mixes of
families, nineteen layouts (browser_layouts, browser_panels), the aspects of phones. It needs Debian's chromium and playwright;
nothing is fetched over the network. The same seed draws the same picture wherever the same fonts are installed.
"""

from __future__ import annotations

import base64
import io
import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tests.builders.browser_panels import BROWSER_LAYOUTS
from tests.builders.browser_values import choose_values
from tests.builders.chromium import ARGUMENTS, CHROMIUM
from tests.builders.stamps import StampTruth
from verifier.observation import Box

if TYPE_CHECKING:
    from playwright.sync_api import Page

ASPECTS = ((3, 4), (3, 4), (4, 3), (4, 3), (9, 16), (16, 9))
OVERLAY_ASPECT = (16, 9)
FONT_MIXES = (
    ("Noto Sans CJK SC",),
    ("WenQuanYi Micro Hei",),
    ("WenQuanYi Zen Hei",),
    ("Roboto", "Noto Sans CJK SC"),
    ("Inter", "Noto Sans CJK SC"),
    ("Roboto", "Droid Sans Fallback"),
    ("Open Sans", "WenQuanYi Micro Hei"),
    ("Lato", "WenQuanYi Zen Hei"),
    ("DejaVu Sans", "Droid Sans Fallback"),
    ("Noto Sans CJK HK",),
)
# NotoSansSC out of the wheel that the project itself draws with: for a machine without any Chinese font, and for tests.
WHEEL_FAMILY = "Noto Sans SC of the wheel"
WHEEL_MIX = (WHEEL_FAMILY,)
DIGIT_FAMILIES = (
    "Roboto Condensed", "Inter", "Roboto", "Open Sans Condensed", "Lato", "Noto Sans CJK SC", "DejaVu Sans Condensed",
)  # fmt: skip
FONT_PACKAGES = (
    "fonts-noto-cjk fonts-wqy-microhei fonts-wqy-zenhei fonts-roboto fonts-inter fonts-lato fonts-open-sans fonts-dejavu "
    "fonts-droid-fallback"
)
# A font out of the page itself is decoded only when its first letter is laid out.
_LAY_OUT = """([style, html]) => {
    document.body.style.cssText = style;
    document.body.innerHTML = html;
    return document.fonts.ready.then(() => null);
}"""


class BrowserMissing(Exception):
    """Debian's chromium or playwright is not installed; the message says how to install it."""


@dataclass(frozen=True, slots=True)
class Fonts:
    """The mixes to choose from, each family before what stands in for letters it lacks; families for large digits."""

    mixes: tuple[tuple[str, ...], ...]
    digits: tuple[str, ...]

    @property
    def families(self) -> list[str]:
        """Every family once, sorted."""
        return sorted({family for mix in self.mixes for family in mix} | set(self.digits))


WHEEL_FONTS = Fonts((WHEEL_MIX,), (WHEEL_FAMILY,))


def find_fonts() -> Fonts:
    """Those mixes and digits whose families `fc-list` finds; the wheel's font where there is no Chinese mix."""
    if shutil.which("fc-list") is None:
        return WHEEL_FONTS
    told = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True).stdout
    installed = {family.strip() for line in told.splitlines() for family in line.split(",")}
    mixes = tuple(mix for mix in FONT_MIXES if installed.issuperset(mix)) or (WHEEL_MIX,)
    return Fonts(mixes, tuple(family for family in DIGIT_FAMILIES if family in installed) or mixes[0])


@dataclass(frozen=True, slots=True, eq=False)
class StampPainter:
    """Draws stamps on an open page of the browser."""

    page: Page
    fonts: Fonts

    def draw(
        self, background: Image.Image, layout: str, seed: str, *, scale: float = 1.0
    ) -> tuple[Image.Image, StampTruth]:
        """A copy of a picture with one stamp, and what it says.

        Args:
            layout: One of BROWSER_LAYOUTS.
            seed: Chooses what the stamp says, its variation and its fonts.
            scale: Size of the stamp against the app's usual one.
        """
        chance = random.Random(f"{layout}/{seed}")
        values = choose_values(chance)
        body, truth = BROWSER_LAYOUTS[layout](values, chance)
        mix, digits = chance.choice(self.fonts.mixes), chance.choice(self.fonts.digits)
        sheet = self._draw_sheet(background.size, body, mix, digits, scale)
        left, top, right, bottom = sheet.getchannel("A").getbbox() or (0, 0, 0, 0)
        picture = Image.alpha_composite(background.convert("RGBA"), sheet).convert("RGB")
        return picture, replace(truth, layout=layout, box=Box(left, top, right - left, bottom - top))

    def _draw_sheet(
        self, size: tuple[int, int], body: str, mix: Sequence[str], digits: str, scale: float
    ) -> Image.Image:
        """The stamp alone on a transparent sheet."""
        width, height = size
        letters = ",".join(f"'{family}'" for family in mix) + ",sans-serif"
        sizes = f"width:{width}px;height:{height}px;--u:{scale * min(size) / 100}px;"
        families = f"--letters:{letters};--digits:'{digits}',{letters};font-family:var(--letters);"
        fixed = "position:relative;overflow:hidden;background:transparent;"
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate(_LAY_OUT, [sizes + families + fixed, body])
        return Image.open(io.BytesIO(self.page.screenshot(omit_background=True))).convert("RGBA")


@contextmanager
def open_painter(fonts: Fonts | None = None) -> Iterator[StampPainter]:
    """A browser to draw stamps in; closed at the end.

    Args:
        fonts: None takes what is installed.
    Raises:
        BrowserMissing: there is no chromium or no playwright.
    """
    if not CHROMIUM.exists():
        raise BrowserMissing("Debian's chromium is not installed (apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError as error:
        raise BrowserMissing("playwright is not installed (pip install playwright)") from error
    with sync_playwright() as playwright:
        # One profile of colours: what a machine's screen would change is no part of a stamp.
        arguments = [*ARGUMENTS, "--force-color-profile=srgb"]
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        context = chromium.new_context(offline=True)
        page, fonts = context.new_page(), fonts or find_fonts()
        face = _embed_wheel_font() if WHEEL_FAMILY in fonts.families else ""
        page.set_content(f"<!doctype html><meta charset=utf-8><style>{face}*{{margin:0}}</style><body></body>")
        yield StampPainter(page, fonts)
        chromium.close()


def choose_aspect(chance: random.Random, layout: str) -> tuple[int, int]:
    """Width and height as phones take pictures; fixed cameras see 16 by 9."""
    return OVERLAY_ASPECT if layout == "10 camera overlay" else chance.choice(ASPECTS)


def cut_background(picture: Image.Image, side_px: int, aspect: tuple[int, int], chance: random.Random) -> Image.Image:
    """A random part of a picture in an aspect, its longer side of that length; made larger, it is given a sensor's noise."""
    width, height = (round(side_px * part / max(aspect)) for part in aspect)
    step = min(picture.width / width, picture.height / height)
    left = chance.uniform(0, max(0.0, picture.width - width * step))
    top = chance.uniform(0, max(0.0, picture.height - height * step))
    part = (left, top, min(picture.width, left + width * step), min(picture.height, top + height * step))
    method = Image.Resampling.LANCZOS if step > 1 else Image.Resampling.BICUBIC
    cut = picture.convert("RGB").resize((width, height), method, box=part)
    # An enlarged picture is smoother than any photo: letters would stand out from it as they do nowhere else.
    if step >= 0.7:
        return cut
    deviation, seed = chance.uniform(1, 4), chance.randrange(1 << 30)
    noise = np.random.default_rng(seed).normal(0, deviation, (height, width, 1))
    return Image.fromarray((np.asarray(cut, np.float32) + noise).clip(0, 255).astype(np.uint8))


def _embed_wheel_font() -> str:
    """The CSS that brings the wheel's font into a page."""
    font = resources.files("pylopdf_fonts_zh_cn").joinpath("NotoSansSC-Regular.otf").read_bytes()
    source = f"url(data:font/otf;base64,{base64.b64encode(font).decode()})"
    return f"@font-face{{font-family:'{WHEEL_FAMILY}';src:{source}}}"
