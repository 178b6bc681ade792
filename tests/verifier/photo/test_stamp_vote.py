"""Several readings of one line: what is believed, and how far."""

from __future__ import annotations

import pytest

from verifier.observation import Box, TextLine
from verifier.photo.stamp_text import normalise
from verifier.photo.stamp_vote import elect_reading, read_fields, vote_signs


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
