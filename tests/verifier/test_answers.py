"""What `check` and `nightly` answer is what others were promised, key by key and type by type."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.builders.contract import CHECK, NIGHTLY, STAMP, breaches
from tests.builders.looks import a_field, a_look, a_stamp
from tests.builders.night import night
from tests.verifier.conftest import DemoNight
from verifier.answers import describe_photo
from verifier.finding import Finding, Outcome, overall
from verifier.language import say

PHOTO_CHECKS = (
    "photo.decodes", "photo.stamp_present", "photo.stamp_time", "photo.stamp_weekday", "photo.stamp_place",
    "photo.camera_time", "photo.clock_agreement", "photo.camera_place", "photo.place_agreement", "photo.view",
    "photo.pair", "photo.quality", "photo.reuse", "photo.edited", "photo.recaptured", "photo.stamp_pasted",
    "photo.provenance", "photo.people", "photo.teacher", "photo.roster",
)  # fmt: skip
SESSION_CHECKS = ("session.reports", "session.signins", "session.attendance")


@pytest.fixture(scope="module")
def answer(demo_night: DemoNight) -> dict[str, Any]:
    """The demo's answer, from its records."""
    return night(demo_night.workspace, since="2023-06-12").answer


def test_the_night_answers_in_the_promised_shape(answer: dict[str, Any]) -> None:
    assert breaches(json.loads(json.dumps(answer)), NIGHTLY) == []
    for name in ("photos", "sessions", "students", "cases", "violations"):
        assert answer[name], f"no {name}: nothing was compared"


def test_the_shape_notices_what_is_missing_renamed_or_of_another_type(answer: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(answer))
    del broken["photos"][0]["sha256"]
    broken["sessions"][0]["rate"] = "0.9"
    broken["cases"][0]["kind"] = None
    broken["photos"][1]["outcome"] = "ok"
    assert len(breaches(broken, NIGHTLY)) == 4
    assert len(breaches(broken, CHECK)) == 2


def test_every_photo_has_one_finding_of_every_check(answer: dict[str, Any]) -> None:
    for photo in answer["photos"]:
        checks = [finding["check"] for finding in photo["findings"]]
        assert len(checks) == len(set(checks)), photo["file"]
        assert set(PHOTO_CHECKS) <= set(checks), photo["file"]


def test_every_session_has_one_finding_of_every_check(answer: dict[str, Any]) -> None:
    for session in answer["sessions"]:
        assert sorted(finding["check"] for finding in session["findings"]) == sorted(SESSION_CHECKS)


def test_an_outcome_is_the_sum_of_its_findings(answer: dict[str, Any]) -> None:
    for thing in (*answer["photos"], *answer["sessions"]):
        findings = [Finding(each["check"], Outcome(each["outcome"]), say(""), "") for each in thing["findings"]]
        assert thing["outcome"] == overall(findings).value


def test_numbers_agree_with_the_students_they_count(answer: dict[str, Any]) -> None:
    for session in answer["sessions"]:
        presences = [student["presence"] for student in session["students"]]
        assert session["present"] == presences.count("present")
        assert session["expected"] == len(presences) - presences.count("leave")
        assert session["rate"] == session["present"] / session["expected"]
    for student in answer["students"]:
        hours = sum(
            session["hours"]
            for session in answer["sessions"]
            for each in session["students"]
            if (each["student_no"], each["presence"]) == (student["student_no"], "present")
        )
        assert student["attended_hours"] == hours


def test_every_reason_is_a_whole_sentence_and_every_digest_points_to_evidence(answer: dict[str, Any]) -> None:
    digests = {f"sha256:{photo['sha256']}" for photo in answer["photos"]}
    for photo in answer["photos"]:
        assert all("{" not in finding["reason"] and finding["reason"].strip() for finding in photo["findings"])
    for violation in answer["violations"]:
        assert set(violation["evidence"]) <= digests


def test_times_carry_the_zone_of_the_settings(answer: dict[str, Any]) -> None:
    stamps = [photo["stamp"]["taken_at"] for photo in answer["photos"]]
    assert "2023-06-13T08:45:00+08:00" in [stamp[:19] + stamp[-6:] for stamp in stamps]


def test_every_stamp_of_a_picture_is_told_with_its_own_boxes_and_confidence() -> None:
    look = a_look(stamps=(a_stamp("09:12"), a_stamp("10:30", code=a_field("W7K3M9Q2PXAB", 0.95))))
    told = describe_photo("a.jpg", "a" * 64, look, (), (), ZoneInfo("Asia/Shanghai"))
    (other,) = told["other_stamps"]
    assert (told["stamps"], told["stamp"]["taken_at"][11:16], other["taken_at"][11:16]) == (2, "09:12", "10:30")
    assert (other["code"], other["confidence"]["code"], other["fields"]["code"]) == (
        "W7K3M9Q2PXAB",
        0.95,
        [40, 900, 600, 200],
    )
    assert breaches(json.loads(json.dumps(other)), STAMP) == []
