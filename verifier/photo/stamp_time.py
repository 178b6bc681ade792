"""Does the stamp's time lie in the session? (E4, Art. 7(2))

Looks at:         date and clock of the stamp, the session's window and its grace.
Why it matters:   a photo of another day or hour says nothing about who came to this session.
Cannot tell when: the stamp was not read well, the photo was put to its session by this very stamp, or the difference is what
                  another zone of the phone makes.
Can be fooled by: a phone clock set by hand; `photo.clock_agreement` weighs the stamp against the other clocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, say
from verifier.observation import Look, Stamp
from verifier.photo.clocks import Clock, find_phone_zones, format_offset, name_clock, place_in_zone, read_clocks
from verifier.photo.context import PhotoContext, SessionSource
from verifier.photo.stamp_limits import STAMP_TIME_2023, StampTimeLimits
from verifier.plan import Session

CHECK = "photo.stamp_time"


@dataclass(frozen=True, slots=True)
class PrintedTime:
    """The instants a printed time can mean: HH:MM stands for the whole minute, from `first` up to before `end`."""

    first: datetime
    end: datetime
    has_seconds: bool

    @property
    def shown(self) -> str:
        """As printed, with the full date."""
        return f"{self.first:%Y-%m-%d %H:%M:%S}" if self.has_seconds else f"{self.first:%Y-%m-%d %H:%M}"

    def touches(self, opens: datetime, closes: datetime) -> bool:
        """Whether any of these instants lies between the two, both ends included."""
        return self.first <= closes and self.end > opens

    def distance(self, opens: datetime, closes: datetime) -> timedelta:
        """How far it lies outside the window; zero inside."""
        if self.touches(opens, closes):
            return timedelta(0)
        return opens - self.first if self.first < opens else self.first - closes


def read_printed_time(stamp: Stamp, timezone: str) -> PrintedTime | None:
    """The stamp's time with its zone: the printed offset where there is one, else the class's zone; None if incomplete.

    Args:
        stamp: As read.
        timezone: IANA name of the class's zone.
    """
    local = stamp.taken_at_local
    if local is None:
        return None
    zone = ZoneInfo(timezone)
    if stamp.utc_offset is not None:
        local = (local - stamp.utc_offset).replace(tzinfo=UTC).astimezone(zone)
    else:
        local = local.replace(tzinfo=zone)
    span = timedelta(seconds=1) if stamp.clock_has_seconds else timedelta(minutes=1)
    return PrintedTime(local, local + span, stamp.clock_has_seconds)


def check(look: Look, context: PhotoContext, limits: StampTimeLimits = STAMP_TIME_2023) -> Finding:
    """Compare the stamp's time with the session's window, grace and both ends included.

    Args:
        look: What was seen in the photo.
        context: The session the photo was handed in for, and how we know; or the class where no session is known.
        limits: Grace on each side, and the reading confidence from which on a mismatch counts.
    """
    found = partial(Finding, CHECK, profile=limits.name)
    file = context.submission.file
    if context.training is None and context.session is None:
        return found(Outcome.NOT_APPLICABLE, say("没有班次信息，不核对水印时间。"))
    if look.stamps is None:
        if look.decoded.fault is not None:
            return found(Outcome.UNSURE, say("照片“{file}”无法打开，无法核对水印时间。", file=file))
        return found(Outcome.NOT_RUN, say("未能识别照片“{file}”上的文字，水印时间没有核对。", file=file))
    stamp = look.stamp
    if stamp is None:
        return found(Outcome.UNSURE, say("照片“{file}”没有读到水印，无法核对拍摄时间。", file=file))
    sure = min((part.confidence for part in (stamp.day, stamp.clock) if part is not None), default=0.0)
    printed = read_printed_time(stamp, context.timezone)
    if printed is None:
        return _judge_incomplete(context, limits, stamp)
    measured: dict[str, Measured] = {"taken_at": printed.first.isoformat(), "reading_confidence": round(sure, 3)}
    if context.session is None:
        finding = _judge_without_session(context, limits, printed, sure, measured)
    else:
        finding = _judge_session(context, context.session, limits, printed, sure, measured)
    return _excuse_zone(finding, look, context, limits, printed)


def _judge_session(
    context: PhotoContext,
    session: Session,
    limits: StampTimeLimits,
    printed: PrintedTime,
    sure: float,
    measured: dict[str, Measured],
) -> Finding:
    found = partial(Finding, CHECK, profile=limits.name)
    opens, closes = _open_window(session, limits)
    window = _show_window(session, limits)
    measured |= {"session": session.id, "opens": opens.isoformat(), "closes": closes.isoformat()}
    outside = printed.distance(opens, closes)
    measured["outside_minutes"] = round(outside.total_seconds() / 60, 1)
    if outside == timedelta(0):
        if context.session_source is SessionSource.STAMP:
            reason = say(
                "水印时间 {seen} 在课次{window}内；该照片未申报课次，是按这一水印时间归入的，因此时间本身未得到佐证。",
                seen=printed.shown,
                window=window,
            )
        else:
            reason = say("水印时间 {seen}，在课次{window}内。", seen=printed.shown, window=window)
        return found(Outcome.PASSED, reason, measured=measured)
    if sure < limits.min_confidence:
        return found(Outcome.UNSURE, _doubt_reading(printed, window, sure, limits), measured=measured)
    if context.session_source is SessionSource.STAMP:
        reason = say(
            "水印时间 {seen} 不在课次{window}内；该照片未申报课次，是按水印时间归入最近课次的，请人工确认属于哪个课次。",
            seen=printed.shown,
            window=window,
        )
        return found(Outcome.UNSURE, reason, measured=measured)
    if printed.first.date() != session.starts_at.date() and printed.first.date() != session.ends_at.date():
        reason = say(
            "水印日期是 {seen}，而课次在 {day}：照片不是这一天拍的。要求：{window}。",
            seen=printed.shown,
            day=session.day.isoformat(),
            window=window,
        )
    else:
        reason = say(
            "水印时间 {seen}，不在课次{window}内，相差 {minutes} 分钟。",
            seen=printed.shown,
            window=window,
            minutes=_whole_minutes(outside),
        )
    return found(Outcome.FAILED, reason, measured=measured)


def _judge_without_session(
    context: PhotoContext,
    limits: StampTimeLimits,
    printed: PrintedTime,
    sure: float,
    measured: dict[str, Measured],
) -> Finding:
    """The class is known, the session is not: the stamp must lie in one of the class's sessions at least."""
    found = partial(Finding, CHECK, profile=limits.name)
    sessions = context.training.sessions if context.training is not None else ()
    nearest = _find_nearest(sessions, limits, printed)
    if nearest is None:
        return found(Outcome.NOT_APPLICABLE, say("该班次没有课程表，不核对水印时间。"), measured=measured)
    opens, closes = _open_window(nearest, limits)
    window = _show_window(nearest, limits)
    outside = printed.distance(opens, closes)
    measured |= {"nearest_session": nearest.id, "outside_minutes": round(outside.total_seconds() / 60, 1)}
    if outside == timedelta(0):
        reason = say(
            "水印时间 {seen} 落在课次{window}内，但照片未申报课次，时间本身未得到佐证。",
            seen=printed.shown,
            window=window,
        )
        return found(Outcome.UNSURE, reason, measured=measured)
    if sure < limits.min_confidence:
        return found(Outcome.UNSURE, _doubt_reading(printed, window, sure, limits), measured=measured)
    reason = say("水印时间 {seen} 不在该班次任何课次内；最近的课次是{window}。", seen=printed.shown, window=window)
    return found(Outcome.FAILED, reason, measured=measured)


def _excuse_zone(
    finding: Finding, look: Look, context: PhotoContext, limits: StampTimeLimits, printed: PrintedTime
) -> Finding:
    """UNSURE in the place of FAILED where the phone seems to be set to a zone in which the time lies in the session."""
    clocks = read_clocks(look, context)
    if finding.outcome is not Outcome.FAILED or Clock.STAMP not in clocks:
        return finding
    sessions = context.training.sessions if context.training is not None else ()
    for offset, witness in find_phone_zones(clocks[Clock.STAMP], clocks, limits.zone_s):
        there = place_in_zone(clocks[Clock.STAMP], offset).at.astimezone(ZoneInfo(context.timezone))
        moved = PrintedTime(there, there + (printed.end - printed.first), printed.has_seconds)
        session = context.session or _find_nearest(sessions, limits, moved)
        if session is not None and moved.touches(*_open_window(session, limits)):
            reason = say(
                "水印时间 {seen} 不在课次{window}内，但与{witness}恰为时区之差：手机若设为 {zone}，"
                "则为当地时间 {then}，在时段内，请核实。",
                seen=printed.shown,
                window=_show_window(session, limits),
                witness=name_clock(witness),
                zone=format_offset(offset),
                then=moved.shown,
            )
            measured = {**finding.measured, "zone": format_offset(offset)}
            return replace(finding, outcome=Outcome.UNSURE, reason=reason, measured=measured)
    return finding


def _judge_incomplete(context: PhotoContext, limits: StampTimeLimits, stamp: Stamp) -> Finding:
    """Date or clock is missing. A surely read date on another day is still the wrong day, whatever the hour."""
    found = partial(Finding, CHECK, profile=limits.name)
    session = context.session
    seen = " / ".join(line.text for line in stamp.lines)
    if stamp.day is None or session is None or context.session_source is SessionSource.STAMP:
        reason = say("水印读到“{seen}”，日期或时间不全，无法核对；请人工查看。", seen=seen)
        return found(Outcome.UNSURE, reason)
    day = stamp.day.value
    opens, closes = _open_window(session, limits)
    measured: dict[str, Measured] = {
        "day": day.isoformat(),
        "session": session.id,
        "reading_confidence": round(stamp.day.confidence, 3),
    }
    # A day on each side: without a clock the zone of the phone may move the date.
    near = opens.date() - timedelta(days=1) <= day <= closes.date() + timedelta(days=1)
    if near or stamp.day.confidence < limits.min_confidence:
        reason = say(
            "水印读到日期 {day}，没有读到时间，无法与课次{window}核对；请人工查看。",
            day=day.isoformat(),
            window=_show_window(session, limits),
        )
        return found(Outcome.UNSURE, reason, measured=measured)
    reason = say(
        "水印日期是 {seen}，而课次在 {day}：照片不是这一天拍的。要求：{window}。",
        seen=day.isoformat(),
        day=session.day.isoformat(),
        window=_show_window(session, limits),
    )
    return found(Outcome.FAILED, reason, measured=measured)


def _find_nearest(sessions: Sequence[Session], limits: StampTimeLimits, printed: PrintedTime) -> Session | None:
    return min(sessions, key=lambda session: printed.distance(*_open_window(session, limits)), default=None)


def _open_window(session: Session, limits: StampTimeLimits) -> tuple[datetime, datetime]:
    return session.starts_at - limits.grace_before, session.ends_at + limits.grace_after


def _show_window(session: Session, limits: StampTimeLimits) -> Sentence:
    opens, closes = _open_window(session, limits)
    same_day = opens.date() == closes.date()
    return say(
        "“{session}”的时段 {opens} 至 {closes}（课前宽限 {before} 分钟、课后 {after} 分钟）",
        session=session.id,
        opens=f"{opens:%Y-%m-%d %H:%M}",
        closes=f"{closes:%H:%M}" if same_day else f"{closes:%Y-%m-%d %H:%M}",
        before=_whole_minutes(limits.grace_before),
        after=_whole_minutes(limits.grace_after),
    )


def _doubt_reading(printed: PrintedTime, window: Sentence, sure: float, limits: StampTimeLimits) -> Sentence:
    return say(
        "水印时间读作 {seen}，不在课次{window}内，但字迹识别把握只有 {sure}（要求 {least}），请人工查看。",
        seen=printed.shown,
        window=window,
        sure=f"{sure:.2f}",
        least=f"{limits.min_confidence:.2f}",
    )


def _whole_minutes(span: timedelta) -> int:
    """Minutes, rounded up: 31 seconds late is not 0 minutes late."""
    return -int(-span.total_seconds() // 60)
