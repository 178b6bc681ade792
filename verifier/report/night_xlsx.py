"""A night as a workbook, for those who filter and count in a spreadsheet.

Text from rosters and file names never becomes a formula; the same answer gives the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.functions import tostring

from verifier.language import current_language, translate
from verifier.report.files import write_whole
from verifier.report.summary import list_rates, list_unclosed
from verifier.report.words import label, name_code

MAX_CELL_LETTERS = 32767  # Excel's own limit: learn "Excel specifications and limits"
MAX_ROWS = 1_048_576  # the same
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # OWASP, "CSV injection"
# A zip entry cannot be older than 1980; a fixed day keeps the bytes the same.
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
FILLS = {"failed": "FEE4E2", "absent": "FEE4E2", "unsure": "FEF3C7", "not_run": "F3E8FF", "proposed": "FEF3C7"}


@dataclass(frozen=True, slots=True)
class Code:
    """A stored code in a cell: shown as its word, coloured by its meaning."""

    code: str | None
    table: str


@dataclass(frozen=True, slots=True)
class Percent:
    """A share from 0 to 1, shown as a percentage; None stays empty."""

    share: float | None


@dataclass(frozen=True, slots=True)
class Moment:
    """An ISO time, shown as the local time it was written in, as spreadsheets know no offsets."""

    iso: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its title and headings in Chinese with column widths in characters, and its rows."""

    title: str
    columns: Sequence[tuple[str, int]]
    rows: Iterable[Sequence[Any]]


def write_night_workbook(answer: dict[str, Any], path: Path, *, language: str | None = None) -> Path:
    """Write sessions, students, photos with findings, cases, violations and each student's presence as .xlsx, atomically.

    Args:
        answer: What ``verifier nightly --json`` prints, with the added fields.
        path: The file to write.
        language: ``zh_CN`` or ``en``; default the context's.
    Returns: `path`.
    Raises:
        OSError: the file cannot be written.
    """
    language = language or current_language()
    book = Workbook()
    del book[book.sheetnames[0]]
    for sheet in (
        _list_sessions(answer, language),
        _list_students(answer, language),
        _list_photos(answer),
        _list_cases(answer),
        _list_enrolment(answer),
        _list_violations(answer),
        _list_presence(answer),
        _list_rates(answer),
        _list_versions(answer),
    ):
        _fill_sheet(book.create_sheet(label(sheet.title, language)), sheet, language)
    return write_whole(path, _save(book))


def _list_sessions(answer: dict[str, Any], language: str) -> Sheet:
    columns = (
        ("班次", 16), ("课次", 18), ("日期", 12), ("时段", 8), ("开始", 20), ("结束", 20), ("学时", 8), ("应到", 8), ("到课", 8),
        ("待定", 8), ("请假", 8), ("到课率", 10), ("到课率下限", 12), ("到课率上限", 12), ("结论", 12), ("已结课", 8), ("说明", 80),
    )  # fmt: skip
    yes, no = translate("是", language), translate("否", language)
    rows = [
        (
            *(item["class"], item["id"], item["date"], Code(item["period"], "period")),
            *(Moment(item["starts_at"]), Moment(item["ends_at"]), item["hours"], item["expected"], item["present"]),
            *(
                item["unsure"],
                item["leave"],
                Percent(item["rate"]),
                Percent(item["rate_low"]),
                Percent(item["rate_high"]),
            ),
            *(Code(item["outcome"], "outcome"), yes),
            "\n".join(finding["reason"] for finding in item["findings"] if finding["outcome"] != "not_applicable"),
        )
        for item in answer["sessions"]
        if item["closed"]
    ]
    rows += [(item["class"], item["session"], *([None] * 13), no, item["reason"]) for item in list_unclosed(answer)]
    return Sheet("课次", columns, rows)


def _list_rates(answer: dict[str, Any]) -> Sheet:
    columns = (
        ("班次或机构", 28), ("已结课次", 10), ("全部课次", 10), ("应到人次", 10), ("实到人次", 10), ("待定人次", 10),
        ("请假人次", 10), ("到课率下限", 12), ("到课率上限", 12), ("可参加结业考核", 14), ("不得参加", 10), ("视复核而定", 12),
    )  # fmt: skip
    rows = [
        (
            *(
                one["name"],
                one["closed"],
                one["sessions"],
                one["expected"],
                one["present"],
                one["unsure"],
                one["leave"],
            ),
            *(Percent(one["rate_low"]), Percent(one["rate_high"])),
            *(one["eligibility"].get(word) for word in ("eligible", "not_eligible", "depends")),
        )
        for one in list_rates(answer)
    ]
    return Sheet("到课率", columns, rows)


def _list_students(answer: dict[str, Any], language: str) -> Sheet:
    columns = (
        ("班次", 16), ("学号", 14), ("姓名", 14), ("确认到课学时", 14), ("待定学时", 12), ("计划学时", 12), ("结业考试资格", 24),
    )  # fmt: skip
    eligible = {True: "可以参加", False: "不可参加（到课不足）", None: "待定"}
    return Sheet(
        "学员",
        columns,
        [
            (
                *(item["class"], item["student_no"], item["name"], item["attended_hours"], item.get("unsure_hours")),
                *(item["planned_hours"], translate(eligible[item["exam_eligible"]], language)),
            )
            for item in answer["students"]
        ],
    )


def _list_photos(answer: dict[str, Any]) -> Sheet:
    columns = (
        ("班次", 16), ("课次", 18), ("文件", 36), ("方向", 8), ("收到时间", 20), ("水印时间", 20), ("相机时间", 20), ("人数", 8),
        ("照片结论", 12), ("检查项", 18), ("结论", 12), ("说明", 80), ("判定标准", 22), ("SHA-256", 68),
    )  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    for item in answer["photos"]:
        stamp, camera = item["stamp"] or {}, item["camera"] or {}
        head = (
            *(
                item["class"],
                item["session"],
                item["file"],
                Code(item["view"], "view"),
                Moment(item.get("received_at")),
            ),
            *(
                Moment(stamp.get("taken_at")),
                Moment(camera.get("taken_at")),
                item["people_count"],
                Code(item["outcome"], "outcome"),
            ),
        )
        for found in item["findings"]:
            check = (
                Code(found["check"], "check"),
                Code(found["outcome"], "outcome"),
                found["reason"],
                found["profile"],
            )
            rows.append((*head, *check, item["sha256"]))
        if not item["findings"]:
            rows.append((*head, None, None, None, None, item["sha256"]))
    return Sheet("照片", columns, rows)


def _list_enrolment(answer: dict[str, Any]) -> Sheet:
    columns = (("班次", 16), ("学号或教师编号", 16), ("姓名", 14), ("说明", 80), ("代码", 18), ("SHA-256", 66))
    rows = [
        (*(item["class"], item["student_no"] or item["teacher_number"], item["name"]),
         *(item["reason"], item["code"], item["sha256"]))
        for item in answer.get("enrolment", ())
    ]  # fmt: skip
    return Sheet("登记照问题", columns, rows)


def _list_cases(answer: dict[str, Any]) -> Sheet:
    columns = (
        ("班次", 16), ("课次", 18), ("类型", 20), ("状态", 14), ("学号", 14), ("照片", 36), ("可能性", 10), ("说明", 80),
        ("编号", 38),
    )  # fmt: skip
    return Sheet(
        "案件",
        columns,
        [
            (
                *(
                    item["class"],
                    item["session"],
                    Code(item["kind"], "case"),
                    Code(item["state"], "state"),
                    item["student_no"],
                ),
                *(item.get("file"), Percent(item["probability"]), item["reason"], item["id"]),
            )
            for item in answer["cases"]
        ],
    )


def _list_violations(answer: dict[str, Any]) -> Sheet:
    columns = (
        ("班次", 16), ("条款", 12), ("代码", 32), ("状态", 14), ("课次", 18), ("说明", 80), ("条文", 60), ("证据", 70),
        ("编号", 38),
    )  # fmt: skip
    return Sheet(
        "违规",
        columns,
        [
            (
                *(
                    item["class"],
                    item.get("label") or item["rule"],
                    item["code"],
                    Code(item["state"], "state"),
                    item["session"],
                ),
                *(item["reason"], item.get("quote"), "\n".join(item["evidence"]), item["id"]),
            )
            for item in answer["violations"]
        ],
    )


def _list_presence(answer: dict[str, Any]) -> Sheet:
    columns = (("班次", 16), ("课次", 18), ("学号", 14), ("姓名", 14), ("到课情况", 12), ("依据", 80))
    names = {(item["class"], item["student_no"]): item["name"] for item in answer["students"]}
    rows = [
        (
            *(item["class"], item["id"], one["student_no"], names.get((item["class"], one["student_no"]))),
            *(Code(one["presence"], "presence"), "\n".join(one["because"])),
        )
        for item in answer["sessions"]
        for one in item["students"]
    ]
    return Sheet("到课", columns, rows)


def _list_versions(answer: dict[str, Any]) -> Sheet:
    versions = answer.get("versions") or {}
    rows = [
        ("code", versions.get("code")),
        *sorted(versions.get("packs", {}).items()),
        ("policy", versions.get("policy")),
    ]
    rows += [(name, answer[name]) for name in ("since", "day") if answer.get(name)]
    return Sheet("版本", (("项目", 20), ("值", 60)), rows)


def _fill_sheet(sheet: Worksheet, content: Sheet, language: str) -> None:
    for column, (heading, width) in enumerate(content.columns, start=1):
        cell = _put(sheet, 1, column, label(heading, language), language)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", start_color="E5E7EB")
        sheet.column_dimensions[get_column_letter(column)].width = width
    last = 1
    for last, row in enumerate(content.rows, start=2):
        if last > MAX_ROWS:
            raise ValueError(
                f"the sheet {content.title} has more than {MAX_ROWS} rows: ask for a shorter period or one class"
            )
        for column, value in enumerate(row, start=1):
            _put(sheet, last, column, value, language)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(content.columns))}{last}"


def _put(sheet: Worksheet, row: int, column: int, value: Any, language: str) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # a merged cell has no value; these sheets merge none
    if isinstance(value, Code):
        if value.code is not None:
            _put_text(cell, name_code(value.code, value.table, language))
            if value.code in FILLS:
                cell.fill = PatternFill("solid", start_color=FILLS[value.code])
    elif isinstance(value, Percent):
        cell.value = value.share
        cell.number_format = "0.0%"
    elif isinstance(value, Moment):
        _put_moment(cell, value.iso)
    elif isinstance(value, bool) or not isinstance(value, int | float | None):
        _put_text(cell, str(value))
    else:
        cell.value = value
    return cell


def _put_moment(cell: Cell, iso: str | None) -> None:
    if iso is None:
        return
    try:
        moment = datetime.fromisoformat(iso).replace(tzinfo=None, microsecond=0)
    except ValueError:
        _put_text(cell, iso)
        return
    cell.value = moment
    cell.number_format = "yyyy-mm-dd hh:mm:ss"


def _put_text(cell: Cell, text: str) -> None:
    """Put text that stays text: openpyxl would make a formula of what begins with an equals sign."""
    text = ILLEGAL_CHARACTERS_RE.sub("�", text).encode("utf-8", "backslashreplace").decode("utf-8")
    if len(text) > MAX_CELL_LETTERS:
        text = text[: MAX_CELL_LETTERS - 1] + "…"
    cell.value = text
    cell.data_type = "s"
    if text.startswith(FORMULA_STARTS):
        # As if typed behind an apostrophe, so that it stays text when a person edits the cell.
        cell.quotePrefix = True
    cell.alignment = Alignment(vertical="top", wrap_text=len(text) > 40 or "\n" in text)


def _save(book: Workbook) -> bytes:
    """The workbook's bytes without the moment of writing, which openpyxl puts in its properties and the zip entries."""
    first = io.BytesIO()
    book.save(first)
    book.properties.creator = "classroom-evidence-verifier"
    book.properties.created = book.properties.modified = datetime(*FIXED_TIME)
    out = io.BytesIO()
    with zipfile.ZipFile(first) as written, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fixed:
        for entry in written.infolist():
            data = written.read(entry)
            if entry.filename == "docProps/core.xml":
                data = tostring(book.properties.to_tree())
            fixed.writestr(zipfile.ZipInfo(entry.filename, FIXED_TIME), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
