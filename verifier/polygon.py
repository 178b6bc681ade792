"""Areas on the ground as polygons of (longitude, latitude) in degrees, small enough that the ground is flat.

Corners go round once, in either direction; the last is joined to the first. Everything is measured on a plane that touches the
ground at a point of interest: over the 20 km that a filed place may measure that is off by less than 0.1 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import cos, hypot, radians

from verifier.coordinates import EARTH_RADIUS_M, LonLat, measure_distance_m

MIN_CORNERS = 3
Plane = tuple[float, float]  # metres east and north of the point of interest


def measure_outside_m(place: LonLat, polygon: Sequence[LonLat]) -> float:
    """Metres from a place to the polygon's edge where it lies outside; 0.0 inside and on the edge.

    Args:
        place: Degrees, in the polygon's own datum.
        polygon: At least three corners.
    """
    corners = [_project(corner, place) for corner in polygon]
    return 0.0 if _holds_origin(corners) else min(_distance_from_origin(*side) for side in _sides(corners))


def find_centre(polygon: Sequence[LonLat]) -> LonLat:
    """The middle of the rectangle around the corners, degrees."""
    longitudes, latitudes = [corner[0] for corner in polygon], [corner[1] for corner in polygon]
    return (min(longitudes) + max(longitudes)) / 2, (min(latitudes) + max(latitudes)) / 2


def measure_reach_m(place: LonLat, polygon: Sequence[LonLat]) -> float:
    """Metres from a place to the farthest corner: the circle around the place that holds the whole polygon."""
    return max(measure_distance_m(place, corner) for corner in polygon)


def measure_area_m2(polygon: Sequence[LonLat]) -> float:
    """The area; 0.0 where all corners lie on one line."""
    corners = [_project(corner, polygon[0]) for corner in polygon]
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _sides(corners))) / 2


def crosses_itself(polygon: Sequence[LonLat]) -> bool:
    """Whether two sides cut through each other, as when corners were written in the wrong order."""
    sides = list(_sides([_project(corner, polygon[0]) for corner in polygon]))
    return any(_cross(one, other) for one, other in combinations(sides, 2))


def _project(place: LonLat, origin: LonLat) -> Plane:
    metres = radians(1.0) * EARTH_RADIUS_M
    return (place[0] - origin[0]) * metres * cos(radians(origin[1])), (place[1] - origin[1]) * metres


def _sides(corners: Sequence[Plane]) -> Iterator[tuple[Plane, Plane]]:
    return zip(corners, (*corners[1:], corners[0]), strict=True)


def _holds_origin(corners: Sequence[Plane]) -> bool:
    """Whether a ray to the east leaves the polygon an odd number of times."""
    inside = False
    for (x1, y1), (x2, y2) in _sides(corners):
        if (y1 > 0) != (y2 > 0) and x1 + (x2 - x1) * -y1 / (y2 - y1) > 0:
            inside = not inside
    return inside


def _distance_from_origin(start: Plane, end: Plane) -> float:
    (x1, y1), (x2, y2) = start, end
    length2 = (x2 - x1) ** 2 + (y2 - y1) ** 2
    along = 0.0 if length2 == 0 else max(0.0, min(1.0, -(x1 * (x2 - x1) + y1 * (y2 - y1)) / length2))
    return hypot(x1 + along * (x2 - x1), y1 + along * (y2 - y1))


def _cross(one: tuple[Plane, Plane], other: tuple[Plane, Plane]) -> bool:
    def turn(a: Plane, b: Plane, c: Plane) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    (a, b), (c, d) = one, other
    return turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
