"""Where the audit's chain ends, so that a chain that lost its last entries is noticed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from verifier.records.migrations.append_only import protect_head

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_only_one")),
        sa.CheckConstraint("length(hash) = 64", name=op.f("ck_audit_head_hash_form")),
        sa.CheckConstraint("length(mac) = 64", name=op.f("ck_audit_head_mac_form")),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_audit_head_sequence_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    protect_head("audit_head")


def downgrade() -> None:
    op.drop_table("audit_head")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS refuse_rewind()")
