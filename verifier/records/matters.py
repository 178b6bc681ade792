"""Cases and violations as pages, reports and the JSON of the night show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.language import Sentence
from verifier.records.proposals import Support, read_violation_supports
from verifier.records.reading import Query, in_days, in_parts
from verifier.records.tables.case import CaseRow
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.violation import ViolationEvidenceRow, ViolationRow, ViolationSessionRow


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One case. `supported` tells whether the current runs still hold it, also after a decision."""

    id: UUID
    class_number: str
    kind: str
    dedup_key: str
    state: str
    supported: bool
    session_id: str | None
    student_no: str | None
    photo_id: UUID | None
    file: str | None
    sha256: str | None
    box_xywh: tuple[float, ...]
    reason: Sentence
    probability: float | None
    lapse_reason: Sentence | None
    opened_at: datetime
    candidates: tuple[str, ...] = ()

    @property
    def subject(self) -> str | None:
        """The student whom people compare the face with: the named one, or the only candidate of a case that names nobody."""
        return self.student_no or (self.candidates[0] if len(self.candidates) == 1 else None)


@dataclass(frozen=True, slots=True)
class ViolationRecord:
    """One violation with what it rests on now; with what it last rested on where no current run supports it."""

    id: UUID
    class_number: str
    rule: str
    code: str
    dedup_key: str
    state: str
    supported: bool
    session_ids: tuple[str, ...]
    evidence: tuple[str, ...]
    reason: Sentence
    lapse_reason: Sentence | None
    policy_name: str
    policy_version: str
    opened_at: datetime


def read_cases(
    tx: Tx,
    class_number: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    states: Sequence[str] = (),
) -> list[CaseRecord]:
    """Cases by class and kind; of all states where none is named. One of no session counts to every day."""
    query = in_days(_select_cases(), first_day, last_day, or_none=True)
    rows = tx.execute(_filter(query, CaseRow.state, class_number, states))
    found = [_case_record(*row) for row in rows if row[2] is None or _touches({row[2].day}, first_day, last_day)]
    return sorted(found, key=lambda each: (each.class_number, each.kind, each.session_id or "", each.dedup_key))


def read_case_rows(tx: Tx, ids: Sequence[UUID]) -> list[CaseRecord]:
    """The cases of these ids, in no order."""
    return [_case_record(*row) for row in tx.execute(_select_cases().where(CaseRow.id.in_(ids)))]


def read_violation_rows(tx: Tx, ids: Sequence[UUID]) -> list[ViolationRecord]:
    """The violations of these ids, in no order: four questions, however many they are."""
    query: Query = select(ViolationRow, ClassRow.number).join(ClassRow, ClassRow.id == ViolationRow.class_id)
    rows = tx.execute(query.where(ViolationRow.id.in_(ids))).all()
    return [found for _, found in _describe_violations(tx, rows)]


def describe_violation_row(tx: Tx, violation_id: UUID) -> ViolationRecord:
    """One violation by its id, which is on record."""
    return read_violation_rows(tx, [violation_id])[0]


def read_violations(
    tx: Tx,
    class_number: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    states: Sequence[str] = (),
) -> list[ViolationRecord]:
    """Violations by class and rule; of all states where none is named. One of no session counts to every day."""
    query: Query = select(ViolationRow, ClassRow.number).join(ClassRow, ClassRow.id == ViolationRow.class_id)
    rows = tx.execute(_filter(query, ViolationRow.state, class_number, states)).all()
    found = [
        record for days, record in _describe_violations(tx, rows) if not days or _touches(days, first_day, last_day)
    ]
    return sorted(found, key=lambda each: (each.class_number, each.rule, each.dedup_key))


def _select_cases() -> Query:
    query: Query = (
        select(CaseRow, ClassRow.number, SessionRow, EnrolmentRow.student_no, SubmissionRow)
        .join(ClassRow, ClassRow.id == CaseRow.class_id)
        .outerjoin(SessionRow, SessionRow.id == CaseRow.session_id)
        .outerjoin(EnrolmentRow, EnrolmentRow.id == CaseRow.enrolment_id)
        .outerjoin(SubmissionRow, SubmissionRow.id == CaseRow.submission_id)
    )
    return query


def _filter(query: Query, state: Any, class_number: str | None, states: Sequence[str]) -> Query:
    if class_number is not None:
        query = query.where(ClassRow.number == class_number)
    return query.where(state.in_(states)) if states else query


def _touches(days: set[date], first_day: date | None, last_day: date | None) -> bool:
    return any((first_day is None or first_day <= day) and (last_day is None or day <= last_day) for day in days)


def _case_record(
    row: CaseRow, number: str, session: SessionRow | None, student_no: str | None, photo: SubmissionRow | None
) -> CaseRecord:
    return CaseRecord(
        id=row.id,
        class_number=number,
        kind=row.kind,
        dedup_key=row.dedup_key,
        state=row.state,
        supported=row.supported,
        session_id=session.code if session else None,
        student_no=student_no,
        photo_id=photo.id if photo else None,
        file=photo.file if photo else None,
        sha256=photo.sha256 if photo else None,
        box_xywh=tuple(row.box_xywh or ()),
        reason=Sentence.from_json(row.reason),
        probability=row.probability,
        lapse_reason=Sentence.from_json(row.lapse_reason) if row.lapse_reason else None,
        opened_at=row.opened_at,
        candidates=tuple(row.candidates or ()),
    )


def _describe_violations(
    tx: Tx, rows: Sequence[tuple[ViolationRow, str]]
) -> Iterator[tuple[set[date], ViolationRecord]]:
    """Each violation with the days that it rests on."""
    every = read_violation_supports(tx, [row.id for row, _ in rows])
    counted = {row.id: [each for each in every[row.id] if each.run.is_current] or every[row.id] for row, _ in rows}
    of_support = {each.row.id: violation_id for violation_id, supports in counted.items() for each in supports}
    sessions: dict[UUID, dict[UUID, SessionRow]] = defaultdict(dict)
    evidence: dict[UUID, set[str]] = defaultdict(set)
    for part in in_parts(of_support):
        linked: Query = select(ViolationSessionRow.support_id, SessionRow).join(
            SessionRow, SessionRow.id == ViolationSessionRow.session_id
        )
        for support_id, session in tx.execute(linked.where(ViolationSessionRow.support_id.in_(part))):
            sessions[of_support[support_id]][session.id] = session
        digests = select(ViolationEvidenceRow.support_id, ViolationEvidenceRow.sha256)
        for support_id, sha256 in tx.execute(digests.where(ViolationEvidenceRow.support_id.in_(part))):
            evidence[of_support[support_id]].add(sha256)
    for row, number in rows:
        held = sorted(sessions[row.id].values(), key=lambda each: (each.starts_at, each.code))
        record = _violation_record(row, number, counted[row.id], held, evidence[row.id])
        yield {each.day for each in held}, record


def _violation_record(
    row: ViolationRow, number: str, supports: Sequence[Support], sessions: Sequence[SessionRow], evidence: Iterable[str]
) -> ViolationRecord:
    return ViolationRecord(
        id=row.id,
        class_number=number,
        rule=row.rule,
        code=row.code,
        dedup_key=row.dedup_key,
        state=row.state,
        supported=row.supported,
        session_ids=tuple(each.code for each in sessions),
        evidence=tuple(sorted(evidence)),
        reason=Sentence.from_json(row.reason),
        lapse_reason=Sentence.from_json(row.lapse_reason) if row.lapse_reason else None,
        policy_name=supports[-1].row.policy_name,
        policy_version=supports[-1].row.policy_version,
        opened_at=row.opened_at,
    )
