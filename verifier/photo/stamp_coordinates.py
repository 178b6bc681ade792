"""Printed coordinates: decimals or degrees, minutes and seconds, labelled in many ways and in either order.

Which number is the longitude is decided by its label, and the label by its range: nothing above 90 is a latitude, and
in China (73 to 136 E, 3 to 54 N) the two cannot be confused. A label that its range contradicts is reported as swapped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from verifier.observation import Field
from verifier.photo.stamp_text import DIGIT as D
from verifier.photo.stamp_text import Reading, mostly_digits, to_digits

# China's outermost points: 73.5 to 135.1 E, 3.9 to 53.6 N.
CHINA_LONGITUDE = (73.0, 136.0)
CHINA_LATITUDE = (3.0, 54.0)
AMBIGUOUS_CONFIDENCE = 0.5

_LABELS = {
    "经度": "lon", "东经": "lon", "西经": "lon-", "纬度": "lat", "北纬": "lat", "南纬": "lat-",
    "longitude": "lon", "long": "lon", "lng": "lon", "lon": "lon", "latitude": "lat", "lat": "lat",
    "e": "lon", "w": "lon-", "n": "lat", "s": "lat-",
}  # fmt: skip
# A letter that ends a number early is a digit misread (28.25475L): all of it stays unread. A label may follow, and a dot
# behind the last digit is a speck of the scene.
_DECIMAL_END = r"(?![0-9]|\.\s?[0-9]|(?!(?i:Lat|Lon|Lng)|[NSEW](?![A-Za-z]))[A-Za-z])"
# A label whose first letter was misread or lost (排度：38.069338) still announces a coordinate.
_TOKEN = re.compile(
    rf"""(?:(?P<pair>经\s*纬\s*度?|坐\s*标|GPS|(?<![经纬])(?<![经纬]\s)[^经纬\s]?度(?=\s*:\s*[0-9]{{1,3}}\.[0-9]{{4}}))\s*[:.]?\s*)?
    (?:(?P<before>[经纬]\s*度|[东西]\s*经|[南北]\s*纬|(?i:Longitude|Latitude|Long|Lng|Lon|Lat)|(?<![A-Za-z])[NSEW])\s*(?:[:.]\s*){{0,2}})?
    (?:
      (?<![0-9.])(?P<deg>{D}{{1,3}})\s*[°度]\s*
      (?P<min>{D}{{1,2}})\s*(?:['/分]|(?<=[0-9][0-9])(?=[0-9][0-9]\.))\s*  # a lost minute sign leaves two and two digits
      (?P<sec>{D}{{1,2}}(?:[.,]{D}+)?)(?!\s?[0-9](?![0-9]*\s*[°度]))  # more digits mean that the point was lost
      \s*(?:"|''?|秒)?
      |
      (?<![0-9.])(?P<dec>-?{D}{{1,3}}\s?\.\s?{D}{{2,10}}){_DECIMAL_END}\s*[°度]?
    )
    (?(before)|(?:\s*(?P<after>[NSEW])(?![A-Za-z0-9]))?)""",
    re.X,
)


_CHINESE_LABEL = re.compile(r"[经纬]\s*度")
_DECIMALS = re.compile(r"[0-9]+")
_RUN_END = r"(?![0-9]|[.,]\s?[0-9])"
# What a point between degrees and decimals is read as where the scene adds to it.
_POINT = "[.,:;·]"
# Degrees and decimals of two numbers, each point perhaps read as another sign; so many digits are no degrees of their own.
_PAIR = re.compile(
    rf"(?<![0-9.,])[0-9]{{1,3}}({_POINT})([0-9]{{5,8}})\s*,\s*[0-9]{{1,3}}({_POINT})([0-9]{{5,8}}){_RUN_END}"
)
# N364134.4 has lost both signs: seconds and minutes have two digits each.
_SIGNS_LOST = re.compile(r"(?<![A-Za-z])(?:[NS]\s*(?P<n>[0-9]{5,6})|[EW]\s*(?P<e>[0-9]{6,7}))(?=[.,][0-9])")
_BOTH_LETTERS = re.compile(r"(?<![A-Za-z])(?:[NS]\s*[0-9].*[EW]|[EW]\s*[0-9].*[NS])\s*[0-9]")
_LETTER = r"\s*[°度]?\s*[NSEW]?"
# Two numbers under one announcement, one of which has lost its point over a bright edge: 31.93538,10439066.
_POINT_LOST_LATER = re.compile(
    rf"[经纬]\s*度?\s*[:.]?\s*[0-9]{{1,3}}(?P<p>{_POINT})(?P<d>[0-9]{{4,8}}){_LETTER}\s*,\s*(?P<n>[0-9]{{6,11}}){_RUN_END}"
)
_POINT_LOST_FIRST = re.compile(
    rf"[经纬]\s*度?\s*[:.]?\s*(?P<n>[0-9]{{6,11}}){_LETTER}\s*,\s*[0-9]{{1,3}}(?P<p>{_POINT})(?P<d>[0-9]{{4,8}}){_RUN_END}"
)
# Long81'065237: so many digits are no minutes. Print of the scene that runs on from the number is a word; a misread digit is not.
_ENGLISH_POINT = re.compile(
    r"(?i:Longitude|Latitude|Long|Lng|Lon|Lat)\s*[:.]?\s*[0-9]{1,3}(?P<c>[.,:;·'’])[0-9]{5,8}"
    r"(?:(?P<word>(?!Lat|Lon|Lng)[A-Z]?[a-z]{4,})|(?![0-9A-Za-z]|[.,]\s?[0-9]))"
)
# N2430'30.5" has lost its degree sign.
_DEGREES_LOST = re.compile(r"""(?<![A-Za-z])(?P<l>[NSEW])\s*(?P<n>[0-9]{3,5})['’](?=[0-9]{1,2}(?:[.,][0-9]+)?["”'’])""")
# 北纬25,738778 and 经度：102-831486 have one meaning, and so has 经度：119778407 beside 纬度：23.885044.
_LABEL_BEFORE = r"(?:(?<!经)[经纬]\s*度|[东西]\s*经|[南北]\s*纬)\s*[:.]?\s*"
_LABELLED_COMMA = re.compile(rf"{_LABEL_BEFORE}[0-9]{{1,3}}(?P<c>[,:;·\-])[0-9]{{4,8}}{_RUN_END}")
_LABELLED_DECIMAL = re.compile(rf"{_LABEL_BEFORE}[0-9]{{1,3}}\.([0-9]{{4,8}}){_RUN_END}")
_LABELLED_RUN = re.compile(rf"{_LABEL_BEFORE}(?P<n>[0-9]{{6,11}}){_RUN_END}")
_LABELLED_RUNS = re.compile(
    rf"{_LABEL_BEFORE}(?P<one>[0-9]{{6,11}})\s*[°度]?\s*,?\s*{_LABEL_BEFORE}(?P<two>[0-9]{{5,10}}){_RUN_END}"
)
_MERGED = re.compile(r"(?<![0-9.])[0-9]{1,3}\.(?P<d>[0-9]{7,12})\.(?P<e>[0-9]{4,8})(?![0-9.])")


@dataclass(frozen=True, slots=True)
class _Number:
    value: float
    role: str  # "lon", "lat" or "" where nothing says so
    paired: bool  # stands under a word that announces coordinates
    marked: bool  # carries a degree sign, so it is a coordinate even without a label
    row: int
    field: Field[float]


@dataclass(frozen=True, slots=True)
class Coordinates:
    """What was understood; `swapped` where printed letters contradict the ranges. Spans are (row, start, end)."""

    longitude: Field[float] | None
    latitude: Field[float] | None
    swapped: bool
    spans: tuple[tuple[int, int, int], ...]


def find_coordinates(rows: Sequence[Reading]) -> Coordinates | None:
    """The first pair of coordinates in some rows; a half pair where only one number could be read; None without any."""
    numbers: list[_Number] = []
    spans: list[tuple[int, int, int]] = []
    announced = False
    for index, row in enumerate(rows):
        for match in _TOKEN.finditer(row.text):
            announced = announced or match["pair"] is not None
            number = _read_number(row, index, match, announced)
            if number is None:
                continue
            if _shares_label(numbers, spans, number, row.text[: match.start()]):
                numbers[-1] = replace(numbers[-1], role="", paired=True)
                number = replace(number, paired=True)
            numbers.append(number)
            spans.append((index, *match.span()))
    numbers, spans = _drop_strays(numbers, spans)
    if not numbers:
        return None
    first = numbers[0]
    second = next((other for other in numbers[1:] if not first.role or other.role != first.role), None)
    if second is None and len(numbers) > 1:
        second = numbers[1]
    if second is None:
        return _decide_single(first, spans)
    return _decide_pair(first, second, spans)


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


def separate_merged(row: Reading) -> Reading:
    """Put a space between two coordinates whose comma was lost: 23.623585121.530158.

    Stamps print both with the same number of decimals, which leaves one place to cut. The digits there are doubtful.
    """
    match = _MERGED.search(row.text)
    if match is None or len(match["d"]) <= len(match["e"]):
        return row
    cut = match.start("d") + len(match["e"])
    if not 2 <= match.end("d") - cut <= 3:
        return row
    sure = list(row.sure)
    for index in (cut - 1, cut):
        sure[index] = min(sure[index], AMBIGUOUS_CONFIDENCE)
    return Reading(row.text[:cut] + " " + row.text[cut:], (*sure[:cut], AMBIGUOUS_CONFIDENCE, *sure[cut:]), row.box)


def restore_points(row: Reading) -> Reading:
    """Put back points between degrees and decimals that were read as other signs, or not at all.

    37,61434,121:37547 has one meaning, and so has 31.93538,10439066, as both numbers have the same decimals. Such points
    are doubtful.
    """
    match = _PAIR.search(row.text)
    if match is None or len(match[2]) != len(match[4]):
        for mend in (_mend_english, _insert_signs, _insert_degrees, _mend_commas, _insert_point, _insert_both_points):
            row = mend(row)
        return row
    text, sure = list(row.text), list(row.sure)
    for at in (match.start(1), match.start(3)):
        if text[at] != ".":
            text[at], sure[at] = ".", min(sure[at], AMBIGUOUS_CONFIDENCE)
    return Reading("".join(text), tuple(sure), row.box)


def restore_lone_points(rows: Sequence[Reading]) -> list[Reading]:
    """Put back the point of a labelled number on a row of its own, where the other number tells how many decimals there are."""
    decimals = {len(match[1]) for row in rows for match in _LABELLED_DECIMAL.finditer(row.text)}
    if len(decimals) != 1:
        return list(rows)
    count = decimals.pop()
    restored = []
    for row in rows:
        match = _LABELLED_RUN.search(row.text)
        degrees = match["n"][:-count] if match is not None else ""
        if match is not None and 2 <= len(degrees) <= 3 and int(degrees) <= 180:
            row = _with_point(row, match.end("n") - count)
        restored.append(row)
    return restored


def _mend_commas(row: Reading) -> Reading:
    text, sure = list(row.text), list(row.sure)
    for match in _LABELLED_COMMA.finditer(row.text):
        text[match.start("c")], sure[match.start("c")] = ".", min(sure[match.start("c")], AMBIGUOUS_CONFIDENCE)
    return Reading("".join(text), tuple(sure), row.box)


def _mend_english(row: Reading) -> Reading:
    for match in reversed(list(_ENGLISH_POINT.finditer(row.text))):
        text, sure, point = row.text, list(row.sure), match.start("c")
        if text[point] == "." and match["word"] is None:
            continue
        sure[point] = min(sure[point], AMBIGUOUS_CONFIDENCE)
        row = Reading(text[:point] + "." + text[point + 1 :], tuple(sure), row.box)
        if match["word"] is not None:
            row = _with_sign(row, match.start("word"), " ")
    return row


def _insert_degrees(row: Reading) -> Reading:
    """E11151'17.8" is 111°51': its digits are cut where degrees and minutes are possible, if that is one place only."""
    for match in reversed(list(_DEGREES_LOST.finditer(row.text))):
        digits, most = match["n"], 90 if match["l"] in "NS" else 180
        cuts = [
            cut for cut in (len(digits) - 2, len(digits) - 1) if int(digits[:cut]) <= most and int(digits[cut:]) <= 59
        ]
        if len(cuts) == 1:
            row = _with_sign(row, match.start("n") + cuts[0], "°")
    return row


def _insert_signs(row: Reading) -> Reading:
    if not _BOTH_LETTERS.search(row.text):
        return row
    for match in reversed(list(_SIGNS_LOST.finditer(row.text))):
        name, most = ("n", 90) if match["n"] else ("e", 180)
        degrees, minutes, seconds = match[name][:-4], match[name][-4:-2], match[name][-2:]
        if int(degrees) <= most and int(minutes) <= 59 and int(seconds) <= 59:
            row = _with_sign(_with_sign(row, match.end(name) - 2, "'"), match.end(name) - 4, "°")
    return row


def _insert_point(row: Reading) -> Reading:
    match = _POINT_LOST_LATER.search(row.text) or _POINT_LOST_FIRST.search(row.text)
    if match is None:
        return row
    at = match.end("n") - len(match["d"])
    if not 2 <= at - match.start("n") <= 3 or int(match["n"][: at - match.start("n")]) > 180:
        return row
    text, sure, point = row.text, list(row.sure), match.start("p")
    if text[point] != ".":
        sure[point] = min(sure[point], AMBIGUOUS_CONFIDENCE)
    return _with_point(Reading(text[:point] + "." + text[point + 1 :], tuple(sure), row.box), at)


def _insert_both_points(row: Reading) -> Reading:
    """Two labelled numbers that both lost their point (东经103323478北纬34350736), where one count of decimals leads to China."""
    match = _LABELLED_RUNS.search(row.text)
    if match is None:
        return row
    longitude_first = "经" in match[0][:2]
    ranges = (CHINA_LONGITUDE, CHINA_LATITUDE) if longitude_first else (CHINA_LATITUDE, CHINA_LONGITUDE)
    # With one digit of degrees another digit may be lost as well.
    counts = [
        count
        for count in range(4, 9)
        if all(
            len(match[name]) >= count + 2 and low <= int(match[name][:-count]) < high
            for name, (low, high) in zip(("one", "two"), ranges, strict=True)
        )
    ]
    if len(counts) != 1:
        return row
    return _with_point(_with_point(row, match.end("two") - counts[0]), match.end("one") - counts[0])


def _with_point(row: Reading, at: int) -> Reading:
    return _with_sign(row, at, ".")


def _with_sign(row: Reading, at: int, sign: str) -> Reading:
    text = row.text[:at] + sign + row.text[at:]
    return Reading(text, (*row.sure[:at], AMBIGUOUS_CONFIDENCE, *row.sure[at:]), row.box)


def _read_number(row: Reading, index: int, match: re.Match[str], announced: bool) -> _Number | None:
    if match["deg"]:
        printed = match["deg"] + match["min"] + match["sec"]
        degrees, minutes = int(to_digits(match["deg"])), int(to_digits(match["min"]))
        seconds = float(to_digits(match["sec"].replace(",", ".")))
        if minutes > 59 or seconds >= 60:
            return None
        value = degrees + minutes / 60 + seconds / 3600
        start, end = match.start("deg"), match.end("sec")
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
    marked = bool(match["deg"]) or "°" in match.group()
    sure = row.digits_confidence(start, end)
    field = Field(value, sure, row.box_of(start, end), match.group().strip())
    return _Number(value, role, announced, marked, index, field)


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
        sure = _keep if first.role and second.role and _are_alike(first, second) else _doubt
        if _possible(*printed) and (_in_china(*printed) or not _in_china(*turned)):
            return Coordinates(sure(printed[0].field), sure(printed[1].field), False, tuple(spans))
        if _possible(*turned):
            return Coordinates(sure(turned[0].field), sure(turned[1].field), True, tuple(spans))
        return None
    # Without labels the usual order is latitude first (the app whose stamps are most common prints it so).
    options = [(second, first), (first, second)]
    contradicting = bool(first.role)  # the same letter on both
    for fits in (_in_china, _possible):
        fitting = [option for option in options if fits(*option)]
        if len(fitting) == 1:
            sure = _keep if _are_alike(first, second) else _doubt
            return Coordinates(sure(fitting[0][0].field), sure(fitting[0][1].field), contradicting, tuple(spans))
        if fitting:
            break
    else:
        return None
    longitude, latitude = options[0]
    return Coordinates(_doubt(longitude.field), _doubt(latitude.field), contradicting, tuple(spans))


def _are_alike(first: _Number, second: _Number) -> bool:
    """Stamps print both numbers with the same decimals; one fewer is a digit that was not seen."""
    return len(_DECIMALS.findall(first.field.text)[-1]) == len(_DECIMALS.findall(second.field.text)[-1])


def _keep(field: Field[float]) -> Field[float]:
    return field


def _doubt(field: Field[float]) -> Field[float]:
    return Field(field.value, min(field.confidence, AMBIGUOUS_CONFIDENCE), field.box, field.text)


def _in_china(longitude: _Number, latitude: _Number) -> bool:
    return (
        CHINA_LONGITUDE[0] <= longitude.value <= CHINA_LONGITUDE[1]
        and CHINA_LATITUDE[0] <= latitude.value <= CHINA_LATITUDE[1]
    )


def _possible(longitude: _Number, latitude: _Number) -> bool:
    return abs(longitude.value) <= 180 and abs(latitude.value) <= 90
