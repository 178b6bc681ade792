"""What was seen in each piece of evidence, kept once for each set of versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Session as Tx

from verifier.records.rows import insert_missing, vault_of
from verifier.records.stamp_codes import save_codes
from verifier.records.tables.base import make_id, utc_now
from verifier.records.tables.enrolment import EnrolmentPhotoRow
from verifier.records.tables.evidence import EvidenceRow, SubmissionRow
from verifier.records.tables.look import LookAttemptRow, LookRow
from verifier.records.tables.teacher import TeacherPhotoRow

Pictures = Literal["submissions", "portraits"]
_ASKED_AT_ONCE = 500  # well below the 32,766 values that SQLite takes in a statement
# Nights in which a picture that was cut off is tried within the same limits. One that starved or whose process was killed for
# something else comes through at the second; one that is poisoned costs its time limit no more often than that.
ATTEMPTS = 3


def missing_looks(
    tx: Tx, versions_key: str, pictures: Pictures | Sequence[str] = "submissions", *, limits: str = ""
) -> list[str]:
    """Digests of pictures to look at with these versions, those received first at the front: nobody has, or it was cut off
    within other limits or fewer than ATTEMPTS times.

    Args:
        pictures: Photos handed in for sessions, or the portraits that students and teachers are known by, or digests.
        limits: What a picture may cost now, in the words that `save_attempt` is given.
    """
    again = select(LookAttemptRow.sha256).where(
        LookAttemptRow.versions_key == versions_key,
        or_(LookAttemptRow.limits != limits, LookAttemptRow.attempts < ATTEMPTS),
    )
    if not isinstance(pictures, str):
        wanted, seen = list(dict.fromkeys(pictures)), select(LookRow.sha256).where(LookRow.versions_key == versions_key)
        looked = {
            sha256
            for part in _in_parts(wanted)
            for sha256 in tx.scalars(seen.where(LookRow.sha256.in_(part), LookRow.sha256.not_in(again)))
        }
        return [sha256 for sha256 in wanted if sha256 not in looked]

    def lacking(sha256: InstrumentedAttribute[str]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        # Two questions, not `NOT IN (looks)`: once the digests outgrow work_mem, PostgreSQL answers that by reading all looks for
        # each picture (200,000 photos: not done after 15 s). This is a join in whatever memory there is (0.2 s).
        look = select(LookRow.id).where(LookRow.sha256 == sha256, LookRow.versions_key == versions_key)
        return ~look.exists(), sha256.in_(again)

    if pictures == "submissions":
        received = {
            sha256: at
            for condition in lacking(SubmissionRow.sha256)
            for sha256, at in tx.execute(
                select(SubmissionRow.sha256, func.min(SubmissionRow.received_at))
                .where(condition)
                .group_by(SubmissionRow.sha256)
            )
        }
        never = datetime.max.replace(tzinfo=UTC)
        return sorted(received, key=lambda sha256: (received[sha256] or never, sha256))
    found: set[str] = set()
    for model in (EnrolmentPhotoRow, TeacherPhotoRow):
        for condition in lacking(model.sha256):
            found.update(tx.scalars(select(model.sha256).where(condition, model.dropped_at.is_(None))))
    return sorted(found)


def arrived_pictures(tx: Tx, versions_key: str, since: datetime) -> list[str]:
    """Digests of photos and portraits that came in since a moment and that these versions have not looked at, in order of arrival.

    Found by their arrival, so that it may be asked every minute over many years' records; `missing_looks` finds all.
    """
    used = [
        select(column).where(column == EvidenceRow.sha256, *more).correlate(EvidenceRow).exists()
        for column, more in (
            (SubmissionRow.sha256, ()),
            (EnrolmentPhotoRow.sha256, (EnrolmentPhotoRow.dropped_at.is_(None),)),
            (TeacherPhotoRow.sha256, (TeacherPhotoRow.dropped_at.is_(None),)),
        )
    ]
    seen = select(LookRow.id).where(LookRow.sha256 == EvidenceRow.sha256, LookRow.versions_key == versions_key)
    query = select(EvidenceRow.sha256).where(
        EvidenceRow.recorded_at >= since, or_(*used), ~seen.correlate(EvidenceRow).exists()
    )
    return list(tx.scalars(query.order_by(EvidenceRow.recorded_at, EvidenceRow.sha256)))


def save_look(
    tx: Tx,
    sha256: str,
    versions_key: str,
    look_json: Mapping[str, Any],
    embeddings: NDArray[np.float32],
    embedding_contract: str,
) -> bool:
    """Keep a look; where one with these versions stands, it stays and nothing is written, unless it was cut off
    (`save_attempt`): then this one takes its place. Tells whether anything was written.

    Args:
        sha256: Digest of a piece of evidence that is on record.
        look_json: JSON-ready; ``fingerprint.pixels_sha256`` in it is what re-use is searched by.
        embeddings: (n, d) float32, one row a face that has one; (0, 0) where there is none. Sealed.
        embedding_contract: What they are comparable within; empty only where there are none.
    Raises:
        ValueError: the embeddings are no matrix, or no float32.
    """
    if embeddings.ndim != 2 or embeddings.dtype != np.float32:
        raise ValueError(f"embeddings are (n, d) float32, not {embeddings.shape} {embeddings.dtype}")
    row_id = make_id("look", sha256, versions_key)
    content = np.ascontiguousarray(embeddings).astype("<f4").tobytes()
    count, length = embeddings.shape if content else (0, 0)
    row = {
        "id": row_id,
        "sha256": sha256,
        "versions_key": versions_key,
        "body": dict(look_json),
        "pixels_sha256": (look_json.get("fingerprint") or {}).get("pixels_sha256"),
        "embedding_contract": embedding_contract,
        "embedding_count": count,
        "embedding_length": length,
        "embeddings_sealed": vault_of(tx).seal(content, "look", "embeddings_sealed", row_id) if content else None,
    }
    if insert_missing(tx, LookRow, [row]) == 0:
        if tx.scalar(select(LookAttemptRow.id).where(_is_attempt(sha256, versions_key))) is None:
            return False
        tx.execute(sql_update(LookRow).where(LookRow.id == row_id).values({**row, "recorded_at": utc_now()}))
    save_codes(tx, row_id, look_json)
    return True


def save_attempt(tx: Tx, sha256: str, versions_key: str, limits: str, why: str) -> None:
    """Note that a picture was cut off, wholly or in part, so that a later night tries again."""
    row = tx.scalar(select(LookAttemptRow).where(_is_attempt(sha256, versions_key)))
    if row is None:
        row = LookAttemptRow(id=make_id("look_attempt", sha256, versions_key), sha256=sha256, versions_key=versions_key)
        tx.add(row)
    row.attempts = row.attempts + 1 if row.attempts is not None and row.limits == limits else 1
    row.limits, row.why, row.tried_at = limits, why, utc_now()
    tx.flush()


def forget_attempt(tx: Tx, sha256: str, versions_key: str) -> None:
    """The picture was read whole."""
    tx.execute(delete(LookAttemptRow).where(_is_attempt(sha256, versions_key)))


def _is_attempt(sha256: str, versions_key: str) -> ColumnElement[bool]:
    return (LookAttemptRow.sha256 == sha256) & (LookAttemptRow.versions_key == versions_key)


def read_looks(
    tx: Tx, sha256s: Iterable[str], versions_key: str
) -> dict[str, tuple[dict[str, Any], NDArray[np.float32]]]:
    """Digest → (look as JSON, embeddings (n, d) float32), for those that were looked at with these versions."""
    found: dict[str, tuple[dict[str, Any], NDArray[np.float32]]] = {}
    for part in _in_parts(sorted(set(sha256s))):
        rows = tx.scalars(select(LookRow).where(LookRow.versions_key == versions_key, LookRow.sha256.in_(part)))
        for row in rows:
            found[row.sha256] = (row.body, read_embeddings(tx, row))
    return found


def read_older_looks(
    tx: Tx, sha256s: Iterable[str], versions_key: str
) -> dict[str, list[tuple[dict[str, Any], NDArray[np.float32]]]]:
    """Digest → looks with other versions, the newest first, as `read_looks` gives them.

    For showing what was seen until somebody looks again. Judging takes none of them: it asks for its own versions.
    """
    found: dict[str, list[tuple[dict[str, Any], NDArray[np.float32]]]] = {}
    for part in _in_parts(sorted(set(sha256s))):
        rows = tx.scalars(
            select(LookRow)
            .where(LookRow.versions_key != versions_key, LookRow.sha256.in_(part))
            .order_by(LookRow.recorded_at.desc(), LookRow.id)
        )
        for row in rows:
            found.setdefault(row.sha256, []).append((row.body, read_embeddings(tx, row)))
    return found


def read_embeddings(tx: Tx, row: LookRow) -> NDArray[np.float32]:
    """The embeddings of a look, (n, d) float32; (0, 0) where there are none."""
    if row.embeddings_sealed is None:
        return np.zeros((0, 0), dtype=np.float32)
    content = vault_of(tx).open(row.embeddings_sealed, "look", "embeddings_sealed", row.id)
    shape = (row.embedding_count, row.embedding_length)
    return np.frombuffer(content, dtype="<f4").reshape(shape).astype(np.float32)


def _in_parts(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _ASKED_AT_ONCE):
        yield values[start : start + _ASKED_AT_ONCE]
