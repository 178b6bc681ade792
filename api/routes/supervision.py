"""What the office looks at and plans: on site, off site, by follow-up. No agency sees any of it (Art. 14(1))."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session as Tx

from api.acting import WithDecisions, act_once
from api.auth import OfficeReader
from api.cursors import Cursor, Limit, paginate_stored
from api.idempotency import Answer
from api.routes.answers.base import Page, WrittenOut
from api.routes.answers.office import DrawOut, PlanOut, SupervisionOut
from api.routes.matters import OfClass
from api.routes.office_shapes import CallIn, DrawIn, InspectionIn, OffSiteIn, PlanIn, ReasonIn, UrgingAnswerIn, UrgingIn
from api.routes.reading import State, find_today
from api.routes.shapes import ClassNumber
from verifier.class_standing import describe_plan
from verifier.paperwork import settle_urging, urge_materials
from verifier.planning import cancel_plan, plan_follow_ups, plan_inspection, plan_off_site
from verifier.records.office_pages import page_plans
from verifier.records.plans import read_plans, require_visible
from verifier.records.supervision import CallAnswer, InspectionVisit, Interviews, StudentSeen
from verifier.registering import viewer_of
from verifier.regulation.facts import UrgingOutcome
from verifier.supervising import Office, draw_follow_ups, record_call, record_inspection, record_off_site
from verifier.supervision_history import describe_supervision

router = APIRouter()


@router.get("/classes/{number}/supervision", response_model=SupervisionOut)
def read_supervision(number: ClassNumber, caller: OfficeReader, state: State) -> dict[str, Any]:
    """Inspections, off-site supervision, follow-ups, records and plans of one class."""
    with state.database.reading() as tx:
        return describe_supervision(tx, number, viewer=viewer_of(caller))


@router.get("/plans", response_model=Page[PlanOut])
def read_all_plans(
    request: Request, caller: OfficeReader, state: State, number: OfClass = None, limit: Limit = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:  # fmt: skip
    """Plans by day, those carried out or cancelled too."""
    with state.database.reading() as tx:
        if number is not None:
            require_visible(tx, number, viewer_of(caller))
        page, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: page_plans(tx, after, most, class_number=number), lambda one: one[1],
        )  # fmt: skip
        ids = [row_id for row_id, _ in page]
        found = {each.id: each for each in read_plans(tx, viewer=viewer_of(caller), only=ids)}
    today = find_today(state)
    return {"items": [describe_plan(found[row_id], today) for row_id in ids], "next": following}


@router.post("/classes/{number}/plans", status_code=201, response_model=PlanOut)
def make_plan(number: ClassNumber, body: PlanIn, write: WithDecisions) -> Response:
    """Plan a supervision and draw its people, among those without a declared interest in the agency."""

    def work(office: Office, by: str, _: Tx) -> Answer:
        if body.kind == "off_site":
            made = plan_off_site(office, number, body.method, body.planned_on, body.seed, by)
        else:
            make = plan_inspection if body.kind == "on_site" else plan_follow_ups
            made = make(office, number, body.planned_on, body.seed, by)
        return Answer(describe_plan(made, find_today(write.state)), 201)

    return act_once(write, body, "plan.make", work)


@router.post("/plans/{plan_id}/cancel", response_model=PlanOut)
def cancel_one_plan(plan_id: UUID, body: ReasonIn, write: WithDecisions) -> Response:
    """Cancel a plan; it stays on record with the reason."""

    def work(office: Office, by: str, _: Tx) -> Answer:
        return Answer(describe_plan(cancel_plan(office, plan_id, by, body.why), find_today(write.state)))

    return act_once(write, body, "plan.cancel", work)


@router.post("/classes/{number}/inspections", status_code=201, response_model=WrittenOut)
def save_inspection(number: ClassNumber, body: InspectionIn, write: WithDecisions) -> Response:
    """Write down an on-site inspection: enough inspectors, none with a declared interest, not announced."""
    visit = _read_visit(number, body)

    def work(office: Office, _by: str, _: Tx) -> Answer:
        return _written(record_inspection(office, visit, body.plan))

    return act_once(write, body, "inspection.record", work, body.evidence)


@router.post("/classes/{number}/off-site", status_code=201, response_model=WrittenOut)
def save_off_site(number: ClassNumber, body: OffSiteIn, write: WithDecisions) -> Response:
    """Write down an off-site supervision (Art. 10); a phone call has its recording."""

    def work(office: Office, by: str, _: Tx) -> Answer:
        return _written(
            record_off_site(office, number, body.kind, body.held_at, by, body.result, body.evidence, body.plan)
        )

    return act_once(write, body, "off_site.record", work, [body.evidence])


@router.post("/classes/{number}/follow-ups", status_code=201, response_model=DrawOut)
def draw(number: ClassNumber, body: DrawIn, write: WithDecisions) -> Response:
    """Draw at least the policy's share of the roster; the same seed again gives the draw that stands."""

    def work(office: Office, by: str, _: Tx) -> Answer:
        draw_id, drawn = draw_follow_ups(office, number, body.seed, by, plan=body.plan)
        told = {
            "id": str(draw_id), "seed": drawn.seed, "drawn": list(drawn.chosen), "roster": drawn.pool_size,
            "roster_sha256": drawn.pool_sha256,
        }  # fmt: skip
        return Answer(told, 201)

    return act_once(write, body, "follow_up.draw", work)


@router.post("/classes/{number}/follow-ups/{draw_id}/calls", status_code=201, response_model=WrittenOut)
def save_call(number: ClassNumber, draw_id: UUID, body: CallIn, write: WithDecisions) -> Response:
    """Write down what following up one drawn student gave (Annex 3); a phone call that reached somebody has its recording."""

    def work(office: Office, by: str, _: Tx) -> Answer:
        answer = CallAnswer(
            body.student_no, body.called_at, by, body.outcome, body.answer, body.by_phone, body.recording or ""
        )
        return _written(record_call(office, number, draw_id, answer))

    return act_once(write, body, "follow_up.call", work, [body.recording])


@router.post("/classes/{number}/urgings", status_code=201, response_model=WrittenOut)
def save_urging(number: ClassNumber, body: UrgingIn, write: WithDecisions) -> Response:
    """Write down that the agency was urged to hand something in, and by which day."""

    def work(office: Office, by: str, _: Tx) -> Answer:
        found = urge_materials(office, number, by, body.what, body.urged_on, body.due_on, tuple(body.evidence))
        return _written(found)

    return act_once(write, body, "urging.make", work, body.evidence)


@router.post("/urgings/{urging_id}/answers", status_code=201, response_model=WrittenOut)
def save_urging_answer(urging_id: UUID, body: UrgingAnswerIn, write: WithDecisions) -> Response:
    """Write down what came of an urging. Missing or poor after the day set: the next night proposes a violation; people decide."""

    def work(office: Office, by: str, _: Tx) -> Answer:
        settle_urging(office, urging_id, UrgingOutcome(body.outcome), by, body.answered_on, body.note)
        return _written(urging_id)

    return act_once(write, body, "urging.answer", work)


def _written(row_id: UUID) -> Answer:
    return Answer({"id": str(row_id)}, 201)


def _read_visit(number: str, body: InspectionIn) -> InspectionVisit:
    talks = body.interviews
    return InspectionVisit(
        class_number=number, inspected_at=body.inspected_at, inspectors=tuple(body.inspectors), session_id=body.session,
        expected=body.expected, present=body.present,
        students=tuple(StudentSeen(each.student_no, each.problem, each.impersonated) for each in body.students),
        attendance=body.attendance, timetable=body.timetable, teachers=body.teachers, venue=body.venue,
        other_problems=body.other_problems, opinion=body.opinion, supervisor=body.supervisor, teacher=body.teacher,
        notified_beforehand=body.notified_beforehand, transport_by_agency=body.transport_by_agency,
        favours_from_agency=body.favours_from_agency, teaching_began=body.teaching_began,
        teaching_ended=body.teaching_ended,
        interviews=Interviews(talks.asked, talks.false, talks.unclear) if talks else None, evidence=tuple(body.evidence),
    )  # fmt: skip
