"""The process that readers are forked from: it has PyAV and httpx loaded, no thread of its own, and none of our secrets.

Why not `multiprocessing`: its fork server runs the caller's main module again, wants to be started by a process that is not itself
a worker, and answers by pickle. Here a request is one message with the pipe's end in it; a reader's end is that pipe's end.

    python -m verifier.video.fork_server FD        FD: a SOCK_SEQPACKET socket, the other end in `supervise`
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import socket
import sys
from contextlib import suppress

import structlog

# Loaded here, once, so that all readers share the memory.
import verifier.video.recording
import verifier.video.snapshot
import verifier.video.stream  # noqa: F401
from verifier.logs import configure_logs
from verifier.video.reader import read_for_parent

LONGEST_REQUEST = 64 * 1024
READY = b"ready"
log = structlog.get_logger()


def serve(control: socket.socket) -> None:
    """Fork a reader for every request, end those we are told to end, and all when nobody is left who asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # SIGCHLD must wake the wait below, so it gets a handler and a pipe.
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    readers: dict[int, int] = {}  # pid → number of the visit
    control.send(READY)
    try:
        while True:
            ready, _, _ = select.select([control.fileno(), woken], [], [])
            if woken in ready:
                with suppress(BlockingIOError):
                    os.read(woken, 4096)
                _reap(readers)
            if control.fileno() in ready and not _answer(control, readers, (woken, wake)):
                return
    finally:
        for pid in readers:
            os.kill(pid, signal.SIGKILL)


def _answer(control: socket.socket, readers: dict[int, int], own: tuple[int, int]) -> bool:
    """Take one request; False when the other side is gone."""
    request, pipes, _, _ = socket.recv_fds(control, LONGEST_REQUEST, 1)
    if not request:
        return False
    number, visit = pickle.loads(request)
    if visit is None:
        for pid, known in readers.items():
            if known == number:
                os.kill(pid, signal.SIGKILL)
        return True
    (pipe,) = pipes
    pid = os.fork()
    if pid == 0:
        _become_reader(control, own)
        status = 1
        try:
            read_for_parent(visit, pipe)
            status = 0
        finally:
            # Without Python's clean-up: what a stream left behind in a library could hang there.
            os._exit(status)
    os.close(pipe)
    readers[pid] = number
    return True


def _become_reader(control: socket.socket, own: tuple[int, int]) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    control.close()
    for end in own:
        os.close(end)


def _reap(readers: dict[int, int]) -> None:
    while readers:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        number = readers.pop(pid, None)
        code = os.waitstatus_to_exitcode(status)
        if code not in (0, -signal.SIGKILL):
            log.warning("camera_reader_died", visit=number, exit_code=code)


if __name__ == "__main__":
    configure_logs(
        "json" if os.environ.get("VERIFIER_LOG_FORMAT") == "json" else "console",
        "info",
    )
    serve(socket.socket(fileno=int(sys.argv[1])))
