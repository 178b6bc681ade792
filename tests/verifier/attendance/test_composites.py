"""Staged class photos through the whole pipeline: seat-fillers are found, hidden students are left alone, nobody is doubled."""

from __future__ import annotations

from functools import cache

import pytest

from tests.builders.class_photos import SIZE_WH, Condition, drawn_rooms, soften_room
from tests.builders.class_sessions import (
    ALL_ROWS,
    Cast,
    Concluded,
    Script,
    Staged,
    cast_from_faces,
    conclude_staged,
    read_cast,
    stage_session,
)
from tests.builders.shared import shared_data
from tests.verifier.vision.pictures import default_face_net, read_astronaut, read_six_people
from verifier.attendance.calibration import load_calibration
from verifier.attendance.cases import CaseKind
from verifier.attendance.guests import NOTHING_KNOWN, EarlierReports
from verifier.evaluation import read_picture
from verifier.vision.faces import find_faces

CLEAR = EarlierReports(told=16)  # reports with everybody in sight and no guest
TROUBLES = (Condition.TURNED, Condition.COVERED, Condition.BEHIND, Condition.SHAKEN)


@cache
def small_cast() -> Cast:
    """Five of the people in pictures that installed packages ship, and two of them as strangers."""
    return cast_from_faces({"six": read_six_people(), "astronaut": read_astronaut()}, 2, default_face_net())


@cache
def development_cast() -> Cast:
    """Sixteen people with several pictures each, and strangers."""
    data = shared_data()
    people = {folder.name: sorted(folder.iterdir()) for folder in sorted((data / "faces_lfw").iterdir())[:12]}
    people |= {folder.name: sorted(folder.iterdir()) for folder in sorted((data / "faces_asian").iterdir())}
    strangers = sorted(path for path in (data / "faces_lfw_impostors").rglob("*") if path.is_file())[:10]
    return read_cast(people, strangers, default_face_net())


def play(
    cast: Cast, script: Script, seed: int, rooms=None, earlier: EarlierReports = NOTHING_KNOWN
) -> tuple[Staged, Concluded]:
    calibration = load_calibration()
    staged = stage_session(cast, script, rooms or drawn_rooms(), seed)
    roster = cast.make_roster(default_face_net(), calibration)
    return staged, conclude_staged(staged, roster, calibration, default_face_net(), earlier=earlier)


def named_wrongly(seen: Concluded) -> list[tuple[str, str]]:
    """(truth, named) of every face that was given a name not its own."""
    return [
        (truth, match.student_no)
        for photo, labels in zip(seen.photos, seen.truth, strict=True)
        for match, truth in zip(photo.matches, labels, strict=True)
        if match.student_no is not None and match.student_no != truth
    ]


def doubled(seen: Concluded) -> list[str]:
    """Students who were given two faces in one photo."""
    names = [[match.student_no for match in photo.matches if match.student_no] for photo in seen.photos]
    return [name for photo in names for name in set(photo) if photo.count(name) > 1]


def accused(seen: Concluded) -> set[str]:
    return {
        case.student_no for case in seen.conclusion.cases if case.kind == CaseKind.IMPERSONATION and case.student_no
    }


def pointed(seen: Concluded) -> set[str]:
    """The candidates of cases without a name."""
    cases = [case for case in seen.conclusion.cases if case.kind == CaseKind.IMPERSONATION and not case.student_no]
    return {number for case in cases for number in case.candidates}


def presences(seen: Concluded) -> dict[str, str]:
    return {student.student_no: student.presence.value for student in seen.conclusion.students}


def test_rooms_are_empty_and_the_same_seed_takes_the_same_photo():
    assert all(find_faces(room, default_face_net()) == () for room in drawn_rooms())
    first, second = (stage_session(small_cast(), Script("any"), drawn_rooms(), 5) for _ in range(2))
    assert first.photos[0].encode() == second.photos[0].encode()
    assert first.photos[0].pixels.shape == (SIZE_WH[1], SIZE_WH[0], 3)


def test_everybody_in_clear_sight_is_present():
    _, seen = play(small_cast(), Script("clear"), 1)
    assert set(presences(seen).values()) == {"present"}
    assert (seen.conclusion.cases, named_wrongly(seen), doubled(seen)) == ((), [], [])


def test_a_seat_filler_is_a_case_with_the_students_name_once_the_class_is_known():
    staged, first = play(small_cast(), Script("replaced", replaced=1), 2)
    assert (accused(first), pointed(first)) == (set(), staged.replaced)
    staged, seen = play(small_cast(), Script("replaced", replaced=1), 2, earlier=CLEAR)
    assert (accused(seen), pointed(seen)) == (staged.replaced, set())
    assert named_wrongly(seen) == []


def test_a_guest_beside_a_hidden_student_accuses_nobody():
    """Until now the hidden one was named: the faces are those of a stand-in."""
    staged, seen = play(small_cast(), Script("guest", guests=1, hidden=1), 3)
    assert (accused(seen), pointed(seen)) == (set(), staged.hidden)
    assert {presences(seen)[number] for number in staged.hidden} == {"unsure"}


def test_a_hidden_student_is_neither_accused_nor_absent():
    staged, seen = play(small_cast(), Script("hidden", hidden=1), 3)
    assert {presences(seen)[number] for number in staged.hidden} == {"unsure"}
    assert accused(seen) == set()


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        pytest.param(Script("fillers", replaced=2, away=1), id="seat-fillers"),
        pytest.param(Script("hidden", hidden=2, away=1), id="hidden students"),
        pytest.param(Script("all", replaced=1, hidden=1, rows=ALL_ROWS, conditions=TROUBLES), id="all troubles"),
    ],
)
def test_no_honest_student_is_accused_and_nobody_gets_another_name(script):
    rooms = [soften_room(read_picture(shared_data() / "classroom" / "IMG_2392.jpg"))]
    staged, seen = play(development_cast(), script, 11, rooms, CLEAR)
    assert accused(seen) <= staged.replaced
    assert (named_wrongly(seen), doubled(seen)) == ([], [])
    assert {presences(seen)[number] for number in staged.hidden} <= {"unsure"}
    assert "present" not in {presences(seen)[number] for number in (*staged.away, *staged.replaced)}


@pytest.mark.shared
@pytest.mark.slow
def test_most_seat_fillers_are_found_where_everybody_can_be_read():
    """Over three sessions: four of six at least, as one unreadable face in each photo rightly keeps a case closed."""
    rooms = [soften_room(read_picture(shared_data() / "classroom" / "IMG_2392.jpg"))]
    played = [play(development_cast(), Script("fillers", replaced=2), seed, rooms, CLEAR) for seed in range(21, 24)]
    assert sum(len(accused(seen) & staged.replaced) for staged, seen in played) >= 4
