"""How much one request may bring, and how many one caller may send."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, make_response

# A year's timetable with every field filled is below 400 kB; a roster of 2,000 lines below 200 kB.
MAX_JSON_BYTES = 1024 * 1024
MAX_BATCH = 1000
# What multipart adds around a file: boundaries and a few short fields.
MULTIPART_EXTRA_BYTES = 64 * 1024
KNOWN_CALLERS = 10_000


class RateLimiter:
    """A token bucket for each caller, in this process: `per_minute` on average, and as many at once.

    Several server processes count apart, so each admits the whole rate; a shared count in Redis belongs to the city's size.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._capacity = per_minute / 60, float(per_minute)
        self._clock, self._lock = clock, threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> float:
        """Take one request; 0 where it may go on, else the seconds until it may."""
        with self._lock:
            now = self._clock()
            tokens, then = self._buckets.pop(caller, (self._capacity, now))
            tokens = min(self._capacity, tokens + (now - then) * self._per_second)
            wait = 0.0 if tokens >= 1 else (1 - tokens) / self._per_second
            self._buckets[caller] = (tokens - 1 if wait == 0 else tokens, now)
            if len(self._buckets) > KNOWN_CALLERS:
                self._buckets.popitem(last=False)
            return wait


class BodyLimit:
    """ASGI middleware that stops a body at its limit, declared or not, before anything has read it whole."""

    def __init__(self, app: ASGIApp, max_upload_bytes: int) -> None:
        self._app = app
        self._max_upload = max_upload_bytes + MULTIPART_EXTRA_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        is_upload = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
        limit = self._max_upload if is_upload else MAX_JSON_BYTES
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit:
            response = make_response(Problem("too_large", headers={"Connection": "close"}), scope.get("request_id", ""))
            await response(scope, receive, send)
            return
        received = 0

        async def count() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                # As FastAPI turns whatever else is raised while a body is read into a 400.
                raise HTTPException(413, headers={"Connection": "close"})
            return message

        await self._app(scope, count, send)
