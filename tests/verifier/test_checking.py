"""`verifier check`: pictures without a database, with and without a class."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.builders.contract import CHECK, breaches
from tests.builders.night import findings_of, run_verifier, settings_for
from tests.verifier.conftest import DemoNight
from verifier.checking import CannotCheckError, check_photos

# What is about the class: without one, nothing can be asked.
NEEDS_A_CLASS = ("photo.stamp_time", "photo.camera_time", "photo.stamp_place", "photo.teacher", "photo.roster")


@pytest.fixture(scope="module")
def class_folder(demo_night: DemoNight) -> Path:
    """The demo's class folder."""
    return demo_night.workspace / "class"


def test_without_a_class_what_needs_one_is_not_applicable(class_folder: Path, tmp_path: Path) -> None:
    photo = class_folder / "photos/2023-06-13/上午-前.jpg"
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(photo.read_bytes() + b"\0")
    answer = check_photos([photo, copy], settings_for(tmp_path))
    assert breaches(json.loads(json.dumps(answer)), CHECK) == []
    findings = findings_of(answer, "上午-前.jpg")
    assert {check: findings[check]["outcome"] for check in NEEDS_A_CLASS} == dict.fromkeys(
        NEEDS_A_CLASS, "not_applicable"
    )
    assert findings["photo.decodes"]["outcome"] == "passed"
    assert findings["photo.stamp_weekday"]["outcome"] == "passed"
    assert answer["photos"][0]["stamp"]["taken_at"].startswith("2023-06-13T08:45")
    assert list(tmp_path.iterdir()) == [copy], "a check leaves no database behind"
    again = findings_of(answer, "copy.jpg")["photo.reuse"]
    assert again["outcome"] == findings["photo.reuse"]["outcome"] == "unsure", "which came first is not known"
    assert "上午-前.jpg" in again["reason"]


def test_with_a_class_every_photo_is_judged_for_the_session_it_was_declared_for(
    class_folder: Path, tmp_path: Path
) -> None:
    photos = [class_folder / "photos/2023-06-13" / name for name in ("上午-前.jpg", "下午-后.jpg")]
    answer = check_photos(photos, settings_for(tmp_path), class_folder=class_folder, annotate_into=tmp_path / "out")
    assert breaches(json.loads(json.dumps(answer)), CHECK) == []
    assert [photo["session"] for photo in answer["photos"]] == ["2023-06-13-am", "2023-06-13-pm"]
    assert findings_of(answer, "上午-前.jpg")["photo.stamp_time"]["outcome"] == "passed"
    late = findings_of(answer, "下午-后.jpg")["photo.stamp_time"]
    assert late["outcome"] == "failed"
    assert "2023-06-12" in late["reason"]
    assert "2023-06-13" in late["reason"]
    states = {face["student_no"]: face["state"] for face in answer["photos"][0]["faces"] if face["student_no"]}
    assert states == dict.fromkeys(("S01", "S02", "S03", "S04"), "matched")
    copies = [Path(photo["annotated"]) for photo in answer["photos"]]
    assert all(copy.read_bytes()[:2] == b"\xff\xd8" for copy in copies)
    assert len(set(copies)) == 2


def test_a_given_session_is_the_one_it_is_judged_for(class_folder: Path, tmp_path: Path) -> None:
    photo = class_folder / "photos/2023-06-13/上午-前.jpg"
    answer = check_photos([photo], settings_for(tmp_path), class_folder=class_folder, session_id="2023-06-14-am")
    assert answer["photos"][0]["session"] == "2023-06-14-am"
    assert findings_of(answer, "上午-前.jpg")["photo.stamp_time"]["outcome"] == "failed"


def test_an_unknown_session_and_a_broken_class_are_told(class_folder: Path, tmp_path: Path) -> None:
    photo = class_folder / "photos/2023-06-13/上午-前.jpg"
    with pytest.raises(CannotCheckError, match="2023-06-12-am, 2023-06-12-pm"):
        check_photos([photo], settings_for(tmp_path), class_folder=class_folder, session_id="2099-01-01-am")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CannotCheckError, match="1 error"):
        check_photos([photo], settings_for(tmp_path), class_folder=tmp_path / "empty")


def test_odd_files_and_names_each_get_their_own_answer(class_folder: Path, tmp_path: Path) -> None:
    """Names of any kind, the same file twice, and files that are no photo: each is answered, in the order asked."""
    source = class_folder / "faces/S01.jpg"
    names = ["中文 空格 '引号\" [red].jpg", "长" * 83 + "ab.jpg", "-dash.jpg", "two\nlines.jpg"]
    photos = []
    for name in names:
        photos.append(tmp_path / name)
        shutil.copy(source, photos[-1])
    hostile = {"empty.jpg": b"", "pdf.jpg": b"%PDF-1.7\n%%EOF", "video.jpg": b"\0\0\0\x18ftypmp42" + bytes(64)}
    for name, content in hostile.items():
        (tmp_path / name).write_bytes(content)
        photos.append(tmp_path / name)
    ran = run_verifier("check", *photos, photos[0], "--annotate", tmp_path / "out", "--json")
    assert ran.status == 0, ran.stderr
    answer = ran.json()
    assert [photo["file"] for photo in answer["photos"]] == [str(photo) for photo in (*photos, photos[0])]
    decodes = [photo["findings"][0]["outcome"] for photo in answer["photos"]]
    assert decodes == ["passed"] * 4 + ["failed"] * 3 + ["passed"]
    for photo in answer["photos"][4:7]:
        assert Path(photo["file"]).name in photo["findings"][0]["reason"]
        assert photo["annotated"] is None
    assert all(Path(photo["annotated"]).is_file() for photo in answer["photos"][:4])


def test_a_name_that_is_no_text_and_a_terminal_that_is_not_utf_8_lose_no_answer(
    class_folder: Path, tmp_path: Path
) -> None:
    import os

    named = os.fsencode(tmp_path) + b"/bad\xff\xfe.jpg"
    shutil.copy(class_folder / "faces/S01.jpg", named)
    ran = run_verifier("check", os.fsdecode(named), "--json", PYTHONIOENCODING="gbk")
    assert ran.status == 0, ran.stderr
    assert json.loads(ran.stdout)["photos"][0]["file"] == os.fsdecode(named)
    shown = run_verifier("check", os.fsdecode(named), PYTHONIOENCODING="ascii")
    assert shown.status == 0, shown.stderr
    assert "bad\\udcff" in shown.stdout
