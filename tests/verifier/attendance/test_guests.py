"""A guest beside a hidden student looks like a stand-in: the stated doubt must be as often wrong as it says."""

from __future__ import annotations

import numpy as np
import pytest

from tests.verifier.attendance.people import a_calibration, someone
from verifier.attendance.guests import (
    NOTHING_KNOWN,
    EarlierReports,
    GuestFace,
    OpenReport,
    doubt_stand_ins,
    doubt_substitute,
    tell_report,
    weigh_guests,
)

TWO = (GuestFace(someone(1), 40.0), GuestFace(someone(2), 40.0))


@pytest.mark.parametrize(
    ("strangers", "unseen", "earlier", "wrong"),
    [
        pytest.param(1, 1, NOTHING_KNOWN, 1 / 4, id="one and one, nothing known"),
        pytest.param(1, 1, EarlierReports(told=10), 1 / 14, id="ten reports that hid nobody"),
        pytest.param(1, 1, EarlierReports(told=16), 1 / 20, id="sixteen reports that hid nobody"),
        pytest.param(1, 1, EarlierReports(told=10, hidden=10), 11 / 34, id="ten reports that hid one each"),
        pytest.param(2, 2, NOTHING_KNOWN, 3 / 11, id="two and two: both, one or none replaced"),
        pytest.param(1, 2, NOTHING_KNOWN, 1 / 3, id="one of two is hidden at least"),
    ],
)
def test_the_doubt_follows_from_the_reports_of_the_class(strangers, unseen, earlier, wrong):
    assert doubt_stand_ins([1.0] * strangers, unseen, earlier) == pytest.approx(wrong)


def a_guest(number: int) -> GuestFace:
    return GuestFace(someone(number), 40.0)


@pytest.mark.parametrize(
    ("guests", "odds"),
    [
        pytest.param([], 1, id="nobody yet"),
        pytest.param([7, 7, 7], 4, id="the same one three times before"),
        pytest.param([8, 8, 8], 2, id="somebody else three times, as an assistant"),
        pytest.param([8, 9, 10], 4, id="three others once each"),
        pytest.param([7, 8, 9, 10], 2, id="the same one once, and three others"),
    ],
)
def test_whoever_sat_there_before_while_nobody_was_missing_is_the_likelier_a_guest(guests, odds):
    earlier = EarlierReports(guests=tuple(a_guest(number) for number in guests))
    assert weigh_guests([a_guest(7)], earlier, a_calibration()) == [odds]


def test_a_guest_is_weighed_apart_from_a_stranger_never_seen_before():
    """Odds of three to one for the one, even for the other: both, one of them or none may be stand-ins."""
    mixed = doubt_stand_ins([3.0, 1.0], 1)
    assert doubt_stand_ins([1.0, 1.0], 1) < mixed < doubt_stand_ins([3.0, 3.0], 1)
    assert doubt_stand_ins([3.0], 1) == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    ("strangers", "unseen", "told"),
    [
        pytest.param([], (), EarlierReports(1, 0), id="everybody is seen"),
        pytest.param([], ("S1", "S2"), EarlierReports(1, 2, unseen={"S1": 1, "S2": 1}), id="two are hidden"),
        pytest.param(TWO, (), EarlierReports(1, 0, TWO), id="guests, nobody missing"),
        pytest.param(
            TWO, ("S2", "S1"),
            EarlierReports(unseen={"S1": 1, "S2": 1}, open=(OpenReport(TWO, ("S1", "S2")),)),
            id="which of the two it is, is the question",
        ),
    ],
)  # fmt: skip
def test_a_report_tells_what_it_can(strangers, unseen, told):
    assert tell_report(strangers, unseen) == told
    assert NOTHING_KNOWN + told == told


def test_reports_add_up_student_by_student():
    one, other = tell_report([], ["S1"], ["S2", "S3"]), tell_report([], [], ["S1", "S2"])
    assert (dict((one + other).seen), dict((one + other).unseen)) == ({"S1": 1, "S2": 2, "S3": 1}, {"S1": 1})


@pytest.mark.parametrize("sessions", [1, 20], ids=["the first report", "after nineteen reports"])
def test_as_many_cases_are_wrong_as_they_say(sessions):
    """Classes whose reports hide people at any rate, in each the last session shows a stranger: a stand-in or a guest."""
    dice = np.random.default_rng(2023)
    stated, wrong = [], []
    for _ in range(8000):
        rate = dice.random()
        hidden = dice.geometric(1 - rate, sessions) - 1
        earlier = EarlierReports(sessions - 1, int(hidden[:-1].sum()))
        replaced = int(dice.random() < 0.5)
        if hidden[-1] + replaced == 1:
            stated.append(doubt_stand_ins([1.0], 1, earlier))
            wrong.append(1 - replaced)
    order = np.argsort(stated)
    for part in np.array_split(order, 3 if sessions > 1 else 1):
        assert np.mean(np.array(wrong)[part]) == pytest.approx(np.mean(np.array(stated)[part]), abs=0.03)


@pytest.mark.parametrize(
    ("earlier", "wrong"),
    [
        pytest.param(EarlierReports(), None, id="nothing known: the teacher may hold the camera"),
        pytest.param(EarlierReports(taught=1), 1 / 4, id="seen in the one report there is"),
        pytest.param(EarlierReports(taught=8), 1 / 11, id="seen in all of eight"),
        pytest.param(EarlierReports(taught=8, guests=TWO), 3 / 13, id="and two guests came"),
        pytest.param(EarlierReports(taught=8, teacher_missing=4), None, id="as often behind the camera as in front"),
    ],
)
def test_a_stranger_teaches_only_where_the_teacher_is_usually_seen(earlier, wrong):
    assert doubt_substitute(earlier, a_calibration()) == (None if wrong is None else pytest.approx(wrong))
