"""Coordinates come back from the frames of Chinese maps to WGS-84."""

from __future__ import annotations

import pytest

from verifier.plan import CoordinateFrame
from verifier.records.coordinates import convert_to_wgs84


@pytest.mark.parametrize(
    ("frame", "place", "wanted"),
    [
        # Tiananmen, as coordtransform's README gives it (WGS-84 116.404 39.915 and its shifted forms).
        pytest.param(CoordinateFrame.GCJ02, (116.41024449916938, 39.91640428150164), (116.404, 39.915), id="GCJ-02"),
        pytest.param(CoordinateFrame.BD09, (116.41662724378733, 39.922699552216216), (116.404, 39.915), id="BD-09"),
        pytest.param(CoordinateFrame.WGS84, (112.35, 28.57), (112.35, 28.57), id="WGS-84 stays"),
        pytest.param(CoordinateFrame.GCJ02, (2.35, 48.86), (2.35, 48.86), id="nothing is shifted outside of China"),
    ],
)
def test_a_place_is_found_within_a_metre(
    frame: CoordinateFrame, place: tuple[float, float], wanted: tuple[float, float]
) -> None:
    assert convert_to_wgs84(*place, frame) == pytest.approx(wanted, abs=1e-5)
