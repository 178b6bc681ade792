"""Rectification notices (Annex 4): previewed, issued, voided, read, and printed."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session as Tx

from api.acting import WithDecisions, act_once
from api.auth import Need, Reader
from api.cursors import Cursor, Limit, paginate_stored
from api.idempotency import Answer
from api.problems import Problem
from api.routes.answers.base import Page
from api.routes.answers.matters import NoticeOut, NoticeTextOut
from api.routes.matters import OfClass
from api.routes.office_shapes import NoticeDraftIn, NoticeIn, ReasonIn
from api.routes.reading import State
from api.routes.shapes import ClassNumber
from verifier.access import Caller
from verifier.class_standing import describe_notice
from verifier.records.notices import NoticeRecord, read_notices
from verifier.records.office_pages import page_notices
from verifier.records.plans import require_visible
from verifier.registering import viewer_of
from verifier.report.class_documents import write_issued_notice
from verifier.report.notice_pdf import write_notice_pdf
from verifier.supervising import Office, issue_notice, preview_notice, void_issued_notice

router = APIRouter()
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
Decider = Annotated[Caller, Depends(Need("decisions", office=True))]


@router.get("/notices", response_model=Page[NoticeOut])
def read_all_notices(
    request: Request, caller: Reader, state: State, number: OfClass = None, limit: Limit = 100, cursor: Cursor = None
) -> dict[str, Any]:
    """Notices by year and number, voided ones too; an agency's program sees those about its classes."""
    with state.database.reading() as tx:
        if number is not None:
            require_visible(tx, number, viewer_of(caller))
        page, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: page_notices(tx, after, most, class_number=number, agency_code=caller.agency_code),
            lambda one: one[1],
        )  # fmt: skip
        found = read_notices(tx, only=[row_id for row_id, _ in page])
    return {"items": [describe_notice(each) for each in found], "next": following}


@router.get("/notices/{notice_id}", response_model=NoticeOut)
def read_one_notice(notice_id: UUID, caller: Reader, state: State) -> dict[str, Any]:
    """One notice."""
    with state.database.reading() as tx:
        return describe_notice(_find(tx, notice_id, caller))


@router.get("/notices/{notice_id}/document.docx", response_class=Response, responses={200: {"content": {DOCX: {}}}})
def send_notice(notice_id: UUID, caller: Reader, state: State) -> Response:
    """The notice as it was issued, in the annex's own layout."""
    with state.database.reading() as tx:
        document = write_issued_notice(_find(tx, notice_id, caller), state.policy)
    return _send(document, DOCX, f"notice-{notice_id}.docx")


@router.get("/notices/{notice_id}/document.pdf", response_class=Response, responses={200: {"content": {PDF: {}}}})
def send_notice_pdf(notice_id: UUID, caller: Reader, state: State) -> Response:
    """The same as PDF, on A4; a voided one bears the word and the reason."""
    with state.database.reading() as tx:
        notice = _find(tx, notice_id, caller)
    return _send(write_notice_pdf(notice, state.policy), PDF, f"notice-{notice_id}.pdf")


@router.post("/classes/{number}/notices/preview", response_model=NoticeTextOut)
def preview(number: ClassNumber, body: NoticeDraftIn, caller: Decider, state: State) -> dict[str, Any]:  # noqa: ARG001
    """What a notice would print, without a number: nothing is written."""
    office = Office(state.database, state.policy)
    text = preview_notice(
        office, number, body.violations, body.issued_on, found_on=body.found_on, supervision=body.supervision,
        signed_for=body.signed_for,
    )  # fmt: skip
    return {"class": number, "text": list(text.lines())}


@router.post("/classes/{number}/notices", status_code=201, response_model=NoticeOut)
def issue(number: ClassNumber, body: NoticeIn, write: WithDecisions) -> Response:
    """Issue a notice for confirmed violations; its number follows the year's last without a gap."""

    def work(office: Office, by: str, _: Tx) -> Answer:
        issued = issue_notice(
            office, number, body.violations, by, body.issued_on, found_on=body.found_on, supervision=body.supervision,
            signed_for=body.signed_for,
        )  # fmt: skip
        return Answer(describe_notice(issued), 201, {"Location": f"/api/v1/notices/{issued.id}"})

    return act_once(write, body, "notice.issue", work)


@router.post("/notices/{notice_id}/void", response_model=NoticeOut)
def void(notice_id: UUID, body: ReasonIn, write: WithDecisions) -> Response:
    """Void a notice: it keeps its number and counts no more. Refused while an issued sanction rests on it."""

    def work(office: Office, by: str, tx: Tx) -> Answer:
        number = _find(tx, notice_id, write.caller).number
        return Answer(describe_notice(void_issued_notice(office, number, by, body.why)))

    return act_once(write, body, "notice.void", work)


def _send(document: bytes, media_type: str, name: str) -> Response:
    return Response(document, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _find(tx: Tx, notice_id: UUID, caller: Caller) -> NoticeRecord:
    found = read_notices(tx, agency_code=caller.agency_code, only=[notice_id])
    if not found:
        raise Problem("not_found")
    return found[0]
