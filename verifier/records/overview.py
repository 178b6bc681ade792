"""What happened over some days in the whole city, counted by the database: attendance, flags, cameras, what is due."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session as Tx

from verifier.matter_states import OPEN_STATES
from verifier.records.camera_wall import DOWN, SHOWING
from verifier.records.reading import Query
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.camera import CameraSampleRow
from verifier.records.tables.case import CaseRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.finding import FindingRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.supervision import (
    ClassClosingRow,
    FollowUpCallRow,
    FollowUpRow,
    OffSiteSupervisionRow,
    OnSiteInspectionRow,
)
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.violation import ViolationRow
from verifier.regulation.attendance_rate import PresenceCount


@dataclass(frozen=True, slots=True)
class Days:
    """Some days, both included; None leaves a side open. `agency_code`: of one agency's classes only."""

    since: date | None
    until: date | None
    agency_code: str | None = None


@dataclass(frozen=True, slots=True)
class ClassDays:
    """One class over some days. `lowest` is the least rate any of its sessions can have had, None where none is known."""

    number: str
    agency: str
    count: PresenceCount
    closed: int
    below: int
    lowest: float | None


def count_days(tx: Tx, days: Days) -> dict[date, PresenceCount]:
    """Day → its closed sessions together."""
    rows = tx.execute(_runs(days, SessionRow.day, *_SUMS).group_by(SessionRow.day).order_by(SessionRow.day))
    return {day: _count(sums) for day, *sums in rows}


def count_sessions(tx: Tx, days: Days) -> tuple[int, int]:
    """How many sessions were planned on these days, and how many of them are closed."""
    query = (
        select(func.count(SessionRow.id), func.count(RunRow.id))
        .outerjoin(RunRow, (RunRow.session_id == SessionRow.id) & RunRow.is_current)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(SessionRow.dropped_at.is_(None), *_within(days))
    )
    planned, closed = tx.execute(query).one()
    return planned, closed


def list_classes_by_rate(tx: Tx, days: Days, line_percent: int, most: int) -> list[ClassDays]:
    """The classes with a closed session whose lowest session is lowest, at most so many.

    Args:
        line_percent: Sessions that cannot reach it, whoever is in doubt counted as present, are `below`.
    """
    at_most = RunRow.present + RunRow.unsure
    below = func.count().filter(RunRow.expected > 0, at_most * 100 < RunRow.expected * line_percent)
    lowest = func.min(at_most * 1.0 / func.nullif(RunRow.expected, 0))
    query = (
        _runs(days, ClassRow.number, AgencyRow.name, func.count(RunRow.id), below, lowest, *_SUMS)
        .group_by(ClassRow.id, ClassRow.number, AgencyRow.name)
        .order_by(lowest.is_(None), lowest, ClassRow.number)
        .limit(most)
    )
    return [
        ClassDays(number, agency, _count(sums), closed, few, least)
        for number, agency, closed, few, least, *sums in tx.execute(query)
    ]


def count_open_sessions(tx: Tx, days: Days, now: datetime) -> int:
    """Sessions of these days that are over and not closed."""
    query = (
        select(func.count(SessionRow.id))
        .outerjoin(RunRow, (RunRow.session_id == SessionRow.id) & RunRow.is_current)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(SessionRow.dropped_at.is_(None), RunRow.id.is_(None), SessionRow.ends_at < now, *_within(days))
    )
    return tx.scalar(query) or 0


def count_photos(tx: Tx, days: Days) -> int:
    """Photos handed in for the sessions of these days."""
    query = (
        select(func.count(SubmissionRow.id))
        .join(SessionRow, SessionRow.id == SubmissionRow.session_id)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(SubmissionRow.superseded_by.is_(None), *_within(days))
    )
    return tx.scalar(query) or 0


def count_flags(tx: Tx) -> tuple[dict[str, int], dict[str, int]]:
    """What is open, of all days: violations by article, cases by kind."""
    rules = (
        select(ViolationRow.rule, func.count()).where(ViolationRow.state.in_(OPEN_STATES)).group_by(ViolationRow.rule)
    )
    kinds = select(CaseRow.kind, func.count()).where(CaseRow.state.in_(OPEN_STATES)).group_by(CaseRow.kind)
    return {row[0]: row[1] for row in tx.execute(rules)}, {row[0]: row[1] for row in tx.execute(kinds)}


def count_findings(tx: Tx, days: Days) -> dict[str, dict[str, int]]:
    """Check id → outcome → how often, over the photos and sessions of these days."""
    query = (
        select(FindingRow.check_id, FindingRow.outcome, func.count())
        .join(RunRow, (RunRow.id == FindingRow.run_id) & RunRow.is_current)
        .join(SessionRow, SessionRow.id == RunRow.session_id)
        .join(ClassRow, ClassRow.id == RunRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(FindingRow.camera_sample_id.is_(None), *_within(days))
        .group_by(FindingRow.check_id, FindingRow.outcome)
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for check, outcome, count in tx.execute(query):
        found[check][outcome] = count
    return dict(found)


def count_camera_looks(tx: Tx, begins: datetime, ends: datetime, zone: ZoneInfo) -> dict[date, tuple[int, int, int]]:
    """Day → looks at cameras that showed the room, at which they were down, and that could not tell."""
    query = select(CameraSampleRow.taken_at, CameraSampleRow.condition).where(
        CameraSampleRow.taken_at >= begins, CameraSampleRow.taken_at < ends
    )
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
    for taken_at, condition in tx.execute(query):
        place = 0 if condition in SHOWING else 1 if condition in DOWN else 2
        found[taken_at.astimezone(zone).date()][place] += 1
    return {day: (counts[0], counts[1], counts[2]) for day, counts in sorted(found.items())}


def list_classes_owed(tx: Tx, today: date, most: int) -> tuple[list[str], int]:
    """Classes that have begun, are not paid, and for which too little supervision may stand; the last taught first.

    Whether a duty is really done is the law's to say (`class_standing.view_due`); this only leaves out classes for which more than
    enough stands on record to look at.

    Returns: Their numbers, at most so many, and how many there are.
    """
    first, last = _of_class(func.min(SessionRow.day)), _of_class(func.max(SessionRow.day))
    paid = select(ClassClosingRow.paid_on).where(ClassClosingRow.class_id == ClassRow.id).correlate(ClassRow)
    calls = (
        select(func.count(FollowUpCallRow.id))
        .join(FollowUpRow, FollowUpRow.id == FollowUpCallRow.follow_up_id)
        .where(FollowUpRow.class_id == ClassRow.id, FollowUpCallRow.outcome.is_not(None))
        .correlate(ClassRow)
        .scalar_subquery()
    )
    owed = (
        (_count_of(OnSiteInspectionRow, OnSiteInspectionRow.state == "done") < 1)
        | (_count_of(OffSiteSupervisionRow) < 2)
        | ((calls < 1) & (last < today))
    )
    query: Query = select(ClassRow.number).where(first <= today, paid.scalar_subquery().is_(None), owed)
    # Every class's sessions are gone through: once, not for the number and again for the first.
    rows = tx.execute(query.add_columns(func.count().over()).order_by(last.desc(), ClassRow.number).limit(most)).all()
    return [number for number, _ in rows], rows[0][1] if rows else 0


_SUMS = (func.sum(RunRow.expected), func.sum(RunRow.present), func.sum(RunRow.unsure), func.sum(RunRow.on_leave))


def _runs(days: Days, *columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(SessionRow)
        .join(RunRow, (RunRow.session_id == SessionRow.id) & RunRow.is_current)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(SessionRow.dropped_at.is_(None), *_within(days))
    )


def _within(days: Days) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if days.since is not None:
        found.append(SessionRow.day >= days.since)
    if days.until is not None:
        found.append(SessionRow.day <= days.until)
    if days.agency_code is not None:
        found.append(AgencyRow.code == days.agency_code)
    return found


def _count(sums: list[Any]) -> PresenceCount:
    expected, present, unsure, leave = (int(each or 0) for each in sums)
    return PresenceCount(present, expected - present - unsure, unsure, leave)


def _of_class(value: Any) -> Any:
    query = select(value).where(SessionRow.class_id == ClassRow.id, SessionRow.dropped_at.is_(None))
    return query.correlate(ClassRow).scalar_subquery()


def _count_of(model: Any, *conditions: ColumnElement[bool]) -> Any:
    query = select(func.count(model.id)).where(model.class_id == ClassRow.id, *conditions)
    return query.correlate(ClassRow).scalar_subquery()
