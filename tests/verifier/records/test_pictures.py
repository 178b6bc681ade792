"""What was found of pictures that belong together: kept once, and told for each use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session as Tx

from tests.builders.plan import a_class_file, a_digest, a_submission, a_time, a_training_class
from verifier.records.database import Database
from verifier.records.filing import save_class_file
from verifier.records.looks import save_look
from verifier.records.pictures import (
    FoundMatch,
    save_search,
    searched_pictures,
    similar_uses_of_class,
    unsearched_pictures,
)
from verifier.records.submissions import save_submissions

EARLY = a_submission("photos/a.jpg", sha256=a_digest("early"), received_at=a_time("09:30"))
LATE = a_submission("photos/b.jpg", sha256=a_digest("late"), received_at=a_time("15:00"))
ALONE = a_submission("photos/c.jpg", sha256=a_digest("alone"), received_at=a_time("12:00"))
DETAILS: dict[str, Any] = {"changes": ["cropped", "mirrored"], "details_agree": 0.98, "seconds_apart": None}
MATCH = FoundMatch(LATE.sha256, EARLY.sha256, "picture", DETAILS)


@pytest.fixture
def tx(database: Database) -> Iterator[Tx]:
    """Two classes: the one's early photo and the other's late one show one picture; all were looked at."""
    with database.transaction() as opened:
        for number in ("C-1", "C-2"):
            save_class_file(opened, a_class_file(a_training_class(number)))
        save_submissions(opened, "C-1", [EARLY, ALONE])
        save_submissions(opened, "C-2", [LATE])
        for each in (EARLY, LATE, ALONE):
            look = {"fingerprint": {"pixels_sha256": each.sha256}}
            save_look(opened, each.sha256, "v1", look, np.zeros((0, 0), np.float32), "")
        yield opened


def test_each_photo_waits_once_for_its_search_first_received_first(tx: Tx) -> None:
    assert unsearched_pictures(tx, "v1") == [EARLY.sha256, ALONE.sha256, LATE.sha256]
    assert unsearched_pictures(tx, "v2") == []
    assert save_search(tx, EARLY.sha256, "v1", b"\x01\x00\x00\x00", ())
    assert not save_search(tx, EARLY.sha256, "v1", b"\x01\x00\x00\x00", ())
    assert unsearched_pictures(tx, "v1") == [ALONE.sha256, LATE.sha256]
    assert searched_pictures(tx, "v1") == [(EARLY.sha256, b"\x01\x00\x00\x00")]


def test_a_photo_that_could_not_be_opened_waits_for_nothing(tx: Tx) -> None:
    save_look(tx, EARLY.sha256, "v3", {"fingerprint": None}, np.zeros((0, 0), np.float32), "")
    assert unsearched_pictures(tx, "v3") == []


def test_a_match_is_told_at_both_photos_and_names_the_earlier(tx: Tx) -> None:
    for _ in range(2):  # a search that was repeated changes nothing
        save_search(tx, LATE.sha256, "v1", b"", [MATCH])
    here = similar_uses_of_class(tx, "C-1", [EARLY, ALONE], "v1")
    assert list(here) == [EARLY]
    (later,) = here[EARLY]
    assert (later.file, later.class_number, later.received_first) == ("photos/b.jpg", "C-2", False)
    (earlier,) = similar_uses_of_class(tx, "C-2", [LATE], "v1")[LATE]
    assert (earlier.how, earlier.sha256, earlier.received_first) == ("picture", EARLY.sha256, True)
    assert (earlier.changes, earlier.similarity, earlier.seconds_apart) == (("cropped", "mirrored"), 0.98, None)


def test_matches_of_other_versions_are_not_told(tx: Tx) -> None:
    save_search(tx, LATE.sha256, "v1", b"", [MATCH])
    assert similar_uses_of_class(tx, "C-2", [LATE], "v2") == {}


def test_a_photo_used_twice_is_told_twice(tx: Tx) -> None:
    again = a_submission("photos/z.jpg", sha256=EARLY.sha256, received_at=a_time("16:00"))
    save_submissions(tx, "C-2", [again])
    save_search(tx, LATE.sha256, "v1", b"", [MATCH])
    uses = similar_uses_of_class(tx, "C-2", [LATE], "v1")[LATE]
    assert [(use.file, use.received_first) for use in uses] == [("photos/a.jpg", True), ("photos/z.jpg", False)]
