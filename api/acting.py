"""The office's writes: one transaction that happens once, in a person's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from fastapi import Depends
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session as Tx

from api.idempotency import Answer, Write, WriteWith
from api.problems import Problem, field_error
from api.routes.office_shapes import Acting
from verifier.acting import find_actor
from verifier.language import say
from verifier.supervising import Office

WithDecisions = Annotated[Write, Depends(WriteWith("decisions", office=True))]


def act_once(
    write: Write,
    body: Acting,
    action: str,
    work: Callable[[Office, str, Tx], Answer],
    evidence: Iterable[str | None] = (),
) -> JSONResponse:
    """Do an office's use case once, joined to the write's transaction.

    Args:
        action: For the audit, where a program passes on what a person did.
        work: Gets the office, the login of who acts, and the transaction.
        evidence: Digests that the request names: all must be stored already.
    Raises:
        Problem: ``evidence_missing``.
    """
    missing = [each for each in evidence if each is not None and not write.state.store.exists(each)]
    if missing:
        told = say("证据库中没有摘要为{sha256}的文件，请先上传。", sha256=missing[0])
        raise Problem("evidence_missing", told, [field_error("/body", "evidence_missing", told)])

    def run(tx: Tx) -> Answer:
        by = find_actor(tx, write.caller, body.by, action)
        return work(Office(write.state.database, write.state.policy, tx), by, tx)

    return write.once(body.model_dump(mode="json", by_alias=True), run)


def pick_fields(body: Acting, *left_out: str) -> dict[str, Any]:
    """What was sent, as values, without who acts."""
    return body.model_dump(exclude={"by", *left_out}, exclude_none=True)
