"""Shorthand to look at the faults of a class folder that a test wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.builders.class_folder import write_class_folder
from verifier.filing import ClassFolder, Fault, Severity, read_class_folder

ERROR, WARNING = Severity.ERROR, Severity.WARNING


def read(folder: Path, **changes: Any) -> ClassFolder:
    """Write a class folder with these changes and read it."""
    return read_class_folder(write_class_folder(folder / "class", **changes))


def shown(fault: Fault) -> str:
    """A fault on one line, in English: ``roster.csv:3 error The … | Fill in …``."""
    place = fault.file if fault.line is None else f"{fault.file}:{fault.line}"
    return f"{place} {fault.severity} {fault.problem.text('en')} | {fault.remedy.text('en')}"


def all_shown(read: ClassFolder) -> list[str]:
    """Every fault on a line."""
    return [shown(fault) for fault in read.faults]


def only_fault(read: ClassFolder) -> str:
    """The one fault there is; and that errors, and only they, keep the class from being loaded."""
    assert len(read.faults) == 1, all_shown(read)
    assert (read.class_file is None) == (read.faults[0].severity is ERROR)
    return shown(read.faults[0])
