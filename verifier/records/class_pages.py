"""One class and its lists, a page at a time from the database: a city with thousands of classes costs what a page costs.

A page is asked for by the key of the entry after which it goes on, as in `records.paging`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session as Tx

from verifier.language import Sentence
from verifier.records.closing import StudentPresence
from verifier.records.filing import ClassSummary
from verifier.records.paging import After
from verifier.records.reading import Query
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.presence import PresenceRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow


@dataclass(frozen=True, slots=True)
class AgencyCount:
    """An agency with how many classes it filed."""

    code: str
    name: str
    classes: int


@dataclass(frozen=True, slots=True)
class PresenceEntry:
    """One student in one session."""

    session_id: str
    day: date
    student: StudentPresence


def page_classes(
    tx: Tx, after: After, limit: int, *, agency_code: str | None = None, only: str | None = None
) -> list[ClassSummary]:
    """Classes by number.

    Args:
        agency_code: Only this agency's.
        only: The one of this number.
    """
    query: Query = select(ClassRow, AgencyRow).join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
    if agency_code is not None:
        query = query.where(AgencyRow.code == agency_code)
    if only is not None:
        query = query.where(ClassRow.number == only)
    if after is not None:
        query = query.where(ClassRow.number > after[0])
    rows = tx.execute(query.order_by(ClassRow.number).limit(limit)).all()
    ids = [row.id for row, _ in rows]
    spans = _count_sessions(tx, ids)
    students = _count(tx, EnrolmentRow, EnrolmentRow.dropped_at.is_(None), ids)
    photos = _count(tx, SubmissionRow, SubmissionRow.superseded_by.is_(None), ids)
    found = []
    for row, agency in rows:
        first_day, last_day, sessions = spans.get(row.id, (None, None, 0))
        found.append(
            ClassSummary(
                row.number, agency.code, agency.name, row.occupation, row.level, row.term, first_day, last_day, sessions,
                students.get(row.id, 0), photos.get(row.id, 0),
            )
        )  # fmt: skip
    return found


def page_agencies(tx: Tx, after: After, limit: int, *, agency_code: str | None = None) -> list[AgencyCount]:
    """Agencies by code, with how many classes each filed; only this one where it is named."""
    query = (
        select(AgencyRow.code, AgencyRow.name, func.count(ClassRow.id))
        .outerjoin(ClassRow, ClassRow.agency_id == AgencyRow.id)
        .group_by(AgencyRow.code, AgencyRow.name)
        .order_by(AgencyRow.code)
    )
    if agency_code is not None:
        query = query.where(AgencyRow.code == agency_code)
    if after is not None:
        query = query.where(AgencyRow.code > after[0])
    return [AgencyCount(*row) for row in tx.execute(query.limit(limit))]


def page_session_ids(tx: Tx, class_number: str, after: After, limit: int) -> list[tuple[str, str]]:
    """(beginning, id) of a class's sessions by time; the beginning as it stands in a cursor."""
    query = (
        select(SessionRow.day, SessionRow.starts_at, SessionRow.code)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .where(ClassRow.number == class_number, SessionRow.dropped_at.is_(None))
        .order_by(SessionRow.starts_at, SessionRow.code)
    )
    rows = [(starts_at.isoformat(), code) for _, starts_at, code in tx.execute(query)]
    # A class has a few hundred sessions at most: their names are read whole, what they hold is not.
    return [row for row in rows if after is None or row > (after[0], after[1])][:limit]


def page_presences(
    tx: Tx, class_number: str, after: After, limit: int, session_id: str | None = None
) -> list[PresenceEntry]:
    """Who was there by the sessions' current conclusions, by day, session and student; of one session where it is named."""
    query: Query = (
        select(SessionRow.code, SessionRow.day, EnrolmentRow.student_no, PresenceRow.presence, PresenceRow.because)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .join(PresenceRow, and_(PresenceRow.session_id == SessionRow.id, PresenceRow.is_current))
        .join(EnrolmentRow, EnrolmentRow.id == PresenceRow.enrolment_id)
        .where(ClassRow.number == class_number, SessionRow.dropped_at.is_(None))
        .order_by(SessionRow.day, SessionRow.code, EnrolmentRow.student_no)
    )
    if session_id is not None:
        query = query.where(SessionRow.code == session_id)
    if after is not None:
        query = query.where(_is_after(date.fromisoformat(after[0]), after[1], after[2]))
    return [
        PresenceEntry(
            code, day, StudentPresence(student_no, presence, tuple(Sentence.from_json(each) for each in because))
        )
        for code, day, student_no, presence, because in tx.execute(query.limit(limit))
    ]


def _is_after(day: date, session_id: str, student_no: str) -> Any:
    same_session = and_(SessionRow.code == session_id, EnrolmentRow.student_no > student_no)
    same_day = and_(SessionRow.day == day, or_(SessionRow.code > session_id, same_session))
    return or_(SessionRow.day > day, same_day)


def _count_sessions(tx: Tx, ids: list[UUID]) -> dict[UUID, tuple[date | None, date | None, int]]:
    query = (
        select(SessionRow.class_id, func.min(SessionRow.day), func.max(SessionRow.day), func.count())
        .where(SessionRow.class_id.in_(ids), SessionRow.dropped_at.is_(None))
        .group_by(SessionRow.class_id)
    )
    return {class_id: (first, last, count) for class_id, first, last, count in tx.execute(query)}


def _count(tx: Tx, model: Any, stands: Any, ids: list[UUID]) -> dict[UUID, int]:
    query = select(model.class_id, func.count()).where(model.class_id.in_(ids), stands).group_by(model.class_id)
    return {row[0]: row[1] for row in tx.execute(query)}
