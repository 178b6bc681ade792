"""The cameras of the city with the last look at each, as a list; and the looks of days, counted. For the office's eyes only.

When a camera was looked at tells when it will be looked at next, so no agency sees any of this (Art. 14(1)). Addresses are left
out: they are nobody's to read on a page.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session as Tx
from sqlalchemy.orm import aliased

from verifier.camera_health import Condition, state_of
from verifier.records.errors import NotInRecordsError
from verifier.records.listing import Field, Listing, is_one_of
from verifier.records.reading import Query
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.camera import CameraRow, CameraSampleRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow
from verifier.regulation.facts import CameraState

# A fault of the camera, by which it does not show the class; what we could not tell or do is none.
DOWN = tuple(each.value for each in Condition if state_of(each) is CameraState.NOT_SHOWING)
SHOWING = (Condition.OK.value, Condition.NO_CLASS.value)
STATES = ("down", "showing", "cannot_tell", "never")


def list_cameras() -> Listing:
    """Cameras with their last look, those that are down first, then the longest not looked at.

    Filters: ``state`` (of STATES), ``number``, ``agency`` (a code).
    """
    last = aliased(CameraSampleRow)
    newest = (
        select(func.max(CameraSampleRow.taken_at))
        .where(CameraSampleRow.camera_id == CameraRow.id)
        .correlate(CameraRow)
        .scalar_subquery()
    )
    source: Query = (
        select(CameraRow.id)
        .join(ClassRow, ClassRow.id == CameraRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .outerjoin(last, (last.camera_id == CameraRow.id) & (last.taken_at == newest))
        .outerjoin(SessionRow, SessionRow.id == last.session_id)
        .where(CameraRow.dropped_at.is_(None))
    )
    conditions = {
        "down": last.condition.in_(DOWN),
        "showing": last.condition.in_(SHOWING),
        "cannot_tell": last.id.is_not(None) & or_(last.condition.is_(None), last.condition.not_in((*DOWN, *SHOWING))),
        "never": last.id.is_(None),
    }

    def choose(state: str) -> ColumnElement[bool]:
        return conditions.get(state, last.id.is_(None) & last.id.is_not(None))

    return Listing(
        source,
        {
            "camera": Field(CameraRow.code, searched=True), "condition": Field(last.condition),
            "class": Field(ClassRow.number, searched=True), "agency": Field(AgencyRow.name, searched=True),
            "agency_code": Field(AgencyRow.code), "taken_at": Field(last.taken_at), "session": Field(SessionRow.code),
            "detail": Field(last.detail), "has_picture": Field(last.sha256.is_not(None)), "sample_id": Field(last.id),
            "id": Field(CameraRow.id), "is_down": Field(func.coalesce(last.condition.in_(DOWN), False)),
        },
        CameraRow.id, ("-is_down", "-taken_at", "camera"),
        {"state": choose, "number": is_one_of(ClassRow.number), "agency": is_one_of(AgencyRow.code)},
    )  # fmt: skip


def find_camera_place(tx: Tx, camera_row_id: UUID) -> tuple[str, str]:
    """The class number and the camera's id as filed.

    Raises:
        NotInRecordsError: there is no such camera.
    """
    query = select(ClassRow.number, CameraRow.code).join(ClassRow, ClassRow.id == CameraRow.class_id)
    found = tx.execute(query.where(CameraRow.id == camera_row_id)).first()
    if found is None:
        raise NotInRecordsError(f"no camera {camera_row_id} is on record")
    return found[0], found[1]


def find_frame(tx: Tx, sample_id: UUID) -> tuple[str, str]:
    """The digest of the decisive picture of a look, and the camera's id as filed.

    Raises:
        NotInRecordsError: there is no such look, or it gave no picture.
    """
    query = select(CameraSampleRow.sha256, CameraRow.code).join(CameraRow, CameraRow.id == CameraSampleRow.camera_id)
    found = tx.execute(query.where(CameraSampleRow.id == sample_id, CameraSampleRow.sha256.is_not(None))).first()
    if found is None:
        raise NotInRecordsError(f"no picture of look {sample_id} is on record")
    return str(found[0]), found[1]


def find_sample_ids(tx: Tx, camera_row_id: UUID, moments: list[datetime]) -> dict[datetime, UUID]:
    """Ids of the looks at a camera at these moments that gave a picture."""
    query = select(CameraSampleRow.taken_at, CameraSampleRow.id).where(
        CameraSampleRow.camera_id == camera_row_id, CameraSampleRow.sha256.is_not(None)
    )
    found = {row.taken_at: row.id for row in tx.execute(query)}
    return {each: found[each] for each in moments if each in found}
