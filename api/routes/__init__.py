"""The filing system's API: ``/api/v1`` as JSON, and what the operators ask."""

from fastapi import APIRouter, FastAPI

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
    for room in ROOMS:
        app.include_router(room, prefix="/api/v1")
    app.include_router(operations.router)
    app.include_router(docs.router)
