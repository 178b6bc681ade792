"""One photo must show the right face and the right time; nobody is accused for being hidden or unreadable."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from tests.builders.plan import a_leave, a_session, a_sign_in, a_training_class
from tests.verifier.attendance.people import (
    ON_TIME,
    a_calibration,
    a_crowd,
    a_face,
    a_photo,
    a_roster,
    a_stranger,
    an_unreadable_face,
    finding,
    like,
    someone,
)
from verifier.attendance.cases import CaseKind
from verifier.attendance.guests import EarlierReports, GuestFace
from verifier.attendance.presence import DISCREDITING, SessionEvidence, conclude_session
from verifier.camera_health import CameraFrame
from verifier.finding import Outcome
from verifier.language import say
from verifier.observation import PeopleCount
from verifier.plan import View
from verifier.regulation.facts import FaceSeen

EVERYBODY = ("S01", "S02", "S03", "S04", "S05", "S06")


def conclude(*photos, signed=EVERYBODY, leaves=(), roster=None, **changes):
    """The conclusion for a class of six; `signed` None where the class delivers no sign-ins."""
    evidence = SessionEvidence(
        training=a_training_class(students=6),
        session=a_session(),
        photos=photos,
        sign_ins=None if signed is None else tuple(a_sign_in(number) for number in signed),
        leaves=tuple(a_leave(one) if isinstance(one, str) else one for one in leaves),
        roster=roster or a_roster(6),
        calibration=a_calibration(),
    )
    return conclude_session(replace(evidence, **changes))


def presences(conclusion):
    return {student.student_no: student.presence.value for student in conclusion.students}


def words(conclusion, number):
    (student,) = [student for student in conclusion.students if student.student_no == number]
    return " ".join(str(sentence) for sentence in student.because)


def photo_of(*persons, extra=(), **changes):
    roster = changes.pop("roster", None) or a_roster(6)
    return a_photo([*a_crowd(*persons), *extra], roster, **changes)


def test_everybody_seen_is_present():
    found = conclude(photo_of(1, 2, 3, 4, 5, 6))
    assert set(presences(found).values()) == {"present"}
    assert (found.rate, found.rate_low, found.rate_high, found.cases) == (1.0, 1.0, 1.0, ())
    assert "photos/front.jpg" in words(found, "S01")
    assert "2023-06-12" in words(found, "S01")


def test_a_student_seen_without_a_sign_in_is_present():
    assert presences(conclude(photo_of(1, 2, 3, 4, 5, 6), signed=()))["S01"] == "present"


def test_not_signed_in_and_not_seen_where_all_is_clear_is_absent():
    found = conclude(photo_of(1, 2, 3, 4, 5), signed=EVERYBODY[:5])
    assert presences(found)["S06"] == "absent"
    assert found.cases == ()


def test_without_any_sign_ins_the_photo_alone_decides():
    assert presences(conclude(photo_of(1, 2, 3, 4, 5), signed=None))["S06"] == "absent"


CLEAR = EarlierReports(told=16)  # in a class of six eleven reports that hid nobody are enough to name


def test_signed_in_never_seen_with_a_stranger_there_is_a_case_and_absent():
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger()]), roster=a_roster(6), earlier=CLEAR)
    assert presences(found)["S06"] == "absent"
    (case,) = found.cases
    assert (case.kind.value, case.student_no) == ("impersonation", "S06")
    assert case.sightings[0].file == "photos/front.jpg"


def test_without_earlier_reports_the_case_names_nobody_and_the_candidate_is_unsure():
    """A guest beside one hidden student shows the same faces, and nothing is known of guests and of hidden students yet."""
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger()]), roster=a_roster(6))
    assert presences(found)["S06"] == "unsure"
    assert "来客" in words(found, "S06")
    (case,) = found.cases
    assert (case.kind.value, case.student_no, case.candidates) == ("impersonation", None, ("S06",))
    assert case.sightings[0].file == "photos/front.jpg"
    assert "不点名" in str(case.reason)
    assert case.wrong_probability == pytest.approx(1 / 4, abs=0.001)
    assert case.wrong_probability == pytest.approx(1 - case.probability)


def test_the_more_reports_hid_nobody_the_less_doubt():
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger()]), earlier=CLEAR)
    assert found.cases[0].wrong_probability == pytest.approx(1 / 20, abs=1e-3)
    assert found.rests_on == CLEAR


def test_those_who_signed_in_share_the_budget_of_false_flags():
    """Eleven reports are enough for six who signed in, not for five."""
    photo, earlier = photo_of(1, 2, 3, 4, 5, extra=[a_stranger()]), EarlierReports(told=11)
    assert [case.student_no for case in conclude(photo, earlier=earlier).cases] == ["S06"]
    without_one = [number for number in EVERYBODY if number != "S01"]
    assert [case.student_no for case in conclude(photo, earlier=earlier, signed=without_one).cases] == [None]


def test_the_same_stranger_in_the_same_students_place_is_named_day_by_day():
    """Never a complete class to learn from, always the same two: each time it is less likely to be chance."""
    photo, earlier, named = photo_of(1, 2, 3, 4, 5, extra=[a_stranger()]), EarlierReports(told=8, seen={"S06": 8}), []
    for _ in range(3):
        found = conclude(photo, earlier=earlier)
        named.append((found.cases[0].student_no, found.cases[0].wrong_probability, presences(found)["S06"]))
        earlier += found.tells
    (first, doubt, presence), (second, less, judged), (_, least, _) = named
    assert (first, presence, second, judged) == (None, "unsure", "S06", "absent")
    assert doubt > less > least
    assert "此前2个课次" in str(found.cases[0].reason)


@pytest.mark.parametrize(
    ("cosine", "named", "doubts"),
    [
        pytest.param(0.26, "S06", False, id="certainly somebody else"),
        pytest.param(0.285, None, True, id="as unlike as few people are to their own picture"),
    ],
)
def test_whoever_may_be_the_student_with_other_glasses_is_not_named(cosine, named, doubts):
    """Both lie below 0.291, where a face is a stranger's; with data of a thousand people 0.278 is sure."""
    stranger = a_face(like((6, cosine), rest=181), at=90)
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[stranger]), earlier=CLEAR)
    assert [(case.student_no, "眼镜" in str(case.reason)) for case in found.cases] == [(named, doubts)]


def test_a_regular_guest_beside_a_hidden_student_is_said_to_be_one():
    earlier = replace(CLEAR, guests=(GuestFace(someone(221), 40.0),))
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger()]), earlier=earlier)
    assert [(case.student_no, "同样的来客" in str(case.reason)) for case in found.cases] == [(None, True)]
    assert presences(found)["S06"] == "unsure"


def test_where_people_often_hide_and_the_guest_is_known_nobody_is_accused():
    """The same guest in eight reports, and one hidden in each: a hidden student is the likelier reading, so there is no case."""
    guest = GuestFace(someone(221), 40.0)
    earlier = EarlierReports(8, 8, (guest,) * 8)
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger()]), earlier=earlier)
    assert (presences(found)["S06"], found.cases, found.rests_on) == ("unsure", (), earlier)
    assert conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger(2)]), earlier=earlier).cases


@pytest.mark.parametrize(
    ("persons", "strangers", "told"),
    [
        pytest.param((1, 2, 3, 4), 0, (1, 2, (), 1, 1, 0), id="two hidden, no teacher"),
        pytest.param((1, 2, 3, 4, 5), 1, (0, 0, (), 0, 0, 1), id="a stranger and one missing"),
    ],
)
def test_a_session_tells_later_ones_how_often_people_are_hidden(persons, strangers, told):
    tells = conclude(photo_of(*persons, extra=[a_stranger()] * strangers)).tells
    assert (tells.told, tells.hidden, tells.guests, tells.taught, tells.teacher_missing, len(tells.open)) == told
    assert set(tells.seen) == set(EVERYBODY[: len(persons)])
    assert set(tells.unseen) == set(EVERYBODY[len(persons) :])


def test_a_guest_beside_a_whole_class_is_remembered():
    tells = conclude(photo_of(1, 2, 3, 4, 5, 6, extra=[a_stranger()])).tells
    assert (tells.told, tells.hidden, len(tells.guests)) == (1, 0, 1)


def test_signed_in_and_hidden_is_no_accusation():
    """Nobody sits in the place, one photo: the student may sit behind somebody."""
    found = conclude(photo_of(1, 2, 3, 4, 5))
    assert presences(found)["S06"] == "unsure"
    assert found.cases == ()


def test_signed_in_and_in_none_of_two_complete_photos_is_a_case_but_not_absent():
    found = conclude(photo_of(1, 2, 3, 4, 5), photo_of(1, 2, 3, 4, 5, file="photos/second.jpg"))
    assert presences(found)["S06"] == "unsure"
    assert [(case.kind.value, case.student_no) for case in found.cases] == [("signed_in_not_seen", "S06")]
    assert found.cases[0].probability == 0.5


def test_the_same_photo_handed_in_twice_is_one_photo():
    photo = photo_of(1, 2, 3, 4, 5)
    assert conclude(photo, photo).cases == ()


def test_counted_heads_make_one_photo_enough():
    heads = PeopleCount(5, 5, 5, "yolox-nano")
    assert [case.kind.value for case in conclude(photo_of(1, 2, 3, 4, 5, people=heads)).cases] == ["signed_in_not_seen"]


def test_more_people_than_faces_means_somebody_is_hidden():
    heads = PeopleCount(7, 6, 8, "yolox-nano")
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger()], people=heads))
    assert presences(found)["S06"] == "unsure"
    assert found.cases == ()


@pytest.mark.parametrize("signed", [EVERYBODY, EVERYBODY[:5]], ids=["signed in", "not signed in"])
def test_an_unreadable_face_makes_nobody_absent(signed):
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[an_unreadable_face(at=7)]), signed=signed)
    assert presences(found)["S06"] == "unsure"
    assert found.cases == ()


def test_an_unreadable_face_beside_a_stranger_accuses_nobody():
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger(), an_unreadable_face(at=7)]))
    assert presences(found)["S06"] == "unsure"
    assert found.cases == ()


def test_an_unclear_face_that_may_be_the_student_makes_them_unsure():
    maybe = a_face(like((6, 0.3), rest=180), at=7)
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[maybe, a_stranger()]))
    assert presences(found)["S06"] == "unsure"
    assert found.cases == ()


def test_an_unclear_face_speaks_only_for_those_it_may_be():
    """Like S01 but not enough, and nothing like S06: whoever it is, it is not S06."""
    maybe = a_face(like((1, 0.3), rest=180), at=7)
    second = photo_of(1, 2, 3, 4, 5, file="photos/second.jpg")
    found = conclude(photo_of(2, 3, 4, 5, extra=[maybe, a_stranger()]), second, signed=EVERYBODY[:5])
    assert (presences(found)["S01"], presences(found)["S06"]) == ("present", "absent")


def test_a_student_without_an_enrolment_picture_may_be_the_stranger():
    roster = a_roster(6, without_photo=("S06",))
    found = conclude(photo_of(1, 2, 3, 4, extra=[a_stranger()], roster=roster), roster=roster)
    assert presences(found) == dict.fromkeys(EVERYBODY[:4], "present") | {"S05": "unsure", "S06": "unsure"}
    assert found.cases == ()


def test_a_picture_that_we_failed_to_read_makes_nobody_a_stranger_and_nobody_absent():
    roster = replace(a_roster(6, without_photo=("S06",)), not_read=("S06",))
    photos = [photo_of(1, 2, 3, 4, extra=[a_stranger(1), a_stranger(2, at=91)], roster=roster)]
    found = conclude(*photos, roster=roster)
    assert {match.state.value for match in photos[0].matches} == {"matched", "unclear"}
    assert presences(found)["S06"] == "unsure"
    assert "系统未能读取" in words(found, "S06")
    assert found.cases == ()
    assert [person.state.value for person in found.unknown] == ["unclear", "unclear"]


def test_a_second_stranger_is_one_too_many():
    """One unknown may be S06, who has no picture; the other one sits in S05's place."""
    roster = a_roster(6, without_photo=("S06",))
    photo = photo_of(1, 2, 3, 4, extra=[a_stranger(1), a_stranger(2, at=91)], roster=roster)
    found = conclude(photo, roster=roster, earlier=CLEAR)
    assert [case.student_no for case in found.cases] == ["S05"]


def test_the_filed_teacher_without_a_picture_may_be_the_stranger():
    roster = a_roster(6, teachers=0)
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger()], roster=roster), roster=roster)
    assert found.cases == ()
    assert presences(found)["S06"] == "unsure"


def test_one_stranger_for_two_empty_seats_names_no_student():
    found = conclude(photo_of(1, 2, 3, 4, extra=[a_stranger()]))
    (case,) = found.cases
    assert (case.student_no, case.candidates) == (None, ("S05", "S06"))
    assert presences(found)["S05"] == presences(found)["S06"] == "unsure"


def test_two_strangers_for_two_empty_seats_are_two_cases():
    found = conclude(photo_of(1, 2, 3, 4, extra=[a_stranger(1), a_stranger(2, at=91)]), earlier=CLEAR)
    assert [case.student_no for case in found.cases] == ["S05", "S06"]
    assert {case.sightings[0].index for case in found.cases} == {4, 5}


def test_a_visitor_among_a_full_class_accuses_nobody():
    found = conclude(photo_of(1, 2, 3, 4, 5, 6, extra=[a_stranger()]))
    assert set(presences(found).values()) == {"present"}
    assert found.cases == ()


def test_a_stranger_where_nobody_signed_in_unseen_is_no_case():
    assert conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger()]), signed=EVERYBODY[:5]).cases == ()


@pytest.mark.parametrize("check", DISCREDITING)
def test_a_discredited_photo_counts_neither_for_nor_against(check):
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger()], findings=[*ON_TIME, finding(check, Outcome.FAILED)]))
    assert set(presences(found).values()) == {"unsure"}
    assert found.cases == ()


def test_an_unproven_time_shows_no_attendance():
    """Yesterday's face and today's empty room must not add up."""
    found = conclude(photo_of(1, 2, 3, 4, 5, 6, findings=[finding("photo.stamp_time", Outcome.UNSURE)]))
    assert set(presences(found).values()) == {"unsure"}
    assert "未能证实" in words(found, "S01")


def test_the_camera_alone_can_prove_the_time():
    found = conclude(photo_of(1, 2, 3, 4, 5, 6, findings=[finding("photo.camera_time")]))
    assert set(presences(found).values()) == {"present"}


def test_a_right_time_in_another_photo_does_not_help():
    timed = photo_of(1, file="photos/timed.jpg")
    untimed = photo_of(1, 2, 3, 4, 5, 6, file="photos/untimed.jpg", findings=())
    found = presences(conclude(timed, untimed))
    assert (found["S01"], found["S02"]) == ("present", "unsure")


def test_no_photo_leaves_everybody_unsure_with_the_sign_in_stated():
    found = conclude()
    assert set(presences(found).values()) == {"unsure"}
    assert "签到" in words(found, "S01")


def test_a_photo_from_the_back_speaks_against_nobody():
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger()], view=View.BACK))
    assert presences(found)["S01"] == "present"
    assert presences(found)["S06"] == "unsure"
    assert found.cases == ()


@pytest.mark.parametrize(
    ("persons", "presence"),
    [pytest.param((1, 2, 3), "absent", id="half of the class"), pytest.param((1, 2), "unsure", id="fewer than half")],
)
def test_an_undeclared_view_needs_half_of_the_class(persons, presence):
    found = conclude(photo_of(*persons, view=None), signed=())
    assert presences(found)["S06"] == presence


def test_leave_is_leave():
    found = conclude(photo_of(1, 2, 3, 4, 5), signed=EVERYBODY[:5], leaves=["S06"])
    assert presences(found)["S06"] == "leave"
    assert (found.expected, found.rate) == (5, 1.0)


def test_leave_of_another_session_does_not_count():
    found = conclude(photo_of(1, 2, 3, 4, 5), signed=EVERYBODY[:5], leaves=[a_leave("S06", session_id="another")])
    assert presences(found)["S06"] == "absent"


def test_seen_on_leave_is_a_stated_conflict():
    found = conclude(photo_of(1, 2, 3, 4, 5, 6), leaves=["S06"])
    assert presences(found)["S06"] == "leave"
    assert "矛盾" in words(found, "S06")


def test_a_student_on_leave_is_never_accused():
    found = conclude(photo_of(1, 2, 3, 4, 5, extra=[a_stranger()]), leaves=["S06"])
    assert found.cases == ()


def test_the_rate_has_bounds_over_the_unsure():
    found = conclude(photo_of(1, 2, 3, extra=[an_unreadable_face(at=9)]))
    assert (found.rate_low, found.rate_high) == (0.5, 1.0)


def test_a_second_photo_finds_who_was_missed_in_the_first():
    found = conclude(photo_of(1, 2, 3, 4, 5), photo_of(6, file="photos/later.jpg"))
    assert presences(found)["S06"] == "present"
    assert found.cases == ()


def test_a_replaced_teacher_is_a_case():
    roster = a_roster(6, teachers=2)
    other = a_face(like((202, 0.7)), at=50)
    found = conclude(photo_of(1, 2, 3, 4, 5, 6, extra=[other], roster=roster), roster=roster)
    assert [(case.kind.value, case.candidates) for case in found.cases] == [("teacher_replaced", ("T02",))]
    both = [other, a_face(like((201, 0.7)), at=51)]
    assert conclude(photo_of(1, 2, 3, 4, 5, 6, extra=both, roster=roster), roster=roster).cases == ()


@pytest.mark.parametrize(
    ("persons", "extra", "earlier", "wrong"),
    [
        pytest.param((1, 2, 3, 4, 5, 6), [a_stranger()], EarlierReports(taught=8), 1 / 11, id="usually in the picture"),
        pytest.param((1, 2, 3, 4, 5, 6), [a_stranger()], EarlierReports(), None, id="nothing known of the teacher"),
        pytest.param(
            (1, 2, 3, 4, 5, 6, 201), [a_stranger()], EarlierReports(taught=8), None, id="the teacher is there"
        ),
        pytest.param((1, 2, 3, 4, 5), [a_stranger()], EarlierReports(taught=8), None, id="the stranger fills a seat"),
    ],
)
def test_a_stranger_in_the_teachers_place_is_a_case(persons, extra, earlier, wrong):
    found = conclude(photo_of(*persons, extra=extra), earlier=earlier)
    cases = [case for case in found.cases if case.kind == CaseKind.TEACHER_SEAT]
    assert [case.wrong_probability for case in cases] == ([] if wrong is None else [pytest.approx(wrong)])


def test_what_was_seen_of_each_student_is_told_for_the_law():
    found = conclude(photo_of(1, 2, 3, 4), signed=EVERYBODY[:4])
    seen = {student.student_no: student.face for student in found.students}
    assert (seen["S01"], seen["S06"]) == (FaceSeen.SEEN, FaceSeen.NOT_SEEN)


def of_camera(photo):
    """The same picture, taken from a camera by ourselves."""
    frame = CameraFrame(uuid4(), "cam-203", a_session().starts_at, a_session().id, photo.submission.sha256)
    live = finding("stream.live", Outcome.PASSED)
    return replace(photo, frame=frame, findings=(live,), shown_as=say("摄像头{camera}", camera="cam-203"))


def test_a_camera_speaks_for_those_it_shows_and_against_nobody():
    """Whoever is not in a picture of a moment that nobody chose may be outside for a minute."""
    found = conclude(of_camera(photo_of(1, 2, 3, 4, 5)))
    assert presences(found) == {**dict.fromkeys(EVERYBODY, "present"), "S06": "unsure"}
    assert "摄像头cam-203" in words(found, "S01")
    assert "没有收到照片" in words(found, "S06")
    assert found.complete_photos == ()


def test_whom_the_photos_hide_the_camera_shows():
    hidden = photo_of(1, 2, 3, 4, 5, view=View.FRONT)
    assert presences(conclude(hidden))["S06"] == "unsure"
    assert presences(conclude(hidden, of_camera(photo_of(6, file="c.jpg"))))["S06"] == "present"


def test_a_stranger_whom_only_a_camera_saw_sits_in_nobodys_place():
    photo = photo_of(1, 2, 3, 4, 5, view=View.FRONT)
    passing = of_camera(photo_of(1, extra=[a_stranger(5)], file="c.jpg"))
    found = conclude(photo, passing)
    assert found.cases == ()
    assert [person.state for person in found.unknown] == ["stranger"]
    sitting = photo_of(1, 2, 3, 4, 5, extra=[a_stranger(5)], view=View.FRONT)
    assert [case.kind for case in conclude(sitting, passing).cases] == ["impersonation"]
