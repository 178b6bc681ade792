"""A case states its evidence and how likely it is wrong; too little evidence is no case."""

from __future__ import annotations

from datetime import date

import pytest

from tests.builders.plan import a_session, a_sign_in, a_training_class
from tests.verifier.attendance.people import (
    CONTRACT,
    a_calibration,
    a_crowd,
    a_photo,
    a_roster,
    an_enrolled_photo,
    like,
    someone,
)
from verifier.attendance.calibration import CalibrationData
from verifier.attendance.cases import doubt, report_two_names
from verifier.attendance.days import MOST_DOUBT, fuse_days, propose_never_seen
from verifier.attendance.enrolment import build_roster
from verifier.attendance.presence import SessionEvidence, conclude_session

CALIBRATION = a_calibration()


def test_one_face_under_two_names_is_one_case_for_the_class():
    enrolled = {"S01": [an_enrolled_photo(someone(1), "a")], "S02": [an_enrolled_photo(like((1, 0.8)), "b")]}
    (case,) = report_two_names(build_roster(enrolled, {}, CONTRACT, CALIBRATION), CALIBRATION)
    assert (case.kind.value, case.candidates, case.student_no) == ("one_face_two_names", ("S01", "S02"), None)
    assert report_two_names(a_roster(3), CALIBRATION) == []


def test_no_case_is_surer_than_its_data():
    """With 322 pairs even a perfect likeness leaves 0.9 %."""
    small = a_calibration(data=CalibrationData("small", date(2023, 1, 1), 37, 200, 322, 14_000))
    assert doubt([-50.0], small) == pytest.approx(small.shown_flag_rate)
    assert 0.009 < small.shown_flag_rate < 0.010
    assert doubt([0.0], small) == pytest.approx(0.5)
    assert doubt([0.0, 0.0], small) == pytest.approx(0.75)


def day(number: int, persons, *, signed=("S01", "S02", "S03")):
    roster = a_roster(3)
    photo = a_photo(a_crowd(*persons), roster, file=f"{number}.jpg")
    sign_ins = tuple(a_sign_in(one) for one in signed)
    session = a_session(f"day-{number}")
    evidence = SessionEvidence(a_training_class(students=3), session, (photo,), sign_ins, (), roster, CALIBRATION)
    return conclude_session(evidence)


@pytest.mark.parametrize(
    ("reports", "wrong"),
    [pytest.param(5, 1 / 32, id="five reports"), pytest.param(10, 1 / 1024, id="ten reports")],
)
def test_never_seen_in_so_many_complete_reports_is_a_case(reports, wrong):
    (case,) = propose_never_seen(fuse_days([day(number, (1, 2)) for number in range(reports)]))
    assert (case.student_no, case.kind.value) == ("S03", "signed_in_not_seen")
    assert case.wrong_probability == pytest.approx(wrong)
    assert case.wrong_probability <= MOST_DOUBT


@pytest.mark.parametrize(
    "sessions",
    [
        pytest.param([(1, 2)], id="missed once"),
        pytest.param([(1, 2)] * 4, id="only four reports, wrong once in sixteen"),
        pytest.param([(1, 2)] * 9 + [(1, 2, 3)], id="seen once in ten"),
    ],
)
def test_missed_sometimes_is_no_case(sessions):
    assert propose_never_seen(fuse_days([day(place, persons) for place, persons in enumerate(sessions)])) == []


def test_never_seen_without_signing_in_is_plain_absence():
    days = [day(number, (1, 2), signed=("S01", "S02")) for number in range(6)]
    assert propose_never_seen(fuse_days(days)) == []


def test_a_case_is_never_surer_than_guests_are_rare():
    assert doubt([-50.0], a_calibration(), guest=0.0) == pytest.approx(a_calibration().shown_flag_rate)
    assert doubt([-50.0], a_calibration(), guest=0.2) == pytest.approx(0.2, abs=1e-3)
