"""Who is on the roster, as faces: good enrolment pictures in, one template a person out.

Refusals are stable codes, so a form can show them in any language. A picture is refused for what it shows, never for whom.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023, Calibration, ErrorBudget
from verifier.language import Sentence, say
from verifier.observation import FaceObservation


class ContractMismatchError(ValueError):
    """Faces of two embedding contracts were to be compared; their cosine means nothing."""


@dataclass(frozen=True, slots=True)
class EnrolmentLimits:
    """What an enrolment picture must show.

    Attributes:
        min_inter_eye_px: Measured on the development faces: the mean cosine of one person is 0.68 at 40 and at 28 px between
            the eyes, 0.65 at 20 and 0.59 at 15 px; 24 px costs nothing.
        max_turn_deg: Yaw or pitch. A face turned further hides one eye or cheek (ISO/IEC 39794-5 asks for 5 degrees of a
            passport; an enrolment picture taken with a phone in a classroom cannot).
        dominance: The enrolled person's eyes are so many times further apart than anybody else's. Twice as far means four
            times the area: the other one stands well behind, in a picture that is plainly of the first.
    """

    name: str
    min_inter_eye_px: float
    max_turn_deg: float
    dominance: float


ENROLMENT_2023 = EnrolmentLimits("enrolment-2023", min_inter_eye_px=24.0, max_turn_deg=35.0, dominance=2.0)


@dataclass(frozen=True, slots=True, eq=False)
class EnrolledPhoto:
    """One accepted enrolment picture: whose bytes, and the face in it."""

    sha256: str
    face: FaceObservation


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One person's enrolled face.

    `mean` is the mean of the kept unit vectors and is *not* scaled to length 1: its dot product with a face is the mean cosine
    to the kept pictures, which is what the calibration was fitted for. `set_aside` are pictures unlike the person's others.
    """

    number: str
    mean: NDArray[np.float32]
    inter_eye_px: float
    photos: tuple[str, ...]
    set_aside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnrolmentConflict:
    """Something about the enrolled faces that a person must look at before anybody relies on them.

    `kind` is ``same_face`` (two names, one face) or ``photos_disagree`` (one name, pictures of two people).
    """

    kind: str
    numbers: tuple[str, ...]
    similarity: float
    reason: Sentence


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """The enrolled faces of a class.

    `without_photo` are students, `teachers_without_photo` teachers without a usable picture; those of them whose picture is there
    and could not be read through our own fault are in `not_read` too, and nobody may be blamed for that.
    """

    embedding_contract: str
    students: Mapping[str, Template]
    teachers: Mapping[str, Template] = field(default_factory=dict)
    without_photo: tuple[str, ...] = ()
    teachers_without_photo: tuple[str, ...] = ()
    not_read: tuple[str, ...] = ()
    conflicts: tuple[EnrolmentConflict, ...] = ()

    def require_contract(self, embedding_contract: str) -> None:
        """Refuse to be compared with faces of another contract.

        Raises:
            ContractMismatchError: naming both.
        """
        if embedding_contract != self.embedding_contract:
            raise ContractMismatchError(
                f"faces of {embedding_contract!r} cannot be compared with a roster of {self.embedding_contract!r}: embed both anew"
            )


@dataclass(frozen=True, slots=True)
class EnrolmentVerdict:
    """Whether a picture may be enrolled. `face_index` is the face to enrol; `code` is empty where it was accepted."""

    accepted: bool
    code: str
    reason: Sentence
    face_index: int | None = None


def judge_enrolment_photo(
    faces: Sequence[FaceObservation],
    *,
    student_no: str | None = None,
    roster: Roster | None = None,
    calibration: Calibration | None = None,
    limits: EnrolmentLimits = ENROLMENT_2023,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
) -> EnrolmentVerdict:
    """Accept an enrolment picture, or say with a stable code why not.

    A second face far behind does not refuse the picture: sending a student back for a passer-by helps nobody, and a face with
    a quarter of the other's area cannot be mistaken for the one meant.

    Args:
        faces: All faces found in the picture, of the roster's embedding contract.
        student_no: Whose picture it is meant to be; their own template is no conflict.
        roster: Already enrolled people to search for the same face; needs `calibration`.
    Raises:
        ValueError: a roster without a calibration, or the other way round.
    """
    if (roster is None) != (calibration is None):
        raise ValueError("searching for the same face takes a roster and a calibration together")
    if not faces:
        return EnrolmentVerdict(False, "no_face", say("登记照里没有找到人脸，请重新拍一张正面照。"))
    order = sorted(range(len(faces)), key=lambda index: -faces[index].inter_eye_px)
    index = order[0]
    face = faces[index]
    if len(order) > 1 and face.inter_eye_px < limits.dominance * faces[order[1]].inter_eye_px:
        reason = say("登记照里有{count}张人脸，看不出是哪一位，请单独拍摄。", count=len(faces))
        return EnrolmentVerdict(False, "several_faces", reason)
    refused = _refuse_face(face, limits)
    if refused is not None:
        return EnrolmentVerdict(False, *refused)
    if roster is not None and calibration is not None:
        other = _find_same_face(face, student_no, roster, calibration, budget)
        if other is not None:
            return _refuse_same_face(*other, index)
    accepted = say("登记照可用：两眼间距{pixels:.0f}像素。", pixels=face.inter_eye_px)
    return EnrolmentVerdict(True, "", accepted, index)


def judge_same_faces(roster: Roster) -> dict[str, EnrolmentVerdict]:
    """student_no → the refusal of their pictures, for everybody whose face is also enrolled under another name of the class.

    Nobody can tell which name is the right one, so both hear of it. Their templates stay until another picture comes: a face
    that is as much like one as like the other is no firm match of either, and no stranger.
    """
    verdicts = {}
    for conflict in roster.conflicts:
        if conflict.kind == "same_face":
            first, second = conflict.numbers
            verdicts[first] = _refuse_same_face(second, conflict.similarity)
            verdicts[second] = _refuse_same_face(first, conflict.similarity)
    return verdicts


def _refuse_same_face(number: str, similarity: float, index: int | None = None) -> EnrolmentVerdict:
    reason = say("这张脸与{number}的登记照相同（相似度{similarity:.2f}），同一人不能用两个名字登记。",
                 number=number, similarity=similarity)  # fmt: skip
    return EnrolmentVerdict(False, f"same_face_as:{number}", reason, index)


def _refuse_face(face: FaceObservation, limits: EnrolmentLimits) -> tuple[str, Sentence] | None:
    if face.inter_eye_px < limits.min_inter_eye_px or face.unreadable_because == "too_small":
        return "too_small", say("人脸太小：两眼间距{pixels:.0f}像素，至少要{wanted:.0f}像素，请靠近再拍。",
                                pixels=face.inter_eye_px, wanted=limits.min_inter_eye_px)  # fmt: skip
    turn = max(abs(face.yaw_deg), abs(face.pitch_deg))
    if turn > limits.max_turn_deg or face.unreadable_because == "turned_away":
        return "turned_away", say("人脸没有正对镜头：偏转{seen:.0f}度，最多{wanted:.0f}度，请正对镜头再拍。",
                                  seen=turn, wanted=limits.max_turn_deg)  # fmt: skip
    # A portrait cropped tightly is cut off at the chin or the forehead, and still holds all that is compared.
    unreadable = not face.readable and face.unreadable_because != "cut_off"
    if unreadable or face.embedding is None:
        # Occluded and low-scored faces share the code: the remedy, another sharp picture, is the same.
        return "blurred", say(
            "人脸看不清楚（清晰度{sharpness:.2f}），请在光线好的地方再拍一张。", sharpness=face.sharpness
        )
    return None


def _find_same_face(
    face: FaceObservation, student_no: str | None, roster: Roster, calibration: Calibration, budget: ErrorBudget
) -> tuple[str, float] | None:
    """The enrolled student whose face this is, if it is somebody else's than `student_no`'s."""
    others = [template for number, template in sorted(roster.students.items()) if number != student_no]
    vector = face.embedding
    if not others or vector is None:
        return None
    best = max(others, key=lambda template: float(template.mean @ vector))
    similarity = float(best.mean @ vector)
    size = min(face.inter_eye_px, best.inter_eye_px)
    if similarity < calibration.match_similarity(size, len(others), budget):
        return None
    return best.number, similarity


def build_roster(
    students: Mapping[str, Sequence[EnrolledPhoto]],
    teachers: Mapping[str, Sequence[EnrolledPhoto]],
    embedding_contract: str,
    calibration: Calibration,
    *,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
    not_read: Collection[str] = (),
) -> Roster:
    """One template a person from all their accepted pictures, and the conflicts inside the class.

    Args:
        students: student_no → accepted pictures; a student without any is listed with an empty sequence, since an unknown
            face may be theirs.
        teachers: teacher number → accepted pictures, the same.
        not_read: Numbers of people with a picture that we could not read.
    """
    conflicts: list[EnrolmentConflict] = []
    templates: list[dict[str, Template]] = []
    for people in (students, teachers):
        made: dict[str, Template] = {}
        for number in sorted(people):
            photos = [photo for photo in people[number] if photo.face.embedding is not None]
            if photos:
                made[number], disagreement = _build_template(number, photos, calibration, budget)
                conflicts.extend(disagreement)
        templates.append(made)
    conflicts.extend(_find_conflicts(templates[0], calibration, budget))
    without, teachers_without = set(students) - set(templates[0]), set(teachers) - set(templates[1])
    return Roster(
        embedding_contract=embedding_contract,
        students=templates[0],
        teachers=templates[1],
        without_photo=tuple(sorted(without)),
        teachers_without_photo=tuple(sorted(teachers_without)),
        not_read=tuple(sorted((without | teachers_without) & set(not_read))),
        conflicts=tuple(conflicts),
    )


def _build_template(
    number: str, photos: Sequence[EnrolledPhoto], calibration: Calibration, budget: ErrorBudget
) -> tuple[Template, list[EnrolmentConflict]]:
    """Mean of the pictures that agree; a picture unlike the median of its fellows is set aside, where there is a majority."""
    vectors = np.stack([photo.face.embedding for photo in photos if photo.face.embedding is not None])
    sizes = [photo.face.inter_eye_px for photo in photos]
    kept, conflicts = list(range(len(photos))), []
    if len(photos) > 1:
        cosines = vectors @ vectors.T
        np.fill_diagonal(cosines, np.nan)
        alike = np.nanmedian(cosines, axis=1)
        limit = calibration.stranger_similarity(min(sizes), budget)
        agreeing = [index for index in kept if alike[index] >= limit]
        if len(agreeing) < len(kept):
            reason = say("{number}的{count}张登记照不像同一个人（相似度最低{similarity:.2f}），请核对。",
                         number=number, count=len(photos), similarity=float(alike.min()))  # fmt: skip
            conflicts.append(EnrolmentConflict("photos_disagree", (number,), float(alike.min()), reason))
        # Of two pictures that disagree nobody knows which is wrong, so both stay, and the person is told.
        if len(agreeing) >= 2:
            kept = agreeing
    template = Template(
        number=number,
        mean=vectors[kept].mean(axis=0).astype(np.float32),
        inter_eye_px=float(np.median([sizes[index] for index in kept])),
        photos=tuple(photos[index].sha256 for index in kept),
        set_aside=tuple(photo.sha256 for index, photo in enumerate(photos) if index not in kept),
    )
    return template, conflicts


def _find_conflicts(
    templates: Mapping[str, Template], calibration: Calibration, budget: ErrorBudget
) -> list[EnrolmentConflict]:
    """One face enrolled under two names. So many pairs are compared that the limit counts them all as candidates."""
    found = []
    pairs = math.comb(len(templates), 2)
    for first, second in combinations(templates.values(), 2):
        similarity = float(first.mean @ second.mean)
        if similarity >= calibration.match_similarity(min(first.inter_eye_px, second.inter_eye_px), pairs, budget):
            reason = say("{first}和{second}的登记照像同一个人（相似度{similarity:.2f}），请核对。",
                         first=first.number, second=second.number, similarity=similarity)  # fmt: skip
            found.append(EnrolmentConflict("same_face", (first.number, second.number), similarity, reason))
    return found
