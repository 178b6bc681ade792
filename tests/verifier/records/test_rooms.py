"""What was compared of rooms is kept once, for one set of versions; a class knows its venues from those taught there before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders.plan import DAY, a_class_file, a_digest, a_session, a_submission, a_training_class, a_venue
from tests.verifier.records.test_closing import PHOTO, a_close
from verifier.records.database import Database
from verifier.records.filing import save_class_file
from verifier.records.findings import save_session_close
from verifier.records.rooms import read_rooms, read_venue_photos, save_rooms
from verifier.records.submissions import save_submissions


def test_compared_rooms_come_back_for_their_class_and_versions(database: Database) -> None:
    one, other = sorted([a_digest("one"), a_digest("other")])
    with database.transaction() as tx:
        for number, digests in (("C-1", [one, other]), ("C-2", [one])):
            save_class_file(tx, a_class_file(a_training_class(number)))
            save_submissions(tx, number, [a_submission(f"photos/{each[:4]}.jpg", sha256=each) for each in digests])
        save_rooms(tx, {(one, other): 17, (one, one): 240}, "v1")
        save_rooms(tx, {(one, other): 99}, "v1")
        assert read_rooms(tx, "C-1", "v1") == {(one, other): 17, (one, one): 240}
        # The pair with another class's photo too: classes of one venue are compared with each other.
        assert read_rooms(tx, "C-2", "v1") == {(one, other): 17, (one, one): 240}
        assert read_rooms(tx, "C-1", "v2") == {}


@pytest.mark.parametrize(
    ("days_later", "venue", "found"),
    [
        pytest.param(1, "本部二楼 203 教室", ["photos/a.jpg"], id="a class taught there from the next day on"),
        pytest.param(
            0, "本部二楼 203 教室", [], id="a class that began the same morning waits for no other's judgement"
        ),
        pytest.param(1, "三楼 301 教室", [], id="another room"),
    ],
)
def test_a_class_knows_its_venue_from_classes_before_it(
    database: Database, days_later: int, venue: str, found: list[str]
) -> None:
    place = a_venue(venue)
    later = a_training_class(
        "C-9", venue=place, sessions=(a_session(day=DAY + timedelta(days=days_later), venue=place),)
    )
    with database.transaction() as tx:
        before = a_training_class()
        save_class_file(tx, a_class_file(before, submissions=(PHOTO,)))
        save_session_close(tx, a_close())
        save_class_file(tx, a_class_file(later))
    with database.reading() as tx:
        photos = read_venue_photos(tx, later)
        assert read_venue_photos(tx, before) == []
    assert [photo.submission.file for _, photo in photos] == found
    assert all(where == place for where, _ in photos)
    assert all(photo.findings for _, photo in photos)
