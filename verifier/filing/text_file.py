"""Decode text that people saved with whatever their office program offered: UTF-8, UTF-16 or GB18030, decided strictly."""

from __future__ import annotations

import codecs
import unicodedata
from pathlib import Path

from verifier.filing.fault import FaultList
from verifier.language import say

MAX_TEXT_BYTES = 32 << 20  # a sign-in list of 100,000 lines has 10 MB
# In GB18030 text about one byte pair in seven is UTF-8 by chance; in damaged UTF-8 nearly all are.
MAX_UTF8_SHARE_OF_GB18030 = 0.5


def read_text_file(path: Path, file: str, faults: FaultList) -> str | None:
    """The text of a file, without a byte order mark; None where a fault was noted.

    Args:
        path: Where it lies.
        file: How faults name it.
    """
    try:
        if path.stat().st_size > MAX_TEXT_BYTES:
            faults.error(
                file,
                None,
                say("文件有 {size} 字节，超过 {limit} 字节的上限。", size=path.stat().st_size, limit=MAX_TEXT_BYTES),
                say("请检查是否放错了文件。"),
            )
            return None
        data = path.read_bytes()
    except OSError as error:
        faults.error(file, None, say("无法读取：{error}。", error=error.strerror or ""), say("请检查文件及其权限。"))
        return None
    return decode_text(data, file, faults)


def decode_text(data: bytes, file: str, faults: FaultList) -> str | None:
    """Bytes as text; None where a fault was noted."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode_as(data, "utf-16", file, faults)
    try:
        return _require_text(data.decode("utf-8-sig"), file, faults)
    except UnicodeDecodeError as error:
        if _is_mostly_utf8(data):
            faults.error(
                file,
                data[: error.start].count(b"\n") + 1,
                say("文件是 UTF-8 编码，但这一行有损坏的字节。"),
                say("请用原来的程序重新保存为 UTF-8，再核对这一行。"),
            )
            return None
    return _decode_as(data, "gb18030", file, faults)


def _decode_as(data: bytes, encoding: str, file: str, faults: FaultList) -> str | None:
    try:
        return _require_text(data.decode(encoding), file, faults)
    except UnicodeDecodeError as error:
        faults.error(
            file,
            data[: error.start].count(b"\n") + 1,
            say("文件既不是 UTF-8 也不是 GB18030 编码的文字。"),
            say("请在 Excel 或记事本中另存为 UTF-8 格式。"),
        )
        return None


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether most of the non-ASCII text is sound UTF-8, so that single bytes of it must be damaged."""
    text = data.decode("utf-8", errors="replace")
    beyond_ascii = sum(character > "\x7f" for character in text)
    sound = beyond_ascii - text.count("\ufffd")
    return sound > MAX_UTF8_SHARE_OF_GB18030 * beyond_ascii


def _require_text(text: str, file: str, faults: FaultList) -> str | None:
    """Refuse what decodes but is no text: control characters. Private code points stay: rare names are written so."""
    for number, line in enumerate(text.split("\n"), start=1):
        for character in line:
            if unicodedata.category(character) == "Cc" and character not in "\t\r\f":
                faults.error(
                    file,
                    number,
                    say("这一行含有不属于文字的字符（U+{code}）。", code=f"{ord(character):04X}"),
                    say("请检查文件是否损坏，或另存为 UTF-8 格式的文本。"),
                )
                return None
    return text
