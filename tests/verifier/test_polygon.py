"""Places against outlines: inside, outside, how far; outlines that are none."""

from __future__ import annotations

import pytest

from verifier.coordinates import LonLat, measure_distance_m
from verifier.polygon import crosses_itself, find_centre, measure_area_m2, measure_outside_m, measure_reach_m

SQUARE = ((112.350, 28.570), (112.352, 28.570), (112.352, 28.572), (112.350, 28.572))
# A yard around a building, open to the east.
YARD = ((112.350, 28.570), (112.354, 28.570), (112.354, 28.571), (112.351, 28.571), (112.351, 28.573),
        (112.354, 28.573), (112.354, 28.574), (112.350, 28.574))  # fmt: skip


@pytest.mark.parametrize(
    ("place", "metres"),
    [
        pytest.param((112.351, 28.571), 0, id="in the middle"),
        pytest.param((112.3501, 28.5701), 0, id="just inside a corner"),
        pytest.param((112.351, 28.573), 111.2, id="north of a side"),
        pytest.param((112.353, 28.571), 97.7, id="east of a side"),
        pytest.param((112.353, 28.573), 148.0, id="off a corner"),
    ],
)
def test_the_distance_is_to_the_nearest_edge(place: LonLat, metres: float) -> None:
    assert measure_outside_m(place, SQUARE) == pytest.approx(metres, rel=0.002)
    assert measure_outside_m(place, SQUARE[::-1]) == pytest.approx(metres, rel=0.002)


def test_the_open_yard_of_a_building_is_outside_it() -> None:
    assert measure_outside_m((112.353, 28.5705), YARD) == 0
    assert measure_outside_m((112.353, 28.572), YARD) == pytest.approx(111.2, rel=0.002)


def test_a_line_that_crosses_itself_is_no_outline() -> None:
    a, b, c, d = SQUARE
    assert crosses_itself((a, c, b, d))
    assert not crosses_itself(SQUARE)
    assert not crosses_itself(YARD)
    assert not crosses_itself(SQUARE[:3])


def test_area_centre_and_reach() -> None:
    assert measure_area_m2(SQUARE) == pytest.approx(195.3 * 222.4, rel=0.002)
    assert measure_area_m2((SQUARE[0], SQUARE[1], (112.351, 28.570))) == pytest.approx(0, abs=0.01)
    centre = find_centre(SQUARE)
    assert centre == pytest.approx((112.351, 28.571))
    assert measure_reach_m(centre, SQUARE) == pytest.approx(measure_distance_m(centre, SQUARE[2]), rel=0.001)
