"""The part of the day beside a big clock, where only the clock was read."""

from __future__ import annotations

from datetime import date, time

import pytest
from PIL import ImageDraw

from tests.builders.stamps import a_plain_room, as_bgr
from verifier.demo.draw_stamp import load_font
from verifier.observation import Box, Field, Stamp, TextLine
from verifier.photo.stamp_half import settle_halves
from verifier.vision.text import open_text_net

CLOCK_BOX = Box(200, 560, 330, 130)


@pytest.fixture(scope="module")
def net():
    """The text models, loaded once."""
    return open_text_net()


def a_picture(*words: tuple[str, float, float], clock: str = "03:28"):
    """A room with a big clock in `CLOCK_BOX` and small words at their places."""
    picture = a_plain_room(1200, 900)
    pen = ImageDraw.Draw(picture)
    pen.text((CLOCK_BOX.x + 10, CLOCK_BOX.y - 15), clock, font=load_font(120), fill="white")
    for word, x, y in words:
        pen.text((x, y), word, font=load_font(46), fill="white")
    return as_bgr(picture, 85)


def a_stamp(clock: time = time(3, 28), text: str = "03:28", date_height: float = 40) -> Stamp:
    """A stamp of which the clock was read without its part of the day."""
    day = Field(date(2023, 6, 12), 0.99, Box(200, 720, 300, date_height), "2023.06.12")
    line = TextLine(text, 0.99, CLOCK_BOX)
    return Stamp((line,), day=day, clock=Field(clock, 0.99, CLOCK_BOX, text), box=CLOCK_BOX)


@pytest.mark.parametrize(
    ("words", "clock"),
    [
        pytest.param([("PM", 540, 590)], time(15, 28), id="PM at the right"),
        pytest.param([("下午", 95, 590)], time(15, 28), id="下午 at the left"),
        pytest.param([("下", 140, 555), ("午", 140, 612)], time(15, 28), id="下 over 午"),
        pytest.param([("AM", 540, 590)], time(3, 28), id="AM"),
    ],
)
def test_the_word_beside_a_big_clock_is_found_and_meant(words, clock, net):
    """Surely, and the word is one of the stamp's lines then."""
    (stamp,) = settle_halves(a_picture(*words), [a_stamp()], net)
    assert stamp.clock.value == clock
    assert stamp.clock.confidence >= 0.9
    assert len(stamp.lines) == 2


@pytest.mark.parametrize(
    "words", [[], [("2023", 560, 590)], [("晴", 560, 590)]], ids=["nothing", "digits", "the weather"]
)
def test_a_clock_beside_which_no_part_of_the_day_stands_stays_as_it_is(words, net):
    """Most clocks of the morning have 24 hours."""
    assert settle_halves(a_picture(*words), [a_stamp()], net) == (a_stamp(),)


def test_a_part_of_the_day_that_cannot_be_read_leaves_the_clock_in_doubt(net):
    """午 alone is left of 上午 or of 下午."""
    (stamp,) = settle_halves(a_picture(("午", 140, 590)), [a_stamp()], net)
    assert (stamp.clock.value, stamp.clock.confidence) == (time(3, 28), 0.5)


@pytest.mark.parametrize(
    "stamp",
    [
        pytest.param(a_stamp(time(15, 28), "15:28"), id="after twelve o'clock"),
        pytest.param(a_stamp(time(0, 28), "00:28"), id="before one"),
        pytest.param(a_stamp(text="上午03:28"), id="its part of the day was read"),
        pytest.param(a_stamp(date_height=120), id="a clock as small as its date"),
        pytest.param(Stamp((), clock=a_stamp().clock), id="no date"),
    ],
)
def test_other_clocks_are_not_asked(stamp, net):
    """Even where the word stands there."""
    assert settle_halves(a_picture(("PM", 540, 590)), [stamp], net) == (stamp,)
