"""An unknown person of one session: readable faces that nobody could name, kept for a while to be found again elsewhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import SEALED, Base, WithId, at_least


class UnknownFaceRow(WithId, Base):
    """One person nobody was matched to, by the current run of a session. Deleted, not marked, when its time is over.

    `sightings` are ``{"submission_id", "index", "box_xywh"}``, the clearest first; `index` counts the photo's faces. The
    embedding is one float32 unit vector, sealed.
    """

    __tablename__ = "unknown_face"
    __table_args__ = (
        UniqueConstraint("run_id", "position"),
        at_least("inter_eye_px", 0),
        CheckConstraint("embedding_contract <> ''", name="embedding_has_contract"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("session.id"), index=True)
    position: Mapped[int]
    sightings: Mapped[list[Any]]
    inter_eye_px: Mapped[float]
    embedding_contract: Mapped[str]
    embedding_sealed: Mapped[bytes] = mapped_column(info=SEALED)
