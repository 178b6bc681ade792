"""What closing one session concludes, as values; `findings.save_session_close` writes all of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from verifier.camera_health import CameraFrame
from verifier.finding import Finding, Outcome
from verifier.language import Sentence
from verifier.observation import Box
from verifier.plan import Submission


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """One face of a photo and whom it was taken for.

    `state` is ``matched`` (then `student_no` is set), ``teacher`` (then `teacher_number` is), ``stranger``, ``unclear`` or
    ``unreadable``.
    `similarity` is a cosine (-1 to 1), `match_probability` lies within 0 to 1; None where nothing was compared.
    """

    box: Box
    score: float
    state: str
    student_no: str | None = None
    teacher_number: str | None = None
    similarity: float | None = None
    match_probability: float | None = None
    unreadable_because: str = ""


@dataclass(frozen=True, slots=True)
class PhotoJudgement:
    """One photo as it was handed in, what the checks found in it and who is in it. Faces keep the order of the look."""

    submission: Submission
    findings: tuple[Finding, ...]
    faces: tuple[FaceMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameJudgement:
    """One picture of a camera that attendance rests on, and who is in it. What the camera's checks found stands with its sample."""

    frame: CameraFrame
    faces: tuple[FaceMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class StudentPresence:
    """`presence` is ``present``, ``absent``, ``unsure`` or ``leave``; `because` says why, one sentence a reason."""

    student_no: str
    presence: str
    because: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class UnknownFace:
    """One person of the session whom nobody could name, to be looked for in other classes and on other days.

    `sightings` are (photo or camera picture, place of the face among its faces, its box), the clearest first. `embedding` is a
    (d,) float32 unit vector, comparable within `embedding_contract`.
    """

    sightings: tuple[tuple[Submission | CameraFrame, int, Box], ...]
    inter_eye_px: float
    embedding: NDArray[np.float32]
    embedding_contract: str


@dataclass(frozen=True, slots=True)
class CaseProposal:
    """Something a person must look at. The same `dedup_key` in the same class is the same case, whichever session sees it.

    `probability` (0 to 1) is how likely the suspicion holds, None where no number stands behind it. `submission` and `box`
    point to what shows it.
    """

    kind: str
    dedup_key: str
    reason: Sentence
    student_no: str | None = None
    submission: Submission | None = None
    box: Box | None = None
    probability: float | None = None
    candidates: tuple[str, ...] = ()  # student numbers, of a case that names nobody


@dataclass(frozen=True, slots=True)
class ViolationProposal:
    """A rule that the records point to. The same `dedup_key` in the same class is the same violation, and grows.

    `rule` is the article's label (``13(1)(4)``), `code` the stored word. `session_ids` and `evidence` (SHA-256 digests) are
    what it rests on, as far as this close knows. `detail` keeps, JSON-ready, quantities and references of other records.
    """

    rule: str
    code: str
    dedup_key: str
    reason: Sentence
    session_ids: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PortraitVerdict:
    """Whether a picture of a student (else: a teacher) could be enrolled. `code` is ``accepted`` or a stable word for why not."""

    of_student: bool
    number: str
    sha256: str
    code: str
    reason: Sentence


@dataclass(frozen=True, slots=True)
class SessionNumbers:
    """Students expected, present, unsure and on leave; `rate` is what the policy makes of them, None where nothing can be said."""

    expected: int
    present: int
    unsure: int
    leave: int
    rate: float | None


@dataclass(frozen=True, slots=True)
class SessionClose:
    """Everything one close concludes.

    Attributes:
        class_number: The class, on record.
        session_id: Its session; None closes what belongs to no session: photos that cannot be placed, and what is judged
            over the class as a whole.
        input_key: A digest of all inputs (evidence, plan, sign-ins, versions, policy). The same key again writes nothing.
        versions: Code and packs, as the JSON contract has them.
        outcome: The session's outcome.
        findings: About the session itself (``session.reports``, …).
        numbers: None where no attendance was counted.
        unknown: People of the session whom nobody could name.
        frames: The cameras' pictures that its attendance rests on beside the photos.
        portraits: What became of the enrolment pictures; with the class's own close only.
        lapses: Dedup key of a violation that is proposed no more → why, as far as the regulation said so.
        of_city: What the search over all classes hangs on this class; without a session.
    """

    class_number: str
    session_id: str | None
    input_key: str
    versions: Mapping[str, object]
    policy_name: str
    policy_version: str
    outcome: Outcome
    photos: tuple[PhotoJudgement, ...] = ()
    findings: tuple[Finding, ...] = ()
    presences: tuple[StudentPresence, ...] = ()
    numbers: SessionNumbers | None = None
    cases: tuple[CaseProposal, ...] = ()
    violations: tuple[ViolationProposal, ...] = ()
    unknown: tuple[UnknownFace, ...] = ()
    portraits: tuple[PortraitVerdict, ...] = ()
    of_city: bool = False
    lapses: Mapping[str, Sentence] = field(default_factory=dict)
    frames: tuple[FrameJudgement, ...] = ()
