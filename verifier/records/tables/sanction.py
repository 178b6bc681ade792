"""A sanction above the warning: a class without subsidy, a revoked qualification, a referral (Art. 13(2) to 13(4))."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import PROCESSING, Base, WithId, not_blank, one_of, utc_now

SANCTIONS = ("subsidy_refused", "subsidy_reclaimed", "qualification_revoked", "referral")
SANCTION_STATES = ("proposed", "issued", "dismissed", "withdrawn")


class SanctionRow(WithId, Base):
    """Proposed by the system, issued by people. `grounds` names the notices, violations and evidence it rests on."""

    __tablename__ = "sanction"
    __table_args__ = (
        UniqueConstraint("agency_id", "dedup_key"),
        one_of("kind", SANCTIONS),
        one_of("state", SANCTION_STATES),
        not_blank("rule"),
        CheckConstraint(
            "kind NOT IN ('subsidy_refused', 'subsidy_reclaimed') OR class_id IS NOT NULL", name="has_class"
        ),
        CheckConstraint("(state = 'proposed') = (decided_by IS NULL)", name="decided_by_someone"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_some_time"),
    )

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    class_id: Mapped[UUID | None] = mapped_column(ForeignKey("training_class.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    rule: Mapped[str] = mapped_column(String(32))
    dedup_key: Mapped[str] = mapped_column(String(400))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[dict[str, Any]]
    grounds: Mapped[dict[str, Any]]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    opened_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)
