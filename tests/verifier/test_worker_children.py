"""What a real worker does with its processes: urgent jobs first, one that eats memory replaced, one that hangs killed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select, update

from tests.services.city import City, run_city, wait_until
from tests.services.s3 import S3Server
from tests.services.stub_worker import ATTEMPTS, LIMIT_S, LOOK_S, PROGRAM, stub_kinds
from verifier.job_kinds import KINDS, Work
from verifier.job_running import heal
from verifier.records.job_queue import NewJob, add_jobs
from verifier.records.jobs import ON_DEMAND
from verifier.records.tables.base import utc_now
from verifier.records.tables.job import JobRow
from verifier.worker import make_app, send_waiting

NIGHTLY_JOBS = 500


class Bench:
    """A worker with one process, and this process in the beat's place."""

    def __init__(self, city: City) -> None:
        self.city, self.work = city, Work(city.settings())
        self.app = make_app(self.work.settings)

    def add(self, kind: str, *keys: str, priority: int = 0) -> None:
        with self.work.database.transaction() as tx:
            add_jobs(tx, [NewJob(kind, key, {}) for key in keys], priority=priority)
        send_waiting(self.app, self.work)

    def rows(self, kind: str, state: str = "done") -> list[Any]:
        with self.work.database.reading() as tx:
            query = select(JobRow).where(JobRow.kind == kind, JobRow.state == state)
            return list(tx.scalars(query.order_by(JobRow.finished_at)))

    def beat_until(self, reached: Callable[[], bool], seconds: float) -> None:
        def round_and_ask() -> bool:
            heal(self.work)
            send_waiting(self.app, self.work)
            time.sleep(0.3)
            return reached()

        wait_until(round_and_ask, seconds, self.city.logs)


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory, postgres_url: str, redis_url: str, s3_server: S3Server
) -> Iterator[Bench]:
    """One worker for all tests of this file: starting one takes most of their time."""
    folder = tmp_path_factory.mktemp("children")
    with stubbed(), run_city(folder, postgres_url, redis_url, s3_server, VERIFIER_WORKER_MEMORY_MB="700") as city:
        made = Bench(city)
        city.start_program(PROGRAM)
        yield made
        made.work.close()


@contextmanager
def stubbed() -> Iterator[None]:
    with patch.dict(KINDS):
        stub_kinds()
        yield


@pytest.mark.slow
def test_an_urgent_job_behind_500_nightly_ones_is_the_next(bench: Bench) -> None:
    bench.add("look", *(f"night {n}" for n in range(NIGHTLY_JOBS)))
    wait_until(lambda: len(bench.rows("look")) >= 3, 60, bench.city.logs)
    asked_at = time.time()
    bench.add("look", "urgent", priority=ON_DEMAND)
    told_at = time.time()
    wait_until(lambda: any(row.priority == ON_DEMAND for row in bench.rows("look")), 20, bench.city.logs)
    with bench.work.database.transaction() as tx:
        left = tx.execute(
            update(JobRow).where(JobRow.kind == "look", JobRow.state == "queued")
            .values(state="cancelled", finished_at=utc_now()).returning(JobRow.id)
        ).all()  # fmt: skip
    done = sorted(bench.rows("look"), key=lambda row: row.result["ended"])
    place = next(n for n, row in enumerate(done) if row.priority == ON_DEMAND)
    begun_after_it_was_told = [row for row in done[:place] if row.result["ended"] - LOOK_S > told_at]
    print(f"asked behind {len(left)}: done after {done[place].result['ended'] - asked_at:.2f} s, "
          f"{len(begun_after_it_was_told)} nightly ones begun before it")  # fmt: skip
    assert len(left) > NIGHTLY_JOBS / 2
    # The one that ran, and at most one that the process had already been handed.
    assert len(begun_after_it_was_told) <= 1


@pytest.mark.slow
def test_a_process_that_eats_memory_is_replaced_after_its_job_and_no_job_is_lost(bench: Bench) -> None:
    bench.add("look", "before")
    wait_until(lambda: any(row.key == "look:before" for row in bench.rows("look")), 60, bench.city.logs)
    before = next(row for row in bench.rows("look") if row.key == "look:before").result["pid"]
    bench.add("same_pictures", "hog")
    bench.add("look", *(f"after {n}" for n in range(5)))
    wait_until(lambda: bool(bench.rows("same_pictures")), 60, bench.city.logs)
    bench.add("look", "last")
    wait_until(lambda: sum(row.key.startswith("look:after") for row in bench.rows("look")) == 5, 60, bench.city.logs)
    wait_until(lambda: any(row.key == "look:last" for row in bench.rows("look")), 60, bench.city.logs)
    (hog,) = bench.rows("same_pictures")
    last = next(row for row in bench.rows("look") if row.key == "look:last")
    print(f"process {hog.result['pid']} was replaced by {last.result['pid']}")
    assert hog.result["pid"] == before
    assert last.result["pid"] != before, "the process that ate is gone"
    assert {row.attempt for row in (hog, *bench.rows("look"))} == {1}


@pytest.mark.slow
def test_a_job_beyond_its_time_is_killed_tried_again_and_given_up_and_others_go_on(bench: Bench) -> None:
    began = time.monotonic()
    bench.add("search_city", "hang")
    bench.beat_until(lambda: bool(bench.rows("search_city", "failed")), 60)
    (hung,) = bench.rows("search_city", "failed")
    assert time.monotonic() - began > LIMIT_S * ATTEMPTS
    assert f"its worker died in each of {ATTEMPTS} attempts" in hung.error
    bench.add("look", "behind it")
    wait_until(lambda: any(row.key == "look:behind it" for row in bench.rows("look")), 30, bench.city.logs)
