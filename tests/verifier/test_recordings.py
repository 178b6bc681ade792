"""Recordings of sessions taught outside (Art. 10): what the night sees in them, and what follows for attendance and the law."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.builders.class_folder import CLASS_TOML, write_class_folder
from tests.builders.night import copy_workspace, load, night, presences_of, records_of
from tests.builders.plan import CHINA
from tests.builders.scenes import Picture
from tests.verifier.test_camera_attendance import film_class
from verifier.demo.pictures import cut_student, load_group

FIRST = date(2023, 6, 12)
NAMES = ("proven", "stripped", "day_before", "broken", "black", "again", "elsewhere")
STUDENTS = ("S01", "S02", "S03")


def write_recording(pictures: list[Picture], created: datetime | None, place: str = "") -> bytes:
    """An mp4 as a phone writes it; without a time as a chat app leaves it."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4", options={"movflags": "use_metadata_tags"}) as container:
        if created is not None:
            container.metadata["creation_time"] = created.astimezone().isoformat()
        if place:
            container.metadata["location"] = place
        stream = container.add_stream("libx264", rate=5)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "20"}
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def write_class(folder: Path) -> Path:
    """Seven mornings taught in a village, each with a recording of another kind, and not one photo."""
    head, _, _ = CLASS_TOML.partition("[[session]]")
    toml = head.replace("planned_hours = 8", "planned_hours = 28")
    pictures = film_class(4)
    starts = {name: datetime(2023, 6, 12, 8, 30, tzinfo=CHINA) + timedelta(days=n) for n, name in enumerate(NAMES)}
    minutes = timedelta(minutes=20)
    venue = "+28.5700+112.3551/"
    stripped = write_recording(pictures[::-1], None)
    recordings = {
        "proven": write_recording(pictures, starts["proven"] + minutes, venue),
        "stripped": stripped,
        "day_before": write_recording(pictures, starts["day_before"] - timedelta(days=1), venue),
        "broken": b"This is no video at all." * 50,
        "black": write_recording([np.zeros_like(each) for each in pictures], starts["black"] + minutes, venue),
        "again": stripped,
        "elsewhere": write_recording(pictures, starts["elsewhere"] + minutes, "+31.2304+121.4737/"),
    }
    for name, at in starts.items():
        toml += (
            f'[[session]]\nid = "{name}"\ndate = {at.date()}\nperiod = "morning"\nstarts = 08:30:00\nends = 11:30:00\n'
            f'hours = 4\nteacher = "T01"\nmode = "mobile"\n\n'
            f'[[record]]\nsession = "{name}"\nkind = "recording"\nfile = "records/{name}.mp4"\n\n'
        )
    files: dict[str, str | bytes | None] = {f"records/{name}.mp4": data for name, data in recordings.items()}
    group = load_group()
    for student in STUDENTS:
        jpeg = io.BytesIO()
        cut_student(group, student).save(jpeg, "JPEG", quality=95)
        files[f"faces/{student}.jpg"] = jpeg.getvalue()
    without = dict.fromkeys(("photos/a.jpg", "photos/b.jpg", "photos.csv", "signins.csv", "leave.csv"))
    return write_class_folder(folder, files={**without, **files, "class.toml": toml})


Closed = tuple[Path, dict[str, Any]]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Closed:
    """The workspace after the night over all seven days, and the night's answer."""
    root = tmp_path_factory.mktemp("recordings")
    answer = load(write_class(root / "class"), root / "ws")
    assert answer.loaded, answer
    return root / "ws", night(root / "ws", "2023-06-30", since="2023-06-12").answer


def states_of(answer: dict[str, Any]) -> dict[str, str]:
    return {each["session"]: each["state"] for each in answer["recordings"]}


def test_each_recording_is_looked_at_and_weighed(closed: Closed) -> None:
    """Only what cannot be the session's recording speaks against it; what a chat app stripped does not."""
    _, answer = closed
    assert answer["night"]["recordings"] == len(NAMES)
    assert states_of(answer) == {
        "proven": "complete",
        "stripped": "unsure",  # the very same bytes stand for another day
        "again": "unsure",
        "day_before": "incomplete",
        "broken": "incomplete",
        "black": "incomplete",
        "elsewhere": "incomplete",
    }


def test_the_other_day_of_a_recording_is_named(closed: Closed) -> None:
    _, answer = closed
    also = {each["session"]: each["also_handed_in_for"] for each in answer["recordings"] if each["also_handed_in_for"]}
    assert also == {
        "stripped": [{"class": "YY-2023-0071", "session": "again", "day": "2023-06-17"}],
        "again": [{"class": "YY-2023-0071", "session": "stripped", "day": "2023-06-13"}],
    }


def test_who_is_in_a_recording_of_proven_time_and_place_is_present(closed: Closed) -> None:
    _, answer = closed
    sessions = {each["id"]: each for each in answer["sessions"]}
    assert presences_of(sessions["proven"]) == dict.fromkeys(STUDENTS, "present")
    (because, *_) = sessions["proven"]["students"][0]["because"]
    assert because.startswith("在录像proven/records/proven.mp4@"), because


@pytest.mark.parametrize("name", ["stripped", "day_before", "broken", "black", "again", "elsewhere"])
def test_any_other_recording_says_nothing_about_anybody(closed: Closed, name: str) -> None:
    """Neither present nor absent: the same faces, but nobody knows of when or where."""
    _, answer = closed
    sessions = {each["id"]: each for each in answer["sessions"]}
    assert presences_of(sessions[name]) == dict.fromkeys(STUDENTS, "unsure")


def test_the_night_once_more_looks_at_none_again_and_writes_nothing(closed: Closed, tmp_path: Path) -> None:
    workspace = copy_workspace(closed[0], tmp_path / "ws")
    before = records_of(workspace)
    again = night(workspace, "2023-06-30", since="2023-06-12").answer
    assert again["night"]["recordings"] == 0
    after = records_of(workspace)
    assert len(after["run"]) == len(before["run"])
    assert after["camera_sample"] == before["camera_sample"]


def test_a_filing_that_comes_again_keeps_what_was_seen(closed: Closed, tmp_path: Path) -> None:
    """No filing names a recording as a camera, and none is dropped for that."""
    workspace = copy_workspace(closed[0], tmp_path / "ws")
    assert load(write_class(tmp_path / "class"), workspace).loaded
    rows = records_of(workspace)["camera"]
    assert len(rows) == len(NAMES)
    assert all(each["is_recording"] for each in rows)
    assert states_of(night(workspace, "2023-06-30", since="2023-06-12").answer)["proven"] == "complete"


def test_the_report_tells_it_in_words(closed: Closed) -> None:
    (report,) = (closed[0] / "reports").rglob("night-*.html")
    html = report.read_text(encoding="utf-8")
    assert "移动录像" in html
    assert "同一录像还用于 YY-2023-0071 班 again（2023-06-17）。" in html
