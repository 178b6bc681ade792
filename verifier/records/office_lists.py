"""The lists of the office's own things: notices, accounts, keys of programs, jobs, the audit, enrolment pictures; see `listing`."""

from __future__ import annotations

from sqlalchemy import case, func, select

from verifier.records.listing import Field, Listing, is_one_of
from verifier.records.reading import Query
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.appeal import AppealFileRow, AppealRow
from verifier.records.tables.case import CaseRow
from verifier.records.tables.notice import NoticeRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.records.tables.violation import ViolationRow


def list_notices_for(agency_code: str | None = None) -> Listing:
    """Notices, the newest first, voided ones too. Filters: ``state``, ``number`` (a class), ``agency`` (a code)."""
    source: Query = (
        select(NoticeRow.id)
        .join(AgencyRow, AgencyRow.id == NoticeRow.agency_id)
        .outerjoin(ClassRow, ClassRow.id == NoticeRow.class_id)
        .join(UserRow, UserRow.id == NoticeRow.issued_by)
    )
    if agency_code is not None:
        source = source.where(AgencyRow.code == agency_code)
    fields = {
        "notice": Field(NoticeRow.number, searched=True), "state": Field(NoticeRow.state),
        "class": Field(ClassRow.number, searched=True), "agency": Field(AgencyRow.name, searched=True),
        "issued_on": Field(NoticeRow.issued_on), "serial": Field(NoticeRow.serial), "year": Field(NoticeRow.year),
        "issued_by": Field(UserRow.name, searched=True), "void_reason": Field(NoticeRow.void_reason), "id": Field(NoticeRow.id),
    }  # fmt: skip
    if agency_code is not None:
        del fields["issued_by"]
    return Listing(
        source, fields, NoticeRow.id, ("-year", "-serial"),
        {
            "state": is_one_of(NoticeRow.state), "number": is_one_of(ClassRow.number), "agency": is_one_of(AgencyRow.code),
        },
    )  # fmt: skip


def list_appeals() -> Listing:
    """What agencies answered, the newest first. For the office."""
    about = case(
        (AppealRow.notice_id.is_not(None), "notice"), (AppealRow.case_id.is_not(None), "case"), else_="violation"
    )
    source: Query = (
        select(AppealRow.id)
        .join(UserRow, UserRow.id == AppealRow.answered_by)
        .outerjoin(NoticeRow, NoticeRow.id == AppealRow.notice_id)
        .outerjoin(ViolationRow, ViolationRow.id == AppealRow.violation_id)
        .outerjoin(CaseRow, CaseRow.id == AppealRow.case_id)
        .join(ClassRow, ClassRow.id == func.coalesce(NoticeRow.class_id, ViolationRow.class_id, CaseRow.class_id))
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
    )
    files = select(func.count(AppealFileRow.id)).where(AppealFileRow.appeal_id == AppealRow.id).scalar_subquery()
    fields = {
        "answered_at": Field(AppealRow.answered_at), "agency": Field(AgencyRow.name, searched=True),
        "class": Field(ClassRow.number, searched=True), "about": Field(about), "by": Field(UserRow.name, searched=True),
        "text": Field(AppealRow.text, searched=True), "files": Field(files), "notice_id": Field(AppealRow.notice_id),
        "violation_id": Field(AppealRow.violation_id), "case_id": Field(AppealRow.case_id),
    }  # fmt: skip
    return Listing(source, fields, AppealRow.id, ("-answered_at",))
