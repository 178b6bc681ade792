"""What was promised and handed in: agencies, classes, rosters, sign-ins, evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _create_agency()
    _create_evidence()
    _create_student()
    _create_venue()
    _create_training_class()
    _create_camera()
    _create_enrolment()
    _create_filing_change()
    _create_teacher()
    _create_enrolment_photo()
    _create_session()
    _create_sign_in()
    _create_teacher_photo()
    _create_leave()
    _create_submission()


def downgrade() -> None:
    for table in (
        "submission",
        "leave",
        "teacher_photo",
        "sign_in",
        "session",
        "enrolment_photo",
        "teacher",
        "filing_change",
        "enrolment",
        "camera",
        "training_class",
        "venue",
        "student",
        "evidence",
        "agency",
    ):
        op.drop_table(table)


def _create_agency() -> None:
    op.create_table(
        "agency",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("qualification", sa.String(length=16), nullable=False),
        sa.Column("qualification_revoked_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("qualification IN ('held', 'revoked')", name=op.f("ck_agency_qualification")),
        sa.CheckConstraint("length(trim(code)) > 0", name=op.f("ck_agency_code_not_blank")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_code")),
    )


def _create_evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(sha256) = 64 AND sha256 = lower(sha256)", name=op.f("ck_evidence_sha256_form")),
        sa.CheckConstraint("size_bytes IS NULL OR size_bytes >= 0", name=op.f("ck_evidence_size_bytes_range")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_evidence")),
    )


def _create_student() -> None:
    op.create_table(
        "student",
        sa.Column("id_number_lookup", sa.String(length=64), nullable=True),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(id_number_lookup IS NULL) = (id_number_sealed IS NULL)", name=op.f("ck_student_id_number_whole")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student")),
        sa.UniqueConstraint("id_number_lookup", name=op.f("uq_student_id_number_lookup")),
    )


def _create_venue() -> None:
    op.create_table(
        "venue",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("radius_m", sa.Double(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("filed_longitude", sa.Double(), nullable=True),
        sa.Column("filed_latitude", sa.Double(), nullable=True),
        sa.Column("frame", sa.String(length=8), nullable=False),
        sa.CheckConstraint("frame IN ('wgs84', 'gcj02', 'bd09')", name=op.f("ck_venue_frame")),
        sa.CheckConstraint(
            "(filed_longitude IS NULL) = (filed_latitude IS NULL)", name=op.f("ck_venue_filed_place_whole")
        ),
        sa.CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name=op.f("ck_venue_place_whole")),
        sa.CheckConstraint(
            "filed_latitude IS NULL OR (filed_latitude >= -90 AND filed_latitude <= 90)",
            name=op.f("ck_venue_filed_latitude_range"),
        ),
        sa.CheckConstraint(
            "filed_longitude IS NULL OR (filed_longitude >= -180 AND filed_longitude <= 180)",
            name=op.f("ck_venue_filed_longitude_range"),
        ),
        sa.CheckConstraint(
            "latitude IS NULL OR (latitude >= -90 AND latitude <= 90)", name=op.f("ck_venue_latitude_range")
        ),
        sa.CheckConstraint(
            "longitude IS NULL OR (longitude >= -180 AND longitude <= 180)", name=op.f("ck_venue_longitude_range")
        ),
        sa.CheckConstraint("radius_m > 0", name=op.f("ck_venue_radius_m_range")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_venue_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue")),
    )
    op.create_index(op.f("ix_venue_agency_id"), "venue", ["agency_id"], unique=False)


def _create_training_class() -> None:
    op.create_table(
        "training_class",
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False),
        sa.Column("project_type", sa.String(length=32), nullable=False),
        sa.Column("occupation", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("planned_hours", sa.Double(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("supervisor", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "project_type IN ('skills', 'entrepreneurship', 'apprenticeship', 'enterprise', 'high_skill', 'other')",
            name=op.f("ck_training_class_project_type"),
        ),
        sa.CheckConstraint("length(trim(number)) > 0", name=op.f("ck_training_class_number_not_blank")),
        sa.CheckConstraint(
            "planned_hours IS NULL OR planned_hours >= 0", name=op.f("ck_training_class_planned_hours_range")
        ),
        sa.CheckConstraint("term IS NULL OR term >= 0", name=op.f("ck_training_class_term_range")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_training_class_agency_id")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_training_class_venue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_class")),
        sa.UniqueConstraint("number", name=op.f("uq_training_class_number")),
    )
    op.create_index(op.f("ix_training_class_agency_id"), "training_class", ["agency_id"], unique=False)


def _create_camera() -> None:
    op.create_table(
        "camera",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("credentials_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_camera_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera")),
        sa.UniqueConstraint("class_id", "code", name=op.f("uq_camera_class_id_code")),
    )


def _create_enrolment() -> None:
    op.create_table(
        "enrolment",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("student_no", sa.String(length=200), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(trim(student_no)) > 0", name=op.f("ck_enrolment_student_no_not_blank")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_enrolment_class_id")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_enrolment_student_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("class_id", "student_no", name=op.f("uq_enrolment_class_id_student_no")),
    )
    op.create_index(op.f("ix_enrolment_student_id"), "enrolment", ["student_id"], unique=False)


def _create_filing_change() -> None:
    op.create_table(
        "filing_change",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("takes_effect_on", sa.Date(), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("session_codes", JSON, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("what IN ('time', 'place', 'teacher', 'plan')", name=op.f("ck_filing_change_what")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_filing_change_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_change")),
    )
    op.create_index(op.f("ix_filing_change_class_id"), "filing_change", ["class_id"], unique=False)


def _create_teacher() -> None:
    op.create_table(
        "teacher",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_teacher_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teacher")),
        sa.UniqueConstraint("class_id", "number", name=op.f("uq_teacher_class_id_number")),
    )


def _create_enrolment_photo() -> None:
    op.create_table(
        "enrolment_photo",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_enrolment_photo_enrolment_id")),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_enrolment_photo_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_photo")),
        sa.UniqueConstraint("enrolment_id", "sha256", name=op.f("uq_enrolment_photo_enrolment_id_sha256")),
    )
    op.create_index(op.f("ix_enrolment_photo_sha256"), "enrolment_photo", ["sha256"], unique=False)


def _create_session() -> None:
    op.create_table(
        "session",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hours", sa.Double(), nullable=False),
        sa.Column("venue_id", sa.Uuid(), nullable=False),
        sa.Column("teacher_id", sa.Uuid(), nullable=True),
        sa.Column("camera_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('theory', 'practice', 'online')", name=op.f("ck_session_kind")),
        sa.CheckConstraint("mode IN ('classroom', 'mobile')", name=op.f("ck_session_mode")),
        sa.CheckConstraint("period IN ('morning', 'afternoon', 'evening')", name=op.f("ck_session_period")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_session_ends_after_start")),
        sa.CheckConstraint("hours IS NULL OR hours >= 0", name=op.f("ck_session_hours_range")),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name=op.f("fk_session_camera_id")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_session_class_id")),
        sa.ForeignKeyConstraint(["teacher_id"], ["teacher.id"], name=op.f("fk_session_teacher_id")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_session_venue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("class_id", "code", name=op.f("uq_session_class_id_code")),
    )
    op.create_index("ix_session_day", "session", ["day"], unique=False)


def _create_sign_in() -> None:
    op.create_table(
        "sign_in",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("filed_longitude", sa.Double(), nullable=True),
        sa.Column("filed_latitude", sa.Double(), nullable=True),
        sa.Column("frame", sa.String(length=8), nullable=False),
        sa.CheckConstraint("frame IN ('wgs84', 'gcj02', 'bd09')", name=op.f("ck_sign_in_frame")),
        sa.CheckConstraint(
            "(filed_longitude IS NULL) = (filed_latitude IS NULL)", name=op.f("ck_sign_in_filed_place_whole")
        ),
        sa.CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name=op.f("ck_sign_in_place_whole")),
        sa.CheckConstraint(
            "filed_latitude IS NULL OR (filed_latitude >= -90 AND filed_latitude <= 90)",
            name=op.f("ck_sign_in_filed_latitude_range"),
        ),
        sa.CheckConstraint(
            "filed_longitude IS NULL OR (filed_longitude >= -180 AND filed_longitude <= 180)",
            name=op.f("ck_sign_in_filed_longitude_range"),
        ),
        sa.CheckConstraint(
            "latitude IS NULL OR (latitude >= -90 AND latitude <= 90)", name=op.f("ck_sign_in_latitude_range")
        ),
        sa.CheckConstraint(
            "longitude IS NULL OR (longitude >= -180 AND longitude <= 180)", name=op.f("ck_sign_in_longitude_range")
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_sign_in_class_id")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_sign_in_enrolment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint(
            "enrolment_id",
            "signed_at",
            "source",
            "device",
            name=op.f("uq_sign_in_enrolment_id_signed_at_source_device"),
        ),
    )
    op.create_index("ix_sign_in_class_id_signed_at", "sign_in", ["class_id", "signed_at"], unique=False)


def _create_teacher_photo() -> None:
    op.create_table(
        "teacher_photo",
        sa.Column("teacher_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_teacher_photo_sha256")),
        sa.ForeignKeyConstraint(["teacher_id"], ["teacher.id"], name=op.f("fk_teacher_photo_teacher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teacher_photo")),
        sa.UniqueConstraint("teacher_id", "sha256", name=op.f("uq_teacher_photo_teacher_id_sha256")),
    )
    op.create_index(op.f("ix_teacher_photo_sha256"), "teacher_photo", ["sha256"], unique=False)


def _create_leave() -> None:
    op.create_table(
        "leave",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_leave_enrolment_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_leave_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave")),
        sa.UniqueConstraint("enrolment_id", "session_id", name=op.f("uq_leave_enrolment_id_session_id")),
    )
    op.create_index(op.f("ix_leave_session_id"), "leave", ["session_id"], unique=False)


def _create_submission() -> None:
    op.create_table(
        "submission",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("declared_session", sa.String(length=200), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", sa.String(length=16), nullable=False),
        sa.Column("view", sa.String(length=16), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(receipt = 'unknown') = (received_at IS NULL)", name=op.f("ck_submission_receipt_whole")),
        sa.CheckConstraint("receipt IN ('declared', 'assumed', 'unknown')", name=op.f("ck_submission_receipt")),
        sa.CheckConstraint("session_id IS NULL OR declared_session <> ''", name=op.f("ck_submission_session_declared")),
        sa.CheckConstraint("view IS NULL OR view IN ('front', 'back')", name=op.f("ck_submission_view")),
        sa.CheckConstraint("length(trim(file)) > 0", name=op.f("ck_submission_file_not_blank")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_submission_class_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_submission_session_id")),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_submission_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint(
            "class_id",
            "file",
            "sha256",
            "declared_session",
            name=op.f("uq_submission_class_id_file_sha256_declared_session"),
        ),
    )
    op.create_index("ix_submission_session_id", "submission", ["session_id"], unique=False)
    op.create_index("ix_submission_sha256", "submission", ["sha256"], unique=False)
