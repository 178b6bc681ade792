"""The inspectors' pages: server-rendered HTML, Chinese first, working without scripts, nothing from outside."""

from functools import cache

from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import BaseRoute

from api.auth import Need
from api.looks import note_page
from api.pages import (
    admin,
    agencies,
    appeals,
    cameras,
    classes,
    deciding,
    directory,
    enrolment,
    errors,
    login,
    notices,
    photos,
    queues,
    review,
    sanctions,
    today,
)
from api.pages.render import make_page_environment


def add_pages(app: FastAPI) -> None:
    """Add all pages, and the pages that tell of errors, to the application."""
    app.state.templates = make_page_environment()
    app.router.routes.extend(_assemble())
    errors.add_error_pages(app)


@cache
def _assemble() -> list[BaseRoute]:
    """All pages, once a process, as the routes of the API are."""
    whole = APIRouter(include_in_schema=False)
    for room in (today, directory, agencies, classes, photos, queues, cameras):
        whole.include_router(
            room.router, dependencies=[Depends(Need("read")), Depends(note_page)], include_in_schema=False
        )
    whole.include_router(cameras.asking, include_in_schema=False)
    # Whose "next" and "undo" would be taken for ids otherwise stand first.
    for room in (admin, appeals, enrolment, notices, sanctions, deciding, review):
        whole.include_router(room.router, dependencies=[Depends(note_page)], include_in_schema=False)
    whole.include_router(login.router, include_in_schema=False)
    return whole.routes


__all__ = ["add_pages"]
