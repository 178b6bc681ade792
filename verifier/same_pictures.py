"""Find photos that show the same picture although it was changed: each new photo against all that were handed in before.

A photo's search is one transaction and is skipped where it stands, so the night may be killed and started again. It reads looks
only, never the evidence.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np

from verifier.observation import Look
from verifier.photo.context import OtherUse
from verifier.photo.look_json import look_from_json
from verifier.photo.read_descriptors import compute_keys, compute_probes
from verifier.photo.reuse_index import PictureIndex
from verifier.photo.reuse_match import ReadPicture, compare_pictures, read_picture
from verifier.plan import Submission
from verifier.progress import open_progress
from verifier.records.database import Database
from verifier.records.looks import read_looks
from verifier.records.pictures import FoundMatch, save_search, searched_pictures, unsearched_pictures

# About 0.5 MB each. Photos of one room are handed in together and are each other's candidates.
_KEPT_PICTURES = 400


def find_same_pictures(database: Database, versions_key: str) -> int:
    """Compare every photo that was not compared yet; returns how many there were.

    Args:
        versions_key: Of the looks, as `verifier.looking.versions_key` gives it.
    """
    with database.reading() as tx:
        waiting = unsearched_pictures(tx, versions_key)
        if not waiting:
            return 0
        known = searched_pictures(tx, versions_key)
    search = _Search(versions_key, known)
    with open_progress() as progress:
        task = progress.add_task("查重 re-use", total=len(waiting))
        for sha256 in waiting:
            with database.transaction() as tx:
                search.search(tx, sha256)
            progress.advance(task)
    return len(waiting)


def find_uses_among(
    class_number: str | None, submissions: Sequence[Submission], looks: Mapping[str, Look]
) -> dict[Submission, tuple[OtherUse, ...] | None]:
    """Which of some photos show one picture, without records: for photos that are checked together.

    Args:
        class_number: The class they were handed in for; None where no class is known.
        looks: SHA-256 → look.
    Returns: Each photo with the others that match it; None where none does, as what was handed in before is not known.
    """
    ordered = sorted(submissions, key=lambda each: (each.received_at is None, each.received_at, each.file))
    pictures = {each.sha256: read_picture(look) for each in ordered if (look := looks.get(each.sha256)) is not None}
    found: dict[Submission, list[OtherUse]] = {each: [] for each in ordered}
    for first, second in combinations(ordered, 2):
        match = _match(looks, pictures, first.sha256, second.sha256)
        if match is not None:
            how, changes, similarity, apart = match
            for one, other, came_first in ((first, second, False), (second, first, True)):
                found[one].append(
                    OtherUse(
                        how,
                        class_number,
                        other.session_id,
                        other.file,
                        other.sha256,
                        came_first,
                        changes,
                        similarity,
                        apart,
                    )
                )
    return {each: tuple(uses) or None for each, uses in found.items()}


def _match(
    looks: Mapping[str, Look], pictures: Mapping[str, ReadPicture | None], first: str, second: str
) -> tuple[str, tuple[str, ...], float | None, float | None] | None:
    """How two photos belong together, what was done to one, the share of details that agree, and seconds apart."""
    if first == second:
        return "bytes", (), None, None
    prints = [look.fingerprint for sha256 in (first, second) if (look := looks.get(sha256)) is not None]
    if (
        len(prints) == 2
        and None not in prints
        and len({each.pixels_sha256 for each in prints if each is not None}) == 1
    ):
        return "pixels", (), None, None
    one, other = pictures.get(first), pictures.get(second)
    match = compare_pictures(one, other) if one is not None and other is not None else None
    return (match.how, match.changes, match.details_agree, match.seconds_apart) if match is not None else None


class _Search:
    """The index of what is known, growing with each photo that is searched."""

    def __init__(self, versions_key: str, known: list[tuple[str, bytes]]) -> None:
        self.versions_key = versions_key
        self.digests = [sha256 for sha256, _ in known]
        self.index = PictureIndex()
        self.kept: OrderedDict[str, tuple[ReadPicture | None, str]] = OrderedDict()
        keys = [np.frombuffer(content, dtype="<u4").astype(np.uint32) for _, content in known]
        if keys:
            numbers = np.repeat(np.arange(len(keys), dtype=np.uint32), [len(each) for each in keys])
            self.index.add_all(numbers, np.concatenate(keys))

    def search(self, tx: Any, sha256: str) -> None:
        picture, pixels = self._read(tx, sha256)
        if picture is None:
            save_search(tx, sha256, self.versions_key, b"", ())
            return
        matches = []
        for number, _ in self.index.search(compute_probes(picture.features)):
            other, other_pixels = self._read(tx, self.digests[number])
            # The same pixels are found by their digest, without comparing.
            match = None if other is None or other_pixels == pixels else compare_pictures(picture, other)
            if match is not None:
                matches.append(FoundMatch(sha256, self.digests[number], match.how, asdict(match)))
        keys = compute_keys(picture.features)
        save_search(tx, sha256, self.versions_key, keys.astype("<u4").tobytes(), matches)
        self.index.add(len(self.digests), keys)
        self.digests.append(sha256)

    def _read(self, tx: Any, sha256: str) -> tuple[ReadPicture | None, str]:
        if sha256 in self.kept:
            self.kept.move_to_end(sha256)
            return self.kept[sha256]
        body, embeddings = read_looks(tx, [sha256], self.versions_key)[sha256]
        look = look_from_json(body, embeddings)
        read = read_picture(look), look.fingerprint.pixels_sha256 if look.fingerprint else ""
        self.kept[sha256] = read
        if len(self.kept) > _KEPT_PICTURES:
            self.kept.popitem(last=False)
        return read
