"""Chinese working days: public holidays are none, make-up days on weekends are, and an unknown year is unknown.

The State Council publishes each year's holidays late in the year before, so a calendar of next year may not exist yet.
Counting plain weekends then would be wrong by up to eight days without anybody noticing: the answer is None instead.

Source: the `chinese-calendar` package (the State Council's yearly notices); years it lacks may stand in the policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import chinese_calendar

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """One year's official arrangement, where the operator enters it: days off on weekdays, working days on weekends."""

    holidays: frozenset[date]
    working_weekends: frozenset[date]


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Tells working days. `years` are those the operator entered; they win over the package's."""

    years: Mapping[int, CalendarYear] = field(default_factory=dict)

    def is_working_day(self, day: date) -> bool | None:
        """Whether people work on that day; None where its year's arrangement is not known."""
        entered = self.years.get(day.year)
        if entered is not None:
            if day.weekday() >= _SATURDAY:
                return day in entered.working_weekends
            return day not in entered.holidays
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:  # the package's way of saying that it does not know the year
            return None

    def count(self, first: date, before: date) -> int | None:
        """Working days from `first` up to the day before `before`; None where a day among them is unknown.

        This is how "7 working days ahead" is counted: the class's own day does not count, the day of filing does.
        """
        found = 0
        for offset in range((before - first).days):
            works = self.is_working_day(first + timedelta(days=offset))
            if works is None:
                return None
            found += works
        return found

    def go_back(self, day: date, working_days: int) -> date | None:
        """The last day from which at least so many working days lie before `day`; None where unknown."""
        at = day
        while working_days > 0:
            at -= timedelta(days=1)
            works = self.is_working_day(at)
            if works is None:
                return None
            working_days -= works
        return at

    def next_working_day(self, day: date) -> date | None:
        """The day itself if people work on it, else the next on which they do; None where unknown."""
        at = day
        while (works := self.is_working_day(at)) is False:
            at += timedelta(days=1)
        return at if works else None
