"""What Prometheus is told: requests as they were counted, and how the work stands, read when it asks."""

from __future__ import annotations

import os

from prometheus_client import REGISTRY, CollectorRegistry, Gauge
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import func, select
from sqlalchemy.orm import Session as Tx

from api.state import AppState
from verifier.looking import look_versions, versions_key
from verifier.records.nights import read_nights
from verifier.records.progress import count_progress
from verifier.records.tables.base import utc_now
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.job import JobRow
from verifier.records.tables.webhook import DeliveryRow

# Several server processes count into files of this folder, so that whichever is asked tells the sum.
COUNTED_TOGETHER = "PROMETHEUS_MULTIPROC_DIR"


def open_counters() -> CollectorRegistry:
    """The counters of this process, or of all that serve together."""
    if COUNTED_TOGETHER not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def read_gauges(state: AppState) -> CollectorRegistry:
    """How the work stands now: photos, queues, the last night with how far it is, and the model packs."""
    registry = CollectorRegistry()
    versions, _ = look_versions(state.settings)
    packs = Gauge("verifier_pack_info", "A model pack in use; always 1.", ("role", "pack"), registry=registry)
    for role, pack in versions.items():
        packs.labels(role, pack).set(1)
    with state.database.reading() as tx:
        _set(registry, "verifier_submissions", "Photos on record.", _count(tx, SubmissionRow.id))
        queued = JobRow.state == "queued"
        _set(registry, "verifier_queue_jobs", "Jobs that wait.", _count(tx, JobRow.id, queued))
        oldest = tx.scalar(select(func.min(JobRow.created_at)).where(queued))
        age_s = (utc_now() - oldest).total_seconds() if oldest is not None else 0.0
        _set(registry, "verifier_queue_age_seconds", "How long the oldest queued job has waited.", age_s)
        _set(registry, "verifier_webhooks_dead", "Deliveries that were given up.",
             _count(tx, DeliveryRow.id, DeliveryRow.state == "dead"))  # fmt: skip
        _tell_night(tx, registry, versions_key(versions))
    return registry


def _tell_night(tx: Tx, registry: CollectorRegistry, key: str) -> None:
    nights = read_nights(tx, limit=1)
    if not nights:
        return
    night = nights[0]
    started = night.started_at.timestamp()
    _set(registry, "verifier_night_started_timestamp_seconds", "When the last night started.", started)
    failed = night.state in ("failed", "broken_off")
    _set(registry, "verifier_night_failed", "1 where the last night failed or was broken off.", failed)
    _set(registry, "verifier_night_running", "1 while a night runs.", night.state == "running")
    progress = count_progress(tx, night.first_day or night.last_day, night.last_day, key)
    _set(registry, "verifier_night_photos", "Pictures on record, which a night looks at.", progress.photos)
    _set(
        registry, "verifier_night_photos_looked", "Those that today's versions have looked at.", progress.photos_looked
    )
    _set(registry, "verifier_night_sessions", "Sessions of the last night's days.", progress.sessions)
    _set(registry, "verifier_night_sessions_closed", "Those that are closed.", progress.sessions_closed)


def _count(tx: Tx, column: object, *conditions: object) -> int:
    return tx.scalar(select(func.count(column)).where(*conditions)) or 0  # type: ignore[arg-type]


def _set(registry: CollectorRegistry, name: str, what: str, value: float) -> None:
    Gauge(name, what, registry=registry).set(value)
