"""What the office's writes hold. `by` is for programs: whose decision they pass on; people act in their own name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from api.limits import MAX_BATCH
from api.routes.shapes import Code, Name, Sha256, Strict

# Reasons and findings are prose: lines may end, but nothing else that is no text.
_PROSE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
Prose = Annotated[str, StringConstraints(max_length=4000, pattern=_PROSE)]
_WHY = _PROSE.replace("*$", r"*\S") + _PROSE.removeprefix("^")
Why = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4000, pattern=_WHY),
    Field(description="The reason, which stays with the decision.", examples=["现场核实，确非本人。"]),
]
# A file of the archive: no path, and nothing that is none on another system.
_NO_FILE = r"\x00-\x1f\x7f/\\:*?\"<>|"
FileName = Annotated[str, StringConstraints(min_length=1, max_length=150, pattern=rf"^[^{_NO_FILE}. ][^{_NO_FILE}]*$")]
# Day and year as the law's working-day tables and PostgreSQL know them.
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]
# A day inside those bounds, so that it has a date in every time zone.
Moment = Annotated[
    AwareDatetime,
    Field(
        ge=datetime(2000, 1, 2, tzinfo=UTC),
        le=datetime(2100, 12, 30, tzinfo=UTC),
        examples=["2023-06-12T09:30:00+08:00"],
    ),
]
Count = Annotated[int, Field(ge=0, le=100_000)]
Seed = Annotated[
    Name, Field(pattern=r"\S", description="Kept, so that anybody can draw again.", examples=["2023-06-01"])
]
Digests = Annotated[
    list[Sha256], Field(max_length=100, description="Documents that were sent before (`POST /documents`).")
]


class Acting(Strict):
    """Whose act it is."""

    by: Annotated[
        Code | None, Field(description="A program names the person's login; a person leaves it out.", examples=["li"])
    ] = None


class DecisionIn(Acting):
    """What a person decides about a case or a violation."""

    verdict: Literal["confirm", "dismiss", "needs_on_site"]
    why: Why


class SanctionDecisionIn(Acting):
    """What a person decides about a proposed sanction: confirm issues it."""

    verdict: Literal["confirm", "dismiss", "withdraw"]
    why: Why


class ReasonIn(Acting):
    """Something is taken back, voided or cancelled."""

    why: Why


class NoticeDraftIn(Strict):
    """What a rectification notice rests on."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    violations: Annotated[list[UUID], Field(min_length=1, max_length=50)]
    found_on: Day
    issued_on: Day
    supervision: Annotated[list[Literal["现场监管", "非现场监管", "跟踪回访"]], Field(min_length=1, max_length=3)]
    signed_for: Annotated[str, StringConstraints(max_length=200, pattern=_PROSE)] = ""


class NoticeIn(NoticeDraftIn, Acting):
    """A rectification notice to be issued."""


class StudentSeenIn(Strict):
    """A student whose details did not agree."""

    student_no: Code
    problem: Why
    impersonated: bool = False


class InterviewsIn(Strict):
    """A spot check on site."""

    asked: Count
    false: Count
    unclear: Count = 0


class InspectionIn(Acting):
    """An on-site inspection (Annex 2). The four checks: left out, nobody looked; empty, in order; else what is wrong.

    `transport_by_agency` and `favours_from_agency` (Art. 14) are the inspectors' own statements; left out, none was made.
    `teaching_began` and `teaching_ended` are what they saw themselves, after they had come (13(1)(2)).
    """

    inspected_at: Moment
    inspectors: Annotated[list[Code], Field(min_length=1, max_length=20)]
    session: Code | None = None
    expected: Count | None = None
    present: Count | None = None
    students: Annotated[list[StudentSeenIn], Field(max_length=MAX_BATCH)] = Field(default=[])
    attendance: Prose | None = None
    timetable: Prose | None = None
    teachers: Prose | None = None
    venue: Prose | None = None
    other_problems: Prose = ""
    opinion: Prose = ""
    supervisor: Prose = ""
    teacher: Prose = ""
    notified_beforehand: bool = False
    transport_by_agency: bool | None = None
    favours_from_agency: bool | None = None
    teaching_began: Moment | None = None
    teaching_ended: Moment | None = None
    interviews: InterviewsIn | None = None
    evidence: Digests = Field(default=[])
    plan: UUID | None = None


class UrgingIn(Acting):
    """An agency is urged to hand something in (13(1)(10))."""

    what: Why
    urged_on: Day
    due_on: Day
    evidence: Digests = Field(default=[])


class UrgingAnswerIn(Acting):
    """What came of an urging; a later answer replaces it."""

    outcome: Literal["delivered", "missing", "poor", "withdrawn"]
    answered_on: Day
    note: Prose = ""


class OffSiteIn(Acting):
    """An off-site supervision (Art. 10)."""

    kind: Literal["video_review", "sign_in_review", "phone", "other"]
    held_at: Moment
    result: Why
    evidence: Sha256 | None = None
    plan: UUID | None = None


class DrawIn(Acting):
    """Whom to follow up is drawn."""

    seed: Seed
    plan: UUID | None = None


class CallIn(Acting):
    """What following up one drawn student gave (Annex 3)."""

    student_no: Code
    called_at: Moment
    outcome: Literal["confirmed", "denied", "unclear", "not_reached"]
    answer: Prose = ""
    by_phone: bool = True
    recording: Sha256 | None = None


class PlanIn(Acting):
    """A supervision is planned and its people drawn. `method` is for off-site ones."""

    kind: Literal["on_site", "off_site", "follow_up"]
    method: Literal["video_review", "sign_in_review", "phone", "other"] = "video_review"
    planned_on: Day
    seed: Seed


class RecordIn(Acting):
    """What only a person can establish, under a rule of the policy: about a class, or about an agency."""

    rule: Annotated[Name, Field(examples=["13(1)(9)"])]
    recorded_on: Day
    note: Why
    number: Annotated[Code | None, Field(alias="class")] = None
    agency: Code | None = None
    evidence: Digests = Field(default=[])


class ArchiveItemIn(Acting):
    """A document of the class archive; without a digest: this kind is not there."""

    kind: Annotated[Name, Field(description="Code or title of the kind, as `GET …/archive` lists them.")]
    name: FileName
    sha256: Sha256 | None = None


class DatesIn(Acting):
    """What is left out stays as it is."""

    commenced_on: Day | None = None
    completed_on: Day | None = None
    certified_on: Day | None = None
    applied_on: Day | None = None
    paid_on: Day | None = None
    archived_on: Day | None = None
    archive_discarded_on: Day | None = None
    examined: Annotated[list[Code], Field(max_length=MAX_BATCH)] | None = None


class AgreementIn(Acting):
    """The fields of Annex 1; what is left out is a blank of the form."""

    number: Name | None = None
    authority: Name | None = None
    agency: Name | None = None
    people: Count | None = None
    breakdown: Prose | None = None
    complete_by: Day | None = None
    further_terms: Annotated[list[Prose], Field(max_length=3)] | None = None
    authority_head: Name | None = None
    authority_contact: Name | None = None
    agency_head: Name | None = None
    agency_contact: Name | None = None
    signed_on: Day | None = None
