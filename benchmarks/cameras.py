"""Cameras: does a hanging one delay the others, and is a round's memory flat?

    python -m benchmarks.cameras [--healthy 40] [--dead 10] [--rounds 20] [--only-rounds]

The cameras are fake (tests/services/camera.py: real RTSP, 160×120 at 5 pictures a second) and share this machine's cores with the
readers. A dead one accepts the connection and never answers, stalls, refuses, or drops. Measured is the time until the last healthy
camera was answered, without and with the dead; then small rounds over and over, with the memory of the parent and of the process
that readers are forked from, threads, open files and zombies.
"""

from __future__ import annotations

import argparse
import multiprocessing
import threading
import time
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import psutil

from tests.builders.cameras import draw_noise
from tests.services.camera import Trouble, run_cameras
from tests.services.h264 import encode_clip
from tests.services.ports import find_free_ports
from verifier.video.source import ReadingLimits, Visit
from verifier.video.supervise import Lanes, Readers

LIMITS = ReadingLimits("benchmark", open_s=8.0, silent_s=4.0, read_file_s=20.0, memory_mb=1500)
DEAD = (Trouble.MUTE, Trouble.STALL, Trouble.MUTE_PLAY, Trouble.DROP)
SECONDS = 2.0


def serve(pipe: Connection, healthy: int, dead: int) -> None:
    """The fake cameras, in a process of their own so that their memory is not counted."""
    clip = encode_clip((draw_noise(number) for number in range(20)), 5)
    (closed,) = find_free_ports(1)
    with run_cameras() as cameras:
        good = [cameras.add(f"ok-{number}", clip, fps=5) for number in range(healthy)]
        bad = [
            cameras.add(f"dead-{number}", clip, fps=5, trouble=DEAD[number % 5])
            if number % 5 < len(DEAD)
            else f"rtsp://127.0.0.1:{closed}/dead-{number}"
            for number in range(dead)
        ]
        pipe.send((good, bad))
        pipe.recv()


def make_visits(urls: list[str], seconds: float = SECONDS, limits: ReadingLimits = LIMITS) -> list[Visit]:
    """One visit a url, named by its last part."""
    return [Visit(url.rsplit("/", 1)[1], url, seconds=seconds, frames_wanted=4, limits=limits) for url in urls]


def run_one(readers: Readers, visits: list[Visit]) -> tuple[float, float, Counter[str]]:
    """Seconds until the last healthy camera, until the last of all, and how each ended."""
    started, last_healthy, ended = time.monotonic(), 0.0, Counter[str]()
    for visit, grab in readers.read_all(visits):
        if visit.camera_id.startswith("ok"):
            last_healthy = time.monotonic() - started
            ended["healthy: " + (grab.fault.value if grab.fault else "read")] += 1
        else:
            ended["dead: " + (grab.fault.value if grab.fault else "read")] += 1
    return last_healthy, time.monotonic() - started, ended


def count_all() -> tuple[float, float, int, int, int, int]:
    """Megabytes of this process and of the fork server, threads, open files, processes below, zombies."""
    own = psutil.Process()
    below = own.children(recursive=True)
    server, zombies = 0.0, 0
    for child in below:
        # A reader may end while it is looked at; a zombie is one that nobody has fetched after a second.
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if "verifier.video.fork_server" in child.cmdline() and child.ppid() == own.pid:
                server = child.memory_info().rss / 2**20
        zombies += _is_left(child)
    files = len(list(Path("/proc/self/fd").iterdir()))
    return own.memory_info().rss / 2**20, server, threading.active_count(), files, len(below), zombies


def _is_left(child: psutil.Process) -> bool:
    ends = time.monotonic() + 1.0
    while time.monotonic() < ends:
        try:
            if child.status() != psutil.STATUS_ZOMBIE:
                return False
        except psutil.NoSuchProcess:
            return False
        time.sleep(0.02)
    return True


def main() -> None:
    """Print both measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--healthy", type=int, default=40)
    parser.add_argument("--dead", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=20, help="small rounds for the memory")
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--only-rounds", action="store_true", help="only the small rounds")
    asked = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs, asked.healthy, asked.dead))
    server.start()
    good, bad = ours.recv()
    try:
        with Readers(Lanes(at_once=asked.at_once)) as readers:
            if not asked.only_rounds:
                measure_delay(readers, good, bad)
            measure_memory(readers, good, bad, asked.rounds)
    finally:
        ours.send("stop")
        server.join(10)


def measure_delay(readers: Readers, good: list[str], bad: list[str]) -> None:
    """The round over the healthy ones, alone and beside the dead ones, in the worst order: dead first."""
    run_one(readers, make_visits(good[:2]))
    print(f"{len(good)} healthy cameras, {SECONDS:g} s each, {readers.lanes.at_once} at once")
    for name, visits in (
        ("without the dead", make_visits(good)),
        (f"{len(bad)} dead first", make_visits(bad) + make_visits(good)),
        (f"{len(bad)} dead last (known to fail)", make_visits(good) + make_visits(bad)),
    ):
        healthy, whole, ended = run_one(readers, visits)
        print(
            f"  {name:28}: last healthy after {healthy:5.1f} s, all after {whole:5.1f} s  {dict(sorted(ended.items()))}"
        )


def measure_memory(readers: Readers, good: list[str], bad: list[str], rounds: int) -> None:
    """Small rounds: three healthy cameras and one of each kind of dead one."""
    quick = ReadingLimits("benchmark-quick", open_s=0.6, silent_s=0.5, read_file_s=5.0, memory_mb=1500)
    counted, ended = [], Counter[str]()
    print(f"{rounds} small rounds: MB parent, MB fork server, threads, files, processes, zombies")
    for number in range(rounds):
        ended += run_one(readers, make_visits(good[:3] + bad[:5], 0.2, quick))[2]
        time.sleep(0.05)
        counted.append(count_all())
        if number == 0 or (number + 1) % max(1, rounds // 5) == 0:
            print(f"  after round {number + 1:4}: " + "  ".join(f"{value:.1f}" for value in counted[-1]), flush=True)
    print(
        f"  at most: {max(each[2] for each in counted)} threads, {max(each[3] for each in counted)} files, "
        f"{max(each[5] for each in counted)} zombies"
    )
    print(f"  looks: {dict(sorted(ended.items()))}")
    memory = np.array(counted)[:, :2]
    if rounds > 10:
        slope = np.polyfit(np.arange(rounds - 5), memory[5:], 1)[0] * 500
        print(f"  growth over 500 rounds at this slope: parent {slope[0]:+.1f} MB, fork server {slope[1]:+.1f} MB")


if __name__ == "__main__":
    main()
