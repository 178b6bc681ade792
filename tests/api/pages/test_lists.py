"""Every list: searched, sorted, filtered, paged, saved as a workbook; an agency sees its own; nothing in it becomes markup."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from starlette.testclient import TestClient

import api.pages
from api.pages import directory, queues
from api.pages.lists import PAGE_SIZE, ListPage
from tests.api.people import OTHER, OWN, OWN_AGENCY, House, a_house
from tests.builders.review import seed_cases
from verifier.language import catalogue
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.audit_entry import AuditEntryRow
from verifier.records.tables.case import CaseRow

HOSTILE = "=cmd|' /C calc'!A0<script>alert(1)</script><img src=x onerror=alert(2)>\"'"
PAGES = [value for module in (queues, directory) for value in vars(module).values() if isinstance(value, ListPage)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("lists"), requests_per_minute=100_000)
    with made.state.database.transaction() as tx:
        seed_cases(tx, OWN, PAGE_SIZE + 5, kind="impersonation")
        seed_cases(tx, OWN, 2, kind="photo_reuse", reason=HOSTILE)
        settled = seed_cases(tx, OTHER, 1, kind="camera_dark", reason="已了结的一件")
        tx.get_one(CaseRow, settled[0]).state = "dismissed"
    yield made
    made.state.close()


@pytest.fixture(scope="module")
def inspector(house: House) -> TestClient:
    return house.person("inspector")


def rows_of(html: str) -> int:
    return html.count("<tr>") - 1


def test_pages_of_lists_were_found():
    assert {page.path for page in PAGES} >= {"/cases", "/violations", "/findings", "/classes", "/agencies"}
    assert api.pages.add_pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_what_a_list_says_is_translated(page: ListPage):
    said = {page.title, page.empty, page.searched}
    said |= {each.label for each in page.columns} | {each.label for each in page.choices}
    said |= {word for each in page.choices for word in (each.values or {}).values()}
    assert said - set(catalogue("en")) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
@pytest.mark.parametrize("role", ["inspector", "agency"])
def test_every_list_sorts_by_every_heading_both_ways_and_is_saved(house: House, page: ListPage, role: str):
    client = house.person(role)
    for column in page.columns:
        for sign in ("", "-"):
            answer = client.get(f"{page.path}?sort={sign}{column.name}&q=a")
            assert answer.status_code == 200, answer.text
    answer = client.get(f"{page.path}?format=xlsx")
    assert answer.status_code == 200
    book = load_workbook(io.BytesIO(answer.content))
    assert book.active is not None
    assert book.active.freeze_panes == "A2"


def test_a_long_list_is_paged_and_every_page_says_where_it_is(inspector: TestClient):
    first = inspector.get("/cases").text
    assert rows_of(first) == PAGE_SIZE
    assert f"第1–{PAGE_SIZE}条，共{PAGE_SIZE + 7}条" in first
    assert 'href="/cases?page=2"' in first
    second = inspector.get("/cases?page=2").text
    assert rows_of(second) == 7
    assert 'rel="next"' not in second
    assert rows_of(inspector.get("/cases?page=99999999999").text) == PAGE_SIZE, "nonsense is the first page"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("kind=photo_reuse", 2), ("state=all&kind=camera_dark", 1), ("kind=camera_dark", 0), ("state=dismissed", 1),
        ("state=nonsense", 0), (f"state=all&number={OTHER}", 1), (f"number={OWN}&kind=photo_reuse", 2),
        ("q=YY-2023-0071&kind=photo_reuse", 2), ("q=nobody", 0), ("q=s01 学员&kind=photo_reuse", 2), ("q=%25", 0), ("q=_", 0),
    ],
)  # fmt: skip
def test_cases_are_searched_and_filtered(inspector: TestClient, query: str, count: int):
    assert f"共{count}条" in inspector.get(f"/cases?{query}").text


def test_headings_sort_and_say_so(inspector: TestClient):
    html = inspector.get("/cases?sort=-opened_at").text
    assert 'aria-sort="descending"' in html
    assert 'href="/cases?sort=opened_at"' in html
    later, earlier = html.index("第54件"), html.index("第53件")
    assert later < earlier


def test_a_day_that_is_none_is_told(inspector: TestClient):
    answer = inspector.get("/findings?since=12.06.2023")
    assert answer.status_code == 422
    assert "2023-06-12" in answer.text


def test_an_agency_sees_its_own_and_what_is_settled_and_no_way_into_the_review(house: House):
    client = house.person("agency")
    assert "共0条" in client.get("/cases?state=all").text, "its own are open, the settled one is another agency's"
    html = client.get("/classes").text
    assert OWN in html
    assert OTHER not in html
    assert "待处理" not in html
    assert "共1条" in client.get("/agencies").text
    assert "/review/" not in client.get("/cases?state=all").text


def test_what_was_typed_and_what_is_on_record_stays_text(house: House, inspector: TestClient):
    with house.state.database.transaction() as tx:
        tx.scalars(select(AgencyRow).where(AgencyRow.code == OWN_AGENCY)).one().name = HOSTILE
    asked = quote(HOSTILE)
    for path in (f"/cases?q={asked}&number={asked}&state={asked}", "/cases?kind=photo_reuse", "/classes", "/agencies"):
        html = inspector.get(path).text
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert HOSTILE in unescape(html)


def test_the_file_holds_the_whole_filtered_list_and_no_formula(house: House, inspector: TestClient):
    answer = inspector.get("/cases?kind=photo_reuse&format=xlsx")
    assert answer.headers["content-disposition"] == 'attachment; filename="cases.xlsx"'
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = list(sheet.iter_rows())
    assert len(rows) == 3
    reasons = [row[-1] for row in rows[1:]]
    assert [cell.value for cell in reasons] == [HOSTILE, HOSTILE]
    assert [cell.data_type for cell in reasons] == ["s", "s"]
    assert all(cell.quotePrefix for cell in reasons)
    with house.state.database.reading() as tx:
        entry = tx.scalars(select(AuditEntryRow).where(AuditEntryRow.action == "list.export")).all()[-1]
    assert entry.subject_id == "/cases"


def test_the_file_of_a_paged_list_is_not_cut_at_a_page(inspector: TestClient):
    sheet = load_workbook(io.BytesIO(inspector.get("/cases?format=xlsx&lang=en").content)).active
    assert sheet is not None
    assert sheet.max_row == PAGE_SIZE + 8
    assert sheet["A1"].value == "Kind"


def test_switching_the_language_keeps_the_filters(inspector: TestClient):
    assert 'href="?state=all&amp;number=YY&amp;lang=en"' in inspector.get("/cases?state=all&number=YY&lang=zh").text
