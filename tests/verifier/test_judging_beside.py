"""A photo judged with the class's other photos beside it: earlier days count, later ones change nothing that was concluded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.looks import a_field, a_stamp, some_camera_data
from tests.builders.plan import (
    DAY,
    a_class_file,
    a_digest,
    a_session,
    a_sign_in,
    a_submission,
    a_time,
    a_training_class,
)
from tests.verifier.attendance.people import a_calibration, a_crowd, a_face, a_stranger, someone
from tests.verifier.photo.test_room import OTHER, ROOM, take_photo
from verifier.attendance.calibration import load_calibration
from verifier.attendance.guests import EarlierReports
from verifier.attendance.session_checks import order_sign_ins
from verifier.finding import Finding, Outcome
from verifier.judging import ClassToJudge, JudgedClass, judge_class
from verifier.judging_keys import make_class_key, make_session_key
from verifier.nightly import Tools
from verifier.observation import Decoded, Look, PeopleCount
from verifier.photo.context import CodeUse
from verifier.photo.room_history import RoomMemory, VenuePhoto
from verifier.plan import View
from verifier.regulation.policy import load_policy

DAYS = [DAY + timedelta(days=number) for number in range(6)]
SESSIONS = tuple(a_session(day=day) for day in DAYS)
TOOLS = Tools(load_policy("yiyang-2023-23"), load_calibration("opencv-zoo"), {"code": "1"}, "pack@1/112")
SIGN_INS = order_sign_ins(())
CODE = "W7K3M9Q2PXAB"


def a_class(days: int, last_wall: Any = ROOM) -> ClassToJudge:
    """One photo a day of one room, stamped at the venue, the last one of another wall."""
    submissions, looks = [], {}
    for number, day in enumerate(DAYS[:days]):
        look = take_photo(last_wall if number == days - 1 else ROOM, 100 + number)
        sha256 = a_digest(str(number))
        looks[sha256] = replace(
            look,
            sha256=sha256,
            stamps=(a_stamp(day=day, code=a_field(CODE), app="Timemark"),),
            camera=some_camera_data(day=day),
        )
        name, received = f"photos/{number}.jpg", a_time("09:15", day)
        submissions.append(
            a_submission(
                name, sha256=sha256, session_id=SESSIONS[number].id, received_at=received, view=View.FRONT, size_bytes=9
            )
        )
    training = a_training_class(sessions=SESSIONS)
    file = a_class_file(training, submissions=tuple(submissions))
    return ClassToJudge(
        file, looks, TOOLS.policy, TOOLS.calibration, TOOLS.embedding_contract, {}, rooms=RoomMemory(), code_uses={}
    )


def judge(given: ClassToJudge, days: int) -> JudgedClass:
    return judge_class(given, SESSIONS[:days], DAYS[days - 1])


def find(judged: JudgedClass, day: int, check: str) -> Finding:
    (photo,) = judged.sessions[day].photos
    return next(finding for finding in photo.findings if finding.check == check)


def test_the_room_is_recognised_from_the_third_day_on() -> None:
    judged = judge(a_class(3), 3)
    outcomes = [find(judged, day, "photo.room").outcome for day in range(3)]
    assert outcomes == [Outcome.UNSURE, Outcome.UNSURE, Outcome.PASSED]


def test_a_lesson_in_another_room_is_doubted() -> None:
    found = find(judge(a_class(4, OTHER), 4), 3, "photo.room")
    assert (found.outcome, found.measured["confirmed"]) == (Outcome.UNSURE, 3)


def test_a_class_is_compared_from_its_first_day_with_what_others_showed_of_the_venue() -> None:
    given = a_class(1)
    shown = tuple(
        VenuePhoto(
            SESSIONS[0].venue, a_submission(f"photos/{seed}.jpg"), take_photo(ROOM, seed), f"C-1 photos/{seed}.jpg"
        )
        for seed in (501, 502)
    )
    assert find(judge(given, 1), 0, "photo.room").outcome is Outcome.UNSURE
    found = find(judge(replace(given, rooms=RoomMemory(), venue_photos=shown), 1), 0, "photo.room")
    assert found.outcome is Outcome.PASSED, found.measured
    assert str(found.measured["other_file"]).startswith("C-1 photos/")


def test_what_others_showed_of_the_venue_is_part_of_what_a_class_is_judged_by() -> None:
    given = a_class(1)
    photo = VenuePhoto(SESSIONS[0].venue, a_submission("photos/1.jpg"), take_photo(ROOM, 501), "C-1 photos/1.jpg")
    keys = {
        make_class_key(each, TOOLS, SESSIONS[:1], DAYS[0]) for each in (given, replace(given, venue_photos=(photo,)))
    }
    assert len(keys) == 2


def test_where_earlier_sessions_are_not_searched_no_room_is_compared() -> None:
    judged = judge(replace(a_class(3), rooms=None), 3)
    assert find(judged, 2, "photo.room").outcome is Outcome.NOT_APPLICABLE


def test_the_fifth_day_with_equal_coordinates_is_remarked_and_the_fourth_is_not() -> None:
    judged = judge(a_class(5), 5)
    assert find(judged, 4, "photo.stamp_place").measured["repeated_days"] == 5
    assert "repeated_days" not in find(judged, 3, "photo.stamp_place").measured


def test_later_days_change_nothing_that_a_closed_session_rests_on() -> None:
    three, six = a_class(3), a_class(6)
    before, after = judge(three, 3), judge(six, 6)
    for day in range(3):
        keys = {make_session_key(given, TOOLS, SESSIONS[day], judged.sessions[day].photos, SIGN_INS)
                for given, judged in ((three, before), (six, after))}  # fmt: skip
        assert len(keys) == 1, f"day {day}"


def test_a_code_that_another_class_shows_reaches_the_finding_and_the_key() -> None:
    given = a_class(1)
    (submission,) = given.class_file.submissions
    use = CodeUse(CODE, "YY-2023-0099", None, "photos/other.jpg", a_digest("other"), True)
    copied = replace(given, code_uses={submission: (use,)})
    plain, marked = judge(given, 1), judge(copied, 1)
    assert find(plain, 0, "photo.stamp_code").outcome is Outcome.PASSED
    assert find(marked, 0, "photo.stamp_code").outcome is Outcome.UNSURE
    assert make_session_key(given, TOOLS, SESSIONS[0], plain.sessions[0].photos, SIGN_INS) != make_session_key(
        copied, TOOLS, SESSIONS[0], marked.sessions[0].photos, SIGN_INS
    )


def a_class_with_faces(last: tuple[int, ...]) -> ClassToJudge:
    """Three students who signed in to three days, a photo a day: everybody, everybody, and then `last` with a stranger."""
    portraits = {f"S{number:02d}": (a_digest(f"portrait {number}"),) for number in (1, 2, 3)}
    seen = {a_digest(f"portrait {number}"): ([a_face(someone(number))], ()) for number in (1, 2, 3, 201)}
    for number, persons in enumerate([(1, 2, 3), (1, 2, 3), last]):
        extra = [a_stranger()] if number == 2 else []
        seen[a_digest(str(number))] = ([*a_crowd(*persons), *extra], (a_stamp(day=DAYS[number]),))
    looks = {
        sha256: Look(
            sha256, {}, Decoded("JPEG", 4000, 3000, 1_000_000), faces=tuple(faces), stamps=stamps,
            people=PeopleCount(len(faces), len(faces), len(faces), "faces"), embedding_contract=TOOLS.embedding_contract,
        )
        for sha256, (faces, stamps) in seen.items()
    }  # fmt: skip
    submissions = tuple(
        a_submission(
            f"photos/{n}.jpg", sha256=a_digest(str(n)), session_id=SESSIONS[n].id, view=View.FRONT,
            received_at=a_time("09:15", DAYS[n]),
        )
        for n in range(3)
    )  # fmt: skip
    signed = tuple(a_sign_in(number, day=day) for day in DAYS[:3] for number in portraits)
    training = a_training_class(sessions=SESSIONS[:3], students=3)
    teacher = {SESSIONS[0].teacher_number: (a_digest("portrait 201"),)}
    file = a_class_file(
        training, submissions=submissions, sign_ins=signed, enrolment_photos=portraits, teacher_photos=teacher
    )
    return ClassToJudge(file, looks, TOOLS.policy, a_calibration(), TOOLS.embedding_contract, {})


def test_reports_that_hid_nobody_lessen_the_doubt_of_a_later_case_and_stand_in_its_key() -> None:
    given = a_class_with_faces(last=(1, 2))
    judged = judge(given, 3)
    (case,) = [case for case in judged.sessions[2].conclusion.cases if case.kind == "impersonation"]
    rests_on = judged.sessions[2].conclusion.rests_on
    assert (case.student_no, case.candidates) == (None, ("S03",)), "two reports of three students carry no name"
    assert rests_on == EarlierReports(
        told=2, taught=2, teacher_missing=2, seen=dict.fromkeys(("S01", "S02", "S03"), 2), unseen={}
    )
    assert case.wrong_probability == pytest.approx(1 / 6, abs=1e-3)
    ordered = order_sign_ins(given.class_file.sign_ins)
    keys = {make_session_key(given, TOOLS, SESSIONS[2], judged.sessions[2].photos, ordered, told)
            for told in (None, EarlierReports(told=1), EarlierReports(told=2))}  # fmt: skip
    assert len(keys) == 3


def test_where_no_case_rests_on_them_earlier_reports_stand_in_no_key() -> None:
    judged = judge(a_class_with_faces(last=(1, 2, 3, 201)), 3)
    assert [session.conclusion.rests_on for session in judged.sessions] == [None] * 3
