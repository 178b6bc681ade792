"""A client's rate holds over all server processes where Redis is the broker, and in each process where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from api.limits import RateLimiter, SharedRateLimiter, open_limiter
from tests.api.people import a_house
from tests.services.ports import find_free_ports
from tests.services.redis import run_redis
from verifier.settings import Settings

TAKE = """
import json, sys
from api.limits import SharedRateLimiter
limiter = SharedRateLimiter(sys.argv[1], 60)
sys.stdin.readline()
print(json.dumps([limiter.take("client:city") for _ in range(50)]))
"""


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_caller_may_ask_as_many_as_its_rate_at_once_and_then_waits():
    clock = Clock()
    limiter = RateLimiter(60, clock)
    assert [limiter.take("a") for _ in range(60)] == [0.0] * 60
    assert limiter.take("a") == pytest.approx(1.0)
    assert limiter.take("b") == 0.0
    clock.now = 0.999
    assert limiter.take("a") > 0
    clock.now = 1.0
    assert limiter.take("a") == 0.0


def test_two_processes_admit_one_rate_together(redis_url: str):
    started = [
        subprocess.Popen(
            [sys.executable, "-c", TAKE, redis_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    answers = [json.loads(each.communicate("go\n", timeout=60)[0]) for each in started]
    admitted = sum(wait == 0 for answer in answers for wait in answer)
    # The bucket fills again by one a second while they ask.
    assert 60 <= admitted <= 65
    assert all(0 <= wait <= 1 for answer in answers for wait in answer)


def test_callers_are_counted_apart_and_named_by_their_digest_only(redis_url: str):
    import redis

    limiter = SharedRateLimiter(redis_url, 1)
    assert limiter.take("address:10.1.2.3") == 0
    assert 50 < limiter.take("address:10.1.2.3") <= 60
    assert limiter.take("address:10.1.2.4") == 0
    keys = redis.Redis.from_url(redis_url).keys("verifier:rate:*")
    assert not [each for each in keys if b"10.1" in each]
    assert all(0 < redis.Redis.from_url(redis_url).ttl(each) <= 120 for each in keys)


def test_while_redis_is_away_each_process_counts_by_itself_without_waiting_for_it():
    clock = Clock()
    url = f"redis://127.0.0.1:{find_free_ports(1)[0]}/0"
    limiter = SharedRateLimiter(url, 60, clock)
    assert [limiter.take("a") for _ in range(60)] == [0.0] * 60
    assert limiter.take("a") > 0
    began = time.perf_counter()
    for _ in range(1000):
        limiter.take("b")
    assert time.perf_counter() - began < 1


def test_when_redis_comes_back_it_counts_again():
    clock, port = Clock(), find_free_ports(1)[0]
    limiter = SharedRateLimiter(f"redis://127.0.0.1:{port}/0", 1, clock)
    assert limiter.take("a") == 0
    assert limiter.take("a") > 0
    with run_redis(port) as url:
        assert limiter.take("a") > 0  # left alone for some seconds
        clock.now = 6.0
        assert limiter.take("a") == 0
        assert SharedRateLimiter(url, 1).take("a") > 0


def test_the_broker_decides_where_is_counted(redis_url: str, tmp_path: Path):
    assert isinstance(open_limiter(Settings(workspace=tmp_path)), RateLimiter)
    assert isinstance(open_limiter(Settings(workspace=tmp_path, broker_url="amqp://localhost//")), RateLimiter)
    assert isinstance(open_limiter(Settings(workspace=tmp_path, broker_url=redis_url)), SharedRateLimiter)


def test_one_clients_requests_to_two_servers_are_counted_together_and_told_when_to_come_back(
    tmp_path: Path, redis_url: str
):
    house = a_house(tmp_path / "a", broker_url=redis_url, requests_per_minute=30)
    key = {"Authorization": f"Bearer {house.keys['reader']}"}
    second = a_house(tmp_path / "b", broker_url=redis_url, requests_per_minute=30)
    statuses = []
    for _ in range(20):
        statuses.append(house.client("reader").get("/api/v1/me", headers=key).status_code)
        answer = second.client("reader").get("/api/v1/me")
        statuses.append(answer.status_code)
    assert statuses.count(200) in range(30, 36)
    assert answer.status_code == 429
    assert answer.json()["code"] == "too_many_requests"
    assert 1 <= int(answer.headers["retry-after"]) <= 2
    house.state.close()
    second.state.close()
