"""Servers that tests share: each starts when the first test asks for it and stops at the end of the session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.services.s3 import S3Server

# Files whose tests mostly wait, for killed processes, servers or a browser. Begun last, one of them keeps the whole suite waiting.
LONG = (
    "chaos/",
    "killed",
    "test_docker",
    "test_worker",
    "_in_browser",
    "test_demo",
    "test_schema",
    "test_recordings",
    "video/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; within a file, and among the others, the order stays."""
    items.sort(key=lambda item: not any(part in item.nodeid for part in LONG))


# The imports stand inside: a run that needs no server should not pay for, or depend on, its package.


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """SQLAlchemy url of a real PostgreSQL; take `tests.services.postgres.fresh_database(url)` for an empty one."""
    from tests.services.postgres import run_postgres

    with run_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Url of a real Redis (Valkey)."""
    from tests.services.redis import run_redis

    with run_redis() as url:
        yield url


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A real S3 server without buckets of the test's own."""
    from tests.services.s3 import run_s3

    with run_s3() as server:
        yield server
