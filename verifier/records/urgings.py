"""What the office urged an agency to hand in about a class, by which day, and what came of it (13(1)(10))."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.language import say
from verifier.records.audit import write_audit
from verifier.records.office import RefusedError, find_person
from verifier.records.rows import find_class, lock_class
from verifier.records.submissions import save_evidence
from verifier.records.tables.base import make_id
from verifier.records.tables.supervision import UrgingRow
from verifier.records.tables.user import UserRow
from verifier.regulation.facts import Urging, UrgingOutcome

_NOT_DONE = (UrgingOutcome.MISSING, UrgingOutcome.POOR)


def save_urging(
    tx: Tx, class_number: str, by: str, what: str, urged_on: date, due_on: date, evidence: tuple[str, ...] = ()
) -> UUID:
    """Write down that the office urged the agency to hand in something; the same again is the same row.

    Args:
        evidence: SHA-256 digests, e.g. of the letter or of a picture of the message.
    Raises:
        RefusedError: nothing is named, or the day set lies before the urging.
    """
    lock_class(tx, class_number)
    training, person = find_class(tx, class_number), find_person(tx, by)
    if not what.strip() or due_on < urged_on:
        raise RefusedError(
            say("催报须写明资料（“{what}”），期限{due_on}不得早于催报日{urged_on}。",
                what=what, due_on=due_on.isoformat(), urged_on=urged_on.isoformat())
        )  # fmt: skip
    save_evidence(tx, dict.fromkeys(evidence))
    row_id = make_id("urging", class_number, what.strip(), urged_on.isoformat(), due_on.isoformat(), person.login)
    if tx.get(UrgingRow, row_id) is None:
        tx.add(
            UrgingRow(
                id=row_id, class_id=training.id, what=what.strip(), urged_on=urged_on, due_on=due_on,
                urged_by=person.id, evidence=sorted(evidence), note="",
            )
        )  # fmt: skip
        tx.flush()
        after = {"class": class_number, "what": what.strip(), "urged_on": urged_on, "due_on": due_on}
        write_audit(tx, actor=f"user:{person.login}", action="urging.make", subject=("urging", row_id), after=after)
    return row_id


def answer_urging(tx: Tx, urging_id: UUID, outcome: UrgingOutcome, by: str, answered_on: date, note: str = "") -> None:
    """Write down what came of an urging. A later answer replaces it, the audit keeps both: what was missing may yet come.

    Raises:
        RefusedError: there is no such urging, it was answered before it was made, found missing or poor while there was still
            time, or so or withdrawn without a word why.
    """
    row, person = tx.get(UrgingRow, urging_id, with_for_update=True), find_person(tx, by)
    if row is None:
        raise RefusedError(say("没有编号为{id}的催报记录。", id=str(urging_id)))
    early = answered_on <= row.due_on if outcome in _NOT_DONE else answered_on < row.urged_on
    if early:
        raise RefusedError(
            say("催报日{urged_on}、期限{due_on}，{answered_on}尚不能登记为{outcome}。",
                urged_on=row.urged_on.isoformat(), due_on=row.due_on.isoformat(), answered_on=answered_on.isoformat(),
                outcome=outcome.value)
        )  # fmt: skip
    if outcome is not UrgingOutcome.DELIVERED and not note.strip():
        raise RefusedError(say("未完成或撤回催报须说明情况。"))
    new = (outcome.value, answered_on, note.strip())
    if (row.outcome, row.answered_on, row.note) != new:
        before = {"outcome": row.outcome, "answered_on": row.answered_on, "note": row.note} if row.outcome else None
        row.outcome, row.answered_on, row.note = new
        row.answered_by = person.id
        tx.flush()
        after = {"outcome": outcome.value, "answered_on": answered_on, "note": note.strip()}
        write_audit(
            tx, actor=f"user:{person.login}", action="urging.answer", subject=("urging", urging_id),
            before=before, after=after,
        )  # fmt: skip


def read_urgings(tx: Tx, class_id: UUID) -> tuple[Urging, ...]:
    """Every urging of one class, by day."""
    rows = tx.execute(
        select(UrgingRow, UserRow.login)
        .join(UserRow, UserRow.id == UrgingRow.urged_by)
        .where(UrgingRow.class_id == class_id)
        .order_by(UrgingRow.urged_on, UrgingRow.id)
    )
    return tuple(
        Urging(
            f"urging:{row.id}", row.what, row.urged_on, row.due_on, login,
            tuple(sorted(f"sha256:{each}" for each in row.evidence)),
            UrgingOutcome(row.outcome) if row.outcome else None, row.answered_on, row.note,
        )
        for row, login in rows
    )  # fmt: skip
