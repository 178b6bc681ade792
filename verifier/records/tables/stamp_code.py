"""Anti-counterfeit codes (防伪码) of stamps, by which two photos that show one code find each other in the whole city."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base


class StampCodeRow(Base):
    """One code that was surely read in one look. What was read with doubt is not here: a code misread is no evidence."""

    __tablename__ = "stamp_code"

    look_id: Mapped[UUID] = mapped_column(ForeignKey("look.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True, index=True)
