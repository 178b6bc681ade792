"""The outline of a filed place: read as a geofence, each fault with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.class_folder import CLASS_TOML
from tests.verifier.filing.faults import all_shown, only_fault, read
from verifier.coordinates import measure_distance_m

CORNERS = "[[112.3540, 28.5690], [112.3570, 28.5690], [112.3570, 28.5710], [112.3540, 28.5710]]"
RADIUS = "radius_m = 300"
LINE = CLASS_TOML[: CLASS_TOML.index(RADIUS)].count("\n") + 1
POINT = "longitude = 112.355129\nlatitude = 28.570066\n"


def test_an_outline_takes_the_radius_place(tmp_path: Path) -> None:
    result = read(tmp_path, replace={RADIUS: f"polygon = {CORNERS}"})
    assert all_shown(result) == []
    assert result.class_file is not None
    venue = result.class_file.training.venue
    assert venue.polygon == ((112.354, 28.569), (112.357, 28.569), (112.357, 28.571), (112.354, 28.571))
    farthest = max(measure_distance_m((112.355129, 28.570066), corner) for corner in venue.polygon)
    assert venue.radius_m == pytest.approx(farthest)


def test_the_middle_of_an_outline_stands_for_a_point_that_was_not_filed(tmp_path: Path) -> None:
    result = read(tmp_path, replace={RADIUS: f"polygon = {CORNERS}", POINT: ""})
    assert all_shown(result) == []
    assert result.class_file is not None
    venue = result.class_file.training.venue
    assert (venue.longitude, venue.latitude) == pytest.approx((112.3555, 28.570))


def test_an_outline_may_be_closed_by_its_first_corner(tmp_path: Path) -> None:
    result = read(tmp_path, replace={RADIUS: f"polygon = {CORNERS[:-1]}, [112.3540, 28.5690]]"})
    assert result.class_file is not None
    assert len(result.class_file.training.venue.polygon) == 4


@pytest.mark.parametrize(
    ("polygon", "words"),
    [
        pytest.param('"112.354 28.569"', "should be a list", id="a text"),
        pytest.param("[1, 2, 3]", "no list of [longitude, latitude] pairs", id="numbers"),
        pytest.param('[["112", "28"], [1, 2], [3, 4]]', "no list of [longitude, latitude] pairs", id="quoted numbers"),
        pytest.param("[[112.354, 28.569, 3], [1, 2], [3, 4]]", "no list of [longitude", id="three numbers to a corner"),
        pytest.param("[[112.354, nan], [112.357, 28.569], [112.357, 28.571]]", "no list of", id="no number"),
        pytest.param("[[112.354, 28.569], [112.357, 28.569]]", "only 2 different corners", id="two corners"),
        pytest.param(
            "[[112.354, 28.569], [112.357, 28.571], [112.357, 28.569], [112.354, 28.571]]",
            "crosses itself",
            id="crossed",
        ),
        pytest.param("[[112.354, 28.569], [112.357, 28.569], [113.357, 28.571]]", "more than 20000 m", id="too wide"),
        pytest.param(
            "[[112.3551, 28.5700], [112.35515, 28.5700], [112.35513, 28.57005]]",
            "less than 100 m²",
            id="a table's size",
        ),
        pytest.param(
            "[[28.569, 112.354], [28.569, 112.357], [28.571, 112.357]]", "no list of", id="latitude over 90 degrees"
        ),
        pytest.param(
            "[[28.569, 12.354], [28.569, 12.357], [28.571, 12.357]]", "longitude comes first", id="another continent"
        ),
    ],
)
def test_an_unsound_outline_is_an_error_at_its_line(tmp_path: Path, polygon: str, words: str) -> None:
    fault = only_fault(read(tmp_path, replace={RADIUS: f"polygon = {polygon}"}))
    assert fault.startswith(f"class.toml:{LINE} error")
    assert words in fault


def test_a_radius_beside_an_outline_is_warned_of(tmp_path: Path) -> None:
    assert "no effect" in only_fault(read(tmp_path, replace={RADIUS: f"{RADIUS}\npolygon = {CORNERS}"}))


def test_a_point_outside_its_outline_is_warned_of(tmp_path: Path) -> None:
    fault = only_fault(read(tmp_path, replace={RADIUS: f"polygon = {CORNERS}", "112.355129": "112.3580"}))
    assert "warning" in fault
    assert "98 m outside" in fault
