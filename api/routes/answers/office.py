"""What the office owes, plans, looks at and keeps."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import JsonValue

from api.routes.answers.base import ClassField, Digest, Out, Time, WrittenOut


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


class ClosingOut(Out):
    """When a class began and ended, was certified, applied for, paid and archived; who was examined."""

    commenced_on: date | None
    completed_on: date | None
    certified_on: date | None
    applied_on: date | None
    paid_on: date | None
    archived_on: date | None
    archive_discarded_on: date | None
    examined: list[str]


class DatesOut(ClosingOut):
    """When a class began and ended, and what followed."""

    class_number: ClassField


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
    """What an agency was urged to hand in, and what came of it; `outcome` is null while that is open."""

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
    dates: ClosingOut
    inspections: list[InspectionOut]
    off_site: list[OffSiteOut]
    follow_ups: list[FollowUpOut]
    records: list[RecordOut]
    urgings: list[UrgingOut]
    plans: list[PlanOut]


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
