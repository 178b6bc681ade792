"""Class sessions staged with real faces: who sat there, who only signed in, who was hidden, and what the pipeline concludes.

The pictures are made by `class_photos`; everything after them is the product: `find_faces`, `match_faces`, `conclude_session`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.builders.class_photos import ClassPhoto, Condition, Head, Pixels, Seat, compose_photo, cut_head
from tests.builders.plan import a_digest, a_session, a_sign_in, a_submission, a_training_class
from verifier.attendance.calibration import Calibration
from verifier.attendance.enrolment import EnrolledPhoto, Roster, build_roster, judge_enrolment_photo
from verifier.attendance.guests import NOTHING_KNOWN, EarlierReports
from verifier.attendance.matching import match_faces
from verifier.attendance.presence import PhotoEvidence, SessionConclusion, SessionEvidence, conclude_session
from verifier.evaluation import choose_labelled_face, read_picture
from verifier.finding import Finding, Outcome
from verifier.language import say
from verifier.observation import Decoded, FaceObservation, Look, PeopleCount
from verifier.plan import Student, View
from verifier.vision.face_net import FaceNet
from verifier.vision.faces import find_faces
from verifier.vision.people import count_faces_only, count_people
from verifier.vision.yolox import PeopleNet

READABLE_ROWS = (1, 2, 3, 4, 5)  # the last row's 40 px are 17 px between the eyes, below what counts as readable
ALL_ROWS = (0, *READABLE_ROWS)


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Real people: one accepted enrolment picture and the heads of other pictures each; and strangers' heads."""

    enrolled: Mapping[str, tuple[EnrolledPhoto, ...]]
    heads: Mapping[str, tuple[Head, ...]]
    strangers: tuple[Head, ...]
    refused: Mapping[str, str]

    def make_roster(self, net: FaceNet, calibration: Calibration) -> Roster:
        """Everybody of the cast as one class."""
        return build_roster(self.enrolled, {}, net.embedding_contract, calibration)


@dataclass(frozen=True, slots=True)
class Script:
    """What a session is to hold. Numbers of students; everybody else sits there and is seen.

    `replaced` signed in and sent a stranger; `away` neither came nor signed in; `hidden` are there and behind somebody in every
    photo; `guests` are strangers who sit in nobody's seat. `conditions` befall one student each, in each photo anew.
    """

    name: str
    photos: int = 2
    replaced: int = 0
    away: int = 0
    hidden: int = 0
    guests: int = 0
    rows: tuple[int, ...] = READABLE_ROWS
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """One session as it really was, with its photos."""

    photos: tuple[ClassPhoto, ...]
    signed: tuple[str, ...]
    replaced: frozenset[str]
    away: frozenset[str]
    hidden: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Concluded:
    """What the product made of a staged session. `truth` is a photo's face → person; "" where the face is no drawn person's."""

    photos: tuple[PhotoEvidence, ...]
    truth: tuple[tuple[str, ...], ...]
    conclusion: SessionConclusion


def read_cast(
    people: Mapping[str, Sequence[Path]], strangers: Sequence[Path], net: FaceNet, roster_size: int = 0
) -> Cast:
    """Enrol the first picture of everybody, cut heads out of the others. Who cannot be enrolled is left out, with the code.

    Up to `roster_size` names the roster is filled with strangers, who are enrolled and never come: more people to be taken for.
    """
    enrolled: dict[str, tuple[EnrolledPhoto, ...]] = {}
    heads: dict[str, tuple[Head, ...]] = {}
    refused: dict[str, str] = {}
    for person, paths in people.items():
        pictures = [read_picture(path) for path in paths]
        found = find_faces(pictures[0], net)
        verdict = judge_enrolment_photo(found)
        if not verdict.accepted or verdict.face_index is None:
            refused[person] = verdict.code
            continue
        cut = tuple(head for picture in pictures[1:] if (head := _cut(person, picture, net)) is not None)
        if cut:
            enrolled[person] = (EnrolledPhoto(a_digest(f"enrolment of {person}"), found[verdict.face_index]),)
            heads[person] = cut
    others = []
    for path in strangers:
        found = find_faces(read_picture(path), net)
        verdict = judge_enrolment_photo(found)
        if len(enrolled) < roster_size and verdict.accepted and verdict.face_index is not None:
            enrolled[path.stem] = (EnrolledPhoto(a_digest(f"enrolment of {path.stem}"), found[verdict.face_index]),)
        elif (head := _cut(f"?{path.stem}", read_picture(path), net)) is not None:
            others.append(head)
    return Cast(enrolled, heads, tuple(others), refused)


def cast_from_faces(pictures: Mapping[str, Pixels], strangers: int, net: FaceNet) -> Cast:
    """A small cast from pictures with one picture a person, all their faces in order: the same picture is enrolled and drawn.

    It shows that the pipeline holds together, not how well it recognises: drawn faces differ by size, light, noise and JPEG only.
    """
    found = [
        (f"{name}-{place}", picture, face)
        for name, picture in pictures.items()
        for place, face in enumerate(find_faces(picture, net))
        if face.readable
    ]
    known, unknown = found[strangers:], found[:strangers]
    return Cast(
        {person: (EnrolledPhoto(a_digest(person), face),) for person, _, face in known},
        {person: (cut_head(person, picture, face),) for person, picture, face in known},
        tuple(cut_head(f"?{person}", picture, face) for person, picture, face in unknown),
        {},
    )


def stage_session(cast: Cast, script: Script, rooms: Sequence[Pixels], seed: int) -> Staged:
    """Deal the roles out and take the photos; everybody keeps their row and is shown by any of their pictures."""
    random = np.random.default_rng(seed)
    order = [str(person) for person in random.permutation(sorted(cast.heads))]
    parts = np.split(np.array(order), np.cumsum([script.replaced, script.away, script.hidden]))
    replaced, away, hidden, seen = (tuple(part.tolist()) for part in parts)
    chosen = random.permutation(len(cast.strangers))[: script.replaced + script.guests]
    rows = {person: script.rows[place % len(script.rows)] for place, person in enumerate(seen)}
    # Whoever is hidden sits in a row where there is somebody to be behind.
    rows |= {person: rows[seen[place % len(seen)]] for place, person in enumerate(hidden)}
    photos = []
    for number in range(script.photos):
        troubled = dict(zip(random.permutation(seen).tolist(), script.conditions, strict=False))
        seats = [_seat(cast, person, rows[person], troubled.get(person, Condition.CLEAR), random) for person in seen]
        seats += [_seat(cast, person, rows[person], Condition.HIDDEN, random) for person in hidden]
        seats += [
            Seat(cast.strangers[index], script.rows[place % len(script.rows)]) for place, index in enumerate(chosen)
        ]
        seats = [seats[index] for index in random.permutation(len(seats))]
        photos.append(compose_photo(seats, rooms[(seed + number) % len(rooms)], int(random.integers(2**31))))
    return Staged(tuple(photos), (*replaced, *hidden, *seen), frozenset(replaced), frozenset(away), frozenset(hidden))


def conclude_staged(
    staged: Staged, roster: Roster, calibration: Calibration, net: FaceNet, people: PeopleNet | None = None,
    earlier: EarlierReports = NOTHING_KNOWN,
) -> Concluded:  # fmt: skip
    """Look at the photos and judge the session with the product's own means; every photo is a front photo taken in time."""
    photos = tuple(
        _look(photo, f"photos/{number}.jpg", roster, calibration, net, people)
        for number, photo in enumerate(staged.photos)
    )
    numbers = sorted({*roster.students, *staged.signed, *staged.away})
    session = a_session()
    evidence = SessionEvidence(
        training=a_training_class(students=tuple(Student(number, number) for number in numbers)),
        session=a_session(teacher_number=None),
        photos=photos,
        sign_ins=tuple(a_sign_in(number, day=session.day) for number in staged.signed),
        leaves=(),
        roster=roster,
        calibration=calibration,
        earlier=earlier,
    )
    truth = tuple(
        label_faces(photo, evidence.look.faces or ()) for photo, evidence in zip(staged.photos, photos, strict=True)
    )
    return Concluded(photos, truth, conclude_session(evidence))


def label_faces(photo: ClassPhoto, faces: Sequence[FaceObservation]) -> tuple[str, ...]:
    """Whose face each found face is: the nearest drawn one within half a face's width; hidden people have none."""
    drawn = [one for one in photo.people if one.condition is not Condition.HIDDEN]
    labels = []
    for face in faces:
        x, y = face.box.x + face.box.width / 2, face.box.y + face.box.height / 2
        near = [
            (
                abs(x - one.box.x - one.box.width / 2) + abs(y - one.box.y - one.box.height / 2),
                one.person,
                one.box.width,
            )
            for one in drawn
        ]
        distance, person, width = min(near, default=(0.0, "", 0.0))
        labels.append(person if distance < width / 2 else "")
    return tuple(labels)


def _cut(person: str, picture: Pixels, net: FaceNet) -> Head | None:
    face = choose_labelled_face(find_faces(picture, net), picture.shape[1], picture.shape[0])
    # What cannot be read in the portrait itself cannot be asked for in a class photo; tight crops are cut off and good.
    if face is None or face.unreadable_because not in ("", "cut_off"):
        return None
    return cut_head(person, picture, face)


def _seat(cast: Cast, person: str, row: int, condition: Condition, random: np.random.Generator) -> Seat:
    heads = cast.heads[person]
    return Seat(heads[int(random.integers(len(heads)))], row, condition)


def _look(
    photo: ClassPhoto, file: str, roster: Roster, calibration: Calibration, net: FaceNet, people: PeopleNet | None
) -> PhotoEvidence:
    faces = find_faces(photo.pixels, net)
    counted: PeopleCount = count_faces_only(faces) if people is None else count_people(photo.pixels, people, faces)
    height, width = photo.pixels.shape[:2]
    look = Look(
        a_digest(file), {}, Decoded("JPEG", width, height, 1), faces=faces, people=counted,
        embedding_contract=net.embedding_contract,
    )  # fmt: skip
    matches = match_faces(faces, roster, calibration, embedding_contract=net.embedding_contract)
    in_time = Finding("photo.stamp_time", Outcome.PASSED, say("…"), "test")
    return PhotoEvidence(a_submission(file, sha256=look.sha256), look, matches, (in_time,), View.FRONT)
