"""Logging in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.auth import COOKIE, check_form, find_visitor, read_token
from api.pages.render import Language, show_page
from api.state import get_state
from verifier.accounts import ACCOUNTS_2023, LoginRefused, log_in, log_out
from verifier.language import Sentence

router = APIRouter()
MAX_FIELD = 1000


@router.get("/login")
def show_login(request: Request, language: Language, next: str = "/") -> Response:  # noqa: ARG001
    """The form; who is logged in already goes on."""
    if find_visitor(request) is not None:
        return RedirectResponse(local_path(next), 303)
    return _show_form(request, local_path(next), None)


@router.post("/login")
def send_login(
    request: Request,
    login: Annotated[str, Form(max_length=MAX_FIELD)] = "",
    password: Annotated[str, Form(max_length=MAX_FIELD)] = "",
    next: Annotated[str, Form(max_length=MAX_FIELD)] = "/",
) -> Response:
    """Check login and password; a new login gets a new cookie, so that none from before can be its own."""
    state = get_state(request)
    try:
        logged_in = log_in(state.database, login, password)
    except LoginRefused as refusal:
        return _show_form(request, local_path(next), refusal.sentence)
    response = RedirectResponse(local_path(next), 303)
    response.set_cookie(
        COOKIE, logged_in.token, max_age=int(ACCOUNTS_2023.lasts.total_seconds()), httponly=True, samesite="lax",
        secure=request.url.scheme == "https" or state.settings.behind_proxy,
    )  # fmt: skip
    return response


@router.post("/logout", dependencies=[Depends(check_form)])
def send_logout(request: Request) -> Response:
    """End the login here and in the records."""
    visitor = find_visitor(request)
    if visitor is not None:
        log_out(get_state(request).database, read_token(request.headers), by=visitor.actor)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


def local_path(path: str) -> str:
    """A path of this server; anything that a browser could read as another's becomes the first page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else "/"


def _show_form(request: Request, next_path: str, refused: Sentence | None) -> Response:
    status = 200 if refused is None else 401
    return show_page(request, "login.html", status_code=status, next_path=next_path, refused=refused)
