"""Printed coordinates: decimals or degrees, minutes and seconds, labelled in many ways and in either order.

Which number is the longitude is decided by its label, and the label by its range: nothing above 90 is a latitude, and
in China (73 to 136 E, 3 to 54 N) the two cannot be confused. A label that its range contradicts is reported as swapped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from verifier.observation import Field
from verifier.photo.stamp_mend import CHINA_LATITUDE, CHINA_LONGITUDE
from verifier.photo.stamp_text import AMBIGUOUS_CONFIDENCE, Reading, doubt_field, mostly_digits, to_digits
from verifier.photo.stamp_text import DIGIT as D

_LABELS = {
    "经度": "lon", "东经": "lon", "西经": "lon-", "纬度": "lat", "北纬": "lat", "南纬": "lat-",
    "longitude": "lon", "long": "lon", "lng": "lon", "lon": "lon", "latitude": "lat", "lat": "lat",
    "东": "lon", "西": "lon-", "北": "lat", "南": "lat-", "e": "lon", "w": "lon-", "n": "lat", "s": "lat-",
}  # fmt: skip
# A letter that ends a number early is a digit misread (28.25475L): all of it stays unread. A label may follow, and a dot
# behind the last digit is a speck of the scene.
_DECIMAL_END = r"(?![0-9]|\.\s?[0-9]|(?!(?i:Lat|Lon|Lng)|[NSEW](?![A-Za-z]))[A-Za-z])"
# A label whose first letter was misread or lost (排度：38.069338) still announces a coordinate.
_TOKEN = re.compile(
    rf"""(?:(?P<pair>经\s*纬\s*度?|坐\s*标|GPS|(?<![经纬])(?<![经纬]\s)(?<![精速温湿高坡角])[^经纬精速温湿高坡角\s]?度(?=\s*:\s*[0-9]{{1,3}}\.[0-9]{{4}}))\s*[:.]?\s*)?
    (?:(?P<before>[经纬]\s*度|[东西]\s*经|[南北]\s*纬|[东西南北](?=\s*[0-9]{{1,3}}\.[0-9]{{4}})
        |(?i:Longitude|Latitude|Long|Lng|Lon|Lat)|(?<![A-Za-z])[NSEW])\s*(?:[:.]\s*){{0,2}})?
    (?:
      (?<![0-9.])(?P<deg>{D}{{1,3}})\s*[°度]\s*
      (?P<min>{D}{{1,2}})\s*(?:['/分]|(?<=[0-9][0-9])(?=[0-9][0-9]\.))\s*  # a lost minute sign leaves two and two digits
      (?P<sec>{D}{{1,2}}(?:[.,]{D}+)?)(?!\s?[0-9](?![0-9]*\s*[°度]))  # more digits mean that the point was lost
      \s*(?:"|''?|秒)?
      |
      (?<![0-9.])(?P<ring>{D}{{1,3}})\s*[°度]\s*(?P<minutes>{D}{{1,2}}\.{D}{{3,6}})  # never 34.20' of a torn 34'20"
      \s*(?:(?P<prime>['/分])|(?<=\.[0-9]{{3}})(?![0-9.,"']|\s*["'.]))  # three decimals show that only the sign was lost
      |
      (?<![0-9.])(?P<dec>-?{D}{{1,3}}\s?\.\s?{D}{{2,10}}){_DECIMAL_END}\s*[°度]?
    )
    (?(before)|(?:\s*(?P<after>[NSEW])(?:(?![A-Za-z0-9])|(?=[0-9]{{1,3}}(?:\.[0-9]{{2,10}}\s*°?|\s*°[^NSEW]{{3,14}}?)\s*[NSEW](?![A-Za-z0-9]))))?)""",
    re.X,
)


# What other sensors of a phone measure is no coordinate, though it may carry a ring: 方位角: 123.4567°, 方向: 北 3.12°.
_SENSOR = re.compile(
    r"(?:方\s*位\s*角?|方\s*向|海\s*拔|[精速温湿高坡]\s*度|气\s*压|航\s*向|[倾俯仰]\s*角|风\s*[力速]|Alt(?:itude)?|Bearing|Heading|Speed|Accuracy)"
    r"\s*[:.]?\s*(?:[东西南北]+\s*)?$",
    re.I,
)
# A label alone on its row: the number stands on the next one.
_LONE_LABEL = re.compile(r"\W*(?P<l>[经纬]\s*度|[东西]\s*经|[南北]\s*纬|(?i:Longitude|Latitude|Long|Lng|Lon|Lat))\W*")
_CHINESE_LABEL = re.compile(r"[经纬]\s*度")
_DECIMALS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class _Number:
    value: float
    role: str  # "lon", "lat" or "" where nothing says so
    paired: bool  # stands under a word that announces coordinates
    marked: bool  # carries a degree sign, so it is a coordinate even without a label
    whole_seconds: bool  # its seconds show no decimals
    row: int
    field: Field[float]


@dataclass(frozen=True, slots=True)
class Coordinates:
    """What was understood; `swapped` where printed letters contradict the ranges. Spans are (row, start, end).

    `alike` tells that both numbers were read with the same decimals, as stamps print them.
    """

    longitude: Field[float] | None
    latitude: Field[float] | None
    swapped: bool
    spans: tuple[tuple[int, int, int], ...]
    alike: bool = False


def find_coordinates(rows: Sequence[Reading]) -> Coordinates | None:
    """The first pair of coordinates in some rows; a half pair where only one number could be read; None without any."""
    numbers: list[_Number] = []
    spans: list[tuple[int, int, int]] = []
    announced, above = False, ""
    for index, row in enumerate(rows):
        for match in _TOKEN.finditer(row.text):
            announced = announced or match["pair"] is not None
            number = _read_number(row, index, match, announced)
            if number is None or _SENSOR.search(row.text[: _find_start(match)]):
                continue
            if above and not number.role:
                number, above = replace(number, role=above), ""
            if _shares_label(numbers, spans, number, row.text[: match.start()]):
                numbers[-1] = replace(numbers[-1], role="", paired=True)
                number = replace(number, paired=True)
            numbers.append(number)
            spans.append((index, *match.span()))
        lone = _LONE_LABEL.fullmatch(row.text)
        above = _LABELS[re.sub(r"\s", "", lone["l"]).lower()].rstrip("-") if lone is not None else ""
    numbers, spans = _drop_strays(numbers, spans)
    if not numbers:
        return None
    first = numbers[0]
    second = next((other for other in numbers[1:] if not first.role or other.role != first.role), None)
    if second is None and len(numbers) > 1:
        second = numbers[1]
    found = _decide_single(first, spans) if second is None else _decide_pair(first, second, spans)
    return None if found is None else _doubt_lost_digit(found)


def _doubt_lost_digit(found: Coordinates) -> Coordinates:
    """With what may have lost its first digit in doubt: 9.789766 is also what is left of a latitude of 39, 12.35 of 112.35.

    Nearly all of China lies north of 10 degrees and east of 100 or of 73; abroad these doubts remain. 0 is no place.
    """
    longitude, latitude = found.longitude, found.latitude
    if latitude is not None and 0 < latitude.value < 10:
        latitude = doubt_field(latitude)
    if longitude is not None and 0 < longitude.value <= CHINA_LONGITUDE[1] - 100:
        longitude = doubt_field(longitude)
    return replace(found, longitude=longitude, latitude=latitude)


def _find_start(match: re.Match[str]) -> int:
    return next(match.start(name) for name in ("deg", "ring", "dec") if match[name])


def _shares_label(
    numbers: Sequence[_Number], spans: Sequence[tuple[int, int, int]], number: _Number, before: str
) -> bool:
    """Whether a number without a label follows a labelled one behind a comma.

    "经度：27.539266，98.401878" has lost the middle of 经纬度: where each number has its own label, both are printed.
    """
    if not numbers or number.role or numbers[-1].row != number.row or not numbers[-1].role:
        return False
    labelled = _CHINESE_LABEL.match(numbers[-1].field.text)
    return labelled is not None and re.fullmatch(r"\s*[°度]?\s*,\s*", before[spans[-1][2] :]) is not None


def _read_number(row: Reading, index: int, match: re.Match[str], announced: bool) -> _Number | None:
    doubtful = False
    if match["deg"]:
        printed = match["deg"] + match["min"] + match["sec"]
        degrees, minutes = int(to_digits(match["deg"])), int(to_digits(match["min"]))
        seconds = float(to_digits(match["sec"].replace(",", ".")))
        if minutes > 59 or seconds >= 60:
            return None
        value = degrees + minutes / 60 + seconds / 3600
        start, end = match.start("deg"), match.end("sec")
    elif match["ring"]:
        printed = match["ring"] + match["minutes"]
        tail = float(to_digits(match["minutes"]))
        if tail >= 60:
            return None
        value = int(to_digits(match["ring"])) + tail / 60
        start, end = match.start("ring"), match.end("minutes")
        doubtful = match["prime"] is None
    else:
        printed = match["dec"]
        value = float(to_digits(printed.replace(" ", "")))
        start, end = match.span("dec")
    if not mostly_digits(printed) or abs(value) > 180:
        return None
    roles = [_LABELS[re.sub(r"\s", "", match[name]).lower()] for name in ("before", "after") if match[name]]
    role = roles[-1] if roles else ""
    if role.endswith("-"):
        value, role = -value, role[:-1]
    marked = bool(match["deg"] or match["ring"]) or "°" in match.group()
    sure = row.digits_confidence(start, end)
    if match["before"] in tuple("东西南北") or doubtful:
        # Of a label's two letters the second is lost, and perhaps a digit with it; likewise beside a lost minute sign.
        sure = min(sure, AMBIGUOUS_CONFIDENCE)
    field = Field(value, sure, row.box_of(start, end), match.group().strip())
    whole_seconds = bool(match["deg"]) and re.fullmatch("[0-9]+", match["sec"]) is not None
    return _Number(value, role, announced, marked, whole_seconds, index, field)


def _drop_strays(
    numbers: list[_Number], spans: list[tuple[int, int, int]]
) -> tuple[list[_Number], list[tuple[int, int, int]]]:
    """Keep what is labelled, announced or marked; bare numbers only as a pair on one row, three decimals each."""
    kept = []
    for number, span in zip(numbers, spans, strict=True):
        beside = [other for other in numbers if other.row == number.row]
        bare_pair = len(beside) == 2 and all(len(other.field.text.split(".")[-1]) >= 3 for other in beside)
        if number.role or number.paired or number.marked or bare_pair:
            kept.append((number, span))
    return [number for number, _ in kept], [span for _, span in kept]


def _decide_single(number: _Number, spans: list[tuple[int, int, int]]) -> Coordinates | None:
    if number.role == "lon":
        return Coordinates(number.field, None, False, tuple(spans))
    if number.role == "lat" and abs(number.value) <= 90:
        return Coordinates(None, number.field, False, tuple(spans))
    return None


def _decide_pair(first: _Number, second: _Number, spans: list[tuple[int, int, int]]) -> Coordinates | None:
    labelled = {first.role, second.role} == {"lon", "lat"} or bool(first.role) != bool(second.role)
    if labelled:
        longitude_first = first.role == "lon" or second.role == "lat"
        printed, turned = (first, second), (second, first)
        if not longitude_first:
            printed, turned = turned, printed
        # Stamps label both or none: where one label was lost, digits beside it may have been lost with it.
        alike = _are_alike(first, second)
        sure = _keep if first.role and second.role and alike else doubt_field
        if _possible(*printed) and (_in_china(*printed) or not _in_china(*turned)):
            return Coordinates(sure(printed[0].field), sure(printed[1].field), False, tuple(spans), alike)
        if _possible(*turned):
            return Coordinates(sure(turned[0].field), sure(turned[1].field), True, tuple(spans), alike)
        return None
    # Without labels the usual order is latitude first (the app whose stamps are most common prints it so).
    options = [(second, first), (first, second)]
    contradicting = bool(first.role)  # the same letter on both
    for fits in (_in_china, _possible):
        fitting = [option for option in options if fits(*option)]
        if len(fitting) == 1:
            alike = _are_alike(first, second)
            sure = _keep if alike else doubt_field
            return Coordinates(sure(fitting[0][0].field), sure(fitting[0][1].field), contradicting, tuple(spans), alike)
        if fitting:
            break
    else:
        return None
    longitude, latitude = options[0]
    return Coordinates(doubt_field(longitude.field), doubt_field(latitude.field), contradicting, tuple(spans))


def _are_alike(first: _Number, second: _Number) -> bool:
    """Stamps print both numbers with the same decimals; one fewer is a digit that was not seen."""
    return len(_DECIMALS.findall(first.field.text)[-1]) == len(_DECIMALS.findall(second.field.text)[-1]) and (
        first.whole_seconds == second.whole_seconds
    )


def _keep(field: Field[float]) -> Field[float]:
    return field


def _in_china(longitude: _Number, latitude: _Number) -> bool:
    return (
        CHINA_LONGITUDE[0] <= longitude.value <= CHINA_LONGITUDE[1]
        and CHINA_LATITUDE[0] <= latitude.value <= CHINA_LATITUDE[1]
    )


def _possible(longitude: _Number, latitude: _Number) -> bool:
    return abs(longitude.value) <= 180 and abs(latitude.value) <= 90
