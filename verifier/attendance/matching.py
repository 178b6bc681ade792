"""Whose face is it? Every photo is solved as a whole against the roster, with "nobody" and "cannot tell" as answers.

A face gets at most one person and a person at most one face: with the likeness of every pair as evidence, the assignment of the
whole photo that explains it best is found (Hungarian method), where each face may also be nobody's. Then each pair must carry
its own weight, by the declared error budget and against the next best assignment of the whole photo.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.special import expit

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023, Calibration, ErrorBudget
from verifier.attendance.enrolment import Roster, Template
from verifier.observation import FaceObservation

_NEVER = -1e6  # an assignment that does not exist


class FaceState(StrEnum):
    """What became of a face.

    UNCLEAR is not in the first contract of interfaces.md: a face that is sharp enough to read, like somebody on the roster but
    not enough to be them. Calling it stranger would accuse, calling it unreadable would be untrue.
    """

    MATCHED = "matched"
    TEACHER = "teacher"
    STRANGER = "stranger"
    UNCLEAR = "unclear"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class MatchingLimits:
    """Limits of one photo's solution.

    Attributes:
        stranger_prior: Share of faces expected to be nobody's on the roster before looking. One in twenty is far above what an
            honest class shows, so that no face is pressed onto a student.
        min_margin: By how much (natural log) the best solution must beat the best one without that pair: ln 99, so that the
            other reading has at most 1 % of the weight.
    """

    name: str
    stranger_prior: float
    min_margin: float


MATCHING_2023 = MatchingLimits("matching-2023", stranger_prior=0.05, min_margin=math.log(99))


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """What one face of a photo was taken for.

    Attributes:
        index: Place of the face in the photo's faces.
        student_no, teacher_number: The person, for MATCHED and TEACHER only.
        nearest: The most similar person that was still free, whatever the state; "" without a roster or embedding.
        similarity: Mean cosine to that person's enrolment pictures; None for an unreadable face.
        match_probability: That the face is the named (else: the nearest) person's, within what the calibration's data can show.
        margin: Natural-log lead of the solution over the best one without this pair; 0 where no pair was made.
        llr: Natural-log likelihood ratio "that person" to "somebody else", not bounded by the data.
    """

    index: int
    state: FaceState
    student_no: str | None = None
    teacher_number: str | None = None
    nearest: str = ""
    similarity: float | None = None
    match_probability: float | None = None
    margin: float = 0.0
    llr: float | None = None


def match_faces(
    faces: Sequence[FaceObservation],
    roster: Roster,
    calibration: Calibration,
    *,
    embedding_contract: str | None = None,
    limits: MatchingLimits = MATCHING_2023,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
) -> tuple[FaceMatch, ...]:
    """Match all faces of one photo to the roster, one to one; the answers stand in the order of the faces.

    Args:
        faces: All faces of one photo; unreadable ones count against nobody.
        embedding_contract: That of the photo's look; give it wherever it is known.
    Raises:
        ContractMismatchError: `embedding_contract` is not the roster's.
    """
    if embedding_contract is not None:
        roster.require_contract(embedding_contract)
    readable = [index for index, face in enumerate(faces) if may_match(face)]
    people = [*roster.students.values(), *roster.teachers.values()]
    found = {index: FaceMatch(index, FaceState.UNREADABLE) for index in range(len(faces))}
    if readable and not people:
        # Nobody is enrolled, so "on no roster" cannot be seen either.
        found.update({index: FaceMatch(index, FaceState.UNCLEAR) for index in readable if faces[index].readable})
    elif readable:
        solution = PhotoSolution([faces[index] for index in readable], people, calibration, limits, budget)
        for row, index in enumerate(readable):
            answer = solution.describe(row, index, len(roster.students))
            if answer.state is FaceState.STRANGER and roster.not_read:
                # The face may be theirs whose picture we failed to read.
                answer = replace(answer, state=FaceState.UNCLEAR)
            if faces[index].readable or row in solution.firm:
                found[index] = answer
    return tuple(found[index] for index in range(len(faces)))


def may_match(face: FaceObservation) -> bool:
    """Whether the face takes part. A face just too small may show that somebody was there, as the calibration knows what its
    size is worth; it never shows that somebody was not. No measurement says the same of blurred or turned faces."""
    return face.embedding is not None and face.unreadable_because in ("", "too_small")


class PhotoSolution:
    """The evidence of one photo and its best one-to-one reading.

    Attributes:
        similarity: (faces, people) mean cosines to the enrolment pictures.
        weight: (faces, people) natural-log odds "this person" to "nobody's", before the others are looked at.
        assigned: face → person of the best reading; faces left out are nobody's.
        margin: face → lead of the best reading over the best one without that pair.
        firm: the assigned pairs that carry their own weight.
    """

    def __init__(
        self, faces: Sequence[FaceObservation], people: Sequence[Template], calibration: Calibration,
        limits: MatchingLimits, budget: ErrorBudget,
    ) -> None:  # fmt: skip
        self.people, self.calibration, self.limits, self.budget = people, calibration, limits, budget
        legible = [calibration.find_legible_px(face.inter_eye_px, face.sharpness) for face in faces]
        self.sizes = np.array([[min(size, person.inter_eye_px) for person in people] for size in legible])
        vectors = np.stack([face.embedding for face in faces if face.embedding is not None])
        self.similarity = vectors.astype(np.float64) @ np.stack([person.mean for person in people]).T.astype(np.float64)
        self.llr = calibration.llrs(self.similarity, self.sizes)
        # Odds of "this person" against "nobody's" before looking: every listed person is equally likely.
        self.log_prior = math.log((1 - limits.stranger_prior) / limits.stranger_prior / len(people))
        self.weight = self.llr + self.log_prior
        self.assigned, best = solve_one_to_one(self.weight)
        self.margin = {row: self._lead(row, column, best) for row, column in self.assigned.items()}
        self.firm = self._find_firm()

    def _lead(self, row: int, column: int, best: float) -> float:
        """How much the best reading loses without that pair."""
        rivals = (self.weight[row] > 0).sum() + (self.weight[:, column] > 0).sum()
        if rivals == 2:
            # Nobody else wants the face or the person, so without the pair the face is nobody's and nothing else changes.
            return float(self.weight[row, column])
        return best - solve_one_to_one(_without(self.weight, row, column))[1]

    def _find_firm(self) -> dict[int, int]:
        """Pairs that carry their own weight. Each one leaves fewer candidates, so a lower limit, for the rest."""
        firm: dict[int, int] = {}
        while True:
            taken = set(firm.values())
            candidates = len(self.people) - len(taken)
            added = {
                row: column
                for row, column in self.assigned.items()
                if row not in firm
                and self.margin[row] >= self.limits.min_margin
                and self.similarity[row, column]
                >= self.calibration.match_similarity(float(self.sizes[row, column]), candidates, self.budget)
            }
            if not added:
                return firm
            firm.update(added)

    def describe(self, row: int, index: int, students: int) -> FaceMatch:
        """The answer for one face. The first `students` people are students, the others teachers."""
        taken = set(self.firm.values())
        free = [column for column in range(len(self.people)) if column not in taken]
        column = self.firm.get(row, self.assigned.get(row))
        if column is None:
            column = max(free or range(len(self.people)), key=lambda person: self.weight[row, person])
        state = self._judge(row, free)
        named = state is FaceState.MATCHED
        teacher = named and column >= students
        return FaceMatch(
            index=index,
            state=FaceState.TEACHER if teacher else state,
            student_no=self.people[column].number if named and not teacher else None,
            teacher_number=self.people[column].number if teacher else None,
            nearest=self.people[column].number,
            similarity=float(self.similarity[row, column]),
            match_probability=float(expit(self.calibration.bound_llr(self.log_odds(row, column)))),
            margin=float(self.margin.get(row, 0.0)),
            llr=float(self.llr[row, column]),
        )

    def _judge(self, row: int, free: Sequence[int]) -> FaceState:
        if row in self.firm:
            return FaceState.MATCHED
        if row in self.assigned:
            return FaceState.UNCLEAR
        like_free = any(
            self.similarity[row, column]
            >= self.calibration.stranger_similarity(float(self.sizes[row, column]), self.budget)
            for column in free
        )
        # Very like somebody who already sits elsewhere: a twin, a mirror, a picture on the wall. Nobody can tell from here.
        like_taken = any(
            self.similarity[row, column]
            >= self.calibration.match_similarity(float(self.sizes[row, column]), len(self.people), self.budget)
            for column in range(len(self.people))
            if column not in free
        )
        return FaceState.UNCLEAR if like_free or like_taken else FaceState.STRANGER

    def log_odds(self, row: int, column: int) -> float:
        """Natural-log weight of a pair against every other reading of its face and of its person."""
        people, faces = np.ones(len(self.people), bool), np.ones(len(self.weight), bool)
        people[[*self.firm.values(), column]] = False
        faces[[*self.firm, row]] = False
        against = np.concatenate([[0.0], self.weight[row, people], self.weight[faces, column]])
        return float(self.weight[row, column] - np.logaddexp.reduce(against))


def solve_one_to_one(weight: NDArray[np.float64]) -> tuple[dict[int, int], float]:
    """The assignment of faces (rows) to people (columns) of the greatest total weight; nobody weighs 0.

    Returns: row → column for the faces that are somebody's, and the total.
    """
    rows, columns = weight.shape
    # One "nobody" a face, so that any number of faces may be nobody's.
    nobody = np.where(np.eye(rows, dtype=bool), 0.0, _NEVER)
    chosen_rows, chosen = linear_sum_assignment(np.hstack([weight, nobody]), maximize=True)
    pairs = {int(row): int(column) for row, column in zip(chosen_rows, chosen, strict=True) if column < columns}
    return pairs, float(sum(weight[row, column] for row, column in pairs.items()))


def _without(weight: NDArray[np.float64], row: int, column: int) -> NDArray[np.float64]:
    changed = weight.copy()
    changed[row, column] = _NEVER
    return changed
