"""What the API costs: reads a second with their p95, and the server's memory while many large uploads come at once.

    python -m benchmarks.api --reads 2000 --readers 8 --uploads 20

The server is a process of its own (uvicorn over SQLite and a local folder, as `verifier serve` runs it); the clients are threads of
this one, so on a machine of two cores both share them. Uploads are of random bytes: nothing about pictures is measured.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.api.people import OWN, a_house
from verifier.client import VerifierClient

SERVER = """
import sys
from pathlib import Path
import uvicorn
from api.server import create_app
from verifier.logs import configure_logs
from verifier.settings import Settings
configure_logs("console", "warning")
settings = Settings(workspace=Path(sys.argv[1]), requests_per_minute=10_000_000)
uvicorn.run(create_app(settings), port=int(sys.argv[2]), log_level="warning", access_log=False)
"""
PATHS = ("/me", "/classes", f"/classes/{OWN}", f"/classes/{OWN}/sessions", f"/classes/{OWN}/findings")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=2000, help="requests for each address")
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--uploads", type=int, default=20, help="at once")
    parser.add_argument("--megabytes", type=int, default=5, help="of each upload")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        house = a_house(Path(folder), requests_per_minute=10_000_000)
        key = house.keys["own"]
        house.state.close()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        server = subprocess.Popen([sys.executable, "-c", SERVER, folder, str(port)])
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url)
            print(f"load before: {os.getloadavg()[0]:.1f}; {len(os.sched_getaffinity(0))} cores")
            for path in PATHS:
                _measure_reads(url, key, path, asked.reads, asked.readers)
            _measure_uploads(url, key, server.pid, asked.uploads, asked.megabytes)
        finally:
            server.terminate()
            server.wait()


def _wait(url: str) -> None:
    for _ in range(300):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def _measure_reads(url: str, key: str, path: str, reads: int, readers: int) -> None:
    seconds: list[float] = []

    def read(count: int) -> list[float]:
        took = []
        with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
            for _ in range(count):
                began = time.perf_counter()
                client.get(path).raise_for_status()
                took.append(time.perf_counter() - began)
        return took

    began = time.perf_counter()
    with ThreadPoolExecutor(readers) as pool:
        for took in pool.map(read, [reads // readers] * readers):
            seconds += took
    total = time.perf_counter() - began
    p95 = statistics.quantiles(seconds, n=20)[18] * 1000
    print(
        f"{path}: {len(seconds) / total:.0f} reads/s, p95 {p95:.0f} ms, median {statistics.median(seconds) * 1000:.0f} ms"
    )


def _measure_uploads(url: str, key: str, pid: int, uploads: int, megabytes: int) -> None:
    with VerifierClient(url, key) as client:
        client.send_photo(
            OWN, os.urandom(megabytes * 1024 * 1024), name="first.bin"
        )  # what is loaded once is loaded now
    before, peak, stop = _read_rss_mb(pid), [0.0], threading.Event()

    def watch() -> None:
        while not stop.is_set():
            peak[0] = max(peak[0], _read_rss_mb(pid))
            time.sleep(0.01)

    def send(number: int) -> float:
        data = os.urandom(megabytes * 1024 * 1024)
        began = time.perf_counter()
        with VerifierClient(url, key, timeout_s=300) as client:
            client.send_photo(OWN, data, name=f"{number}.bin")
        return time.perf_counter() - began

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    with ThreadPoolExecutor(uploads) as pool:
        took = list(pool.map(send, range(uploads)))
    total = time.perf_counter() - began
    stop.set()
    watcher.join()
    print(
        f"{uploads} uploads of {megabytes} MB at once: {total:.1f} s, slowest {max(took):.1f} s; the server's memory went from "
        f"{before:.0f} MB to {peak[0]:.0f} MB at most (the files together: {uploads * megabytes} MB); load after "
        f"{os.getloadavg()[0]:.1f}"
    )


def _read_rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
