"""The clocks that speak about one photo, brought to one time line, and what a difference between two of them can mean.

A clock whose zone is not written is read in the classroom's zone; a phone set to another zone then shows as a
difference that some real zone explains, and that is doubt, not fraud.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from zoneinfo import ZoneInfo

from verifier.language import Sentence, say
from verifier.observation import Look, Stamp
from verifier.photo.context import PhotoContext

# UTC offsets in use, in minutes: whole hours from -12 to +14, and the half and quarter hours (IANA database 2025).
ZONE_OFFSETS_MIN = tuple(
    sorted(
        [*(60 * hour for hour in range(-12, 15)), -570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825]
    )
)
JITTER_S = 10.0  # by which clocks that keep network time differ
SAME_LOCAL_TIME = timedelta(
    minutes=2
)  # a stamp is drawn before the file is written, and HH:MM leaves out up to a minute


class Clock(StrEnum):
    """Whose clock a time comes from; stored in findings, never renamed."""

    STAMP = "stamp"  # burned into the picture
    CAMERA = "camera"  # EXIF DateTimeOriginal
    SAVED = "saved"  # EXIF DateTime: when the file was last written
    GPS = "gps"  # EXIF GPS time: satellites, UTC, of the last fix
    RECEIPT = "receipt"  # when the photo was handed in


@dataclass(frozen=True, slots=True)
class Reading:
    """One clock's time.

    Attributes:
        clock: Whose.
        at: The moment, with an offset; where `zone_written` is False, the classroom's zone was assumed.
        lasts_s: How long that reading stays true: a printed HH:MM is true for a minute.
        zone_written: Whether the offset stands in the source itself.
        confidence: Of the reading, 0 to 1; 1 where nothing was recognised from pixels.
    """

    clock: Clock
    at: datetime
    lasts_s: float = 1.0
    zone_written: bool = True
    confidence: float = 1.0

    @property
    def local(self) -> datetime:
        """As the source shows it, without a zone."""
        return self.at.replace(tzinfo=None)


def read_clocks(look: Look, context: PhotoContext) -> dict[Clock, Reading]:
    """Every clock that the photo and its receipt show."""
    zone = ZoneInfo(context.timezone)
    found: dict[Clock, Reading] = {}
    printed = read_printed_clock(look.stamp, zone) if look.stamp is not None else None
    if printed is not None:
        found[Clock.STAMP] = printed
    camera = look.camera
    if camera is not None:
        for clock, moment in ((Clock.CAMERA, camera.taken_at_local), (Clock.SAVED, camera.modified_at_local)):
            if moment is not None:
                found[clock] = Reading(clock, _place(moment, camera.offset, zone), 1.0, camera.offset is not None)
        if camera.gps_at_utc is not None:
            found[Clock.GPS] = Reading(Clock.GPS, camera.gps_at_utc.astimezone(zone))
    if context.submission.received_at is not None:
        found[Clock.RECEIPT] = Reading(Clock.RECEIPT, context.submission.received_at.astimezone(zone))
    return found


def read_printed_clock(stamp: Stamp, zone: ZoneInfo) -> Reading | None:
    """The moment one stamp prints, in `zone` where it prints no offset; None where its date or its clock is missing."""
    if stamp.day is None or stamp.clock is None:
        return None
    return Reading(
        Clock.STAMP,
        _place(datetime.combine(stamp.day.value, stamp.clock.value), stamp.utc_offset, zone),
        1.0 if stamp.clock_has_seconds else 60.0,
        stamp.utc_offset is not None,
        min(stamp.day.confidence, stamp.clock.confidence),
    )


def measure_gap_s(first: Reading, second: Reading) -> float:
    """Seconds from `first` to `second`: positive where the second is later, 0 where the two can be the same moment."""
    gap = (second.at - first.at).total_seconds()
    if gap > 0:
        return max(0.0, gap - (first.lasts_s - 1.0))
    return min(0.0, gap + (second.lasts_s - 1.0))


def find_zone(reading: Reading, truth: Reading, tolerance_s: float) -> timedelta | None:
    """The UTC offset that would make `reading`'s local time the same moment as `truth`; None where no real one does."""
    for minutes in sorted(ZONE_OFFSETS_MIN, key=lambda offset: abs(offset - 480)):
        offset = timedelta(minutes=minutes)
        if abs(measure_gap_s(place_in_zone(reading, offset), truth)) <= tolerance_s:
            return offset
    return None


def find_phone_zones(
    reading: Reading, clocks: Mapping[Clock, Reading], tolerance_s: float
) -> list[tuple[timedelta, Clock]]:
    """The zones that a phone may be set to, where clocks that its owner cannot set say so, and which clock says each.

    Whose offset stands in the source needs none. The witnesses: EXIF with the same local time and its offset (for a stamp),
    satellites at that very moment, or a receipt within `tolerance_s` after it. A forged time of another hour is such a
    zone's now and then (about one in twenty), so this is a doubt and never a proof; an old fix points to a wrong zone as often.
    """
    if reading.zone_written:
        return []
    camera, gps, receipt = (clocks.get(clock) for clock in (Clock.CAMERA, Clock.GPS, Clock.RECEIPT))
    written = camera.at.utcoffset() if camera is not None and camera.zone_written else None
    if reading.clock is Clock.STAMP and camera is not None and written is not None:
        gap_s = measure_gap_s(place_in_zone(reading, written), camera)
        return [(written, Clock.CAMERA)] if abs(gap_s) <= tolerance_s else []
    found = []
    for witness, earliest_s in ((gps, -tolerance_s), (receipt, -JITTER_S)):
        zone = find_zone(reading, witness, tolerance_s) if witness is not None else None
        if witness is None or zone is None:
            continue
        if measure_gap_s(place_in_zone(reading, zone), witness) >= earliest_s:
            found.append((zone, witness.clock))
    return found


def find_zone_between(
    printed: Reading, clocks: Mapping[Clock, Reading], earliest: datetime | None, latest: datetime | None
) -> timedelta | None:
    """The zone that puts a stamp's local time between two moments, both included; None where no real one does.

    Unlike `find_phone_zones` this asks no clock for the zone: it tells only whether a contradiction proves anything.

    Args:
        clocks: EXIF with the same local time and its offset leaves only summer time open, which some apps leave out.
    """
    here = printed.at.utcoffset()
    if printed.zone_written or here is None:
        return None
    camera = clocks.get(Clock.CAMERA)
    written = camera.at.utcoffset() if camera is not None and camera.zone_written else None
    if camera is not None and written is not None and abs(camera.local - printed.local) <= SAME_LOCAL_TIME:
        offsets = [written + timedelta(minutes=30), written + timedelta(hours=1)]
    else:
        offsets = [timedelta(minutes=minutes) for minutes in ZONE_OFFSETS_MIN]
    # Named to people: the nearest whole hours before the odd ones of a few places.
    for offset in sorted(offsets, key=lambda each: (each % timedelta(hours=1) != timedelta(0), abs(each - here))):
        there = place_in_zone(printed, offset)
        ends = there.at + timedelta(seconds=there.lasts_s)
        if (latest is None or there.at <= latest) and (earliest is None or ends > earliest):
            return offset
    return None


def was_never_set(
    camera: Reading, clocks: Mapping[Clock, Reading], behind: datetime, unset_days: float, agree_s: float
) -> bool:
    """Whether a camera's clock may stand at its factory's date: far behind, and no satellites say the same."""
    gps = clocks.get(Clock.GPS)
    if gps is not None and abs(measure_gap_s(camera, gps)) <= agree_s:
        return False
    return camera.at < behind - timedelta(days=unset_days)


def place_in_zone(reading: Reading, offset: timedelta) -> Reading:
    """The same local time, as a phone set to that zone shows it."""
    return replace(reading, at=_place(reading.local, offset, None))


def format_offset(offset: timedelta) -> str:
    """An offset as people write it: ``UTC+08:00``."""
    minutes = round(offset.total_seconds() / 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def name_clock(clock: Clock) -> Sentence:
    """What inspectors call a clock."""
    return {
        Clock.STAMP: say("水印时间"),
        Clock.CAMERA: say("相机时间"),
        Clock.SAVED: say("文件保存时间"),
        Clock.GPS: say("卫星时间"),
        Clock.RECEIPT: say("收到时间"),
    }[clock]


def show_gap(gap_s: float) -> Sentence:
    """A difference as people say it, without its sign."""
    seconds = abs(round(gap_s))
    if seconds < 120:
        return say("{seconds} 秒", seconds=seconds)
    if seconds < 7200:
        return say("{minutes} 分钟", minutes=round(seconds / 60))
    if seconds < 172_800:
        return say("{hours} 小时 {minutes} 分钟", hours=seconds // 3600, minutes=seconds % 3600 // 60)
    return say("{days} 天 {hours} 小时", days=seconds // 86400, hours=seconds % 86400 // 3600)


def _place(local: datetime, offset: timedelta | None, zone: ZoneInfo | None) -> datetime:
    if offset is None:
        return local.replace(tzinfo=zone)
    return local.replace(tzinfo=timezone(offset))
