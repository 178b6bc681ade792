"""How often the records were written to, in one row."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Integer
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base


class WriteCountRow(Base):
    """Moves on with every commit that may change an answer (`records.write_count`). One row, made with the table."""

    __tablename__ = "write_count"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    writes: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
