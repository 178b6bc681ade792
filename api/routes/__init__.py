"""The filing system's API: ``/api/v1`` as JSON, and what the operators ask."""

from functools import cache

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from api import docs
from api.routes import (
    filings,
    jobs,
    matters,
    notices,
    operations,
    papers,
    photos,
    reading,
    resources,
    supervision,
    uploads,
    webhooks,
    writing,
)

ROOMS: tuple[APIRouter, ...] = (
    reading.router,
    photos.router,
    writing.router,
    resources.router,
    filings.router,
    matters.router,
    notices.router,
    supervision.router,
    papers.router,
    jobs.router,
    uploads.router,
    webhooks.router,
)


def add_routes(app: FastAPI) -> None:
    """Add all routes to the application."""
    app.router.routes.extend(_assemble())


@cache
def _assemble() -> list[BaseRoute]:
    """All routes, once a process: what they take and answer is worked out when the first request comes, and then is known to
    every application of the process."""
    whole = APIRouter()
    for room in ROOMS:
        whole.include_router(room, prefix="/api/v1")
    whole.include_router(operations.router)
    whole.include_router(docs.router)
    return whole.routes
