"""Enrolment refuses what cannot be used with a stable code, and finds one face under two names."""

from __future__ import annotations

import numpy as np
import pytest

from tests.verifier.attendance.people import (
    CONTRACT,
    a_calibration,
    a_face,
    a_roster,
    an_enrolled_photo,
    an_unreadable_face,
    like,
    someone,
)
from verifier.attendance.enrolment import (
    ContractMismatchError,
    build_roster,
    judge_enrolment_photo,
    judge_same_faces,
)
from verifier.attendance.matching import match_faces


@pytest.mark.parametrize(
    ("faces", "code"),
    [
        pytest.param([], "no_face", id="no face"),
        pytest.param([a_face(), a_face(at=1)], "several_faces", id="two alike in size"),
        pytest.param(
            [a_face(), a_face(at=1, inter_eye_px=20.1)], "several_faces", id="the other just not half as large"
        ),
        pytest.param([a_face(), a_face(at=1, inter_eye_px=20.0)], "", id="the other half as large"),
        pytest.param([a_face(inter_eye_px=23.9)], "too_small", id="a tenth of a pixel too small"),
        pytest.param([a_face(inter_eye_px=24.0)], "", id="just large enough"),
        pytest.param([a_face(yaw_deg=-35.1)], "turned_away", id="turned a little too far"),
        pytest.param([a_face(yaw_deg=-35.0)], "", id="turned as far as allowed"),
        pytest.param([a_face(pitch_deg=36.0)], "turned_away", id="looking down"),
        pytest.param([an_unreadable_face("turned_away")], "turned_away", id="seen as turned away"),
        pytest.param([an_unreadable_face("blurred")], "blurred", id="blurred"),
        pytest.param([an_unreadable_face("occluded")], "blurred", id="covered"),
        pytest.param([a_face(unreadable_because="cut_off")], "", id="a tight portrait"),
        pytest.param([an_unreadable_face("cut_off")], "blurred", id="half a face"),
    ],
)
def test_pictures_are_refused_with_stable_codes(faces, code):
    verdict = judge_enrolment_photo(faces)
    assert (verdict.code, verdict.accepted) == (code, code == "")


def test_the_dominant_face_is_the_one_enrolled():
    assert judge_enrolment_photo([a_face(inter_eye_px=15.0), a_face(at=1)]).face_index == 1


def test_a_face_enrolled_for_somebody_else_is_refused_with_the_name():
    verdict = judge_enrolment_photo(
        [a_face(like((2, 0.7)))], student_no="S01", roster=a_roster(3), calibration=a_calibration()
    )
    assert verdict.code == "same_face_as:S02"
    assert "S02" in str(verdict.reason)


def test_another_picture_of_oneself_is_no_conflict():
    verdict = judge_enrolment_photo(
        [a_face(like((2, 0.7)))], student_no="S02", roster=a_roster(3), calibration=a_calibration()
    )
    assert verdict.accepted


def test_a_new_face_is_no_conflict():
    verdict = judge_enrolment_photo(
        [a_face(like((1, 0.2)))], student_no="S09", roster=a_roster(3), calibration=a_calibration()
    )
    assert verdict.accepted


def test_searching_without_a_calibration_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="together"):
        judge_enrolment_photo([a_face()], roster=a_roster(1))


def test_one_wrong_picture_of_three_is_set_aside_and_told():
    own = [like((1, 0.9), rest=20), like((1, 0.9), rest=21)]
    photos = [an_enrolled_photo(own[0], "a"), an_enrolled_photo(own[1], "b"), an_enrolled_photo(someone(50), "c")]
    roster = build_roster({"S01": photos}, {}, CONTRACT, a_calibration())
    template = roster.students["S01"]
    assert template.set_aside == (photos[2].sha256,)
    assert float(template.mean @ someone(50)) == pytest.approx(0.0, abs=1e-6)
    assert [conflict.kind for conflict in roster.conflicts] == ["photos_disagree"]


def test_of_two_pictures_that_disagree_neither_is_dropped():
    photos = [an_enrolled_photo(someone(1), "a"), an_enrolled_photo(someone(2), "b")]
    roster = build_roster({"S01": photos}, {}, CONTRACT, a_calibration())
    assert roster.students["S01"].set_aside == ()
    assert [conflict.kind for conflict in roster.conflicts] == ["photos_disagree"]


def test_pictures_that_agree_all_count():
    photos = [an_enrolled_photo(like((1, 0.9), rest=20 + place), str(place)) for place in range(3)]
    roster = build_roster({"S01": photos}, {}, CONTRACT, a_calibration())
    assert len(roster.students["S01"].photos) == 3
    assert roster.conflicts == ()
    assert float(roster.students["S01"].mean @ someone(1)) == pytest.approx(0.9)


def test_one_face_under_two_names_is_found_in_the_class():
    students = {f"S{n:02d}": [an_enrolled_photo(someone(n), str(n))] for n in range(1, 10)}
    students["S20"] = [an_enrolled_photo(like((3, 0.8)), "twin")]
    conflicts = build_roster(students, {}, CONTRACT, a_calibration()).conflicts
    assert [(conflict.kind, conflict.numbers) for conflict in conflicts] == [("same_face", ("S03", "S20"))]


def test_one_face_under_two_names_is_refused_under_both_and_a_face_like_both_is_neither():
    students = {f"S{n:02d}": [an_enrolled_photo(someone(n), str(n))] for n in range(1, 10)}
    students["S20"] = [an_enrolled_photo(like((3, 0.95)), "twin")]
    roster = build_roster(students, {}, CONTRACT, a_calibration())
    refused = judge_same_faces(roster)
    assert {number: verdict.code for number, verdict in refused.items()} == {
        "S03": "same_face_as:S20",
        "S20": "same_face_as:S03",
    }
    assert not any(verdict.accepted for verdict in refused.values())
    (match,) = match_faces([a_face(like((3, 0.7), rest=180))], roster, a_calibration())
    assert (match.state.value, match.student_no) == ("unclear", None)


def test_a_class_of_different_faces_is_refused_nothing():
    assert judge_same_faces(a_roster(9)) == {}


def test_people_who_are_a_little_alike_are_no_conflict():
    students = {"S01": [an_enrolled_photo(someone(1), "a")], "S02": [an_enrolled_photo(like((1, 0.25)), "b")]}
    assert build_roster(students, {}, CONTRACT, a_calibration()).conflicts == ()


def test_students_without_a_usable_picture_are_listed():
    roster = a_roster(3, without_photo=("S02",))
    assert roster.without_photo == ("S02",)
    assert set(roster.students) == {"S01", "S03"}


def test_faces_of_another_contract_are_never_compared():
    with pytest.raises(ContractMismatchError, match=r"other-pack@9.*test-pack@1"):
        match_faces([a_face()], a_roster(1), a_calibration(), embedding_contract="other-pack@9")
    assert len(match_faces([a_face()], a_roster(1), a_calibration(), embedding_contract=CONTRACT)) == 1


def test_the_order_of_students_does_not_matter():
    photos = {f"S{n:02d}": [an_enrolled_photo(someone(n), str(n))] for n in (3, 1, 2)}
    roster = build_roster(photos, {}, CONTRACT, a_calibration())
    assert list(roster.students) == ["S01", "S02", "S03"]
    assert np.allclose(roster.students["S03"].mean, someone(3))
