"""How much a city's queue and database carry, and what Celery costs beside one process pool.

python -m benchmarks.city_load simulate --photos 100000 --processes 4   real Valkey, PostgreSQL and workers; the vision is stubbed
python -m benchmarks.city_load compare --photos 60                      the same photos embedded and through workers, in one run

`simulate` files photos as rows, and lets workers do one look job each: claim, a wait in the place of the
networks, a look of usual size with six faces saved and sealed, ended. `compare` looks at real photos; both rates are measured
from the first look that is done to the last, so that loading the networks counts for neither.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from sqlalchemy import func, insert, select

from tests.builders.night import command_environment, load, night
from tests.services.city import City, run_city
from tests.services.postgres import run_postgres
from tests.services.redis import run_redis
from tests.services.s3 import run_s3
from verifier.demo.make_class import make_demo_class
from verifier.job_kinds import KINDS, Work, make_look_jobs
from verifier.looking import LookDone, look_at_all
from verifier.nightly import keep_look
from verifier.records.database import open_database
from verifier.records.job_queue import add_jobs
from verifier.records.looks import read_looks
from verifier.records.tables.evidence import EvidenceRow, SubmissionRow
from verifier.records.tables.job import JobRow
from verifier.settings import Settings
from verifier.worker import run_worker

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
    """Look jobs per second through the real queue and database, and how evenly they were shared."""
    with (
        tempfile.TemporaryDirectory(prefix="load-") as name,
        run_postgres() as pg,
        run_redis() as redis,
        run_s3() as s3,
    ):
        folder = Path(name)
        look = folder / "look.json"
        look.write_text(json.dumps(make_usual_look(folder)), encoding="utf-8")
        with run_city(folder / "city", pg, redis, s3) as city:
            settings = city.settings()
            assert load_demo(folder, settings)
            work = Work(settings)
            filed_s = timed(lambda: file_photos(work, photos))
            with work.database.transaction() as tx:
                queued_s = timed(lambda: add_jobs(tx, make_look_jobs(tx, work)))
            stub = {"BENCH_VISION_S": str(vision_s), "BENCH_LOOK": str(look), "BENCH_PROCESSES": str(processes)}
            start_program(city, STUB, stub)
            city.start_beat()
            began, done, samples = time.monotonic(), 0, list[tuple[float, int]]()
            while done < photos and time.monotonic() - began < minutes * 60:
                time.sleep(5)
                done = count_done(work)
                samples.append((time.monotonic() - began, done))
            with work.database.reading() as tx:
                twice = tx.scalar(
                    select(func.count()).select_from(JobRow).where(JobRow.kind == "look", JobRow.attempt > 1)
                )
                size = tx.scalar(select(func.pg_database_size(func.current_database())))
            work.close()
    steady = [each for each in samples if each[1] > 0]
    rate = (steady[-1][1] - steady[0][1]) / (steady[-1][0] - steady[0][0]) if len(steady) > 1 else 0.0
    return {
        "photos": done, "of": photos, "processes": processes, "vision_s": vision_s, "jobs_per_s": round(rate, 1),
        "overhead_ms_per_job": round(1000 * (processes / rate - vision_s), 2) if rate else None, "more_than_one_attempt": twice,
        "file_s": round(filed_s, 1), "queue_s": round(queued_s, 1),
        "database_mb": round((size or 0) / 2**20), "load": os.getloadavg()[0],
    }  # fmt: skip


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


def compare(photos: int, processes: int) -> dict[str, Any]:
    """Photos per hour embedded and through workers."""
    with (
        tempfile.TemporaryDirectory(prefix="load-") as name,
        run_postgres() as pg,
        run_redis() as redis,
        run_s3() as s3,
    ):
        folder = Path(name)
        make_demo_class(folder / "class")
        pictures = sorted((folder / "class" / "photos").rglob("*.jpg"))
        with run_city(folder / "city", pg, redis, s3, VERIFIER_WORKERS=str(processes)) as city:
            settings = city.settings()
            digests = put_copies(pictures, photos, settings, city)
            os.environ.update(city.environment)
            work = Work(settings)
            times = []
            for done in look_at_all(digests[: photos // 2], settings, work.tools.versions):
                keep_looked(work, done)
                times.append(time.monotonic())
            embedded = (len(times) - 1) / (times[-1] - times[0])
            with work.database.transaction() as tx:
                jobs = [each for each in make_look_jobs(tx, work) if each.payload["sha256"] in set(digests)]
                add_jobs(tx, jobs)
            city.start_worker(processes, "vision,io")
            city.start_beat()
            while count_done(work) < len(jobs):
                time.sleep(0.5)
            with work.database.reading() as tx:
                ended = sorted(
                    tx.scalars(select(JobRow.finished_at).where(JobRow.kind == "look", JobRow.state == "done"))
                )
            through = (len(ended) - 1) / (ended[-1] - ended[0]).total_seconds()
            work.close()
    return {
        "photos_each": photos // 2, "processes": processes, "embedded_per_hour": round(embedded * 3600),
        "workers_per_hour": round(through * 3600), "overhead_percent": round(100 * (embedded / through - 1), 1),
        "load": os.getloadavg()[0],
    }  # fmt: skip


def keep_looked(work: Work, done: LookDone) -> None:
    """As the night in one process does."""
    keep_look(work.settings, work.database, work.tools, done)


def put_copies(pictures: list[Path], photos: int, settings: Settings, city: City) -> list[str]:
    """Put so many different files into the store, and rows of them; of every picture the same number in each half."""
    from verifier.looking import open_evidence

    folder = city.folder.parent
    assert load_demo(folder, settings)
    work, store = Work(settings), open_evidence(settings)
    contents = [pictures[n % len(pictures)].read_bytes() + b"%d" % n for n in range(photos)]
    # Halves of the same mix: the first of each pair here, the second there.
    order = [*range(0, photos, 2), *range(1, photos, 2)]
    digests = [store.put(contents[n]) for n in order]
    with work.database.transaction() as tx:
        like = tx.scalars(select(SubmissionRow).limit(1)).one()
        evidence = {
            c.name: getattr(tx.get_one(EvidenceRow, like.sha256), c.name) for c in EvidenceRow.__table__.columns
        }
        columns = {c.name: getattr(like, c.name) for c in SubmissionRow.__table__.columns}
        tx.execute(insert(EvidenceRow), [{**evidence, "sha256": each} for each in digests])
        rows = [{**columns, "id": uuid4(), "sha256": each, "file": f"photos/{each}.jpg"} for each in digests]
        tx.execute(insert(SubmissionRow), rows)
    work.close()
    return digests


def start_program(city: City, program: str, environment: dict[str, str]) -> None:
    """Start a Python program among the city's processes."""
    log = (city.folder / "stub.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=command_environment(**city.environment, **environment), stdout=log,
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    city.processes.append(process)


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
    asked.add_argument("what", choices=["simulate", "compare"])
    asked.add_argument("--photos", type=int, default=100_000)
    asked.add_argument("--processes", type=int, default=2)
    asked.add_argument("--vision-s", type=float, default=0.0)
    asked.add_argument("--minutes", type=float, default=60.0)
    asked.add_argument("--repeat", type=int, default=1)
    given = asked.parse_args()
    for _ in range(given.repeat):
        if given.what == "simulate":
            print(json.dumps(simulate(given.photos, given.processes, given.vision_s, given.minutes)), flush=True)
        else:
            print(json.dumps(compare(given.photos, given.processes)), flush=True)


if __name__ == "__main__":
    main()
