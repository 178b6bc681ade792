"""The nights: when one ran, over which days, how it ended and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as Tx

from verifier.records.errors import NotInRecordsError
from verifier.records.tables.base import utc_now
from verifier.records.tables.job import NightRow


@dataclass(frozen=True, slots=True)
class NightRecord:
    """One night. `state` is ``running``, ``finished``, ``failed`` or ``broken_off``; `first_day` None means all open days."""

    id: UUID
    first_day: date | None
    last_day: date
    state: str
    started_at: datetime
    finished_at: datetime | None
    versions: Mapping[str, Any]
    counts: Mapping[str, Any]
    error: str | None


def start_night(tx: Tx, first_day: date | None, last_day: date, versions: Mapping[str, Any]) -> UUID:
    """Write down that a night starts. Nights that still seem to run were killed: they are marked ``broken_off``.

    The caller makes sure that only one night runs at a time.
    """
    now = utc_now()
    tx.execute(update(NightRow).where(NightRow.state == "running").values(state="broken_off", finished_at=now))
    night = NightRow(
        id=uuid4(),
        first_day=first_day,
        last_day=last_day,
        state="running",
        started_at=now,
        finished_at=None,
        versions=dict(versions),
        counts={},
        error=None,
    )
    tx.add(night)
    tx.flush()
    return night.id


def finish_night(tx: Tx, night_id: UUID, counts: Mapping[str, Any], error: str | None = None) -> None:
    """Write down how a night ended: ``finished``, or ``failed`` where there is an error.

    Raises:
        NotInRecordsError: no such night runs.
    """
    night = tx.get(NightRow, night_id)
    if night is None or night.state != "running":
        raise NotInRecordsError(f"no night {night_id} is running")
    night.state = "failed" if error is not None else "finished"
    night.finished_at = utc_now()
    night.counts = dict(counts)
    night.error = error
    tx.flush()


def find_latest_day(tx: Tx) -> date | None:
    """The latest day that any night was run for; None before the first one."""
    return tx.scalar(select(func.max(NightRow.last_day)))


def read_nights(tx: Tx, limit: int = 30) -> list[NightRecord]:
    """The last nights, newest first."""
    rows = tx.scalars(select(NightRow).order_by(NightRow.started_at.desc(), NightRow.id).limit(limit))
    return [
        NightRecord(
            id=row.id,
            first_day=row.first_day,
            last_day=row.last_day,
            state=row.state,
            started_at=row.started_at,
            finished_at=row.finished_at,
            versions=row.versions,
            counts=row.counts,
            error=row.error,
        )
        for row in rows
    ]
