"""Which photos show one room: what was compared of a class's photos, kept so that it is computed once."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.records.rows import insert_missing
from verifier.records.tables.base import make_id
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.picture import RoomMatchRow


def read_rooms(tx: Tx, class_number: str, versions_key: str) -> dict[tuple[str, str], int]:
    """(digest, digest) → common features, of every pair of a class's photos that was compared with these versions."""
    own = select(SubmissionRow.sha256).where(SubmissionRow.class_id == make_id("class", class_number))
    rows = tx.execute(
        select(RoomMatchRow.first_sha256, RoomMatchRow.second_sha256, RoomMatchRow.common).where(
            RoomMatchRow.versions_key == versions_key,
            RoomMatchRow.first_sha256.in_(own),
            RoomMatchRow.second_sha256.in_(own),
        )
    )
    return {(first, second): common for first, second, common in rows}


def save_rooms(tx: Tx, compared: Mapping[tuple[str, str], int], versions_key: str) -> None:
    """Keep what was compared; a pair that stands already stays as it is."""
    rows = [
        {
            "id": make_id("room_match", first, second, versions_key),
            "first_sha256": first,
            "second_sha256": second,
            "versions_key": versions_key,
            "common": common,
        }
        for (first, second), common in sorted(compared.items())
    ]
    insert_missing(tx, RoomMatchRow, rows)
