"""Anti-counterfeit codes (防伪码) of stamps, by which two photos that show one code find each other in the whole city."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import PROCESSING, Base, utc_now


class StampCodeRow(Base):
    """One code that was read in one look. `confidence` (0 to 1) is the reading's: one misread letter makes another code."""

    __tablename__ = "stamp_code"

    look_id: Mapped[UUID] = mapped_column(ForeignKey("look.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True, index=True)
    confidence: Mapped[float]


class CodeAnswerRow(Base):
    """What the maker of a stamping app said about a code: kept, so that each is asked once. `answer` is JSON-ready."""

    __tablename__ = "code_answer"

    code: Mapped[str] = mapped_column(primary_key=True)
    authority: Mapped[str] = mapped_column(primary_key=True)
    answer: Mapped[dict[str, Any]]
    asked_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)
