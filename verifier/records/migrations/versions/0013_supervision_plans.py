"""Plans of supervision with the people drawn for them; when a class really began and ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supervision_plan",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("seed", sa.String(length=200), nullable=False),
        sa.Column("pool_size", sa.Integer(), nullable=False),
        sa.Column("pool_sha256", sa.String(length=64), nullable=False),
        sa.Column("planned_by", sa.Uuid(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=True),
        sa.Column("cancelled_because", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('on_site', 'off_site', 'follow_up')", name=op.f("ck_supervision_plan_kind")),
        sa.CheckConstraint("state IN ('planned', 'done', 'cancelled')", name=op.f("ck_supervision_plan_state")),
        sa.CheckConstraint("length(trim(seed)) > 0", name=op.f("ck_supervision_plan_seed_not_blank")),
        sa.CheckConstraint("pool_size IS NULL OR pool_size >= 1", name=op.f("ck_supervision_plan_pool_size_range")),
        sa.CheckConstraint("length(pool_sha256) = 64", name=op.f("ck_supervision_plan_pool_sha256_form")),
        sa.CheckConstraint(
            "(state = 'done') = (result_id IS NOT NULL)", name=op.f("ck_supervision_plan_done_has_result")
        ),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_because IS NOT NULL)",
            name=op.f("ck_supervision_plan_cancelled_has_reason"),
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_supervision_plan_class_id")),
        sa.ForeignKeyConstraint(["planned_by"], ["user_account.id"], name=op.f("fk_supervision_plan_planned_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_plan")),
    )
    op.create_index("ix_supervision_plan_class_id", "supervision_plan", ["class_id"])
    op.create_table(
        "supervision_plan_member",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["supervision_plan.id"], name=op.f("fk_supervision_plan_member_plan_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_supervision_plan_member_user_id")),
        sa.PrimaryKeyConstraint("plan_id", "user_id", name=op.f("pk_supervision_plan_member")),
    )
    op.add_column("class_closing", sa.Column("commenced_on", sa.Date(), nullable=True))
    op.add_column("class_closing", sa.Column("completed_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("class_closing", "completed_on")
    op.drop_column("class_closing", "commenced_on")
    op.drop_table("supervision_plan_member")
    op.drop_table("supervision_plan")
