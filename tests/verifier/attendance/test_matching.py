"""Every photo is solved as a whole: nobody twice, strangers and doubts as answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verifier.attendance.people import (
    CONTRACT,
    DIMENSIONS,
    a_calibration,
    a_crowd,
    a_face,
    a_roster,
    a_stranger,
    an_enrolled_photo,
    an_unreadable_face,
    like,
    someone,
)
from verifier.attendance.enrolment import build_roster
from verifier.attendance.matching import FaceState, match_faces, solve_one_to_one

CALIBRATION = a_calibration()


def states(faces, roster):
    return [match.state.value for match in match_faces(faces, roster, CALIBRATION)]


def test_a_face_is_matched_to_its_person():
    (match,) = match_faces(a_crowd(2), a_roster(3), CALIBRATION)
    assert (match.state, match.student_no) == (FaceState.MATCHED, "S02")
    assert match.similarity == pytest.approx(0.7)
    assert match.match_probability > 0.999
    assert match.margin > 4.6


def test_a_teacher_is_told_from_a_student():
    (match,) = match_faces([a_face(like((201, 0.7)))], a_roster(3), CALIBRATION)
    assert (match.state, match.teacher_number, match.student_no) == (FaceState.TEACHER, "T01", None)


def test_a_face_like_nobody_is_a_stranger():
    (match,) = match_faces([a_stranger()], a_roster(3), CALIBRATION)
    assert (match.state, match.student_no) == (FaceState.STRANGER, None)
    assert match.match_probability < 0.001


def test_a_face_between_the_limits_is_unclear_and_accuses_nobody():
    """0.29 lies between 0.6 - 3.09 × 0.1, above which a person's own face may lie, and what a match needs."""
    (match,) = match_faces([a_face(like((1, 0.295)))], a_roster(3), CALIBRATION)
    assert (match.state, match.student_no, match.nearest) == (FaceState.UNCLEAR, None, "S01")


@pytest.mark.parametrize(
    ("cosine", "state"),
    [
        pytest.param(0.285, "stranger", id="just too unlike"),
        pytest.param(0.295, "unclear", id="may be the person's own"),
    ],
)
def test_the_stranger_limit_has_two_sides(cosine, state):
    assert states([a_face(like((1, cosine)))], a_roster(3)) == [state]


@pytest.mark.parametrize(
    ("cosine", "state"),
    [pytest.param(-0.01, "unclear", id="just below"), pytest.param(0.01, "matched", id="just above")],
)
def test_the_match_limit_has_two_sides(cosine, state):
    people = 41  # 40 students and a teacher: the best of so many wrong ones must not reach the limit
    limit = CALIBRATION.match_similarity(40, people)
    assert states([a_face(like((1, limit + cosine)))], a_roster(40)) == [state]


def test_an_unreadable_face_takes_no_part():
    (match,) = match_faces([an_unreadable_face()], a_roster(3), CALIBRATION)
    assert (match.state, match.similarity) == (FaceState.UNREADABLE, None)


@pytest.mark.parametrize(
    ("sharpness", "state"),
    [
        pytest.param(0.6, "stranger", id="sharp"),
        pytest.param(0.3, "unclear", id="blurred: one's own face may be so unlike"),
    ],
)
def test_a_blurred_face_is_less_soon_a_stranger(sharpness, state):
    calibration = a_calibration(genuine_mean=(0.4, 0.6), sharpness=(0.3, 0.5), sharpness_loss=(0.15, 0.0))
    (match,) = match_faces([a_face(like((1, 0.2)), sharpness=sharpness)], a_roster(3), calibration)
    assert match.state.value == state


def test_a_face_just_too_small_may_show_somebody_but_never_a_stranger():
    small = {"unreadable_because": "too_small", "inter_eye_px": 12.0}
    assert states([a_face(like((1, 0.7)), **small)], a_roster(3)) == ["matched"]
    assert states([a_face(someone(220), **small)], a_roster(3)) == ["unreadable"]
    assert states([a_face(like((1, 0.7)), unreadable_because="blurred")], a_roster(3)) == ["unreadable"]


def test_nobody_is_two_people_in_one_photo():
    """Both faces look like S01; the better one is, the other stays undecided rather than a stranger."""
    found = match_faces([a_face(like((1, 0.6))), a_face(like((1, 0.9)), at=1)], a_roster(3), CALIBRATION)
    assert [match.student_no for match in found] == [None, "S01"]
    assert found[0].state is FaceState.UNCLEAR


def test_two_faces_equally_like_one_person_are_both_undecided():
    found = match_faces([a_face(like((1, 0.7), rest=100)), a_face(like((1, 0.7), rest=101))], a_roster(3), CALIBRATION)
    assert [match.state for match in found] == [FaceState.UNCLEAR, FaceState.UNCLEAR]


def test_twins_on_the_roster_are_not_guessed_at():
    twins = {"S01": [an_enrolled_photo(someone(1), "a")], "S02": [an_enrolled_photo(like((1, 0.98), rest=30), "b")]}
    roster = build_roster(twins, {}, CONTRACT, CALIBRATION)
    (match,) = match_faces([a_face(like((1, 0.7)))], roster, CALIBRATION)
    assert match.state is FaceState.UNCLEAR


def test_the_photo_as_a_whole_decides_between_two_candidates():
    """Alone, the second face is nearer to S01; with S01's own face in the photo it can only be S02."""
    own = a_face(like((1, 0.85)))
    other = a_face(like((1, 0.46), (2, 0.45)), at=1)
    assert match_faces([other], a_roster(3), CALIBRATION)[0].state is FaceState.UNCLEAR
    found = match_faces([own, other], a_roster(3), CALIBRATION)
    assert [match.student_no for match in found] == ["S01", "S02"]


def test_without_enrolled_people_nobody_can_be_called_a_stranger():
    assert states([a_stranger(), an_unreadable_face()], a_roster(0, teachers=0)) == ["unclear", "unreadable"]


def test_a_photo_without_faces_has_no_matches():
    assert match_faces([], a_roster(3), CALIBRATION) == ()


def test_all_faces_may_be_nobodys():
    assert states([a_stranger(n, at=n) for n in range(1, 6)], a_roster(2)) == ["stranger"] * 5


def test_one_to_one_prefers_the_greatest_total():
    pairs, total = solve_one_to_one(np.array([[5.0, 4.0], [4.5, -3.0]]))
    assert pairs == {0: 1, 1: 0}
    assert total == pytest.approx(8.5)
    assert solve_one_to_one(np.array([[-1.0, -2.0]])) == ({}, 0.0)


def unit_vectors(count: int, seed: int) -> np.ndarray:
    """Any directions: persons, strangers and everything between them."""
    vectors = np.random.default_rng(seed).normal(0, 1, (count, DIMENSIONS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@st.composite
def photos(draw):
    """A roster and a photo of it: own faces, repeated faces, strangers, at any likeness."""
    people = draw(st.integers(1, 6))
    shown = draw(st.lists(st.tuples(st.integers(0, people), st.floats(0.0, 0.98)), max_size=8))
    noise = unit_vectors(len(shown) + 1, draw(st.integers(0, 10_000)))
    faces = []
    for place, (person, cosine) in enumerate(shown):
        vector = noise[place].copy()
        vector[:10] = 0
        vector *= (1 - cosine**2) ** 0.5 / np.linalg.norm(vector)
        vector[person] = cosine
        faces.append(a_face(vector.astype(np.float32), at=place))
    return people, faces


@settings(max_examples=60, deadline=None)
@given(photos())
def test_nobody_is_ever_two_people_in_any_photo(photo):
    people, faces = photo
    found = match_faces(faces, a_roster(people), CALIBRATION)
    named = [match.student_no or match.teacher_number for match in found if match.state in ("matched", "teacher")]
    assert len(named) == len(set(named))
    assert [match.index for match in found] == list(range(len(faces)))
    assert all(0 <= match.match_probability <= 1 for match in found if match.match_probability is not None)


@settings(max_examples=40, deadline=None)
@given(photos(), st.randoms(use_true_random=False))
def test_the_order_of_faces_does_not_matter(photo, random):
    people, faces = photo
    order = list(range(len(faces)))
    random.shuffle(order)
    straight = match_faces(faces, a_roster(people), CALIBRATION)
    shuffled = match_faces([faces[place] for place in order], a_roster(people), CALIBRATION)
    for place, match in zip(order, shuffled, strict=True):
        assert (match.state, match.student_no) == (straight[place].state, straight[place].student_no)
