"""Whether the server lives, can work, and how it does."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from kombu.connection import Connection
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from api.auth import Need
from api.metrics import open_counters, read_gauges
from api.state import AppState, get_state
from verifier import __version__
from verifier.access import Caller

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()
BROKER_S = 2.0


@router.get("/healthz")
async def tell_health() -> dict[str, str]:
    """Whether the server answers at all."""
    return {"status": "ok", "version": __version__}


@router.get("/readyz")
def tell_readiness(request: Request) -> JSONResponse:
    """Whether it can work: records, store, models, and the broker where one is set. Names what cannot, never why."""
    state = get_state(request)
    asked = _PARTS if state.settings.broker_url is not None else {k: v for k, v in _PARTS.items() if k != "broker"}
    parts = {name: _check(name, work, state) for name, work in asked.items()}
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


def _ask_broker(state: AppState) -> None:
    assert state.settings.broker_url is not None, "asked only where one is set"
    url = state.settings.broker_url.get_secret_value()
    with Connection(  # type: ignore[no-untyped-call]
        url, connect_timeout=BROKER_S, transport_options={"socket_timeout": BROKER_S}
    ) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_S)
        connection.default_channel.close()  # opening it asks the server


_PARTS = {"database": _ask_database, "store": _ask_store, "models": _ask_models, "broker": _ask_broker}


@router.get("/metrics")
def send_metrics(request: Request, _: Annotated[Caller, Depends(Need("read", office=True))]) -> Response:
    """For Prometheus, with a client's key as its bearer token."""
    state = get_state(request)
    return Response(
        generate_latest(open_counters()) + generate_latest(read_gauges(state)), media_type=CONTENT_TYPE_LATEST
    )
