"""Cameras' secrets are read from one file, found by camera or host, and never told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from verifier.video.address import read_address
from verifier.video.credentials import CameraSecretsError, load_secrets

ENTRIES = """
[cam-203]
user = "admin"
password = "Geheim1"
["10.0.0.5:8554"]
password = "Geheim2"
["10.0.0.5"]
password = "Geheim3"
tls_verify = false
"""


def write(folder: Path, text: str, name: str = "cameras.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


@pytest.mark.parametrize(
    ("camera_id", "url", "password"),
    [
        pytest.param("cam-203", "rtsp://10.0.0.5:8554/", "Geheim1", id="the camera's id first"),
        pytest.param("other", "rtsp://10.0.0.5:8554/", "Geheim2", id="then host and port"),
        pytest.param("other", "rtsp://10.0.0.5/", "Geheim3", id="then the host"),
        pytest.param("other", "rtsp://u:inside@10.0.0.6/", "inside", id="then what the address holds"),
        pytest.param("other", "rtsp://10.0.0.6/", "", id="else nothing"),
    ],
)
def test_finds_the_nearest_entry(tmp_path: Path, camera_id: str, url: str, password: str) -> None:
    """An entry for one camera outweighs one for its host."""
    secret = load_secrets(write(tmp_path, ENTRIES)).find(camera_id, read_address(url))
    assert secret.password.get_secret_value() == password


def test_json_is_as_good(tmp_path: Path) -> None:
    """Secret stores hand out JSON."""
    file = write(tmp_path, json.dumps({"cam-203": {"user": "admin", "password": "Geheim1"}}), "cameras.json")
    secret = load_secrets(file).find("cam-203", read_address("rtsp://10.0.0.5/"))
    assert secret.user == "admin"


def test_without_a_file_there_are_no_secrets() -> None:
    """A camera without a password needs no file."""
    assert load_secrets(None).find("cam-203", read_address("rtsp://10.0.0.5/")).is_empty


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param('[cam-203]\npassword = "Geheim1', "no TOML", id="a quote that is not closed"),
        pytest.param('[cam-203]\npasword = "Geheim1"', "pasword", id="a misspelt key"),
        pytest.param(
            '[cam-203]\npassword = "Geheim1"\ntls_verify = "Geheim1"', "tls_verify", id="a value of the wrong kind"
        ),
        pytest.param('cam-203 = "Geheim1"', "cam-203", id="no table"),
    ],
)
def test_faults_name_the_entry_and_no_value(tmp_path: Path, text: str, told: str) -> None:
    """The message goes to the terminal and the log."""
    with pytest.raises(CameraSecretsError) as caught:
        load_secrets(write(tmp_path, text))
    assert told in str(caught.value)
    assert "Geheim1" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """As somebody who set the variable meant it."""
    with pytest.raises(CameraSecretsError, match=r"cannot be read"):
        load_secrets(tmp_path / "none.toml")


def test_a_file_that_others_can_read_is_warned_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On a shared machine it is no secret."""
    file = write(tmp_path, ENTRIES)
    file.chmod(0o644)
    load_secrets(file)
    printed = capsys.readouterr()
    assert "camera_secrets_readable_by_others" in printed.out + printed.err


def test_nothing_prints_a_secret(tmp_path: Path) -> None:
    """Not the collection, not one entry, not its dump."""
    secrets = load_secrets(write(tmp_path, ENTRIES))
    secret = secrets.find("cam-203", read_address("rtsp://10.0.0.5/"))
    assert "Geheim" not in f"{secrets!r}{secret!r}{secret}{secret.model_dump_json()}"
