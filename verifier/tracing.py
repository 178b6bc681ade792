"""Traces for OpenTelemetry where the extra ``otel`` is installed and an address is set; otherwise nothing happens.

One trace goes from a request through the job's row and the broker's message to the worker that does the job, and on to the jobs
that this one makes. A row keeps its trace (W3C ``traceparent``), as everything that must survive a kill; a message carries one too.
Where spans go is said by the standard variables (``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_SERVICE_NAME``). Spans name kinds,
numbers, classes and digests, never a person.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Literal

import structlog

HEADER = "traceparent"
Role = Literal["server", "producer", "consumer"]

_provider: Any = None
_started_by = 0  # process


def start_tracing(service: str) -> bool:
    """Export this process's spans; tells whether it does. Once is enough, twice is no harm; a forked child starts its own.

    Args:
        service: The process's name where ``OTEL_SERVICE_NAME`` does not give one: ``verifier-api``, ``verifier-worker``.
    """
    global _provider, _started_by
    if _provider is not None and _started_by == os.getpid():
        return True
    if "OTEL_EXPORTER_OTLP_ENDPOINT" not in os.environ or find_spec("opentelemetry.sdk") is None:
        return False
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": service}
    _started_by = os.getpid()
    _provider = TracerProvider(resource=Resource.create(named))
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return True


def stop_tracing() -> None:
    """Send what was not sent yet, and trace no more."""
    global _provider
    if _provider is not None:
        _provider.shutdown()
        _provider = None


def current_trace() -> str | None:
    """The present span as ``traceparent``, for a job's row; None where nothing is traced."""
    if _provider is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get(HEADER)


@contextmanager
def trace(name: str, role: Role, after: str | None, **told: str | int | None) -> Iterator[None]:
    """A span around some work, the child of `after` (a ``traceparent``); log lines of the work carry its trace's id.

    What the work raises is written into the span, and raised.
    """
    if _provider is None:
        yield
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({HEADER: after} if after else {})
    attributes = {f"verifier.{key}": value for key, value in told.items() if value is not None}
    with (
        _provider.get_tracer("verifier").start_as_current_span(
            name, context if after else None, SpanKind[role.upper()], attributes=attributes
        ) as span,
        structlog.contextvars.bound_contextvars(trace=f"{span.get_span_context().trace_id:032x}"),
    ):
        yield


def note(name: str | None = None, **told: str | int | None) -> None:
    """Add to the present span what is only known at the end of its work; `name` names it better."""
    if _provider is None:
        return
    from opentelemetry.trace import get_current_span

    span = get_current_span()
    if name is not None:
        span.update_name(name)
    span.set_attributes({f"verifier.{key}": value for key, value in told.items() if value is not None})


def name_subject(payload: Mapping[str, Any]) -> dict[str, str]:
    """What a job is about, for logs and spans: the digest of its evidence, its class, its camera."""
    names = {"sha256": "evidence", "class": "class_number", "camera": "camera"}
    return {name: str(payload[key]) for key, name in names.items() if key in payload}
