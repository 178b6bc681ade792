"""Rows of a list."""

from __future__ import annotations

import pytest

from verifier.observation import Box, TextLine
from verifier.photo.stamp_grid import is_labelled


@pytest.mark.parametrize(
    ("text", "labelled"),
    [
        pytest.param("地址：桃花仑西路788号", True, id="two letters and a colon"),
        pytest.param("项目：中式面点师", True, id="any word and a colon"),
        pytest.param("地址桃花仑西路788号", True, id="the colon of a usual label is lost"),
        pytest.param("时　间 2023-06-12", True, id="a spaced label without its colon"),
        pytest.param("桃花仑西路788号", False, id="a place without a label"),
        pytest.param("中式面点师培训课程：第三课", False, id="a sentence with a colon"),
    ],
)
def test_labels(text, labelled):
    """Without its label a row tears the grid that tells where the others are."""
    assert is_labelled(TextLine(text, 0.99, Box(0, 0, 300, 30), (0.99,) * len(text))) is labelled
