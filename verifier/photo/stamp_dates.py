"""Printed dates, clocks, weekdays and zone offsets.

Every rule decides by form and calendar alone. What the timetable would like to see is not known here; a value that no
calendar has stays unread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta

from verifier.observation import Field
from verifier.photo.stamp_text import CONSUMED, Reading, mostly_digits, to_digits
from verifier.photo.stamp_text import DIGIT as D

# A camera whose clock was lost prints 1970 or 2000; stamps of the future do not exist before this century ends.
FIRST_YEAR, LAST_YEAR = 1970, 2099
# Confidence of a value whose form allows two meanings (03/04/2025): an even chance.
AMBIGUOUS_CONFIDENCE = 0.5

# A clock may follow without a gap; behind a day of two digits also one that has lost its first colon (082122:32).
_END = rf"(?=$|[^0-9]|{D}{{1,2}}\s*:\s*{D}{{2}}|(?<=[0-9][0-9])[0-9]{{4}}\s*:\s*[0-9]{{2}}(?![0-9]))"
# A clock may stand in front without a gap: 08:262026年02月09日.
_CLOCK_BEFORE = r"(?:(?<=(?<![0-9:])[0-9]{2}:[0-9]{2})|(?<=(?<![0-9:])[0-9]{2}:[0-9]{2}:[0-9]{2}))(?=(?:19|20)[0-9]{2})"
_YEAR_FIRST = re.compile(
    rf"(?:(?<![0-9])|(?<=(?<![0-9])1)(?=20[0-9]{{2}})|{_CLOCK_BEFORE})(?P<y>{D}{{4}})\s*[.\-/,年·]\s*(?P<m>{D}{{1,2}})\s*[.\-/,月·]\s*(?P<d>{D}{{1,2}})(?:\s*[日号])?{_END}"
)
# One separator lost in reading still leaves a single meaning, as long as month and day have two digits.
_YEAR_FIRST_TIGHT = re.compile(rf"(?<![0-9])(?P<y>(?:19|20)\d\d)[.\-/]?(?P<m>\d\d)[.\-/]?(?P<d>\d\d){_END}")
_YEAR_LAST = re.compile(
    rf"(?<![0-9])(?P<a>{D}{{1,2}})\s*(?P<s>[.\-/])\s*(?P<b>{D}{{1,2}})\s*[.\-/]\s*(?P<y>{D}{{4}}){_END}"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<n>(?i:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))[a-z]*"
_DAY_MONTH = re.compile(rf"(?<![0-9])(?P<d>{D}{{1,2}})\s*{_MONTH}\s*[.,]?\s*(?P<y>{D}{{4}})(?![0-9])")
_MONTH_DAY = re.compile(rf"{_MONTH}\s*\.?\s*(?P<d>{D}{{1,2}})\s*[.,]?\s*(?P<y>{D}{{4}})(?![0-9])")

# Not re.IGNORECASE for whole patterns: it would let a digit's class match other letters.
_HALF = "(?i:AM|PM|A\\.M\\.|P\\.M\\.)"
_CLOCK = re.compile(
    rf"(?:(?P<cn>上午|下午|中午|凌晨|早上|晚上|傍晚)\s*)?(?:(?P<en1>{_HALF})\s*)?"
    rf"(?:(?<![0-9:])|(?<={CONSUMED}:))(?P<h>{D}{{1,2}})\s*(?:[:;]|\.(?=\s*{D}{{2}}\s*[:;]\s*{D}{{2}}))\s*(?P<m>{D}{{2}})(?:\s*[:;]\s*(?P<s>{D}{{2}}))?(?![0-9]|\s*[:;]\s*[0-9]|[-.][0-9]{{2}}(?![0-9]*\s*[℃°]))"
    rf"(?:\s*(?P<en2>{_HALF})(?![a-z]))?",
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

_CHINESE_DAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "-": 0, "ー": 0}
# 一 is a single stroke, so it is read as a dash as well; no other weekday looks like one.
_CHINESE_WEEKDAY = re.compile(
    r"(?:星\s*期|礼\s*拜)\s*(?P<w>[一二三四五六日天\-ー])|(?<![\u4e00-\u9fff])周(?P<v>[一二三四五六日])(?![\u4e00-\u9fff])"
)
_ENGLISH_WEEKDAY = re.compile(
    r"(?<![A-Za-z])(?P<w>Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:day|s|sday|nesday|rs|rsday|r|urday|nes)?\.?(?![a-z])", re.I
)
_ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date with its span in the row, and the other date that the same print could mean, if any.

    `decided` is how sure the digits are read: the confidence that is left once something else decides between the two meanings.
    """

    field: Field[date]
    start: int
    end: int
    month_first: bool = False
    otherwise: date | None = None
    decided: float = AMBIGUOUS_CONFIDENCE


def find_date(row: Reading) -> FoundDate | None:
    """The first date in a row, in any of the printed orders; None where there is none that the calendar has."""
    for pattern in (_YEAR_FIRST, _DAY_MONTH, _MONTH_DAY, _YEAR_FIRST_TIGHT):
        for match in pattern.finditer(row.text):
            found = _date_from(row, match, tight=pattern is _YEAR_FIRST_TIGHT)
            if found is not None:
                return found
    for match in _YEAR_LAST.finditer(row.text):
        found = _date_year_last(row, match)
        if found is not None:
            return found
    return None


def _date_from(row: Reading, match: re.Match[str], *, tight: bool) -> FoundDate | None:
    groups = match.groupdict()
    if not mostly_digits(groups["y"] + groups["d"]):
        return None
    name = groups.get("n")
    month = _MONTHS.index(name.lower()[:3]) + 1 if name else int(to_digits(groups["m"]))
    value = make_date(int(to_digits(groups["y"])), month, int(to_digits(groups["d"])))
    if value is None:
        return None
    # Letters of a month's name are no digits in disguise.
    sure = row.confidence(*match.span()) if name else row.digits_confidence(*match.span())
    # A colon's edge is read as a "1" in front: no calendar has the year 12018, but the digits are then in doubt.
    stray = row.text[: match.start()][-1:].isdigit() and not re.search(r"[0-9]{2}:[0-9]{2}$", row.text[: match.start()])
    lost = _may_have_lost_digit(None if name else groups["m"], groups["d"])
    if stray or lost or _runs_into_clock(row.text[match.end() :]) or (tight and not match.group().isdigit()):
        sure = min(sure, AMBIGUOUS_CONFIDENCE)
    box = row.box_of(*match.span())
    return FoundDate(Field(value, sure, box, match.group()), match.start(), match.end())


def _may_have_lost_digit(month: str | None, day: str) -> bool:
    """Whether a number of one digit may have had another in front: 2020-2-19 is also what is left of 2020-12-19."""
    return len(day) == 1 or (month is not None and len(month) == 1 and int(to_digits(month)) <= 2)


def _runs_into_clock(rest: str) -> bool:
    """Whether a one-digit hour follows without a gap: 2024.10.218:10 is the 21st at 8 or the 2nd at 18."""
    return re.match(rf"{D}\s*:", rest) is not None


def _date_year_last(row: Reading, match: re.Match[str]) -> FoundDate | None:
    if not mostly_digits(match.group()):
        return None
    first, second, year = (int(to_digits(match[name])) for name in ("a", "b", "y"))
    month_first = make_date(year, first, second)
    day_first = make_date(year, second, first)
    # Cameras' own overlays print 02-23-2017, apps 23/02/2017: the separator decides where the calendar does not.
    prefer_month = match["s"] == "-"
    chosen, other = (month_first, day_first) if prefer_month else (day_first, month_first)
    if chosen is None:
        chosen, other, prefer_month = other, None, not prefer_month
    if chosen is None:
        return None
    sure = row.digits_confidence(*match.span())
    month_and_day = (match["a"], match["b"]) if prefer_month else (match["b"], match["a"])
    if _may_have_lost_digit(*month_and_day):
        sure = min(sure, AMBIGUOUS_CONFIDENCE)
    decided = sure
    if other is not None and other != chosen:
        sure = min(sure, AMBIGUOUS_CONFIDENCE)
    field = Field(chosen, sure, row.box_of(*match.span()), match.group())
    return FoundDate(field, match.start(), match.end(), prefer_month, other if other != chosen else None, decided)


def is_overlay_date(day: Field[date]) -> bool:
    """Whether a date is printed as fixed cameras' overlays do, 02-23-2017; apps print no month first behind dashes."""
    match = re.match(rf"({D}{{2}})-({D}{{2}})-{D}{{4}}", day.text)
    return match is not None and int(to_digits(match[1])) == day.value.month


def make_date(year: int, month: int, day: int) -> date | None:
    """The date, or None where the calendar has none such."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class FoundClock:
    """A clock with its span in the row; `has_seconds` tells HH:MM:SS from HH:MM."""

    field: Field[time]
    has_seconds: bool
    start: int
    end: int


def find_clock(row: Reading) -> FoundClock | None:
    """The first clock in a row, 24-hour or 12-hour (AM/PM, 上午/下午); None where no day has such a time."""
    for match in _CLOCK.finditer(row.text):
        before = row.text[: match.start("h")]
        if not mostly_digits(match["h"] + match["m"]) or _TAIL.search(before) or _SIGN.search(before):
            # What follows another colon is the tail of a time that was misread: 116:13:32 is no 13:32. And what follows
            # a sign is the tail of an offset: GMT +05:30 is no half past five.
            continue
        hour = _to_24_hours(int(to_digits(match["h"])), match)
        minute = int(to_digits(match["m"]))
        second = int(to_digits(match["s"])) if match["s"] else 0
        if hour is None or hour > 23 or minute > 59 or second > 59:
            continue
        start, end = match.start("h"), match.end("s") if match["s"] else match.end("m")
        sure = row.digits_confidence(start, end)
        halved = any(match[half] for half in ("cn", "en1", "en2"))
        lost = len(match["h"]) == 1 and (not halved or int(to_digits(match["h"])) <= 2)
        if lost or _STRAY_DIGIT.search(before) or before.endswith(":"):
            # A digit that nothing has explained stands before the hour: it may be the hour's own, so this may be minutes.
            # Likewise behind a colon that follows the date: a gap that the scene has filled, or what is left of an hour.
            # And an hour of one digit may have lost its first: 8:10 is also what is left of 18:10.
            sure = min(sure, AMBIGUOUS_CONFIDENCE)
        for half in ("cn", "en1", "en2"):
            if match[half]:
                sure = min(sure, row.confidence(*match.span(half)))
        box = row.box_of(*match.span())
        return FoundClock(
            Field(time(hour, minute, second), sure, box, match.group()), bool(match["s"]), match.start(), match.end()
        )
    return _find_clock_without_colon(row)


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


def _to_24_hours(hour: int, match: re.Match[str]) -> int | None:
    """Hour of the day; None where the half of the day contradicts it."""
    chinese = match["cn"]
    english = (match["en1"] or match["en2"] or "").upper().replace(".", "")
    if chinese in ("上午", "早上", "凌晨") or english == "AM":
        # 12 AM is midnight, and nothing after noon is 上午.
        return None if hour > 12 else (0 if hour == 12 and (english or chinese == "凌晨") else hour)
    if chinese in ("下午", "晚上", "傍晚") or english == "PM":
        if chinese == "晚上" and hour == 12:
            return 0
        return hour if hour >= 12 else hour + 12
    if chinese == "中午":
        return hour + 12 if hour in (1, 2) else hour
    return hour


def find_offset(row: Reading) -> tuple[timedelta, int, int] | None:
    """A printed offset from UTC with its span; None where there is none between -12 and +14 hours."""
    match = _OFFSET.search(row.text)
    if match is None:
        return None
    minutes = int(match["h"]) * 60 + int(match["m"] or 0)
    offset = timedelta(minutes=-minutes if match["sign"] == "-" else minutes)
    if not timedelta(hours=-12) <= offset <= timedelta(hours=14):
        return None
    return offset, match.start(), match.end()


def find_weekday(row: Reading) -> tuple[Field[int], int, int] | None:
    """A weekday (0 = Monday) with its span; None where the row has none."""
    match = _CHINESE_WEEKDAY.search(row.text)
    if match is not None:
        value = _CHINESE_DAYS[match["w"] or match["v"]]
    else:
        match = _ENGLISH_WEEKDAY.search(row.text)
        if match is None:
            return None
        value = _ENGLISH_DAYS.index(match["w"].lower())
    field = Field(value, row.confidence(*match.span()), row.box_of(*match.span()), match.group())
    return field, match.start(), match.end()
