"""Measure ways of deciding on labelled faces, in the same run and on the same searches, with intervals.

- ``nearest_cosine``: the reference; the most similar enrolled person, by plain cosine.
- ``calibrated``: each face alone, by calibrated evidence against everybody on the roster.
- ``class_photo``: the n-th test picture of everybody together is a class photo, strangers among them, solved as a whole.
- ``fused``: all test pictures of a person together.

Searches for people who are not on the roster come from the strangers, from the faces of crowds (pictures on which nobody is
enrolled) that take part in matching, and from every test picture once more, with its own person taken off the roster. A
false-positive rate that so many searches cannot show is refused, and the lowest one they can is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier.attendance.calibration import (
    ATTENDANCE_BUDGET_2023,
    Calibration,
    ErrorBudget,
    RateNotSupportedError,
    find_interval,
    find_upper_rate,
    require_support,
)
from verifier.attendance.enrolment import EnrolledPhoto, Roster, Template, build_roster
from verifier.attendance.matching import MATCHING_2023, FaceState, PhotoSolution, match_faces, may_match
from verifier.attendance.operating import OperatingPoint, find_operating_point, say_stricter
from verifier.language import Sentence, say
from verifier.observation import FaceObservation

TARGET_FPIR = (0.01, 0.003)
DRAWS = 2000  # of the people, for an interval; its ends then move by less than a tenth of its width


@dataclass(frozen=True, slots=True)
class Rate:
    """Errors among trials with the two-sided 95 % Clopper–Pearson interval."""

    errors: int
    trials: int

    def to_json(self) -> dict[str, Any]:
        """JSON-ready form; the rate is None without trials."""
        low, high = find_interval(self.errors, self.trials)
        rate = self.errors / self.trials if self.trials else None
        return {"errors": self.errors, "trials": self.trials, "rate": rate, "low": low, "high": high}


@dataclass(frozen=True, slots=True)
class OperatingRow:
    """Misses at one false-positive rate. `refused` says why the data cannot show it; then the other values are None.

    One person's pictures go wrong together, so `fnir`'s own interval is too narrow: `by_person` is the 95 % interval of the
    same rate with the people drawn anew, and `people` counts those with any miss.
    """

    fpir: float
    fnir: Rate | None = None
    wrong_identity: Rate | None = None
    threshold: float | None = None
    refused: str = ""
    people: Rate | None = None
    by_person: tuple[float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "fpir": self.fpir,
            "refused": self.refused or None,
            "threshold": self.threshold,
            "fnir": self.fnir.to_json() if self.fnir else None,
            "wrong_identity": self.wrong_identity.to_json() if self.wrong_identity else None,
            "people_with_a_miss": self.people.to_json() if self.people else None,
            "fnir_interval_by_person": list(self.by_person) if self.by_person else None,
        }


@dataclass(frozen=True, slots=True)
class MethodResult:
    """One way of deciding, measured. `rank1` counts searches whose best answer was somebody else."""

    name: str
    rank1: Rate
    non_mated: int
    rows: tuple[OperatingRow, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-ready form."""
        rows = [row.to_json() for row in self.rows]
        return {
            "name": self.name,
            "rank1_errors": self.rank1.to_json(),
            "non_mated_searches": self.non_mated,
            "at_fpir": rows,
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything one run measured.

    Attributes:
        refused_enrolments: Picture → code for enrolment pictures that a bureau would send back; they are used all the same
            where they hold a face, since a data set cannot take another picture.
        unreadable: Test and stranger pictures without a face that could be embedded; such a test picture is a miss everywhere.
        crowd_faces: Faces of pictures on which nobody is enrolled that take part in matching.
        at_operating_point: What `match_faces` answered at the declared budget, over the class photos: answer → rate.
        operating_point: The cosines that the budget sets.
        notes: What the numbers do not show.
    """

    folder: str
    people: int
    enrolment_pictures: int
    test_pictures: int
    strangers: int
    refused_enrolments: Mapping[str, str]
    unreadable: tuple[str, ...]
    calibration: str
    budget: ErrorBudget
    methods: tuple[MethodResult, ...]
    at_operating_point: Mapping[str, Rate]
    operating_point: OperatingPoint
    notes: tuple[str, ...] = field(default_factory=tuple)
    crowd_faces: int = 0

    def to_json(self) -> dict[str, Any]:
        """JSON-ready form, as ``verifier evaluate DIR --json`` prints it."""
        return {
            "folder": self.folder,
            "people": self.people,
            "enrolment_pictures": self.enrolment_pictures,
            "test_pictures": self.test_pictures,
            "strangers": self.strangers,
            "crowd_faces": self.crowd_faces,
            "refused_enrolments": dict(self.refused_enrolments),
            "unreadable": list(self.unreadable),
            "calibration": self.calibration,
            "budget": {
                "name": self.budget.name,
                "false_flag_rate": self.budget.false_flag_rate,
                "false_match_rate": self.budget.false_match_rate,
            },
            "methods": [method.to_json() for method in self.methods],
            "operating_point": self.operating_point.to_json(),
            "at_operating_point": {name: rate.to_json() for name, rate in self.at_operating_point.items()},
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFaces:
    """The faces of a folder. A test picture without a face that could be embedded is None in its place.

    `crowds` are all faces of each picture on which nobody is enrolled.
    """

    enrolled: Mapping[str, tuple[EnrolledPhoto, ...]]
    tests: Mapping[str, tuple[FaceObservation | None, ...]]
    strangers: tuple[FaceObservation | None, ...]
    refused: Mapping[str, str]
    unreadable: tuple[str, ...]
    embedding_contract: str
    crowds: tuple[tuple[FaceObservation, ...], ...] = ()

    def list_crowds(self) -> list[list[FaceObservation]]:
        """The faces that take part in matching, picture by picture."""
        found = [[face for face in picture if may_match(face)] for picture in self.crowds]
        return [picture for picture in found if picture]


@dataclass(frozen=True, slots=True)
class Search:
    """One search: its score, and whether the right one was answered; `right` None for a search of somebody not on the roster.

    `person` is whose picture was searched for, "" for a stranger's.
    """

    score: float
    right: bool | None
    person: str = ""


def evaluate_faces(
    faces: LabelledFaces, calibration: Calibration, *, budget: ErrorBudget = ATTENDANCE_BUDGET_2023, name: str = ""
) -> Evaluation:
    """Measure the error rates on faces that were already found and embedded."""
    roster = build_roster(faces.enrolled, {}, faces.embedding_contract, calibration, budget=budget)
    return Evaluation(
        folder=name,
        people=len(roster.students),
        enrolment_pictures=sum(len(photos) for photos in faces.enrolled.values()),
        test_pictures=sum(len(pictures) for pictures in faces.tests.values()),
        strangers=len(faces.strangers),
        refused_enrolments=faces.refused,
        unreadable=faces.unreadable,
        calibration=f"{calibration.name} ({calibration.data.name}, {calibration.data.people} people, {calibration.data.fitted_on})",
        budget=budget,
        methods=measure_methods([faces], roster, calibration, budget=budget),
        at_operating_point=_measure_operating_point(faces, roster, calibration, budget),
        operating_point=find_operating_point(calibration, budget, len(roster.students)),
        notes=(str(_say_people(faces)), *map(str, say_stricter(calibration))),
        crowd_faces=sum(map(len, faces.list_crowds())),
    )


def measure_methods(
    reports: Sequence[LabelledFaces],
    roster: Roster,
    calibration: Calibration,
    *,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
) -> tuple[MethodResult, ...]:
    """Measure all ways of deciding over several reports on one class; only the pictures of one report are fused."""
    ways: dict[str, Callable[[LabelledFaces], list[Search]]] = {
        "nearest_cosine": lambda faces: _search_alone(faces, roster, _score_cosine),
        "calibrated": lambda faces: _search_alone(
            faces, roster, lambda face, people: _score_calibrated(face, people, calibration, budget)
        ),
        "class_photo": lambda faces: _search_in_class_photos(faces, roster, calibration, budget),
        "fused": lambda faces: _search_fused(faces, roster, calibration),
    }
    return tuple(_sum_up(name, [search for faces in reports for search in way(faces)]) for name, way in ways.items())


def _say_people(faces: LabelledFaces) -> Sentence:
    people = len(faces.tests)
    return say(
        "同一个人的照片会一起出错：仅凭{people}个人，不能证明低于{rate:.2%}的错误率。",
        people=people, rate=find_upper_rate(0, people),
    )  # fmt: skip


def _sum_up(name: str, searches: Sequence[Search]) -> MethodResult:
    mated = [search for search in searches if search.right is not None]
    scores = np.array(sorted((search.score for search in searches if search.right is None), reverse=True))
    lowest = find_upper_rate(0, len(scores))
    rows = [_judge_at(fpir, mated, scores) for fpir in TARGET_FPIR]
    if lowest > min(TARGET_FPIR) and len(scores):
        rows.append(_judge_at(lowest, mated, scores))
    return MethodResult(name, Rate(sum(not search.right for search in mated), len(mated)), len(scores), tuple(rows))


def _judge_at(fpir: float, mated: Sequence[Search], scores: NDArray[np.float64]) -> OperatingRow:
    """Misses and wrong identities with the threshold just above the score that one stranger too many would need."""
    try:
        require_support(fpir, len(scores))
    except RateNotSupportedError as fault:
        return OperatingRow(fpir, refused=str(fault))
    allowed = int(fpir * len(scores))
    threshold = float(np.nextafter(scores[allowed], np.inf))
    missed = [not (search.right and search.score >= threshold) for search in mated]
    wrong = sum(search.right is False and search.score >= threshold for search in mated)
    people, by_person = _resample_people([search.person for search in mated], missed)
    return OperatingRow(
        fpir, Rate(sum(missed), len(mated)), Rate(wrong, len(mated)), threshold, people=people, by_person=by_person
    )


def _resample_people(people: Sequence[str], missed: Sequence[bool]) -> tuple[Rate, tuple[float, float]]:
    """How many people were missed at all, and the 95 % interval of the rate of misses with the people drawn anew.

    Where nobody was missed the drawing says nothing; the count of people does.
    """
    _, who = np.unique(np.asarray(people), return_inverse=True)
    trials = np.bincount(who)
    errors = np.bincount(who, weights=np.asarray(missed, np.float64), minlength=len(trials))
    drawn = np.random.default_rng(2023).integers(len(trials), size=(DRAWS, len(trials)))
    low, high = np.quantile(errors[drawn].sum(axis=1) / trials[drawn].sum(axis=1), (0.025, 0.975))
    return Rate(int((errors > 0).sum()), len(trials)), (float(low), float(high))


Scorer = Callable[[FaceObservation, Sequence[Template]], tuple[str, float]]


def _miss(person: str) -> Search:
    """Nobody can be found in a face that cannot be read."""
    return Search(-np.inf, False, person)


def _score_cosine(face: FaceObservation, people: Sequence[Template]) -> tuple[str, float]:
    assert face.embedding is not None
    vector = face.embedding
    # The reference is the usual way: a template scaled to length 1.
    cosines = [float(person.mean @ vector / np.linalg.norm(person.mean)) for person in people]
    best = int(np.argmax(cosines))
    return people[best].number, cosines[best]


def _score_calibrated(
    face: FaceObservation, people: Sequence[Template], calibration: Calibration, budget: ErrorBudget
) -> tuple[str, float]:
    solution = PhotoSolution([face], people, calibration, MATCHING_2023, budget)
    best = int(np.argmax(solution.weight[0]))
    return people[best].number, solution.log_odds(0, best)


def _search_alone(faces: LabelledFaces, roster: Roster, score: Scorer) -> list[Search]:
    everybody = list(roster.students.values())
    searches = []
    for person, pictures in faces.tests.items():
        others = [template for template in everybody if template.number != person]
        for face in pictures:
            if face is None:
                searches.append(_miss(person))
                continue
            answered, value = score(face, everybody)
            searches.append(Search(value, answered == person, person))
            if others:
                searches.append(Search(score(face, others)[1], None))
    alone = [face for face in faces.strangers if face is not None]
    alone += [face for picture in faces.list_crowds() for face in picture]
    return searches + [Search(score(face, everybody)[1], None) for face in alone]


def compose_class_photos(faces: LabelledFaces) -> list[list[tuple[str | None, FaceObservation]]]:
    """The n-th test picture of everybody as one photo, the strangers dealt out over the photos; None labels a stranger."""
    count = max(len(pictures) for pictures in faces.tests.values())
    photos: list[list[tuple[str | None, FaceObservation]]] = [[] for _ in range(count)]
    for person, pictures in faces.tests.items():
        for place, face in enumerate(pictures):
            if face is not None:
                photos[place].append((person, face))
    for place, face in enumerate(faces.strangers):
        if face is not None:
            photos[place % count].append((None, face))
    return [photo for photo in photos if photo]


def _search_in_class_photos(
    faces: LabelledFaces, roster: Roster, calibration: Calibration, budget: ErrorBudget
) -> list[Search]:
    everybody = list(roster.students.values())
    searches = [_miss(person) for person, pictures in faces.tests.items() for face in pictures if face is None]
    for photo in compose_class_photos(faces):
        shown = [face for _, face in photo]
        solution = PhotoSolution(shown, everybody, calibration, MATCHING_2023, budget)
        for row, (person, _) in enumerate(photo):
            answered, score = _answer(solution, row)
            searches.append(Search(score, None if person is None else answered == person, person or ""))
            others = [template for template in everybody if template.number != person]
            if person is not None and others:
                without = PhotoSolution(shown, others, calibration, MATCHING_2023, budget)
                searches.append(Search(_answer(without, row)[1], None))
    for picture in faces.list_crowds():
        solution = PhotoSolution(picture, everybody, calibration, MATCHING_2023, budget)
        searches += [Search(_answer(solution, row)[1], None) for row in range(len(picture))]
    return searches


def _answer(solution: PhotoSolution, row: int) -> tuple[str, float]:
    free = [column for column in range(len(solution.people)) if column not in solution.firm.values()]
    best = solution.firm.get(row, solution.assigned.get(row))
    if best is None:
        best = max(free or range(len(solution.people)), key=lambda column: solution.weight[row, column])
    return solution.people[best].number, solution.log_odds(row, best)


def _search_fused(faces: LabelledFaces, roster: Roster, calibration: Calibration) -> list[Search]:
    everybody = list(roster.students.values())
    searches = []
    nobody = [*faces.strangers, *(face for picture in faces.list_crowds() for face in picture)]
    for person, pictures in [*faces.tests.items(), *((None, (face,)) for face in nobody)]:
        readable = [face for face in pictures if face is not None]
        if not readable:
            searches += [_miss(person)] if person is not None else []
            continue
        fused = {template.number: _fuse_against(readable, template, calibration) for template in everybody}
        best = max(fused, key=fused.__getitem__)
        searches.append(Search(fused[best], None if person is None else best == person, person or ""))
        others = [value for number, value in fused.items() if number != person]
        if person is not None and others:
            searches.append(Search(max(others), None))
    return searches


def _fuse_against(faces: Sequence[FaceObservation], template: Template, calibration: Calibration) -> float:
    return calibration.fused_llr(
        [
            calibration.llr(float(template.mean @ face.embedding), min(face.inter_eye_px, template.inter_eye_px))
            for face in faces
            if face.embedding is not None
        ]
    )


def _measure_operating_point(
    faces: LabelledFaces, roster: Roster, calibration: Calibration, budget: ErrorBudget
) -> dict[str, Rate]:
    """What the class photos' faces are told at the declared budget. `own_face_called_stranger` is the false flag's first half."""
    own = dict.fromkeys(("right", "wrong", "unclear", "stranger", "unreadable"), 0)
    strange = dict.fromkeys(("matched", "unclear", "stranger", "unreadable"), 0)
    doubles = 0
    for photo in compose_class_photos(faces):
        matches = match_faces([face for _, face in photo], roster, calibration, budget=budget)
        named = [match.student_no for match in matches if match.student_no is not None]
        doubles += len(named) - len(set(named))
        for (person, _), match in zip(photo, matches, strict=True):
            if person is None:
                strange[match.state.value] += 1
            elif match.state is FaceState.MATCHED:
                own["right" if match.student_no == person else "wrong"] += 1
            else:
                own[match.state.value] += 1
    mated, non_mated = sum(own.values()), sum(strange.values())
    crowd = [
        match.state for picture in faces.crowds for match in match_faces(picture, roster, calibration, budget=budget)
    ]
    return {
        "matched_rightly": Rate(own["right"], mated),
        "wrong_identity": Rate(own["wrong"], mated),
        "unclear": Rate(own["unclear"], mated),
        "unreadable": Rate(own["unreadable"], mated),
        "own_face_called_stranger": Rate(own["stranger"], mated),
        "stranger_matched": Rate(strange["matched"], non_mated),
        "stranger_unclear": Rate(strange["unclear"], non_mated),
        "stranger_unreadable": Rate(strange["unreadable"], non_mated),
        "stranger_found": Rate(strange["stranger"], non_mated),
        "double_assignments": Rate(doubles, mated),
        **({"crowd_matched": Rate(crowd.count(FaceState.MATCHED), len(crowd))} if crowd else {}),
    }
