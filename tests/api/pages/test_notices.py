"""From a confirmed violation to a served notice: previewed, issued with a number, printed, voided; and who may see it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.matters import NUMBER, Accused
from verifier.records.notices import read_notices

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def form(client: TestClient, violation: str, **changes: Any) -> dict[str, Any]:
    return {
        "csrf": client.headers["X-CSRF-Token"], "number": NUMBER, "violation": violation, "found_on": "2023-06-20",
        "issued_on": "2023-06-21", "supervision": "非现场监管",
    } | changes  # fmt: skip


def issue(client: TestClient, violation: str, **changes: Any) -> Any:
    return client.post("/notices", data=form(client, violation, **changes))


def test_what_waits_is_listed_until_it_is_warned_about(accused: Accused, violation: str):
    chief = accused.house.person("chief")
    assert f'value="{violation}"' in chief.get("/notices").text
    assert f"/notices/draft?number={NUMBER}&amp;violation={violation}" in chief.get(f"/review/{violation}").text
    issued = issue(chief, violation)
    assert issued.status_code == 303
    assert f'value="{violation}"' not in chief.get("/notices").text
    assert "培整改〔2023〕1号" in chief.get(f"/review/{violation}").text


def test_a_proposed_violation_waits_for_no_notice(accused: Accused):
    chief, proposed = accused.house.person("chief"), accused.matter("violations")["id"]
    assert proposed not in chief.get("/notices").text
    assert chief.get(f"/notices/draft?number={NUMBER}").status_code == 404
    assert issue(chief, proposed).status_code in (404, 422)


def test_the_preview_is_what_would_be_printed_and_takes_no_number(accused: Accused, violation: str):
    chief = accused.house.person("chief")
    page = chief.get(
        f"/notices/draft?number={NUMBER}&violation={violation}&found_on=2023-06-20&issued_on=2023-06-21"
    ).text
    assert "培整改〔202  〕    号" in page
    assert "2023年6月20日" in page
    assert "益人社发〔2023〕23号" in page
    assert "现责令你单位对存在问题即时整改" in page
    with accused.house.state.database.reading() as tx:
        assert read_notices(tx) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"found_on": "20.6."}, "20.6.不是日期"),
        ({"supervision": "偶然"}, "请选择问题是通过哪种监管发现的"),
    ],
    ids=["a day that is none", "no kind of supervision"],
)
def test_what_is_filled_in_wrongly_is_told_and_nothing_is_issued(
    accused: Accused, violation: str, changes: dict[str, str], told: str
):
    chief = accused.house.person("chief")
    answer = issue(chief, violation, **changes)
    assert (answer.status_code, told in answer.text) == (422, True)
    with accused.house.state.database.reading() as tx:
        assert read_notices(tx) == []


def test_an_issued_notice_is_downloaded_as_docx_and_pdf(accused: Accused, violation: str):
    chief = accused.house.person("chief")
    place = issue(chief, violation).headers["location"].partition("?")[0]
    assert "培整改〔2023〕1号" in chief.get(place).text
    document = chief.get(f"{place}/document.docx")
    with zipfile.ZipFile(io.BytesIO(document.content)) as opened:
        assert "培整改〔2023〕1号" in opened.read("word/document.xml").decode()
    printed = chief.get(f"{place}/document.pdf")
    assert (printed.headers["content-type"], printed.content[:5]) == ("application/pdf", b"%PDF-")
    assert "attachment" in printed.headers["content-disposition"]
    assert printed.content == chief.get(f"{place}/document.pdf").content


def test_sent_twice_it_is_one_notice(accused: Accused, violation: str):
    chief = accused.house.person("chief")
    assert issue(chief, violation).headers["location"] == issue(chief, violation).headers["location"]


def test_a_voided_notice_is_kept_says_why_and_frees_the_violation(accused: Accused, violation: str):
    chief = accused.house.person("chief")
    place = issue(chief, violation).headers["location"].partition("?")[0]
    csrf = chief.headers["X-CSRF-Token"]
    empty = chief.post(f"{place}/void", data={"csrf": csrf, "why": " "})
    assert (empty.status_code, "须说明理由" in empty.text) == (422, True)
    assert chief.post(f"{place}/void", data={"csrf": csrf, "why": HOSTILE}).status_code == 303
    page = chief.get(place).text
    assert "已作废" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    listed = chief.get("/notices?state=voided").text
    assert "培整改〔2023〕1号" in listed
    assert "<script>alert" not in listed
    assert chief.get(f"{place}/document.pdf").status_code == 200
    again = issue(chief, violation)
    assert "培整改〔2023〕2号" in chief.get(again.headers["location"]).text


def test_an_agency_reads_its_own_notices_and_issues_or_drafts_none(accused: Accused, violation: str):
    place = issue(accused.house.person("chief"), violation).headers["location"].partition("?")[0]
    agency = accused.house.person("agency")
    assert "培整改〔2023〕1号" in agency.get("/notices").text
    page = agency.get(place)
    assert page.status_code == 200
    assert "chief某" not in page.text
    assert "/void" not in page.text
    assert agency.get(f"/notices/draft?number={NUMBER}").status_code == 403
    assert issue(agency, violation).status_code == 403
    assert agency.post(f"{place}/void", data=form(agency, violation, why="不服")).status_code == 403


def test_another_agency_sees_none_of_it(accused: Accused, violation: str):
    place = issue(accused.house.person("chief"), violation).headers["location"].partition("?")[0]
    other = accused.house.person("other_agency")
    assert "培整改" not in other.get("/notices").text.partition("<main")[2]
    for path in (place, f"{place}/document.docx", f"{place}/document.pdf"):
        assert other.get(path).status_code == 404


def test_without_the_forms_token_nothing_is_issued(accused: Accused, violation: str):
    chief = accused.house.person("chief")
    assert issue(chief, violation, csrf="").status_code == 403
    with accused.house.state.database.reading() as tx:
        assert read_notices(tx) == []
