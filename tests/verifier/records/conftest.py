"""Every test that takes `database` or `url` runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

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


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied: migrating one for each test takes longer than the tests."""
    file = tmp_path_factory.mktemp("migrated") / "records.db"
    open_database(f"sqlite:///{file}", KEY).close()
    return file


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> Iterator[str]:
    """A PostgreSQL database with all tables, to be taken as a template."""
    with fresh_database(postgres_url) as url:
        upgrade(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An open, empty database with all tables."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "records.db")
        opened = open_database(f"sqlite:///{tmp_path}/records.db", KEY)
        yield opened
        opened.close()
        return
    template = make_url(request.getfixturevalue("migrated_postgres"))
    name = f"test_{uuid4().hex[:12]}"
    server = create_engine(request.getfixturevalue("postgres_url"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template.database}"))
    opened = open_database(template.set(database=name).render_as_string(hide_password=False), KEY)
    yield opened
    opened.close()
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()
