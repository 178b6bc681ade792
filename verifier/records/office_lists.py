"""The lists of the office's own things: notices, accounts, keys of programs, jobs, the audit, enrolment pictures; see `listing`."""

from __future__ import annotations

from sqlalchemy import select

from verifier.records.listing import Field, Listing, is_one_of
from verifier.records.reading import Query
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.notice import NoticeRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow


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
