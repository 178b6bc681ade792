"""On which line of a TOML file each table and key stands; tomllib reads values but forgets their places."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

Path = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*(?P<name>[^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(
    r"\s*(?P<name>(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'))*)\s*="
)
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^\s.]+)")
# Strings (the multi-line kinds first) and comments, in which brackets mean nothing.
_OPAQUE = re.compile(r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*', re.DOTALL)


def find_lines(text: str) -> Mapping[Path, int]:
    """Map each table and key to its line, from 1: ``("session", 0, "starts") → 31``.

    Keys inside inline tables and arrays have no entry; `line_of` answers with the line of what holds them.
    """
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    depth = 0
    for number, line in enumerate(_without_strings(text).split("\n"), start=1):
        if depth == 0 and (header := _HEADER.match(line)):
            table = _resolve(_parts(header["name"]), counts, array=header[1] == "[[")
            lines.setdefault(table, number)
            continue
        if depth == 0 and (key := _KEY.match(line)):
            path = table
            for part in _parts(key["name"]):
                path = (*path, part)
                lines.setdefault(path, number)
            line = line[key.end() :]
        depth = max(0, depth + sum(map(line.count, "[{")) - sum(map(line.count, "]}")))
    return lines


def line_of(lines: Mapping[Path, int], path: Path) -> int | None:
    """The line of a key, or of the innermost table around it that has one; None for what stands nowhere."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def find_error_line(error: tomllib.TOMLDecodeError, text: str) -> int:
    """The line a syntax error stands on; the last one where the file ends too early."""
    place = re.search(r"at line (\d+)", str(error))
    return int(place[1]) if place else max(1, len(text.splitlines()))


def _without_strings(text: str) -> str:
    """Blank values and comments, keeping the lines; quoted keys, which end before a ``=``, stay."""

    def blank(found: re.Match[str]) -> str:
        kept = found.group()
        if kept[0] != "#" and re.match(r"[ \t]*[=.\]]", text[found.end() :]):
            return kept
        return re.sub(r"[^\n]", " ", kept)

    return _OPAQUE.sub(blank, text)


def _parts(name: str) -> list[str]:
    return [double or single or bare for double, single, bare in _PART.findall(name)]


def _resolve(parts: list[str], counts: dict[Path, int], *, array: bool) -> Path:
    """A header's name as a path: each array of tables on the way stands for its newest member."""
    path: Path = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        if array and position == len(parts) - 1:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path] - 1)
    return path
