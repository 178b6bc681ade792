"""What runs inside a reader's process: one visit, then the process ends. No network models, no database, one camera's password.

A fork server that has PyAV and httpx loaded forks it in milliseconds. It ends by itself even when nobody is left to end it.
"""

from __future__ import annotations

import math
import os
import resource
import signal
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog

from verifier.video.frames import Grab, GrabFault
from verifier.video.source import Visit, open_source
from verifier.video.wire import write_frame, write_grab

_SURPLUS_S = 2.0  # the kernel's alarm comes after the watchdog's kill
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")

log = structlog.get_logger()


def read_for_parent(visit: Visit, pipe: int) -> None:
    """Make one visit and write what comes into the pipe: frames as they come, then the grab."""
    # The parent decides when to stop; a Ctrl-C in the terminal reaches it, not us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The kernel's own alarm ends us also inside a C library and after kill -9 of the parent.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, visit.kills_after_s + _SURPLUS_S)
    # Cameras are reached directly: a proxy would see the password.
    for name in _PROXIES:
        os.environ.pop(name, None)
    _limit_memory(visit.limits.memory_mb)
    started_at = datetime.now(UTC)
    try:
        source = open_source(visit, lambda frame: write_frame(pipe, frame))
        grab = source.grab(visit.seconds, visit.frames_wanted, visit.kills_after_s)
    except BrokenPipeError:
        return  # the parent lost interest
    except MemoryError:
        grab = _our_fault(visit, f"reading needed more than {visit.limits.memory_mb} MB", started_at)
    except Exception as error:  # noqa: BLE001 - one camera's reader; the type alone, as a message may quote what it was given
        grab = _our_fault(visit, f"the reader failed: {_describe(error)}", started_at)
    with suppress(BrokenPipeError):  # the parent lost interest
        write_grab(pipe, grab)


def _describe(error: Exception) -> str:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f" ({Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno})" if last else ""
    return f"{type(error).__name__}{where}"


def _our_fault(visit: Visit, said: str, started_at: datetime) -> Grab:
    return Grab(
        (), GrabFault.OUR_SIDE, said, visit.address.kind.value, started_at, datetime.now(UTC), address=visit.shown
    )


def _limit_memory(memory_mb: int) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + memory_mb * 1024 * 1024
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    # CPU seconds too: a decoder that spins is ended by the kernel.
    cpu = resource.getrlimit(resource.RLIMIT_CPU)[1]
    seconds = math.ceil(signal.getitimer(signal.ITIMER_REAL)[0]) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (seconds if cpu == resource.RLIM_INFINITY else min(seconds, cpu), cpu))
