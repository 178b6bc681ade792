"""A night leaves a row, also when it is killed."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from verifier.records.database import Database
from verifier.records.errors import NotInRecordsError
from verifier.records.nights import finish_night, read_nights, start_night

DAY = date(2023, 6, 12)


def test_a_night_is_finished_with_its_counts(database: Database) -> None:
    with database.transaction() as tx:
        night = start_night(tx, None, DAY, {"code": "0.1.0"})
        assert [(each.state, each.finished_at) for each in read_nights(tx)] == [("running", None)]
        finish_night(tx, night, {"photos": 12})
        (found,) = read_nights(tx)
    assert (found.id, found.state, found.counts, found.versions) == (
        night,
        "finished",
        {"photos": 12},
        {"code": "0.1.0"},
    )
    assert (found.first_day, found.last_day) == (None, DAY)
    assert found.finished_at is not None
    assert found.finished_at >= found.started_at


def test_a_night_that_failed_says_why(database: Database) -> None:
    with database.transaction() as tx:
        finish_night(tx, start_night(tx, DAY, DAY, {}), {}, error="the disk is full")
        assert [(each.state, each.error) for each in read_nights(tx)] == [("failed", "the disk is full")]


def test_a_killed_night_is_broken_off_when_the_next_one_starts(database: Database) -> None:
    with database.transaction() as tx:
        start_night(tx, None, DAY, {})
    with database.transaction() as tx:
        start_night(tx, None, DAY, {})
        assert sorted(each.state for each in read_nights(tx)) == ["broken_off", "running"]


def test_only_a_running_night_can_be_finished(database: Database) -> None:
    with database.transaction() as tx:
        night = start_night(tx, None, DAY, {})
        finish_night(tx, night, {})
        for wrong in (night, uuid4()):
            with pytest.raises(NotInRecordsError):
                finish_night(tx, wrong, {})
