"""Everything about one agency that its page shows, JSON-ready: warnings on the ladder, trends, others, sign-ins. Reading only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from statistics import median
from typing import Any

from sqlalchemy.orm import Session as Tx

from verifier.class_standing import describe_notice, describe_sanction
from verifier.matter_states import OPEN_STATES
from verifier.records.agency_sums import (
    AgencyLine,
    compare_agencies,
    count_by_week,
    count_outcomes_of,
    find_agency_row,
    list_patterns,
)
from verifier.records.class_facts import read_agency_facts
from verifier.records.errors import NotInRecordsError
from verifier.records.listing import Asked, find_page
from verifier.records.lists import list_cases_for, list_classes_for, list_violations_for
from verifier.records.notices import read_notices, read_sanctions
from verifier.records.plans import BUREAU
from verifier.regulation.ladder import begin_rolling_year, judge_agency_warnings, valid_warnings
from verifier.regulation.policy import Policy
from verifier.regulation.rule import bind_rule
from verifier.regulation.signin_patterns import SIGN_IN_PATTERNS
from verifier.standing import describe_rate, find_rate_line

MOST_CLASSES = 20  # the rest is a list of its own
_LADDER = "five_warnings_in_a_year"
_SIGN_INS = "session.signins"


def view_agency_page(
    tx: Tx, policy: Policy, code: str, as_of: date, language: str | None = None, *, viewer: str = BUREAU
) -> dict[str, Any]:
    """One agency as its page shows it.

    Args:
        viewer: `BUREAU`, or an agency's code: it sees itself, without what is still open, and without the others.
    Raises:
        NotInRecordsError: there is no such agency, or not for this viewer.
    """
    if viewer not in (BUREAU, code):
        raise NotInRecordsError(f"no agency {code} for {viewer}")
    row = find_agency_row(tx, code)
    own = None if viewer == BUREAU else code
    classes = find_page(tx, list_classes_for(own), Asked(filters={"agency": code}, limit=MOST_CLASSES))
    sanctions = [describe_sanction(each, language) for each in read_sanctions(tx, agency_code=code)]
    line = find_rate_line(policy, as_of)
    # Where no law names a rate, no session is below it.
    lines = compare_agencies(tx, line or 0)
    mine = next((each for each in lines if each.code == code), None)
    known = {
        "code": code, "name": row.name, "qualification": row.qualification,
        "revoked_on": row.qualification_revoked_on.isoformat() if row.qualification_revoked_on else None,
        "classes": list(classes.rows), "classes_count": classes.total,
        "attendance": describe_rate(mine.count) if mine else None, "closed": mine.closed if mine else 0,
        "ladder": _describe_ladder(tx, policy, code, as_of, language),
        "notices": [describe_notice(each) for each in read_notices(tx, agency_code=code)],
        "sanctions": [each for each in sanctions if own is None or each["state"] == "issued"],
        "line": line / 100 if line is not None else None,
        "weeks": [{"week": week.isoformat(), **describe_rate(count)} for week, count in count_by_week(tx, code).items()],
    }  # fmt: skip
    if own is not None:
        return known
    return known | {
        "open": _count_open(tx, code),
        "compared": _compare(lines, code),
        "patterns": _describe_patterns(tx, code, language),
        "sign_ins": count_outcomes_of(tx, code, _SIGN_INS),
    }


def _describe_ladder(tx: Tx, policy: Policy, code: str, as_of: date, language: str | None) -> dict[str, Any] | None:
    """The warnings of the rolling year that ends today, and what the rule says of the fullest year; None without such a rule."""
    try:
        rule = bind_rule(policy, _LADDER)
        limit = rule.count("agency_warnings_a_year", as_of)
    except KeyError:  # another city may know no such rule
        return None
    facts = read_agency_facts(tx, code, as_of)
    begins = begin_rolling_year(as_of)
    (result,) = judge_agency_warnings(facts, rule)
    now = [each for each in valid_warnings(facts.warnings) if begins <= each.issued_on <= as_of]
    return {
        "article": rule.citation.label, "quote": rule.citation.quote, "limit": limit, "begins": begins.isoformat(),
        "ends": as_of.isoformat(), "count": len(now), "settled": sum(each.notice in facts.settled for each in now),
        "outcome": result.outcome.value, "reason": result.reason.text(language),
    }  # fmt: skip


def _count_open(tx: Tx, code: str) -> dict[str, int]:
    found = {}
    for name, listing in (("cases", list_cases_for()), ("violations", list_violations_for())):
        asked = Asked(filters={"state": "open", "agency": code}, limit=1)
        found[name] = find_page(tx, listing, asked).total
    return found


def _compare(lines: Sequence[AgencyLine], code: str) -> list[dict[str, Any]]:
    """Each quantity of this agency beside the median of the others that have it, with their number."""
    quantities: tuple[tuple[str, Callable[[AgencyLine], float | None]], ...] = (
        ("rate", lambda line: line.count.present / line.count.expected if line.count.expected else None),
        ("rate_high", lambda line: line.count.at_most / line.count.expected if line.count.expected else None),
        ("below", lambda line: line.below / line.closed if line.closed else None),
        ("failed", lambda line: line.failed / line.checked if line.checked else None),
        ("notices", lambda line: float(line.notices)),
    )
    found = []
    for name, measure in quantities:
        own = next((measure(each) for each in lines if each.code == code), None)
        others = [value for each in lines if each.code != code and (value := measure(each)) is not None]
        found.append({"name": name, "own": own, "median": median(others) if others else None, "others": len(others)})
    return found


def _describe_patterns(tx: Tx, code: str, language: str | None) -> list[dict[str, Any]]:
    """Every pattern that is looked for, with the violations that name it, also where there are none."""
    counts: dict[str, dict[str, int]] = {}
    for line in list_patterns(tx, code):
        counts.setdefault(line.pattern, {})[line.state] = line.count
    return [
        {
            "name": pattern.name, "title": pattern.title.text(language),
            "open": sum(counts.get(pattern.name, {}).get(state, 0) for state in OPEN_STATES),
            "confirmed": counts.get(pattern.name, {}).get("confirmed", 0),
            "dismissed": counts.get(pattern.name, {}).get("dismissed", 0),
        }
        for pattern in SIGN_IN_PATTERNS
    ]  # fmt: skip
