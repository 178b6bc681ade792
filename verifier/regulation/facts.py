"""What the rules take: plain records of what was planned, seen, received and decided. No pixels, no database rows.

Evidence is named by strings the caller chooses (``sha256:…`` of a picture, ``inspection:17`` of a record); rules pass
them on untouched. Times carry an offset. Our own gaps are `not_run`, never a fact against anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from verifier.finding import Outcome
from verifier.language import Sentence
from verifier.plan import Agency, Session, TrainingClass

# ---------------------------------------------------------------- one session


class Presence(StrEnum):
    """Whether a student attended a session, as attendance concluded it; the contract's words, and our own gap."""

    PRESENT = "present"
    ABSENT = "absent"
    UNSURE = "unsure"
    LEAVE = "leave"  # approved: not an absence, shown apart
    NOT_RUN = "not_run"  # we did not look at the session's evidence


class FaceSeen(StrEnum):
    """Whether a student's face was found in the session's photos or video."""

    SEEN = "seen"
    NOT_SEEN = "not_seen"  # every face in the photos was readable, and this student's was not among them
    CANNOT_TELL = "cannot_tell"  # no photos, faces that could not be read, or no enrolment photo
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class StudentFact:
    """One student in one session. `evidence` names the photos and sign-ins behind it.

    `replaced_in` names the photos in which somebody on no roster sits there while this student, signed in, is in none: a case of
    impersonation was opened (E12). Empty where nobody did, or where nobody can tell in whose place a stranger sits.
    """

    student_no: str
    presence: Presence
    face: FaceSeen = FaceSeen.CANNOT_TELL
    evidence: tuple[str, ...] = ()
    replaced_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignInFact:
    """One sign-in that was attributed to the session.

    `distance_m` is the way to the session's venue, computed by the caller in one coordinate frame; None where unknown.
    `longitude` and `latitude` are degrees exactly as the source gave them, in whatever frame. `late`: it came when the time for
    signing in was over, so it is no sign-in of the session, only a question about it.
    """

    student_no: str
    signed_at: datetime
    source: str = ""
    device: str = ""
    longitude: float | None = None
    latitude: float | None = None
    distance_m: float | None = None
    evidence: str = ""
    late: bool = False


class ReportState(StrEnum):
    """How one photo report of a session stands (Art. 7(2): one from the front, one from the back)."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"  # photos came, but certainly no pair: only one picture, or both from one end
    MISSING = "missing"  # nothing came, and we were able to receive
    UNSURE = "unsure"  # photos came, and whether they make a report cannot be told
    NOT_RUN = "not_run"  # our own outage, or the photos were not looked at


@dataclass(frozen=True, slots=True)
class PhotoReport:
    """One photo report of a session. Photos of another day or re-used ones are no report: the caller drops them."""

    state: ReportState
    evidence: tuple[str, ...] = ()


class CameraState(StrEnum):
    """What a camera showed during a span of time."""

    TEACHING = "teaching"
    ROOM_EMPTY = "room_empty"  # the picture was clear, and nobody was in the room
    NOT_SHOWING = "not_showing"  # unreachable, switched off, covered or turned away: theirs
    UNSURE = "unsure"
    NOT_RUN = "not_run"  # we did not look: ours


@dataclass(frozen=True, slots=True)
class CameraSpan:
    """What the camera showed from `starts_at` up to `ends_at`."""

    starts_at: datetime
    ends_at: datetime
    state: CameraState
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What was concluded about one question of a session, e.g. whether the filed teacher taught.

    FAILED needs hard evidence (another filed teacher's face at the desk, coordinates far away in genuine photos);
    a face that could not be read is UNSURE. `detail` says what was seen and what was wanted; UNSURE with a detail is a lead.
    """

    outcome: Outcome = Outcome.NOT_RUN
    evidence: tuple[str, ...] = ()
    detail: str | Sentence = ""


NOT_LOOKED = Seen()


@dataclass(frozen=True, slots=True)
class ObservedTeaching:
    """When teaching really began and ended, as somebody saw who would have seen it earlier or later too.

    A photo taken at ten does not show that nobody taught at nine: only an on-site check or a camera that ran
    throughout may fill this. None where it was not observed. `watched_from` is when whoever saw the beginning came, where that
    was after the planned start: what went on before they did not see.
    """

    started_at: datetime | None = None
    ended_at: datetime | None = None
    source: str = ""  # "on_site" or "camera"
    evidence: tuple[str, ...] = ()
    watched_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class OnlineRecord:
    """What was handed in for an online session (Art. 7(3)): where it was held, and digests of the screenshots."""

    platform: str
    screenshots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedSession:
    """What cameras, agencies and inspectors left about one session, beside its photos and sign-ins.

    `camera` None: nobody watched a camera of it. `teacher`, `place` and `timetable` are what an inspector found on site
    (Annex 2); None where nobody looked.
    """

    camera: tuple[CameraSpan, ...] | None = None
    observed: ObservedTeaching | None = None
    recording: PhotoReport | None = None
    online: OnlineRecord | None = None
    teacher: Seen | None = None
    place: Seen | None = None
    timetable: Seen | None = None


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """Everything known about one session.

    `closed` False means the session is still to come or its evidence may still arrive in time: no rule judges it.
    `camera` None means that no camera is filed for it, or that nobody watched it: nothing follows. `recording` is the mobile
    recording or replayable stream of a session taught outside (Art. 10), `online` what an online one left (Art. 7(3)).
    """

    session: Session
    students: tuple[StudentFact, ...] = ()
    reports: tuple[PhotoReport, ...] = ()
    camera: tuple[CameraSpan, ...] | None = None
    sign_ins: tuple[SignInFact, ...] = ()
    teacher: Seen = NOT_LOOKED
    place: Seen = NOT_LOOKED
    timetable: Seen = NOT_LOOKED
    observed: ObservedTeaching | None = None
    recording: PhotoReport | None = None
    online: OnlineRecord | None = None
    closed: bool = True


# ---------------------------------------------------------------- what people recorded


class CaseSource(StrEnum):
    """Where a suspected impersonation was found: only on-site findings count for 13(1)(3)."""

    ON_SITE = "on_site"
    PHOTO = "photo"
    VIDEO = "video"


class CaseState(StrEnum):
    """How a case or a violation stands. Stored, never renamed."""

    PROPOSED = "proposed"
    NEEDS_ON_SITE = "needs_on_site"
    AWAITING_SECOND = "awaiting_second"  # confirmed by one person where two are needed
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"  # later evidence took the ground away before anybody decided


@dataclass(frozen=True, slots=True)
class ImpersonationCase:
    """One student's place taken by somebody else. `inspection` names the on-site check that found it."""

    case: str
    student_no: str
    session_id: str
    source: CaseSource
    state: CaseState
    evidence: tuple[str, ...] = ()
    inspection: str = ""


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """What only a person can establish, recorded for one rule: who, when, why, with which evidence."""

    rule: str
    reference: str
    recorded_on: date
    by: str
    note: str
    evidence: tuple[str, ...] = ()
    state: CaseState = CaseState.PROPOSED


class UrgingOutcome(StrEnum):
    """What became of an urging (催报). Stored, never renamed."""

    DELIVERED = "delivered"
    MISSING = "missing"  # still not there after the day set
    POOR = "poor"  # there, and still not as it has to be
    WITHDRAWN = "withdrawn"  # urged by mistake


@dataclass(frozen=True, slots=True)
class Urging:
    """The office urged the agency to hand in something by a day (13(1)(10)). `outcome` None: nobody has said what came of it."""

    reference: str
    what: str
    urged_on: date
    due_on: date
    by: str
    evidence: tuple[str, ...] = ()
    outcome: UrgingOutcome | None = None
    answered_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class OnSiteInspection:
    """One on-site inspection (Art. 9). `inspectors` are the names of those who took part.

    `transport_by_agency` (Art. 14(2)) and `favours_from_agency` (14(3)) are the inspectors' own statements; None: none was made.
    """

    reference: str
    day: date
    inspectors: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    notified_beforehand: bool = False
    transport_by_agency: bool | None = None
    favours_from_agency: bool | None = None


@dataclass(frozen=True, slots=True)
class Interest:
    """An inspector's declared interest in an agency (Art. 14(4)): while it lasts they do not inspect it."""

    inspector: str
    agency_code: str
    from_day: date
    to_day: date | None = None

    def covers(self, inspector: str, agency_code: str, day: date) -> bool:
        """Whether it keeps that inspector from that agency on that day."""
        return (
            (self.inspector, self.agency_code) == (inspector, agency_code)
            and self.from_day <= day
            and (self.to_day is None or day <= self.to_day)
        )


@dataclass(frozen=True, slots=True)
class OffSiteSupervision:
    """One off-site supervision (Art. 10): `kind` is ``video``, ``sign_in_data`` or ``phone``."""

    reference: str
    day: date
    kind: str
    by: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One followed-up student (Art. 11). `by_phone` calls need a recording; `reached` False: tried in vain."""

    student_no: str
    day: date
    by: str
    reached: bool = True
    by_phone: bool = True
    recording: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One spot check by phone or on site (13(2)(2)): how many were asked, how many turned out not to have been trained.

    `unclear` are those who were not reached or whose answer settles nothing; they are among `asked`.
    """

    reference: str
    day: date
    kind: str  # "phone" or "on_site"
    asked: int
    false: int
    unclear: int = 0
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WarningIssued:
    """One written warning: an issued rectification notice (Annex 4). Voided ones do not count and stay listed."""

    notice: str
    class_number: str
    issued_on: date
    rules: tuple[str, ...]
    violations: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    voided: bool = False


@dataclass(frozen=True, slots=True)
class ArchiveItem:
    """One kind of document of the class archive. `present` None: nobody has looked yet."""

    code: str
    present: bool | None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TeachingSeen:
    """The first evidence that the class was taught."""

    day: date
    evidence: tuple[str, ...]


# ---------------------------------------------------------------- one class, one agency


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """Everything known about one class on the day `as_of`.

    Attributes:
        sessions: In time order; `judge_class` refuses another order, since streaks depend on it.
        settled: ``code`` or ``code|aspect`` → ids of the sessions that decided violations cover (`violation.settle`).
            They have been dealt with and are not counted again; what comes after them is a breach of its own.
        approved_platforms: Names of the online platforms the province approved; empty where the list is not known.
        commenced_on, completed_on: When the class really began and ended, as the office recorded it; None where it did not.
        certified_on, applied_on, paid_on: Certificate, subsidy application, payment; None while they have not happened.
        archive: None while nobody has begun the archive.
        examined: Numbers of the students who were put to the final examination.
        interests: Declared interests of inspectors, of any agency.
        recorded_sessions: Session id → what else was recorded about it.
    """

    training: TrainingClass
    as_of: date
    sessions: tuple[SessionFacts, ...] = ()
    first_teaching: TeachingSeen | None = None
    cases: tuple[ImpersonationCase, ...] = ()
    inspections: tuple[OnSiteInspection, ...] = ()
    off_site: tuple[OffSiteSupervision, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    samples: tuple[Sample, ...] = ()
    records: tuple[PersonRecord, ...] = ()
    warnings: tuple[WarningIssued, ...] = ()
    archive: tuple[ArchiveItem, ...] | None = None
    archived_on: date | None = None
    archive_discarded_on: date | None = None
    examined: tuple[str, ...] = ()
    interests: tuple[Interest, ...] = ()
    certified_on: date | None = None
    applied_on: date | None = None
    paid_on: date | None = None
    settled: Mapping[str, frozenset[str]] = field(default_factory=dict)
    approved_platforms: frozenset[str] = frozenset()
    recorded_sessions: Mapping[str, RecordedSession] = field(default_factory=dict)
    commenced_on: date | None = None
    completed_on: date | None = None
    urgings: tuple[Urging, ...] = ()


@dataclass(frozen=True, slots=True)
class AgencyFacts:
    """Everything known about one agency on the day `as_of`. `settled` holds notices that a decided loss rests on."""

    agency: Agency
    as_of: date
    warnings: tuple[WarningIssued, ...] = ()
    records: tuple[PersonRecord, ...] = ()
    settled: frozenset[str] = frozenset()
