"""Traces for OpenTelemetry where the extra ``otel`` is installed; without it nothing happens.

What exports them and where to is said by the standard variables (``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_SERVICE_NAME``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec


def start_tracing() -> bool:
    """Export this process's traces, with Celery's messages as links between processes; tells whether it does."""
    if "OTEL_EXPORTER_OTLP_ENDPOINT" not in os.environ or find_spec("opentelemetry.instrumentation.celery") is None:
        return False
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    # By name: the extra's package says nothing of types, and is not there where the linters run.
    import_module("opentelemetry.instrumentation.celery").CeleryInstrumentor().instrument()
    return True


@contextmanager
def trace_job(job_id: str) -> Iterator[None]:
    """A span around one job, named by its id, where traces are made."""
    if find_spec("opentelemetry") is None:
        yield
        return
    from opentelemetry import trace

    with trace.get_tracer("verifier").start_as_current_span("job", attributes={"verifier.job": job_id}):
        yield
