"""The night's search: every photo against all before it, repeatable after a kill, and told in the photos' findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.builders.copies import CHANGES, Pixels, an_other_moment
from tests.builders.plan import a_class_file, a_submission, a_time, a_training_class
from tests.verifier.photo.test_reuse_match import a_picture_look, six_faces
from tests.verifier.records.conftest import KEY
from tests.verifier.vision.pictures import read_astronaut, read_six_people
from verifier.finding import Outcome
from verifier.nightly import open_tools, read_class_to_judge
from verifier.photo.context import PhotoContext
from verifier.photo.look_json import look_to_json, stack_embeddings
from verifier.photo.reuse import check
from verifier.plan import Submission
from verifier.records.database import Database, open_database
from verifier.records.dump import dump_records
from verifier.records.filing import save_class_file
from verifier.records.looks import save_look
from verifier.records.submissions import save_submissions
from verifier.same_pictures import find_same_pictures, find_uses_among
from verifier.settings import Settings


def pictures() -> dict[str, Pixels]:
    """A photo, a changed copy of it, its room at another moment, and something else; in the order they are received."""
    photo = read_six_people()
    return {
        "original": photo,
        "copy": CHANGES["mirrored"](photo, np.random.default_rng(1)),
        "later": an_other_moment(photo, [face.box for face in six_faces()], 0.3),
        "other": read_astronaut(),
    }


def records(folder: Path, versions_key: str) -> tuple[Database, dict[str, Submission]]:
    """Two classes, each with two of the pictures, looked at but not compared."""
    database = open_database(f"sqlite:///{folder}/records.db", KEY)
    handed_in = {}
    with database.transaction() as tx:
        for number in ("C-1", "C-2"):
            save_class_file(tx, a_class_file(a_training_class(number)))
        for place, (name, picture) in enumerate(pictures().items()):
            look = a_picture_look(picture, faces=six_faces() if name == "original" else ())
            submission = a_submission(f"photos/{name}.jpg", sha256=look.sha256, received_at=a_time(f"{10 + place}:00"))
            save_submissions(tx, "C-1" if place % 2 == 0 else "C-2", [submission])
            contract = "pack@1" if stack_embeddings(look).size else ""
            save_look(tx, look.sha256, versions_key, look_to_json(look), stack_embeddings(look), contract)
            handed_in[name] = submission
    return database, handed_in


def dump(database: Database) -> dict[str, list[dict[str, Any]]]:
    with database.reading() as tx:
        return dump_records(tx)


def test_only_the_copy_matches_and_its_finding_names_the_original(tmp_path: Path) -> None:
    tools = open_tools(Settings(workspace=tmp_path))
    database, handed_in = records(tmp_path, tools.looks_key)
    assert find_same_pictures(database, tools.looks_key) == 4
    assert find_same_pictures(database, tools.looks_key) == 0
    proven = [row for row in dump(database)["picture_match"] if row["how"] == "picture"]
    assert [{row["first_sha256"], row["second_sha256"]} for row in proven] == [
        {handed_in["original"].sha256, handed_in["copy"].sha256}
    ]
    with database.reading() as tx:
        given = {number: read_class_to_judge(tx, number, tools) for number in ("C-1", "C-2")}
    database.close()
    found = {}
    for name, submission in handed_in.items():
        number = "C-1" if name in ("original", "later") else "C-2"
        uses = (given[number].other_uses or {}).get(submission, ())
        context = PhotoContext(submission, given[number].class_file.training, other_uses=uses)
        found[name] = check(given[number].looks[submission.sha256], context)
    assert {name: finding.outcome for name, finding in found.items() if name != "later"} == {
        "original": Outcome.PASSED,
        "copy": Outcome.FAILED,
        "other": Outcome.PASSED,
    }
    assert found["later"].outcome is not Outcome.FAILED
    for part in ("photos/original.jpg", "C-1", "镜像"):
        assert part in str(found["copy"].reason)
    assert "mirrored" in found["copy"].reason.text("en")
    assert "photos/copy.jpg" in str(found["original"].reason)


def test_photos_that_are_checked_together_are_compared_with_each_other_without_records() -> None:
    """Whichever came later is told off; of a photo that none of the others shows nothing is said."""
    looks, handed_in = {}, {}
    for place, (name, picture) in enumerate(pictures().items()):
        look = a_picture_look(picture, faces=six_faces() if name == "original" else ())
        looks[look.sha256] = look
        handed_in[name] = a_submission(f"photos/{name}.jpg", sha256=look.sha256, received_at=a_time(f"{13 - place}:00"))
    handed_in["again"] = a_submission("photos/again.jpg", sha256=handed_in["other"].sha256, received_at=None)
    uses = find_uses_among("C-1", list(handed_in.values()), looks)
    (original,) = [use for use in uses[handed_in["copy"]] or () if use.how == "picture"]
    assert (original.file, original.received_first, original.changes) == ("photos/original.jpg", False, ("mirrored",))
    assert [use.received_first for use in uses[handed_in["original"]] or () if use.how == "picture"] == [True]
    assert [(use.how, use.received_first) for use in uses[handed_in["again"]] or ()] == [("bytes", True)]
    assert not [use for use in uses[handed_in["other"]] or () if use.how != "bytes"]
    assert find_uses_among("C-1", [handed_in["original"]], looks) == {handed_in["original"]: None}


@pytest.mark.parametrize("searched", [1, 2, 3])
def test_a_search_that_was_broken_off_ends_in_the_same_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, searched: int
) -> None:
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    whole, _ = records(tmp_path / "whole", "v1")
    find_same_pictures(whole, "v1")
    broken, _ = records(tmp_path / "broken", "v1")
    import verifier.same_pictures as module

    left, save = searched, module.save_search

    def save_until_killed(*values: Any) -> bool:
        nonlocal left
        written = save(*values)
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return written

    with monkeypatch.context() as patched:
        patched.setattr(module, "save_search", save_until_killed)
        with pytest.raises(KeyboardInterrupt):
            find_same_pictures(broken, "v1")
    assert len(dump(broken)["picture_search"]) == searched
    assert find_same_pictures(broken, "v1") == 4 - searched
    assert dump(broken) == dump(whole)
    whole.close()
    broken.close()
