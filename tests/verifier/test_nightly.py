"""The night: what it closes, what it leaves, what late evidence changes, and that nothing else does."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from tests.builders.night import (
    copy_workspace,
    differences,
    findings_of,
    keep_looks,
    load,
    night,
    presences_of,
    read_table,
    records_of,
    run_verifier,
    session_of,
    settings_for,
    start_verifier,
    write_table,
)
from tests.verifier.conftest import DemoNight
from verifier.one_at_a_time import AlreadyRunningError, hold_turn
from verifier.records.database import open_database
from verifier.records.matters import read_cases, read_violations
from verifier.records.nights import read_nights

STRANGER_MORNING = "2023-06-14-am"


def states_of(workspace: Path) -> dict[str, str]:
    """Kind or clause of every case and violation → its state."""
    settings = settings_for(workspace)
    database = open_database(settings.database, settings.data_key_bytes())
    try:
        with database.reading() as tx:
            return {each.kind: each.state for each in read_cases(tx)} | {
                each.rule: each.state for each in read_violations(tx)
            }
    finally:
        database.close()


def lapse_reasons(workspace: Path) -> list[str]:
    """The templates of why cases and violations lapsed."""
    rows = [row for table in records_of(workspace).values() for row in table]
    return [row["lapse_reason"]["template"] for row in rows if row.get("lapse_reason")]


def a_class_of_its_own(source: Path, workspace: Path, without: tuple[str, ...]) -> Path:
    """A workspace with the demo's class folder less some files, nothing imported yet."""
    shutil.copytree(
        source / "class", workspace / "class", ignore=lambda _, names: [one for one in names if one in without]
    )
    return workspace


def runs_by_session(workspace: Path) -> dict[str, int]:
    """Session id → how often it was closed; "" for what belongs to no session."""
    dump = records_of(workspace)
    codes = {row["id"]: row["code"] for row in dump["session"]}
    return {codes.get(row["session_id"], ""): row["ordinal"] for row in dump["run"] if row["is_current"]}


def test_missed_nights_are_caught_up(demo_night: DemoNight) -> None:
    """Only the night after the last day ran, and every session of the three days is closed."""
    assert set(runs_by_session(demo_night.workspace)) == {
        f"2023-06-{day}-{half}" for day in (12, 13, 14) for half in ("am", "pm")
    } | {""}


def test_a_night_closes_its_day_and_earlier_ones_and_no_later_one(demo_imported: Path, tmp_path: Path) -> None:
    workspace = copy_workspace(demo_imported, tmp_path / "ws")
    first = night(workspace, "2023-06-12").answer
    assert [session["id"] for session in first["sessions"]] == ["2023-06-12-am", "2023-06-12-pm"]
    assert all(session["closed"] for session in first["sessions"])
    assert first["night"]["closed"] == 2
    assert first["night"]["looked"] == 14  # all that is new, also of days that are not closed yet

    second = night(workspace, "2023-06-14").answer
    assert [session["date"] for session in second["sessions"]] == ["2023-06-13"] * 2 + ["2023-06-14"] * 2
    assert second["since"] == "2023-06-13", "without --since the answer covers the days that this night closed"

    again = night(workspace, "2023-06-14", since="2023-06-12").answer
    assert len(again["sessions"]) == 6
    assert (again["night"]["looked"], again["night"]["closed"]) == (0, 0)
    assert "violation:13(1)(7)" in {f"violation:{item['rule']}" for item in again["violations"]}


def test_an_earlier_date_takes_nothing_back(workspace: Path) -> None:
    before, records = states_of(workspace), records_of(workspace)
    assert before["13(1)(7)"] == "proposed"
    night(workspace, "2023-06-12")
    assert states_of(workspace) == before
    assert differences(records_of(workspace), records) == []


def test_a_night_that_is_repeated_writes_nothing(workspace: Path) -> None:
    before = records_of(workspace)
    answer = night(workspace).answer
    assert (answer["night"]["looked"], answer["night"]["closed"]) == (0, 0)
    assert differences(records_of(workspace), before) == []


def test_a_session_that_is_not_over_is_left_open_and_named(demo_imported: Path, tmp_path: Path) -> None:
    """At 15:00 of the third day its morning is over, its afternoon is not."""
    workspace = a_class_of_its_own(
        demo_imported, tmp_path / "ws", without=("photos", "photos.csv", "faces", "teachers")
    )
    load(workspace / "class", workspace)
    now = datetime(2023, 6, 14, 7, 0, tzinfo=UTC)
    answer = night(workspace, "2023-06-14", since="2023-06-14", now=now).answer
    assert [(session["id"], session["closed"]) for session in answer["sessions"]] == [
        ("2023-06-14-am", True),
        ("2023-06-14-pm", False),
    ]
    assert [item["session"] for item in answer["not_closed"]] == ["2023-06-14-pm"]
    assert "2023-06-14 17:50" in answer["not_closed"][0]["reason"]
    assert session_of(answer, "2023-06-14-pm")["students"] == []


@pytest.mark.parametrize(("wait_s", "closed"), [(6_599, True), (6_601, False)], ids=["a second over", "a second short"])
def test_a_session_waits_for_late_uploads_as_long_as_the_setting_says(
    demo_night: DemoNight, tmp_path: Path, wait_s: float, closed: bool
) -> None:
    """The last session ends at 17:50; at 19:40 it is 6,600 s over."""
    workspace = copy_workspace(demo_night.workspace, tmp_path / "ws")
    text = (workspace / "class" / "class.toml").read_text(encoding="utf-8")
    renamed = text.replace("DEMO-2023-0001", "DEMO-2023-0002")
    (workspace / "class" / "class.toml").write_text(renamed, encoding="utf-8")
    assert load(workspace / "class", workspace).loaded
    now = datetime(2023, 6, 14, 11, 40, tzinfo=UTC)
    answer = night(workspace, "2023-06-14", since="2023-06-14", now=now, close_after_s=wait_s).answer
    late = [each for each in answer["sessions"] if each["id"] == "2023-06-14-pm" and each["class"] == "DEMO-2023-0002"]
    assert [each["closed"] for each in late] == [closed]


def test_a_late_photo_judges_only_its_session_anew(workspace: Path) -> None:
    folder = workspace / "class"
    rows = read_table(folder / "photos.csv")
    # The second photo of the first morning, handed in once more for the afternoon that had none.
    shutil.copy(folder / "photos/2023-06-12/上午-后.jpg", folder / "photos/2023-06-12/下午-后.jpg")
    row = ["photos/2023-06-12/下午-后.jpg", "2023-06-13T20:00:00+08:00", "2023-06-12-pm", "back"]
    write_table(folder / "photos.csv", [*rows, row])
    before = runs_by_session(workspace)
    assert load(folder, workspace).loaded
    answer = night(workspace, since="2023-06-12").answer
    after = runs_by_session(workspace)
    assert answer["night"]["looked"] == 0, "the same bytes were looked at already"
    assert after["2023-06-12-pm"] == before["2023-06-12-pm"] + 1
    # Sessions with shots of the same moment are told of one more; those with others are left alone.
    untouched = {"2023-06-13-pm", STRANGER_MORNING}
    assert {name for name in untouched if after[name] != before[name]} == set()
    reused = findings_of(answer, "2023-06-12/下午-后.jpg")["photo.reuse"]
    assert reused["outcome"] == "failed"
    assert "2023-06-12/上午-后.jpg" in reused["reason"]
    assert session_of(answer, "2023-06-12-pm")["outcome"] != "passed"


def test_a_late_leave_lets_the_undecided_case_lapse_with_its_reason(workspace: Path) -> None:
    before, runs = states_of(workspace), runs_by_session(workspace)
    assert (before["impersonation"], before["13(1)(7)"]) == ("proposed", "proposed")
    leave = f"student_no,session,reason,approved_by\nS04,{STRANGER_MORNING},生病,李老师\n"
    (workspace / "class" / "leave.csv").write_text(leave, encoding="utf-8")
    assert load(workspace / "class", workspace).loaded
    answer = night(workspace, since="2023-06-14").answer
    session = session_of(answer, STRANGER_MORNING)
    assert presences_of(session)["S04"] == "leave"
    assert (session["expected"], session["present"], session["rate"]) == (3, 3, 1.0)
    after = states_of(workspace)
    assert (after["impersonation"], after["13(1)(7)"]) == ("lapsed", "proposed")
    assert lapse_reasons(workspace)
    assert all("不再得出此项" in reason for reason in lapse_reasons(workspace))
    assert {name for name, count in runs_by_session(workspace).items() if count != runs[name]} == {STRANGER_MORNING, ""}
    assert "case:impersonation" not in {f"case:{case['kind']}" for case in answer["cases"]}


def test_late_sign_ins_judge_only_their_session_anew(workspace: Path) -> None:
    """S02's own morning sign-in comes a day late, from a second phone."""
    rows = read_table(workspace / "class" / "signins.csv")
    write_table(workspace / "class" / "signins.csv", [*rows, ["S02", "2023-06-13T08:29:00+08:00", "paper", "", "", ""]])
    before = runs_by_session(workspace)
    assert load(workspace / "class", workspace).loaded
    night(workspace)
    assert {name for name, count in runs_by_session(workspace).items() if count != before[name]} == {
        "2023-06-13-am",
        "",
    }


def test_a_class_without_any_sign_in_list_is_unsure_about_sign_ins_and_accuses_nobody(
    demo_imported: Path, tmp_path: Path
) -> None:
    workspace = a_class_of_its_own(demo_imported, tmp_path / "ws", without=("signins.csv",))
    for photo in (workspace / "class" / "photos").rglob("*.jpg"):
        if photo.parent.name != "2023-06-14":
            photo.unlink()
    rows = read_table(workspace / "class" / "photos.csv")
    write_table(
        workspace / "class" / "photos.csv", [row for row in rows if "/2023-06-14/" in row[0] or row[0] == "file"]
    )
    assert load(workspace / "class", workspace).loaded
    answer = night(workspace, since="2023-06-12").answer
    session = session_of(answer, STRANGER_MORNING)
    signed = next(finding for finding in session["findings"] if finding["check"] == "session.signins")
    assert signed["outcome"] == "unsure"
    assert presences_of(session)["S04"] == "absent", "every face could be read, and none is S04's"
    assert [case["kind"] for case in answer["cases"] if case["kind"] == "impersonation"] == []


def test_a_class_with_sign_ins_only_is_unsure_about_everybody(demo_imported: Path, tmp_path: Path) -> None:
    workspace = a_class_of_its_own(demo_imported, tmp_path / "ws", without=("photos", "photos.csv"))
    assert load(workspace / "class", workspace).loaded
    answer = night(workspace, since="2023-06-12").answer
    assert answer["photos"] == []
    for session in answer["sessions"]:
        assert set(presences_of(session).values()) == {"unsure"}
        reports = next(finding for finding in session["findings"] if finding["check"] == "session.reports")
        assert reports["outcome"] == "failed"
    assert [case["kind"] for case in answer["cases"]] == []
    assert "13(1)(4)" not in {item["rule"] for item in answer["violations"]}, "nobody was shown to be absent"


def test_a_student_without_an_enrolment_photo_is_unsure_and_never_absent(workspace: Path) -> None:
    (workspace / "class" / "faces" / "S02.jpg").unlink()
    assert load(workspace / "class", workspace).loaded
    answer = night(workspace, since="2023-06-12").answer
    seen = {presences_of(session).get("S02") for session in answer["sessions"]}
    assert seen == {"unsure"}
    assert "S02" not in {case["student_no"] for case in answer["cases"]}


def test_a_refused_enrolment_picture_is_named_with_what_to_do(workspace: Path) -> None:
    faces = workspace / "class" / "faces"
    Image.new("RGB", (600, 800), "lightgrey").save(faces / "S02.jpg")
    assert load(workspace / "class", workspace).loaded
    answer = night(workspace, since="2023-06-12").answer
    (refused,) = answer["enrolment"]
    assert (refused["student_no"], refused["teacher_number"], refused["code"]) == ("S02", None, "no_face")
    assert "请重新拍" in refused["reason"]
    assert {presences_of(session).get("S02") for session in answer["sessions"]} == {"unsure"}


def test_missing_and_damaged_evidence_is_not_run_and_is_looked_at_when_it_is_back(
    demo_imported: Path, demo_night: DemoNight, tmp_path: Path
) -> None:
    workspace = copy_workspace(demo_imported, tmp_path / "ws")
    kept = sorted(path for path in (workspace / "evidence").rglob("*") if path.is_file() and len(path.name) == 64)
    photos = {row["sha256"] for row in records_of(workspace)["submission"]}
    missing, damaged = (path for path in [path for path in kept if path.name in photos][:2])
    bytes_of = {path: path.read_bytes() for path in (missing, damaged)}
    missing.unlink()
    damaged.chmod(0o600)
    damaged.write_bytes(b"x" + bytes_of[damaged])
    answer = night(workspace, since="2023-06-12").answer
    bad = [photo for photo in answer["photos"] if photo["sha256"] in (missing.name, damaged.name)]
    assert bad
    for photo in bad:
        decodes = next(finding for finding in photo["findings"] if finding["check"] == "photo.decodes")
        assert (decodes["outcome"], photo["outcome"]) == ("not_run", "not_run")
        assert photo["file"] in decodes["reason"]
    assert answer["night"]["cut_off"] == 2
    for path, content in bytes_of.items():
        path.write_bytes(content)
    repaired = night(workspace, since="2023-06-12").answer
    assert repaired["night"]["looked"] == 2
    assert "not_run" not in {photo["outcome"] for photo in repaired["photos"]}
    wanted = night(demo_night.workspace, since="2023-06-12").answer
    assert [photo["outcome"] for photo in repaired["photos"]] == [photo["outcome"] for photo in wanted["photos"]]


def test_a_portrait_that_we_cannot_read_blames_nobody_and_is_read_when_it_is_back(
    demo_imported: Path, demo_night: DemoNight, tmp_path: Path
) -> None:
    """The teacher's portrait: without it the teacher would be a stranger in every photo, for a fault that is ours."""
    workspace = copy_workspace(demo_imported, tmp_path / "ws")
    (portrait,) = {row["sha256"] for row in records_of(workspace)["teacher_photo"]}
    keep_looks(demo_night.workspace, workspace, without=[portrait])
    (kept,) = (workspace / "evidence").rglob(portrait)
    content = kept.read_bytes()
    kept.unlink()
    answer = night(workspace, since="2023-06-12").answer
    assert {face["state"] for photo in answer["photos"] for face in photo["faces"]} <= {"matched", "unreadable"}
    teachers = [one for photo in answer["photos"] for one in photo["findings"] if one["check"] == "photo.teacher"]
    assert "not_run" in {finding["outcome"] for finding in teachers}
    assert all("系统未能读取" in one["reason"] for one in teachers if one["outcome"] == "not_run")
    assert [case for case in answer["cases"] if case["kind"] == "impersonation"] == []
    kept.write_bytes(content)
    repaired = night(workspace, since="2023-06-12").answer
    wanted = night(demo_night.workspace, since="2023-06-12").answer
    assert repaired["photos"] == wanted["photos"]
    assert [case["reason"] for case in repaired["cases"]] == [case["reason"] for case in wanted["cases"]]


def test_two_nights_at_once_are_one_night(workspace: Path) -> None:
    settings = settings_for(workspace)
    database = open_database(settings.database, settings.data_key_bytes())
    try:
        with hold_turn(database, "night"):
            with pytest.raises(AlreadyRunningError, match="another night"):
                night(workspace)
            ran = run_verifier("nightly", "--workspace", workspace)
            assert (ran.status, ran.stdout) == (1, "")
            assert "another night" in ran.stderr
            assert "Traceback" not in ran.stderr
        night(workspace)
    finally:
        database.close()


def test_the_machine_s_own_time_zone_changes_nothing(demo_night: DemoNight, workspace: Path) -> None:
    """Everything but the looks is done again in New York, where it is another day; the records must be the same."""
    fresh = workspace.parent / "new-york"
    shutil.copytree(workspace / "class", fresh / "class")
    shutil.copy(workspace / "data.key", fresh / "data.key")
    for arguments in (("import", fresh / "class"), ("nightly", "--date", "2023-06-14")):
        ran = run_verifier(*arguments, "--workspace", fresh, TZ="America/New_York")
        assert ran.status == 0, ran.stderr
        if arguments[0] == "import":
            keep_looks(workspace, fresh)
    assert differences(records_of(fresh), records_of(demo_night.workspace)) == []


def test_the_zone_of_the_settings_is_the_one_in_which_timetables_are_read(demo_imported: Path, tmp_path: Path) -> None:
    workspace = a_class_of_its_own(
        demo_imported, tmp_path / "ws", without=("photos", "photos.csv", "faces", "teachers")
    )
    for arguments in (("import", workspace / "class"), ("nightly", "--date", "2023-06-14", "--json")):
        ran = run_verifier(*arguments, "--workspace", workspace, VERIFIER_TIMEZONE="Asia/Urumqi")
        assert ran.status == 0, ran.stderr
    assert {session["starts_at"][-6:] for session in ran.json()["sessions"]} == {"+06:00"}


def test_a_night_without_any_class_says_so_and_ends_well(tmp_path: Path) -> None:
    answer = night(tmp_path / "new", day=None).answer
    assert (answer["sessions"], answer["photos"], answer["night"]["closed"]) == ([], [], 0)


def test_a_started_night_keeps_others_out_until_it_is_killed(demo_imported: Path, tmp_path: Path) -> None:
    workspace = copy_workspace(demo_imported, tmp_path / "ws")
    running = start_verifier("nightly", "--date", "2023-06-14", "--workspace", workspace)
    gives_up = time.monotonic() + 90
    while not states_of_nights(workspace) and running.poll() is None and time.monotonic() < gives_up:
        time.sleep(0.1)
    assert states_of_nights(workspace) == ["running"]
    with pytest.raises(AlreadyRunningError):
        night(workspace)
    running.kill()
    running.wait(30)
    settings = settings_for(workspace)
    database = open_database(settings.database, settings.data_key_bytes())
    try:
        with hold_turn(database, "night"):
            pass  # nobody had to clean up after it
    finally:
        database.close()


def states_of_nights(workspace: Path) -> list[str]:
    """How the nights on record stand, newest first."""
    settings = settings_for(workspace)
    database = open_database(settings.database, settings.data_key_bytes())
    try:
        with database.reading() as tx:
            return [each.state for each in read_nights(tx)]
    finally:
        database.close()
