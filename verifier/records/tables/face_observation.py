"""A face seen in one photo or camera sample, and whom it was taken for in one run."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, WithId, at_least, between, one_of

FACE_STATES = ("matched", "teacher", "stranger", "unclear", "unreadable")


class FaceObservationRow(WithId, Base):
    """One face: its box in pixels of the upright picture, and the roster line or teacher it was matched to."""

    __tablename__ = "face_observation"
    __table_args__ = (
        UniqueConstraint("run_id", "submission_id", "position"),
        UniqueConstraint("run_id", "camera_sample_id", "position"),
        one_of("state", FACE_STATES),
        CheckConstraint("(state = 'matched') = (enrolment_id IS NOT NULL)", name="matched_to_student"),
        CheckConstraint("(state = 'teacher') = (teacher_id IS NOT NULL)", name="matched_to_teacher"),
        CheckConstraint("(submission_id IS NULL) <> (camera_sample_id IS NULL)", name="one_subject"),
        between("score", 0, 1),
        between("similarity", -1, 1),
        between("match_probability", 0, 1),
        at_least("box_width", 0),
        at_least("box_height", 0),
        Index("ix_face_observation_enrolment_id", "enrolment_id"),
        Index("ix_face_observation_submission_id", "submission_id"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id"))
    submission_id: Mapped[UUID | None] = mapped_column(ForeignKey("submission.id"))
    camera_sample_id: Mapped[UUID | None] = mapped_column(ForeignKey("camera_sample.id"))
    position: Mapped[int]
    box_x: Mapped[float]
    box_y: Mapped[float]
    box_width: Mapped[float]
    box_height: Mapped[float]
    score: Mapped[float]
    state: Mapped[str] = mapped_column(String(16))
    enrolment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrolment.id"))
    teacher_id: Mapped[UUID | None] = mapped_column(ForeignKey("teacher.id"))
    similarity: Mapped[float | None]
    match_probability: Mapped[float | None]
    unreadable_because: Mapped[str]
