"""How far the work on some days is, counted from what stands in the records: it needs no worker to report it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Tx

from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.look import LookRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow


@dataclass(frozen=True, slots=True)
class Progress:
    """Pictures on record and those that these versions have looked at; sessions of the days and those that are closed."""

    photos: int
    photos_looked: int
    sessions: int
    sessions_closed: int


def count_progress(tx: Tx, since: date, until: date, versions_key: str) -> Progress:
    """Count it, both days included. A picture that was handed in twice is one."""
    photos = select(func.count(SubmissionRow.sha256.distinct())).where(SubmissionRow.superseded_by.is_(None))
    looked = photos.join(LookRow, (LookRow.sha256 == SubmissionRow.sha256) & (LookRow.versions_key == versions_key))
    sessions = (
        select(func.count(SessionRow.id.distinct()))
        .where(SessionRow.day >= since, SessionRow.day <= until)
        .where(SessionRow.dropped_at.is_(None))
    )
    closed = sessions.join(RunRow, (RunRow.session_id == SessionRow.id) & RunRow.is_current)
    return Progress(*(tx.scalar(query) or 0 for query in (photos, looked, sessions, closed)))
