"""Did the camera take the photo while the class was in session?

Looks at:         EXIF DateTimeOriginal, with its offset where written.
Why it matters:   the stamp's time can be drawn; the camera's own time is one more thing to forge.
Cannot tell when: the time is missing, as chat apps strip it: nothing is there to compare, and that is no misconduct.
                  Without an offset a phone may be in another zone; a camera's clock may never have been set.
Can be fooled by: a phone clock set by hand; `photo.clock_agreement` weighs it against the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from verifier.finding import Finding, Measured, Outcome
from verifier.language import say
from verifier.observation import Look
from verifier.photo.clocks import (
    Clock,
    Reading,
    find_phone_zones,
    find_zone,
    format_offset,
    measure_gap_s,
    place_in_zone,
    read_clocks,
    was_never_set,
)
from verifier.photo.context import PhotoContext, SessionSource
from verifier.plan import Session

ID = "photo.camera_time"


@dataclass(frozen=True, slots=True)
class CameraTimeLimits:
    """How far outside the session a photo may be taken.

    Attributes:
        early_s: People sit down and sign in before the lesson; Art. 7(2) asks for a photo each morning and afternoon
            and names no minute, so half an hour is left on each side.
        late_s: The same after the lesson.
        zone_s: A phone in another zone keeps network time, so its difference from the stamp is a zone's to this.
        unset_days: A camera clock this far before the session was never set.
    """

    name: str = "camera-time-2023"
    early_s: float = 1800.0
    late_s: float = 1800.0
    zone_s: float = 120.0
    unset_days: float = 365.0


CAMERA_TIME_2023 = CameraTimeLimits()


def check(look: Look, context: PhotoContext, limits: CameraTimeLimits = CAMERA_TIME_2023) -> Finding:
    """Compare EXIF time with the session's window, both ends included; no EXIF time is NOT_APPLICABLE."""
    found = partial(Finding, ID, profile=limits.name)
    clocks = read_clocks(look, context)
    taken = clocks.get(Clock.CAMERA)
    if taken is None:
        return found(
            Outcome.NOT_APPLICABLE,
            say("照片不带相机拍摄时间（微信等软件会去除），没有可核对的内容，不说明任何问题。"),
        )
    session = context.session
    if session is None:
        return found(
            Outcome.NOT_APPLICABLE,
            say("相机拍摄时间 {taken}；不知道照片属于哪一课次，无从核对。", taken=f"{taken.local:%Y-%m-%d %H:%M:%S}"),
        )
    opens = session.starts_at - timedelta(seconds=limits.early_s)
    closes = session.ends_at + timedelta(seconds=limits.late_s)
    zone = ZoneInfo(context.timezone)
    measured: dict[str, Measured] = {
        "taken_at": taken.at.isoformat(),
        "offset_written": taken.zone_written,
        "opens_at": opens.isoformat(),
        "closes_at": closes.isoformat(),
        "session_source": context.session_source.value,
    }
    found = partial(found, measured=measured)
    values = {
        "taken": f"{taken.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        "opens": f"{opens.astimezone(zone):%Y-%m-%d %H:%M}",
        "closes": f"{closes.astimezone(zone):%Y-%m-%d %H:%M}",
    }
    if opens <= taken.at <= closes:
        if context.session_source is SessionSource.CAMERA:
            return found(
                Outcome.PASSED,
                say("相机拍摄时间 {taken} 在课次时段 {opens} 至 {closes} 内（课次即由该时间推定）。", **values),
            )
        return found(Outcome.PASSED, say("相机拍摄时间 {taken} 在课次时段 {opens} 至 {closes} 内。", **values))
    explained = _find_zone_in_session(taken, clocks, session, limits)
    if explained is not None:
        return found(
            Outcome.UNSURE,
            say(
                "相机拍摄时间 {taken} 不在课次时段 {opens} 至 {closes} 内，但未写时区，"
                "手机若设为 {zone} 则相符，请核实。",
                zone=format_offset(explained),
                **values,
            ),
        )
    if was_never_set(taken, clocks, opens, limits.unset_days, limits.zone_s):
        return found(
            Outcome.UNSURE,
            say(
                "相机拍摄时间 {taken} 比课次时段 {opens} 至 {closes} 早一年以上，相机时钟可能从未设置，请核实。",
                **values,
            ),
        )
    return found(Outcome.FAILED, say("相机拍摄时间 {taken} 不在课次时段 {opens} 至 {closes} 内。", **values))


def _find_zone_in_session(
    taken: Reading, clocks: Mapping[Clock, Reading], session: Session, limits: CameraTimeLimits
) -> timedelta | None:
    """The zone that would explain the time: the one another clock points to, or, without a stamp, any that fits."""
    if taken.zone_written:
        return None
    stamp = clocks.get(Clock.STAMP)
    if stamp is not None:
        if abs(measure_gap_s(taken, stamp)) > limits.zone_s:
            return find_zone(taken, stamp, limits.zone_s)
        # The stamp is the same phone's: only a clock that its owner cannot set tells its zone.
        opens, closes = (
            session.starts_at - timedelta(seconds=limits.early_s),
            session.ends_at + timedelta(seconds=limits.late_s),
        )
        told = [zone for zone, _ in find_phone_zones(taken, clocks, limits.zone_s)]
        return next((zone for zone in told if opens <= place_in_zone(taken, zone).at <= closes), None)
    middle = session.starts_at + (session.ends_at - session.starts_at) / 2
    reach_s = (session.ends_at - session.starts_at).total_seconds() / 2 + limits.early_s
    return find_zone(taken, Reading(Clock.STAMP, middle), reach_s)
