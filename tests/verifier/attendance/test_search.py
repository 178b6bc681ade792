"""Searching for one face among many: the nearest exactly, named only within the budget, never across contracts."""

from __future__ import annotations

import numpy as np
import pytest

from tests.verifier.attendance.people import CONTRACT, a_calibration, like, someone
from verifier.attendance.calibration import CalibrationData
from verifier.attendance.enrolment import ContractMismatchError
from verifier.attendance.search import Hit, KnownFace, MemoryIndex, SearchState, judge_hits, link_faces

CALIBRATION = a_calibration()


def known(*numbers: int, person: str | None = None) -> list[KnownFace]:
    return [KnownFace(f"YY-1/S{n:02d}", person or f"person {n}", someone(n), 40.0) for n in numbers]


def a_hit(similarity: float, person: str = "p", size: float = 40.0) -> Hit:
    return Hit(f"YY-1/{person}", person, similarity, size)


def some_vectors(count: int, seed: int = 7, dimensions: int = 64) -> np.ndarray:
    vectors = np.random.RandomState(seed).standard_normal((count, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_nearest_come_first():
    index = MemoryIndex(known(1, 2, 3), CONTRACT)
    (hits,) = index.find_nearest(like((2, 0.7), (3, 0.5))[None], CONTRACT, 2)
    assert [(hit.key, round(hit.similarity, 4)) for hit in hits] == [("YY-1/S02", 0.7), ("YY-1/S03", 0.5)]


def test_of_equal_ones_the_lower_key_comes_first_whatever_the_order_given():
    both = [KnownFace("b", "b", someone(1), 40.0), KnownFace("a", "a", someone(1), 40.0)]
    for faces in (both, both[::-1]):
        (hits,) = MemoryIndex(faces, CONTRACT).find_nearest(someone(1)[None], CONTRACT)
        assert [hit.key for hit in hits] == ["a", "b"]


def test_the_search_in_blocks_equals_a_plain_sort(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("verifier.attendance.search._CELLS", 3000)  # three queries a block
    vectors = some_vectors(1000)
    index = MemoryIndex([KnownFace(f"{n:04d}", str(n), vector, 40.0) for n, vector in enumerate(vectors)], CONTRACT)
    queries = some_vectors(10, seed=8)
    found = index.find_nearest(queries, CONTRACT, 5)
    exact = queries.astype(float) @ vectors.astype(float).T
    assert [[int(hit.key) for hit in hits] for hits in found] == np.argsort(-exact, axis=1)[:, :5].tolist()


def test_faces_of_another_contract_are_refused():
    with pytest.raises(ContractMismatchError, match="other@1"):
        MemoryIndex(known(1), CONTRACT).find_nearest(someone(1)[None], "other@1")


def test_an_index_that_may_have_missed_somebody_never_says_nobody():
    assert judge_hits([a_hit(0.1)], 40.0, 50, CALIBRATION).state is SearchState.NOBODY
    assert judge_hits([a_hit(0.1)], 40.0, 50, CALIBRATION, complete=False).state is SearchState.CANNOT_TELL
    assert judge_hits([], 40.0, 50, CALIBRATION, complete=False).state is SearchState.CANNOT_TELL
    assert judge_hits([a_hit(0.99)], 40.0, 50, CALIBRATION, complete=False).state is SearchState.FOUND


def test_an_empty_index_finds_nobody():
    assert MemoryIndex([], CONTRACT).find_nearest(someone(1)[None], CONTRACT) == [[]]
    assert judge_hits([], 40.0, 0, CALIBRATION).state is SearchState.NOBODY


def test_a_key_twice_is_an_error():
    with pytest.raises(ValueError, match="same key"):
        MemoryIndex(known(1, 1), CONTRACT)


@pytest.mark.parametrize(
    ("above", "state"),
    [
        pytest.param(1e-6, SearchState.FOUND, id="at the limit"),
        pytest.param(-1e-6, SearchState.CANNOT_TELL, id="below"),
    ],
)
def test_a_person_is_named_from_the_budgets_limit_on(above, state):
    limit = CALIBRATION.match_similarity(40.0, 50)
    answer = judge_hits([a_hit(limit + above)], 40.0, 50, CALIBRATION)
    assert (answer.state, round(answer.limit, 6)) == (state, round(limit, 6))


def test_the_limit_holds_for_all_faces_searched_together():
    limit = CALIBRATION.match_similarity(40.0, 50)
    assert judge_hits([a_hit(limit + 1e-6)], 40.0, 50, CALIBRATION, searches=20).state is SearchState.CANNOT_TELL
    assert judge_hits([a_hit(CALIBRATION.match_similarity(40.0, 1000))], 40.0, 50, CALIBRATION, searches=20).state is (
        SearchState.FOUND
    )


def test_too_many_candidates_for_the_data_is_cannot_tell_however_alike():
    """With n pairs of different people behind the calibration no probability above n / (n + candidates) is shown."""
    data = CalibrationData("small", CALIBRATION.data.fitted_on, 75, 202, 322, 13_979, ("all",), {})
    small = a_calibration(data=data)
    few, many = judge_hits([a_hit(0.99)], 40.0, 13_000, small), judge_hits([a_hit(0.99)], 40.0, 15_000, small)
    assert (few.state, many.state) == (SearchState.FOUND, SearchState.CANNOT_TELL)
    assert few.likenesses[0].probability == pytest.approx(13_980 / (13_980 + 13_000))


def test_two_people_equally_alike_are_cannot_tell():
    answer = judge_hits([a_hit(0.8, "one"), a_hit(0.8, "other")], 40.0, 50, CALIBRATION)
    assert answer.state is SearchState.CANNOT_TELL
    assert answer.probability > 0.999  # one of them it is


def test_one_person_in_two_classes_is_one_candidate():
    answer = judge_hits([a_hit(0.8, "same"), a_hit(0.79, "same")], 40.0, 50, CALIBRATION)
    assert answer.state is SearchState.FOUND
    assert len(answer.likenesses) == 1


@pytest.mark.parametrize(
    ("similarity", "state"),
    [
        pytest.param(0.1, SearchState.NOBODY, id="as unlike as other people"),
        pytest.param(0.45, SearchState.CANNOT_TELL, id="in between"),
    ],
)
def test_nobody_is_said_only_where_somebody_is_unlikely(similarity, state):
    answer = judge_hits([a_hit(similarity)], 40.0, 50, CALIBRATION)
    assert answer.state is state
    assert (answer.probability <= 0.01) is (state is SearchState.NOBODY)


def test_faces_are_linked_from_the_limit_on_and_not_below():
    limit = CALIBRATION.match_similarity(40.0, 1)
    for above, groups in ((1e-3, [[0, 1]]), (-1e-3, [[0], [1]])):
        vectors = np.stack([someone(1), like((1, limit + above))])
        assert link_faces(vectors, [40.0, 40.0], ["a", "b"], CALIBRATION) == groups


def test_two_faces_of_one_place_are_never_one_person():
    vectors = np.stack([someone(1), someone(1), like((1, 0.9))])
    assert link_faces(vectors, [40.0] * 3, ["a", "a", "b"], CALIBRATION) == [[0, 2], [1]]


def test_a_chain_is_one_person():
    """The first and the last are unlike; the one between them is like both (0.75 and 0.66, the limit is 0.4 to 0.5)."""
    vectors = np.stack([someone(1), like((1, 0.75), rest=2), someone(2)])
    assert link_faces(vectors, [40.0] * 3, ["a", "b", "c"], CALIBRATION) == [[0, 1, 2]]


def test_the_most_alike_are_linked_first():
    """The middle one may join only one of two that share a place: the nearer."""
    vectors = np.stack([someone(1), like((1, 0.75), rest=2), someone(2)])
    assert link_faces(vectors, [40.0] * 3, ["a", "b", "a"], CALIBRATION) == [[0, 1], [2]]
