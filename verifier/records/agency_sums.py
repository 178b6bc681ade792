"""An agency beside the others, counted by the database: attendance by week, sign-in patterns, photos."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Tx

from verifier.records.errors import NotInRecordsError
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.finding import FindingRow
from verifier.records.tables.notice import NoticeRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.violation import ViolationRow
from verifier.regulation.attendance_rate import PresenceCount


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """What is compared of one agency. `failed` of `checked` photo findings; `notices` that stand."""

    code: str
    count: PresenceCount
    closed: int
    below: int
    failed: int
    checked: int
    notices: int


@dataclass(frozen=True, slots=True)
class PatternLine:
    """One sign-in pattern of an agency: how many violations stand in which state."""

    pattern: str
    state: str
    count: int


def find_agency_row(tx: Tx, code: str) -> AgencyRow:
    """The agency of this code.

    Raises:
        NotInRecordsError: there is none.
    """
    row = tx.scalar(select(AgencyRow).where(AgencyRow.code == code))
    if row is None:
        raise NotInRecordsError(f"no agency {code} is on record")
    return row


def count_by_week(tx: Tx, code: str) -> dict[date, PresenceCount]:
    """Monday → the closed sessions of that week together, in order of time."""
    rows = tx.execute(
        select(
            SessionRow.day, func.sum(RunRow.expected), func.sum(RunRow.present), func.sum(RunRow.unsure),
            func.sum(RunRow.on_leave),
        )
        .join(RunRow, (RunRow.session_id == SessionRow.id) & RunRow.is_current)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(AgencyRow.code == code, SessionRow.dropped_at.is_(None))
        .group_by(SessionRow.day)
        .order_by(SessionRow.day)
    )  # fmt: skip
    found: dict[date, PresenceCount] = {}
    for day, *sums in rows:
        expected, present, unsure, leave = (int(each or 0) for each in sums)
        monday = day - timedelta(days=day.weekday())
        found[monday] = found.get(monday, PresenceCount()) + PresenceCount(
            present, expected - present - unsure, unsure, leave
        )
    return found


def compare_agencies(tx: Tx, line_percent: int) -> list[AgencyLine]:
    """Every agency with a closed session, by code.

    Args:
        line_percent: Sessions whose rate cannot reach it, whoever is in doubt counted as present, are `below`.
    """
    at_most = (RunRow.present + RunRow.unsure) * 100
    below = func.count().filter(RunRow.expected > 0, at_most < RunRow.expected * line_percent)
    rows = tx.execute(
        select(
            AgencyRow.id, AgencyRow.code, func.count(RunRow.id), func.sum(RunRow.expected), func.sum(RunRow.present),
            func.sum(RunRow.unsure), func.sum(RunRow.on_leave), below,
        )
        .join(ClassRow, ClassRow.agency_id == AgencyRow.id)
        .join(SessionRow, (SessionRow.class_id == ClassRow.id) & SessionRow.dropped_at.is_(None))
        .join(RunRow, (RunRow.session_id == SessionRow.id) & RunRow.is_current)
        .group_by(AgencyRow.id, AgencyRow.code)
        .order_by(AgencyRow.code)
    ).all()  # fmt: skip
    failed, checked = _count_photo_findings(tx)
    issued = select(NoticeRow.agency_id, func.count()).where(NoticeRow.state == "issued").group_by(NoticeRow.agency_id)
    notices = {row[0]: row[1] for row in tx.execute(issued)}
    found = []
    for row_id, code, closed, *sums, few in rows:
        expected, present, unsure, leave = (int(each or 0) for each in sums)
        count = PresenceCount(present, expected - present - unsure, unsure, leave)
        found.append(AgencyLine(code, count, closed, few, failed[row_id], checked[row_id], notices.get(row_id, 0)))
    return found


def list_patterns(tx: Tx, code: str, rule_code: str = "sign_in_for_show") -> list[PatternLine]:
    """The sign-in patterns that violations of an agency's classes name, lapsed ones left out."""
    rows = tx.execute(
        select(ViolationRow.dedup_key, ViolationRow.state)
        .join(ClassRow, ClassRow.id == ViolationRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(AgencyRow.code == code, ViolationRow.code == rule_code, ViolationRow.state != "lapsed")
    )
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for key, state in rows:
        counts[[*key.split("|"), "", ""][2], state] += 1
    return [PatternLine(pattern, state, count) for (pattern, state), count in sorted(counts.items())]


def count_outcomes_of(tx: Tx, code: str, check_id: str) -> dict[str, int]:
    """How often each outcome of one check came out over an agency's classes."""
    query = (
        select(FindingRow.outcome, func.count())
        .join(RunRow, (RunRow.id == FindingRow.run_id) & RunRow.is_current)
        .join(ClassRow, ClassRow.id == RunRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(AgencyRow.code == code, FindingRow.check_id == check_id)
        .group_by(FindingRow.outcome)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def _count_photo_findings(tx: Tx) -> tuple[dict[UUID, int], dict[UUID, int]]:
    query = (
        select(ClassRow.agency_id, FindingRow.outcome, func.count())
        .join(RunRow, (RunRow.id == FindingRow.run_id) & RunRow.is_current)
        .join(ClassRow, ClassRow.id == RunRow.class_id)
        .where(FindingRow.submission_id.is_not(None), FindingRow.outcome.in_(("passed", "failed", "unsure")))
        .group_by(ClassRow.agency_id, FindingRow.outcome)
    )
    failed: dict[UUID, int] = defaultdict(int)
    checked: dict[UUID, int] = defaultdict(int)
    for agency_id, outcome, count in tx.execute(query):
        checked[agency_id] += count
        failed[agency_id] += count if outcome == "failed" else 0
    return failed, checked
