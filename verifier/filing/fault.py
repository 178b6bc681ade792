"""What is wrong with a class folder: where, what, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from verifier.language import Sentence

# An 18-digit (or old 15-digit) resident ID number, told from other digit runs by the birth date inside it.
_BIRTH_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_ID_NUMBER = re.compile(
    rf"(?<!\d)(?:\d{{6}}(?:18|19|20)\d\d{_BIRTH_DAY}\d{{3}}[\dXx]|\d{{8}}{_BIRTH_DAY}\d{{3}})(?!\d)"
)


class Severity(StrEnum):
    """Whether the folder can be loaded all the same."""

    ERROR = "error"  # nothing is loaded until it is put right
    WARNING = "warning"  # loaded; somebody should look


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a class folder.

    Attributes:
        file: Path inside the folder; ``.`` for the folder itself.
        line: Line (of a spreadsheet: row), from 1; None where the fault has no line.
        severity: Errors keep the whole folder from being loaded.
        problem: What is wrong. Never holds a full ID number.
        remedy: What to do.
    """

    file: str
    line: int | None
    severity: Severity
    problem: Sentence
    remedy: Sentence


@dataclass(slots=True)
class FaultList:
    """Collects every fault on the way, so that a person can put all of them right at once."""

    faults: list[Fault] = field(default_factory=list)

    def error(self, file: str, line: int | None, problem: Sentence, remedy: Sentence) -> None:
        """Note what keeps the folder from being loaded."""
        self._add(file, line, Severity.ERROR, problem, remedy)

    def warning(self, file: str, line: int | None, problem: Sentence, remedy: Sentence) -> None:
        """Note what somebody should look at."""
        self._add(file, line, Severity.WARNING, problem, remedy)

    @property
    def errors(self) -> int:
        """How many faults keep the folder from being loaded."""
        return sum(fault.severity is Severity.ERROR for fault in self.faults)

    def in_order(self) -> tuple[Fault, ...]:
        """By file and line; the folder's own faults first."""
        return tuple(sorted(self.faults, key=lambda fault: (fault.file != ".", fault.file, fault.line or 0)))

    def _add(self, file: str, line: int | None, severity: Severity, problem: Sentence, remedy: Sentence) -> None:
        # Masked here, once for all: a swapped column puts ID numbers where nobody expects them.
        self.faults.append(Fault(mask_ids(file), line, severity, _mask(problem), _mask(remedy)))


def mask_id(number: str) -> str:
    """An ID number as it may be shown: ``430***********1234``; shorter ones entirely as stars."""
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}" if len(number) >= 15 else "*" * len(number)


def mask_ids(text: str) -> str:
    """A text with every ID number in it masked."""
    return _ID_NUMBER.sub(lambda found: mask_id(found.group()), text)


def _mask(sentence: Sentence) -> Sentence:
    return Sentence(sentence.template, _mask_values(sentence.values))


def _mask_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: mask_ids(value) if isinstance(value, str) else value for name, value in values.items()}
