"""What inspectors send from the review pages: take one, go on, decide, undo, decide on several alike. Plain forms."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.auth import Need, check_form
from api.pages.review import QueueQuery, make_office, read_query, show_matter, show_queue
from api.problems import Problem
from verifier.access import Caller
from verifier.language import Sentence, say
from verifier.records.decisions import DecisionError
from verifier.records.office import RefusedError
from verifier.regulation.decisions import DecisionRefusedError, Verdict
from verifier.reviewing import decide_claimed, decide_together, take, take_next, undo, view_queue
from verifier.supervising import Office, withdraw_decision

router = APIRouter(dependencies=[Depends(Need("decisions", office=True)), Depends(check_form)])
Decider = Annotated[Caller, Depends(Need("decisions", office=True))]
MAX_REASON = 4000
Text = Annotated[str, Form(max_length=MAX_REASON)]
REFUSALS = (RefusedError, DecisionRefusedError, DecisionError, ValueError)


@router.post("/review/next")
def send_next(request: Request, caller: Decider, queue: Text = "", after: Text = "", back: Text = "") -> Response:
    """Take the next free one (or the one before) and show it; the list where there is none."""
    office, query = make_office(request), read_query(queue)
    found = _take_next(office, query, _id(after), caller, back=bool(back))
    return _go_on(found, query)


@router.post("/review/together")
def send_together(
    request: Request, caller: Decider, matter: Annotated[list[UUID] | None, Form()] = None, verdict: Text = "",
    why: Text = "", queue: Text = "",
) -> Response:  # fmt: skip
    """Decide alike on what is ticked."""
    query = read_query(queue)
    try:
        done, refused = decide_together(
            make_office(request), matter or [], _verdict(verdict), by=caller.login, user_id=_user(caller), why=why
        )
    except REFUSALS as error:
        return show_queue(request, query, told=tell_refusal(error), why=why, ticked=matter or (), status_code=422)
    if refused:
        told = say("已办理{done}项，{left}项未能办理：{why}", done=done, left=len(refused), why=refused[0][1].sentence)
        return show_queue(request, query, told=told, why=why, status_code=422)
    return RedirectResponse(f"/review?{query.encode(note='together', count=str(done))}", 303)


@router.post("/review/undo")
def send_undo(request: Request, caller: Decider, decision: Annotated[UUID, Form()], queue: Text = "") -> Response:
    """Take back what was decided a moment ago, and show it again."""
    query, office = read_query(queue), make_office(request)
    try:
        matter = undo(office, decision, by=caller.login, user_id=_user(caller))
        take(office, matter, _user(caller))
    except REFUSALS as error:
        return show_queue(request, query, told=tell_refusal(error), status_code=422)
    return RedirectResponse(f"/review/{matter}?{query.encode(note='undone')}", 303)


@router.post("/review/{matter_id}/take")
def send_take(request: Request, caller: Decider, matter_id: UUID, queue: Text = "") -> Response:
    """Take one and show it."""
    query = read_query(queue)
    try:
        take(make_office(request), matter_id, _user(caller))
    except REFUSALS as error:
        return show_matter(request, matter_id, query, told=tell_refusal(error), status_code=422)
    return RedirectResponse(f"/review/{matter_id}?{query.encode()}", 303)


@router.post("/review/{matter_id}/withdraw")
def send_withdrawal(
    request: Request, caller: Decider, matter_id: UUID, decision: Annotated[UUID, Form()], why: Text = "",
    queue: Text = "",
) -> Response:  # fmt: skip
    """Take an earlier decision back, with a reason."""
    query = read_query(queue)
    try:
        withdraw_decision(make_office(request), decision, caller.login, why)
    except REFUSALS as error:
        return show_matter(request, matter_id, query, told=tell_refusal(error), why=why, status_code=422)
    return RedirectResponse(f"/review/{matter_id}?{query.encode()}", 303)


# The same address as the page's: whose login ran out comes back to the page after logging in.
@router.post("/review/{matter_id}")
def send_decision(
    request: Request, caller: Decider, matter_id: UUID, verdict: Text = "", why: Text = "", queue: Text = ""
) -> Response:
    """Decide, and go on to the next; what was typed stays where it is refused."""
    query, office = read_query(queue), make_office(request)
    order = _order(office, query)
    try:
        _, decision = decide_claimed(
            office, matter_id, _verdict(verdict), by=caller.login, user_id=_user(caller), why=why
        )
    except REFUSALS as error:
        return show_matter(
            request, matter_id, query, told=tell_refusal(error), why=why, verdict=verdict, status_code=422
        )
    found = take_next(office, order, matter_id, _user(caller))
    return _go_on(found, query, done=str(decision))


def _take_next(office: Office, query: QueueQuery, after: UUID | None, caller: Caller, *, back: bool) -> UUID | None:
    return take_next(office, _order(office, query), after, _user(caller), back=back)


def _order(office: Office, query: QueueQuery) -> list[UUID]:
    found = view_queue(office, state=query.state, kind=query.kind, number=query.number, order=query.order)
    return [each.id for each in found.items]


def _go_on(found: UUID | None, query: QueueQuery, **more: str) -> Response:
    if found is None:
        return RedirectResponse(f"/review?{query.encode(note='none_free', **more)}", 303)
    return RedirectResponse(f"/review/{found}?{query.encode(**more)}", 303)


def _verdict(word: str) -> Verdict:
    try:
        return Verdict(word)
    except ValueError:
        raise RefusedError(say("请选择一个决定。")) from None


def _user(caller: Caller) -> UUID:
    if caller.user_id is None:
        raise Problem("forbidden")  # a program decides nothing here
    return caller.user_id


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def tell_refusal(error: Exception) -> Sentence:
    """What the person who tried is told."""
    if isinstance(error, RefusedError | DecisionRefusedError):
        return error.sentence
    if isinstance(error, DecisionError):
        return say("已有结论，须先撤回原决定才能改变。")
    return say("作出决定须说明理由。")
