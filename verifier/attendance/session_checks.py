"""What a session's records must show: enough students, sign-ins of those present, photo reports from both ends of the room."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from verifier.attendance.presence import PhotoEvidence, SessionConclusion, SessionEvidence
from verifier.finding import Finding, Measured, Outcome
from verifier.language import say
from verifier.plan import Session, SessionKind, SessionMode, SignIn, View
from verifier.regulation.facts import Presence, ReportState


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """Which sign-ins belong to a session: from an hour before its start, so that an early comer's counts, to a quarter after
    its end, as some classes sign out. Sessions of one day lie further apart, so no sign-in belongs to two of them."""

    name: str
    before: timedelta
    after: timedelta


SIGNINS_2023 = SignInLimits("signins-2023", before=timedelta(minutes=60), after=timedelta(minutes=15))
ATTENDANCE_PROFILE = "attendance-2023"
REPORTS_PROFILE = "reports-2023"


@dataclass(frozen=True, slots=True)
class OrderedSignIns:
    """All sign-ins of a class in order of time, and their times as POSIX seconds, to find those of a session quickly."""

    sign_ins: tuple[SignIn, ...]
    times: tuple[float, ...]


def order_sign_ins(sign_ins: Sequence[SignIn] | OrderedSignIns) -> OrderedSignIns:
    """Sort sign-ins by time, then student; once for a class with many sessions.

    Raises:
        ValueError: a sign-in without a UTC offset.
    """
    if isinstance(sign_ins, OrderedSignIns):
        return sign_ins
    for sign_in in sign_ins:
        if sign_in.signed_at.tzinfo is None:
            raise ValueError(f"sign-in of {sign_in.student_no} at {sign_in.signed_at} has no UTC offset")
    timed = sorted(
        ((each.signed_at.timestamp(), each) for each in sign_ins), key=lambda pair: (pair[0], pair[1].student_no)
    )
    return OrderedSignIns(tuple(each for _, each in timed), tuple(at for at, _ in timed))


def select_sign_ins(
    session: Session, sign_ins: Sequence[SignIn] | OrderedSignIns, limits: SignInLimits = SIGNINS_2023
) -> tuple[SignIn, ...]:
    """The sign-ins that belong to a session, both ends of the window included, in order of time.

    Raises:
        ValueError: a sign-in without a UTC offset.
    """
    ordered = order_sign_ins(sign_ins)
    opens, closes = session.starts_at - limits.before, session.ends_at + limits.after
    first, last = bisect_left(ordered.times, opens.timestamp()), bisect_right(ordered.times, closes.timestamp())
    return tuple(ordered.sign_ins[first:last])


# A list that is signed days later names no session by itself; within a day it is the one that ended last.
LATE_WITHIN = timedelta(hours=24)


def select_late_sign_ins(
    session: Session,
    sessions: Sequence[Session],
    sign_ins: Sequence[SignIn] | OrderedSignIns,
    limits: SignInLimits = SIGNINS_2023,
) -> tuple[SignIn, ...]:
    """Sign-ins after a session's window that belong to no other one: made good afterwards, as the session ended last before them.

    They show no presence; 13(1)(7) asks about them (过后补签).

    Args:
        sessions: All sessions of the class.
        sign_ins: All sign-ins of the class.
    """
    closes = session.ends_at + limits.after
    until = session.ends_at + LATE_WITHIN
    for other in sessions:
        if other.starts_at >= session.ends_at and other.id != session.id:
            until = min(until, other.starts_at - limits.before)
        elif session.ends_at < other.ends_at < until:
            return ()  # another one that overlaps with it ended later
    ordered = order_sign_ins(sign_ins)
    first, last = bisect_right(ordered.times, closes.timestamp()), bisect_left(ordered.times, until.timestamp())
    return tuple(ordered.sign_ins[first:last])


def check_attendance(conclusion: SessionConclusion, *, minimum: float, clause: str) -> Finding:
    """Is the attendance rate of the session high enough, however the unsure ones are counted?

    Args:
        minimum: Lowest lawful rate, 0 to 1, of the policy in force on the day.
        clause: The clause it comes from, as shown: ``13(1)(4)``.
    """
    found = partial(Finding, "session.attendance", profile=ATTENDANCE_PROFILE)
    low, high = conclusion.rate_low, conclusion.rate_high
    unsure = conclusion.count(Presence.UNSURE)
    if low is None or high is None:
        return found(Outcome.NOT_APPLICABLE, say("本课次没有应到学员。"))
    measured: dict[str, Measured] = {
        "expected": conclusion.expected, "present": conclusion.present, "unsure": unsure,
        "leave": conclusion.count(Presence.LEAVE), "rate_low": low, "rate_high": high, "minimum": minimum, "clause": clause,
    }  # fmt: skip
    counted = say(
        "应到{expected}人，确认到课{present}人，不能认定{unsure}人，到课率{low:.1%}至{high:.1%}，规定不低于{minimum:.0%}（{clause}）。",
        expected=conclusion.expected, present=conclusion.present, unsure=unsure,
        low=low, high=high, minimum=minimum, clause=clause,
    )  # fmt: skip
    outcome = Outcome.PASSED if low >= minimum else Outcome.FAILED if high < minimum else Outcome.UNSURE
    return found(outcome, counted, measured=measured)


def check_signins(evidence: SessionEvidence, conclusion: SessionConclusion) -> Finding:
    """Did everybody who was there sign in, and nobody who was not (E9)?"""
    found = partial(Finding, "session.signins", profile=SIGNINS_2023.name)
    if evidence.sign_ins is None:
        return found(Outcome.UNSURE, say("本班没有提交签到记录，无法核对（7(2)要求每课次签到）。"))
    missing = [one.student_no for one in conclusion.students if one.presence is Presence.PRESENT and not one.signed_in]
    false = [one.student_no for one in conclusion.students if one.presence is Presence.ABSENT and one.signed_in]
    doubtful = [
        one.student_no
        for one in conclusion.students
        if one.signed_in and one.presence in (Presence.UNSURE, Presence.LEAVE)
    ]
    known = {student.student_no for student in evidence.training.students}
    strange = sorted({sign_in.student_no for sign_in in evidence.sign_ins} - known)
    signed = len({sign_in.student_no for sign_in in evidence.sign_ins} & known)
    measured: dict[str, Measured] = {
        "expected": conclusion.expected, "signed_in": signed, "present_without": len(missing), "absent_with": len(false),
        "unsure_with": len(doubtful), "not_on_roster": len(strange),
    }  # fmt: skip
    if false:
        reason = say("{count}人已签到但认定未到课：{students}。", count=len(false), students="、".join(false))
        return found(Outcome.FAILED, reason, measured=measured)
    if missing:
        reason = say(
            "{count}人到课但没有签到：{students}（每课次至少签到一次）。",
            count=len(missing),
            students="、".join(missing),
        )
        return found(Outcome.FAILED, reason, measured=measured)
    if strange:
        reason = say("签到记录中有花名册以外的学号：{students}。", students="、".join(strange))
        return found(Outcome.UNSURE, reason, measured=measured)
    if doubtful:
        reason = say(
            "{count}人已签到，但照片不能证实到课：{students}。", count=len(doubtful), students="、".join(doubtful)
        )
        return found(Outcome.UNSURE, reason, measured=measured)
    return found(Outcome.PASSED, say("应到{expected}人，签到{signed}人，与到课情况一致。",
                                     expected=conclusion.expected, signed=signed), measured=measured)  # fmt: skip


def judge_report(photos: Sequence[PhotoEvidence]) -> ReportState:
    """How the session's photo report stands (E1, E2): a pair from the front and from the back.

    Photos that were discredited (another day's, used before) are received, yet make no report: a person must look, since the
    checks that discredit them have failed findings of their own.
    """
    distinct = {photo.submission.sha256: photo for photo in photos}
    if not distinct:
        return ReportState.MISSING
    good = [photo for photo in distinct.values() if not photo.discredited_by]
    views = {photo.view for photo in good}
    if {View.FRONT, View.BACK} <= views:
        return ReportState.COMPLETE
    all_views = {photo.view for photo in distinct.values()}
    if len(distinct) == 1 or (None not in all_views and len(all_views) == 1):
        return ReportState.INCOMPLETE
    return ReportState.UNSURE


def check_reports(session: Session, photos: Sequence[PhotoEvidence]) -> Finding:
    """Did the session's photo report arrive, complete (E1, E2)?"""
    found = partial(Finding, "session.reports", profile=REPORTS_PROFILE)
    discredited = sum(bool(photo.discredited_by) for photo in photos)
    measured: dict[str, Measured] = {
        "photos": len(photos), "discredited": discredited,
        "front": sum(photo.view is View.FRONT for photo in photos), "back": sum(photo.view is View.BACK for photo in photos),
    }  # fmt: skip
    if session.kind is SessionKind.ONLINE:
        return found(Outcome.NOT_APPLICABLE, say("线上课次以平台记录代替照片反馈（7(3)）。"), measured=measured)
    state = judge_report(photos)
    slot = f"{session.starts_at:%Y-%m-%d %H:%M}–{session.ends_at:%H:%M}"
    if state is ReportState.MISSING:
        if session.mode is SessionMode.MOBILE:
            reason = say("{slot}没有收到照片；送教下乡、进企业的课次可以用视频代替（第10条），请核对视频。", slot=slot)
            return found(Outcome.UNSURE, reason, measured=measured)
        return found(Outcome.FAILED, say("{slot}没有收到照片，应有前后各一张（7(2)）。", slot=slot), measured=measured)
    if state is ReportState.INCOMPLETE:
        reason = say("{slot}只收到{count}张照片，前后视角不全，应有前后各一张（7(2)）。", slot=slot, count=len(photos))
        return found(Outcome.FAILED, reason, measured=measured)
    if state is ReportState.UNSURE:
        reason = say("{slot}收到{count}张照片，其中{bad}张不能采信，是否前后各一张无法确定。",
                     slot=slot, count=len(photos), bad=discredited)  # fmt: skip
        return found(Outcome.UNSURE, reason, measured=measured)
    return found(
        Outcome.PASSED, say("{slot}收到{count}张照片，前后视角齐全。", slot=slot, count=len(photos)), measured=measured
    )
