"""Enrolment pictures: those that nobody can be recognised by and why, one face under two names, and another picture handed in."""

from __future__ import annotations

import hashlib
from typing import Annotated, BinaryIO
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api.auth import Need, check_form
from api.pages.lists import Choice, Column, ListPage, answer_list
from api.pages.queues import link_class
from api.pages.render import show_page
from api.state import get_state
from verifier.access import Caller
from verifier.evidence import EvidenceError
from verifier.language import Sentence, say
from verifier.photo.container import sniff_format
from verifier.records.errors import NotInRecordsError
from verifier.records.listing import Row
from verifier.records.matters import read_cases
from verifier.records.office import RefusedError
from verifier.records.office_lists import list_portraits
from verifier.records.plans import require_visible
from verifier.records.portraits import PortraitRecord, find_portrait, read_portraits
from verifier.registering import register_portrait, viewer_of
from verifier.report.words import PORTRAITS
from verifier.storing import require_stored

router = APIRouter()
Reader = Annotated[Caller, Depends(Need("read"))]
Writer = Annotated[Caller, Depends(Need("filing"))]
PICTURES = ("jpeg", "png", "webp", "heic")
HEAD_BYTES = 64
TWO_NAMES = "one_face_two_names"
SHOWN = {"refused": "未被采用", **PORTRAITS, "all": "全部"}


def link_portrait(row: Row) -> str:
    """The page of a row's picture."""
    return f"/enrolment/{row['id']}"


PORTRAIT_PAGE = ListPage(
    "/enrolment", "备案照片",
    (
        Column("class", "班次", link=link_class, width=18), Column("agency", "培训机构", width=28),
        Column("person", "身份", "word:person", width=10), Column("number", "编号", width=12),
        Column("name", "姓名", link=link_portrait, width=14), Column("verdict", "结论", "badge:portrait", width=18),
        Column("reason", "说明", "reason", width=80, sortable=False),
    ),
    (Choice("verdict", "结论", SHOWN, default="refused"), Choice("class", "班次", kind="text")),
    empty="没有这样的备案照片。", searched="搜索班次、机构、编号、姓名",
)  # fmt: skip


@router.get("/enrolment")
def show_portraits(request: Request, caller: Reader) -> Response:
    """Pictures that were refused, or all; an agency sees those of its own classes."""
    return answer_list(request, PORTRAIT_PAGE, list_portraits(caller.agency_code))


@router.get("/enrolment/{portrait_id}")
def show_portrait(request: Request, caller: Reader, portrait_id: UUID, note: str = "") -> Response:
    """One picture with its verdict, the person's others, and whose face it is as well."""
    return _show(request, caller, portrait_id, note=note)


@router.post("/enrolment/{portrait_id}")
async def send_portrait(request: Request, caller: Writer, portrait_id: UUID) -> Response:
    """Another picture of the same student; the next night looks at it."""
    async with request.form(max_files=1, max_fields=4) as form:
        check_form(request, str(form.get("csrf", "")))
        return await run_in_threadpool(_save, request, caller, portrait_id, form)


def _save(request: Request, caller: Caller, portrait_id: UUID, form: FormData) -> Response:
    state, upload = get_state(request), form.get("file")
    portrait = _find(request, caller, portrait_id)
    try:
        if not portrait.of_student:
            raise RefusedError(say("教师的照片请随班次备案更改。"))
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise RefusedError(say("请选择一张照片。"))
        digest = _check_picture(upload.file, upload.filename)
        state.store.put(upload.file)
        with state.database.transaction() as tx:
            require_stored(tx, state.store, digest)
            register_portrait(tx, caller, portrait.class_number, portrait.number, digest)
    except RefusedError as error:
        return _show(request, caller, portrait_id, told=error.sentence, status_code=422)
    except EvidenceError:
        told = say("照片暂时无法保存，请稍后再试。")
        return _show(request, caller, portrait_id, told=told, status_code=503)
    return RedirectResponse(f"/enrolment/{portrait_id}?note=sent", 303)


def _check_picture(stream: BinaryIO, name: str) -> str:
    """The digest; only its first bytes are read as anything here, the night opens it in a watched process."""
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    stream.seek(0)
    kind = sniff_format(stream.read(HEAD_BYTES))
    stream.seek(0)
    if kind not in PICTURES:
        raise RefusedError(say("{file}不是照片（JPEG、PNG、WebP或HEIC）。", file=name))
    return digest


def _show(
    request: Request, caller: Caller, portrait_id: UUID, *, note: str = "", told: Sentence | None = None,
    status_code: int = 200,
) -> Response:  # fmt: skip
    portrait = _find(request, caller, portrait_id)
    with get_state(request).database.reading() as tx:
        all_of_class = read_portraits(tx, portrait.class_number)
        cases = read_cases(tx, portrait.class_number, states=("proposed", "needs_check", "confirmed"))
    same = portrait.verdict.code.partition(":")[2] if portrait.verdict is not None else ""
    doubles = [each for each in cases if each.kind == TWO_NAMES and each.student_no == portrait.number]
    mine = (portrait.number, portrait.of_student)
    return show_page(
        request, "enrolment.html", status_code=status_code, portrait=portrait, note=note, told=told,
        others=[each for each in all_of_class if (each.number, each.of_student) == mine and each.id != portrait_id],
        alike=[each for each in all_of_class if each.of_student and same and each.number == same],
        # What is open is the office's to know (Art. 14(1)).
        doubles=doubles if caller.is_office else [], may_send=caller.may("filing") and portrait.of_student,
    )  # fmt: skip


def _find(request: Request, caller: Caller, portrait_id: UUID) -> PortraitRecord:
    try:
        with get_state(request).database.reading() as tx:
            found = find_portrait(tx, portrait_id)
            require_visible(tx, found.class_number, viewer_of(caller))
            return found
    except NotInRecordsError:
        raise HTTPException(404) from None
