"""Rectification notices (Annex 4): what waits for one, the preview, issuing, printing, voiding. Plain forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.auth import Need, check_form, find_visitor
from api.pages.lists import Choice, Column, ListPage, answer_list
from api.pages.queues import link_class
from api.pages.render import show_page
from api.pages.review import make_office
from api.state import get_state
from verifier.access import Caller
from verifier.language import Sentence, say
from verifier.noticing import SUPERVISION, NoticeView, Unwarned, find_first_day, list_unwarned, view_notice
from verifier.records.appeals import read_appeals
from verifier.records.errors import NotInRecordsError
from verifier.records.listing import Row
from verifier.records.office import RefusedError
from verifier.records.office_lists import list_notices_for
from verifier.regulation.forms import tell_notice
from verifier.report.class_documents import form_of_notice, write_issued_notice
from verifier.report.notice_pdf import write_notice_pdf
from verifier.report.words import NOTICE_STATES
from verifier.supervising import issue_notice, preview_notice, void_issued_notice

router = APIRouter()
Decider = Annotated[Caller, Depends(Need("decisions", office=True))]
OfficeReader = Annotated[Caller, Depends(Need("read", office=True))]
Reader = Annotated[Caller, Depends(Need("read"))]
Text = Annotated[str, Form(max_length=4000)]
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def link_notice(row: Row) -> str:
    """The notice of a row."""
    return f"/notices/{row['id']}"


ISSUED_BY = Column("issued_by", "下发人", width=12)
NOTICE_PAGE = ListPage(
    "/notices", "整改通知书",
    (
        Column("notice", "编号", link=link_notice, width=24), Column("state", "状态", "badge:notice_state", width=10),
        Column("class", "班次", link=link_class, width=18), Column("agency", "培训机构", width=28),
        Column("issued_on", "下发日期", "day", width=12), ISSUED_BY,
        Column("void_reason", "作废理由", width=40, sortable=False),
    ),
    (Choice("state", "状态", NOTICE_STATES), Choice("number", "班次", kind="text")),
    empty="没有这样的通知书。", searched="搜索编号、班次、机构", template="notices.html",
)  # fmt: skip


@router.get("/notices")
def list_notices(request: Request, caller: Reader) -> Response:
    """What waits for a notice, and every notice, voided ones too; an agency sees its own."""
    state, page = get_state(request), NOTICE_PAGE
    if not caller.is_office:
        page = replace(page, columns=[each for each in page.columns if each is not ISSUED_BY])
    waiting: list[Unwarned] = []
    if caller.is_office:
        with state.database.reading() as tx:
            waiting = list_unwarned(tx, state.policy)
    page = replace(page, values={"waiting": waiting})
    return answer_list(request, page, list_notices_for(caller.agency_code))


@router.get("/notices/draft")
def draft(
    request: Request, caller: OfficeReader,  # noqa: ARG001
    number: str = "", violation: Annotated[list[UUID] | None, Query()] = None,
    found_on: str = "", issued_on: str = "", supervision: Annotated[list[str] | None, Query()] = None,
    signed_for: str = "",
) -> Response:  # fmt: skip
    """The form as it would be printed, with the fields that people fill in; asked again it is drawn anew, nothing is written."""
    return show_draft(request, number, violation or [], found_on, issued_on, supervision, signed_for)


def show_draft(
    request: Request, number: str, chosen: Sequence[UUID], found_on: str, issued_on: str,
    supervision: Sequence[str] | None, signed_for: str, *, told: Sentence | None = None, status_code: int = 200,
) -> Response:  # fmt: skip
    """The draft's page, also where issuing was refused: then with what was filled in."""
    state = get_state(request)
    with state.database.reading() as tx:
        waiting = next(iter(list_unwarned(tx, state.policy, number)), None)
    if waiting is None:
        raise HTTPException(404)
    known = {each.id: each for each in waiting.violations}
    ticked = [each for each in chosen if each in known] or list(known)
    picked = tuple(known[each] for each in ticked)
    today = datetime.now(state.settings.zone).date()
    values: dict[str, Any] = {
        "found_on": found_on or find_first_day(picked, state.settings.zone).isoformat(),
        "issued_on": issued_on or today.isoformat(),
        "supervision": [each for each in (supervision if supervision is not None else SUPERVISION[1:2]) if each in SUPERVISION],
        "signed_for": signed_for.strip(),
    }  # fmt: skip
    text = None
    try:
        text = preview_notice(
            make_office(request), number, ticked, read_day(values["issued_on"]), found_on=read_day(values["found_on"]),
            supervision=values["supervision"], signed_for=values["signed_for"],
        )  # fmt: skip
    except RefusedError as error:
        told, status_code = told or error.sentence, 422
    return show_page(
        request, "notice_draft.html", status_code=status_code, waiting=waiting, ticked=set(ticked), values=values,
        kinds=SUPERVISION, authority=state.policy.text("authority"), text=text, told=told,
        may_decide=may_decide(request),
    )  # fmt: skip


@router.post("/notices", dependencies=[Depends(check_form)])
def send_notice(
    request: Request, caller: Decider, number: Text = "", violation: Annotated[list[UUID] | None, Form()] = None,
    found_on: Text = "", issued_on: Text = "", supervision: Annotated[list[str] | None, Form()] = None,
    signed_for: Text = "",
) -> Response:  # fmt: skip
    """Issue it: its number follows the year's last. Sent twice it is the same notice."""
    try:
        kinds = [each for each in supervision or [] if each in SUPERVISION]
        if not kinds:
            raise RefusedError(say("请选择问题是通过哪种监管发现的。"))
        notice = issue_notice(
            make_office(request), number, violation or [], caller.login, read_day(issued_on),
            found_on=read_day(found_on), supervision=kinds, signed_for=signed_for.strip(),
        )  # fmt: skip
    except NotInRecordsError:
        raise HTTPException(404) from None
    except RefusedError as error:
        return show_draft(
            request, number, violation or [], found_on, issued_on, supervision or [], signed_for, told=error.sentence,
            status_code=422,
        )  # fmt: skip
    return RedirectResponse(f"/notices/{notice.id}?note=issued", 303)


@router.get("/notices/{notice_id}")
def read_one(request: Request, caller: Reader, notice_id: UUID, note: str = "") -> Response:
    """One notice in words, as it was issued."""
    return show_notice(request, find_notice(request, notice_id, caller), note=note)


def show_notice(
    request: Request, view: NoticeView, *, note: str = "", told: Sentence | None = None, why: str = "",
    status_code: int = 200,
) -> Response:  # fmt: skip
    """The notice's page, also where voiding it was refused."""
    state = get_state(request)
    text = tell_notice(form_of_notice(view.notice), state.policy)
    with state.database.reading() as tx:
        answers = read_appeals(tx, "notice", view.notice.id)
    return show_page(
        request, "notice.html", status_code=status_code, view=view, notice=view.notice, text=text, note=note, told=told,
        why=why, answers=answers, may_decide=may_decide(request),
    )  # fmt: skip


@router.get("/notices/{notice_id}/document.docx")
def send_docx(request: Request, caller: Reader, notice_id: UUID) -> Response:
    """The notice in the annex's own layout."""
    view = find_notice(request, notice_id, caller)
    return _send(write_issued_notice(view.notice, get_state(request).policy), DOCX, notice_id, "docx")


@router.get("/notices/{notice_id}/document.pdf")
def send_pdf(request: Request, caller: Reader, notice_id: UUID) -> Response:
    """The same as PDF."""
    view = find_notice(request, notice_id, caller)
    return _send(write_notice_pdf(view.notice, get_state(request).policy), "application/pdf", notice_id, "pdf")


@router.post("/notices/{notice_id}/void", dependencies=[Depends(check_form)])
def send_voiding(request: Request, caller: Decider, notice_id: UUID, why: Text = "") -> Response:
    """Void it, with a reason: it keeps its number and counts no more."""
    view = find_notice(request, notice_id, caller)
    try:
        void_issued_notice(make_office(request), view.notice.number, caller.login, why)
    except RefusedError as error:
        return show_notice(request, view, told=error.sentence, why=why, status_code=422)
    return RedirectResponse(f"/notices/{notice_id}?note=voided", 303)


def find_notice(request: Request, notice_id: UUID, caller: Caller) -> NoticeView:
    """The notice, where this visitor may see it.

    Raises:
        HTTPException: 404.
    """
    try:
        with get_state(request).database.reading() as tx:
            return view_notice(tx, notice_id, caller.agency_code)
    except NotInRecordsError:
        raise HTTPException(404) from None


def read_day(text: str) -> date:
    """A day of a form.

    Raises:
        RefusedError: it is none.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise RefusedError(say("{text}不是日期，请写成2023-06-12这样。", text=text)) from None


def may_decide(request: Request) -> bool:
    """Whether the visitor is a person of the office who decides."""
    visitor = find_visitor(request)
    return bool(visitor and visitor.may("decisions") and visitor.is_office and visitor.user_id)


def _send(content: bytes, media_type: str, notice_id: UUID, ending: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="notice-{notice_id}.{ending}"'}
    return Response(content, media_type=media_type, headers=headers)
