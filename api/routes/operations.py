"""Whether the server lives, can work, and how it does."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest
from sqlalchemy import func, select, text

from api.auth import Need
from api.state import AppState, get_state
from verifier import __version__
from verifier.access import Caller
from verifier.records.nights import read_nights
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.job import JobRow

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()
PHOTOS = Gauge("verifier_submissions", "Photos on record.")
QUEUE_AGE = Gauge("verifier_queue_age_seconds", "How long the oldest queued job has waited.")
NIGHT_STARTED = Gauge("verifier_night_started_timestamp_seconds", "When the last night started.")
NIGHT_FAILED = Gauge("verifier_night_failed", "1 where the last night failed or was broken off.")


@router.get("/healthz")
def tell_health() -> dict[str, str]:
    """Whether the server answers at all."""
    return {"status": "ok", "version": __version__}


@router.get("/readyz")
def tell_readiness(request: Request) -> JSONResponse:
    """Whether it can work: records, evidence store and models. Names what cannot, never why: anybody may ask."""
    state = get_state(request)
    parts = {name: _check(name, work, state) for name, work in _PARTS.items()}
    ready = all(parts.values())
    return JSONResponse({"ready": ready, "parts": parts}, 200 if ready else 503)


def _check(name: str, work: Any, state: AppState) -> bool:
    try:
        work(state)
    except Exception as error:  # noqa: BLE001 - whatever it is, this part is not ready, and the log says why
        log.warning("not_ready", part=name, error=f"{type(error).__name__}: {error}")
        return False
    return True


def _ask_database(state: AppState) -> None:
    with state.database.reading() as tx:
        tx.execute(text("SELECT 1"))


def _ask_store(state: AppState) -> None:
    state.store.exists("0" * 64)


def _ask_models(state: AppState) -> None:
    from verifier.looking import look_versions

    look_versions(state.settings)


_PARTS = {"database": _ask_database, "store": _ask_store, "models": _ask_models}


@router.get("/metrics")
def send_metrics(request: Request, _: Annotated[Caller, Depends(Need("read", office=True))]) -> Response:
    """For Prometheus, with a client's key as its bearer token."""
    with get_state(request).database.reading() as tx:
        PHOTOS.set(tx.scalar(select(func.count()).select_from(SubmissionRow)) or 0)
        oldest = tx.scalar(select(func.min(JobRow.created_at)).where(JobRow.state == "queued"))
        nights = read_nights(tx, limit=1)
    from verifier.records.tables.base import utc_now

    QUEUE_AGE.set((utc_now() - oldest).total_seconds() if oldest is not None else 0)
    if nights:
        NIGHT_STARTED.set(nights[0].started_at.timestamp())
        NIGHT_FAILED.set(nights[0].state in ("failed", "broken_off"))
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
