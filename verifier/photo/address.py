"""Compare a printed address with the filed one, as people would: by its names, not letter by letter.

A stamp rarely prints what the filing says: the province is missing, the place's own name stands there, or only the
district. So the answer has three values, and a difference alone proves nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

# From the largest to the smallest; each level's endings. A supermarket (超市) is no city, a housing estate (小区) no
# district, and Red Flag Road (红旗路) no banner.
LEVELS: tuple[tuple[str, str], ...] = (
    ("province", r"省|自治区|特别行政区"),
    ("city", r"(?<![城超门集夜闹])市|自治州|地区|(?<!联)盟"),
    ("district", r"开发区|新区|(?<![小园校社景厂片院库业])区|县|(?<!红)旗"),
    ("town", r"街道|镇|乡|苏木"),
    ("street", r"大道|公路|大街|路|街|巷|弄|胡同|村|社区|屯"),
)
AREA_LEVELS = {"province", "city", "district"}
SEPARATORS = re.compile(r"[\s·•,，.。;；:：、()（）\[\]【】\-—_|/]+")
NUMBER = re.compile(r"\d+(?:号|弄|栋|幢|室|楼)?")
MIN_NAME = 4  # characters in common that make a name of a place, with the areas taken away


class AddressMatch(StrEnum):
    """How two addresses relate; stored in findings."""

    SAME = "same"  # a street, a town or the place's own name is in both
    SAME_AREA = "same_area"  # only city or district are known to be the same
    DIFFERENT = "different"  # a name of the same level differs
    UNKNOWN = "unknown"  # nothing of one is in the other, and nothing contradicts


@dataclass(frozen=True, slots=True)
class AddressComparison:
    """The answer and the names it rests on."""

    match: AddressMatch
    shared: tuple[str, ...] = ()
    different: tuple[tuple[str, str], ...] = ()
    other_city: bool = False  # districts overlap (a development zone lies in a district); cities do not


def split_address(text: str) -> dict[str, tuple[str, ...]]:
    """The names of an address by level, and what is left over under ``rest``.

    Source: the order of Chinese postal addresses, from the largest area to the smallest (GB/T 23705).
    """
    plain = unicodedata.normalize("NFKC", text)
    found: dict[str, list[str]] = {}
    for part in filter(None, SEPARATORS.split(plain)):
        rest = part
        for level, endings in LEVELS:
            match = re.match(rf"([^\d]{{1,12}}?)({endings})", rest)
            if match is None or len(match[1]) < 1:
                continue
            found.setdefault(level, []).append(match[0])
            rest = rest[match.end() :]
        rest = NUMBER.sub("", rest)
        if rest:
            found.setdefault("rest", []).append(rest)
    return {level: tuple(names) for level, names in found.items()}


def compare_addresses(printed: str, filed: str, names: tuple[str, ...] = ()) -> AddressComparison:
    """Compare a printed address with the filed one.

    Args:
        printed: As the stamp shows it.
        filed: The venue's address.
        names: What else the place may be called: the venue's and the agency's name.
    """
    seen, wanted = split_address(printed), split_address(filed)
    shared: list[str] = []
    different: list[tuple[str, str]] = []
    near = other_city = False
    for level, _ in LEVELS:
        here, there = seen.get(level, ()), wanted.get(level, ())
        # By its end, as a misread 市 glues the city to its district.
        common = [filed for name in here for filed in there if name.endswith(filed) or filed.endswith(name)]
        shared += common
        near = near or (bool(common) and level not in AREA_LEVELS)
        # A town or street may have several names, and a stamp names the nearest; areas have one each.
        if here and there and not common and level in AREA_LEVELS:
            different.append((here[0], there[0]))
            other_city = other_city or level != "district"
    own_name = _find_own_name(seen, (filed, *names), shared)
    if own_name:
        shared.append(own_name)
    if different:
        return AddressComparison(AddressMatch.DIFFERENT, tuple(shared), tuple(different), other_city)
    if near or own_name:
        return AddressComparison(AddressMatch.SAME, tuple(shared))
    return AddressComparison(AddressMatch.SAME_AREA if shared else AddressMatch.UNKNOWN, tuple(shared))


def _find_own_name(seen: dict[str, tuple[str, ...]], filed: tuple[str, ...], shared: list[str]) -> str:
    """The longest name of the printed rest, or street without its ending, that a filed name holds."""
    best = ""
    known = [_strip_areas(unicodedata.normalize("NFKC", text), shared) for text in filed]
    for rest in (*seen.get("rest", ()), *seen.get("street", ()), *seen.get("town", ())):
        for start in range(len(rest)):
            for end in range(start + max(MIN_NAME, len(best) + 1), len(rest) + 1):
                if not any(rest[start:end] in text for text in known):
                    break
                best = rest[start:end]
    return best


def _strip_areas(text: str, areas: list[str]) -> str:
    for area in areas:
        text = text.replace(area, "|")
    return SEPARATORS.sub("|", text)
