"""From groups of text to stamps: parts of one stamp are put together, what is no stamp is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from verifier.observation import Box, Field, Stamp, TextLine
from verifier.photo.stamp_geometry import join_rows
from verifier.photo.stamp_grammar import Parsed, parse_stamp
from verifier.photo.stamp_text import doubt_field, normalise, surround

# Two halves of one stamp (a lone clock, a date further down) stand within this share of the picture's longer side.
MAX_HALVES_SHARE = 0.25
# Text at the edge whose lines cannot be read: below this mean probability the reading is a guess.
UNREAD_CONFIDENCE = 0.75
MIN_UNREAD_LINES = 2
# What only stamps print. Apart from the edges, date, weekday and clock alone are as well a clock's on the wall, or a blackboard's.
STAMP_CUES = frozenset({"app", "words", "coordinates", "code"})


# What people write where others read it, and no stamp says.
_INSCRIPTION = re.compile(
    r"热烈|庆祝|祝贺|欢迎|预祝|公告|通知|公示|启事|作业|板书|课程表|值日|考试|报名|第[一二三四五六七八九十0-9]+[课章讲]|开班(?:仪式|典礼)"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A group of lines, understood as far as it goes. `lines` are those that were read well enough for the grammar."""

    parsed: Parsed
    box: Box
    at_border: bool
    lines: tuple[TextLine, ...]

    @property
    def cues(self) -> frozenset[str]:
        """What the group holds; see `Parsed`."""
        return self.parsed.cues


def merge_candidates(candidates: Sequence[Candidate], width: int, height: int) -> tuple[Stamp, ...]:
    """The stamps among groups of text, the fullest first.

    Args:
        candidates: Groups of lines of one picture.
        width, height: The picture's size in pixels.
    """
    reach = MAX_HALVES_SHARE * max(width, height)
    # An inscription is no half of a stamp: it must not lend its date to a clock on the wall.
    halves = _join_halves([candidate for candidate in candidates if _may_be_part(candidate)], reach)
    stamps = [candidate for candidate in halves if _is_stamp(candidate)]
    full = [candidate for candidate in stamps if {"date", "clock"} <= candidate.cues]
    if full:
        # Beside a whole stamp a lone date or clock is a poster, a wall clock, or nothing.
        stamps = [candidate for candidate in stamps if candidate in full or _is_own_stamp(candidate)]
    if any(not _may_be_written(candidate) for candidate in full):
        # And so is a blackboard, or the clock on the wall that shows its date.
        stamps = [candidate for candidate in stamps if not _may_be_written(candidate)]
    parts = [candidate for candidate in candidates if not _holds(stamps, candidate)]
    badges = [candidate for candidate in parts if candidate.cues & {"app", "code"}]
    if stamps:
        stamps = _share_badges(stamps, badges)
        first = max(range(len(stamps)), key=lambda index: _fullness(stamps[index]))
        stamps[first] = _add_camera_name(stamps[first], parts, width, height)
    else:
        stamps = badges or _unread(candidates, height)
    stamps.sort(key=_fullness, reverse=True)
    return tuple(_doubt(each.parsed.stamp) if _may_be_written(each) else each.parsed.stamp for each in stamps)


def _may_be_written(candidate: Candidate) -> bool:
    """Whether somebody may have written a date in the room, and no app on the picture: amid it, or among such words."""
    if candidate.cues & STAMP_CUES or "date" not in candidate.cues:
        return False
    return not candidate.at_border or any(_INSCRIPTION.search(line.text) for line in candidate.lines)


def _doubt(stamp: Stamp) -> Stamp:
    """A stamp whose date and clock are at most an even chance: a clock on the wall or a blackboard tells as much."""
    return replace(
        stamp,
        day=stamp.day and doubt_field(stamp.day),
        clock=stamp.clock and doubt_field(stamp.clock),
        weekday=stamp.weekday and doubt_field(stamp.weekday),
    )


def _may_be_part(candidate: Candidate) -> bool:
    return candidate.at_border or bool(candidate.cues & {"app", "code", "words", "coordinates", "weekday", "clock"})


def _is_stamp(candidate: Candidate) -> bool:
    cues = candidate.cues
    strong = bool(cues & STAMP_CUES)
    if {"date", "clock"} <= cues:
        return candidate.at_border or strong or "weekday" in cues
    if not candidate.at_border:
        return False
    if "coordinates" in cues or ("clock" in cues and (strong or "weekday" in cues)):
        return True
    if "date" in cues:
        return candidate.parsed.date_alone or strong
    return "clock" in cues and bool(cues & {"address"})


def _is_own_stamp(candidate: Candidate) -> bool:
    """Whether an incomplete group is a second stamp, not a part or a neighbour of the whole one."""
    # A fixed camera's overlay announces no coordinates, so those beside it are of a stamp whose rest was not read.
    if "coordinates" in candidate.cues and candidate.cues & {"app", "words"}:
        return True
    return bool(candidate.cues & {"date", "clock"}) and bool(candidate.cues & {"app", "words", "coordinates"})


def _fullness(candidate: Candidate) -> float:
    return len(candidate.cues) + 0.5 * candidate.at_border + 2.0 * ({"date", "clock"} <= candidate.cues)


def _join_halves(candidates: Sequence[Candidate], reach_px: float) -> list[Candidate]:
    """Join groups that complete each other and stand near each other: a clock with its date, a date with its place."""
    left = sorted(candidates, key=lambda candidate: candidate.box.y)
    joined = True
    while joined:
        joined = False
        for index, first in enumerate(left):
            partner = next(
                (other for other in left[index + 1 :] if _complete(first, other) and _near(first, other, reach_px)),
                None,
            )
            if partner is not None:
                left.remove(partner)
                left[index] = _combine(first, partner)
                joined = True
                break
    return left


def _complete(first: Candidate, second: Candidate) -> bool:
    time_parts = {"date", "clock", "coordinates"}
    mine, theirs = first.cues & time_parts, second.cues & time_parts
    return bool(mine) and bool(theirs) and not mine & theirs


def _near(first: Candidate, second: Candidate, reach_px: float) -> bool:
    across = max(first.box.x, second.box.x) - min(first.box.x + first.box.width, second.box.x + second.box.width)
    down = max(first.box.y, second.box.y) - min(first.box.y + first.box.height, second.box.y + second.box.height)
    # Halves stand above each other or side by side, never diagonally across the picture.
    return max(across, down) <= reach_px and min(across, down) <= 0


def _combine(first: Candidate, second: Candidate) -> Candidate:
    lines = tuple(sorted((*first.lines, *second.lines), key=lambda line: (line.box.y, line.box.x)))
    parsed = parse_stamp(lines, join_rows([normalise(line) for line in lines]))
    return Candidate(parsed, surround([first.box, second.box]), first.at_border or second.at_border, lines)


def _holds(stamps: Sequence[Candidate], candidate: Candidate) -> bool:
    return any(line in stamp.lines for stamp in stamps for line in candidate.lines)


def _share_badges(stamps: Sequence[Candidate], badges: Sequence[Candidate]) -> list[Candidate]:
    """Each badge goes to the stamp on its own height; a second code is another stamp's, and is kept as such."""
    shared = sorted(stamps, key=_fullness, reverse=True)
    for badge in badges:
        code = badge.parsed.stamp.code
        free = [
            index
            for index, stamp in enumerate(shared)
            if code is None or stamp.parsed.stamp.code is None or stamp.parsed.stamp.code.value == code.value
        ]
        if free:
            index = min(free, key=lambda one: _distance_down(shared[one].box, badge.box))
            shared[index] = _add_badge(shared[index], badge)
        else:
            shared.append(badge)
    return shared


def _distance_down(first: Box, second: Box) -> float:
    """Pixels between two boxes' heights in the picture, 0 where they share some."""
    return max(0.0, max(first.y, second.y) - min(first.y + first.height, second.y + second.height))


def _add_badge(candidate: Candidate, badge: Candidate) -> Candidate:
    """The app's badge stands in a corner of its own and belongs to the picture's stamp."""
    stamp, extra = candidate.parsed.stamp, badge.parsed.stamp
    whole = replace(
        stamp,
        lines=(*stamp.lines, *extra.lines),
        app=stamp.app or extra.app,
        code=stamp.code or extra.code,
        layout="timemark" if extra.app == "Timemark" else stamp.layout or extra.layout,
    )
    return replace(candidate, parsed=replace(candidate.parsed, stamp=whole))


def _add_camera_name(candidate: Candidate, parts: Sequence[Candidate], width: int, height: int) -> Candidate:
    """A fixed camera prints the room's name in the corner opposite to its clock."""
    stamp = candidate.parsed.stamp
    if stamp.layout != "camera_overlay" or stamp.address is not None:
        return candidate
    for part in parts:
        low_right = part.box.x + part.box.width > 0.75 * width and part.box.y > 0.75 * height
        if low_right and len(part.lines) == 1 and not part.cues:
            line = part.lines[0]
            name = Field(line.text, line.confidence, line.box, line.text)
            whole = replace(stamp, address=name, lines=(*stamp.lines, line))
            return replace(candidate, parsed=replace(candidate.parsed, stamp=whole))
    return candidate


def _unread(candidates: Sequence[Candidate], height: int) -> list[Candidate]:
    """Text at the edge that looks like a stamp's lines but could not be read whole.

    A date among other words is one only in the lower half, where stamps stand; above it is a banner.
    """
    found = []
    for candidate in candidates:
        lines = candidate.parsed.stamp.lines
        dated = "date" in candidate.cues and (candidate.parsed.date_alone or candidate.box.y > 0.5 * height)
        words = dated or bool(candidate.cues & {"words", "weekday", "clock"})
        vague = [line for line in lines if line.confidence < UNREAD_CONFIDENCE]
        if candidate.at_border and (words or len(vague) >= MIN_UNREAD_LINES):
            found.append(candidate)
    return found
