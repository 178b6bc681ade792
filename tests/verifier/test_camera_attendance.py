"""From a camera that speaks RTSP to a student's attendance: what a live picture shows counts, a stored one's does not."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from tests.builders.class_folder import CLASS_TOML, write_class_folder
from tests.builders.night import copy_workspace, load, night, presences_of, records_of, settings_for
from tests.builders.plan import CHINA
from tests.builders.scenes import Picture, add_noise, add_people
from tests.services.camera import run_cameras
from tests.services.h264 import encode_clip
from verifier.answers import answer_for
from verifier.attendance.session_checks import order_sign_ins
from verifier.camera_health import Condition
from verifier.demo.pictures import cut_student, load_group, set_scene
from verifier.judging_keys import make_class_key, make_session_key
from verifier.nightly import open_tools, read_class_to_judge
from verifier.records.cameras import read_samples
from verifier.records.database import open_database
from verifier.records.faces import purge_unknown_faces
from verifier.records.tables.look import LookRow
from verifier.watching import check_cameras

LIVE, FROZEN = "YY-LIVE-1", "YY-FROZEN-1"
SESSION = "now"
FPS = 5
LookedAt = tuple[Path, datetime, list[dict[str, Any]]]  # the workspace, when, and what a round answered


def show_class() -> Picture:
    """The demo's class as a camera of 1280 × 720 shows it: four students, the teacher, and a seat that nobody sits in."""
    scene = set_scene(load_group(), seed=7)
    canvas = Image.new("RGB", (1280, 720), (120, 130, 125))
    canvas.paste(scene.resize((1096, 720), Image.Resampling.LANCZOS), (0, 0))
    return np.ascontiguousarray(np.asarray(canvas)[:, :, ::-1])


def film_class(seconds: int) -> list[Picture]:
    """With a sensor's noise, and somebody at the picture's edge who moves."""
    room = show_class()
    rng = np.random.default_rng(4)
    return [add_noise(add_people(room, 1, number / FPS, seed=3), rng) for number in range(seconds * FPS)]


def write_class(folder: Path, number: str, agency: str, url: str, now: datetime) -> Path:
    """One session that goes on now, a camera in its room, and not one photo handed in."""
    starts, ends = (now.astimezone(CHINA) + timedelta(minutes=minutes) for minutes in (-20, 25))
    period = "morning" if starts.hour < 12 else "afternoon" if starts.hour < 18 else "evening"
    head, _, _ = CLASS_TOML.partition("[[session]]")
    head = (
        head.replace("YY-2023-0071", number)
        .replace("52430900MJJ000001X", agency)
        .replace("planned_hours = 8", "planned_hours = 1")
    )
    session = (
        f'[[session]]\nid = "{SESSION}"\ndate = {starts.date()}\nperiod = "{period}"\nstarts = {starts:%H:%M:%S}\n'
        f'ends = {ends:%H:%M:%S}\nhours = 1\nteacher = "T01"\ncamera = "cam-203"\n\n[[camera]]\nid = "cam-203"\nurl = "{url}"\n'
    )
    group = load_group()
    faces: dict[str, str | bytes | None] = {}
    for student in ("S01", "S02", "S03"):
        jpeg = io.BytesIO()
        cut_student(group, student).save(jpeg, "JPEG", quality=95)
        faces[f"faces/{student}.jpg"] = jpeg.getvalue()
    without = dict.fromkeys(("photos/a.jpg", "photos/b.jpg", "photos.csv", "signins.csv", "leave.csv"))
    return write_class_folder(folder, files={**without, **faces, "class.toml": head + session})


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> LookedAt:
    """A workspace with both classes after a round over their cameras; when; and what the round answered."""
    root = tmp_path_factory.mktemp("cameras")
    pictures, now = film_class(8), datetime.now(UTC)
    with run_cameras() as cameras:
        urls = {
            LIVE: cameras.add("live", encode_clip(pictures, FPS), fps=FPS),
            FROZEN: cameras.add("frozen", encode_clip(pictures[:1], FPS), fps=FPS),
        }
        for place, (number, url) in enumerate(urls.items()):
            folder = write_class(root / number, number, f"52430900MJJ00000{place}X", url, now)
            answer = load(folder, root / "ws")
            assert answer.loaded, answer
        answer = check_cameras(settings_for(root / "ws", camera_seconds=6.0))
    return root / "ws", now, answer["cameras"]


def close(workspace: Path, now: datetime) -> dict[str, Any]:
    """The night after."""
    day = (now.astimezone(CHINA) - timedelta(minutes=20)).date().isoformat()
    return night(workspace, day, now=now + timedelta(hours=30)).answer


def test_a_student_whom_only_the_camera_saw_is_present(looked_at: LookedAt) -> None:
    workspace, now, cameras = looked_at
    assert {each["class"]: each["condition"] for each in cameras} == {LIVE: "ok", FROZEN: "frozen"}
    answer = close(workspace, now)
    sessions = {each["class"]: each for each in answer["sessions"]}
    assert presences_of(sessions[LIVE]) == dict.fromkeys(("S01", "S02", "S03"), "present")
    (because, *_) = sessions[LIVE]["students"][0]["because"]
    taken = next(each["taken_at"] for each in cameras if each["class"] == LIVE)
    assert because.startswith(f"在摄像头cam-203于{taken[:10]} {taken[11:19]}的画面中认出本人"), because
    # The very same people in a picture that stands still say nothing about today.
    assert presences_of(sessions[FROZEN]) == dict.fromkeys(("S01", "S02", "S03"), "unsure")
    # A camera is no photo report.
    reports = [each for each in sessions[LIVE]["findings"] if each["check"] == "session.reports"]
    assert [each["outcome"] for each in reports] == ["failed"]
    assert answer["photos"] == []


def test_the_night_tells_how_each_camera_stands(looked_at: LookedAt) -> None:
    """In the answer and in the report, with the frames; one look says nothing about the time around it."""
    workspace, now, _ = looked_at
    close(workspace, now)
    settings = settings_for(workspace)
    day = (now.astimezone(CHINA) - timedelta(minutes=20)).date()
    database = open_database(settings.database, settings.data_key_bytes())
    with database.reading() as tx:
        cameras = {each["class"]: each for each in answer_for(tx, settings, day, day)["cameras"]}
        nothing = answer_for(tx, settings, day + timedelta(days=1), None, class_number=LIVE)["cameras"]
    database.close()
    assert {number: (each["condition"], each["down"]) for number, each in cameras.items()} == {
        LIVE: ("ok", False), FROZEN: ("frozen", True),
    }  # fmt: skip
    for camera in cameras.values():
        assert {each["condition"] for each in camera["intervals"]} == {"not_run"}
        assert camera["missing_hours"] == 0
        (change,) = camera["changes"]
        assert change["evidence"][0].startswith("sha256:")
    assert [(each["looks"], each["changes"]) for each in nothing] == [(0, [])]
    (report,) = (workspace / "reports").rglob("night-*.html")
    html = report.read_text(encoding="utf-8")
    assert "画面静止" in html
    assert "data:image/jpeg" in html


def test_whom_nobody_knows_on_a_camera_is_kept_with_its_look(
    looked_at: LookedAt,
) -> None:
    """The demo's fourth student is on no roster here."""
    workspace, now, _ = looked_at
    close(workspace, now)
    records = records_of(workspace)
    (sample,) = [each for each in records["camera_sample"] if each["condition"] == "ok"]
    unknown = records["unknown_face"]
    assert unknown
    assert {sighting["camera_sample_id"] for each in unknown for sighting in each["sightings"]} == {sample["id"]}
    assert {each["camera_sample_id"] for each in records["face_observation"]} == {sample["id"]}
    # Whoever looks in at the door accuses nobody.
    assert records["supervision_case"] == []


def test_a_stored_picture_is_no_part_of_what_a_session_is_judged_by(
    looked_at: LookedAt,
) -> None:
    """So a class whose cameras showed nothing that counts keeps its keys, and is not judged anew for this."""
    settings = settings_for(looked_at[0])
    tools, database = open_tools(settings), open_database(settings.database, settings.data_key_bytes())
    same = {}
    with database.reading() as tx:
        for number in (LIVE, FROZEN):
            given = read_class_to_judge(tx, number, tools)
            sessions, blind = given.class_file.training.sessions, replace(given, frames={})
            keys = [make_class_key(each, tools, sessions, sessions[0].day) for each in (given, blind)]
            keys += [make_session_key(each, tools, sessions[0], (), order_sign_ins(())) for each in (given, blind)]
            same[number] = (keys[0] == keys[1], keys[2] == keys[3])
    database.close()
    assert same == {LIVE: (False, False), FROZEN: (True, True)}


def test_unknown_faces_of_cameras_are_erased_when_their_time_is_over(looked_at: LookedAt, tmp_path: Path) -> None:
    """Those of students stay, also for a night that judges anew; of the frozen camera, whom no close names, none does."""
    workspace, now, _ = looked_at
    close(workspace, now)
    settings = settings_for(copy_workspace(workspace, tmp_path / "ws"))
    database = open_database(settings.database, settings.data_key_bytes())
    counts = []
    for before in (now - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)):
        with database.transaction() as tx:
            purge_unknown_faces(tx, before)
        with database.reading() as tx:
            samples = {each.condition: each.sha256 for n in (LIVE, FROZEN) for each in read_samples(tx, n)}
            rows = {row.sha256: row.embedding_count for row in tx.scalars(select(LookRow))}
            counts.append([rows[str(samples[each])] for each in (Condition.OK, Condition.FROZEN)])
    database.close()
    (live, frozen), (live_later, frozen_later) = counts
    assert live > 3
    assert frozen > 3
    assert live_later == 3
    assert frozen_later == 0


def test_the_night_once_more_writes_nothing(looked_at: LookedAt) -> None:
    workspace, now, _ = looked_at
    close(workspace, now)
    before = len(records_of(workspace)["run"])
    close(workspace, now)
    assert len(records_of(workspace)["run"]) == before
