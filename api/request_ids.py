"""Every request has a number: in the answer, in every log line and audit entry of it; and is counted for /metrics."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from verifier.records.audit import acting_from
from verifier.tracing import HEADER as TRACE_HEADER
from verifier.tracing import note, trace

HEADER = "X-Request-ID"
# A proxy's own number is kept where it is a plain word: it goes into logs.
_PLAIN = re.compile(r"[A-Za-z0-9._-]{8,64}")
log = structlog.get_logger()
REQUESTS = Counter("verifier_requests_total", "Answered requests.", ("method", "route", "status"))
SECONDS = Histogram("verifier_request_seconds", "Time to the answer's first byte.", ("method", "route"))
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestIds:
    """ASGI middleware; the outermost but for the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Number the request, pass it on and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _PLAIN.fullmatch(given) else secrets.token_hex(8)
        scope["request_id"] = request_id
        started = time.perf_counter()
        address = client_address(scope)

        async def send_numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
                seconds = time.perf_counter() - started
                # By the route's pattern: the address itself holds class numbers, and has no end of values.
                route = name_route(scope)
                method = scope["method"] if scope["method"] in METHODS else "other"
                REQUESTS.labels(method, route, str(message["status"])).inc()
                SECONDS.labels(method, route).observe(seconds)
                note(f"{method} {route}", status=message["status"], request=request_id)
                log.info(
                    "request", method=method, route=route, status=message["status"], ms=round(seconds * 1000, 1),
                    actor=getattr(scope.get("caller"), "actor", None),
                )  # fmt: skip
            await send(message)

        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            acting_from(f"{address} {request_id}"),
            trace("request", "server", Headers(scope=scope).get(TRACE_HEADER)),
        ):
            await self._app(scope, receive, send_numbered)


def name_route(scope: Scope) -> str:
    """The pattern of the route that answered, whole: routers know theirs without what they were included under."""
    pattern: str = getattr(scope.get("route"), "path", "none")
    under = "/api/v1"
    return (
        under + pattern
        if scope["path"].startswith(f"{under}/") and not pattern.startswith((under, "none"))
        else pattern
    )


def client_address(scope: Scope) -> str:
    """The address the request came from; behind a trusted proxy uvicorn has put the client's there."""
    client = scope.get("client")
    return client[0] if client else "unknown"
