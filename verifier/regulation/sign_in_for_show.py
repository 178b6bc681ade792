"""Article 13(1)(7): are sign-ins for show: one signs for many, signed afterwards, signed for another?

Looks at:         the named patterns of `signin_patterns`, session by session.
Why it matters:   a sign-in that nobody came for pays for training that nobody had.
Cannot tell when: a pattern stays below its threshold, or is only a lead: a person looks.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.finding import Outcome
from verifier.language import say
from verifier.regulation.facts import ClassFacts, SessionFacts
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day, open_sessions, settled_sessions
from verifier.regulation.signin_patterns import SIGN_IN_PATTERNS, Hit, SignInPattern

# A reason names at most so many occurrences; all of them are in the sessions and the evidence.
_SHOWN = 5


def judge_sign_in_for_show(
    facts: ClassFacts, rule: Rule, patterns: Sequence[SignInPattern] = SIGN_IN_PATTERNS
) -> tuple[RuleResult, ...]:
    """Propose one violation per pattern, which grows with every further session that shows it.

    Sign-ins and photos come late, so a quiet session in between does not split a habit into two violations; what
    comes after the sessions of a decided one is a breach of its own (`ClassFacts.settled`).
    """
    subject = facts.training.number
    sessions = open_sessions(facts, rule)
    if not sessions:
        day = class_day(facts)
        if not rule.in_force_on(day):
            return (rule.not_in_force(day, subject),)
        return (rule.answer(Outcome.NOT_APPLICABLE, say("尚无可判断签到情况的课次。"), subject),)
    results = [result for pattern in patterns if (result := _judge_pattern(pattern, facts, sessions, rule)) is not None]
    if results:
        return tuple(results)
    count = sum(len(each.sign_ins) for each in sessions)
    if not count:
        return (rule.answer(Outcome.NOT_APPLICABLE, say("没有可供核查的签到记录。"), subject),)
    reason = say(
        "{sessions}个课次的{count}条签到记录未见一机多签、异地签到、课后补签等{patterns}类情形。",
        sessions=len(sessions), count=count, patterns=len(patterns),
    )  # fmt: skip
    common = sum(sign_in.device in facts.training.shared_devices for each in sessions for sign_in in each.sign_ins)
    if common:
        # The agency files its terminals itself: what they excuse stays visible.
        reason = say(
            "{found}其中{common}条来自备案的公用签到终端（{devices}），不作一机多签判断。",
            found=reason, common=common, devices="、".join(facts.training.shared_devices),
        )  # fmt: skip
    quantities = {"sessions": len(sessions), "sign_ins": count, "on_shared_terminals": common}
    return (rule.answer(Outcome.PASSED, reason, subject, quantities=quantities),)


def _judge_pattern(
    pattern: SignInPattern, facts: ClassFacts, sessions: Sequence[SessionFacts], rule: Rule
) -> RuleResult | None:
    """One result for all occurrences of a pattern; None where there is none."""
    settled = settled_sessions(facts, rule, pattern.name)
    hits = pattern.find(facts, [each for each in sessions if each.session.id not in settled], rule)
    if not hits:
        return None
    proposing = [hit for hit in hits if hit.reached and pattern.proposes(hit.session, rule)]
    shown = proposing or list(hits)
    sessions = _distinct_sessions(shown)
    reasons = list({str(hit.reason): hit.reason for hit in shown}.values())
    more = len(reasons) - _SHOWN
    reason = say(
        "{pattern}（{count}个课次）：{each}{more}",
        pattern=pattern.title, count=len(sessions), each=reasons[:_SHOWN],
        more=say("另有{more}处。", more=more) if more > 0 else "",
    )  # fmt: skip
    if not proposing:
        reason = say("{found}未达到提出违规的标准或仅为线索，须由人工核查。", found=reason)
    return rule.answer(
        Outcome.FAILED if proposing else Outcome.UNSURE, reason, facts.training.number,
        quantities={
            "sessions": len(sessions), "occurrences": len(shown),
            "students": len({student for hit in shown for student in hit.students}),
        },
        evidence=[each for hit in shown for each in hit.evidence],
        sessions=tuple(each.session.id for each in sessions), aspect=pattern.name, start=sessions[0].session.id,
    )  # fmt: skip


def _distinct_sessions(hits: Sequence[Hit]) -> list[SessionFacts]:
    found = {hit.session.session.id: hit.session for hit in hits}
    return sorted(found.values(), key=lambda each: each.session.starts_at)
