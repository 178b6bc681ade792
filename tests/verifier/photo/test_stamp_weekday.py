"""Does the printed weekday belong to the printed date?"""

from __future__ import annotations

from datetime import date

import pytest

from tests.builders.looks import a_context, a_field, a_look, a_stamp
from verifier.finding import Outcome
from verifier.photo.stamp_limits import STAMP_READING_2023
from verifier.photo.stamp_weekday import check

MONDAY = date(2023, 6, 12)
LIMIT = STAMP_READING_2023.min_confidence


@pytest.mark.parametrize(
    ("weekday", "confidence", "outcome"),
    [
        pytest.param(0, 0.99, Outcome.PASSED, id="the date's own weekday"),
        pytest.param(0, 0.3, Outcome.PASSED, id="the date's own weekday, badly read"),
        pytest.param(3, 0.99, Outcome.FAILED, id="another weekday"),
        pytest.param(3, LIMIT, Outcome.FAILED, id="another weekday, just sure enough"),
        pytest.param(3, LIMIT - 0.01, Outcome.UNSURE, id="another weekday, not sure enough"),
    ],
)
def test_a_weekday_must_fit_its_date(weekday, confidence, outcome):
    """A contradiction counts from the reading confidence of the limits on."""
    stamp = a_stamp(day=MONDAY, weekday=a_field(weekday, confidence))
    finding = check(a_look(stamps=(stamp,)), a_context())
    assert finding.outcome == outcome
    if weekday:
        assert "2023-06-12" in finding.reason.text("zh_CN")
        assert "Thursday" in finding.reason.text("en")
        assert "Monday" in finding.reason.text("en")


@pytest.mark.parametrize(
    ("stamps", "outcome"),
    [
        pytest.param((), Outcome.NOT_APPLICABLE, id="no stamp"),
        pytest.param((a_stamp(),), Outcome.NOT_APPLICABLE, id="no weekday printed"),
        pytest.param((a_stamp(day=None, weekday=a_field(2)),), Outcome.UNSURE, id="the date was not read"),
        pytest.param(None, Outcome.NOT_RUN, id="nobody looked"),
    ],
)
def test_without_both_there_is_nothing_to_compare(stamps, outcome):
    """Nothing printed is nothing wrong."""
    assert check(a_look(stamps=stamps), a_context()).outcome == outcome


def test_an_apps_published_sample_with_its_wrong_weekday_is_found():
    """2018-09-15 was a Saturday; the sample prints Thursday."""
    stamp = a_stamp("11:30", date(2018, 9, 15), weekday=a_field(3))
    assert check(a_look(stamps=(stamp,)), a_context()).outcome == Outcome.FAILED
