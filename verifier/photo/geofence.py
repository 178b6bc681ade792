"""Does a coordinate of unknown datum lie at the filed venue?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from verifier.coordinates import FramedPlace, convert_to_wgs84, plausible_frames
from verifier.finding import Measured
from verifier.language import Sentence, say
from verifier.observation import Field
from verifier.photo.context import PhotoContext, Repeated
from verifier.photo.stamp_limits import STAMP_READING_2023
from verifier.plan import CoordinateFrame, Venue
from verifier.polygon import measure_outside_m

ROUNDED_DECIMALS = 3  # a step of about 100 m: a building and its neighbours share it
METRES_PER_DEGREE = 111_320.0  # along a meridian; the larger of the two axes everywhere


@dataclass(frozen=True, slots=True)
class PlaceLimits:
    """How far off a phone may be.

    Attributes:
        tolerance_m: Beyond the filed radius, for a phone indoors: network positions are off by 74 m in the
            median (Zandbergen 2009, "Accuracy of iPhone Locations"), so that 200 m leaves room for bad ones.
        min_confidence: Of the least sure character; below, a digit may be misread (as in `stamp_limits`).
        same_place_m: The stamp's and the file's position of one moment: both may be off, each in its own way.
        other_place_m: Beyond, no positioning error explains the two (Zandbergen 2009: cell towers 600 m in the median).
        old_fix_s: A fix older than this says where the phone was, not where the photo was taken.
    """

    name: str = "place-2023"
    tolerance_m: float = 200.0
    min_confidence: float = STAMP_READING_2023.min_confidence
    same_place_m: float = 500.0
    other_place_m: float = 3000.0
    old_fix_s: float = 1800.0


PLACE_2023 = PlaceLimits()


@dataclass(frozen=True, slots=True)
class Fence:
    """Where a coordinate lies against the venue.

    `places` are all readings, nearest first; their distance is to the venue's point, or, with an `outline`, to its edge (0
    inside). `rounding_m` is what the printed decimals leave open.
    """

    places: tuple[FramedPlace, ...]
    radius_m: float
    rounding_m: float
    outline: bool = False

    @property
    def nearest(self) -> FramedPlace:
        """The reading that favours the agency most."""
        return self.places[0]

    @property
    def beyond_m(self) -> float:
        """How far outside the radius, or the outline's edge, even the best reading lies; 0 inside."""
        if self.outline:
            return max(0.0, self.nearest.distance_m - self.rounding_m)
        return max(0.0, self.nearest.distance_m - self.radius_m - self.rounding_m)


def find_venue(context: PhotoContext) -> Venue | None:
    """Where this photo should have been taken: the session's venue, else the class's."""
    if context.session is not None:
        return context.session.venue
    return context.training.venue if context.training is not None else None


def measure_fence(
    longitude: float,
    latitude: float,
    venue: Venue,
    frames: tuple[CoordinateFrame, ...] = tuple(CoordinateFrame),
    decimals: int | None = None,
) -> Fence:
    """Hold one coordinate, in degrees of unknown datum, against the venue's outline, or its circle where none was filed.

    Args:
        decimals: How many were printed; None where the value is exact.
    Raises:
        ValueError: the venue has no coordinates.
    """
    rounding = 0.0 if decimals is None else 0.5 * 10.0**-decimals * METRES_PER_DEGREE * 2**0.5
    places = plausible_frames(longitude, latitude, venue, frames)
    if not venue.polygon:
        return Fence(places, venue.radius_m, rounding)
    edge = [convert_to_wgs84(*corner, venue.frame) for corner in venue.polygon]
    outside = [
        replace(place, distance_m=measure_outside_m((place.longitude, place.latitude), edge)) for place in places
    ]
    return Fence(tuple(sorted(outside, key=lambda place: place.distance_m)), venue.radius_m, rounding, outline=True)


def count_decimals(*fields: Field[float]) -> int | None:
    """How many decimals were printed: the most among a pair's values, as a closing zero leaves no trace in a number."""
    counts = []
    for printed in fields:
        digits = f"{printed.value:.9f}".rstrip("0").partition(".")[2]
        # A value in degrees, minutes and seconds has endless decimals; it is as exact as its seconds.
        counts.append(4 if len(digits) > 7 else len(digits))
    return max(counts, default=None)


def remark_coordinates(decimals: int | None, repeated: Repeated | None) -> list[Sentence]:
    """What is noteworthy about coordinates themselves, wherever they lie: rounded ones, and ones that never change.

    A remark and no more: apps round on purpose, and keep a fix for days; nobody is accused of that.
    """
    remarks = []
    if decimals is not None and decimals <= ROUNDED_DECIMALS:
        metres = round(10.0**-decimals * METRES_PER_DEGREE)
        remarks.append(
            say("坐标只有 {decimals} 位小数（一格约 {metres} 米），精度有限。", decimals=decimals, metres=metres)
        )
    if repeated is not None:
        remarks.append(
            say(
                "注意：本班 {first} 至 {last} 共 {days} 天的 {photos} 张照片坐标一位不差；卫星定位每次都有几米出入，"
                "可能是软件沿用旧定位，也可能是手工填写。",
                first=repeated.first_day.isoformat(),
                last=repeated.last_day.isoformat(),
                days=repeated.days,
                photos=repeated.photos,
            )
        )
    return remarks


def measure_repeated(repeated: Repeated | None) -> dict[str, Measured]:
    """The numbers behind the remark, for `Finding.measured`."""
    return {} if repeated is None else {"repeated_photos": repeated.photos, "repeated_days": repeated.days}


def measure_places(fence: Fence) -> dict[str, Measured]:
    """The distances in every datum, for `Finding.measured`."""
    found: dict[str, Measured] = {f"distance_{place.frame}_m": round(place.distance_m) for place in fence.places}
    return {
        **found,
        "frame": fence.nearest.frame.value,
        "distance_m": round(fence.nearest.distance_m),
        **({"geofence": "polygon"} if fence.outline else {"geofence": "radius", "radius_m": fence.radius_m}),
    }


def describe_limit(fence: Fence) -> Sentence:
    """What the venue allows, as one phrase."""
    return say("备案边界") if fence.outline else say("{radius} 米范围", radius=round(fence.radius_m))


def describe_inside(fence: Fence) -> Sentence:
    """Where a coordinate inside lies: the datum that puts it there, and how far from the point it is."""
    frame = name_frame(fence.nearest.frame)
    if fence.outline and fence.nearest.distance_m == 0:
        return say("按 {frame} 在备案边界之内", frame=frame)
    if fence.outline:
        # Outside, by less than what the printed decimals leave open.
        metres = round(fence.nearest.distance_m)
        return say("按 {frame} 距备案边界 {distance} 米，不超过坐标小数位数的误差", frame=frame, distance=metres)
    distance, radius = round(fence.nearest.distance_m), round(fence.radius_m)
    return say("按 {frame} 距备案点 {distance} 米，在 {radius} 米范围内", frame=frame, distance=distance, radius=radius)


def name_frame(frame: CoordinateFrame) -> Sentence:
    """What inspectors call a datum."""
    return {
        CoordinateFrame.WGS84: say("WGS-84"),
        CoordinateFrame.GCJ02: say("GCJ-02（高德、腾讯）"),
        CoordinateFrame.BD09: say("BD-09（百度）"),
    }[frame]


def describe_distances(fence: Fence) -> Sentence:
    """All readings with their distances, as one phrase."""
    parts = [
        say("按 {frame} 距边界 {distance} 米", frame=name_frame(place.frame), distance=round(place.distance_m))
        if fence.outline
        else say("按 {frame} 距 {distance} 米", frame=name_frame(place.frame), distance=round(place.distance_m))
        for place in fence.places
    ]
    phrase = parts[0]
    for part in parts[1:]:
        phrase = say("{first}，{second}", first=phrase, second=part)
    return phrase
