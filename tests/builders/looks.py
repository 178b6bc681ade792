"""Looks for tests: what was seen in one photo, without any picture. Keywords change what the test is about.

a_look(stamps=(a_stamp("09:12"),), camera=some_camera_data("09:12:30"))
a_context(session_source=SessionSource.STAMP)
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

import numpy as np

from tests.builders.plan import DAY, a_submission, a_time, a_training_class
from verifier.observation import (
    Box,
    CameraMetadata,
    Decoded,
    FaceObservation,
    Field,
    Fingerprint,
    Look,
    PeopleCount,
    PictureQuality,
    Stamp,
    TextLine,
)
from verifier.photo.context import PhotoContext, SessionSource

T = TypeVar("T")
STAMP_BOX = Box(40, 900, 600, 200)
# The venue of tests.builders.plan, as filed (GCJ-02).
VENUE_LONLAT = (112.355129, 28.570066)


def a_field(value: T, confidence: float = 0.99, box: Box = STAMP_BOX) -> Field[T]:
    """A value read from a stamp."""
    return Field(value, confidence, box, str(value))


def a_stamp(
    clock: str | None = "09:12",
    day: date | None = DAY,
    lonlat: tuple[float, float] | None = VENUE_LONLAT,
    address: str | None = "益阳市·桃花仑西路",
    confidence: float = 0.99,
    **changes: Any,
) -> Stamp:
    """A stamp of the morning session at the venue; None leaves a part out, `clock` with seconds has seconds."""
    values: dict[str, Any] = {
        "day": None if day is None else a_field(day, confidence),
        "clock": None if clock is None else a_field(time.fromisoformat(clock), confidence),
        "clock_has_seconds": clock is not None and clock.count(":") == 2,
        "address": None if address is None else a_field(address, confidence),
        "longitude": None if lonlat is None else a_field(lonlat[0], confidence),
        "latitude": None if lonlat is None else a_field(lonlat[1], confidence),
        "box": STAMP_BOX,
    }
    return Stamp(lines=(TextLine(f"{day} {clock}", confidence, STAMP_BOX, (0.9, 0.98)),), **(values | changes))


def some_camera_data(clock: str | None = "09:12:30", day: date = DAY, **changes: Any) -> CameraMetadata:
    """EXIF with a time in the morning session and no offset, position or GPS time unless asked for.

    `offset_h` and `gps_clock` (China's time, written as UTC) are short forms.
    """
    offset_h, gps_clock = changes.pop("offset_h", None), changes.pop("gps_clock", None)
    gps_day = changes.pop("gps_day", day)
    values: dict[str, Any] = {
        "taken_at_local": None if clock is None else datetime.combine(day, time.fromisoformat(clock)),
        "offset": None if offset_h is None else timedelta(hours=offset_h),
        "has_exif": True,
    }
    if gps_clock is not None:
        values["gps_at_utc"] = a_time(gps_clock, gps_day)
    return CameraMetadata(**(values | changes))


def a_face(x: float = 100, y: float = 100, size: float = 60, readable: bool = True, **changes: Any) -> FaceObservation:
    """A face towards the camera with an embedding; an unreadable one has none."""
    values: dict[str, Any] = {
        "box": Box(x, y, size, size),
        "score": 0.9,
        "landmarks_px": np.array([[x + i * 7.3, y + i * 3.1] for i in range(5)], dtype=np.float32),
        "embedding": np.full(4, 0.5, dtype=np.float32) if readable else None,
        "inter_eye_px": size * 0.4,
        "sharpness": 0.7,
        "yaw_deg": 5.0,
        "pitch_deg": 0.0,
        "roll_deg": 0.0,
        "unreadable_because": "" if readable else "too_small",
    }
    return FaceObservation(**(values | changes))


def some_faces(count: int, readable: int | None = None) -> tuple[FaceObservation, ...]:
    """A row of faces, the first `readable` (default: all) of them readable."""
    return tuple(
        a_face(x=100.0 * index, readable=index < (count if readable is None else readable)) for index in range(count)
    )


def a_people_count(count: int, method: str = "yolox-nano") -> PeopleCount:
    """As a people model counts; method ``faces`` means that none is installed."""
    return PeopleCount(count, count, count, method)


def a_quality(**changes: Any) -> PictureQuality:
    """A sharp, well-lit photo of 12 megapixels."""
    values: dict[str, Any] = {
        "width_px": 4032,
        "height_px": 3024,
        "mean_brightness": 128.0,
        "dark_share": 0.02,
        "bright_share": 0.03,
        "sharpness": 0.68,
        "contrast": 56.0,
    }
    return PictureQuality(**(values | changes))


def a_look(**changes: Any) -> Look:
    """A sound photo of the morning session: stamped, with EXIF stripped as by a chat app, five faces to the front."""
    values: dict[str, Any] = {
        "sha256": "a" * 64,
        "versions": {"code": "1", "faces": "pack@1"},
        "decoded": Decoded("jpeg", 4032, 3024, 2_000_000),
        "camera": CameraMetadata(),
        "stamps": (a_stamp(),),
        "quality": a_quality(),
        "faces": some_faces(5),
        "people": PeopleCount(5, 5, 5, "faces"),
        "fingerprint": Fingerprint("b" * 64, "f0f0f0f0f0f0f0f0"),
        "embedding_contract": "pack@1/112",
    }
    return Look(**(values | changes))


def a_context(**changes: Any) -> PhotoContext:
    """The photo of `a_submission`, declared for the morning session of `a_training_class`."""
    training = changes.pop("training", a_training_class())
    values: dict[str, Any] = {
        "submission": a_submission(),
        "training": training,
        "session": training.sessions[0] if training is not None else None,
        "session_source": SessionSource.DECLARED,
    }
    return PhotoContext(**(values | changes))
