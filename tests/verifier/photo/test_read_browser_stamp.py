"""Stamps that a browser drew are read: other letters, shapes and wrapping than the project's own drawings have."""

from __future__ import annotations

import random
import unicodedata

import pytest

from tests.builders.browser_panels import BROWSER_LAYOUTS
from tests.builders.browser_stamps import WHEEL_FONTS, BrowserMissing, open_painter
from tests.builders.browser_values import choose_values
from tests.builders.stamps import a_plain_room, as_bgr
from verifier.photo.read_stamp import read_stamps
from verifier.vision.text import open_text_net


def fold(text: str) -> str:
    """An address's letters and digits, in one width of signs."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign.isalnum())


@pytest.mark.browser
def test_stamps_drawn_by_a_browser_are_read_exactly():
    """A card whose address wraps, and a long panel with coordinates."""
    net = open_text_net()
    # One font from a wheel: the test reads the same pictures on every machine.
    try:
        with open_painter(WHEEL_FONTS) as painter:
            room = a_plain_room(1080, 810)
            layouts = ("06c mark card", "04c panel of many rows")
            drawn = [painter.draw(room, layout, "5") for layout in layouts]
    except BrowserMissing as missing:
        pytest.skip(str(missing))
    for picture, truth in drawn:
        (stamp,) = read_stamps(as_bgr(picture, 85), net)
        assert (stamp.day.value, stamp.clock.value) == (truth.day, truth.clock), truth.layout
        assert (stamp.weekday and stamp.weekday.value) == truth.weekday
        assert fold(stamp.address.value) == fold(truth.address)
        if truth.longitude is not None:
            read = (stamp.longitude.value, stamp.latitude.value)
            assert read == pytest.approx((truth.longitude, truth.latitude), abs=1e-7)


def test_every_browser_layout_prints_its_day_and_clock_in_a_seeds_own_words():
    """Without a browser: the same seed says the same, another seed something else."""
    for name, layout in BROWSER_LAYOUTS.items():
        first, again, other = (
            layout(choose_values(c), c) for c in (random.Random(1), random.Random(1), random.Random(2))
        )
        assert first == again, name
        assert first[0] != other[0], name
        html, truth = first
        assert f":{truth.clock:%M}" in html, name
        assert str(truth.day.year) in html, name
