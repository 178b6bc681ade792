"""What was measured in one picture: values without pixels, which checks and judgements take.

Boxes are (x, y, width, height) in pixels of the upright picture, that is after the EXIF orientation was applied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright picture, origin at the top left."""

    x: float
    y: float
    width: float
    height: float

    def xywh(self) -> list[float]:
        """As the ``box_xywh`` list of the JSON contract, whole pixels."""
        return [round(self.x), round(self.y), round(self.width), round(self.height)]


@dataclass(frozen=True, slots=True)
class TextLine:
    """One recognised line. `confidence` is the recogniser's mean character probability, 0 to 1.

    `per_character` holds that probability for each character of `text`, or is empty where nobody kept it.
    """

    text: str
    confidence: float
    box: Box
    per_character: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """A typed value read from text, with where it stands and how sure the reading is (0 to 1)."""

    value: T
    confidence: float
    box: Box
    text: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A watermark-camera stamp. A field is None where the stamp does not show it or it could not be read.

    `day` and `clock` are what is printed, in the printer's local time; `clock_has_seconds` tells HH:MM from HH:MM:SS,
    `utc_offset` is there only where printed. `weekday` counts from 0 = Monday. `longitude` and `latitude` are degrees, in
    whatever frame the app used; `swapped` tells that the printed letters or their order contradict the values' ranges.
    `layout` names the recognised style, `app` the maker's name where it is printed, `code` the anti-counterfeit code.
    """

    lines: tuple[TextLine, ...]
    day: Field[date] | None = None
    clock: Field[time] | None = None
    clock_has_seconds: bool = False
    utc_offset: timedelta | None = None
    weekday: Field[int] | None = None
    address: Field[str] | None = None
    longitude: Field[float] | None = None
    latitude: Field[float] | None = None
    swapped: bool = False
    code: Field[str] | None = None
    app: str | None = None
    layout: str | None = None
    box: Box | None = None

    @property
    def taken_at_local(self) -> datetime | None:
        """Date and clock together, without a zone; None unless both were read."""
        if self.day is None or self.clock is None:
            return None
        return datetime.combine(self.day.value, self.clock.value)


@dataclass(frozen=True, slots=True)
class CameraMetadata:
    """What the file says about its camera (EXIF). Everything may be missing, and is, after a chat app.

    `taken_at_local` has no zone; `offset` is OffsetTimeOriginal where written. `gps_at_utc` is the satellites' time.
    `longitude`, `latitude`: degrees WGS-84. `remarks` are stable codes for absurd values that were left out.
    """

    taken_at_local: datetime | None = None
    offset: timedelta | None = None
    modified_at_local: datetime | None = None
    gps_at_utc: datetime | None = None
    longitude: float | None = None
    latitude: float | None = None
    make: str | None = None
    model: str | None = None
    software: str | None = None
    has_exif: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureQuality:
    """Sizes and light. `sharpness` is resolution-independent (higher is sharper), see `read_quality`."""

    width_px: int
    height_px: int
    mean_brightness: float  # 0 to 255
    dark_share: float  # share of pixels below 20
    bright_share: float  # share of pixels above 250
    sharpness: float
    contrast: float


@dataclass(frozen=True, slots=True, eq=False)
class FaceObservation:
    """One face. `landmarks_px` is (5, 2): eyes (picture's left first), nose, mouth corners (picture's left first).

    `embedding` is a unit float32 vector, comparable only within the same `embedding_contract` of its `Look`; None where the
    face is too poor to be embedded. `unreadable_because` is empty for a readable face, else a stable code: ``too_small``,
    ``blurred``, ``turned_away``, ``occluded``, ``low_score``, ``cut_off``.
    """

    box: Box
    score: float
    landmarks_px: NDArray[np.float32]
    embedding: NDArray[np.float32] | None
    inter_eye_px: float
    sharpness: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    unreadable_because: str = ""

    @property
    def readable(self) -> bool:
        """Whether the face may be used for and against a person."""
        return not self.unreadable_because


@dataclass(frozen=True, slots=True)
class PeopleCount:
    """How many people a picture shows. `low` and `high` bound the count where the detector knows its doubt."""

    count: int
    low: int
    high: int
    method: str  # "faces" or the name of the people pack
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What makes a picture findable again. `pixels_sha256` is over the decoded upright pixels.

    `thumbnail` is a small grey JPEG in base64, by which copies are searched and compared without the evidence; it shows
    `thumbnail_box` of the upright picture, that is without the flat borders of a screenshot.
    """

    pixels_sha256: str
    phash: str = ""
    thumbnail: str = ""
    thumbnail_box: Box | None = None


class DecodeFault(StrEnum):
    """Why a file could not be decoded; stored, never renamed."""

    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    FORMAT_NOT_ALLOWED = "format_not_allowed"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    TRUNCATED = "truncated"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Decoded:
    """How decoding went. `fault` None means the picture could be read in whole."""

    format: str
    width_px: int
    height_px: int
    size_bytes: int
    fault: DecodeFault | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that was seen in one photo, by one version of the code and the model packs.

    A part is None where it could not be read; `not_read` then says why, part → reason (English, for the log and `not_run`).
    Same bytes and same versions give the same look, so it is stored once per evidence.
    """

    sha256: str
    versions: dict[str, str]
    decoded: Decoded
    camera: CameraMetadata | None = None
    stamps: tuple[Stamp, ...] | None = None
    quality: PictureQuality | None = None
    faces: tuple[FaceObservation, ...] | None = None
    people: PeopleCount | None = None
    fingerprint: Fingerprint | None = None
    embedding_contract: str = ""
    not_read: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def stamp(self) -> Stamp | None:
        """The stamp that counts: the first one read; None where there is none."""
        return self.stamps[0] if self.stamps else None
