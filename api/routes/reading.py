"""What the records hold, for programs: classes, findings, presence, rates, matters, duties, the subsidy, the nights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session as Tx

from api.auth import Auditor, OfficeReader, Reader
from api.cursors import Cursor, Limit, paginate
from api.problems import Problem
from api.routes.shapes import ClassNumber, PageOut
from api.state import AppState, get_state
from verifier.access import Caller
from verifier.annotated import annotated_photo, original_photo
from verifier.answers import answer_for
from verifier.class_standing import describe_due, describe_subsidy, list_matters, read_subsidy_view, view_due
from verifier.records.audit import read_audit, write_audit
from verifier.records.class_facts import read_class_facts
from verifier.records.filing import ClassSummary, list_classes
from verifier.records.nights import read_nights
from verifier.records.plans import require_visible
from verifier.registering import viewer_of
from verifier.standing import view_rates, view_students

router = APIRouter()
State = Annotated[AppState, Depends(get_state)]
Day = Annotated[date | None, Query()]
MATTERS = ("cases", "violations", "notices", "sanctions")


def choose_language(accept_language: Annotated[str, Header(max_length=200)] = "") -> str:
    """English where it is asked for first, else Chinese."""
    return "en" if accept_language.strip().lower().startswith("en") else "zh_CN"


Language = Annotated[str, Depends(choose_language)]


@router.get("/me")
def tell_caller(caller: Reader) -> dict[str, Any]:
    """Who the caller is here, and what it may do."""
    return {
        "actor": caller.actor, "name": caller.name, "role": caller.role, "scopes": sorted(caller.scopes),
        "agency": caller.agency_code,
    }  # fmt: skip


@router.get("/classes", response_model=PageOut)
def read_classes(
    request: Request, caller: Reader, state: State, agency: str | None = None, limit: Limit = 100, cursor: Cursor = None
) -> dict[str, Any]:
    """The classes on record, by number."""
    with state.database.reading() as tx:
        found = [
            each
            for each in list_classes(tx)
            if caller.agency_code in (None, each.agency_code) and agency in (None, each.agency_code)
        ]
    page, following = paginate(request, state.database.vault.cursor_key, found, lambda one: [one.number], limit, cursor)
    return {"items": [_describe_class(each) for each in page], "next": following}


@router.get("/classes/{number}")
def read_one_class(number: ClassNumber, caller: Reader, state: State) -> dict[str, Any]:
    """One class of the list."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        return _describe_class(next(each for each in list_classes(tx) if each.number == number))


@router.get("/classes/{number}/students")
def read_students(number: ClassNumber, caller: Reader, state: State) -> dict[str, Any]:
    """Every student's hours and eligibility for the examination."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        return {"items": view_students(tx, number, state.policy)}


@router.get("/classes/{number}/sessions")
def read_class_sessions(number: ClassNumber, caller: Reader, state: State, language: Language) -> dict[str, Any]:
    """Every session with its findings, counts and who was there."""
    return {"items": _answer(state, caller, number, language)["sessions"]}


@router.get("/classes/{number}/sessions/{session_id}")
def read_one_session(
    number: ClassNumber, session_id: str, caller: Reader, state: State, language: Language
) -> dict[str, Any]:
    """One session."""
    return _find(_answer(state, caller, number, language)["sessions"], session_id)


@router.get("/classes/{number}/presence", response_model=PageOut)
def read_presence(
    request: Request, number: ClassNumber, caller: Reader, state: State, language: Language, session: str | None = None,
    limit: Limit = 100, cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """Who was there, session by session, and why we say so."""
    found = [
        {"session": one["id"], "date": one["date"], **student}
        for one in _answer(state, caller, number, language)["sessions"]
        if session in (None, one["id"])
        for student in one["students"]
    ]
    return _page(request, state, found, ("date", "session", "student_no"), limit, cursor)


@router.get("/classes/{number}/photos", response_model=PageOut)
def read_class_photos(
    request: Request, number: ClassNumber, caller: Reader, state: State, language: Language, limit: Limit = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """Photos that were looked at, with stamp, faces and findings."""
    found = _answer(state, caller, number, language)["photos"]
    return _page(request, state, found, ("id",), limit, cursor)


@router.get("/classes/{number}/findings", response_model=PageOut)
def read_findings(
    request: Request, number: ClassNumber, caller: Reader, state: State, language: Language, outcome: str | None = None,
    limit: Limit = 100, cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """Every current finding about the class's photos and sessions."""
    answer = _answer(state, caller, number, language)
    found = [
        {"about": kind, "id": one["id"], "session": one["session"] if kind == "photo" else one["id"], **finding}
        for kind in ("photo", "session")
        for one in answer[f"{kind}s"]
        for finding in one["findings"]
        if outcome in (None, finding["outcome"])
    ]
    return _page(request, state, found, ("about", "id", "check", "reason"), limit, cursor)


@router.get("/classes/{number}/photos/{photo_id}")
def read_one_photo(
    number: ClassNumber, photo_id: str, caller: Reader, state: State, language: Language
) -> dict[str, Any]:
    """One photo."""
    return _find(_answer(state, caller, number, language)["photos"], photo_id)


@router.get("/classes/{number}/photos/{photo_id}/annotated.jpg", response_class=Response)
def send_annotated(number: ClassNumber, photo_id: str, caller: Reader, state: State) -> Response:
    """The copy with boxes, names and outcomes, drawn now; every look stands in the audit."""
    _require_photo(state, caller, number, photo_id)
    picture = annotated_photo(state.settings, state.database, photo_id)
    _note_look(state, caller, "photo.look_annotated", photo_id)
    return Response(picture, media_type="image/jpeg")


@router.get("/classes/{number}/photos/{photo_id}/original", response_class=Response)
def send_original(number: ClassNumber, photo_id: str, caller: Reader, state: State) -> Response:
    """The bytes as handed in; every look stands in the audit."""
    _require_photo(state, caller, number, photo_id)
    data, _, _ = original_photo(state.settings, state.database, photo_id)
    _note_look(state, caller, "photo.look_original", photo_id)
    headers = {"Content-Disposition": "attachment", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(data, media_type="application/octet-stream", headers=headers)


@router.get("/rates")
def read_rates(
    caller: Reader, state: State, number: Annotated[str | None, Query(alias="class")] = None, agency: str | None = None
) -> dict[str, Any]:
    """Attendance of classes and agencies, with numerator and denominator."""
    if caller.agency_code is not None and agency not in (None, caller.agency_code):
        raise Problem("not_found")
    with state.database.reading() as tx:
        if number is not None:
            require_visible(tx, number, viewer_of(caller))
        agencies = caller.agency_code or agency
        return view_rates(tx, [number] if number is not None else None, [agencies] if agencies else None)


@router.get("/matters")
def read_matters(
    caller: Reader, state: State, language: Language, number: Annotated[str | None, Query(alias="class")] = None
) -> dict[str, Any]:
    """Cases, violations, notices and sanctions; an agency sees its own once they are settled."""
    with state.database.reading() as tx:
        return list_matters(tx, state.policy, number, language, viewer=viewer_of(caller))


@router.get("/due")
def read_due(
    caller: Reader, state: State, language: Language, number: Annotated[str | None, Query(alias="class")] = None,
    as_of: Day = None,
) -> dict[str, Any]:  # fmt: skip
    """What is due for each class: the office's duties and plans, which no agency sees, and deadlines."""
    with state.database.reading() as tx:
        found = view_due(tx, state.policy, as_of or _today(state), number, viewer=viewer_of(caller))
    return {"items": [describe_due(each, language) for each in found]}


@router.get("/classes/{number}/subsidy")
def read_subsidy(
    number: ClassNumber, caller: OfficeReader, state: State, language: Language, as_of: Day = None
) -> dict[str, Any]:
    """Every condition of the class's subsidy, judged anew by what is on record."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        _, view = read_subsidy_view(tx, state.settings, number, as_of or _today(state))
    return describe_subsidy(view, language)


@router.get("/classes/{number}/archive")
def read_archive(number: ClassNumber, caller: Reader, state: State) -> dict[str, Any]:
    """Which documents of the class archive (Art. 7(5)) are on record; null where nobody has looked."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        facts = read_class_facts(tx, number, _today(state))
    present = {item.code: item for item in facts.archive or ()}
    return {
        "class": number,
        "archived_on": facts.archived_on.isoformat() if facts.archived_on else None,
        "documents": [
            {
                "kind": kind.code,
                "title": kind.title,
                "present": present[kind.code].present if kind.code in present else None,
            }
            for kind in state.policy.archive
        ],
    }


@router.get("/nights")
def read_last_nights(caller: OfficeReader, state: State, limit: Limit = 30) -> dict[str, Any]:  # noqa: ARG001
    """The last nights, newest first: when, over which days, how they ended."""
    with state.database.reading() as tx:
        nights = read_nights(tx, limit)
    return {
        "items": [
            {
                "id": str(each.id), "state": each.state, "first_day": each.first_day, "last_day": each.last_day,
                "started_at": each.started_at, "finished_at": each.finished_at, "counts": dict(each.counts),
                "error": each.error,
            }
            for each in nights
        ]
    }  # fmt: skip


@router.get("/audit")
def read_audit_entries(
    caller: Auditor, state: State, after: Annotated[int, Query(ge=0, lt=2**62)] = 0, limit: Limit = 100,
    actor: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Who did or looked at what, in the order it was written; looking here leaves an entry too."""
    with state.database.transaction() as tx:
        entries = read_audit(tx, after, limit, actor=actor)
        write_audit(tx, actor=caller.actor, action="audit.read", subject=("audit", str(after)))
    return {
        "items": [
            {
                "sequence": each.sequence, "at": each.at, "actor": each.actor, "action": each.action,
                "subject": [each.subject_kind, each.subject_id], "source": each.source, "before": each.before,
                "after": each.after, "hash": each.hash,
            }
            for each in entries
        ],
        "next": entries[-1].sequence if len(entries) == limit else None,
    }  # fmt: skip


def _describe_class(each: ClassSummary) -> dict[str, Any]:
    return {
        "number": each.number, "agency": each.agency_name, "agency_code": each.agency_code,
        "occupation": each.occupation, "level": each.level, "term": each.term, "first_day": each.first_day,
        "last_day": each.last_day, "sessions": each.sessions, "students": each.students, "photos": each.submissions,
    }  # fmt: skip


def _answer(state: AppState, caller: Caller, number: str, language: str) -> dict[str, Any]:
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        return _answer_in(tx, state, number, language)


def _answer_in(tx: Tx, state: AppState, number: str, language: str) -> dict[str, Any]:
    answer: dict[str, Any] = answer_for(tx, state.settings, None, None, class_number=number, language=language)
    return answer


def _find(items: Sequence[dict[str, Any]], wanted: str) -> dict[str, Any]:
    for item in items:
        if item["id"] == wanted:
            return item
    raise Problem("not_found")


def _require_photo(state: AppState, caller: Caller, number: str, photo_id: str) -> None:
    _find(_answer(state, caller, number, "zh_CN")["photos"], photo_id)


def _note_look(state: AppState, caller: Caller, action: str, photo_id: str) -> None:
    with state.database.transaction() as tx:
        write_audit(tx, actor=caller.actor, action=action, subject=("photo", photo_id))


def _page(
    request: Request, state: AppState, items: list[dict[str, Any]], keys: Sequence[str], limit: int, cursor: str | None
) -> dict[str, Any]:
    key = state.database.vault.cursor_key
    page, following = paginate(request, key, items, lambda item: [str(item[name]) for name in keys], limit, cursor)
    return {"items": page, "next": following}


def _today(state: AppState) -> date:
    return datetime.now(state.settings.zone).date()
