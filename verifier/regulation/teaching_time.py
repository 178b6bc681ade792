"""Article 13(1)(2): were hours cut, or classes not held at the planned times?

Looks at:         minutes in which a clear camera picture showed an empty room, and when teaching began and ended
                  where somebody saw it (an on-site check, or a camera that ran throughout).
Why it matters:   the subsidy is paid per hour taught.
Cannot tell when: nobody watched. A photo at ten does not show that the room was empty at nine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from verifier.finding import Measured, Outcome
from verifier.language import Sentence, say
from verifier.plan import STANDARD_HOUR_MINUTES
from verifier.regulation.facts import CameraState, ClassFacts, SessionFacts
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day, open_sessions, settled_sessions, show_number


@dataclass(frozen=True, slots=True)
class _Breach:
    facts: SessionFacts
    reason: Sentence
    evidence: tuple[str, ...]
    missing_minutes: float


def judge_teaching_time(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """One violation that grows with every session that shows it; a session that began late counts once, not twice."""
    subject = facts.training.number
    settled = settled_sessions(facts, rule)
    sessions = [each for each in open_sessions(facts, rule) if each.session.id not in settled]
    if not sessions and not rule.in_force_on(class_day(facts)):
        return (rule.not_in_force(class_day(facts), subject),)
    results = []
    breaches = [each for session in sessions if (each := _find_cut(session, rule) or _find_shift(session, rule))]
    if breaches:
        results.append(_propose(breaches, subject, rule))
    if (short := _judge_timetable(facts, rule)) is not None:
        results.append(short)
    if results:
        return tuple(results)
    watched = [each for each in sessions if _was_watched(each)]
    if not watched:
        reason = say("没有能够反映实际上下课时间的现场检查或全程视频。")
        return (rule.answer(Outcome.NOT_APPLICABLE, reason, subject),)
    reason = say("在{count}个有现场检查或视频的课次中未见缩减课时、不按时上课。", count=len(watched))
    return (rule.answer(Outcome.PASSED, reason, subject, quantities={"sessions": len(watched)}),)


def _was_watched(facts: SessionFacts) -> bool:
    seen = (CameraState.TEACHING, CameraState.ROOM_EMPTY)
    return facts.observed is not None or any(span.state in seen for span in facts.camera or ())


def _find_cut(facts: SessionFacts, rule: Rule) -> _Breach | None:
    """Minutes that can have been taught at most, against the session's standard hours."""
    session = facts.session
    window = (session.ends_at - session.starts_at).total_seconds() / 60
    needed = min(session.hours * STANDARD_HOUR_MINUTES, window)
    empty = [span for span in facts.camera or () if span.state is CameraState.ROOM_EMPTY]
    idle = [(span.starts_at, span.ends_at) for span in empty]
    if facts.observed and facts.observed.started_at:
        idle.append((facts.observed.watched_from or session.starts_at, facts.observed.started_at))
    if facts.observed and facts.observed.ended_at:
        idle.append((facts.observed.ended_at, session.ends_at))
    at_most = window - _minutes(idle, session.starts_at, session.ends_at)
    missing = needed - at_most
    if missing <= float(rule.number("hours_cut_tolerance_min", session.day)):
        return None
    reason = say(
        "课次{session}（{day}）计划{hours}个标准学时（{needed}分钟），最多授课{at_most}分钟，少{missing}分钟。",
        session=session.id, day=session.day.isoformat(), hours=show_number(session.hours),
        needed=show_number(needed), at_most=show_number(at_most), missing=show_number(missing),
    )  # fmt: skip
    evidence = tuple(item for span in empty for item in span.evidence)
    return _Breach(facts, reason, (*evidence, *(facts.observed.evidence if facts.observed else ())), missing)


def _find_shift(facts: SessionFacts, rule: Rule) -> _Breach | None:
    """Teaching that began late or ended early, as somebody saw it."""
    observed, session = facts.observed, facts.session
    if observed is None:
        return None
    tolerance = timedelta(minutes=float(rule.number("times_tolerance_min", session.day)))
    seen_from_start = observed.watched_from is None or observed.watched_from <= session.starts_at
    began = observed.started_at if observed.started_at and seen_from_start else session.starts_at
    late = max(began - session.starts_at, timedelta())
    early = max(session.ends_at - (observed.ended_at or session.ends_at), timedelta())
    if late <= tolerance and early <= tolerance:
        return None
    reason = say(
        "课次{session}计划{starts}至{ends}，实际{began}至{ended}，允许偏差{tolerance}分钟。",
        session=session.id, starts=_clock(session.starts_at), ends=_clock(session.ends_at),
        began=_clock(observed.started_at), ended=_clock(observed.ended_at),
        tolerance=show_number(tolerance.total_seconds() / 60),
    )  # fmt: skip
    return _Breach(facts, reason, observed.evidence, (late + early).total_seconds() / 60)


def _propose(breaches: list[_Breach], subject: str, rule: Rule) -> RuleResult:
    minutes = sum(each.missing_minutes for each in breaches)
    reason = say(
        "缩减培训课时或不按规定时间上课（{count}个课次，合计{minutes}分钟）：{each}",
        count=len(breaches), minutes=show_number(minutes), each=[each.reason for each in breaches],
    )  # fmt: skip
    quantities: dict[str, Measured] = {"sessions": len(breaches), "missing_minutes": round(minutes, 1)}
    return rule.answer(
        Outcome.FAILED, reason, subject, quantities=quantities,
        evidence=[item for each in breaches for item in each.evidence],
        sessions=tuple(each.facts.session.id for each in breaches), start=breaches[0].facts.session.id,
    )  # fmt: skip


def _judge_timetable(facts: ClassFacts, rule: Rule) -> RuleResult | None:
    """A timetable that does not even hold the planned hours: a person asks why; more sessions may yet be filed."""
    training = facts.training
    hours = sum(session.hours for session in training.sessions)
    if not training.sessions or hours >= training.planned_hours:
        return None
    reason = say(
        "课程表共{hours}个标准学时，少于备案的{planned}个。",
        hours=show_number(hours), planned=show_number(training.planned_hours),
    )  # fmt: skip
    quantities: dict[str, Measured] = {"timetable_hours": hours, "planned_hours": training.planned_hours}
    return rule.answer(Outcome.UNSURE, reason, training.number, quantities=quantities, aspect="timetable")


def _minutes(spans: list[tuple[datetime, datetime]], opens: datetime, closes: datetime) -> float:
    """Minutes covered by any of the spans inside the window, overlaps counted once."""
    total, at = 0.0, opens
    for starts, ends in sorted(spans):
        starts, ends = max(starts, at), min(ends, closes)
        if ends > starts:
            total += (ends - starts).total_seconds() / 60
            at = ends
    return total


def _clock(moment: datetime | None) -> str | Sentence:
    return say("未观察到") if moment is None else moment.isoformat(" ", "minutes")
