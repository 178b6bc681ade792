"""Read the first sheet of an .xlsx workbook as text: values only, formulas refused, numbers remarked."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from verifier.filing.fault import FaultList
from verifier.filing.sheet import MAX_ROWS, NumberCell, RawRow
from verifier.language import say

# 10,000 students need 2 MB unpacked; a hostile workbook of 1 MB unpacks to gigabytes.
MAX_UNPACKED_BYTES = 200 << 20


def parse_workbook(path: Path, file: str, faults: FaultList) -> list[RawRow] | None:
    """The rows of the first sheet with their numbers; None where the workbook cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            faults.error(
                file,
                None,
                say("工作簿解压后有 {size} 字节，超过 {limit} 字节的上限。", size=unpacked, limit=MAX_UNPACKED_BYTES),
                say("请只保留花名册一张表，另存为新的 .xlsx。"),
            )
            return None
        # data_only stays off: a formula's stored result may be stale or forged, so it must be seen as a formula.
        workbook = load_workbook(path, read_only=True, data_only=False, keep_links=False)
    except (OSError, zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, ParseError, EOFError) as error:
        faults.error(
            file,
            None,
            say("不是可以读取的 .xlsx 工作簿（{error}）。", error=type(error).__name__),
            say("请在 Excel 中打开，去掉密码后另存为 .xlsx，或另存为 CSV UTF-8。"),
        )
        return None
    try:
        return _read_first_sheet(workbook, file, faults)
    except (zipfile.BadZipFile, KeyError, ValueError, OverflowError, ParseError, EOFError) as error:
        faults.error(
            file,
            None,
            say("工作簿已损坏（{error}）。", error=type(error).__name__),
            say("请在 Excel 中打开并另存为新的 .xlsx。"),
        )
        return None
    finally:
        workbook.close()


def _read_first_sheet(workbook: Any, file: str, faults: FaultList) -> list[RawRow] | None:
    sheets = workbook.worksheets
    if not sheets:
        faults.error(file, None, say("工作簿里没有工作表。"), say("请把花名册放在第一张工作表。"))
        return None
    if len(sheets) > 1:
        faults.warning(
            file,
            None,
            say("工作簿有 {count} 张工作表，只读取了第一张“{name}”。", count=len(sheets), name=sheets[0].title),
            say("请确认花名册在第一张工作表。"),
        )
    # What the file says its size is may be a million formatted but empty rows: read what is there instead.
    sheets[0].reset_dimensions()
    rows: list[RawRow] = []
    for number, cells in enumerate(sheets[0].iter_rows(), start=1):
        if all(cell.value is None for cell in cells):
            continue
        if len(rows) == MAX_ROWS:
            faults.error(file, number, say("超过 {limit} 行。", limit=MAX_ROWS), say("请检查是否放错了文件。"))
            return None
        if _has_values_only(number, cells, file, faults):
            rows.append((number, [_as_text(cell.value) for cell in cells]))
    return rows


def _has_values_only(number: int, cells: Sequence[Any], file: str, faults: FaultList) -> bool:
    """Whether no cell of the row is a formula or an error."""
    sound = True
    for cell in cells:
        if cell.data_type == "f":
            sound = False
            faults.error(
                file,
                number,
                say("单元格 {cell} 是公式。", cell=cell.coordinate),
                say("请选中整张表，复制后“选择性粘贴—数值”，再保存。"),
            )
        elif cell.data_type == "e":
            sound = False
            faults.error(
                file,
                number,
                say("单元格 {cell} 的值是错误 {value}。", cell=cell.coordinate, value=str(cell.value)),
                say("请改为实际的内容。"),
            )
    return sound


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return NumberCell(int(value) if value == int(value) else value)
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)
