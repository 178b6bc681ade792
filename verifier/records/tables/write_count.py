"""How often the records were written to, as the sum of a few rows."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Integer
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base

LINES = 16


class WriteCountRow(Base):
    """One of them moves on with every commit that may change an answer (`records.write_count`). All are made with the table."""

    __tablename__ = "write_count"
    __table_args__ = (CheckConstraint(f"id >= 1 AND id <= {LINES}", name="a_few"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    writes: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
