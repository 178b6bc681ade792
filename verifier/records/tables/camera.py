"""A camera the agency handed over (Art. 7(2)), and what a look at it gave."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import SEALED, Base, Droppable, WithId, digest_column, not_blank, one_of

SAMPLE_STATES = ("picture", "unreachable", "refused", "no_picture")


class CameraRow(WithId, Droppable, Base):
    """A camera by the id its filing gave it (`code`). The url holds no credentials; those are sealed beside it.

    A recording that was handed in for a session (Art. 10) stands here too, `is_recording`: no filing names it, so no list of a
    class's cameras shows it, and what was seen in it is kept as looks at a camera are.
    """

    __tablename__ = "camera"
    __table_args__ = (UniqueConstraint("class_id", "code"),)

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    code: Mapped[str] = mapped_column(String(200))
    url: Mapped[str]
    credentials_sealed: Mapped[bytes | None] = mapped_column(info=SEALED)
    position: Mapped[int]
    is_recording: Mapped[bool] = mapped_column(server_default=false(), default=False)


class CameraSampleRow(WithId, Base):
    """One look at one camera: the picture it gave, or why there is none.

    `taken_at` is our clock, `shown_at` the camera's own as its picture shows it, without a zone. `condition` is what the
    `findings` add up to (`camera_health.Condition`); `look` is the stream's look without the faces, which are kept with the
    look of the decisive frame `sha256`. `frames` lists all kept frames, `moment` says why it was looked at just then.
    """

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
    condition: Mapped[str | None] = mapped_column(String(32))
    shown_at: Mapped[str | None] = mapped_column(String(32))
    findings: Mapped[list[Any] | None]
    look: Mapped[dict[str, Any] | None]
    frames: Mapped[list[Any] | None]
    moment: Mapped[dict[str, Any] | None]
    versions: Mapped[dict[str, Any] | None]


class CameraViewRow(WithId, Base):
    """A view of the room that a person confirmed for a camera. `people` are boxes [x, y, width, height] in its pixels."""

    __tablename__ = "camera_view"
    __table_args__ = (
        UniqueConstraint("camera_id", "sha256"),
        not_blank("name"),
        CheckConstraint("(withdrawn_by IS NULL) = (withdrawn_because IS NULL)", name="withdrawn_with_reason"),
    )

    camera_id: Mapped[UUID] = mapped_column(ForeignKey("camera.id"))
    name: Mapped[str]
    sha256: Mapped[str] = digest_column()
    people: Mapped[list[Any]]
    confirmed_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_because: Mapped[str | None]
