"""Read the roster (学员花名册) from roster.csv or roster.xlsx."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from verifier.filing.entries import ROSTER_CSV, ROSTER_XLSX, has_file
from verifier.filing.fault import FaultList, mask_id
from verifier.filing.sheet import (
    Column,
    NumberCell,
    RawRow,
    Row,
    clean_number,
    each_unique,
    match_headings,
    parse_csv,
)
from verifier.filing.text_file import read_text_file
from verifier.filing.workbook import parse_workbook
from verifier.language import say
from verifier.plan import Student

COLUMNS = (
    Column("student_no", ("学号", "student_no", "学员编号", "学员号", "student number"), required=True),
    Column("name", ("姓名", "name", "学员姓名"), required=True),
    Column("id_number", ("身份证号", "身份证号码", "id_number", "身份证", "公民身份号码", "证件号码")),
    Column("phone", ("联系电话", "电话", "手机号", "手机号码", "手机", "电话号码", "phone", "mobile")),
)
EXACT_DIGITS = 15  # Excel keeps no more of a number: the end of an 18-digit ID number turns to zeros
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, 4.2
_CHECK_CHARACTERS = "10X98765432"
_UNFIT_FOR_FILES = re.compile(r"[/\\\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Roster:
    """The students in the file's order. `numbers` is None where some line could not be read, so nobody is known absent."""

    students: tuple[Student, ...]
    numbers: frozenset[str] | None


def read_roster(folder: Path, faults: FaultList) -> Roster:
    """Read the one roster of a class folder, noting every fault."""
    found = [name for name in (ROSTER_CSV, ROSTER_XLSX) if has_file(folder, name)]
    if not found:
        faults.error(
            ROSTER_CSV,
            None,
            say("没有花名册。"),
            say("请放入 roster.csv 或 roster.xlsx，表头为：学号、姓名、身份证号、联系电话。"),
        )
        return Roster((), None)
    if len(found) > 1:
        faults.error(
            ROSTER_XLSX,
            None,
            say("同时有 roster.csv 和 roster.xlsx，无法判断以哪个为准。"),
            say("请只保留一个。"),
        )
    file, errors_before = found[0], faults.errors
    raw = _read_raw(folder / file, file, faults)
    rows = None if raw is None else match_headings(raw, COLUMNS, file, faults)
    if rows is None:
        return Roster((), None)
    rows = _clean_numbers(rows, file, faults)
    complete = faults.errors == errors_before and all(clean_number(row["student_no"]) for row in rows)
    students = [
        _read_student(number, row, file, faults)
        for number, row in each_unique(rows, "student_no", say("学号"), file, faults)
    ]
    if not rows and complete:
        faults.error(file, None, say("花名册里没有学员。"), say("请在表头下面每行填写一名学员。"))
    _check_same_person(rows, file, faults)
    return Roster(tuple(students), frozenset(student.student_no for student in students) if complete else None)


def check_id_number(number: str) -> bool:
    """Whether an 18-digit ID number's date exists and its check character is right.

    Source: GB 11643-1999 (ISO 7064:1983, MOD 11-2).
    """
    if not re.fullmatch(r"\d{17}[\dX]", number, re.ASCII):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return number[17] == _CHECK_CHARACTERS[total % 11]


def _read_raw(path: Path, file: str, faults: FaultList) -> list[RawRow] | None:
    if file == ROSTER_XLSX:
        return parse_workbook(path, file, faults)
    text = read_text_file(path, file, faults)
    return None if text is None else parse_csv(text, file, faults)


def _clean_numbers(rows: Sequence[Row], file: str, faults: FaultList) -> list[Row]:
    """Undo what spreadsheets do to student numbers, and say so once: forty lines of the same warning hide the others."""
    cleaned, touched = [], []
    for row in rows:
        number = row["student_no"]
        as_decimal = re.fullmatch(r"(\d+)\.0+", number)
        if as_decimal or isinstance(number, NumberCell):
            touched.append(row.line)
        if as_decimal:
            row = replace(row, cells={**row.cells, "student_no": as_decimal[1]})
        cleaned.append(row)
    if touched:
        faults.warning(
            file,
            touched[0],
            say("从这一行起有 {count} 个学号存成了数字，开头的 0 可能已经丢失。", count=len(touched)),
            say("请把学号一列设为“文本”格式，核对后重新输入；照片文件名要与学号一致。"),
        )
    return cleaned


def _read_student(number: str, row: Row, file: str, faults: FaultList) -> Student:
    if not row["name"]:
        faults.error(file, row.line, say("学号 {number} 没有姓名。", number=number), say("请填写姓名。"))
    if _UNFIT_FOR_FILES.search(number):
        faults.error(
            file,
            row.line,
            say("学号 {number} 含有斜杠或控制字符，不能用作照片文件名。", number=number),
            say("请改为只含字母、数字、短横线和下划线的学号。"),
        )
    id_number = clean_number(row["id_number"]).replace(" ", "").upper()
    if id_number:
        _check_id(id_number, isinstance(row["id_number"], NumberCell), row.line, file, faults)
    return Student(number, row["name"], id_number, clean_number(row["phone"]))


def _check_id(number: str, is_number_cell: bool, line: int, file: str, faults: FaultList) -> None:
    if is_number_cell and len(number) > EXACT_DIGITS:
        faults.warning(
            file,
            line,
            say("身份证号存成了数字，末尾几位已经丢失。"),
            say("请把身份证号一列设为“文本”格式，重新输入。"),
        )
    elif len(number) != 18:
        faults.warning(
            file,
            line,
            say("身份证号有 {length} 位，应为 18 位。", length=len(number)),
            say("请核对身份证号。"),
        )
    elif not check_id_number(number):
        faults.warning(
            file,
            line,
            say("身份证号 {masked} 的出生日期或校验码不对。", masked=mask_id(number)),
            say("请与身份证原件核对。"),
        )


def _check_same_person(rows: Sequence[Row], file: str, faults: FaultList) -> None:
    """Warn of one ID number under two student numbers: one person would be counted twice."""
    first_lines: dict[str, int] = {}
    for row in rows:
        number = clean_number(row["id_number"]).upper()
        if number and number in first_lines:
            faults.warning(
                file,
                row.line,
                say(
                    "第 {first} 行和第 {second} 行的身份证号相同（{masked}）。",
                    first=first_lines[number],
                    second=row.line,
                    masked=mask_id(number),
                ),
                say("请核对是否为同一人重复登记。"),
            )
        elif number:
            first_lines[number] = row.line
