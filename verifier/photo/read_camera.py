"""Read what the camera wrote into the file: EXIF times, place, maker and software.

Everything may be missing, and is, after a chat app. Absurd values are left out and remarked by a code; none crashes.

Remark codes: ``exif_unreadable``, ``taken_at_unset``, ``taken_at_absurd``, ``modified_at_absurd``, ``offset_absurd``,
``gps_zero``, ``gps_absurd``, ``gps_without_letter``, ``gps_time_absurd``, ``gps_time_without_date``.
"""

from __future__ import annotations

import logging
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import exifread

from verifier.observation import CameraMetadata
from verifier.photo.container import read_size_wh, sniff_format
from verifier.photo.decode import DECODE_2023, OPENERS

# exifread logs every damaged tag; what matters is in the remarks.
logging.getLogger("exifread").setLevel(logging.CRITICAL)
logger = logging.getLogger(__name__)

# EXIF exists since 1995, and a clock beyond 2100 is broken.
FIRST_YEAR, LAST_YEAR = 1995, 2100
# UTC-12:00 to UTC+14:00 (IANA time zone database).
MIN_OFFSET, MAX_OFFSET = timedelta(hours=-12), timedelta(hours=14)
MAX_TEXT = 200
MIN_SERIAL = 4
DATE_TIME = re.compile(r"(\d{4})[:\-/.](\d{1,2})[:\-/.](\d{1,2})[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2}))?")
OFFSET = re.compile(r"([+-]?)(\d{1,2}):?(\d{2})")


def read_camera(data: bytes) -> CameraMetadata:
    """Read the EXIF block of a JPEG, HEIC, PNG or WebP.

    Returns: What is there and makes sense; `longitude` and `latitude` in degrees as written (WGS-84 by the standard).
        A position of exactly 0, 0 is what phones write without a fix: remarked ``gps_zero`` and left out.
    Raises:
        MemoryError: our machine is too small.
    """
    try:
        block = _find_exif(data)
        if block is None:
            return CameraMetadata()
        tags: Mapping[str, Any] = exifread.process_file(BytesIO(block), details=False, extract_thumbnail=False)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - exifread raises anything on damaged blocks; that is remarked
        logger.debug("EXIF not readable: %s", error)
        return CameraMetadata(remarks=("exif_unreadable",))
    remarks: list[str] = []
    taken = _read_moment(tags, ("EXIF DateTimeOriginal", "EXIF DateTimeDigitized"), "taken_at", remarks)
    longitude, latitude = _read_position(tags, remarks)
    return CameraMetadata(
        taken_at_local=taken,
        offset=_read_offset(tags, remarks),
        modified_at_local=_read_moment(tags, ("Image DateTime",), "modified_at", remarks),
        gps_at_utc=_read_gps_time(tags, remarks),
        longitude=longitude,
        latitude=latitude,
        make=_read_text(tags, "Image Make"),
        model=_read_text(tags, "Image Model"),
        software=_read_text(tags, "Image Software"),
        has_exif=bool(tags),
        remarks=tuple(dict.fromkeys(remarks)),
        serial=_read_serial(tags),
    )


def _find_exif(data: bytes) -> bytes | None:
    """The EXIF block as a TIFF file; a JPEG as it is, in which exifread finds the block itself."""
    kind = sniff_format(data)
    if kind == "jpeg":
        return data
    width, height = read_size_wh(data, kind)
    # Opening a WebP reserves its whole canvas.
    if kind not in OPENERS or width * height > DECODE_2023.max_pixels:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        written = OPENERS[kind](BytesIO(data)).info.get("exif")
    return written.removeprefix(b"Exif\x00\x00") if isinstance(written, bytes) else None


def _read_text(tags: Mapping[str, Any], name: str) -> str | None:
    if name not in tags:
        return None
    printable = "".join(character for character in str(tags[name]) if character.isprintable()).strip()
    return printable[:MAX_TEXT] or None


def _read_serial(tags: Mapping[str, Any]) -> str | None:
    """The body's serial number (EXIF 2.32, tag 0xA431; DNG's 0xC62F); None for what stands there in its absence."""
    for name in ("EXIF BodySerialNumber", "Image BodySerialNumber", "Image CameraSerialNumber"):
        text = _read_text(tags, name)
        # A number has digits, and not the same one throughout: 0000000, 111111 and "unknown" are placeholders.
        if text is not None and len(text) >= MIN_SERIAL and len(set(text) - set(" -")) > 1 and re.search(r"\d", text):
            return text
    return None


def _read_moment(tags: Mapping[str, Any], names: Sequence[str], what: str, remarks: list[str]) -> datetime | None:
    """The first of these tags that holds a sensible local time."""
    for name in names:
        text = _read_text(tags, name)
        if text is None:
            continue
        found = DATE_TIME.match(text)
        if found is None:
            # Cameras without a set clock write blanks or zeros.
            remarks.append(f"{what}_unset" if what == "taken_at" and not text.strip(" :0") else f"{what}_absurd")
            continue
        try:
            moment = datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]
        except ValueError:
            remarks.append(f"{what}_unset" if what == "taken_at" and not text.strip(" :0") else f"{what}_absurd")
            continue
        if FIRST_YEAR <= moment.year <= LAST_YEAR:
            return moment
        remarks.append(f"{what}_absurd")
    return None


def _read_offset(tags: Mapping[str, Any], remarks: list[str]) -> timedelta | None:
    for name in ("EXIF OffsetTimeOriginal", "EXIF OffsetTimeDigitized", "EXIF OffsetTime"):
        text = _read_text(tags, name)
        if text is None:
            continue
        if text.upper() == "Z":
            return timedelta(0)
        found = OFFSET.fullmatch(text)
        if found is not None:
            size = timedelta(hours=int(found[2]), minutes=int(found[3]))
            offset = -size if found[1] == "-" else size
            if MIN_OFFSET <= offset <= MAX_OFFSET:
                return offset
        remarks.append("offset_absurd")
    return None


def _read_numbers(tags: Mapping[str, Any], name: str) -> list[float] | None:
    """The rational numbers of one tag; None where it is absent, NaN for a denominator of 0."""
    if name not in tags:
        return None
    values = getattr(tags[name], "values", [])
    numbers = []
    for value in values if isinstance(values, list | tuple) else [values]:
        try:
            numbers.append(float(value))
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            numbers.append(math.nan)
    return numbers


def _read_position(tags: Mapping[str, Any], remarks: list[str]) -> tuple[float | None, float | None]:
    degrees: list[float] = []
    for axis, letters, limit in (("Longitude", "EW", 180.0), ("Latitude", "NS", 90.0)):
        parts = _read_numbers(tags, f"GPS GPS{axis}")
        if parts is None:
            return None, None
        if not 1 <= len(parts) <= 3 or not all(math.isfinite(part) and part >= 0.0 for part in parts):
            remarks.append("gps_absurd")
            return None, None
        value = sum(part / 60.0**power for power, part in enumerate(parts))
        if value > limit or any(part >= 60.0 for part in parts[1:]):
            remarks.append("gps_absurd")
            return None, None
        letter = (_read_text(tags, f"GPS GPS{axis}Ref") or "").upper()[:1]
        # Without N/S and E/W the hemisphere is a guess.
        if letter not in set(letters):
            if value > 0.0:
                remarks.append("gps_without_letter")
                return None, None
            letter = letters[0]
        degrees.append(-value if letter in "WS" else value)
    if degrees == [0.0, 0.0]:
        remarks.append("gps_zero")
        return None, None
    return degrees[0], degrees[1]


def _read_gps_time(tags: Mapping[str, Any], remarks: list[str]) -> datetime | None:
    """GPSDateStamp and GPSTimeStamp: the satellites' time of the last fix, in UTC."""
    clock = _read_numbers(tags, "GPS GPSTimeStamp")
    if clock is None:
        return None
    day = _read_text(tags, "GPS GPSDate") or _read_text(tags, "GPS GPSDateStamp")
    if day is None:
        remarks.append("gps_time_without_date")
        return None
    try:
        year, month, day_of_month = (int(part) for part in re.split(r"[:\-/. ]", day)[:3])
        hour, minute, second = clock
        midnight = datetime(year, month, day_of_month, tzinfo=UTC)
        if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 61) or not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValueError(day)
    except ValueError:
        remarks.append("gps_time_absurd")
        return None
    return midnight + timedelta(hours=hour, minutes=minute, seconds=int(second))
