"""Whose face is this, among all that are known in the city? Exact search in memory, and what its answer is worth.

Looks at:         one face against templates of enrolled people, or against faces that nobody could name.
Cannot tell when: so many are compared that the likeliest of the wrong ones looks like the right one. How many that is follows
                  from the calibration's data: with n pairs of different people no probability above n / (n + candidates) is shown.
Faces of two embedding contracts are never compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023, Calibration, ErrorBudget
from verifier.attendance.enrolment import ContractMismatchError

# What the posterior sums over. The 33rd most alike of wrong candidates weighs less than the 32 before it together.
NEAREST = 32
# An accusation that is more probably wrong than right is none.
MIN_CASE_PROBABILITY = 0.5
_CELLS = 16_000_000  # cosines held at once: 64 MB, whatever the size of the city
_MARGIN = 8  # taken beyond those asked for, as blocks of different sizes round their last bit differently


@dataclass(frozen=True, slots=True, eq=False)
class KnownFace:
    """One face that a search can find.

    Attributes:
        key: Unique in its index: ``class number/student_no`` of the enrolled, an id of the unknown.
        person: Equal for keys that are known to be one person, as one ID number in two classes.
        vector: (d,) float32. A template's is the mean of unit vectors and not scaled, so the dot product with a face is the mean
            cosine to the enrolment pictures, which is what the calibration was fitted for.
        inter_eye_px: Distance between the eyes, pixels.
    """

    key: str
    person: str
    vector: NDArray[np.float32]
    inter_eye_px: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One of the nearest faces. `similarity` is the dot product with the face that was searched for."""

    key: str
    person: str
    similarity: float
    inter_eye_px: float


class FaceIndex(Protocol):
    """Something that finds the nearest faces; `MemoryIndex`, or the one of the records on PostgreSQL."""

    @property
    def embedding_contract(self) -> str:
        """What its faces are comparable within."""
        ...

    @property
    def size(self) -> int:
        """How many faces it holds."""
        ...

    @property
    def complete(self) -> bool:
        """Whether the nearest are surely among what it finds; otherwise "nobody" cannot be said."""
        ...

    def find_nearest(
        self, vectors: NDArray[np.float32], embedding_contract: str, count: int = NEAREST
    ) -> list[list[Hit]]:
        """The most similar faces of each of (n, d) vectors, the most similar first; of equal ones the lower key.

        Raises:
            ContractMismatchError: the vectors were embedded by other means.
        """
        ...


class MemoryIndex:
    """All faces in one float32 matrix; exact. 10⁶ faces of 128 numbers take 512 MB."""

    def __init__(self, faces: Sequence[KnownFace], embedding_contract: str) -> None:
        """Take the faces in any order; a key twice is an error.

        Raises:
            ValueError: two faces have one key.
        """
        self.embedding_contract = embedding_contract
        self._faces = sorted(faces, key=lambda face: face.key)
        if len({face.key for face in self._faces}) != len(self._faces):
            raise ValueError("two faces of one index have the same key")
        self._matrix = np.stack([face.vector for face in self._faces]) if self._faces else np.zeros((0, 0), np.float32)

    @property
    def size(self) -> int:
        """How many faces it holds."""
        return len(self._faces)

    @property
    def complete(self) -> bool:
        """Every face is compared."""
        return True

    def find_nearest(
        self, vectors: NDArray[np.float32], embedding_contract: str, count: int = NEAREST
    ) -> list[list[Hit]]:
        """As `FaceIndex` says."""
        require_same_contract(embedding_contract, self.embedding_contract)
        if not self._faces:
            return [[] for _ in vectors]
        found: list[list[Hit]] = []
        step = max(_CELLS // len(self._faces), 1)
        for start in range(0, len(vectors), step):
            part = vectors[start : start + step]
            cosines = part @ self._matrix.T
            taken = min(count + _MARGIN, len(self._faces))
            rows = np.argpartition(-cosines, taken - 1, axis=1)[:, :taken]
            found += [self._describe(vector, chosen, count) for vector, chosen in zip(part, rows, strict=True)]
        return found

    def _describe(self, vector: NDArray[np.float32], rows: NDArray[np.intp], count: int) -> list[Hit]:
        exact = self._matrix[rows].astype(np.float64) @ vector.astype(np.float64)
        hits = [
            Hit(self._faces[row].key, self._faces[row].person, float(value), self._faces[row].inter_eye_px)
            for row, value in zip(rows, exact, strict=True)
        ]
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.key))[:count]


def require_same_contract(seen: str, wanted: str) -> None:
    """Refuse to compare faces of two contracts.

    Raises:
        ContractMismatchError: naming both.
    """
    if seen != wanted:
        raise ContractMismatchError(f"faces of {seen!r} cannot be searched among faces of {wanted!r}: embed both anew")


class SearchState(StrEnum):
    """What a search concluded. Stored and shown, never renamed."""

    FOUND = "found"
    NOBODY = "nobody"  # of those that were compared
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Likeness:
    """One candidate. `probability` is that the face is theirs, within what the calibration's data can show."""

    hit: Hit
    probability: float


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What one search found.

    Attributes:
        likenesses: One a person, the likeliest first; of NOBODY and CANNOT_TELL too, for a person to look at.
        candidates: How many people it could have been.
        limit: The cosine from which the first one is named, by the budget.
        probability: That somebody of the candidates it is.
    """

    state: SearchState
    likenesses: tuple[Likeness, ...]
    candidates: int
    limit: float
    probability: float


def judge_hits(
    hits: Sequence[Hit],
    inter_eye_px: float,
    candidates: int,
    calibration: Calibration,
    *,
    searches: int = 1,
    complete: bool = True,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
) -> SearchAnswer:
    """Decide what the nearest faces say about one face.

    Before looking, it is as likely somebody of the candidates as nobody, and everybody of them alike. A person is named where
    the cosine exceeds what the best of all wrong comparisons would reach at the budgeted rate, *and* being them is likelier
    than everything else together, by what the data can vouch for. "Nobody" is said where somebody is no likelier than the
    budgeted rate of wrong matches.

    Args:
        hits: As `FaceIndex.find_nearest` gave them.
        inter_eye_px: Of the face that was searched for.
        candidates: How many people were compared, whether or not they are among the hits.
        searches: How many faces are searched together: the limit holds for all of them at once.
        complete: `FaceIndex.complete`: an index that may have missed the right one never says "nobody".
    """
    nobody = SearchState.NOBODY if complete else SearchState.CANNOT_TELL
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.person, hit)
    if not best or candidates <= 0:
        return SearchAnswer(nobody, (), candidates, 1.0, 0.0)
    weights = {
        person: math.exp(calibration.bound_llr(calibration.llr(hit.similarity, min(inter_eye_px, hit.inter_eye_px))))
        for person, hit in best.items()
    }
    total = candidates + sum(weights.values())
    likenesses = tuple(
        Likeness(hit, weights[person] / total)
        for person, hit in sorted(best.items(), key=lambda item: (-weights[item[0]], -item[1].similarity, item[1].key))
    )
    first = likenesses[0]
    limit = calibration.match_similarity(
        min(inter_eye_px, first.hit.inter_eye_px), candidates * max(searches, 1), budget
    )
    somebody = 1 - candidates / total
    if first.hit.similarity >= limit and first.probability > MIN_CASE_PROBABILITY:
        state = SearchState.FOUND
    elif somebody <= budget.false_match_rate:
        state = nobody
    else:
        state = SearchState.CANNOT_TELL
    return SearchAnswer(state, likenesses, candidates, limit, somebody)


def link_faces(
    vectors: NDArray[np.float32],
    sizes: Sequence[float],
    places: Sequence[str],
    calibration: Calibration,
    *,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
) -> list[list[int]]:
    """Group unknown faces into people: the most alike first, never two of one place.

    Two are one person where their cosine exceeds what the most alike of all compared pairs of different people would show at
    the budgeted rate; a chain of such pairs is one person.

    Args:
        vectors: (n, d) float32, unit vectors.
        sizes: Their distances between the eyes, pixels.
        places: What two different people share, as one session: those of one place are never one person.
    Returns: groups of row numbers, rising, in the order of their first.
    """
    count = len(vectors)
    groups = {row: [row] for row in range(count)}
    group_of = list(range(count))
    for _, first, second in _find_alike(vectors, np.asarray(sizes, np.float64), calibration, budget):
        one, other = group_of[first], group_of[second]
        if one == other or {places[row] for row in groups[one]} & {places[row] for row in groups[other]}:
            continue
        low, high = min(one, other), max(one, other)
        groups[low] = sorted(groups[low] + groups.pop(high))
        for row in groups[low]:
            group_of[row] = low
    return [groups[row] for row in sorted(groups)]


def _find_alike(
    vectors: NDArray[np.float32], sizes: NDArray[np.float64], calibration: Calibration, budget: ErrorBudget
) -> list[tuple[float, int, int]]:
    """(-cosine, row, row) of pairs beyond the limit, the most alike first."""
    count = len(vectors)
    pairs = max(math.comb(count, 2), 1)
    limits = {size: calibration.match_similarity(size, pairs, budget) for size in set(sizes.tolist())}
    found = []
    step = max(_CELLS // max(count, 1), 1)
    for start in range(0, count, step):
        cosines = vectors[start : start + step] @ vectors.T
        rows, columns = np.nonzero(cosines >= min(limits.values()))
        for row, column in zip((rows + start).tolist(), columns.tolist(), strict=True):
            if row >= column:
                continue
            cosine = float(vectors[row].astype(np.float64) @ vectors[column].astype(np.float64))
            if cosine >= limits[min(sizes[row], sizes[column])]:
                found.append((-cosine, row, column))
    return sorted(found)
