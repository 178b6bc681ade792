"""Who was there, of a whole class, in as few rows as it takes: what a grid of sessions and students is drawn from."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Tx

from verifier.records.rows import find_class
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.presence import PresenceRow
from verifier.records.tables.session import SessionRow


def read_presence_codes(tx: Tx, class_number: str) -> dict[str, dict[str, str]]:
    """Session id → student's number → ``present``, ``absent``, ``unsure`` or ``leave``; closed sessions only.

    Raises:
        NotInRecordsError: there is no such class.
    """
    rows = tx.execute(
        select(SessionRow.code, EnrolmentRow.student_no, PresenceRow.presence)
        .join(SessionRow, SessionRow.id == PresenceRow.session_id)
        .join(EnrolmentRow, EnrolmentRow.id == PresenceRow.enrolment_id)
        .where(
            SessionRow.class_id == find_class(tx, class_number).id, SessionRow.dropped_at.is_(None), PresenceRow.is_current
        )
    )  # fmt: skip
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for session, student_no, presence in rows:
        found[session][student_no] = presence
    return dict(found)


def count_photos(tx: Tx, class_number: str) -> tuple[int, int]:
    """How many photos were handed in for a class, and how many of them belong to no session that is known."""
    query = select(func.count(), func.count().filter(SubmissionRow.session_id.is_(None))).where(
        SubmissionRow.class_id == find_class(tx, class_number).id, SubmissionRow.superseded_by.is_(None)
    )
    found, loose = tx.execute(query).one()
    return found, loose


def list_photo_digests(tx: Tx, class_number: str) -> list[str]:
    """Digests of the photos that were handed in for a class, sorted; each once."""
    query = select(SubmissionRow.sha256).where(
        SubmissionRow.class_id == find_class(tx, class_number).id, SubmissionRow.superseded_by.is_(None)
    )
    return sorted(set(tx.scalars(query)))
