"""Two people never work on one case: who takes it holds it for a while, and nobody else decides on it meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Tx

from verifier.language import say
from verifier.records.decisions import find_matter
from verifier.records.office import RefusedError
from verifier.records.tables.case import CaseRow
from verifier.records.tables.matter_claim import MatterClaimRow
from verifier.records.tables.user import UserRow


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim in force. `name` is the person's, for others to read."""

    matter_id: UUID
    user_id: UUID
    name: str
    ends_at: datetime


class ClaimedError(RefusedError):
    """Somebody else is working on it."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(say("{name}正在审核这一项，请先处理其他事项。", name=claim.name))
        self.claim = claim


def claim_matter(tx: Tx, matter_id: UUID, user_id: UUID, now: datetime, lasts: timedelta) -> Claim:
    """Take a case or violation, or hold one's own for longer.

    Raises:
        NotInRecordsError: there is neither.
        ClaimedError: another person holds it.
    """
    matter = find_matter(tx, matter_id)  # locked: of two who ask at once the second sees the first one's claim
    require_free(tx, matter_id, user_id, now)
    row = tx.get(MatterClaimRow, matter_id)
    if row is None:
        is_case = isinstance(matter, CaseRow)
        row = MatterClaimRow(
            id=matter_id, case_id=matter_id if is_case else None, violation_id=None if is_case else matter_id
        )
        tx.add(row)
    row.user_id, row.claimed_at, row.ends_at = user_id, now, now + lasts
    tx.flush()
    return read_claims(tx, now, [matter_id])[matter_id]


def release_matter(tx: Tx, matter_id: UUID, user_id: UUID) -> None:
    """Give one's own claim back; where one has none nothing happens."""
    tx.execute(delete(MatterClaimRow).where(MatterClaimRow.id == matter_id, MatterClaimRow.user_id == user_id))


def require_free(tx: Tx, matter_id: UUID, user_id: UUID, now: datetime) -> None:
    """Refuse where another person holds it.

    Raises:
        ClaimedError: see above.
    """
    held = read_claims(tx, now, [matter_id]).get(matter_id)
    if held is not None and held.user_id != user_id:
        raise ClaimedError(held)


def read_claims(tx: Tx, now: datetime, matter_ids: Collection[UUID] | None = None) -> dict[UUID, Claim]:
    """The claims in force, of some matters or of all."""
    query = (
        select(MatterClaimRow, UserRow.name)
        .join(UserRow, UserRow.id == MatterClaimRow.user_id)
        .where(MatterClaimRow.ends_at > now)
    )
    if matter_ids is not None:
        query = query.where(MatterClaimRow.id.in_(matter_ids))
    return {row.id: Claim(row.id, row.user_id, name, row.ends_at) for row, name in tx.execute(query)}
