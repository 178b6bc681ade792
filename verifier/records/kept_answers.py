"""Writes that are asked twice happen once: what was answered is kept by caller and Idempotency-Key.

The row is written in the transaction that does the work, so that either both are there or neither, whenever the process dies.
Of two requests at once the second waits in `claim_key` until the first has committed: on PostgreSQL at the unique key, on
SQLite at the one lock that every writing transaction takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session as Tx

from verifier.records.rows import insert_missing
from verifier.records.tables.base import make_id, utc_now
from verifier.records.tables.kept_answer import KeptAnswerRow

KEPT_FOR = timedelta(days=14)  # the contract promises seven


class KeyReusedError(Exception):
    """The key came before, with another request."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered: HTTP status, headers and JSON body."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]


def claim_key(tx: Tx, actor: str, key: str, fingerprint: str) -> KeptAnswer | None:
    """Take a key for this transaction's work; or the answer that was kept under it.

    Args:
        fingerprint: SHA-256 over what was asked: method, path and body.
    Raises:
        KeyReusedError: the key was used for another request.
    """
    row_id = make_id("kept_answer", actor, key)
    fresh = {
        "id": row_id, "actor": actor, "key": key, "fingerprint": fingerprint, "status": 0, "headers": {}, "body": {},
        "created_at": utc_now(),
    }  # fmt: skip
    if insert_missing(tx, KeptAnswerRow, [fresh]):
        return None
    row = tx.get_one(KeptAnswerRow, row_id)
    if row.fingerprint != fingerprint:
        raise KeyReusedError(key)
    return KeptAnswer(row.status, row.headers, row.body)


def keep_answer(tx: Tx, actor: str, key: str, answer: KeptAnswer) -> None:
    """Keep what the work was answered, under the key that `claim_key` took in this transaction."""
    row = tx.get_one(KeptAnswerRow, make_id("kept_answer", actor, key))
    row.status, row.headers, row.body = answer.status, dict(answer.headers), dict(answer.body)
    tx.flush()


def sweep_answers(tx: Tx, now: datetime | None = None) -> None:
    """Forget answers older than `KEPT_FOR`."""
    tx.execute(delete(KeptAnswerRow).where(KeptAnswerRow.created_at < (now or utc_now()) - KEPT_FOR))
