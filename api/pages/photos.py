"""The page of a photo, its annotated copy, and its original."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from api.auth import find_visitor
from api.pages.classes import name_students
from api.pages.comparison import compare_sources
from api.pages.render import Language, Records, show_page
from api.state import get_state
from verifier.report.summary import SETTLED, is_drawable
from verifier.review_sightings import find_same_pictures

router = APIRouter()
# Anything else is handed out as bytes of no known kind, so that no browser tries to show it.
PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif")


@router.get("/photos/{photo_id}")
def show_photo(request: Request, language: Language, records: Records, photo_id: str) -> HTMLResponse:
    """One photo: the annotated copy, every finding, what stamp and camera say, the faces."""
    try:
        number = records.class_of_photo(photo_id)
    except KeyError:
        raise HTTPException(404) from None
    answer = records.answer(None, None, number, language)
    photo = next((one for one in answer["photos"] if one["id"] == photo_id), None)
    training = next((one for one in answer["classes"] if one["number"] == number), None)
    session = next((one for one in answer["sessions"] if photo and one["id"] == photo["session"]), None)
    findings = photo["findings"] if photo else []
    visitor = find_visitor(request)
    alike: list[tuple[UUID, str, str]] = []
    if photo and visitor is not None and visitor.csrf and visitor.is_office:
        with get_state(request).database.reading() as tx:
            alike = [each for each in find_same_pictures(tx, photo["sha256"]) if str(each[0]) != photo_id]
    return show_page(
        request,
        "photo.html",
        photo_id=photo_id,
        photo=photo,
        number=number,
        training=training,
        session=session,
        names=name_students(answer),
        pressing=[one for one in findings if one["outcome"] not in SETTLED],
        settled=[one for one in findings if one["outcome"] in SETTLED],
        drawable=bool(photo and is_drawable(photo)),
        compared=compare_sources(photo, session, training["venue"] if training else None, language) if photo else [],
        cases=[case for case in answer["cases"] if case.get("photo_id") == photo_id],
        alike=alike,
    )


@router.get("/photos/{photo_id}/annotated.jpg")
def send_annotated(records: Records, photo_id: str) -> Response:
    """The copy with boxes, names and outcomes, drawn now."""
    try:
        picture = records.annotated(photo_id)
    except KeyError:
        raise HTTPException(404) from None
    return Response(picture, media_type="image/jpeg")


@router.get("/photos/{photo_id}/original")
def send_original(records: Records, photo_id: str) -> Response:
    """The bytes as they were handed in, to be saved, never to be shown by the browser."""
    try:
        data, media_type, name = records.original(photo_id)
    except KeyError:
        raise HTTPException(404) from None
    headers = {"Content-Disposition": tell_file_name(name), "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(
        data, media_type=media_type if media_type in PICTURE_TYPES else "application/octet-stream", headers=headers
    )


def tell_file_name(name: str) -> str:
    """A Content-Disposition for any file name: plain ASCII for old browsers, RFC 5987 for the rest."""
    name = name.replace("\\", "/").rpartition("/")[2] or "photo"
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in " ._-()") else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
