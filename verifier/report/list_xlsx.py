"""A list as a workbook, written row by row: a long one needs no more memory than a short one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import IO, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from verifier.report.night_xlsx import FORMULA_STARTS, MAX_CELL_LETTERS

MAX_SHEET_NAME = 31  # Excel's own limit
_NOT_IN_A_NAME = str.maketrans("[]:*?/\\", "_______")


def write_list(
    target: IO[bytes], title: str, headings: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[Any]],
    zone: ZoneInfo,
) -> None:  # fmt: skip
    """Write one sheet with a frozen, filtered heading.

    Args:
        rows: A value for each heading: text, number, day, moment (shown in `zone`), None for an empty cell. Text stays text.
        widths: Of the columns, in characters.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title.translate(_NOT_IN_A_NAME)[:MAX_SHEET_NAME])
    sheet.freeze_panes = "A2"
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.append([_make_cell(sheet, each, zone, bold=True) for each in headings])
    count = 1
    for row in rows:
        sheet.append([_make_cell(sheet, each, zone) for each in row])
        count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headings))}{count}"
    book.save(target)


def _make_cell(sheet: Any, value: Any, zone: ZoneInfo, *, bold: bool = False) -> Any:
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value.astimezone(zone).replace(tzinfo=None, microsecond=0))
        cell.number_format = "yyyy-mm-dd hh:mm:ss"
        return cell
    if isinstance(value, date):
        cell = WriteOnlyCell(sheet, datetime.combine(value, time()))
        cell.number_format = "yyyy-mm-dd"
        return cell
    if value is None or isinstance(value, int | float):
        return WriteOnlyCell(sheet, value)
    return _make_text(sheet, str(value) if isinstance(value, UUID) else value, bold)


def _make_text(sheet: Any, text: str, bold: bool) -> Any:
    text = ILLEGAL_CHARACTERS_RE.sub("�", text).encode("utf-8", "backslashreplace").decode("utf-8")
    if len(text) > MAX_CELL_LETTERS:
        text = text[: MAX_CELL_LETTERS - 1] + "…"
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # openpyxl would make a formula of what begins with an equals sign
    # As if typed behind an apostrophe, so that it stays text when a person edits the cell.
    cell.quotePrefix = text.startswith(FORMULA_STARTS)
    cell.alignment = Alignment(vertical="top", wrap_text=len(text) > 40)
    if bold:
        cell.font = Font(bold=True)
    return cell
