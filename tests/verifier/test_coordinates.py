"""Datums: the published points, the way back, and what lies outside China."""

from __future__ import annotations

import pytest

from tests.builders.plan import a_venue
from verifier.coordinates import (
    convert_bd09_to_gcj02,
    convert_from_wgs84,
    convert_gcj02_to_bd09,
    convert_gcj02_to_wgs84,
    convert_to_wgs84,
    convert_wgs84_to_gcj02,
    measure_distance_m,
    plausible_frames,
)
from verifier.plan import CoordinateFrame

YIYANG = (112.355129, 28.570066)


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        # eviltransform's own test points (Shanghai, Shenzhen, Beijing); they use an ellipsoid 108 m smaller: 1e-6 degrees.
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
        # wandergis/coordtransform's example.
        ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    ],
)
def test_published_points_of_wgs84_and_gcj02(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert convert_wgs84_to_gcj02(*wgs84) == pytest.approx(gcj02, abs=1e-6)
    assert convert_gcj02_to_wgs84(*gcj02) == pytest.approx(wgs84, abs=1e-6)


def test_published_points_of_gcj02_and_bd09() -> None:
    """wandergis/coordtransform's examples; their way back is an approximation of some centimetres."""
    assert convert_gcj02_to_bd09(116.404, 39.915) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-9)
    assert convert_bd09_to_gcj02(116.404, 39.915) == pytest.approx((116.39762729119315, 39.90865673957631), abs=1e-5)


@pytest.mark.parametrize("frame", CoordinateFrame)
@pytest.mark.parametrize("place", [YIYANG, (87.6, 43.8), (126.6, 45.8), (110.3, 20.0), (72.01, 1.0), (137.8, 55.0)])
def test_there_and_back_again_is_the_same_place(frame: CoordinateFrame, place: tuple[float, float]) -> None:
    there = convert_from_wgs84(*place, frame)
    assert convert_to_wgs84(*there, frame) == pytest.approx(place, abs=1e-7)


@pytest.mark.parametrize("frame", CoordinateFrame)
def test_outside_china_the_datums_are_one(frame: CoordinateFrame) -> None:
    for place in [(110.375992, -7.767381), (-94.288772, 39.051344), (2.35, 48.86)]:
        assert convert_from_wgs84(*place, frame) == place
        assert convert_to_wgs84(*place, frame) == place


def test_the_shift_in_yiyang_is_some_hundred_metres() -> None:
    shifted = convert_wgs84_to_gcj02(*YIYANG)
    assert 100 < measure_distance_m(YIYANG, shifted) < 700


def test_known_distances() -> None:
    assert measure_distance_m((0.0, 0.0), (0.0, 1.0)) == pytest.approx(111_195, abs=1)
    # Paris to London, great circle: 344 km.
    assert measure_distance_m((2.3522, 48.8566), (-0.1276, 51.5072)) == pytest.approx(343_500, rel=0.005)
    assert measure_distance_m(YIYANG, YIYANG) == 0.0


def test_the_nearest_reading_names_the_datum_it_was_written_in() -> None:
    venue = a_venue()
    wgs84 = convert_to_wgs84(*YIYANG, CoordinateFrame.GCJ02)
    for frame in CoordinateFrame:
        printed = convert_from_wgs84(*wgs84, frame)
        nearest = plausible_frames(*printed, venue)[0]
        assert nearest.frame is frame
        assert nearest.distance_m < 0.1


def test_a_venue_without_coordinates_has_no_distance() -> None:
    with pytest.raises(ValueError, match="no coordinates"):
        plausible_frames(*YIYANG, a_venue(longitude=None, latitude=None))
