"""The folder as a whole: pictures, declarations, sign-ins, leave, strange names, and what is missing."""

from __future__ import annotations

import hashlib
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from tests.builders.class_folder import ROSTER, a_picture, write_class_folder
from tests.builders.plan import a_session
from tests.verifier.filing.faults import all_shown, only_fault, read, shown
from verifier.filing import parse_time, read_class_folder, session_from_name
from verifier.plan import CoordinateFrame, Leave, View

CHINA = ZoneInfo("Asia/Shanghai")
LONG_NAME = "长" * 83 + "ab.jpg"  # 255 bytes, the longest a file name can be
STRANGE_NAMES = [
    "照片 一.jpg",
    'it\'s "quoted".jpg',
    LONG_NAME,
    "前门/二楼/ä b.JPG",
    "no_ending",
    "video.mp4",
    "-rf.jpg",
]


def test_a_sound_folder_is_read_without_a_fault(tmp_path: Path) -> None:
    """Pictures by their digests, and where the bytes of each digest lie."""
    result = read(tmp_path)
    assert all_shown(result) == []
    assert result.class_file is not None
    first, second = result.class_file.submissions
    assert (first.file, first.session_id, first.view) == ("photos/a.jpg", "2023-06-12-am", View.FRONT)
    assert first.received_at == datetime(2023, 6, 12, 9, 15, tzinfo=CHINA)
    assert (second.view, second.received_at) == (View.BACK, datetime(2023, 6, 12, 1, 16, tzinfo=UTC))
    assert first.size_bytes == len(a_picture(1))
    assert result.class_file.enrolment_photos["S02"] == (hashlib.sha256(a_picture(12)).hexdigest(),)
    assert result.class_file.teacher_photos["T01"] == (hashlib.sha256(a_picture(3)).hexdigest(),)
    assert result.class_file.leaves == (Leave("S03", "2023-06-12-pm", "生病", "李老师"),)
    assert len(result.files) == 6
    for digest, path in result.files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest


def test_reading_changes_nothing(tmp_path: Path) -> None:
    """Twice read is the same, and no file is touched."""
    folder = write_class_folder(tmp_path / "class")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert read_class_folder(folder) == read_class_folder(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize("name", STRANGE_NAMES)
def test_photos_keep_their_names_whatever_they_are(tmp_path: Path, name: str) -> None:
    """Chinese, blanks, quotes, 255 bytes, sub-folders, other endings: all are submissions, listed or not."""
    quoted = name.replace('"', '""')
    listed = f'文件,上传时间,课次,视角\n"{quoted}",,2023-06-12-pm,后面\n'
    result = read(tmp_path, files={f"photos/{name}": b"x", "photos.csv": listed})
    assert all_shown(result) == []
    assert result.class_file is not None
    submission = next(one for one in result.class_file.submissions if one.file == f"photos/{name}")
    assert (submission.session_id, submission.view, submission.received_at) == ("2023-06-12-pm", View.BACK, None)
    assert len(result.class_file.submissions) == 3


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF-1.7", a_picture()[:100], b"\0" * 1000],
    ids=["0 bytes", "a PDF named .jpg", "a truncated JPEG", "zeros"],
)
def test_a_photo_that_is_none_is_still_handed_in(tmp_path: Path, data: bytes) -> None:
    """Bad input never vanishes: the checks give it its finding."""
    result = read(tmp_path, files={"photos/c.jpg": data})
    assert all_shown(result) == []
    assert result.class_file is not None
    assert result.class_file.submissions[-1].sha256 == hashlib.sha256(data).hexdigest()
    assert result.class_file.submissions[-1].size_bytes == len(data)


def test_the_same_bytes_under_two_names_are_two_submissions(tmp_path: Path) -> None:
    """Re-use is for the checks to find."""
    result = read(tmp_path, files={"photos/c.jpg": a_picture(1)})
    assert result.class_file is not None
    assert [one.file for one in result.class_file.submissions] == ["photos/a.jpg", "photos/b.jpg", "photos/c.jpg"]


@pytest.mark.parametrize("name", [".hidden.jpg", "Thumbs.db", ".DS_Store", "desktop.ini", "sub/._a.jpg"])
def test_files_of_the_desktop_are_ignored_with_a_warning(tmp_path: Path, name: str) -> None:
    """Named, so that a photo that somebody hid is noticed."""
    result = read(tmp_path, files={f"photos/{name}": b"x"})
    assert only_fault(result).startswith(f"photos/{name} warning A hidden or system file")
    assert result.class_file is not None
    assert len(result.class_file.submissions) == 2


def test_a_file_name_that_is_no_text_is_shown_in_another_way(tmp_path: Path) -> None:
    """Archives from Windows leave GB18030 bytes as names; the photo counts all the same."""
    folder = write_class_folder(tmp_path / "class")
    with open(os.fsencode(folder) + b"/photos/" + "照片.jpg".encode("gb18030"), "wb") as photo:  # noqa: PTH123 - bytes
        photo.write(b"x")
    result = read_class_folder(folder)
    assert only_fault(result).startswith("photos/照片.jpg warning The file name is not in UTF-8")
    assert result.class_file is not None
    assert result.files[hashlib.sha256(b"x").hexdigest()].read_bytes() == b"x"


def test_links_that_leave_the_folder_are_refused(tmp_path: Path) -> None:
    """Whoever makes a class folder could otherwise read every file of the server; each link is named."""
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"secret")
    folder = write_class_folder(tmp_path / "class", files={"leave.csv": None})
    (folder / "photos" / "link.jpg").symlink_to(secret)
    (folder / "photos" / "nowhere.jpg").symlink_to(tmp_path / "nothing")
    (folder / "photos" / "all").symlink_to(tmp_path)
    (folder / "photos" / "circle.jpg").symlink_to(folder / "photos" / "circle.jpg")
    (folder / "leave.csv").symlink_to(secret)
    result = read_class_folder(folder)
    assert [text.split(" This ")[0] for text in all_shown(result)] == [
        "leave.csv error",
        "photos/all error",
        "photos/circle.jpg error",
        "photos/link.jpg error",
        "photos/nowhere.jpg error",
    ]
    assert hashlib.sha256(b"secret").hexdigest() not in result.files
    assert result.class_file is None


def test_links_inside_the_folder_are_followed(tmp_path: Path) -> None:
    """They show nothing that is not there anyway."""
    folder = write_class_folder(tmp_path / "class")
    (folder / "photos" / "link.jpg").symlink_to(folder / "photos" / "a.jpg")
    result = read_class_folder(folder)
    assert all_shown(result) == []
    assert result.class_file is not None
    assert len(result.class_file.submissions) == 3


def test_a_pipe_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    """Reading it would never end."""
    folder = write_class_folder(tmp_path / "class")
    os.mkfifo(folder / "photos" / "pipe.jpg")
    assert only_fault(read_class_folder(folder)).startswith("photos/pipe.jpg error This is no regular file")


def test_several_enrolment_photos_stand_in_their_order(tmp_path: Path) -> None:
    """S01, S01_2, S01_10; endings in any case."""
    pictures = {f"faces/S01_{number}.JPG": a_picture(20 + number) for number in (2, 10)}
    result = read(tmp_path, files=pictures)
    assert all_shown(result) == []
    assert result.class_file is not None
    wanted = [hashlib.sha256(a_picture(seed)).hexdigest() for seed in (11, 22, 30)]
    assert list(result.class_file.enrolment_photos["S01"]) == wanted


def test_a_student_number_may_hold_an_underscore(tmp_path: Path) -> None:
    """A_2 on the roster is a student, not the second picture of A."""
    roster = "学号,姓名\nA,张三\nA_2,李四\n"
    files = {
        "roster.csv": roster,
        "signins.csv": None,
        "leave.csv": None,
        "faces/A.jpg": "1",
        "faces/A_2.jpg": "2",
        "faces/A_2_2.jpg": "3",
    }
    result = read(tmp_path, files=files | {f"faces/S0{number}.jpg": None for number in (1, 2, 3)})
    assert all_shown(result) == []
    assert result.class_file is not None
    assert {number: len(digests) for number, digests in result.class_file.enrolment_photos.items()} == {
        "A": 1,
        "A_2": 2,
    }


@pytest.mark.parametrize(
    ("files", "words"),
    [
        pytest.param({"faces/S09.jpg": "x"}, "faces/S09.jpg warning No student has this number", id="for nobody"),
        pytest.param({"faces/S03.jpg": None}, "no picture of student S03, who cannot be recognised", id="of nobody"),
        pytest.param({"faces/S03.jpg": b""}, "faces/S03.jpg warning The picture is an empty file", id="of 0 bytes"),
        pytest.param({"faces/S03.txt": "x"}, "faces/S03.txt warning This is no picture file", id="with another ending"),
        pytest.param(
            {"faces/S03.jpg": a_picture(12)},
            "faces/S03.jpg warning This is the very picture that S02 has",
            id="of somebody else",
        ),
        pytest.param({"faces/more/S03.jpg": "x"}, "faces/more warning Sub-folders", id="in a sub-folder"),
        pytest.param({"teachers/T01.jpg": None}, "no picture of teacher T01", id="of no teacher"),
        pytest.param(
            {"teachers/T07.png": "x"}, "teachers/T07.png warning No teacher has this number", id="of an unknown teacher"
        ),
    ],
)
def test_a_doubtful_portrait_is_a_warning(tmp_path: Path, files: dict[str, str | bytes | None], words: str) -> None:
    """The class is loaded: presence will be unsure, not false."""
    result = read(tmp_path, files=files)
    assert words in only_fault(result)


def test_a_portrait_in_another_case_is_found(tmp_path: Path) -> None:
    """Phones and Windows do not care about case."""
    assert all_shown(read(tmp_path, files={"faces/S01.jpg": None, "faces/s01.jpg": a_picture(11)})) == []


PHOTOS = "文件,上传时间,课次,视角\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("z.jpg,,,", "There is no file z.jpg in photos/", id="a file that is not there"),
        pytest.param("../faces/S01.jpg,,,", "There is no file ../faces/S01.jpg", id="a file outside"),
        pytest.param(",2023-06-12 09:00,,", "There is no file", id="no file"),
        pytest.param(
            "a.jpg,,2023-06-13-am,",
            "Session 2023-06-13-am is not in class.toml. | Use an id from a [[session]]: 2023-06-12-am、2023-06-12-pm",
            id="an unknown session",
        ),
        pytest.param("a.jpg,2023-06-12,,", "“2023-06-12” is no complete date and time", id="a date without a time"),
        pytest.param("a.jpg,昨天,,", "is no complete date and time", id="a word for a time"),
        pytest.param("a.jpg,2023-02-30 09:00,,", "is no complete date and time", id="a day that is none"),
        pytest.param("a.jpg,,,左", "The view “左” is not known", id="an unknown view"),
    ],
)
def test_a_wrong_declaration_is_an_error_with_its_line(tmp_path: Path, line: str, words: str) -> None:
    """And what to write instead."""
    text = only_fault(read(tmp_path, files={"photos.csv": f"{PHOTOS}b.jpg,,,\n{line}\n"}))
    assert text.startswith("photos.csv:3 error ")
    assert words in text


def test_a_photo_declared_twice_is_an_error_with_both_lines(tmp_path: Path) -> None:
    """With and without the folder's name it is the same photo."""
    text = only_fault(read(tmp_path, files={"photos.csv": f"{PHOTOS}a.jpg,,,前\nphotos\\a.jpg,,,后\n"}))
    assert "photos.csv:3 error Photo photos/a.jpg is listed twice: lines 2 and 3" in text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("S09,2023-06-12 08:20,,,", "Student number S09 is not on the roster", id="an unknown student"),
        pytest.param(",2023-06-12 08:20,,,", "The student number is empty", id="no student"),
        pytest.param("S01,,,,", "The time of sign-in “” is no complete", id="no time"),
        pytest.param("S01,2023-06-12 08:20,112.3,,", "are not two numbers", id="longitude alone"),
        pytest.param("S01,2023-06-12 08:20,abc,28.5,", "are not two numbers", id="words for coordinates"),
        pytest.param("S01,2023-06-12 08:20,28.5,112.3,", "is out of range", id="swapped coordinates"),
        pytest.param("S01,2023-06-12 08:20,nan,28.5,", "is out of range", id="a longitude that is no number"),
        pytest.param(
            "S01,2023-06-12 08:20,112.3,28.5,gps", "The coordinate frame “gps” is not known", id="an unknown datum"
        ),
    ],
)
def test_a_wrong_sign_in_is_an_error_with_its_line(tmp_path: Path, line: str, words: str) -> None:
    """The agency puts it right; nothing is dropped silently."""
    headings = "学号,签到时间,经度,纬度,坐标系\nS02,2023-06-12 08:19,,,\n"
    text = only_fault(read(tmp_path, files={"signins.csv": f"{headings}{line}\n"}))
    assert text.startswith("signins.csv:3 error ")
    assert words in text


def test_sign_ins_are_read_with_all_their_columns(tmp_path: Path) -> None:
    """English headings, a semicolon, full-width digits; the same line twice counts once."""
    text = (
        "student_no;signed_at;source;device;longitude;latitude;frame\n"
        "S01;2023-06-12T00:21:30Z;xiangjiuye;phone-1;112.35;28.57;wgs84\n"
        "S02;２０２３/6/12 ８：２２;paper;;;;\n"
        "S02;2023-06-12 08:22;paper;;;;\n"
    )
    result = read(tmp_path, files={"signins.csv": text})
    assert only_fault(result) == "signins.csv:4 warning The same as line 3; it counts once. | Delete the repeated line."
    assert result.class_file is not None
    first, second = result.class_file.sign_ins
    assert first.signed_at == datetime(2023, 6, 12, 8, 21, 30, tzinfo=CHINA)
    assert (first.device, first.longitude, first.latitude, first.frame) == (
        "phone-1",
        112.35,
        28.57,
        CoordinateFrame.WGS84,
    )
    assert second.signed_at == datetime(2023, 6, 12, 8, 22, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        pytest.param(
            "S09,2023-06-12-am,病,李",
            "leave.csv:2 error Student number S09 is not on the roster.",
            id="an unknown student",
        ),
        pytest.param("S01,x,病,李", "leave.csv:2 error Session x is not in class.toml.", id="an unknown session"),
        pytest.param("S01,,病,李", "leave.csv:2 error The session is empty.", id="no session"),
        pytest.param(
            "S01,2023-06-12-am,病,", "leave.csv:2 warning The leave names nobody who approved it.", id="nobody approved"
        ),
    ],
)
def test_a_doubtful_leave_is_told(tmp_path: Path, line: str, text: str) -> None:
    """With its line."""
    assert only_fault(read(tmp_path, files={"leave.csv": f"学号,课次,原因,批准人\n{line}\n"})).startswith(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-06-12 08:21", datetime(2023, 6, 12, 8, 21, tzinfo=CHINA)),
        ("2023-06-12T08:21:30", datetime(2023, 6, 12, 8, 21, 30, tzinfo=CHINA)),
        ("2023/6/12 8:21", datetime(2023, 6, 12, 8, 21, tzinfo=CHINA)),
        ("2023年6月12日 08：21", datetime(2023, 6, 12, 8, 21, tzinfo=CHINA)),
        ("2023-06-12T08:21:30+08:00", datetime(2023, 6, 12, 8, 21, 30, tzinfo=CHINA)),
        ("2023-06-12T00:21:30.5Z", datetime(2023, 6, 12, 0, 21, 30, 500_000, tzinfo=UTC)),
        ("2023-06-12", None),
        ("08:21", None),
        ("12/06/2023 08:21", None),
        ("2023-06-12 25:00", None),
        ("2023-13-12T08:21:30+08:00", None),
        ("", None),
    ],
)
def test_times_are_read_or_refused_never_guessed(text: str, moment: datetime | None) -> None:
    """A time without an offset was read off a Chinese clock; a day-first date is anybody's guess."""
    assert parse_time(text, CHINA) == moment


def test_the_time_zone_is_a_setting(tmp_path: Path) -> None:
    """The same folder read in Ürümqi's zone is two hours later; a zone that is none is the caller's mistake."""
    folder = write_class_folder(tmp_path / "class")
    result = read_class_folder(folder, timezone="Asia/Urumqi")
    assert result.class_file is not None
    assert result.class_file.training.sessions[0].starts_at == datetime(2023, 6, 12, 2, 30, tzinfo=UTC)
    with pytest.raises(ZoneInfoNotFoundError):
        read_class_folder(folder, timezone="Asia/Yiyang")


def test_no_folder_an_empty_one_and_a_file_are_one_clear_error(tmp_path: Path) -> None:
    """The message names the path and what should be there."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".DS_Store").write_bytes(b"")
    (tmp_path / "file").write_bytes(b"")
    for name, words in (("nothing", "No such file"), ("file", "Not a directory"), ("empty", "is empty")):
        text = only_fault(read_class_folder(tmp_path / name))
        assert text.startswith(". error The class folder ")
        assert words in text
        assert str(tmp_path / name) in text


def test_no_class_toml_is_told_and_the_rest_is_still_read(tmp_path: Path) -> None:
    """What cannot be compared with it is not said to be wrong."""
    result = read(tmp_path, files={"class.toml": None, "roster.csv": f"{ROSTER}S01,赵六,,\n"})
    assert [text.split(" | ")[0] for text in all_shown(result)] == [
        "class.toml error There is no class.toml, the filing.",
        "roster.csv:5 error The student number S01 is used twice: lines 2 and 5.",
    ]


def test_a_roster_without_photos_loads_with_a_warning(tmp_path: Path) -> None:
    """The filing comes before the first photo."""
    folder = write_class_folder(tmp_path / "class", files={"photos.csv": None})
    shutil.rmtree(folder / "photos")
    result = read_class_folder(folder)
    assert only_fault(result).startswith("photos/ warning There is no photo yet.")
    assert result.class_file is not None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sign-ins.csv", "Should it be named signins.csv?"),
        ("Class.toml", "Should it be named class.toml?"),
        ("photo/a.jpg", "Should it be named photos?"),
        ("roster.xls", "Should it be named roster.xlsx?"),
        ("新建文档.docx", "Delete it or move it elsewhere."),
    ],
)
def test_what_nobody_reads_is_told(tmp_path: Path, name: str, words: str) -> None:
    """It is often a misspelt name."""
    text = only_fault(read(tmp_path, files={name: "x"}))
    assert text.startswith(f"{name.partition('/')[0]}")
    assert " warning " in text
    assert words in text


def test_faults_are_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    """So that a person can go through them."""
    result = read(tmp_path, files={"roster.csv": f"{ROSTER}S01,,,\nS02,,,\n", "notes.txt": "x", "faces/x.jpg": "x"})
    assert [shown(fault).split(" ")[0] for fault in result.faults] == [
        "faces/x.jpg",
        "notes.txt",
        "roster.csv:5",
        "roster.csv:6",
    ]


SESSIONS = tuple(a_session(name) for name in ("2023-06-12-am", "2023-06-12-pm", "S1", "s10", "am"))


@pytest.mark.parametrize(
    ("file", "session"),
    [
        pytest.param("photos/2023-06-12-am/前.jpg", "2023-06-12-am", id="the folder"),
        pytest.param("photos/front 2023-06-12-PM_2.jpg", "2023-06-12-pm", id="a part of the name, in another case"),
        pytest.param("photos\\s10\\x.jpg", "s10", id="a folder of Windows"),
        pytest.param("photos/2023-06-12-am/2023-06-12-pm.jpg", "2023-06-12-pm", id="the name outweighs the folder"),
        pytest.param("photos/s1.jpg", "S1", id="a short id alone"),
        pytest.param("photos/s11.jpg", None, id="not a part of another word"),
        pytest.param("photos/exam.jpg", None, id="not the end of another word"),
        pytest.param("photos/s1 s10.jpg", None, id="two of them"),
        pytest.param("photos/IMG_2392.jpg", None, id="none"),
    ],
)
def test_a_session_is_read_off_a_name(file: str, session: str | None) -> None:
    """Only where the name says one thing."""
    assert session_from_name(file, SESSIONS) == session
