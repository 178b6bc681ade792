"""A look is kept once for each set of versions, with its embeddings sealed beside it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy.orm import Session as Tx

from tests.builders.plan import a_class_file, a_digest, a_submission, a_time, a_training_class
from verifier.records.database import Database
from verifier.records.filing import save_class_file
from verifier.records.looks import ATTEMPTS, forget_attempt, missing_looks, read_looks, save_attempt, save_look

EARLY = a_submission("photos/early.jpg", received_at=a_time("08:00"))
LATE = a_submission("photos/late.jpg", received_at=a_time("10:00"))
UNDATED = a_submission("photos/undated.jpg", received_at=None)
NO_FACES = np.zeros((0, 0), dtype=np.float32)


@pytest.fixture
def tx(database: Database) -> Iterator[Tx]:
    """A transaction on records with one class, three photos and three portraits."""
    with database.transaction() as opened:
        portraits = {"S01": (a_digest("s01"), a_digest("both"))}
        teachers = {"T01": (a_digest("both"), a_digest("t01"))}
        photos = (UNDATED, LATE, EARLY)
        save_class_file(opened, a_class_file(submissions=photos, enrolment_photos=portraits, teacher_photos=teachers))
        yield opened


def test_what_nobody_looked_at_is_missing_first_received_first(tx: Tx) -> None:
    assert missing_looks(tx, "v1") == [EARLY.sha256, LATE.sha256, UNDATED.sha256]
    save_look(tx, LATE.sha256, "v1", {}, NO_FACES, "")
    assert missing_looks(tx, "v1") == [EARLY.sha256, UNDATED.sha256]
    assert missing_looks(tx, "v2") == [EARLY.sha256, LATE.sha256, UNDATED.sha256]


def test_portraits_are_asked_for_by_themselves_and_once_each(tx: Tx) -> None:
    assert missing_looks(tx, "v1", "portraits") == sorted(a_digest(name) for name in ("s01", "both", "t01"))
    save_look(tx, a_digest("both"), "v1", {}, NO_FACES, "")
    assert missing_looks(tx, "v1", "portraits") == sorted(a_digest(name) for name in ("s01", "t01"))


def test_a_portrait_that_is_no_longer_filed_is_not_looked_at(tx: Tx) -> None:
    save_class_file(tx, a_class_file(a_training_class(students=2), teacher_photos={"T01": (a_digest("t01"),)}))
    assert missing_looks(tx, "v1", "portraits") == [a_digest("t01")]


def test_a_look_comes_back_with_its_embeddings(tx: Tx) -> None:
    embeddings = np.random.default_rng(7).normal(size=(3, 128)).astype(np.float32)
    body = {"faces": [{"embedding": 0}], "fingerprint": {"pixels_sha256": a_digest("pixels")}, "text": "星期四"}
    assert save_look(tx, EARLY.sha256, "v1", body, embeddings, "opencv-zoo@1")
    assert save_look(tx, LATE.sha256, "v1", {"fingerprint": None}, NO_FACES, "")
    found = read_looks(tx, [EARLY.sha256, LATE.sha256, UNDATED.sha256], "v1")
    assert found.keys() == {EARLY.sha256, LATE.sha256}
    assert found[EARLY.sha256][0] == body
    np.testing.assert_array_equal(found[EARLY.sha256][1], embeddings)
    assert found[LATE.sha256][1].shape == (0, 0)
    assert read_looks(tx, [EARLY.sha256], "v2") == {}


def test_a_picture_that_was_cut_off_is_tried_again_a_few_times_and_after_a_raised_limit(tx: Tx) -> None:
    cut_off, waiting = {"not_read": {"picture": "took longer than 1 s"}}, [EARLY.sha256, UNDATED.sha256]
    save_look(tx, LATE.sha256, "v1", {}, NO_FACES, "")
    for _ in range(ATTEMPTS):
        assert missing_looks(tx, "v1", limits="1 s") == waiting
        save_look(tx, EARLY.sha256, "v1", cut_off, NO_FACES, "")
        save_attempt(tx, EARLY.sha256, "v1", "1 s", "took longer than 1 s")
    assert missing_looks(tx, "v1", limits="1 s") == [UNDATED.sha256]
    assert missing_looks(tx, "v1", limits="9 s") == waiting
    assert save_look(tx, EARLY.sha256, "v1", {"seen": "at last"}, NO_FACES, "")
    forget_attempt(tx, EARLY.sha256, "v1")
    assert missing_looks(tx, "v1", limits="99 s") == [UNDATED.sha256]
    assert read_looks(tx, [EARLY.sha256], "v1")[EARLY.sha256][0] == {"seen": "at last"}
    assert not save_look(tx, EARLY.sha256, "v1", {"seen": "once more"}, NO_FACES, "")


def test_the_first_look_stands(tx: Tx) -> None:
    assert save_look(tx, EARLY.sha256, "v1", {"seen": "first"}, NO_FACES, "")
    assert not save_look(tx, EARLY.sha256, "v1", {"seen": "second"}, NO_FACES, "")
    assert read_looks(tx, [EARLY.sha256], "v1")[EARLY.sha256][0] == {"seen": "first"}


@pytest.mark.parametrize(
    "embeddings", [np.zeros((2, 3)), np.zeros(3, dtype=np.float32)], ids=["float64", "one dimension"]
)
def test_embeddings_of_another_kind_are_refused(tx: Tx, embeddings: np.ndarray) -> None:
    with pytest.raises(ValueError, match="float32"):
        save_look(tx, EARLY.sha256, "v1", {}, embeddings, "contract")
