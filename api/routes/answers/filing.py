"""What was filed, and what a write did."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from api.routes.answers.base import ClassField, Digest, InBothOut, Out, Time


class RosterLineOut(Out):
    """One student of the roster; ID number and phone masked unless they were asked for by who may."""

    student_no: str
    name: str
    id_number: Annotated[str, Field(examples=["430***********1234"])]
    phone: str


class PortraitOut(Out):
    """An enrolment picture, and what became of it; `verdict` is null until the class was judged."""

    id: str
    student_no: str | None
    teacher_number: str | None
    name: str
    sha256: Digest
    verdict: str | None
    reason: str | None


class AgencyOut(Out):
    """A training agency."""

    code: str
    name: str
    classes: int


class VenueOut(Out):
    """A place, in the frame its coordinates were filed in, with the sessions taught there."""

    name: str
    address: str
    longitude: float | None
    latitude: float | None
    frame: Literal["wgs84", "gcj02", "bd09"]
    radius_m: float | None
    polygon: list[list[float]] | None


class ClassVenueOut(VenueOut):
    """A place of a class, with the sessions taught there; the class's own place stands first."""

    sessions: list[str]


class TeacherOut(Out):
    """A teacher of a class."""

    number: str
    name: str


class CameraOut(Out):
    """A camera of a class; its address holds no credentials."""

    id: str
    url: str


class CameraSpanOut(Out):
    """How a camera did from one moment to another."""

    condition: str
    starts_at: Time
    ends_at: Time
    session: str | None
    looks: Annotated[int, Field(description="How often it was looked at.")]
    evidence: list[str]


class CameraHealthOut(Out):
    """A camera's history over the sessions it is filed for."""

    camera: str
    spans: list[CameraSpanOut]


class KindCountOut(Out):
    """What was done to one kind of row."""

    added: int
    changed: int
    unchanged: int
    dropped: int


class WarningOut(Out):
    """What was saved, but somebody should look at."""

    path: str
    problem: InBothOut
    remedy: InBothOut


class RegisteredOut(Out):
    """What a write did."""

    class_number: ClassField
    counts: dict[str, KindCountOut]
    warnings: list[WarningOut]


class HandedInOut(Out):
    """A photo that was handed in."""

    id: str
    sha256: Digest
    size_bytes: int
    created: bool


class FiledAgencyOut(Out):
    """The agency of a filing."""

    name: str
    code: str


class FiledClassOut(Out):
    """The class of a filing."""

    number: str
    project_type: str
    occupation: str
    level: str | None
    term: int
    planned_hours: float
    filed_on: date | None
    approved_on: date | None
    supervisor: str | None


class FiledSessionOut(Out):
    """One half-day of a filing."""

    id: str
    date: date
    period: str
    starts: str
    ends: str
    hours: float
    teacher: str | None
    kind: str
    mode: str
    camera: str | None
    venue: VenueOut | None


class FiledChangeOut(Out):
    """A change of a filing."""

    filed_on: date
    what: str
    takes_effect_on: date
    approved_on: date | None
    sessions: list[str]
    detail: str | None


class DeviceOut(Out):
    """A common sign-in terminal."""

    id: str


class FilingOut(Out):
    """A class's filing, as it is sent: change it and send it back with its ETag."""

    agency: FiledAgencyOut
    head: Annotated[FiledClassOut, Field(alias="class")]
    venue: VenueOut
    teacher: list[TeacherOut]
    camera: list[CameraOut]
    session: list[FiledSessionOut]
    change: list[FiledChangeOut]
    signin_device: list[DeviceOut]


class TimetableOut(Out):
    """The sessions of a class, as they are sent back."""

    session: list[FiledSessionOut]


class ChangesOut(Out):
    """The changes of a filing."""

    items: list[FiledChangeOut]


class ApprovalOut(Out):
    """When a class was filed and approved."""

    filed_on: date | None
    approved_on: date | None
