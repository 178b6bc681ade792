"""A class is judged anew when a deadline passes, a record or another law comes, and on no other night. Nights without pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.builders.night import differences, night, records_of, settings_for
from tests.builders.plan import a_class_file, a_session, a_sign_in, a_training_class, students
from tests.builders.shared import PROJECT
from verifier.plan import ClassFile, Period, SignIn
from verifier.records.class_facts import list_closed_sessions
from verifier.records.database import Database, open_database
from verifier.records.filing import save_class_file
from verifier.records.office import save_person, save_person_record
from verifier.records.tables.base import make_id
from verifier.records.tables.finding import FindingRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.supervision import ClassClosingRow
from verifier.records.tables.user import UserRow

NUMBER = "YY-2023-0071"
DAY = date(2023, 6, 12)
NOW = datetime(2023, 6, 20, tzinfo=UTC)
CITY = PROJECT / "tests" / "verifier" / "regulation" / "hengshui-2030-1.toml"


def opened(workspace: Path) -> Database:
    settings = settings_for(workspace)
    return open_database(settings.database, settings.data_key_bytes())


def file_class(workspace: Path, class_file: ClassFile) -> None:
    database = opened(workspace)
    with database.transaction() as tx:
        save_class_file(tx, class_file)
    database.close()


def change(workspace: Path, **columns: Any) -> None:
    """What an office writes down about the end of the class."""
    database = opened(workspace)
    with database.transaction() as tx:
        save_person(tx, "li", "李检查员", "inspector")
        by = tx.scalar(select(UserRow.id).where(UserRow.login == "li"))
        tx.merge(ClassClosingRow(class_id=make_id("class", NUMBER), changed_by=by, examined=[], **columns))
    database.close()


def class_runs(workspace: Path) -> int:
    """How often the class as a whole was judged."""
    database = opened(workspace)
    with database.reading() as tx:
        rows = tx.scalars(select(RunRow).where(RunRow.session_id.is_(None), RunRow.is_city.is_(False))).all()
    database.close()
    return len(rows)


def outcome_of(workspace: Path, code: str) -> str | None:
    database = opened(workspace)
    with database.reading() as tx:
        found = tx.scalar(
            select(FindingRow.outcome)
            .join(RunRow, RunRow.id == FindingRow.run_id)
            .where(RunRow.is_current, FindingRow.check_id == f"rule.{code}")
        )
    database.close()
    return found


def a_signed_class(day: date = DAY, sign_ins: tuple[SignIn, ...] = ()) -> ClassFile:
    """Two sessions of one day, signed, without a photo."""
    plan = (a_session(day=day), a_session(day=day, period=Period.AFTERNOON))
    return a_class_file(
        training=a_training_class(sessions=plan, students=students(5), planned_hours=8), submissions=(),
        sign_ins=sign_ins or tuple(a_sign_in(f"S{n:02}", "08:22", day=day) for n in range(1, 4)),
    )  # fmt: skip


def judge(workspace: Path, day: date, now: datetime | None = None, **changes: Any) -> dict[str, Any]:
    two_days_later = datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=2)
    return night(workspace, day.isoformat(), now=now or two_days_later, **changes).answer


def test_a_later_night_judges_a_class_anew_when_a_deadline_has_passed_and_on_no_other(tmp_path: Path) -> None:
    file_class(tmp_path, a_signed_class())
    change(tmp_path, certified_on=date(2023, 6, 30))
    judge(tmp_path, DAY)
    runs = class_runs(tmp_path)
    judge(tmp_path, DAY + timedelta(days=1))  # the class is over since yesterday: duties are overdue
    assert class_runs(tmp_path) == runs + 1
    for day in (date(2023, 7, 1), date(2023, 8, 30)):  # 30 August is the last day to apply
        judge(tmp_path, day)
        assert class_runs(tmp_path) == runs + 1
    judge(tmp_path, date(2023, 8, 31))
    assert class_runs(tmp_path) == runs + 2


def test_the_same_night_again_and_an_earlier_one_change_nothing(tmp_path: Path) -> None:
    file_class(tmp_path, a_signed_class())
    judge(tmp_path, DAY)
    judge(tmp_path, date(2023, 8, 31))
    before = records_of(tmp_path)
    judge(tmp_path, date(2023, 8, 31))
    judge(tmp_path, DAY, now=datetime(2023, 9, 2, tzinfo=UTC))
    assert differences(before, records_of(tmp_path)) == []


def test_a_night_for_a_day_to_come_lets_no_deadline_pass(tmp_path: Path) -> None:
    file_class(tmp_path, a_signed_class())
    change(tmp_path, certified_on=date(2023, 6, 13))
    judge(tmp_path, date(2023, 6, 15), now=NOW)
    before = records_of(tmp_path)
    judge(tmp_path, date(2024, 1, 1), now=NOW - timedelta(hours=1))
    assert differences(before, records_of(tmp_path)) == []


def test_what_people_record_is_judged_though_no_session_is_over_and_no_photo_came(tmp_path: Path) -> None:
    file_class(tmp_path, a_signed_class(day=date(2023, 7, 10)))
    judge(tmp_path, DAY)
    assert class_runs(tmp_path) == 0
    database = opened(tmp_path)
    with database.transaction() as tx:
        save_person(tx, "li", "李检查员", "inspector")
        save_person_record(tx, "textbooks_or_stations_missing", DAY, "li", "没有教材", class_number=NUMBER)
    database.close()
    answer = judge(tmp_path, DAY)
    assert answer["sessions"] == []  # it is not taught yet
    assert outcome_of(tmp_path, "textbooks_or_stations_missing") == "failed"
    before = records_of(tmp_path)
    judge(tmp_path, DAY + timedelta(days=1))
    assert differences(before, records_of(tmp_path)) == []


@pytest.mark.parametrize(
    ("clock", "outcome"),
    [
        pytest.param("12:25", "failed", id="three students sign half an hour after the session"),
        pytest.param("12:19", "passed", id="while leaving"),
    ],
)
def test_signing_afterwards_is_seen_by_the_night(tmp_path: Path, clock: str, outcome: str) -> None:
    late = tuple(replace(a_sign_in(f"S{n:02}", clock), device=f"phone-{n}") for n in range(1, 4))
    file_class(tmp_path, a_signed_class(sign_ins=late))
    judge(tmp_path, DAY)
    assert outcome_of(tmp_path, "sign_in_for_show") == outcome


@pytest.mark.parametrize(
    ("shared", "outcome"),
    [pytest.param((), "failed", id="a phone"), pytest.param(("gate",), "passed", id="a filed terminal")],
)
def test_one_device_signing_many_is_no_accusation_where_it_is_a_filed_terminal(
    tmp_path: Path, shared: tuple[str, ...], outcome: str
) -> None:
    burst = tuple(replace(a_sign_in(f"S{n:02}", f"08:20:{n:02}"), device="gate") for n in range(1, 6))
    file = a_signed_class(sign_ins=burst)
    file_class(tmp_path, replace(file, training=replace(file.training, shared_devices=shared)))
    judge(tmp_path, DAY)
    assert outcome_of(tmp_path, "sign_in_for_show") == outcome
    # The terminal filed later is late evidence: the proposal lapses, with its reason.
    file_class(tmp_path, replace(file, training=replace(file.training, shared_devices=("gate",))))
    answer = judge(tmp_path, DAY)
    assert outcome_of(tmp_path, "sign_in_for_show") == "passed"
    assert [each["code"] for each in answer["violations"]] == ["reports_missing_7_hours"]
    assert answer["night"]["closed"] == 0  # no session answers otherwise for it


def test_another_city_s_law_judges_a_whole_night_and_every_finding_names_it(tmp_path: Path) -> None:
    day = date(2030, 3, 4)
    file_class(tmp_path, a_signed_class(day=day))
    answer = judge(tmp_path, day, policy=str(CITY))
    assert answer["versions"]["policy"].startswith("hengshui-2030-1@")
    assert answer["students"][0]["eligibility"] is None  # that city asks for no share of hours
    assert outcome_of(tmp_path, "attendance_below_90_percent") == "unsure"  # its own clause: no photo came
    assert outcome_of(tmp_path, "unapproved_class") is None
    database = opened(tmp_path)
    with database.reading() as tx:
        profiles = set(tx.scalars(select(FindingRow.profile).where(FindingRow.check_id.startswith("rule."))))
        assert list_closed_sessions(tx, NUMBER)
    database.close()
    assert profiles == {answer["versions"]["policy"]}


def test_the_rates_of_classes_and_agencies_show_numerator_and_denominator(tmp_path: Path) -> None:
    file_class(tmp_path, a_signed_class())
    other = a_signed_class()
    file_class(tmp_path, replace(other, training=replace(other.training, number="YY-2023-0072")))
    answer = judge(tmp_path, DAY)
    assert [each["attendance"]["expected"] for each in answer["classes"]] == [10, 10]  # five students, two sessions
    (agency,) = answer["agencies"]
    assert (agency["classes"], agency["expected"], agency["present"], agency["unsure"]) == (2, 20, 0, 20)
    assert (agency["rate_low"], agency["rate_high"]) == (0.0, 1.0)
    assert answer["classes"][0]["eligibility"] == {"eligible": 0, "not_eligible": 0, "depends": 5}
