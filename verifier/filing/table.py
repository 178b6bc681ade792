"""Read the values of one TOML table, each fault with its line and what to write instead."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar

from verifier.filing.entries import CLASS_TOML
from verifier.filing.fault import FaultList
from verifier.filing.toml_lines import Path, line_of
from verifier.language import Sentence, say

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(slots=True)
class Table:
    """One table of class.toml. Every ``read_`` method notes its faults and answers None where there is no sound value.

    `finish` must be called last: it finds the keys nobody asked for, which are typing mistakes.
    """

    values: Mapping[str, Any]
    path: Path
    lines: Mapping[Path, int]
    faults: FaultList
    _asked: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """As it is written in the file: ``[class]``, ``[[session]]``, ``[session.venue]``."""
        if not self.path:
            return CLASS_TOML
        words = ".".join(str(part) for part in self.path if isinstance(part, str))
        return f"[[{words}]]" if self.path and isinstance(self.path[-1], int) else f"[{words}]"

    def line(self, key: str | None = None) -> int | None:
        """Where the key stands, or the table."""
        return line_of(self.lines, self.path if key is None else (*self.path, key))

    def error(self, key: str | None, problem: Sentence, remedy: Sentence) -> None:
        """Note an error at a key."""
        self.faults.error(CLASS_TOML, self.line(key), problem, remedy)

    def warning(self, key: str | None, problem: Sentence, remedy: Sentence) -> None:
        """Note a warning at a key."""
        self.faults.warning(CLASS_TOML, self.line(key), problem, remedy)

    def has(self, key: str) -> bool:
        """Whether the key is there at all."""
        return key in self.values

    def read_text(self, key: str, example: str, *, required: bool = True) -> str | None:
        """A text; surrounding blanks are dropped. An empty one is as good as none."""
        value = self._take(key, f'"{example}"', required)
        if value is None:
            return None
        if not isinstance(value, str):
            self._wrong_kind(key, say("带引号的文字"), f'"{example}"')
            return None
        if not value.strip() and required:
            self.error(
                key,
                say("{table} 的 {key} 是空的。", table=self.name, key=key),
                say('请填写，例如 {key} = "{example}"。', key=key, example=example),
            )
            return None
        return value.strip()

    def read_flag(self, key: str, *, default: bool) -> bool:
        """``true`` or ``false``."""
        value = self._take(key, "true", False)
        if value is None:
            return default
        if not isinstance(value, bool):
            self._wrong_kind(key, say("true 或 false"), "true")
            return default
        return value

    def read_number(
        self, key: str, example: str, *, low: float, high: float, required: bool = True, above: bool = False
    ) -> float | None:
        """A finite number from `low` to `high`, both included; with `above`, `low` itself is not."""
        value = self._take(key, example, required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong_kind(key, say("不带引号的数字"), example)
            return None
        if not math.isfinite(value) or not low <= value <= high or (above and value == low):
            self.error(
                key,
                say("{table} 的 {key} 是 {seen}，超出允许的范围。", table=self.name, key=key, seen=value),
                say(
                    "应为 {low} 到 {high} 之间的数，例如 {key} = {example}。",
                    low=low,
                    high=high,
                    key=key,
                    example=example,
                ),
            )
            return None
        return float(value)

    def read_whole(self, key: str, example: str, *, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`."""
        value = self.values.get(key)
        if isinstance(value, float) and math.isfinite(value) and value != int(value):
            self._asked.add(key)
            self._wrong_kind(key, say("整数"), example)
            return None
        number = self.read_number(key, example, low=low, high=high)
        return None if number is None else int(number)

    def read_date(self, key: str, *, required: bool = True) -> date | None:
        """A calendar day."""
        value = self._take(key, "2023-06-12", required)
        if value is None:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            self._wrong_kind(key, say("不带引号、不带时间的日期"), "2023-06-12")
            return None
        return value

    def read_clock(self, key: str, example: str) -> time | None:
        """A time of day."""
        value = self._take(key, example, required=True)
        if value is None:
            return None
        if not isinstance(value, time):
            self._wrong_kind(key, say("不带引号的时刻"), example)
            return None
        return value

    def read_choice(self, key: str, choices: type[Choice], default: Choice | None = None) -> Choice | None:
        """One of the words of an enumeration; `default` where the key is absent (None = it is required)."""
        example = next(iter(choices)).value
        value = self._take(key, f'"{example}"', required=default is None)
        if value is None:
            return default
        for choice in choices:
            if isinstance(value, str) and value.strip().casefold() == choice.value:
                return choice
        self.error(
            key,
            say("{table} 的 {key} 是 {seen}，不在可选值之内。", table=self.name, key=key, seen=repr(value)),
            say("请改为下列之一：{choices}。", choices="、".join(choice.value for choice in choices)),
        )
        return None

    def read_texts(self, key: str, example: str) -> tuple[str, ...]:
        """A list of texts; empty where the key is absent or unsound."""
        value = self._take(key, example, required=False)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._wrong_kind(key, say("文字的列表"), example)
            return ()
        return tuple(item.strip() for item in value)

    def read_list(self, key: str, example: str) -> list[Any] | None:
        """A list of anything; None where the key is absent or no list."""
        value = self._take(key, example, required=False)
        if value is None or isinstance(value, list):
            return value
        self._wrong_kind(key, say("列表"), example)
        return None

    def read_table(self, key: str, *, required: bool) -> Table | None:
        """A table of its own: ``[class]``."""
        self._asked.add(key)
        path = (*self.path, key)
        shown = ".".join(str(part) for part in path if isinstance(part, str))
        if key not in self.values:
            if required:
                self.error(
                    None,
                    say("缺少 [{table}] 一节。", table=shown),
                    say("请加上 [{table}] 一节；verifier template 会写出完整的样例。", table=shown),
                )
            return None
        value = self.values[key]
        if not isinstance(value, dict):
            self.error(key, say("{key} 不是一节。", key=shown), say("请写成 [{table}]，且只写一次。", table=shown))
            return None
        return Table(value, path, self.lines, self.faults)

    def read_tables(self, key: str) -> list[Table]:
        """Repeated tables: ``[[session]]``; empty where there are none."""
        self._asked.add(key)
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.error(
                key,
                say("{key} 应当可以重复，但写成了单独的一项。", key=key),
                say("请用双层方括号，每项一节：[[{key}]]。", key=key),
            )
            return []
        return [Table(item, (*self.path, key, index), self.lines, self.faults) for index, item in enumerate(value)]

    def finish(self) -> None:
        """Warn of every key nobody asked for."""
        for key in self.values:
            if key in self._asked:
                continue
            near = difflib.get_close_matches(key, self._asked, n=1)
            remedy = (
                say("是否想写 {guess}？请改正或删去。", guess=near[0])
                if near
                else say("请删去，或查看 verifier template 写出的样例。")
            )
            self.warning(key, say("{table} 里的 {key} 不认识，未读取。", table=self.name, key=key), remedy)

    def _take(self, key: str, example: str, required: bool) -> Any:
        self._asked.add(key)
        if key not in self.values and required:
            self.error(
                None,
                say("{table} 缺少 {key}。", table=self.name, key=key),
                say("请加一行，例如 {key} = {example}。", key=key, example=example),
            )
        return self.values.get(key)

    def _wrong_kind(self, key: str, wanted: Sentence, example: str) -> None:
        # What was written is not repeated: it may be a password in the wrong place.
        self.error(
            key,
            say("{table} 的 {key} 应当是{wanted}。", table=self.name, key=key, wanted=wanted),
            say("请这样写：{key} = {example}。", key=key, example=example),
        )
