"""From the frames that Chinese maps use to WGS-84, the one frame in which places are stored.

GCJ-02 shifts WGS-84 by 100 to 700 m inside China; BD-09 shifts GCJ-02 once more. The forward formulas are the published
ones (A. Holdenried's and others' reverse engineering, as in eviltransform); the way back is found by iteration.
"""

from __future__ import annotations

from math import atan2, cos, hypot, pi, radians, sin, sqrt

from verifier.plan import CoordinateFrame

_AXIS_M = 6378245.0  # Krasovsky 1940
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD09_TURN = pi * 3000.0 / 180.0


def convert_to_wgs84(longitude: float, latitude: float, frame: CoordinateFrame) -> tuple[float, float]:
    """(longitude, latitude) in degrees WGS-84 of a coordinate in `frame`; within a millimetre of the forward formulas."""
    if frame is CoordinateFrame.BD09:
        longitude, latitude = _bd09_to_gcj02(longitude, latitude)
    if frame is CoordinateFrame.WGS84 or not _in_china(longitude, latitude):
        return longitude, latitude
    found = longitude, latitude
    for _ in range(10):  # the shift changes by about 1 in 10⁴ over its own length, so each round gains four digits
        shift = _gcj02_shift(*found)
        found = longitude - shift[0], latitude - shift[1]
    return found


def _in_china(longitude: float, latitude: float) -> bool:
    # The box inside which the maps shift at all.
    return 72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271


def _bd09_to_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    x, y = longitude - 0.0065, latitude - 0.006
    distance = hypot(x, y) - 0.00002 * sin(y * _BD09_TURN)
    angle = atan2(y, x) - 0.000003 * cos(x * _BD09_TURN)
    return distance * cos(angle), distance * sin(angle)


def _gcj02_shift(longitude: float, latitude: float) -> tuple[float, float]:
    """What GCJ-02 adds to a WGS-84 coordinate, in degrees."""
    x, y = longitude - 105.0, latitude - 35.0
    ripple = 20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (ripple + 20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (ripple + 20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    flat = 1 - _ECCENTRICITY_SQUARED * sin(radians(latitude)) ** 2
    metres_north = _AXIS_M * (1 - _ECCENTRICITY_SQUARED) / (flat * sqrt(flat)) * pi / 180.0
    metres_east = _AXIS_M / sqrt(flat) * cos(radians(latitude)) * pi / 180.0
    return east / metres_east, north / metres_north
