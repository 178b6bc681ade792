"""What was measured in one picture: values without pixels, which checks and judgements take.

Boxes are (x, y, width, height) in pixels of the upright picture, that is after the EXIF orientation was applied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import product
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


# In one line of capitals and digits nobody, and no recogniser, tells these apart.
_ALIKE = str.maketrans("OI", "01")
MAX_ALIKE_SIGNS = 8


def fold_code(code: str) -> str:
    """A printed code with its look-alikes as digits: codes are the same where their folds are.

    Two codes of 12 to 16 signs that differ in nothing else are one code, read twice.
    """
    return code.translate(_ALIKE)


def list_alike_codes(code: str) -> list[str]:
    """Every reading of a code that folds as it does; with more than MAX_ALIKE_SIGNS look-alikes only itself and its fold."""
    folded = fold_code(code)
    if sum(sign in "01" for sign in folded) > MAX_ALIKE_SIGNS:
        return sorted({code, folded})
    choices = ({"0": "0O", "1": "1I"}.get(sign, sign) for sign in folded)
    return ["".join(signs) for signs in product(*choices)]


@dataclass(frozen=True, slots=True)
class CameraMetadata:
    """What the file says about its camera (EXIF). Everything may be missing, and is, after a chat app.

    `taken_at_local` has no zone; `offset` is OffsetTimeOriginal where written. `gps_at_utc` is the satellites' time.
    `longitude`, `latitude`: degrees WGS-84. `remarks` are stable codes for absurd values that were left out. `serial` is the
    body's serial number, which cameras write and most phones do not.
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
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class PictureQuality:
    """Sizes and light. `sharpness` is resolution-independent (higher is sharper), see `read_quality`.

    `direction_ratio` is the sharpness of the softest direction over that of the sharpest, 0 to 1: a shaken picture's is small.
    `blank_share` is the share of the picture's 64 or so tiles that show nothing at all.
    """

    width_px: int
    height_px: int
    mean_brightness: float  # 0 to 255
    dark_share: float  # share of pixels below 20
    bright_share: float  # share of pixels above 250
    sharpness: float
    contrast: float
    direction_ratio: float = 1.0
    blank_share: float = 0.0


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


@dataclass(frozen=True, slots=True)
class FileHistory:
    """What the file itself says about how it came to be, without its pixels.

    `programs` are the names of programs that wrote into it (EXIF Software, XMP, Photoshop blocks), in order of appearance.
    `tables` tells whose quantisation tables a JPEG has: ``standard`` (libjpeg's, then `quality` is 1 to 100), ``own`` (a camera's
    or a program's own), empty for other formats. `source_types` are IPTC digital source types, last part of their URI.
    `thumbnail_agreement` is the best correlation of the embedded thumbnail with the picture, -1 to 1; None without a thumbnail
    that shows anything. `thumbnail_differs` is the share of the picture, stamps left out, where the two are not alike.
    """

    programs: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    tables: str = ""
    quality: int | None = None
    photoshop_block: bool = False
    thumbnail_agreement: float | None = None
    thumbnail_differs: float | None = None
    thumbnail_box: Box | None = None


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A coarse map over the upright picture: `rows` lines of `columns` cells each, 0 (nothing) to 255.

    `cells` are the values row by row, one byte each, in base64.
    """

    columns: int
    rows: int
    cells: str


@dataclass(frozen=True, slots=True)
class PixelTraces:
    """What earlier compressions left in a JPEG's pixels; see `read_compression` for how each is measured.

    `grid_offset_xy` is where the blocks of an earlier JPEG lie against today's, in pixels 0 to 7 of the file as stored, (0, 0)
    where none was found; `grid_strength` is how far its edges stand out, in standard errors.
    `earlier_strength` is how much better two compressions on one grid explain the picture than one does, in nats a block;
    `earlier_quality` is libjpeg's quality (1 to 100) that the earlier one is nearest to, None where there is no trace.
    `readable_cells` counts the cells that can tell; `odd_cells` those that speak against an earlier compression that all others
    show, `odd_box` surrounds their largest group and `odd_score` is its evidence in nats.
    `stamp_scores` is the evidence, in nats, that each stamp's text has not been through the earlier compression.
    """

    grid_offset_xy: tuple[int, int] = (0, 0)
    grid_strength: float = 0.0
    earlier_strength: float = 0.0
    earlier_quality: int | None = None
    readable_cells: int = 0
    odd_cells: int = 0
    odd_score: float = 0.0
    odd_box: Box | None = None
    stamp_scores: tuple[float, ...] = ()
    heat: HeatMap | None = None


@dataclass(frozen=True, slots=True)
class RecaptureTraces:
    """What a photo of a screen or print shows; see `read_recapture` for units."""

    luma_peak: float


class ManifestState(StrEnum):
    """What became of a C2PA manifest; stored, never renamed."""

    ABSENT = "absent"
    UNREAD = "unread"  # there is one, but nothing installed here reads it
    BROKEN = "broken"  # there is one that cannot be read
    INTACT = "intact"  # signature and contents agree; who signed is not vouched for
    TRUSTED = "trusted"  # the same, by a signer of the trust list
    CHANGED = "changed"  # the contents are not what was signed


@dataclass(frozen=True, slots=True)
class Provenance:
    """The C2PA manifest of a file. `failures` are C2PA's own codes, `source_types` as in `FileHistory`."""

    state: ManifestState
    signer: str = ""
    generator: str = ""
    source_types: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    detail: str = ""


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
    history: FileHistory | None = None
    compression: PixelTraces | None = None
    recapture: RecaptureTraces | None = None
    provenance: Provenance | None = None
    embedding_contract: str = ""
    not_read: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def stamp(self) -> Stamp | None:
        """The stamp that counts: the first one read; None where there is none."""
        return self.stamps[0] if self.stamps else None
