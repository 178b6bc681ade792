"""The night's report, its workbook and the terminal show each class's and agency's rate with numerator and denominator."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from rich.console import Console

from tests.builders.answers import an_answer
from verifier.regulation.attendance_rate import PresenceCount
from verifier.report.night_html import write_night_report
from verifier.report.night_xlsx import write_night_workbook
from verifier.report.terminal import show_rates
from verifier.standing import describe_rate

COUNT = PresenceCount(present=7, absent=1, unsure=2, leave=3)


def an_answer_with_rates() -> dict[str, Any]:
    answer = an_answer()
    for each in answer["classes"]:
        each["attendance"] = {"sessions": 3, "closed": 2, **describe_rate(COUNT)}
        each["eligibility"] = {"eligible": 4, "not_eligible": 1, "depends": 2}
    total = PresenceCount(present=14, absent=2, unsure=4, leave=6)
    answer["agencies"] = [
        {"code": "X", "name": "示范学校", "classes": 2, "sessions": 6, "closed": 4, **describe_rate(total)}
    ]
    return answer


def test_the_unsure_stand_between_the_bounds_and_leave_is_not_expected():
    shown = describe_rate(COUNT)
    assert (shown["present"], shown["expected"], shown["leave"]) == (7, 10, 3)
    assert (shown["rate_low"], shown["rate_high"]) == (0.7, 0.9)


def test_nobody_expected_has_no_rate():
    assert describe_rate(PresenceCount(leave=3))["rate_low"] is None


def test_the_report_shows_class_and_agency(tmp_path: Path) -> None:
    html = write_night_report(an_answer_with_rates(), tmp_path, lambda _: b"").read_text(encoding="utf-8")
    assert "班次与机构的到课率" in html
    assert "示范学校" in html
    assert "<td>20</td><td>14</td><td>4</td><td>6</td>" in html


def test_the_workbook_shows_class_and_agency(tmp_path: Path) -> None:
    book = load_workbook(write_night_workbook(an_answer_with_rates(), tmp_path / "night.xlsx"))
    rows = list(book["到课率"].iter_rows(min_row=2, values_only=True))
    assert rows[-1][:9] == ("示范学校", 4, 6, 20, 14, 4, 6, 0.7, 0.9)
    assert rows[0][-3:] == (4, 1, 2)


def test_an_answer_without_rates_shows_none(tmp_path: Path) -> None:
    html = write_night_report(an_answer(), tmp_path, lambda _: b"").read_text(encoding="utf-8")
    assert "班次与机构的到课率" not in html


def test_the_terminal_shows_class_and_agency():
    out = io.StringIO()
    show_rates(an_answer_with_rates(), Console(file=out, width=160))
    assert "示范学校" in out.getvalue()
    assert "70.0%–90.0%" in out.getvalue()
