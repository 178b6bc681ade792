"""What the API answers, under the names of docs/openapi.json. Written by `python -m tests.verifier.test_client_shapes`."""

# fmt: off
from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class AgencyOut(TypedDict):
    """A training agency."""

    classes: int
    code: str
    name: str

class AgencyRateOut(TypedDict):
    """One agency: the closed sessions of all its classes together."""

    absent: int
    classes: int
    closed: int
    code: str
    expected: int
    leave: int
    name: str
    present: int
    rate: float | None
    rate_high: float | None
    rate_low: float | None
    sessions: int
    unsure: int

class AgreementOut(TypedDict):
    """The fields of Annex 1 that are on record."""

    agency: str
    form: dict[str, Any]
    year: int

class ApprovalOut(TypedDict):
    """When a class was filed and approved."""

    approved_on: str | None
    filed_on: str | None

class ArchiveKindOut(TypedDict):
    """A kind of document of the class archive; null: nobody has looked."""

    documents: list[str]
    kind: str
    present: bool | None
    title: str

ArchiveOut = TypedDict("ArchiveOut", {
    "archived_on": "str | None",
    "class": "str",
    "documents": "list[ArchiveKindOut]",
})
"""Which documents of the class archive (Art. 7(5)) are on record."""

class AuditEntryOut(TypedDict):
    """One entry of the audit; `hash` binds it to the one before."""

    action: str
    actor: str
    after: dict[str, Any] | None
    at: str
    before: dict[str, Any] | None
    hash: str
    sequence: int
    source: str
    subject: list[str]

class AuditOut(TypedDict):
    """Entries in the order they were written; `next`: ask `after` this one."""

    items: list[AuditEntryOut]
    next: int | None

class CallOut(TypedDict):
    """What following up one drawn student gave; null while nobody tried."""

    answer: str
    at: str | None
    by: str | None
    outcome: str | None
    recording: str | None
    student_no: str

class CameraDataOut(TypedDict):
    """What the file says of the camera that took it."""

    gps_at: str | None
    latitude: float | None
    longitude: float | None
    make: str | None
    model: str | None
    offset: str | None
    remarks: list[str]
    software: str | None
    taken_at: str | None

class CameraHealthOut(TypedDict):
    """A camera's history over the sessions it is filed for."""

    camera: str
    spans: list[CameraSpanOut]

class CameraOut(TypedDict):
    """A camera of a class; its address holds no credentials."""

    id: str
    url: str

class CameraSpanOut(TypedDict):
    """How a camera did from one moment to another."""

    condition: str
    ends_at: str
    evidence: list[str]
    looks: int
    session: str | None
    starts_at: str

CaseOut = TypedDict("CaseOut", {
    "box_xywh": "list[float]",
    "candidates": "list[str]",
    "class": "str",
    "decisions": "list[DecisionOut]",
    "file": "str | None",
    "id": "str",
    "kind": "str",
    "lapsed": "str | None",
    "opened_at": "str",
    "photo": "str | None",
    "photo_id": "str | None",
    "probability": "float | None",
    "reason": "str",
    "session": "str | None",
    "sha256": "str | None",
    "state": "Literal['proposed', 'needs_check', 'confirmed', 'dismissed', 'lapsed']",
    "student_no": "str | None",
    "supported": "bool",
})
"""Something a person must look at, with the photo and the box where it was seen."""

class ChangesOut(TypedDict):
    """The changes of a filing."""

    items: list[FiledChangeOut]

class ClassOut(TypedDict):
    """One class of the list."""

    agency: str
    agency_code: str
    first_day: str | None
    last_day: str | None
    level: str
    number: str
    occupation: str
    photos: int
    sessions: int
    students: int
    term: int

ClassRateOut = TypedDict("ClassRateOut", {
    "absent": "int",
    "agency": "str",
    "agency_code": "str",
    "class": "str",
    "closed": "int",
    "expected": "int",
    "leave": "int",
    "present": "int",
    "rate": "float | None",
    "rate_high": "float | None",
    "rate_low": "float | None",
    "sessions": "int",
    "unsure": "int",
})
"""One class: its closed sessions together."""

class ClassVenueOut(TypedDict):
    """A place of a class, with the sessions taught there; the class's own place stands first."""

    address: str
    frame: Literal["wgs84", "gcj02", "bd09"]
    latitude: float | None
    longitude: float | None
    name: str
    polygon: list[list[float]] | None
    radius_m: float | None
    sessions: list[str]

class ClosingOut(TypedDict):
    """When a class began and ended, was certified, applied for, paid and archived; who was examined."""

    applied_on: str | None
    archive_discarded_on: str | None
    archived_on: str | None
    certified_on: str | None
    commenced_on: str | None
    completed_on: str | None
    examined: list[str]
    paid_on: str | None

class ConditionOut(TypedDict):
    """One condition of the subsidy."""

    article: str
    code: str
    evidence: list[str]
    quote: str
    reasons: list[str]
    state: str

DatesOut = TypedDict("DatesOut", {
    "applied_on": "str | None",
    "archive_discarded_on": "str | None",
    "archived_on": "str | None",
    "certified_on": "str | None",
    "class": "str",
    "commenced_on": "str | None",
    "completed_on": "str | None",
    "examined": "list[str]",
    "paid_on": "str | None",
})
"""When a class began and ended, and what followed."""

class DeadlineOut(TypedDict):
    """A day by which something must be done."""

    article: str
    code: str
    due_on: str | None
    earliest: str | None
    reason: str

class DecidedOut(TypedDict):
    """How a matter stands after a decision; ``awaiting_second``: somebody else must confirm too."""

    decisions: list[DecisionOut]
    id: str
    state: str

class DecisionOut(TypedDict):
    """What one person decided; a withdrawn decision stays, followed by its withdrawal."""

    at: str
    by: str
    decision: Literal["confirm", "dismiss", "needs_on_site", "withdraw"]
    id: str
    why: str
    withdraws: str | None

class DeliveriesOut(TypedDict):
    """One page of deliveries."""

    items: list[DeliveryOut]
    next: str | None

DeliveryOut = TypedDict("DeliveryOut", {
    "attempt": "int",
    "class": "str",
    "created_at": "str",
    "done_at": "str | None",
    "error": "str | None",
    "event": "str",
    "id": "str",
    "next_attempt_at": "str | None",
    "state": "Literal['queued', 'delivered', 'dead']",
    "status": "int | None",
})
"""One event on its way."""

class DeviceOut(TypedDict):
    """A common sign-in terminal."""

    id: str

class DocumentOut(TypedDict):
    """A document that was sent."""

    sha256: str
    size_bytes: int

class DrawOut(TypedDict):
    """Whom to follow up."""

    drawn: list[str]
    id: str
    roster: int
    roster_sha256: str
    seed: str

DueOut = TypedDict("DueOut", {
    "as_of": "str",
    "class": "str",
    "deadlines": "list[DeadlineOut]",
    "duties": "list[DutyOut]",
    "plans": "list[PlanOut]",
})
"""What is due for one class; agencies see deadlines alone."""

class DutyOut(TypedDict):
    """What the office owes a class (Art. 9 to 11)."""

    article: str
    code: str
    done: int
    due_on: str | None
    needed: int
    reason: str
    state: str

class FaceOut(TypedDict):
    """A face that was found, and whose it is. Embeddings never leave."""

    box_xywh: list[float]
    match_probability: float | None
    score: float
    similarity: float | None
    state: str
    student_no: str | None
    teacher_number: str | None
    unreadable_because: str | None

class FiledAgencyOut(TypedDict):
    """The agency of a filing."""

    code: str
    name: str

class FiledChangeOut(TypedDict):
    """A change of a filing."""

    approved_on: str | None
    detail: str | None
    filed_on: str
    sessions: list[str]
    takes_effect_on: str
    what: str

class FiledClassOut(TypedDict):
    """The class of a filing."""

    approved_on: str | None
    filed_on: str | None
    level: str | None
    number: str
    occupation: str
    planned_hours: float
    project_type: str
    supervisor: str | None
    term: int

class FiledSessionOut(TypedDict):
    """One half-day of a filing."""

    camera: str | None
    date: str
    ends: str
    hours: float
    id: str
    kind: str
    mode: str
    period: str
    starts: str
    teacher: str | None
    venue: VenueOut | None

FilingOut = TypedDict("FilingOut", {
    "agency": "FiledAgencyOut",
    "camera": "list[CameraOut]",
    "change": "list[FiledChangeOut]",
    "class": "FiledClassOut",
    "session": "list[FiledSessionOut]",
    "signin_device": "list[DeviceOut]",
    "teacher": "list[TeacherOut]",
    "venue": "VenueOut",
})
"""A class's filing, as it is sent: change it and send it back with its ETag."""

class FindingEntryOut(TypedDict):
    """A finding with what it is about."""

    about: Literal["class", "session", "photo"]
    check: str
    id: str
    measured: dict[str, Any]
    outcome: Literal["passed", "failed", "unsure", "not_applicable", "not_run"]
    profile: str
    reason: str
    session: str | None
    table: NotRequired[TableOut | None]

class FindingOut(TypedDict):
    """What one check concluded, with the seen and the wanted value."""

    check: str
    measured: dict[str, Any]
    outcome: Literal["passed", "failed", "unsure", "not_applicable", "not_run"]
    profile: str
    reason: str
    table: NotRequired[TableOut | None]

class FollowUpOut(TypedDict):
    """A draw with its calls."""

    at: str
    by: str
    calls: list[CallOut]
    drawn: list[str]
    id: str
    roster: int
    roster_sha256: str | None
    seed: str

class HandedInOut(TypedDict):
    """A photo that was handed in."""

    created: bool
    id: str
    sha256: str
    size_bytes: int

class InBothOut(TypedDict):
    """A sentence for people, in both languages."""

    en: str
    zh: str

class InspectionOut(TypedDict):
    """An on-site inspection as it was written down."""

    at: str
    expected: int | None
    form: dict[str, Any]
    id: str
    inspectors: list[str]
    opinion: str
    present: int | None
    session: str | None

class JobOut(TypedDict):
    """A job as it stands."""

    asked: dict[str, Any]
    attempt: int
    created_at: str
    error: str | None
    finished_at: str | None
    id: str
    progress: ProgressOut
    result: dict[str, Any] | None
    state: Literal["queued", "running", "done", "failed", "cancelled"]

class KindCountOut(TypedDict):
    """What was done to one kind of row."""

    added: int
    changed: int
    dropped: int
    unchanged: int

MatterOut = TypedDict("MatterOut", {
    "class": "str",
    "decisions": "list[DecisionOut]",
    "id": "str",
    "kind": "str",
    "lapsed": "str | None",
    "reason": "str",
    "state": "str",
    "supported": "bool",
})
"""A case or violation as people work through it."""

class MattersOut(TypedDict):
    """All matters of one class, or of all."""

    cases: list[MatterOut]
    notices: list[NoticeOut]
    sanctions: list[SanctionOut]
    violations: list[ViolationMatterOut]

class MeOut(TypedDict):
    """Who the caller is here."""

    actor: str
    agency: str | None
    name: str
    role: str
    scopes: list[str]

class NightOut(TypedDict):
    """One night's work; `counts` fills while it runs."""

    counts: dict[str, Any]
    error: str | None
    finished_at: str | None
    first_day: str | None
    id: str
    last_day: str
    started_at: str
    state: Literal["running", "finished", "failed", "broken_off"]

NoticeOut = TypedDict("NoticeOut", {
    "class": "str",
    "id": "str",
    "issued_by": "str",
    "issued_on": "str",
    "number": "str",
    "rules": "list[str]",
    "voided": "str | None",
})
"""A rectification notice, that is one written warning; voided ones keep their number."""

NoticeTextOut = TypedDict("NoticeTextOut", {
    "class": "str",
    "text": "list[str]",
})
"""What a notice would print."""

class OffSiteOut(TypedDict):
    """An off-site supervision."""

    at: str
    by: str
    evidence: str | None
    id: str
    kind: str
    result: str

class PeopleOut(TypedDict):
    """How many people the picture shows, between `low` and `high`; `method` is ``faces`` or the people pack."""

    boxes: list[list[float]]
    count: int
    high: int
    low: int
    method: str

PhotoRecordOut = TypedDict("PhotoRecordOut", {
    "camera": "CameraDataOut | None",
    "class": "str",
    "declared_session": "str | None",
    "faces": "list[FaceOut]",
    "file": "str",
    "findings": "list[FindingOut]",
    "height_px": "int | None",
    "id": "str",
    "old_version": "str | None",
    "other_stamps": "list[StampOut]",
    "outcome": "Literal['passed', 'failed', 'unsure', 'not_applicable', 'not_run']",
    "people": "PeopleOut | None",
    "people_count": "int | None",
    "received_at": "str | None",
    "session": "str | None",
    "session_source": "str",
    "sha256": "str",
    "stamp": "StampOut | None",
    "stamps": "int | None",
    "view": "str | None",
    "width_px": "int | None",
})
"""A photo that was looked at."""

PlanOut = TypedDict("PlanOut", {
    "cancelled": "str | None",
    "class": "str",
    "id": "str",
    "kind": "Literal['on_site', 'off_site', 'follow_up']",
    "method": "str | None",
    "people": "list[str]",
    "planned_by": "str",
    "planned_on": "str",
    "pool": "int",
    "pool_sha256": "str",
    "result": "str | None",
    "seed": "str",
    "state": "Literal['planned', 'overdue', 'done', 'cancelled']",
})
"""A planned supervision, with how its people were drawn."""

class PortraitOut(TypedDict):
    """An enrolment picture, and what became of it; `verdict` is null until the class was judged."""

    id: str
    name: str
    reason: str | None
    sha256: str
    student_no: str | None
    teacher_number: str | None
    verdict: str | None

class PresenceEntryOut(TypedDict):
    """One student in one session."""

    because: list[str]
    date: str
    presence: Literal["present", "absent", "unsure", "leave"]
    session: str
    student_no: str

class PresenceOut(TypedDict):
    """Whether a student was there, and why we say so."""

    because: list[str]
    presence: Literal["present", "absent", "unsure", "leave"]
    student_no: str

class ProgressOut(TypedDict):
    """How far the work on the job's days is: pictures that were looked at, of all, and sessions that are closed, of all."""

    photos: int
    photos_looked: int
    sessions: int
    sessions_closed: int

class RatesOut(TypedDict):
    """Attendance of classes and agencies."""

    agencies: list[AgencyRateOut]
    classes: list[ClassRateOut]

class RecordOut(TypedDict):
    """What a person established under a rule."""

    by: str
    day: str
    evidence: list[str]
    id: str
    note: str
    rule: str
    withdrawn_because: str | None
    withdrawn_by: str | None

RegisteredOut = TypedDict("RegisteredOut", {
    "class": "str",
    "counts": "dict[str, KindCountOut]",
    "warnings": "list[WarningOut]",
})
"""What a write did."""

class RosterLineOut(TypedDict):
    """One student of the roster; ID number and phone masked unless they were asked for by who may."""

    id_number: str
    name: str
    phone: str
    student_no: str

SamePictureOut = TypedDict("SamePictureOut", {
    "class": "str",
    "file": "str",
    "photo_id": "str",
})
"""Another photo that is the same picture."""

SanctionOut = TypedDict("SanctionOut", {
    "agency": "str",
    "article": "str",
    "class": "str | None",
    "decisions": "list[DecisionOut]",
    "grounds": "dict[str, Any]",
    "id": "str",
    "kind": "str",
    "lapsed": "str | None",
    "reason": "str",
    "state": "Literal['proposed', 'issued', 'dismissed', 'withdrawn']",
})
"""A sanction with its chain of reasons down to each photo's digest."""

SessionOut = TypedDict("SessionOut", {
    "class": "str",
    "closed": "bool",
    "date": "str",
    "ends_at": "str",
    "expected": "int | None",
    "findings": "list[FindingOut]",
    "hours": "float",
    "id": "str",
    "leave": "int | None",
    "outcome": "Literal['passed', 'failed', 'unsure', 'not_applicable', 'not_run']",
    "period": "str",
    "present": "int | None",
    "rate": "float | None",
    "rate_high": "float | None",
    "rate_low": "float | None",
    "starts_at": "str",
    "students": "list[PresenceOut]",
    "unsure": "int | None",
})
"""One session with its conclusion; numbers are null while it was never closed."""

SightingOut = TypedDict("SightingOut", {
    "box_xywh": "list[float]",
    "class": "str",
    "photo_id": "str",
    "session": "str | None",
    "similarity": "float | None",
})
"""A face elsewhere; `similarity` is the cosine to what it is compared with. Embeddings never leave."""

class SightingsOut(TypedDict):
    """Where else a case's student, stranger and picture were seen; a few of each, the most alike first."""

    same_pictures: list[SamePictureOut]
    strangers: list[SightingOut]
    student: list[SightingOut]

class StampOut(TypedDict):
    """What the stamp says."""

    address: str | None
    app: str | None
    box_xywh: list[float] | None
    code: str | None
    confidence: dict[str, float]
    fields: dict[str, list[float]]
    has_seconds: bool
    latitude: float | None
    layout: str | None
    lines: list[str]
    longitude: float | None
    swapped: bool
    taken_at: str | None
    weekday: str | None

StudentOut = TypedDict("StudentOut", {
    "absent_hours": "float",
    "attended_hours": "float",
    "class": "str",
    "eligibility": "str | None",
    "exam_eligible": "bool | None",
    "hours_ahead": "float",
    "leave_hours": "float",
    "minimum_percent": "float | None",
    "name": "str",
    "planned_hours": "float",
    "student_no": "str",
    "unsure_hours": "float",
})
"""A student's hours, and whether the examination is open to them; null while it depends."""

SubsidyOut = TypedDict("SubsidyOut", {
    "class": "str",
    "conditions": "list[ConditionOut]",
    "policy": "str",
    "state": "str",
})
"""Every condition of a class's subsidy, judged anew."""

SupervisionOut = TypedDict("SupervisionOut", {
    "class": "str",
    "dates": "ClosingOut",
    "follow_ups": "list[FollowUpOut]",
    "inspections": "list[InspectionOut]",
    "off_site": "list[OffSiteOut]",
    "plans": "list[PlanOut]",
    "records": "list[RecordOut]",
    "urgings": "list[UrgingOut]",
})
"""Everything that people did about one class."""

class TableOut(TypedDict):
    """What a finding compared."""

    columns: list[str]
    rows: list[TableRowOut]

class TableRowOut(TypedDict):
    """One row of what a finding compared."""

    cells: list[str]
    outcome: str | None

class TeacherOut(TypedDict):
    """A teacher of a class."""

    name: str
    number: str

class TimetableOut(TypedDict):
    """The sessions of a class, as they are sent back."""

    session: list[FiledSessionOut]

class UploadOut(TypedDict):
    """Where to PUT the bytes, without our key, and until when."""

    expires_at: str
    method: str
    url: str

class UrgingOut(TypedDict):
    """What an agency was urged to hand in, and what came of it; `outcome` is null while that is open."""

    answered_on: str | None
    by: str
    due_on: str
    evidence: list[str]
    id: str
    note: str
    outcome: Literal["delivered", "missing", "poor", "withdrawn"] | None
    urged_on: str
    what: str

class VenueOut(TypedDict):
    """A place, in the frame its coordinates were filed in, with the sessions taught there."""

    address: str
    frame: Literal["wgs84", "gcj02", "bd09"]
    latitude: float | None
    longitude: float | None
    name: str
    polygon: list[list[float]] | None
    radius_m: float | None

ViolationMatterOut = TypedDict("ViolationMatterOut", {
    "article": "str",
    "class": "str",
    "decisions": "list[DecisionOut]",
    "evidence": "list[str]",
    "id": "str",
    "kind": "str",
    "lapsed": "str | None",
    "reason": "str",
    "sessions": "list[str]",
    "state": "str",
    "supported": "bool",
})
"""A violation as people work through it."""

ViolationOut = TypedDict("ViolationOut", {
    "class": "str",
    "code": "str",
    "decisions": "list[DecisionOut]",
    "dedup_key": "str",
    "evidence": "list[str]",
    "id": "str",
    "label": "str",
    "lapsed": "str | None",
    "opened_at": "str",
    "policy": "str",
    "quote": "str | None",
    "reason": "str",
    "rule": "str",
    "session": "str | None",
    "sessions": "list[str]",
    "state": "Literal['proposed', 'needs_check', 'confirmed', 'dismissed', 'lapsed']",
    "supported": "bool",
})
"""A rule of the regulation that the records point to; only confirmed ones count."""

class WarningOut(TypedDict):
    """What was saved, but somebody should look at."""

    path: str
    problem: InBothOut
    remedy: InBothOut

class WebhookOut(TypedDict):
    """A subscription; never its secret."""

    created_at: str
    events: list[str]
    name: str
    url: str

class WebhooksOut(TypedDict):
    """The caller's subscriptions."""

    items: list[WebhookOut]

class WrittenOut(TypedDict):
    """What was written down."""

    id: str
