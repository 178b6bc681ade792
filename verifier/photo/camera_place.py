"""Did the camera write a position at the filed venue?

Looks at:         EXIF GPS. WGS-84 by the standard, but some phones write GCJ-02: both are tried, the answer says which.
Why it matters:   a stamp's place can be drawn by any app; the camera's position is one more thing to forge.
Cannot tell when: there is none (chat apps strip it, location may be off): that proves nothing. An old fix tells
                  where the phone was before; where no time of the fix is written and the stamp shows no coordinates, it may be one.
Can be fooled by: a location faked on the phone, which then also deceives the stamp.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from verifier.finding import Finding, Measured, Outcome
from verifier.language import join, say
from verifier.observation import Look, Stamp
from verifier.photo.clocks import Clock, measure_gap_s, read_clocks
from verifier.photo.context import PhotoContext
from verifier.photo.geofence import (
    PLACE_2023,
    PlaceLimits,
    describe_distances,
    describe_inside,
    describe_limit,
    find_venue,
    measure_fence,
    measure_places,
    measure_repeated,
    remark_coordinates,
)
from verifier.plan import CoordinateFrame

ID = "photo.camera_place"
CLOCK_OFF_S = 300.0  # as `clock_agreement` lets two clocks differ
# Baidu's datum is an app's, never a camera's.
CAMERA_FRAMES = (CoordinateFrame.WGS84, CoordinateFrame.GCJ02)


def check(look: Look, context: PhotoContext, limits: PlaceLimits = PLACE_2023) -> Finding:
    """Hold EXIF's position against the venue's geofence; none is NOT_APPLICABLE."""
    found = partial(Finding, ID, profile=limits.name)
    camera, venue = look.camera, find_venue(context)
    if camera is None or camera.longitude is None or camera.latitude is None:
        zero = camera is not None and "gps_zero" in camera.remarks
        reason = (
            say("照片写的坐标是 0, 0，即没有定位，未采用，不说明任何问题。")
            if zero
            else say("照片不带相机定位（未开定位或被微信等软件去除），没有可核对的内容，不说明任何问题。")
        )
        return found(Outcome.NOT_APPLICABLE, reason)
    if venue is None or venue.longitude is None or venue.latitude is None:
        return found(Outcome.NOT_APPLICABLE, say("没有带坐标的备案地点，相机定位无从核对。"))
    fence = measure_fence(camera.longitude, camera.latitude, venue, CAMERA_FRAMES)
    old_s = read_fix_age_s(look, context)
    repeated = context.beside.camera_place if context.beside is not None else None
    # How many decimals a file's degrees, minutes and seconds had is not known; phones write enough.
    remarks = remark_coordinates(None, repeated)
    measured: dict[str, Measured] = {
        "longitude": camera.longitude,
        "latitude": camera.latitude,
        **measure_places(fence),
        "fix_age_s": None if old_s is None else round(old_s),
        **measure_repeated(repeated),
    }
    found = partial(found, measured=measured)
    values: dict[str, Any] = {
        "longitude": f"{camera.longitude:.6f}",
        "latitude": f"{camera.latitude:.6f}",
        "venue": venue.name,
        "limit": describe_limit(fence),
    }
    if fence.beyond_m == 0.0:
        sentence = say(
            "相机定位 {longitude}, {latitude} 在备案地点“{venue}”：{where}。", where=describe_inside(fence), **values
        )
        return found(Outcome.PASSED, join([sentence, *remarks]))
    values["distances"] = describe_distances(fence)
    outside = say("相机定位 {longitude}, {latitude} 不在备案地点“{venue}”的{limit}内：{distances}。", **values)
    if fence.beyond_m <= limits.tolerance_m:
        return found(Outcome.UNSURE, join([outside, say("可能是室内定位误差，请核实。"), *remarks]))
    if old_s is not None and old_s > limits.old_fix_s:
        doubt = say("但该定位比拍摄早 {minutes} 分钟，可能是旧定位，请核实。", minutes=round(old_s / 60))
        return found(Outcome.UNSURE, join([outside, doubt, *remarks]))
    if old_s is None and not _shows_place(look.stamp):
        doubt = say("但照片没有写明定位时间，水印上也没有坐标可比对，可能是旧定位，请核实。")
        return found(Outcome.UNSURE, join([outside, doubt, *remarks]))
    return found(Outcome.FAILED, join([outside, *remarks]))


def _shows_place(stamp: Stamp | None) -> bool:
    """Whether a stamp says where the app believed to be at that moment."""
    if stamp is None or stamp.longitude is None or stamp.latitude is None:
        return False
    return (stamp.longitude.value, stamp.latitude.value) != (0.0, 0.0)


def read_fix_age_s(look: Look, context: PhotoContext) -> float | None:
    """How much older than the photo its satellite fix is, in seconds; None where EXIF does not say.

    Where EXIF and the stamp tell two times, by the one that makes the fix older: a clock some minutes off must not make an old fix
    a fresh one. What such times contradict is `clock_agreement`'s subject.
    """
    clocks = read_clocks(look, context)
    gps = clocks.get(Clock.GPS)
    told = [clocks[each] for each in (Clock.CAMERA, Clock.STAMP) if each in clocks]
    if gps is None or not told:
        return None
    taken = max(told, key=lambda each: measure_gap_s(gps, each))
    age_s = measure_gap_s(gps, taken)
    if age_s < -CLOCK_OFF_S and context.session is not None and not taken.zone_written:
        # No fix is younger than its photo, so the phone shows another zone's time: held against the lesson itself.
        return max(age_s, (context.session.starts_at - gps.at).total_seconds())
    return age_s
