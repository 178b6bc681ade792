"""What is sent to the API, under the names of docs/openapi.json. Written by `python -m tests.verifier.test_client_shapes`."""

# fmt: off
from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class AgencyIn(TypedDict):
    """The training agency."""

    code: str
    name: str

class AgencyNameIn(TypedDict):
    """An agency, whose code stands in the address."""

    name: str

class AgreementIn(TypedDict):
    """The fields of Annex 1; what is left out is a blank of the form."""

    agency: NotRequired[str | None]
    agency_contact: NotRequired[str | None]
    agency_head: NotRequired[str | None]
    authority: NotRequired[str | None]
    authority_contact: NotRequired[str | None]
    authority_head: NotRequired[str | None]
    breakdown: NotRequired[str | None]
    by: NotRequired[str | None]
    complete_by: NotRequired[str | None]
    further_terms: NotRequired[list[str] | None]
    number: NotRequired[str | None]
    people: NotRequired[int | None]
    signed_on: NotRequired[str | None]

class ApprovalIn(TypedDict):
    """When the office approved the filing."""

    approved_on: str

class ArchiveItemIn(TypedDict):
    """A document of the class archive; without a digest: this kind is not there."""

    by: NotRequired[str | None]
    kind: str
    name: str
    sha256: NotRequired[str | None]

class CallIn(TypedDict):
    """What following up one drawn student gave (Annex 3)."""

    answer: NotRequired[str]
    by: NotRequired[str | None]
    by_phone: NotRequired[bool]
    called_at: str
    outcome: Literal["confirmed", "denied", "unclear", "not_reached"]
    recording: NotRequired[str | None]
    student_no: str

class CameraIn(TypedDict):
    """A camera; its address holds no credentials."""

    id: str
    url: str

class ChangeIn(TypedDict):
    """A change that was filed after the class was."""

    approved_on: NotRequired[str | None]
    detail: NotRequired[str | None]
    filed_on: str
    sessions: NotRequired[list[str] | None]
    takes_effect_on: str
    what: Literal["time", "place", "teacher", "plan"]

class ClassHeadIn(TypedDict):
    """The class itself."""

    approved_on: NotRequired[str | None]
    filed_on: NotRequired[str | None]
    level: NotRequired[str | None]
    number: str
    occupation: str
    planned_hours: float
    project_type: Literal["skills", "entrepreneurship", "apprenticeship", "enterprise", "high_skill", "other"]
    supervisor: NotRequired[str | None]
    term: int

class CompleteIn(TypedDict):
    """What a photo's bytes are handed in as."""

    name: NotRequired[str | None]
    received_at: NotRequired[str | None]
    session: NotRequired[str | None]
    view: NotRequired[Literal["front", "back"] | None]

class DatesIn(TypedDict):
    """What is left out stays as it is."""

    applied_on: NotRequired[str | None]
    archive_discarded_on: NotRequired[str | None]
    archived_on: NotRequired[str | None]
    by: NotRequired[str | None]
    certified_on: NotRequired[str | None]
    commenced_on: NotRequired[str | None]
    completed_on: NotRequired[str | None]
    examined: NotRequired[list[str] | None]
    paid_on: NotRequired[str | None]

class DecisionIn(TypedDict):
    """What a person decides about a case or a violation."""

    by: NotRequired[str | None]
    verdict: Literal["confirm", "dismiss", "needs_on_site"]
    why: str

class DeviceIn(TypedDict):
    """A common sign-in terminal."""

    id: str
    name: NotRequired[str | None]

class DrawIn(TypedDict):
    """Whom to follow up is drawn."""

    by: NotRequired[str | None]
    plan: NotRequired[str | None]
    seed: str

FilingIn = TypedDict("FilingIn", {
    "agency": "AgencyIn",
    "camera": NotRequired["list[CameraIn]"],
    "change": NotRequired["list[ChangeIn]"],
    "class": "ClassHeadIn",
    "session": "list[SessionIn]",
    "signin_device": NotRequired["list[DeviceIn]"],
    "teacher": NotRequired["list[TeacherIn]"],
    "venue": "VenueIn",
})
"""A class's filing, as class.toml has it: the same file, as JSON."""

class InspectionIn(TypedDict):
    """An on-site inspection (Annex 2). The four checks: left out, nobody looked; empty, in order; else what is wrong."""

    attendance: NotRequired[str | None]
    by: NotRequired[str | None]
    evidence: NotRequired[list[str]]
    expected: NotRequired[int | None]
    favours_from_agency: NotRequired[bool | None]
    inspected_at: str
    inspectors: list[str]
    interviews: NotRequired[InterviewsIn | None]
    notified_beforehand: NotRequired[bool]
    opinion: NotRequired[str]
    other_problems: NotRequired[str]
    plan: NotRequired[str | None]
    present: NotRequired[int | None]
    session: NotRequired[str | None]
    students: NotRequired[list[StudentSeenIn]]
    supervisor: NotRequired[str]
    teacher: NotRequired[str]
    teachers: NotRequired[str | None]
    teaching_began: NotRequired[str | None]
    teaching_ended: NotRequired[str | None]
    timetable: NotRequired[str | None]
    transport_by_agency: NotRequired[bool | None]
    venue: NotRequired[str | None]

class InterviewsIn(TypedDict):
    """A spot check on site."""

    asked: int
    false: int
    unclear: NotRequired[int]

class LeaveIn(TypedDict):
    """One approved absence."""

    approved_by: NotRequired[str]
    reason: NotRequired[str]
    session: str
    student_no: str

class LeavesIn(TypedDict):
    """Absences of one class, all or none of which are saved."""

    leaves: list[LeaveIn]

class NoticeDraftIn(TypedDict):
    """What a rectification notice rests on."""

    found_on: str
    issued_on: str
    signed_for: NotRequired[str]
    supervision: list[Literal["现场监管", "非现场监管", "跟踪回访"]]
    violations: list[str]

class NoticeIn(TypedDict):
    """A rectification notice to be issued."""

    by: NotRequired[str | None]
    found_on: str
    issued_on: str
    signed_for: NotRequired[str]
    supervision: list[Literal["现场监管", "非现场监管", "跟踪回访"]]
    violations: list[str]

class OffSiteIn(TypedDict):
    """An off-site supervision (Art. 10)."""

    by: NotRequired[str | None]
    evidence: NotRequired[str | None]
    held_at: str
    kind: Literal["video_review", "sign_in_review", "phone", "other"]
    plan: NotRequired[str | None]
    result: str

class PlanIn(TypedDict):
    """A supervision is planned and its people drawn. `method` is for off-site ones."""

    by: NotRequired[str | None]
    kind: Literal["on_site", "off_site", "follow_up"]
    method: NotRequired[Literal["video_review", "sign_in_review", "phone", "other"]]
    planned_on: str
    seed: str

class ReasonIn(TypedDict):
    """Something is taken back, voided or cancelled."""

    by: NotRequired[str | None]
    why: str

RecordIn = TypedDict("RecordIn", {
    "agency": NotRequired["str | None"],
    "by": NotRequired["str | None"],
    "class": NotRequired["str | None"],
    "evidence": NotRequired["list[str]"],
    "note": "str",
    "recorded_on": "str",
    "rule": "str",
})
"""What only a person can establish, under a rule of the policy: about a class, or about an agency."""

class RosterIn(TypedDict):
    """The whole roster: who is not in it any more has left."""

    students: list[StudentIn]

class SanctionDecisionIn(TypedDict):
    """What a person decides about a proposed sanction: confirm issues it."""

    by: NotRequired[str | None]
    verdict: Literal["confirm", "dismiss", "withdraw"]
    why: str

class SessionIn(TypedDict):
    """One half-day."""

    camera: NotRequired[str | None]
    date: str
    ends: str
    hours: float
    id: str
    kind: NotRequired[Literal["theory", "practice", "online"] | None]
    mode: NotRequired[Literal["classroom", "mobile"] | None]
    period: Literal["morning", "afternoon", "evening"]
    starts: str
    teacher: NotRequired[str | None]
    venue: NotRequired[VenueIn | None]

class SignInIn(TypedDict):
    """One sign-in."""

    device: NotRequired[str]
    frame: NotRequired[Literal["wgs84", "gcj02", "bd09"]]
    latitude: NotRequired[float | None]
    longitude: NotRequired[float | None]
    signed_at: str
    source: NotRequired[str]
    student_no: str

class SignInsIn(TypedDict):
    """Sign-ins of one class, all or none of which are saved."""

    sign_ins: list[SignInIn]

class StudentIn(TypedDict):
    """One line of the roster."""

    id_number: NotRequired[str]
    name: str
    phone: NotRequired[str]
    student_no: str

class StudentSeenIn(TypedDict):
    """A student whose details did not agree."""

    impersonated: NotRequired[bool]
    problem: str
    student_no: str

class TeacherIn(TypedDict):
    """A teacher."""

    name: str
    number: str

class TimetableIn(TypedDict):
    """All sessions of a class, in their order: what is left out is not taught any more."""

    session: list[SessionIn]

class UploadIn(TypedDict):
    """What is going to be uploaded."""

    sha256: str
    size_bytes: int

class UrgingAnswerIn(TypedDict):
    """What came of an urging; a later answer replaces it."""

    answered_on: str
    by: NotRequired[str | None]
    note: NotRequired[str]
    outcome: Literal["delivered", "missing", "poor", "withdrawn"]

class UrgingIn(TypedDict):
    """An agency is urged to hand something in (13(1)(10))."""

    by: NotRequired[str | None]
    due_on: str
    evidence: NotRequired[list[str]]
    urged_on: str
    what: str

class VenueIn(TypedDict):
    """A place, in the frame its coordinates were taken in."""

    address: NotRequired[str | None]
    frame: NotRequired[Literal["wgs84", "gcj02", "bd09"] | None]
    latitude: NotRequired[float | None]
    longitude: NotRequired[float | None]
    name: str
    polygon: NotRequired[list[list[float]] | None]
    radius_m: NotRequired[float | None]

class VerificationIn(TypedDict):
    """Which days, both included."""

    since: str
    until: str

class WebhookIn(TypedDict):
    """Where to, what about, and what deliveries are signed with."""

    events: list[Literal["verification.finished", "case.opened", "violation.decided", "notice.issued"]]
    secret: str
    url: str
