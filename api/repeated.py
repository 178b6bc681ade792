"""Answers that are given again, as they are, for as long as nothing was written to the records.

The filing system asks for the same things all day, and the records change when somebody hands something in. Each request has
read how often the records were written to (`records.write_count`); an answer made after the same number is the answer, to the
byte. It is given only to callers who may see just the same: of the same agency or the office, with the same scopes, in the same
language, on the same day. Looks at people that went with it are written into the audit each time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import WRITES
from api.looks import NOTED, Look, Noted
from api.request_ids import name_route
from api.state import AppState
from verifier.access import Caller

_V1 = "/api/v1"
# What these answer follows from the records, the settings and the day; none reads a table of `write_count.QUIET`, a file, or who
# exactly asks. A test reads each of them twice with a write in between.
REPEATED = frozenset(
    f"{_V1}{path}"
    for path in (
        "/agencies",
        "/cases",
        "/cases/{case_id}",
        "/classes",
        "/classes/{number}",
        "/classes/{number}/cameras",
        "/classes/{number}/filing",
        "/classes/{number}/findings",
        "/classes/{number}/photos",
        "/classes/{number}/photos/{photo_id}",
        "/classes/{number}/presence",
        "/classes/{number}/sessions",
        "/classes/{number}/sessions/{session_id}",
        "/classes/{number}/students",
        "/classes/{number}/subsidy",
        "/classes/{number}/teachers",
        "/classes/{number}/timetable",
        "/classes/{number}/venues",
        "/due",
        "/matters",
        "/nights",
        "/notices",
        "/plans",
        "/rates",
        "/sanctions",
        "/violations",
        "/violations/{violation_id}",
    )
)
KEPT_BYTES = 64 * 1024 * 1024  # in each server process; answers that were not asked for longest go first
_LARGEST = KEPT_BYTES // 16
_OVERHEAD = 2048  # of an entry besides its body, about
# Of the request, what else an answer may depend on; with any of these it is made anew.
_CONDITIONS = frozenset({b"if-none-match", b"if-match", b"if-modified-since", b"if-unmodified-since", b"range"})


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer, the number of writes before it, and the looks that went with it."""

    writes: int
    start: Message
    body: bytes
    route: Any
    noted: tuple[Noted, ...]


class AnswerShelf:
    """The newest answer to each question, up to so many bytes together."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most, self._bytes = most_bytes, 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, question: Hashable, writes: int) -> Kept | None:
        """The answer, if nothing was written since it was made."""
        with self._lock:
            kept = self._kept.get(question)
            if kept is None or kept.writes != writes:
                return None
            self._kept.move_to_end(question)
            return kept

    def put(self, question: Hashable, kept: Kept) -> None:
        """Keep an answer in place of the former one."""
        with self._lock:
            former = self._kept.pop(question, None)
            self._bytes += _size(kept) - (_size(former) if former is not None else 0)
            self._kept[question] = kept
            while self._bytes > self._most:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= _size(gone)


@dataclass(slots=True)
class _Heard:
    start: Message | None = None
    parts: list[bytes] = field(default_factory=list)
    whole: bool = False


class Repeater:
    """ASGI middleware, inside of the gate: answers again what it has heard, and hears what is answered."""

    def __init__(self, app: ASGIApp, state: AppState) -> None:
        self._app, self._state, self._shelf = app, state, AnswerShelf()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the shelf, or pass the request on."""
        question = self._read_question(scope)
        if question is None:
            await self._app(scope, receive, send)
            return
        kept = self._shelf.find(question, scope[WRITES])
        if kept is None:
            await self._listen(question, scope, receive, send)
            return
        if kept.noted:
            await run_in_threadpool(self._note, scope["caller"], kept.noted)
        scope["route"] = kept.route
        # The outer middlewares add their headers to the list: this request's own.
        await send({**kept.start, "headers": list(kept.start["headers"])})
        await send({"type": "http.response.body", "body": kept.body})

    def _read_question(self, scope: Scope) -> Hashable | None:
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(f"{_V1}/"):
            return None
        caller, language = scope.get("caller"), b""
        if not isinstance(caller, Caller) or scope.get(WRITES) is None:
            return None
        for name, value in scope["headers"]:
            if name in _CONDITIONS:
                return None
            if name == b"accept-language":
                language = value
        return (
            scope["path"], scope["query_string"], language, caller.agency_code, caller.role, caller.scopes,
            self._state.now().date(),
        )  # fmt: skip

    async def _listen(self, question: Hashable, scope: Scope, receive: Receive, send: Send) -> None:
        heard, noted = _Heard(), scope.setdefault(NOTED, [])

        async def hear(message: Message) -> None:
            if message["type"] == "http.response.start":
                heard.start = {**message, "headers": list(message["headers"])}
            elif message["type"] == "http.response.body":
                heard.parts.append(message.get("body", b""))
                heard.whole = not message.get("more_body", False)
            await send(message)

        await self._app(scope, receive, hear)
        body = b"".join(heard.parts)
        if heard.start is None or heard.start["status"] != 200 or not heard.whole or len(body) > _LARGEST:
            return
        if name_route(scope) in REPEATED:
            self._shelf.put(question, Kept(scope[WRITES], heard.start, body, scope["route"], tuple(noted)))

    def _note(self, caller: Caller, noted: tuple[Noted, ...]) -> None:
        for each in noted:
            Look(self._state, caller, each.action).write(each)


def _size(kept: Kept) -> int:
    return len(kept.body) + _OVERHEAD
