"""Lines that were read badly are read again, cut differently."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.builders.stamps import as_bgr
from verifier.demo.draw_stamp import Sheet
from verifier.photo.stamp_reread import reread_doubtful
from verifier.vision.text import TextBox, open_text_net, recognise_lines


@pytest.mark.parametrize("clock", ["10:16", "13:55"])
def test_an_edge_of_the_scene_beside_a_clock_is_cut_off(clock):
    """The finder's box begins in a pale shape of the scene that looks like a 2, and no hour has three digits."""
    net = open_text_net()
    sheet = Sheet.on(Image.new("RGB", (700, 300), (90, 100, 95)))
    width = sheet.write((150, 100), clock, 33)
    sheet.write((90, 100), "2", 33, (235, 235, 235, 255), shadow=False)
    picture = as_bgr(sheet.flatten(Image.new("RGB", (700, 300), (90, 100, 95))), 85)
    left, right = 105, 170 + width
    box = TextBox(np.array([[left, 80], [right, 80], [right, 210], [left, 210]], dtype=np.float32), 0.9)
    first = recognise_lines(picture, [box], net)
    assert first[0].text == "2" + clock
    assert reread_doubtful(picture, [box], first, net, 4)[0][0].text == clock
