"""What people do: notices, sanctions, inspections, off-site supervision, follow-ups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _create_notice()
    _create_notice_violation()
    _create_sanction()
    _create_on_site_inspection()
    _create_on_site_inspection_member()
    _create_off_site_supervision()
    _create_follow_up()
    _create_follow_up_call()


def downgrade() -> None:
    for table in (
        "follow_up_call",
        "follow_up",
        "off_site_supervision",
        "on_site_inspection_member",
        "on_site_inspection",
        "sanction",
        "notice_violation",
        "notice",
    ):
        op.drop_table(table)


def _create_notice() -> None:
    op.create_table(
        "notice",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("class_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("body", JSON, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(state = 'voided') = (void_reason IS NOT NULL)", name=op.f("ck_notice_voided_has_reason")),
        sa.CheckConstraint("state IN ('issued', 'voided')", name=op.f("ck_notice_state")),
        sa.CheckConstraint("serial IS NULL OR serial >= 1", name=op.f("ck_notice_serial_range")),
        sa.CheckConstraint("year IS NULL OR (year >= 2000 AND year <= 9999)", name=op.f("ck_notice_year_range")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_notice_agency_id")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_notice_class_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["user_account.id"], name=op.f("fk_notice_issued_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("number", name=op.f("uq_notice_number")),
        sa.UniqueConstraint("year", "serial", name=op.f("uq_notice_year_serial")),
    )
    op.create_index(op.f("ix_notice_agency_id"), "notice", ["agency_id"], unique=False)
    op.create_index(op.f("ix_notice_class_id"), "notice", ["class_id"], unique=False)


def _create_notice_violation() -> None:
    op.create_table(
        "notice_violation",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("violation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_violation_notice_id")),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name=op.f("fk_notice_violation_violation_id")),
        sa.PrimaryKeyConstraint("notice_id", "violation_id", name=op.f("pk_notice_violation")),
    )
    op.create_index(op.f("ix_notice_violation_violation_id"), "notice_violation", ["violation_id"], unique=False)


def _create_sanction() -> None:
    op.create_table(
        "sanction",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("class_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("dedup_key", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", JSON, nullable=False),
        sa.Column("grounds", JSON, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(state = 'proposed') = (decided_by IS NULL)", name=op.f("ck_sanction_decided_by_someone")),
        sa.CheckConstraint(
            "kind IN ('subsidy_refused', 'subsidy_reclaimed', 'qualification_revoked', 'referral')",
            name=op.f("ck_sanction_kind"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('subsidy_refused', 'subsidy_reclaimed') OR class_id IS NOT NULL",
            name=op.f("ck_sanction_has_class"),
        ),
        sa.CheckConstraint("state IN ('proposed', 'issued', 'dismissed', 'withdrawn')", name=op.f("ck_sanction_state")),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_sanction_decided_some_time")),
        sa.CheckConstraint("length(trim(rule)) > 0", name=op.f("ck_sanction_rule_not_blank")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_sanction_agency_id")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_sanction_class_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_sanction_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanction")),
        sa.UniqueConstraint("agency_id", "dedup_key", name=op.f("uq_sanction_agency_id_dedup_key")),
    )
    op.create_index(op.f("ix_sanction_class_id"), "sanction", ["class_id"], unique=False)


def _create_on_site_inspection() -> None:
    op.create_table(
        "on_site_inspection",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("inspected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("present", sa.Integer(), nullable=True),
        sa.Column("form", JSON, nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state <> 'done' OR inspected_at IS NOT NULL", name=op.f("ck_on_site_inspection_done_has_time")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'done', 'refused', 'cancelled')", name=op.f("ck_on_site_inspection_state")
        ),
        sa.CheckConstraint("expected IS NULL OR expected >= 0", name=op.f("ck_on_site_inspection_expected_range")),
        sa.CheckConstraint("present IS NULL OR present >= 0", name=op.f("ck_on_site_inspection_present_range")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_on_site_inspection_class_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_on_site_inspection_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_site_inspection")),
    )
    op.create_index("ix_on_site_inspection_class_id", "on_site_inspection", ["class_id"], unique=False)


def _create_on_site_inspection_member() -> None:
    op.create_table(
        "on_site_inspection_member",
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("declared_interest", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["on_site_inspection.id"], name=op.f("fk_on_site_inspection_member_inspection_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_on_site_inspection_member_user_id")),
        sa.PrimaryKeyConstraint("inspection_id", "user_id", name=op.f("pk_on_site_inspection_member")),
    )


def _create_off_site_supervision() -> None:
    op.create_table(
        "off_site_supervision",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_by", sa.Uuid(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('video_review', 'sign_in_review', 'phone', 'other')", name=op.f("ck_off_site_supervision_kind")
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_off_site_supervision_class_id")),
        sa.ForeignKeyConstraint(
            ["evidence_sha256"], ["evidence.sha256"], name=op.f("fk_off_site_supervision_evidence_sha256")
        ),
        sa.ForeignKeyConstraint(["held_by"], ["user_account.id"], name=op.f("fk_off_site_supervision_held_by")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_off_site_supervision_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_off_site_supervision")),
    )
    op.create_index("ix_off_site_supervision_class_id", "off_site_supervision", ["class_id"], unique=False)


def _create_follow_up() -> None:
    op.create_table(
        "follow_up",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("seed", sa.String(length=200), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("roster_size", sa.Integer(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drawn_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("roster_size IS NULL OR roster_size >= 0", name=op.f("ck_follow_up_roster_size_range")),
        sa.CheckConstraint("share IS NULL OR (share >= 0 AND share <= 1)", name=op.f("ck_follow_up_share_range")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_follow_up_class_id")),
        sa.ForeignKeyConstraint(["drawn_by"], ["user_account.id"], name=op.f("fk_follow_up_drawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
        sa.UniqueConstraint("class_id", "seed", name=op.f("uq_follow_up_class_id_seed")),
    )


def _create_follow_up_call() -> None:
    op.create_table(
        "follow_up_call",
        sa.Column("follow_up_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("form", JSON, nullable=False),
        sa.Column("recording_sha256", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('confirmed', 'denied', 'unclear', 'not_reached')",
            name=op.f("ck_follow_up_call_outcome"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (called_at IS NULL)", name=op.f("ck_follow_up_call_called_has_outcome")
        ),
        sa.ForeignKeyConstraint(["called_by"], ["user_account.id"], name=op.f("fk_follow_up_call_called_by")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_follow_up_call_enrolment_id")),
        sa.ForeignKeyConstraint(["follow_up_id"], ["follow_up.id"], name=op.f("fk_follow_up_call_follow_up_id")),
        sa.ForeignKeyConstraint(
            ["recording_sha256"], ["evidence.sha256"], name=op.f("fk_follow_up_call_recording_sha256")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_call")),
        sa.UniqueConstraint("follow_up_id", "enrolment_id", name=op.f("uq_follow_up_call_follow_up_id_enrolment_id")),
    )
