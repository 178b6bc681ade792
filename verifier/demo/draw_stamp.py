"""Draw watermark-camera stamps on pictures, for the demonstration: layouts 1, 2 and 5 of the field.

The styles are drawn as the apps do: white sans-serif with a soft shadow, a chip, an amber bar, sizes that follow the
picture's shorter side. The font comes from a wheel, so a machine without Chinese fonts draws the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from importlib import resources

from PIL import Image, ImageDraw, ImageFilter, ImageFont

WHITE = (255, 255, 255, 255)
AMBER = (255, 190, 40, 255)
INK = (30, 30, 30, 255)
SHADOW = (0, 0, 0, 150)
WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
DRAWN_LAYOUTS = ("sign_in", "big_clock", "labelled_rows")
# How much larger the apps draw than the layouts below say; measured on published samples, see tests/builders/stamps.py.
APP_SIZES = {"sign_in": 1.3, "big_clock": 1.25, "labelled_rows": 1.0}


@dataclass(frozen=True, slots=True)
class StampText:
    """What a drawn stamp says. `weekday` None prints the date's own; coordinates in degrees, None prints none."""

    day: date
    clock: time
    place: str
    longitude: float | None = None
    latitude: float | None = None
    weekday: str | None = None
    seconds: bool = False

    @property
    def weekday_text(self) -> str:
        """The weekday as printed."""
        return self.weekday or WEEKDAYS[self.day.weekday()]

    @property
    def clock_text(self) -> str:
        """The clock as printed, HH:MM or HH:MM:SS."""
        return f"{self.clock:%H:%M:%S}" if self.seconds else f"{self.clock:%H:%M}"


def draw_stamp(picture: Image.Image, text: StampText, layout: str = "sign_in") -> Image.Image:
    """A copy of a picture with a stamp at its bottom left.

    Args:
        picture: Any size and mode; left as it is.
        text: What to print.
        layout: One of DRAWN_LAYOUTS.
    Returns: An RGB picture of the same size.
    Raises:
        ValueError: no such layout.
    """
    drawers: dict[str, Callable[[Sheet, StampText], None]] = {
        "sign_in": draw_sign_in,
        "big_clock": draw_big_clock,
        "labelled_rows": draw_labelled_rows,
    }
    draw = drawers.get(layout)
    if draw is None:
        raise ValueError(f"layout {layout!r} is none of {', '.join(DRAWN_LAYOUTS)}")
    return draw_fitting(picture, lambda sheet: draw(sheet, text), APP_SIZES[layout]).flatten(picture)


def draw_fitting(picture: Image.Image, draw: Callable[[Sheet], None], scale: float) -> Sheet:
    """Draw on a sheet; smaller, as apps do, where it would reach the picture's right edge."""
    right = picture.width
    while right >= picture.width:
        sheet = Sheet.on(picture, scale)
        draw(sheet)
        right = (sheet.image.getbbox() or (0, 0, 0, 0))[2]
        scale *= 0.92
    return sheet


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A transparent sheet over a picture; `unit` is 1 % of the picture's shorter side, in pixels."""

    image: Image.Image
    shadow: Image.Image
    unit: float

    @classmethod
    def on(cls, picture: Image.Image, scale: float = 1.0) -> Sheet:
        """An empty sheet of a picture's size; `scale` makes everything on it larger or smaller."""
        blank = Image.new("RGBA", picture.size, (0, 0, 0, 0))
        return cls(blank, blank.copy(), scale * min(picture.size) / 100)

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.image.height

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.image.width

    def write(
        self,
        xy: tuple[float, float],
        text: str,
        size: float,
        fill: tuple[int, int, int, int] = WHITE,
        *,
        shadow: bool = True,
        bold: bool = False,
        anchor: str = "lt",
    ) -> float:
        """Write one line with its top left at `xy` (pixels), letters of `size` units. Returns: its width in pixels."""
        font = load_font(max(8, round(size * self.unit)))
        stroke = max(1, round(size * self.unit / 28)) if bold else 0
        if shadow:
            offset = max(1.0, size * self.unit / 24)
            place = (xy[0] + offset, xy[1] + offset)
            ImageDraw.Draw(self.shadow).text(place, text, SHADOW, font, anchor, stroke_width=stroke)
        ImageDraw.Draw(self.image).text(xy, text, fill, font, anchor, stroke_width=stroke, stroke_fill=fill)
        return float(font.getlength(text))

    def panel(
        self, box: tuple[float, float, float, float], fill: tuple[int, int, int, int], radius: float = 0.0
    ) -> None:
        """Fill a rectangle (left, top, right, bottom in pixels), corners rounded by `radius` units."""
        ImageDraw.Draw(self.image).rounded_rectangle(box, radius * self.unit, fill)

    def flatten(self, picture: Image.Image) -> Image.Image:
        """The picture with shadow and sheet laid over it."""
        soft = self.shadow.filter(ImageFilter.GaussianBlur(max(0.6, self.unit / 6)))
        whole = Image.alpha_composite(picture.convert("RGBA"), soft)
        return Image.alpha_composite(whole, self.image).convert("RGB")


@cache
def load_font(size_px: int) -> ImageFont.FreeTypeFont:
    """NotoSansSC out of its wheel, in one size."""
    file = resources.files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf"
    with resources.as_file(file) as path:
        return ImageFont.truetype(str(path), size_px)


def draw_sign_in(sheet: Sheet, text: StampText, *, chip: str = "打卡", date_form: str = "%Y.%m.%d") -> None:
    """Layout 1: a chip with the clock; below, an amber bar with place and date; a line that claims to vouch for it."""
    unit, left = sheet.unit, 4 * sheet.unit
    top = sheet.height - 31 * unit
    clock_width = load_font(max(8, round(5.6 * unit))).getlength(text.clock_text)
    sheet.panel((left, top, left + 13.5 * unit + clock_width, top + 8 * unit), (255, 255, 255, 235), 1.2)
    sheet.panel((left + 0.8 * unit, top + 0.8 * unit, left + 10.6 * unit, top + 7.2 * unit), AMBER, 0.9)
    sheet.write((left + 5.7 * unit, top + 4 * unit), chip, 4, INK, shadow=False, bold=True, anchor="mm")
    sheet.write((left + 12 * unit, top + 4 * unit), text.clock_text, 5.6, INK, shadow=False, bold=True, anchor="lm")
    sheet.panel((left, top + 10 * unit, left + 0.7 * unit, top + 20 * unit), AMBER)
    sheet.write((left + 2.4 * unit, top + 10 * unit), text.place, 3.7)
    printed = f"{text.day.strftime(date_form)}  {text.weekday_text}"
    sheet.write((left + 2.4 * unit, top + 15.6 * unit), printed, 3.7)
    bottom = top + 22.5 * unit
    if text.longitude is not None and text.latitude is not None:
        sheet.write((left, bottom), f"经纬度：{text.latitude:.6f}，{text.longitude:.6f}", 2.8)
        bottom += 4 * unit
    sheet.write((left, bottom), "今日水印相机已验证考勤信息真实性", 2.4, (255, 255, 255, 210))


def draw_big_clock(sheet: Sheet, text: StampText, *, weather: str = "雾 5℃") -> None:
    """Layout 2: a big clock, a bar, right of it the date over weekday and weather; below the place and coordinates."""
    unit, left = sheet.unit, 4 * sheet.unit
    top = sheet.height - 25 * unit
    width = sheet.write((left, top), text.clock_text, 10)
    bar = left + width + 1.6 * unit
    sheet.panel((bar, top - 0.2 * unit, bar + 0.6 * unit, top + 8 * unit), AMBER)
    sheet.write((bar + 2.2 * unit, top - 0.4 * unit), f"{text.day:%Y-%m-%d}", 3.7)
    sheet.write((bar + 2.2 * unit, top + 4.4 * unit), f"{text.weekday_text}  {weather}", 3.5)
    sheet.write((left, top + 12 * unit), text.place, 3.6)
    if text.longitude is not None and text.latitude is not None:
        sheet.write((left, top + 17 * unit), f"经纬度: {text.latitude:.5f}, {text.longitude:.5f}", 3)


def draw_labelled_rows(sheet: Sheet, text: StampText) -> None:
    """Layout 5: rows with labels, longitude and latitude on rows of their own."""
    rows = []
    if text.longitude is not None and text.latitude is not None:
        rows += [f"经度：{text.longitude:.6f}", f"纬度：{text.latitude:.6f}"]
    rows += [f"地址：{text.place}", f"时间：{text.day:%Y-%m-%d} {text.clock_text}"]
    write_rows(sheet, rows, 3.4)


def write_rows(sheet: Sheet, rows: Sequence[str], size: float, *, left: float | None = None) -> None:
    """Write rows one below the other so that the last one ends above the picture's lower edge; sizes in units."""
    step = 1.55 * size * sheet.unit
    left = 4 * sheet.unit if left is None else left
    top = sheet.height - 3 * sheet.unit - step * len(rows)
    for index, row in enumerate(rows):
        sheet.write((left, top + index * step), row, size)
