"""Was the recording made in the session and at its place (Art. 10: taught outside, with mobile recordings)?

Looks at:         the creation time and the place that the phone wrote into the container. Phones write WGS-84, some GCJ-02: both
                  are tried. Android writes when the recording ended, Apple when it began, so its length is left on both sides.
Why it matters:   yesterday's recording, or another village's, shows another class.
Cannot tell when: the container carries neither, as chat apps strip both; or it says a later time, as every program that saves it
                  anew writes its own, or one from before any phone was set.
Can be fooled by: a phone clock set by hand, a faked location, a container written by a program.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, join, say
from verifier.photo.camera_place import CAMERA_FRAMES
from verifier.photo.camera_time import CAMERA_TIME_2023, CameraTimeLimits
from verifier.photo.geofence import (
    PLACE_2023,
    PlaceLimits,
    describe_distances,
    describe_inside,
    describe_limit,
    measure_fence,
)
from verifier.plan import Session
from verifier.video.context import Seen, StreamContext
from verifier.video.stream_look import StreamLook

ID = "stream.recorded"
_Part = tuple[Outcome, Sentence, dict[str, Measured]]


def check(
    seen: Seen,
    context: StreamContext,
    time_limits: CameraTimeLimits = CAMERA_TIME_2023,
    place_limits: PlaceLimits = PLACE_2023,
) -> Finding:
    """Judge what a recording says of itself; FAILED only for an earlier day or a place far from the venue."""
    found = partial(Finding, ID, profile=f"{time_limits.name}, {place_limits.name}")
    session = context.session
    if seen.look.source_kind != "recording":
        return found(Outcome.NOT_APPLICABLE, say("这不是录像文件。"))
    if session is None:
        return found(Outcome.NOT_APPLICABLE, say("没有指明录像属于哪一课次，录制时间和地点无从核对。"))
    parts = (_judge_time(seen.look, session, context, time_limits), _judge_place(seen.look, session, place_limits))
    measured: dict[str, Measured] = {}
    for _, _, more in parts:
        measured |= more
    return found(
        _weigh([outcome for outcome, _, _ in parts]), join([reason for _, reason, _ in parts]), measured=measured
    )


def _weigh(outcomes: Sequence[Outcome]) -> Outcome:
    """Time and place together: one that is wrong fails it, and only both that are right pass it."""
    if Outcome.FAILED in outcomes:
        return Outcome.FAILED
    return Outcome.PASSED if all(each is Outcome.PASSED for each in outcomes) else Outcome.UNSURE


def _judge_time(look: StreamLook, session: Session, context: StreamContext, limits: CameraTimeLimits) -> _Part:
    made = look.created_at
    if made is None:
        return Outcome.UNSURE, say("录像文件没有写明录制时间（微信等软件会去除），不说明任何问题。"), {}
    length = timedelta(seconds=look.length_s or 0.0)
    opens = session.starts_at - timedelta(seconds=limits.early_s) - length
    closes = session.ends_at + timedelta(seconds=limits.late_s) + length
    measured: dict[str, Measured] = {
        "created_at": made.isoformat(), "opens_at": opens.isoformat(), "closes_at": closes.isoformat(),
    }  # fmt: skip
    values = {"made": context.show_time(made), "opens": context.show_time(opens), "closes": context.show_time(closes)}
    if opens <= made <= closes:
        return Outcome.PASSED, say("录像写明的录制时间{made}在课次时段{opens}至{closes}内。", **values), measured
    outside = say("录像写明的录制时间{made}不在课次时段{opens}至{closes}内。", **values)
    if _is_of_earlier_day(made, session, context) and made > opens - timedelta(days=limits.unset_days):
        return Outcome.FAILED, outside, measured
    doubt = say("另存、转码会写入新的时间，手机时钟也可能未设，请核实。")
    return Outcome.UNSURE, join([outside, doubt]), measured


def _is_of_earlier_day(made: datetime, session: Session, context: StreamContext) -> bool:
    # Whoever writes local time as if it were UTC is off by a zone to either side, at most 14 hours; a day before stays one.
    return (made + timedelta(hours=14)).astimezone(context.zone).date() < session.starts_at.astimezone(
        context.zone
    ).date()


def _judge_place(look: StreamLook, session: Session, limits: PlaceLimits) -> _Part:
    venue = session.venue
    if look.longitude is None or look.latitude is None:
        return Outcome.UNSURE, say("录像文件没有写明录制地点（未开定位或被微信等软件去除），不说明任何问题。"), {}
    measured: dict[str, Measured] = {"longitude": look.longitude, "latitude": look.latitude}
    if venue.longitude is None or venue.latitude is None:
        return Outcome.UNSURE, say("备案地点没有坐标，录制地点无从核对。"), measured
    fence = measure_fence(look.longitude, look.latitude, venue, CAMERA_FRAMES)
    values = {"longitude": f"{look.longitude:.6f}", "latitude": f"{look.latitude:.6f}", "venue": venue.name}
    measured["beyond_m"] = round(fence.beyond_m, 1)
    if fence.beyond_m == 0.0:
        inside = say(
            "录制地点{longitude}, {latitude}在备案地点“{venue}”：{where}。", where=describe_inside(fence), **values
        )
        return Outcome.PASSED, inside, measured
    outside = say(
        "录制地点{longitude}, {latitude}不在备案地点“{venue}”的{limit}内：{distances}。",
        limit=describe_limit(fence), distances=describe_distances(fence), **values,
    )  # fmt: skip
    far = fence.beyond_m > limits.tolerance_m
    return Outcome.FAILED if far else Outcome.UNSURE, outside, measured
