"""Read a filed teaching place: coordinates that are swapped, missing or elsewhere are found here."""

from __future__ import annotations

from dataclasses import replace

from verifier.coordinates import LonLat
from verifier.filing.outline import KEY, check_point, read_outline
from verifier.filing.table import Table
from verifier.language import say
from verifier.plan import CoordinateFrame, Venue
from verifier.polygon import find_centre, measure_reach_m

DEFAULT_RADIUS_M = 300.0  # interfaces.md, the sample filing
# The mainland with its islands, rounded outwards: only to notice swapped or foreign coordinates, never to judge.
CHINA_LONGITUDE = (73.0, 136.0)
CHINA_LATITUDE = (3.0, 54.0)
# A place is a building or a village; wider, the geofence would say nothing.
MAX_RADIUS_M = 20_000.0


def read_venue(table: Table) -> Venue | None:
    """Read ``[venue]`` or ``[session.venue]``; None where something in it is an error."""
    name = table.read_text("name", "本部二楼 203 教室")
    address = table.read_text("address", "湖南省益阳市赫山区桃花仑西路788号", required=False) or ""
    # Up to 180 on both, so that swapped ones are told as swapped.
    longitude = table.read_number("longitude", "112.355129", low=-180, high=180, required=False)
    latitude = table.read_number("latitude", "28.570066", low=-180, high=180, required=False)
    frame = table.read_choice("frame", CoordinateFrame, default=CoordinateFrame.GCJ02)
    radius_m = table.read_number("radius_m", "300", low=0, high=MAX_RADIUS_M, required=False, above=True)
    outline = read_outline(table, MAX_RADIUS_M)
    table.finish()
    if outline and not table.has("longitude") and not table.has("latitude"):
        # The middle of the outline stands for the place where one point is wanted.
        longitude, latitude = find_centre(outline)
    placed = _check_coordinates(table, longitude, latitude)
    if name is None or frame is None or not placed or (radius_m is None and table.has("radius_m")) or outline is None:
        return None
    if outline and longitude is not None and latitude is not None:
        return _outlined(table, Venue(name, address, longitude, latitude, frame), outline, (longitude, latitude))
    return Venue(name, address, longitude, latitude, frame, radius_m or DEFAULT_RADIUS_M)


def _outlined(table: Table, venue: Venue, outline: tuple[LonLat, ...], point: LonLat) -> Venue | None:
    """The venue with its polygon as geofence; the radius is the circle around it."""
    if table.has("radius_m"):
        table.warning(
            "radius_m",
            say("{table} 既有 radius_m 又有 polygon，radius_m 不起作用。", table=table.name),
            say("请删去其中之一；照片的拍摄地点按 polygon 判断。"),
        )
    if not check_point(table, outline, point, MAX_RADIUS_M):
        return None
    return replace(venue, polygon=outline, radius_m=max(measure_reach_m(point, outline), 1.0))


def _check_coordinates(table: Table, longitude: float | None, latitude: float | None) -> bool:
    """Whether the coordinates can be used, or none were filed."""
    if longitude is None or latitude is None:
        return _check_absent(table)
    if not table.has("frame"):
        table.warning(
            None,
            say("{table} 没有写坐标系，按 gcj02（高德、腾讯地图）处理。", table=table.name),
            say('请写明 frame = "gcj02"、"bd09"（百度）或 "wgs84"（GPS）；坐标系弄错会偏差 100 至 700 米。'),
        )
    swapped = _in_china(latitude, longitude) and not _in_china(longitude, latitude)
    if abs(latitude) > 90 or swapped or (longitude, latitude) == (0, 0):
        remedy = (
            say(
                "经度和纬度好像写反了：请改为 longitude = {latitude}，latitude = {longitude}。",
                longitude=longitude,
                latitude=latitude,
            )
            if swapped
            else say("请从地图上重新取坐标：经度 longitude 在 -180 到 180 之间，纬度 latitude 在 -90 到 90 之间。")
        )
        table.error(
            "longitude" if table.has("longitude") else KEY,
            say(
                "{table} 的坐标（经度 {longitude}，纬度 {latitude}）不成立。",
                table=table.name,
                longitude=longitude,
                latitude=latitude,
            ),
            remedy,
        )
        return False
    if not _in_china(longitude, latitude):
        table.warning(
            "longitude" if table.has("longitude") else KEY,
            say(
                "{table} 的坐标（经度 {longitude}，纬度 {latitude}）不在中国境内。",
                table=table.name,
                longitude=longitude,
                latitude=latitude,
            ),
            say("请核对坐标。"),
        )
    return True


def _check_absent(table: Table) -> bool:
    given = [key for key in ("longitude", "latitude") if table.has(key)]
    if len(given) == 1:
        table.error(
            given[0],
            say("{table} 只写了 {key}。", table=table.name, key=given[0]),
            say("经度 longitude 和纬度 latitude 要么都写，要么都不写。"),
        )
    if not given:
        table.warning(
            None,
            say("{table} 没有坐标，无法核对照片的拍摄地点。", table=table.name),
            say("请填写 longitude、latitude 和 frame。"),
        )
    return not given  # what is there but unsound was noted where it was read


def _in_china(longitude: float, latitude: float) -> bool:
    return CHINA_LONGITUDE[0] <= longitude <= CHINA_LONGITUDE[1] and CHINA_LATITUDE[0] <= latitude <= CHINA_LATITUDE[1]
