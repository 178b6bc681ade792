"""The agency's side: what is held against it, with its evidence, and its answer; and for the office what agencies answered."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api.auth import Need, check_form
from api.pages.classes import name_students
from api.pages.lists import Column, ListPage, answer_list
from api.pages.photos import tell_file_name
from api.pages.queues import link_class
from api.pages.render import choose_language, get_source, show_page
from api.problems import Problem
from api.state import get_state
from verifier.access import Caller
from verifier.appealing import (
    APPEALS_2026,
    SentFile,
    answer,
    find_open,
    hide_others,
    hide_sentence,
    list_foreign,
    open_file,
    view_held,
)
from verifier.evidence import EvidenceError
from verifier.language import Sentence, say
from verifier.records.appeals import Kind, Subject, read_appeals
from verifier.records.audit import write_audit
from verifier.records.errors import NotInRecordsError
from verifier.records.listing import Row
from verifier.records.matters import describe_violation_row, read_case_rows
from verifier.records.notices import read_notice
from verifier.records.office import RefusedError
from verifier.records.office_lists import list_appeals
from verifier.regulation.forms import tell_notice
from verifier.report.class_documents import form_of_notice
from verifier.review_matter import name_evidence

router = APIRouter()
Reader = Annotated[Caller, Depends(Need("read"))]
Writer = Annotated[Caller, Depends(Need("evidence"))]


def link_subject(row: Row) -> str:
    """What a row's answer is about, where the office reads it."""
    return f"/notices/{row['notice_id']}" if row["notice_id"] else f"/review/{row['violation_id'] or row['case_id']}"


ANSWER_PAGE = ListPage(
    "/appeals", "机构的答复",
    (
        Column("answered_at", "时间", "when", link_subject, 20), Column("agency", "培训机构", width=28),
        Column("class", "班次", link=link_class, width=18), Column("about", "答复什么", "word:appeal", width=14),
        Column("by", "答复人", width=14), Column("files", "附件", "number", width=8),
        Column("text", "内容", width=80, sortable=False),
    ),
    empty="还没有机构答复。", searched="搜索班次、机构、内容",
)  # fmt: skip


@router.get("/appeals")
def list_answers(request: Request, caller: Reader) -> Response:
    """For an agency what is held against it and open to its answer; for the office what all agencies answered."""
    state, code = get_state(request), caller.agency_code
    if code is None:
        return answer_list(request, ANSWER_PAGE, list_appeals())
    language = choose_language(request)
    with state.database.reading() as tx:
        held = view_held(tx, code)
        foreign = list_foreign(tx, code)
    reasons = {each.id: each.reason for each in held.violations} | {each.id: each.reason for each in held.cases}
    told = {name: hide_sentence(reason, foreign).text(language) for name, reason in reasons.items()}
    return show_page(request, "appeals.html", held=held, told=told)


@router.get("/appeals/files/{file_id}")
def send_file(request: Request, caller: Reader, file_id: UUID) -> Response:
    """A file of an answer, to be saved, never to be shown by the browser; who took it stands in the audit."""
    state = get_state(request)
    try:
        with state.database.transaction() as tx:
            found = open_file(tx, caller, file_id)
            write_audit(tx, actor=caller.actor, action="appeal.look_file", subject=("appeal_file", file_id))
        data = state.store.read(found.sha256)
    except (NotInRecordsError, EvidenceError):
        raise HTTPException(404) from None
    headers = {
        "Content-Disposition": tell_file_name(found.name), "Content-Security-Policy": "default-src 'none'; sandbox",
    }  # fmt: skip
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get("/appeals/{kind}/{subject_id}")
def read_subject(request: Request, caller: Reader, kind: Kind, subject_id: UUID, note: str = "") -> Response:
    """One notice, violation or case as the agency may see it, with what it answered."""
    return show_subject(request, caller, kind, subject_id, note=note)


def show_subject(
    request: Request, caller: Caller, kind: Kind, subject_id: UUID, *, note: str = "", told: Sentence | None = None,
    text: str = "", status_code: int = 200,
) -> Response:  # fmt: skip
    """The page, also where an answer was refused: then with what was typed."""
    if caller.agency_code is None:
        raise Problem("forbidden")  # the office reads answers where it decides
    try:
        with get_state(request).database.reading() as tx:
            subject = find_open(tx, kind, subject_id, caller.agency_code)
            answers = read_appeals(tx, kind, subject_id)
    except NotInRecordsError:
        raise HTTPException(404) from None
    return show_page(
        request, "appeal.html", status_code=status_code, subject=subject, answers=answers, note=note, told=told, text=text,
        limits=APPEALS_2026, megabytes=APPEALS_2026.max_file_bytes // 1024**2, **_describe(request, subject),
    )  # fmt: skip


def _describe(request: Request, subject: Subject) -> dict[str, Any]:
    """What the page shows of it: the notice in words, or the sentence with sessions and photos of the agency's own class."""
    state, language = get_state(request), choose_language(request)
    with state.database.reading() as tx:
        foreign = list_foreign(tx, subject.agency_code)
        if subject.kind == "notice":
            notice = read_notice(tx, subject.id)
            assert notice is not None  # found a moment ago; notices are never removed
            return {"notice": notice, "sheet_text": tell_notice(form_of_notice(notice), state.policy), "photos": []}
        if subject.kind == "violation":
            violation = describe_violation_row(tx, subject.id)
            photos = name_evidence(tx, violation.evidence, subject.class_number)
            quote = next(
                (each.citation.quote for each in state.policy.rules if each.citation.code == violation.code), ""
            )
            return {
                "title": violation.code, "rule": violation.rule, "quote": quote, "sessions": violation.session_ids,
                "reason": hide_others(violation.reason.text(language), foreign, language), "photos": photos,
            }  # fmt: skip
        (case,) = read_case_rows(tx, [subject.id])
    names = name_students(get_source(request).answer(None, None, subject.class_number, language))
    return {
        "title": case.kind, "rule": "", "quote": "", "sessions": (case.session_id,) if case.session_id else (),
        "reason": hide_others(case.reason.text(language), foreign, language), "student_no": case.student_no,
        "name": names.get(case.student_no or "", ""),
        "photos": [(str(case.photo_id), case.file)] if case.photo_id else [],
    }  # fmt: skip


@router.post("/appeals/{kind}/{subject_id}")
async def send_answer(request: Request, caller: Writer, kind: Kind, subject_id: UUID) -> Response:
    """Keep the answer with its files."""
    # Read here, not by parameters: so many files and no more are taken in before anything looks at them.
    async with request.form(max_files=APPEALS_2026.max_files + 1, max_fields=8) as form:
        check_form(request, str(form.get("csrf", "")))
        return await run_in_threadpool(_save, request, caller, kind, subject_id, form)


def _save(request: Request, caller: Caller, kind: Kind, subject_id: UUID, form: FormData) -> Response:
    state, text = get_state(request), str(form.get("text", ""))
    sent = [each for each in form.getlist("file") if isinstance(each, UploadFile) and (each.filename or each.size)]
    files = [SentFile(each.filename or "", each.file) for each in sent]
    try:
        answer(state.database, state.store, caller, kind, subject_id, text, files)
    except NotInRecordsError:
        raise HTTPException(404) from None
    except RefusedError as error:
        return show_subject(request, caller, kind, subject_id, told=error.sentence, text=text, status_code=422)
    except EvidenceError:
        told = say("附件暂时无法保存，请稍后再试；文字还在。")
        return show_subject(request, caller, kind, subject_id, told=told, text=text, status_code=503)
    return RedirectResponse(f"/appeals/{kind}/{subject_id}?note=sent", 303)
