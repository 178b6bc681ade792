"""Signs of printed coordinates that the scene has swallowed or changed, put back where one meaning is left, and in doubt then.

Points between degrees and decimals, rings, minute signs and commas are thin: over an edge or a crowd they are read as other
signs, or not at all. Digits are never changed here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from verifier.photo.stamp_text import AMBIGUOUS_CONFIDENCE, Reading

# China's outermost points: 73.5 to 135.1 E, 3.9 to 53.6 N.
CHINA_LONGITUDE = (73.0, 136.0)
CHINA_LATITUDE = (3.0, 54.0)

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
# The small ring is read as a dash, a star or a dot over an edge: E107-52'46.6"; or as a 0: E107052'46.6".
_DEGREES_MISREAD = re.compile(
    r"""(?<![A-Za-z])[NSEW]\s*[0-9]{1,3}(?P<c>\s|[^0-9A-Za-z°度'"])(?=[0-9]{2}\s?['/][0-9]{1,2}(?![0-9]))"""
)
# N2430'30.5" has lost its degree sign.
_DEGREES_LOST = re.compile(r"""(?<![A-Za-z])(?P<l>[NSEW])\s*(?P<n>[0-9]{3,6})['’](?=[0-9]{1,2}(?:[.,][0-9]+)?["”'’])""")
# 北纬25,738778 and 经度：102-831486 have one meaning, and so has 经度：119778407 beside 纬度：23.885044.
_LABEL_BEFORE = r"(?:(?<!经)[经纬]\s*度|[东西]\s*经|[南北]\s*纬)\s*[:.]?\s*"
_LABELLED_COMMA = re.compile(rf"{_LABEL_BEFORE}[0-9]{{1,3}}(?P<c>[,:;·\-])[0-9]{{4,8}}{_RUN_END}")
_LABELLED_DECIMAL = re.compile(rf"{_LABEL_BEFORE}[0-9]{{1,3}}\.([0-9]{{4,8}}){_RUN_END}")
_LABELLED_RUN = re.compile(rf"{_LABEL_BEFORE}(?P<n>[0-9]{{6,11}}){_RUN_END}")
_LABELLED_RUNS = re.compile(
    rf"{_LABEL_BEFORE}(?P<one>[0-9]{{6,11}})\s*[°度]?\s*,?\s*{_LABEL_BEFORE}(?P<two>[0-9]{{5,10}}){_RUN_END}"
)
_MERGED = re.compile(r"(?<![0-9.])[0-9]{1,3}\.(?P<d>[0-9]{7,12})\.(?P<e>[0-9]{4,8})(?![0-9.])")


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
    """E11151'17.8" is 111°51': its digits are cut where degrees and minutes are possible, if that is one place only.

    What stands between two numbers in the ring's place is the ring.
    """
    for match in _DEGREES_MISREAD.finditer(row.text):
        row = _replace_sign(row, match.start("c"), "°")
    for match in reversed(list(_DEGREES_LOST.finditer(row.text))):
        digits, most = match["n"], 90 if match["l"] in "NS" else 180
        cuts = [
            cut for cut in (len(digits) - 2, len(digits) - 1) if int(digits[:cut]) <= most and int(digits[cut:]) <= 59
        ]
        if len(cuts) == 1:
            row = _with_sign(row, match.start("n") + cuts[0], "°")
        elif not cuts and digits[-3] == "0" and 0 < int(digits[:-3] or 0) <= most and int(digits[-2:]) <= 59:
            row = _replace_sign(row, match.end("n") - 3, "°")
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


def _replace_sign(row: Reading, at: int, sign: str) -> Reading:
    sure = min(row.sure[at], AMBIGUOUS_CONFIDENCE)
    return Reading(row.text[:at] + sign + row.text[at + 1 :], (*row.sure[:at], sure, *row.sure[at + 1 :]), row.box)


def _with_sign(row: Reading, at: int, sign: str) -> Reading:
    text = row.text[:at] + sign + row.text[at:]
    return Reading(text, (*row.sure[:at], AMBIGUOUS_CONFIDENCE, *row.sure[at:]), row.box)
