"""Rosters as agencies make them: encodings, delimiters, headings, spreadsheets, mistakes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from tests.builders.class_folder import ROSTER
from tests.verifier.filing.faults import all_shown, only_fault, read
from verifier.filing import check_id_number, mask_id, mask_ids
from verifier.filing.workbook import MAX_UNPACKED_BYTES
from verifier.plan import Student

NAMES = [("S01", "张三"), ("S02", "李四"), ("S03", "王五")]
HEADINGS = ["学号", "姓名", "身份证号", "联系电话"]


def a_workbook(*rows: list[Any], more_sheets: int = 0) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for number in range(more_sheets):
        book.create_sheet(f"more {number}")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def students_of(folder: Path, **files: str | bytes | None) -> list[tuple[str, str]]:
    """Numbers and names of a roster in which nothing is wrong."""
    result = read(folder, files={name.replace("_", "."): content for name, content in files.items()})
    assert all_shown(result) == []
    assert result.class_file is not None
    return [(student.student_no, student.name) for student in result.class_file.training.students]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_of_office_programs_are_read(tmp_path: Path, encoding: str, newline: str) -> None:
    """The same students come out of each."""
    data = ROSTER.replace("\n", newline).encode(encoding)
    assert students_of(tmp_path, roster_csv=data) == NAMES


def test_gb18030_with_a_rare_name_is_read(tmp_path: Path) -> None:
    """Four-byte characters, which GBK does not have."""
    data = ROSTER.replace("张三", "张𠮷㛃").encode("gb18030")
    assert students_of(tmp_path, roster_csv=data)[0] == ("S01", "张𠮷㛃")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_delimiters_of_office_programs_are_read(tmp_path: Path, delimiter: str) -> None:
    """Whichever the regional settings chose."""
    assert students_of(tmp_path, roster_csv=ROSTER.replace(",", delimiter)) == NAMES


@pytest.mark.parametrize(
    "headings",
    [
        pytest.param("student_no,name,id_number,phone", id="English"),
        pytest.param("Student No, NAME ,ID Number,Phone", id="other case and blanks"),
        pytest.param("学　号,姓 名,身份证号码,手机号", id="blanks inside and other words"),
        pytest.param("学号*,姓名：,身份证,电话", id="ornaments"),
        pytest.param("Ｓｔｕｄｅｎｔ＿ｎｏ,Ｎａｍｅ,身份证号,电话", id="full-width letters"),
    ],
)
def test_headings_are_known_by_many_names(tmp_path: Path, headings: str) -> None:
    """And the cells land where they belong."""
    assert students_of(tmp_path, roster_csv="\n".join([headings, *ROSTER.splitlines()[1:]])) == NAMES


def test_columns_stand_in_any_order_below_a_title(tmp_path: Path) -> None:
    """As spreadsheets for people look; blank lines do not count."""
    text = "益阳市2023年学员花名册,,,\n\n联系电话,姓名,学号,身份证号\n13700000001,张三,S01,430903199001010016\n,,,\n"
    result = read(tmp_path, files={"roster.csv": text, "leave.csv": None, "faces/S02.jpg": None, "faces/S03.jpg": None})
    assert all_shown(result) == []
    assert result.class_file is not None
    assert result.class_file.training.students == (Student("S01", "张三", "430903199001010016", "13700000001"),)


def test_a_workbook_is_read(tmp_path: Path) -> None:
    """Texts as texts, phones also as numbers."""
    book = a_workbook(HEADINGS, *([number, name, None, 13700000001] for number, name in NAMES))
    assert students_of(tmp_path, roster_csv=None, roster_xlsx=book) == NAMES


def test_formulas_in_a_workbook_are_errors_with_their_cells(tmp_path: Path) -> None:
    """What they show depends on who computes them; each is named, and nobody is missed because of them."""
    book = a_workbook(HEADINGS, ["S01", "张三"], ["=A2", '=HYPERLINK("http://x","李四")'], ["S03", "王五", "#REF!"])
    result = read(tmp_path, files={"roster.csv": None, "roster.xlsx": book})
    assert [text.split(" | ")[0] for text in all_shown(result)] == [
        "roster.xlsx:3 error Cell A3 is a formula.",
        "roster.xlsx:3 error Cell B3 is a formula.",
        "roster.xlsx:4 error The value of cell C4 is the error #REF!.",
    ]
    assert result.class_file is None


def test_numbers_for_student_numbers_are_remarked_once(tmp_path: Path) -> None:
    """Excel drops leading zeros; forty equal warnings would hide the others."""
    book = a_workbook(HEADINGS, [1, "张三"], [2.0, "李四"], ["003", "王五"])
    pictures = {f"faces/S0{number}.jpg": None for number in (1, 2, 3)} | {
        f"faces/{name}.jpg": name for name in ("1", "2", "003")
    }
    result = read(
        tmp_path, files={"roster.csv": None, "roster.xlsx": book, "signins.csv": None, "leave.csv": None, **pictures}
    )
    assert "roster.xlsx:2 warning From this line on 2 student numbers" in only_fault(result)
    assert result.class_file is not None
    assert [student.student_no for student in result.class_file.training.students] == ["1", "2", "003"]


def test_decimal_student_numbers_in_a_csv_lose_their_decimals(tmp_path: Path) -> None:
    """As statistics programs write them: 1.0."""
    files = {"signins.csv": None, "leave.csv": None} | {f"faces/S0{number}.jpg": None for number in (1, 2, 3)}
    result = read(tmp_path, files={"roster.csv": "学号,姓名\n1.0,张三\n", "faces/1.jpg": "x", **files})
    assert "roster.csv:2 warning From this line on 1 student numbers" in only_fault(result)
    assert result.class_file is not None
    assert result.class_file.training.students[0].student_no == "1"


def test_an_id_number_stored_as_a_number_has_lost_its_end(tmp_path: Path) -> None:
    """Excel keeps 15 digits."""
    book = a_workbook(HEADINGS, ["S01", "张三", 430903199001010016.0], *NAMES[1:])
    text = only_fault(read(tmp_path, files={"roster.csv": None, "roster.xlsx": book}))
    assert "roster.xlsx:2 warning The ID number is stored as a number" in text


def test_a_column_formatted_to_the_last_row_is_read(tmp_path: Path) -> None:
    """A million empty rows are what marking a whole column as text leaves behind."""
    book = Workbook()
    for row in (HEADINGS, *map(list, NAMES)):
        book.active.append(row)
    book.active.cell(1_048_576, 1).number_format = "@"
    out = io.BytesIO()
    book.save(out)
    assert students_of(tmp_path, roster_csv=None, roster_xlsx=out.getvalue()) == NAMES


def test_further_sheets_are_remarked(tmp_path: Path) -> None:
    """Only the first one is read."""
    book = a_workbook(HEADINGS, *map(list, NAMES), more_sheets=1)
    assert "roster.xlsx warning The workbook has 2 sheets" in only_fault(
        read(tmp_path, files={"roster.csv": None, "roster.xlsx": book})
    )


def a_bomb() -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as entry,
    ):
        for _ in range(MAX_UNPACKED_BYTES // (1 << 20) + 1):
            entry.write(b"\0" * (1 << 20))
    return out.getvalue()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda: b"", "no .xlsx workbook", id="empty"),
        pytest.param(lambda: b"\xd0\xcf\x11\xe0 an encrypted or old workbook", "remove the password", id="encrypted"),
        pytest.param(lambda: a_workbook(HEADINGS)[:-60], "no .xlsx workbook", id="cut off"),
        pytest.param(lambda: ROSTER.encode(), "no .xlsx workbook", id="a CSV with another name"),
        pytest.param(a_bomb, "unpacks to", id="a zip bomb"),
    ],
)
def test_a_workbook_that_cannot_be_read_is_one_clear_error(tmp_path: Path, make: Any, words: str) -> None:
    """Nobody is then said to be on no roster."""
    text = only_fault(read(tmp_path, files={"roster.csv": None, "roster.xlsx": make()}))
    assert text.startswith("roster.xlsx error ")
    assert words in text


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        pytest.param(
            ROSTER.encode()[:-30] + b"\xff\xfe" + ROSTER.encode()[-30:],
            "roster.csv:4",
            "in UTF-8, but this line",
            id="damaged UTF-8",
        ),
        pytest.param(b"\x80\xff" * 50, "roster.csv:1", "neither UTF-8 nor GB18030", id="no text"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "roster.csv:2", "no text", id="a picture"),
        pytest.param(
            '学号,姓名\nS01,"张三\nS02,李四\n', "roster.csv:2", "no valid CSV", id="a quote that is not closed"
        ),
        pytest.param(
            "学号,姓名\nS01,张三,李四,王五\n", "roster.csv:2", "4 cells, but there are only 2", id="too many cells"
        ),
        pytest.param(
            "姓名,电话\n张三,1\n",
            "roster.csv:1",
            "Headings are missing: 学号; these were seen: 姓名、电话",
            id="no numbers",
        ),
        pytest.param("学号,姓名,name\nS01,张三,x\n", "roster.csv:1", "mean the same", id="a column twice"),
        pytest.param("学号,姓名\n", "roster.csv", "has no students", id="headings alone"),
        pytest.param("", "roster.csv", "The file is empty", id="nothing"),
    ],
)
def test_a_roster_that_cannot_be_used_is_one_clear_error(tmp_path: Path, data: Any, place: str, words: str) -> None:
    """With its line, and without errors that merely follow from it."""
    result = read(tmp_path, files={"roster.csv": data, "signins.csv": None, "leave.csv": None})
    errors = [text for text in all_shown(result) if " error " in text]
    assert len(errors) == 1, errors
    assert errors[0].startswith(f"{place} error ")
    assert words in errors[0]
    assert result.class_file is None


def test_no_roster_and_two_rosters_are_errors(tmp_path: Path) -> None:
    """Which one counts is not guessed."""
    assert "roster.csv error There is no roster." in only_fault(read(tmp_path / "none", files={"roster.csv": None}))
    book = a_workbook(HEADINGS, *map(list, NAMES))
    assert "roster.xlsx error There are both" in only_fault(read(tmp_path / "two", files={"roster.xlsx": book}))


@pytest.mark.parametrize("second", ["S01", " s01".upper(), "Ｓ０１"], ids=["the same", "with a blank", "in full width"])
def test_two_people_with_one_number_are_an_error_with_both_lines(tmp_path: Path, second: str) -> None:
    """However it is typed."""
    text = only_fault(read(tmp_path, files={"roster.csv": f"{ROSTER}{second},赵六,,\n"}))
    assert text.startswith("roster.csv:5 error The student number S01 is used twice: lines 2 and 5.")


def test_empty_names_and_numbers_are_errors(tmp_path: Path) -> None:
    """Each with its line."""
    texts = all_shown(read(tmp_path, files={"roster.csv": f"{ROSTER}S04,,,\n,赵六,,\n", "faces/S04.jpg": "x"}))
    assert [text.split(" | ")[0] for text in texts] == [
        "roster.csv:5 error Student number S04 has no name.",
        "roster.csv:6 error The student number is empty.",
    ]


def test_a_number_that_cannot_be_a_file_name_is_an_error(tmp_path: Path) -> None:
    """Its pictures could not be named after it."""
    texts = all_shown(read(tmp_path, files={"roster.csv": f"{ROSTER}2023/4,赵六,,\n"}))
    assert any(text.startswith("roster.csv:5 error Student number 2023/4 holds a slash") for text in texts)


@pytest.mark.parametrize(
    ("number", "right"),
    [
        pytest.param("11010519491231002X", True, id="the standard's first sample"),
        pytest.param("440524188001010014", True, id="the standard's second sample"),
        pytest.param("110105194912310021", False, id="a wrong check character"),
        pytest.param("110105194902310026", False, id="the 31st of February"),
        pytest.param("11010519491231002", False, id="a character short"),
        pytest.param(
            "１１０１０５１９４９１２３１００２Ｘ", False, id="full-width digits, which the reader narrows first"
        ),
    ],
)
def test_id_numbers_are_checked_by_gb_11643(number: str, right: bool) -> None:
    """Weights and check characters of the standard."""
    assert check_id_number(number) is right


@pytest.mark.parametrize(
    "number", ["430903199001010017", "430903199013010013", "43090319900101001", "4309031990010100166"]
)
def test_a_wrong_id_number_is_a_warning_that_does_not_show_it(tmp_path: Path, number: str) -> None:
    """It may be the card's own mistake, or the typist's; a person compares."""
    result = read(tmp_path, files={"roster.csv": ROSTER.replace("430903199001010016", number)})
    text = only_fault(result)
    assert text.startswith("roster.csv:2 warning ")
    assert number not in text + repr(result.faults) + repr(result.class_file)
    assert result.class_file is not None


def test_one_person_under_two_numbers_is_remarked(tmp_path: Path) -> None:
    """By the ID number, masked."""
    result = read(tmp_path, files={"roster.csv": ROSTER.replace("430903199202020026", "430903199001010016")})
    text = only_fault(result)
    assert "roster.csv:3 warning Lines 2 and 3 have the same ID number (430***********0016)" in text


def test_id_numbers_are_masked_wherever_they_land(tmp_path: Path) -> None:
    """A swapped column puts them into messages that never meant to hold one."""
    number = "430903199001010016"
    files = {
        "roster.csv": f"学号,姓名\n{number},张三\n{number},李四\n",
        "signins.csv": "学号,签到时间\n11010519491231002X,430903199001010016\n",
        "leave.csv": None,
        "faces/11010519491231002X.jpg": "x",
    }
    result = read(tmp_path, files=files)
    everything = repr(result.faults) + " ".join(all_shown(result))
    assert number not in everything
    assert "11010519491231002X" not in everything
    assert "430***********0016" in everything


def test_masks_leave_other_numbers_readable() -> None:
    """Camera file names are long numbers too."""
    assert mask_id("11010519491231002X") == "110***********002X"
    assert mask_id("12345") == "*****"
    assert (
        mask_ids("mmexport1686531234567.jpg IMG_20230612091200123456.jpg")
        == "mmexport1686531234567.jpg IMG_20230612091200123456.jpg"
    )
    assert mask_ids("430903900101001 old") == "430********1001 old"


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", '=HYPERLINK(""http://x"")', "+cmd|' /C calc'!A0", "-2+A3"])
def test_cells_that_look_like_formulas_stay_text_and_are_remarked(tmp_path: Path, cell: str) -> None:
    """So that a report which somebody opens in Excel is no surprise."""
    result = read(tmp_path, files={"roster.csv": ROSTER.replace("张三", f'"{cell}"')})
    assert "roster.csv:2 warning The cell under “姓名” looks like a formula" in only_fault(result)
    assert result.class_file is not None
    assert result.class_file.training.students[0].name == cell.replace('""', '"')


def test_a_phone_with_a_plus_is_no_formula(tmp_path: Path) -> None:
    """+86 is how phones write themselves."""
    assert students_of(tmp_path, roster_csv=ROSTER.replace("13700000001", "+86 13700000001")) == NAMES


def test_an_unknown_heading_is_remarked_with_a_guess(tmp_path: Path) -> None:
    """Its column is not read."""
    text = only_fault(read(tmp_path, files={"roster.csv": ROSTER.replace("联系电话", "联系人电话")}))
    assert text == (
        "roster.csv:1 warning The heading “联系人电话” is not known; its column was not read. | Should it be “联系电话”?"
    )


def test_a_line_number_counts_lines_inside_quotes(tmp_path: Path) -> None:
    """An address with a line break does not shift what follows."""
    roster = '学号,姓名,身份证号,联系电话\nS01,"张\n三",,\nS02,李四,,\nS03,,,\n'
    assert "roster.csv:5 error Student number S03 has no name" in only_fault(
        read(tmp_path, files={"roster.csv": roster})
    )
