"""Where else a picture was handed in, and which came first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy.orm import Session as Tx

from tests.builders.plan import a_class_file, a_digest, a_submission, a_time, a_training_class
from verifier.plan import Submission
from verifier.records.database import Database
from verifier.records.errors import NotInRecordsError
from verifier.records.filing import read_class_file, save_class_file
from verifier.records.looks import save_look
from verifier.records.submissions import other_uses, save_submissions, uses_of_class

AFTERNOON = "2023-06-12-pm"
SAME = a_digest("same picture")
MORNING_USE = a_submission("photos/a.jpg", sha256=SAME)
AFTERNOON_USE = a_submission("photos/b.jpg", sha256=SAME, session_id=AFTERNOON, received_at=a_time("15:00"))


@pytest.fixture
def tx(database: Database) -> Iterator[Tx]:
    """A transaction on records of two classes without photos."""
    with database.transaction() as opened:
        for number in ("C-1", "C-2"):
            save_class_file(opened, a_class_file(a_training_class(number)))
        yield opened


def test_a_picture_used_once_has_no_other_use(tx: Tx) -> None:
    save_submissions(tx, "C-1", [MORNING_USE, a_submission("photos/other.jpg")])
    assert other_uses(tx, "C-1", MORNING_USE) == []


def test_the_one_received_later_is_the_re_use(tx: Tx) -> None:
    save_submissions(tx, "C-1", [MORNING_USE, AFTERNOON_USE])
    (later,) = other_uses(tx, "C-1", MORNING_USE)
    assert (later.file, later.session_id, later.how, later.received_first) == (
        "photos/b.jpg",
        AFTERNOON,
        "bytes",
        False,
    )
    (earlier,) = other_uses(tx, "C-1", AFTERNOON_USE)
    assert (earlier.file, earlier.received_first) == ("photos/a.jpg", True)


def test_a_picture_of_another_class_is_found(tx: Tx) -> None:
    save_submissions(tx, "C-1", [MORNING_USE])
    save_submissions(tx, "C-2", [AFTERNOON_USE])
    (other,) = other_uses(tx, "C-2", AFTERNOON_USE)
    assert (other.class_number, other.received_first) == ("C-1", True)


@pytest.mark.parametrize(
    "receipt", [pytest.param(a_time("20:00"), id="received together"), pytest.param(None, id="receipt unknown")]
)
def test_without_different_receipts_the_earlier_session_comes_first(tx: Tx, receipt: object) -> None:
    morning = a_submission("photos/z.jpg", sha256=SAME, received_at=receipt)
    afternoon = a_submission("photos/a.jpg", sha256=SAME, received_at=receipt, session_id=AFTERNOON)
    save_submissions(tx, "C-1", [afternoon, morning])
    assert other_uses(tx, "C-1", afternoon)[0].received_first
    assert not other_uses(tx, "C-1", morning)[0].received_first


def test_within_one_session_the_file_name_decides(tx: Tx) -> None:
    first, second = (a_submission(f"photos/{name}.jpg", sha256=SAME) for name in "ab")
    save_submissions(tx, "C-1", [second, first])
    assert not other_uses(tx, "C-1", first)[0].received_first
    assert other_uses(tx, "C-1", second)[0].received_first


def test_other_bytes_with_the_same_pixels_are_a_use_too(tx: Tx) -> None:
    copy = a_submission("photos/copy.jpg", session_id=AFTERNOON, received_at=a_time("16:00"))
    save_submissions(tx, "C-1", [MORNING_USE, copy])
    pixels = a_digest("pixels")
    for sha256 in (MORNING_USE.sha256, copy.sha256):
        save_look(tx, sha256, "v1", {"fingerprint": {"pixels_sha256": pixels}}, np.zeros((0, 0), np.float32), "")
    assert other_uses(tx, "C-1", MORNING_USE) == []
    (found,) = other_uses(tx, "C-1", MORNING_USE, pixels)
    assert (found.how, found.file) == ("pixels", "photos/copy.jpg")


def test_a_submission_that_is_not_on_record_has_no_uses_to_tell(tx: Tx) -> None:
    with pytest.raises(NotInRecordsError):
        other_uses(tx, "C-1", MORNING_USE)


def test_all_photos_of_a_class_at_once_have_the_uses_that_each_has_alone(tx: Tx) -> None:
    copy = a_submission("photos/copy.jpg", session_id=AFTERNOON, received_at=a_time("16:00"))
    alone = a_submission("photos/alone.jpg")
    for sha256 in (SAME, copy.sha256):
        look = {"fingerprint": {"pixels_sha256": a_digest("pixels")}}
        save_submissions(tx, "C-1", [MORNING_USE, copy, alone])
        save_look(tx, sha256, "v1", look, np.zeros((0, 0), np.float32), "")
    save_submissions(tx, "C-2", [AFTERNOON_USE])
    found = uses_of_class(tx, "C-1", [MORNING_USE, copy, alone])
    assert found.keys() == {MORNING_USE, copy}
    for submission in found:
        assert found[submission] == other_uses(tx, "C-1", submission, a_digest("pixels"))
    assert [(use.class_number, use.how) for use in found[MORNING_USE]] == [("C-2", "bytes"), ("C-1", "pixels")]


CORRECTED = a_submission("photos/a.jpg", sha256=SAME, session_id=AFTERNOON, received_at=None)


def test_a_corrected_session_is_no_second_use_and_keeps_the_receipt(tx: Tx) -> None:
    save_submissions(tx, "C-1", [MORNING_USE], whole_files=True)
    counts = save_submissions(tx, "C-1", [CORRECTED], whole_files=True)
    assert (counts.added, counts.dropped) == (1, 1)
    (kept,) = read_class_file(tx, "C-1").submissions
    assert (kept.session_id, kept.received_at) == (AFTERNOON, MORNING_USE.received_at)
    assert other_uses(tx, "C-1", CORRECTED) == []
    assert uses_of_class(tx, "C-1", [kept]) == {}
    again = save_submissions(tx, "C-1", [CORRECTED], whole_files=True)
    assert (again.added, again.changed, again.dropped) == (0, 0, 0)


def test_a_correction_that_is_taken_back_leaves_the_first_declaration(tx: Tx) -> None:
    for each in (MORNING_USE, CORRECTED, MORNING_USE):
        save_submissions(tx, "C-1", [each], whole_files=True)
    assert [each.session_id for each in read_class_file(tx, "C-1").submissions] == [MORNING_USE.session_id]


@pytest.mark.parametrize(
    ("then", "whole_files"),
    [
        pytest.param([MORNING_USE, CORRECTED], True, id="declared for both sessions at once"),
        pytest.param([AFTERNOON_USE], True, id="under another file name"),
        pytest.param([CORRECTED], False, id="handed in anew by other means than a folder"),
    ],
)
def test_what_is_no_correction_stays_a_second_use(tx: Tx, then: list[Submission], whole_files: bool) -> None:
    save_submissions(tx, "C-1", [MORNING_USE], whole_files=True)
    save_submissions(tx, "C-1", then, whole_files=whole_files)
    (other,) = other_uses(tx, "C-1", then[-1])
    assert (other.session_id, other.how) == (MORNING_USE.session_id, "bytes")
