"""What people recorded about a class or an agency, as the facts that the regulation judges by.

Nothing is filtered by `as_of`: whatever is on record counts, so a night that is run again later judges by the same facts.
Sessions are the night's to add: they follow from the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.plan import Agency, TrainingClass
from verifier.records.errors import NotInRecordsError
from verifier.records.filing import read_class_file
from verifier.records.notices import notice_fact, read_notices
from verifier.records.office import read_interests
from verifier.records.remote import read_recorded_sessions
from verifier.records.rows import find_class
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.case import CaseRow
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.sanction import SanctionRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.supervision import (
    ArchiveItemRow,
    ClassClosingRow,
    FollowUpCallRow,
    FollowUpRow,
    InspectionMemberRow,
    OffSiteSupervisionRow,
    OnSiteCaseRow,
    OnSiteInspectionRow,
    PersonRecordRow,
)
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.records.urgings import read_urgings
from verifier.records.violation_values import STATES, read_violation_values
from verifier.regulation.facts import (
    AgencyFacts,
    ArchiveItem,
    CaseSource,
    CaseState,
    ClassFacts,
    FollowUp,
    ImpersonationCase,
    OffSiteSupervision,
    OnSiteInspection,
    PersonRecord,
    Sample,
)
from verifier.regulation.policy import Policy
from verifier.regulation.violation import settle


def read_class_facts(
    tx: Tx, number: str, as_of: date, policy: Policy | None = None, training: TrainingClass | None = None
) -> ClassFacts:
    """Everything people recorded about one class; sessions and the first evidence of teaching are left out.

    Args:
        policy: Given, `settled` says which sessions its decided violations cover.
        training: The class as filed, where the caller has read it already.
    Raises:
        NotInRecordsError: there is no such class.
    """
    row = find_class(tx, number)
    training = training or read_class_file(tx, number).training
    zone = ZoneInfo(row.timezone)
    inspections = _rows(tx, OnSiteInspectionRow, row.id)
    closing = tx.get(ClassClosingRow, row.id)
    return ClassFacts(
        training=training, as_of=as_of,
        cases=tuple(_read_impersonations(tx, row.id)),
        inspections=tuple(_inspection(tx, each, zone) for each in inspections if each.state == "done"),
        off_site=tuple(_read_off_site(tx, row.id, zone)),
        follow_ups=tuple(_read_follow_ups(tx, row.id, zone)),
        samples=(*_read_call_samples(tx, row.id, zone), *_interview_samples(inspections, zone)),
        records=tuple(_read_records(tx, PersonRecordRow.class_id == row.id)),
        warnings=tuple(notice_fact(each) for each in read_notices(tx, class_number=number)),
        archive=_read_archive(tx, row.id),
        interests=read_interests(tx),
        archived_on=closing.archived_on if closing else None,
        archive_discarded_on=closing.archive_discarded_on if closing else None,
        examined=tuple(closing.examined) if closing else (),
        certified_on=closing.certified_on if closing else None,
        applied_on=closing.applied_on if closing else None,
        paid_on=closing.paid_on if closing else None,
        commenced_on=closing.commenced_on if closing else None,
        completed_on=closing.completed_on if closing else None,
        settled=settle(read_violation_values(tx, number, policy)) if policy is not None else {},
        recorded_sessions=read_recorded_sessions(tx, row.id, training),
        urgings=read_urgings(tx, row.id),
    )  # fmt: skip


def read_agency_facts(tx: Tx, code: str, as_of: date) -> AgencyFacts:
    """Warnings and records of one agency, and the notices that a decided loss of qualification rests on.

    Raises:
        NotInRecordsError: there is no such agency.
    """
    row = _find_agency(tx, code)
    settled: set[str] = set()
    for sanction in tx.scalars(
        select(SanctionRow).where(
            SanctionRow.agency_id == row.id, SanctionRow.class_id.is_(None), SanctionRow.state.in_(("issued", "dismissed"))
        )
    ):  # fmt: skip
        settled.update(sanction.grounds.get("evidence", ()))
    warnings = tuple(notice_fact(each) for each in read_notices(tx, agency_code=code))
    numbers = {each.notice for each in warnings}
    records = (PersonRecordRow.agency_id == row.id) & PersonRecordRow.class_id.is_(None)
    return AgencyFacts(
        Agency(row.name, row.code), as_of, warnings, tuple(_read_records(tx, records)), frozenset(settled & numbers)
    )


def list_agencies(tx: Tx) -> list[str]:
    """Codes of all agencies, sorted."""
    return sorted(tx.scalars(select(AgencyRow.code)))


def list_closed_sessions(tx: Tx, number: str) -> frozenset[str]:
    """Ids of the sessions of a class that were closed: a night that is run again must not take them back."""
    rows = tx.scalars(
        select(SessionRow.code)
        .join(RunRow, (RunRow.session_id == SessionRow.id) & RunRow.is_current)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .where(ClassRow.number == number, SessionRow.dropped_at.is_(None))
    )
    return frozenset(rows)


def _find_agency(tx: Tx, code: str) -> AgencyRow:
    row = tx.scalar(select(AgencyRow).where(AgencyRow.code == code))
    if row is None:
        raise NotInRecordsError(f"no agency {code} is on record")
    return row


def _rows(tx: Tx, model: type[OnSiteInspectionRow], class_id: UUID) -> list[OnSiteInspectionRow]:
    found = tx.scalars(select(model).where(model.class_id == class_id))
    return sorted(found, key=lambda each: (str(each.inspected_at or each.planned_on), str(each.id)))


def _digests(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(f"sha256:{each}" for each in values))


def _inspection(tx: Tx, row: OnSiteInspectionRow, zone: ZoneInfo) -> OnSiteInspection:
    people = tx.scalars(
        select(UserRow.login)
        .join(InspectionMemberRow, InspectionMemberRow.user_id == UserRow.id)
        .where(InspectionMemberRow.inspection_id == row.id)
    )
    assert row.inspected_at is not None
    return OnSiteInspection(
        f"inspection:{row.id}",
        row.inspected_at.astimezone(zone).date(),
        tuple(sorted(people)),
        _digests(row.form.get("evidence", ())),
        transport_by_agency=row.form.get("transport_by_agency"),
        favours_from_agency=row.form.get("favours_from_agency"),
    )


def _interview_samples(rows: Iterable[OnSiteInspectionRow], zone: ZoneInfo) -> list[Sample]:
    found = []
    for row in rows:
        talks = row.form.get("interviews")
        if talks and row.state == "done" and row.inspected_at is not None:
            day = row.inspected_at.astimezone(zone).date()
            evidence = _digests(row.form.get("evidence", ()))
            found.append(
                Sample(
                    f"inspection:{row.id}", day, "on_site", talks["asked"], talks["false"], talks["unclear"], evidence
                )
            )
    return found


def _read_off_site(tx: Tx, class_id: UUID, zone: ZoneInfo) -> list[OffSiteSupervision]:
    kinds = {"video_review": "video", "sign_in_review": "sign_in_data"}
    rows = tx.execute(
        select(OffSiteSupervisionRow, UserRow.login)
        .join(UserRow, UserRow.id == OffSiteSupervisionRow.held_by)
        .where(OffSiteSupervisionRow.class_id == class_id)
        .order_by(OffSiteSupervisionRow.held_at, OffSiteSupervisionRow.id)
    )
    return [
        OffSiteSupervision(
            f"off_site:{row.id}",
            row.held_at.astimezone(zone).date(),
            kinds.get(row.kind, row.kind),
            login,
            _digests([row.evidence_sha256] if row.evidence_sha256 else []),
        )
        for row, login in rows
    ]


def _read_follow_ups(tx: Tx, class_id: UUID, zone: ZoneInfo) -> list[FollowUp]:
    rows = tx.execute(
        select(FollowUpCallRow, EnrolmentRow.student_no, UserRow.login)
        .join(FollowUpRow, FollowUpRow.id == FollowUpCallRow.follow_up_id)
        .join(EnrolmentRow, EnrolmentRow.id == FollowUpCallRow.enrolment_id)
        .join(UserRow, UserRow.id == FollowUpCallRow.called_by)
        .where(FollowUpRow.class_id == class_id, FollowUpCallRow.called_at.is_not(None))
    )
    found = [
        FollowUp(
            student_no,
            row.called_at.astimezone(zone).date(),
            login,
            reached=row.outcome != "not_reached",
            by_phone=bool(row.form.get("by_phone", True)),
            recording=f"sha256:{row.recording_sha256}" if row.recording_sha256 else "",
        )
        for row, student_no, login in rows
        if row.called_at is not None
    ]
    return sorted(found, key=lambda each: (each.day, each.student_no))


def _read_call_samples(tx: Tx, class_id: UUID, zone: ZoneInfo) -> list[Sample]:
    """One spot check a draw: all who were drawn are the persons asked that time; without any answer there is none yet."""
    found = []
    query = select(FollowUpRow).where(FollowUpRow.class_id == class_id).order_by(FollowUpRow.drawn_at, FollowUpRow.id)
    for draw in tx.scalars(query):
        calls = list(tx.scalars(select(FollowUpCallRow).where(FollowUpCallRow.follow_up_id == draw.id)))
        outcomes = [call.outcome for call in calls]
        if not any(outcomes):
            continue
        recordings = _digests(call.recording_sha256 for call in calls if call.recording_sha256)
        clear = outcomes.count("confirmed") + outcomes.count("denied")
        day = draw.drawn_at.astimezone(zone).date()
        found.append(
            Sample(
                f"follow_up:{draw.id}",
                day,
                "phone",
                len(calls),
                outcomes.count("denied"),
                len(calls) - clear,
                recordings,
            )
        )
    return found


def _read_records(tx: Tx, which: object) -> list[PersonRecord]:
    rows = tx.execute(
        select(PersonRecordRow, UserRow.login).join(UserRow, UserRow.id == PersonRecordRow.recorded_by).where(which)  # type: ignore[arg-type]
    )
    found = [
        PersonRecord(
            row.code, f"record:{row.id}", row.recorded_on, login, row.note, _digests(row.evidence),
            CaseState.DISMISSED if row.withdrawn_by is not None else CaseState.PROPOSED,
        )
        for row, login in rows
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.recorded_on, each.reference))


def _read_archive(tx: Tx, class_id: UUID) -> tuple[ArchiveItem, ...] | None:
    rows = list(tx.scalars(select(ArchiveItemRow).where(ArchiveItemRow.class_id == class_id)))
    if not rows:
        return None
    kinds = sorted({row.kind for row in rows})
    return tuple(
        ArchiveItem(
            kind,
            any(row.present for row in rows if row.kind == kind),
            _digests(row.sha256 for row in rows if row.kind == kind and row.sha256),
        )
        for kind in kinds
    )


def _read_impersonations(tx: Tx, class_id: UUID) -> list[ImpersonationCase]:
    rows = tx.execute(
        select(CaseRow, EnrolmentRow.student_no, SessionRow.code, SubmissionRow.sha256, OnSiteCaseRow)
        .join(EnrolmentRow, EnrolmentRow.id == CaseRow.enrolment_id)
        .join(SessionRow, SessionRow.id == CaseRow.session_id)
        .outerjoin(SubmissionRow, SubmissionRow.id == CaseRow.submission_id)
        .outerjoin(OnSiteCaseRow, OnSiteCaseRow.case_id == CaseRow.id)
        .where(CaseRow.class_id == class_id, CaseRow.kind == "impersonation")
    )
    found = [
        ImpersonationCase(
            str(row.id), student_no, session, CaseSource.ON_SITE if on_site else CaseSource.PHOTO, STATES[row.state],
            _digests([*([sha256] if sha256 else []), *(on_site.evidence if on_site else [])]),
            f"inspection:{on_site.inspection_id}" if on_site else "",
        )
        for row, student_no, session, sha256, on_site in rows
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.session_id, each.student_no, each.case))
