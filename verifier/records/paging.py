"""Long lists, a page at a time from the database: whatever has grown over the years, one page costs the same.

A page is asked for by the key of the entry after which it goes on, as texts, as they stand in a cursor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, and_, bindparam, or_, select
from sqlalchemy.orm import Session as Tx

from verifier.finding import Finding, Outcome
from verifier.language import Sentence
from verifier.records.matters import CaseRecord, ViolationRecord, read_case_rows, read_violation_rows
from verifier.records.reading import Query
from verifier.records.rows import ask
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.case import CaseRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.finding import FindingRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.violation import ViolationRow

After = Sequence[str] | None


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """One current finding of a class. `photo_id` is None for one about the session itself."""

    id: UUID
    photo_id: UUID | None
    session_id: str | None
    finding: Finding


def page_photo_ids(tx: Tx, class_number: str, after: After, limit: int, only: UUID | None = None) -> list[UUID]:
    """Ids of a class's judged photos, in their order; `only` asks whether one of that id is among them."""
    query = (
        select(SubmissionRow.id)
        .join(FindingRow, (FindingRow.submission_id == SubmissionRow.id) & (FindingRow.position == 0))
        .join(RunRow, (RunRow.id == FindingRow.run_id) & RunRow.is_current)
        .join(ClassRow, ClassRow.id == SubmissionRow.class_id)
        .where(ClassRow.number == class_number)
    )
    if after is not None:
        query = query.where(SubmissionRow.id > UUID(after[0]))
    if only is not None:
        query = query.where(SubmissionRow.id == only)
    return list(tx.scalars(query.distinct().order_by(SubmissionRow.id).limit(limit)))


def page_findings(
    tx: Tx, class_number: str, after: After, limit: int, outcome: str | None = None
) -> list[FindingEntry]:
    """A class's current findings about photos and sessions, by id, which is the same after every run of the same versions."""
    asked = {"concluded": outcome, "after": UUID(after[0]) if after is not None else None}
    values = {name: value for name, value in asked.items() if value is not None}
    rows = ask(tx, _findings_of_class(frozenset(values)), number=class_number, most=limit, **values)
    return [
        FindingEntry(
            row_id, photo_id, code, Finding(check, Outcome(concluded), Sentence.from_json(reason), profile, measured)
        )
        for row_id, photo_id, code, check, concluded, reason, profile, measured in rows
    ]


@cache
def _findings_of_class(asked: frozenset[str]) -> Query:
    query: Query = (
        select(
            FindingRow.id, FindingRow.submission_id, SessionRow.code, FindingRow.check_id, FindingRow.outcome,
            FindingRow.reason, FindingRow.profile, FindingRow.measured,
        )
        .join(RunRow, (RunRow.id == FindingRow.run_id) & RunRow.is_current)
        .join(ClassRow, ClassRow.id == RunRow.class_id)
        .outerjoin(SessionRow, SessionRow.id == RunRow.session_id)
        .where(ClassRow.number == bindparam("number"), FindingRow.camera_sample_id.is_(None))
        # A session that is not in the timetable any more has no conclusion.
        .where(or_(SessionRow.id.is_(None), FindingRow.submission_id.is_not(None), SessionRow.dropped_at.is_(None)))
    )  # fmt: skip
    if "concluded" in asked:
        query = query.where(FindingRow.outcome == bindparam("concluded"))
    if "after" in asked:
        query = query.where(FindingRow.id > bindparam("after"))
    return query.order_by(FindingRow.id).limit(bindparam("most", type_=Integer))


def page_cases(
    tx: Tx, after: After, limit: int, *, class_number: str | None = None, agency_code: str | None = None,
    states: Sequence[str] = (), only: UUID | None = None,
) -> list[CaseRecord]:  # fmt: skip
    """Cases in the order they were opened.

    Args:
        agency_code: Only those of this agency's classes.
        states: Only those that stand so; none where it is empty.
        only: The one of this id.
    """
    query = _matters(CaseRow, class_number, agency_code, states, only, after)
    ids = list(tx.scalars(query.limit(limit)))
    found = {each.id: each for each in read_case_rows(tx, ids)}
    return [found[each] for each in ids]


def page_violations(
    tx: Tx, after: After, limit: int, *, class_number: str | None = None, agency_code: str | None = None,
    states: Sequence[str] = (), only: UUID | None = None,
) -> list[ViolationRecord]:  # fmt: skip
    """Violations in the order they were opened; arguments as for `page_cases`."""
    query = _matters(ViolationRow, class_number, agency_code, states, only, after)
    ids = list(tx.scalars(query.limit(limit)))
    found = {each.id: each for each in read_violation_rows(tx, ids)}
    return [found[each] for each in ids]


def _matters(
    model: Any,
    class_number: str | None,
    agency_code: str | None,
    states: Sequence[str],
    only: UUID | None,
    after: After,
) -> Query:
    query: Query = (
        select(model.id)
        .join(ClassRow, ClassRow.id == model.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(model.state.in_(states))
        .order_by(model.opened_at, model.id)
    )
    if class_number is not None:
        query = query.where(ClassRow.number == class_number)
    if agency_code is not None:
        query = query.where(AgencyRow.code == agency_code)
    if only is not None:
        query = query.where(model.id == only)
    if after is not None:
        at, last = datetime.fromisoformat(after[0]), UUID(after[1])
        query = query.where(or_(model.opened_at > at, and_(model.opened_at == at, model.id > last)))
    return query
