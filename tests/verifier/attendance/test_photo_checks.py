"""Who is in one photo: findings that never accuse on their own."""

from __future__ import annotations

import pytest

from tests.builders.plan import a_session
from tests.verifier.attendance.people import (
    a_calibration,
    a_crowd,
    a_face,
    a_roster,
    a_stranger,
    an_unreadable_face,
    like,
)
from verifier.attendance.matching import match_faces
from verifier.attendance.photo_checks import check_people, check_roster, check_teacher
from verifier.finding import Outcome
from verifier.observation import PeopleCount


def matched(faces, roster):
    return match_faces(faces, roster, a_calibration())


def heads(count: int, doubt: int = 0, method: str = "yolox-nano") -> PeopleCount:
    return PeopleCount(count, count - doubt, count + doubt, method)


@pytest.mark.parametrize(
    ("count", "signed_in", "outcome"),
    [
        pytest.param(heads(30), 30, Outcome.PASSED, id="as many as signed in"),
        pytest.param(heads(29), 30, Outcome.UNSURE, id="one fewer than signed in"),
        pytest.param(heads(29, 1), 30, Outcome.PASSED, id="one fewer within doubt"),
        pytest.param(heads(31), 30, Outcome.PASSED, id="with the teacher"),
        pytest.param(heads(32), 30, Outcome.UNSURE, id="one too many"),
        pytest.param(heads(29), None, Outcome.UNSURE, id="fewer than expected"),
        pytest.param(heads(12, method="faces"), 30, Outcome.UNSURE, id="faces only, fewer"),
        pytest.param(heads(30, method="faces"), 30, Outcome.PASSED, id="faces only, enough"),
        pytest.param(None, 30, Outcome.UNSURE, id="not counted"),
    ],
)
def test_people_are_compared_and_never_failed(count, signed_in, outcome):
    assert check_people(count, expected=30, signed_in=signed_in).outcome is outcome


def test_without_a_class_the_count_is_only_told():
    found = check_people(heads(7), expected=None)
    assert (found.outcome, "7" in str(found.reason)) == (Outcome.NOT_APPLICABLE, True)


def test_faces_only_says_that_backs_are_missing():
    assert "背影" in str(check_people(heads(3, method="faces"), expected=30).reason)


TEACHER, OTHER = a_face(like((201, 0.7))), a_face(like((202, 0.7)), at=1)


@pytest.mark.parametrize(
    ("faces", "outcome", "told"),
    [
        pytest.param([TEACHER], Outcome.PASSED, "T01", id="the filed teacher"),
        pytest.param([TEACHER, OTHER], Outcome.PASSED, "T01", id="both"),
        pytest.param([OTHER], Outcome.UNSURE, "13(1)(5)", id="another known teacher"),
        pytest.param([], Outcome.UNSURE, "T01", id="no teacher seen"),
    ],
)
def test_the_teacher_is_looked_for(faces, outcome, told):
    roster = a_roster(2, teachers=2)
    found = check_teacher(matched(faces, roster), a_session(), roster)
    assert (found.outcome, told in str(found.reason)) == (outcome, True)


def test_without_an_enrolment_picture_the_teacher_cannot_be_told():
    roster = a_roster(2, teachers=0)
    assert "登记照" in str(check_teacher((), a_session(), roster).reason)


@pytest.mark.parametrize("session", [None, a_session(teacher_number=None)], ids=["no session", "no teacher filed"])
def test_without_a_filed_teacher_nothing_is_asked(session):
    assert check_teacher((), session, a_roster(1)).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("faces", "outcome"),
    [
        pytest.param(a_crowd(1, 2), Outcome.PASSED, id="students only"),
        pytest.param([*a_crowd(1), a_stranger()], Outcome.UNSURE, id="a stranger among them"),
        pytest.param([*a_crowd(1), an_unreadable_face(at=3)], Outcome.PASSED, id="an unreadable face proves nothing"),
        pytest.param([*a_crowd(1), a_face(like((2, 0.295)), at=4)], Outcome.UNSURE, id="an unclear face"),
        pytest.param([], Outcome.UNSURE, id="no faces"),
        pytest.param([an_unreadable_face()], Outcome.UNSURE, id="nobody recognised"),
    ],
)
def test_the_roster_is_compared_and_never_failed(faces, outcome):
    roster = a_roster(3)
    assert check_roster(matched(faces, roster), roster).outcome is outcome


def test_students_without_a_picture_are_named_as_an_explanation():
    roster = a_roster(3, without_photo=("S03",))
    assert "登记照" in str(check_roster(matched([a_stranger()], roster), roster).reason)


def test_without_a_roster_nothing_is_compared():
    assert check_roster((), None).outcome is Outcome.NOT_APPLICABLE
    assert check_roster(None, a_roster(1)).outcome is Outcome.UNSURE
    assert check_roster((), a_roster(0, teachers=0)).outcome is Outcome.UNSURE


def test_the_counts_are_kept_for_the_records():
    roster = a_roster(3)
    measured = check_roster(matched([*a_crowd(1, 2), a_stranger()], roster), roster).measured
    assert (measured["matched"], measured["stranger"], measured["roster"]) == (2, 1, 3)
