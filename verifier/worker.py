"""The Celery app: tasks that are given a job's id and do the job (`verifier.job_running`), and the beat that keeps them going.

What is to be done, by whom and how far it is stands in the database; Celery brings messages to processes and watches over those.
So a lost message, a doubled one and a killed process do no harm: see docs/decisions/0008-rows-are-the-truth.md.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import structlog
from amqp.exceptions import ChannelError
from celery import Celery, signals
from celery.worker import state
from kombu.entity import Exchange
from kombu.entity import Queue as BrokerQueue
from kombu.exceptions import OperationalError as BrokerError

from verifier.delivering import deliver_due
from verifier.evidence import StoreUnavailable
from verifier.job_kinds import KINDS, Queue, Work, limit_of
from verifier.job_running import QUEUES, NoBrokerError, do_job, heal, tell_workers
from verifier.logs import configure_logs
from verifier.looking import end_with_parent, import_readers, open_evidence
from verifier.records.job_queue import Told
from verifier.regulation.policy import load_policy
from verifier.settings import Settings
from verifier.storing import days_to_keep, find_store_gaps
from verifier.tracing import HEADER, current_trace, start_tracing, stop_tracing, trace

log = structlog.get_logger()

CLOCK = "clock"  # what the beat sends; done by the workers of `io`
HEAL_S = 5.0
DELIVER_S = 5.0
REST_S = 2.0  # before a worker that lost its broker looks for it again
# Longer than any job may take: the broker gives a message of a dead worker to another after this. Nobody waits for that, as the
# job's lease has run out long before.
VISIBILITY_MARGIN_S = 300.0
_TOP = 9  # the highest priority of both brokers; Redis counts downwards


def make_app(settings: Settings) -> Celery:
    """The app for these settings, with a task for each kind of job.

    Raises:
        NoBrokerError: no broker is set.
    """
    if settings.broker_url is None:
        raise NoBrokerError("VERIFIER_BROKER_URL is not set: workers need redis://… or amqp://… (see docs/scale.md)")
    app = Celery("verifier", broker=settings.broker_url.get_secret_value())
    app.conf.update(_configure(settings))
    work = Work(settings)
    for name, kind in KINDS.items():
        app.task(name=f"verifier.{name}", bind=True, shared=False, acks_late=not kind.acknowledged_early)(
            _make_task(app, work)
        )

    def heal_now() -> None:
        heal(work)
        send_waiting(app, work)

    def deliver_now() -> None:
        deliver_due(work.database, settings)

    def begin_child(**_: Any) -> None:
        # Nobody is left behind when the parent dies.
        work.begin_child()
        threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
        start_tracing("verifier-worker")

    def end_child(**_: Any) -> None:
        stop_tracing()

    app.task(name="verifier.heal", shared=False)(heal_now)
    app.task(name="verifier.deliver", shared=False)(deliver_now)
    signals.worker_process_init.connect(begin_child, weak=False)
    signals.worker_process_shutdown.connect(end_child, weak=False)
    return app


def _make_task(app: Celery, work: Work) -> Any:
    def run(task: Any, job_id: str) -> None:
        job = do_job(work, UUID(job_id), (task.request.headers or {}).get(HEADER))
        if job is not None:
            _send_if_idle(app, work, job.kind)

    return run


_asked_at = 0.0


def _send_if_idle(app: Celery, work: Work, kind: str) -> None:
    """After the last job of a step the next one should not wait for the clock. Of looks there are too many to ask each time."""
    global _asked_at
    if kind == "look":
        if time.monotonic() - _asked_at < 1.0:
            return
        _asked_at = time.monotonic()
        if count_messages(app, "vision") not in (0, None):
            return
    send_waiting(app, work)


def send_waiting(app: Celery, work: Work) -> int:
    """Tell the workers of jobs that wait; tells how many. Where the broker is away they are told by a later round."""

    def send(jobs: Sequence[Told]) -> None:
        with app.producer_or_acquire() as producer:
            for job_id, kind, priority, asked_by in jobs:
                queue = KINDS[kind].queue
                with trace(f"send {kind}", "producer", asked_by, kind=kind, job=str(job_id), queue=queue):
                    app.send_task(
                        f"verifier.{kind}",
                        args=[str(job_id)],
                        queue=queue,
                        priority=_priority(work.settings, priority),
                        time_limit=limit_of(kind, work.settings),
                        headers={HEADER: current_trace()},
                        producer=producer,
                        retry=False,
                        ignore_result=True,
                    )

    try:
        return tell_workers(work, send, lambda queue: count_messages(app, queue))
    except (BrokerError, OSError) as error:
        log.warning("broker_away", why=f"{type(error).__name__}: {error}")
        return 0


def count_messages(app: Celery, queue: Queue) -> int | None:
    """How many messages wait in a queue of the broker, of all priorities; None where it cannot be asked."""
    try:
        with app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=3)
            return int(connection.default_channel.queue_declare(queue=queue, passive=True).message_count)
    except ChannelError as error:
        # Redis has no list without members.
        return 0 if str(error.reply_code) == "404" else None
    except (BrokerError, OSError):
        return None


def _priority(settings: Settings, priority: int) -> int:
    return priority if _is_amqp(settings) else _TOP - priority


def _is_amqp(settings: Settings) -> bool:
    url = settings.broker_url
    return url is not None and url.get_secret_value().startswith("amqp")


def _configure(settings: Settings) -> dict[str, Any]:
    longest_s = max(limit_of(kind, settings) for kind in KINDS)
    arguments = {"x-max-priority": _TOP} if _is_amqp(settings) else None
    transport: dict[str, Any] = {}
    if not _is_amqp(settings):
        transport = {
            "visibility_timeout": longest_s + VISIBILITY_MARGIN_S,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "priority_steps": list(range(_TOP + 1)),
            "queue_order_strategy": "priority",
            # A broker that is gone is noticed, instead of being waited for without end.
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 10,
        }
    clock = {"queue": CLOCK, "ignore_result": True}
    return {
        "task_queues": [
            BrokerQueue(name, Exchange(name), routing_key=name, queue_arguments=arguments)  # type: ignore[no-untyped-call]
            for name in (*QUEUES, CLOCK)
        ],
        "task_default_queue": "io",
        "task_create_missing_queues": False,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_acks_on_failure_or_timeout": True,
        "task_time_limit": longest_s,
        "worker_prefetch_multiplier": 1,
        # With one message a process, Celery's reduction after a lost connection leaves none: the worker would wait for ever.
        # What it protects from, a message that comes twice, does no harm here.
        "worker_enable_prefetch_count_reduction": False,
        "worker_max_memory_per_child": settings.worker_memory_mb * 1024,
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
        "worker_enable_remote_control": True,
        "broker_connection_retry_on_startup": True,
        # Once connected and then cut off, a worker of Redis may come back deaf (seen: connected, and never given a message
        # again). So it ends after the jobs that it has, and begins anew: `run_worker`.
        "broker_connection_retry": False,
        "broker_connection_max_retries": None,
        "broker_transport_options": transport,
        "task_serializer": "json",
        "accept_content": ["json"],
        "timezone": settings.timezone,
        "beat_schedule": {
            "heal": {
                "task": "verifier.heal",
                "schedule": HEAL_S,
                "options": {**clock, "expires": 2 * HEAL_S, "time_limit": 600},
            },
            "deliver": {
                "task": "verifier.deliver",
                "schedule": DELIVER_S,
                "options": {**clock, "expires": 2 * DELIVER_S, "time_limit": 120},
            },
        },
    }


def run_worker(settings: Settings, queues: Sequence[str], processes: int, name: str | None = None) -> None:
    """Work until stopped (SIGTERM: after the jobs that run)."""
    app = make_app(settings)
    _warn_of_store(settings)
    if "vision" in queues:
        import_readers()
    _keep_our_logs(settings)
    asked = [*queues, *([CLOCK] if "io" in queues else [])]
    arguments = ["worker", "--queues", ",".join(asked), "--concurrency", str(processes), "--pool", "prefork"]
    arguments += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--hostname", name or "%h-%i"]
    try:
        app.worker_main(arguments)
    except SystemExit:
        if _was_told_to_stop():
            raise
    if not _was_told_to_stop():
        log.warning("worker_begins_anew", why="the broker's connection was lost")
        time.sleep(REST_S)
        # In the same process, so that whoever watches over it need not know.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _was_told_to_stop() -> bool:
    # A signal's status (0 for SIGTERM) or False; None while nobody has asked.
    return any(asked is not None and asked is not False for asked in (state.should_stop, state.should_terminate))


def run_beat(settings: Settings) -> None:
    """Send the clock's messages until stopped. It keeps no file: what was done when stands in the database."""
    app = make_app(settings)
    _keep_our_logs(settings)
    app.start(["beat", "--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING", "--pidfile", ""])


def _warn_of_store(settings: Settings) -> None:
    try:
        wanted = days_to_keep(load_policy(settings.policy), date.today())
        for gap in find_store_gaps(open_evidence(settings), wanted):
            log.warning("store_not_guarded", why=gap)
    except StoreUnavailable as error:
        log.warning("store_away", why=str(error))  # its jobs wait for it


def _keep_our_logs(settings: Settings) -> None:
    def keep(**_: Any) -> None:
        configure_logs(settings.log_format, settings.log_level)

    signals.setup_logging.connect(keep, weak=False)
