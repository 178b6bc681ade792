"""Today over real records: what waits, is due, is down, the sums of the days; an agency sees its own and no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.api.pages.test_agency_page import close_sessions
from tests.api.people import OTHER, OTHER_AGENCY, OWN, OWN_AGENCY, House, a_house
from tests.builders.plan import a_camera, a_class_file, a_session, a_training_class
from tests.builders.review import seed_cases
from verifier.camera_health import Condition
from verifier.plan import Agency
from verifier.records.cameras import SampleRecord, save_sample
from verifier.records.filing import save_class_file
from verifier.records.tables.supervision import ClassClosingRow, OffSiteSupervisionRow, OnSiteInspectionRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.today_page import view_today

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2023, 6, 20, 9, tzinfo=ZONE)
DAY = date(2023, 6, 12)
THIRD = "YY-2023-0099"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("today"), requests_per_minute=100_000)
    close_sessions(made, OWN, expected=10, present=7)
    close_sessions(made, OTHER, expected=10, present=9, unsure=1)
    with made.state.database.transaction() as tx:
        seed_cases(tx, OWN, 15, reason="疑似替学")
        session = a_session(camera_id="cam-9")
        training = a_training_class(
            THIRD, agency=Agency("机构2", OTHER_AGENCY), cameras=(a_camera("cam-9", "rtsp://nine.example/1"),),
            sessions=(session,),
        )  # fmt: skip
        save_class_file(tx, a_class_file(training))
        sample = SampleRecord("cam-9", session.starts_at + timedelta(minutes=9), "unreachable", Condition.OFFLINE)
        save_sample(tx, THIRD, sample)
    yield made
    made.state.close()


def view(house: House, viewer: str = "bureau", **changes: Any) -> dict[str, Any]:
    asked = {"since": DAY, "until": DAY} | changes
    with house.state.database.reading() as tx:
        return view_today(tx, house.state.policy, asked["since"], asked["until"], NOW, ZONE, "zh_CN", viewer=viewer)


def test_the_days_are_added_up_and_the_lowest_class_stands_first(house: House):
    page = view(house)
    assert (page["planned"], page["closed"], page["unclosed"]) == (5, 4, 1)
    assert [(day["day"], day["present"], day["expected"]) for day in page["days"]] == [("2023-06-12", 32, 40)]
    lowest, other = page["classes"]
    assert (lowest["number"], lowest["below"], lowest["lowest"]) == (OWN, 2, 0.7)
    assert (other["number"], other["below"], other["lowest"]) == (OTHER, 0, 1.0)


def test_other_days_have_no_sums(house: House):
    page = view(house, since=DAY + timedelta(days=1), until=DAY + timedelta(days=2))
    assert (page["planned"], page["days"], page["classes"]) == (0, [], [])
    assert page["queue_count"] == 15, "what waits, waits whatever the days"


def test_the_queue_is_cut_and_counted(house: House):
    page = view(house)
    assert (len(page["queue"]), page["queue_count"]) == (12, 15)
    assert page["kinds"] == {"impersonation": 15}


def test_cameras_that_are_down_are_named(house: House):
    page = view(house)
    assert (page["cameras"], page["cameras_down_count"]) == (1, 1)
    assert page["cameras_down"][0]["condition"] == "offline"
    assert page["camera_days"] == [{"day": "2023-06-12", "showing": 0, "down": 1, "cannot_tell": 0}]


def test_what_the_office_owes_is_listed_until_enough_was_done_or_it_is_paid(house: House):
    owed = view(house)
    assert {each["class"] for each in owed["owed"]} == {OWN, OTHER, THIRD}
    assert owed["owed_count"] == 3
    assert {duty["state"] for each in owed["owed"] for duty in each["duties"]} <= {"due", "overdue"}
    with house.state.database.transaction() as tx:
        person = tx.scalars(select(UserRow.id).where(UserRow.login == "chief")).one()
        other, third = (tx.scalars(select(ClassRow.id).where(ClassRow.number == each)).one() for each in (OTHER, THIRD))
        tx.add(ClassClosingRow(class_id=third, paid_on=DAY, examined=[], changed_by=person))
        for _ in range(2):
            tx.add(
                OffSiteSupervisionRow(
                    id=uuid4(), class_id=other, kind="phone", held_at=NOW, held_by=person, result="正常"
                )
            )
        tx.add(OnSiteInspectionRow(id=uuid4(), class_id=other, state="done", inspected_at=NOW, form={}, opinion=""))
    owed = view(house)
    assert {each["class"] for each in owed["owed"]} == {OWN, OTHER}
    duties = {duty["code"] for each in owed["owed"] for duty in each["duties"] if each["class"] == OTHER}
    assert "off_site_twice" not in duties
    assert "on_site_once" in duties, "an inspection without two inspectors is none"


def test_the_page_leads_everywhere(house: House):
    html = house.person("inspector").get(f"/?since={DAY}&until={DAY}").text
    for way in ("/review", f"/classes/{OWN}#duties", "/classes", f"/classes/{OWN}", "/cameras"):
        assert f'href="{way}"' in html
    assert html.count("<svg") >= 4, "attendance by day and class, flags, cameras"


def test_an_agency_sees_its_own_days_and_no_word_of_the_office(house: House):
    page = view(house, viewer=OWN_AGENCY)
    assert [each["number"] for each in page["classes"]] == [OWN]
    assert page["days"][0]["expected"] == 20
    assert {"queue", "owed", "plans", "cameras_down", "rules"} & page.keys() == set()
    html = house.person("agency").get(f"/?since={DAY}&until={DAY}").text
    for hidden in ("待处理", "监管任务", "摄像头", "疑似替学", OTHER, "夜间核验"):
        assert hidden not in html
