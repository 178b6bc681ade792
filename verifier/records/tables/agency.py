"""A training agency (培训机构)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, WithId, not_blank, one_of

QUALIFICATIONS = ("held", "revoked")


class AgencyRow(WithId, Base):
    """An agency by its unified social credit code (统一社会信用代码)."""

    __tablename__ = "agency"
    __table_args__ = (not_blank("code"), one_of("qualification", QUALIFICATIONS))

    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str]
    qualification: Mapped[str] = mapped_column(String(16), default="held")
    qualification_revoked_on: Mapped[date | None]
