"""Everything that people did about one class, JSON-ready: what a page shows and the archive keeps. Reading only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.class_standing import describe_plan
from verifier.records.office import DATES
from verifier.records.plans import BUREAU, read_plans, require_visible
from verifier.records.rows import find_class
from verifier.records.supervision import drawn_students
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.supervision import (
    ClassClosingRow,
    FollowUpCallRow,
    FollowUpRow,
    InspectionMemberRow,
    OffSiteSupervisionRow,
    OnSiteInspectionRow,
    PersonRecordRow,
)
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.records.urgings import read_urgings
from verifier.regulation.facts import Urging


def describe_supervision(tx: Tx, class_number: str, *, viewer: str) -> dict[str, Any]:
    """Inspections, off-site supervision, draws with their calls, records under a rule, urgings, dates, and plans.

    Args:
        viewer: `BUREAU`, or an agency's code: then the dates alone, since what the office looks at is the office's.
    Raises:
        NotInRecordsError: there is no such class, or none that this viewer may see.
    """
    require_visible(tx, class_number, viewer)
    row = find_class(tx, class_number)
    known: dict[str, Any] = {"class": class_number, "dates": _read_dates(tx, row)}
    if viewer != BUREAU:
        return known
    zone, logins = ZoneInfo(row.timezone), {each.id: each.login for each in tx.scalars(select(UserRow))}
    return known | {
        "inspections": _read_inspections(tx, row, zone),
        "off_site": [
            {
                "id": str(each.id), "at": _show_moment(each.held_at, zone), "kind": each.kind, "by": logins[each.held_by],
                "result": each.result, "evidence": each.evidence_sha256,
            }
            for each in tx.scalars(
                select(OffSiteSupervisionRow)
                .where(OffSiteSupervisionRow.class_id == row.id)
                .order_by(OffSiteSupervisionRow.held_at, OffSiteSupervisionRow.id)
            )
        ],
        "follow_ups": _read_draws(tx, row, zone, logins),
        "records": [
            {
                "id": str(each.id), "day": each.recorded_on.isoformat(), "rule": each.code,
                "by": logins[each.recorded_by], "note": each.note, "evidence": sorted(each.evidence),
                "withdrawn_by": logins[each.withdrawn_by] if each.withdrawn_by else None,
                "withdrawn_because": each.withdrawn_because,
            }
            for each in tx.scalars(
                select(PersonRecordRow)
                .where(PersonRecordRow.class_id == row.id)
                .order_by(PersonRecordRow.recorded_on, PersonRecordRow.id)
            )
        ],
        "urgings": [_describe_urging(each) for each in read_urgings(tx, row.id)],
        "plans": [describe_plan(each, date.min) for each in read_plans(tx, viewer=viewer, class_number=class_number)],
    }  # fmt: skip


def describe_dates(tx: Tx, class_number: str) -> dict[str, Any]:
    """When one class began and ended and what followed, and who was examined, JSON-ready.

    Raises:
        NotInRecordsError: there is no such class.
    """
    return _read_dates(tx, find_class(tx, class_number))


def _describe_urging(urging: Urging) -> dict[str, Any]:
    return {
        "id": urging.reference.removeprefix("urging:"), "urged_on": urging.urged_on.isoformat(), "by": urging.by,
        "what": urging.what, "due_on": urging.due_on.isoformat(),
        "outcome": urging.outcome.value if urging.outcome else None,
        "answered_on": urging.answered_on.isoformat() if urging.answered_on else None, "note": urging.note,
        "evidence": [each.removeprefix("sha256:") for each in urging.evidence],
    }  # fmt: skip


def _read_dates(tx: Tx, row: ClassRow) -> dict[str, Any]:
    closing = tx.get(ClassClosingRow, row.id)
    if closing is None:
        return dict.fromkeys(DATES) | {"examined": []}
    days: dict[str, date | None] = {name: getattr(closing, name) for name in DATES}
    return {name: day.isoformat() if day else None for name, day in days.items()} | {"examined": list(closing.examined)}


def _read_inspections(tx: Tx, row: ClassRow, zone: ZoneInfo) -> list[dict[str, Any]]:
    visits = tx.execute(
        select(OnSiteInspectionRow, SessionRow.code)
        .outerjoin(SessionRow, SessionRow.id == OnSiteInspectionRow.session_id)
        .where(OnSiteInspectionRow.class_id == row.id, OnSiteInspectionRow.state == "done")
        .order_by(OnSiteInspectionRow.inspected_at, OnSiteInspectionRow.id)
    )
    found = []
    for visit, code in visits:
        people = tx.scalars(
            select(UserRow.login)
            .join(InspectionMemberRow, InspectionMemberRow.user_id == UserRow.id)
            .where(InspectionMemberRow.inspection_id == visit.id)
        )
        found.append(
            {
                "id": str(visit.id), "at": _show_moment(visit.inspected_at, zone), "session": code,
                "inspectors": sorted(people), "expected": visit.expected, "present": visit.present,
                "opinion": visit.opinion, "form": dict(visit.form),
            }
        )  # fmt: skip
    return found


def _read_draws(tx: Tx, row: ClassRow, zone: ZoneInfo, logins: dict[Any, str]) -> list[dict[str, Any]]:
    draws = tx.scalars(
        select(FollowUpRow).where(FollowUpRow.class_id == row.id).order_by(FollowUpRow.drawn_at, FollowUpRow.id)
    )
    return [
        {
            "id": str(draw.id), "at": _show_moment(draw.drawn_at, zone), "by": logins[draw.drawn_by], "seed": draw.seed,
            "roster": draw.roster_size, "roster_sha256": draw.pool_sha256, "drawn": list(drawn_students(tx, draw.id)),
            "calls": [
                {
                    "student_no": student_no, "at": _show_moment(call.called_at, zone),
                    "by": logins[call.called_by] if call.called_by else None, "outcome": call.outcome,
                    "answer": call.form.get("answer", ""), "recording": call.recording_sha256,
                }
                for call, student_no in tx.execute(
                    select(FollowUpCallRow, EnrolmentRow.student_no)
                    .join(EnrolmentRow, EnrolmentRow.id == FollowUpCallRow.enrolment_id)
                    .where(FollowUpCallRow.follow_up_id == draw.id)
                    .order_by(EnrolmentRow.student_no)
                )
            ],
        }
        for draw in draws
    ]  # fmt: skip


def _show_moment(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment else None
