"""Who asks, and whether they may: one gate before everything, and on every route the scope it needs.

The gate lets nobody in by default: without a login or a key only `OPEN` paths answer. Routes then name their scope with
`Need`; a test walks through all routes and fails for one that names none.
"""

from __future__ import annotations

import hmac
import math
from http.cookies import CookieError, SimpleCookie
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.limits import RateLimiter
from api.problems import Problem, is_api, make_response
from api.request_ids import client_address
from api.state import AppState
from verifier.access import DEMO, SCOPES, Caller
from verifier.accounts import caller_of_client, caller_of_key, caller_of_token, find_client

COOKIE = "verifier_session"
WRITES = "writes"  # under which a request's scope says how often the records were written to before it
CSRF_HEADER = "X-CSRF-Token"
OPEN = frozenset({"/healthz", "/readyz", "/login"})
OPEN_FOLDERS = ("/static/",)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Programs read these, though they are no /api: no redirection to a login page.
_FOR_PROGRAMS = frozenset({"/metrics"})
_bearer = HTTPBearer(auto_error=False, description="A client's key: `verifier client add NAME --scope read`.")


class Gate:
    """ASGI middleware: finds the caller, refuses those who are nobody, come from another site, or ask too often."""

    def __init__(self, app: ASGIApp, state: AppState) -> None:
        self._app, self._state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = await self._refuse(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal(scope, receive, send)

    async def _refuse(self, scope: Scope) -> Response | None:
        path, headers = scope["path"], Headers(scope=scope)
        if path.startswith(OPEN_FOLDERS):
            return None
        by_key = "authorization" in headers
        met = self._recognise(headers, client_address(scope))
        if met is None:
            met = await run_in_threadpool(self._meet, headers, client_address(scope))
        caller, wait, scope[WRITES] = met
        scope["caller"] = caller
        if wait:
            return self._tell(scope, Problem("too_many_requests", headers={"Retry-After": str(math.ceil(wait))}))
        if scope["method"] not in SAFE_METHODS and not by_key:
            if not is_same_origin(headers):
                return self._tell(scope, Problem("cross_site"))
            if is_api(path) and caller is not None and not has_csrf(caller, headers.get(CSRF_HEADER, "")):
                return self._tell(scope, Problem("csrf"))
        if caller is None and path not in OPEN:
            if is_api(path) or path in _FOR_PROGRAMS or by_key:
                return self._tell(scope, Problem("not_authenticated", headers={"WWW-Authenticate": "Bearer"}))
            where = path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
            return RedirectResponse(f"/login?next={quote(where, safe='')}", 303)
        return None

    def _recognise(self, headers: Headers, address: str) -> tuple[Caller | None, float, int | None] | None:
        """As `_meet`, without going to a thread: where a file of this machine tells that a known key still stands."""
        state, key = self._state, read_key(headers)
        if not key or not state.is_open or not state.database.is_local or not isinstance(state.limiter, RateLimiter):
            return None
        writes = state.database.read_writes()
        client = state.keys.find(key, writes)
        if client is None:
            return None
        caller = caller_of_client(client, address)
        return caller, self._limit(caller, address), writes

    def _meet(self, headers: Headers, address: str) -> tuple[Caller | None, float, int | None]:
        """Who comes, how long they have to wait (0 where they may go on), and how often the records were written to before."""
        state, key, writes = self._state, read_key(headers), None
        if key:
            # Counted first: a key that is changed now is one of the next count.
            writes = state.database.read_writes()
            client = state.keys.find(key, writes) or state.keys.keep(key, writes, find_client(state.database, key))
            caller = caller_of_client(client, address)
        else:
            caller = find_caller(state, headers, address)
        return caller, self._limit(caller, address), writes

    def _limit(self, caller: Caller | None, address: str) -> float:
        return self._state.limiter.take(caller.actor if caller is not None else f"address:{address}")

    def _tell(self, scope: Scope, problem: Problem) -> Response:
        return make_response(problem, scope.get("request_id", ""))


def find_caller(state: AppState, headers: Headers, address: str) -> Caller | None:
    """Whose request this is: a program's key, a person's login, or, where login is off, the demo's."""
    if headers.get("authorization", "").partition(" ")[0]:
        # A wrong key is nobody, also where a cookie came along.
        key = read_key(headers)
        return caller_of_key(state.database, key, address) if key else None
    if state.settings.login == "off":
        return DEMO
    token = read_token(headers)
    return caller_of_token(state.database, token) if token else None


def read_key(headers: Headers) -> str:
    """The key of a program; empty where none was sent."""
    kind, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else ""


def read_token(headers: Headers) -> str:
    """The login's token out of the cookie; empty where there is none."""
    try:
        cookie = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookie[COOKIE].value if COOKIE in cookie else ""


def is_same_origin(headers: Headers) -> bool:
    """Whether a write comes from our own pages. Browsers say so; what says nothing is no browser."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


def has_csrf(caller: Caller, given: str) -> bool:
    """Whether a form or request carries what this login's pages were given."""
    return caller.csrf != "" and hmac.compare_digest(caller.csrf.encode(), given.encode())


class Need:
    """A dependency: the caller, who must hold this scope. `office` leaves agencies out."""

    def __init__(self, scope: str, *, office: bool = False) -> None:
        if scope not in SCOPES:
            raise ValueError(f"{scope!r} is none of {', '.join(SCOPES)}")
        self.scope, self.office = scope, office

    # Not to be sent to a thread, as FastAPI sends whatever is no coroutine: the way there costs far more than this.
    async def __call__(self, request: Request, _shown: Annotated[object, Depends(_bearer)] = None) -> Caller:
        """See `check`."""
        return self.check(request)

    def check(self, request: Request) -> Caller:
        """The caller.

        Raises:
            Problem: ``forbidden`` or ``office_only``.
        """
        caller = request.scope.get("caller")
        if not isinstance(caller, Caller):
            raise Problem("not_authenticated", headers={"WWW-Authenticate": "Bearer"})
        if not caller.may(self.scope):
            raise Problem("forbidden")
        if self.office and not caller.is_office:
            raise Problem("office_only")
        return caller


def check_form(request: Request, csrf: Annotated[str, Form()] = "") -> None:
    """A dependency for every form that writes: it carries ``csrf``, which templates have as `caller.csrf`.

    Raises:
        Problem: ``csrf``.
    """
    caller = request.scope.get("caller")
    if not isinstance(caller, Caller) or not has_csrf(caller, csrf):
        raise Problem("csrf")


def find_visitor(request: Request) -> Caller | None:
    """Who is logged in, if anybody: for what every page shows."""
    caller = request.scope.get("caller")
    return caller if isinstance(caller, Caller) else None


Reader = Annotated[Caller, Depends(Need("read"))]
OfficeReader = Annotated[Caller, Depends(Need("read", office=True))]
EvidenceWriter = Annotated[Caller, Depends(Need("evidence"))]
FilingWriter = Annotated[Caller, Depends(Need("filing"))]
Auditor = Annotated[Caller, Depends(Need("audit", office=True))]
