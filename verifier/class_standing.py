"""How a class stands: what the office owes it and by when, and every condition of its subsidy. Reading only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session as Tx

from verifier.matter_states import SETTLED_STATES
from verifier.plan import TrainingClass
from verifier.records.class_facts import list_closed_sessions, read_class_facts
from verifier.records.filing import list_numbers, read_training
from verifier.records.matters import read_cases, read_violations
from verifier.records.notices import NoticeRecord, SanctionRecord, read_notices, read_sanctions
from verifier.records.plans import BUREAU, PlanRecord, read_plans, require_visible
from verifier.records.violation_values import read_many_decisions, read_violation_values
from verifier.regulation.deadlines import (
    Deadline,
    find_application_deadline,
    find_change_deadline,
    find_filing_window,
    find_retention,
    find_urging_deadline,
)
from verifier.regulation.decisions import Decision
from verifier.regulation.duties import Duty, list_duties
from verifier.regulation.facts import ClassFacts
from verifier.regulation.policy import Policy
from verifier.regulation.subsidy import SubsidyView, view_subsidy
from verifier.sanctioning import read_agency_violations
from verifier.settings import Settings

# What an agency may see of a matter: that it is settled, and how.
SHOWN_TO_AGENCY = ("confirm", "dismiss")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is due for one class on a day: the office's duties (Art. 9 to 11) and the days by which something must be done."""

    class_number: str
    as_of: date
    duties: tuple[Duty, ...]
    deadlines: tuple[Deadline, ...]
    plans: tuple[PlanRecord, ...] = ()


def view_due(
    tx: Tx, policy: Policy, as_of: date, class_number: str | None = None, *, viewer: str = BUREAU,
    training: TrainingClass | None = None,
) -> list[Standing]:  # fmt: skip
    """What is due and overdue, of one class or all.

    Args:
        viewer: `BUREAU`, or an agency's code: then its own classes' deadlines and nothing else, since what the office still
            owes a class and has planned would tell when to expect it (Art. 14(1)).
        training: Of the one class, where the caller has read its filing already.
    Raises:
        NotInRecordsError: there is no such class, or none that this viewer may see.
    """
    if class_number is not None:
        require_visible(tx, class_number, viewer)
    numbers = [class_number] if class_number is not None else _list_visible(tx, viewer)
    open_plans = [each for each in read_plans(tx, viewer=viewer, class_number=class_number) if each.state == "planned"]
    found = []
    for number in numbers:
        # What was handed in for a class, which is much, says nothing about what is due.
        facts = read_class_facts(tx, number, as_of, training=training or read_training(tx, number))
        deadlines = tuple(_deadlines(facts, policy)) if policy.in_force_on(_first_day(facts)) else ()
        duties = list_duties(facts, policy) if viewer == BUREAU else ()
        plans = tuple(each for each in open_plans if each.class_number == number)
        found.append(Standing(number, as_of, duties, deadlines, plans))
    return found


def _list_visible(tx: Tx, viewer: str) -> list[str]:
    return list_numbers(tx, None if viewer == BUREAU else viewer)


def _first_day(facts: ClassFacts) -> date:
    return min((session.day for session in facts.training.sessions), default=facts.as_of)


def _deadlines(facts: ClassFacts, policy: Policy) -> list[Deadline]:
    found: list[Deadline] = []
    if facts.training.sessions:
        found += _ask(find_filing_window, _first_day(facts), policy)
    for change in facts.training.changes:
        found += _ask(find_change_deadline, change.takes_effect_on, policy)
    if facts.certified_on is not None:
        found += _ask(find_application_deadline, facts.certified_on, policy)
    found += [find_urging_deadline(each) for each in facts.urgings if each.outcome is None]
    if facts.archived_on is not None:
        found += _ask(find_retention, facts.archived_on, policy)
    return found


def _ask(find: Callable[[date, Policy], Deadline], day: date, policy: Policy) -> list[Deadline]:
    try:
        return [find(day, policy)]
    except KeyError:  # the law was not in force on that day, or another city's names no such deadline
        return []


def read_subsidy_view(tx: Tx, settings: Settings, class_number: str, as_of: date) -> tuple[ClassFacts, SubsidyView]:
    """Every condition of one class's subsidy by everything on record, judged anew; nothing is written.

    Raises:
        NotInRecordsError: there is no such class.
    """
    # Here, since the night brings the picture libraries' versions with it, and what is due needs none of them.
    from verifier.judging import judge_class
    from verifier.nightly import open_tools, read_class_to_judge

    tools = open_tools(settings)
    given = read_class_to_judge(tx, class_number, tools)
    already = list_closed_sessions(tx, class_number)
    closed = [session for session in given.class_file.training.sessions if session.id in already]
    judged = judge_class(given, closed, as_of)
    assert judged.regulated is not None
    facts = judged.regulated.facts
    violations = [
        *read_violation_values(tx, class_number, tools.policy),
        *read_agency_violations(tx, facts.training.agency.code, tools.policy),
    ]
    return facts, view_subsidy(facts, tools.policy, violations, judged.regulated.results)


def describe_due(standing: Standing, language: str | None = None) -> dict[str, Any]:
    """One class's duties and deadlines, JSON-ready."""
    return {
        "class": standing.class_number,
        "as_of": standing.as_of.isoformat(),
        "duties": [
            {
                "code": duty.code, "article": duty.label, "state": duty.state.value, "done": duty.done,
                "needed": duty.needed, "due_on": duty.due_on.isoformat() if duty.due_on else None,
                "reason": duty.sentence.text(language),
            }
            for duty in standing.duties
        ],
        "deadlines": [
            {
                "code": each.code, "article": each.label, "due_on": each.due_on.isoformat() if each.due_on else None,
                "earliest": each.earliest.isoformat() if each.earliest else None, "reason": each.sentence.text(language),
            }
            for each in standing.deadlines
        ],
        "plans": [describe_plan(each, standing.as_of) for each in standing.plans],
    }  # fmt: skip


def describe_plan(plan: PlanRecord, as_of: date) -> dict[str, Any]:
    """One plan, JSON-ready, with how its people were drawn; a planned one whose day has passed is ``overdue``."""
    late = plan.state == "planned" and plan.planned_on < as_of
    return {
        "id": str(plan.id), "class": plan.class_number, "kind": plan.kind, "method": plan.method or None,
        "planned_on": plan.planned_on.isoformat(), "state": "overdue" if late else plan.state,
        "people": list(plan.people), "seed": plan.seed, "pool": plan.pool_size, "pool_sha256": plan.pool_sha256,
        "planned_by": plan.planned_by, "result": str(plan.result_id) if plan.result_id else None,
        "cancelled": plan.cancelled_because,
    }  # fmt: skip


# Whether the office has looked yet tells an agency when it will (Art. 14(1)).
_OF_THE_OFFICE = frozenset(
    {
        "on_site_once",
        "off_site_twice",
        "follow_up_20_percent",
        "no_notice_before_inspection",
        "no_transport_of_agency",
        "no_favours_of_agency",
        "inspectors_without_interest",
    }
)


def describe_subsidy(view: SubsidyView, language: str | None = None, *, viewer: str = BUREAU) -> dict[str, Any]:
    """The subsidy view, JSON-ready; for an agency without the conditions that are the office's own to fulfil."""
    conditions = [each for each in view.conditions if viewer == BUREAU or each.citation.code not in _OF_THE_OFFICE]
    return {
        "class": view.class_number,
        "state": view.state.value,
        "policy": str(view.policy),
        "conditions": [
            {
                "code": each.citation.code,
                "article": each.citation.label,
                "quote": each.citation.quote,
                "state": each.state.value,
                "reasons": [sentence.text(language) for sentence in each.sentences],
                "evidence": list(each.evidence),
            }
            for each in conditions
        ],
    }


def list_matters(
    tx: Tx, policy: Policy, class_number: str | None = None, language: str | None = None, *, viewer: str = BUREAU
) -> dict[str, Any]:
    """Cases, violations, notices and sanctions with their ids and decisions, JSON-ready: what people work through.

    Args:
        viewer: `BUREAU`, or an agency's code: then what was decided and issued about its own classes, and no word of what
            is still open, since a matter that waits for a check on site announces the check (Art. 14(1)).
    Raises:
        NotInRecordsError: there is no such class, or none that this viewer may see.
    """
    if class_number is not None:
        require_visible(tx, class_number, viewer)
    found = _list_all(tx, policy, class_number, language)
    return found if viewer == BUREAU else _leave_to_agency(found, frozenset(_list_visible(tx, viewer)), viewer)


def _leave_to_agency(found: dict[str, Any], own: frozenset[str], agency_code: str) -> dict[str, Any]:
    """What an agency may see: settled matters of its own without who looked at them on site, notices, issued sanctions."""
    settled = {
        kind: [
            {**each, "decisions": [one for one in each["decisions"] if one["decision"] in SHOWN_TO_AGENCY]}
            for each in found[kind]
            if each["class"] in own and each["state"] in SETTLED_STATES
        ]
        for kind in ("cases", "violations")
    }
    notices = [each for each in found["notices"] if each["class"] in own]
    sanctions = [each for each in found["sanctions"] if each["agency"] == agency_code and each["state"] == "issued"]
    return {**settled, "notices": notices, "sanctions": sanctions}


def _list_all(tx: Tx, policy: Policy, class_number: str | None, language: str | None) -> dict[str, Any]:
    known_cases, known_violations = read_cases(tx, class_number), read_violations(tx, class_number)
    decided = read_many_decisions(tx, [*(each.id for each in known_cases), *(each.id for each in known_violations)])
    cases = [_matter(each, each.kind, None, decided[each.id], language) for each in known_cases]
    states = {
        (number, value.key): value.state.value
        for number in sorted({each.class_number for each in known_violations})
        for value in read_violation_values(tx, number, policy)
    }
    violations = [
        _matter(each, each.code, states[each.class_number, each.dedup_key], decided[each.id], language)
        | {"article": each.rule, "sessions": list(each.session_ids), "evidence": list(each.evidence)}
        for each in known_violations
    ]
    notices = [describe_notice(each) for each in read_notices(tx, class_number)]
    sanctions = [describe_sanction(each, language) for each in read_sanctions(tx, class_number)]
    return {"cases": cases, "violations": violations, "notices": notices, "sanctions": sanctions}


def describe_sanction(sanction: SanctionRecord, language: str | None = None) -> dict[str, Any]:
    """One sanction with its grounds, JSON-ready."""
    return {
        "id": str(sanction.id), "kind": sanction.kind, "article": sanction.rule, "class": sanction.class_number,
        "agency": sanction.agency_code, "state": sanction.state, "reason": sanction.reason.text(language),
        "lapsed": sanction.lapse_reason.text(language) if sanction.lapse_reason else None,
        "decisions": [describe_decision(one) for one in sanction.decisions], "grounds": dict(sanction.grounds),
    }  # fmt: skip


def describe_notice(notice: NoticeRecord) -> dict[str, Any]:
    """One notice, JSON-ready."""
    return {
        "id": str(notice.id), "number": notice.number, "class": notice.class_number,
        "issued_on": notice.issued_on.isoformat(), "issued_by": notice.issued_by,
        "rules": list(notice.body.get("rules", [])), "voided": notice.void_reason,
    }  # fmt: skip


def _matter(
    record: Any, kind: str, state: str | None, decisions: Sequence[Decision], language: str | None
) -> dict[str, Any]:
    return {
        "id": str(record.id),
        "class": record.class_number,
        "kind": kind,
        "state": state or record.state,
        "supported": record.supported,
        "reason": record.reason.text(language),
        "lapsed": record.lapse_reason.text(language) if record.lapse_reason else None,
        "decisions": [describe_decision(each) for each in decisions],
    }


def describe_decision(decision: Decision) -> dict[str, Any]:
    """One decision, JSON-ready."""
    return {
        "id": decision.reference,
        "decision": decision.verdict.value,
        "by": decision.by,
        "at": decision.at.isoformat(),
        "why": decision.why,
        "withdraws": decision.withdraws or None,
    }
