"""Everything that was seen during one visit to one camera: values without pixels, of bounded size, JSON-ready.

Times are UTC by our clock unless their name says otherwise; `stream_seconds` is the stream's own clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from verifier.observation import Look
from verifier.video.frames import GrabFault


@dataclass(frozen=True, slots=True)
class FrameMark:
    """What makes one frame findable again. `packet` and `pixels` are 16 hexadecimal digits, `packet` empty where unknown.

    `flat` tells that the picture has no content (all black, all white): such frames are equal without meaning anything.
    """

    received_at: datetime
    pixels: str
    packet: str = ""
    stream_seconds: float | None = None
    key_frame: bool = False
    flat: bool = False


@dataclass(frozen=True, slots=True)
class SmallPicture:
    """A grey copy of one frame, 48 × 27 uint8 in base64: enough to see that everybody sits where they sat before."""

    received_at: datetime
    pixels: str


@dataclass(frozen=True, slots=True)
class LiveReading:
    """How the frames of one visit differ.

    Attributes:
        frames, distinct: How many frames, and how many of them differ in at least one pixel.
        span_s: From the first to the last frame.
        identical_s: The longest time over which not one pixel changed; `identical_to_end` tells that it was the last.
        equal_keys_s: The longest time between two frames that were coded by themselves and came out equal to the pixel.
        stream_advance_s: How far the stream's own clock ran meanwhile; None where it has none.
        noise: Grey levels (standard deviation) by which pixels that show the same thing differ between two frames.
        equal_share: Share of pixels that are equal in two frames at a time, the least of all pairs.
        moving_share: Share of 16 px blocks in which something moved, the largest of all pairs.
        coded_apart: Every frame was coded by itself (snapshots, MJPEG), so what differs is the sensor's doing.
    """

    frames: int
    distinct: int
    span_s: float
    identical_s: float = 0.0
    identical_to_end: bool = False
    equal_keys_s: float = 0.0
    stream_advance_s: float | None = None
    noise: float = 0.0
    equal_share: float = 1.0
    moving_share: float = 0.0
    coded_apart: bool = False


@dataclass(frozen=True, slots=True)
class PictureReading:
    """Light, detail and colours of a frame, measured at 640 px.

    Attributes:
        brightness, contrast: Mean and standard deviation of grey, 0 to 255.
        brightest: The 99th percentile of grey.
        bright_share: Share of pixels above 250.
        sharpness: Fine detail for each grey level of coarser detail, see `read_picture`; 0.3 of a blot, 0.6 and more in focus.
        plain_share: Share of tiles (8 across) in which nothing stands out.
        edge_share: Share of pixels on an edge.
        saturation: Mean saturation, 0 to 255; next to nothing where the camera films infrared.
        main_colours_share: Share of the eight most common colours out of 4096.
        drawn_share: Share of pixels that equal all their neighbours, as drawn surfaces do.
    """

    width_px: int
    height_px: int
    brightness: float
    contrast: float
    brightest: float
    bright_share: float
    sharpness: float
    plain_share: float
    edge_share: float
    saturation: float
    main_colours_share: float
    drawn_share: float


@dataclass(frozen=True, slots=True)
class OverlayClock:
    """The camera's own clock as it stands in one frame; `shown_at_local` has no zone. `confidence` 0 to 1, the lesser part's."""

    received_at: datetime
    shown_at_local: datetime
    has_seconds: bool
    confidence: float
    weekday: int | None = None
    text: str = ""
    stream_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ViewReading:
    """How the frame lies against one confirmed view of the room.

    Attributes:
        reference: The view's name.
        features, reference_features: How much is recognisable in each.
        inliers: How many features agree in one shift, turn and scale.
        shift_share: How far the middle of the view went, in widths of the picture; None where nothing agrees.
        turn_deg, scale: How the picture turned and grew.
        alike: Correlation of both pictures at 48 × 27, -1 to 1.
    """

    reference: str
    features: int
    reference_features: int
    inliers: int
    shift_share: float | None = None
    turn_deg: float | None = None
    scale: float | None = None
    alike: float = 0.0


@dataclass(frozen=True, slots=True)
class StreamLook:
    """One visit to one camera, looked at.

    Attributes:
        fault, said: Why no (more) frames came, from the grab.
        headers: Of a snapshot: ``date``, ``last-modified``, ``age``, lower-case names.
        marks: Of all frames, at most `look.MOST_MARKS`.
        small: Of frames spread over the visit.
        clocks: What the camera's own clock showed, first and last.
        views: Against each confirmed view.
        photo: The decisive frame as the photo pipeline sees it: faces, people, stamps; its `sha256` is that of the kept JPEG.
        not_read: Part → why it could not be read; our fault.
        created_at, length_s, longitude, latitude: Of a recording, as its container says; degrees, WGS-84 by the standard.
    """

    source_kind: str
    started_at: datetime
    ended_at: datetime
    fault: GrabFault | None = None
    said: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    marks: tuple[FrameMark, ...] = ()
    small: tuple[SmallPicture, ...] = ()
    live: LiveReading | None = None
    picture: PictureReading | None = None
    clocks: tuple[OverlayClock, ...] = ()
    views: tuple[ViewReading, ...] = ()
    photo: Look | None = None
    versions: dict[str, str] = field(default_factory=dict)
    not_read: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    length_s: float | None = None
    longitude: float | None = None
    latitude: float | None = None

    @property
    def has_picture(self) -> bool:
        """Whether any frame came."""
        return bool(self.marks)
