"""The review queue and the page of one case or violation. Reading only; `deciding` is where the forms go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.auth import Need, find_visitor
from api.pages.classes import name_students
from api.pages.comparison import compare_sources
from api.pages.render import choose_language, show_page
from api.state import get_state
from verifier.evidence import EvidenceError
from verifier.language import Sentence, say
from verifier.records.audit import write_audit
from verifier.records.errors import NotInRecordsError
from verifier.records.reading import read_photo
from verifier.records.tables.case import CaseRow
from verifier.review_matter import MatterView, view_matter
from verifier.review_pictures import show_face, show_heat, show_photo, show_portrait
from verifier.reviewing import ORDERS, REVIEW_2026, SHOWN_STATES, QueueView, view_queue
from verifier.supervising import Office

router = APIRouter(dependencies=[Depends(Need("read", office=True))])
PAGE_SIZE = 50
BLIND_COOKIE = "verifier_blind"
YEAR_S = 365 * 24 * 3600
# What inspectors write most, to start from; by what is decided. Those about faces stand at cases only.
REASONS = {
    "confirm": (say("经人工比对照片，不是备案学员本人。"), say("核对原始记录，情况属实。")),
    "dismiss": (say("经人工比对照片，是学员本人。"), say("照片不清，不足以认定。"), say("核对原始记录，不属实。")),
    "needs_on_site": (say("照片不足以判断，须现场核实。"), say("记录不足以判断，须现场核实。")),
}


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """What the queue is filtered and sorted by; it travels with every step, so that "next" stays in the same queue."""

    state: str = "open"
    kind: str = ""
    number: str = ""
    order: str = "urgency"

    def encode(self, **more: str) -> str:
        """As a query string, defaults left out."""
        plain = asdict(QueueQuery())
        return urlencode({name: value for name, value in (asdict(self) | more).items() if plain.get(name) != value})


def read_query(text: str) -> QueueQuery:
    """A query string back into values; what is none of ours is left out."""
    given = {name: values[-1] for name, values in parse_qs(text).items()}
    return make_query(given.get("state", ""), given.get("kind", ""), given.get("number", ""), given.get("order", ""))


def make_query(state: str, kind: str, number: str, order: str) -> QueueQuery:
    """Unknown states and orders become the default."""
    return QueueQuery(
        state if state in SHOWN_STATES else "open", kind, number.strip(), order if order in ORDERS else "urgency"
    )


def make_office(request: Request) -> Office:
    """The application's records and regulation, as the office's use cases want them."""
    state = get_state(request)
    return Office(state.database, state.policy)


@router.get("/review")
def list_queue(
    request: Request, state: str = "open", kind: str = "", number: str = "", order: str = "urgency", page: int = 1
) -> HTMLResponse:
    """The queue."""
    return show_queue(request, make_query(state, kind, number, order), page=page)


def show_queue(
    request: Request, query: QueueQuery, *, told: Sentence | None = None, why: str = "", page: int = 1,
    ticked: Collection[UUID] = (), status_code: int = 200,
) -> HTMLResponse:  # fmt: skip
    """The list, also where a form was refused: then with what was typed."""
    visitor = find_visitor(request)
    found = view_queue(
        make_office(request), state=query.state, kind=query.kind, number=query.number, order=query.order,
        user_id=visitor.user_id if visitor else None,
    )  # fmt: skip
    pages = max(1, -(-len(found.items) // PAGE_SIZE))
    page = min(max(page, 1), pages)
    return show_page(
        request, "review_queue.html", status_code=status_code, found=found, query=query, page=page, pages=pages,
        items=found.items[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], states=SHOWN_STATES, orders=ORDERS,
        told=told, why=why, ticked=set(ticked), **_describe_visitor(request), **_describe_notes(request),
    )  # fmt: skip


@router.get("/review/{matter_id}")
def read_matter(
    request: Request, matter_id: UUID, state: str = "open", kind: str = "", number: str = "", order: str = "urgency",
    blind: str = "", shown: str = "",
) -> Response:  # fmt: skip
    """One case or violation with its evidence. ``blind=on`` hides the system's verdict until it is asked for."""
    query = make_query(state, kind, number, order)
    if blind in ("on", "off"):
        response = RedirectResponse(f"/review/{matter_id}?{query.encode()}", 303)
        response.set_cookie(BLIND_COOKIE, blind, max_age=YEAR_S, httponly=True, samesite="lax")
        return response
    return show_matter(request, matter_id, query, shown=bool(shown))


def show_matter(
    request: Request, matter_id: UUID, query: QueueQuery, *, told: Sentence | None = None, why: str = "",
    verdict: str = "", shown: bool = False, status_code: int = 200,
) -> HTMLResponse:  # fmt: skip
    """The page, also where a decision was refused: then with what was typed."""
    state, language = get_state(request), choose_language(request)
    office = make_office(request)
    try:
        with state.database.reading() as tx:
            view = view_matter(tx, state.settings, state.policy, matter_id, datetime.now(UTC), language)
    except NotInRecordsError:
        raise HTTPException(404) from None
    visitor = _describe_visitor(request)
    queue = view_queue(office, state=query.state, kind=query.kind, number=query.number, order=query.order,
                       user_id=visitor["user_id"])  # fmt: skip
    blind = request.cookies.get(BLIND_COOKIE) == "on"
    return show_page(
        request, "review_matter.html", status_code=status_code, view=view, query=query, told=told, why=why,
        verdict=verdict, blind=blind, hidden=blind and not shown and view.sort == "case", reasons=_list_reasons(view.sort),
        names=name_students(view.answer), **_describe_photo(view, language), **_describe_place(queue, matter_id),
        **visitor, **_describe_notes(request),
    )  # fmt: skip


def _list_reasons(sort: str) -> dict[str, list[Sentence]]:
    return {
        verdict: [each for each in sentences if sort == "case" or "照片" not in each.template]
        for verdict, sentences in REASONS.items()
    }


def _describe_photo(view: MatterView, language: str) -> dict[str, Any]:
    photo_id = str(getattr(view.record, "photo_id", None) or "")
    photo = next((one for one in view.answer["photos"] if one["id"] == photo_id), None)
    sessions = {one["id"]: one for one in view.answer["sessions"]}
    session = sessions.get(getattr(view.record, "session_id", None) or "")
    training = next(iter(view.answer["classes"]), None)
    student = next(
        (one for one in session["students"] if one["student_no"] == getattr(view.record, "subject", None)), None
    ) if session else None  # fmt: skip
    return {
        "photo": photo,
        "session": session,
        "training": training,
        "student": student,
        "compared": compare_sources(photo, session, training["venue"] if training else None, language) if photo else [],
    }


def _describe_place(queue: QueueView, matter_id: UUID) -> dict[str, Any]:
    ids = [each.id for each in queue.items]
    return {"place": ids.index(matter_id) + 1 if matter_id in ids else None, "waiting": len(ids), "queue": queue}


def _describe_visitor(request: Request) -> dict[str, Any]:
    visitor = find_visitor(request)
    may = bool(visitor and visitor.may("decisions") and visitor.is_office and visitor.user_id)
    return {"may_decide": may, "user_id": visitor.user_id if visitor else None}


def _describe_notes(request: Request) -> dict[str, Any]:
    """What the step before did, told by code: a link from elsewhere cannot put words into the page."""
    asked = request.query_params
    try:
        done: UUID | None = UUID(asked.get("done", ""))
    except ValueError:
        done = None
    count = asked.get("count", "")
    return {
        "note": asked.get("note", ""), "done": done, "count": int(count) if count.isdecimal() and len(count) < 4 else 0,
        "undo_s": int(REVIEW_2026.undo_within.total_seconds()),
    }  # fmt: skip


# ---------------------------------------------------------------- pictures


@router.get("/review/{matter_id}/face.jpg")
def send_face(request: Request, matter_id: UUID) -> Response:
    """The captured face of a case."""
    state = get_state(request)
    with state.database.reading() as tx:
        row = tx.get(CaseRow, matter_id)
        found = (str(row.submission_id), list(row.box_xywh or ())) if row is not None and row.submission_id else None
    if found is None or len(found[1]) != 4:
        raise HTTPException(404)
    return _send(request, "photo.look_face", found[0], lambda: show_face(state.settings, state.database, *found))


@router.get("/photos/{photo_id}/face.jpg")
def send_face_at(request: Request, photo_id: str, x: float, y: float, w: float, h: float) -> Response:
    """A face of a photo by its box."""
    state = get_state(request)
    if not (0 < w < 1e5 and 0 < h < 1e5 and abs(x) < 1e5 and abs(y) < 1e5):
        raise HTTPException(404)
    return _send(
        request, "photo.look_face", photo_id, lambda: show_face(state.settings, state.database, photo_id, (x, y, w, h))
    )


@router.get("/photos/{photo_id}/beside/{other_id}")
def compare_photos(request: Request, photo_id: UUID, other_id: UUID) -> HTMLResponse:
    """Two photos, one over the other with a slider between them; side by side without a script."""
    found = []
    with get_state(request).database.reading() as tx:
        for each in (photo_id, other_id):
            try:
                found.append(read_photo(tx, each))
            except KeyError:
                raise HTTPException(404) from None
    return show_page(request, "photos_beside.html", photos=found)


@router.get("/photos/{photo_id}/plain.jpg")
def send_plain(request: Request, photo_id: str) -> Response:
    """A photo without marks."""
    state = get_state(request)
    return _send(request, "photo.look_plain", photo_id, lambda: show_photo(state.settings, state.database, photo_id))


@router.get("/photos/{photo_id}/heat.jpg")
def send_heat(request: Request, photo_id: str) -> Response:
    """A photo under the heat map of its compression."""
    state = get_state(request)
    return _send(request, "photo.look_heat", photo_id, lambda: show_heat(state.settings, state.database, photo_id))


@router.get("/portraits/{portrait_id}.jpg")
def send_portrait(request: Request, portrait_id: str) -> Response:
    """An enrolment picture."""
    state = get_state(request)
    return _send(
        request, "portrait.look", portrait_id, lambda: show_portrait(state.settings, state.database, portrait_id)
    )


def _send(request: Request, action: str, subject: str, make: Any) -> Response:
    """The picture; who looked stands in the audit."""
    visitor = find_visitor(request)
    try:
        picture: bytes = make()
    except (KeyError, EvidenceError):
        raise HTTPException(404) from None
    if visitor is not None:
        with get_state(request).database.transaction() as tx:
            kind = "portrait" if action.startswith("portrait") else "photo"
            write_audit(tx, actor=visitor.actor, action=action, subject=(kind, subject))
    return Response(picture, media_type="image/jpeg")
