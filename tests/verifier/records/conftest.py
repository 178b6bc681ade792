"""Every test that takes `database` or `url` runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.postgres import fresh_database
from verifier.records.database import Database, open_database
from verifier.records.migrate import upgrade

KEY = bytes(range(32))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The url of an empty database, without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/records.db"
    else:
        with fresh_database(request.getfixturevalue("postgres_url")) as fresh:
            yield fresh


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An open, empty database."""
    if url.startswith("postgresql"):
        upgrade(url)
    opened = open_database(url, KEY)
    yield opened
    opened.close()
