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
    settings = Settings(workspace=tmp_path)
    database = open_database(settings.database, settings.data_key_bytes())
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


def test_an_inspection_is_planned_carried_out_and_shown(workspace: Path) -> None:
    arguments = ("plan", "on-site", "YY-2023-0071", "--on", "2023-06-12", "--seed", "2023066", "--by", "li")
    plan = call(workspace, *arguments)
    assert (plan["people"], plan["pool"]) == (["li", "wang"], 2)
    assert call(workspace, *arguments)["id"] == plan["id"]
    form = workspace / "visit.toml"
    form.write_text(EXAMPLE, encoding="utf-8")
    (standing,) = call(workspace, "due", "YY-2023-0071", "--day", "2023-06-13")["classes"]
    assert [each["state"] for each in standing["plans"]] == ["overdue"]
    visit = call(workspace, "inspect", str(form), "--plan", plan["id"])
    (done,) = call(workspace, "plans")["plans"]
    assert (done["state"], done["result"]) == ("done", visit["id"])
    assert call(workspace, "history", "YY-2023-0071")["inspections"][0]["id"] == visit["id"]
    other = call(workspace, "plan", "off-site", "YY-2023-0071", "--on", "2023-06-12", "--seed", "7", "--by", "li")
    assert call(workspace, "cancel-plan", other["id"], "--by", "li", "--why", "改期")["state"] == "cancelled"
    call(workspace, "plan", "by-drone", "YY-2023-0071", "--on", "2023-06-12", "--seed", "7", "--by", "li", status=2)


def test_an_urging_is_recorded_due_and_answered(workspace: Path) -> None:
    arguments = ("urge", "YY-2023-0071", "考勤资料", "--due", "2023-06-26", "--day", "2023-06-19", "--by", "li")
    urging = call(workspace, *arguments)
    assert call(workspace, *arguments) == urging
    (standing,) = call(workspace, "due", "YY-2023-0071", "--day", "2023-06-20")["classes"]
    assert ("urging", "2023-06-26") in [(each["code"], each["due_on"]) for each in standing["deadlines"]]
    call(workspace, "urged", urging["id"], "poor", "--day", "2023-06-26", "--why", "缺页", "--by", "wang", status=1)
    call(workspace, "urged", urging["id"], "poor", "--day", "2023-06-27", "--why", "缺页", "--by", "wang")
    (kept,) = call(workspace, "history", "YY-2023-0071")["urgings"]
    assert (kept["what"], kept["outcome"], kept["note"]) == ("考勤资料", "poor", "缺页")


def test_a_form_with_times_of_teaching_is_read_and_what_is_no_time_is_refused(workspace: Path) -> None:
    form = workspace / "visit.toml"
    text = EXAMPLE.replace("09:30:00", "08:20:00", 1)
    form.write_text(text.replace("# teaching_began", "teaching_began"), encoding="utf-8")
    call(workspace, "inspect", str(form))
    (visit,) = call(workspace, "history", "YY-2023-0071")["inspections"]
    assert visit["form"]["teaching_began"] == "2023-06-12T08:30:00+08:00"
    assert (visit["form"]["transport_by_agency"], visit["form"]["favours_from_agency"]) == (False, False)
    for wrong in ('teaching_began = "early"', 'transport_by_agency = "no"'):
        name = wrong.split()[0]
        lines = [line for line in text.splitlines() if not line.startswith(name)]
        form.write_text("\n".join([wrong, *lines]), encoding="utf-8")
        call(workspace, "inspect", str(form), status=1)


def test_dates_and_who_was_examined_are_written_down(workspace: Path) -> None:
    call(workspace, "dates", "YY-2023-0071", "--by", "li", "--commenced", "2023-06-12", "--certified", "2023-07-01")
    call(workspace, "dates", "YY-2023-0071", "--by", "li", "--applied", "2023-08-01", "--examined", "S01")
    call(workspace, "dates", "YY-2023-0071", "--by", "li", status=2)
    call(workspace, "dates", "YY-2023-0071", "--by", "li", "--examined", "S99", status=1)
    kept = call(workspace, "history", "YY-2023-0071")["dates"]
    assert (kept["commenced_on"], kept["certified_on"], kept["applied_on"], kept["paid_on"], kept["examined"]) == (
        "2023-06-12", "2023-07-01", "2023-08-01", None, ["S01"],
    )  # fmt: skip


def test_archive_documents_come_one_by_one_or_by_the_folder(workspace: Path) -> None:
    folder = workspace / "archive"
    (folder / "职业培训承诺书").mkdir(parents=True)
    (folder / "职业培训承诺书" / "承诺书.pdf").write_bytes(b"a pledge")
    (folder / "training_plan").mkdir()
    (folder / "training_plan" / "plan.pdf").write_bytes(b"a plan")
    for _ in range(2):
        counts = call(workspace, "archive-folder", "YY-2023-0071", str(folder), "--by", "li")["files"]
        assert counts == {"pledge": 1, "training_plan": 1}
    call(workspace, "archive-item", "YY-2023-0071", "videos", "--missing", "--by", "li")
    call(workspace, "archive-item", "YY-2023-0071", "videos", "--by", "li", status=2)
    call(workspace, "archive-item", "YY-2023-0071", "ferry_tickets", "--missing", "--by", "li", status=1)
    found = {each["code"]: each["present"] for each in call(workspace, "archive", "YY-2023-0071")["kinds"]}
    assert (found["pledge"], found["training_plan"], found["videos"], found["timetable"]) == (True, True, False, None)
    assert "agreement" not in found  # asked of enterprise training only
    (folder / "loose.txt").write_text("no kind", encoding="utf-8")
    call(workspace, "archive-folder", "YY-2023-0071", str(folder), "--by", "li", status=1)


def test_an_agreement_is_read_from_the_printed_form(workspace: Path) -> None:
    example = CliRunner().invoke(app, ["supervise", "agreement", "--example"]).stdout
    form = workspace / "agreement.toml"
    form.write_text(example, encoding="utf-8")
    arguments = ("agreement", "52430900MJJ000001X", "2023", str(form), "--by", "li")
    assert call(workspace, *arguments) == call(workspace, *arguments)
    form.write_text('people = "many"', encoding="utf-8")
    call(workspace, *arguments, status=1)
    form.write_text("colour = 3", encoding="utf-8")
    call(workspace, *arguments, status=1)
    call(workspace, "agreement", status=2)


def test_a_record_that_is_taken_back_lets_its_sanction_lapse(workspace: Path) -> None:
    agency = "52430900MJJ000001X"
    made = call(workspace, "record", "13(3)(2)", "转包", "--agency", agency, "--by", "li", "--day", "2023-07-01")
    assert call(workspace, "list")["sanctions"][0]["lapsed"] is None
    call(workspace, "withdraw-record", made["id"], "--by", "li", "--why", "看错机构")
    assert call(workspace, "list")["sanctions"][0]["lapsed"] is not None


@pytest.mark.parametrize(
    "command",
    ["inspect", "off-site", "draw-followups", "follow-up", "record", "decide", "withdraw", "notice", "void-notice",
     "sanction", "due", "subsidy", "list", "person", "interest", "plan", "plans", "cancel-plan", "dates", "archive-item",
     "archive-folder", "archive", "agreement", "withdraw-record", "history"],
)  # fmt: skip
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, ["supervise", command, "--help"])
    assert result.exit_code == 0
    assert "--workspace" in result.output
