"""One report, several photos: who was seen in any of them, and which unknown faces are one and the same person.

A student who turned away in the front photo may look up in the next one; a stranger in three photos is one stranger. So the
photos of a report, and later the days of a class, are read together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023, Calibration, ErrorBudget
from verifier.attendance.enrolment import Roster, Template
from verifier.attendance.matching import MATCHING_2023, FaceMatch, FaceState, MatchingLimits, solve_one_to_one
from verifier.language import Sentence
from verifier.observation import Box, FaceObservation


@dataclass(frozen=True, slots=True, eq=False)
class PhotoFaces:
    """The faces of one photo with what each was taken for. `file` and `sha256` name the photo, `shown_as` where it is no file."""

    file: str
    sha256: str
    faces: tuple[FaceObservation, ...]
    matches: tuple[FaceMatch, ...]
    shown_as: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """One face in one photo."""

    file: str
    sha256: str
    index: int
    box: Box
    similarity: float | None
    probability: float | None = None
    shown_as: Sentence | None = None

    @property
    def name(self) -> Sentence | str:
        """What people call the photo."""
        return self.shown_as or self.file


@dataclass(frozen=True, slots=True, eq=False)
class UnknownPerson:
    """Readable faces, at most one a photo, that are one person nobody was firmly matched to.

    Attributes:
        state: STRANGER or UNCLEAR, judged over all the person's faces.
        embedding: Mean of the faces' unit vectors, scaled to length 1.
        llr: person → fused natural-log likelihood ratio that the unknown is them, for everybody who does not sit elsewhere in
            one of the same photos.
        plausible: Those of them whose own face would look as unlike this one more often than the budget allows to ignore.
        unlike: Those of them who are so unlike it that a name may hang on it (`Calibration.unlike_similarity`).
    """

    state: FaceState
    sightings: tuple[Sighting, ...]
    embedding: NDArray[np.float32]
    inter_eye_px: float
    llr: Mapping[str, float] = field(default_factory=dict)
    plausible: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class FusedFaces:
    """What the photos of one report show together. `seen` and `teachers` map a number to its sightings."""

    seen: Mapping[str, tuple[Sighting, ...]]
    teachers: Mapping[str, tuple[Sighting, ...]]
    unknown: tuple[UnknownPerson, ...]


def fuse_photos(
    photos: Sequence[PhotoFaces],
    roster: Roster,
    calibration: Calibration,
    *,
    limits: MatchingLimits = MATCHING_2023,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
) -> FusedFaces:
    """Read the photos of one report together.

    First everybody who was firmly matched in some photo is seen, also in those other photos whose face is like the matched one.
    What is left is grouped into people and held, with all the faces of a group as evidence, against those who were seen nowhere:
    they are few, so less likeness is needed.
    """
    seen: dict[str, list[Sighting]] = {}
    teachers: dict[str, list[Sighting]] = {}
    left: list[tuple[PhotoFaces, int]] = []
    for photo in photos:
        for match in photo.matches:
            if match.state is FaceState.MATCHED and match.student_no is not None:
                seen.setdefault(match.student_no, []).append(_sight(photo, match))
            elif match.state is FaceState.TEACHER and match.teacher_number is not None:
                teachers.setdefault(match.teacher_number, []).append(_sight(photo, match))
            elif match.state in (FaceState.STRANGER, FaceState.UNCLEAR):
                left.append((photo, match.index))
    for photo, index, number in recognise_again(photos, left, calibration, limits=limits, budget=budget):
        template = roster.students.get(number) or roster.teachers[number]
        similarity = float(_vectors([(photo, index)])[0] @ template.mean)
        (seen if number in roster.students else teachers)[number].append(_sight_face(photo, index, similarity))
        left.remove((photo, index))
    people = [person for number, person in roster.students.items() if number not in seen]
    people += [person for number, person in roster.teachers.items() if number not in teachers]
    groups = group_unknown(left, calibration, budget)
    named, unknown = _judge_groups(groups, people, roster, calibration, limits, budget)
    for number, sightings in named.items():
        (seen if number in roster.students else teachers).setdefault(number, []).extend(sightings)
    return FusedFaces(
        seen={number: tuple(found) for number, found in sorted(seen.items())},
        teachers={number: tuple(found) for number, found in sorted(teachers.items())},
        unknown=tuple(unknown),
    )


def recognise_again(
    photos: Sequence[PhotoFaces],
    left: Sequence[tuple[PhotoFaces, int]],
    calibration: Calibration,
    *,
    limits: MatchingLimits = MATCHING_2023,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
) -> list[tuple[PhotoFaces, int, str]]:
    """Faces of `left` that are somebody who was firmly matched in another photo of the report, with the person's number.

    Hair, glasses and light of the day are the same in both, which an enrolment picture of years ago is not. A person has one face
    a photo; the face must be as like as the most alike of all compared pairs of different people would be in one report of a
    thousand (faces of one light are alike by it, so the rate is that of false flags), and likelier theirs than the next one's by
    the margin.
    """
    matched: dict[str, list[tuple[PhotoFaces, int]]] = {}
    for photo in photos:
        for match in photo.matches:
            number = match.student_no or match.teacher_number
            if match.state in (FaceState.MATCHED, FaceState.TEACHER) and number is not None:
                matched.setdefault(number, []).append((photo, match.index))
    if not matched or not left:
        return []
    pairs, strict = len(left) * len(matched), replace(budget, false_match_rate=budget.false_flag_rate)
    anchors = {number: _vectors(faces) for number, faces in matched.items()}
    found: list[tuple[float, int, str]] = []
    for row, (photo, index) in enumerate(left):
        size, vector = _size(photo, index, calibration), _vectors([(photo, index)])[0]
        likeness = sorted(
            (
                (float((anchors[number] @ vector).mean()), number)
                for number, faces in matched.items()
                if all(other.sha256 != photo.sha256 for other, _ in faces)
            ),
            reverse=True,
        )[:2]
        if not likeness or likeness[0][0] < calibration.match_similarity(size, pairs, strict):
            continue
        lead = [calibration.llr(cosine, size) for cosine, _ in likeness]
        if len(lead) == 1 or lead[0] - lead[1] >= limits.min_margin:
            found.append((likeness[0][0], row, likeness[0][1]))
    again: dict[tuple[str, str], tuple[PhotoFaces, int, str]] = {}
    for _, row, number in sorted(found, reverse=True):
        photo, index = left[row]
        again.setdefault((photo.sha256, number), (photo, index, number))
    return list(again.values())


def group_unknown(
    faces: Sequence[tuple[PhotoFaces, int]], calibration: Calibration, budget: ErrorBudget = ATTENDANCE_BUDGET_2023
) -> list[list[tuple[PhotoFaces, int]]]:
    """Group readable faces into people: average linkage, never two faces of one photo in one group.

    Two groups become one while the mean cosine between them exceeds what the most alike of all pairs of different people would
    show at the budgeted rate.
    """
    groups = [[face] for face in faces]
    if len(faces) < 2:
        return groups
    sizes = [_size(photo, index, calibration) for photo, index in faces]
    limit = calibration.match_similarity(min(sizes), len(faces) * (len(faces) - 1) // 2, budget)
    # Sums of cosines between groups and how many faces each has: their quotient is the mean, and sums add where groups do. A
    # camera's pictures bring a hundred faces and more, too many to compare each pair of groups anew after every step.
    vectors = _vectors(faces).astype(np.float64)
    sums, counts = vectors @ vectors.T, np.ones(len(faces))
    photos = np.asarray([photo.sha256 for photo, _ in faces])
    apart = photos[:, None] == photos[None, :]
    while len(groups) > 1:
        means = np.where(apart, -np.inf, sums / np.outer(counts, counts))
        first, second = sorted(divmod(int(np.argmax(means)), len(groups)))
        if means[first, second] < limit:
            break
        groups[first] += groups.pop(second)
        for table in (sums, apart):
            np.add(table[first], table[second], out=table[first])
            table[:, first] = table[first]
        counts[first] += counts[second]
        sums, apart = (np.delete(np.delete(table, second, 0), second, 1) for table in (sums, apart))
        counts = np.delete(counts, second)
    return groups


def _judge_groups(
    groups: Sequence[Sequence[tuple[PhotoFaces, int]]],
    people: Sequence[Template],
    roster: Roster,
    calibration: Calibration,
    limits: MatchingLimits,
    budget: ErrorBudget,
) -> tuple[dict[str, list[Sighting]], list[UnknownPerson]]:
    """One-to-one between unknown people and those not yet seen; what stays over is a stranger or unclear."""
    if not groups:
        return {}, []
    evidence = np.zeros((len(groups), len(people)))
    cosine = np.zeros((len(groups), len(people)))
    size = np.zeros((len(groups), len(people)))
    for row, group in enumerate(groups):
        for column, person in enumerate(people):
            cosines, sizes = _compare(group, person, calibration)
            evidence[row, column] = calibration.fused_llr(
                [calibration.llr(float(value), at) for value, at in zip(cosines, sizes, strict=True)]
            )
            cosine[row, column], size[row, column] = float(cosines.mean()), float(np.mean(sizes))
    log_prior = float(np.log((1 - limits.stranger_prior) / limits.stranger_prior / max(len(people), 1)))
    pairs, total = solve_one_to_one(evidence + log_prior)
    named: dict[str, list[Sighting]] = {}
    unknown: list[UnknownPerson] = []
    for row, group in enumerate(groups):
        if row in pairs:
            column = pairs[row]
            other = evidence + log_prior
            other[row, column] = -1e6
            firm = total - solve_one_to_one(other)[1] >= limits.min_margin
            if firm and cosine[row, column] >= calibration.match_similarity(size[row, column], len(people), budget):
                named[people[column].number] = [
                    _sight_face(photo, index, float(_vectors([(photo, index)])[0] @ people[column].mean))
                    for photo, index in group
                ]
                continue
        unknown.append(_describe_unknown(group, roster, calibration, budget))
    return named, unknown


def _describe_unknown(
    group: Sequence[tuple[PhotoFaces, int]], roster: Roster, calibration: Calibration, budget: ErrorBudget
) -> UnknownPerson:
    """Hold a group that was not named against everybody who does not sit elsewhere in one of its own photos.

    Being seen in *another* photo excludes nobody: the same student may be clear in one and doubtful in the next.
    """
    elsewhere = {
        match.student_no or match.teacher_number
        for photo, _ in group
        for match in photo.matches
        if match.state in (FaceState.MATCHED, FaceState.TEACHER)
    }
    llr, plausible, unlike = {}, [], []
    for person in (*roster.students.values(), *roster.teachers.values()):
        if person.number in elsewhere:
            continue
        cosines, sizes = _compare(group, person, calibration)
        llr[person.number] = calibration.fused_llr(
            [calibration.llr(float(cosine), size) for cosine, size in zip(cosines, sizes, strict=True)]
        )
        likeness, size = float(cosines.mean()), float(np.mean(sizes))
        if likeness >= calibration.stranger_similarity(size, budget):
            plausible.append(person.number)
        if likeness < calibration.unlike_similarity(size, budget):
            unlike.append(person.number)
    doubles = any(
        photo.matches[index].state is FaceState.UNCLEAR and photo.matches[index].nearest in elsewhere
        for photo, index in group
    )
    mean = _vectors(group).mean(axis=0)
    return UnknownPerson(
        # A double of somebody who sits in the same photo stays unclear: a twin, a mirror, a picture on the wall. So does
        # everybody while we have not read all of the roster's pictures.
        state=FaceState.UNCLEAR
        if plausible or doubles or roster.not_read or not (roster.students or roster.teachers)
        else FaceState.STRANGER,
        sightings=tuple(_sight_face(photo, index, None) for photo, index in group),
        embedding=(mean / np.linalg.norm(mean)).astype(np.float32),
        inter_eye_px=float(np.median([photo.faces[index].inter_eye_px for photo, index in group])),
        llr=llr,
        plausible=tuple(plausible),
        unlike=tuple(unlike),
    )


def _compare(
    group: Sequence[tuple[PhotoFaces, int]], person: Template, calibration: Calibration
) -> tuple[NDArray[np.float32], list[float]]:
    """Cosines of a group's faces to a person's enrolment pictures, and the sizes at which they count."""
    sizes = [min(_size(photo, index, calibration), person.inter_eye_px) for photo, index in group]
    return np.asarray(_vectors(group) @ person.mean), sizes


def _size(photo: PhotoFaces, index: int, calibration: Calibration) -> float:
    """The size at which a face counts, blurred as it may be."""
    return calibration.find_legible_px(photo.faces[index].inter_eye_px, photo.faces[index].sharpness)


def _vectors(group: Sequence[tuple[PhotoFaces, int]]) -> NDArray[np.float32]:
    vectors = [photo.faces[index].embedding for photo, index in group]
    return np.stack([vector for vector in vectors if vector is not None])


def _sight(photo: PhotoFaces, match: FaceMatch) -> Sighting:
    box = photo.faces[match.index].box
    return Sighting(
        photo.file, photo.sha256, match.index, box, match.similarity, match.match_probability, photo.shown_as
    )


def _sight_face(photo: PhotoFaces, index: int, similarity: float | None) -> Sighting:
    return Sighting(photo.file, photo.sha256, index, photo.faces[index].box, similarity, shown_as=photo.shown_as)
