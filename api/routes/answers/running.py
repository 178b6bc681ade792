"""Nights, jobs and the audit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import JsonValue

from api.routes.answers.base import Out, Time


class NightOut(Out):
    """One night's work; `counts` fills while it runs."""

    id: str
    state: Literal["running", "finished", "failed", "broken_off"]
    first_day: date | None
    last_day: date
    started_at: datetime
    finished_at: datetime | None
    counts: dict[str, JsonValue]
    error: str | None


class AuditEntryOut(Out):
    """One entry of the audit; `hash` binds it to the one before."""

    sequence: int
    at: datetime
    actor: str
    action: str
    subject: list[str]
    source: str
    before: dict[str, JsonValue] | None
    after: dict[str, JsonValue] | None
    hash: str


class AuditOut(Out):
    """Entries in the order they were written; `next`: ask `after` this one."""

    items: list[AuditEntryOut]
    next: int | None


class ProgressOut(Out):
    """How far the work on the job's days is: pictures that were looked at, of all, and sessions that are closed, of all."""

    photos: int
    photos_looked: int
    sessions: int
    sessions_closed: int


class JobOut(Out):
    """A job as it stands."""

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    attempt: int
    asked: dict[str, JsonValue]
    progress: ProgressOut
    result: dict[str, JsonValue] | None
    error: str | None
    created_at: Time
    finished_at: Time | None
