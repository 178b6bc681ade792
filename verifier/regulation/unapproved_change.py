"""Article 13(1)(5): teacher or place changed without approval, timetable not followed.

Looks at:         what was concluded per session about the teacher's face, the place and the timetable.
Why it matters:   who teaches where was approved; anything else was not.
Cannot tell when: nothing hard was seen, or a change was approved for the session: whether what was seen is what was
                  approved, only a person can compare.
"""

from __future__ import annotations

from verifier.finding import Outcome
from verifier.language import Sentence, say
from verifier.plan import FilingChange
from verifier.regulation.facts import ClassFacts, Seen, SessionFacts
from verifier.regulation.filing_rules import name_change
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day, open_sessions, settled_sessions

# Aspect → the kinds of filed change that may explain what was seen.
_ASPECTS: dict[str, tuple[str, ...]] = {"teacher": ("teacher",), "place": ("place",), "timetable": ("time", "plan")}


def judge_unapproved_change(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """One result per aspect with something to say; a violation grows with every session that shows it."""
    subject = facts.training.number
    sessions = open_sessions(facts, rule)
    if not sessions:
        day = class_day(facts)
        if not rule.in_force_on(day):
            return (rule.not_in_force(day, subject),)
        return (rule.answer(Outcome.NOT_APPLICABLE, say("尚无可判断授课教师、地点和课程安排的课次。"), subject),)
    results = [result for aspect in _ASPECTS if (result := _judge_aspect(facts, sessions, aspect, rule)) is not None]
    results += [
        lead
        for aspect in _ASPECTS
        if aspect not in {each.aspect for each in results}
        and (lead := _find_lead(facts, sessions, aspect, rule)) is not None
    ]
    if results:
        return tuple(results)
    seen = [_seen(each, aspect).outcome for each in sessions for aspect in _ASPECTS]
    passed = seen.count(Outcome.PASSED)
    if passed:
        reason = say("已判断的{count}项授课教师、地点和课程安排与备案一致。", count=passed)
        return (rule.answer(Outcome.PASSED, reason, subject, quantities={"checks": passed}),)
    outcome = Outcome.UNSURE if Outcome.UNSURE in seen else Outcome.NOT_RUN
    if set(seen) == {Outcome.NOT_APPLICABLE}:
        outcome = Outcome.NOT_APPLICABLE
    return (rule.answer(outcome, say("授课教师、地点和课程安排均无法判断。"), subject),)


def _seen(facts: SessionFacts, aspect: str) -> Seen:
    return {"teacher": facts.teacher, "place": facts.place, "timetable": facts.timetable}[aspect]


def _judge_aspect(facts: ClassFacts, sessions: list[SessionFacts], aspect: str, rule: Rule) -> RuleResult | None:
    settled = settled_sessions(facts, rule, aspect)
    different = [
        each for each in sessions if _seen(each, aspect).outcome is Outcome.FAILED and each.session.id not in settled
    ]
    if not different:
        return None
    approved = {
        each.session.id: change for each in different if (change := _find_approved(facts, each, aspect)) is not None
    }
    breaches = [each for each in different if each.session.id not in approved]
    shown = breaches or different
    subject = facts.training.number
    details: list[Sentence] = [
        say(
            "课次{session}（{day}）：{detail}",
            session=each.session.id, day=each.session.day.isoformat(), detail=_seen(each, aspect).detail or "—。",
        )
        for each in shown
    ]  # fmt: skip
    if breaches:
        reason = say(
            "{what}与备案不一致且没有已批准的变更（{count}个课次）：{each}",
            what=_name_aspect(aspect), count=len(breaches), each=details,
        )  # fmt: skip
    else:
        reason = say(
            "{what}与原备案不一致，但有已批准的变更（{count}个课次），须由人工核对是否即为批准内容：{each}",
            what=_name_aspect(aspect), count=len(different), each=details,
        )  # fmt: skip
    return rule.answer(
        Outcome.FAILED if breaches else Outcome.UNSURE, reason, subject,
        quantities={"sessions": len(shown), "covered_by_approved_change": len(approved)},
        evidence=[item for each in shown for item in _seen(each, aspect).evidence],
        sessions=tuple(each.session.id for each in shown), aspect=aspect, start=shown[0].session.id,
    )  # fmt: skip


def _find_lead(facts: ClassFacts, sessions: list[SessionFacts], aspect: str, rule: Rule) -> RuleResult | None:
    """What looks different and is not certain: a person looks, nothing is proposed. Approved changes explain it."""
    settled = settled_sessions(facts, rule, aspect)
    leads = [
        each
        for each in sessions
        if each.session.id not in settled
        and _seen(each, aspect).outcome is Outcome.UNSURE
        and _seen(each, aspect).detail
        and _find_approved(facts, each, aspect) is None
    ]
    if not leads:
        return None
    details = [
        say(
            "课次{session}（{day}）：{detail}",
            session=each.session.id, day=each.session.day.isoformat(), detail=_seen(each, aspect).detail,
        )
        for each in leads
    ]  # fmt: skip
    reason = say(
        "{what}可能与备案不一致，证据不足以认定，请人工核对（{count}个课次）：{each}",
        what=_name_aspect(aspect), count=len(leads), each=details,
    )  # fmt: skip
    return rule.answer(
        Outcome.UNSURE, reason, facts.training.number, quantities={"sessions": len(leads)},
        evidence=[item for each in leads for item in _seen(each, aspect).evidence],
        sessions=tuple(each.session.id for each in leads), aspect=aspect, start=leads[0].session.id,
    )  # fmt: skip


def _find_approved(facts: ClassFacts, session: SessionFacts, aspect: str) -> FilingChange | None:
    for change in facts.training.changes:
        if (
            change.what in _ASPECTS[aspect]
            and change.takes_effect_on <= session.session.day
            and (not change.session_ids or session.session.id in change.session_ids)
            and change.approved_on is not None
            and change.approved_on <= session.session.day
        ):
            return change
    return None


def _name_aspect(aspect: str) -> Sentence:
    return say("课程安排") if aspect == "timetable" else name_change(aspect)
