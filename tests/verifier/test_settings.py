"""Settings: wrong ones are told by name, secret ones are never shown anywhere."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.builders.night import call_verifier, night, read_table
from tests.verifier.conftest import DemoNight
from verifier.settings import Settings

KEY = base64.b64encode(bytes(range(32))).decode()
SECRETS = {
    "VERIFIER_DATA_KEY": KEY,
    "VERIFIER_EVIDENCE_ACCESS_KEY": "AKIA-top-secret",
    "VERIFIER_EVIDENCE_SECRET_KEY": "very-secret",
    "VERIFIER_DATABASE_URL": "postgresql+psycopg://clerk:hunter2@127.0.0.1:1/records",
}
HIDDEN = (KEY, "AKIA-top-secret", "very-secret", "hunter2")


@pytest.mark.parametrize(
    "command", [("settings",), ("nightly",), ("import", "."), ("serve", "--port", "0")], ids=" ".join
)
def test_no_command_prints_a_secret(command: tuple[str, ...], tmp_path: Path) -> None:
    ran = call_verifier(*command, COLUMNS="300", VERIFIER_WORKSPACE=str(tmp_path), **SECRETS)
    for secret in HIDDEN:
        assert secret not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_list_shows_every_setting_with_stars_for_secrets(tmp_path: Path) -> None:
    ran = call_verifier("settings", COLUMNS="300", VERIFIER_WORKSPACE=str(tmp_path / "[red]a"), **SECRETS)
    assert ran.status == 0, ran.stderr
    for name in Settings.model_fields:
        assert f"VERIFIER_{name.upper()}" in ran.stdout
    assert "**********" in ran.stdout
    assert "postgresql+psycopg://***@127.0.0.1:1/records" in ran.stdout
    assert "[red]a" in ran.stdout


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        pytest.param("TIMEZONE", "Mars/Olympus", "Asia/Shanghai", id="a zone that nobody knows"),
        pytest.param("DATA_KEY", "c2hvcnQ=", "5 bytes, 32 are wanted", id="a short key"),
        pytest.param("DATA_KEY", "no base64!", "not base64", id="a key that is no base64"),
        pytest.param("DATABASE_URL", "mysql://a:hunter2@b/c", "SQLite or PostgreSQL", id="another database"),
        pytest.param("DATABASE_URL", "nonsense", "sqlite:", id="no url at all"),
        pytest.param(
            "EVIDENCE_URL", "ftp://me:hunter2@server/x", "none of file, s3", id="an evidence store nobody knows"
        ),
        pytest.param("EVIDENCE_URL", "s3://bucket", "bucket and server", id="s3 without a server"),
        pytest.param("BROKER_URL", "sqla+sqlite:///x", "redis://host", id="a broker that loses tasks"),
        pytest.param("WORKERS", "0", "greater than or equal to 1", id="nobody to work"),
        pytest.param("PHOTO_TIMEOUT_S", "-1", "greater than 0", id="a negative time-out"),
        pytest.param("LANGUAGE", "fr", "zh_CN", id="a language that is not spoken"),
    ],
)
def test_a_wrong_setting_is_told_by_name_in_one_line(name: str, value: str, told: str, tmp_path: Path) -> None:
    ran = call_verifier("nightly", "--workspace", tmp_path, **{f"VERIFIER_{name}": value})
    assert (ran.status, ran.stdout) == (2, "")
    assert f"VERIFIER_{name}" in ran.stderr
    assert told in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "hunter2" not in ran.stderr


def test_a_shared_database_wants_a_shared_key() -> None:
    with pytest.raises(ValidationError, match="VERIFIER_DATA_KEY is missing"):
        Settings(database_url="postgresql+psycopg:///records")
    shared = {"database_url": "postgresql+psycopg:///records", "data_key": KEY}
    assert Settings(**shared).data_key_bytes() == (bytes(range(32)),)
    former = ", ".join(base64.b64encode(bytes([each] * 32)).decode() for each in (7, 8))
    assert Settings(**shared, former_data_keys=former).data_key_bytes() == (
        bytes(range(32)), bytes([7] * 32), bytes([8] * 32)
    )  # fmt: skip
    with pytest.raises(ValidationError, match="decodes to 5 bytes"):
        Settings(**shared, former_data_keys=f"{former},c2hvcnQ=")
    with pytest.raises(ValidationError, match="without VERIFIER_DATA_KEY"):
        Settings(former_data_keys=former)
    assert Settings(database_url="sqlite:///records.db").data_key is None


def test_a_database_that_does_not_answer_is_one_line_and_status_1(tmp_path: Path) -> None:
    ran = call_verifier("nightly", "--workspace", tmp_path, **SECRETS)
    assert (ran.status, ran.stdout) == (1, "")
    assert "the database does not answer" in ran.stderr


def test_id_numbers_and_phones_are_in_no_answer_no_log_and_no_report(demo_night: DemoNight, tmp_path: Path) -> None:
    workspace = demo_night.workspace
    _, *rows = read_table(workspace / "class" / "roster.csv")
    private = [value for row in rows for value in row[2:4]]
    assert len(private) == 8
    ran = call_verifier(
        "import", workspace / "class", "--workspace", tmp_path / "ws", "--json", VERIFIER_LOG_LEVEL="debug"
    )
    assert ran.status == 0
    texts = [ran.stdout, ran.stderr, demo_night.printed, str(night(workspace, since="2023-06-12").answer)]
    texts += [path.read_text(encoding="utf-8", errors="replace") for path in (workspace / "reports").rglob("*.html")]
    stored = (workspace / "verifier.sqlite3").read_bytes() + (tmp_path / "ws" / "verifier.sqlite3").read_bytes()
    for value in private:
        assert not [text[:80] for text in texts if value in text]
        assert value.encode() not in stored, "sealed in the database too"
    assert _in_workbooks(workspace, private) == []


def _in_workbooks(workspace: Path, private: list[str]) -> list[str]:
    from openpyxl import load_workbook

    cells = [
        str(cell)
        for path in (workspace / "reports").rglob("*.xlsx")
        for sheet in load_workbook(path, read_only=True)
        for row in sheet.iter_rows(values_only=True)
        for cell in row
    ]
    assert cells
    return [cell for cell in cells if any(value in cell for value in private)]
