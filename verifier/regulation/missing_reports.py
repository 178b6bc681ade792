"""Article 13(1)(8): photo reports or remote video missing for 7 standard hours in a row, or repeatedly.

Looks at:         the photo reports received per session, and what its camera showed, minute by minute.
Why it matters:   without pictures nobody can see from afar whether a class is held.
Cannot tell when: a report came but does not decide (UNSURE), or we ourselves did not look (NOT_RUN): neither is
                  "missing", and a row of missing hours ends at it. Hours count along the timetable, so the last
                  hour of one day is followed by the first of the next; a class kept going over a weekend has a row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from verifier.finding import Outcome
from verifier.language import Sentence, say
from verifier.plan import Period, SessionKind, SessionMode
from verifier.regulation.facts import CameraSpan, CameraState, ClassFacts, PhotoReport, ReportState, SessionFacts
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day, open_sessions, settled_sessions, show_number


class _State(StrEnum):
    THERE = "there"
    MISSING = "missing"
    UNSURE = "unsure"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Part of a session, in standard hours along its timetable."""

    facts: SessionFacts
    hours: float
    state: _State
    evidence: tuple[str, ...] = ()


# Below this, a sum of hours from camera minutes is the limit itself: floats of thirds of hours do not add up exactly.
_HOUR_TOLERANCE = 1e-6


def required_reports(facts: SessionFacts, rule: Rule) -> int:
    """How many photo reports Art. 7(2) asks of this session; none of an online one (Art. 7(3))."""
    if facts.session.kind is SessionKind.ONLINE:
        return 0
    names = {
        Period.MORNING: "reports_per_morning",
        Period.AFTERNOON: "reports_per_afternoon",
        Period.EVENING: "reports_per_evening",
    }
    return rule.count(names[facts.session.period], facts.session.day)


def sum_up_reports(reports: Sequence[PhotoReport], required: int) -> ReportState:
    """One state for all the reports of a session: enough complete ones, else the kindest reason why not."""
    states = [report.state for report in reports]
    if states.count(ReportState.COMPLETE) >= required:
        return ReportState.COMPLETE
    for state in (ReportState.NOT_RUN, ReportState.UNSURE, ReportState.INCOMPLETE):
        if state in states:
            return state
    return ReportState.MISSING


def judge_missing_reports(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """Propose one violation per row of missing hours and channel, and one for missing ones that are many.

    A session inside a proposed row does not count again among the many.
    """
    sessions = open_sessions(facts, rule)
    if not sessions:
        day = class_day(facts)
        if not rule.in_force_on(day):
            return (rule.not_in_force(day, facts.training.number),)
        reason = say("尚无可判断照片反馈和远程监控的课次。")
        return (rule.answer(Outcome.NOT_APPLICABLE, reason, facts.training.number),)
    channels: tuple[tuple[str, Callable[[SessionFacts, Rule], list[_Stretch]]], ...] = (
        ("photos", _photo_stretches),
        ("camera", _camera_stretches),
    )
    results: list[RuleResult] = []
    for aspect, stretch in channels:
        settled = settled_sessions(facts, rule, aspect)
        stretches = [
            # What people decided on is dealt with: like a session in order, it ends a row and counts in none.
            replace(each, state=_State.THERE) if session.session.id in settled else each
            for session in sessions
            for each in stretch(session, rule)
        ]
        if stretches:
            results.extend(_judge_channel(stretches, aspect, facts.training.number, rule))
    unwatched = [each.session.id for each in sessions if each.session.camera_id and each.camera is None]
    if unwatched and not any(result.aspect.startswith("camera") for result in results):
        reason = say("备案了摄像头而系统没有观看记录（{count}个课次），不判断远程监控是否到位。", count=len(unwatched))
        results.append(rule.answer(Outcome.NOT_APPLICABLE, reason, facts.training.number, aspect="camera"))
    if not results:
        reason = say("所列课次不要求照片反馈和远程监控。")
        return (rule.answer(Outcome.NOT_APPLICABLE, reason, facts.training.number),)
    return tuple(results)


_REPORT_STATES = {
    ReportState.COMPLETE: _State.THERE,
    ReportState.INCOMPLETE: _State.MISSING,  # half a pair is 不到位: Art. 7(2) asks for both ends of the room
    ReportState.MISSING: _State.MISSING,
    ReportState.UNSURE: _State.UNSURE,
    ReportState.NOT_RUN: _State.NOT_RUN,
}


def _photo_stretches(facts: SessionFacts, rule: Rule) -> list[_Stretch]:
    required = required_reports(facts, rule)
    if not required:
        return []
    state = _REPORT_STATES[sum_up_reports(facts.reports, required)]
    evidence = tuple(each for report in facts.reports for each in report.evidence)
    return [_Stretch(facts, facts.session.hours, state, evidence)]


def _camera_stretches(facts: SessionFacts, _rule: Rule) -> list[_Stretch]:
    """The session's time cut into what its camera showed; time that no span covers was not looked at, by us.

    A session taught outside has its recording instead of a camera (移动远程监控, Art. 10).
    """
    if facts.session.kind is SessionKind.ONLINE:
        return []
    if facts.camera is None:
        if facts.session.mode is not SessionMode.MOBILE or facts.recording is None:
            return []
        return [_Stretch(facts, facts.session.hours, _REPORT_STATES[facts.recording.state], facts.recording.evidence)]
    session = facts.session
    length_s = (session.ends_at - session.starts_at).total_seconds()
    if length_s <= 0:
        return []
    hours_a_second = session.hours / length_s
    found: list[_Stretch] = []
    at = session.starts_at
    for span in sorted(facts.camera, key=lambda each: each.starts_at):
        starts, ends = max(span.starts_at, at), min(span.ends_at, session.ends_at)
        if ends <= starts:
            continue
        if starts > at:
            found.append(_Stretch(facts, (starts - at).total_seconds() * hours_a_second, _State.NOT_RUN))
        hours = (ends - starts).total_seconds() * hours_a_second
        found.append(_Stretch(facts, hours, _camera_state(span), span.evidence))
        at = ends
    if at < session.ends_at:
        found.append(_Stretch(facts, (session.ends_at - at).total_seconds() * hours_a_second, _State.NOT_RUN))
    return found


def _camera_state(span: CameraSpan) -> _State:
    states = {
        CameraState.NOT_SHOWING: _State.MISSING,
        CameraState.UNSURE: _State.UNSURE,
        CameraState.NOT_RUN: _State.NOT_RUN,
    }
    # An empty room is shown, so the monitoring is in place; what it means is 13(1)(2)'s question.
    return states.get(span.state, _State.THERE)


def _judge_channel(stretches: list[_Stretch], aspect: str, subject: str, rule: Rule) -> list[RuleResult]:
    rows = _rows(stretches, frozenset({_State.MISSING}))
    long_rows = [row for row in rows if _reaches(row, rule)]
    results = [_propose_row(row, aspect, subject, rule) for row in long_rows]
    in_rows = {each.facts.session.id for row in long_rows for each in row}
    others = [each for each in stretches if each.state is _State.MISSING and each.facts.session.id not in in_rows]
    others = _drop_short_gaps(others, aspect, rule)
    if others and len(_session_ids(others)) >= rule.count("missing_sessions_repeatedly", others[-1].facts.session.day):
        results.append(_propose_often(others, aspect, subject, rule))
    return results or [_answer_open(stretches, rows, aspect, subject, rule)]


def _rows(stretches: list[_Stretch], states: frozenset[_State]) -> list[list[_Stretch]]:
    return [list(row) for inside, row in groupby(stretches, key=lambda each: each.state in states) if inside]


def _hours(row: Sequence[_Stretch]) -> float:
    return sum(each.hours for each in row)


def _reaches(row: Sequence[_Stretch], rule: Rule) -> bool:
    limit = float(rule.number("missing_hours_in_a_row", row[0].facts.session.day))
    return _hours(row) >= limit - _HOUR_TOLERANCE


def _channel_name(aspect: str) -> Sentence:
    return say("照片反馈") if aspect == "photos" else say("远程监控")


def _session_ids(row: Sequence[_Stretch]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.facts.session.id for each in row))


def _propose_row(row: list[_Stretch], aspect: str, subject: str, rule: Rule) -> RuleResult:
    first, last = row[0].facts.session, row[-1].facts.session
    limit = rule.number("missing_hours_in_a_row", first.day)
    ids = _session_ids(row)
    reason = say(
        "{channel}自{first_day}课次{first}起至{last_day}课次{last}连续{hours}个标准学时不到位（{count}个课次），规定的限度为{limit}个标准学时。",
        channel=_channel_name(aspect), first_day=first.day.isoformat(), first=first.id, last_day=last.day.isoformat(),
        last=last.id, hours=show_number(_hours(row)), count=len(ids), limit=show_number(limit),
    )  # fmt: skip
    return rule.answer(
        Outcome.FAILED, reason, subject,
        quantities={"missing_hours": round(_hours(row), 4), "limit_hours": float(limit), "sessions": len(ids)},
        evidence=[each for stretch in row for each in stretch.evidence],
        sessions=ids, aspect=aspect, start=first.id,
    )  # fmt: skip


def _drop_short_gaps(missing: list[_Stretch], aspect: str, rule: Rule) -> list[_Stretch]:
    """A camera that was gone for a minute is no session without monitoring; a report is there or it is not."""
    if aspect == "photos":
        return missing
    hours: dict[str, float] = {}
    for each in missing:
        hours[each.facts.session.id] = hours.get(each.facts.session.id, 0.0) + each.hours
    return [
        each
        for each in missing
        if hours[each.facts.session.id]
        >= float(rule.number("camera_gap_counts_from_hours", each.facts.session.day)) - _HOUR_TOLERANCE
    ]


def _propose_often(row: list[_Stretch], aspect: str, subject: str, rule: Rule) -> RuleResult:
    ids = _session_ids(row)
    first, last = row[0].facts.session, row[-1].facts.session
    often = rule.policy.parameter("missing_sessions_repeatedly", last.day)
    reason = say(
        "{channel}在{first_day}至{last_day}之间多次不到位：{count}个课次（{ids}）。“多次”按{often}次掌握{default}。",
        channel=_channel_name(aspect), first_day=first.day.isoformat(), last_day=last.day.isoformat(),
        count=len(ids), ids="、".join(ids), often=int(often.value),
        default=say("（默认值，待主管机构确定）") if often.to_be_set else "",
    )  # fmt: skip
    return rule.answer(
        Outcome.FAILED, reason, subject,
        quantities={
            "missing_sessions": len(ids), "limit_sessions": int(often.value), "missing_hours": round(_hours(row), 4)
        },
        evidence=[each for stretch in row for each in stretch.evidence],
        sessions=ids, aspect=f"{aspect}-repeatedly", start=first.id,
    )  # fmt: skip


def _answer_open(
    stretches: list[_Stretch], rows: list[list[_Stretch]], aspect: str, subject: str, rule: Rule
) -> RuleResult:
    """Nothing reaches a limit for certain; would it if what could not be judged were missing too?"""
    limit = rule.number("missing_hours_in_a_row", stretches[0].facts.session.day)
    channel = _channel_name(aspect)
    longest = max(rows, key=_hours, default=[])
    for outcome, states in (
        (Outcome.UNSURE, frozenset({_State.MISSING, _State.UNSURE})),
        (Outcome.NOT_RUN, frozenset({_State.MISSING, _State.UNSURE, _State.NOT_RUN})),
    ):
        row = max(_rows(stretches, states), key=_hours, default=[])
        if row and _reaches(row, rule):
            reason = say(
                "{channel}确认连续不到位{hours}个标准学时；如将{ids}中无法判断或系统未核验的部分计入，最多{most}个，"
                "限度为{limit}个，不作认定。",
                channel=channel, hours=show_number(_hours(longest)), ids="、".join(_session_ids(row)),
                most=show_number(_hours(row)), limit=show_number(limit),
            )  # fmt: skip
            return rule.answer(
                outcome, reason, subject,
                quantities={"missing_hours": round(_hours(longest), 4), "possible_hours": round(_hours(row), 4)},
                sessions=_session_ids(row), aspect=aspect, start=row[0].facts.session.id,
            )  # fmt: skip
    reason = say(
        "{channel}连续不到位最长{hours}个标准学时，未达到{limit}个。",
        channel=channel, hours=show_number(_hours(longest)), limit=show_number(limit),
    )  # fmt: skip
    return rule.answer(
        Outcome.PASSED, reason, subject,
        quantities={"missing_hours": round(_hours(longest), 4), "limit_hours": float(limit)}, aspect=aspect,
    )  # fmt: skip
