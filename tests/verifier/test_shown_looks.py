"""After an upgrade pages and reports go on showing what was seen before, and say with which versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from tests.builders.looks import a_look, a_stamp
from tests.builders.plan import a_class_file, a_submission
from verifier.looking import look_versions, versions_key
from verifier.observation import Look
from verifier.photo.look_json import look_to_json
from verifier.records.database import Database, open_database
from verifier.records.filing import save_class_file
from verifier.records.looks import save_look
from verifier.records.tables.base import utc_now
from verifier.records.tables.look import LookRow
from verifier.settings import Settings
from verifier.shown_looks import find_old_versions, read_shown_looks

PHOTO = a_submission("photos/a.jpg")
OLD = {"code": "0.1+look1", "decode": "decode-2023"}
OLDER = {"code": "0.1+look0", "decode": "decode-2023"}
NO_FACES = np.zeros((0, 0), dtype=np.float32)


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    return Settings(workspace=tmp_path)


@pytest.fixture
def records(settings: Settings) -> Iterator[Database]:
    database = open_database(settings.database, settings.data_key_bytes())
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(submissions=[PHOTO]))
    yield database
    database.close()


def keep(records: Database, versions: dict[str, str], clock: str, **changes: Any) -> None:
    look = replace(a_look(stamps=(a_stamp(clock),), faces=()), sha256=PHOTO.sha256, versions=versions)
    with records.transaction() as tx:
        save_look(tx, PHOTO.sha256, versions_key(versions), look_to_json(look) | changes, NO_FACES, "")
        # Two within one test may share a moment of the clock.
        tx.execute(update(LookRow).where(LookRow.versions_key == versions_key(versions)).values(recorded_at=utc_now()))


def shown(records: Database, settings: Settings) -> Look | None:
    with records.reading() as tx:
        return read_shown_looks(tx, settings, [PHOTO.sha256]).get(PHOTO.sha256)


def clock_of(look: Look | None) -> str:
    assert look is not None
    assert look.stamp is not None
    assert look.stamp.clock is not None
    return f"{look.stamp.clock.value:%H:%M}"


def test_nothing_is_shown_of_what_nobody_looked_at(records: Database, settings: Settings):
    assert shown(records, settings) is None


def test_the_newest_look_of_older_versions_is_shown_and_named(records: Database, settings: Settings):
    keep(records, OLDER, "08:00")
    keep(records, OLD, "09:00")
    look = shown(records, settings)
    assert clock_of(look) == "09:00"
    assert look is not None
    assert find_old_versions(settings, {PHOTO.sha256: look}) == {PHOTO.sha256: "code=0.1+look1 decode=decode-2023"}


def test_todays_look_goes_before_one_that_was_kept_later(records: Database, settings: Settings):
    today = look_versions(settings)[0]
    keep(records, today, "10:00")
    keep(records, OLD, "09:00")
    look = shown(records, settings)
    assert clock_of(look) == "10:00"
    assert look is not None
    assert find_old_versions(settings, {PHOTO.sha256: look}) == {}


def test_a_look_of_a_shape_that_is_read_no_more_makes_room_for_the_one_before(records: Database, settings: Settings):
    keep(records, OLDER, "08:00")
    keep(records, OLD, "09:00", shape=0)
    assert clock_of(shown(records, settings)) == "08:00"


def test_a_look_from_before_a_field_was_added_still_loads(records: Database, settings: Settings):
    """Each part that later versions added may be absent; what was seen then is shown."""
    first = {
        "history",
        "compression",
        "recapture",
        "provenance",
        "embedding_contract",
        "seconds",
        "fingerprint",
        "people",
    }
    look = replace(a_look(stamps=(a_stamp("07:30"),), faces=()), sha256=PHOTO.sha256, versions=OLD)
    body = {name: value for name, value in look_to_json(look).items() if name not in first}
    with records.transaction() as tx:
        save_look(tx, PHOTO.sha256, versions_key(OLD), body, NO_FACES, "")
    assert clock_of(shown(records, settings)) == "07:30"
