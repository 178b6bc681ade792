"""A photo's clocks against the lesson's hours, and against the same phone's other photos.

The stamp's and the camera's time are judged against the session by checks of their own; here they only stand in the table. The
satellites' time is judged here alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from verifier.finding import Measured
from verifier.language import Sentence, say
from verifier.photo.clocks import Clock, Reading, show_gap
from verifier.photo.context import OrderClash, PhotoContext
from verifier.photo.stamp_limits import STAMP_TIME_2023
from verifier.plan import Session

IN_SESSION, BEFORE_SESSION, AFTER_SESSION = "in_session", "before_session", "after_session"
COMPARED = (Clock.STAMP, Clock.CAMERA, Clock.GPS)


@dataclass(frozen=True, slots=True)
class LessonComparison:
    """What the clocks say of the lesson; `doubt` where the satellites' time lies outside it."""

    measured: Mapping[str, Measured] = field(default_factory=dict)
    doubt: Sentence | None = None


def open_window(session: Session) -> tuple[datetime, datetime]:
    """When a session begins and ends, with the grace on either side."""
    return session.starts_at - STAMP_TIME_2023.grace_before, session.ends_at + STAMP_TIME_2023.grace_after


def compare_with_session(clocks: Mapping[Clock, Reading], context: PhotoContext, old_fix_s: float) -> LessonComparison:
    """Hold every clock against the session with its grace.

    Args:
        old_fix_s: A satellite fix may be this much older than the photo, in seconds.
    """
    session = context.session
    if session is None:
        return LessonComparison()
    opens, closes = open_window(session)
    measured: dict[str, Measured] = {"session_opens_at": opens.isoformat(), "session_closes_at": closes.isoformat()}
    doubt = None
    for clock in COMPARED:
        reading = clocks.get(clock)
        if reading is None:
            continue
        early = timedelta(seconds=old_fix_s if clock is Clock.GPS else reading.lasts_s - 1.0)
        gap_s, code = 0.0, IN_SESSION
        if reading.at + early < opens:
            gap_s, code = (opens - reading.at).total_seconds(), BEFORE_SESSION
        elif reading.at > closes:
            gap_s, code = (reading.at - closes).total_seconds(), AFTER_SESSION
        measured[f"{clock}_to_session_s"] = round(gap_s)
        measured[f"{clock}_to_session"] = code
        if clock is Clock.GPS and code == AFTER_SESSION:
            # An old fix says where the phone was before; a later one can only have been written later.
            doubt = _describe_late_fix(reading, context, gap_s)
    return LessonComparison(measured, doubt)


def _describe_late_fix(reading: Reading, context: PhotoContext, gap_s: float) -> Sentence:
    shown = reading.at.astimezone(ZoneInfo(context.timezone))
    return say(
        "卫星时间 {time} 比课次结束（含宽限）晚 {gap}，请核实。", time=f"{shown:%Y-%m-%d %H:%M:%S}", gap=show_gap(gap_s)
    )


def describe_clash(clash: OrderClash) -> Sentence:
    """One neighbour whose order the two clocks give differently."""
    values = {
        "file": clash.file,
        "stamp": f"{clash.stamp_at:%Y-%m-%d %H:%M}",
        "camera": f"{clash.camera_at:%Y-%m-%d %H:%M:%S}",
        "stamp_gap": show_gap(clash.stamp_gap_s),
        "camera_gap": show_gap(clash.camera_gap_s),
    }
    if clash.stamp_gap_s > 0:
        return say(
            "与同一手机的 {file}（水印 {stamp}，相机 {camera}）先后矛盾：按水印本照片早 {stamp_gap}，"
            "按相机时间却晚 {camera_gap}，请核实。",
            **values,
        )
    return say(
        "与同一手机的 {file}（水印 {stamp}，相机 {camera}）先后矛盾：按水印本照片晚 {stamp_gap}，"
        "按相机时间却早 {camera_gap}，请核实。",
        **values,
    )


def measure_clashes(clashes: Sequence[OrderClash]) -> dict[str, Measured]:
    """The neighbours, numbered from 1, for `Finding.measured`."""
    measured: dict[str, Measured] = {}
    for number, clash in enumerate(clashes, 1):
        measured |= {
            f"neighbour{number}_file": clash.file,
            f"neighbour{number}_stamp_at": clash.stamp_at.isoformat(),
            f"neighbour{number}_camera_at": clash.camera_at.isoformat(),
            f"neighbour{number}_stamp_s": round(clash.stamp_gap_s),
            f"neighbour{number}_camera_s": round(clash.camera_gap_s),
        }
    return measured
