"""The pages of a class and of its sessions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from api.pages.grid import build_grid
from api.pages.render import Language, Records, show_page
from verifier.report.charts import draw_attendance, draw_outcomes
from verifier.report.summary import SETTLED, list_unclosed

router = APIRouter()


# Numbers and ids are the agencies' own and may hold a slash, so both are read as paths; the longer route stands first.
@router.get("/classes/{number:path}/sessions/{session_id:path}")
def show_session(request: Request, language: Language, records: Records, number: str, session_id: str) -> HTMLResponse:
    """One session: who was there and why we say so, findings, photos, cases."""
    answer = _find_class(records.answer(None, None, number, language), number)
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


@router.get("/classes/{number:path}")
def show_class(request: Request, language: Language, records: Records, number: str) -> HTMLResponse:
    """One class: the grid of who was there, hours, what was found."""
    answer = _find_class(records.answer(None, None, number, language), number)
    return show_page(
        request,
        "class.html",
        training=answer["classes"][0],
        answer=answer,
        grid=build_grid(answer),
        settled=SETTLED,
        names=name_students(answer),
        flagged=[photo for photo in answer["photos"] if photo["outcome"] not in ("passed", "not_applicable")],
        loose=[photo for photo in answer["photos"] if not photo["session"]],
        unclosed=list_unclosed(answer),
        attendance=draw_attendance(answer, language=language),
        outcomes=draw_outcomes(answer, language=language),
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
