"""Which of the dates and clocks in a stamp's rows are the shot's own.

Panels of agencies also print when a course began or from when to when it lasts (培训日期, 上课时间：08:30-11:30). What its label
says was then, and not now, is the shot's only where nothing else is printed, and in doubt even so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from verifier.observation import Box, Field
from verifier.photo.stamp_clocks import FoundClock, find_clock, remove_spans, take_half
from verifier.photo.stamp_dates import FoundDate, find_date, find_weekday
from verifier.photo.stamp_text import AMBIGUOUS_CONFIDENCE, CONSUMED, Reading, doubt_field
from verifier.photo.stamp_text import DIGIT as D

_LABEL = re.compile(r"(?P<l>[\u4e00-\u9fff]{0,8}?)(?:时间|日期)\W*$")
# Any other label tells of another moment only by its word (结业考试：2024.10.20).
_OTHER_LABEL = re.compile(r"(?P<l>[\u4e00-\u9fff]{2,8}):\W*$")
# Labels of the moment of the shot, of which one letter may be misread; and of other moments.
_OF_THE_SHOT = re.compile(r"拍|摄|打卡|签[到退]|考勤|水印|当前|现场|巡[检查]")
_OF_ANOTHER_TIME = re.compile(
    r"培训|实训|开班|开课|上课|下课|课程|授课|结业|毕业|开工|竣工|完工|开始|结束|截[止至]|到期|有效|起[止始]|计划|预计|报名|考试|生产|出生|签订"
    r"|合同|发布|印刷|出版|更新|修改|上传"
)
_SPAN_OF_DAYS = re.compile(
    rf"\s*[-~至到—]{{1,2}}\s*(?:{D}{{4}}\s*[.\-/年]\s*)?{D}{{1,2}}\s*[.\-/月]\s*{D}{{1,2}}\s*[日号]?(?![0-9]*\s*[℃°:])"
)
_LETTERS = re.compile(r"[A-Za-z\u4e00-\u9fff]")
_WEEKDAY_WORDS = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day", re.I)
# A clock with its seconds, its thousandths and its offset is no caption.
_CLOCK_BEFORE = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{3})?)?(?:\s*[+-][0-9]{2}:?[0-9]{2})?")
# Behind its label's colon a date stands alone, or after a chip's or a clock's few signs (打卡, 09:12:30 AM).
MAX_LETTERS_BEFORE = 6
MAX_DIGITS_BEFORE = 6
# A row may name a course's day and then the shot's.
MAX_DATES_A_ROW = 2

SHOT, LABELLED, BESIDE, ALONE, ANOTHER = range(5)


F = TypeVar("F", FoundDate, FoundClock)


def take_dates(rest: list[Reading]) -> list[FoundDate]:
    """The dates in the rows, those first that stand as the shot's does: behind such a label, or beside a label, weekday or clock.

    Args:
        rest: The rows from top to bottom; what is understood is overwritten with CONSUMED, spans of days too, of which no day
            is the shot's.
    """
    days: list[tuple[int, FoundDate]] = []
    for index in range(len(rest)):
        for _ in range(MAX_DATES_A_ROW):
            row = rest[index]
            found = find_date(row)
            if found is None or _is_caption(row.text[: found.start]):
                break
            span = _SPAN_OF_DAYS.match(row.text, found.end)
            rest[index] = row.without(found.start, found.end if span is None else span.end())
            if span is None:
                rank = _rank(row.text[: found.start])
                if rank == ALONE and (find_clock(rest[index]) or find_weekday(rest[index])):
                    rank = BESIDE
                days.append((rank, found))
                if rank != ANOTHER:
                    break
    days.sort(key=lambda ranked: ranked[0])
    return [_doubt(day) if rank == ANOTHER else day for rank, day in days]


def take_clocks(rest: list[Reading], days: Sequence[FoundDate]) -> list[FoundClock]:
    """The clocks in the rows, those first that stand behind a label of the shot's or in the row of the first date.

    Args:
        rest: As for `take_dates`.
        days: The dates, the shot's first.
    """
    clocks: list[tuple[int, FoundClock]] = []
    day_box = days[0].field.box if days else None
    for index in range(len(rest)):
        rest[index] = row = remove_spans(rest[index])
        found = find_clock(row)
        if found is not None:
            rest[index] = row.without(found.start, found.end)
            rank = _rank(row.text[: found.start])
            if rank != ANOTHER and day_box is not None and _is_one_row(found.field.box, day_box):
                rank = SHOT
            clocks.append((rank, found))
    # A bare label tells of a clock less than its date does.
    clocks.sort(key=lambda ranked: (ranked[0] == ANOTHER, ranked[0] != SHOT))
    chosen = [_doubt(clock) if rank == ANOTHER else clock for rank, clock in clocks]
    return [take_half(clock, rest) for clock in chosen[:1]] + chosen[1:]


def choose_date(days: Sequence[FoundDate], weekday: Field[int] | None) -> FoundDate | None:
    """The first date; a weekday printed beside it tells of several meanings which one is meant, as surely as both are read.

    Of 03/04/2025 it chooses. A date that may have lost a digit (2024-11-5) is never completed: its weekday only excludes that.
    """
    if not days:
        return None
    day = days[0]
    if weekday is None:
        return day
    sure = min(day.decided, weekday.confidence)
    if day.longer:
        fits = day.field.value.weekday() == weekday.value
        alone = all(other.weekday() != weekday.value for other in day.longer)
        return replace(day, field=replace(day.field, confidence=sure)) if fits and alone else day
    if day.otherwise is None:
        return day
    fitting = [meaning for meaning in (day.field.value, day.otherwise) if meaning.weekday() == weekday.value]
    if len(fitting) != 1:
        return day
    turned = fitting[0] == day.otherwise
    return replace(
        day, field=replace(day.field, value=fitting[0], confidence=sure), month_first=day.month_first != turned
    )


def _rank(before: str) -> int:
    """How a date or a clock stands behind the text before it; what is understood already is no label."""
    text = re.sub(rf"[\s{CONSUMED}]", "", before)
    match = _LABEL.search(text)
    if match is None:
        other = _OTHER_LABEL.search(text)
        return ANOTHER if other is not None and _OF_ANOTHER_TIME.search(other["l"]) else ALONE
    if _OF_THE_SHOT.search(match["l"]):
        return SHOT
    return ANOTHER if _OF_ANOTHER_TIME.search(match["l"]) else LABELLED


def _is_caption(before: str) -> bool:
    """Whether a date stands within the scene's words, or behind a date of the stamp's own that was torn."""
    said = _WEEKDAY_WORDS.sub("", re.sub(r"^\W*[\u4e00-\u9fffA-Za-z\s]{2,12}:", "", before))
    letters = len(_LETTERS.findall(said))
    digits = sum(sign.isdigit() for sign in _CLOCK_BEFORE.sub("", said, count=1))
    return letters > MAX_LETTERS_BEFORE or digits > MAX_DIGITS_BEFORE


def _is_one_row(one: Box, other: Box) -> bool:
    shared = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return shared > min(one.height, other.height) / 2


def _doubt(found: F) -> F:
    """As sure as an even chance, and nothing printed beside it makes it surer."""
    field = doubt_field(found.field)
    if isinstance(found, FoundDate):
        return replace(found, field=field, decided=min(found.decided, AMBIGUOUS_CONFIDENCE))
    return replace(found, field=field)
