"""``verifier watch`` and ``verifier cameras check`` from outside, and that nothing they leave behind holds a password."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.server import create_app
from tests.builders.cameras import PASSWORD, as_jpeg, draw_noise
from tests.builders.class_folder import CLASS_TOML, write_class_folder
from tests.builders.night import PROGRAM, call_verifier, command_environment, load, night, records_of, settings_for
from tests.services.camera import Cameras, Trouble, run_cameras
from tests.services.h264 import encode_clip
from tests.services.http_auth import Guard
from tests.services.ports import find_free_ports
from tests.services.snapshots import run_snapshots
from verifier.accounts import add_user, issue_key
from verifier.records.filing import list_classes
from verifier.records.tables.camera import CameraRow

CLIP = encode_clip((draw_noise(number) for number in range(20)), 10)
WRONG = "Falsch:" + PASSWORD
# However it could be written down: as it is, in a url, in JSON or a repr, and its plainest part.
FORMS = (PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD), json.dumps(PASSWORD)[1:-1], "Sesam", "Falsch")


@pytest.fixture
def cameras() -> Iterator[Cameras]:
    with run_cameras() as running:
        yield running


def write_secrets(folder: Path, **passwords: str) -> Path:
    file = folder / "cameras.json"
    file.write_text(json.dumps({name: {"user": "inspector", "password": word} for name, word in passwords.items()}))
    file.chmod(0o600)
    return file


def holds_password(text: bytes) -> list[str]:
    return [form for form in FORMS if form.encode() in text]


def test_watch_answers_one_json_object(cameras: Cameras) -> None:
    """Every check of a stream, the pictures' times, and nothing else on stdout."""
    ran = call_verifier("watch", "--camera", cameras.add("203", CLIP), "--seconds", "1", "--json")
    assert ran.status == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert answer["fault"] is None
    assert len(answer["frames"]) == 12
    assert answer["camera"]["source"] == "rtsp"
    assert answer["findings"][0]["check"] == "stream.reachable"
    assert answer["findings"][0]["outcome"] == "passed"


def test_watch_shows_a_table(cameras: Cameras) -> None:
    """For people."""
    ran = call_verifier("watch", "--camera", cameras.add("203", CLIP), "--seconds", "1")
    assert ran.status == 0, ran.stderr
    assert "stream.live" in ran.stdout
    assert "160×120" in ran.stdout


def test_a_dead_camera_is_an_answer_not_an_error() -> None:
    """Exit status 0: it ran, whatever it found."""
    (port,) = find_free_ports(1)
    ran = call_verifier("watch", "--camera", f"rtsp://127.0.0.1:{port}/x", "--json")
    assert ran.status == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert (answer["fault"], answer["condition"]) == ("refused", "offline")


def test_a_password_on_the_command_line_is_refused_and_not_repeated() -> None:
    """Wrong usage: everybody on the machine can read it there."""
    ran = call_verifier("watch", "--camera", "rtsp://inspector:Sesam@127.0.0.1/x")
    assert ran.status == 2
    assert "VERIFIER_CAMERA_SECRETS_FILE" in ran.stderr.replace("\n", "")
    assert not holds_password((ran.stdout + ran.stderr).encode())


def test_a_class_names_its_camera(cameras: Cameras, tmp_path: Path) -> None:
    """With a class folder a camera's id is enough; an unknown one is told with those there are."""
    folder = write_class(tmp_path, {"cam-203": cameras.add("203", CLIP)})
    ran = call_verifier("watch", "--camera", "cam-203", "--class", folder, "--seconds", "1", "--json")
    assert ran.status == 0, ran.stderr
    assert json.loads(ran.stdout)["camera"]["id"] == "cam-203"
    ran = call_verifier("watch", "--camera", "cam-9", "--class", folder)
    assert ran.status == 1
    assert "cam-203" in ran.stderr


def write_class(folder: Path, urls: dict[str, str]) -> Path:
    tables = "".join(f'\n[[camera]]\nid = "{name}"\nurl = "{url}"\n' for name, url in urls.items())
    return write_class_folder(folder / "class", files={"class.toml": CLASS_TOML + tables})


def list_processes(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """All command lines of this machine that were seen while a process ran, and the environments of the readers."""
    lines, environments = set(), set()
    while process.poll() is None:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                lines.add(line := (folder / "cmdline").read_bytes())
                if b"fork_server" in line:  # and all readers, which are its children
                    environments.add((folder / "environ").read_bytes())
            except OSError:
                continue  # it ended meanwhile
        time.sleep(0.05)
    return b"\n".join(lines), b"\n".join(environments)


def read_whole(file: Path) -> bytes:
    """A file's bytes; of a workbook those of its parts, which are packed."""
    if file.suffix != ".xlsx":
        return file.read_bytes()
    with zipfile.ZipFile(file) as packed:
        return b"\n".join(packed.read(part) for part in packed.namelist())


def ask_everything(workspace: Path) -> bytes:
    """What the pages and the API answer about the cameras on record."""
    app = create_app(settings_for(workspace))
    state = app.state.shared
    scopes = ["read", "evidence", "filing", "decisions", "admin"]
    _, key = issue_key(state.database, "office", scopes, by="local:test")
    add_user(state.database, "inspector", "检查员", "inspector", "Zugang-zum-Amt-1", by="local:test")
    program = TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {key}"})
    person = TestClient(app, base_url="http://127.0.0.1")
    assert person.post("/login", data={"login": "inspector", "password": "Zugang-zum-Amt-1"}).status_code == 200
    with state.database.reading() as tx:
        (number,) = (each.number for each in list_classes(tx))
        ids = list(tx.scalars(select(CameraRow.id)))
        names = list(tx.scalars(select(CameraRow.code)))
    answers = [person.get(f"/cameras/{each}") for each in ids] + [person.get("/cameras"), person.get("/jobs")]
    answers += [program.get(f"/api/v1/classes/{number}/cameras/{each}") for each in names]
    answers += [program.get(f"/api/v1/classes/{number}{part}") for part in ("/cameras", "/filing", "")]
    state.close()
    told = [answer for answer in answers if answer.status_code == 200]
    assert len(told) >= 2 * len(ids) + 2, [(str(each.url), each.status_code) for each in answers]
    return b"\n".join(answer.content + str(answer.headers).encode() for answer in answers)


def test_no_password_anywhere(cameras: Cameras, tmp_path: Path) -> None:
    """All cameras on record in one round, right and wrong passwords, and the night after it: a grep over logs, answers, tables,
    reports, pages, command lines and environments.
    """
    guard = Guard("inspector", PASSWORD)
    workspace = tmp_path / "workspace"
    with run_snapshots() as http:
        urls = {
            "right": cameras.add("right", CLIP, guard=guard),
            "wrong": cameras.add("wrong", CLIP, guard=guard),
            "stalls": cameras.add("stalls", CLIP, guard=guard, trouble=Trouble.STALL),
            "picture": http.add("/snap.jpg", as_jpeg(draw_noise(1)), guard=guard),
            "not-that": http.add("/other.jpg", as_jpeg(draw_noise(2)), guard=guard),
            "playlist": http.add("/none/hls.m3u8", b"#EXTM3U\n", guard=guard),
        }
        secrets = write_secrets(tmp_path, **{**dict.fromkeys(urls, PASSWORD), "wrong": WRONG, "not-that": WRONG})
        assert load(write_class(tmp_path, urls), workspace).loaded
        environment = {
            "VERIFIER_WORKSPACE": str(workspace),
            "VERIFIER_CAMERA_SECRETS_FILE": str(secrets),
            "VERIFIER_LOG_LEVEL": "debug",
            "VERIFIER_LOG_FORMAT": "json",
            "VERIFIER_CAMERA_SECONDS": "1",
            # Also Python's and the libraries' own talk.
            "PYTHONDEVMODE": "1",
        }
        arguments = [sys.executable, "-c", PROGRAM, "cameras", "check", "--json"]
        with (tmp_path / "stdout").open("wb") as out, (tmp_path / "stderr").open("wb") as err:
            process = subprocess.Popen(arguments, env=command_environment(**environment), stdout=out, stderr=err)
            listed, environments = list_processes(process)
    stdout, stderr = (tmp_path / "stdout").read_bytes(), (tmp_path / "stderr").read_bytes()
    assert process.returncode == 0, stderr.decode()
    faults = {each["camera"]: each["fault"] for each in json.loads(stdout)["cameras"]}
    assert faults["right"] is faults["picture"] is None
    assert faults["wrong"] == faults["not-that"] == "unauthorized"
    assert faults["stalls"] == "stalled"
    assert b"fork_server" in listed  # the list was taken while readers ran
    assert not holds_password(listed)
    assert environments
    assert not holds_password(environments)
    assert b"VERIFIER_" not in environments
    assert not holds_password(stdout + stderr)
    told = night(workspace, day=f"{date.today()}").answer
    assert {each["camera"] for each in told["cameras"]} == set(urls)
    assert not holds_password(json.dumps(told, ensure_ascii=False).encode())
    assert not holds_password(ask_everything(workspace))
    kept = [file for file in workspace.rglob("*") if file.is_file()]
    assert {".html", ".xlsx"} <= {file.suffix for file in kept}
    assert not holds_password(json.dumps(records_of(workspace), ensure_ascii=False).encode())
    assert {file.name: holds_password(read_whole(file)) for file in kept if holds_password(read_whole(file))} == {}


def test_without_cameras_on_record_there_is_nothing_to_check(tmp_path: Path) -> None:
    """Exit status 1 with what to do."""
    workspace = tmp_path / "workspace"
    assert load(write_class_folder(tmp_path / "class"), workspace).loaded
    ran = call_verifier("cameras", "check", "--workspace", workspace)
    assert ran.status == 1
    assert "[[camera]]" in ran.stderr


def test_a_broken_secret_file_is_told_before_any_camera_is_asked(tmp_path: Path) -> None:
    """And without what stands in it."""
    file = tmp_path / "cameras.toml"
    file.write_text('[cam]\npassword = "Sesam')
    ran = call_verifier("watch", "--camera", "rtsp://127.0.0.1:1/", VERIFIER_CAMERA_SECRETS_FILE=str(file))
    assert ran.status == 1
    assert "cameras.toml" in ran.stderr
    assert not holds_password((ran.stdout + ran.stderr).encode())
