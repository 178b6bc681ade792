"""Several readings of one line: what is believed, and how far."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verifier.observation import Box, TextLine
from verifier.photo.stamp_text import normalise
from verifier.photo.stamp_vote import MIN_DIGIT_VOICES, elect_reading, read_fields, vote_signs
from verifier.vision.text import ReadLine


def a_reading(text: str, sure: float = 0.95) -> TextLine:
    """One reading of the line, every character equally sure."""
    return TextLine(text, sure, Box(40, 900, 400, 30), (sure,) * len(text))


def test_a_wrong_digit_read_surely_once_loses_against_the_others():
    """The plain reading said 5 with 0.98; three other cuts and contrasts say 6."""
    line = elect_reading([a_reading("经度：112.355129", 0.98), *[a_reading("经度：112.366129", 0.9)] * 3])
    assert line.text == "经度：112.366129"
    assert min(line.per_character) == pytest.approx(2.7 / 3.68, abs=1e-4)


def test_readings_that_agree_are_as_sure_as_the_best_of_them():
    """Nothing is in doubt where nothing contradicts."""
    line = elect_reading([a_reading("2023-06-12", 0.7), a_reading("2023-06-12", 0.97), a_reading("2023-06-12", 0.9)])
    assert (line.text, min(line.per_character)) == ("2023-06-12", 0.97)


@pytest.mark.parametrize(
    ("others", "text"),
    [
        pytest.param(["116:13:32", "11:13:32"], "116:13:32", id="one other reading alone"),
        pytest.param(["116:13:32", "11:13:32", "11:13:32"], "11:13:32", id="two of them"),
    ],
)
def test_a_value_that_only_one_contrast_shows_is_not_believed(others, text):
    """A window frame beside a camera's clock became a digit of it; both sides of the limit of two voices."""
    assert elect_reading([a_reading("116:13:32"), *[a_reading(other, 0.8) for other in others]]).text == text


def test_the_plain_reading_needs_no_second_voice():
    """What was read at once and is contradicted by nobody stays."""
    line = elect_reading([a_reading("09:12", 0.8), a_reading("", 0.0), a_reading("a|", 0.2)])
    assert (line.text, min(line.per_character)) == ("09:12", 0.8)


def a_reading_with_odds(text: str, place: int, second: str, sure: float = 0.6) -> ReadLine:
    """One reading whose digits are all sure, but for the one at `place`, which is `second` with nearly the rest of its odds."""
    odds = [tuple(0.99 if sign == digit else 0.001 for digit in "0123456789") for sign in text]
    rest = 1 - sure - 0.02
    odds[place] = tuple(sure if digit == text[place] else rest if digit == second else 0.002 for digit in "0123456789")
    per_character = tuple(sure if index == place else 0.99 for index in range(len(text)))
    return ReadLine(text, 0.95, Box(40, 900, 400, 30), per_character, tuple(odds))


def test_the_digit_that_every_reading_thinks_of_wins_over_those_that_only_one_sees():
    """Letters 8 px high on colours: a 3 that was read as 9, 8 and 5, and was second each time."""
    place = len("经纬度：33.06")
    readings = [
        a_reading_with_odds(f"经纬度：33.06{seen}11,104.85334", place, "3", 0.5) for seen in ("9", "8", "5", "9")
    ]
    line = elect_reading(readings)
    assert line.text == "经纬度：33.06311,104.85334"
    assert 0.5 < min(line.per_character) < 0.9, "nobody has said it, so it stays in doubt"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        pytest.param(MIN_DIGIT_VOICES, "经度：112.355129", id="enough readings"),
        pytest.param(MIN_DIGIT_VOICES - 1, "经度：112.366129", id="one fewer: a whole reading is believed"),
    ],
)
def test_digits_are_weighed_from_four_readings_on(count, text):
    """Both sides of the limit; each reading sees a 6 and is nearly as ready to see a 5."""
    place = len("经度：112.3")
    readings = [
        replace(
            a_reading_with_odds("经度：112.366129", place, "5", 0.3),
            digit_odds=tuple(
                tuple(0.66 if digit == "5" else 0.3 if digit == "6" else 0.005 for digit in "0123456789")
                if index in (place, place + 1)
                else each
                for index, each in enumerate(a_reading_with_odds("经度：112.366129", place, "5").digit_odds)
            ),
        )
        for _ in range(count)
    ]
    assert elect_reading(readings).text == text


def test_readings_that_agree_on_every_digit_are_sure_though_each_doubts_another_sign():
    """The vote is about digits; what five readings say alike needs no further look."""
    readings = [a_reading_with_odds("2025-02-01 08:05:51", place, "0", 0.95) for place in (0, 5, 6, 8, 9)]
    assert min(elect_reading(readings).per_character) > 0.9


@pytest.mark.parametrize(
    "uneven",
    [
        pytest.param("N25°19'40.8\" E115°46'41.", id="the last decimal is cut off"),
        pytest.param("N25°19'40.8\" E115°46'4", id="two digits are cut off"),
    ],
)
def test_coordinates_of_one_form_go_before_those_that_lack_a_digit_however_often_these_are_said(uneven):
    """The finder's box ended in the middle of the number; two wider cuts show all of it."""
    whole = "N25°19'40.8\" E115°46'41.7\""
    assert elect_reading([*[a_reading(uneven, 0.9)] * 5, a_reading(whole, 0.6), a_reading(whole, 0.5)]).text == whole


def test_a_line_without_fields_is_weighed_by_its_text():
    """A place that two contrasts read alike."""
    readings = [a_reading("远江市琼湖街道", 0.6), a_reading("沅江市琼湖街道", 0.5), a_reading("沅江市琼湖街道", 0.4)]
    assert elect_reading(readings).text == "沅江市琼湖街道"


def test_a_row_says_each_field_once():
    """Values by name, without any picture."""
    said = read_fields(normalise(a_reading("2023-06-12 星期一 09:12", 0.9)))
    assert sorted(said) == ["clock", "date", "weekday"]
    assert read_fields(normalise(a_reading("经纬度：28.570066，112.355129")))["longitude"][0] == 112.355129


def test_a_row_of_which_no_reading_is_whole_is_put_together_sign_by_sign():
    """Each reading has another digit wrong; the point that most have lost is in doubt."""
    texts = ["经纬度：37.94163，10354928", "经纬度：37.94183，103.54920", "经纬度：37.34163，103:54920"]
    line = vote_signs([a_reading(text, 0.8) for text in texts])
    said = read_fields(normalise(line))
    assert (said["longitude"][0], said["latitude"][0]) == (103.5492, 37.94163)
    assert max(said["longitude"][1], said["latitude"][1]) <= 0.8 * 2 / 3 + 1e-4


def test_readings_of_another_form_have_no_say_in_the_signs():
    """A reading that has lost a digit would shift all others; one that says fewer fields counts for nothing."""
    texts = [
        "经纬度：37.94163，103.54920",
        "经纬度：37.94163，103.54920",
        "经纬度：37.9413，103.54920",
        "The Manhattan",
    ]
    line = vote_signs([a_reading(text, 0.9) for text in texts])
    assert (line.text, min(line.per_character)) == ("经纬度:37.94163,103.54920", 0.9)
    assert vote_signs([a_reading("", 0.0)]).text == ""
