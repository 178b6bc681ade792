"""Every write carries an Idempotency-Key: the same request again gets the same answer and does nothing (`records.kept_answers`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session as Tx

from api.auth import Need
from api.state import AppState, get_state
from verifier.access import Caller
from verifier.records.kept_answers import KeptAnswer, claim_key, keep_answer, sweep_answers

REPLAYED = "Idempotency-Replayed"
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key", min_length=8, max_length=200, pattern=r"^[\x21-\x7e]+$",
        description="Chosen by the client, a new one for each new write, as a UUID; kept for 14 days.",
    ),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write is answered with."""

    body: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Write:
    """One write of one caller: a transaction that happens once."""

    state: AppState
    caller: Caller
    key: str
    asked: tuple[str, ...]

    def once(self, body: Any, work: Callable[[Tx], Answer]) -> JSONResponse:
        """Do the work in one transaction, or answer what was answered before.

        Args:
            body: What was asked, JSON-ready, as it tells one request from another.
            work: Reads and writes; whatever it raises undoes all of it and leaves the key free.
        Raises:
            KeyReusedError: the key came with another request.
        """
        asked = json.dumps([*self.asked, body], ensure_ascii=True, sort_keys=True, default=str)
        fingerprint = hashlib.sha256(asked.encode()).hexdigest()
        with self.state.database.transaction() as tx:
            kept = claim_key(tx, self.caller.actor, self.key, fingerprint)
            if kept is not None:
                return _tell(kept.body, kept.status, {**kept.headers, REPLAYED: "true"})
            answer = work(tx)
            keep_answer(tx, self.caller.actor, self.key, KeptAnswer(answer.status, answer.headers, answer.body))
            sweep_answers(tx)
        return _tell(answer.body, answer.status, answer.headers)


def _tell(body: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> JSONResponse:
    """An answer whose bytes are the same now and when it is kept: PostgreSQL keeps no order of names."""
    return JSONResponse(json.loads(json.dumps(body, sort_keys=True)), status, headers=dict(headers))


class WriteWith:
    """A dependency that gives a `Write` to callers with a scope."""

    def __init__(self, scope: str, *, office: bool = False) -> None:
        self.need = Need(scope, office=office)

    async def __call__(self, request: Request, key: Key) -> Write:
        """The write, once the caller was found to hold the scope.

        Raises:
            Problem: see `Need`.
        """
        asked = (request.method, request.url.path, request.url.query, request.headers.get("if-match", ""))
        return Write(get_state(request), self.need.check(request), key, asked)


WithEvidence = Annotated[Write, Depends(WriteWith("evidence"))]
WithFiling = Annotated[Write, Depends(WriteWith("filing"))]
