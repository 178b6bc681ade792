"""Looks at cameras on record: kept once, read back whole, and the history that follows from them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders.plan import a_camera, a_class_file, a_digest, a_session, a_time, a_training_class
from verifier.camera_health import Condition
from verifier.finding import Finding, Outcome
from verifier.language import say
from verifier.observation import Box
from verifier.plan import Period, TrainingClass
from verifier.records.cameras import (
    ConfirmedView,
    SampleRecord,
    read_earlier_looks,
    read_health,
    read_last_condition,
    read_samples,
    read_views,
    save_sample,
    save_view,
    withdraw_view,
)
from verifier.records.database import Database
from verifier.records.errors import PlanError
from verifier.records.filing import save_class_file
from verifier.records.office import RefusedError, save_person

CAMERA = "cam-203"
FINDING = Finding("stream.picture", Outcome.FAILED, say("画面全黑"), "stream-picture-2026", {"condition": "black"})


def a_class(number: str = "YY-2023-0071") -> TrainingClass:
    sessions = tuple(a_session(period=period, camera_id=CAMERA) for period in (Period.MORNING, Period.AFTERNOON))
    return a_training_class(number, cameras=(a_camera(CAMERA),), sessions=sessions)


def a_record(clock: str = "09:12", condition: Condition = Condition.OK, **changes: object) -> SampleRecord:
    frame = {"sha256": a_digest(clock), "why": "decisive", "size_bytes": 9, "received_at": "x", "stream_seconds": 1.5}
    values: dict[str, object] = {
        "camera_id": CAMERA, "taken_at": a_time(clock), "state": "picture", "condition": condition,
        "session_id": a_session().id, "sha256": a_digest(clock), "findings": (FINDING,), "frames": (frame,),
        "shown_at": "2023-06-12T09:12:04", "look": {"shape": 1}, "moment": {"why": "planned"}, "versions": {"code": "1"},
    }  # fmt: skip
    return SampleRecord(**(values | changes))  # type: ignore[arg-type]


def load(database: Database, training: TrainingClass) -> None:
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(training))


def test_a_look_is_read_back_as_it_was_kept(database: Database) -> None:
    training = a_class()
    load(database, training)
    with database.transaction() as tx:
        assert save_sample(tx, training.number, a_record())
    with database.reading() as tx:
        (found,) = read_samples(tx, training.number)
    assert found == a_record(taken_at=found.taken_at)
    assert found.taken_at == a_record().taken_at
    assert found.evidence == (f"sha256:{a_digest('09:12')}",)


def test_the_same_look_twice_is_once(database: Database) -> None:
    training = a_class()
    load(database, training)
    with database.transaction() as tx:
        assert [save_sample(tx, training.number, a_record()) for _ in range(2)] == [True, False]
        assert len(read_samples(tx, training.number)) == 1


def test_a_visit_without_a_picture_is_a_look_too(database: Database) -> None:
    training = a_class()
    load(database, training)
    silent = a_record(condition=Condition.OFFLINE, state="unreachable", sha256=None, frames=(), look=None)
    with database.transaction() as tx:
        save_sample(tx, training.number, silent)
        assert read_last_condition(tx, training.number, CAMERA, a_time("09:13")) is Condition.OFFLINE
        assert read_last_condition(tx, training.number, CAMERA, a_time("09:12")) is None
        assert read_earlier_looks(tx, training.number, CAMERA, a_time("10:00")) == ()


@pytest.mark.parametrize("changes", [{"camera_id": "cam-9"}, {"session_id": "never"}], ids=["camera", "session"])
def test_what_was_never_filed_is_refused(database: Database, changes: dict[str, str]) -> None:
    training = a_class()
    load(database, training)
    with database.transaction() as tx, pytest.raises(PlanError):
        save_sample(tx, training.number, a_record(**changes))


def test_a_camera_of_two_classes_has_one_memory(database: Database) -> None:
    """A loop that was played for one class is known when it is played for the other."""
    for number in ("YY-2023-0071", "YY-2023-0072"):
        load(database, a_class(number))
    with database.transaction() as tx:
        for clock in ("09:12", "09:40"):
            save_sample(tx, "YY-2023-0071", a_record(clock, look={"of": clock}))
        found = read_earlier_looks(tx, "YY-2023-0072", CAMERA, a_time("10:00"))
        assert [look["of"] for _, look in found] == ["09:40", "09:12"]
        assert read_earlier_looks(tx, "YY-2023-0072", CAMERA, a_time("09:40"))[0][1] == {"of": "09:12"}
        assert read_samples(tx, "YY-2023-0072") == ()


def test_the_history_follows_from_the_looks(database: Database) -> None:
    training = a_class()
    load(database, training)
    with database.transaction() as tx:
        for clock, condition in (("09:00", Condition.OK), ("09:20", Condition.BLACK), ("09:40", Condition.BLACK)):
            save_sample(tx, training.number, a_record(clock, condition))
        history = read_health(tx, training)[CAMERA]
    black = next(each for each in history if each.condition is Condition.BLACK)
    assert black.seconds == timedelta(minutes=20).total_seconds()
    assert black.evidence == (f"sha256:{a_digest('09:20')}", f"sha256:{a_digest('09:40')}")


def test_a_view_counts_while_somebody_stands_by_it(database: Database) -> None:
    training = a_class()
    load(database, training)
    view = ConfirmedView("白天", a_digest("view"), (Box(1, 2, 3, 4),), "li", a_time("08:00"))
    with database.transaction() as tx:
        save_person(tx, "li", "李督导", "inspector")
        row_id = save_view(tx, training.number, CAMERA, view)
        assert save_view(tx, training.number, CAMERA, view) == row_id
        (found,) = read_views(tx, training.number, CAMERA)
        assert (found.name, found.people, found.confirmed_by) == ("白天", view.people, "li")
        with pytest.raises(RefusedError):
            withdraw_view(tx, row_id, "li", " ")
        withdraw_view(tx, row_id, "li", "摄像头经批准移位")
        assert read_views(tx, training.number, CAMERA) == ()


def test_nobody_unknown_confirms_a_view(database: Database) -> None:
    training = a_class()
    load(database, training)
    view = ConfirmedView("白天", a_digest("view"), (), "nobody", a_time("08:00"))
    with database.transaction() as tx, pytest.raises(RefusedError):
        save_view(tx, training.number, CAMERA, view)
