"""Article 13(1)(3): three or more impersonating students in one class, found on site.

Looks at:         the impersonation cases that a person confirmed, and where each was found.
Why it matters:   somebody else sits in the seat that the subsidy pays for.
Cannot tell when: cases come from photos or video only: they lead to an on-site check and count once that finds them.
"""

from __future__ import annotations

from datetime import date

from verifier.finding import Measured, Outcome
from verifier.language import say
from verifier.regulation.facts import CaseSource, CaseState, ClassFacts, ImpersonationCase
from verifier.regulation.result import NextStep, RuleResult
from verifier.regulation.rule import Rule, class_day, settled_sessions


def judge_impersonations(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """Count students, not cases: one student impersonated on three days is one student."""
    subject = facts.training.number
    settled = settled_sessions(facts, rule)
    days = {each.session.id: each.session.day for each in facts.sessions}
    days |= {session.id: session.day for session in facts.training.sessions}
    cases = [case for case in facts.cases if case.session_id not in settled]
    day = min((days[case.session_id] for case in cases if case.session_id in days), default=class_day(facts))
    if not rule.in_force_on(day):
        return (rule.not_in_force(day, subject),)
    limit = rule.count("impersonations_on_site", day)
    confirmed = [case for case in cases if case.state is CaseState.CONFIRMED]
    on_site = [case for case in confirmed if case.source is CaseSource.ON_SITE]
    students = _students(on_site)
    from_afar = [case for case in confirmed if case.student_no not in students]
    quantities: dict[str, Measured] = {
        "on_site_students": len(students),
        "other_students": len(_students(from_afar)),
        "limit": limit,
    }
    if len(students) >= limit:
        reason = say(
            "现场监管确认{count}名学员被冒名顶替（{students}），达到{limit}人。",
            count=len(students), students="、".join(students), limit=limit,
        )  # fmt: skip
        return (
            rule.answer(
                Outcome.FAILED, reason, subject, quantities=quantities, evidence=_evidence(on_site),
                sessions=_sessions(on_site, days), start=_sessions(on_site, days)[0],
            ),
        )  # fmt: skip
    if from_afar:
        reason = say(
            "照片或视频中确认{count}名学员被冒名顶替（{students}），现场监管确认{on_site}名；只有现场监管发现的才能计入，"
            "应安排现场检查（限度{limit}人）。",
            count=len(_students(from_afar)), students="、".join(_students(from_afar)), on_site=len(students),
            limit=limit,
        )  # fmt: skip
        return (
            rule.answer(
                Outcome.UNSURE, reason, subject, quantities=quantities, evidence=_evidence(from_afar),
                sessions=_sessions(from_afar, days), next_step=NextStep.ON_SITE_CHECK,
            ),
        )  # fmt: skip
    if not cases and not facts.inspections:
        reason = say("没有冒名顶替线索，也尚未开展现场监管。")
        return (rule.answer(Outcome.NOT_APPLICABLE, reason, subject, quantities=quantities),)
    reason = say("现场监管确认{count}名学员被冒名顶替，未达到{limit}人。", count=len(students), limit=limit)
    return (rule.answer(Outcome.PASSED, reason, subject, quantities=quantities),)


def _students(cases: list[ImpersonationCase]) -> tuple[str, ...]:
    return tuple(sorted({case.student_no for case in cases}))


def _evidence(cases: list[ImpersonationCase]) -> list[str]:
    return [item for case in cases for item in (*case.evidence, case.inspection, f"case:{case.case}")]


def _sessions(cases: list[ImpersonationCase], days: dict[str, date]) -> tuple[str, ...]:
    """Ids of their sessions in time order; ids unknown to the timetable last."""
    ids = {case.session_id for case in cases}
    return tuple(sorted(ids, key=lambda each: (str(days.get(each, "9999-12-31")), each)))
