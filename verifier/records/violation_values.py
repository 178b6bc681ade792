"""Violations and decisions as the records keep them, read as the values that `regulation.violation` compares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as Tx

from verifier.finding import Outcome
from verifier.language import Sentence
from verifier.records.reading import in_parts
from verifier.records.rows import find_class
from verifier.records.tables.decision import DecisionRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.user import UserRow
from verifier.records.tables.violation import (
    ViolationEvidenceRow,
    ViolationRow,
    ViolationSessionRow,
    ViolationSupportRow,
)
from verifier.regulation.citation import Citation
from verifier.regulation.decisions import Decision, Verdict, conclude, list_standing, needs_two_persons
from verifier.regulation.facts import CaseState
from verifier.regulation.policy import Policy
from verifier.regulation.result import Consequence, NextStep, PolicyRef, RuleResult
from verifier.regulation.violation import Violation

STATES = {
    "proposed": CaseState.PROPOSED,
    "needs_check": CaseState.NEEDS_ON_SITE,
    "confirmed": CaseState.CONFIRMED,
    "dismissed": CaseState.DISMISSED,
    "lapsed": CaseState.LAPSED,
}
VERDICTS = {
    "confirm": Verdict.CONFIRM,
    "dismiss": Verdict.DISMISS,
    "needs_check": Verdict.NEEDS_ON_SITE,
    "withdraw": Verdict.WITHDRAW,
}


def read_violation_values(tx: Tx, number: str, policy: Policy) -> list[Violation]:
    """The violations of one class with all decisions, as `regulation.violation` compares them with a night's results.

    What each rests on is what its newest support says: a night repeats unchanged what people have decided on.
    """
    class_id = find_class(tx, number).id
    rows = tx.scalars(select(ViolationRow).where(ViolationRow.class_id == class_id))
    return [read_violation_value(tx, row, number, policy) for row in sorted(rows, key=lambda row: row.dedup_key)]


def read_violation_value(tx: Tx, row: ViolationRow, number: str, policy: Policy) -> Violation:
    """One violation of a class as the regulation knows it."""
    newest = (
        select(ViolationSupportRow)
        .join(RunRow, RunRow.id == ViolationSupportRow.run_id)
        .where(ViolationSupportRow.violation_id == row.id)
        .order_by(RunRow.session_id.is_(None).desc(), RunRow.ordinal.desc(), RunRow.id)
        .limit(1)
    )
    support = tx.scalars(newest).one()
    result = _rule_result(tx, row, support, number, policy)
    decisions = read_matter_decisions(tx, row.id)
    state = STATES[row.state]
    if list_standing(decisions):
        state = conclude(decisions, two_persons=needs_two_persons(result.consequence))
    lapsed = Sentence.from_json(row.lapse_reason) if row.lapse_reason else None
    return Violation(row.dedup_key, result, state, decisions, lapsed)


def read_matter_decisions(tx: Tx, matter_id: UUID) -> tuple[Decision, ...]:
    """All decisions about a case or violation as the regulation knows them, persons by login."""
    return read_many_decisions(tx, [matter_id])[matter_id]


def read_many_decisions(tx: Tx, matter_ids: Sequence[UUID]) -> dict[UUID, tuple[Decision, ...]]:
    """As `read_matter_decisions`, of many cases or violations at once."""
    found: dict[UUID, list[Decision]] = {each: [] for each in matter_ids}
    query = (
        select(DecisionRow, UserRow.login)
        .join(UserRow, UserRow.id == DecisionRow.decided_by)
        .order_by(DecisionRow.decided_at, DecisionRow.id)
    )
    for part in in_parts(matter_ids):
        about = or_(DecisionRow.case_id.in_(part), DecisionRow.violation_id.in_(part))
        for row, login in tx.execute(query.where(about)):
            decision = Decision(
                str(row.id), VERDICTS[row.decision], login, row.decided_at, row.reason,
                withdraws=str(row.withdraws_id) if row.withdraws_id else "",
            )  # fmt: skip
            matter_id = row.case_id or row.violation_id
            assert matter_id is not None, "the query asks for matters' decisions"
            found[matter_id].append(decision)
    return {each: tuple(decisions) for each, decisions in found.items()}


def _rule_result(tx: Tx, row: ViolationRow, support: ViolationSupportRow, number: str, policy: Policy) -> RuleResult:
    detail = support.detail or {}
    citation, consequence = find_clause(policy, row.code, row.rule)
    digests = tx.scalars(select(ViolationEvidenceRow.sha256).where(ViolationEvidenceRow.support_id == support.id))
    sessions = tx.scalars(
        select(SessionRow.code)
        .join(ViolationSessionRow, ViolationSessionRow.session_id == SessionRow.id)
        .where(ViolationSessionRow.support_id == support.id)
        .order_by(SessionRow.starts_at, SessionRow.code)
    )
    key = str(detail.get("dedup_key") or row.dedup_key.partition("#")[0])
    parts = key.split("|")
    return RuleResult(
        citation=citation, outcome=Outcome.FAILED, reason=Sentence.from_json(support.reason),
        quantities=dict(detail.get("quantities", {})),
        evidence=tuple(sorted([*(f"sha256:{each}" for each in digests), *detail.get("references", ())])), dedup_key=key,
        policy=PolicyRef(support.policy_name, support.policy_version), subject=number,
        aspect=parts[2] if len(parts) > 3 else "", sessions=tuple(sessions), next_step=NextStep.DECIDE,
        consequence=consequence,
    )  # fmt: skip


def find_clause(policy: Policy, code: str, label: str) -> tuple[Citation, Consequence]:
    """The clause of a stored code and what it leads to. A policy that knows it no more leaves the label, and nothing follows."""
    try:
        entry = policy.rule(code)
    except KeyError:
        return Citation(code, label, label, "", date.min, None, date.min), Consequence.NONE
    return entry.citation, entry.consequence
