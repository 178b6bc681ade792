"""What people record besides: interests, what only they establish, dates, archives, decisions about sanctions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from verifier.records.migrations.append_only import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    # Columns that may be empty are added in place on both databases; a table made anew would lose its triggers.
    op.add_column("violation_support", sa.Column("detail", JSON, nullable=True))
    op.add_column("sanction", sa.Column("lapse_reason", JSON, nullable=True))
    op.add_column("follow_up", sa.Column("pool_sha256", sa.String(length=64), nullable=True))
    _create_on_site_case()
    _create_declared_interest()
    _create_person_record()
    _create_class_closing()
    _create_archive_item()
    _create_agreement()
    _create_sanction_decision()
    protect("sanction_decision")


def downgrade() -> None:
    for table in (
        "sanction_decision",
        "agreement",
        "archive_item",
        "class_closing",
        "person_record",
        "declared_interest",
        "on_site_case",
    ):
        op.drop_table(table)
    op.drop_column("follow_up", "pool_sha256")
    op.drop_column("sanction", "lapse_reason")
    op.drop_column("violation_support", "detail")


def _create_on_site_case() -> None:
    op.create_table(
        "on_site_case",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["supervision_case.id"], name=op.f("fk_on_site_case_case_id")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["on_site_inspection.id"], name=op.f("fk_on_site_case_inspection_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_on_site_case")),
    )
    op.create_index(op.f("ix_on_site_case_inspection_id"), "on_site_case", ["inspection_id"], unique=False)


def _create_declared_interest() -> None:
    op.create_table(
        "declared_interest",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("to_day", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("to_day IS NULL OR to_day >= from_day", name=op.f("ck_declared_interest_days_in_order")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_declared_interest_agency_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_declared_interest_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declared_interest")),
        sa.UniqueConstraint(
            "user_id", "agency_id", "from_day", name=op.f("uq_declared_interest_user_id_agency_id_from_day")
        ),
    )


def _create_person_record() -> None:
    op.create_table(
        "person_record",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("class_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(withdrawn_by IS NULL) = (withdrawn_because IS NULL)", name=op.f("ck_person_record_withdrawn_with_reason")
        ),
        sa.CheckConstraint("length(trim(code)) > 0", name=op.f("ck_person_record_code_not_blank")),
        sa.CheckConstraint("length(trim(note)) > 0", name=op.f("ck_person_record_note_not_blank")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_person_record_agency_id")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_person_record_class_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_person_record_recorded_by")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["user_account.id"], name=op.f("fk_person_record_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_record")),
    )
    op.create_index("ix_person_record_agency_id", "person_record", ["agency_id"], unique=False)
    op.create_index("ix_person_record_class_id", "person_record", ["class_id"], unique=False)


def _create_class_closing() -> None:
    op.create_table(
        "class_closing",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("certified_on", sa.Date(), nullable=True),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("archived_on", sa.Date(), nullable=True),
        sa.Column("archive_discarded_on", sa.Date(), nullable=True),
        sa.Column("examined", JSON, nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["user_account.id"], name=op.f("fk_class_closing_changed_by")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_class_closing_class_id")),
        sa.PrimaryKeyConstraint("class_id", name=op.f("pk_class_closing")),
    )


def _create_archive_item() -> None:
    op.create_table(
        "archive_item",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("present = (sha256 IS NOT NULL)", name=op.f("ck_archive_item_present_is_kept")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_archive_item_class_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_archive_item_recorded_by")),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_archive_item_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_item")),
        sa.UniqueConstraint("class_id", "kind", "name", name=op.f("uq_archive_item_class_id_kind_name")),
    )


def _create_agreement() -> None:
    op.create_table(
        "agreement",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("form", JSON, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("year IS NULL OR (year >= 2000 AND year <= 9999)", name=op.f("ck_agreement_year_range")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agreement_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("agency_id", "year", name=op.f("uq_agreement_agency_id_year")),
    )


def _create_sanction_decision() -> None:
    op.create_table(
        "sanction_decision",
        sa.Column("sanction_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("withdraws_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(decision = 'withdraw') = (withdraws_id IS NOT NULL)",
            name=op.f("ck_sanction_decision_withdraws_a_decision"),
        ),
        sa.CheckConstraint(
            "decision IN ('confirm', 'dismiss', 'withdraw')", name=op.f("ck_sanction_decision_decision")
        ),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f("ck_sanction_decision_reason_not_blank")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_sanction_decision_decided_by")),
        sa.ForeignKeyConstraint(["sanction_id"], ["sanction.id"], name=op.f("fk_sanction_decision_sanction_id")),
        sa.ForeignKeyConstraint(
            ["withdraws_id"], ["sanction_decision.id"], name=op.f("fk_sanction_decision_withdraws_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanction_decision")),
        sa.UniqueConstraint("withdraws_id", name=op.f("uq_sanction_decision_withdraws_id")),
    )
    op.create_index("ix_sanction_decision_sanction_id", "sanction_decision", ["sanction_id"], unique=False)
