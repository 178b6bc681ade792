"""Classes, sessions, findings, presence, photos and rates."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from api.routes.answers.base import ClassField, Digest, Out, Outcome, Time


class MeOut(Out):
    """Who the caller is here."""

    actor: str
    name: str
    role: str
    scopes: list[str]
    agency: str | None


class ClassOut(Out):
    """One class of the list."""

    number: str
    agency: str
    agency_code: str
    occupation: str
    level: str
    term: int
    first_day: date | None
    last_day: date | None
    sessions: int
    students: int
    photos: int


class StudentOut(Out):
    """A student's hours, and whether the examination is open to them; null while it depends."""

    class_number: ClassField
    student_no: str
    name: str
    attended_hours: float
    unsure_hours: float
    leave_hours: float
    absent_hours: float
    hours_ahead: float
    planned_hours: float
    minimum_percent: float | None
    exam_eligible: bool | None
    eligibility: str | None


class TableRowOut(Out):
    """One row of what a finding compared."""

    outcome: str | None
    cells: list[str]


class TableOut(Out):
    """What a finding compared."""

    columns: list[str]
    rows: list[TableRowOut]


class FindingOut(Out):
    """What one check concluded, with the seen and the wanted value."""

    check: str
    outcome: Outcome
    reason: str
    profile: str
    measured: dict[str, JsonValue]
    table: TableOut | None = None


class FindingEntryOut(FindingOut):
    """A finding with what it is about."""

    about: Literal["class", "session", "photo"]
    id: str
    session: str | None


class PresenceOut(Out):
    """Whether a student was there, and why we say so."""

    student_no: str
    presence: Literal["present", "absent", "unsure", "leave"]
    because: list[str]


class PresenceEntryOut(PresenceOut):
    """One student in one session."""

    session: str
    date: date


class SessionOut(Out):
    """One session with its conclusion; numbers are null while it was never closed."""

    id: str
    class_number: ClassField
    date: date
    period: str
    starts_at: Time
    ends_at: Time
    hours: float
    closed: bool
    expected: int | None
    present: int | None
    unsure: int | None
    leave: int | None
    rate: float | None
    rate_low: float | None
    rate_high: float | None
    outcome: Outcome
    findings: list[FindingOut]
    students: list[PresenceOut]


class FaceOut(Out):
    """A face that was found, and whose it is. Embeddings never leave."""

    box_xywh: list[float]
    score: float
    state: str
    student_no: str | None
    teacher_number: str | None
    similarity: float | None
    match_probability: float | None
    unreadable_because: str | None


class StampOut(Out):
    """What the stamp says."""

    taken_at: Time | None
    has_seconds: bool
    weekday: str | None
    address: str | None
    longitude: float | None
    latitude: float | None
    code: str | None
    app: str | None
    layout: str | None
    swapped: bool
    lines: list[str]
    box_xywh: list[float] | None
    fields: Annotated[dict[str, list[float]], Field(description="By field, the box it was read in.")]
    confidence: Annotated[dict[str, float], Field(description="By field, how sure the reading is, 0 to 1.")]


class CameraDataOut(Out):
    """What the file says of the camera that took it."""

    taken_at: Annotated[
        str | None, Field(description="As the camera wrote it: without an offset where the file names none.")
    ]
    offset: str | None
    gps_at: Time | None
    longitude: float | None
    latitude: float | None
    make: str | None
    model: str | None
    software: str | None
    remarks: list[str]


class PeopleOut(Out):
    """How many people the picture shows, between `low` and `high`; `method` is ``faces`` or the people pack."""

    count: int
    low: int
    high: int
    method: str
    boxes: list[list[float]]


class PhotoRecordOut(Out):
    """A photo that was looked at."""

    id: str
    class_number: ClassField
    session: str | None
    declared_session: str | None
    session_source: Annotated[str, Field(description="By what it was assigned to the session.")]
    view: str | None
    received_at: Time | None
    old_version: Annotated[
        str | None, Field(description="The versions it was looked at with, where they are not today's.")
    ]
    file: str
    sha256: Digest
    stamp: StampOut | None
    stamps: Annotated[int | None, Field(description="How many stamps the picture bears.")]
    other_stamps: Annotated[list[StampOut], Field(description="Those beside `stamp`.")]
    camera: CameraDataOut | None
    faces: list[FaceOut]
    people_count: int | None
    people: PeopleOut | None
    width_px: int | None
    height_px: int | None
    findings: list[FindingOut]
    outcome: Outcome


class RateOut(Out):
    """Numerator and denominator; `rate_low` counts the unsure as absent, `rate_high` as present."""

    closed: int
    sessions: int
    expected: int
    present: int
    absent: int
    unsure: int
    leave: int
    rate: float | None
    rate_low: float | None
    rate_high: float | None


class ClassRateOut(RateOut):
    """One class: its closed sessions together."""

    class_number: ClassField
    agency: str
    agency_code: str


class AgencyRateOut(RateOut):
    """One agency: the closed sessions of all its classes together."""

    code: str
    name: str
    classes: int


class RatesOut(Out):
    """Attendance of classes and agencies."""

    classes: list[ClassRateOut]
    agencies: list[AgencyRateOut]
