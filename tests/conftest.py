"""Servers that tests share: each starts when the first test asks for it and stops at the end of the session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from argon2 import PasswordHasher

    from tests.services.s3 import S3Server

# The imports stand inside: a run that needs no server should not pay for, or depend on, its package.


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[PasswordHasher]:
    """Accounts of tests are hashed as cheaply as argon2 can; this is what hashes those of people."""
    from argon2 import PasswordHasher

    from verifier import accounts

    real = accounts._hasher
    accounts._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield real
    accounts._hasher = real


@pytest.fixture(scope="session", autouse=True)
def _chosen_database() -> Iterator[None]:
    """With ``VERIFIER_TEST_DATABASE=postgresql``: see `tests.services.chosen_database`."""
    from tests.services.chosen_database import is_chosen, run_chosen

    if not is_chosen():
        yield
        return
    with run_chosen():
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of SQLite's file are no tests of PostgreSQL."""
    if os.environ.get("VERIFIER_TEST_DATABASE") == "postgresql":
        for item in items:
            if item.get_closest_marker("sqlite_file"):
                item.add_marker(pytest.mark.skip(reason="about SQLite's own file"))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """SQLAlchemy url of a real PostgreSQL; take `tests.services.postgres.fresh_database(url)` for an empty one."""
    from tests.services.postgres import run_postgres

    with run_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Url of a real broker: Redis (Valkey), or with ``VERIFIER_TEST_BROKER=rabbitmq`` RabbitMQ, where it is installed."""
    if os.environ.get("VERIFIER_TEST_BROKER") == "rabbitmq":
        from tests.services.rabbitmq import run_rabbitmq

        with run_rabbitmq() as url:
            yield url
        return
    from tests.services.redis import run_redis

    with run_redis() as url:
        yield url


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A real S3 server without buckets of the test's own."""
    from tests.services.s3 import run_s3

    with run_s3() as server:
        yield server
