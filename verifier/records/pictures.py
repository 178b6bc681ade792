"""Which photos show the same picture: what was searched, what was found, and what a class's photos have in common with others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session as Tx

from verifier.plan import Submission
from verifier.records.rows import insert_missing
from verifier.records.submissions import OtherUse, order_of_receipt, submission_id
from verifier.records.tables.base import make_id
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.look import LookRow
from verifier.records.tables.picture import PictureMatchRow, PictureSearchRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow


@dataclass(frozen=True, slots=True)
class FoundMatch:
    """Two photos that belong together. `details` is JSON-ready."""

    sha256: str
    other_sha256: str
    how: str
    details: Mapping[str, Any]


def unsearched_pictures(tx: Tx, versions_key: str) -> list[str]:
    """Digests of photos handed in that were looked at with these versions but not yet compared, received first at the front."""
    rows = tx.execute(
        select(LookRow.sha256, func.min(SubmissionRow.received_at))
        .join(SubmissionRow, SubmissionRow.sha256 == LookRow.sha256)
        .where(LookRow.versions_key == versions_key, LookRow.pixels_sha256.is_not(None))
        # Not `NOT IN`: see `missing_looks`.
        .where(~select(PictureSearchRow.look_id).where(PictureSearchRow.look_id == LookRow.id).exists())
        .group_by(LookRow.sha256)
    )
    never = datetime.max.replace(tzinfo=UTC)
    return [sha256 for sha256, _ in sorted(rows, key=lambda row: (row[1] or never, row[0]))]


def searched_pictures(tx: Tx, versions_key: str) -> list[tuple[str, bytes]]:
    """Digest and keys of every photo that was compared with these versions, by digest."""
    return [
        (sha256, keys)
        for sha256, keys in tx.execute(
            select(LookRow.sha256, PictureSearchRow.keys)
            .join(PictureSearchRow, PictureSearchRow.look_id == LookRow.id)
            .where(LookRow.versions_key == versions_key)
            .order_by(LookRow.sha256)
        )
    ]


def save_search(tx: Tx, sha256: str, versions_key: str, keys: bytes, matches: Iterable[FoundMatch]) -> bool:
    """Keep what a photo was searched by and what was found; tells whether it was new.

    Raises:
        IntegrityError: nobody has looked at the photo with these versions.
    """
    row = {"look_id": make_id("look", sha256, versions_key), "keys": keys}
    written = insert_missing(tx, PictureSearchRow, [row]) == 1
    rows = []
    for match in matches:
        first, second = sorted((match.sha256, match.other_sha256))
        rows.append(
            {
                "id": make_id("picture_match", first, second, versions_key),
                "first_sha256": first,
                "second_sha256": second,
                "versions_key": versions_key,
                "how": match.how,
                "details": dict(match.details),
            }
        )
    insert_missing(tx, PictureMatchRow, rows)
    return written


def similar_uses_of_class(
    tx: Tx, class_number: str, submissions: Iterable[Submission], versions_key: str
) -> dict[Submission, list[OtherUse]]:
    """Where else the pictures of a class's photos were handed in under other pixels, first received first; others are left out."""
    own = select(SubmissionRow.sha256).where(SubmissionRow.class_id == make_id("class", class_number))
    known = PictureMatchRow.versions_key == versions_key
    # Two selects, each by its own index; one with OR reads the whole table.
    both = union(
        select(PictureMatchRow.id).where(known, PictureMatchRow.first_sha256.in_(own)),
        select(PictureMatchRow.id).where(known, PictureMatchRow.second_sha256.in_(own)),
    )
    matches = tx.scalars(select(PictureMatchRow).where(PictureMatchRow.id.in_(both))).all()
    if not matches:
        return {}
    by_digest: dict[str, dict[str, PictureMatchRow]] = {}
    for match in matches:
        by_digest.setdefault(match.first_sha256, {})[match.second_sha256] = match
        by_digest.setdefault(match.second_sha256, {})[match.first_sha256] = match
    rows = tx.execute(
        select(SubmissionRow, ClassRow.number, SessionRow.starts_at)
        .join(ClassRow, ClassRow.id == SubmissionRow.class_id)
        .outerjoin(SessionRow, SessionRow.id == SubmissionRow.session_id)
        .where(SubmissionRow.sha256.in_(sorted(by_digest)), SubmissionRow.superseded_by.is_(None))
    ).all()
    ordered = sorted(rows, key=lambda row: order_of_receipt(*row))
    places: dict[UUID, int] = {row.id: place for place, (row, _, _) in enumerate(ordered)}
    found = {}
    for submission in submissions:
        place = places.get(submission_id(class_number, submission))
        if place is not None and (uses := _describe(ordered, place, by_digest.get(submission.sha256, {}))):
            found[submission] = uses
    return found


def _describe(ordered: Sequence[Any], own: int, matches: Mapping[str, PictureMatchRow]) -> list[OtherUse]:
    return [
        OtherUse(
            how=match.how,
            class_number=number,
            session_id=row.declared_session or None,
            file=row.file,
            sha256=row.sha256,
            received_at=row.received_at,
            received_first=place < own,
            changes=tuple(match.details["changes"]),
            similarity=match.details["details_agree"],
            seconds_apart=match.details["seconds_apart"],
        )
        for place, (row, number, _) in enumerate(ordered)
        if (match := matches.get(row.sha256)) is not None
    ]
