"""Articles 7(3) and 10: online sessions leave screenshots and sign-ins on an approved platform; mobile ones a recording.

Looks at:         what was handed in for sessions taught online, or outside the agency's own rooms without remote video.
Why it matters:   nobody can look in; what is handed in is all there is, and payment hangs on it.
Cannot tell when: the list of approved platforms is not known, or a recording does not decide.
"""

from __future__ import annotations

from functools import partial

from verifier.finding import Outcome
from verifier.language import say
from verifier.plan import SessionKind, SessionMode
from verifier.regulation.facts import ClassFacts, ReportState, SessionFacts
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day, open_sessions


def judge_online_records(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """7(3): one result per online session."""
    online = [each for each in open_sessions(facts, rule) if each.session.kind is SessionKind.ONLINE]
    if not online:
        return (_nothing(facts, rule),)
    return tuple(_judge_online(each, facts, rule) for each in online)


def judge_recordings(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """Art. 10: one result per session taught outside (``mode = "mobile"``)."""
    mobile = [
        each
        for each in open_sessions(facts, rule)
        if each.session.mode is SessionMode.MOBILE and each.session.kind is not SessionKind.ONLINE
    ]
    if not mobile:
        return (_nothing(facts, rule),)
    return tuple(_judge_recording(each, facts, rule) for each in mobile)


def _judge_online(session: SessionFacts, facts: ClassFacts, rule: Rule) -> RuleResult:
    place = session.session.id
    answer = partial(rule.answer, subject=facts.training.number, sessions=(place,), start=place)
    record = session.online
    if record is None and not any(each.online for each in facts.sessions):
        # As with lists on paper: nothing of the whole class may mean that nobody handed it in here yet.
        return answer(
            Outcome.UNSURE, say("线上课次{session}：本班还没有任何截屏和签到打卡记录，请催报或核对。", session=place)
        )
    if record is None:
        return answer(Outcome.FAILED, say("线上课次{session}没有报送截屏和签到打卡记录。", session=place))
    reason = say(
        "线上课次{session}：平台{platform}，截屏{screenshots}张，签到打卡记录{sign_ins}条。",
        session=place, platform=record.platform or say("未填写"), screenshots=len(record.screenshots),
        sign_ins=len(session.sign_ins),
    )  # fmt: skip
    complete = bool(record.screenshots and session.sign_ins and record.platform)
    outcome = Outcome.PASSED if complete else Outcome.FAILED
    approved = facts.approved_platforms | set(rule.policy.platforms)
    if complete and record.platform not in approved:
        # Without a list at all nobody can say that the platform is not on it.
        outcome = Outcome.FAILED if approved else Outcome.UNSURE
        reason = say("{found}该平台不在已知的备案平台名单内。", found=reason)
    return answer(outcome, reason, evidence=record.screenshots)


def _judge_recording(session: SessionFacts, facts: ClassFacts, rule: Rule) -> RuleResult:
    place = session.session.id
    answer = partial(rule.answer, subject=facts.training.number, sessions=(place,), start=place)
    if session.camera is not None:
        return answer(Outcome.NOT_APPLICABLE, say("课次{session}有远程视频，不要求移动录像。", session=place))
    if session.recording is None and not any(each.recording for each in facts.sessions):
        return answer(
            Outcome.UNSURE, say("外送课次{session}：本班还没有任何移动录像或直播回看，请催报或核对。", session=place)
        )
    state = session.recording.state if session.recording else ReportState.MISSING
    outcomes = {
        ReportState.COMPLETE: Outcome.PASSED, ReportState.INCOMPLETE: Outcome.FAILED,
        ReportState.MISSING: Outcome.FAILED, ReportState.UNSURE: Outcome.UNSURE, ReportState.NOT_RUN: Outcome.NOT_RUN,
    }  # fmt: skip
    states = {
        ReportState.COMPLETE: say("完整"), ReportState.INCOMPLETE: say("不完整"), ReportState.MISSING: say("未收到"),
        ReportState.UNSURE: say("无法判断"), ReportState.NOT_RUN: say("系统未核验"),
    }  # fmt: skip
    reason = say("外送课次{session}的移动录像或可回看直播：{state}。", session=place, state=states[state])
    return answer(outcomes[state], reason, evidence=session.recording.evidence if session.recording else ())


def _nothing(facts: ClassFacts, rule: Rule) -> RuleResult:
    day = class_day(facts)
    if not rule.in_force_on(day):
        return rule.not_in_force(day, facts.training.number)
    return rule.answer(Outcome.NOT_APPLICABLE, say("没有适用该要求的课次。"), facts.training.number)
