"""A student is named only where naming in classes like this one stays within the budget of false flags."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.verifier.attendance.people import a_calibration, someone
from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023
from verifier.attendance.guests import NOTHING_KNOWN, EarlierReports, GuestFace, OpenReport
from verifier.attendance.naming import expect_false_names, weigh_naming


def a_guest(number: int) -> GuestFace:
    return GuestFace(someone(number), 40.0)


def weigh(earlier, *strangers, number="S06", unseen=1, expected=20, **changes):
    budget = replace(ATTENDANCE_BUDGET_2023, **changes)
    faces = [a_guest(each) for each in strangers or (7,)]
    return weigh_naming(number, faces, unseen, expected, earlier, a_calibration(), budget)


@pytest.mark.parametrize(
    ("expected", "reports"),
    [pytest.param(10, 8, id="of ten"), pytest.param(20, 5, id="of twenty"), pytest.param(40, 3, id="of forty")],
)
def test_after_so_many_reports_with_everybody_in_sight_a_class_is_named(expected, reports):
    assert not weigh(EarlierReports(told=reports - 1), expected=expected).allowed
    assert weigh(EarlierReports(told=reports), expected=expected).allowed


@pytest.mark.parametrize(
    ("told", "allowed"),
    [
        pytest.param(EarlierReports(5), True, id="nobody hidden, no guest"),
        pytest.param(EarlierReports(5, 1), False, id="one was hidden"),
        pytest.param(EarlierReports(5, 0, (a_guest(9),)), False, id="one guest came"),
        pytest.param(EarlierReports(12, 1), True, id="one hidden in twelve"),
        pytest.param(EarlierReports(12, 3, (a_guest(8), a_guest(9))), False, id="three hidden, two guests"),
    ],
)
def test_hidden_students_and_guests_of_earlier_reports_count_against_naming(told, allowed):
    assert weigh(told).allowed is allowed


def test_the_budget_decides():
    rate = weigh(EarlierReports(told=5)).rate
    assert weigh(EarlierReports(told=5), false_flag_rate=rate).allowed
    assert not weigh(EarlierReports(told=5), false_flag_rate=rate * 0.999).allowed


def test_the_expected_false_names_are_those_of_the_model():
    """Rates drawn evenly; a report names all hidden ones where at least as many guests sit there."""
    dice = np.random.default_rng(2023)
    rates = dice.random((2, 400_000))
    hidden, guests = (dice.geometric(1 - rate, (6, rate.size)) - 1 for rate in rates)
    perfect = (hidden[:-1].sum(axis=0) == 0) & (guests[:-1].sum(axis=0) == 0)
    named = np.where(guests[-1] >= hidden[-1], hidden[-1], 0)
    wanted = expect_false_names(EarlierReports(told=5), a_calibration(), ATTENDANCE_BUDGET_2023)
    assert named[perfect].mean() == pytest.approx(wanted, rel=0.25)
    assert perfect.sum() > 10_000


def an_open_report(stranger: int, *unseen: str) -> EarlierReports:
    return EarlierReports(open=(OpenReport((a_guest(stranger),), unseen),), unseen=dict.fromkeys(unseen, 1))


OFTEN = EarlierReports(told=10, hidden=6, seen={"S06": 10})  # too many are hidden to name anybody at once


@pytest.mark.parametrize(
    ("more", "times", "again"),
    [
        pytest.param(NOTHING_KNOWN, 0, 1.0, id="never before"),
        pytest.param(an_open_report(7, "S06"), 1, 2 / 13, id="the same one, the same student"),
        pytest.param(an_open_report(8, "S06"), 0, 1.0, id="somebody else sat there"),
        pytest.param(an_open_report(7, "S05"), 0, 1.0, id="the same one, while this student was seen"),
        pytest.param(an_open_report(7, "S06") + an_open_report(7, "S05"), 0, 1.0, id="once so, once so"),
        pytest.param(an_open_report(7, "S06") + EarlierReports(unseen={"S06": 3}), 1, 5 / 16, id="often in no photo"),
        pytest.param(
            an_open_report(7, "S06") + an_open_report(7, "S05", "S06"), 2, (2 / 13) * (3 / 14), id="for the third time"
        ),
        pytest.param(
            an_open_report(7, "S06") + EarlierReports(1, guests=(a_guest(7),)),
            0,
            1.0,
            id="a guest while all were there",
        ),
    ],
)
def test_the_same_stranger_each_time_the_same_student_is_missing(more, times, again):
    found = weigh(OFTEN + more)
    assert (found.times, found.again) == (times, pytest.approx(again))
    assert found.allowed is (times > 0)


def test_a_student_in_a_bad_seat_beside_a_regular_guest_is_not_named():
    """In no photo of most reports, with the guest and without."""
    assert not weigh(OFTEN + an_open_report(7, "S06") + EarlierReports(unseen={"S06": 200})).allowed


def test_two_strangers_are_not_told_apart_better_than_the_budget_says():
    many = EarlierReports(seen={"S06": 100_000}) + an_open_report(7, "S06")
    assert weigh(many).again == ATTENDANCE_BUDGET_2023.false_match_rate


@pytest.mark.parametrize(("strangers", "allowed"), [((7,), False), ((7, 8), True)], ids=["alone", "beside a new one"])
def test_a_known_guest_is_nobodys_stand_in(strangers, allowed):
    found = weigh(EarlierReports(told=20, guests=(a_guest(7),)), *strangers)
    assert (found.known_guests, found.allowed) == (1, allowed)
