"""Which photos show one room: what was compared, kept so that it is computed once; and what other classes showed of a venue."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.plan import TrainingClass, Venue
from verifier.records.reading import PhotoRecord, read_photos
from verifier.records.rows import insert_missing
from verifier.records.tables.base import make_id
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.finding import FindingRow
from verifier.records.tables.picture import RoomMatchRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow

# Of these some are of the other view and some are doubted; `photo.room` compares with eight of one view.
MOST_OF_VENUE = 40


def read_rooms(tx: Tx, class_number: str, versions_key: str) -> dict[tuple[str, str], int]:
    """(digest, digest) → common features, of every pair with one of a class's photos that was compared with these versions."""
    own = select(SubmissionRow.sha256).where(SubmissionRow.class_id == make_id("class", class_number))
    rows = tx.execute(
        select(RoomMatchRow.first_sha256, RoomMatchRow.second_sha256, RoomMatchRow.common).where(
            RoomMatchRow.versions_key == versions_key,
            RoomMatchRow.first_sha256.in_(own) | RoomMatchRow.second_sha256.in_(own),
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


def read_venue_photos(tx: Tx, training: TrainingClass) -> list[tuple[Venue, PhotoRecord]]:
    """What other classes showed of this class's venues before it began, oldest first: the latest MOST_OF_VENUE of each venue.

    Only sessions that were over before this class's first one, so that no two classes wait for each other's judgement.
    """
    if not training.sessions:
        return []
    class_id = make_id("class", training.number)
    begins = min(session.starts_at for session in training.sessions)
    venues = {
        venue_id: training.session(code).venue
        for code, venue_id in tx.execute(
            select(SessionRow.code, SessionRow.venue_id).where(
                SessionRow.class_id == class_id, SessionRow.dropped_at.is_(None)
            )
        )
    }
    found = []
    for venue_id, venue in sorted(venues.items()):
        latest = tx.execute(
            select(SubmissionRow.id, SessionRow.starts_at)
            # By its first finding, of which a judged photo has exactly one in each run.
            .join(FindingRow, (FindingRow.submission_id == SubmissionRow.id) & (FindingRow.position == 0))
            .join(RunRow, RunRow.id == FindingRow.run_id)
            .join(SessionRow, SessionRow.id == RunRow.session_id)
            .where(
                RunRow.is_current,
                RunRow.class_id != class_id,
                SessionRow.venue_id == venue_id,
                SessionRow.ends_at <= begins,
            )
            .order_by(SessionRow.starts_at.desc(), SubmissionRow.file.desc(), SubmissionRow.id)
            .limit(MOST_OF_VENUE)
        ).all()
        order = {photo_id: place for place, (photo_id, _) in enumerate(reversed(latest))}
        photos = read_photos(tx, photo_ids=list(order)) if order else []
        found += [(venue, photo) for photo in sorted(photos, key=lambda each: order[each.id])]
    return found
