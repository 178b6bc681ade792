"""Records of a former release, brought up to date, are those of today: the same schema, and the same after the next night."""

from __future__ import annotations

import lzma
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr

from tests.api.matters import Accused, an_accused_class
from tests.builders.former_release import KEY
from tests.builders.night import differences
from tests.services.postgres import fresh_database
from verifier.nightly import run_night
from verifier.records.audit import verify_audit
from verifier.records.database import open_database
from verifier.records.dump import dump_records
from verifier.records.migrate import upgrade
from verifier.records.tables import Base
from verifier.settings import Settings

DUMPS = sorted((Path(__file__).parents[1] / "former_releases").glob("*.sql.xz"))
# Drawn at random or made of the moment when the records were made.
OF_ITS_OWN = {"user_account", "api_client", "audit_entry", "night", "login_session", "outbox_event", "delivery"}


@contextmanager
def restored(dump: Path, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The url of a database with the dump in it."""
    sql = lzma.decompress(dump.read_bytes()).decode()
    if dump.name.startswith("sqlite"):
        with sqlite3.connect(folder / "verifier.sqlite3") as file:
            file.executescript(sql)
        yield f"sqlite:///{folder / 'verifier.sqlite3'}"
        return
    with fresh_database(request.getfixturevalue("postgres_url")) as url:
        with psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:")) as connection:
            connection.execute(sql.encode())
        yield url


def night_over(settings: Settings, accused: Accused) -> dict[str, list[dict[str, object]]]:
    """The records after a night a month later. The two neighbours' photos are in no store: nobody looks at them."""
    last = accused.facts.sessions[-1].session.day
    with patch("verifier.nightly.list_new_pictures", lambda *_: []):
        run_night(settings, day=last, now=datetime.combine(last + timedelta(days=30), time(1, 30), settings.zone))
    database = open_database(settings.database, settings.data_key_bytes())
    with database.reading() as tx:
        assert verify_audit(tx).sound
        found = dump_records(tx)
    database.close()
    return {table: rows for table, rows in found.items() if table not in OF_ITS_OWN}


@pytest.fixture(scope="module")
def accused(tmp_path_factory: pytest.TempPathFactory) -> Accused:
    """The same class as the former release's, made by today's code with the same data key."""
    made = an_accused_class(tmp_path_factory.mktemp("today"), data_key=KEY)
    made.house.state.close()
    return made


@pytest.fixture(scope="module")
def today(accused: Accused) -> dict[str, list[dict[str, object]]]:
    """Its records after the same night."""
    return night_over(accused.house.state.settings, accused)


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.name.removesuffix(".sql.xz"))
def test_the_records_of_a_former_release_are_brought_up_to_date(
    dump: Path,
    today: dict[str, list[dict[str, object]]],
    accused: Accused,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    with restored(dump, tmp_path, request) as url:
        upgrade(url)
        settings = Settings(workspace=tmp_path, workers=1, database_url=url, data_key=SecretStr(KEY))
        database = open_database(url, settings.data_key_bytes())
        with database.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        database.close()
        assert differences(night_over(settings, accused), today) == []


def test_both_databases_have_a_former_release() -> None:
    assert {dump.name.partition("-")[0] for dump in DUMPS} == {"postgresql", "sqlite"}
