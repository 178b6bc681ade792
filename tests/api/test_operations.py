"""What operators rely on: readiness part by part, metrics, numbers in logs, and a server that ends without losing a request."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.api.people import OWN, a_house, a_key
from tests.builders.answers import a_picture
from tests.builders.plan import DAY
from tests.builders.shared import PROJECT
from tests.services.chosen_database import name_environment
from tests.services.ports import find_free_ports
from tests.services.redis import run_redis
from verifier.records.filing import read_class_file
from verifier.records.nights import start_night
from verifier.settings import Settings


@dataclass
class Running:
    """The real server as a process of its own."""

    process: subprocess.Popen[str]
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@contextmanager
def run_server(workspace: Path, **settings: str) -> Iterator[Running]:
    """`verifier serve` over a workspace, logging JSON to ``server.log`` beside it."""
    log = workspace.parent / "server.log"
    environment = os.environ | {
        "VERIFIER_WORKSPACE": str(workspace), "VERIFIER_PORT": "0", "VERIFIER_LOG_FORMAT": "json",
        "PYTHONUNBUFFERED": "1", **name_environment(workspace), **settings,
    }  # fmt: skip
    command = [sys.executable, "-c", "from verifier.cli import main; main()", "serve"]
    with log.open("w") as written:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=written, text=True)
    try:
        ends = time.monotonic() + 60
        while (found := re.search(r"http://([\d.]+):(\d+)/", log.read_text())) is None:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < ends
            time.sleep(0.05)
        running = Running(process, found[1], int(found[2]))
        while True:
            try:
                httpx.get(f"{running.url}/healthz", timeout=10)
                break
            except httpx.TransportError:
                assert time.monotonic() < ends
                time.sleep(0.05)
        yield running
    finally:
        process.terminate()
        process.wait(30)


def test_readiness_names_the_part_that_is_missing_and_the_broker_only_where_one_is_set(tmp_path: Path, redis_url: str):
    house = a_house(tmp_path / "without")
    assert house.client().get("/readyz").json()["parts"].keys() == {"database", "store", "models"}
    house.state.close()
    with_broker = a_house(tmp_path / "with", broker_url=redis_url)
    answer = with_broker.client().get("/readyz")
    assert (answer.status_code, answer.json()["parts"]["broker"]) == (200, True)
    with_broker.state.close()
    for url in (f"redis://127.0.0.1:{find_free_ports(1)[0]}/0", f"amqp://127.0.0.1:{find_free_ports(1)[0]}//"):
        away = a_house(tmp_path / url[:4], broker_url=url)
        began = time.monotonic()
        answer = away.client().get("/readyz")
        assert time.monotonic() - began < 15
        assert (answer.status_code, answer.json()["ready"]) == (503, False)
        assert answer.json()["parts"] == {"database": True, "store": True, "models": True, "broker": False}
        assert url.rpartition(":")[2] not in answer.text
        away.state.close()


def test_a_broker_that_goes_away_while_we_serve_is_noticed(tmp_path: Path):
    with run_redis() as url:
        house = a_house(tmp_path, broker_url=url)
        assert house.client().get("/readyz").status_code == 200
    assert house.client().get("/readyz").json()["parts"]["broker"] is False
    house.state.close()


def test_metrics_tell_requests_photos_queue_night_and_packs(tmp_path: Path):
    house = a_house(tmp_path)
    office = house.client("office")
    with house.state.database.transaction() as tx:
        start_night(tx, None, DAY, {})
    office.post("/api/v1/verifications", json={"since": str(DAY), "until": str(DAY)}, headers=a_key())
    metrics = office.get("/metrics").text
    for wanted in (
        r'verifier_requests_total{method="POST",route="/api/v1/verifications",status="202"} [1-9]',
        r"verifier_request_seconds_bucket{",
        r"verifier_submissions 2\.0",
        r"verifier_queue_jobs 1\.0",
        r"verifier_queue_age_seconds 0?\.?\d",
        r"verifier_night_running 1\.0",
        r"verifier_night_sessions [1-9]",
        r"verifier_night_sessions_closed 0\.0",
        r"verifier_night_photos 2\.0",
        r'verifier_pack_info{pack="[^"]+",role="faces"} 1\.0',
    ):
        assert re.search(wanted, metrics), wanted
    assert house.client().get("/metrics").status_code == 401
    assert house.client("own").get("/metrics").status_code == 403
    house.state.close()


def begin_upload(running: Running, key: str, picture: bytes) -> tuple[socket.socket, bytes]:
    """Send half of a photo; gives the connection and the other half."""
    boundary = "x" * 20
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="late.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode() + picture + f"\r\n--{boundary}--\r\n".encode()  # fmt: skip
    head = (
        f"POST /api/v1/classes/{OWN}/photos HTTP/1.1\r\nHost: {running.host}:{running.port}\r\n"
        f"Authorization: Bearer {key}\r\nIdempotency-Key: shut-down-0001\r\nX-Request-ID: shut-down-0001\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    connection = socket.create_connection((running.host, running.port), timeout=30)
    half = len(body) // 2
    connection.sendall(head + body[:half])
    return connection, body[half:]


def check_counted_together(running: Running, key: str) -> None:
    """Whichever process is asked tells the sum of all."""
    headers = {"Authorization": f"Bearer {key}"}
    for _ in range(20):
        # A connection each, so that every process gets some.
        assert httpx.get(f"{running.url}/api/v1/me", headers=headers, timeout=10).status_code == 200
    for _ in range(4):
        metrics = httpx.get(f"{running.url}/metrics", headers=headers, timeout=10).text
        found = re.search(r'verifier_requests_total{method="GET",route="/api/v1/me",status="200"} (\d+)', metrics)
        assert found is not None
        assert int(found[1]) == 20


@pytest.mark.parametrize("processes", [1, 2])
def test_a_server_that_is_told_to_end_finishes_the_upload_that_runs(tmp_path: Path, processes: int):
    house = a_house(tmp_path / "ws")
    key = house.keys["own"]
    picture = a_picture(colour="#987654")
    with run_server(tmp_path / "ws", VERIFIER_SERVER_PROCESSES=str(processes)) as running:
        check_counted_together(running, house.keys["office"])
        connection, rest = begin_upload(running, key, picture)
        time.sleep(0.5)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(1.5)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{running.url}/healthz", timeout=1)  # nobody new is taken
        assert running.process.poll() is None
        connection.sendall(rest)
        answer = connection.recv(65536)
        assert b" 201 " in answer.partition(b"\r\n")[0], answer
        running.process.wait(30)
        connection.close()
    with house.state.database.reading() as tx:
        kept = [each.file for each in read_class_file(tx, OWN).submissions]
    assert kept.count("late.jpg") == 1
    lines = [json.loads(line) for line in (tmp_path / "server.log").read_text().splitlines() if line.startswith("{")]
    (line,) = [each for each in lines if each.get("request_id") == "shut-down-0001" and each["event"] == "request"]
    assert (line["status"], line["actor"], line["route"]) == (201, "client:own", "/api/v1/classes/{number}/photos")
    house.state.close()


def test_a_servers_settings_reach_its_processes_whole():
    from api.server import _reveal

    made = Settings(data_key="MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", public_hosts="a.example", port=0)
    assert Settings.model_validate_json(_reveal(made)) == made
