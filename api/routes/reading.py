"""What the records hold, for programs: classes, findings, presence, rates, matters, duties, the subsidy, the nights."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse

from api.auth import Auditor, OfficeReader, Reader
from api.cursors import Cursor, Limit, paginate_stored, send_checked
from api.hiding import show_to
from api.problems import Problem
from api.routes.answers.base import Items, Page
from api.routes.answers.classes import ClassOut, MeOut, PresenceEntryOut, RatesOut, SessionOut, StudentOut
from api.routes.answers.matters import MattersOut
from api.routes.answers.office import DueOut, SubsidyOut
from api.routes.answers.running import AuditOut, NightOut
from api.routes.shapes import ClassNumber
from api.state import AppState, share_state
from verifier.answers import describe_presence, describe_session
from verifier.class_standing import describe_due, describe_subsidy, list_matters, read_subsidy_view, view_due
from verifier.records.audit import read_audit, write_audit
from verifier.records.class_pages import page_classes, page_presences, page_session_ids
from verifier.records.filing import ClassSummary
from verifier.records.nights import read_nights
from verifier.records.plans import require_visible
from verifier.records.reading import read_sessions
from verifier.registering import viewer_of
from verifier.standing import view_rates, view_students

router = APIRouter()
State = Annotated[AppState, Depends(share_state)]
Day = Annotated[date | None, Query()]
# Each class is judged anew for it, which takes some hundredths of a second.
MAX_DUE = 100


async def choose_language(accept_language: Annotated[str, Header(max_length=200)] = "") -> str:
    """English where it is asked for first, else Chinese."""
    return "en" if accept_language.strip().lower().startswith("en") else "zh_CN"


Language = Annotated[str, Depends(choose_language)]


@router.get("/me", response_model=MeOut)
async def tell_caller(caller: Reader) -> dict[str, Any]:
    """Who the caller is here, and what it may do."""
    return {
        "actor": caller.actor, "name": caller.name, "role": caller.role, "scopes": sorted(caller.scopes),
        "agency": caller.agency_code,
    }  # fmt: skip


@router.get("/classes", response_model=Page[ClassOut])
def read_classes(
    request: Request, caller: Reader, state: State, agency: str | None = None, limit: Limit = 100, cursor: Cursor = None
) -> JSONResponse:
    """The classes on record, by number."""
    if caller.agency_code is not None and agency not in (None, caller.agency_code):
        return send_checked({"items": [], "next": None})
    with state.database.reading() as tx:
        page, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: page_classes(tx, after, most, agency_code=caller.agency_code or agency),
            lambda one: [one.number],
        )  # fmt: skip
    return send_checked({"items": [_describe_class(each) for each in page], "next": following})


@router.get("/classes/{number}", response_model=ClassOut)
def read_one_class(number: ClassNumber, caller: Reader, state: State) -> dict[str, Any]:
    """One class of the list."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        return _describe_class(page_classes(tx, None, 1, only=number)[0])


@router.get("/classes/{number}/students", response_model=Items[StudentOut])
def read_students(number: ClassNumber, caller: Reader, state: State) -> dict[str, Any]:
    """Every student's hours and eligibility for the examination."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        return {"items": view_students(tx, number, state.policy)}


@router.get("/classes/{number}/sessions", response_model=Page[SessionOut])
def read_class_sessions(
    request: Request, number: ClassNumber, caller: Reader, state: State, language: Language, limit: Limit = 100,
    cursor: Cursor = None,
) -> JSONResponse:  # fmt: skip
    """Sessions by time with their findings, counts and who was there."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        page, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: page_session_ids(tx, number, after, most), lambda one: one,
        )  # fmt: skip
        found = read_sessions(tx, number, only=[session_id for _, session_id in page])
        items = show_to(tx, caller, [describe_session(each, language) for each in found], language)
    return send_checked({"items": items, "next": following})


@router.get("/classes/{number}/sessions/{session_id}", response_model=SessionOut)
def read_one_session(
    number: ClassNumber, session_id: str, caller: Reader, state: State, language: Language
) -> JSONResponse:
    """One session."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        found = read_sessions(tx, number, only=[session_id])
        if not found:
            raise Problem("not_found")
        shown = show_to(tx, caller, describe_session(found[0], language), language)
    return send_checked(shown)


@router.get("/classes/{number}/presence", response_model=Page[PresenceEntryOut])
def read_presence(
    request: Request, number: ClassNumber, caller: Reader, state: State, language: Language, session: str | None = None,
    limit: Limit = 100, cursor: Cursor = None,
) -> JSONResponse:  # fmt: skip
    """Who was there, session by session, and why we say so."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        page, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: page_presences(tx, number, after, most, session),
            lambda one: [one.day.isoformat(), one.session_id, one.student.student_no],
        )  # fmt: skip
        items = [
            {"session": each.session_id, "date": each.day.isoformat(), **describe_presence(each.student, language)}
            for each in page
        ]
        items = show_to(tx, caller, items, language)
    return send_checked({"items": items, "next": following})


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
        found = list_matters(tx, state.policy, number, language, viewer=viewer_of(caller))
        return show_to(tx, caller, found, language)


@router.get("/due", response_model=Page[DueOut])
def read_due(
    request: Request, caller: Reader, state: State, language: Language,
    number: Annotated[str | None, Query(alias="class")] = None, as_of: Day = None,
    limit: Annotated[int, Query(ge=1, le=MAX_DUE, description="How many classes at most.")] = 10, cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """What is due for each class: the office's duties and plans, which no agency sees, and deadlines."""
    viewer, as_of = viewer_of(caller), as_of or find_today(state)
    with state.database.reading() as tx:
        if number is not None:
            require_visible(tx, number, viewer)
        page, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: page_classes(tx, after, most, agency_code=caller.agency_code, only=number),
            lambda one: [one.number],
        )  # fmt: skip
        found = [due for each in page for due in view_due(tx, state.policy, as_of, each.number, viewer=viewer)]
    return {"items": [describe_due(each, language) for each in found], "next": following}


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
        "occupation": each.occupation, "level": each.level, "term": each.term, "first_day": _day(each.first_day),
        "last_day": _day(each.last_day), "sessions": each.sessions, "students": each.students,
        "photos": each.submissions,
    }  # fmt: skip


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def find_today(state: AppState) -> date:
    """Today where the service is."""
    return datetime.now(state.settings.zone).date()
