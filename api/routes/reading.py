"""What the records hold, for programs: classes, findings, presence, rates, matters, duties, the subsidy, the nights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request

from api.auth import Auditor, OfficeReader, Reader
from api.cursors import Cursor, Limit, paginate
from api.problems import Problem
from api.routes.answers import (
    AuditOut,
    ClassOut,
    DueOut,
    Items,
    MattersOut,
    MeOut,
    NightOut,
    Page,
    PresenceEntryOut,
    RatesOut,
    SessionOut,
    StudentOut,
    SubsidyOut,
)
from api.routes.shapes import ClassNumber
from api.state import AppState, get_state
from verifier.access import Caller
from verifier.answers import describe_session
from verifier.class_standing import describe_due, describe_subsidy, list_matters, read_subsidy_view, view_due
from verifier.records.audit import read_audit, write_audit
from verifier.records.filing import ClassSummary, list_classes
from verifier.records.nights import read_nights
from verifier.records.plans import require_visible
from verifier.records.reading import read_sessions
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


@router.get("/me", response_model=MeOut)
def tell_caller(caller: Reader) -> dict[str, Any]:
    """Who the caller is here, and what it may do."""
    return {
        "actor": caller.actor, "name": caller.name, "role": caller.role, "scopes": sorted(caller.scopes),
        "agency": caller.agency_code,
    }  # fmt: skip


@router.get("/classes", response_model=Page[ClassOut])
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


@router.get("/classes/{number}", response_model=ClassOut)
def read_one_class(number: ClassNumber, caller: Reader, state: State) -> dict[str, Any]:
    """One class of the list."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        return _describe_class(next(each for each in list_classes(tx) if each.number == number))


@router.get("/classes/{number}/students", response_model=Items[StudentOut])
def read_students(number: ClassNumber, caller: Reader, state: State) -> dict[str, Any]:
    """Every student's hours and eligibility for the examination."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        return {"items": view_students(tx, number, state.policy)}


@router.get("/classes/{number}/sessions", response_model=Items[SessionOut])
def read_class_sessions(number: ClassNumber, caller: Reader, state: State, language: Language) -> dict[str, Any]:
    """Every session with its findings, counts and who was there."""
    return {"items": _sessions(state, caller, number, language)}


@router.get("/classes/{number}/sessions/{session_id}", response_model=SessionOut)
def read_one_session(
    number: ClassNumber, session_id: str, caller: Reader, state: State, language: Language
) -> dict[str, Any]:
    """One session."""
    for each in _sessions(state, caller, number, language):
        if each["id"] == session_id:
            return each
    raise Problem("not_found")


@router.get("/classes/{number}/presence", response_model=Page[PresenceEntryOut])
def read_presence(
    request: Request, number: ClassNumber, caller: Reader, state: State, language: Language, session: str | None = None,
    limit: Limit = 100, cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """Who was there, session by session, and why we say so."""
    found = [
        {"session": one["id"], "date": one["date"], **student}
        for one in _sessions(state, caller, number, language)
        if session in (None, one["id"])
        for student in one["students"]
    ]
    return _page(request, state, found, ("date", "session", "student_no"), limit, cursor)


@router.get("/rates", response_model=RatesOut)
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


@router.get("/matters", response_model=MattersOut)
def read_matters(
    caller: Reader, state: State, language: Language, number: Annotated[str | None, Query(alias="class")] = None
) -> dict[str, Any]:
    """Cases, violations, notices and sanctions; an agency sees its own once they are settled."""
    with state.database.reading() as tx:
        return list_matters(tx, state.policy, number, language, viewer=viewer_of(caller))


@router.get("/due", response_model=Items[DueOut])
def read_due(
    caller: Reader, state: State, language: Language, number: Annotated[str | None, Query(alias="class")] = None,
    as_of: Day = None,
) -> dict[str, Any]:  # fmt: skip
    """What is due for each class: the office's duties and plans, which no agency sees, and deadlines."""
    with state.database.reading() as tx:
        found = view_due(tx, state.policy, as_of or find_today(state), number, viewer=viewer_of(caller))
    return {"items": [describe_due(each, language) for each in found]}


@router.get("/classes/{number}/subsidy", response_model=SubsidyOut)
def read_subsidy(
    number: ClassNumber, caller: OfficeReader, state: State, language: Language, as_of: Day = None
) -> dict[str, Any]:
    """Every condition of the class's subsidy, judged anew by what is on record."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        _, view = read_subsidy_view(tx, state.settings, number, as_of or find_today(state))
    return describe_subsidy(view, language)


@router.get("/nights", response_model=Items[NightOut])
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


@router.get("/audit", response_model=AuditOut)
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


def _sessions(state: AppState, caller: Caller, number: str, language: str) -> list[dict[str, Any]]:
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        return [describe_session(each, language) for each in read_sessions(tx, number)]


def _page(
    request: Request, state: AppState, items: list[dict[str, Any]], keys: Sequence[str], limit: int, cursor: str | None
) -> dict[str, Any]:
    key = state.database.vault.cursor_key
    page, following = paginate(request, key, items, lambda item: [str(item[name]) for name in keys], limit, cursor)
    return {"items": page, "next": following}


def find_today(state: AppState) -> date:
    """Today where the service is."""
    return datetime.now(state.settings.zone).date()
