"""A photo judged with the class's other photos beside it: earlier days count, later ones change nothing that was concluded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.builders.looks import a_field, a_stamp, some_camera_data
from tests.builders.plan import DAY, a_class_file, a_digest, a_session, a_submission, a_time, a_training_class
from tests.verifier.photo.test_room import OTHER, ROOM, take_photo
from verifier.attendance.calibration import load_calibration
from verifier.attendance.session_checks import order_sign_ins
from verifier.finding import Finding, Outcome
from verifier.judging import ClassToJudge, JudgedClass, judge_class
from verifier.judging_keys import make_class_key, make_session_key
from verifier.nightly import Tools
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
