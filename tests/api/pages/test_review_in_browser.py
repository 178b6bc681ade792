"""The review in a real browser: ten cases by keyboard, two at once, a login that runs out while somebody types, hostile text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.api.pages.test_in_browser import HOSTILE, watched
from tests.api.people import OWN, PASSWORD, House, a_house
from tests.builders.review import seed_cases
from tests.services.api_server import run_api
from verifier.records.decisions import read_decisions
from verifier.records.tables.case import CaseRow
from verifier.records.users import end_sessions, require_user

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
TEN = "impersonation"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("review"), requests_per_minute=100_000)
    yield made
    made.state.close()


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    with run_api(house.app) as served:
        yield served


def log_in(page: Page, address: str, role: str, path: str) -> None:
    page.goto(f"{address}/login?next={path}")
    page.fill("#login", role)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def seeded(house: House, kind: str, count: int, reason: str = "") -> list[UUID]:
    with house.state.database.transaction() as tx:
        return seed_cases(tx, OWN, count, kind=kind, reason=reason)


def states_of(house: House, ids: list[UUID]) -> list[str]:
    with house.state.database.reading() as tx:
        rows = {row.id: row.state for row in tx.scalars(select(CaseRow).where(CaseRow.id.in_(ids)))}
    return [rows[each] for each in ids]


def test_ten_cases_are_reviewed_by_keyboard_alone_and_one_is_undone(
    browser: Browser, house: House, address: str, tmp_path: Path
):
    ids = seeded(house, TEN, 10)
    with watched(browser, 1440) as (page, said, hosts):
        log_in(page, address, "inspector", f"/review?kind={TEN}")
        page.screenshot(path=tmp_path / "queue.png", full_page=True)
        page.keyboard.press("Enter")
        for place, key in enumerate("cdscdscdsc"):
            page.wait_for_selector(f"#decision[action='/review/{ids[place]}']")
            if place == 1:
                page.keyboard.press("u")  # the first one was a slip
                page.wait_for_selector(f"#decision[action='/review/{ids[0]}']")
                page.keyboard.press("d")
                page.keyboard.press("1")
                page.keyboard.press("Control+Enter")
                page.wait_for_selector(f"#decision[action='/review/{ids[1]}']")
            page.keyboard.press(key)
            page.keyboard.press("1")
            assert page.input_value("#why") != ""
            page.keyboard.press("Control+Enter")
        # Those that wait for a visit stay in the queue of what is open; the first of them is offered again.
        page.wait_for_url(lambda url: str(ids[9]) not in url)
        assert said == []
        assert hosts == {"127.0.0.1"}
    words = {"c": "confirmed", "d": "dismissed", "s": "needs_check"}
    assert states_of(house, ids) == ["dismissed", *(words[key] for key in "dscdscdsc")]
    with house.state.database.reading() as tx:
        assert [each.decision for each in read_decisions(tx, ids[0])] == ["confirm", "withdraw", "dismiss"]


def test_of_two_inspectors_who_take_one_case_at_once_the_second_is_told_who_has_it(
    browser: Browser, house: House, address: str
):
    (case,) = seeded(house, "photo_reuse", 1)
    one, other = browser.new_context(), browser.new_context()
    try:
        first, second = one.new_page(), other.new_page()
        for page, role in ((first, "inspector"), (second, "chief")):
            log_in(page, address, role, f"/review/{case}")
            assert page.locator("#decision").count() == 0
        first.keyboard.press("x")
        first.wait_for_selector("#decision")
        second.keyboard.press("x")
        second.wait_for_selector(".alert-danger")
        assert "inspector某" in second.locator(".alert-danger").inner_text()
        assert second.locator("#decision").count() == 0
    finally:
        one.close()
        other.close()


def test_a_login_that_runs_out_while_somebody_types_loses_no_text(browser: Browser, house: House, address: str):
    (case,) = seeded(house, "two_places_at_once", 1)
    typed = "两张照片的时间重叠，且是同一张脸。" + HOSTILE
    context = browser.new_context()
    try:
        page = context.new_page()
        log_in(page, address, "inspector", f"/review/{case}")
        page.keyboard.press("x")
        page.wait_for_selector("#decision")
        page.keyboard.press("c")
        page.fill("#why", typed)
        with house.state.database.transaction() as tx:
            end_sessions(tx, user_id=require_user(tx, "inspector").id)
        page.press("#why", "Control+Enter")
        page.wait_for_selector("#offline:not([hidden])")
        assert page.input_value("#why") == typed
        page.click("#offline a")
        page.fill("#login", "inspector")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_selector("#decision")
        assert page.input_value("#why") == typed
        page.check("input[value=confirm]")
        page.press("#why", "Control+Enter")
        page.wait_for_selector(".v-done")
        page.goto(f"{address}/review/{case}?lang=en")
        assert HOSTILE in page.locator(".v-history").inner_text()
        assert "Confirm" in page.locator(".v-history").inner_text()
        assert page.title() != "owned"
    finally:
        context.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_fit_a_telephone_and_run_nothing_hostile(
    browser: Browser, house: House, address: str, language: str, tmp_path: Path
):
    (case,) = seeded(house, f"camera_{language}", 1, reason=HOSTILE)
    context = browser.new_context(viewport={"width": 390, "height": 900})
    try:
        page = context.new_page()
        log_in(page, address, "chief", f"/review/{case}")
        for path in ("/review", f"/review/{case}", f"/review/{case}?blind=on"):
            answer = page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer is not None
            assert answer.status == 200
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
            assert page.title() != "owned"
            page.screenshot(path=tmp_path / f"{language}-{path.count('/')}-{len(path)}.png", full_page=True)
        # In blind review the system's sentence is not even in the page.
        assert "onerror" not in page.content()
    finally:
        context.close()
