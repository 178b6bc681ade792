"""Rows of a list."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image

from tests.builders.stamps import as_bgr
from verifier.demo.draw_stamp import Sheet, write_rows
from verifier.observation import Box, TextLine
from verifier.photo.stamp_grid import is_labelled, read_missing_rows
from verifier.vision.text import find_text_boxes, open_text_net, recognise_lines


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


@pytest.mark.parametrize("cut_share", [0.62, 0.75])
def test_a_coordinate_with_fewer_decimals_than_the_other_is_read_to_its_end(cut_share):
    """The finder's box ended among the digits: 98.065 beside 38.069338."""
    net = open_text_net()
    ground = Image.new("RGB", (900, 700), (70, 80, 75))
    sheet = Sheet.on(ground)
    write_rows(sheet, ["经度：98.065888", "纬度：38.069338", "地址：桃花仑西路", "时间：2018-11-16 09:19:37"], 3.4)
    picture = as_bgr(sheet.flatten(ground), 85)
    lines = list(recognise_lines(picture, find_text_boxes(picture, net, 900), net))
    whole = next(line for line in lines if line.text.startswith("经度"))
    box = replace(whole.box, width=cut_share * whole.box.width)
    kept = round(cut_share * len(whole.text))
    torn = TextLine(whole.text[:kept], whole.confidence, box, whole.per_character[:kept])
    assert torn.text != whole.text
    read = read_missing_rows(picture, [torn if line is whole else line for line in lines], net)
    assert "98.065888" in " ".join(line.text for line in read)
