"""A camera the agency handed over (Art. 7(2)), and what a look at it gave."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import SEALED, Base, Droppable, WithId, digest_column, one_of

SAMPLE_STATES = ("picture", "unreachable", "refused", "no_picture")


class CameraRow(WithId, Droppable, Base):
    """A camera by the id its filing gave it (`code`). The url holds no credentials; those are sealed beside it."""

    __tablename__ = "camera"
    __table_args__ = (UniqueConstraint("class_id", "code"),)

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    code: Mapped[str] = mapped_column(String(200))
    url: Mapped[str]
    credentials_sealed: Mapped[bytes | None] = mapped_column(info=SEALED)
    position: Mapped[int]


class CameraSampleRow(WithId, Base):
    """One look at one camera: the picture it gave, or why there is none."""

    __tablename__ = "camera_sample"
    __table_args__ = (
        UniqueConstraint("camera_id", "taken_at"),
        one_of("state", SAMPLE_STATES),
        CheckConstraint("(state = 'picture') = (sha256 IS NOT NULL)", name="picture_is_kept"),
        Index("ix_camera_sample_session_id", "session_id"),
        Index("ix_camera_sample_taken_at", "taken_at"),
    )

    camera_id: Mapped[UUID] = mapped_column(ForeignKey("camera.id"))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("session.id"))
    taken_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str]
    sha256: Mapped[str | None] = digest_column()
