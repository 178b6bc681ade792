"""Many cameras at once, each in a process of its own that is watched from outside and killed when it hangs.

One thread holds all of it: it starts readers, takes their pictures without ever waiting for one of them, and ends those whose time
is over. Bounded are the readers that show pictures (`at_once`: they use the processor) and those still waiting for a first one
(`waiting_at_once`: they cost nothing but a sleeping process). A reader that waits for longer than `yields_after_s` gives its place
to the next camera and goes on waiting aside, so that hanging and dead cameras delay no other.
"""

from __future__ import annotations

import os
import pickle
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import structlog

from verifier.video.frames import Frame, Grab, GrabFault
from verifier.video.source import Visit
from verifier.video.wire import Inbox, WireError

log = structlog.get_logger()
SERVER_START_S = 60.0  # seen: 0.6 s, and 5 s on a machine with every core busy
Watcher = Callable[[Visit, Frame], None]


@dataclass(frozen=True, slots=True)
class Lanes:
    """How many readers there may be.

    Attributes:
        at_once: Readers that show pictures, or just started.
        waiting_at_once: Readers aside, without a picture yet.
        yields_after_s: How long a reader without a picture keeps its place. The first picture of a healthy stream comes after
            0.3 to 0.9 s (fake camera, gst-rtsp-server).
    """

    at_once: int = 16
    waiting_at_once: int = 64
    yields_after_s: float = 2.0


@dataclass(slots=True, eq=False)
class _Reader:
    visit: Visit
    number: int
    pipe: int
    started_at: datetime
    started: float
    inbox: Inbox = field(default_factory=Inbox)
    frames: list[Frame] = field(default_factory=list)
    end: Grab | None = None
    fault: str = ""  # why we ended it
    aside: bool = False
    again: bool = False  # started a second time, after the fork server died


class Readers:
    """Holds the process that readers are forked from; keep one for many rounds, end it with ``with``."""

    def __init__(self, lanes: Lanes | None = None) -> None:
        self.lanes = lanes or Lanes()
        self._readers: list[_Reader] = []
        self._selector = selectors.DefaultSelector()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def read_all(self, visits: Iterable[Visit], watch: Watcher | None = None) -> Iterator[tuple[Visit, Grab]]:
        """Visit many cameras; each visit's answer as it comes, in any order, each exactly once.

        Args:
            visits: Cameras that failed last time are best put last.
            watch: Told of every picture as it comes.
        """
        todo = deque(visits)
        try:
            while todo or self._readers:
                while todo and self._has_place():
                    visit = todo.popleft()
                    failed = self._start(visit)
                    if failed is not None:
                        yield visit, failed
                self._take_what_came(watch)
                self._end_the_late()
                for reader in [one for one in self._readers if one.pipe < 0]:
                    self._readers.remove(reader)
                    if self._is_lost(reader):
                        failed = self._start(reader.visit, again=True)
                        if failed is not None:
                            yield reader.visit, failed
                        continue
                    yield reader.visit, _conclude(reader)
        finally:
            self._drop_readers()

    def close(self) -> None:
        """End every reader and the process they come from; nothing is left behind."""
        self._drop_readers()
        if self._control is not None:
            self._control.close()  # the server ends its readers and itself
        if self._server is not None:
            try:
                self._server.wait(5.0)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        self._server = self._control = None
        self._selector.close()

    def _drop_readers(self) -> None:
        for reader in self._readers:
            self._hang_up(reader, "stopped")
        self._readers.clear()

    def _has_place(self) -> bool:
        now = time.monotonic()
        aside = sum(reader.aside for reader in self._readers)
        for reader in self._readers:
            late = not reader.frames and now - reader.started >= self.lanes.yields_after_s
            if not reader.aside and late and aside < self.lanes.waiting_at_once:
                reader.aside, aside = True, aside + 1
        return len(self._readers) - aside < self.lanes.at_once

    def _is_lost(self, reader: _Reader) -> bool:
        """Whether a request went down with the fork server, before any reader took it up."""
        if reader.end is not None or reader.frames or reader.fault or reader.again or self._control is None:
            return False
        try:
            return not self._control.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK)
        except BlockingIOError:
            return False  # it lives: the reader alone died
        except ConnectionResetError:
            return True

    def _start(self, visit: Visit, again: bool = False) -> Grab | None:
        started_at = datetime.now(UTC)
        self._count += 1
        ours, theirs = os.pipe()
        try:
            self._ask((self._count, visit), [theirs])
        except OSError as error:
            os.close(ours)
            said = f"no reader could be started: {type(error).__name__}: {error.strerror}"
            return _our_grab(visit, (), GrabFault.OUR_SIDE, started_at, said)
        finally:
            os.close(theirs)
        os.set_blocking(ours, False)
        reader = _Reader(visit, self._count, ours, started_at, time.monotonic(), again=again)
        self._selector.register(ours, selectors.EVENT_READ, reader)
        self._readers.append(reader)
        return None

    def _ask(self, request: tuple[int, Visit | None], pipes: Sequence[int]) -> None:
        """Send one request; a server that died is started anew, once."""
        message = pickle.dumps(request)
        for last in (False, True):
            if self._control is None or self._server is None or self._server.poll() is not None:
                if self._control is not None:
                    self._control.close()
                self._open_server()
            assert self._control is not None
            try:
                socket.send_fds(self._control, [message], pipes)
            except (BrokenPipeError, ConnectionResetError):
                if last:
                    raise
                self._control.close()
                self._control = None
                if self._server is not None:
                    self._server.kill()
            else:
                return

    def _open_server(self) -> None:
        if self._server is not None:
            log.warning("camera_fork_server_died", exit_code=self._server.wait())
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # What parses strangers' bytes needs none of our keys.
            environment = {name: value for name, value in os.environ.items() if not name.startswith("VERIFIER_")}
            command = [sys.executable, "-m", "verifier.video.fork_server", str(theirs.fileno())]
            self._server = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        # A camera's time must not run while our own libraries load.
        ours.settimeout(SERVER_START_S)
        try:
            started = bool(ours.recv(16))
        except TimeoutError:
            started = False
        ours.settimeout(None)
        self._control = ours
        if not started:
            raise ChildProcessError(None, "the process for the readers does not start; see the log")

    def _take_what_came(self, watch: Watcher | None) -> None:
        # Short: somebody's time may be over, or a place be free, before anything comes.
        for key, _ in self._selector.select(0.1):
            reader: _Reader = key.data
            try:
                part = os.read(reader.pipe, 1 << 20)
                messages: Sequence[Frame | Grab] = reader.inbox.feed(part)
            except BlockingIOError:
                continue
            except WireError as error:
                self._hang_up(reader, str(error))
                continue
            for message in messages:
                if isinstance(message, Grab):
                    reader.end = message
                    continue
                reader.frames.append(message)
                reader.aside = False
                if watch is not None:
                    watch(reader.visit, message)
            if not part or reader.end is not None:
                self._hang_up(reader)

    def _end_the_late(self) -> None:
        now = time.monotonic()
        for reader in self._readers:
            # Readers end by themselves when they can; a second for the way through the pipe.
            if reader.pipe >= 0 and now - reader.started > reader.visit.kills_after_s + 1.0:
                log.warning("camera_reader_killed", camera=reader.visit.camera_id, address=reader.visit.shown)
                self._hang_up(reader, f"hung for {now - reader.started:.0f} s and was killed")

    def _hang_up(self, reader: _Reader, fault: str = "") -> None:
        """Close the pipe. A reader that did not end by itself is at fault, and is killed."""
        if reader.pipe < 0:
            return
        self._selector.unregister(reader.pipe)
        os.close(reader.pipe)
        reader.pipe, reader.fault = -1, fault
        if fault and self._control is not None:
            try:
                self._control.send(pickle.dumps((reader.number, None)))
            except (BrokenPipeError, ConnectionResetError):
                log.warning("camera_fork_server_gone", reader="ends by its own alarm")


def _conclude(reader: _Reader) -> Grab:
    """A reader's answer, or what its death means."""
    frames = tuple(reader.frames)
    if reader.end is not None:
        return replace(reader.end, frames=frames)
    if reader.fault.startswith("hung"):
        # Nothing came, or nothing more: the camera's silence is what the library hung on.
        fault = GrabFault.STALLED if frames else GrabFault.TIMEOUT
        return _our_grab(reader.visit, frames, fault, reader.started_at, f"the reader {reader.fault}")
    said = reader.fault or "the reader's process ended without an answer"
    return _our_grab(reader.visit, frames, GrabFault.OUR_SIDE, reader.started_at, said)


def _our_grab(visit: Visit, frames: tuple[Frame, ...], fault: GrabFault, started_at: datetime, said: str) -> Grab:
    return Grab(
        frames,
        fault,
        said,
        visit.address.kind.value,
        started_at,
        datetime.now(UTC),
        address=visit.shown,
        size_wh=(frames[0].picture_bgr.shape[1], frames[0].picture_bgr.shape[0]) if frames else None,
        received_frames=len(frames),
    )


def read_one(visit: Visit, watch: Watcher | None = None) -> Grab:
    """Visit one camera, watched and killed like all others."""
    with Readers(Lanes(1, 1)) as readers:
        ((_, grab),) = readers.read_all([visit], watch)
    return grab
