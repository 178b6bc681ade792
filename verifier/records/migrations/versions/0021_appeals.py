"""What agencies answer to notices, violations and cases, with their files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from verifier.records.migrations.append_only import protect

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ONE_SUBJECT = (
    "(CASE WHEN notice_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN violation_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN case_id IS NULL THEN 0 ELSE 1 END) = 1"
)


def upgrade() -> None:
    op.create_table(
        "appeal",
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.Column("violation_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(ONE_SUBJECT, name=op.f("ck_appeal_one_subject")),
        sa.CheckConstraint("length(trim(text)) > 0", name=op.f("ck_appeal_text_not_blank")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_appeal_notice_id")),
        sa.ForeignKeyConstraint(["violation_id"], ["violation.id"], name=op.f("fk_appeal_violation_id")),
        sa.ForeignKeyConstraint(["case_id"], ["supervision_case.id"], name=op.f("fk_appeal_case_id")),
        sa.ForeignKeyConstraint(["answered_by"], ["user_account.id"], name=op.f("fk_appeal_answered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
    )
    for column in ("notice_id", "violation_id", "case_id", "answered_by"):
        op.create_index(f"ix_appeal_{column}", "appeal", [column])
    op.create_table(
        "appeal_file",
        sa.Column("appeal_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("length(trim(name)) > 0", name=op.f("ck_appeal_file_name_not_blank")),
        sa.CheckConstraint("position IS NULL OR position >= 0", name=op.f("ck_appeal_file_position_range")),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_appeal_file_appeal_id")),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_appeal_file_sha256")),
        sa.UniqueConstraint("appeal_id", "position", name=op.f("uq_appeal_file_appeal_id_position")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_file")),
    )
    op.create_index("ix_appeal_file_sha256", "appeal_file", ["sha256"])
    protect("appeal")
    protect("appeal_file")


def downgrade() -> None:
    op.drop_table("appeal_file")
    op.drop_table("appeal")
