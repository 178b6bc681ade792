"""A sanction above the warning: a class without subsidy, a revoked qualification, a referral (Art. 13(2) to 13(4))."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import PROCESSING, Base, WithId, not_blank, one_of, utc_now

SANCTIONS = ("subsidy_refused", "subsidy_reclaimed", "qualification_revoked", "referral")
SANCTION_STATES = ("proposed", "issued", "dismissed", "withdrawn")
SANCTION_DECISIONS = ("confirm", "dismiss", "withdraw")


class SanctionRow(WithId, Base):
    """Proposed by the system, issued by people. `grounds` names the notices, violations and evidence it rests on.

    `lapse_reason` says why a proposal does not hold any more; it stays, and comes back when it holds again.
    """

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
    lapse_reason: Mapped[dict[str, Any] | None]
    opened_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)


class SanctionDecisionRow(WithId, Base):
    """What one person decided about a sanction, when and why. Append-only, like `decision`."""

    __tablename__ = "sanction_decision"
    __table_args__ = (
        one_of("decision", SANCTION_DECISIONS),
        not_blank("reason"),
        CheckConstraint("(decision = 'withdraw') = (withdraws_id IS NOT NULL)", name="withdraws_a_decision"),
        Index("ix_sanction_decision_sanction_id", "sanction_id"),
    )

    sanction_id: Mapped[UUID] = mapped_column(ForeignKey("sanction.id"))
    decision: Mapped[str] = mapped_column(String(16))
    withdraws_id: Mapped[UUID | None] = mapped_column(ForeignKey("sanction_decision.id"), unique=True)
    decided_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime]
    reason: Mapped[str]
