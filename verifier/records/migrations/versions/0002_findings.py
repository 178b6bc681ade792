"""What was seen and concluded: looks, camera samples, runs, findings, faces, presence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from verifier.records.migrations.append_only import forget_function, protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _create_look()
    _create_camera_sample()
    _create_run()
    _create_face_observation()
    _create_finding()
    _create_presence()
    protect("finding")


def downgrade() -> None:
    for table in (
        "presence",
        "finding",
        "face_observation",
        "run",
        "camera_sample",
        "look",
    ):
        op.drop_table(table)
    forget_function()


def _create_look() -> None:
    op.create_table(
        "look",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("versions_key", sa.Text(), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("pixels_sha256", sa.String(length=64), nullable=True),
        sa.Column("embedding_contract", sa.Text(), nullable=False),
        sa.Column("embedding_count", sa.Integer(), nullable=False),
        sa.Column("embedding_length", sa.Integer(), nullable=False),
        sa.Column("embeddings_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "embedding_count = 0 OR embedding_contract <> ''", name=op.f("ck_look_embeddings_have_contract")
        ),
        sa.CheckConstraint(
            "(embedding_count = 0) = (embeddings_sealed IS NULL)", name=op.f("ck_look_embeddings_whole")
        ),
        sa.CheckConstraint(
            "embedding_count IS NULL OR embedding_count >= 0", name=op.f("ck_look_embedding_count_range")
        ),
        sa.CheckConstraint(
            "embedding_length IS NULL OR embedding_length >= 0", name=op.f("ck_look_embedding_length_range")
        ),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_look_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
        sa.UniqueConstraint("sha256", "versions_key", name=op.f("uq_look_sha256_versions_key")),
    )
    op.create_index("ix_look_pixels_sha256", "look", ["pixels_sha256"], unique=False)


def _create_camera_sample() -> None:
    op.create_table(
        "camera_sample",
        sa.Column("camera_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(state = 'picture') = (sha256 IS NOT NULL)", name=op.f("ck_camera_sample_picture_is_kept")),
        sa.CheckConstraint(
            "state IN ('picture', 'unreachable', 'refused', 'no_picture')", name=op.f("ck_camera_sample_state")
        ),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"], name=op.f("fk_camera_sample_camera_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_camera_sample_session_id")),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_camera_sample_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_sample")),
        sa.UniqueConstraint("camera_id", "taken_at", name=op.f("uq_camera_sample_camera_id_taken_at")),
    )
    op.create_index("ix_camera_sample_session_id", "camera_sample", ["session_id"], unique=False)


def _create_run() -> None:
    op.create_table(
        "run",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("input_key", sa.String(length=200), nullable=False),
        sa.Column("versions", JSON, nullable=False),
        sa.Column("policy_name", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("present", sa.Integer(), nullable=True),
        sa.Column("unsure", sa.Integer(), nullable=True),
        sa.Column("on_leave", sa.Integer(), nullable=True),
        sa.Column("rate", sa.Double(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('passed', 'failed', 'unsure', 'not_applicable', 'not_run')", name=op.f("ck_run_outcome")
        ),
        sa.CheckConstraint("expected IS NULL OR expected >= 0", name=op.f("ck_run_expected_range")),
        sa.CheckConstraint("length(input_key) > 0", name=op.f("ck_run_input_key_not_blank")),
        sa.CheckConstraint("on_leave IS NULL OR on_leave >= 0", name=op.f("ck_run_on_leave_range")),
        sa.CheckConstraint("ordinal IS NULL OR ordinal >= 1", name=op.f("ck_run_ordinal_range")),
        sa.CheckConstraint("present IS NULL OR present >= 0", name=op.f("ck_run_present_range")),
        sa.CheckConstraint("rate IS NULL OR (rate >= 0 AND rate <= 1)", name=op.f("ck_run_rate_range")),
        sa.CheckConstraint("unsure IS NULL OR unsure >= 0", name=op.f("ck_run_unsure_range")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_run_class_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_run_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("session_id", "ordinal", name=op.f("uq_run_session_id_ordinal")),
    )
    op.create_index(
        "uq_run_current_class",
        "run",
        ["class_id"],
        unique=True,
        sqlite_where=sa.text("is_current AND session_id IS NULL"),
        postgresql_where=sa.text("is_current AND session_id IS NULL"),
    )
    op.create_index(
        "uq_run_current_session",
        "run",
        ["session_id"],
        unique=True,
        sqlite_where=sa.text("is_current AND session_id IS NOT NULL"),
        postgresql_where=sa.text("is_current AND session_id IS NOT NULL"),
    )


def _create_face_observation() -> None:
    op.create_table(
        "face_observation",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("camera_sample_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("box_x", sa.Double(), nullable=False),
        sa.Column("box_y", sa.Double(), nullable=False),
        sa.Column("box_width", sa.Double(), nullable=False),
        sa.Column("box_height", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=True),
        sa.Column("teacher_id", sa.Uuid(), nullable=True),
        sa.Column("similarity", sa.Double(), nullable=True),
        sa.Column("match_probability", sa.Double(), nullable=True),
        sa.Column("unreadable_because", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(state = 'matched') = (enrolment_id IS NOT NULL)", name=op.f("ck_face_observation_matched_to_student")
        ),
        sa.CheckConstraint(
            "(state = 'teacher') = (teacher_id IS NOT NULL)", name=op.f("ck_face_observation_matched_to_teacher")
        ),
        sa.CheckConstraint(
            "state IN ('matched', 'teacher', 'stranger', 'unclear', 'unreadable')",
            name=op.f("ck_face_observation_state"),
        ),
        sa.CheckConstraint(
            "(submission_id IS NULL) <> (camera_sample_id IS NULL)", name=op.f("ck_face_observation_one_subject")
        ),
        sa.CheckConstraint("box_height IS NULL OR box_height >= 0", name=op.f("ck_face_observation_box_height_range")),
        sa.CheckConstraint("box_width IS NULL OR box_width >= 0", name=op.f("ck_face_observation_box_width_range")),
        sa.CheckConstraint(
            "match_probability IS NULL OR (match_probability >= 0 AND match_probability <= 1)",
            name=op.f("ck_face_observation_match_probability_range"),
        ),
        sa.CheckConstraint(
            "score IS NULL OR (score >= 0 AND score <= 1)", name=op.f("ck_face_observation_score_range")
        ),
        sa.CheckConstraint(
            "similarity IS NULL OR (similarity >= -1 AND similarity <= 1)",
            name=op.f("ck_face_observation_similarity_range"),
        ),
        sa.ForeignKeyConstraint(
            ["camera_sample_id"], ["camera_sample.id"], name=op.f("fk_face_observation_camera_sample_id")
        ),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_face_observation_enrolment_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_face_observation_run_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_face_observation_submission_id")),
        sa.ForeignKeyConstraint(["teacher_id"], ["teacher.id"], name=op.f("fk_face_observation_teacher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_observation")),
        sa.UniqueConstraint(
            "run_id", "camera_sample_id", "position", name=op.f("uq_face_observation_run_id_camera_sample_id_position")
        ),
        sa.UniqueConstraint(
            "run_id", "submission_id", "position", name=op.f("uq_face_observation_run_id_submission_id_position")
        ),
    )
    op.create_index("ix_face_observation_enrolment_id", "face_observation", ["enrolment_id"], unique=False)
    op.create_index("ix_face_observation_submission_id", "face_observation", ["submission_id"], unique=False)


def _create_finding() -> None:
    op.create_table(
        "finding",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("camera_sample_id", sa.Uuid(), nullable=True),
        sa.Column("check_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", JSON, nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("measured", JSON, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('passed', 'failed', 'unsure', 'not_applicable', 'not_run')", name=op.f("ck_finding_outcome")
        ),
        sa.CheckConstraint("length(trim(check_id)) > 0", name=op.f("ck_finding_check_id_not_blank")),
        sa.CheckConstraint("submission_id IS NULL OR camera_sample_id IS NULL", name=op.f("ck_finding_one_subject")),
        sa.ForeignKeyConstraint(["camera_sample_id"], ["camera_sample.id"], name=op.f("fk_finding_camera_sample_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_finding_run_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_finding_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint(
            "run_id", "camera_sample_id", "check_id", name=op.f("uq_finding_run_id_camera_sample_id_check_id")
        ),
        sa.UniqueConstraint(
            "run_id", "submission_id", "check_id", name=op.f("uq_finding_run_id_submission_id_check_id")
        ),
    )
    op.create_index("ix_finding_submission_id", "finding", ["submission_id"], unique=False)
    op.create_index(
        "uq_finding_session",
        "finding",
        ["run_id", "check_id"],
        unique=True,
        sqlite_where=sa.text("submission_id IS NULL AND camera_sample_id IS NULL"),
        postgresql_where=sa.text("submission_id IS NULL AND camera_sample_id IS NULL"),
    )


def _create_presence() -> None:
    op.create_table(
        "presence",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("presence", sa.String(length=16), nullable=False),
        sa.Column("because", JSON, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("presence IN ('present', 'absent', 'unsure', 'leave')", name=op.f("ck_presence_presence")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_presence_enrolment_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_presence_run_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_presence_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence")),
        sa.UniqueConstraint("run_id", "enrolment_id", name=op.f("uq_presence_run_id_enrolment_id")),
    )
    op.create_index("ix_presence_enrolment_id", "presence", ["enrolment_id"], unique=False)
    op.create_index(
        "uq_presence_current",
        "presence",
        ["session_id", "enrolment_id"],
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
