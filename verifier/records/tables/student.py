"""A person who is trained, whatever class they are in."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import SEALED, Base, WithId


class StudentRow(WithId, Base):
    """A person, known by their ID number where one was filed: sealed, and found by a keyed digest of it.

    Without an ID number two roster lines are two persons, as nothing says that they are one.
    """

    __tablename__ = "student"
    __table_args__ = (
        CheckConstraint("(id_number_lookup IS NULL) = (id_number_sealed IS NULL)", name="id_number_whole"),
    )

    id_number_lookup: Mapped[str | None] = mapped_column(String(64), unique=True)
    id_number_sealed: Mapped[bytes | None] = mapped_column(info=SEALED)
