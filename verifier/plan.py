"""What was promised: the plain values of a filed class that travel through the house.

They hold no pixels, no database rows and no framework types, so every room can take them as arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

STANDARD_HOUR_MINUTES = 45  # 标准学时; regulation/requirements.md, "Words"


class CoordinateFrame(StrEnum):
    """The datum a coordinate came in; Chinese maps shift WGS-84 by 100 to 700 m."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class Period(StrEnum):
    """The half-day slot of a session (课次)."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class SessionKind(StrEnum):
    """What is taught: theory (理论), practice (实操) or online (线上)."""

    THEORY = "theory"
    PRACTICE = "practice"
    ONLINE = "online"


class SessionMode(StrEnum):
    """Where it is taught: in the agency's classroom, or outside with mobile recordings (Art. 10)."""

    CLASSROOM = "classroom"
    MOBILE = "mobile"


class RemoteKind(StrEnum):
    """What is handed in where no camera looks in: screenshots of online teaching (7(3)), recordings, replayable streams (10)."""

    SCREENSHOT = "screenshot"
    RECORDING = "recording"
    LIVE_STREAM = "live_stream"


class View(StrEnum):
    """Where the photographer stood: the front of the room (faces) or its back (Art. 7(2))."""

    FRONT = "front"
    BACK = "back"


class ProjectType(StrEnum):
    """Kind of training project, as the forms of Annexes 2 and 3 list them."""

    SKILLS = "skills"
    ENTREPRENEURSHIP = "entrepreneurship"
    APPRENTICESHIP = "apprenticeship"
    ENTERPRISE = "enterprise"
    HIGH_SKILL = "high_skill"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Agency:
    """A training agency (培训机构). `code` is its unified social credit code (统一社会信用代码)."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Venue:
    """A filed teaching place. Coordinates are in degrees, as filed, in `frame`; None where none were filed.

    `polygon` is the filed outline, (longitude, latitude) corners in `frame`; where there is one it is the geofence, and
    `radius_m` only the circle around it, for what knows no outlines.
    """

    name: str
    address: str = ""
    longitude: float | None = None
    latitude: float | None = None
    frame: CoordinateFrame = CoordinateFrame.GCJ02
    radius_m: float = 300.0
    polygon: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Teacher:
    """A filed teacher (授课教师)."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Student:
    """One line of the roster (花名册). `id_number` and `phone` are sensitive: never logged."""

    student_no: str
    name: str
    id_number: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera the agency handed over (Art. 7(2)). The url holds no credentials; they come from a secret."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class FilingChange:
    """A change of time, place, teacher or plan, filed after the class was (Art. 7(1)).

    `what` is ``time``, ``place``, ``teacher`` or ``plan``; `session_ids` empty means the whole class.
    """

    filed_on: date
    what: str
    takes_effect_on: date
    approved_on: date | None = None
    session_ids: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """One half-day slot of a class (课次).

    `starts_at` and `ends_at` carry the class's time zone; an evening that runs past midnight ends on the next day.
    `venue` is where this session was filed to be held, already resolved from the class's own venue.
    """

    id: str
    day: date
    period: Period
    starts_at: datetime
    ends_at: datetime
    hours: float
    venue: Venue
    teacher_number: str | None = None
    kind: SessionKind = SessionKind.THEORY
    mode: SessionMode = SessionMode.CLASSROOM
    camera_id: str | None = None


@dataclass(frozen=True, slots=True)
class TrainingClass:
    """One class (班次) as filed (办班备案): everything later checked against evidence.

    `shared_devices` are the common sign-in terminals that were filed: many sign-ins from one of them accuse nobody.
    """

    number: str
    agency: Agency
    venue: Venue
    project_type: ProjectType
    occupation: str
    level: str
    term: int
    planned_hours: float
    timezone: str
    filed_on: date | None = None
    approved_on: date | None = None
    supervisor: str = ""
    teachers: tuple[Teacher, ...] = ()
    sessions: tuple[Session, ...] = ()
    students: tuple[Student, ...] = ()
    cameras: tuple[Camera, ...] = ()
    changes: tuple[FilingChange, ...] = ()
    shared_devices: tuple[str, ...] = ()

    def session(self, session_id: str) -> Session:
        """The session of that id.

        Raises:
            KeyError: the class has none such.
        """
        for session in self.sessions:
            if session.id == session_id:
                return session
        raise KeyError(session_id)


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in (签到): on paper, in 湘就业 or elsewhere. Coordinates in degrees, in `frame`."""

    student_no: str
    signed_at: datetime
    source: str = ""
    device: str = ""
    longitude: float | None = None
    latitude: float | None = None
    frame: CoordinateFrame = CoordinateFrame.GCJ02


@dataclass(frozen=True, slots=True)
class Leave:
    """An approved absence of one student from one session."""

    student_no: str
    session_id: str
    reason: str = ""
    approved_by: str = ""


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """A screenshot, recording or replayable stream handed in for one session (Art. 7(3), 10).

    `sha256` is empty where only a `link` was handed in; `platform` names where an online session was held.
    """

    session_id: str
    kind: RemoteKind
    platform: str = ""
    file: str = ""
    sha256: str = ""
    size_bytes: int = 0
    link: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """One photo as it was handed in: which bytes, under which name, and what the uploader declared.

    The same bytes may be submitted several times; each time is a submission of its own.
    `received_at` carries an offset; None where nobody recorded it. `session_id` and `view` are declarations, not truth.
    """

    file: str
    sha256: str
    size_bytes: int
    received_at: datetime | None = None
    session_id: str | None = None
    view: View | None = None


@dataclass(frozen=True, slots=True)
class ClassFile:
    """A class with what was handed in for it, as read from a class folder or from the records.

    `enrolment_photos` and `teacher_photos` map a student_no or a teacher number to the digests of their pictures.
    """

    training: TrainingClass
    submissions: tuple[Submission, ...] = ()
    sign_ins: tuple[SignIn, ...] = ()
    leaves: tuple[Leave, ...] = ()
    enrolment_photos: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    teacher_photos: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remote_records: tuple[RemoteRecord, ...] = ()
