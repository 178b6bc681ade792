"""One class and its lists, a page at a time from the database: a city with thousands of classes costs what a page costs.

A page is asked for by the key of the entry after which it goes on, as in `records.paging`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Date, Integer, Text, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session as Tx

from verifier.language import Sentence
from verifier.records.closing import StudentPresence
from verifier.records.filing import ClassSummary
from verifier.records.paging import After
from verifier.records.reading import Query
from verifier.records.rows import ask
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
    asked = {"code": agency_code, "only": only, "after": after[0] if after is not None else None}
    values = {name: value for name, value in asked.items() if value is not None}
    rows = ask(tx, _classes(frozenset(values)), **values, most=limit).all()
    ids = [row[0] for row in rows]
    spans = {row[0]: row[1:] for row in ask(tx, _session_spans(), ids=ids)}
    students = {row[0]: row[1] for row in ask(tx, _count_standing(EnrolmentRow, "dropped_at"), ids=ids)}
    photos = {row[0]: row[1] for row in ask(tx, _count_standing(SubmissionRow, "superseded_by"), ids=ids)}
    found = []
    for row_id, number, code, name, occupation, level, term in rows:
        first_day, last_day, sessions = spans.get(row_id, (None, None, 0))
        found.append(
            ClassSummary(
                number, code, name, occupation, level, term, first_day, last_day, sessions, students.get(row_id, 0),
                photos.get(row_id, 0),
            )
        )  # fmt: skip
    return found


@cache
def _classes(asked: frozenset[str]) -> Query:
    query: Query = select(
        ClassRow.id, ClassRow.number, AgencyRow.code, AgencyRow.name, ClassRow.occupation, ClassRow.level, ClassRow.term
    ).join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
    if "code" in asked:
        query = query.where(AgencyRow.code == bindparam("code"))
    if "only" in asked:
        query = query.where(ClassRow.number == bindparam("only"))
    if "after" in asked:
        query = query.where(ClassRow.number > bindparam("after"))
    return query.order_by(ClassRow.number).limit(bindparam("most", type_=Integer))


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
    rows = [(starts_at.isoformat(), code) for starts_at, code in ask(tx, _session_times(), number=class_number)]
    # A class has a few hundred sessions at most: their names are read whole, what they hold is not.
    return [row for row in rows if after is None or row > (after[0], after[1])][:limit]


@cache
def _session_times() -> Query:
    return (
        select(SessionRow.starts_at, SessionRow.code)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .where(ClassRow.number == bindparam("number"), SessionRow.dropped_at.is_(None))
        .order_by(SessionRow.starts_at, SessionRow.code)
    )


def page_presences(
    tx: Tx, class_number: str, after: After, limit: int, session_id: str | None = None
) -> list[PresenceEntry]:
    """Who was there by the sessions' current conclusions, by day, session and student; of one session where it is named."""
    values: dict[str, Any] = {"number": class_number, "most": limit}
    if session_id is not None:
        values["session"] = session_id
    if after is not None:
        values |= {"day": date.fromisoformat(after[0]), "code": after[1], "student_no": after[2]}
    rows = ask(tx, _presences(of_session=session_id is not None, going_on=after is not None), **values)
    return [
        PresenceEntry(
            code, day, StudentPresence(student_no, presence, tuple(Sentence.from_json(each) for each in because))
        )
        for code, day, student_no, presence, because in rows
    ]


@cache
def _presences(*, of_session: bool, going_on: bool) -> Query:
    query: Query = (
        select(SessionRow.code, SessionRow.day, EnrolmentRow.student_no, PresenceRow.presence, PresenceRow.because)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .join(PresenceRow, and_(PresenceRow.session_id == SessionRow.id, PresenceRow.is_current))
        .join(EnrolmentRow, EnrolmentRow.id == PresenceRow.enrolment_id)
        .where(ClassRow.number == bindparam("number"), SessionRow.dropped_at.is_(None))
        .order_by(SessionRow.day, SessionRow.code, EnrolmentRow.student_no)
    )
    if of_session:
        query = query.where(SessionRow.code == bindparam("session"))
    if going_on:
        query = query.where(_is_after())
    return query.limit(bindparam("most", type_=Integer))


def _is_after() -> Any:
    day, code = bindparam("day", type_=Date), bindparam("code", type_=Text)
    same_session = and_(SessionRow.code == code, EnrolmentRow.student_no > bindparam("student_no"))
    same_day = and_(SessionRow.day == day, or_(SessionRow.code > code, same_session))
    return or_(SessionRow.day > day, same_day)


@cache
def _session_spans() -> Query:
    return (
        select(SessionRow.class_id, func.min(SessionRow.day), func.max(SessionRow.day), func.count())
        .where(SessionRow.class_id.in_(bindparam("ids", expanding=True)), SessionRow.dropped_at.is_(None))
        .group_by(SessionRow.class_id)
    )


@cache
def _count_standing(model: Any, mark: str) -> Query:
    """How many rows of each class have no mark."""
    return (
        select(model.class_id, func.count())
        .where(model.class_id.in_(bindparam("ids", expanding=True)), getattr(model, mark).is_(None))
        .group_by(model.class_id)
    )
