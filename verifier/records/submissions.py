"""What was handed in: added, never removed; and where else the same picture was handed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, union
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session as Tx

from verifier.plan import Submission
from verifier.records.database import clean_text
from verifier.records.errors import NotInRecordsError
from verifier.records.rows import KindCount, find_class, insert_missing, lock_class, sync_rows
from verifier.records.tables.base import make_id
from verifier.records.tables.evidence import EvidenceRow, SubmissionRow
from verifier.records.tables.look import LookRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow


@dataclass(frozen=True, slots=True)
class OtherUse:
    """Another submission of the same picture. `how` is ``bytes`` (same file), ``pixels`` (same decoded picture), or what
    `verifier.records.pictures` keeps of two pictures that were compared; `changes` and the last two are set only then.
    """

    how: str
    class_number: str
    session_id: str | None
    file: str
    sha256: str
    received_at: datetime | None
    received_first: bool  # the other one came first, so the one that was asked about is the re-use
    changes: tuple[str, ...] = ()
    similarity: float | None = None
    seconds_apart: float | None = None


def save_submissions(
    tx: Tx,
    number: str,
    submissions: Iterable[Submission],
    received_at_default: datetime | None = None,
    *,
    whole_files: bool = False,
) -> KindCount:
    """Add what was handed in for a class that is on record; the same file, bytes and session twice is once.

    A receipt time that is declared later takes the place of an assumed one.

    Args:
        whole_files: These are all the sessions that each named file was handed in for, as a class folder has it: the same file
            and bytes on record for another session was a slip that is corrected now, and is superseded. Otherwise it would
            count as the picture used twice.
    Raises:
        NotInRecordsError: there is no such class.
    """
    lock_class(tx, number)
    class_id = find_class(tx, number).id
    submissions = list(submissions)
    save_evidence(tx, {each.sha256: each.size_bytes for each in submissions})
    sessions = {row.code: row.id for row in tx.scalars(select(SessionRow).where(SessionRow.class_id == class_id))}
    existing = {row.id: row for row in tx.scalars(select(SubmissionRow).where(SubmissionRow.class_id == class_id))}
    corrected = _find_corrected(number, submissions, existing.values()) if whole_files else {}
    former = {new: existing[old] for old, new in corrected.items()} | existing
    wanted: dict[UUID, dict[str, Any]] = {}
    for each in submissions:
        row_id = submission_id(number, each)
        if row_id in wanted and each.received_at is None:
            continue  # the same line twice: the one that knows more counts
        received_at, receipt = _read_receipt(each, former.get(row_id), received_at_default)
        wanted[row_id] = {
            "class_id": class_id,
            "sha256": each.sha256,
            "file": clean_text(each.file),
            "declared_session": each.session_id or "",
            "session_id": sessions.get(each.session_id or ""),
            "received_at": received_at,
            "receipt": receipt,
            "view": each.view.value if each.view else None,
            "superseded_by": None,
        }
    counts = sync_rows(tx, SubmissionRow, existing.values(), wanted)
    superseded = 0
    for old, new in corrected.items():
        if existing[old].superseded_by != new:
            existing[old].superseded_by = new
            superseded += 1
    tx.flush()
    return counts + KindCount(dropped=superseded)


def _find_corrected(
    number: str, submissions: Sequence[Submission], existing: Iterable[SubmissionRow]
) -> dict[UUID, UUID]:
    """Which rows on record were declared anew for another session: their id → the id that takes their place."""
    declared: dict[tuple[str, str], list[UUID]] = {}
    for each in submissions:
        declared.setdefault((clean_text(each.file), each.sha256), []).append(submission_id(number, each))
    found = {}
    for row in existing:
        places = declared.get((row.file, row.sha256), [])
        if places and row.id not in places:
            found[row.id] = places[0]
    return found


def submission_id(class_number: str, submission: Submission) -> UUID:
    """The id of one handing-in: class, file name, bytes and declared session."""
    return make_id(
        "submission", class_number, clean_text(submission.file), submission.sha256, submission.session_id or ""
    )


def save_evidence(tx: Tx, sizes: Mapping[str, int | None]) -> None:
    """Make pieces of evidence known by their digests. A size that was unknown is filled in."""
    rows = [{"sha256": sha256, "size_bytes": size} for sha256, size in sorted(sizes.items())]
    insert_missing(tx, EvidenceRow, rows)
    for row in rows:
        if row["size_bytes"] is not None:
            tx.execute(
                sql_update(EvidenceRow)
                .where(EvidenceRow.sha256 == row["sha256"], EvidenceRow.size_bytes.is_(None))
                .values(size_bytes=row["size_bytes"])
            )


def other_uses(tx: Tx, class_number: str, submission: Submission, pixels_sha256: str | None = None) -> list[OtherUse]:
    """All other submissions, of any class, of the same bytes or of a picture with the same pixels, first received first.

    Which came first: by time of receipt; where it is equal (one import) or unknown, by the start of the session it was handed
    in for; then by class and file name.

    Args:
        pixels_sha256: From the picture's own look; None searches the bytes only.
    Raises:
        NotInRecordsError: the submission itself is not on record.
    """
    same = [SubmissionRow.sha256 == submission.sha256]
    if pixels_sha256 is not None:
        same.append(SubmissionRow.sha256.in_(select(LookRow.sha256).where(LookRow.pixels_sha256 == pixels_sha256)))
    rows = tx.execute(
        select(SubmissionRow, ClassRow.number, SessionRow.starts_at)
        .join(ClassRow, ClassRow.id == SubmissionRow.class_id)
        .outerjoin(SessionRow, SessionRow.id == SubmissionRow.session_id)
        .where(or_(*same), SubmissionRow.superseded_by.is_(None))
    ).all()
    ordered = sorted(rows, key=lambda row: order_of_receipt(*row))
    own_id = submission_id(class_number, submission)
    ids = [row.id for row, _, _ in ordered]
    if own_id not in ids:
        raise NotInRecordsError(f"{submission.file} of class {class_number} is not on record")
    return _describe_others(ordered, ids.index(own_id))


def uses_of_class(tx: Tx, class_number: str, submissions: Iterable[Submission]) -> dict[Submission, list[OtherUse]]:
    """`other_uses` of all photos of a class at once; photos that were handed in only once are left out."""
    class_id = make_id("class", class_number)
    own = select(SubmissionRow.sha256).where(SubmissionRow.class_id == class_id)
    own_pixels = select(LookRow.pixels_sha256).where(LookRow.sha256.in_(own), LookRow.pixels_sha256.is_not(None))
    twins = select(LookRow.sha256).where(LookRow.pixels_sha256.in_(own_pixels))
    looks = tx.execute(
        select(LookRow.sha256, LookRow.pixels_sha256)
        .where(LookRow.pixels_sha256.in_(own_pixels))
        .order_by(LookRow.sha256, LookRow.versions_key)
    )
    pixels = {row.sha256: row.pixels_sha256 for row in looks}
    rows = tx.execute(
        select(SubmissionRow, ClassRow.number, SessionRow.starts_at)
        .join(ClassRow, ClassRow.id == SubmissionRow.class_id)
        .outerjoin(SessionRow, SessionRow.id == SubmissionRow.session_id)
        # One list of digests, not two conditions with OR: only then PostgreSQL looks them up instead of reading every photo.
        .where(SubmissionRow.sha256.in_(union(own, twins).scalar_subquery()), SubmissionRow.superseded_by.is_(None))
    ).all()
    same_picture: dict[str, list[Any]] = {}
    for row in sorted(rows, key=lambda row: order_of_receipt(*row)):
        same_picture.setdefault(pixels.get(row[0].sha256) or row[0].sha256, []).append(row)
    found: dict[Submission, list[OtherUse]] = {}
    for submission in submissions:
        own_id = submission_id(class_number, submission)
        group = same_picture.get(pixels.get(submission.sha256) or submission.sha256, [])
        place = next((index for index, (row, _, _) in enumerate(group) if row.id == own_id), None)
        if place is not None and len(group) > 1:
            found[submission] = _describe_others(group, place)
    return found


def _describe_others(ordered: Sequence[Any], own: int) -> list[OtherUse]:
    own_sha256 = ordered[own][0].sha256
    return [
        OtherUse(
            how="bytes" if row.sha256 == own_sha256 else "pixels",
            class_number=number,
            session_id=row.declared_session or None,
            file=row.file,
            sha256=row.sha256,
            received_at=row.received_at,
            received_first=place < own,
        )
        for place, (row, number, _) in enumerate(ordered)
        if place != own
    ]


def order_of_receipt(row: SubmissionRow, class_number: str, starts_at: datetime | None) -> tuple[Any, ...]:
    """What submissions are sorted by to tell which came first; see `other_uses`."""
    never = datetime.max.replace(tzinfo=UTC)
    return (row.received_at or starts_at or never, starts_at or never, class_number, row.file, row.declared_session)


def _read_receipt(
    submission: Submission, row: SubmissionRow | None, default: datetime | None
) -> tuple[datetime | None, str]:
    if submission.received_at is not None:
        return submission.received_at, "declared"
    if row is not None and row.received_at is not None:
        return row.received_at, row.receipt
    return (default, "assumed") if default is not None else (None, "unknown")
