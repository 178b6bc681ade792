"""What programs send: strict, with limits on everything, and unknown fields refused. The filing's names are those of class.toml."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from api.limits import MAX_BATCH

# No control characters or line ends: they would not survive a table, and are never meant.
_PLAIN = r"^[^\x00-\x1f\x7f\u0085\u2028\u2029]*$"
Text = Annotated[str, StringConstraints(max_length=400, pattern=_PLAIN)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PLAIN)]
Code = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x20\x7f/\\\u0085\u2028\u2029]+$")
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
# Not JSON Schema's own "time", which has an offset: a timetable goes by the clock on the wall.
Clock = Annotated[
    time,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$",
            "description": "By the venue's own clock.",
            "examples": ["08:30:00"],
        }
    ),
]
ClassNumber = Annotated[
    str, Path(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f/]+$", examples=["YY-2023-0071"])
]


class Strict(BaseModel):
    """Unknown fields are refused; numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class AgencyIn(Strict):
    """The training agency."""

    name: Name
    code: Code


class AgencyNameIn(Strict):
    """An agency, whose code stands in the address."""

    name: Name


class VenueIn(Strict):
    """A place, in the frame its coordinates were taken in."""

    name: Name
    address: Text | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    frame: Literal["wgs84", "gcj02", "bd09"] | None = None
    radius_m: Annotated[float, Field(gt=0, le=20_000)] | None = None
    polygon: (
        Annotated[list[Annotated[list[float], Field(min_length=2, max_length=2)]], Field(max_length=200)] | None
    ) = None


class ClassHeadIn(Strict):
    """The class itself."""

    number: Code
    project_type: Literal["skills", "entrepreneurship", "apprenticeship", "enterprise", "high_skill", "other"]
    occupation: Name
    level: Text | None = None
    term: Annotated[int, Field(ge=1, le=1000)]
    planned_hours: Annotated[float, Field(gt=0, le=10_000)]
    filed_on: date | None = None
    approved_on: date | None = None
    supervisor: Text | None = None


class TeacherIn(Strict):
    """A teacher."""

    number: Code
    name: Name


class CameraIn(Strict):
    """A camera; its address holds no credentials."""

    id: Code
    url: Name


class SessionIn(Strict):
    """One half-day."""

    id: Code
    date: date
    period: Literal["morning", "afternoon", "evening"]
    starts: Clock
    ends: Clock
    hours: Annotated[float, Field(gt=0, le=24)]
    teacher: Code | None = None
    kind: Literal["theory", "practice", "online"] | None = None
    mode: Literal["classroom", "mobile"] | None = None
    camera: Code | None = None
    venue: VenueIn | None = None


class ChangeIn(Strict):
    """A change that was filed after the class was."""

    filed_on: date
    what: Literal["time", "place", "teacher", "plan"]
    takes_effect_on: date
    approved_on: date | None = None
    sessions: Annotated[list[Code], Field(max_length=400)] | None = None
    detail: Text | None = None


class DeviceIn(Strict):
    """A common sign-in terminal."""

    id: Code
    name: Text | None = None


class FilingIn(Strict):
    """A class's filing, as class.toml has it: the same file, as JSON."""

    agency: AgencyIn
    head: Annotated[ClassHeadIn, Field(alias="class")]
    venue: VenueIn
    teacher: Annotated[list[TeacherIn], Field(max_length=100)] = []
    camera: Annotated[list[CameraIn], Field(max_length=100)] = []
    session: Annotated[list[SessionIn], Field(min_length=1, max_length=400)]
    change: Annotated[list[ChangeIn], Field(max_length=400)] = []
    signin_device: Annotated[list[DeviceIn], Field(max_length=100)] = []

    def as_values(self) -> dict[str, Any]:
        """As the reader of class.toml takes it: what was left out is not there."""
        values = self.model_dump(by_alias=True, exclude_none=True)
        for session in values["session"]:
            # Clocks are the venue's own; an offset would contradict the class's zone.
            session["starts"] = session["starts"].replace(tzinfo=None)
            session["ends"] = session["ends"].replace(tzinfo=None)
        return values


class StudentIn(Strict):
    """One line of the roster."""

    student_no: Code
    name: Name
    id_number: Annotated[str, StringConstraints(max_length=30, pattern=r"^[0-9A-Za-z]*$")] = ""
    phone: Annotated[str, StringConstraints(max_length=30, pattern=r"^[0-9+() -]*$")] = ""


class RosterIn(Strict):
    """The whole roster: who is not in it any more has left."""

    students: Annotated[list[StudentIn], Field(min_length=1, max_length=MAX_BATCH)]


class SignInIn(Strict):
    """One sign-in."""

    student_no: Code
    signed_at: AwareDatetime
    source: Text = ""
    device: Text = ""
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    frame: Literal["wgs84", "gcj02", "bd09"] = "gcj02"


class SignInsIn(Strict):
    """Sign-ins of one class, all or none of which are saved."""

    sign_ins: Annotated[list[SignInIn], Field(min_length=1, max_length=MAX_BATCH)]


class LeaveIn(Strict):
    """One approved absence."""

    student_no: Code
    session: Code
    reason: Text = ""
    approved_by: Text = ""


class LeavesIn(Strict):
    """Absences of one class, all or none of which are saved."""

    leaves: Annotated[list[LeaveIn], Field(min_length=1, max_length=MAX_BATCH)]
