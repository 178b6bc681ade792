"""Subscriptions of API clients, and the outbox of what they are told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", JSON, nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("length(trim(owner)) > 0", name=op.f("ck_webhook_owner_not_blank")),
        sa.CheckConstraint("length(trim(name)) > 0", name=op.f("ck_webhook_name_not_blank")),
        sa.CheckConstraint("length(trim(url)) > 0", name=op.f("ck_webhook_url_not_blank")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_webhook_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_webhook_owner_name")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("class_number", sa.String(length=200), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'delivered', 'dead')", name=op.f("ck_webhook_delivery_state")),
        sa.CheckConstraint("attempt IS NULL OR attempt >= 0", name=op.f("ck_webhook_delivery_attempt_range")),
        sa.CheckConstraint("length(trim(kind)) > 0", name=op.f("ck_webhook_delivery_kind_not_blank")),
        sa.CheckConstraint("(state = 'queued') = (done_at IS NULL)", name=op.f("ck_webhook_delivery_done_has_time")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("id", name=op.f("uq_webhook_delivery_id")),
    )
    order = ["webhook_id", "state", "class_number", "position"]
    op.create_index("ix_webhook_delivery_order", "webhook_delivery", order)
    due = ["state", "next_attempt_at"]
    op.create_index("ix_webhook_delivery_state_next_attempt_at", "webhook_delivery", due)


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
