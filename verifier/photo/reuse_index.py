"""Which known pictures share features with a new one: a search whose cost grows with the logarithm of their number.

Keys and picture numbers stand in sorted arrays; new pictures go into a small array that is merged when it has grown, as in a
log-structured merge tree, so adding stays cheap as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """What makes a picture worth comparing."""

    name: str
    least_votes: int  # of two unrelated pictures 0.3 % share 2 keys, 0.03 % share 3; copies share 6 and more
    most_candidates: int  # bounds a night's work where one room was photographed for years; most votes first
    most_common: int  # a key of more pictures than this tells nothing (ceiling tiles, a logo on every wall)


SEARCH_2023 = SearchLimits("reuse-search-2023", least_votes=3, most_candidates=60, most_common=2000)
_SHIFT = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


class PictureIndex:
    """Pictures by number (0 to 2^32 - 1, chosen by the caller) and keys (uint32)."""

    def __init__(self, limits: SearchLimits = SEARCH_2023) -> None:
        self.limits = limits
        self._sorted: list[NDArray[np.uint64]] = []

    def add_all(self, numbers: NDArray[np.uint32], keys: NDArray[np.uint32]) -> None:
        """Add many entries at once: the picture numbers[i] has the key keys[i]."""
        if len(keys):
            entries = (keys.astype(np.uint64) << _SHIFT) | numbers.astype(np.uint64)
            entries.sort()
            self._insert(entries)

    def add(self, number: int, keys: NDArray[np.uint32]) -> None:
        """Add one picture."""
        self.add_all(np.full(len(keys), number, dtype=np.uint32), keys)

    def search(self, probes: NDArray[np.uint32]) -> list[tuple[int, int]]:
        """Pictures that share at least `least_votes` of these keys: (number, votes), most votes first, then by number.

        Args:
            probes: (p,) uint32 without repeats.
        """
        low = probes.astype(np.uint64) << _SHIFT
        found: list[NDArray[np.uint64]] = []
        spans = [
            (array, np.searchsorted(array, low), np.searchsorted(array, low | _LOW, side="right"))
            for array in self._sorted
        ]
        common = np.zeros(len(probes), dtype=np.int64)
        for _, starts, ends in spans:
            common += ends - starts
        for array, starts, ends in spans:
            for index in np.flatnonzero((ends > starts) & (common <= self.limits.most_common)):
                found.append(array[starts[index] : ends[index]] & _LOW)
        if not found:
            return []
        numbers, votes = np.unique(np.concatenate(found), return_counts=True)
        enough = votes >= self.limits.least_votes
        ranked = sorted(
            zip(numbers[enough].tolist(), votes[enough].tolist(), strict=True), key=lambda pair: (-pair[1], pair[0])
        )
        return ranked[: self.limits.most_candidates]

    def _insert(self, entries: NDArray[np.uint64]) -> None:
        # Arrays at least double in length from the last to the first, so there are few, and each entry is merged few times.
        while self._sorted and len(self._sorted[-1]) < 2 * len(entries):
            entries = np.concatenate([self._sorted.pop(), entries])
            entries.sort(kind="stable")
        self._sorted.append(entries)
