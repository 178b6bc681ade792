"""The pages of a class, of its subsidy, and of its sessions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from api.pages.grid import build_grid
from api.pages.render import Language, Records, show_page
from verifier.matter_states import OPEN_STATES
from verifier.report.charts import draw_attendance

router = APIRouter()
CONDITION_ORDER = ("not_fulfilled", "open", "fulfilled")
MAX_MATTERS = 20  # more are a list of their own


# Numbers and ids are the agencies' own and may hold a slash, so both are read as paths; the longer routes stand first.
@router.get("/classes/{number:path}/sessions/{session_id:path}")
def show_session(request: Request, language: Language, records: Records, number: str, session_id: str) -> HTMLResponse:
    """One session: who was there and why we say so, findings, photos, cases."""
    day = records.session_day(number, session_id)
    if day is None:
        raise HTTPException(404)
    answer = _find_class(records.answer(day, day, number, language), number)
    session = next((one for one in answer["sessions"] if one["id"] == session_id), None)
    if session is None:
        raise HTTPException(404)
    return show_page(
        request,
        "session.html",
        training=answer["classes"][0],
        session=session,
        names=name_students(answer),
        photos=[photo for photo in answer["photos"] if photo["session"] == session_id],
        cases=[case for case in answer["cases"] if case["session"] == session_id],
        violations=[one for one in answer["violations"] if session_id in (one.get("sessions") or [one["session"]])],
    )


@router.get("/classes/{number:path}/subsidy")
def show_subsidy(request: Request, language: Language, records: Records, number: str) -> HTMLResponse:
    """Every condition under which the class's subsidy may be paid, with its clause, judged now."""
    try:
        view = records.subsidy(number, language)
    except KeyError:
        raise HTTPException(404) from None
    # What stands against the payment first, then what is open; each in the order of the law.
    conditions = sorted(view["conditions"], key=lambda each: CONDITION_ORDER.index(each["state"]))
    return show_page(request, "subsidy.html", view=view, number=number, conditions=conditions)


@router.get("/classes/{number:path}")
def show_class(request: Request, language: Language, records: Records, number: str) -> HTMLResponse:
    """One class: what waits, the grid of who was there, hours, duties, papers, what was found."""
    try:
        page = records.class_page(number, language)
    except KeyError:
        raise HTTPException(404) from None
    matters = [*page["violations"], *page["cases"]]
    matters.sort(key=lambda one: one["state"] not in OPEN_STATES)
    return show_page(
        request,
        "class.html",
        page=page,
        training=page["training"],
        matters=matters[:MAX_MATTERS],
        matters_count=len(matters),
        open_count=sum(one["state"] in OPEN_STATES for one in matters),
        grid=build_grid(page),
        names={student["student_no"]: student["name"] for student in page["students"]},
        attendance=draw_attendance(page, language=language),
    )


def name_students(answer: dict[str, Any]) -> dict[str, str]:
    """student_no or teacher's number → name, of one class."""
    teachers = [teacher for training in answer["classes"] for teacher in training.get("teachers", ())]
    return {teacher["number"]: teacher["name"] for teacher in teachers} | {
        student["student_no"]: student["name"] for student in answer["students"]
    }


def _find_class(answer: dict[str, Any], number: str) -> dict[str, Any]:
    if not any(one["number"] == number for one in answer["classes"]):
        raise HTTPException(404)
    return answer
