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
    step: int | None = None
    plan: Mapping[str, Any] | None = None


def start_night(
    tx: Tx, first_day: date | None, last_day: date, versions: Mapping[str, Any], plan: Mapping[str, Any] | None = None
) -> UUID:
    """Write down that a night starts. Nights that still seem to run were killed: they are marked ``broken_off``.

    The caller makes sure that only one night runs at a time.

    Args:
        plan: Of a night whose jobs are rows, what its jobs need to know; it stands before its first step.
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
        step=None if plan is None else -1,
        plan=None if plan is None else dict(plan),
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


def find_shared_night(tx: Tx, *, lock: bool = False) -> NightRecord | None:
    """The night whose jobs many workers do now; None where none runs.

    Args:
        lock: Wait for, and keep, the sole right to move it on until the transaction ends.
    """
    query = select(NightRow).where(NightRow.state == "running", NightRow.step.is_not(None))
    row = tx.scalar(query.with_for_update() if lock else query)
    return None if row is None else _describe(row)


def enter_step(tx: Tx, night_id: UUID, step: int) -> None:
    """A night's jobs of the step before have ended; its plan keeps when each step began, the first at place 0."""
    night = tx.get_one(NightRow, night_id)
    plan = dict(night.plan or {})
    night.step, night.plan = step, {**plan, "begun": [*plan.get("begun", ()), utc_now().isoformat()]}
    tx.flush()


def read_night(tx: Tx, night_id: UUID) -> NightRecord:
    """One night.

    Raises:
        NotInRecordsError: there is none such.
    """
    row = tx.get(NightRow, night_id)
    if row is None:
        raise NotInRecordsError(f"no night {night_id} is on record")
    return _describe(row)


def find_last_finish(tx: Tx) -> datetime | None:
    """When a night last finished, whatever became of later ones; None before the first."""
    return tx.scalar(select(func.max(NightRow.finished_at)).where(NightRow.state == "finished"))


def was_begun(tx: Tx, last_day: date) -> bool:
    """Whether workers began, or did, a night for days up to that one."""
    begun = select(NightRow.id).where(NightRow.last_day >= last_day, NightRow.step.is_not(None)).limit(1)
    return tx.scalar(begun) is not None


def read_nights(tx: Tx, limit: int = 30) -> list[NightRecord]:
    """The last nights, newest first."""
    rows = tx.scalars(select(NightRow).order_by(NightRow.started_at.desc(), NightRow.id).limit(limit))
    return [_describe(row) for row in rows]


def _describe(row: NightRow) -> NightRecord:
    return NightRecord(
        id=row.id,
        first_day=row.first_day,
        last_day=row.last_day,
        state=row.state,
        started_at=row.started_at,
        finished_at=row.finished_at,
        versions=row.versions,
        counts=row.counts,
        error=row.error,
        step=row.step,
        plan=row.plan,
    )
