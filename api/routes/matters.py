"""Cases, violations and sanctions: listed for whoever may see them, decided by people of the office."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session as Tx

from api.acting import WithDecisions, act_once
from api.auth import OfficeReader, Reader
from api.cursors import Cursor, Limit, paginate_stored
from api.hiding import show_to
from api.idempotency import Answer
from api.looks import LooksAtCase
from api.problems import Problem
from api.routes.answers.base import Page
from api.routes.answers.matters import CaseOut, DecidedOut, SanctionOut, SightingsOut, ViolationOut
from api.routes.office_shapes import DecisionIn, ReasonIn, SanctionDecisionIn
from api.routes.reading import Language, State
from verifier.access import Caller
from verifier.answers import describe_case, describe_violation
from verifier.attendance.calibration import load_calibration
from verifier.class_standing import SHOWN_TO_AGENCY, describe_decision, describe_sanction
from verifier.looking import look_versions
from verifier.matter_states import SETTLED_STATES, STATES
from verifier.records.decisions import find_decided, find_matter
from verifier.records.errors import NotInRecordsError
from verifier.records.matters import CaseRecord, ViolationRecord
from verifier.records.notices import read_sanctions
from verifier.records.office_pages import page_sanctions
from verifier.records.paging import page_cases, page_violations
from verifier.records.plans import require_visible
from verifier.records.tables.case import CaseRow
from verifier.records.violation_values import read_many_decisions, read_matter_decisions
from verifier.registering import viewer_of
from verifier.regulation.decisions import Decision, Verdict
from verifier.regulation.policy import Policy
from verifier.review_sightings import Seen, find_same_pictures, find_strangers, find_student
from verifier.supervising import Office, decide_matter, decide_sanction, withdraw_decision

router = APIRouter()
OfClass = Annotated[str | None, Query(alias="class", max_length=200)]
StateAsked = Annotated[
    Literal["proposed", "needs_check", "confirmed", "dismissed", "lapsed"] | None, Query(alias="state")
]


def choose_states(caller: Caller, asked: str | None) -> Sequence[str]:
    """The states that this caller sees of what it asked for: an agency only what is settled (Art. 14(1))."""
    seen = STATES if caller.is_office else SETTLED_STATES
    return [each for each in seen if asked in (None, each)]


@router.get("/cases", response_model=Page[CaseOut])
def read_cases(
    request: Request, caller: Reader, state: State, language: Language, look: LooksAtCase, number: OfClass = None,
    standing: StateAsked = None, limit: Limit = 100, cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """Cases in the order they were opened; an agency's program sees its own once they are settled."""
    with state.database.reading() as tx:
        if number is not None:
            require_visible(tx, number, viewer_of(caller))
        page, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: page_cases(tx, after, most, class_number=number, agency_code=caller.agency_code,
                                           states=choose_states(caller, standing)),
            lambda one: [one.opened_at.isoformat(), str(one.id)],
        )  # fmt: skip
        decisions = read_many_decisions(tx, [each.id for each in page])
        items = show_to(tx, caller, [_show_case(each, decisions[each.id], caller, language) for each in page], language)
    look.note_many("case", [each["id"] for each in items])
    return {"items": items, "next": following}


@router.get("/cases/{case_id}", response_model=CaseOut)
def read_one_case(case_id: UUID, caller: Reader, state: State, language: Language, look: LooksAtCase) -> dict[str, Any]:
    """One case with the photo it was seen in, the box in it, and every decision."""
    with state.database.reading() as tx:
        found = page_cases(
            tx, None, 1, agency_code=caller.agency_code, states=choose_states(caller, None), only=case_id
        )
        if not found:
            raise Problem("not_found")
        case = show_to(tx, caller, _show_case(found[0], read_matter_decisions(tx, case_id), caller, language), language)
    look.note("case", str(case_id))
    return case


@router.get("/cases/{case_id}/sightings", response_model=SightingsOut)
def read_sightings(case_id: UUID, caller: OfficeReader, state: State, look: LooksAtCase) -> dict[str, Any]:
    """Where else the accused student was seen, strangers who look like the one in the box, and uses of the same picture."""
    _, contract = look_versions(state.settings)
    calibration = load_calibration(state.settings.face_pack, state.settings.models_dir)
    with state.database.reading() as tx:
        found = page_cases(tx, None, 1, agency_code=caller.agency_code, states=STATES, only=case_id)
        if not found:
            raise Problem("not_found")
        case = found[0]
        student = find_student(tx, case.class_number, case.subject, case.session_id)
        strangers = find_strangers(tx, case, contract, calibration) if case.photo_id else []
        same = find_same_pictures(tx, case.sha256) if case.sha256 else []
    look.note("case", str(case_id))
    return {
        "student": [_show_sighting(each) for each in student],
        "strangers": [_show_sighting(each) for each in strangers],
        "same_pictures": [
            {"photo_id": str(photo_id), "class": number, "file": file}
            for photo_id, number, file in same
            if photo_id != case.photo_id
        ],
    }


@router.get("/violations", response_model=Page[ViolationOut])
def read_violations(
    request: Request, caller: Reader, state: State, language: Language, number: OfClass = None, standing: StateAsked = None,
    limit: Limit = 100, cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """Violations in the order they were opened; an agency's program sees its own once they are settled."""
    with state.database.reading() as tx:
        if number is not None:
            require_visible(tx, number, viewer_of(caller))
        page, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: page_violations(tx, after, most, class_number=number, agency_code=caller.agency_code,
                                                states=choose_states(caller, standing)),
            lambda one: [one.opened_at.isoformat(), str(one.id)],
        )  # fmt: skip
        decisions = read_many_decisions(tx, [each.id for each in page])
        items = [_show_violation(each, decisions[each.id], state.policy, caller, language) for each in page]
        items = show_to(tx, caller, items, language)
    return {"items": items, "next": following}


@router.get("/violations/{violation_id}", response_model=ViolationOut)
def read_one_violation(violation_id: UUID, caller: Reader, state: State, language: Language) -> dict[str, Any]:
    """One violation with its evidence and every decision."""
    with state.database.reading() as tx:
        found = page_violations(
            tx, None, 1, agency_code=caller.agency_code, states=choose_states(caller, None), only=violation_id
        )
        if not found:
            raise Problem("not_found")
        decisions = read_matter_decisions(tx, violation_id)
        return show_to(tx, caller, _show_violation(found[0], decisions, state.policy, caller, language), language)


@router.post("/cases/{case_id}/decisions", status_code=201, response_model=DecidedOut)
def decide_case(case_id: UUID, body: DecisionIn, write: WithDecisions) -> Response:
    """Confirm or dismiss a case, or ask for a check on site."""
    return act_once(
        write, body, "case.decide", lambda office, by, tx: _decide(tx, office, case_id, body, by, of_case=True)
    )


@router.post("/violations/{violation_id}/decisions", status_code=201, response_model=DecidedOut)
def decide_violation(violation_id: UUID, body: DecisionIn, write: WithDecisions) -> Response:
    """Confirm or dismiss a violation, or ask for a check on site; where money hangs on it, a second person confirms too."""
    return act_once(
        write,
        body,
        "violation.decide",
        lambda office, by, tx: _decide(tx, office, violation_id, body, by, of_case=False),
    )


@router.post("/decisions/{decision_id}/withdraw", response_model=DecidedOut)
def take_back(decision_id: UUID, body: ReasonIn, write: WithDecisions) -> Response:
    """Take a decision about a case or violation back; it stays visible. Refused while a notice or sanction rests on it."""

    def work(office: Office, by: str, tx: Tx) -> Answer:
        state = withdraw_decision(office, decision_id, by, body.why)
        return Answer(_tell_decided(tx, find_decided(tx, decision_id), state.value))

    return act_once(write, body, "decision.withdraw", work)


@router.get("/sanctions", response_model=Page[SanctionOut])
def read_all_sanctions(
    request: Request, caller: Reader, state: State, language: Language, number: OfClass = None, limit: Limit = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """Proposed and issued sanctions with their grounds; an agency's program sees those issued to it."""
    with state.database.reading() as tx:
        if number is not None:
            require_visible(tx, number, viewer_of(caller))
        seen = None if caller.is_office else "issued"
        page, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: page_sanctions(tx, after, most, class_number=number, agency_code=caller.agency_code,
                                               state=seen),
            lambda one: one[1],
        )  # fmt: skip
        found = {each.id: each for each in read_sanctions(tx, only=[row_id for row_id, _ in page])}
        items = show_to(tx, caller, [describe_sanction(found[row_id], language) for row_id, _ in page], language)
    return {"items": items, "next": following}


@router.post("/sanctions/{sanction_id}/decisions", status_code=201, response_model=SanctionOut)
def decide_on_sanction(
    sanction_id: UUID, body: SanctionDecisionIn, write: WithDecisions, language: Language
) -> Response:
    """Issue, dismiss or withdraw a sanction; one about an agency takes two people."""

    def work(office: Office, by: str, _: Tx) -> Answer:
        found = decide_sanction(office, sanction_id, Verdict(body.verdict), by, body.why)
        return Answer(describe_sanction(found, language), 201)

    return act_once(write, body, "sanction.decide", work)


def _decide(tx: Tx, office: Office, matter_id: UUID, body: DecisionIn, by: str, *, of_case: bool) -> Answer:
    if isinstance(find_matter(tx, matter_id), CaseRow) != of_case:
        raise NotInRecordsError(f"{matter_id} is of the other kind")
    state = decide_matter(office, matter_id, Verdict(body.verdict), by, body.why)
    return Answer(_tell_decided(tx, matter_id, state.value), 201)


def _tell_decided(tx: Tx, matter_id: UUID, state: str) -> dict[str, Any]:
    decisions = [describe_decision(each) for each in read_matter_decisions(tx, matter_id)]
    return {"id": str(matter_id), "state": state, "decisions": decisions}


def _show_sighting(seen: Seen) -> dict[str, Any]:
    return {
        "photo_id": str(seen.photo_id), "box_xywh": list(seen.box_xywh), "class": seen.class_number,
        "session": seen.session_id, "similarity": seen.similarity,
    }  # fmt: skip


def _show_decisions(decisions: Sequence[Decision], caller: Caller) -> list[dict[str, Any]]:
    shown = [describe_decision(each) for each in decisions]
    return [each for each in shown if caller.is_office or each["decision"] in SHOWN_TO_AGENCY]


def _show_case(case: CaseRecord, decisions: Sequence[Decision], caller: Caller, language: str) -> dict[str, Any]:
    return describe_case(case, language) | {
        "supported": case.supported, "opened_at": case.opened_at.isoformat(), "sha256": case.sha256,
        "lapsed": case.lapse_reason.text(language) if case.lapse_reason else None,
        "decisions": _show_decisions(decisions, caller),
    }  # fmt: skip


def _show_violation(
    violation: ViolationRecord, decisions: Sequence[Decision], policy: Policy, caller: Caller, language: str
) -> dict[str, Any]:
    return describe_violation(violation, policy, language) | {
        "supported": violation.supported, "opened_at": violation.opened_at.isoformat(),
        "lapsed": violation.lapse_reason.text(language) if violation.lapse_reason else None,
        "decisions": _show_decisions(decisions, caller),
    }  # fmt: skip
