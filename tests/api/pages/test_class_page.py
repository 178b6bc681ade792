"""The page of a class over real records: what the office sees and what an agency must not see; the subsidy with every clause."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.people import OTHER, OWN, House, a_house
from tests.builders.review import seed_cases
from verifier.regulation.policy import load_policy


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("classes"), requests_per_minute=100_000)
    with made.state.database.transaction() as tx:
        seed_cases(tx, OWN, 25, reason="疑似替学")
    yield made
    made.state.close()


def test_the_office_sees_what_it_owes_the_class_and_what_waits(house: House):
    html = house.person("inspector").get(f"/classes/{OWN}").text
    for shown in (
        "监管任务",
        "现场监管",
        "非现场监管",
        "回访",
        "疑似替学",
        "下载整个档案",
        "没有向本班次发出整改通知书",
    ):
        assert shown in html
    assert html.count("疑似替学") == 20, "more are a list of their own"
    assert f'href="/cases?number={OWN}&amp;state=all"' in html


def test_an_agency_sees_its_class_without_what_is_planned_or_still_open(house: House):
    client = house.person("agency")
    html = client.get(f"/classes/{OWN}").text
    for hidden in ("监管任务", "现场监管", "疑似替学", "待处理", "archive.zip"):
        assert hidden not in html
    assert "期限" in html
    for path in (f"/classes/{OTHER}", f"/classes/{OTHER}/subsidy", f"/classes/{OTHER}/sessions/2023-06-12-am"):
        assert client.get(path).status_code == 404


def test_every_condition_of_the_subsidy_stands_with_its_clause(house: House):
    html = house.person("inspector").get(f"/classes/{OWN}/subsidy").text
    policy = load_policy("yiyang-2023-23")
    asked = (
        "filed_7_to_10_working_days_ahead",
        "archive_complete",
        "on_site_once",
        "off_site_twice",
        "follow_up_20_percent",
    )
    for rule in policy.rules:
        if rule.citation.code in asked:
            assert rule.citation.quote in html


def test_an_agency_is_not_told_by_the_subsidy_whether_somebody_looked(house: House):
    html = house.person("agency").get(f"/classes/{OWN}/subsidy").text
    policy = load_policy("yiyang-2023-23")
    quotes = {rule.citation.code: rule.citation.quote for rule in policy.rules}
    assert quotes["filed_7_to_10_working_days_ahead"] in html
    for code in ("on_site_once", "off_site_twice", "follow_up_20_percent"):
        assert quotes[code] not in html


def test_a_session_that_is_not_of_the_class_is_no_page(house: House):
    assert house.person("inspector").get(f"/classes/{OWN}/sessions/nothing").status_code == 404
    assert house.person("inspector").get(f"/classes/{OWN}/sessions/2023-06-12-am").status_code == 200
