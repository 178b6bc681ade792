"""Two looks at one picture, put together field by field.

A second look is taken only where the first leaves something open. Both see the same pixels, so agreement proves little: a
value is as sure as the less sure look. Where they contradict each other it is an even chance at best and accuses nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from typing import TypeVar

from verifier.observation import Field, Stamp
from verifier.photo.stamp_dates import is_overlay_date
from verifier.photo.stamp_geometry import overlap_area
from verifier.photo.stamp_text import surround

V = TypeVar("V")

# Below this a field is read once more: the checks act on nothing less sure (STAMP_TIME_2023).
SETTLED_CONFIDENCE = 0.9
CONTRADICTED_CONFIDENCE = 0.5
_COORDINATE_WORDS = re.compile(r"经\s*纬?\s*度|纬\s*度|东\s*经|北\s*纬|Lat\b|Long\b|\d\s*°\s*\d+\s*['/]")


def is_settled(stamps: Sequence[Stamp]) -> bool:
    """Whether one look has read all that the stamps seem to print, and surely."""
    return bool(stamps) and all(_is_whole(stamp) for stamp in stamps)


def _is_whole(stamp: Stamp) -> bool:
    if not _is_sure(stamp.day) or not _is_sure(stamp.clock) or stamp.address is None:
        return False
    if stamp.weekday is not None and stamp.day is not None and stamp.day.value.weekday() != stamp.weekday.value:
        return False
    if stamp.longitude is None and stamp.latitude is None:
        return not any(_COORDINATE_WORDS.search(line.text) for line in stamp.lines)
    return _is_sure(stamp.longitude) and _is_sure(stamp.latitude)


def _is_sure(field: Field[V] | None) -> bool:
    return field is not None and field.confidence >= SETTLED_CONFIDENCE


def combine_looks(first: Sequence[Stamp], second: Sequence[Stamp]) -> tuple[Stamp, ...]:
    """The stamps of the fuller look; what the other look read at the same place fills and confirms them.

    Args:
        first, second: Stamps of one picture, the fullest first, boxes in the same pixels.
    """
    base, other = (first, second) if count_fields(first) >= count_fields(second) else (second, first)
    combined = []
    for stamp in base:
        twin = max(other, key=lambda one: _shared_area(stamp, one), default=None)
        combined.append(_combine(stamp, twin) if twin is not None and _shared_area(stamp, twin) > 0 else stamp)
    return tuple(combined)


def is_open(stamps: Sequence[Stamp]) -> bool:
    """Whether the fullest stamp misses a date, a clock or announced coordinates, or they are contradicted: worth another look."""
    if not stamps:
        return True
    stamp = stamps[0]
    wanted: list[Field[date] | Field[time] | Field[float] | None] = [stamp.day, stamp.clock]
    if stamp.longitude is not None or any(_COORDINATE_WORDS.search(line.text) for line in stamp.lines):
        wanted += [stamp.longitude, stamp.latitude]
    return any(field is None or field.confidence <= CONTRADICTED_CONFIDENCE for field in wanted)


def count_fields(stamps: Sequence[Stamp]) -> int:
    """How many fields were read in all stamps together."""
    return sum(
        part is not None
        for stamp in stamps
        for part in (stamp.day, stamp.clock, stamp.address, stamp.longitude, stamp.latitude, stamp.code)
    )


def _shared_area(first: Stamp, second: Stamp) -> float:
    return overlap_area(first.box, second.box) if first.box is not None and second.box is not None else 0.0


def _combine(stamp: Stamp, twin: Stamp) -> Stamp:
    if any(day is not None and is_overlay_date(day) for day in (stamp.day, twin.day)):
        # A camera's overlay prints HH:MM:SS: what one look has read as HH:MM is a piece of it, and no one knows which.
        stamp, twin = (look if look.clock_has_seconds else replace(look, clock=None) for look in (stamp, twin))
    longitude, latitude, swapped = _choose_coordinates(stamp, twin)
    whole = replace(
        stamp,
        day=_choose_day(stamp, twin),
        clock=_choose(stamp.clock, twin.clock),
        weekday=_choose(stamp.weekday, twin.weekday),
        longitude=longitude,
        latitude=latitude,
        swapped=swapped,
        address=_choose_address(stamp.address, twin.address),
        code=_choose(stamp.code, twin.code),
        utc_offset=stamp.utc_offset if stamp.utc_offset is not None else twin.utc_offset,
        app=stamp.app or twin.app,
        layout=stamp.layout or twin.layout,
    )
    if stamp.box is not None and twin.box is not None:
        whole = replace(whole, box=surround([stamp.box, twin.box]))
    # What belongs to a value comes from the look that the value comes from.
    if whole.clock is not None and (stamp.clock is None or whole.clock.value != stamp.clock.value):
        whole = replace(whole, clock_has_seconds=twin.clock_has_seconds)
    return whole


def _choose_coordinates(stamp: Stamp, twin: Stamp) -> tuple[Field[float] | None, Field[float] | None, bool]:
    """Longitude, latitude, and whether their letters are swapped.

    Which number is which is decided by both together: a look that saw only 25.51°E of 25.51°E,116.42°N takes it for the
    longitude. So where one look has the pair, the other's half says how sure its number is, and not what it is.
    """
    if _has_pair(stamp) == _has_pair(twin):
        longitude, latitude = _choose(stamp.longitude, twin.longitude), _choose(stamp.latitude, twin.latitude)
        if longitude is not None and latitude is not None and longitude.value == latitude.value:
            return stamp.longitude, stamp.latitude, stamp.swapped  # one number, taken for the one and for the other
        return longitude, latitude, stamp.swapped
    pair, half = (stamp, twin) if _has_pair(stamp) else (twin, stamp)
    number = half.longitude if half.longitude is not None else half.latitude
    if number is None or pair.longitude is None or pair.latitude is None:
        return pair.longitude, pair.latitude, pair.swapped
    equal = [number.value == field.value for field in (pair.longitude, pair.latitude)]
    if equal[1] or (half.longitude is None and not equal[0]):
        return pair.longitude, _weigh(pair.latitude, number), pair.swapped
    return _weigh(pair.longitude, number), pair.latitude, pair.swapped


def _has_pair(stamp: Stamp) -> bool:
    return stamp.longitude is not None and stamp.latitude is not None


def _weigh(field: Field[float], other: Field[float]) -> Field[float]:
    """The field, as sure as the less sure of two readings, or an even chance where they contradict each other."""
    limit = other.confidence if field.value == other.value else CONTRADICTED_CONFIDENCE
    return replace(field, confidence=min(field.confidence, limit))


def _choose(mine: Field[V] | None, theirs: Field[V] | None) -> Field[V] | None:
    if mine is None or theirs is None:
        return mine if theirs is None else theirs
    surer, other = (mine, theirs) if mine.confidence >= theirs.confidence else (theirs, mine)
    limit = other.confidence if mine.value == theirs.value else CONTRADICTED_CONFIDENCE
    return replace(surer, confidence=min(surer.confidence, limit))


def _choose_day(stamp: Stamp, twin: Stamp) -> Field[date] | None:
    """As `_choose`; of two dates that contradict each other the one whose weekday was read beside them.

    It stays an even chance: a forger's weekday may be as wrong as a digit.
    """
    mine, theirs = stamp.day, twin.day
    chosen = _choose(mine, theirs)
    if mine is None or theirs is None or chosen is None or mine.value == theirs.value:
        return chosen
    weekdays = {look.weekday.value for look in (stamp, twin) if look.weekday is not None}
    fitting = [field for field in (mine, theirs) if field.value.weekday() in weekdays]
    return (
        replace(fitting[0], confidence=min(fitting[0].confidence, chosen.confidence)) if len(fitting) == 1 else chosen
    )


def _choose_address(mine: Field[str] | None, theirs: Field[str] | None) -> Field[str] | None:
    """As `_choose`; a place whose second row one look has missed is no contradiction."""
    if mine is not None and theirs is not None:
        shorter, longer = sorted((mine, theirs), key=lambda field: len(field.value))
        if longer.value.startswith(shorter.value):
            return longer
    return _choose(mine, theirs)
