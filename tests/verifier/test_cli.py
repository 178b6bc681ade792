"""The command line: help that teaches, exit statuses, one JSON object on stdout and everything else on stderr."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders.contract import NIGHTLY, breaches
from tests.builders.night import call_verifier, run_verifier

COMMANDS = ("demo", "template", "import", "nightly", "check", "evaluate", "serve", "report", "settings", "version")


def test_help_names_every_command_and_the_way_to_start() -> None:
    ran = call_verifier("--help", COLUMNS="140")
    assert ran.status == 0
    for command in COMMANDS:
        assert command in ran.stdout
    assert "verifier demo" in ran.stdout
    assert "verifier settings" in ran.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    ran = call_verifier(command, "--help")
    assert ran.status == 0, ran.stderr
    assert len(ran.stdout.split()) > 15


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        pytest.param(("version",), 0, "", id="a command that can run"),
        pytest.param(("nonsense",), 2, "nonsense", id="no such command"),
        pytest.param(("check",), 2, "PHOTO", id="nothing to check"),
        pytest.param(("check", "gone.jpg"), 1, "gone.jpg", id="a photo that is not there"),
        pytest.param(("check", "."), 1, "irectory", id="a folder instead of a photo"),
        pytest.param(("check", "a.jpg", "--session", "am"), 2, "--session needs --class", id="a session of no class"),
        pytest.param(("nightly", "--date", "2023-13-01"), 2, "2023-13-01", id="a date that does not exist"),
        pytest.param(
            ("nightly", "--date", "2023-06-12", "--since", "2023-06-13"), 2, "is after", id="a span that ends first"
        ),
        pytest.param(("import", "gone"), 1, "gone", id="a class folder that is not there"),
        pytest.param(("report", "YY-1"), 1, "YY-1", id="a class that is not on record"),
        pytest.param(("models", "pull", "nobody"), 1, "nobody", id="a model pack that nobody knows"),
        pytest.param(
            ("nightly", "--workspace", "/proc/nowhere"),
            1,
            "/proc",
            id="a workspace that cannot be made",
            marks=pytest.mark.sqlite_file,
        ),
    ],
)
def test_exit_status_says_ran_could_not_or_wrong_usage(
    arguments: tuple[str, ...], status: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = call_verifier(*arguments, VERIFIER_WORKSPACE=str(tmp_path / "ws"))
    assert ran.status == status, ran.stderr
    assert told in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr


def test_json_is_alone_on_stdout_and_logs_are_json_lines_on_stderr(tmp_path: Path) -> None:
    ran = run_verifier("nightly", "--workspace", tmp_path, "--json", VERIFIER_LOG_FORMAT="json")
    assert ran.status == 0, ran.stderr
    assert breaches(ran.json(), NIGHTLY) == []
    events = [json.loads(line) for line in ran.stderr.splitlines() if line.strip()]
    assert [event["event"] for event in events][-1] == "night_done"


def test_a_template_can_be_made_once_and_never_overwrites(tmp_path: Path) -> None:
    first = call_verifier("template", tmp_path / "mine")
    assert first.status == 0
    assert (tmp_path / "mine" / "class.toml").is_file()
    again = call_verifier("template", tmp_path / "mine")
    assert again.status == 1
    assert "Traceback" not in again.stderr


def test_models_are_listed_with_licence_source_and_state() -> None:
    packs = call_verifier("models", "list", "--json").json()["packs"]
    zoo = next(pack for pack in packs if pack["name"] == "opencv-zoo")
    assert zoo["licence"]
    assert zoo["source"].startswith("https://")
    assert zoo["state"]
    assert any("commercial" in pack["summary"].lower() + pack["licence"].lower() for pack in packs)


def test_an_imported_folder_with_errors_loads_nothing_and_says_each_in_json(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "roster.csv").write_text("学号,姓名\nS01,甲\nS01,乙\n", encoding="utf-8")
    ran = call_verifier("import", tmp_path / "class", "--workspace", tmp_path / "ws", "--json")
    assert ran.status == 1
    answer = ran.json()
    assert (answer["loaded"], answer["errors"] >= 2) == (False, True)
    twice = [fault for fault in answer["faults"] if fault["file"] == "roster.csv" and fault["line"] == 3]
    assert twice
    assert twice[0]["problem"]
    assert twice[0]["remedy"]
