"""Do the stamp and the camera name the same place?

Looks at:         the stamp's printed coordinates and EXIF GPS, each in every datum it may be in.
Why it matters:   a stamp drawn over a photo from elsewhere contradicts the position that the camera wrote.
Cannot tell when: either is missing, the fix is an old one, or the gap is what positioning in towns may be off by.
Can be fooled by: EXIF rewritten to fit, or a location faked on the phone for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from verifier.coordinates import convert_to_wgs84, measure_distance_m
from verifier.finding import Finding, Measured, Outcome
from verifier.language import join, say
from verifier.observation import CameraMetadata, Look, Stamp
from verifier.photo.camera_place import CAMERA_FRAMES, read_fix_age_s
from verifier.photo.context import PhotoContext
from verifier.photo.geofence import PLACE_2023, PlaceLimits, name_frame
from verifier.plan import CoordinateFrame

ID = "photo.place_agreement"


@dataclass(frozen=True, slots=True)
class Nearest:
    """The pair of datums in which the two positions lie closest."""

    stamp_frame: CoordinateFrame
    camera_frame: CoordinateFrame
    distance_m: float


def check(look: Look, context: PhotoContext, limits: PlaceLimits = PLACE_2023) -> Finding:
    """Measure the distance between the two positions, in the datums that favour the agency."""
    found = partial(Finding, ID, profile=limits.name)
    stamp, camera = look.stamp, look.camera
    nearest = _find_nearest(stamp, camera)
    if nearest is None or stamp is None or camera is None or stamp.longitude is None or stamp.latitude is None:
        return found(Outcome.NOT_APPLICABLE, say("水印坐标与相机定位没有同时存在，无从相互核对，不说明任何问题。"))
    old_s = read_fix_age_s(look, context)
    measured: dict[str, Measured] = {
        "distance_m": round(nearest.distance_m),
        "stamp_frame": nearest.stamp_frame.value,
        "camera_frame": nearest.camera_frame.value,
        "swapped": stamp.swapped,
        "fix_age_s": None if old_s is None else round(old_s),
    }
    values: dict[str, Any] = {
        "stamp": f"{stamp.longitude.value:.6f}, {stamp.latitude.value:.6f}",
        "camera": f"{camera.longitude:.6f}, {camera.latitude:.6f}",
        "stamp_frame": name_frame(nearest.stamp_frame),
        "camera_frame": name_frame(nearest.camera_frame),
        "distance": round(nearest.distance_m),
        "limit": round(limits.same_place_m),
    }
    remarks = [
        say(
            "水印坐标 {stamp}（按 {stamp_frame}）与相机定位 {camera}（按 {camera_frame}）相距 {distance} 米，"
            "容许 {limit} 米。",
            **values,
        )
    ]
    if stamp.swapped:
        remarks.append(say("水印的经纬度字母或次序印反，已按数值范围理解。"))
    outcome = Outcome.PASSED
    if nearest.distance_m > limits.same_place_m:
        outcome = Outcome.FAILED if nearest.distance_m > limits.other_place_m else Outcome.UNSURE
    if outcome is Outcome.FAILED and old_s is not None and old_s > limits.old_fix_s:
        outcome = Outcome.UNSURE
        remarks.append(say("相机定位比拍摄早 {minutes} 分钟，可能是旧定位，请核实。", minutes=round(old_s / 60)))
    sure = min(stamp.longitude.confidence, stamp.latitude.confidence)
    if outcome is Outcome.FAILED and sure < limits.min_confidence:
        outcome = Outcome.UNSURE
        remarks.append(say("水印字迹识别把握不足，请人工核对。"))
    return found(outcome, join(remarks), measured=measured)


def _find_nearest(stamp: Stamp | None, camera: CameraMetadata | None) -> Nearest | None:
    if stamp is None or stamp.longitude is None or stamp.latitude is None:
        return None
    if camera is None or camera.longitude is None or camera.latitude is None:
        return None
    if (stamp.longitude.value, stamp.latitude.value) == (0.0, 0.0):
        return None
    pairs = []
    for stamp_frame in CoordinateFrame:
        printed = convert_to_wgs84(stamp.longitude.value, stamp.latitude.value, stamp_frame)
        for camera_frame in CAMERA_FRAMES:
            written = convert_to_wgs84(camera.longitude, camera.latitude, camera_frame)
            pairs.append(Nearest(stamp_frame, camera_frame, measure_distance_m(printed, written)))
    return min(pairs, key=lambda pair: pair.distance_m)
