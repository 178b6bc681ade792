"""Printed dates and weekdays.

Every rule decides by form and calendar alone. What the timetable would like to see is not known here; a value that no
calendar has stays unread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from verifier.observation import Field
from verifier.photo.stamp_text import AMBIGUOUS_CONFIDENCE, CONSUMED, Reading, mostly_digits, to_digits
from verifier.photo.stamp_text import DIGIT as D

# A camera whose clock was lost prints 1970 or 2000; stamps of the future do not exist before this century ends.
FIRST_YEAR, LAST_YEAR = 1970, 2099

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
_DAY_MONTH = re.compile(
    rf"(?<![0-9])(?P<d>{D}{{1,2}})(?:st|nd|rd|th)?\s*[-/]?\s*{_MONTH}\s*[.,\-/]?\s*(?P<y>{D}{{4}})(?![0-9])"
)
_YEAR_MONTH_NAME = re.compile(rf"(?<![0-9])(?P<y>{D}{{4}})\s*[-/]?\s*{_MONTH}\s*[-/.]?\s*(?P<d>{D}{{1,2}})(?![0-9])")
_MONTH_DAY = re.compile(rf"{_MONTH}\s*\.?\s*(?P<d>{D}{{1,2}})\s*[.,]?\s*(?P<y>{D}{{4}})(?![0-9])")

_CHINESE_DAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "-": 0, "ー": 0}
# 一 is a single stroke, so it is read as a dash as well; no other weekday looks like one.
# 周一 begins names and words; only the weather follows a weekday without a gap. (一) is one behind a date.
_SKY = r"(?:晴|多云|阴|[小中大阵雷]+雨|雨|[小中大]?雪|雾|霾)"
_CHINESE_WEEKDAY = re.compile(
    r"(?:星\s*期|礼\s*拜)\s*(?P<w>[一二三四五六日天\-ー])"
    r"|(?<![\u4e00-\u9fff])周(?P<v>[一二三四五六日天])(?![\u4e00-\u9fff]|(?<=周天)\S)"
    rf"|(?<![\u4e00-\u9fff])周(?P<u>[一二三四五六日])(?={_SKY}(?:[转间到]{_SKY})?(?![\u4e00-\u9fff]{{2}}))"
    rf"|(?<={CONSUMED})\s*\((?P<x>[一二三四五六日])\)"
)
# The bar beside a big clock may have been read as a letter in front of the weekday's capital (lTues, ISat).
_ENGLISH_WEEKDAY = re.compile(
    r"(?:(?<![A-Za-z])|(?<=(?<![A-Za-z])[lI])|(?<=(?<![A-Za-z])T)(?=[A-Z]))"
    r"(?P<w>(?i:Mon|Tue|Wed|Thu|Fri|Sat|Sun))(?i:day|s|sday|nesday|rs|rsday|r|urday|nes)?\.?(?![A-Za-z])"
)
_ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date with its span in the row, and the other date that the same print could mean, if any.

    `longer` has the dates that would look the same after losing a digit (2024-11-15 and 2024-11-25 beside 2024-11-5). `decided` is
    how sure the digits are read: the confidence that is left once something else decides between the meanings.
    """

    field: Field[date]
    start: int
    end: int
    month_first: bool = False
    otherwise: date | None = None
    decided: float = AMBIGUOUS_CONFIDENCE
    longer: tuple[date, ...] = ()


def find_date(row: Reading) -> FoundDate | None:
    """The first date in a row, in any of the printed orders; None where there is none that the calendar has."""
    for pattern in (_YEAR_FIRST, _DAY_MONTH, _MONTH_DAY, _YEAR_MONTH_NAME, _YEAR_FIRST_TIGHT):
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
    box = row.box_of(*match.span())
    if stray or _runs_into_clock(row.text[match.end() :]) or (tight and not match.group().isdigit()):
        sure = min(sure, AMBIGUOUS_CONFIDENCE)
    decided = sure
    longer = _find_longer(value, None if name else groups["m"], groups["d"])
    if longer:
        sure = min(sure, AMBIGUOUS_CONFIDENCE)
    return FoundDate(Field(value, sure, box, match.group()), match.start(), match.end(), decided=decided, longer=longer)


def _may_have_lost_digit(month: str | None, day: str) -> bool:
    """Whether a number of one digit may have had another in front: 2020-2-19 is also what is left of 2020-12-19."""
    return len(day) == 1 or (month is not None and len(month) == 1 and int(to_digits(month)) <= 2)


def _find_longer(value: date, month: str | None, day: str) -> tuple[date, ...]:
    """The other dates that would look so had they lost a digit, in front or behind; none where no digit can be missing."""
    if not _may_have_lost_digit(month, day):
        return ()
    months = [value.month] if month is None or len(month) > 1 else _may_have_been(value.month, 12)
    days = [value.day] if len(day) > 1 else _may_have_been(value.day, 31)
    made = (make_date(value.year, one, other) for one in months for other in days)
    return tuple(each for each in made if each is not None and each != value)


def _may_have_been(number: int, most: int) -> list[int]:
    longer = [*(10 * front + number for front in range(1, 4)), *(10 * number + last for last in range(10))]
    return [number, *(each for each in longer if 10 <= each <= most)]


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


def find_weekday(row: Reading) -> tuple[Field[int], int, int] | None:
    """A weekday (0 = Monday) with its span; None where the row has none."""
    match = _CHINESE_WEEKDAY.search(row.text)
    if match is not None:
        value = _CHINESE_DAYS[match["w"] or match["v"] or match["u"] or match["x"]]
    else:
        match = _ENGLISH_WEEKDAY.search(row.text)
        if match is None:
            return None
        value = _ENGLISH_DAYS.index(match["w"].lower())
    field = Field(value, row.confidence(*match.span()), row.box_of(*match.span()), match.group())
    return field, match.start(), match.end()
