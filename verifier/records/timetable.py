"""Saving what was filed of a class: agency, venues, teachers, cameras, timetable, changes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.coordinates import convert_to_wgs84
from verifier.plan import Agency, CoordinateFrame, Session, TrainingClass, Venue
from verifier.records.errors import PlanError
from verifier.records.rows import KindCount, insert_missing, rows_of, sync_rows
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.base import make_id
from verifier.records.tables.camera import CameraRow
from verifier.records.tables.filing_change import FilingChangeRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.teacher import TeacherRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.venue import VenueRow


def save_agency(tx: Tx, agency: Agency) -> KindCount:
    """Make the agency known; its name is the one filed last."""
    row_id = make_id("agency", agency.code)
    added = insert_missing(
        tx, AgencyRow, [{"id": row_id, "code": agency.code, "name": agency.name, "qualification": "held"}]
    )
    if added:
        return KindCount(added=1)
    return sync_rows(tx, AgencyRow, [tx.get_one(AgencyRow, row_id)], {row_id: {"name": agency.name}})


def venue_id(agency_code: str, venue: Venue) -> UUID:
    """The id of a venue: all that was filed of it."""
    filed = [venue.name, venue.address, repr(venue.longitude), repr(venue.latitude), venue.frame.value]
    # Only where there is one, so that places filed before outlines were known keep their ids.
    outline = [repr(venue.polygon)] if venue.polygon else []
    return make_id("venue", agency_code, *filed, repr(float(venue.radius_m)), *outline)


def place_values(longitude: float | None, latitude: float | None, frame: CoordinateFrame) -> dict[str, Any]:
    """The columns of a place: WGS-84, and beside it what was filed. Half a coordinate is none."""
    if longitude is None or latitude is None:
        return dict.fromkeys(("longitude", "latitude", "filed_longitude", "filed_latitude")) | {"frame": frame.value}
    found = convert_to_wgs84(longitude, latitude, frame)
    return {
        "longitude": found[0],
        "latitude": found[1],
        "filed_longitude": longitude,
        "filed_latitude": latitude,
        "frame": frame.value,
    }


def save_venues(tx: Tx, training: TrainingClass) -> KindCount:
    """Make all filed places of the class known. A changed one is a new one, and the old one stays."""
    venues = {
        venue_id(training.agency.code, venue): venue
        for venue in (training.venue, *(session.venue for session in training.sessions))
    }
    agency_id = make_id("agency", training.agency.code)
    rows = [
        {
            "id": row_id,
            "agency_id": agency_id,
            "name": venue.name,
            "address": venue.address,
            "radius_m": float(venue.radius_m),
            "polygon": [list(corner) for corner in venue.polygon] or None,
            **place_values(venue.longitude, venue.latitude, venue.frame),
        }
        for row_id, venue in venues.items()
    ]
    added = insert_missing(tx, VenueRow, rows)
    return KindCount(added=added, unchanged=len(rows) - added)


def save_class(tx: Tx, training: TrainingClass) -> KindCount:
    """Bring the class itself in line with its filing."""
    row_id = make_id("class", training.number)
    values = {
        "number": training.number,
        "agency_id": make_id("agency", training.agency.code),
        "venue_id": venue_id(training.agency.code, training.venue),
        "project_type": training.project_type.value,
        "occupation": training.occupation,
        "level": training.level,
        "term": training.term,
        "planned_hours": float(training.planned_hours),
        "timezone": training.timezone,
        "filed_on": training.filed_on,
        "approved_on": training.approved_on,
        "supervisor": training.supervisor,
        "shared_devices": sorted(training.shared_devices),
    }
    return sync_rows(tx, ClassRow, tx.scalars(select(ClassRow).where(ClassRow.id == row_id)), {row_id: values})


def save_teachers(tx: Tx, class_id: UUID, training: TrainingClass) -> KindCount:
    """Bring the class's teachers in line."""
    wanted = {
        make_id("teacher", training.number, teacher.number): {
            "class_id": class_id,
            "number": teacher.number,
            "name": teacher.name,
            "position": position,
        }
        for position, teacher in enumerate(training.teachers)
    }
    return sync_rows(tx, TeacherRow, rows_of(tx, TeacherRow, class_id), wanted)


def save_cameras(tx: Tx, class_id: UUID, training: TrainingClass) -> KindCount:
    """Bring the class's cameras in line."""
    wanted = {
        make_id("camera", training.number, camera.id): {
            "class_id": class_id,
            "code": camera.id,
            "url": camera.url,
            "position": position,
        }
        for position, camera in enumerate(training.cameras)
    }
    filed = [row for row in rows_of(tx, CameraRow, class_id) if not row.is_recording]
    return sync_rows(tx, CameraRow, filed, wanted)


def save_sessions(tx: Tx, class_id: UUID, training: TrainingClass) -> KindCount:
    """Bring the timetable in line.

    Raises:
        PlanError: a session names a teacher or camera that the class does not have.
    """
    teachers = {teacher.number for teacher in training.teachers}
    cameras = {camera.id for camera in training.cameras}
    wanted: dict[UUID, dict[str, Any]] = {}
    for position, session in enumerate(training.sessions):
        if session.teacher_number is not None and session.teacher_number not in teachers:
            raise PlanError(
                f"session {session.id} names teacher {session.teacher_number}, whom the class does not have"
            )
        if session.camera_id is not None and session.camera_id not in cameras:
            raise PlanError(f"session {session.id} names camera {session.camera_id}, which the class does not have")
        wanted[make_id("session", training.number, session.id)] = {
            "class_id": class_id,
            **_session_values(training, session),
            "position": position,
        }
    return sync_rows(tx, SessionRow, rows_of(tx, SessionRow, class_id), wanted)


def _session_values(training: TrainingClass, session: Session) -> dict[str, Any]:
    number = training.number
    return {
        "code": session.id,
        "day": session.day,
        "period": session.period.value,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "hours": float(session.hours),
        "venue_id": venue_id(training.agency.code, session.venue),
        "teacher_id": make_id("teacher", number, session.teacher_number) if session.teacher_number else None,
        "camera_id": make_id("camera", number, session.camera_id) if session.camera_id else None,
        "kind": session.kind.value,
        "mode": session.mode.value,
    }


def save_changes(tx: Tx, class_id: UUID, training: TrainingClass) -> KindCount:
    """Bring the filed changes in line; an approval that came later changes its line."""
    wanted: dict[UUID, dict[str, Any]] = {}
    for position, change in enumerate(training.changes):
        key = (change.filed_on.isoformat(), change.what, change.takes_effect_on.isoformat(), change.detail)
        wanted[make_id("filing_change", training.number, *key, *change.session_ids)] = {
            "class_id": class_id,
            "filed_on": change.filed_on,
            "what": change.what,
            "takes_effect_on": change.takes_effect_on,
            "approved_on": change.approved_on,
            "session_codes": list(change.session_ids),
            "detail": change.detail,
            "position": position,
        }
    return sync_rows(tx, FilingChangeRow, rows_of(tx, FilingChangeRow, class_id), wanted)
