"""The lists of cases and of violations, with filters by state and class."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.pages.render import Language, Records, show_page
from verifier.report.summary import OPEN_STATES
from verifier.report.words import STATES

router = APIRouter()


@router.get("/cases")
def list_cases(
    request: Request, language: Language, records: Records, state: str = "open", number: str = ""
) -> HTMLResponse:
    """Cases: the likeliest first."""
    answer = records.answer(None, None, number or None, language)
    cases = sorted(_choose(answer["cases"], state), key=lambda case: (-(case.get("probability") or 0.0), case["id"]))
    return _show(request, "cases.html", answer, cases, state, number)


@router.get("/violations")
def list_violations(
    request: Request, language: Language, records: Records, state: str = "open", number: str = ""
) -> HTMLResponse:
    """Violations: by class and rule."""
    answer = records.answer(None, None, number or None, language)
    violations = sorted(
        _choose(answer["violations"], state), key=lambda item: (item["class"], item["rule"], item["id"])
    )
    return _show(request, "violations.html", answer, violations, state, number)


def _choose(items: list[dict[str, Any]], state: str) -> list[dict[str, Any]]:
    """`state` is ``open``, ``all`` or one of STATES."""
    if state == "all":
        return items
    return [item for item in items if (item["state"] in OPEN_STATES if state == "open" else item["state"] == state)]


def _show(
    request: Request, template: str, answer: dict[str, Any], items: list[dict[str, Any]], state: str, number: str
) -> HTMLResponse:
    names = {(student["class"], student["student_no"]): student["name"] for student in answer["students"]}
    return show_page(request, template, items=items, names=names, state=state, number=number, states=list(STATES))
