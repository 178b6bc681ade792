"""Session × student: who was there, as a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class GridRow:
    """One student with a presence per column; None where the session is not closed."""

    student: dict[str, Any]
    cells: list[str | None]


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns are sessions in time order, rows students by number."""

    sessions: list[dict[str, Any]]
    rows: list[GridRow]


def build_grid(page: dict[str, Any]) -> Grid:
    """The grid of one class, out of `class_page.view_class_page`."""
    sessions = sorted(page["sessions"], key=lambda session: (session["starts_at"] or session["date"], session["id"]))
    columns = [page["presence"].get(session["id"], {}) for session in sessions]
    students = sorted(page["students"], key=lambda student: student["student_no"])
    return Grid(
        sessions, [GridRow(student, [column.get(student["student_no"]) for column in columns]) for student in students]
    )
