"""Rates and eligibility as they stand, per class and agency, numerator and denominator beside each rate. Reading only."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy.orm import Session as Tx

from verifier.records.rates import ClassRate, read_class_rates
from verifier.records.reading import read_attended_hours, read_sessions
from verifier.records.rows import find_class
from verifier.records.tables.supervision import ClassClosingRow
from verifier.regulation.attendance_rate import PresenceCount
from verifier.regulation.policy import Policy
from verifier.regulation.student_hours import Eligibility, StudentHours, count_unplanned_hours


def describe_rate(count: PresenceCount) -> dict[str, Any]:
    """Numerator, denominator and what stands between them. `rate_low` counts the unsure as absent, `rate_high` as present.

    Approved leave is in neither; None where nobody was expected.
    """
    expected = count.expected
    return {
        "expected": expected,
        "present": count.present,
        "absent": count.absent,
        "unsure": count.unsure + count.not_run,
        "leave": count.leave,
        "rate": count.present / expected if expected else None,
        "rate_low": count.present / expected if expected else None,
        "rate_high": count.at_most / expected if expected else None,
    }


def describe_class_rate(rate: ClassRate) -> dict[str, Any]:
    """One class: its closed sessions together."""
    return {
        "class": rate.class_number,
        "agency": rate.agency_name,
        "agency_code": rate.agency_code,
        "sessions": rate.sessions,
        "closed": rate.closed,
        **describe_rate(rate.count),
    }


def describe_agency_rates(rates: Iterable[ClassRate]) -> list[dict[str, Any]]:
    """Each agency: the closed sessions of all its given classes together, by name."""
    by_agency: dict[str, list[ClassRate]] = {}
    for each in rates:
        by_agency.setdefault(each.agency_code, []).append(each)
    found = [
        {
            "code": code,
            "name": mine[0].agency_name,
            "classes": len(mine),
            "sessions": sum(each.sessions for each in mine),
            "closed": sum(each.closed for each in mine),
            **describe_rate(sum((each.count for each in mine), PresenceCount())),
        }
        for code, mine in by_agency.items()
    ]
    return sorted(found, key=lambda each: (each["name"], each["code"]))


def view_rates(
    tx: Tx, classes: Collection[str] | None = None, agencies: Collection[str] | None = None
) -> dict[str, list[dict[str, Any]]]:
    """``classes`` and ``agencies`` with their rates. Chosen by class, an agency still answers for all classes it has."""
    chosen = read_class_rates(tx, None if classes is None else frozenset(classes), agencies)
    codes = {each.agency_code for each in chosen}
    of_agencies = chosen if classes is None else read_class_rates(tx, agencies=codes)
    return {
        "classes": [describe_class_rate(each) for each in chosen],
        "agencies": describe_agency_rates(of_agencies),
    }


def find_rate_line(policy: Policy, day: date) -> int | None:
    """The lowest lawful attendance rate of a day, in percent; None where the law of the day names none."""
    try:
        return int(policy.number("attendance_rate_min_percent", day))
    except KeyError:
        return None


def find_exam_minimum(policy: Policy, first_day: date | None) -> float | None:
    """The least share of the planned hours, in percent, for the examination (7(2)); None where no law of that day says one."""
    if first_day is None or not policy.in_force_on(first_day):
        return None
    try:
        return float(policy.number("exam_hours_min_percent", first_day))
    except KeyError:  # another city may ask for none
        return None


def view_students(tx: Tx, number: str, policy: Policy) -> list[dict[str, Any]]:
    """Every student of a class: hours attended, in doubt, on leave, missed, to come, and eligibility for the examination.

    `exam_eligible` is None while it depends, or while sessions remain; `eligibility` is ``eligible``, ``not_eligible`` or
    ``depends``, whatever is still to come; both are None where the law names no minimum.

    Raises:
        NotInRecordsError: there is no such class.
    """
    sessions = read_sessions(tx, number, with_details=False)
    closing = tx.get(ClassClosingRow, find_class(tx, number).id)
    ahead = sum(session.hours for session in sessions if session.outcome is None)
    over = closing is not None and closing.completed_on is not None
    timetable = sum(session.hours for session in sessions)
    minimum = find_exam_minimum(policy, min((session.day for session in sessions), default=None))
    found = []
    for student in read_attended_hours(tx, number):
        to_come = ahead + count_unplanned_hours(student.planned_hours, timetable, over=over)
        hours = StudentHours(student.attended, student.absent, student.unsure, student.leave, ahead=to_come)
        verdict = None if minimum is None else hours.judge(student.planned_hours, minimum)
        settled = to_come <= 0 and verdict in (Eligibility.ELIGIBLE, Eligibility.NOT_ELIGIBLE)
        found.append(
            {
                "class": number,
                "student_no": student.student_no,
                "name": student.name,
                "attended_hours": student.attended,
                "unsure_hours": student.unsure,
                "leave_hours": student.leave,
                "absent_hours": student.absent,
                "hours_ahead": to_come,
                "planned_hours": student.planned_hours,
                "minimum_percent": minimum,
                "exam_eligible": verdict is Eligibility.ELIGIBLE if settled else None,
                "eligibility": None if verdict is None else verdict.value,
            }
        )
    return found


def count_eligibility(students: Iterable[dict[str, Any]]) -> dict[str, int]:
    """How many of a class's students may sit the examination, may not, or depend on review."""
    counts = dict.fromkeys((each.value for each in Eligibility), 0)
    for student in students:
        if student["eligibility"] is not None:
            counts[student["eligibility"]] += 1
    return counts


def view_class(tx: Tx, number: str, policy: Policy) -> dict[str, Any]:
    """One class for its page: its rate, its agency's, every session's numbers, every student's hours and eligibility.

    Raises:
        NotInRecordsError: there is no such class.
    """
    rates = view_rates(tx, classes=[number])
    students = view_students(tx, number, policy)
    sessions = []
    for session in read_sessions(tx, number, with_details=False):
        count = PresenceCount()
        if session.numbers is not None:
            one = session.numbers
            count = PresenceCount(one.present, one.expected - one.present - one.unsure, one.unsure, one.leave)
        closed = session.outcome is not None
        sessions.append(
            {"id": session.session_id, "date": session.day.isoformat(), "closed": closed, **describe_rate(count)}
        )
    return {
        "class": rates["classes"][0] if rates["classes"] else None,
        "agency": rates["agencies"][0] if rates["agencies"] else None,
        "sessions": sessions,
        "students": students,
        "eligibility": count_eligibility(students),
        "policy": str(policy.ref),
    }
