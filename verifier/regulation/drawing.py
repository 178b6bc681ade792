"""Random draws that anybody can repeat: whom to follow up (Art. 11) and who inspects (Art. 9, 14(4)).

A draw sorts people by SHA-256 of seed and number and takes the first ones. Unlike a language's random generator this
gives the same people in every version of every language, so an agency's lawyer can check it with a pocket calculator's
patience. The seed is recorded before the draw; whoever draws must not try seeds until the right people come out, so
the records keep every draw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from verifier.regulation.duties import count_follow_ups, has_interest
from verifier.regulation.facts import Interest


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw. `pool_sha256` is over the sorted numbers that could have been drawn, one a line."""

    seed: str
    chosen: tuple[str, ...]
    pool_size: int
    pool_sha256: str


def draw_followups(roster: Iterable[str], seed: str, share_percent: Decimal) -> Draw:
    """Draw at least that share of the roster, rounded up.

    Args:
        roster: Student numbers; their order does not matter, doubles count once.
        seed: Recorded words or digits; not empty.
        share_percent: The policy's ``follow_up_share_percent``.
    Raises:
        ValueError: the seed is empty.
    """
    pool = sorted(set(roster))
    return _draw(pool, seed, count_follow_ups(len(pool), share_percent))


def draw_inspectors(
    inspectors: Iterable[str], agency_code: str, day: date, interests: Sequence[Interest], seed: str, count: int = 2
) -> Draw:
    """Draw inspectors for one inspection among those without a declared interest in the agency on that day.

    Raises:
        ValueError: the seed is empty, or fewer than `count` inspectors are left.
    """
    pool = sorted(
        {each for each in inspectors if not has_interest(each, agency_code, day, tuple(interests))},
    )
    if len(pool) < count:
        raise ValueError(f"{len(pool)} inspectors without an interest in {agency_code} on {day}, {count} are needed")
    return _draw(pool, seed, count)


def _draw(pool: list[str], seed: str, count: int) -> Draw:
    if not seed.strip():
        raise ValueError("a draw needs a recorded seed")
    chosen = sorted(pool, key=lambda each: hashlib.sha256(f"{seed}\n{each}".encode()).digest())[:count]
    digest = hashlib.sha256("\n".join(pool).encode()).hexdigest()
    return Draw(seed, tuple(sorted(chosen)), len(pool), digest)
