"""`verifier supervise …` as somebody at the filing office types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.builders.plan import a_class_file
from verifier.cli import app
from verifier.records.database import open_database
from verifier.records.filing import save_class_file
from verifier.settings import Settings
from verifier.supervision_form import EXAMPLE


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Records with the class of `tests.builders.plan` and two inspectors."""
    database = open_database(Settings(workspace=tmp_path).database)
    with database.transaction() as tx:
        save_class_file(tx, a_class_file())
    database.close()
    for login in ("li", "wang"):
        call(tmp_path, "person", login, f"{login}检查员")
    return tmp_path


def call(workspace: Path, *arguments: str, status: int = 0) -> dict[str, Any]:
    """The JSON that a command prints."""
    result = CliRunner().invoke(app, ["supervise", *arguments, "--workspace", str(workspace), "--json"])
    assert result.exit_code == status, result.output
    return json.loads(result.stdout) if status == 0 else {}


def test_the_printed_form_is_read_back_and_counts_for_what_is_due(workspace: Path) -> None:
    form = workspace / "visit.toml"
    form.write_text(EXAMPLE, encoding="utf-8")
    assert call(workspace, "inspect", str(form)) == call(workspace, "inspect", str(form))
    (standing,) = call(workspace, "due", "YY-2023-0071", "--day", "2023-06-13")["classes"]
    states = {each["code"]: each["state"] for each in standing["duties"]}
    assert states == {"on_site_once": "done", "off_site_twice": "overdue", "follow_up_20_percent": "due"}
    assert [each["code"] for each in standing["deadlines"]] == ["filing"]


def test_a_draw_and_its_call_are_recorded_with_the_recording(workspace: Path) -> None:
    draw = call(workspace, "draw-followups", "YY-2023-0071", "--seed", "2023066", "--by", "li")
    assert (
        draw["students"]
        == call(workspace, "draw-followups", "YY-2023-0071", "--seed", "2023066", "--by", "wang")["students"]
    )
    recording = workspace / "call.mp3"
    recording.write_bytes(b"a call")
    arguments = [
        "follow-up",
        "YY-2023-0071",
        draw["id"],
        draw["students"][0],
        "confirmed",
        "--at",
        "2023-06-14T10:00",
        "--by",
        "li",
    ]
    call(workspace, *arguments, status=1)
    call(workspace, *arguments, "--recording", str(recording))


def test_a_record_about_an_agency_becomes_a_sanction_that_is_shown_with_its_chain(workspace: Path) -> None:
    agency = "52430900MJJ000001X"
    call(workspace, "record", "13(3)(2)", "转包", "--agency", agency, "--by", "li", "--day", "2023-07-01")
    (sanction,) = call(workspace, "list")["sanctions"]
    call(workspace, "sanction", sanction["id"], "confirm", "--by", "li", "--why", "属实")
    call(workspace, "sanction", sanction["id"], "confirm", "--by", "li", "--why", "再签", status=1)
    shown = call(workspace, "sanction", sanction["id"], "confirm", "--by", "wang", "--why", "属实")
    assert (shown["state"], [each["kind"] for each in shown["chain"]]) == ("issued", ["sanction", "evidence"])


@pytest.mark.parametrize(
    "command",
    ["inspect", "off-site", "draw-followups", "follow-up", "record", "decide", "withdraw", "notice", "void-notice",
     "sanction", "due", "subsidy", "list", "person", "interest"],
)  # fmt: skip
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, ["supervise", command, "--help"])
    assert result.exit_code == 0
    assert "--workspace" in result.output
