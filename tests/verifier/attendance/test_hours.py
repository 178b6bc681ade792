"""Attended hours decide about the examination only when nothing is open."""

from __future__ import annotations

import pytest

from verifier.attendance.hours import Eligibility, count_hours
from verifier.regulation.facts import Presence

P, A, U, L = Presence.PRESENT, Presence.ABSENT, Presence.UNSURE, Presence.LEAVE


@pytest.mark.parametrize(
    ("closed", "remaining", "verdict", "eligible"),
    [
        pytest.param([(64, P), (16, A)], 0, Eligibility.ELIGIBLE, True, id="exactly 80 %"),
        pytest.param([(63, P), (17, A)], 0, Eligibility.NOT_ELIGIBLE, False, id="an hour short"),
        pytest.param([(63, P), (1, U), (16, A)], 0, Eligibility.DEPENDS, None, id="an unsure hour decides"),
        pytest.param([(63, P), (1, L), (16, A)], 0, Eligibility.NOT_ELIGIBLE, False, id="leave is no training"),
        pytest.param([(64, P)], 16, Eligibility.ELIGIBLE, None, id="enough already, sessions remain"),
        pytest.param([(4, P)], 76, Eligibility.DEPENDS, None, id="hardly begun"),
        pytest.param([(20, A)], 60, Eligibility.NOT_ELIGIBLE, None, id="out of reach, sessions remain"),
    ],
)
def test_eligibility(closed, remaining, verdict, eligible):
    hours = count_hours("S01", 80, closed, remaining)
    assert hours.judge(0.8) is verdict
    assert hours.exam_eligible(0.8) is eligible


def test_hours_are_summed_apart():
    hours = count_hours("S01", 80, [(4, P), (4, U), (4, Presence.NOT_RUN), (4, L), (4, A), (4, P)], 20)
    assert (hours.attended, hours.unsure, hours.leave, hours.absent, hours.remaining) == (8, 8, 4, 4, 20)
