"""Convert between the three datums Chinese phones and maps write, and measure distances.

WGS-84 is what satellites give. GCJ-02 is the shifted datum that Chinese maps must use (100 to 700 m off), BD-09 is
Baidu's further shift of it. Which one a stamp prints is rarely said, so `plausible_frames` tries each.

Source: the published reverse-engineered formulas (Krasovsky 1940 ellipsoid; wandergis/coordtransform, eviltransform);
the tests compare with their published points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import asin, atan2, cos, pi, radians, sin, sqrt

from verifier.plan import CoordinateFrame, Venue

KRASOVSKY_A_M = 6378245.0
KRASOVSKY_EE = 0.00669342162296594323
EARTH_RADIUS_M = 6371008.8  # IUGG mean radius
BAIDU_PI = pi * 3000.0 / 180.0
INVERSE_TOLERANCE_DEG = 1e-9
INVERSE_MAX_STEPS = 30

LonLat = tuple[float, float]


@dataclass(frozen=True, slots=True)
class FramedPlace:
    """A coordinate read as one datum: its WGS-84 position in degrees, and how far from the venue that is."""

    frame: CoordinateFrame
    longitude: float
    latitude: float
    distance_m: float


def is_in_china(longitude: float, latitude: float) -> bool:
    """Whether the shifted datums apply: the rectangle of the published formulas, neighbours included."""
    return 72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271


def convert_wgs84_to_gcj02(longitude: float, latitude: float) -> LonLat:
    """Shift a WGS-84 position (degrees) to GCJ-02; outside China nothing is shifted."""
    if not is_in_china(longitude, latitude):
        return longitude, latitude
    east, north = longitude - 105.0, latitude - 35.0
    shift_north = -100.0 + 2.0 * east + 3.0 * north + 0.2 * north * north + 0.1 * east * north + 0.2 * sqrt(abs(east))
    shift_north += (20.0 * sin(6.0 * east * pi) + 20.0 * sin(2.0 * east * pi)) * 2.0 / 3.0
    shift_north += (20.0 * sin(north * pi) + 40.0 * sin(north / 3.0 * pi)) * 2.0 / 3.0
    shift_north += (160.0 * sin(north / 12.0 * pi) + 320.0 * sin(north * pi / 30.0)) * 2.0 / 3.0
    shift_east = 300.0 + east + 2.0 * north + 0.1 * east * east + 0.1 * east * north + 0.1 * sqrt(abs(east))
    shift_east += (20.0 * sin(6.0 * east * pi) + 20.0 * sin(2.0 * east * pi)) * 2.0 / 3.0
    shift_east += (20.0 * sin(east * pi) + 40.0 * sin(east / 3.0 * pi)) * 2.0 / 3.0
    shift_east += (150.0 * sin(east / 12.0 * pi) + 300.0 * sin(east / 30.0 * pi)) * 2.0 / 3.0
    # Metres to degrees on the ellipsoid.
    flattening = 1.0 - KRASOVSKY_EE * sin(radians(latitude)) ** 2
    meridian_m = KRASOVSKY_A_M * (1.0 - KRASOVSKY_EE) / (flattening * sqrt(flattening))
    parallel_m = KRASOVSKY_A_M / sqrt(flattening) * cos(radians(latitude))
    return longitude + shift_east * 180.0 / (parallel_m * pi), latitude + shift_north * 180.0 / (meridian_m * pi)


def convert_gcj02_to_bd09(longitude: float, latitude: float) -> LonLat:
    """Shift a GCJ-02 position (degrees) to BD-09; outside China nothing is shifted."""
    if not is_in_china(longitude, latitude):
        return longitude, latitude
    radius = sqrt(longitude**2 + latitude**2) + 0.00002 * sin(latitude * BAIDU_PI)
    angle = atan2(latitude, longitude) + 0.000003 * cos(longitude * BAIDU_PI)
    return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006


def convert_gcj02_to_wgs84(longitude: float, latitude: float) -> LonLat:
    """Undo `convert_wgs84_to_gcj02`, to better than 1e-7 degrees (1 cm)."""
    return _invert(convert_wgs84_to_gcj02, longitude, latitude)


def convert_bd09_to_gcj02(longitude: float, latitude: float) -> LonLat:
    """Undo `convert_gcj02_to_bd09`, to better than 1e-7 degrees (1 cm)."""
    return _invert(convert_gcj02_to_bd09, longitude, latitude)


def convert_to_wgs84(longitude: float, latitude: float, frame: CoordinateFrame) -> LonLat:
    """Bring a position in degrees from its datum to WGS-84."""
    if frame is CoordinateFrame.BD09:
        longitude, latitude = convert_bd09_to_gcj02(longitude, latitude)
    if frame is CoordinateFrame.WGS84:
        return longitude, latitude
    return convert_gcj02_to_wgs84(longitude, latitude)


def convert_from_wgs84(longitude: float, latitude: float, frame: CoordinateFrame) -> LonLat:
    """Bring a WGS-84 position in degrees into another datum."""
    if frame is CoordinateFrame.WGS84:
        return longitude, latitude
    longitude, latitude = convert_wgs84_to_gcj02(longitude, latitude)
    if frame is CoordinateFrame.GCJ02:
        return longitude, latitude
    return convert_gcj02_to_bd09(longitude, latitude)


def measure_distance_m(first: LonLat, second: LonLat) -> float:
    """Great-circle distance in metres between two (longitude, latitude) pairs of the same datum (haversine)."""
    half_north = radians(second[1] - first[1]) / 2.0
    half_east = radians(second[0] - first[0]) / 2.0
    chord = sin(half_north) ** 2 + cos(radians(first[1])) * cos(radians(second[1])) * sin(half_east) ** 2
    return 2.0 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


def plausible_frames(
    longitude: float, latitude: float, venue: Venue, frames: tuple[CoordinateFrame, ...] = tuple(CoordinateFrame)
) -> tuple[FramedPlace, ...]:
    """Read one coordinate as each datum and say how far from the venue each reading lies, nearest first.

    Args:
        longitude: Degrees as printed or written, datum unknown.
        latitude: Degrees as printed or written, datum unknown.
        venue: The filed place, in its own datum.
        frames: The datums that are plausible for this source.
    Raises:
        ValueError: the venue has no coordinates.
    """
    if venue.longitude is None or venue.latitude is None:
        raise ValueError(f"venue {venue.name} has no coordinates")
    wanted = convert_to_wgs84(venue.longitude, venue.latitude, venue.frame)
    if not is_in_china(longitude, latitude):
        frames = (CoordinateFrame.WGS84,)  # the datums are one and the same there
    read = [(frame, convert_to_wgs84(longitude, latitude, frame)) for frame in frames]
    places = [FramedPlace(frame, *place, measure_distance_m(place, wanted)) for frame, place in read]
    return tuple(sorted(places, key=lambda place: place.distance_m))


def _invert(forward: Callable[[float, float], LonLat], longitude: float, latitude: float) -> LonLat:
    """Find what `forward` sends to the given position; the shifts are smooth and small, so it converges fast."""
    if not is_in_china(longitude, latitude):
        return longitude, latitude
    guess = (longitude, latitude)
    for _ in range(INVERSE_MAX_STEPS):
        there = forward(*guess)
        error = (longitude - there[0], latitude - there[1])
        guess = (guess[0] + error[0], guess[1] + error[1])
        if max(abs(error[0]), abs(error[1])) < INVERSE_TOLERANCE_DEG:
            break
    return guess
