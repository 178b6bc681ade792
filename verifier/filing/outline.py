"""Read the outline of a filed place: a polygon of ``[longitude, latitude]`` corners, in the frame of its venue."""

from __future__ import annotations

import math
from typing import Any

from verifier.coordinates import LonLat
from verifier.filing.table import Table
from verifier.language import say
from verifier.polygon import (
    MIN_CORNERS,
    crosses_itself,
    find_centre,
    measure_area_m2,
    measure_outside_m,
    measure_reach_m,
)

KEY = "polygon"
EXAMPLE = "[[112.3540, 28.5695], [112.3560, 28.5695], [112.3560, 28.5710], [112.3540, 28.5710]]"
# Ten metres square hold one classroom; less is a slip of the pen, and no positioning meets it.
MIN_AREA_M2 = 100.0
MAX_CORNERS = 200


def read_outline(table: Table, max_reach_m: float) -> tuple[LonLat, ...] | None:
    """The corners, without a closing repetition of the first; () where none were filed, None where they are unsound."""
    value = table.read_list(KEY, EXAMPLE)
    if value is None:
        return None if table.has(KEY) else ()
    corners = [_read_corner(corner) for corner in value]
    found = tuple(corner for corner in corners if corner is not None)
    if len(found) < len(corners) or len(found) > MAX_CORNERS:
        table.error(
            KEY,
            say("{table} 的 polygon 不是由 [经度, 纬度] 组成的列表。", table=table.name),
            say("请这样写：polygon = {example}。", example=EXAMPLE),
        )
        return None
    if len(found) > 1 and found[0] == found[-1]:
        found = found[:-1]
    return found if _check_form(table, found, max_reach_m) else None


def check_point(table: Table, outline: tuple[LonLat, ...], point: LonLat, max_reach_m: float) -> bool:
    """Whether the filed point and the outline can be of one place; a point just outside is warned of, one far away refused."""
    outside_m = measure_outside_m(point, outline)
    if outside_m == 0:
        return True
    problem = say(
        "{table} 的坐标（经度 {longitude}，纬度 {latitude}）在 polygon 之外 {distance} 米。",
        table=table.name,
        longitude=point[0],
        latitude=point[1],
        distance=round(outside_m),
    )
    if outside_m > max_reach_m:
        table.error(KEY, problem, say("请核对两者；polygon 的每个顶点先写经度，后写纬度。"))
        return False
    table.warning(KEY, problem, say("请核对两者；照片的拍摄地点按 polygon 判断。"))
    return True


def _check_form(table: Table, corners: tuple[LonLat, ...], max_reach_m: float) -> bool:
    remedy = say("请沿边界依次写出各个顶点，例如 polygon = {example}。", example=EXAMPLE)
    if len(set(corners)) < MIN_CORNERS:
        seen = len(set(corners))
        table.error(
            KEY,
            say("{table} 的 polygon 只有 {count} 个不同的顶点，至少要 3 个。", table=table.name, count=seen),
            remedy,
        )
        return False
    reach_m = measure_reach_m(find_centre(corners), corners)
    if reach_m > max_reach_m:
        problem = say(
            "{table} 的 polygon 从中心到最远的顶点有 {reach} 米，超过 {limit} 米。",
            table=table.name,
            reach=round(reach_m),
            limit=round(max_reach_m),
        )
        table.error(KEY, problem, remedy)
        return False
    if crosses_itself(corners):
        table.error(KEY, say("{table} 的 polygon 边界自相交叉，顶点的次序有误。", table=table.name), remedy)
        return False
    area_m2 = measure_area_m2(corners)
    if area_m2 < MIN_AREA_M2:
        problem = say(
            "{table} 的 polygon 只有 {area} 平方米，不足 {limit} 平方米。",
            table=table.name,
            area=round(area_m2),
            limit=round(MIN_AREA_M2),
        )
        table.error(KEY, problem, remedy)
        return False
    return True


def _read_corner(corner: Any) -> LonLat | None:
    if not isinstance(corner, list) or len(corner) != 2:
        return None
    if not all(isinstance(part, int | float) and not isinstance(part, bool) and math.isfinite(part) for part in corner):
        return None
    longitude, latitude = float(corner[0]), float(corner[1])
    return (longitude, latitude) if abs(longitude) <= 180 and abs(latitude) <= 90 else None
