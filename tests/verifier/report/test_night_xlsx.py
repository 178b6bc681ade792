"""The workbook holds every number as a number and every text as text."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.builders.answers import a_photo, a_session, a_student, an_answer
from verifier.report import write_night_workbook


def rows_of(sheet: Worksheet) -> list[dict[str, object]]:
    headings, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip([str(heading) for heading in headings], row, strict=True)) for row in rows]


def write(tmp_path: Path, language: str | None = None, **fields: object):
    return load_workbook(write_night_workbook(an_answer(**fields), tmp_path / "night.xlsx", language=language))


def test_there_is_one_sheet_a_subject_with_a_frozen_heading_and_filters(tmp_path: Path):
    book = write(tmp_path)
    assert book.sheetnames == ["课次", "学员", "照片", "案件", "登记照问题", "违规", "到课", "到课率", "版本"]
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet.column_dimensions["A"].width > 8


def test_numbers_rates_and_times_can_be_counted_with(tmp_path: Path):
    book = write(tmp_path)
    session = rows_of(book["课次"])[2]
    assert (session["应到"], session["到课"], session["待定"]) == (3, 2, 1)
    assert session["到课率下限"] == pytest.approx(2 / 3)
    assert session["到课率上限"] == 1
    assert session["开始"] == datetime(2023, 6, 13, 8, 30)
    assert session["结论"] == "无法判断"
    photo = rows_of(book["照片"])[2]
    assert photo["水印时间"] == datetime(2023, 6, 11, 9, 12)
    assert photo["说明"] == "水印时间2023-06-11 09:12，课次为2023-06-12 08:30至11:50。"


def test_every_finding_of_every_photo_is_a_row(tmp_path: Path):
    answer = an_answer()
    rows = rows_of(write(tmp_path)["照片"])
    assert len(rows) == sum(len(photo["findings"]) for photo in answer["photos"])
    bare = a_photo(9, findings=[])
    assert [row["文件"] for row in rows_of(write(tmp_path, photos=[bare])["照片"])] == ["photos/9.jpg"]


def test_sessions_that_are_not_closed_are_there_with_their_reason(tmp_path: Path):
    unclosed = a_session("2023-06-13-pm") | {"closed": False, "present": None, "expected": None}
    rows = rows_of(write(tmp_path, sessions=[a_session(), unclosed])["课次"])
    assert [(row["课次"], row["已结课"], row["说明"]) for row in rows[1:]] == [
        ("2023-06-13-pm", "否", None),
        ("2023-06-14-am", "否", "课次尚未结束。"),
    ]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1"])
def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path, name: str):
    book = write(tmp_path, students=[a_student(name=name)])
    cell = book["学员"]["C2"]
    assert cell.value == name
    assert cell.data_type == "s"
    assert cell.quotePrefix


def test_letters_that_excel_cannot_hold_do_not_break_the_file(tmp_path: Path):
    name = "张\x00三\x0b" + b"\xff".decode("utf-8", "surrogateescape")
    assert write(tmp_path, students=[a_student(name=name)])["学员"]["C2"].value == "张�三�\\udcff"


@pytest.mark.parametrize(("letters", "kept"), [(32767, 32767), (32768, 32767)])
def test_a_cell_holds_as_much_as_excel_allows(tmp_path: Path, letters: int, kept: int):
    value = write(tmp_path, students=[a_student(name="长" * letters)])["学员"]["C2"].value
    assert len(value) == kept
    assert value.endswith("…") == (letters > kept)


def test_a_time_that_is_none_stays_as_written(tmp_path: Path):
    rows = rows_of(write(tmp_path, photos=[a_photo(1, received_at="gestern")])["照片"])
    assert rows[0]["收到时间"] == "gestern"


def test_the_same_answer_gives_the_same_bytes(tmp_path: Path):
    first = write_night_workbook(an_answer(), tmp_path / "a.xlsx").read_bytes()
    assert first == write_night_workbook(an_answer(), tmp_path / "b.xlsx").read_bytes()
    assert first != write_night_workbook(an_answer(students=[]), tmp_path / "c.xlsx").read_bytes()


def test_english_headings(tmp_path: Path):
    book = write(tmp_path, language="en")
    assert book.sheetnames[:5] == ["Session", "Student", "Photos", "Cases", "Enrolment pictures"]
    assert rows_of(book["Student"])[1]["Final examination"] == "Not eligible (attended too little)"
