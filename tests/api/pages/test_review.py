"""The review without scripts: claims, undo, several alike at once, blind review, what was typed; and who may."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from tests.api.people import OWN, House, a_house
from tests.builders.review import seed_cases
from verifier.records.tables.case import CaseRow

HOSTILE = "<script>alert(1)</script>"
KIND = "impersonation"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> House:
    made = a_house(tmp_path_factory.mktemp("house"), requests_per_minute=100_000)
    with made.state.database.transaction() as tx:
        seed_cases(tx, OWN, 3, kind=KIND, reason="照片中不是本人")
        seed_cases(tx, OWN, 1, kind="camera_dark")
    made.state.close()
    return made


@pytest.fixture
def inspector(house: House) -> TestClient:
    return house.person("inspector")


def ids_of(client: TestClient, kind: str = KIND) -> list[str]:
    page = client.get(f"/review?kind={kind}").text
    return re.findall(r'name="matter" value="([0-9a-f-]+)"', page)


def post(client: TestClient, path: str, **fields: Any) -> Any:
    return client.post(path, data={"csrf": client.headers["X-CSRF-Token"], **fields})


def states(house: House, ids: list[str]) -> list[str]:
    with house.state.database.reading() as tx:
        return [tx.get_one(CaseRow, UUID(each)).state for each in ids]


def test_what_is_alike_is_dismissed_together_with_one_reason(house: House, inspector: TestClient):
    ids = ids_of(inspector)
    assert len(ids) == 3
    done = post(inspector, "/review/together", matter=ids[:2], verdict="dismiss", why="同一张模糊照片，不足以认定。")
    assert "已一并办理2项" in inspector.get(done.headers["location"]).text
    assert states(house, ids) == ["dismissed", "dismissed", "proposed"]


@pytest.mark.parametrize(
    ("verdict", "kinds", "told"),
    [("confirm", [KIND], "须逐项办理"), ("dismiss", [KIND, "camera_dark"], "同一种"), ("", [KIND], "请选择一个决定")],
    ids=["a confirmation accuses somebody", "two kinds", "no decision"],
)
def test_what_may_not_be_done_together_is_refused_and_the_reason_stays(
    house: House, inspector: TestClient, verdict: str, kinds: list[str], told: str
):
    ids = [ids_of(inspector, kind)[0] for kind in kinds]
    refused = post(inspector, "/review/together", matter=ids, verdict=verdict, why=HOSTILE, queue=f"kind={KIND}")
    assert (refused.status_code, told in refused.text) == (422, True)
    assert "&lt;script&gt;" in refused.text
    assert HOSTILE not in refused.text
    assert set(states(house, ids)) == {"proposed"}


def test_one_is_taken_decided_and_undone_within_seconds_by_the_same_person_only(house: House, inspector: TestClient):
    case, chief = ids_of(inspector)[0], house.person("chief")
    assert "领取并审核" in inspector.get(f"/review/{case}").text
    assert post(inspector, f"/review/{case}/take").status_code == 303
    page = chief.get(f"/review/{case}").text
    assert "inspector某正在审核这一项" in page
    assert 'id="decision"' not in page
    refused = post(chief, f"/review/{case}", verdict="dismiss", why="是本人。")
    assert (refused.status_code, "inspector某正在审核" in refused.text) == (422, True)
    decided = post(inspector, f"/review/{case}", verdict="dismiss", why="是本人。")
    assert states(house, [case]) == ["dismissed"]
    decision = re.search(r"done=([0-9a-f-]+)", decided.headers["location"])
    assert decision is not None
    assert post(chief, "/review/undo", decision=decision[1]).status_code == 422
    assert post(inspector, "/review/undo", decision=decision[1]).status_code == 303
    assert states(house, [case]) == ["proposed"]
    history = inspector.get(f"/review/{case}").text
    assert "误操作，立即撤销" in history
    assert "v-withdrawn" in history


def test_a_decision_without_reason_is_refused_and_the_choice_stays(house: House, inspector: TestClient):
    case = ids_of(inspector)[0]
    post(inspector, f"/review/{case}/take")
    refused = post(inspector, f"/review/{case}", verdict="confirm", why="  ")
    assert (refused.status_code, "须说明理由" in refused.text) == (422, True)
    assert re.search(r'value="confirm" required data-key="c" checked', refused.text)
    assert states(house, [case]) == ["proposed"]


def test_in_blind_review_the_systems_view_is_not_in_the_page_until_it_is_asked_for(inspector: TestClient):
    case = ids_of(inspector)[0]
    assert "照片中不是本人" in inspector.get(f"/review/{case}").text
    assert inspector.get(f"/review/{case}?blind=on").status_code == 303
    page = inspector.get(f"/review/{case}").text
    assert "照片中不是本人" not in page
    assert "盲审" in page
    assert "照片中不是本人" in inspector.get(f"/review/{case}?shown=1").text
    assert inspector.get(f"/review/{case}?blind=off").status_code == 303
    assert "照片中不是本人" in inspector.get(f"/review/{case}").text


@pytest.mark.parametrize(("role", "status"), [("auditor", 200), ("admin", 200), ("agency", 403)])
def test_who_does_not_decide_finds_no_form(house: House, inspector: TestClient, role: str, status: int):
    case, person = ids_of(inspector)[0], house.person(role)
    page = person.get(f"/review/{case}")
    assert (page.status_code, 'id="decision"' in page.text) == (status, False)
    assert post(person, f"/review/{case}", verdict="dismiss", why="x").status_code == 403
