"""Was the photo stamped at the filed venue?

Looks at:         the coordinates and the address that the stamp shows.
Why it matters:   a class taught elsewhere than filed is a changed place (Art. 13(1)(5)), or no class at all.
Cannot tell when: the stamp shows no place, or only a city or a district; an address alone never fails, as one place has
                  many names. Which datum an app prints is rarely said: each is tried, the nearest counts for the agency.
Can be fooled by: an app that draws any place; `photo.camera_place` and `photo.place_agreement` weigh it against EXIF.
"""

from __future__ import annotations

from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, join, say
from verifier.observation import Look, Stamp
from verifier.photo.address import AddressComparison, AddressMatch, compare_addresses
from verifier.photo.context import PhotoContext
from verifier.photo.geofence import (
    PLACE_2023,
    Fence,
    PlaceLimits,
    count_decimals,
    describe_distances,
    describe_inside,
    describe_limit,
    find_venue,
    measure_fence,
    measure_places,
    measure_repeated,
    remark_coordinates,
)
from verifier.plan import Venue

ID = "photo.stamp_place"


def check(look: Look, context: PhotoContext, limits: PlaceLimits = PLACE_2023) -> Finding:
    """Hold the stamp's coordinates against the venue's geofence, and its address against the filed one."""
    found = partial(Finding, ID, profile=limits.name)
    venue, stamp = find_venue(context), look.stamp
    if venue is None:
        return found(Outcome.NOT_APPLICABLE, say("不知道照片属于哪个班次，没有备案地点可核对。"))
    if stamp is None:
        return found(Outcome.NOT_APPLICABLE, say("照片上没有水印，没有水印地点可核对（是否有水印另行判断）。"))
    address = _compare_address(stamp, venue, context)
    if stamp.longitude is None or stamp.latitude is None or _is_zero(stamp):
        return _judge_address(found, stamp, venue, address)
    if venue.longitude is None or venue.latitude is None:
        return _judge_address(found, stamp, venue, address)
    decimals = count_decimals(stamp.longitude, stamp.latitude)
    repeated = context.beside.stamp_place if context.beside is not None else None
    fence = measure_fence(stamp.longitude.value, stamp.latitude.value, venue, decimals=decimals)
    measured: dict[str, Measured] = {
        "longitude": stamp.longitude.value,
        "latitude": stamp.latitude.value,
        **measure_places(fence),
        "swapped": stamp.swapped,
        "decimals": decimals,
        **measure_repeated(repeated),
        **_measure_address(stamp, address),
    }
    outcome, sentence = _judge_fence(stamp, fence, venue, limits)
    remarks = [sentence]
    if address is not None and address.match is AddressMatch.DIFFERENT:
        remarks.append(_describe_difference(address))
        clear = stamp.address is not None and stamp.address.confidence >= limits.min_confidence
        if outcome is Outcome.PASSED and address.other_city and clear:
            outcome = Outcome.UNSURE
    if stamp.swapped:
        remarks.append(say("水印的经纬度字母或次序印反，已按数值范围理解。"))
    remarks += remark_coordinates(decimals, repeated)
    return found(outcome, join(remarks), measured=measured)


def _judge_fence(stamp: Stamp, fence: Fence, venue: Venue, limits: PlaceLimits) -> tuple[Outcome, Sentence]:
    if stamp.longitude is None or stamp.latitude is None:
        raise ValueError("a stamp without coordinates has no fence")
    values = {
        "longitude": f"{stamp.longitude.value:.6f}",
        "latitude": f"{stamp.latitude.value:.6f}",
        "venue": venue.name,
        "limit": describe_limit(fence),
    }
    if fence.beyond_m == 0.0:
        return Outcome.PASSED, say(
            "水印坐标 {longitude}, {latitude} 在备案地点“{venue}”：{where}。", where=describe_inside(fence), **values
        )
    values["distances"] = describe_distances(fence)
    if fence.beyond_m <= limits.tolerance_m:
        return Outcome.UNSURE, say(
            "水印坐标 {longitude}, {latitude} 略出备案地点“{venue}”的{limit}（{distances}），可能是室内定位误差。",
            **values,
        )
    if min(stamp.longitude.confidence, stamp.latitude.confidence) < limits.min_confidence:
        return Outcome.UNSURE, say(
            "水印坐标读作 {longitude}, {latitude}，不在备案地点“{venue}”的{limit}内（{distances}），"
            "但字迹识别把握不足，请人工核对。",
            **values,
        )
    return Outcome.FAILED, say(
        "水印坐标 {longitude}, {latitude} 不在备案地点“{venue}”的{limit}内：{distances}。", **values
    )


def _judge_address(found: partial[Finding], stamp: Stamp, venue: Venue, address: AddressComparison | None) -> Finding:
    """Without comparable coordinates the address is all there is; it can pass, or leave doubt."""
    measured = {"address_only": True, **_measure_address(stamp, address)}
    remarks = [say("水印坐标为 0, 0，即没有定位，未采用。")] if _is_zero(stamp) else []
    if address is None or stamp.address is None:
        seen = say("水印上没有读到可与备案地点“{venue}”核对的坐标或地址，请人工核对。", venue=venue.name)
        return found(Outcome.UNSURE, join([*remarks, seen]), measured=measured)
    values = {"address": stamp.address.value, "filed": venue.address or venue.name}
    if address.match is AddressMatch.SAME:
        sentence = say(
            "没有可核对的坐标，水印地址“{address}”与备案地址“{filed}”相符（{shared}）。",
            shared="、".join(address.shared),
            **values,
        )
        return found(Outcome.PASSED, join([*remarks, sentence]), measured=measured)
    if address.match is AddressMatch.SAME_AREA:
        sentence = say(
            "水印地址“{address}”与备案地址“{filed}”只有“{shared}”相同，不足以确定是同一地点。",
            shared="、".join(address.shared),
            **values,
        )
    elif address.match is AddressMatch.DIFFERENT:
        sentence = say(
            "水印地址“{address}”与备案地址“{filed}”不一致：{difference}请人工核对。",
            difference=_describe_difference(address),
            **values,
        )
    else:
        sentence = say("水印地址“{address}”与备案地址“{filed}”没有共同的地名，无法判断，请人工核对。", **values)
    return found(Outcome.UNSURE, join([*remarks, sentence]), measured=measured)


def _compare_address(stamp: Stamp, venue: Venue, context: PhotoContext) -> AddressComparison | None:
    if stamp.address is None or not (venue.address or venue.name):
        return None
    names = (venue.name, context.training.agency.name) if context.training is not None else (venue.name,)
    return compare_addresses(stamp.address.value, venue.address, names)


def _describe_difference(address: AddressComparison) -> Sentence:
    seen, wanted = address.different[0]
    return say("水印写“{seen}”，备案为“{wanted}”。", seen=seen, wanted=wanted)


def _measure_address(stamp: Stamp, address: AddressComparison | None) -> dict[str, Measured]:
    if stamp.address is None:
        return {}
    return {"address": stamp.address.value, "address_match": address.match.value if address is not None else None}


def _is_zero(stamp: Stamp) -> bool:
    return (
        stamp.longitude is not None
        and stamp.latitude is not None
        and stamp.longitude.value == 0.0
        and stamp.latitude.value == 0.0
    )
