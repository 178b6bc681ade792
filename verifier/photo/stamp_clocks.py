"""Printed clocks, in 24 and 12 hours, and zone offsets.

Every rule decides by form alone, as those for dates do. Parts of the day are those of Unicode's CLDR for Chinese (凌晨 0 to 5,
早上 5 to 8, 上午 8 to 12, 中午 12 to 13, 下午 13 to 19, 晚上 19 to 24), and what Java and iOS print, for whom 上午 is AM.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import time, timedelta

from verifier.observation import Field
from verifier.photo.stamp_text import AMBIGUOUS_CONFIDENCE, CONSUMED, Reading, mostly_digits, to_digits
from verifier.photo.stamp_text import DIGIT as D

_MORNING = ("上午", "早上", "早晨", "清晨", "凌晨")
_NOON = ("中午", "午间")
_AFTERNOON = ("下午", "午后", "傍晚")
_NIGHT = ("晚上", "晚间", "夜间", "夜里", "深夜", "半夜", "午夜")
_CHINESE_HALF = "|".join((*_MORNING, *_NOON, *_AFTERNOON, *_NIGHT))
# Another word for a part of the day, or what is left of one (上, 下), written against the hour: which half it means is not known.
# 时间 names no half.
_UNKNOWN_HALF = re.compile(r"(?:[午夜晚晨早上中下]|(?<!时)(?<!时\s)间)$")
# A letter against a clock is what is left of AM or PM (12:30a, 11:42PN, n03:20); the T before it is ISO 8601's.
_TORN_BEFORE = re.compile(r"[A-SU-Za-z]$")
# Behind it Z is UTC, eight hours away, and a letter before two digits was the seconds' colon.
_TORN_BEHIND = re.compile(
    r"\s?(?:[APap][A-Za-z]?|[Mm])(?![A-Za-z0-9])|[A-Za-z]{1,2}(?![A-Za-z0-9])|[A-Za-z][0-9]{2}(?![0-9])|[上中下午夜晚晨早]"
)
# Not re.IGNORECASE for whole patterns: it would let a digit's class match other letters.
_HALF = "(?i:AM|PM|A\\.M\\.|P\\.M\\.)"
_BEFORE = rf"(?:(?P<cn1>{_CHINESE_HALF})\s*)?(?:(?P<en1>{_HALF})\s*)?"
# A half behind a clock may also stand in front of the next one.
_BEHIND = rf"(?:\s*(?P<en2>{_HALF})(?![a-z])|\s*(?P<cn2>{_CHINESE_HALF})(?!\s*[0-9]))?"
_CLOCK = re.compile(
    rf"{_BEFORE}(?:(?<![0-9:])|(?<={CONSUMED}:)|(?<=[\u4e00-\u9fffe]:))(?P<h>{D}{{1,2}})\s*(?:[:;]|\.(?=\s*{D}{{2}}\s*[:;]\s*{D}{{2}}))\s*(?P<m>{D}{{2}})(?:\s*[:;]\s*(?P<s>{D}{{2}})(?:[.,][0-9]{{3}}(?![0-9]))?)?(?![0-9]|\s*[:;]\s*[0-9]|[-.][0-9]{{2}}(?![0-9]*\s*[℃°]))"
    rf"{_BEHIND}",
)
_CLOCK_IN_WORDS = re.compile(
    rf"{_BEFORE}(?<![0-9:])(?P<h>{D}{{1,2}})\s*[时時点點]\s*(?P<m>{D}{{1,2}})\s*分(?:\s*(?P<s>{D}{{1,2}})\s*秒)?{_BEHIND}"
)
# A part of the day on its own, or in front of date or weekday: apps write it small beside a big clock, whose last digit may
# be seen with it.
_LONE_HALF = re.compile(
    rf"(?:^[0-9]?|{CONSUMED}|\s)\W*(?P<half>{_CHINESE_HALF}|{_HALF})(?=\W*$|\s*{CONSUMED}|\s*星\s*期|\s*周|\s*(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))"
)
_ANY_HALF = re.compile(rf"{_CHINESE_HALF}|{_HALF}")
# From when to when something lasts (08:30-11:30); an offset from UTC is no second clock.
_SPAN = re.compile(
    rf"(?<![0-9])(?<![0-9]:){D}{{1,2}}\s*:\s*{D}{{2}}(?:\s*:\s*{D}{{2}})?\s*[-~至到—]{{1,2}}\s*{D}{{1,2}}\s*:\s*{D}{{2}}(?:\s*:\s*{D}{{2}})?(?![0-9:])"
)
# Directly behind a date six digits are a clock with seconds that has lost one colon (2122:32), or whose colons were read as
# dots (21.22.32).
_LOST_COLON = re.compile(
    rf"(?<={CONSUMED})\s*(?P<h>[0-9]{{2}})\s*(?P<c>[:;.·]?)\s*(?P<m>[0-9]{{2}})\s*(?P<d>[:;.·]?)\s*(?P<s>[0-9]{{2}})(?![0-9:;.])"
)
# HH.MM directly behind a date that its label announces: no other number stands there, and a temperature carries its sign.
_LOST_DOTS = re.compile(
    rf"(?:时\s*间|日\s*期)[^{CONSUMED}]{{0,3}}{CONSUMED}+\s*(?P<h>[0-9]{{2}})\s*[.·,]\s*(?P<m>[0-9]{{2}})(?![0-9:;.]|\s*[℃°])"
)
_TAIL = re.compile(r"[0-9]\s*[:;.]\s*$")
# Hours and minutes whose colon was read as a dot, or not at all; behind them the bar may have been read as a 1.
_DOTTED_CLOCK = re.compile(r"^\W*(?P<h>[0-9]{2})\s*[:.·]?\s*(?P<m>[0-9]{2})1?\W*$")
_SIGN = re.compile(r"(?:[+]|(?:^|[A-Za-z+]\s*)-|(?:GMT|UTC)\s*\W?)\s*$", re.I)
_STRAY_DIGIT = re.compile(r"[0-9]\s*$")
_OFFSET = re.compile(r"(?:GMT|UTC)\s*(?P<sign>[+-])\s*(?P<h>\d{1,2})(?:\s*:?\s*(?P<m>\d{2}))?", re.I)
# As ISO 8601 writes it behind a clock, 10:32+08:00; behind a minus it would be a span of hours.
_ISO_OFFSET = re.compile(r"(?<=[0-9][:.][0-9]{2})(?P<sign>\+)(?P<h>0[0-9]|1[0-4])(?P<m>00|:00|:30|:45)(?![0-9:])")


@dataclass(frozen=True, slots=True)
class FoundClock:
    """A clock with its span in the row; `has_seconds` tells HH:MM:SS from HH:MM, `halved` whether a part of the day is."""

    field: Field[time]
    has_seconds: bool
    start: int
    end: int
    halved: bool = False


def find_clock(row: Reading) -> FoundClock | None:
    """The first clock in a row, 24-hour or 12-hour (AM/PM, 上午/下午); None where no day has such a time."""
    for match in (*_CLOCK.finditer(row.text), *_CLOCK_IN_WORDS.finditer(row.text)):
        before = row.text[: match.start("h")]
        if not mostly_digits(match["h"] + match["m"]) or _TAIL.search(before) or _SIGN.search(before):
            # What follows another colon is the tail of a time that was misread: 116:13:32 is no 13:32. And what follows
            # a sign is the tail of an offset: GMT +05:30 is no half past five.
            continue
        half = next((match[name] for name in ("cn1", "en1", "cn2", "en2") if match[name]), "")
        hour, one_meaning = _to_24_hours(int(to_digits(match["h"])), half)
        minute = int(to_digits(match["m"]))
        second = int(to_digits(match["s"])) if match["s"] else 0
        if hour is None or hour > 23 or minute > 59 or second > 59:
            continue
        start, end = match.start("h"), match.end("s") if match["s"] else match.end("m")
        sure = row.digits_confidence(start, end)
        lost = len(match["h"]) == 1 and (not half or int(to_digits(match["h"])) <= 2)
        odd = not half and hour <= 12 and _has_torn_half(before, row.text[match.end() :])
        if lost or odd or not one_meaning or _STRAY_DIGIT.search(before) or before.endswith(f"{CONSUMED}:"):
            # A digit that nothing has explained stands before the hour: it may be the hour's own, so this may be minutes.
            # Likewise behind a colon that follows the date: a gap that the scene has filled, or what is left of an hour.
            # And an hour of one digit may have lost its first: 8:10 is also what is left of 18:10.
            sure = min(sure, AMBIGUOUS_CONFIDENCE)
        for name in ("cn1", "en1", "cn2", "en2"):
            if match[name]:
                sure = min(sure, row.confidence(*match.span(name)))
        field = Field(time(hour, minute, second), sure, row.box_of(*match.span()), match.group())
        return FoundClock(field, bool(match["s"]), *match.span(), halved=bool(half))
    return _find_clock_without_colon(row)


def take_half(clock: FoundClock, rest: list[Reading]) -> FoundClock:
    """The clock with the part of the day that another row prints at its height, small beside large digits.

    Args:
        clock: A clock of whose part of the day nothing was read in its own row.
        rest: All rows; the part of the day is marked as understood.
    """
    hour, box = clock.field.value.hour, clock.field.box
    if clock.halved or not 1 <= hour <= 12:
        return clock
    for index, row in enumerate(rest):
        match = _LONE_HALF.search(row.text)
        if match is None or not box.y <= row.box.y + row.box.height / 2 <= box.y + box.height:
            continue
        field = apply_half(clock.field, match["half"], row.confidence(*match.span("half")))
        if field is not None:
            rest[index] = row.without(*match.span("half"))
            return replace(clock, field=field, halved=True)
    return clock


def apply_half(clock: Field[time], half: str, sure: float) -> Field[time] | None:
    """A clock of twelve hours as its part of the day means it; None where the two contradict each other.

    Args:
        clock: As printed, without a part of the day.
        half: The part of the day as printed (PM, 下午).
        sure: The probability of the least sure letter of `half`.
    """
    hour, one_meaning = _to_24_hours(clock.value.hour, half)
    if hour is None or hour > 23:
        return None
    confidence = min(clock.confidence, sure, 1.0 if one_meaning else AMBIGUOUS_CONFIDENCE)
    return replace(clock, value=clock.value.replace(hour=hour), confidence=confidence, text=f"{clock.text} {half}")


def has_half(text: str) -> bool:
    """Whether a clock's text tells the part of the day."""
    return _ANY_HALF.search(text) is not None


def find_lone_half(text: str) -> str | None:
    """The part of the day that some letters beside a clock spell, perhaps seen with digits of it; None where they spell none."""
    match = re.fullmatch(rf"\W*[0-9:]*\W*(?P<half>{_CHINESE_HALF}|{_HALF})\W*[0-9:]*\W*", re.sub(r"\s", "", text))
    return match["half"] if match is not None else None


def _has_torn_half(before: str, behind: str) -> bool:
    """Whether something stands against a clock that may be, or may be left of, a part of the day."""
    return any((_UNKNOWN_HALF.search(before), _TORN_BEFORE.search(before), _TORN_BEHIND.match(behind)))


def remove_spans(row: Reading) -> Reading:
    """The row without what says from when to when something lasts: neither of its clocks is the shot's."""
    for match in _SPAN.finditer(row.text):
        row = row.without(*match.span())
    return row


def _find_clock_without_colon(row: Reading) -> FoundClock | None:
    """HHMM:SS, HH:MMSS or HH.MM.SS behind a date, HH.MM behind a labelled one; an even chance at best."""
    match = _LOST_COLON.search(row.text)
    seconds = match is not None and ((match["c"] and match["d"]) or match["c"] + match["d"] in (":", ";"))
    if not seconds:
        match = _LOST_DOTS.search(row.text)
    if match is None:
        return None
    hour, minute = int(match["h"]), int(match["m"])
    second = int(match["s"]) if seconds else 0
    if hour > 23 or minute > 59 or second > 59:
        return None
    start, end = match.start("h"), match.end("s" if seconds else "m")
    sure = min(row.confidence(start, end), AMBIGUOUS_CONFIDENCE)
    field = Field(time(hour, minute, second), sure, row.box_of(start, end), row.text[start:end])
    return FoundClock(field, bool(seconds), start, end)


def find_dotted_clock(row: Reading) -> FoundClock | None:
    """A clock that is a row of its own and whose colon lost a dot over the scene (08.53), or both; an even chance at best.

    The bar that stands beside it may have been read as a last 1 (08:531).
    """
    match = _DOTTED_CLOCK.search(row.text)
    if match is None:
        return None
    hour, minute = int(match["h"]), int(match["m"])
    if hour > 23 or minute > 59:
        return None
    start, end = match.start("h"), match.end("m")
    sure = min(row.confidence(start, end), AMBIGUOUS_CONFIDENCE)
    field = Field(time(hour, minute), sure, row.box_of(start, end), match.group().strip())
    return FoundClock(field, False, start, end)


def _to_24_hours(hour: int, half: str) -> tuple[int | None, bool]:
    """Hour of the day, None where the half of the day contradicts it; and whether that is its only meaning."""
    english = half.upper().replace(".", "")
    if english == "AM":
        return (None if hour > 12 else hour % 12), True
    if english == "PM" or half in _AFTERNOON:
        return (hour if hour >= 12 else hour + 12), True
    if half in _MORNING:
        # Software writes 上午12:05 for midnight, some people for noon.
        return (None if hour > 12 else hour % 12), hour != 12 or half == "凌晨"
    if half in _NIGHT:
        # 晚上1:30 is past midnight, 晚上6:30 in the evening; between them nobody says so.
        return (hour % 12 if hour == 12 or hour < 5 else hour + 12 if hour < 12 else hour), not 3 <= hour <= 5
    if half in _NOON:
        return (hour + 12 if hour in (1, 2) else hour), True
    return hour, True


def find_offset(row: Reading) -> tuple[timedelta, int, int] | None:
    """A printed offset from UTC with its span; None where there is none between -12 and +14 hours."""
    match = _OFFSET.search(row.text) or _ISO_OFFSET.search(row.text)
    if match is None:
        return None
    minutes = int(match["h"]) * 60 + int((match["m"] or "0").lstrip(":"))
    offset = timedelta(minutes=-minutes if match["sign"] == "-" else minutes)
    if not timedelta(hours=-12) <= offset <= timedelta(hours=14):
        return None
    return offset, match.start(), match.end()
