"""``verifier cameras due``: visited when the moment has come, once, again after a failure, and killed calls lose nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.cameras import draw_noise
from tests.builders.class_folder import CLASS_TOML, write_class_folder
from tests.builders.night import load, settings_for
from tests.services.camera import run_cameras
from tests.services.h264 import encode_clip
from tests.services.ports import find_free_ports
from verifier.camera_schedule import _look_again, visit_due_cameras
from verifier.plan import Session
from verifier.records.cameras import list_classes_on_air, read_samples
from verifier.records.database import open_database
from verifier.records.filing import read_class_file
from verifier.settings import Settings
from verifier.video.sampling import Moment, Why
from verifier.video.schedule import LATE_AFTER_S, derive_seed, draw_day

NUMBER = "YY-2023-0071"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with run_cameras() as cameras:
        yield cameras.add("203", encode_clip((draw_noise(number) for number in range(20)), 10))


def file_class(folder: Path, url: str) -> Settings:
    """A workspace whose morning session is shown by one camera."""
    toml = CLASS_TOML.replace('id = "2023-06-12-am"', 'id = "2023-06-12-am"\ncamera = "cam-203"')
    toml += f'\n[[camera]]\nid = "cam-203"\nurl = "{url}"\n'
    workspace = folder / "workspace"
    assert load(write_class_folder(folder / "class", files={"class.toml": toml}), workspace).loaded
    return settings_for(workspace, camera_seconds=1.0, camera_frames=4)


def draw(settings: Settings) -> tuple[Session, tuple[Moment, ...]]:
    """The session and its moments, as the installation's key draws them."""
    database = open_database(settings.database, settings.data_key_bytes())
    with database.reading() as tx:
        training = read_class_file(tx, NUMBER).training
    session = training.session("2023-06-12-am")
    return session, draw_day(training, [session], derive_seed(database.vault.sampling_key, NUMBER, session))


def keep(settings: Settings) -> list[dict[str, object]]:
    """The moments that were kept with the samples."""
    with open_database(settings.database, settings.data_key_bytes()).reading() as tx:
        return [dict(sample.moment or {}) for sample in read_samples(tx, NUMBER)]


def test_a_camera_is_visited_when_its_moment_has_come_and_once(url: str, tmp_path: Path) -> None:
    """A second before: nothing. At the moment: one look, kept with what draws the moment again. Asked again: nothing."""
    settings = file_class(tmp_path, url)
    _, moments = draw(settings)
    first = moments[0]
    before = visit_due_cameras(settings, now=first.at - timedelta(seconds=1))
    assert before["cameras"] == before["missed"] == []
    assert datetime.fromisoformat(before["next_at"]) == first.at
    (seen,) = visit_due_cameras(settings, now=first.at)["cameras"]
    assert (seen["camera"], seen["fault"]) == ("cam-203", None)
    (kept,) = keep(settings)
    assert Moment.from_json(kept) == first


def test_moments_that_went_by_are_told_and_not_visited(url: str, tmp_path: Path) -> None:
    """The worker was not running: our side. A later look would not be at a random moment."""
    settings = file_class(tmp_path, url)
    session, moments = draw(settings)
    told = visit_due_cameras(settings, now=session.ends_at + timedelta(seconds=LATE_AFTER_S - 1))
    assert told["cameras"] == []
    assert len(told["missed"]) == len(moments)
    assert keep(settings) == []


def test_outside_of_every_session_nothing_is_due(url: str, tmp_path: Path) -> None:
    """Nobody has to show an empty room at night."""
    settings = file_class(tmp_path, url)
    session, _ = draw(settings)
    for now in (session.starts_at - timedelta(seconds=1), session.ends_at + timedelta(seconds=LATE_AFTER_S)):
        assert visit_due_cameras(settings, now=now) == {"cameras": [], "missed": [], "next_at": None}


def test_only_classes_that_are_taught_now_are_read(url: str, tmp_path: Path) -> None:
    """A call every minute must not read a city's filings: the database tells which of them can have a moment."""
    settings = file_class(tmp_path, url)
    session, _ = draw(settings)
    second = timedelta(seconds=1)
    with open_database(settings.database, settings.data_key_bytes()).reading() as tx:
        found = {
            name: list_classes_on_air(tx, since, since)
            for name, since in {
                "before": session.starts_at - second, "begins": session.starts_at,
                "going on": session.ends_at - second, "over": session.ends_at,
            }.items()
        }  # fmt: skip
    assert found == {"before": [], "begins": [NUMBER], "going on": [NUMBER], "over": []}


def test_a_failure_asks_for_another_look_soon(tmp_path: Path) -> None:
    """From the samples alone, so that another worker would draw the same moment."""
    (port,) = find_free_ports(1)
    settings = file_class(tmp_path, f"rtsp://127.0.0.1:{port}/203")
    session, moments = draw(settings)
    (seen,) = visit_due_cameras(settings, now=moments[0].at)["cameras"]
    assert seen["fault"] == "refused"
    with open_database(settings.database, settings.data_key_bytes()).reading() as tx:
        (sample,) = read_samples(tx, NUMBER)
    # The look itself happened today; the session is long over, so it is moved to where it was asked for.
    (again,), failed = _look_again([replace(sample, taken_at=moments[0].at)], session)
    assert failed == 1
    assert again.why is Why.AFTER_FAILURE
    assert timedelta(seconds=60) <= again.at - moments[0].at <= timedelta(seconds=120)
