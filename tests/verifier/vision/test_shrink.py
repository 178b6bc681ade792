"""Shrinking by halves shows what averaging at once shows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from verifier.vision.shrink import shrink_by_area


@pytest.mark.parametrize("colours", [(), (3,)], ids=["grey", "colour"])
@pytest.mark.parametrize(
    ("size_wh", "wanted_wh"),
    [
        pytest.param((640, 480), (100, 75), id="two halves and a rest"),
        pytest.param((640, 480), (160, 120), id="halves only"),
        pytest.param((642, 483), (100, 75), id="an odd side is not halved"),
        pytest.param((640, 480), (600, 450), id="less than a half"),
        pytest.param((640, 16), (40, 1), id="down to one line"),
    ],
)
def test_a_picture_shrinks_as_by_averaging_its_areas_at_once(size_wh, wanted_wh, colours):
    noise = np.random.default_rng(3).integers(0, 256, (size_wh[1], size_wh[0], *colours), dtype=np.uint8)
    # Where a half pixel lies across a border it counts to both sides, which shows in noise and in nothing that a lens draws.
    picture = np.asarray(cv2.GaussianBlur(noise, (0, 0), 6.0), np.uint8)
    seen = shrink_by_area(picture, wanted_wh)
    wanted = cv2.resize(picture, wanted_wh, interpolation=cv2.INTER_AREA)
    assert seen.shape == wanted.shape
    # Each halving rounds to whole levels once.
    assert np.abs(seen.astype(int) - wanted).max() <= 2
    assert np.abs(seen.astype(int) - wanted).mean() <= 0.6
