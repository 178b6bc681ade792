"""Real workers on a real PostgreSQL, S3 store and Valkey: the demo night through them equals the night in one process."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from tests.builders.night import call_verifier, differences, records_of
from tests.services.city import run_city, wait_until
from tests.services.s3 import S3Server
from tests.verifier.conftest import DemoNight
from verifier.intake import import_class_folder
from verifier.job_kinds import Work
from verifier.night_graph import begin_night
from verifier.records.dump import dump_records
from verifier.records.nights import read_night


@pytest.mark.slow
def test_two_workers_and_two_beats_do_the_night_once(
    demo_imported: Path, demo_night: DemoNight, tmp_path: Path, postgres_url: str, redis_url: str, s3_server: S3Server
) -> None:
    key = (demo_imported / "data.key").read_text(encoding="ascii").strip()
    with run_city(tmp_path / "city", postgres_url, redis_url, s3_server, VERIFIER_DATA_KEY=key) as city:
        for start in (city.start_worker, city.start_worker, city.start_beat, city.start_beat):
            start()
        work = Work(city.settings())
        assert import_class_folder(demo_imported / "class", work.settings).loaded
        night_id = begin_night(work, date(2023, 6, 14))

        def has_ended() -> bool:
            with work.database.reading() as tx:
                return read_night(tx, night_id).state != "running"

        try:
            wait_until(has_ended, 200, city.logs)
            with work.database.reading() as tx:
                night, found = read_night(tx, night_id), dump_records(tx)
        finally:
            work.close()
        assert (night.state, night.error, night.counts["failed_jobs"]) == ("finished", None, 0)
        assert differences(found, records_of(demo_night.workspace)) == []
        done = Counter[str]()
        for log in city.folder.glob("worker-*.log"):
            lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
            done.update(line["job"] for line in lines if line["event"] == "job_done" and line["kind"] == "look")
        # Some as arrivals, before the night: those it does not count.
        assert len(done) >= night.counts["looked"]
        assert len(done) > 10
        assert set(done.values()) == {1}, "no photo is looked at twice"
        listed = call_verifier("jobs", "list", "--json", **city.environment)
        assert listed.json()["given_up"] == []


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_without_a_broker_it_is_said_what_to_set(command: str, tmp_path: Path) -> None:
    ran = call_verifier(command, VERIFIER_WORKSPACE=str(tmp_path))
    assert ran.status == 1
    assert "VERIFIER_BROKER_URL" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_unknown_queues_are_told(tmp_path: Path) -> None:
    ran = call_verifier("worker", "--queues", "vision,magic", VERIFIER_WORKSPACE=str(tmp_path))
    assert ran.status == 2
    assert "magic" in ran.stderr
