"""Does the clock in the picture run, and does it agree with ours?

Looks at:         date and time that the camera writes into its picture, in the first and the last frame.
Why it matters:   a recording shows the time it was made at; a frozen picture's clock stands still.
Cannot tell when: there is no clock in the picture, it cannot be read surely, or its date has two meanings (03-04-2025).
Can be fooled by: a gateway that writes the clock itself, on whatever picture it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from verifier.camera_health import Condition
from verifier.finding import Finding, Measured, Outcome
from verifier.language import say
from verifier.photo.stamp_text import AMBIGUOUS_CONFIDENCE
from verifier.video.context import Seen, StreamContext
from verifier.video.stream_look import OverlayClock

ID = "stream.clock"


@dataclass(frozen=True, slots=True)
class ClockLimits:
    """How far the clocks may be apart.

    Attributes:
        agrees_s: A camera that is set by hand now and then; free-running clocks drift by seconds a day. A class lasts hours.
        wrong_s: Surely wrong, whatever network or buffer lies between. An hour off is the usual case (a wrong zone).
        sure: Confidence of the reading from which it counts against anybody; as photo/stamp_time.py asks it.
        stands_s: A running clock must have moved by then.
    """

    name: str = "stream-clock-2026"
    agrees_s: float = 120.0
    wrong_s: float = 600.0
    sure: float = 0.90
    stands_s: float = 4.0


CLOCK_2026 = ClockLimits()


def check(seen: Seen, context: StreamContext, limits: ClockLimits = CLOCK_2026) -> Finding:
    """Compare the clock in the picture with itself and with ours."""
    look = seen.look
    found = partial(Finding, ID, profile=limits.name)
    if not look.clocks:
        return found(Outcome.NOT_APPLICABLE, say("画面上没有读到日期和时间，无从比对。"))
    first, last = look.clocks[0], look.clocks[-1]
    difference = _difference_s(first, context)
    measured: dict[str, Measured] = {
        "condition": Condition.OK.value, "shown": f"{first.shown_at_local:%Y-%m-%d %H:%M:%S}",
        "received": context.show_time(first.received_at), "difference_s": round(difference),
        "confidence": first.confidence, "text": first.text,
    }  # fmt: skip
    if look.source_kind == "recording":
        return _check_recording(first, context, measured, limits)
    standing = _standing_s(first, last)
    if standing >= limits.stands_s and min(first.confidence, last.confidence) >= limits.sure:
        measured["condition"] = Condition.FROZEN.value
        reason = say(
            "画面上的时钟在{seconds}秒内停在{shown}没有走动，是静止的旧画面。", seconds=f"{standing:.1f}",
            shown=f"{first.shown_at_local:%Y-%m-%d %H:%M:%S}",
        )  # fmt: skip
        return found(Outcome.FAILED, reason, measured=measured)
    shown = f"{first.shown_at_local:%Y-%m-%d %H:%M:%S}"
    values = {"shown": shown, "ours": context.show_time(first.received_at), "seconds": round(abs(difference))}
    if abs(difference) <= limits.agrees_s:
        reason = say(
            "画面时钟为{shown}，系统时间为{ours}，相差{seconds}秒（允许{limit}秒）。",
            limit=round(limits.agrees_s),
            **values,
        )
        return found(Outcome.PASSED, reason, measured=measured)
    reason = say(
        "画面时钟为{shown}，系统时间为{ours}，相差{seconds}秒，超过允许的{limit}秒。",
        limit=round(limits.agrees_s),
        **values,
    )
    if abs(difference) <= limits.wrong_s or first.confidence < limits.sure:
        return found(Outcome.UNSURE, reason, measured=measured)
    measured["condition"] = Condition.WRONG_CLOCK.value
    return found(Outcome.FAILED, reason, measured=measured)


def _difference_s(clock: OverlayClock, context: StreamContext) -> float:
    """How far the picture's clock is ahead of ours, in seconds; a clock without seconds shows the minute's start."""
    ours = clock.received_at.astimezone(context.zone).replace(tzinfo=None)
    if not clock.has_seconds:
        ours = ours.replace(second=0, microsecond=0)
    readings = [clock.shown_at_local]
    if clock.confidence <= AMBIGUOUS_CONFIDENCE and clock.shown_at_local.day <= 12:
        # 03-04-2025 is the third of April as well; whichever the camera means, it is not wrong if one of them is right.
        readings.append(clock.shown_at_local.replace(month=clock.shown_at_local.day, day=clock.shown_at_local.month))
    return min(((shown - ours).total_seconds() for shown in readings), key=abs)


def _standing_s(first: OverlayClock, last: OverlayClock) -> float:
    """For how long a clock with seconds showed the same; 0 where it moved or cannot show it."""
    if not (first.has_seconds and last.has_seconds) or first.shown_at_local != last.shown_at_local:
        return 0.0
    return (last.received_at - first.received_at).total_seconds()


def _check_recording(
    clock: OverlayClock, context: StreamContext, measured: dict[str, Measured], limits: ClockLimits
) -> Finding:
    """A recording was made in the class it was handed in for, if its own clock is to be believed."""
    found = partial(Finding, ID, profile=limits.name, measured=measured)
    session = context.session
    if session is None:
        return found(Outcome.NOT_APPLICABLE, say("没有课次可与录像上的时间比对。"))
    shown = clock.shown_at_local.replace(tzinfo=context.zone)
    values = {
        "shown": f"{clock.shown_at_local:%Y-%m-%d %H:%M:%S}",
        "starts": context.show_time(session.starts_at), "ends": context.show_time(session.ends_at),
    }  # fmt: skip
    if session.starts_at <= shown <= session.ends_at:
        return found(Outcome.PASSED, say("录像上的时间{shown}在课次{starts}至{ends}之内。", **values))
    away = min(abs((shown - edge).total_seconds()) for edge in (session.starts_at, session.ends_at))
    outside = say("录像上的时间{shown}不在课次{starts}至{ends}之内。", **values)
    sure = clock.confidence >= limits.sure and away > limits.wrong_s
    return found(Outcome.FAILED if sure else Outcome.UNSURE, outside)
