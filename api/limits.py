"""How much one request may bring, and how many one caller may send."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

import redis
import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, make_response
from verifier.settings import Settings

log = structlog.get_logger()

# A year's timetable with every field filled is below 400 kB; a roster of 2,000 lines below 200 kB.
MAX_JSON_BYTES = 1024 * 1024
MAX_BATCH = 1000
# What multipart adds around a file: boundaries and a few short fields.
MULTIPART_EXTRA_BYTES = 64 * 1024
KNOWN_CALLERS = 10_000


class Limiter(Protocol):
    """Counts the requests of each caller."""

    def take(self, caller: str) -> float:
        """Take one request; 0 where it may go on, else the seconds until it may."""
        ...


class RateLimiter:
    """A token bucket for each caller, in this process: `per_minute` on average, and as many at once."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._capacity = per_minute / 60, float(per_minute)
        self._clock, self._lock = clock, threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> float:
        """See `Limiter`."""
        with self._lock:
            now = self._clock()
            tokens, then = self._buckets.pop(caller, (self._capacity, now))
            tokens = min(self._capacity, tokens + (now - then) * self._per_second)
            wait = 0.0 if tokens >= 1 else (1 - tokens) / self._per_second
            self._buckets[caller] = (tokens - 1 if wait == 0 else tokens, now)
            if len(self._buckets) > KNOWN_CALLERS:
                self._buckets.popitem(last=False)
            return wait


# The same bucket as a hash of Redis, by Redis' own clock, so that all processes on all machines count together; a script runs
# alone. Answers microseconds to wait.
_TAKE = """
local capacity, per_second = tonumber(ARGV[1]), tonumber(ARGV[1]) / 60
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1e6
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(capacity, (tonumber(kept[1]) or capacity) + (now - (tonumber(kept[2]) or now)) * per_second)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / per_second end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.9f', tokens), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], 120)
return math.ceil(wait * 1e6)
"""
_ANSWER_WITHIN_S = 0.25
_LEFT_ALONE_S = 5.0


class SharedRateLimiter:
    """As `RateLimiter`, counted in Redis for all server processes. While Redis is away each process counts by itself."""

    def __init__(self, url: str, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._alone, self._clock, self._capacity = RateLimiter(per_minute, clock), clock, per_minute
        client = redis.Redis.from_url(url, socket_timeout=_ANSWER_WITHIN_S, socket_connect_timeout=_ANSWER_WITHIN_S)
        self._take, self._away_until = client.register_script(_TAKE), -math.inf

    def take(self, caller: str) -> float:
        """See `Limiter`. Blocks for a round trip, so not to be called in an event loop."""
        if self._clock() < self._away_until:
            return self._alone.take(caller)
        # Callers are logins and addresses: only their digest goes to another machine.
        key = f"verifier:rate:{hashlib.sha256(caller.encode()).hexdigest()[:32]}"
        try:
            return int(self._take(keys=[key], args=[self._capacity])) / 1e6
        except redis.RedisError as error:
            # Not each request waits for a server that does not answer.
            self._away_until = self._clock() + _LEFT_ALONE_S
            log.warning("rate_limits_counted_alone", error=type(error).__name__)
            return self._alone.take(caller)


def open_limiter(settings: Settings) -> Limiter:
    """Shared in Redis where that is the broker, else in this process."""
    url = settings.broker_url.get_secret_value() if settings.broker_url is not None else ""
    if url.startswith(("redis://", "rediss://")):
        return SharedRateLimiter(url, settings.requests_per_minute)
    return RateLimiter(settings.requests_per_minute)


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
