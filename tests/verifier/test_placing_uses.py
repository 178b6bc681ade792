"""Copies within one class: which session each was for is known from its folder too, and a double upload accuses nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.builders.looks import a_look, a_stamp
from tests.builders.plan import DAY, a_class_file, a_session, a_submission, a_time, a_training_class
from verifier.attendance.calibration import load_calibration
from verifier.finding import Outcome
from verifier.judging import ClassToJudge, judge_class
from verifier.photo.context import OtherUse
from verifier.placing_uses import PlacedPhotos
from verifier.plan import Submission
from verifier.regulation.policy import load_policy

# The afternoon's id sorts before the morning's, so that names do not happen to give the right order.
SESSIONS = (a_session("b"), a_session("a", starts="14:00", ends="17:20"))
NUMBER = "YY-2023-0071"


def judge(*files: str, **changes: Any) -> dict[str, Outcome]:
    """The same picture under these names, with nothing declared, as the records would tell of it; the outcome of each."""
    submissions = tuple(a_submission(file, sha256="d" * 64, session_id=None, received_at=None) for file in files)
    looks = {"d" * 64: replace(a_look(**({"stamps": ()} | changes)), sha256="d" * 64)}
    uses = {
        each: tuple(
            OtherUse("bytes", NUMBER, None, other.file, other.sha256, other.file < each.file)
            for other in submissions
            if other is not each
        )
        for each in submissions
    }
    training = a_training_class(NUMBER, sessions=SESSIONS)
    given = ClassToJudge(
        a_class_file(training, submissions=submissions),
        looks,
        load_policy("yiyang-2023-23"),
        load_calibration("opencv-zoo"),
        "pack@1/112",
        uses,
    )
    judged = judge_class(given, SESSIONS, DAY)
    photos = [*(photo for session in judged.sessions for photo in session.photos), *judged.unplaced]
    return {
        photo.submission.file: next(each.outcome for each in photo.findings if each.check == "photo.reuse")
        for photo in photos
    }


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        pytest.param(("b/1.jpg", "b/2.jpg"), ["passed", "passed"], id="twice for one session, by its folder"),
        pytest.param(("b/1.jpg", "a/1.jpg"), ["passed", "failed"], id="for the morning, then for the afternoon"),
        pytest.param(("b/1.jpg", "1.jpg"), ["unsure", "unsure"], id="once for no session"),
        pytest.param(("1.jpg", "2.jpg"), ["unsure", "unsure"], id="both for no session"),
    ],
)
def test_the_same_file_within_one_class(files: tuple[str, ...], wanted: list[str]) -> None:
    found = judge(*files)
    assert [found[file].value for file in files] == wanted


def test_a_session_that_the_stamp_tells_counts_as_well() -> None:
    assert set(judge("1.jpg", "2.jpg", stamps=(a_stamp("09:12"),)).values()) == {Outcome.PASSED}


@pytest.mark.parametrize(
    ("mine", "theirs", "first"),
    [
        pytest.param({"received_at": a_time("18:00")}, {"received_at": a_time("17:00")}, True, id="by receipt"),
        pytest.param({"received_at": None}, {"received_at": None}, False, id="else by the sessions' order"),
        pytest.param({"received_at": None}, {"received_at": a_time("18:00")}, False, id="one receipt known"),
    ],
)
def test_which_of_two_came_first(mine: dict[str, Any], theirs: dict[str, Any], first: bool) -> None:
    """Mine is the morning's, theirs the afternoon's."""
    own, other = a_submission("b/1.jpg", session_id=None, **mine), a_submission("a/1.jpg", session_id=None, **theirs)
    photos = PlacedPhotos(NUMBER, [(own, SESSIONS[0]), (other, SESSIONS[1])])
    use = OtherUse("picture", NUMBER, None, other.file, other.sha256, not first)
    assert photos.place(own, use) == replace(use, session_id="a", received_first=first)


def test_other_classes_and_what_nobody_searched_stay_as_they_are() -> None:
    own: Submission = a_submission("b/1.jpg", session_id=None)
    photos = PlacedPhotos(NUMBER, [(own, SESSIONS[0])])
    use = OtherUse("picture", "YY-2023-0099", None, "b/1.jpg", own.sha256, True)
    assert photos.place_all({own: (use,)}) == {own: (use,)}
    assert photos.place_all({own: None}) == {own: None}
    assert photos.place_all(None) is None
