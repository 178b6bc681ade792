"""The ladder above the warning, proposed: a class without subsidy, an agency without qualification, a referral (13(2) to 13(4)).

What is proposed carries its chain of reasons down to each picture's SHA-256. People issue it (`verifier.supervising`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy.orm import Session as Tx

from verifier.finding import Outcome
from verifier.language import Sentence, say
from verifier.records.class_facts import list_agencies, read_agency_facts, read_class_facts
from verifier.records.database import Database
from verifier.records.notices import (
    SanctionRecord,
    lapse_sanction,
    propose_sanction,
    read_sanctions,
)
from verifier.records.violation_values import find_clause, read_violation_values
from verifier.regulation.chain import Link, build_chain
from verifier.regulation.decisions import needs_two_persons
from verifier.regulation.facts import CaseState, WarningIssued
from verifier.regulation.judging import judge_agency
from verifier.regulation.policy import Policy
from verifier.regulation.result import Consequence, PolicyRef, RuleResult
from verifier.regulation.violation import Violation

_STATES = {
    "proposed": CaseState.PROPOSED,
    "issued": CaseState.CONFIRMED,
    "dismissed": CaseState.DISMISSED,
    "withdrawn": CaseState.DISMISSED,
}


def propose_for_class(tx: Tx, number: str, policy: Policy) -> None:
    """Propose what the confirmed violations of a class lead to beyond a warning; let lapse what is confirmed no more."""
    facts = read_class_facts(tx, number, date.min)
    violations = read_violation_values(tx, number, policy)
    standing = set()
    for each in violations:
        if each.state is CaseState.CONFIRMED and needs_two_persons(each.result.consequence):
            standing.add(each.key)
            kind = _kind(each.result.consequence, paid=facts.paid_on is not None)
            grounds = _grounds(each.result, facts.warnings, violations)
            agency = facts.training.agency.code
            reason, label = each.result.reason, each.result.citation.label
            propose_sanction(tx, agency, number, kind, label, each.key, reason, grounds)
    _lapse_others(tx, read_sanctions(tx, class_number=number), standing)


def propose_for_agencies(database: Database, policy: Policy, as_of: date) -> None:
    """Judge every agency, a transaction each; twice is once."""
    with database.reading() as tx:
        codes = list_agencies(tx)
    for code in codes:
        with database.transaction() as tx:
            propose_for_agency(tx, code, policy, as_of)


def propose_for_agency(tx: Tx, code: str, policy: Policy, as_of: date) -> None:
    """Propose what the warnings and records of one agency lead to; let lapse what they lead to no more."""
    facts = read_agency_facts(tx, code, as_of)
    results = [each for each in judge_agency(facts, policy) if each.proposes]
    violations: list[Violation] = []
    for number in sorted({each.class_number for each in facts.warnings if each.class_number} if results else set()):
        violations += read_violation_values(tx, number, policy)
    for result in results:
        grounds = _grounds(result, facts.warnings, violations)
        kind = _kind(result.consequence, paid=False)
        propose_sanction(tx, code, None, kind, result.citation.label, result.dedup_key, result.reason, grounds)
    own = [each for each in read_sanctions(tx, agency_code=code) if each.class_number is None]
    _lapse_others(tx, own, {each.dedup_key for each in results})


def read_agency_violations(tx: Tx, code: str, policy: Policy) -> list[Violation]:
    """The agency's own sanctions as violations, for the subsidy view of its classes."""
    return [_sanction_value(each, policy) for each in read_sanctions(tx, agency_code=code) if each.class_number is None]


def read_chain(sanction: SanctionRecord) -> list[tuple[int, str, str, Sentence | None]]:
    """The chain of reasons as it was when proposed: (depth, kind, name, sentence), depth first."""
    found: list[tuple[int, str, str, Sentence | None]] = []

    def walk(link: dict[str, Any], depth: int) -> None:
        sentence = Sentence.from_json(link["sentence"]) if link.get("sentence") else None
        found.append((depth, link["kind"], link["name"], sentence))
        for each in link["because"]:
            walk(each, depth + 1)

    walk(sanction.grounds["chain"], 0)
    return found


def _kind(consequence: Consequence, *, paid: bool) -> str:
    if consequence is Consequence.SUBSIDY:
        return "subsidy_reclaimed" if paid else "subsidy_refused"
    return "qualification_revoked" if consequence is Consequence.QUALIFICATION else "referral"


def _grounds(result: RuleResult, warnings: Iterable[WarningIssued], violations: Iterable[Violation]) -> dict[str, Any]:
    chain = build_chain(result, warnings, violations)
    return {"chain": _link_json(chain), "evidence": list(result.evidence), "policy": str(result.policy)}


def _link_json(link: Link) -> dict[str, Any]:
    return {
        "kind": link.kind,
        "name": link.name,
        "sentence": link.sentence.to_json() if link.sentence else None,
        "article": link.citation.article if link.citation else None,
        "quote": link.citation.quote if link.citation else None,
        "policy": str(link.policy) if link.policy else None,
        "because": [_link_json(each) for each in link.because],
    }


def _lapse_others(tx: Tx, sanctions: Iterable[SanctionRecord], standing: set[str]) -> None:
    for each in sanctions:
        if each.state == "proposed" and each.lapse_reason is None and each.dedup_key not in standing:
            lapse_sanction(tx, each.id, say("所依据的警告、记录或认定不再成立，该处理建议失效。"))


def _sanction_value(sanction: SanctionRecord, policy: Policy) -> Violation:
    code = sanction.dedup_key.partition("|")[0]
    citation, consequence = find_clause(policy, code, sanction.rule)
    name, _, version = str(sanction.grounds.get("policy", "@")).partition("@")
    result = RuleResult(
        citation=citation, outcome=Outcome.FAILED, reason=sanction.reason, quantities={},
        evidence=tuple(sanction.grounds.get("evidence", ())), dedup_key=sanction.dedup_key,
        policy=PolicyRef(name, version), subject=sanction.agency_code, consequence=consequence,
    )  # fmt: skip
    state = CaseState.LAPSED if sanction.lapse_reason is not None else _STATES[sanction.state]
    if state is CaseState.PROPOSED and sanction.decisions:
        state = CaseState.AWAITING_SECOND
    return Violation(sanction.dedup_key, result, state, sanction.decisions)


def list_issued_on(tx: Tx, agency_code: str, name: str) -> list[SanctionRecord]:
    """Issued sanctions that rest on a notice or a violation of that name."""
    return [
        each
        for each in read_sanctions(tx, agency_code=agency_code)
        if each.state == "issued" and any(found == name for _, _, found, _ in read_chain(each))
    ]
