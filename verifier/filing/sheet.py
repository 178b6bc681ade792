"""Read a table whose headings stand in any order, in Chinese or English: roster, sign-ins, leave, declarations."""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from verifier.filing.fault import FaultList
from verifier.language import Sentence, say

DELIMITERS = ",;\t"
# People put a title and a note above the headings; further down a look-alike line is data.
MAX_LINES_ABOVE_HEADINGS = 5
MAX_ROWS = 200_000
RawRow = tuple[int, list[str]]
# What a spreadsheet would compute: a sign at the front, and behind + or - a call or a cell; phones and names have none.
_FORMULA = re.compile(r"[=@]|[+-].*(?:[(|!]|\b[A-Za-z]{1,3}\d)")


class NumberCell(str):
    """The text of a cell that a spreadsheet holds as a number, so that leading zeros may be lost."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its field and the headings it goes by; the first one is the one asked for."""

    field: str
    headings: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its line (or spreadsheet row) from 1, and its trimmed cells by field; absent ones are empty."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, field: str) -> str:
        return self.cells.get(field, "")


def parse_csv(text: str, file: str, faults: FaultList) -> list[RawRow] | None:
    """Split delimited text into rows with the line each begins on; None where it is no sound CSV."""
    rows: list[RawRow] = []
    reader = csv.reader(text.splitlines(keepends=True), delimiter=_find_delimiter(text), strict=True)
    begins = 1
    try:
        for cells in reader:
            if len(rows) == MAX_ROWS:
                faults.error(file, begins, say("超过 {limit} 行。", limit=MAX_ROWS), say("请检查是否放错了文件。"))
                return None
            rows.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        faults.error(
            file,
            begins,
            say("从这一行起不符合 CSV 格式：{error}。", error=str(error)),
            say('请检查引号是否成对；单元格里的引号要写两遍（""）。'),
        )
        return None
    return rows


def match_headings(raw: Sequence[RawRow], columns: Sequence[Column], file: str, faults: FaultList) -> list[Row] | None:
    """Find the headings and name every cell by its column; None where a required heading is missing.

    Args:
        raw: Rows with their line, headings among the first of them.
        columns: What may be there.
    """
    filled = [(line, [_trim(cell) for cell in cells]) for line, cells in raw]
    filled = [(line, cells) for line, cells in filled if any(cells)]
    found = _find_headings(filled, columns)
    if found is None:
        line, seen = filled[0] if filled else (None, [])
        _say_no_headings(line, seen, columns, file, faults)
        return None
    position, fields = found
    line, headings = filled[position]
    _check_headings(line, headings, fields, columns, file, faults)
    return [row for one in filled[position + 1 :] if (row := _name_cells(one, fields, headings, file, faults))]


def fold(text: str) -> str:
    """A heading or name for comparing: full-width as half-width, no blanks, no case, no ornaments."""
    return re.sub(r"[\s_*:()\-.]+", "", unicodedata.normalize("NFKC", text)).casefold()


def clean_number(text: str) -> str:
    """A student or teacher number as it is compared: full-width as half-width, trimmed, one form of each character."""
    return unicodedata.normalize("NFKC", text).strip()


def _find_delimiter(text: str) -> str:
    """The delimiter that splits the first line that has one; a quoted cell's commas do not count."""
    for line in text.splitlines()[: MAX_LINES_ABOVE_HEADINGS + 1]:
        bare = re.sub(r'"[^"]*"', "", line)
        counts = {delimiter: bare.count(delimiter) for delimiter in DELIMITERS}
        if any(counts.values()):
            return max(counts, key=lambda delimiter: counts[delimiter])
    return ","


def _find_headings(rows: Sequence[RawRow], columns: Sequence[Column]) -> tuple[int, list[str | None]] | None:
    """The first row that has every required heading, and the field of each of its cells."""
    for position, (_, cells) in enumerate(rows[: MAX_LINES_ABOVE_HEADINGS + 1]):
        fields = [_field_of(cell, columns) for cell in cells]
        if all(column.field in fields for column in columns if column.required):
            return position, fields
    return None


def _field_of(heading: str, columns: Sequence[Column]) -> str | None:
    folded = fold(heading)
    for column in columns:
        if folded in {fold(name) for name in column.headings}:
            return column.field
    return None


def _say_no_headings(
    line: int | None, seen: Sequence[str], columns: Sequence[Column], file: str, faults: FaultList
) -> None:
    wanted = "、".join(" / ".join(column.headings[:2]) for column in columns if column.required)
    remedy = say("第一行请写表头：{wanted}。", wanted=wanted)
    if not seen:
        faults.error(file, None, say("文件是空的。"), remedy)
        return
    fields = {_field_of(cell, columns) for cell in seen}
    missing = "、".join(column.headings[0] for column in columns if column.required and column.field not in fields)
    faults.error(
        file,
        line,
        say(
            "表头缺少：{missing}；看到的是：{seen}。",
            missing=missing,
            seen="、".join(cell for cell in seen if cell)[:200],
        ),
        remedy,
    )


def _check_headings(
    line: int,
    headings: Sequence[str],
    fields: Sequence[str | None],
    columns: Sequence[Column],
    file: str,
    faults: FaultList,
) -> None:
    known = [name for column in columns for name in column.headings]
    for position, (heading, field) in enumerate(zip(headings, fields, strict=True)):
        if field is not None and field in fields[:position]:
            faults.error(
                file,
                line,
                say("表头“{first}”和“{second}”是同一项。", first=headings[fields.index(field)], second=heading),
                say("请只保留其中一列。"),
            )
        elif field is None and heading:
            near = difflib.get_close_matches(heading, known, n=1)
            remedy = say("是否想写“{guess}”？", guess=near[0]) if near else say("如需要这一列，请改用约定的表头。")
            faults.warning(file, line, say("表头“{heading}”不认识，这一列未读取。", heading=heading), remedy)


def _name_cells(
    row: RawRow, fields: Sequence[str | None], headings: Sequence[str], file: str, faults: FaultList
) -> Row | None:
    line, cells = row
    if any(cells[len(headings) :]):
        # Read on, and the cells behind the comma that is too many would land under the wrong heading.
        faults.error(
            file,
            line,
            say("这一行有 {seen} 个单元格，而表头只有 {wanted} 个。", seen=len(cells), wanted=len(headings)),
            say("请删去多余的分隔符；含有逗号的内容请加引号。"),
        )
        return None
    named = {field: cell for field, cell in zip(fields, cells, strict=False) if field is not None}
    for field, cell in named.items():
        if _FORMULA.match(cell):
            faults.warning(
                file,
                line,
                say("“{heading}”一列的内容像公式，已按文字保留，没有计算。", heading=headings[fields.index(field)]),
                say("请改为实际的内容。"),
            )
    return Row(line, named) if any(named.values()) else None


def _trim(cell: str) -> str:
    return cell if isinstance(cell, NumberCell) else cell.replace("\ufeff", "").strip(" \t\r\n\f\u3000\xa0\u200b")


def each_unique(
    rows: Sequence[Row], field: str, heading: Sentence, file: str, faults: FaultList
) -> Iterator[tuple[str, Row]]:
    """Rows by a number that must be there and differ; an error for each that is empty or was used before."""
    first_lines: dict[str, int] = {}
    for row in rows:
        number = clean_number(row[field])
        if not number:
            faults.error(
                file, row.line, say("{heading}是空的。", heading=heading), say("请填写{heading}。", heading=heading)
            )
        elif number in first_lines:
            faults.error(
                file,
                row.line,
                say(
                    "{heading} {number} 重复：第 {first} 行和第 {second} 行。",
                    heading=heading,
                    number=number,
                    first=first_lines[number],
                    second=row.line,
                ),
                say("请核对两行，每个{heading}只保留一行。", heading=heading),
            )
        else:
            first_lines[number] = row.line
            yield number, row
