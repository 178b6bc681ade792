"""What is answered, typed. Fields may be added, none is renamed or removed: an unknown one is no fault of the reader's."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

T = TypeVar("T")
Outcome = Literal["passed", "failed", "unsure", "not_applicable", "not_run"]
MatterState = Literal["proposed", "needs_check", "confirmed", "dismissed", "lapsed"]
# As written: with the offset of the class's zone, or without where nobody knows it.
Time = Annotated[str, Field(examples=["2023-06-12T09:12:00+08:00"])]
Digest = Annotated[str, Field(description="SHA-256, hexadecimal.")]
ClassField = Annotated[str, Field(alias="class", examples=["YY-2023-0071"])]


class Out(BaseModel):
    """Every answer."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)


class Page(Out, Generic[T]):
    """One page of a list; `next` is the cursor of the one after, null at the end."""

    items: list[T]
    next: str | None


class Items(Out, Generic[T]):
    """A list that is answered whole."""

    items: list[T]


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

    about: Literal["photo", "session"]
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
    weekday: str | None
    address: str | None
    longitude: float | None
    latitude: float | None
    code: str | None
    app: str | None
    lines: list[str]
    box_xywh: list[float] | None


class CameraDataOut(Out):
    """What the file says of the camera that took it."""

    taken_at: Time | None
    offset: str | None
    longitude: float | None
    latitude: float | None
    make: str | None
    model: str | None
    software: str | None


class PhotoRecordOut(Out):
    """A photo that was looked at."""

    id: str
    class_number: ClassField
    session: str | None
    declared_session: str | None
    view: str | None
    received_at: Time | None
    file: str
    sha256: Digest
    stamp: StampOut | None
    camera: CameraDataOut | None
    faces: list[FaceOut]
    people_count: int | None
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


class DecisionOut(Out):
    """What one person decided; a withdrawn decision stays, followed by its withdrawal."""

    id: str
    decision: Literal["confirm", "dismiss", "needs_on_site", "withdraw"]
    by: str
    at: Time
    why: str
    withdraws: str | None


class DecidedOut(Out):
    """How a matter stands after a decision; ``awaiting_second``: somebody else must confirm too."""

    id: str
    state: str
    decisions: list[DecisionOut]


class CaseOut(Out):
    """Something a person must look at, with the photo and the box where it was seen."""

    id: str
    kind: str
    class_number: ClassField
    session: str | None
    student_no: str | None
    file: str | None
    photo_id: str | None
    sha256: Digest | None
    box_xywh: list[float]
    reason: str
    probability: float | None
    state: MatterState
    supported: bool
    opened_at: Time
    lapsed: str | None
    decisions: list[DecisionOut]


class ViolationOut(Out):
    """A rule of the regulation that the records point to; only confirmed ones count."""

    id: str
    rule: str
    code: str
    quote: str | None
    class_number: ClassField
    state: MatterState
    sessions: list[str]
    reason: str
    evidence: list[str]
    policy: str
    supported: bool
    opened_at: Time
    lapsed: str | None
    decisions: list[DecisionOut]


class MatterOut(Out):
    """A case or violation as people work through it."""

    id: str
    class_number: ClassField
    kind: str
    state: str
    supported: bool
    reason: str
    lapsed: str | None
    decisions: list[DecisionOut]


class NoticeOut(Out):
    """A rectification notice, that is one written warning; voided ones keep their number."""

    id: str
    number: str
    class_number: ClassField
    issued_on: date
    issued_by: str
    rules: list[str]
    voided: str | None


class NoticeTextOut(Out):
    """What a notice would print."""

    class_number: ClassField
    text: list[str]


class SanctionOut(Out):
    """A sanction with its chain of reasons down to each photo's digest."""

    id: str
    kind: str
    article: str
    class_number: Annotated[str | None, Field(alias="class")]
    agency: str
    state: Literal["proposed", "issued", "dismissed", "withdrawn"]
    reason: str
    lapsed: str | None
    decisions: list[DecisionOut]
    grounds: dict[str, JsonValue]


class MattersOut(Out):
    """All matters of one class, or of all."""

    cases: list[MatterOut]
    violations: list[MatterOut]
    notices: list[NoticeOut]
    sanctions: list[SanctionOut]


class DutyOut(Out):
    """What the office owes a class (Art. 9 to 11)."""

    code: str
    article: str
    state: str
    done: int
    needed: int
    due_on: date | None
    reason: str


class DeadlineOut(Out):
    """A day by which something must be done."""

    code: str
    article: str
    due_on: date | None
    earliest: date | None
    reason: str


class PlanOut(Out):
    """A planned supervision, with how its people were drawn."""

    id: str
    class_number: ClassField
    kind: Literal["on_site", "off_site", "follow_up"]
    method: str | None
    planned_on: date
    state: Literal["planned", "overdue", "done", "cancelled"]
    people: list[str]
    seed: str
    pool: int
    pool_sha256: Digest
    planned_by: str
    result: str | None
    cancelled: str | None


class DueOut(Out):
    """What is due for one class; agencies see deadlines alone."""

    class_number: ClassField
    as_of: date
    duties: list[DutyOut]
    deadlines: list[DeadlineOut]
    plans: list[PlanOut]


class ConditionOut(Out):
    """One condition of the subsidy."""

    code: str
    article: str
    quote: str
    state: str
    reasons: list[str]
    evidence: list[str]


class SubsidyOut(Out):
    """Every condition of a class's subsidy, judged anew."""

    class_number: ClassField
    state: str
    policy: str
    conditions: list[ConditionOut]


class ArchiveKindOut(Out):
    """A kind of document of the class archive; null: nobody has looked."""

    kind: str
    title: str
    present: bool | None
    documents: list[str]


class ArchiveOut(Out):
    """Which documents of the class archive (Art. 7(5)) are on record."""

    class_number: ClassField
    archived_on: date | None
    documents: list[ArchiveKindOut]


class NightOut(Out):
    """One night's work; `counts` fills while it runs."""

    id: str
    state: Literal["running", "finished", "failed", "broken_off"]
    first_day: date | None
    last_day: date
    started_at: datetime
    finished_at: datetime | None
    counts: dict[str, JsonValue]
    error: str | None


class AuditEntryOut(Out):
    """One entry of the audit; `hash` binds it to the one before."""

    sequence: int
    at: datetime
    actor: str
    action: str
    subject: list[str]
    source: str
    before: dict[str, JsonValue] | None
    after: dict[str, JsonValue] | None
    hash: str


class AuditOut(Out):
    """Entries in the order they were written; `next`: ask `after` this one."""

    items: list[AuditEntryOut]
    next: int | None


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


class DatesOut(Out):
    """When a class began and ended, was certified, applied for, paid and archived; who was examined."""

    class_number: ClassField
    commenced_on: date | None
    completed_on: date | None
    certified_on: date | None
    applied_on: date | None
    paid_on: date | None
    archived_on: date | None
    archive_discarded_on: date | None
    examined: list[str]


class InspectionOut(Out):
    """An on-site inspection as it was written down."""

    id: str
    at: Time
    session: str | None
    inspectors: list[str]
    expected: int | None
    present: int | None
    opinion: str
    form: dict[str, JsonValue]


class OffSiteOut(Out):
    """An off-site supervision."""

    id: str
    at: Time
    kind: str
    by: str
    result: str
    evidence: Digest | None


class CallOut(Out):
    """What following up one drawn student gave; null while nobody tried."""

    student_no: str
    at: Time | None
    by: str | None
    outcome: str | None
    answer: str
    recording: Digest | None


class FollowUpOut(Out):
    """A draw with its calls."""

    id: str
    at: Time
    by: str
    seed: str
    roster: int
    roster_sha256: Digest | None
    drawn: list[str]
    calls: list[CallOut]


class RecordOut(Out):
    """What a person established under a rule."""

    id: str
    day: date
    rule: str
    by: str
    note: str
    evidence: list[str]
    withdrawn_by: str | None
    withdrawn_because: str | None


class UrgingOut(Out):
    """What the agency was urged to hand in, and what came of it."""

    id: str
    urged_on: date
    by: str
    what: str
    due_on: date
    outcome: Literal["delivered", "missing", "poor", "withdrawn"] | None
    answered_on: date | None
    note: str
    evidence: list[str]


class SupervisionOut(Out):
    """Everything that people did about one class."""

    class_number: ClassField
    inspections: list[InspectionOut]
    off_site: list[OffSiteOut]
    follow_ups: list[FollowUpOut]
    records: list[RecordOut]
    urgings: list[UrgingOut]
    plans: list[PlanOut]


class WrittenOut(Out):
    """What was written down."""

    id: str


class DrawOut(WrittenOut):
    """Whom to follow up."""

    seed: str
    drawn: list[str]
    roster: int
    roster_sha256: Digest


class DocumentOut(Out):
    """A document that was sent."""

    sha256: Digest
    size_bytes: int


class AgreementOut(Out):
    """The fields of Annex 1 that are on record."""

    agency: str
    year: int
    form: dict[str, JsonValue]


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


class InBothOut(Out):
    """A sentence for people, in both languages."""

    zh: str
    en: str


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


class ProgressOut(Out):
    """How far the work on the job's days is: pictures that were looked at, of all, and sessions that are closed, of all."""

    photos: int
    photos_looked: int
    sessions: int
    sessions_closed: int


class JobOut(Out):
    """A job as it stands."""

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    attempt: int
    asked: dict[str, JsonValue]
    progress: ProgressOut
    result: dict[str, JsonValue] | None
    error: str | None
    created_at: Time
    finished_at: Time | None
