"""Two looks at one stamp: what fills, what confirms, what contradicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from verifier.observation import Box, Field, Stamp, TextLine
from verifier.photo.stamp_looks import combine_looks, is_open, is_settled

HERE = Box(40, 900, 400, 120)
ELSEWHERE = Box(900, 10, 300, 60)


def a_field(value, confidence: float = 0.99):
    """A field read with that confidence."""
    return Field(value, confidence, HERE, str(value))


def a_stamp(box: Box = HERE, text: str = "2023.06.12 星期一", **fields) -> Stamp:
    """A whole stamp, unless fields say otherwise."""
    whole = {"day": a_field(date(2023, 6, 12)), "clock": a_field(time(9, 12)), "address": a_field("桃花仑西路788号")}
    return Stamp(lines=(TextLine(text, 0.99, box),), box=box, **(whole | fields))


def test_the_second_look_fills_what_the_first_has_missed():
    """A clock over a white shirt, with its seconds."""
    first = a_stamp(clock=None)
    both = combine_looks([first], [a_stamp(clock=a_field(time(9, 12, 5)), clock_has_seconds=True)])
    assert (both[0].clock.value, both[0].clock_has_seconds) == (time(9, 12, 5), True)


def test_looks_that_agree_are_as_sure_as_the_less_sure_one():
    """Both saw the same pixels: an 8 that JPEG made a 3 is a 3 in each look."""
    both = combine_looks([a_stamp(day=a_field(date(2023, 6, 12), 0.7))], [a_stamp()])
    assert both[0].day.confidence == 0.7


def test_looks_that_contradict_each_other_are_an_even_chance():
    """Neither date may accuse anybody."""
    both = combine_looks([a_stamp()], [a_stamp(day=a_field(date(2023, 6, 17), 0.95))])
    assert (both[0].day.value, both[0].day.confidence) == (date(2023, 6, 12), 0.5)


@pytest.mark.parametrize(
    ("weekday", "day"),
    [
        pytest.param(0, date(2023, 6, 12), id="the first date's"),
        pytest.param(5, date(2023, 6, 17), id="the second date's"),
        pytest.param(2, date(2023, 6, 17), id="neither's: the surer date"),
        pytest.param((0, 2), date(2023, 6, 12), id="the looks read two weekdays, one of them the first date's"),
        pytest.param((0, 5), date(2023, 6, 17), id="each date's own: the surer date"),
        pytest.param(None, date(2023, 6, 17), id="none printed: the surer date"),
    ],
)
def test_of_two_dates_the_printed_weekday_chooses_and_the_doubt_stays(weekday, day):
    """2024.12.13 was once read as 2014.12.13 beside its Friday."""
    said = [
        each if each is None else a_field(each) for each in (weekday if isinstance(weekday, tuple) else (weekday,) * 2)
    ]
    first = a_stamp(day=a_field(date(2023, 6, 12), 0.87), weekday=said[0])
    both = combine_looks([first], [a_stamp(day=a_field(date(2023, 6, 17), 0.95), weekday=said[1])])
    assert (both[0].day.value, both[0].day.confidence) == (day, 0.5)


def test_a_place_whose_second_row_one_look_missed_is_no_contradiction():
    """The longer one, as sure as it was read."""
    both = combine_looks([a_stamp(address=a_field("桃花仑"))], [a_stamp()])
    assert (both[0].address.value, both[0].address.confidence) == ("桃花仑西路788号", 0.99)


@pytest.mark.parametrize(
    ("half", "wanted"),
    [
        pytest.param(
            {"longitude": a_field(25.51, 0.8)}, (0.99, 0.8), id="one number, by its letter alone the longitude"
        ),
        pytest.param({"longitude": a_field(116.42, 0.8)}, (0.8, 0.99), id="the longitude, less surely"),
        pytest.param({"longitude": a_field(118.42)}, (0.5, 0.99), id="another longitude"),
        pytest.param({"latitude": a_field(26.51)}, (0.99, 0.5), id="another latitude"),
        pytest.param({}, (0.99, 0.99), id="nothing"),
    ],
)
@pytest.mark.parametrize("half_first", [True, False])
def test_a_look_that_saw_half_of_a_pair_does_not_say_which_number_it_is(half, wanted, half_first):
    """25.51°E,116.42°N: whoever saw only 25.51°E took it for the longitude."""
    whole = a_stamp(longitude=a_field(116.42), latitude=a_field(25.51), swapped=True)
    looks = [whole], [a_stamp(**half)]
    (both,) = combine_looks(*(looks[::-1] if half_first else looks))
    assert (both.longitude.value, both.latitude.value, both.swapped) == (116.42, 25.51, True)
    assert (both.longitude.confidence, both.latitude.confidence) == wanted


def test_one_number_that_two_looks_name_differently_is_no_pair():
    """It stays what the fuller look takes it for."""
    (both,) = combine_looks([a_stamp(longitude=a_field(25.51))], [a_stamp(latitude=a_field(25.51))])
    assert (both.longitude.value, both.latitude) == (25.51, None)


def test_a_stamp_elsewhere_in_the_picture_lends_nothing():
    """A camera's own overlay in another corner."""
    both = combine_looks([a_stamp(code=a_field("A" * 12))], [a_stamp(box=ELSEWHERE, day=a_field(date(2017, 2, 23)))])
    assert both[0].day == a_field(date(2023, 6, 12))


@pytest.mark.parametrize(
    ("stamps", "settled"),
    [
        pytest.param([], False, id="nothing read"),
        pytest.param([a_stamp()], True, id="date, clock and place"),
        pytest.param([a_stamp(clock=None)], False, id="no clock"),
        pytest.param([a_stamp(weekday=a_field(0))], True, id="the date's own weekday"),
        pytest.param([a_stamp(weekday=a_field(1))], False, id="another weekday"),
        pytest.param([a_stamp(day=a_field(date(2023, 6, 12), 0.89))], False, id="a date below the limit"),
        pytest.param([a_stamp(day=a_field(date(2023, 6, 12), 0.9))], True, id="a date at the limit"),
        pytest.param([a_stamp(text="经度：103105975")], False, id="words of coordinates, but none read"),
        pytest.param([a_stamp(longitude=a_field(103.1))], False, id="half a pair"),
        pytest.param([a_stamp(), a_stamp(box=ELSEWHERE, clock=None)], False, id="a second stamp is torn"),
    ],
)
def test_only_a_whole_and_sure_reading_needs_no_second_look(stamps, settled):
    """Both sides of the limit of 0.9."""
    assert is_settled(stamps) == settled


@pytest.mark.parametrize(
    ("changes", "unfinished"),
    [
        pytest.param({}, False, id="date and clock, no coordinates announced"),
        pytest.param({"clock": None}, True, id="no clock"),
        pytest.param({"day": a_field(date(2023, 6, 12), 0.5)}, True, id="a contradicted date"),
        pytest.param({"day": a_field(date(2023, 6, 12), 0.51)}, False, id="a date that nothing contradicts"),
        pytest.param({"text": "经纬度："}, True, id="coordinates announced and not read"),
        pytest.param({"longitude": a_field(112.5)}, True, id="half a pair"),
        pytest.param({"longitude": a_field(112.5), "latitude": a_field(28.5)}, False, id="a pair"),
    ],
)
def test_a_third_look_is_taken_only_where_something_is_missing_or_contradicted(changes, unfinished):
    """It costs as much as the first."""
    assert is_open([a_stamp(**changes)]) is unfinished
    assert is_open([])


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        pytest.param("02-22-2017", None, id="a camera's overlay"),
        pytest.param("2017-02-22", time(13, 32), id="an app's stamp"),
    ],
)
def test_hours_and_minutes_beside_a_cameras_date_are_a_piece_of_its_clock(text, clock):
    """16:13:32 over a window frame was read as 13:32 by a look that saw no date."""
    dated = a_stamp(day=replace(a_field(date(2017, 2, 22)), text=text), clock=None)
    both = combine_looks([dated], [a_stamp(day=None, clock=a_field(time(13, 32)))])
    assert (both[0].clock and both[0].clock.value) == clock
