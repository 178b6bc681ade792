"""Do the clocks that speak about one photo agree?

Looks at:         the stamp's time, EXIF time and its offset, EXIF GPS time (UTC), the time the file was saved, when it was
                  handed in, the session, and the same phone's other photos of the class; every pair that can be compared,
                  each with its own meaning. `clock_table` shows them as a table.
Why it matters:   a stamp of another day or a turned-back phone clock contradicts the clocks nobody thought of.
Cannot tell when: fewer than two clocks are there (a chat app strips EXIF), a difference is what another time zone
                  makes, the camera's clock was never set, or the GPS fix is an old one.
Can be fooled by: all clocks rewritten alike before the photo is handed in on the same day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, join, say
from verifier.observation import Look
from verifier.photo.clocks import (
    SAME_LOCAL_TIME,
    Clock,
    Reading,
    find_zone,
    find_zone_between,
    format_offset,
    measure_gap_s,
    name_clock,
    read_clocks,
    show_gap,
    was_never_set,
)
from verifier.photo.clocks_beside import compare_with_session, describe_clash, measure_clashes, open_window
from verifier.photo.context import PhotoContext
from verifier.photo.stamp_limits import STAMP_READING_2023

ID = "photo.clock_agreement"


@dataclass(frozen=True, slots=True)
class ClockLimits:
    """How far two clocks may be apart.

    Attributes:
        agree_s: Phones keep network time to seconds; cameras and sign-in servers drift by minutes.
        careless_s: A clock set by hand may be this far off; beyond, nobody's lesson would work by it.
        zone_s: A phone in another zone still keeps network time, so that the rest is small.
        old_fix_s: Phones write the time of their last fix, indoors minutes to half an hour old.
        unset_days: A camera clock this far behind was never set (it starts at the factory's date).
        min_confidence: Of the least sure character; below, a digit may be misread (as in `stamp_limits`).
    """

    name: str = "clocks-2023"
    agree_s: float = 300.0
    careless_s: float = 1800.0
    zone_s: float = 120.0
    old_fix_s: float = 1800.0
    unset_days: float = 365.0
    min_confidence: float = STAMP_READING_2023.min_confidence


CLOCKS_2023 = ClockLimits()
SUMMER_TIME_S = 3600.0
NO_CLOCKS: Mapping[Clock, Reading] = MappingProxyType({})
Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two clocks side by side; `gap_s` is from the first to the second, `code` says what the gap means."""

    first: Reading
    second: Reading
    gap_s: float
    outcome: Outcome
    code: str
    meaning: Sentence


def check(look: Look, context: PhotoContext, limits: ClockLimits = CLOCKS_2023) -> Finding:
    """Compare every pair of clocks; FAILED by one hard contradiction, UNSURE by one that has an honest explanation."""
    clocks = _adopt_phone_zone(read_clocks(look, context), limits)
    compared = compare_clocks(clocks, limits, open_window(context.session) if context.session is not None else None)
    lesson = compare_with_session(clocks, context, limits.old_fix_s)
    clashes = context.beside.clashes if context.beside is not None else ()
    measured = {**_measure(clocks, compared, limits), **lesson.measured, **measure_clashes(clashes)}
    found = partial(Finding, ID, profile=limits.name, measured=measured)
    if not compared and lesson.doubt is None:
        seen = [
            say("{clock} {time}", clock=name_clock(clock), time=_show(reading)) for clock, reading in clocks.items()
        ]
        return found(
            Outcome.NOT_APPLICABLE,
            say("可比的时间不足两个（现有：{seen}），无从相互核对。", seen=join(seen) if seen else say("无")),
        )
    order = (Outcome.FAILED, Outcome.UNSURE, Outcome.PASSED)
    table = sorted(compared, key=lambda pair: order.index(pair.outcome))
    doubts = [*([lesson.doubt] if lesson.doubt is not None else []), *(describe_clash(clash) for clash in clashes)]
    worst = table[0].outcome if table else Outcome.UNSURE
    if not doubts and worst is Outcome.PASSED:
        return found(worst, join([_describe(pair) for pair in table]))
    # What agrees stands in the table; an inspector first reads what does not.
    told = [_describe(pair) for pair in table if pair.outcome is not Outcome.PASSED]
    agreeing = len(table) - len(told)
    rest = [say("其余 {count} 组时间相互相符。", count=agreeing)] if agreeing else []
    return found(Outcome.UNSURE if worst is Outcome.PASSED else worst, join([*told, *doubts, *rest]))


def compare_clocks(
    clocks: Mapping[Clock, Reading], limits: ClockLimits, window: Window | None = None
) -> tuple[Comparison, ...]:
    """Every pair that can be compared, in a fixed order.

    Args:
        window: The lesson with its grace, which a phone's other zone must lead to; None where no lesson is known.
    """
    rules: dict[tuple[Clock, Clock], Callable[[Reading, Reading, ClockLimits], Comparison | None]] = {
        (Clock.STAMP, Clock.CAMERA): partial(_compare_stamp_with_camera, clocks=clocks),
        (Clock.STAMP, Clock.GPS): partial(_compare_stamp_with_gps, clocks=clocks, window=window),
        (Clock.STAMP, Clock.RECEIPT): partial(_compare_stamp_with_receipt, clocks=clocks, window=window),
        (Clock.CAMERA, Clock.GPS): _compare_camera_with_gps,
        (Clock.CAMERA, Clock.RECEIPT): _compare_with_receipt,
        (Clock.GPS, Clock.RECEIPT): partial(_compare_with_receipt, clocks=clocks),
        (Clock.CAMERA, Clock.SAVED): _compare_camera_with_saved,
    }
    compared = []
    for (first, second), rule in rules.items():
        if first in clocks and second in clocks:
            pair = rule(clocks[first], clocks[second], limits)
            if pair is not None:
                compared.append(pair)
    return tuple(compared)


def _adopt_phone_zone(clocks: Mapping[Clock, Reading], limits: ClockLimits) -> dict[Clock, Reading]:
    """A stamp without a printed zone is in the phone's; take it from EXIF where that has the same local time."""
    found = dict(clocks)
    stamp, camera = found.get(Clock.STAMP), found.get(Clock.CAMERA)
    if stamp is None or camera is None or stamp.zone_written or not camera.zone_written:
        return found
    there = replace(stamp, at=stamp.local.replace(tzinfo=camera.at.tzinfo))
    receipt = found.get(Clock.RECEIPT)
    # An offset that makes the stamp later than its receipt is itself wrong (some ignore daylight saving).
    late = receipt is not None and measure_gap_s(there, receipt) < -limits.agree_s
    if abs(measure_gap_s(there, camera)) <= limits.zone_s and not late:
        found[Clock.STAMP] = there
    return found


def _compare_stamp_with_camera(
    stamp: Reading, camera: Reading, limits: ClockLimits, clocks: Mapping[Clock, Reading]
) -> Comparison:
    gap = measure_gap_s(stamp, camera)
    answer = partial(Comparison, stamp, camera, gap)
    if abs(gap) <= limits.agree_s:
        return answer(Outcome.PASSED, "agrees", say("一致"))
    zone = None if stamp.zone_written and camera.zone_written else find_zone(camera, stamp, limits.zone_s)
    if zone is not None:
        return answer(
            Outcome.UNSURE, "another_zone", say("恰为时区之差（手机可能设为 {zone}），请核实", zone=format_offset(zone))
        )
    if abs(camera.local - stamp.local) <= SAME_LOCAL_TIME and abs(gap) <= SUMMER_TIME_S + limits.zone_s:
        return answer(Outcome.UNSURE, "summer_time", say("当地时间相同，所写时区差一小时以内，可能有一处未计夏令时"))
    if abs(gap) <= limits.careless_s:
        return answer(Outcome.UNSURE, "careless_clock", say("超出容许误差，可能是手机时钟不准"))
    if was_never_set(camera, clocks, stamp.at, limits.unset_days, limits.agree_s):
        return answer(Outcome.UNSURE, "clock_never_set", say("相机时钟可能从未设置"))
    if stamp.confidence < limits.min_confidence:
        return answer(Outcome.UNSURE, "stamp_poorly_read", say("但水印字迹识别把握不足，请人工核对"))
    return answer(Outcome.FAILED, "contradicts", say("相互矛盾"))


def _compare_stamp_with_gps(
    stamp: Reading, gps: Reading, limits: ClockLimits, clocks: Mapping[Clock, Reading], window: Window | None
) -> Comparison:
    gap = measure_gap_s(stamp, gps)
    answer = partial(Comparison, stamp, gps, gap)
    if -limits.old_fix_s <= gap <= limits.agree_s:
        return answer(Outcome.PASSED, "agrees", say("一致"))
    if gap < 0:
        return answer(Outcome.UNSURE, "old_fix", say("卫星时间早得多，可能是旧定位，也可能照片更早拍摄，请核实"))
    written = _find_local_gps(gps, gap, limits, clocks)
    if written is not None:
        return answer(Outcome.UNSURE, "gps_in_local_time", written)
    if not stamp.zone_written and find_zone(stamp, gps, limits.zone_s) is not None:
        return answer(Outcome.UNSURE, "another_zone", say("恰为时区之差（手机可能设为其他时区），请核实"))
    if gap <= limits.careless_s:
        return answer(Outcome.UNSURE, "careless_clock", say("超出容许误差，可能是手机时钟不准"))
    if stamp.confidence < limits.min_confidence:
        return answer(Outcome.UNSURE, "stamp_poorly_read", say("但水印字迹识别把握不足，请人工核对"))
    zone = find_zone_between(stamp, clocks, *_bound_moment(clocks, window, limits, gps))
    if zone is not None:
        meaning = say("卫星时间更晚，手机若设为 {zone} 则相符，请核实", zone=format_offset(zone))
        return answer(Outcome.UNSURE, "another_zone", meaning)
    return answer(Outcome.FAILED, "taken_later", say("卫星时间更晚，照片不可能在水印时间拍摄"))


def _compare_camera_with_gps(camera: Reading, gps: Reading, limits: ClockLimits) -> Comparison:
    gap = measure_gap_s(camera, gps)
    answer = partial(Comparison, camera, gps, gap)
    if -limits.old_fix_s <= gap <= limits.agree_s:
        return answer(Outcome.PASSED, "agrees", say("一致"))
    zone = find_zone(camera, gps, limits.zone_s)
    if zone is not None:
        return answer(
            Outcome.UNSURE, "another_zone", say("恰为时区之差（手机可能设为 {zone}），请核实", zone=format_offset(zone))
        )
    # Real cameras are a day off now and then, so that alone accuses nobody; the stamp against the satellites does.
    return answer(Outcome.UNSURE, "camera_clock_wrong", say("相机时钟不准、被调过，或是旧定位，请核实"))


def _compare_stamp_with_receipt(
    stamp: Reading,
    receipt: Reading,
    limits: ClockLimits,
    clocks: Mapping[Clock, Reading],
    window: Window | None,
) -> Comparison:
    found = _compare_with_receipt(stamp, receipt, limits)
    if found.outcome is not Outcome.FAILED:
        return found
    if -found.gap_s <= limits.careless_s:
        meaning = say("超出容许误差，可能是手机时钟不准")
        return replace(found, outcome=Outcome.UNSURE, code="careless_clock", meaning=meaning)
    zone = find_zone_between(stamp, clocks, *_bound_moment(clocks, window, limits))
    if zone is None:
        return found
    meaning = say("收到早于水印时间，手机若设为 {zone} 则相符，请核实", zone=format_offset(zone))
    return replace(found, outcome=Outcome.UNSURE, code="another_zone", meaning=meaning)


def _bound_moment(
    clocks: Mapping[Clock, Reading], window: Window | None, limits: ClockLimits, gps: Reading | None = None
) -> tuple[datetime | None, datetime | None]:
    """Between which moments an honest photo was taken: in the lesson, before it was handed in, after the fix it carries."""
    earliest = [window[0]] if window is not None else []
    latest = [window[1]] if window is not None else []
    if Clock.RECEIPT in clocks:
        # Such a phone keeps network time, as one that was set by hand shows the classroom's.
        latest.append(clocks[Clock.RECEIPT].at + timedelta(seconds=limits.zone_s))
    if gps is not None:
        earliest.append(gps.at - timedelta(seconds=limits.agree_s))
    return max(earliest, default=None), min(latest, default=None)


def _compare_with_receipt(
    taken: Reading, receipt: Reading, limits: ClockLimits, clocks: Mapping[Clock, Reading] = NO_CLOCKS
) -> Comparison:
    gap = measure_gap_s(taken, receipt)
    answer = partial(Comparison, taken, receipt, gap)
    if gap >= -limits.agree_s:
        return answer(Outcome.PASSED, "received_after", say("先拍摄后收到，合理"))
    if taken.clock is Clock.GPS:
        zone = _find_local_gps(taken, -gap, limits, clocks, at_most=True)
        if zone is not None:
            return answer(Outcome.UNSURE, "gps_in_local_time", zone)
        return answer(Outcome.FAILED, "received_before", say("照片不可能在拍摄之前收到"))
    if taken.clock is Clock.CAMERA:
        return answer(Outcome.UNSURE, "received_before", say("收到早于相机时间：相机时钟不准或被改过，请核实"))
    if taken.confidence < limits.min_confidence:
        return answer(Outcome.UNSURE, "stamp_poorly_read", say("但水印字迹识别把握不足，请人工核对"))
    return answer(Outcome.FAILED, "received_before", say("照片不可能在拍摄之前收到"))


def _compare_camera_with_saved(camera: Reading, saved: Reading, limits: ClockLimits) -> Comparison | None:
    gap = measure_gap_s(camera, saved)
    # Saved later is every re-saved file, and `photo.edited`'s subject; saved before it was taken is nobody's habit.
    if gap >= -limits.agree_s or find_zone(saved, camera, limits.zone_s) is not None:
        return None
    meaning = say("文件保存早于拍摄，拍摄时间可能被改写，请核实")
    return Comparison(camera, saved, gap, Outcome.UNSURE, "saved_before_taken", meaning)


def _find_local_gps(
    gps: Reading, ahead_s: float, limits: ClockLimits, clocks: Mapping[Clock, Reading], at_most: bool = False
) -> Sentence | None:
    """Some phones write local time as GPS time: then it runs ahead by exactly the classroom's, or the phone's own, offset."""
    camera = clocks.get(Clock.CAMERA)
    offsets = [gps.at.utcoffset(), camera.at.utcoffset() if camera is not None and camera.zone_written else None]
    for offset_s in [offset.total_seconds() for offset in offsets if offset is not None]:
        explained = ahead_s <= offset_s + limits.agree_s if at_most else abs(ahead_s - offset_s) <= limits.old_fix_s
        if offset_s > 0 and explained:
            return say("差值可由手机把当地时间写作卫星时间解释，请核实")
    return None


def _describe(pair: Comparison) -> Sentence:
    return say(
        "{first}（{first_time}）与{second}（{second_time}）相差 {gap}：{meaning}。",
        first=name_clock(pair.first.clock),
        first_time=_show(pair.first),
        second=name_clock(pair.second.clock),
        second_time=_show(pair.second),
        gap=show_gap(pair.gap_s),
        meaning=pair.meaning,
    )


def _show(reading: Reading) -> str:
    form = "%Y-%m-%d %H:%M" if reading.lasts_s > 1 else "%Y-%m-%d %H:%M:%S"
    shown: datetime = reading.at
    offset = shown.utcoffset()
    return f"{shown:{form}} {format_offset(offset)}" if offset is not None else f"{shown:{form}}"


def _measure(
    clocks: Mapping[Clock, Reading], compared: tuple[Comparison, ...], limits: ClockLimits
) -> dict[str, Measured]:
    measured: dict[str, Measured] = {f"{clock}_at": reading.at.isoformat() for clock, reading in clocks.items()}
    for pair in compared:
        key = f"{pair.first.clock}_to_{pair.second.clock}"
        measured[f"{key}_s"] = round(pair.gap_s)
        measured[key] = pair.code
        measured[f"{key}_outcome"] = pair.outcome.value
    if compared:
        measured["tolerance_s"] = limits.agree_s
    return measured
