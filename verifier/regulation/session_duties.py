"""Article 7(2), session by session: the photo reports and the sign-ins that each half-day asks for (E1, E2, E9)."""

from __future__ import annotations

from collections import Counter
from functools import partial

from verifier.finding import Outcome
from verifier.language import say
from verifier.plan import Period
from verifier.regulation.facts import ClassFacts, Presence, ReportState, SessionFacts
from verifier.regulation.missing_reports import required_reports, sum_up_reports
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule


def judge_session_reports(facts: SessionFacts, subject: str, rule: Rule) -> RuleResult:
    """Whether the session's photo reports came, each with a picture from the front and one from the back."""
    session = facts.session
    if not rule.in_force_on(session.day):
        return rule.not_in_force(session.day, subject)
    required = required_reports(facts, rule)
    answer = partial(rule.answer, subject=subject, sessions=(session.id,), start=session.id)
    if not facts.closed or not required:
        reason = say("课次{session}目前不要求照片反馈。", session=session.id)
        return answer(Outcome.NOT_APPLICABLE, reason)
    state = sum_up_reports(facts.reports, required)
    outcomes = {
        ReportState.COMPLETE: Outcome.PASSED, ReportState.INCOMPLETE: Outcome.FAILED,
        ReportState.MISSING: Outcome.FAILED, ReportState.UNSURE: Outcome.UNSURE, ReportState.NOT_RUN: Outcome.NOT_RUN,
    }  # fmt: skip
    complete = sum(report.state is ReportState.COMPLETE for report in facts.reports)
    reason = say(
        "课次{session}应报送{required}次照片（教室前后各一张），完整{complete}次，不完整{incomplete}次，无法判断{unsure}次，"
        "系统未核验{not_run}次。",
        session=session.id, required=required, complete=complete,
        incomplete=sum(report.state is ReportState.INCOMPLETE for report in facts.reports),
        unsure=sum(report.state is ReportState.UNSURE for report in facts.reports),
        not_run=sum(report.state is ReportState.NOT_RUN for report in facts.reports),
    )  # fmt: skip
    evidence = [each for report in facts.reports for each in report.evidence]
    quantities = {"required": required, "complete": complete}
    return answer(outcomes[state], reason, quantities=quantities, evidence=evidence)


def judge_reports(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """`judge_session_reports` for every session of a class."""
    results = tuple(judge_session_reports(each, facts.training.number, rule) for each in facts.sessions)
    return results or (rule.answer(Outcome.NOT_APPLICABLE, say("没有课次。"), facts.training.number),)


def judge_sign_ins(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """`judge_session_sign_ins` for every session of a class."""
    results = tuple(judge_session_sign_ins(each, facts.training.number, rule) for each in facts.sessions)
    return results or (rule.answer(Outcome.NOT_APPLICABLE, say("没有课次。"), facts.training.number),)


def judge_session_sign_ins(facts: SessionFacts, subject: str, rule: Rule) -> RuleResult:
    """Whether everybody who attended signed in often enough.

    Who was certainly absent, or on leave, need not have signed; a missing sign-in of somebody who could not be judged
    leaves the session UNSURE.
    """
    session = facts.session
    if not rule.in_force_on(session.day):
        return rule.not_in_force(session.day, subject)
    answer = partial(rule.answer, subject=subject, sessions=(session.id,), start=session.id)
    if not facts.closed or not facts.students:
        reason = say("课次{session}目前没有可核查的签到。", session=session.id)
        return answer(Outcome.NOT_APPLICABLE, reason)
    if not facts.sign_ins:
        # Lists on paper may not have been handed in yet: nothing at all is not the same as somebody missing.
        return answer(Outcome.UNSURE, say("课次{session}没有收到任何签到记录。", session=session.id))
    names = {
        Period.MORNING: "sign_ins_per_morning",
        Period.AFTERNOON: "sign_ins_per_afternoon",
        Period.EVENING: "sign_ins_per_evening",
    }
    required = rule.count(names[session.period], session.day)
    signed = Counter(each.student_no for each in facts.sign_ins if not each.late)
    states = {Presence.PRESENT: "present", Presence.UNSURE: "open", Presence.NOT_RUN: "open"}
    missing: dict[str, list[str]] = {"present": [], "open": []}
    for student in facts.students:
        if signed[student.student_no] < required and student.presence in states:
            missing[states[student.presence]].append(student.student_no)
    outcome = Outcome.FAILED if missing["present"] else Outcome.UNSURE if missing["open"] else Outcome.PASSED
    reason = say(
        "课次{session}要求每名学员签到{required}次：{signed}人签到，到课而未签到{count}人（{students}），到课与否未定且未签到{open}人。",
        session=session.id, required=required, signed=len(signed), count=len(missing["present"]),
        students="、".join(missing["present"]) or "—", open=len(missing["open"]),
    )  # fmt: skip
    quantities = {"required": required, "signed": len(signed), "present_unsigned": len(missing["present"])}
    return answer(outcome, reason, quantities=quantities)
