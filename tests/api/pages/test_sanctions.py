"""Sanctions on pages: their chain of reasons, a second person where the law needs one, what is refused, what is kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from tests.api.people import OWN, OWN_AGENCY, House, a_house
from verifier.language import say
from verifier.records.notices import propose_sanction, read_sanctions

HOSTILE = "<script>alert(1)</script>"
WHY = "一年内五次书面警告，经集体研究。"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> House:
    """One sanction of the agency, which takes two people, and one of a class, which takes one."""
    made = a_house(tmp_path_factory.mktemp("house"), requests_per_minute=100_000)
    reason = say("{text}", text=f"一年五次警告{HOSTILE}")
    because = {"kind": "notice", "name": f"培整改〔2023〕1号{HOSTILE}", "sentence": None, "because": []}
    chain = {"kind": "rule", "name": "13(3)", "sentence": reason.to_json(), "because": [because]}
    with made.state.database.transaction() as tx:
        grounds = {"chain": chain, "evidence": [], "policy": "yiyang@1"}
        propose_sanction(tx, OWN_AGENCY, None, "qualification_revoked", "13(3)", "five|1", reason, grounds)
        propose_sanction(tx, OWN_AGENCY, OWN, "subsidy_refused", "13(2)", "two|1", reason, grounds)
    made.state.close()
    return made


def find(house: House, kind: str) -> Any:
    with house.state.database.reading() as tx:
        return next(each for each in read_sanctions(tx) if each.kind == kind)


def decide(client: TestClient, sanction: UUID, verdict: str, why: str = WHY) -> Any:
    return client.post(
        f"/sanctions/{sanction}", data={"csrf": client.headers["X-CSRF-Token"], "verdict": verdict, "why": why}
    )


def test_the_chain_of_reasons_is_shown_and_stays_text(house: House):
    page = house.person("inspector").get("/sanctions").text
    for told in ("取消培训资格", "不予补贴", "培整改〔2023〕1号&lt;script&gt;", "须两人先后确认"):
        assert told in page
    assert HOSTILE not in page


def test_what_costs_the_qualification_takes_two_people(house: House):
    sanction = find(house, "qualification_revoked").id
    chief, inspector = house.person("chief"), house.person("inspector")
    assert decide(chief, sanction, "confirm").status_code == 303
    assert find(house, "qualification_revoked").state == "proposed"
    assert "等第二人确认" in inspector.get("/sanctions").text
    again = decide(chief, sanction, "confirm", "再次确认。")
    assert (again.status_code, "须由另一名人员" in again.text, "再次确认。" in again.text) == (422, True, True)
    assert decide(inspector, sanction, "confirm").status_code == 303
    assert find(house, "qualification_revoked").state == "issued"
    assert decide(inspector, sanction, "withdraw", "对象有误。").status_code == 303
    assert find(house, "qualification_revoked").state != "issued"
    page = inspector.get("/sanctions").text
    assert "v-withdrawn" in page
    assert "对象有误。" in page


@pytest.mark.parametrize(
    ("verdict", "why", "told"),
    [("confirm", " ", "须说明理由"), ("", WHY, "请选择一个决定"), ("needs_on_site", WHY, "请选择一个决定")],
    ids=["no reason", "no decision", "a decision that is none"],
)
def test_what_cannot_be_decided_is_told_and_nothing_changes(house: House, verdict: str, why: str, told: str):
    refused = decide(house.person("chief"), find(house, "subsidy_refused").id, verdict, why)
    assert (refused.status_code, told in refused.text) == (422, True)
    assert find(house, "subsidy_refused").decisions == ()


def test_agencies_see_no_proposals_and_auditors_decide_nothing(house: House):
    sanction = find(house, "subsidy_refused").id
    assert house.person("agency").get("/sanctions").status_code == 403
    auditor = house.person("auditor")
    assert 'name="verdict"' not in auditor.get("/sanctions").text
    assert decide(auditor, sanction, "confirm").status_code == 403
    assert decide(house.person("chief"), UUID(int=0), "confirm").status_code == 404
