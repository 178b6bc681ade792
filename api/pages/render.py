"""Turning values into a page: the language of the request, the addresses of pages, the templates."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader

from api.auth import find_visitor
from api.pages.menu import is_here, list_menu
from api.source import Source
from api.views import VisitorSource
from verifier.language import LANGUAGES
from verifier.report.templating import make_environment

COOKIE = "verifier_language"
COOKIE_MAX_AGE_S = 365 * 24 * 3600
# What a person may write behind ?lang=
SPOKEN = {"zh": "zh_CN", "zh_CN": "zh_CN", "zh-CN": "zh_CN", "en": "en"}


@cache
def make_page_environment() -> Environment:
    """The templates of the pages, with those that reports and pages share behind them; one for all applications of a process."""
    environment = make_environment([PackageLoader("api.pages")])
    environment.globals.update(class_url=class_url, session_url=session_url, photo_url=photo_url, agency_url=agency_url)
    environment.globals.update(list_menu=list_menu, is_here=is_here)
    return environment


def class_url(number: str) -> str:
    """The page of a class; its number may hold any character."""
    return f"/classes/{quote(number, safe='')}"


def session_url(number: str, session_id: str) -> str:
    """The page of a session."""
    return f"{class_url(number)}/sessions/{quote(session_id, safe='')}"


def photo_url(photo_id: str) -> str:
    """The page of a photo."""
    return f"/photos/{quote(photo_id, safe='')}"


def agency_url(code: str) -> str:
    """The page of an agency."""
    return f"/agencies/{quote(code, safe='')}"


def choose_language(request: Request) -> str:
    """``?lang=`` if it names one we speak, else the cookie, else the setting."""
    asked = SPOKEN.get(request.query_params.get("lang", ""))
    kept = request.cookies.get(COOKIE, "")
    if asked:
        return asked
    return kept if kept in LANGUAGES else str(request.app.state.settings.language)


def get_source(request: Request) -> Source:
    """Where this application's pages get what they show to this visitor."""
    source: Source = request.app.state.source
    visitor = find_visitor(request)
    # The gate lets nobody through who is nobody; should it ever, there is nothing to see.
    if visitor is None:
        raise HTTPException(401)
    return VisitorSource(source, visitor)


Language = Annotated[str, Depends(choose_language)]
Records = Annotated[Source, Depends(get_source)]


def show_page(request: Request, template: str, *, status_code: int = 200, **values: Any) -> HTMLResponse:
    """Render one page in the request's language, and keep a language that was asked for in a cookie."""
    language = choose_language(request)
    environment: Environment = request.app.state.templates
    html = environment.get_template(template).render(
        language=language, here=request.url.path, other_language_url=_switch_language(request, language),
        visitor=find_visitor(request), login_off=request.app.state.settings.login == "off",
        **({"zone": request.app.state.settings.zone} | values),
    )  # fmt: skip
    # A file name's stray bytes are no Unicode: shown as escapes instead of failing the page.
    response = HTMLResponse(html.encode("utf-8", "backslashreplace"), status_code=status_code)
    if request.query_params.get("lang", "") in SPOKEN:
        response.set_cookie(COOKIE, language, max_age=COOKIE_MAX_AGE_S, httponly=True, samesite="lax")
    return response


def _switch_language(request: Request, language: str) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return "?" + urlencode([*kept, ("lang", "en" if language == "zh_CN" else "zh")])
