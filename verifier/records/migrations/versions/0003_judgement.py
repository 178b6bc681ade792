"""What a person must decide: users, cases, violations, decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from verifier.records.migrations.append_only import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _create_user_account()
    _create_supervision_case()
    _create_case_support()
    _create_violation()
    _create_violation_support()
    _create_violation_session()
    _create_violation_evidence()
    _create_decision()
    protect("decision")


def downgrade() -> None:
    for table in (
        "decision",
        "violation_evidence",
        "violation_session",
        "violation_support",
        "violation",
        "case_support",
        "supervision_case",
        "user_account",
    ):
        op.drop_table(table)


def _create_user_account() -> None:
    op.create_table(
        "user_account",
        sa.Column("login", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(role = 'agency') = (agency_id IS NOT NULL)", name=op.f("ck_user_account_agency_role_has_agency")
        ),
        sa.CheckConstraint(
            "role IN ('inspector', 'chief', 'auditor', 'agency', 'admin')", name=op.f("ck_user_account_role")
        ),
        sa.CheckConstraint(
            "failed_logins IS NULL OR failed_logins >= 0", name=op.f("ck_user_account_failed_logins_range")
        ),
        sa.CheckConstraint("length(trim(login)) > 0", name=op.f("ck_user_account_login_not_blank")),
        sa.CheckConstraint("login = lower(login)", name=op.f("ck_user_account_login_lower_case")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_user_account_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("login", name=op.f("uq_user_account_login")),
    )


def _create_supervision_case() -> None:
    op.create_table(
        "supervision_case",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("dedup_key", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("supported", sa.Boolean(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("enrolment_id", sa.Uuid(), nullable=True),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("box_xywh", JSON, nullable=True),
        sa.Column("reason", JSON, nullable=False),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("lapse_reason", JSON, nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(state = 'lapsed') = (lapse_reason IS NOT NULL)", name=op.f("ck_supervision_case_lapsed_has_reason")
        ),
        sa.CheckConstraint(
            "state <> 'lapsed' OR NOT supported", name=op.f("ck_supervision_case_lapsed_is_unsupported")
        ),
        sa.CheckConstraint("state <> 'proposed' OR supported", name=op.f("ck_supervision_case_proposed_is_supported")),
        sa.CheckConstraint(
            "state IN ('proposed', 'needs_check', 'confirmed', 'dismissed', 'lapsed')",
            name=op.f("ck_supervision_case_state"),
        ),
        sa.CheckConstraint("length(trim(dedup_key)) > 0", name=op.f("ck_supervision_case_dedup_key_not_blank")),
        sa.CheckConstraint("length(trim(kind)) > 0", name=op.f("ck_supervision_case_kind_not_blank")),
        sa.CheckConstraint(
            "probability IS NULL OR (probability >= 0 AND probability <= 1)",
            name=op.f("ck_supervision_case_probability_range"),
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_supervision_case_class_id")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_supervision_case_enrolment_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_supervision_case_session_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_supervision_case_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_case")),
        sa.UniqueConstraint("class_id", "dedup_key", name=op.f("uq_supervision_case_class_id_dedup_key")),
    )
    op.create_index(op.f("ix_supervision_case_enrolment_id"), "supervision_case", ["enrolment_id"], unique=False)
    op.create_index("ix_supervision_case_session_id", "supervision_case", ["session_id"], unique=False)
    op.create_index("ix_supervision_case_state", "supervision_case", ["state"], unique=False)


def _create_case_support() -> None:
    op.create_table(
        "case_support",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=True),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("box_xywh", JSON, nullable=True),
        sa.Column("reason", JSON, nullable=False),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "probability IS NULL OR (probability >= 0 AND probability <= 1)",
            name=op.f("ck_case_support_probability_range"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["supervision_case.id"], name=op.f("fk_case_support_case_id")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_case_support_enrolment_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_case_support_run_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_case_support_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_support")),
        sa.UniqueConstraint("case_id", "run_id", name=op.f("uq_case_support_case_id_run_id")),
    )
    op.create_index(op.f("ix_case_support_run_id"), "case_support", ["run_id"], unique=False)


def _create_violation() -> None:
    op.create_table(
        "violation",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("dedup_key", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("supported", sa.Boolean(), nullable=False),
        sa.Column("reason", JSON, nullable=False),
        sa.Column("lapse_reason", JSON, nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(state = 'lapsed') = (lapse_reason IS NOT NULL)", name=op.f("ck_violation_lapsed_has_reason")
        ),
        sa.CheckConstraint("state <> 'lapsed' OR NOT supported", name=op.f("ck_violation_lapsed_is_unsupported")),
        sa.CheckConstraint("state <> 'proposed' OR supported", name=op.f("ck_violation_proposed_is_supported")),
        sa.CheckConstraint(
            "state IN ('proposed', 'needs_check', 'confirmed', 'dismissed', 'lapsed')", name=op.f("ck_violation_state")
        ),
        sa.CheckConstraint("length(trim(code)) > 0", name=op.f("ck_violation_code_not_blank")),
        sa.CheckConstraint("length(trim(dedup_key)) > 0", name=op.f("ck_violation_dedup_key_not_blank")),
        sa.CheckConstraint("length(trim(rule)) > 0", name=op.f("ck_violation_rule_not_blank")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_violation_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_violation")),
        sa.UniqueConstraint("class_id", "dedup_key", name=op.f("uq_violation_class_id_dedup_key")),
    )
    op.create_index("ix_violation_state", "violation", ["state"], unique=False)


def _create_violation_support() -> None:
    op.create_table(
        "violation_support",
        sa.Column("violation_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("policy_name", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("reason", JSON, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_violation_support_run_id")),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name=op.f("fk_violation_support_violation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_violation_support")),
        sa.UniqueConstraint("violation_id", "run_id", name=op.f("uq_violation_support_violation_id_run_id")),
    )
    op.create_index(op.f("ix_violation_support_run_id"), "violation_support", ["run_id"], unique=False)


def _create_violation_session() -> None:
    op.create_table(
        "violation_session",
        sa.Column("support_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_violation_session_session_id")),
        sa.ForeignKeyConstraint(["support_id"], ["violation_support.id"], name=op.f("fk_violation_session_support_id")),
        sa.PrimaryKeyConstraint("support_id", "session_id", name=op.f("pk_violation_session")),
    )
    op.create_index(op.f("ix_violation_session_session_id"), "violation_session", ["session_id"], unique=False)


def _create_violation_evidence() -> None:
    op.create_table(
        "violation_evidence",
        sa.Column("support_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_violation_evidence_sha256")),
        sa.ForeignKeyConstraint(
            ["support_id"], ["violation_support.id"], name=op.f("fk_violation_evidence_support_id")
        ),
        sa.PrimaryKeyConstraint("support_id", "sha256", name=op.f("pk_violation_evidence")),
    )


def _create_decision() -> None:
    op.create_table(
        "decision",
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("violation_id", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("withdraws_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(decision = 'withdraw') = (withdraws_id IS NOT NULL)", name=op.f("ck_decision_withdraws_a_decision")
        ),
        sa.CheckConstraint(
            "decision IN ('confirm', 'dismiss', 'needs_check', 'withdraw')", name=op.f("ck_decision_decision")
        ),
        sa.CheckConstraint("(case_id IS NULL) <> (violation_id IS NULL)", name=op.f("ck_decision_one_subject")),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_decision_reason_not_blank")),
        sa.ForeignKeyConstraint(["case_id"], ["supervision_case.id"], name=op.f("fk_decision_case_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_decision_decided_by")),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name=op.f("fk_decision_violation_id")),
        sa.ForeignKeyConstraint(["withdraws_id"], ["decision.id"], name=op.f("fk_decision_withdraws_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("withdraws_id", name=op.f("uq_decision_withdraws_id")),
    )
    op.create_index("ix_decision_case_id", "decision", ["case_id"], unique=False)
    op.create_index("ix_decision_violation_id", "decision", ["violation_id"], unique=False)
