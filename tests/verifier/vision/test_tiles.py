"""Tiles cover everything, and what lies on a border is found once and whole."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from verifier.vision.candidates import Candidates, join_candidates, merge_candidates
from verifier.vision.tiles import TileGrid, ZoomGrid, find_in_tiles, list_scales, list_starts, zoom_on_hints

GRID = TileGrid("test", tile_px=200, overlap_px=40, finest_scale=1.0, coarsest_px=100, smallest_px=10)
ZOOM = ZoomGrid("test", scale=2.0, tile_px=100, overlap_px=30, hint_score=0.2, hint_px=12)


def some(boxes: list[list[float]], scores: list[float] | None = None) -> Candidates:
    count = len(boxes)
    return Candidates(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores or [0.9] * count, np.float32),
        np.zeros((count, 5, 2), np.float32),
    )


def find_squares(tile: np.ndarray) -> Candidates:
    """A stand-in for a network: the bounding boxes of white areas."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((tile[..., 0] > 127).astype(np.uint8))
    return some([[x, y, x + w, y + h] for x, y, w, h, _ in stats[1:].tolist()])


def a_picture(width: int, height: int, squares: list[tuple[int, int, int]]) -> np.ndarray:
    picture = np.zeros((height, width, 3), np.uint8)
    for x, y, side in squares:
        picture[y : y + side, x : x + side] = 255
    return picture


@pytest.mark.parametrize("length", [1, 199, 200, 201, 360, 361, 1000, 4032])
def test_tiles_cover_an_axis_and_share_the_overlap(length):
    starts = list_starts(length, 200, 40)
    assert starts[0] == 0
    assert starts[-1] + 200 >= length
    assert all(b - a <= 160 for a, b in pairwise(starts))
    assert length <= 200 or starts[-1] + 200 == length


@pytest.mark.parametrize(("margin", "seen"), [(0, 1), (14, 1), (15.5, 0)])
def test_what_lies_in_a_tiles_margin_is_left_to_the_neighbour(margin, seen):
    # Tiles of 50 begin at 0, 35, 70, …; the square's middle lies 15 from the inner border of the one that the hint leads to.
    found = zoom_on_hints(
        a_picture(190, 50, [(32, 20, 6)]), find_squares, some([[20, 20, 26, 26]]), replace(ZOOM, margin_px=2 * margin)
    )
    assert len(found) == seen


def test_scales_go_down_by_halves_until_the_coarsest_size():
    assert list_scales(1000, 400, GRID) == [1.0, 0.5, 0.25, 0.125, 0.0625]
    assert list_scales(80, 60, GRID) == [1.0]


@pytest.mark.parametrize("at", range(0, 330, 13))
def test_a_thing_as_large_as_the_overlap_is_found_once_and_whole_wherever_it_lies(at):
    picture = a_picture(500, 380, [(at, at, 40)])
    found = merge_candidates(find_in_tiles(picture, find_squares, GRID), 0.4, 0.7)
    assert len(found) == 1
    np.testing.assert_allclose(found.boxes[0], [at, at, at + 40, at + 40], atol=9)


def test_a_thing_that_fills_the_picture_is_found_by_the_coarsest_level():
    found = merge_candidates(find_in_tiles(a_picture(1000, 1000, [(10, 10, 980)]), find_squares, GRID), 0.4, 0.7)
    assert len(found) == 1
    assert found.sides_px[0] == pytest.approx(980, rel=0.05)


def test_enlarging_looks_only_near_hints_and_answers_in_pixels_of_the_picture():
    looked: list[tuple[int, ...]] = []

    def detect(tile: np.ndarray) -> Candidates:
        looked.append(tile.shape)
        return find_squares(tile)

    picture = a_picture(1000, 1000, [(700, 300, 8), (100, 900, 8)])
    found = zoom_on_hints(picture, detect, some([[699, 301, 706, 307]], [0.3]), ZOOM)
    assert looked == [(100, 100, 3)]
    np.testing.assert_allclose(found.boxes, [[700, 300, 708, 308]], atol=1)


@pytest.mark.parametrize(
    ("score", "side", "tiles"),
    [
        pytest.param(0.2, 12, 1, id="at the limits"),
        pytest.param(0.19, 12, 0, id="too faint"),
        pytest.param(0.9, 12.5, 0, id="large enough already"),
    ],
)
def test_only_faint_enough_and_small_enough_hints_are_enlarged(score, side, tiles):
    looked = []

    def detect(tile: np.ndarray) -> Candidates:
        looked.append(tile)
        return some([])

    zoom_on_hints(a_picture(300, 300, []), detect, some([[50, 50, 50 + side, 50 + side]], [score]), ZOOM)
    assert len(looked) == tiles


def test_no_hints_are_no_work():
    assert len(zoom_on_hints(a_picture(30, 30, []), find_squares, some([]), ZOOM)) == 0


def test_merging_keeps_the_best_of_overlapping_and_of_contained_boxes():
    found = merge_candidates(
        some([[0, 0, 100, 100], [5, 5, 105, 105], [20, 20, 40, 40], [200, 0, 300, 100]], [0.8, 0.9, 0.95, 0.5]),
        0.4,
        0.7,
    )
    assert found.scores.tolist() == pytest.approx([0.95, 0.5])


def test_neighbours_that_touch_are_two():
    assert len(merge_candidates(some([[0, 0, 100, 100], [70, 0, 170, 100]]), 0.4, 0.7)) == 2


def test_the_order_of_tiles_does_not_show_in_the_result():
    boxes = [[0, 0, 10, 10], [50, 0, 60, 10], [0, 50, 10, 60]]
    one, other = merge_candidates(some(boxes), 0.4, 0.7), merge_candidates(some(boxes[::-1]), 0.4, 0.7)
    np.testing.assert_array_equal(one.boxes, other.boxes)


def test_joining_nothing_keeps_the_shape():
    assert join_candidates([], landmarks=0).landmarks.shape == (0, 0, 2)
