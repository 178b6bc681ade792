"""How much a city's queue and database carry, and what Celery costs beside one process pool.

python -m benchmarks.city_load simulate --photos 100000 --processes 4   real Valkey, PostgreSQL and workers; the vision is stubbed
python -m benchmarks.city_load compare --photos 42 --turns 3            the same pictures embedded and through workers, in turns
python -m benchmarks.city_load share --photos 42 --turns 3              one worker and two workers on the same database, in turns

`simulate` files photos as rows, and lets workers do one look job each: claim, a wait in the place of the networks, a look of usual
size with six faces saved and sealed, ended. `compare` and `share` look at real photos, in every turn copies of the same pictures
and with processes that are started for the turn. A turn's rate is that after the first few photos, when all networks are loaded;
the seconds until then are told apart. Processor time is that of everything that took part, database and store included.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import redis
from sqlalchemy import func, insert, select

from tests.builders.night import command_environment, load, night
from tests.services.city import City, run_city
from tests.services.postgres import run_postgres_process
from tests.services.redis import run_redis
from tests.services.s3 import run_s3_process
from verifier.demo.make_class import make_demo_class
from verifier.job_kinds import KINDS, Work, make_look_jobs
from verifier.looking import LookDone, look_at_all, open_evidence
from verifier.nightly import keep_look, list_new_pictures
from verifier.records.database import open_database
from verifier.records.job_queue import add_jobs
from verifier.records.looks import read_looks
from verifier.records.tables.base import make_id
from verifier.records.tables.evidence import EvidenceRow, SubmissionRow
from verifier.records.tables.job import JobRow
from verifier.records.tables.look import LookRow
from verifier.settings import Settings
from verifier.worker import run_worker

WARM = 8  # photos of a turn that are not counted: each process has loaded its networks and looked at a few
SAMPLE_S = 5.0
STUB = "from benchmarks.city_load import work_with_stub; work_with_stub()"


def work_with_stub() -> None:
    """A worker whose look waits instead of looking, and keeps the look that BENCH_LOOK holds under the photo's own digest."""
    settings = Settings()
    wait_s = float(os.environ["BENCH_VISION_S"])
    look = json.loads(Path(os.environ["BENCH_LOOK"]).read_text(encoding="utf-8"))
    faces = np.ones((6, 128), np.float32)

    def stub(work: Work, job: Any) -> dict[str, Any]:
        time.sleep(wait_s)
        sha256 = job.payload["sha256"]
        body = {**look, "sha256": sha256, "fingerprint": {**(look.get("fingerprint") or {}), "pixels_sha256": sha256}}
        keep_look(settings, work.database, work.tools, LookDone(sha256, body, faces, "bench"))
        return {"cut_off": ""}

    KINDS["look"] = replace(KINDS["look"], run=stub)  # type: ignore[index]
    run_worker(settings, ["vision", "io"], int(os.environ["BENCH_PROCESSES"]))


def simulate(photos: int, processes: int, vision_s: float, minutes: float) -> dict[str, Any]:
    """Look jobs per second through the real queue and database, what they cost where, and how evenly they were shared."""
    with (
        tempfile.TemporaryDirectory(prefix="load-") as name,
        run_postgres_process() as pg,
        run_redis() as broker,
        run_s3_process() as s3,
    ):
        folder = Path(name)
        look = folder / "look.json"
        look.write_text(json.dumps(make_usual_look(folder)), encoding="utf-8")
        with run_city(folder / "city", pg.url, broker, s3.server) as city:
            settings = city.settings()
            assert load_demo(folder, settings)
            work = Work(settings)
            filed_s = timed(lambda: file_photos(work, photos))
            with work.database.transaction() as tx:
                queued_s = timed(lambda: add_jobs(tx, make_look_jobs(tx, work)))
            stub = {"BENCH_VISION_S": str(vision_s), "BENCH_LOOK": str(look), "BENCH_PROCESSES": str(processes)}
            worker, beat = start_program(city, STUB, stub), city.start_beat()
            parts = {
                "worker": worker.pid,
                "beat": beat.pid,
                "postgresql": pg.server.get_pid(),
                "broker": redis_pid(broker),
            }
            samples, spent = sample_progress(work, photos, minutes * 60, parts)
            with work.database.reading() as tx:
                twice = tx.scalar(
                    select(func.count()).select_from(JobRow).where(JobRow.kind == "look", JobRow.attempt > 1)
                )
                looks = tx.scalar(select(func.count()).select_from(LookRow))
                size = tx.scalar(select(func.pg_database_size(func.current_database())))
            work.close()
    (first_s, first), (last_s, done) = samples[0], samples[-1]
    rate = (done - first) / (last_s - first_s) if last_s > first_s else 0.0
    return {
        "photos": done, "of": photos, "looks": looks, "processes": processes, "vision_s": vision_s, "jobs_per_s": round(rate, 1),
        "jobs_per_s_by_tenth": by_tenth(samples), "seconds": round(last_s), "more_than_one_attempt": twice,
        "cpu_ms_a_job": {name: round(1000 * used / max(done - first, 1), 1) for name, used in spent.items()},
        "file_s": round(filed_s, 1), "queue_s": round(queued_s, 1),
        "database_mb": round((size or 0) / 2**20), "load": os.getloadavg()[0],
    }  # fmt: skip


def sample_progress(
    work: Work, photos: int, seconds: float, parts: dict[str, int]
) -> tuple[list[tuple[float, int]], dict[str, float]]:
    """(second, photos done) from the first that is done, and the processor seconds of each part since."""
    began, samples, before = time.monotonic(), list[tuple[float, int]](), dict[str, float]()
    while True:
        done, now = count_done(work), time.monotonic() - began
        if done:
            before = before or {name: cpu_s([pid]) for name, pid in parts.items()}
            samples.append((now, done))
        if done >= photos or now > seconds:
            break
        if len(samples) % 12 == 1:
            print(f"{now:.0f} s: {done} of {photos}", file=sys.stderr, flush=True)
        time.sleep(SAMPLE_S if done else 0.2)
    return samples or [(0.0, 0)], {name: cpu_s([pid]) - before.get(name, 0.0) for name, pid in parts.items()}


def by_tenth(samples: list[tuple[float, int]]) -> list[float]:
    """The rate in each tenth of the time, to see whether it falls."""
    step = max(len(samples) // 10, 1)
    ends = samples[::step]
    return [round((late - early) / (until - since), 1) for (since, early), (until, late) in pairwise(ends)]


def make_usual_look(folder: Path) -> dict[str, Any]:
    """The look of the demo's photo with the most to tell."""
    make_demo_class(folder / "class")
    workspace = folder / "embedded"
    assert load(folder / "class", workspace).loaded
    night(workspace)
    settings = Settings(workspace=workspace)
    database = open_database(settings.database, settings.data_key_bytes())
    work = Work(settings)
    with database.reading() as tx:
        digests = tx.scalars(select(SubmissionRow.sha256)).all()
        looks = read_looks(tx, digests, work.tools.looks_key)
    database.close()
    return max((body for body, _ in looks.values()), key=lambda body: len(json.dumps(body)))


def load_demo(folder: Path, settings: Settings) -> bool:
    """The demo's class, to which the photos are added."""
    from verifier.intake import import_class_folder

    return import_class_folder(folder / "class", settings).loaded


def file_photos(work: Work, photos: int) -> None:
    """Rows of evidence and of submissions, as an upload leaves them."""
    with work.database.transaction() as tx:
        like = tx.scalars(select(SubmissionRow).limit(1)).one()
        columns = {column.name: getattr(like, column.name) for column in SubmissionRow.__table__.columns}
        known = {column.name for column in EvidenceRow.__table__.columns}
        one = tx.get_one(EvidenceRow, like.sha256)
        evidence = {name: getattr(one, name) for name in known}
        for start in range(0, photos, 2000):
            digests = [
                hashlib.sha256(f"photo {n}".encode()).hexdigest() for n in range(start, min(start + 2000, photos))
            ]
            tx.execute(insert(EvidenceRow), [{**evidence, "sha256": each} for each in digests])
            fresh = {"received_at": datetime.now(UTC), "superseded_by": None}
            rows = [
                {**columns, **fresh, "id": uuid4(), "sha256": each, "file": f"photos/{each}.jpg"} for each in digests
            ]
            tx.execute(insert(SubmissionRow), rows)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn took: photos an hour once all is warm, seconds until then, and processor seconds a photo."""

    per_hour: float
    warm_after_s: float
    cpu_s: float


def compare(photos: int, processes: int, turns: int) -> dict[str, Any]:
    """Photos per hour embedded and through workers, one after the other, again and again."""
    with looking_city(photos, 2 * turns) as (city, work, parts, servers):
        embedded, through = [], []
        for turn in range(turns):
            embedded.append(look_embedded(city, work, parts[2 * turn], processes, servers))
            through.append(look_through(city, work, parts[2 * turn + 1], [processes], servers))
        ratios = [pool.per_hour / worker.per_hour - 1 for pool, worker in zip(embedded, through, strict=True)]
        costs = [worker.cpu_s / pool.cpu_s - 1 for pool, worker in zip(embedded, through, strict=True)]
        return {
            "photos_a_turn": photos, "turns": turns, "processes": processes, "embedded": tell(embedded), "workers": tell(through),
            "overhead_percent": spread(ratios), "processor_overhead_percent": spread(costs), "load": os.getloadavg()[0],
        }  # fmt: skip


def share(photos: int, turns: int) -> dict[str, Any]:
    """Photos per hour of one worker with one process and of two such workers on the same database, and what was done twice."""
    with looking_city(photos, 2 * turns) as (city, work, parts, servers):
        alone, together = [], []
        for turn in range(turns):
            alone.append(look_through(city, work, parts[2 * turn], [1], servers))
            together.append(look_through(city, work, parts[2 * turn + 1], [1, 1], servers))
        with work.database.reading() as tx:
            jobs = tx.scalars(select(JobRow).where(JobRow.kind == "look")).all()
        done = Counter[str]()
        for log in city.folder.glob("worker-*.log"):
            lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
            done.update(line["job"] for line in lines if line["event"] == "job_done" and line["kind"] == "look")
        ratios = [two.per_hour / one.per_hour for one, two in zip(alone, together, strict=True)]
        return {
            "photos_a_turn": photos, "turns": turns, "one": tell(alone), "two": tell(together),
            "two_to_one": [round(each, 2) for each in ratios], "photos": len(jobs),
            "attempts": sum(job.attempt for job in jobs), "found_looked_at": sum("already" in (job.result or {}) for job in jobs),
            "ended_more_than_once": sum(times > 1 for times in done.values()), "load": os.getloadavg()[0],
        }  # fmt: skip


def tell(turns: list[Turn]) -> dict[str, list[float]]:
    """Turns as JSON."""
    return {
        "per_hour": [round(turn.per_hour) for turn in turns],
        "warm_after_s": [round(turn.warm_after_s, 1) for turn in turns],
        "cpu_s_a_photo": [round(turn.cpu_s, 2) for turn in turns],
    }


def spread(ratios: list[float]) -> dict[str, float]:
    """The middle and both ends, in per cent."""
    return {
        "median": round(100 * statistics.median(ratios), 1),
        "least": round(100 * min(ratios), 1),
        "most": round(100 * max(ratios), 1),
    }


@contextmanager
def looking_city(photos: int, parts: int) -> Iterator[tuple[City, Work, list[list[str]], list[int]]]:
    """A city without workers and with nothing left to look at; parts of so many photos in its store; its servers' processes."""
    with (
        tempfile.TemporaryDirectory(prefix="load-") as name,
        run_postgres_process() as pg,
        run_redis() as broker,
        run_s3_process() as s3,
    ):
        folder = Path(name)
        make_demo_class(folder / "class")
        pictures = sorted((folder / "class" / "photos").rglob("*.jpg"))
        with run_city(folder / "city", pg.url, broker, s3.server) as city:
            settings = city.settings()
            assert load_demo(folder, settings)
            os.environ.update(city.environment)
            work, store = Work(settings), open_evidence(settings)
            with work.database.reading() as tx:
                waiting = list_new_pictures(tx, settings, work.tools)
            for done in look_at_all(waiting, settings, work.tools.versions):
                keep_look(settings, work.database, work.tools, done)
            # Other bytes behind the same pictures, in the same order.
            digests = [
                [
                    store.put(pictures[n % len(pictures)].read_bytes() + b"%d %d" % (part, n))
                    for n in range(photos + WARM)
                ]
                for part in range(parts)
            ]
            assert s3.process is not None
            yield city, work, digests, [pg.server.get_pid(), s3.process.pid, redis_pid(broker)]
            work.close()


def look_embedded(city: City, work: Work, digests: list[str], processes: int, servers: list[int]) -> Turn:
    """As a night in one process does."""
    settings = city.settings().model_copy(update={"workers": processes})
    file_copies(work, digests)
    began, cpu, times = time.monotonic(), 0.0, list[float]()
    for done in look_at_all(digests, settings, work.tools.versions):
        keep_look(settings, work.database, work.tools, done)
        times.append(time.monotonic())
        if len(times) == WARM:
            cpu = cpu_s([os.getpid(), *servers])
    return make_turn(times, began, (cpu_s([os.getpid(), *servers]) - cpu) / (len(times) - WARM))


def look_through(city: City, work: Work, digests: list[str], workers: list[int], servers: list[int]) -> Turn:
    """The same by workers with so many processes each, started for this turn and ended after it."""
    file_copies(work, digests)
    with work.database.transaction() as tx:
        jobs = make_look_jobs(tx, work)
        add_jobs(tx, jobs)
    ids = [make_id("job", "look", job.key) for job in jobs]
    began, clock = time.monotonic(), datetime.now(UTC)
    started = [city.start_worker(processes, "vision,io") for processes in workers]
    started.append(city.start_beat())
    roots = [*(process.pid for process in started), *servers]
    ended, cpu = list[datetime](), list[tuple[float, int]]()
    while len(ended) < len(jobs):
        time.sleep(0.5)
        with work.database.reading() as tx:
            done = tx.scalars(select(JobRow.finished_at).where(JobRow.id.in_(ids), JobRow.state == "done"))
            ended = [at for at in done if at is not None]
        if len(ended) >= WARM:
            cpu.append((cpu_s(roots), len(ended)))
    (since, first), (until, last) = cpu[0], cpu[-1]
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return make_turn(
        sorted(began + (at - clock).total_seconds() for at in ended), began, (until - since) / (last - first)
    )


def make_turn(times: list[float], began: float, cpu: float) -> Turn:
    """A turn by the moments at which its photos were done."""
    rate = (len(times) - WARM) / (times[-1] - times[WARM - 1])
    return Turn(3600 * rate, times[WARM - 1] - began, cpu)


def cpu_s(roots: list[int]) -> float:
    """Processor seconds of processes and of all that came from them, also of those that ended."""
    stats = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            stats[int(stat.parent.name)] = stat.read_text(errors="replace").rpartition(")")[2].split()
    wanted = set(roots)
    while grown := {pid for pid, fields in stats.items() if int(fields[1]) in wanted} - wanted:
        wanted |= grown
    ticks = sum(sum(map(int, stats[pid][11:15])) for pid in wanted & stats.keys())
    return ticks / os.sysconf("SC_CLK_TCK")


def file_copies(work: Work, digests: list[str]) -> None:
    """Rows of what lies in the store."""
    with work.database.transaction() as tx:
        like = tx.scalars(select(SubmissionRow).limit(1)).one()
        one = tx.get_one(EvidenceRow, like.sha256)
        evidence = {column.name: getattr(one, column.name) for column in EvidenceRow.__table__.columns}
        columns = {column.name: getattr(like, column.name) for column in SubmissionRow.__table__.columns}
        tx.execute(insert(EvidenceRow), [{**evidence, "sha256": each} for each in digests])
        rows = [{**columns, "id": uuid4(), "sha256": each, "file": f"photos/{each}.jpg"} for each in digests]
        tx.execute(insert(SubmissionRow), rows)


def redis_pid(url: str) -> int:
    """The broker's process."""
    return int(redis.Redis.from_url(url).info("server")["process_id"])


def start_program(city: City, program: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a Python program among the city's processes."""
    log = (city.folder / "stub.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=command_environment(**city.environment, **environment), stdout=log,
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    city.processes.append(process)
    return process


def count_done(work: Work) -> int:
    """Look jobs that are done."""
    with work.database.reading() as tx:
        query = select(func.count()).select_from(JobRow).where(JobRow.kind == "look", JobRow.state == "done")
        return int(tx.scalar(query) or 0)


def timed(work: Any) -> float:
    """Seconds that it took."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def main() -> None:
    """Print one JSON object."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.city_load")
    asked.add_argument("what", choices=["simulate", "compare", "share"])
    asked.add_argument("--photos", type=int, help="default: 100,000, or 42 a turn")
    asked.add_argument("--processes", type=int, default=2)
    asked.add_argument("--vision-s", type=float, default=0.0)
    asked.add_argument("--minutes", type=float, default=60.0)
    asked.add_argument("--turns", type=int, default=3)
    given = asked.parse_args()
    # Stopped by a time limit it ends what it started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if given.what == "simulate":
        answer = simulate(given.photos or 100_000, given.processes, given.vision_s, given.minutes)
    elif given.what == "compare":
        answer = compare(given.photos or 42, given.processes, given.turns)
    else:
        answer = share(given.photos or 42, given.turns)
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
