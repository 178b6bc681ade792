"""Many cameras at once: a hanging one delays no other, is killed, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.builders.cameras import QUICK, a_visit, draw_noise
from tests.services.camera import Cameras, Trouble, run_cameras
from tests.services.h264 import encode_clip
from verifier.video.frames import Grab, GrabFault
from verifier.video.source import Visit
from verifier.video.supervise import Lanes, Readers, read_one

CLIP = encode_clip((draw_noise(number) for number in range(10)), 10)
LANES = Lanes(at_once=3, waiting_at_once=10, yields_after_s=0.7)


@pytest.fixture(scope="module")
def cameras() -> Iterator[Cameras]:
    with run_cameras() as running:
        running.add("ok", CLIP)
        running.add("mute", CLIP, trouble=Trouble.MUTE)
        running.add("stall", CLIP, trouble=Trouble.STALL)
        yield running


@pytest.fixture
def readers() -> Iterator[Readers]:
    with Readers(LANES) as held:
        yield held


def visits(cameras: Cameras, name: str, count: int) -> list[Visit]:
    url = f"rtsp://127.0.0.1:{cameras.port}/{name}"
    return [a_visit(url, camera_id=f"{name}-{number}", seconds=0.6, frames_wanted=2) for number in range(count)]


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def time_last(readers: Readers, asked: list[Visit], wanted: str) -> tuple[float, dict[str, Grab]]:
    """Seconds until the last camera of that name was answered, and all answers."""
    started, last, grabs = time.monotonic(), 0.0, {}
    for visit, grab in readers.read_all(asked):
        grabs[visit.camera_id] = grab
        if visit.camera_id.startswith(wanted):
            last = time.monotonic() - started
    return last, grabs


def test_cameras_that_hang_delay_no_other(cameras: Cameras, readers: Readers) -> None:
    """Five mute ones ahead of nine healthy, three places: as long as alone, plus the time the mute hold a place."""
    time_last(readers, visits(cameras, "ok", 1), "ok")
    alone, _ = time_last(readers, visits(cameras, "ok", 9), "ok")
    beside, grabs = time_last(readers, visits(cameras, "mute", 5) + visits(cameras, "ok", 9), "ok")
    held = 2 * LANES.yields_after_s  # five mute ones pass through three places
    assert beside < alone + held + 1.0
    assert beside < alone + 5 * QUICK.open_s / LANES.at_once
    assert {grab.fault for name, grab in grabs.items() if name.startswith("ok")} == {None}
    assert {grab.fault for name, grab in grabs.items() if name.startswith("mute")} == {GrabFault.TIMEOUT}
    assert len(grabs) == 14


def test_a_reader_that_hangs_is_killed(cameras: Cameras, readers: Readers) -> None:
    """Stopped by a signal it can do nothing itself; the watchdog ends it, and what came before is kept."""
    visit = replace(visits(cameras, "stall", 1)[0], seconds=30.0, frames_wanted=300, deadline_s=6.0)
    stopped: list[int] = []
    times: list[float] = []

    def stop(_: Visit, __: object) -> None:
        if not stopped:
            server = next(child for child in psutil.Process().children() if "fork_server" in " ".join(child.cmdline()))
            (reader,) = server.children()
            reader.suspend()
            stopped.append(reader.pid)
            times.append(time.monotonic())

    ((_, grab),) = readers.read_all([visit], stop)
    assert grab.fault is GrabFault.STALLED
    assert "killed" in grab.said
    assert grab.frames
    assert time.monotonic() - times[0] < 9
    gone = time.monotonic() + 3
    while psutil.pid_exists(stopped[0]) and time.monotonic() < gone:
        time.sleep(0.02)
    assert not psutil.pid_exists(stopped[0])


def test_a_reader_that_dies_is_our_side(cameras: Cameras, readers: Readers) -> None:
    """A crash inside a decoder says nothing about the agency."""
    visit = replace(visits(cameras, "ok", 1)[0], seconds=20.0)

    def kill(_: Visit, __: object) -> None:
        for child in children():
            if child.parent() != psutil.Process():
                child.send_signal(signal.SIGSEGV)

    ((_, grab),) = readers.read_all([visit], kill)
    assert grab.fault is GrabFault.OUR_SIDE
    assert grab.fault.is_ours


def test_a_dead_fork_server_is_started_anew(cameras: Cameras, readers: Readers) -> None:
    """Killed for lack of memory, say: the next visit works again."""
    ((_, grab),) = readers.read_all(visits(cameras, "ok", 1))
    assert grab.fault is None
    for child in psutil.Process().children():
        if "fork_server" in " ".join(child.cmdline()):
            child.kill()
    ((_, grab),) = readers.read_all(visits(cameras, "ok", 1))
    assert grab.fault is None, grab.said


def test_rounds_leave_nothing_behind(cameras: Cameras, readers: Readers) -> None:
    """Open files, threads, processes and zombies are the same after the tenth round as after the second."""

    def count() -> tuple[int, int, int, int]:
        zombies = sum(child.status() == psutil.STATUS_ZOMBIE for child in children())
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), len(children()), zombies

    asked = [*visits(cameras, "ok", 2), *visits(cameras, "mute", 1)]
    quick = [replace(visit, seconds=0.2, limits=replace(QUICK, open_s=0.5, silent_s=0.5)) for visit in asked]
    counted = []
    for _ in range(6):
        assert len(list(readers.read_all(quick))) == 3
        time.sleep(0.2)
        counted.append(count())
    files = [files for files, *_ in counted[1:]]
    # The fake camera runs in this process too and closes its side a little later.
    assert max(files) - min(files) <= 6
    assert {rest for _, *rest_of in counted[1:] for rest in [tuple(rest_of)]} == {(counted[1][1], counted[1][2], 0)}


def test_leaving_early_ends_the_readers(cameras: Cameras) -> None:
    """Ctrl-C in the middle of a round leaves no process behind."""
    with Readers(LANES) as held:
        for _visit, _grab in held.read_all(visits(cameras, "ok", 1) + visits(cameras, "mute", 3)):
            break
    assert not [child for child in children() if "fork_server" in " ".join(child.cmdline())]


def test_readers_end_when_their_parent_is_killed(cameras: Cameras, tmp_path: Path) -> None:
    """After kill -9 of whoever asked, nothing goes on reading."""
    import subprocess
    import sys

    script = tmp_path / "asks.py"
    script.write_text(
        "from tests.builders.cameras import a_visit\nfrom verifier.video.supervise import Readers\nimport sys\n"
        "def show(*_):\n    print('seen', flush=True)\n"
        f"list(Readers().read_all([a_visit('rtsp://127.0.0.1:{cameras.port}/ok', seconds=60.0)], show))\n"
    )
    asks = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
    )
    assert asks.stdout is not None
    assert asks.stdout.readline() == b"seen\n"
    below = psutil.Process(asks.pid).children(recursive=True)
    assert len(below) == 2
    asks.kill()
    asks.wait()
    asks.stdout.close()
    assert not psutil.wait_procs(below, timeout=10)[1]


def test_the_watcher_sees_pictures_as_they_come(cameras: Cameras) -> None:
    """A live table needs no end of the visit."""
    seen: list[float] = []
    grab = read_one(visits(cameras, "ok", 1)[0], lambda _, frame: seen.append(float(frame.picture_bgr.mean())))
    assert len(seen) == len(grab.frames) == 2


def test_an_address_without_a_reader_is_told() -> None:
    """Our side: the camera was never asked."""
    grab = read_one(a_visit("ftp://10.0.0.5/x"))
    assert grab.fault is GrabFault.UNSUPPORTED
