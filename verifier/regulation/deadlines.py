"""The days by which something has to be done: filing, changes, subsidy application, keeping the archive.

Each deadline names its clause. A day that depends on a year whose holidays are not known yet is None, "cannot tell".
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from verifier.language import Sentence, say
from verifier.regulation.facts import Urging
from verifier.regulation.policy import Policy


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline. `earliest` only where the law also names the soonest day; None stands for "cannot tell"."""

    code: str
    label: str
    due_on: date | None
    sentence: Sentence
    earliest: date | None = None


def add_months(day: date, months: int) -> date:
    """The day so many months later; the month's last day where it has no such day (Civil Code Art. 202)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def find_filing_window(starts_on: date, policy: Policy) -> Deadline:
    """When a class that starts on that day has to be filed (Art. 7(1)): the last day, and the first of the window."""
    fewest = int(policy.number("filing_min_working_days", starts_on))
    most = int(policy.number("filing_max_working_days", starts_on))
    latest, earliest = policy.calendar.go_back(starts_on, fewest), policy.calendar.go_back(starts_on, most)
    if latest is None:
        return Deadline("filing", "7(1)", None, _unknown(starts_on))
    sentence = say(
        "{starts_on}开班，须提前{fewest}至{most}个工作日备案，最迟{latest}。",
        starts_on=starts_on.isoformat(), fewest=fewest, most=most, latest=latest.isoformat(),
    )  # fmt: skip
    return Deadline("filing", "7(1)", latest, sentence, earliest)


def find_change_deadline(takes_effect_on: date, policy: Policy) -> Deadline:
    """Until when a change that takes effect on that day has to be filed (Art. 7(1))."""
    ahead = int(policy.number("change_min_working_days", takes_effect_on))
    latest = policy.calendar.go_back(takes_effect_on, ahead)
    if latest is None:
        return Deadline("change", "7(1)", None, _unknown(takes_effect_on))
    sentence = say(
        "{day}起的变更须提前{ahead}个工作日备案，最迟{latest}。",
        day=takes_effect_on.isoformat(), ahead=ahead, latest=latest.isoformat(),
    )  # fmt: skip
    return Deadline("change", "7(1)", latest, sentence)


def find_application_deadline(certified_on: date, policy: Policy) -> Deadline:
    """Until when the subsidy has to be applied for (Art. 7(6)).

    Where the last day is a day off, the period ends with the next working day (Civil Code Art. 203): the text is
    silent, and the reading that costs nobody the subsidy is taken.
    """
    months = int(policy.number("application_within_months", certified_on))
    last = add_months(certified_on, months)
    due_on = policy.calendar.next_working_day(last)
    if due_on is None:
        sentence = say(
            "{certified_on}取得证书，{months}个月内申请补贴，期满日{last}；如当日为节假日则顺延，而{year}年的放假安排未知。",
            certified_on=certified_on.isoformat(), months=months, last=last.isoformat(), year=last.year,
        )  # fmt: skip
        return Deadline("application", "7(6)", None, sentence, last)
    sentence = say(
        "{certified_on}取得证书，{months}个月内申请补贴，最迟{due_on}（期满日{last}）。",
        certified_on=certified_on.isoformat(), months=months, due_on=due_on.isoformat(), last=last.isoformat(),
    )  # fmt: skip
    return Deadline("application", "7(6)", due_on, sentence)


def find_urging_deadline(urging: Urging) -> Deadline:
    """Until when the agency was urged to hand in something (13(1)(10))."""
    sentence = say(
        "{urged_on}督促报送{what}，限{due_on}前完成。",
        urged_on=urging.urged_on.isoformat(), what=urging.what, due_on=urging.due_on.isoformat(),
    )  # fmt: skip
    return Deadline("urging", "13(1)(10)", urging.due_on, sentence)


def find_retention(archived_on: date, policy: Policy) -> Deadline:
    """Until when the archive has to be kept (Art. 7(5))."""
    years = int(policy.number("archive_kept_years", archived_on))
    until = add_months(archived_on, 12 * years)
    sentence = say(
        "{archived_on}归档，至少保存{years}年，至{until}。",
        archived_on=archived_on.isoformat(), years=years, until=until.isoformat(),
    )  # fmt: skip
    return Deadline("retention", "7(5)", until, sentence)


def _unknown(day: date) -> Sentence:
    return say("{day}之前的工作日涉及放假安排未知的年份，无法推算。", day=day.isoformat())
