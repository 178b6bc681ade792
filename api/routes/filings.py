"""What happens to a filing: its timetable, changes that are filed later (Art. 7), and the office's approval."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from api.auth import Reader
from api.etags import IfMatch
from api.idempotency import WithFiling, Write, WriteWith
from api.routes.answers.filing import ApprovalOut, ChangesOut, RegisteredOut, TimetableOut
from api.routes.reading import State
from api.routes.resources import answer_part, save_part
from api.routes.shapes import ChangeIn, ClassNumber, SessionIn, Strict

router = APIRouter()
WithApproval = Annotated[Write, Depends(WriteWith("filing", office=True))]


class TimetableIn(Strict):
    """All sessions of a class, in their order: what is left out is not taught any more."""

    session: Annotated[list[SessionIn], Field(min_length=1, max_length=400)]


class ApprovalIn(Strict):
    """When the office approved the filing."""

    approved_on: date


@router.get("/classes/{number}/timetable", response_model=TimetableOut)
def read_timetable(number: ClassNumber, caller: Reader, state: State) -> JSONResponse:
    """The class's sessions as they are filed, with the ETag."""
    return answer_part(state, caller, number, _pick_timetable)


@router.put("/classes/{number}/timetable", response_model=RegisteredOut)
def save_timetable(number: ClassNumber, body: TimetableIn, write: WithFiling, if_match: IfMatch = "") -> Response:
    """File another timetable, within what may still be filed. Sessions that are left out are marked, never deleted."""

    def change(filing: dict[str, Any], wanted: dict[str, Any]) -> None:
        filing["session"] = wanted["session"]

    return save_part(number, body, write, if_match, _pick_timetable, change)


@router.get("/classes/{number}/changes", response_model=ChangesOut)
def read_changes(number: ClassNumber, caller: Reader, state: State) -> JSONResponse:
    """Changes that were filed after the class was, with the ETag."""
    return answer_part(state, caller, number, _pick_changes)


@router.post("/classes/{number}/changes", response_model=RegisteredOut)
def add_change(number: ClassNumber, body: ChangeIn, write: WithFiling, if_match: IfMatch = "") -> Response:
    """File a change of time, place, teacher or plan; the same change again changes nothing."""

    def change(filing: dict[str, Any], wanted: dict[str, Any]) -> None:
        whole = dict.fromkeys(filing["change"][0] if filing["change"] else wanted) | {"sessions": []} | wanted
        if whole not in filing["change"]:
            filing["change"].append(wanted)

    return save_part(number, body, write, if_match, _pick_changes, change)


@router.get("/classes/{number}/approval", response_model=ApprovalOut)
def read_approval(number: ClassNumber, caller: Reader, state: State) -> JSONResponse:
    """When the class was filed and approved; null where it was not."""
    return answer_part(state, caller, number, _pick_approval)


@router.put("/classes/{number}/approval", response_model=RegisteredOut)
def approve(number: ClassNumber, body: ApprovalIn, write: WithApproval, if_match: IfMatch = "") -> Response:
    """Approve a filing: from then on only the office changes it."""

    def change(filing: dict[str, Any], wanted: dict[str, Any]) -> None:
        filing["class"]["approved_on"] = wanted["approved_on"]

    return save_part(number, body, write, if_match, _pick_approval, change)


def _pick_timetable(filing: dict[str, Any]) -> dict[str, Any]:
    return {"session": filing["session"]}


def _pick_changes(filing: dict[str, Any]) -> dict[str, Any]:
    return {"items": filing["change"]}


def _pick_approval(filing: dict[str, Any]) -> dict[str, Any]:
    return {"filed_on": filing["class"]["filed_on"], "approved_on": filing["class"]["approved_on"]}
