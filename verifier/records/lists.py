"""The lists of the inspectors' pages: cases, violations, findings, classes, agencies; see `listing`.

Each is made for a viewer: the code of an agency sees its own classes, and of cases and violations what is settled (Art. 14(1)).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Float, case, cast, func, select
from sqlalchemy.orm import Session as Tx

from verifier.language import Sentence
from verifier.matter_states import OPEN_STATES, SETTLED_STATES, SHOWN_STATES
from verifier.records.listing import Field, Listing, is_one_of
from verifier.records.reading import Query
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.case import CaseRow
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.finding import FindingRow
from verifier.records.tables.notice import NoticeRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.venue import VenueRow
from verifier.records.tables.violation import ViolationRow

PRESSING = ("failed", "not_run", "unsure")
_OPEN = {"open": OPEN_STATES}


def list_cases_for(agency_code: str | None = None) -> Listing:
    """Cases, the likeliest first. Filters: ``state`` (also ``open`` and ``all``), ``kind``, ``number``, ``agency``."""
    source: Query = (
        select(CaseRow.id)
        .join(ClassRow, ClassRow.id == CaseRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .outerjoin(SessionRow, SessionRow.id == CaseRow.session_id)
        .outerjoin(EnrolmentRow, EnrolmentRow.id == CaseRow.enrolment_id)
        .outerjoin(SubmissionRow, SubmissionRow.id == CaseRow.submission_id)
        .where(CaseRow.state.in_(SHOWN_STATES if agency_code is None else SETTLED_STATES))
    )
    return Listing(
        _of_agency(source, agency_code),
        {
            "kind": Field(CaseRow.kind), "state": Field(CaseRow.state), "probability": Field(CaseRow.probability),
            "class": Field(ClassRow.number, searched=True), "agency": Field(AgencyRow.name, searched=True),
            "day": Field(SessionRow.day), "session": Field(SessionRow.code, searched=True),
            "student_no": Field(EnrolmentRow.student_no, searched=True), "name": Field(EnrolmentRow.name, searched=True),
            "file": Field(SubmissionRow.file, searched=True), "opened_at": Field(CaseRow.opened_at),
            "reason": Field(CaseRow.reason, read=_read_sentence), "id": Field(CaseRow.id),
            "photo_id": Field(CaseRow.submission_id),
        },
        CaseRow.id, ("-probability", "opened_at"),
        {"state": is_one_of(CaseRow.state, _OPEN), "kind": is_one_of(CaseRow.kind), **_PLACE},
    )  # fmt: skip


def list_violations_for(agency_code: str | None = None) -> Listing:
    """Violations by class and rule. Filters as for cases, ``kind`` is the violation's code."""
    source: Query = (
        select(ViolationRow.id)
        .join(ClassRow, ClassRow.id == ViolationRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(ViolationRow.state.in_(SHOWN_STATES if agency_code is None else SETTLED_STATES))
    )
    return Listing(
        _of_agency(source, agency_code),
        {
            "kind": Field(ViolationRow.code), "rule": Field(ViolationRow.rule, searched=True),
            "state": Field(ViolationRow.state), "class": Field(ClassRow.number, searched=True),
            "agency": Field(AgencyRow.name, searched=True), "opened_at": Field(ViolationRow.opened_at),
            "reason": Field(ViolationRow.reason, read=_read_sentence), "id": Field(ViolationRow.id),
        },
        ViolationRow.id, ("class", "rule"),
        {"state": is_one_of(ViolationRow.state, _OPEN), "kind": is_one_of(ViolationRow.code), **_PLACE},
    )  # fmt: skip


def list_findings_for(agency_code: str | None = None) -> Listing:
    """Current findings about photos and sessions, ``severity`` counts the worst as 0.

    Filters: ``outcome`` (also ``pressing``: all that somebody has to look at), ``check``, ``since``, ``until``,
    ``number``, ``agency``.
    """
    source: Query = (
        select(FindingRow.id)
        .join(RunRow, (RunRow.id == FindingRow.run_id) & RunRow.is_current)
        .join(ClassRow, ClassRow.id == RunRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .outerjoin(SessionRow, SessionRow.id == RunRow.session_id)
        .outerjoin(SubmissionRow, SubmissionRow.id == FindingRow.submission_id)
        .where(FindingRow.camera_sample_id.is_(None))
    )
    return Listing(
        _of_agency(source, agency_code),
        {
            "outcome": Field(FindingRow.outcome), "severity": Field(_SEVERITY), "check": Field(FindingRow.check_id),
            "class": Field(ClassRow.number, searched=True), "agency": Field(AgencyRow.name, searched=True),
            "day": Field(SessionRow.day), "session": Field(SessionRow.code, searched=True),
            "file": Field(SubmissionRow.file, searched=True),
            "reason": Field(FindingRow.reason, read=_read_sentence), "photo_id": Field(FindingRow.submission_id),
        },
        FindingRow.id, ("-day", "class"),
        {
            "outcome": is_one_of(FindingRow.outcome, {"pressing": PRESSING}), "check": is_one_of(FindingRow.check_id),
            **_DAYS, **_PLACE,
        },
    )  # fmt: skip


def list_classes_for(agency_code: str | None = None) -> Listing:
    """Classes with their counts, those last taught first. Filters: ``agency`` (a code), ``running`` (a day, ISO)."""
    open_matters = _count(CaseRow, CaseRow.state.in_(OPEN_STATES)) + _count(
        ViolationRow, ViolationRow.state.in_(OPEN_STATES)
    )
    fields = {
        "class": Field(ClassRow.number, searched=True), "agency": Field(AgencyRow.name, searched=True),
        "agency_code": Field(AgencyRow.code, searched=True), "occupation": Field(ClassRow.occupation, searched=True),
        "level": Field(ClassRow.level), "venue": Field(VenueRow.name, searched=True),
        "first_day": Field(_of_sessions(func.min(SessionRow.day))), "last_day": Field(_of_sessions(func.max(SessionRow.day))),
        "students": Field(_count(EnrolmentRow, EnrolmentRow.dropped_at.is_(None))),
        "sessions": Field(_of_sessions(func.count(SessionRow.id))),
        "closed": Field(_of_runs(func.count(RunRow.id))), "expected": Field(_of_runs(func.sum(RunRow.expected))),
        "present": Field(_of_runs(func.sum(RunRow.present))), "rate": Field(_of_runs(_RATE)),
        "rate_high": Field(_of_runs(_RATE_HIGH)),
        "open": Field(open_matters), "notices": Field(_count(NoticeRow, NoticeRow.state == "issued")),
    }  # fmt: skip
    if agency_code is not None:
        del fields["open"]  # what still waits announces a check
    source: Query = (
        select(ClassRow.id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .join(VenueRow, VenueRow.id == ClassRow.venue_id)
    )
    running = {"running": lambda day: _taught_on(date.fromisoformat(day))}
    return Listing(
        _of_agency(source, agency_code), fields, ClassRow.id, ("-last_day", "class"),
        {"agency": is_one_of(AgencyRow.code), **running},
    )  # fmt: skip


def list_agencies_for(agency_code: str | None = None) -> Listing:
    """Agencies with the counts of all their classes, by name. Filters: ``qualification``."""
    classes = select(ClassRow.id).where(ClassRow.agency_id == AgencyRow.id).correlate(AgencyRow)
    fields = {
        "agency": Field(AgencyRow.name, searched=True), "agency_code": Field(AgencyRow.code, searched=True),
        "qualification": Field(AgencyRow.qualification),
        "classes": Field(_count_in(ClassRow, ClassRow.agency_id == AgencyRow.id)),
        "closed": Field(_of_agency_runs(func.count(RunRow.id))),
        "expected": Field(_of_agency_runs(func.sum(RunRow.expected))),
        "present": Field(_of_agency_runs(func.sum(RunRow.present))), "rate": Field(_of_agency_runs(_RATE)),
        "rate_high": Field(_of_agency_runs(_RATE_HIGH)),
        "open": Field(
            _count_in(CaseRow, CaseRow.class_id.in_(classes), CaseRow.state.in_(OPEN_STATES))
            + _count_in(ViolationRow, ViolationRow.class_id.in_(classes), ViolationRow.state.in_(OPEN_STATES))
        ),
        "notices": Field(_count_in(NoticeRow, NoticeRow.agency_id == AgencyRow.id, NoticeRow.state == "issued")),
    }  # fmt: skip
    if agency_code is not None:
        del fields["open"]
    # An agency counts where it has filed a class.
    source: Query = _of_agency(select(AgencyRow.id).where(classes.exists()), agency_code)
    return Listing(
        source, fields, AgencyRow.id, ("agency",), {"qualification": is_one_of(AgencyRow.qualification)},
    )  # fmt: skip


def count_by(tx: Tx, listing: Listing, name: str) -> dict[str, int]:
    """How many rows have each value of a field: what a filter offers."""
    value = listing.fields[name].value
    query = listing.source.with_only_columns(value, func.count(listing.key)).group_by(value).order_by(value)
    return {str(found): count for found, count in tx.execute(query) if found is not None}


_SEVERITY = case({each: place for place, each in enumerate(PRESSING)}, value=FindingRow.outcome, else_=len(PRESSING))
_RATE_HIGH = cast(func.sum(RunRow.present + RunRow.unsure), Float) / func.nullif(func.sum(RunRow.expected), 0)
_RATE = cast(func.sum(RunRow.present), Float) / func.nullif(func.sum(RunRow.expected), 0)
_PLACE: dict[str, Callable[[str], ColumnElement[bool]]] = {
    "number": is_one_of(ClassRow.number), "agency": is_one_of(AgencyRow.code),
}  # fmt: skip
_DAYS: dict[str, Callable[[str], ColumnElement[bool]]] = {
    "since": lambda day: SessionRow.day >= date.fromisoformat(day),
    "until": lambda day: SessionRow.day <= date.fromisoformat(day),
}


def _of_agency(source: Query, agency_code: str | None) -> Query:
    return source if agency_code is None else source.where(AgencyRow.code == agency_code)


def _read_sentence(stored: Any) -> Sentence:
    return Sentence.from_json(stored)


def _count_in(model: Any, *conditions: ColumnElement[bool]) -> Any:
    return select(func.count(model.id)).where(*conditions).correlate(ClassRow, AgencyRow).scalar_subquery()


def _count(model: Any, *conditions: ColumnElement[bool]) -> Any:
    return _count_in(model, model.class_id == ClassRow.id, *conditions)


def _of_sessions(value: Any) -> Any:
    query = select(value).where(SessionRow.class_id == ClassRow.id, SessionRow.dropped_at.is_(None))
    return query.correlate(ClassRow).scalar_subquery()


def _of_runs(value: Any) -> Any:
    query = select(value).select_from(SessionRow).join(RunRow, (RunRow.session_id == SessionRow.id) & RunRow.is_current)
    return (
        query.where(SessionRow.class_id == ClassRow.id, SessionRow.dropped_at.is_(None))
        .correlate(ClassRow)
        .scalar_subquery()
    )


def _of_agency_runs(value: Any) -> Any:
    inside = ClassRow.__table__.alias("of_agency")
    query = (
        select(value)
        .select_from(inside)
        .join(SessionRow, (SessionRow.class_id == inside.c.id) & SessionRow.dropped_at.is_(None))
        .join(RunRow, (RunRow.session_id == SessionRow.id) & RunRow.is_current)
        .where(inside.c.agency_id == AgencyRow.id)
    )
    return query.correlate(AgencyRow).scalar_subquery()


def _taught_on(day: date) -> ColumnElement[bool]:
    return (
        select(SessionRow.id)
        .where(SessionRow.class_id == ClassRow.id, SessionRow.dropped_at.is_(None), SessionRow.day == day)
        .correlate(ClassRow)
        .exists()
    )
