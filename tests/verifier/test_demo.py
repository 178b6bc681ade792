"""The newcomer's first command: everything planted is found, nothing else is held against anybody."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.builders.night import DEMO_DAYS, differences, records_of, run_verifier, settings_for
from tests.verifier.conftest import DemoNight
from verifier.demo.make_class import Plant, make_demo_class
from verifier.demo.run import list_failures, run_demo
from verifier.nightly import run_night
from verifier.records.database import open_database
from verifier.records.matters import read_cases
from verifier.regulation.policy import load_policy
from verifier.review_matter import view_matter


def test_every_planted_fault_is_found_and_nothing_else_fails(demo_night: DemoNight) -> None:
    assert demo_night.all_found, demo_night.printed
    assert demo_night.printed.count("已发现") == 5
    assert "未发现" not in demo_night.printed


def test_it_says_that_enrolment_and_class_pictures_are_of_the_same_photo(demo_night: DemoNight) -> None:
    assert "登记照与课堂照片取自同一张合影" in demo_night.printed.replace("\n", "")


def test_the_night_finds_the_plants_by_the_contract_of_its_answer(
    demo_night: DemoNight, demo_plants: tuple[Plant, ...]
) -> None:
    answer = run_night(settings_for(demo_night.workspace), DEMO_DAYS[-1], DEMO_DAYS[0]).answer
    failures = list_failures(answer)
    for plant in demo_plants:
        assert (plant.subject, plant.check) in failures
        failures.discard((plant.subject, plant.check))
        failures -= set(plant.follows)
    assert failures == set()


def test_the_seat_filler_is_a_case_without_a_name_and_people_compare_the_candidate(demo_night: DemoNight) -> None:
    """Four students and three complete reports before carry no name; the inspector still sees whose seat it may be."""
    settings = settings_for(demo_night.workspace)
    policy = load_policy(settings.policy)
    database = open_database(settings.database, settings.data_key_bytes())
    try:
        with database.reading() as tx:
            (case,) = [each for each in read_cases(tx) if each.kind == "impersonation"]
            view = view_matter(tx, settings, policy, case.id, datetime(2023, 6, 15, tzinfo=UTC))
    finally:
        database.close()
    assert (case.student_no, case.candidates, case.subject) == (None, ("S04",), "S04")
    assert {portrait.number for portrait in view.portraits} == {"S04"}
    assert view.score is not None
    assert view.score < 0.3
    assert [sign_in.at.date().isoformat() for sign_in in view.sign_ins] == ["2023-06-14"] * 2


def test_a_second_run_on_the_same_workspace_changes_nothing(workspace: Path) -> None:
    before = records_of(workspace)
    evidence = sorted((path, path.stat().st_mtime_ns) for path in (workspace / "evidence").rglob("*"))
    assert run_demo(settings_for(workspace), Console(file=StringIO()))
    assert differences(records_of(workspace), before) == []
    assert sorted((path, path.stat().st_mtime_ns) for path in (workspace / "evidence").rglob("*")) == evidence


def test_the_class_folder_is_drawn_equal_to_the_last_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_demo_class(tmp_path / name)
    files = {
        name: {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in ("one", "two")
    }
    assert files["one"] == files["two"]


def test_report_workbook_and_annotated_photos_stand_where_it_says(demo_night: DemoNight) -> None:
    reports = demo_night.workspace / "reports" / "2023-06-14"
    assert (reports / "night.xlsx").stat().st_size > 5_000
    assert "2023-06-14" in next(reports.glob("*.html")).read_text(encoding="utf-8")
    assert len(list((demo_night.workspace / "annotated").glob("*.jpg"))) == 10


@pytest.mark.slow
def test_the_command_ends_with_status_0_and_without_serving(tmp_path: Path) -> None:
    ran = run_verifier("demo", "--no-serve", cwd=tmp_path, VERIFIER_LANGUAGE="en")
    assert ran.status == 0, ran.stderr
    assert (tmp_path / "verifier-demo" / "reports").is_dir()
    assert "Traceback" not in ran.stderr
