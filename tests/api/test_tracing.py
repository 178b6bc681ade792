"""One trace from a request through the job's row and the broker's message to the worker, and nothing where none is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import structlog
from celery.contrib.testing.worker import start_worker
from pydantic import SecretStr
from sqlalchemy import select

from tests.api.matters import Accused
from tests.api.people import OWN, a_key, copy_house
from tests.builders.class_folder import a_picture
from tests.services.city import wait_until
from tests.services.otlp import read_attributes, run_collector
from verifier import tracing
from verifier.job_kinds import KINDS, JobKind, Work
from verifier.records.jobs import ON_DEMAND
from verifier.records.tables.job import JobRow
from verifier.worker import make_app, send_waiting


def hand_in(house: Any) -> str:
    """A photo by the agency's program; its digest."""
    files = {"file": ("a.jpg", a_picture(9), "image/jpeg")}
    sent = house.client("own").post(
        f"/api/v1/classes/{OWN}/photos", files=files, headers=a_key() | {"X-Request-ID": "request-of-test"}
    )
    assert sent.status_code == 201, sent.text
    return str(sent.json()["sha256"])


def test_a_photo_handed_in_is_traced_to_the_worker_that_looks_at_it(
    accused_class: Accused, tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = copy_house(accused_class.house, tmp_path / "ws", broker_url=SecretStr(redis_url))
    logged: dict[str, Any] = {}

    def look(_: Work, __: object) -> dict[str, Any]:
        logged.update(structlog.contextvars.get_contextvars())
        return {}

    monkeypatch.delenv("OTEL_SERVICE_NAME", raising=False)
    with run_collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        assert tracing.start_tracing("verifier-test")
        try:
            sha256 = hand_in(house)
            app = make_app(house.state.settings)
            work = Work(house.state.settings)
            with (
                patch.dict(KINDS, {"look": JobKind("vision", look)}),
                start_worker(app, pool="solo", queues=["vision"], perform_ping_check=False, shutdown_timeout=30),
            ):
                assert send_waiting(app, work) == 1
                wait_until(lambda: bool(logged) and _state(work) == "done", 30)
            work.close()
        finally:
            tracing.stop_tracing()
    request, send, job = (
        collector.named(name) for name in ("POST /api/v1/classes/{number}/photos", "send look", "job look")
    )
    assert request.trace_id == send.trace_id == job.trace_id
    assert (send.parent_span_id, job.parent_span_id) == (request.span_id, send.span_id)
    assert collector.services == {"verifier-test"}
    told = read_attributes(job)
    assert (told["verifier.evidence"], told["verifier.kind"], told["verifier.outcome"]) == (sha256, "look", "done")
    assert read_attributes(request) == {"verifier.status": 201, "verifier.request": "request-of-test"}
    assert (logged["evidence"], logged["job"], logged["trace"]) == (
        sha256,
        told["verifier.job"],
        request.trace_id.hex(),
    )
    house.state.close()


def _state(work: Work) -> str | None:
    with work.database.reading() as tx:
        return tx.scalar(select(JobRow.state).where(JobRow.kind == "look"))


def test_with_a_broker_a_photo_is_queued_before_the_nights_and_without_one_waits_for_the_night(
    accused_class: Accused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens at that broker: handing in does not depend on it."""
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert not tracing.start_tracing("verifier-test")
    for name, broker, priorities in (("with", SecretStr("redis://127.0.0.1:9/0"), [ON_DEMAND]), ("without", None, [])):
        house = copy_house(accused_class.house, tmp_path / name, broker_url=broker)
        hand_in(house)
        with house.state.database.reading() as tx:
            rows = tx.execute(select(JobRow.kind, JobRow.priority, JobRow.trace)).all()
        assert [tuple(row) for row in rows] == [("look", each, None) for each in priorities]
        house.state.close()
