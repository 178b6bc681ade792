"""Rows of text that belong together → the typed fields of one stamp.

Each rule marks what it has understood; what is left over may be a place. Nothing here knows the timetable or the venue.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from verifier.observation import Field, Stamp, TextLine
from verifier.photo.stamp_address import find_address
from verifier.photo.stamp_choice import choose_date, take_clocks, take_dates
from verifier.photo.stamp_clocks import FoundClock, find_dotted_clock, find_offset
from verifier.photo.stamp_coordinates import Coordinates, find_coordinates
from verifier.photo.stamp_dates import FoundDate, find_weekday
from verifier.photo.stamp_mend import restore_lone_points, restore_points, separate_merged
from verifier.photo.stamp_text import Reading, surround

# Words that only stamps print, with the app's name where they tell it. Order: the most telling first.
APPS = (
    (re.compile(r"GPS\s*Map\s*Camera", re.I), "GPS Map Camera"),
    (re.compile(r"Timemark", re.I), "Timemark"),
    (re.compile(r"马克(?:水印)?相机|马克水印"), "马克水印相机"),
    (re.compile(r"元道(?:经纬)?相机"), "元道经纬相机"),
    (re.compile(r"今日(?:水印)?相机|今日水印"), "今日水印相机"),
    (re.compile(r"工程(?:水印)?相机|工程水印"), "工程水印相机"),
    (re.compile(r"水印相机"), "水印相机"),
)
_STAMP_WORDS = re.compile(
    r"防\s*伪|真实时间|已验证|真实性|打\s*卡|拍\s*摄\s*(?:时间|人|地点)|施工|水印|经\s*纬?\s*度|纬\s*度|海\s*拔|方位角"
    r"|Timemark|Verified|Photo\s*code|GPS\s*Map|Lat|Long",
    re.I,
)
_CODE = re.compile(
    r"(?:防\s*伪\s*(?:码|编码|编号)?|(?:照片|水印)\s*(?:编?码|编号)|验\s*[真证]\s*码|(?i:Photo\s*code))\s*[:.]?\s*"
    r"(?P<c>[A-Z0-9](?:[\s-]?[A-Z0-9]){9,19})(?![A-Za-z0-9])"
)
_LONE_CODE = re.compile(r"(?<![A-Za-z0-9])(?P<c>(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[A-Z0-9]{12,16})(?![A-Za-z0-9])")

# Timemark's codes have 14 characters: fewer are what is left of one.
_TIMEMARK_CODE = re.compile(r"(?<![A-Za-z0-9])(?P<c>[A-Z0-9]{14})(?![A-Za-z0-9])")

_HH = re.compile(r"\s*\S{2}\s*[:;.]")
# Beside a big clock the date has less than half its height.
BIG_CLOCK_HEIGHTS = 1.4


@dataclass(frozen=True, slots=True)
class Parsed:
    """A stamp as the grammar understood it, and what it rests on.

    `cues` names each kind of thing that was found: ``date``, ``clock``, ``weekday``, ``coordinates``, ``code``,
    ``app``, ``words``, ``address``. `date_alone` tells that the date's row holds nothing but date, weekday and clock.
    """

    stamp: Stamp
    cues: frozenset[str]
    date_alone: bool


def parse_stamp(lines: Sequence[TextLine], rows: Sequence[Reading]) -> Parsed:
    """Understand the rows of one stamp.

    Args:
        lines: The recognised lines as they are, kept with the stamp.
        rows: The same, normalised and joined to rows, from top to bottom.
    """
    rest = restore_lone_points([separate_merged(restore_points(row)) for row in rows])
    original = " ".join(row.text for row in rows)
    app = next((name for pattern, name in APPS if pattern.search(original.replace(" ", ""))), None) or next(
        (name for pattern, name in APPS if pattern.search(original)), None
    )
    offset = _take_offset(rest)
    days = take_dates(rest)
    clocks = take_clocks(rest, days)
    if days and not clocks:
        clocks = _take_big_clock(rest, days[0])
    if days and days[0].month_first:
        # A camera's overlay always prints HH:MM:SS: anything less is a piece of the clock, and no one knows which.
        clocks = [clock for clock in clocks if clock.has_seconds and _HH.match(clock.field.text)]
    weekday = _take_weekday(rest)
    day = choose_date(days, weekday)
    coordinates = _take_coordinates(rest)
    code = _take_code(rest, app, original)
    address = find_address(rest, lines)
    clock = clocks[0] if clocks else None
    stamp = Stamp(
        lines=tuple(lines),
        day=day.field if day else None,
        clock=clock.field if clock else None,
        clock_has_seconds=clock.has_seconds if clock else False,
        utc_offset=offset,
        weekday=weekday,
        address=address,
        longitude=coordinates.longitude if coordinates else None,
        latitude=coordinates.latitude if coordinates else None,
        swapped=coordinates.swapped if coordinates else False,
        code=code,
        app=app,
        box=surround([line.box for line in lines]) if lines else None,
    )
    stamp = replace(stamp, layout=name_layout(original, stamp, day))
    if stamp.layout == "camera_overlay":
        # Its place is the camera's name in another corner; what stands beside the clock belongs to the scene.
        stamp = replace(stamp, address=None)
    return Parsed(stamp, _name_cues(stamp, original, days, clocks), _stands_alone(rest, day))


def name_layout(text: str, stamp: Stamp, day: FoundDate | None = None) -> str | None:
    """Name the printed style; None where it is none of the known ones. The names are stored, so never reused."""
    squeezed = re.sub(r"\s", "", text)
    if stamp.app == "GPS Map Camera" or (stamp.utc_offset is not None and "Lat" in text):
        return "gps_map_camera"
    if stamp.app == "Timemark":
        return "timemark"
    if day is not None and day.month_first and stamp.clock_has_seconds:
        return "camera_overlay"
    if "工程" in squeezed or "施工" in squeezed or re.search(r"时间:.*天气:.*地点:", squeezed):
        return "engineering_panel"
    if "东经" in squeezed or "北纬" in squeezed or (stamp.longitude and "°" in text and "'" in text):
        return "degrees"
    if "经度" in squeezed or "纬度:" in squeezed.replace("经纬度:", ""):
        return "labelled_rows"
    if stamp.app == "马克水印相机":
        return "mark_camera"
    if "打卡" in squeezed:
        return "sign_in"
    if stamp.day is not None and stamp.clock is not None:
        taller = stamp.clock.box.height > BIG_CLOCK_HEIGHTS * stamp.day.box.height
        return "big_clock" if taller else None
    return "badge" if stamp.code is not None else None


def _take_offset(rest: list[Reading]) -> timedelta | None:
    for index, row in enumerate(rest):
        found = find_offset(row)
        if found is not None:
            rest[index] = row.without(found[1], found[2])
            return found[0]
    return None


def _take_big_clock(rest: list[Reading], day: FoundDate) -> list[FoundClock]:
    """A clock much taller than the date, its colon lost or the bar beside it read as a digit; nothing else looks so."""
    for index, row in enumerate(rest):
        found = find_dotted_clock(row)
        if found is not None and row.box.height > BIG_CLOCK_HEIGHTS * day.field.box.height:
            rest[index] = row.without(found.start, found.end)
            return [found]
    return []


def _take_weekday(rest: list[Reading]) -> Field[int] | None:
    for index, row in enumerate(rest):
        found = find_weekday(row)
        if found is not None:
            rest[index] = row.without(found[1], found[2])
            return found[0]
    return None


def _take_coordinates(rest: list[Reading]) -> Coordinates | None:
    found = find_coordinates(rest)
    if found is not None:
        for index, start, end in found.spans:
            rest[index] = rest[index].without(start, end)
    return found


def _take_code(rest: list[Reading], app: str | None, original: str) -> Field[str] | None:
    patterns = [_CODE]
    if app == "Timemark":
        patterns.append(_TIMEMARK_CODE)
    elif "防伪" in original or "真实时间" in original:
        patterns.append(_LONE_CODE)
    for pattern in patterns:
        for index, row in enumerate(rest):
            match = pattern.search(row.text)
            if match is not None:
                start, end = match.span("c")
                rest[index] = row.without(*match.span())
                code = re.sub(r"[\s-]", "", match["c"])
                return Field(code, row.confidence(start, end), row.box_of(start, end), match.group())
    return None


def _stands_alone(rest: Sequence[Reading], day: FoundDate | None) -> bool:
    """Whether the date's row says nothing else: a banner with a date does."""
    if day is None:
        return False
    for row in rest:
        if row.box.y <= day.field.box.y + day.field.box.height / 2 <= row.box.y + row.box.height:
            left_over = re.sub(r"[\x00\s\W_]|时间|拍摄|日期|星期|打卡", "", row.text)
            if len(left_over) > 4:
                return False
    return True


def _name_cues(stamp: Stamp, original: str, days: Sequence[FoundDate], clocks: Sequence[FoundClock]) -> frozenset[str]:
    cues = {
        "date": bool(days),
        "clock": bool(clocks),
        "weekday": stamp.weekday is not None,
        "coordinates": stamp.longitude is not None and stamp.latitude is not None,
        "code": stamp.code is not None,
        "app": stamp.app is not None,
        "words": _STAMP_WORDS.search(original) is not None,
        "address": stamp.address is not None,
    }
    return frozenset(name for name, found in cues.items() if found)
