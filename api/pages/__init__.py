"""The inspectors' pages: server-rendered HTML, Chinese first, working without scripts, nothing from outside."""

from fastapi import Depends, FastAPI

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
    for room in (today, directory, agencies, classes, photos, queues, cameras):
        app.include_router(
            room.router, dependencies=[Depends(Need("read")), Depends(note_page)], include_in_schema=False
        )
    app.include_router(cameras.asking, include_in_schema=False)
    # Whose "next" and "undo" would be taken for ids otherwise stand first.
    for room in (admin, appeals, enrolment, notices, sanctions, deciding, review):
        app.include_router(room.router, dependencies=[Depends(note_page)], include_in_schema=False)
    app.include_router(login.router, include_in_schema=False)
    errors.add_error_pages(app)


__all__ = ["add_pages"]
