"""Facts of a session: who taught, where, when; hard evidence apart from doubt, people's word beside pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.plan import a_session, a_sign_in, a_time, a_training_class, students
from tests.verifier.attendance.people import (
    ON_TIME,
    a_calibration,
    a_crowd,
    a_photo,
    a_roster,
    an_unreadable_face,
    finding,
)
from verifier.attendance.guests import EarlierReports
from verifier.attendance.photo_checks import check_teacher
from verifier.attendance.presence import PhotoEvidence, SessionEvidence, conclude_session
from verifier.attendance.session_checks import select_late_sign_ins
from verifier.finding import Finding, Outcome
from verifier.judging import JudgedPhoto
from verifier.photo.assign import assign_session
from verifier.plan import Period, View
from verifier.regulation.facts import CameraSpan, CameraState, Seen
from verifier.session_facts import gather_facts, observe_by_camera, see_place, see_teacher, weigh_with_visit

STRANGER = 99
FILED, OTHER = 201, 202  # the faces of T01, who is filed, and of T02
SESSION = a_session()
ROSTER = a_roster(2, teachers=2)
OFF_TIME = (finding("photo.decodes"), finding("photo.stamp_time", Outcome.UNSURE))


def judged(photo: PhotoEvidence, *more: Finding) -> JudgedPhoto:
    found = (*photo.findings, check_teacher(photo.matches, SESSION, ROSTER), *more)
    assignment = assign_session(photo.submission, photo.look, a_training_class(), None)
    return JudgedPhoto(photo.submission, assignment, photo.look, photo.matches, found)


def seen(*photos, session=SESSION, roster=ROSTER) -> Seen:
    evidence = SessionEvidence(a_training_class(), session, photos, None, (), roster, a_calibration())
    return see_teacher(session, evidence, [judged(each) for each in photos])


def picture(*persons, file="photos/front.jpg", unread=False, findings=ON_TIME) -> PhotoEvidence:
    faces = a_crowd(*persons) + ([an_unreadable_face(at=9)] if unread else [])
    return a_photo(faces, ROSTER, file=file, view=View.FRONT, findings=findings)


BACK = "photos/back.jpg"


@pytest.mark.parametrize(
    ("photos", "outcome"),
    [
        pytest.param([picture(1, FILED)], Outcome.PASSED, id="the filed teacher is seen"),
        pytest.param(
            [picture(1, OTHER), picture(2, FILED, file=BACK)], Outcome.PASSED, id="both taught: no replacement"
        ),
        pytest.param(
            [picture(1, OTHER), picture(2, OTHER, file=BACK)], Outcome.FAILED, id="another filed teacher in both pictures"
        ),
        pytest.param([picture(1, OTHER)], Outcome.UNSURE, id="one picture: the filed one may hold the camera"),
        pytest.param(
            [picture(1, OTHER, unread=True), picture(2, OTHER, file=BACK, unread=True)],
            Outcome.UNSURE, id="a face that was not read may be the filed teacher's",
        ),
        pytest.param(
            [picture(1, OTHER), picture(2, OTHER, file=BACK, findings=OFF_TIME)],
            Outcome.UNSURE, id="a picture that does not show its time counts for nothing",
        ),
        pytest.param([picture(1, 2)], Outcome.UNSURE, id="no teacher is seen"),
        pytest.param([], Outcome.UNSURE, id="no photo came"),
    ],
)  # fmt: skip
def test_who_taught(photos, outcome):
    assert seen(*photos).outcome is outcome


def test_a_lead_says_who_was_seen_and_who_was_wanted_and_nothing_seen_says_nothing():
    lead = str(seen(picture(1, OTHER)).detail)
    assert "教师T02" in lead
    assert "备案教师T01" in lead
    assert seen(picture(1, 2)).detail == ""


def test_a_filed_teacher_whom_nobody_could_recognise_is_never_replaced():
    roster = a_roster(2, teachers=2)
    unknown = replace(roster, teachers={number: each for number, each in roster.teachers.items() if number != "T01"})
    assert seen(picture(1, OTHER), picture(2, OTHER, file=BACK), roster=unknown).outcome is Outcome.UNSURE


def test_a_session_without_filed_teacher_asks_nothing():
    session = replace(SESSION, teacher_number=None)
    assert seen(picture(1, OTHER), session=session).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("outcomes", "wanted"),
    [
        pytest.param([Outcome.PASSED, Outcome.UNSURE], Outcome.PASSED, id="at the venue"),
        pytest.param([Outcome.FAILED], Outcome.FAILED, id="elsewhere"),
        pytest.param([Outcome.PASSED, Outcome.FAILED], Outcome.UNSURE, id="here and elsewhere"),
        pytest.param([Outcome.UNSURE], Outcome.UNSURE, id="no place was read"),
    ],
)
def test_where_it_was_held(outcomes, wanted):
    photos = [
        judged(picture(1, FILED, file=f"photos/{place}.jpg"), finding("photo.stamp_place", outcome))
        for place, outcome in enumerate(outcomes)
    ]
    found = see_place(photos)
    assert found.outcome is wanted
    assert bool(found.detail) is (Outcome.FAILED in outcomes)  # what was seen and what was wanted


@pytest.mark.parametrize(
    ("photos", "visit", "wanted"),
    [
        pytest.param(Outcome.UNSURE, None, Outcome.UNSURE, id="nobody visited"),
        pytest.param(Outcome.UNSURE, Outcome.FAILED, Outcome.FAILED, id="found on site where photos say nothing"),
        pytest.param(Outcome.PASSED, Outcome.FAILED, Outcome.UNSURE, id="photos against the visit"),
        pytest.param(Outcome.FAILED, Outcome.PASSED, Outcome.UNSURE, id="the visit against the photos"),
        pytest.param(Outcome.FAILED, Outcome.UNSURE, Outcome.UNSURE, id="people decided that the photos mislead"),
    ],
)
def test_what_people_found_counts_and_a_contradiction_is_open(photos, visit, wanted):
    assert weigh_with_visit(Seen(photos), Seen(visit) if visit else None).outcome is wanted


@pytest.mark.parametrize(
    ("persons", "told", "replaced"),
    [
        pytest.param((1, STRANGER), 30, ("S02",), id="a stranger sits there while S02, signed in, is in no photo"),
        pytest.param((1, STRANGER), 0, (), id="the case names nobody, as it may be a guest and S02 hidden"),
        pytest.param((1,), 30, (), id="nobody sits in the place of S02, who may be hidden"),
        pytest.param((1, 2, STRANGER), 30, (), id="everybody is seen, and a guest"),
    ],
)
def test_in_whose_place_a_stranger_sits(persons, told, replaced):
    photo = picture(*persons)
    signed = tuple(a_sign_in(student_no=no) for no in ("S01", "S02"))
    training = a_training_class(students=students(2))
    earlier = EarlierReports(told=told)
    evidence = SessionEvidence(training, SESSION, (photo,), signed, (), ROSTER, a_calibration(), earlier=earlier)
    facts = gather_facts(SESSION, evidence, conclude_session(evidence), [judged(photo)])
    found = {each.student_no: each.replaced_in for each in facts.students if each.replaced_in}
    assert found == dict.fromkeys(replaced, (f"sha256:{photo.submission.sha256}",))


def spans(*parts: tuple[int, CameraState]) -> tuple[CameraSpan, ...]:
    """Minutes and states one after the other from the session's start."""
    found, at = [], SESSION.starts_at
    for minutes, state in parts:
        found.append(CameraSpan(at, at + timedelta(minutes=minutes), state))
        at += timedelta(minutes=minutes)
    return tuple(found)


T, E, U = CameraState.TEACHING, CameraState.ROOM_EMPTY, CameraState.NOT_RUN


def test_a_camera_that_ran_throughout_shows_when_teaching_began_and_ended():
    observed = observe_by_camera(SESSION, spans((20, E), (150, T), (30, E)))
    assert observed is not None
    assert observed.started_at == SESSION.starts_at + timedelta(minutes=20)
    assert observed.ended_at == SESSION.ends_at - timedelta(minutes=30)


@pytest.mark.parametrize(
    "camera",
    [
        pytest.param(None, id="no camera"),
        pytest.param(spans((20, E), (150, T)), id="it stopped before the end"),
        pytest.param(spans((20, U), (180, T)), id="we did not look at the start"),
        pytest.param(spans((200, E)), id="nobody ever came: that is hours cut, not a late start"),
    ],
)
def test_a_camera_with_a_gap_shows_neither(camera):
    assert observe_by_camera(SESSION, camera) is None


AFTERNOON = a_session(period=Period.AFTERNOON)


@pytest.mark.parametrize(
    ("clock", "late"),
    [
        pytest.param("12:05", False, id="the last minute of signing in"),
        pytest.param("12:06", True, id="a minute later"),
        pytest.param("12:59", True, id="just before the afternoon's list opens"),
        pytest.param("13:00", False, id="belongs to the afternoon"),
    ],
)
def test_a_sign_in_made_good_belongs_to_the_session_that_ended_last(clock, late):
    found = select_late_sign_ins(SESSION, [SESSION, AFTERNOON], [a_sign_in("S01", clock)])
    assert bool(found) is late


def test_a_day_after_the_last_session_a_sign_in_belongs_to_none():
    tomorrow = a_time("17:19", SESSION.day + timedelta(days=1))
    inside = replace(a_sign_in("S01"), signed_at=tomorrow)
    outside = replace(inside, signed_at=tomorrow + timedelta(minutes=2))
    assert select_late_sign_ins(AFTERNOON, [SESSION, AFTERNOON], [inside, outside]) == (inside,)
