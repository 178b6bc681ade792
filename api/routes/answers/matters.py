"""Cases, violations, notices and sanctions, with what was decided."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from api.routes.answers.base import ClassField, Digest, MatterState, Out, Time


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
    candidates: Annotated[
        list[str], Field(description="Students of a case that names nobody: it may be any of them, or none.")
    ]
    file: str | None
    photo: Annotated[str | None, Field(description="The same as `file`.")]
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


class SightingOut(Out):
    """A face elsewhere; `similarity` is the cosine to what it is compared with. Embeddings never leave."""

    photo_id: str
    box_xywh: list[float]
    class_number: ClassField
    session: str | None
    similarity: float | None


class SamePictureOut(Out):
    """Another photo that is the same picture."""

    photo_id: str
    class_number: ClassField
    file: str


class SightingsOut(Out):
    """Where else a case's student, stranger and picture were seen; a few of each, the most alike first."""

    student: list[SightingOut]
    strangers: list[SightingOut]
    same_pictures: list[SamePictureOut]


class ViolationOut(Out):
    """A rule of the regulation that the records point to; only confirmed ones count."""

    id: str
    rule: str
    code: str
    label: Annotated[str, Field(description="The same as `rule`.")]
    quote: str | None
    class_number: ClassField
    state: MatterState
    session: Annotated[str | None, Field(description="The first of `sessions`.")]
    sessions: list[str]
    reason: str
    evidence: list[str]
    dedup_key: Annotated[str, Field(description="The same for the same breach, however often it is found.")]
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


class ViolationMatterOut(MatterOut):
    """A violation as people work through it."""

    article: str
    sessions: list[str]
    evidence: list[str]


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
    violations: list[ViolationMatterOut]
    notices: list[NoticeOut]
    sanctions: list[SanctionOut]
