"""Article 13(1)(4): is the attendance rate of a session below 80 %?

Looks at:         who was present, absent, on approved leave, or could not be judged.
Why it matters:   subsidies are paid per trained person.
Cannot tell when: the students who could not be judged decide it: the rate is proposed as too low only if it is
                  below the limit even when every one of them is counted as present.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verifier.finding import Measured, Outcome
from verifier.language import say
from verifier.regulation.facts import ClassFacts, Presence, SessionFacts, StudentFact
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day, settled_sessions, show_number, show_percent


@dataclass(frozen=True, slots=True)
class PresenceCount:
    """How many students of a session stand how. `not_run`: we did not look at the evidence."""

    present: int = 0
    absent: int = 0
    unsure: int = 0
    leave: int = 0
    not_run: int = 0

    @property
    def expected(self) -> int:
        """The denominator: everybody on the roster but those on approved leave."""
        return self.present + self.absent + self.unsure + self.not_run

    @property
    def at_most(self) -> int:
        """The numerator if everybody who could not be judged was there."""
        return self.present + self.unsure + self.not_run

    def __add__(self, other: PresenceCount) -> PresenceCount:
        return PresenceCount(
            self.present + other.present, self.absent + other.absent, self.unsure + other.unsure,
            self.leave + other.leave, self.not_run + other.not_run,
        )  # fmt: skip

    def quantities(self) -> dict[str, Measured]:
        """Numerator, denominator and what stands between them, for a result."""
        return {
            "present": self.present, "absent": self.absent, "unsure": self.unsure, "leave": self.leave,
            "not_run": self.not_run, "expected": self.expected,
            "rate_at_least": self.present / self.expected if self.expected else None,
            "rate_at_most": self.at_most / self.expected if self.expected else None,
        }  # fmt: skip


def count_presences(students: Iterable[StudentFact]) -> PresenceCount:
    """Count the students of one session by how they stand."""
    counts = Counter(student.presence for student in students)
    return PresenceCount(
        counts[Presence.PRESENT], counts[Presence.ABSENT], counts[Presence.UNSURE],
        counts[Presence.LEAVE], counts[Presence.NOT_RUN],
    )  # fmt: skip


def judge_session_rate(facts: SessionFacts, subject: str, rule: Rule) -> RuleResult:
    """Judge the rate of one session, for the session's own line; violations are proposed by `judge_attendance_rate`.

    Args:
        subject: The class's number.
    """
    session = facts.session
    if not rule.in_force_on(session.day):
        return rule.not_in_force(session.day, subject)
    count = count_presences(facts.students)
    limit = rule.number("attendance_rate_min_percent", session.day)
    sessions = (session.id,)
    quantities = {**count.quantities(), "limit_percent": float(limit)}
    if not facts.closed or count.expected == 0:
        reason = say("课次{session}尚无可计算的应到学员，不计算到课率。", session=session.id)
        return rule.answer(Outcome.NOT_APPLICABLE, reason, subject, sessions=sessions, start=session.id)
    shown = {
        "session": session.id, "expected": count.expected, "present": count.present, "leave": count.leave,
        "limit": show_number(limit), "low": show_percent(count.present, count.expected),
        "high": show_percent(count.at_most, count.expected), "unsure": count.unsure, "not_run": count.not_run,
    }  # fmt: skip
    outcome = _decide(count, float(limit))
    if count.unsure + count.not_run == 0:
        reason = say(
            "课次{session}：应到{expected}人（已准假{leave}人不计），实到{present}人，到课率{low}%，要求不低于{limit}%。",
            **shown,
        )
    else:
        reason = say(
            "课次{session}：应到{expected}人（已准假{leave}人不计），确认到课{present}人，无法判断{unsure}人，"
            "系统未核验{not_run}人，到课率在{low}%与{high}%之间，要求不低于{limit}%。",
            **shown,
        )
    evidence = [each for student in facts.students for each in student.evidence] if outcome is Outcome.FAILED else []
    return rule.answer(
        outcome, reason, subject, quantities=quantities, evidence=evidence, sessions=sessions, start=session.id
    )


def judge_attendance_rate(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """Propose one violation per run of sessions below the limit, however many nights it is judged again.

    A session that cannot be judged neither ends a run nor counts in it: in doubt there is one breach, not two.
    A session that a decided violation covers ends it: what follows is a breach of its own.
    """
    subject = facts.training.number
    settled = settled_sessions(facts, rule)
    judged = [(each, judge_session_rate(each, subject, rule)) for each in facts.sessions if each.closed]
    runs: list[list[tuple[SessionFacts, RuleResult]]] = [[]]
    for each, result in judged:
        if each.session.id in settled:
            runs.append([])
        elif result.outcome is Outcome.FAILED:
            runs[-1].append((each, result))
        elif result.outcome is Outcome.PASSED and runs[-1]:
            runs.append([])
    proposals = tuple(_propose(run, subject, rule) for run in runs if run)
    return proposals or (_sum_up(facts, [result for each, result in judged if each.session.id not in settled], rule),)


def _decide(count: PresenceCount, limit_percent: float) -> Outcome:
    """Compare without division: 4 of 5 is exactly 80 %, which is not below 80 %."""
    needed = limit_percent * count.expected
    if count.at_most * 100 < needed:
        return Outcome.FAILED
    if count.present * 100 >= needed:
        return Outcome.PASSED
    # Where the people we did not look at would settle it, the gap is ours.
    return Outcome.NOT_RUN if (count.present + count.unsure) * 100 < needed else Outcome.UNSURE


def _propose(run: Sequence[tuple[SessionFacts, RuleResult]], subject: str, rule: Rule) -> RuleResult:
    results = [result for _, result in run]
    total = sum((count_presences(each.students) for each, _ in run), PresenceCount())
    first, last = run[0][0].session, run[-1][0].session
    reason = results[0].reason
    if len(run) > 1:
        reason = say(
            "{first}至{last}共{count}个课次到课率低于{limit}%：{each}",
            first=first.day.isoformat(), last=last.day.isoformat(), count=len(run),
            limit=show_number(rule.number("attendance_rate_min_percent", first.day)),
            each=[result.reason for result in results],
        )  # fmt: skip
    return rule.answer(
        Outcome.FAILED, reason, subject,
        quantities=total.quantities() | {"sessions": len(run), "limit_percent": results[0].quantities["limit_percent"]},
        evidence=[each for result in results for each in result.evidence],
        sessions=tuple(each.session.id for each, _ in run), start=first.id,
    )  # fmt: skip


def _sum_up(facts: ClassFacts, results: Sequence[RuleResult], rule: Rule) -> RuleResult:
    """No session is certainly below the limit: say what remains open, worst first."""
    subject = facts.training.number
    for outcome in (Outcome.NOT_RUN, Outcome.UNSURE):
        if open_ones := [result for result in results if result.outcome is outcome]:
            return rule.answer(
                outcome,
                say(
                    "{count}个课次的到课率无法判断：{each}",
                    count=len(open_ones),
                    each=[each.reason for each in open_ones],
                ),
                subject,
                quantities={"sessions": len(open_ones)},
                sessions=tuple(session for result in open_ones for session in result.sessions),
            )
    passed = [result for result in results if result.outcome is Outcome.PASSED]
    if passed:
        return rule.answer(
            Outcome.PASSED,
            say("已判断的{count}个课次到课率均达到要求。", count=len(passed)),
            subject,
            quantities={"sessions": len(passed)},
        )
    day = class_day(facts)
    if not rule.in_force_on(day):
        return rule.not_in_force(day, subject)
    return rule.answer(Outcome.NOT_APPLICABLE, say("尚无可判断到课率的课次。"), subject)
