"""Pictures with watermark-camera stamps in all layouts of the field, and what each of them says.

Everything follows from a seed: the same seed draws the same stamp. Styles are drawn as the apps do it (shadows, chips, panels
that let the picture through, vertical codes), then the picture is recompressed.
"""

from __future__ import annotations

import io
import random
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from verifier.demo.draw_stamp import (
    AMBER,
    INK,
    WHITE,
    Sheet,
    StampText,
    draw_big_clock,
    draw_fitting,
    draw_labelled_rows,
    draw_sign_in,
    load_font,
    write_rows,
)
from verifier.observation import Box

PLACES = (
    "益阳市赫山区桃花仑西路788号", "北京·三里屯", "湖南省长沙市岳麓区麓山南路932号", "白云机场",
    "益阳市资阳区五一西路201号", "成都市武侯区天府大道中段666号", "沅江市琼湖街道桔园路", "广州市天河区体育东路138号",
    "杭州市·西湖文化广场", "安化县东坪镇迎春路58号", "深圳市南山区科技园北区", "南县职业中专实训楼",
)  # fmt: skip
ENGLISH_PLACES = (
    ("Bengaluru, Karnataka, India", "80 Feet Road, Koramangala 560034"),
    ("Changsha, Hunan, China", "Lushan South Road 932, Yuelu District"),
    ("Mumbai, Maharashtra, India", "Linking Road, Bandra West 400050"),
)
BLUE = (40, 110, 210, 255)
LAYOUTS = (
    "1 sign-in", "1 sign-in, year month day", "2 big clock", "3 badge", "4 engineering panel", "4 engineering, spaced",
    "5 labelled rows", "5 swapped letters", "6 mark camera", "6 mark camera, centred", "7 police card", "8 timemark",
    "9 gps map camera", "10 camera overlay", "11 degrees", "11 east and north",
)  # fmt: skip
MAIN_LAYOUTS = ("1 sign-in", "1 sign-in, year month day", "2 big clock", "5 labelled rows")


# How much larger the apps draw than the layouts below say, measured on published samples (../shared/data/watermark),
# in shares of the picture's width. Sign-in (tpl_attendance_daka.png, 319 px wide): "2018.09.15" is 78 px long and its
# digits 11 px high, the weekday's letters are 15.3 px wide (4.8 %; drawn here: 3.7 units), the smallest line's 12.0 px
# (3.75 %; drawn: 2.4). Engineering (tpl_engineering.png, 319 px): nine letters in 121 px, 4.2 % each (drawn: 3.2).
# For the big clock only a cut-out shows (item6_cover_5437.png: sizes against each other, as drawn); it is the same app, none
# of whose lines is smaller than 3.75 % (drawn: 3 units for coordinates). The other layouts are drawn as they stand, the badge
# too: no published sample shows it whole. What would not fit the picture's width is drawn smaller, as apps do.
_APP_SIZES = {
    "1 sign-in": 1.3,
    "1 sign-in, year month day": 1.3,
    "2 big clock": 1.25,
    "4 engineering panel": 1.3,
    "4 engineering, spaced": 1.3,
}


@dataclass(frozen=True, slots=True)
class StampTruth:
    """What a drawn stamp says; None where the layout does not print it. Coordinates as printed, in degrees."""

    layout: str
    day: date
    clock: time
    weekday: int | None = None
    address: str | None = None
    longitude: float | None = None
    latitude: float | None = None
    code: str | None = None
    utc_offset: timedelta | None = None
    swapped: bool = False
    box: Box | None = None  # around everything drawn, in pixels
    address_forms: tuple[str, ...] = ()  # other right readings of the address: a street without its city


def a_stamped_picture(
    background: Image.Image, layout: str, seed: int = 1, *, scale: float = 1.0
) -> tuple[Image.Image, StampTruth]:
    """A copy of a picture with one stamp, and what it says.

    Args:
        layout: One of LAYOUTS.
        seed: Chooses date, time, place and codes.
        scale: Size of the stamp against the app's usual one (_APP_SIZES).
    """
    truths: list[StampTruth] = []

    def draw(sheet: Sheet) -> None:
        truths.append(_DRAWERS[layout](sheet, random.Random(f"{layout}/{seed}")))

    sheet = draw_fitting(background, draw, scale * _APP_SIZES.get(layout, 1.0))
    left, top, right, bottom = sheet.image.getbbox() or (0, 0, 0, 0)
    return sheet.flatten(background), replace(truths[-1], box=Box(left, top, right - left, bottom - top))


def as_jpeg(picture: Image.Image, quality: int = 85, *, full_colour: bool = False) -> bytes:
    """The picture's JPEG file; its colours at half the resolution (4:2:0) or, as good phones write them, at all of it."""
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=quality, subsampling="4:4:4" if full_colour else "4:2:0")
    return file.getvalue()


def as_bgr(picture: Image.Image, quality: int | None = None, *, full_colour: bool = False) -> NDArray[np.uint8]:
    """The picture as the readers take it, (H, W, 3) BGR; through a JPEG of that quality where one is given."""
    if quality is not None:
        picture = Image.open(io.BytesIO(as_jpeg(picture, quality, full_colour=full_colour)))
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1])


def resize_longer_side(picture: Image.Image, side_px: int) -> Image.Image:
    """The picture with its longer side of that length."""
    ratio = side_px / max(picture.size)
    return picture.convert("RGB").resize((round(picture.width * ratio), round(picture.height * ratio)), Image.LANCZOS)


def a_plain_room(width: int = 1280, height: int = 960, seed: int = 1) -> Image.Image:
    """A synthetic background: walls, a floor and desks with noise, for tests without any real picture."""
    chance = np.random.default_rng(seed)
    shade = np.linspace(150, 90, height)[:, None, None] + np.zeros((1, width, 3))
    picture = Image.fromarray(np.clip(shade + chance.normal(0, 5, (height, width, 3)), 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y = int(chance.integers(0, width)), int(chance.integers(height // 3, height))
        tone = tuple(int(value) for value in chance.integers(50, 170, 3))
        pen.rectangle((x, y, x + width // 9, y + height // 14), fill=tone)
    return picture


def _when(draw: random.Random) -> tuple[date, time]:
    day = date(2018, 1, 1) + timedelta(days=draw.randrange(3200))
    return day, time(draw.randrange(6, 23), draw.randrange(60), draw.randrange(60))


def _where(draw: random.Random) -> tuple[float, float]:
    """Longitude and latitude in China, to six decimals."""
    return round(draw.uniform(98, 122), 6), round(draw.uniform(22, 42), 6)


def _code(draw: random.Random, length: int) -> str:
    # Codes hold digits and letters; O and I are left out, as makers of codes do.
    letters = [letter for letter in string.ascii_uppercase if letter not in "OI"]
    return "".join(draw.choice([*letters, *string.digits]) for _ in range(length))


def _hm(clock: time) -> time:
    return clock.replace(second=0)


def _draw_one(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    longitude, latitude = _where(draw)
    place = draw.choice(PLACES)
    with_place = draw.random() < 0.6
    text = StampText(day, clock, place, longitude if with_place else None, latitude if with_place else None)
    draw_sign_in(sheet, text)
    return StampTruth("1 sign-in", day, _hm(clock), day.weekday(), place, text.longitude, text.latitude)


def _draw_one_cjk(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    place = draw.choice(PLACES)
    draw_sign_in(sheet, StampText(day, clock, place), date_form="%Y年%m月%d日")
    return StampTruth("1 sign-in, year month day", day, _hm(clock), day.weekday(), place)


def _draw_two(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    longitude, latitude = _where(draw)
    place = draw.choice(PLACES)
    draw_big_clock(
        sheet,
        StampText(day, clock, place, longitude, latitude),
        weather=f"{draw.choice('晴阴雾')} {draw.randrange(-5, 36)}℃",
    )
    return StampTruth("2 big clock", day, _hm(clock), day.weekday(), place, round(longitude, 5), round(latitude, 5))


def _draw_three(sheet: Sheet, draw: random.Random) -> StampTruth:
    """A big clock at the left, the badge with its code at the right."""
    truth = _draw_two(sheet, draw)
    code = _code(draw, draw.randrange(12, 17))
    unit = sheet.unit
    right, bottom = sheet.width - 3 * unit, sheet.height - 3 * unit
    sheet.write((right, bottom - 12.5 * unit), "今日水印", 3.6, bold=True, anchor="rt")
    sheet.write((right, bottom - 8.2 * unit), "相机  真实时间", 2.6, anchor="rt")
    sheet.write((right, bottom - 3.6 * unit), f"防伪 {code}", 2.4, anchor="rt")
    return StampTruth(
        "3 badge", truth.day, truth.clock, truth.weekday, truth.address, truth.longitude, truth.latitude, code
    )


def _draw_panel(sheet: Sheet, title: str, rows: list[str], *, alpha: int, dark: bool) -> None:
    unit, size = sheet.unit, 3.2
    width = max(load_font(max(8, round(size * unit))).getlength(row) for row in [title, *rows]) + 4 * unit
    left, step = 3 * unit, 5.2 * unit
    top = sheet.height - 4 * unit - step * (len(rows) + 1)
    ground = (60, 70, 90, alpha) if dark else (255, 255, 255, alpha)
    sheet.panel((left, top, left + width, sheet.height - 3 * unit), ground, 1)
    sheet.panel((left, top, left + width, top + step), (40, 110, 230, 235), 1)
    sheet.panel((left + 1.5 * unit, top + 2 * unit, left + 2.7 * unit, top + 3.2 * unit), AMBER, 0.6)
    sheet.write((left + width / 2, top + step / 2), title, size, shadow=False, anchor="mm")
    for index, row in enumerate(rows):
        at = (left + 2 * unit, top + step * (index + 1) + step / 2)
        sheet.write(at, row, size, WHITE if dark else INK, shadow=False, anchor="lm")


def _draw_four(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    place = draw.choice(PLACES)
    rows = [
        "工程名称：港珠澳大桥", f"施工地点：{place}", "施工内容：接头钢壳混凝土浇筑",
        f"拍摄时间：{day:%Y.%m.%d} {clock:%H:%M}",
    ]  # fmt: skip
    _draw_panel(sheet, "中交一航局二公司", rows, alpha=235, dark=False)
    return StampTruth("4 engineering panel", day, _hm(clock), None, place)


def _draw_four_spaced(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    place = draw.choice(PLACES)
    rows = [f"时　间: {day:%Y.%m.%d}  {clock:%H:%M}", f"天　气: 晴 {draw.randrange(1, 36)}℃", f"地　点: {place}"]
    _draw_panel(sheet, "工程记录", rows, alpha=150, dark=True)
    return StampTruth("4 engineering, spaced", day, _hm(clock), None, place)


def _draw_five(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    longitude, latitude = _where(draw)
    place = draw.choice(PLACES)
    draw_labelled_rows(sheet, StampText(day, clock, place, longitude, latitude, seconds=True))
    return StampTruth("5 labelled rows", day, clock, None, place, longitude, latitude)


def _draw_five_swapped(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    longitude, latitude = _where(draw)
    place = draw.choice(PLACES)
    rows = [f"经纬度: {latitude:.6f}°E,{longitude:.6f}°N", f"地址: {place}", f"时间: {day:%Y-%m-%d} {clock:%H:%M:%S}"]
    write_rows(sheet, rows, 3.4)
    return StampTruth("5 swapped letters", day, clock, None, place, longitude, latitude, swapped=True)


def _draw_six(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    place = draw.choice(PLACES)
    unit, left = sheet.unit, 4 * sheet.unit
    top = sheet.height - 31 * unit
    sheet.panel((left, top, left + 31 * unit, top + 8 * unit), (255, 255, 255, 240), 1)
    sheet.panel((left + 0.8 * unit, top + 0.8 * unit, left + 16 * unit, top + 7.2 * unit), (0, 195, 155, 255), 0.8)
    sheet.write((left + 8.4 * unit, top + 4 * unit), "√打卡", 4, shadow=False, anchor="mm")
    sheet.write(
        (left + 17.5 * unit, top + 4 * unit), f"{clock:%H:%M}", 5, (0, 175, 140, 255), shadow=False, anchor="lm"
    )
    text = StampText(day, clock, place)
    sheet.write((left, top + 11 * unit), f"{day:%Y/%m/%d} {text.weekday_text}", 4.4, bold=True)
    sheet.write((left + unit, top + 17.5 * unit), f"• {place}", 3.8, bold=True)
    sheet.write((left, top + 26 * unit), "马克相机已验证照片真实性", 2.6, (255, 255, 255, 200))
    return StampTruth("6 mark camera", day, _hm(clock), day.weekday(), place)


def _draw_six_centred(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    place = draw.choice(PLACES)
    text = StampText(day, clock, place)
    middle, unit = sheet.width / 2, sheet.unit
    sheet.write((middle, sheet.height - 24 * unit), f"{clock:%H:%M}", 9, anchor="mt")
    sheet.write((middle, sheet.height - 13.5 * unit), f"{day:%Y.%m.%d} {text.weekday_text}", 3.6, anchor="mt")
    sheet.write((middle, sheet.height - 8 * unit), place, 3.4, anchor="mt")
    return StampTruth("6 mark camera, centred", day, _hm(clock), day.weekday(), place)


def _draw_seven(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    place = draw.choice(PLACES)
    unit, left = sheet.unit, 3 * sheet.unit
    top = sheet.height - 25 * unit
    sheet.panel((left, top, left + 56 * unit, sheet.height - 3 * unit), (25, 60, 140, 205), 1)
    sheet.panel((left + 1.5 * unit, top + 1.5 * unit, left + 12 * unit, top + 6 * unit), (250, 205, 60, 255), 0.5)
    sheet.write((left + 6.7 * unit, top + 3.8 * unit), "巡查", 3.2, INK, shadow=False, anchor="mm")
    sheet.write((left + 14 * unit, top + 3.8 * unit), "培训就业服务中心", 3.2, shadow=False, anchor="lm")
    sheet.write((left + 2 * unit, top + 8.5 * unit), f"{clock:%H:%M}", 6, shadow=False)
    sheet.write((left + 22 * unit, top + 10 * unit), f"{day:%Y年%m月%d日}", 3.6, shadow=False)
    sheet.write((left + 2 * unit, top + 16.5 * unit), place, 3.2, shadow=False)
    return StampTruth("7 police card", day, _hm(clock), None, place)


def _draw_eight(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    city, street = draw.choice(ENGLISH_PLACES)
    unit, left = sheet.unit, 4 * sheet.unit
    top = sheet.height - 26 * unit
    width = sheet.write((left, top), f"{clock:%H:%M}", 9.5)
    bar = left + width + 1.6 * unit
    sheet.panel((bar, top - 0.2 * unit, bar + 0.6 * unit, top + 8 * unit), AMBER)
    sheet.write((bar + 2.2 * unit, top - 0.2 * unit), f"{day:%d %b %Y}", 3.6)
    names = ("Mon", "Tues", "Wed", "Thur", "Fri", "Sat", "Sun")
    sheet.write((bar + 2.2 * unit, top + 4.6 * unit), names[day.weekday()], 3.4)
    sheet.write((left, top + 11.5 * unit), street, 3.2)
    sheet.write((left, top + 16.5 * unit), city, 3.2)
    code = _code(draw, 14)
    vertical = Image.new("RGBA", (round(62 * unit), round(5 * unit)), (0, 0, 0, 0))
    font = load_font(max(8, round(2.6 * unit)))
    ImageDraw.Draw(vertical).text((0, 2.5 * unit), f"{code}  Timemark Verified", WHITE, font, "lm", stroke_width=0)
    turned = vertical.rotate(90, expand=True)
    sheet.image.alpha_composite(turned, (round(sheet.width - 6 * unit), round(max(0, sheet.height - 90 * unit))))
    return StampTruth("8 timemark", day, _hm(clock), day.weekday(), f"{street} {city}", code=code)


def _draw_nine(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    city, street = draw.choice(ENGLISH_PLACES)
    longitude, latitude = round(draw.uniform(72, 88), 6), round(draw.uniform(9, 29), 6)
    unit, left = sheet.unit, 2 * sheet.unit
    top = sheet.height - 27 * unit
    text_left = left + 26 * unit
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    rows = [
        street,
        f"Lat {latitude:.6f}° Long {longitude:.6f}°",
        f"{names[day.weekday()]}, {day:%d/%m/%Y} {clock:%I:%M %p} GMT +05:30",
    ]
    width = max(load_font(max(8, round(2.6 * unit))).getlength(row) for row in rows)
    sheet.panel((left, top + 2 * unit, left + 23 * unit, sheet.height - 2 * unit), (205, 220, 200, 255), 1)
    for index in range(4):
        sheet.panel(
            (left + unit, top + (5 + 4.5 * index) * unit, left + 22 * unit, top + (5.8 + 4.5 * index) * unit),
            (250, 250, 250, 255),
        )
    sheet.write((left + 2 * unit, sheet.height - 4.6 * unit), "Google", 2.2, (90, 90, 90, 255), shadow=False)
    sheet.panel(
        (text_left - unit, top + 2 * unit, text_left + width + 2 * unit, sheet.height - 2 * unit), (0, 0, 0, 130), 1
    )
    sheet.write((text_left + width, top - 1.6 * unit), "GPS Map Camera", 2.4, anchor="rt")
    sheet.write((text_left + unit, top + 4 * unit), city, 3.8, shadow=False, bold=True)
    for index, row in enumerate(rows):
        sheet.write((text_left + unit, top + (10.5 + 4.4 * index) * unit), row, 2.6, shadow=False)
    return StampTruth(
        "9 gps map camera", day, _hm(clock), day.weekday(), f"{city} {street}", longitude, latitude,
        utc_offset=timedelta(hours=5, minutes=30),
    )  # fmt: skip


def _draw_ten(sheet: Sheet, draw: random.Random) -> StampTruth:
    """The overlay of a fixed camera: black or white for each character, whichever stands out from the picture below."""
    day, clock = _when(draw)
    room = f"教学{draw.randrange(1, 6)}-{draw.randrange(101, 520)}"
    unit = sheet.unit
    text = StampText(day, clock, room, seconds=True)
    _write_flipping(sheet, (3 * unit, 3 * unit), f"{day:%m-%d-%Y} {text.weekday_text} {text.clock_text}", 4.6)
    width = load_font(max(8, round(4.6 * unit))).getlength(room)
    _write_flipping(sheet, (sheet.width - width - 6 * unit, sheet.height - 10 * unit), room, 4.6)
    return StampTruth("10 camera overlay", day, clock, day.weekday(), room)


def _write_flipping(sheet: Sheet, xy: tuple[float, float], text: str, size: float) -> None:
    font = load_font(max(8, round(size * sheet.unit)))
    x = xy[0]
    for sign in text:
        # The camera draws white with a thin dark rim, and turns both round over bright ground; the rim carries either.
        ImageDraw.Draw(sheet.image).text(
            (x, xy[1]), sign, WHITE, font, "la", stroke_width=max(1, round(sheet.unit / 5)), stroke_fill=(0, 0, 0, 255)
        )
        x += font.getlength(sign)


def _draw_eleven(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    longitude, latitude = _where(draw)
    place = draw.choice(PLACES)
    north, east = _to_dms(latitude), _to_dms(longitude)
    rows = [
        f"时间：{day:%Y-%m-%d} {clock:%H:%M:%S}",
        f"N{north[0]}°{north[1]:02d}′{north[2]:04.1f}″ E{east[0]}°{east[1]:02d}′{east[2]:04.1f}″",
        f"海拔 {draw.randrange(20, 900) / 10}米", f"地点：{place}", "天气：多云 21℃",
    ]  # fmt: skip
    write_rows(sheet, rows, 3.3)
    return StampTruth("11 degrees", day, clock, None, place, _from_dms(east), _from_dms(north))


def _draw_eleven_named(sheet: Sheet, draw: random.Random) -> StampTruth:
    day, clock = _when(draw)
    longitude, latitude = _where(draw)
    place = draw.choice(PLACES)
    rows = [
        "项目：中式面点师培训", f"东经{longitude:.6f}° 北纬{latitude:.6f}°", f"海拔 {draw.randrange(20, 900) / 10}米",
        f"方位角：{draw.randrange(0, 360)}°", f"地址：{place}", f"拍摄时间：{day:%Y年%m月%d日} {clock:%H:%M}", "拍摄人：王老师",
    ]  # fmt: skip
    write_rows(sheet, rows, 3.2)
    return StampTruth("11 east and north", day, _hm(clock), None, place, longitude, latitude)


def _to_dms(degrees: float) -> tuple[int, int, float]:
    tenths = round(degrees * 36000)
    return tenths // 36000, tenths // 600 % 60, tenths % 600 / 10


def _from_dms(parts: tuple[int, int, float]) -> float:
    return parts[0] + parts[1] / 60 + parts[2] / 3600


_DRAWERS: dict[str, Callable[[Sheet, random.Random], StampTruth]] = {
    "1 sign-in": _draw_one,
    "1 sign-in, year month day": _draw_one_cjk,
    "2 big clock": _draw_two,
    "3 badge": _draw_three,
    "4 engineering panel": _draw_four,
    "4 engineering, spaced": _draw_four_spaced,
    "5 labelled rows": _draw_five,
    "5 swapped letters": _draw_five_swapped,
    "6 mark camera": _draw_six,
    "6 mark camera, centred": _draw_six_centred,
    "7 police card": _draw_seven,
    "8 timemark": _draw_eight,
    "9 gps map camera": _draw_nine,
    "10 camera overlay": _draw_ten,
    "11 degrees": _draw_eleven,
    "11 east and north": _draw_eleven_named,
}
