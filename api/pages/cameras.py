"""The wall of cameras, the page of one, its pictures, and looking at it now. For the office: agencies must not foresee looks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.auth import Need, check_form, find_visitor
from api.looks import Look, Looks
from api.pages.lists import Choice, Column, ListPage, read_asked, send_list, show_list
from api.pages.queues import link_class
from api.pages.render import choose_language, show_page
from api.routes.reading import find_today
from api.state import get_state
from verifier.access import Caller
from verifier.camera_jobs import KIND, queue_look
from verifier.camera_page import show_frame, view_camera
from verifier.evidence import EvidenceError
from verifier.records.camera_wall import find_frame, list_cameras
from verifier.records.errors import NotInRecordsError
from verifier.records.jobs import OPEN_STATES, JobRecord, read_job
from verifier.records.listing import Row
from verifier.report.camera_charts import draw_camera_strips

router = APIRouter(dependencies=[Depends(Need("read", office=True))])
asking = APIRouter(dependencies=[Depends(Need("evidence", office=True)), Depends(check_form)])
Asker = Annotated[Caller, Depends(Need("evidence", office=True))]
LooksAtFrame = Annotated[Look, Depends(Looks("camera.look"))]
THUMB_PX, LARGE_PX = 480, 1600
STATES = {"down": "现在不可用", "showing": "正常", "cannot_tell": "无法判断", "never": "从未查看"}


def link_camera(row: Row) -> str:
    """The page of a camera."""
    return f"/cameras/{row['id']}"


CAMERA_PAGE = ListPage(
    "/cameras", "摄像头",
    (
        Column("camera", "摄像头", link=link_camera, width=16), Column("condition", "状态", "word:camera", width=14),
        Column("class", "班次", link=link_class, width=18), Column("agency", "培训机构", width=28),
        Column("taken_at", "最近查看", "when", width=20), Column("session", "课次", width=18),
        Column("detail", "设备答复", width=40, sortable=False),
    ),
    (
        Choice("state", "状态", STATES), Choice("number", "班次", kind="text"),
        Choice("agency", "培训机构", kind="text", hidden=True),
    ),
    empty="没有这样的摄像头。", searched="搜索摄像头、班次、机构", template="cameras.html",
)  # fmt: skip


@router.get("/cameras")
def list_wall(request: Request) -> Response:
    """Every camera with its last picture, state and age; those that are down first."""
    asked, number = read_asked(request, CAMERA_PAGE)
    if request.query_params.get("format") == "xlsx":
        return send_list(request, CAMERA_PAGE, list_cameras(), asked)
    return show_list(request, CAMERA_PAGE, list_cameras(), asked, number, now=get_state(request).now())


@router.get("/cameras/looks/{sample_id}.jpg")
def send_frame(request: Request, sample_id: UUID, look: LooksAtFrame, size: str = "") -> Response:
    """The decisive picture of one look; who looked stands in the audit."""
    state = get_state(request)
    try:
        with state.database.reading() as tx:
            sha256, _ = find_frame(tx, sample_id)
        picture = show_frame(state.store, sha256, THUMB_PX if size == "small" else LARGE_PX)
    except (NotInRecordsError, KeyError, EvidenceError):
        raise HTTPException(404) from None
    look.note("camera_sample", str(sample_id))
    return Response(picture, media_type="image/jpeg")


@router.get("/cameras/{camera_id}")
def show_camera(request: Request, camera_id: UUID, job: UUID | None = None) -> HTMLResponse:
    """One camera: how it stands, what the last look found, its history, its last pictures."""
    state, language = get_state(request), choose_language(request)
    try:
        with state.database.reading() as tx:
            view = view_camera(tx, camera_id, find_today(state), state.settings.zone, language)
    except NotInRecordsError:
        raise HTTPException(404) from None
    visitor = find_visitor(request)
    return show_page(
        request, "camera.html", view=view, job=_find_job(request, job) if job else None, now=state.now(),
        strips=draw_camera_strips(view["sessions"], key="strips", language=language),
        may_ask=bool(visitor and visitor.may("evidence") and visitor.csrf), open_states=OPEN_STATES,
    )  # fmt: skip


@router.get("/cameras/{camera_id}/jobs/{job_id}")
def show_progress(request: Request, camera_id: UUID, job_id: UUID) -> HTMLResponse:
    """How far a look is: asked for every other second by the page, which loads anew when it is done."""
    job = _find_job(request, job_id)
    if job is None:
        raise HTTPException(404)
    response = show_page(request, "camera_job.html", job=job, camera_id=camera_id, open_states=OPEN_STATES)
    if job.state not in OPEN_STATES:
        response.headers["HX-Refresh"] = "true"
    return response


@asking.post("/cameras/{camera_id}/watch")
def send_watch(request: Request, caller: Asker, camera_id: UUID) -> Response:
    """Look at a camera now: in the background, as it takes some seconds."""
    try:
        with get_state(request).database.transaction() as tx:
            job = queue_look(tx, caller, camera_id, uuid4().hex)
    except NotInRecordsError:
        raise HTTPException(404) from None
    return RedirectResponse(f"/cameras/{camera_id}?job={job.id}", 303)


def _find_job(request: Request, job_id: UUID) -> JobRecord | None:
    with get_state(request).database.reading() as tx:
        try:
            job = read_job(tx, job_id)
        except NotInRecordsError:
            return None
    return job if job.kind == KIND else None
