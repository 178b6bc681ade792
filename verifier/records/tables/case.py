"""A case: something a person must look at, as a suspected impersonation or a re-used photo."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.matter_states import STATES
from verifier.records.tables.base import PROCESSING, Base, WithId, between, not_blank, one_of, utc_now


class CaseRow(WithId, Base):
    """One case of a class by its `dedup_key`: the same matter seen again is the same case, with more support.

    `candidates` are the student numbers whom a case that names nobody may be about.

    `reason`, `probability`, `submission_id` and the box are those of the last session that supports it; once a person
    has decided they stand still. `supported` tells whether the current runs still hold it, also after a decision.
    """

    __tablename__ = "supervision_case"
    __table_args__ = (
        UniqueConstraint("class_id", "dedup_key"),
        not_blank("kind"),
        not_blank("dedup_key"),
        one_of("state", STATES),
        between("probability", 0, 1),
        CheckConstraint("state <> 'proposed' OR supported", name="proposed_is_supported"),
        CheckConstraint("(state = 'lapsed') = (lapse_reason IS NOT NULL)", name="lapsed_has_reason"),
        CheckConstraint("state <> 'lapsed' OR NOT supported", name="lapsed_is_unsupported"),
        Index("ix_supervision_case_session_id", "session_id"),
        Index("ix_supervision_case_state", "state"),
        Index("ix_supervision_case_opened_at", "opened_at", "id"),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    kind: Mapped[str] = mapped_column(String(64))
    dedup_key: Mapped[str] = mapped_column(String(400))
    state: Mapped[str] = mapped_column(String(16))
    supported: Mapped[bool]
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("session.id"))
    enrolment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrolment.id"), index=True)
    submission_id: Mapped[UUID | None] = mapped_column(ForeignKey("submission.id"))
    box_xywh: Mapped[list[Any] | None]
    reason: Mapped[dict[str, Any]]
    probability: Mapped[float | None]
    candidates: Mapped[list[Any] | None]
    lapse_reason: Mapped[dict[str, Any] | None]
    opened_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)


class CaseSupportRow(WithId, Base):
    """What one run says for a case. It counts while its run is current."""

    __tablename__ = "case_support"
    __table_args__ = (UniqueConstraint("case_id", "run_id"), between("probability", 0, 1))

    case_id: Mapped[UUID] = mapped_column(ForeignKey("supervision_case.id"))
    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id"), index=True)
    enrolment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrolment.id"))
    submission_id: Mapped[UUID | None] = mapped_column(ForeignKey("submission.id"))
    box_xywh: Mapped[list[Any] | None]
    reason: Mapped[dict[str, Any]]
    probability: Mapped[float | None]
    candidates: Mapped[list[Any] | None]
