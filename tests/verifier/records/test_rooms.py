"""What was compared of rooms is kept once, for the class's own photos and one set of versions."""

from __future__ import annotations

from tests.builders.plan import a_class_file, a_digest, a_submission, a_training_class
from verifier.records.database import Database
from verifier.records.filing import save_class_file
from verifier.records.rooms import read_rooms, save_rooms
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
        assert read_rooms(tx, "C-2", "v1") == {(one, one): 240}
        assert read_rooms(tx, "C-1", "v2") == {}
