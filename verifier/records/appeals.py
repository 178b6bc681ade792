"""Answers of agencies to notices, violations and cases, as rows. Only added, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.records.errors import NotInRecordsError
from verifier.records.submissions import save_evidence
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.appeal import AppealFileRow, AppealRow
from verifier.records.tables.base import make_id, utc_now
from verifier.records.tables.case import CaseRow
from verifier.records.tables.notice import NoticeRow, NoticeViolationRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.records.tables.violation import ViolationRow

Kind = Literal["notice", "violation", "case"]
KINDS: tuple[Kind, ...] = ("notice", "violation", "case")
_MODELS: dict[Kind, Any] = {"notice": NoticeRow, "violation": ViolationRow, "case": CaseRow}
_COLUMNS: dict[Kind, Any] = {
    "notice": AppealRow.notice_id, "violation": AppealRow.violation_id, "case": AppealRow.case_id,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AppealFile:
    """A file of an answer, by its digest in the evidence store."""

    id: UUID
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class AppealRecord:
    """One answer. `kind` and `subject_id` say to what, `by` is the name of who wrote it."""

    id: UUID
    kind: Kind
    subject_id: UUID
    by: str
    answered_at: datetime
    text: str
    files: tuple[AppealFile, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What can be answered: whose it is, and how it stands (``issued``, ``voided``, ``confirmed`` …)."""

    kind: Kind
    id: UUID
    agency_code: str
    class_number: str
    state: str


def find_subject(tx: Tx, kind: Kind, subject_id: UUID, *, lock: bool = False) -> Subject:
    """The notice, violation or case.

    Args:
        lock: Until the transaction ends.
    Raises:
        NotInRecordsError: there is none.
    """
    row = tx.get(_MODELS[kind], subject_id, with_for_update=True if lock else None)
    if row is None or row.class_id is None:
        raise NotInRecordsError(f"no {kind} {subject_id} is on record")
    training = tx.get_one(ClassRow, row.class_id)
    code = tx.get_one(AgencyRow, training.agency_id).code
    return Subject(kind, subject_id, code, training.number, row.state)


def save_appeal(
    tx: Tx, subject: Subject, by: UUID, text: str, files: Sequence[tuple[str, str, int]]
) -> tuple[AppealRecord, bool]:
    """Write an answer down; the same person's same answer again is the one that stands. Tells whether it is new.

    Args:
        files: Name, digest and size of each, whose bytes are stored.
    """
    key = [f"{name}:{sha256}" for name, sha256, _ in files]
    row_id = make_id("appeal", subject.kind, str(subject.id), str(by), text, *key)
    row, is_new = tx.get(AppealRow, row_id), False
    if row is None:
        is_new = True
        row = AppealRow(id=row_id, answered_by=by, answered_at=utc_now(), text=text)
        setattr(row, f"{subject.kind}_id", subject.id)
        tx.add(row)
        save_evidence(tx, {sha256: size for _, sha256, size in files})
        tx.flush()
        tx.add_all(
            AppealFileRow(
                id=make_id("appeal_file", str(row_id), place), appeal_id=row_id, position=place, name=name, sha256=sha256
            )
            for place, (name, sha256, _) in enumerate(files)
        )  # fmt: skip
        tx.flush()
    return _describe(tx, row), is_new


def read_appeals(tx: Tx, kind: Kind, subject_id: UUID) -> list[AppealRecord]:
    """The answers to one notice, violation or case, in the order they came."""
    query = select(AppealRow).where(_COLUMNS[kind] == subject_id).order_by(AppealRow.answered_at, AppealRow.id)
    return [_describe(tx, row) for row in tx.scalars(query)]


def read_appeals_about(tx: Tx, matter_id: UUID) -> list[AppealRecord]:
    """Everything that was answered about a case or violation, also to the notices that warn about it."""
    notices = select(NoticeViolationRow.notice_id).where(NoticeViolationRow.violation_id == matter_id)
    query = (
        select(AppealRow)
        .where(
            (AppealRow.case_id == matter_id) | (AppealRow.violation_id == matter_id) | AppealRow.notice_id.in_(notices)
        )
        .order_by(AppealRow.answered_at, AppealRow.id)
    )
    return [_describe(tx, row) for row in tx.scalars(query)]


def find_file(tx: Tx, file_id: UUID) -> tuple[AppealFile, Subject]:
    """One file, and what its answer is about.

    Raises:
        NotInRecordsError: there is none.
    """
    row = tx.get(AppealFileRow, file_id)
    if row is None:
        raise NotInRecordsError(f"no file {file_id} of an answer is on record")
    answer = _describe(tx, tx.get_one(AppealRow, row.appeal_id))
    return AppealFile(row.id, row.name, row.sha256), find_subject(tx, answer.kind, answer.subject_id)


def _describe(tx: Tx, row: AppealRow) -> AppealRecord:
    kind, subject_id = next(
        (kind, found) for kind in KINDS if (found := getattr(row, f"{kind}_id")) is not None
    )  # fmt: skip
    files = tx.scalars(select(AppealFileRow).where(AppealFileRow.appeal_id == row.id).order_by(AppealFileRow.position))
    return AppealRecord(
        row.id, kind, subject_id, tx.get_one(UserRow, row.answered_by).name, row.answered_at, row.text,
        tuple(AppealFile(each.id, each.name, each.sha256) for each in files),
    )  # fmt: skip
