"""Reviewing what the nights proposed: the queue, taking one, deciding, undoing within seconds, several alike at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from verifier.language import say
from verifier.matter_states import OPEN_STATES
from verifier.records.claims import Claim, claim_matter, read_claims, release_matter, require_free
from verifier.records.decisions import read_decisions
from verifier.records.errors import NotInRecordsError
from verifier.records.office import RefusedError
from verifier.records.review_queue import QueueItem, count_decided, read_queue
from verifier.records.tables.decision import DecisionRow
from verifier.regulation.decisions import Verdict
from verifier.regulation.facts import CaseState
from verifier.supervising import Office, decide_matter, withdraw_decision


@dataclass(frozen=True, slots=True)
class ReviewLimits:
    """How long things last.

    Attributes:
        claim_lasts: Long enough for a hard case and a telephone call; whoever goes home blocks nobody the next day.
        undo_within: A slip of the finger is noticed at once; later a decision is withdrawn with a reason of its own.
        max_together: So many at once can still be read on one page.
    """

    name: str
    claim_lasts: timedelta
    undo_within: timedelta
    max_together: int


REVIEW_2026 = ReviewLimits(
    "review-2026", claim_lasts=timedelta(minutes=20), undo_within=timedelta(seconds=30), max_together=50
)
ORDERS = ("urgency", "oldest", "class")
STATES = {
    "open": OPEN_STATES,
    "confirmed": ("confirmed",),
    "dismissed": ("dismissed",),
}
SHOWN_STATES = ("open", "new", "awaiting_second", "on_site", "confirmed", "dismissed")


@dataclass(frozen=True, slots=True)
class QueueView:
    """One queue as asked for. `kinds` counts all kinds of the state, whichever is shown; `decided_today` is the asker's."""

    items: list[QueueItem]
    kinds: dict[str, int]
    claims: dict[UUID, Claim]
    decided_today: int


def view_queue(
    office: Office, *, state: str = "open", kind: str = "", number: str = "", order: str = "urgency",
    user_id: UUID | None = None, now: datetime | None = None,
) -> QueueView:  # fmt: skip
    """What waits, sorted.

    Args:
        state: One of SHOWN_STATES. ``open`` is all that nobody has settled.
        kind: A case's kind or a violation's code; empty for all.
        order: One of ORDERS.
    """
    now = now or datetime.now(UTC)
    with office.database.reading() as tx:
        found = read_queue(tx, STATES.get(state, STATES["open"]), number or None)
        claims = read_claims(tx, now)
        midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        decided = count_decided(tx, user_id, midnight) if user_id is not None else 0
    exact = {"new": "proposed", "awaiting_second": "awaiting_second", "on_site": "needs_check"}.get(state)
    found = [each for each in found if exact in (None, each.state)]
    kinds = dict(Counter(each.kind for each in found))
    items = sort_queue([each for each in found if kind in ("", each.kind)], order)
    return QueueView(items, kinds, claims, decided)


def sort_queue(items: Sequence[QueueItem], order: str) -> list[QueueItem]:
    """`urgency`: what a colleague has confirmed, violations, then cases by their probability; what waits for a visit last."""

    def urgency(item: QueueItem) -> tuple[int, float, datetime, str]:
        rank = {"awaiting_second": 0, "needs_check": 3}.get(item.state, 1 if item.sort == "violation" else 2)
        return rank, -(item.probability or 0.0), item.opened_at, str(item.id)

    if order == "class":
        return sorted(items, key=lambda each: (each.class_number, each.session_id or "", each.kind, str(each.id)))
    if order == "oldest":
        return sorted(items, key=lambda each: (each.opened_at, str(each.id)))
    return sorted(items, key=urgency)


def take(
    office: Office, matter_id: UUID, user_id: UUID, *, leave: UUID | None = None, now: datetime | None = None,
    limits: ReviewLimits = REVIEW_2026,
) -> Claim:  # fmt: skip
    """Take one to work on, and give back the one that is left.

    Raises:
        ClaimedError: a colleague holds it; then nothing is given back either.
        NotInRecordsError: there is no such case or violation.
    """
    with office.database.transaction() as tx:
        claim = claim_matter(tx, matter_id, user_id, now or datetime.now(UTC), limits.claim_lasts)
        if leave is not None and leave != matter_id:
            release_matter(tx, leave, user_id)
        return claim


def take_next(
    office: Office, queue: Sequence[UUID], after: UUID | None, user_id: UUID, *, back: bool = False
) -> UUID | None:
    """Take the next of a queue that is free, going round; None where colleagues hold all of it.

    Args:
        after: Where to go on from; it is given back.
        back: The one before instead.
    """
    order = list(reversed(queue)) if back else list(queue)
    start = order.index(after) + 1 if after in order else 0
    for matter_id in [*order[start:], *order[:start]]:
        if matter_id == after:
            continue
        try:
            take(office, matter_id, user_id, leave=after)
        except RefusedError:
            continue
        return matter_id
    return None


def decide_claimed(
    office: Office, matter_id: UUID, verdict: Verdict, *, by: str, user_id: UUID, why: str
) -> tuple[CaseState, UUID]:
    """Decide on what nobody else holds, and give it back; gives the state and the decision's id.

    Raises:
        ClaimedError: a colleague holds it.
        DecisionRefusedError, RefusedError, NotInRecordsError: see `supervising.decide_matter`.
    """
    with office.database.reading() as tx:
        require_free(tx, matter_id, user_id, datetime.now(UTC))
    state = decide_matter(office, matter_id, verdict, by, why)
    with office.database.transaction() as tx:
        release_matter(tx, matter_id, user_id)
        last = [each for each in read_decisions(tx, matter_id) if each.decision != "withdraw"][-1]
    return state, last.id


def undo(
    office: Office, decision_id: UUID, *, by: str, user_id: UUID, now: datetime | None = None,
    limits: ReviewLimits = REVIEW_2026,
) -> UUID:  # fmt: skip
    """Take back what oneself decided a moment ago; gives the case or violation it is about.

    Raises:
        RefusedError: it is another's, too long ago, or something rests on it already.
        NotInRecordsError: there is no such decision.
    """
    now = now or datetime.now(UTC)
    with office.database.reading() as tx:
        row = tx.get(DecisionRow, decision_id)
        if row is None:
            raise NotInRecordsError(f"no decision {decision_id} is on record")
        if row.decided_by != user_id:
            raise RefusedError(say("只能撤销自己的决定。"))
        if now - row.decided_at > limits.undo_within:
            seconds = int(limits.undo_within.total_seconds())
            raise RefusedError(say("已超过{seconds}秒，请在该项页面说明理由后撤回决定。", seconds=seconds))
        matter_id = row.case_id or row.violation_id
    assert matter_id is not None  # the table's own rule
    withdraw_decision(office, decision_id, by, say("误操作，立即撤销。").text("zh_CN"))
    return matter_id


def decide_together(
    office: Office, matter_ids: Sequence[UUID], verdict: Verdict, *, by: str, user_id: UUID, why: str,
    limits: ReviewLimits = REVIEW_2026,
) -> tuple[int, list[tuple[UUID, RefusedError]]]:  # fmt: skip
    """Decide alike on several of one kind: dismissed or sent for a check, never confirmed, as a confirmation accuses somebody.

    Returns: how many were decided, and those that could not be, with why.
    Raises:
        RefusedError: a confirmation, several kinds, none or too many.
    """
    if verdict not in (Verdict.DISMISS, Verdict.NEEDS_ON_SITE):
        raise RefusedError(say("确认须逐项办理，不能成批确认。"))
    if not 0 < len(matter_ids) <= limits.max_together:
        raise RefusedError(say("请勾选1至{count}项。", count=limits.max_together))
    with office.database.reading() as tx:
        kinds = {each.id: each.kind for each in read_queue(tx, STATES["open"])}
    if len({kinds.get(matter_id) for matter_id in matter_ids}) != 1:
        raise RefusedError(say("只有同一种未了结的事项才能成批办理。"))
    done, refused = 0, []
    for matter_id in matter_ids:
        try:
            decide_claimed(office, matter_id, verdict, by=by, user_id=user_id, why=why)
            done += 1
        except RefusedError as error:
            refused.append((matter_id, error))
    return done, refused
