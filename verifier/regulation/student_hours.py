"""Article 7(2): attended hours of every student, and who may sit the final examination.

Looks at:         each student's presence per session, in standard hours, against the hours that were filed.
Why it matters:   below 80 % of the hours nobody may be examined.
Cannot tell when: the hours that could not be judged, or that lie ahead, decide it: "depends on review".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from verifier.finding import Measured, Outcome
from verifier.language import say
from verifier.regulation.facts import ClassFacts, FaceSeen, Presence, SessionFacts
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day, show_number, show_percent

# A thousandth of an hour guards against sums of thirds, not against anything that was counted.
_HOURS_TOLERANCE = 1e-3


class Eligibility(StrEnum):
    """Whether a student may sit the final examination. Stored and shown, never renamed."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    DEPENDS = "depends"  # on review of sessions that could not be judged, or on those still to come


@dataclass(slots=True)
class StudentHours:
    """Standard hours of one student.

    `unsure`: could not be judged; `not_run`: we did not look; `ahead`: still to come, in a timetable or not.
    Leave is not attendance: the article counts hours attended, whatever the reason for the others.
    """

    attended: float = 0.0
    absent: float = 0.0
    unsure: float = 0.0
    leave: float = 0.0
    not_run: float = 0.0
    ahead: float = 0.0

    @property
    def at_most(self) -> float:
        """Attended hours if everything that is open turned out well."""
        return self.attended + self.unsure + self.not_run + self.ahead

    def judge(self, planned: float, minimum_percent: float) -> Eligibility:
        """Whether the attended share of `planned` hours reaches the minimum, however the open hours turn out."""
        wanted = minimum_percent * planned / 100
        if planned <= 0:
            return Eligibility.DEPENDS
        if self.attended >= wanted - _HOURS_TOLERANCE:
            return Eligibility.ELIGIBLE
        return Eligibility.NOT_ELIGIBLE if self.at_most < wanted - _HOURS_TOLERANCE else Eligibility.DEPENDS


def count_student_hours(facts: ClassFacts) -> dict[str, StudentHours]:
    """Hours of every student on the roster, by number. A closed session that does not list a student is our gap."""
    found = {student.student_no: StudentHours() for student in facts.training.students}
    fields = {
        Presence.PRESENT: "attended", Presence.ABSENT: "absent", Presence.UNSURE: "unsure",
        Presence.LEAVE: "leave", Presence.NOT_RUN: "not_run",
    }  # fmt: skip
    judged = set()
    for each in facts.sessions:
        if not each.closed:
            continue
        judged.add(each.session.id)
        listed = {student.student_no: student.presence for student in each.students}
        for student_no, hours in found.items():
            name = fields[listed.get(student_no, Presence.NOT_RUN)]
            setattr(hours, name, getattr(hours, name) + each.session.hours)
    ahead = sum(session.hours for session in facts.training.sessions if session.id not in judged)
    timetable = sum(session.hours for session in facts.training.sessions)
    ahead += count_unplanned_hours(facts.training.planned_hours, timetable, over=facts.completed_on is not None)
    for hours in found.values():
        hours.ahead = ahead
    return found


def count_unplanned_hours(planned: float, timetable: float, *, over: bool) -> float:
    """Filed hours that stand in no timetable yet: still to come, until the office records that the class is over."""
    return 0.0 if over else max(planned - timetable, 0.0)


def judge_student_hours(hours: StudentHours, student_no: str, facts: ClassFacts, rule: Rule) -> RuleResult:
    """Whether one student may be examined: PASSED yes, FAILED no, UNSURE depends on review or on hours to come."""
    day, subject = class_day(facts), facts.training.number
    if not rule.in_force_on(day):
        return rule.not_in_force(day, subject)
    planned = facts.training.planned_hours
    if planned <= 0:
        return rule.answer(Outcome.NOT_APPLICABLE, say("备案课时为零。"), subject, start=student_no)
    limit = float(rule.number("exam_hours_min_percent", day))
    outcomes = {Eligibility.ELIGIBLE: Outcome.PASSED, Eligibility.NOT_ELIGIBLE: Outcome.FAILED}
    outcome = outcomes.get(hours.judge(planned, limit), Outcome.UNSURE)
    reason = say(
        "学员{student}：已确认{attended}个标准学时，备案{planned}个（{share}%），规定不低于{limit}%；"
        "无法判断{unsure}个，系统未核验{not_run}个，尚未开课{ahead}个，请假{leave}个，缺课{absent}个。",
        student=student_no, attended=show_number(hours.attended), planned=show_number(planned),
        share=show_percent(hours.attended, planned), limit=show_number(limit), unsure=show_number(hours.unsure),
        not_run=show_number(hours.not_run), ahead=show_number(hours.ahead), leave=show_number(hours.leave),
        absent=show_number(hours.absent),
    )  # fmt: skip
    quantities: dict[str, Measured] = {
        "attended_hours": hours.attended, "unsure_hours": hours.unsure, "not_run_hours": hours.not_run,
        "ahead_hours": hours.ahead, "leave_hours": hours.leave, "planned_hours": planned,
    }  # fmt: skip
    return rule.answer(outcome, reason, subject, quantities=quantities, start=student_no)


def judge_examined(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """7(2), for the class: nobody below 80 % of the hours was put to the final examination."""
    subject = facts.training.number
    everybody = count_student_hours(facts)
    judged = {no: judge_student_hours(hours, no, facts, rule) for no, hours in everybody.items()}
    by_outcome = {
        outcome: [no for no, result in judged.items() if result.outcome is outcome]
        for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.UNSURE)
    }
    quantities: dict[str, Measured] = {
        "eligible": len(by_outcome[Outcome.PASSED]), "not_eligible": len(by_outcome[Outcome.FAILED]),
        "depends_on_review": len(by_outcome[Outcome.UNSURE]),
    }  # fmt: skip
    if not rule.in_force_on(class_day(facts)):
        return (rule.not_in_force(class_day(facts), subject),)
    reason = say(
        "可参加结业考核{eligible}人，不得参加{not_eligible}人（{refused}），待核{open_count}人（{open_ones}）。",
        eligible=quantities["eligible"], not_eligible=quantities["not_eligible"],
        refused="、".join(by_outcome[Outcome.FAILED]) or "—", open_count=quantities["depends_on_review"],
        open_ones="、".join(by_outcome[Outcome.UNSURE]) or "—",
    )  # fmt: skip
    if not facts.examined:
        return (rule.answer(Outcome.NOT_APPLICABLE, reason, subject, quantities=quantities),)
    wrongly = sorted(set(facts.examined) & set(by_outcome[Outcome.FAILED]))
    doubtful = sorted(set(facts.examined) - set(by_outcome[Outcome.PASSED]) - set(wrongly))
    outcome = Outcome.FAILED if wrongly else Outcome.UNSURE if doubtful else Outcome.PASSED
    reason = say(
        "已安排{examined}人结业考核，其中未达到规定课时{wrongly}人（{names}），待核{doubtful}人。{rest}",
        examined=len(facts.examined), wrongly=len(wrongly), names="、".join(wrongly) or "—",
        doubtful=len(doubtful), rest=reason,
    )  # fmt: skip
    quantities |= {"examined": len(facts.examined), "examined_not_eligible": len(wrongly)}
    return (rule.answer(outcome, reason, subject, quantities=quantities),)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Where sign-ins and faces disagree about one student in one session. `kind` is stored, never renamed."""

    kind: str  # "signed_not_seen" or "seen_not_signed"
    session_id: str
    student_no: str
    evidence: tuple[str, ...]


def find_conflicts(sessions: Iterable[SessionFacts]) -> list[Conflict]:
    """Signed in but certainly not among the readable faces; seen but not signed in. Doubt is no conflict."""
    found = []
    for each in sessions:
        signed = {sign_in.student_no: sign_in.evidence for sign_in in each.sign_ins}
        for student in each.students:
            evidence = tuple(item for item in (*student.evidence, signed.get(student.student_no, "")) if item)
            if student.face is FaceSeen.NOT_SEEN and student.student_no in signed:
                found.append(Conflict("signed_not_seen", each.session.id, student.student_no, evidence))
            elif student.face is FaceSeen.SEEN and student.student_no not in signed:
                found.append(Conflict("seen_not_signed", each.session.id, student.student_no, evidence))
    return found
