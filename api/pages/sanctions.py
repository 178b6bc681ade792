"""What stands above a warning (Art. 13(2) to 13(4)): proposed with its chain of reasons, imposed by people."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from api.auth import Need, check_form
from api.pages.deciding import REFUSALS, tell_refusal
from api.pages.notices import may_decide
from api.pages.render import show_page
from api.pages.review import make_office
from api.state import get_state
from verifier.access import Caller
from verifier.language import Sentence, say
from verifier.records.errors import NotInRecordsError
from verifier.records.notices import SanctionRecord, read_sanctions
from verifier.records.office import RefusedError
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.user import UserRow
from verifier.regulation.decisions import Verdict, list_standing
from verifier.sanctioning import read_chain
from verifier.supervising import decide_sanction

router = APIRouter()
OfficeReader = Annotated[Caller, Depends(Need("read", office=True))]
Decider = Annotated[Caller, Depends(Need("decisions", office=True))]
Text = Annotated[str, Form(max_length=4000)]
VERDICTS = (Verdict.CONFIRM, Verdict.DISMISS, Verdict.WITHDRAW)


@router.get("/sanctions")
def list_sanctions(request: Request, caller: OfficeReader, note: str = "") -> Response:  # noqa: ARG001
    """Every sanction, those that wait for people first."""
    return show_sanctions(request, note=note)


def show_sanctions(
    request: Request, *, note: str = "", told: Sentence | None = None, about: UUID | None = None, why: str = "",
    status_code: int = 200,
) -> Response:  # fmt: skip
    """The list, also where a decision was refused: then with what was typed."""
    with get_state(request).database.reading() as tx:
        sanctions = read_sanctions(tx)
        agencies = {row.code: row.name for row in tx.execute(select(AgencyRow.code, AgencyRow.name))}
        names = {row.login: row.name for row in tx.execute(select(UserRow.login, UserRow.name))}
    sanctions.sort(key=lambda each: (each.state != "proposed", each.lapse_reason is not None))
    return show_page(
        request, "sanctions.html", status_code=status_code, note=note, told=told, about=about, why=why,
        items=[_describe(each) for each in sanctions], agencies=agencies, names=names, may_decide=may_decide(request),
    )  # fmt: skip


@router.post("/sanctions/{sanction_id}", dependencies=[Depends(check_form)])
def send_decision(request: Request, caller: Decider, sanction_id: UUID, verdict: Text = "", why: Text = "") -> Response:
    """Issue, dismiss or withdraw, with a reason."""
    try:
        if verdict not in VERDICTS:
            raise RefusedError(say("请选择一个决定。"))
        decide_sanction(make_office(request), sanction_id, Verdict(verdict), caller.login, why)
    except NotInRecordsError:
        raise HTTPException(404) from None
    except REFUSALS as error:
        return show_sanctions(request, told=tell_refusal(error), about=sanction_id, why=why, status_code=422)
    return RedirectResponse("/sanctions?note=done", 303)


def _describe(sanction: SanctionRecord) -> dict[str, Any]:
    standing = list_standing(sanction.decisions)
    half = sanction.state == "proposed" and any(each.verdict is Verdict.CONFIRM for each in standing)
    state = "lapsed" if sanction.lapse_reason is not None else "awaiting_second" if half else sanction.state
    return {
        "sanction": sanction, "state": state, "chain": read_chain(sanction), "two_persons": sanction.class_number is None,
        "withdrawn": {each.withdraws for each in sanction.decisions if each.withdraws},
    }  # fmt: skip
