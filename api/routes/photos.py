"""Photos, their findings, and their pictures. Whatever shows faces leaves an entry in the audit."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.orm import Session as Tx

from api.auth import Reader
from api.cursors import Cursor, Limit, paginate_stored, send_checked
from api.hiding import show_to
from api.looks import LooksAtAnnotated, LooksAtOriginal, LooksAtPhoto
from api.problems import Problem
from api.routes.answers.base import Outcome, Page
from api.routes.answers.classes import FindingEntryOut, PhotoRecordOut
from api.routes.reading import Language, State
from api.routes.shapes import ClassNumber
from api.state import AppState
from verifier.access import Caller
from verifier.annotated import annotated_photo, original_photo
from verifier.answering_photos import answer_photos
from verifier.answers import describe_finding
from verifier.evidence import find_direct
from verifier.records.paging import FindingEntry, page_findings, page_photo_ids
from verifier.records.plans import require_visible
from verifier.records.tables.evidence import SubmissionRow
from verifier.registering import viewer_of

router = APIRouter()
Direct = Annotated[
    bool,
    Query(
        description="Answer 307 with an address of the store's own, good for five minutes, where it gives files itself."
    ),
]
JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}
BYTES: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}}}


@router.get("/classes/{number}/photos", response_model=Page[PhotoRecordOut])
def read_class_photos(
    request: Request, number: ClassNumber, caller: Reader, state: State, language: Language, look: LooksAtPhoto,
    limit: Limit = 100, cursor: Cursor = None,
) -> JSONResponse:  # fmt: skip
    """Photos that were looked at, with stamp, faces and findings."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        ids, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: page_photo_ids(tx, number, after, most), lambda one: [str(one)],
        )  # fmt: skip
        photos = show_to(tx, caller, answer_photos(tx, state.settings, number, ids, language), language)
    look.note_many("class", [each["id"] for each in photos], number)
    return send_checked({"items": photos, "next": following})


@router.get("/classes/{number}/photos/{photo_id}", response_model=PhotoRecordOut)
def read_one_photo(
    number: ClassNumber, photo_id: UUID, caller: Reader, state: State, language: Language, look: LooksAtPhoto
) -> JSONResponse:
    """One photo, and nothing else of its class."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        found = show_to(tx, caller, answer_photos(tx, state.settings, number, [photo_id], language), language)
    if not found:
        raise Problem("not_found")
    look.note("photo", str(photo_id))
    return send_checked(found[0])


@router.get("/classes/{number}/photos/{photo_id}/annotated.jpg", response_class=Response, responses=JPEG)
def send_annotated(
    number: ClassNumber, photo_id: UUID, caller: Reader, state: State, look: LooksAtAnnotated
) -> Response:
    """The copy with boxes, names and outcomes, drawn now."""
    _require_photo(state, caller, number, photo_id)
    picture = annotated_photo(state.settings, state.database, str(photo_id))
    look.note("photo", str(photo_id))
    return Response(picture, media_type="image/jpeg")


@router.get(
    "/classes/{number}/photos/{photo_id}/original", response_class=Response,
    responses=BYTES | {307: {"description": "`Location` is the store's own address, where `direct` was asked for."}},
)  # fmt: skip
def send_original(
    number: ClassNumber, photo_id: UUID, caller: Reader, state: State, look: LooksAtOriginal, direct: Direct = False
) -> Response:
    """The bytes as handed in."""
    _require_photo(state, caller, number, photo_id)
    store = find_direct(state.store)
    if direct and store is not None:
        with state.database.reading() as tx:
            url, _ = store.offer_read(tx.get_one(SubmissionRow, photo_id).sha256)
        look.note("photo", str(photo_id))
        return RedirectResponse(url, 307, headers={"Cache-Control": "no-store"})
    data, _, _ = original_photo(state.settings, state.database, str(photo_id))
    look.note("photo", str(photo_id))
    headers = {"Content-Disposition": "attachment", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get("/classes/{number}/findings", response_model=Page[FindingEntryOut])
def read_findings(
    request: Request, number: ClassNumber, caller: Reader, state: State, language: Language,
    outcome: Annotated[Outcome | None, Query()] = None, limit: Limit = 100, cursor: Cursor = None,
) -> JSONResponse:  # fmt: skip
    """Every current finding about the class, its sessions and its photos."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        page, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: page_findings(tx, number, after, most, outcome), lambda one: [str(one.id)],
        )  # fmt: skip
        items = show_to(tx, caller, [_describe_entry(number, each, language) for each in page], language)
    return send_checked({"items": items, "next": following})


def _describe_entry(number: str, entry: FindingEntry, language: str) -> dict[str, Any]:
    about, subject = ("class", number) if entry.session_id is None else ("session", entry.session_id)
    if entry.photo_id is not None:
        about, subject = "photo", str(entry.photo_id)
    return {"about": about, "id": subject, "session": entry.session_id} | describe_finding(entry.finding, language)


def _require_photo(state: AppState, caller: Caller, number: str, photo_id: UUID) -> None:
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        if not _is_of_class(tx, number, photo_id):
            raise Problem("not_found")


def _is_of_class(tx: Tx, number: str, photo_id: UUID) -> bool:
    return photo_id in page_photo_ids(tx, number, None, 1, photo_id)
