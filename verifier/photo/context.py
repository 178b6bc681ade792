"""What a photo is checked against: the plan's side of every photo check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
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
    `class_number` is None where photos of no known class were compared with one another; which came first is not known then.
    """

    how: str
    class_number: str | None
    session_id: str | None
    file: str
    sha256: str
    received_first: bool  # the other one came first, so this one is the re-use
    changes: tuple[str, ...] = ()
    similarity: float | None = None  # share of the picture's details that agree, 0 to 1
    seconds_apart: float | None = None


@dataclass(frozen=True, slots=True)
class CodeUse:
    """Another submission, with other bytes, whose stamp surely shows the same anti-counterfeit code, as this photo's was read.

    `taken_at` is the other stamp's printed local time, None where it was not read; `class_number` as in `OtherUse`.
    """

    code: str
    class_number: str | None
    session_id: str | None
    file: str
    sha256: str
    received_first: bool
    taken_at: datetime | None = None


class CodeState(StrEnum):
    """What came of asking a maker about a code."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    COULD_NOT_ASK = "could_not_ask"


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """What the maker of a stamping app says about one code; everything but `state` may be missing.

    `taken_at` carries an offset. `longitude` and `latitude`: degrees, in whatever datum the maker keeps. `why` says what
    went wrong where nobody could be asked (English, for the log).
    """

    state: CodeState
    authority: str
    taken_at: datetime | None = None
    longitude: float | None = None
    latitude: float | None = None
    address: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Repeated:
    """One position, equal to the last digit, on so many photos of so many days of the class."""

    photos: int
    days: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class OrderClash:
    """A photo of the same phone whose place in time the stamps and the camera's clock give differently.

    The gaps are seconds from this photo to the other one, by each clock; their signs differ.
    """

    file: str
    stamp_at: datetime
    camera_at: datetime
    stamp_gap_s: float
    camera_gap_s: float


@dataclass(frozen=True, slots=True)
class Beside:
    """What the class's photos of this and earlier days say beside one photo; see `beside.look_beside`."""

    stamp_place: Repeated | None = None
    camera_place: Repeated | None = None
    clashes: tuple[OrderClash, ...] = ()


@dataclass(frozen=True, slots=True)
class RoomSeen:
    """How a photo's room compares with its venue's confirmed photos of earlier sessions and the same view.

    `confirmed` is how many there are, `compared` how many were looked at, `features` what is recognisable in this photo
    besides people and stamps, `common_features` what the best of them (`other_file`) shares.
    """

    confirmed: int
    compared: int
    features: int
    common_features: int
    other_file: str | None = None


@dataclass(frozen=True, slots=True)
class PhotoContext:
    """The plan beside one photo.

    `training` and `session` are None where no class is known; checks that need them answer NOT_APPLICABLE.
    `timezone` is an IANA name; `other_uses` is None where nobody searched (a check without records),
    `beside` where no other photos of the class are known, `code_uses` where no codes on record were searched, `code_answers`
    where no maker is asked, `room` where no earlier photos were searched.
    """

    submission: Submission
    training: TrainingClass | None = None
    session: Session | None = None
    session_source: SessionSource = SessionSource.UNKNOWN
    other_uses: tuple[OtherUse, ...] | None = None
    timezone: str = "Asia/Shanghai"
    beside: Beside | None = None
    code_uses: tuple[CodeUse, ...] | None = None
    code_answers: Mapping[str, CodeAnswer] | None = None  # by code
    room: RoomSeen | None = None


@dataclass(frozen=True, slots=True)
class PhotoCheck:
    """One check of the pipeline: its stored id and its function. `judge` raises only on our own faults."""

    id: str
    judge: Callable[[Look, PhotoContext], Finding]
