"""The page of an agency: the ladder of warnings, its trend, the others' median, sign-ins; an agency sees itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.api.people import OTHER, OTHER_AGENCY, OWN, OWN_AGENCY, House, a_house
from verifier.agency_page import view_agency_page
from verifier.language import say
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.notice import NoticeRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.records.tables.violation import ViolationRow

TODAY = date(2024, 3, 1)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("agencies"), requests_per_minute=100_000)
    close_sessions(made, OWN, expected=10, present=7, unsure=1)
    close_sessions(made, OTHER, expected=10, present=9)
    for number, (days_ago, state) in enumerate(((10, "issued"), (20, "voided"), (364, "issued"), (367, "issued")), 1):
        add_notice(made, number, TODAY - timedelta(days=days_ago), state)
    with made.state.database.transaction() as tx:
        training = tx.scalars(select(ClassRow).where(ClassRow.number == OWN)).one()
        key = f"sign_in_for_show|{OWN}|one_device|2023-06-12-am"
        tx.add(
            ViolationRow(
                id=uuid4(), class_id=training.id, rule="13(1)(7)", code="sign_in_for_show", dedup_key=key, state="proposed",
                supported=True, reason=say("一机多签的一件").to_json(),
            )
        )  # fmt: skip
    yield made
    made.state.close()


def close_sessions(house: House, number: str, expected: int, present: int, unsure: int = 0) -> None:
    with house.state.database.transaction() as tx:
        training = tx.scalars(select(ClassRow).where(ClassRow.number == number)).one()
        for session in tx.scalars(select(SessionRow).where(SessionRow.class_id == training.id)):
            tx.add(
                RunRow(
                    id=uuid4(), class_id=training.id, session_id=session.id, ordinal=1, is_current=True, input_key="test",
                    versions={}, policy_name="test", policy_version="1", outcome="passed", expected=expected,
                    present=present, unsure=unsure, on_leave=0, rate=present / expected,
                )
            )  # fmt: skip


def add_notice(house: House, serial: int, day: date, state: str) -> None:
    with house.state.database.transaction() as tx:
        training = tx.scalars(select(ClassRow).where(ClassRow.number == OWN)).one()
        person = tx.scalars(select(UserRow).where(UserRow.login == "chief")).one()
        tx.add(
            NoticeRow(
                id=uuid4(), year=day.year, serial=serial, number=f"培整改〔{day.year}〕{serial}号",
                agency_id=training.agency_id, class_id=training.id, state=state, issued_on=day, issued_by=person.id,
                void_reason="写错了" if state == "voided" else None, body={"rules": ["13(1)(4)"]},
            )
        )  # fmt: skip


def view(house: House, code: str, viewer: str = "bureau") -> dict:
    with house.state.database.reading() as tx:
        return view_agency_page(tx, house.state.policy, code, TODAY, "zh_CN", viewer=viewer)


def test_warnings_count_within_a_rolling_year_and_voided_ones_do_not(house: House):
    ladder = view(house, OWN_AGENCY)["ladder"]
    assert (ladder["begins"], ladder["ends"]) == ("2023-03-02", "2024-03-01")
    assert (ladder["count"], ladder["limit"]) == (2, 5), "the one of 367 days ago is out, that of 364 days is in"


def test_the_others_median_stands_beside_with_their_number(house: House):
    compared = {line["name"]: line for line in view(house, OWN_AGENCY)["compared"]}
    assert compared["rate"] == {"name": "rate", "own": 0.7, "median": 0.9, "others": 1}
    assert compared["below"]["own"] == 0.0, "7 certain and 1 in doubt of 10 may be 80 %"
    assert compared["failed"] == {"name": "failed", "own": None, "median": None, "others": 0}
    assert compared["notices"]["own"] == 3.0


def test_weeks_add_up_their_sessions(house: House):
    (week,) = view(house, OWN_AGENCY)["weeks"]
    assert (week["week"], week["present"], week["expected"]) == ("2023-06-12", 14, 20)


def test_each_sign_in_pattern_is_listed_with_what_stands_in_it(house: House):
    patterns = {line["name"]: line for line in view(house, OWN_AGENCY)["patterns"]}
    assert patterns["one_device"]["open"] == 1
    assert patterns["afterwards"]["open"] == 0


def test_the_page_shows_it_with_ways_to_the_evidence(house: House):
    html = house.person("inspector").get(f"/agencies/{OWN_AGENCY}").text
    for shown in (
        "警告阶梯",
        "一机多签",
        "其他机构的中位数",
        "14/20人次",
        "已作废",
        "<svg",
        f"/classes/{OWN}",
        f"/cases?agency={OWN_AGENCY}",
    ):
        assert shown in html


def test_an_agency_sees_itself_without_the_others_and_without_what_is_open(house: House):
    client = house.person("agency")
    html = client.get(f"/agencies/{OWN_AGENCY}").text
    assert "警告阶梯" in html
    for hidden in ("其他机构", "一机多签", "待处理"):
        assert hidden not in html
    assert client.get(f"/agencies/{OTHER_AGENCY}").status_code == 404
    assert client.get("/agencies/unknown").status_code == 404


def test_a_hostile_name_stays_text(house: House):
    with house.state.database.transaction() as tx:
        tx.scalars(select(AgencyRow).where(AgencyRow.code == OTHER_AGENCY)).one().name = "<script>alert(1)</script>"
    html = house.person("inspector").get(f"/agencies/{OTHER_AGENCY}").text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
