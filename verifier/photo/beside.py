"""What the class's other photos say beside one photo: places repeated to the last digit, and clocks whose order contradicts itself.

A photo is held only against photos of the same day and of earlier days, so that what was concluded about a lesson does not change
with every later one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from verifier.observation import Look, Stamp
from verifier.photo.clocks import Clock, Reading, measure_gap_s, read_clocks
from verifier.photo.context import Beside, OrderClash, PhotoContext, Repeated
from verifier.photo.geofence import count_decimals
from verifier.photo.stamp_limits import STAMP_READING_2023
from verifier.plan import Session, Submission


@dataclass(frozen=True, slots=True)
class BesideLimits:
    """What is worth a remark.

    Attributes:
        repeated_days: Five teaching days are a week of lessons; on fewer an app's cached fix explains the same digits.
        min_decimals: The fifth decimal is a metre. Satellites scatter by metres, so equal digits are no new fix; with fewer
            decimals they are mere rounding.
        apart_s: Two clocks of one phone must differ by more than this, each way, before their order contradicts itself.
        named: Contradicting neighbours that are told; more add nothing.
    """

    name: str = "beside-2023"
    repeated_days: int = 5
    min_decimals: int = 5
    apart_s: float = 300.0
    named: int = 3
    min_confidence: float = STAMP_READING_2023.min_confidence


BESIDE_2023 = BesideLimits()
PlacedPhoto = tuple[Submission, Look | None, Session | None]


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """The few values of a photo that others are held against."""

    submission: Submission
    day: date | None  # of its session
    stamp_place: tuple[str, str] | None
    stamp_day: date | None
    camera_place: tuple[float, float] | None
    camera_day: date | None
    device: tuple[str, str, str] | None
    stamp: Reading | None
    camera: Reading | None


def look_beside(
    photos: Sequence[PlacedPhoto], timezone: str, limits: BesideLimits = BESIDE_2023
) -> dict[Submission, Beside]:
    """Hold every photo of a class against the others.

    Args:
        photos: All of the class, each with its look (None: not looked at) and its session (None: of none).
        timezone: The class's, in which clocks without an offset are read.
    Returns: one answer for each submission.
    """
    read = [_read(*photo, timezone, limits) for photo in photos]
    by_stamp: dict[tuple[str, str], list[_Neighbour]] = defaultdict(list)
    by_camera: dict[tuple[float, float], list[_Neighbour]] = defaultdict(list)
    by_device: dict[tuple[str, str, str], list[_Neighbour]] = defaultdict(list)
    for each in read:
        if each.stamp_place is not None:
            by_stamp[each.stamp_place].append(each)
        if each.camera_place is not None:
            by_camera[each.camera_place].append(each)
        if each.device is not None and each.stamp is not None and each.camera is not None:
            by_device[each.device].append(each)
    found = {}
    for each in read:
        stamps = by_stamp[each.stamp_place] if each.stamp_place is not None else []
        cameras = by_camera[each.camera_place] if each.camera_place is not None else []
        same_device = by_device[each.device] if each.device is not None else []
        found[each.submission] = Beside(
            stamp_place=_count([other.stamp_day for other in stamps if _may_count(other, each)], limits),
            camera_place=_count([other.camera_day for other in cameras if _may_count(other, each)], limits),
            clashes=_find_clashes(each, [other for other in same_device if _may_count(other, each)], limits),
        )
    return found


def _may_count(other: _Neighbour, own: _Neighbour) -> bool:
    return own.day is None or (other.day is not None and other.day <= own.day)


def _count(days: Sequence[date | None], limits: BesideLimits) -> Repeated | None:
    known = sorted({day for day in days if day is not None})
    if len(known) < limits.repeated_days:
        return None
    return Repeated(len(days), len(known), known[0], known[-1])


def _find_clashes(own: _Neighbour, others: Sequence[_Neighbour], limits: BesideLimits) -> tuple[OrderClash, ...]:
    """Photos of the same phone that the stamps put on one side of this one, and the camera's clock on the other.

    Where this photo's own two clocks agree, the contradiction is the other photo's, and is told there.
    """
    if own.stamp is None or own.camera is None or abs(measure_gap_s(own.stamp, own.camera)) <= limits.apart_s:
        return ()
    found = []
    for other in others:
        if other.submission == own.submission or other.stamp is None or other.camera is None:
            continue
        by_stamp, by_camera = measure_gap_s(own.stamp, other.stamp), measure_gap_s(own.camera, other.camera)
        if min(abs(by_stamp), abs(by_camera)) > limits.apart_s and (by_stamp > 0) != (by_camera > 0):
            found.append(OrderClash(other.submission.file, other.stamp.at, other.camera.at, by_stamp, by_camera))
    return tuple(sorted(found, key=lambda clash: (abs(clash.stamp_gap_s), clash.file))[: limits.named])


def _read(
    submission: Submission, look: Look | None, session: Session | None, timezone: str, limits: BesideLimits
) -> _Neighbour:
    stamp = look.stamp if look is not None else None
    camera = look.camera if look is not None else None
    clocks = read_clocks(look, PhotoContext(submission, timezone=timezone)) if look is not None else {}
    printed = clocks.get(Clock.STAMP)
    written = clocks.get(Clock.CAMERA)
    place = None
    if camera is not None and camera.longitude is not None and camera.latitude is not None:
        place = (camera.longitude, camera.latitude)
    device = None
    if camera is not None and camera.model:
        # Without a serial number two phones of one model count as one, as far as their clocks let them.
        device = (camera.make or "", camera.model, camera.serial or "")
    return _Neighbour(
        submission=submission,
        day=session.day if session is not None else None,
        stamp_place=_read_stamp_place(stamp, limits) if stamp is not None else None,
        stamp_day=stamp.day.value if stamp is not None and stamp.day is not None else None,
        camera_place=place,
        camera_day=written.local.date() if written is not None else None,
        device=device,
        stamp=printed if printed is not None and printed.confidence >= limits.min_confidence else None,
        camera=written,
    )


def _read_stamp_place(stamp: Stamp, limits: BesideLimits) -> tuple[str, str] | None:
    """The printed coordinates to their last digit; None where they are rounded, absent, or not surely read."""
    longitude, latitude = stamp.longitude, stamp.latitude
    if longitude is None or latitude is None or (longitude.value, latitude.value) == (0.0, 0.0):
        return None
    if min(longitude.confidence, latitude.confidence) < limits.min_confidence:
        return None
    if (count_decimals(longitude, latitude) or 0) < limits.min_decimals:
        return None
    return repr(longitude.value), repr(latitude.value)
