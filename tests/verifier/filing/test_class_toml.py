"""Faults in class.toml: each by its line, and all at once."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.builders.class_folder import CLASS_TOML
from tests.verifier.filing.faults import all_shown, only_fault, read
from verifier.filing import Severity
from verifier.plan import CoordinateFrame, Period, ProjectType, SessionKind, SessionMode

CHINA = ZoneInfo("Asia/Shanghai")
EVENING = """
[[session]]
id = "ev"
date = 2023-06-12
period = "evening"
starts = {starts}
ends = {ends}
hours = 1
teacher = "T01"
"""
MORE_HOURS = {"planned_hours = 8": "planned_hours = 9"}


def line_of(words: str, toml: str = CLASS_TOML) -> int:
    """The line on which words first stand."""
    return toml[: toml.index(words)].count("\n") + 1


def test_a_sound_filing_becomes_plan_values_without_a_fault(tmp_path: Path) -> None:
    """Every field arrives."""
    result = read(tmp_path)
    assert all_shown(result) == []
    assert result.class_file is not None
    training = result.class_file.training
    assert (training.number, training.agency.code) == ("YY-2023-0071", "52430900MJJ000001X")
    assert (training.project_type, training.term, training.planned_hours) == (ProjectType.SKILLS, 3, 8.0)
    assert (training.filed_on, training.approved_on) == (date(2023, 5, 29), date(2023, 6, 2))
    assert (training.venue.frame, training.venue.radius_m) == (CoordinateFrame.GCJ02, 300.0)
    morning, afternoon = training.sessions
    assert (morning.period, morning.kind, morning.mode) == (Period.MORNING, SessionKind.THEORY, SessionMode.CLASSROOM)
    assert morning.starts_at == datetime(2023, 6, 12, 8, 30, tzinfo=CHINA)
    assert afternoon.kind is SessionKind.PRACTICE
    assert afternoon.venue == training.venue


def test_a_session_elsewhere_a_camera_and_a_change_are_read(tmp_path: Path) -> None:
    """The optional tables."""
    result = read(
        tmp_path,
        replace={
            'kind = "practice"': 'kind = "practice"\nmode = "mobile"\ncamera = "cam-203"\n[session.venue]\n'
            'name = "实训楼"\nlongitude = 112.4\nlatitude = 28.6\nframe = "bd09"'
        },
        append='[[camera]]\nid = "cam-203"\nurl = "rtsp://192.168.1.20/1"\n[[change]]\nfiled_on = 2023-06-06\n'
        'what = "place"\ntakes_effect_on = 2023-06-12\napproved_on = 2023-06-08\nsessions = ["2023-06-12-pm"]\n',
    )
    assert all_shown(result) == []
    assert result.class_file is not None
    training = result.class_file.training
    assert training.sessions[0].venue == training.venue
    assert training.sessions[1].venue.name == "实训楼"
    assert training.sessions[1].venue.frame is CoordinateFrame.BD09
    assert (training.sessions[1].camera_id, training.sessions[1].mode) == ("cam-203", SessionMode.MOBILE)
    (change,) = training.changes
    assert (change.what, change.session_ids, change.approved_on) == ("place", ("2023-06-12-pm",), date(2023, 6, 8))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        pytest.param(
            'name = "益阳', 'name = 5 # "益阳', "name = ", "name of [agency] should be a text", id="a number for a text"
        ),
        pytest.param(
            'number = "YY-2023-0071"', 'number = " "', "number = ", "number of [class] is empty", id="an empty number"
        ),
        pytest.param('"skills"', '"skill"', "project_type", "skills、entrepreneurship", id="a word that is no choice"),
        pytest.param("term = 3", "term = 0", "term", "term of [class] is 0,", id="a term below one"),
        pytest.param("term = 3", "term = 2.5", "term", "should be a whole number", id="half a term"),
        pytest.param("term = 3", "term = true", "term", "should be a number", id="a truth for a number"),
        pytest.param("planned_hours = 8", "planned_hours = 0", "planned_hours", "out of range", id="no hours planned"),
        pytest.param(
            "planned_hours = 8", "planned_hours = nan", "planned_hours", "out of range", id="hours that are no number"
        ),
        pytest.param(
            "planned_hours = 8", 'planned_hours = "8"', "planned_hours", "without quotes", id="hours in quotes"
        ),
        pytest.param(
            "filed_on = 2023-05-29",
            'filed_on = "2023-05-29"',
            "filed_on",
            "a date without quotes",
            id="a date in quotes",
        ),
        pytest.param("= 2023-05-29", "= 2023-05-29T08:00:00", "filed_on", "without a time", id="a date with a time"),
        pytest.param(
            "starts = 08:30:00", 'starts = "08:30"', "starts", "time of day without quotes", id="a clock in quotes"
        ),
        pytest.param("hours = 4", "hours = 0", "\nhours", "hours of [[session]] is 0", id="a session without hours"),
        pytest.param(
            'teacher = "T01"',
            'teacher = "T09"',
            "\nteacher",
            "Add a [[teacher]] with the number T09",
            id="an unknown teacher",
        ),
        pytest.param('"2023-06-12-pm"', '"2023-06-12-am"', '"2023-06-12-pm"', "is used twice", id="a session id twice"),
        pytest.param("radius_m = 300", "radius_m = 0", "radius_m", "out of range", id="a place of no size"),
        pytest.param("longitude = 112.355129\n", "\n", "latitude", "Give both", id="latitude alone"),
        pytest.param('"gcj02"', '"gps"', "frame", "wgs84、gcj02、bd09", id="an unknown datum"),
    ],
)
def test_an_error_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: str, words: str) -> None:
    """One mistake, one error, on the line where it stands."""
    result = read(tmp_path, replace={old: new})
    errors = [
        text for fault, text in zip(result.faults, all_shown(result), strict=True) if fault.severity is Severity.ERROR
    ]
    assert result.class_file is None
    where = f"class.toml:{line_of(line.lstrip()) if not line.startswith(chr(10)) else line_of(line) + 1} "
    assert errors[0].startswith(where), (where, errors)
    assert words in errors[0]


@pytest.mark.parametrize("key", ["name", "code", "number", "project_type", "occupation", "term", "planned_hours"])
def test_a_missing_required_key_is_told_with_its_table_and_a_sample(tmp_path: Path, key: str) -> None:
    """The sample can be pasted."""
    line = next(line for line in CLASS_TOML.splitlines() if line.startswith(f"{key} ="))
    result = read(tmp_path, replace={f"{line}\n": ""})
    assert result.class_file is None
    assert any(f"lacks {key}. | Add a line such as {key} = " in text for text in all_shown(result))


@pytest.mark.parametrize("table", ["agency", "class", "venue"])
def test_a_missing_table_is_told(tmp_path: Path, table: str) -> None:
    """Its keys then land in the table above, which is told as well."""
    result = read(tmp_path, replace={f"[{table}]\n": f"[{table}x]\n"})
    texts = all_shown(result)
    assert any(f"The section [{table}] is missing" in text for text in texts)
    assert any(f"Should it be {table}?" in text for text in texts)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param('supervisor = "', 'supervisr = "', "Should it be supervisor?", id="a misspelt key"),
        pytest.param('"52430900MJJ000001X"', '"123"', "not 18 digits", id="a short credit code"),
        pytest.param(
            "planned_hours = 8",
            "planned_hours = 80",
            "80 hours are planned, but the sessions add up to 8",
            id="hours that do not add up",
        ),
        pytest.param("2023-06-02", "2023-05-02", "before the day of filing", id="approved before filed"),
        pytest.param(
            "approved_on = 2023-06-02",
            "approved_on = 2023-06-13",
            "after the first session",
            id="approved after the start",
        ),
        pytest.param("approved_on = 2023-06-02\n", "\n", "counts as having no day of approval", id="never approved"),
        pytest.param('frame = "gcj02"\n', "\n", "gcj02 (AMap, Tencent maps) is assumed", id="no datum"),
        pytest.param("112.355129", "2.3522", "not in China", id="coordinates abroad"),
        pytest.param("ends = 11:50:00", "ends = 11:00:00", "there are only 150", id="hours that do not fit"),
        pytest.param(
            '"morning"', '"evening"', "begins at 08:30, but its period is evening", id="a period that cannot be"
        ),
        pytest.param("14:00:00", "11:49:00", "overlap", id="sessions that overlap"),
        pytest.param('teacher = "T01"\nkind', "kind", "names no teacher", id="a session without a teacher"),
    ],
)
def test_what_the_law_judges_is_a_warning_and_loads(tmp_path: Path, old: str, new: str, words: str) -> None:
    """The reader does not decide what an odd filing means."""
    text = only_fault(read(tmp_path, replace={old: new}))
    assert " warning " in text
    assert words in text


@pytest.mark.parametrize(
    ("starts", "ends", "severity", "words"),
    [
        pytest.param("19:00:00", "01:00:00", "warning", "2023-06-13 01:00", id="six hours across midnight"),
        pytest.param("19:00:00", "00:00:00", "warning", "2023-06-13 00:00", id="until midnight"),
        pytest.param("19:00:00", "01:00:01", "error", "at most 6 hours", id="a second more than six hours"),
        pytest.param(
            "19:00:00", "19:00:00", "error", "The end 19:00 is not after the start 19:00", id="no time at all"
        ),
    ],
)
def test_an_evening_may_run_past_midnight_a_little(
    tmp_path: Path, starts: str, ends: str, severity: str, words: str
) -> None:
    """Longer than six hours the end is a typing mistake."""
    result = read(tmp_path, replace=MORE_HOURS, append=EVENING.format(starts=starts, ends=ends))
    faults = [text for text in all_shown(result) if ":" in text and f" {severity} " in text]
    assert any(words in text for text in faults), all_shown(result)
    assert (result.class_file is None) == (severity == "error")
    if result.class_file is not None:
        evening = result.class_file.training.session("ev")
        assert evening.ends_at.date() == date(2023, 6, 13)
        assert evening.day == date(2023, 6, 12)


def test_a_morning_never_runs_past_midnight(tmp_path: Path) -> None:
    """Ends before starts is a typing mistake there."""
    text = only_fault(
        read(tmp_path, replace={"ends = 11:50:00": "ends = 01:50:00", "planned_hours = 8": "planned_hours = 4"})
    )
    assert text.startswith(f"class.toml:{line_of('ends = 11:50')} error The end 01:50 is not after the start 08:30")


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [("28.570066", "112.355129"), ("43.8", "87.6")],
    ids=["Yiyang, outside of what is possible", "Ürümqi, possible but in the Arctic"],
)
def test_swapped_coordinates_are_told_as_swapped(tmp_path: Path, longitude: str, latitude: str) -> None:
    """With the values in the right order, to be copied."""
    text = only_fault(read(tmp_path, replace={"112.355129": longitude, "28.570066": latitude}))
    assert text.startswith("class.toml:")
    assert f"write longitude = {latitude}, latitude = {longitude}" in text


def test_zero_zero_is_no_place(tmp_path: Path) -> None:
    """It is what apps write when they had no fix."""
    assert "not valid" in only_fault(read(tmp_path, replace={"112.355129": "0.0", "28.570066": "0.0"}))


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("rtsp://admin:geheim123@192.168.1.20/1", id="before the host"),
        pytest.param("rtsp://admin@192.168.1.20/1", id="a user alone"),
        pytest.param("http://192.168.1.20/snap.jpg?user=admin&pwd=geheim123", id="in the query"),
        pytest.param("rtsp://192.168.1.20/user=admin_password=geheim123_channel=1", id="in the path"),
    ],
)
def test_credentials_in_a_camera_url_are_an_error_and_never_shown(tmp_path: Path, url: str) -> None:
    """They come from a secret, not from this file."""
    result = read(tmp_path, append=f'[[camera]]\nid = "c"\nurl = "{url}"\n')
    text = only_fault(result)
    assert text.startswith(f"class.toml:{CLASS_TOML.count(chr(10)) + 3} error The camera's address holds")
    assert "geheim123" not in text + repr(result.faults)
    assert "admin" not in text


@pytest.mark.parametrize("url", ["gopher://x/1", "rtsp://[::1/1"], ids=["another protocol", "a broken address"])
def test_a_camera_url_that_cannot_work_is_an_error(tmp_path: Path, url: str) -> None:
    """Told without repeating it."""
    text = only_fault(read(tmp_path, append=f'[[camera]]\nid = "c"\nurl = "{url}"\n'))
    assert "camera's address" in text
    assert url not in text


def test_an_unknown_camera_and_an_unknown_session_of_a_change_are_errors(tmp_path: Path) -> None:
    """References are checked in every table, and both are told."""
    result = read(
        tmp_path,
        replace={'kind = "practice"': 'camera = "cam-9"'},
        append='[[change]]\nfiled_on = 2023-06-06\nwhat = "time"\ntakes_effect_on = 2023-06-12\nsessions = ["x"]\n',
    )
    texts = all_shown(result)
    assert [text.split(" | ")[0].split(" error ")[1] for text in texts] == [
        "Camera cam-9 is not listed.",
        "The change names a session x that does not exist.",
    ]


def test_repeated_tables_written_as_one_are_told_with_brackets(tmp_path: Path) -> None:
    """[teacher] in place of [[teacher]]."""
    texts = all_shown(read(tmp_path, replace={"[[teacher]]": "[teacher]"}))
    assert any("Use double brackets, a section for each: [[teacher]]." in text for text in texts)


def test_a_class_without_sessions_or_teachers_is_told(tmp_path: Path) -> None:
    """A filing says when and by whom."""
    toml = CLASS_TOML[: CLASS_TOML.index("[[teacher]]")]
    texts = all_shown(
        read(tmp_path, files={"class.toml": toml, "photos.csv": None, "leave.csv": None, "teachers/T01.jpg": None})
    )
    assert any("There is no session." in text for text in texts)
    assert any("No teacher is filed." in text for text in texts)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Nobody should have to import seven times to find seven mistakes."""
    result = read(
        tmp_path,
        replace={
            'code = "52430900MJJ000001X"\n': "",
            "term = 3": "term = -1",
            "starts = 08:30:00": 'starts = "08:30"',
            "ends = 17:20:00": "ends = 13:20:00",
        },
        files={"roster.csv": "学号,姓名\nS01,\nS01,李四\n", "photos.csv": "文件,课次\nz.jpg,nie\n", "leave.csv": None},
    )
    errors = [text.split(" error ")[0] for text in all_shown(result) if " error " in text]
    assert [place.split(":")[0] for place in errors] == ["class.toml"] * 4 + ["photos.csv"] * 2 + ["roster.csv"] * 2


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        pytest.param('[class]\nname = "x\n', 2, id="a quote that is not closed"),
        pytest.param("[class]\n\nterm = 3\nterm = 4\n", 4, id="a key twice"),
        pytest.param("[class]\nsessions = [1,\n2\n", 3, id="a bracket that is not closed"),
        pytest.param("[class]\nfiled_on = 2023-13-01\n", 2, id="a month that is none"),
    ],
)
def test_a_syntax_error_is_told_with_its_line(tmp_path: Path, toml: str, line: int) -> None:
    """And nothing else is guessed about the file, while the other files are still read."""
    result = read(tmp_path, files={"class.toml": toml, "roster.csv": "学号,姓名\nS01,\n"})
    texts = all_shown(result)
    assert texts[0].startswith(f"class.toml:{line} error This is no valid TOML")
    assert any(text.startswith("roster.csv:2 error") for text in texts)
    assert not any("photos.csv" in text for text in texts)


def test_clocks_without_seconds_are_understood(tmp_path: Path) -> None:
    """Everybody writes them so, and TOML 1.1 allows it."""
    assert all_shown(read(tmp_path, replace={"08:30:00": "08:30", "11:50:00": "11:50  # 午饭"})) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_what_notepad_saves_is_understood(tmp_path: Path, encoding: str) -> None:
    """TOML is UTF-8; office programs do not know."""
    result = read(tmp_path, files={"class.toml": CLASS_TOML.replace("\n", "\r\n").encode(encoding)})
    assert all_shown(result) == []
    assert result.class_file is not None
    assert result.class_file.training.occupation == "中式面点师"
