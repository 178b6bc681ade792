"""What a photo is checked against: the plan's side of every photo check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from verifier.finding import Finding
from verifier.observation import Look
from verifier.plan import Session, Submission, TrainingClass


class SessionSource(StrEnum):
    """How we know which session a photo was handed in for."""

    DECLARED = "declared"  # the uploader said so (photos.csv or the API)
    NAME = "name"  # the file's or folder's name holds the session's id
    STAMP = "stamp"  # guessed from the stamp's time: proves nothing about the time
    CAMERA = "camera"  # guessed from the EXIF time: proves nothing about the time
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OtherUse:
    """Another submission of the same picture.

    `how` is ``bytes`` (same file), ``pixels`` (same decoded picture), ``picture`` (the same shot, changed as `changes` says),
    ``burst`` (another shot of the same moment) or ``near`` (nothing differs, but nothing proves one shot either). The last
    three come from comparing the pictures: see `reuse_match.PictureMatch` for `changes`, `similarity` and `seconds_apart`.
    """

    how: str
    class_number: str
    session_id: str | None
    file: str
    sha256: str
    received_first: bool  # the other one came first, so this one is the re-use
    changes: tuple[str, ...] = ()
    similarity: float | None = None  # share of the picture's details that agree, 0 to 1
    seconds_apart: float | None = None


@dataclass(frozen=True, slots=True)
class PhotoContext:
    """The plan beside one photo.

    `training` and `session` are None where no class is known; checks that need them answer NOT_APPLICABLE.
    `timezone` is an IANA name; `other_uses` is None where nobody searched (a check without records).
    """

    submission: Submission
    training: TrainingClass | None = None
    session: Session | None = None
    session_source: SessionSource = SessionSource.UNKNOWN
    other_uses: tuple[OtherUse, ...] | None = None
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class PhotoCheck:
    """One check of the pipeline: its stored id and its function. `judge` raises only on our own faults."""

    id: str
    judge: Callable[[Look, PhotoContext], Finding]
