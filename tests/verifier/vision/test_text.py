"""Lines of text, found and read."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from PIL import Image, ImageDraw

from verifier.demo.draw_stamp import load_font
from verifier.vision.text import TextBox, find_text_boxes, open_text_net, recognise_lines


@pytest.fixture(scope="module")
def net():
    """The text models, loaded once."""
    return open_text_net(threads=1)


def a_page(*texts: str, size_px: int = 40, turn: int = 0) -> np.ndarray:
    """White letters on grey, one line below the other, in BGR."""
    page = Image.new("RGB", (900, 90 * len(texts) + 60), (80, 80, 90))
    for row, text in enumerate(texts):
        ImageDraw.Draw(page).text((40, 40 + 90 * row), text, "white", load_font(size_px))
    return np.ascontiguousarray(np.asarray(page.rotate(turn, expand=True))[:, :, ::-1])


def test_lines_are_found_and_read(net):
    """Chinese, digits and letters; each character has its probability."""
    page = a_page("2023-06-12 09:12", "益阳市桃花仑西路788号")
    lines = recognise_lines(page, find_text_boxes(page, net, 736), net)
    ordered = sorted(lines, key=lambda line: line.box.y)
    assert [line.text.replace(" ", "") for line in ordered] == ["2023-06-1209:12", "益阳市桃花仑西路788号"]
    for line in lines:
        assert len(line.per_character) == len(line.text)
        assert line.confidence == pytest.approx(np.mean(line.per_character))
        assert line.confidence > 0.9


def test_boxes_are_in_pixels_of_the_picture_given(net):
    """However much the search reduces it."""
    page = np.kron(a_page("2023-06-12 09:12"), np.ones((4, 4, 1), dtype=np.uint8))
    small = find_text_boxes(page, net, 500)
    assert len(small) == 1
    assert small[0].box.x == pytest.approx(160, abs=60)
    assert small[0].tilt_deg == pytest.approx(0, abs=1)


@pytest.mark.parametrize("turn", [90, 270])
def test_upright_lines_are_read_in_either_direction(turn, net):
    """As the code at a picture's right edge."""
    page = a_page("6MQZ8P27RTTFL3", turn=turn)
    lines = recognise_lines(page, find_text_boxes(page, net, 736), net)
    assert [line.text for line in lines] == ["6MQZ8P27RTTFL3"]


def test_no_text_gives_no_lines(net):
    """An even wall, and a picture too thin to look at."""
    assert find_text_boxes(np.full((480, 640, 3), 90, dtype=np.uint8), net, 736) == ()
    assert find_text_boxes(np.zeros((1, 500, 3), dtype=np.uint8), net, 736) == ()
    assert recognise_lines(np.zeros((50, 50, 3), dtype=np.uint8), (), net) == ()


def test_a_box_at_the_pictures_edge_is_cut_there(net):
    """Corners outside the picture do no harm."""
    outside = TextBox(np.array([[-20, -5], [60, -5], [60, 30], [-20, 30]], dtype=np.float32), 1.0)
    lines = recognise_lines(a_page("12:45"), (outside,), net)
    assert len(lines) == 1


def test_the_version_names_the_model_files(net):
    """Two machines with the same version read the same."""
    assert net.version.startswith("rapidocr-3")
    assert "det:" in net.version
    assert "rec:" in net.version
    assert net.version == open_text_net().version


def test_the_library_keeps_silent(net, capfd):
    """Its own chatter would end up in the output of every command."""
    page = a_page("12:45")
    recognise_lines(page, find_text_boxes(page, net, 736), net)
    assert logging.getLogger("RapidOCR").level >= logging.CRITICAL
    assert capfd.readouterr() == ("", "")
