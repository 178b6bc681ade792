"""What goes wrong with what people hand in, from the import to the night: a clear word, the file's name, nothing lost."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from PIL import Image

from tests.builders.class_folder import CLASS_TOML, write_class_folder
from tests.builders.night import findings_of, load, night, records_of, run_verifier, session_of
from tests.builders.photos import a_huge_png, a_photo_file, cut

LONG_NAME = "长" * 83 + "ab.jpg"  # 255 bytes, the most that a file system takes
BARE = {"photos.csv": None, "photos/a.jpg": None, "photos/b.jpg": None}


def faults_of(folder: Path, workspace: Path) -> list[dict[str, Any]]:
    """What the import says; nothing may be loaded."""
    answer = load(folder, workspace).to_json()
    assert not answer["loaded"]
    return [fault for fault in answer["faults"] if fault["severity"] == "error"]


def an_absurd_exif() -> bytes:
    """Times, places and numbers that no camera writes."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "M" * 3000, "\x00\x01"
    shot = exif.get_ifd(0x8769)
    shot[0x9003], shot[0x9011], shot[0x9004] = "9999:99:99 99:99:99", "+99:99", "0000:00:00 00:00:00"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (999.0, 99.0, 99.0), "E", (999.0, 0.0, 0.0)
    return exif.tobytes()


@pytest.fixture(scope="module")
def bad_photos() -> dict[str, bytes]:
    """File name → content; all in one class folder."""
    one = io.BytesIO()
    Image.new("RGB", (1, 1), (1, 2, 3)).save(one, "PNG")
    sound = a_photo_file()
    return {
        "one pixel.png": one.getvalue(),
        "empty.jpg": b"",
        "form.jpg": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n",
        "video.jpg": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(4096),
        "huge.png": a_huge_png(),
        "truncated.jpg": cut(sound, 0.5),
        "absurd exif.jpg": a_photo_file(exif=an_absurd_exif()),
        '中文 名 字/它\'s "quoted" & <b>.jpg': sound,
        LONG_NAME: a_photo_file(quality=60),
    }


@pytest.fixture(scope="module")
def bad_night(bad_photos: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A night over a class with all of them, as a user runs it: workspace and answer."""
    base = tmp_path_factory.mktemp("bad")
    files = {f"photos/{name}": content for name, content in bad_photos.items()}
    write_class_folder(base / "class", files={**BARE, **files})
    imported = run_verifier("import", base / "class", "--workspace", base / "ws")
    assert imported.status == 0, imported.stdout
    ran = run_verifier("nightly", "--workspace", base / "ws", "--since", "2023-06-12", "--date", "2023-06-12", "--json")
    assert ran.status == 0, ran.stderr
    return base / "ws", ran.json()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("one pixel.png", "1", id="a photo of one pixel"),
        pytest.param("empty.jpg", "0", id="a photo of no bytes"),
        pytest.param("form.jpg", "", id="a PDF with the name of a photo"),
        pytest.param("video.jpg", "", id="a video with the name of a photo"),
        pytest.param("huge.png", "30000", id="a photo of 900 million pixels"),
        pytest.param("truncated.jpg", "", id="a photo that was cut off"),
    ],
)
def test_a_file_that_cannot_be_a_photo_fails_by_name_and_costs_nothing_else(
    bad_night: tuple[Path, dict[str, Any]], name: str, said: str
) -> None:
    findings = findings_of(bad_night[1], name)
    assert findings["photo.decodes"]["outcome"] == "failed"
    assert name in findings["photo.decodes"]["reason"]
    assert said in findings["photo.decodes"]["reason"]
    others = {finding["outcome"] for check, finding in findings.items() if check != "photo.decodes"}
    assert others <= {"not_applicable", "unsure", "passed", "failed"}
    assert "not_run" not in others
    assert findings["photo.stamp_time"]["outcome"] == "not_applicable"


def test_absurd_exif_fails_nothing(bad_night: tuple[Path, dict[str, Any]]) -> None:
    findings = findings_of(bad_night[1], "absurd exif.jpg")
    assert findings["photo.decodes"]["outcome"] == "passed"
    for check in ("photo.camera_time", "photo.camera_place", "photo.clock_agreement", "photo.place_agreement"):
        assert findings[check]["outcome"] in ("unsure", "not_applicable"), findings[check]


def test_any_file_name_is_kept_and_shown(bad_night: tuple[Path, dict[str, Any]], bad_photos: dict[str, bytes]) -> None:
    files = {photo["file"] for photo in bad_night[1]["photos"]}
    assert files == {f"photos/{name}" for name in bad_photos}, "nothing was lost"
    report = next((bad_night[0] / "reports").rglob("*.html")).read_text(encoding="utf-8")
    assert "<b>.jpg" not in report, "a file name is text in the report, not markup"


def test_nothing_is_lost_every_byte_is_kept(
    bad_night: tuple[Path, dict[str, Any]], bad_photos: dict[str, bytes]
) -> None:
    kept = {path.read_bytes() for path in (bad_night[0] / "evidence").rglob("*") if len(path.name) == 64}
    assert set(bad_photos.values()) <= kept


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    ran = run_verifier("import", tmp_path / "class", "--workspace", tmp_path / "ws")
    assert ran.status == 1
    assert "class" in ran.stdout
    assert "verifier template" in ran.stdout


def test_a_class_without_a_roster_is_told(tmp_path: Path) -> None:
    faults = faults_of(write_class_folder(tmp_path / "class", files={"roster.csv": None}), tmp_path / "ws")
    assert "roster.csv" in {fault["file"] for fault in faults}
    assert all(fault["remedy"] for fault in faults)


def test_two_people_with_one_number_are_told_with_both_lines(tmp_path: Path) -> None:
    roster = "学号,姓名,身份证号,联系电话\nS01,张三,,\nS02,李四,,\nS01,王五,,\n"
    faults = faults_of(write_class_folder(tmp_path / "class", files={"roster.csv": roster}), tmp_path / "ws")
    twice = [fault for fault in faults if fault["file"] == "roster.csv"]
    assert [fault["line"] for fault in twice] == [4]
    assert "S01" in twice[0]["problem"]
    assert "2" in twice[0]["problem"]


def test_a_roster_without_portraits_is_loaded_and_everybody_is_unsure(tmp_path: Path) -> None:
    folder = write_class_folder(tmp_path / "class")
    shutil.rmtree(folder / "faces")
    answer = load(folder, tmp_path / "ws").to_json()
    assert answer["loaded"]
    named = " ".join(fault["problem"] for fault in answer["faults"] if fault["severity"] == "warning")
    assert all(number in named for number in ("S01", "S02", "S03"))
    session = session_of(night(tmp_path / "ws", "2023-06-12").answer, "2023-06-12-am")
    assert {student["presence"] for student in session["students"]} == {"unsure"}


def test_formulas_in_a_roster_are_text_never_run_and_never_written_back_as_formulas(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    book = Workbook()
    for row in (
        ["学号", "姓名", "身份证号", "联系电话"],
        ["S01", "=1+1", "", ""],
        ["S02", "=cmd|' /C calc'!A0", "", ""],
    ):
        book.active.append(row)
    book.active.append(["S03", "@SUM(A1)", "", ""])
    content = io.BytesIO()
    book.save(content)
    files = {"roster.csv": None, "roster.xlsx": content.getvalue()}
    answer = load(write_class_folder(tmp_path / "class", files=files), tmp_path / "ws").to_json()
    told = [fault for fault in answer["faults"] if fault["file"] == "roster.xlsx"]
    assert told, "a formula is no name: it must be said"
    if not answer["loaded"]:
        return
    night(tmp_path / "ws", "2023-06-12")
    for path in (tmp_path / "ws" / "reports").rglob("*.xlsx"):
        cells = [cell for sheet in load_workbook(path) for row in sheet.iter_rows() for cell in row]
        assert [cell.value for cell in cells if cell.data_type == "f" and "cmd" in str(cell.value)] == []


def test_an_evening_that_ends_after_midnight_belongs_to_the_day_it_began(tmp_path: Path) -> None:
    replace = {
        'id = "2023-06-12-pm"': 'id = "2023-06-12-ev"', 'period = "afternoon"': 'period = "evening"',
        "starts = 14:00:00": "starts = 21:30:00", "ends = 17:20:00": "ends = 00:50:00",
    }  # fmt: skip
    assert all(words in CLASS_TOML for words in replace)
    files = {**BARE, "leave.csv": None}
    answer = load(write_class_folder(tmp_path / "class", replace=replace, files=files), tmp_path / "ws").to_json()
    assert answer["loaded"]
    assert any("跨过了午夜" in fault["problem"] and fault["line"] for fault in answer["faults"])
    session = session_of(night(tmp_path / "ws", "2023-06-12").answer, "2023-06-12-ev")
    assert (session["date"], session["ends_at"]) == ("2023-06-12", "2023-06-13T00:50:00+08:00")


def test_a_morning_that_ends_before_it_begins_is_told_with_its_line(tmp_path: Path) -> None:
    folder = write_class_folder(tmp_path / "class", replace={"ends = 11:50:00": "ends = 07:50:00"})
    faults = [fault for fault in faults_of(folder, tmp_path / "ws") if fault["file"] == "class.toml"]
    assert faults
    line = (folder / "class.toml").read_text(encoding="utf-8").splitlines()[faults[0]["line"] - 1]
    assert "07:50:00" in line


def test_a_session_without_photos_is_a_missing_report_and_nobody_is_absent(tmp_path: Path) -> None:
    ran = load(write_class_folder(tmp_path / "class", files=BARE), tmp_path / "ws")
    assert ran.loaded
    answer = night(tmp_path / "ws", "2023-06-12").answer
    for session in answer["sessions"]:
        report = next(finding for finding in session["findings"] if finding["check"] == "session.reports")
        assert report["outcome"] == "failed"
        assert "2023-06-12" in report["reason"]
        assert "absent" not in {student["presence"] for student in session["students"]}


def test_a_folder_with_errors_leaves_the_records_as_they_were(tmp_path: Path) -> None:
    folder = write_class_folder(tmp_path / "class")
    assert load(folder, tmp_path / "ws").loaded
    before = records_of(tmp_path / "ws")
    broken = write_class_folder(tmp_path / "class", files={"roster.csv": "学号,姓名\nS01,\nS01,\n"})
    assert not load(broken, tmp_path / "ws").loaded
    assert records_of(tmp_path / "ws") == before
