"""What all tables share: names of constraints, types of columns, ids that follow from natural keys."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import JSON, CheckConstraint, DateTime, Dialect, ForeignKey, LargeBinary, MetaData, String, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

# Every id follows from what the row is about, so the same work done twice, or in another order, gives the same rows.
ID_NAMESPACE = UUID("6f0a3a5e-7a0c-5d8b-9a43-3c1de0b6f2aa")

# Columns marked so tell of our own work, not of what happened in class; `dump_records` leaves them out.
PROCESSING = {"processing": True}
# Columns marked so hold ciphertext of `vault.seal`, bound to table, column and row.
SEALED = {"sealed": True}


def make_id(kind: str, *natural_key: str | int | None) -> UUID:
    """The id of the thing that `natural_key` names, the same in every database."""
    return uuid5(ID_NAMESPACE, json.dumps([kind, *natural_key], ensure_ascii=True))


def utc_now() -> datetime:
    """The time of our own work."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: given with any offset, stored in UTC, given back in UTC. A time without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the time {value.isoformat()} has no zone: say which one before it is stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        # SQLite keeps no offset; what process_bind_param wrote was UTC.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JsonValue = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """All tables of the records. Names of constraints are fixed, so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy on the class
        datetime: UtcDateTime(),
        UUID: Uuid(),
        str: Text(),
        bytes: LargeBinary(),
        dict[str, Any]: JsonValue,
        list[Any]: JsonValue,
    }


class WithId:
    """A row whose id is made by `make_id`, or drawn at random where the thing has no natural key (a decision)."""

    id: Mapped[UUID] = mapped_column(primary_key=True)


class Droppable:
    """A filed line that a later filing no longer holds: marked, never deleted, as evidence may point to it."""

    dropped_at: Mapped[datetime | None] = mapped_column(info=PROCESSING)


def digest_column(**options: Any) -> Mapped[str]:
    """A reference to evidence by its SHA-256 in hexadecimal."""
    return mapped_column(String(64), ForeignKey("evidence.sha256"), **options)


def one_of(column: str, words: Iterable[str], *, optional: bool = False) -> CheckConstraint:
    """The column holds one of these stored words (or nothing, where `optional`)."""
    listed = ", ".join(f"'{word}'" for word in words)
    condition = f"{column} IN ({listed})"
    return CheckConstraint(f"{column} IS NULL OR {condition}" if optional else condition, name=column)


def between(column: str, low: float, high: float) -> CheckConstraint:
    """The column lies within both limits, or is empty."""
    return CheckConstraint(f"{column} IS NULL OR ({column} >= {low} AND {column} <= {high})", name=f"{column}_range")


def at_least(column: str, low: float) -> CheckConstraint:
    """The column is no smaller than this, or is empty."""
    return CheckConstraint(f"{column} IS NULL OR {column} >= {low}", name=f"{column}_range")


def not_blank(column: str) -> CheckConstraint:
    """The text has at least one character that is no space."""
    return CheckConstraint(f"length(trim({column})) > 0", name=f"{column}_not_blank")


def place_checks() -> tuple[CheckConstraint, ...]:
    """For a table with a place: degrees in range, both or none, and the frame a known one."""
    return (
        between("longitude", -180, 180),
        between("latitude", -90, 90),
        between("filed_longitude", -180, 180),
        between("filed_latitude", -90, 90),
        CheckConstraint("(filed_longitude IS NULL) = (filed_latitude IS NULL)", name="filed_place_whole"),
        CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name="place_whole"),
        one_of("frame", ("wgs84", "gcj02", "bd09")),
    )


class Placed:
    """A place: `longitude` and `latitude` in degrees WGS-84, and beside them what was filed, in `frame`."""

    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    filed_longitude: Mapped[float | None]
    filed_latitude: Mapped[float | None]
    frame: Mapped[str] = mapped_column(String(8))
