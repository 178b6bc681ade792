"""Taking a class in: twice is once, whatever is interrupted; and the same on S3 with PostgreSQL as on one machine."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import pytest

from tests.builders.night import copy_workspace, differences, load, night, records_of
from tests.services.postgres import fresh_database
from tests.services.s3 import S3Server
from tests.verifier.conftest import DemoNight
from verifier.evidence import LocalStore
from verifier.intake import FileChanged, store_files
from verifier.records.migrate import upgrade


def test_importing_twice_changes_nothing(demo_imported: Path, tmp_path: Path) -> None:
    workspace = copy_workspace(demo_imported, tmp_path / "ws")
    before = records_of(workspace)
    counts = load(workspace / "class", workspace).to_json()["counts"]
    assert {(each["added"], each["changed"], each["dropped"]) for each in counts.values()} == {(0, 0, 0)}
    assert counts["submission"]["unchanged"] == 10
    assert differences(records_of(workspace), before) == []


def test_a_photo_taken_out_of_the_folder_is_kept_as_it_was_handed_in(demo_imported: Path, tmp_path: Path) -> None:
    """Evidence is never lost: an agency cannot take a photo back by handing in the folder without it."""
    workspace = copy_workspace(demo_imported, tmp_path / "ws")
    shutil.rmtree(workspace / "class" / "photos")
    (workspace / "class" / "photos.csv").unlink()
    before = records_of(workspace)
    assert load(workspace / "class", workspace).loaded
    after = records_of(workspace)
    assert after["submission"] == before["submission"]
    assert after["evidence"] == before["evidence"]


def test_another_agency_cannot_take_a_class_over(demo_imported: Path, tmp_path: Path) -> None:
    workspace = copy_workspace(demo_imported, tmp_path / "ws")
    filing = workspace / "class" / "class.toml"
    text = filing.read_text(encoding="utf-8")
    filing.write_text(text.replace('code = "', 'code = "X', 1), encoding="utf-8")
    (workspace / "class" / "photos" / "new.jpg").write_bytes(b"of whoever tried")
    before = records_of(workspace)
    stored = len(list((workspace / "evidence").rglob("*")))
    answer = load(workspace / "class", workspace)
    assert not answer.loaded
    fault = answer.to_json()["faults"][0]
    assert (fault["file"], fault["severity"]) == ("class.toml", "error")
    assert text.splitlines()[fault["line"] - 1].startswith("code = ")
    assert answer.folder.class_file is not None
    assert answer.folder.class_file.training.number in fault["problem"]
    assert differences(records_of(workspace), before) == []
    assert len(list((workspace / "evidence").rglob("*"))) == stored


def test_a_photo_whose_session_is_corrected_is_not_its_own_re_use(workspace: Path) -> None:
    """The agency wrote the wrong half-day into photos.csv, the night ran, and it hands in the folder put right."""
    table = workspace / "class" / "photos.csv"
    lines = table.read_text(encoding="utf-8-sig").splitlines()
    place = next(index for index, line in enumerate(lines) if "2023-06-13-am" in line)
    file = lines[place].split(",")[0]
    right, wrong = lines[place], lines[place].replace("2023-06-13-am", "2023-06-12-pm")

    def hand_in(line: str) -> dict[str, str]:
        table.write_text("\n".join([*lines[:place], line, *lines[place + 1 :]]) + "\n", encoding="utf-8")
        assert load(workspace / "class", workspace).loaded
        (photo,) = [photo for photo in night(workspace, since="2023-06-12").answer["photos"] if photo["file"] == file]
        return {
            "session": photo["session"],
            **{finding["check"]: finding["outcome"] for finding in photo["findings"]},
        }

    for line, session in ((wrong, "2023-06-12-pm"), (right, "2023-06-13-am")):
        found = hand_in(line)
        assert (found["session"], found["photo.reuse"]) == (session, "passed")
    assert found["photo.stamp_time"] == "passed"


def test_a_file_that_changes_while_it_is_imported_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"other bytes than were read before")
    with pytest.raises(FileChanged, match=r"a\.jpg changed"):
        store_files({"0" * 64: tmp_path / "a.jpg"}, LocalStore(tmp_path / "evidence"))


@pytest.mark.slow
@pytest.mark.sqlite_file  # the night it is compared with
def test_a_night_on_s3_and_postgresql_leaves_the_same_records(
    demo_night: DemoNight, tmp_path: Path, postgres_url: str, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = f"night-{uuid.uuid4().hex[:8]}"
    s3_server.client().make_bucket(bucket)
    key = (demo_night.workspace / "data.key").read_text(encoding="ascii").strip()
    # Workers read what is secret from their environment.
    monkeypatch.setenv("VERIFIER_EVIDENCE_ACCESS_KEY", s3_server.access_key)
    monkeypatch.setenv("VERIFIER_EVIDENCE_SECRET_KEY", s3_server.secret_key)
    with fresh_database(postgres_url) as database_url:
        upgrade(database_url)
        city = {"evidence_url": s3_server.url(bucket), "database_url": database_url, "data_key": key}
        assert load(demo_night.workspace / "class", tmp_path, **city).loaded
        answer = night(tmp_path, since="2023-06-12", **city).answer
        assert answer["night"]["looked"] == 14
        assert differences(records_of(tmp_path, **city), records_of(demo_night.workspace)) == []
    assert not (tmp_path / "evidence").exists()
