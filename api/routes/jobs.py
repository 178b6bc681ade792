"""Verification on demand: asked for with 202, followed by its job."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import model_validator
from sqlalchemy.orm import Session as Tx

from api.auth import OfficeReader
from api.idempotency import Answer, Write, WriteWith
from api.routes.answers.running import JobOut
from api.routes.reading import State
from api.routes.shapes import Strict
from api.state import AppState
from verifier.jobs import KIND, cancel_verification, queue_verification
from verifier.records.errors import NotInRecordsError
from verifier.records.jobs import JobRecord, read_job
from verifier.records.progress import Progress, count_progress

router = APIRouter()
MAX_DAYS = 400
OfficeWrite = Annotated[Write, Depends(WriteWith("evidence", office=True))]


class VerificationIn(Strict):
    """Which days, both included."""

    since: date
    until: date

    @model_validator(mode="after")
    def _in_order(self) -> VerificationIn:
        if not timedelta(0) <= self.until - self.since <= timedelta(days=MAX_DAYS):
            raise ValueError("the days are the wrong way round, or too many")
        return self


@router.post("/verifications", status_code=202, response_model=JobOut)
def ask_for_verification(body: VerificationIn, write: OfficeWrite) -> Response:
    """Verify what has come in and close the sessions of these days, as the night does; `Location` is the job."""

    def work(tx: Tx) -> Answer:
        job = queue_verification(tx, write.caller, write.key, body.since, body.until)
        return Answer(_describe(tx, write.state, job), 202, {"Location": f"/api/v1/jobs/{job.id}"})

    return write.once(body.model_dump(mode="json"), work)


@router.get("/jobs/{job_id}", response_model=JobOut)
def read_one_job(job_id: UUID, caller: OfficeReader, state: State) -> dict[str, Any]:  # noqa: ARG001
    """How far a job is."""
    with state.database.reading() as tx:
        return _describe(tx, state, _find(tx, job_id))


@router.post("/jobs/{job_id}/cancel", response_model=JobOut)
def cancel_one_job(job_id: UUID, write: OfficeWrite) -> Response:
    """Take a job out of the queue, or stop it; one that is finished stays as it is."""

    def work(tx: Tx) -> Answer:
        _find(tx, job_id)
        return Answer(_describe(tx, write.state, cancel_verification(tx, write.caller, job_id)))

    return write.once(None, work)


def _find(tx: Tx, job_id: UUID) -> JobRecord:
    job = read_job(tx, job_id)
    if job.kind != KIND:
        raise NotInRecordsError(f"job {job_id} is no verification that was asked for")
    return job


def _describe(tx: Tx, state: AppState, job: JobRecord) -> dict[str, Any]:
    return {
        "id": str(job.id), "progress": asdict(_count(tx, state, job)),
        "state": job.state, "attempt": job.attempt, "asked": dict(job.payload),
        "result": dict(job.result) if job.result is not None else None, "error": job.error,
        "created_at": job.created_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at is not None else None,
    }  # fmt: skip


def _count(tx: Tx, state: AppState, job: JobRecord) -> Progress:
    since, until = (date.fromisoformat(str(job.payload[name])) for name in ("since", "until"))
    return count_progress(tx, since, until, state.looks_key)
