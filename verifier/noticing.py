"""Notices for people to read and prepare: what is confirmed and not warned about yet, and one notice with all it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.records.errors import NotInRecordsError
from verifier.records.matters import ViolationRecord, describe_violation_row
from verifier.records.notices import NoticeRecord, read_notice
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.notice import NoticeRow, NoticeViolationRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.records.tables.violation import ViolationRow
from verifier.records.violation_values import find_clause
from verifier.regulation.policy import Policy
from verifier.regulation.result import Consequence

# How a breach can be found, in the words that Annex 4 prints.
SUPERVISION = ("现场监管", "非现场监管", "跟踪回访")


@dataclass(frozen=True, slots=True)
class Unwarned:
    """The confirmed violations of one class that lead to a warning and that no notice in force warns about."""

    class_number: str
    agency: str
    violations: tuple[ViolationRecord, ...]


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice, with the names of the agency and of who issued it, and the violations it warns about."""

    notice: NoticeRecord
    agency: str
    issued_by: str
    violations: tuple[ViolationRecord, ...]


def list_unwarned(tx: Tx, policy: Policy, class_number: str | None = None) -> list[Unwarned]:
    """What waits for a notice, of one class or of all, by class."""
    warned = (
        select(NoticeViolationRow.violation_id)
        .join(NoticeRow, NoticeRow.id == NoticeViolationRow.notice_id)
        .where(NoticeRow.state == "issued")
    )
    query = (
        select(ViolationRow, ClassRow.number, AgencyRow.name)
        .join(ClassRow, ClassRow.id == ViolationRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(ViolationRow.state == "confirmed", ViolationRow.id.not_in(warned))
        .order_by(ClassRow.number, ViolationRow.rule, ViolationRow.dedup_key)
    )
    if class_number is not None:
        query = query.where(ClassRow.number == class_number)
    found: dict[tuple[str, str], list[ViolationRecord]] = {}
    for row, number, agency in tx.execute(query).all():
        if find_clause(policy, row.code, row.rule)[1] is Consequence.WARNING:
            found.setdefault((number, agency), []).append(describe_violation_row(tx, row.id))
    return [Unwarned(number, agency, tuple(each)) for (number, agency), each in found.items()]


def view_notice(tx: Tx, notice_id: UUID, agency_code: str | None = None) -> NoticeView:
    """One notice; for an agency only its own.

    Raises:
        NotInRecordsError: there is none that may be seen.
    """
    notice = read_notice(tx, notice_id)
    if notice is None or agency_code not in (None, notice.agency_code):
        raise NotInRecordsError(f"no notice {notice_id} is on record")
    agency = tx.scalars(select(AgencyRow.name).where(AgencyRow.code == notice.agency_code)).one()
    issued_by = tx.scalar(select(UserRow.name).where(UserRow.login == notice.issued_by))
    ids = tx.scalars(select(NoticeViolationRow.violation_id).where(NoticeViolationRow.notice_id == notice_id))
    violations = [describe_violation_row(tx, each) for each in ids]
    violations.sort(key=lambda each: (each.rule, each.dedup_key))
    return NoticeView(notice, agency, issued_by or notice.issued_by, tuple(violations))


def find_first_day(violations: tuple[ViolationRecord, ...], zone: ZoneInfo) -> date:
    """When the first of them was found, in the class's zone: what a notice is dated with where nobody says otherwise."""
    return min(each.opened_at.astimezone(zone).date() for each in violations)
