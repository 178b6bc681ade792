"""Notices, answers, enrolment and administration in a real browser: quiet, at home, fitting the screen, losing no typed text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.api.matters import NUMBER, Accused, an_accused_class
from tests.api.pages.test_in_browser import HOSTILE, watched
from tests.api.pages.test_review_in_browser import log_in
from tests.api.people import OWN
from tests.builders.review import seed_cases
from tests.services.api_server import run_api
from verifier.accounts import add_user
from verifier.records.appeals import read_appeals
from verifier.records.users import end_sessions, require_user
from verifier.regulation.decisions import Verdict
from verifier.supervising import decide_matter, issue_notice

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PDF = b"%PDF-1.7\n" + bytes(64)


@pytest.fixture(scope="module")
def accused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accused]:
    made = an_accused_class(tmp_path_factory.mktemp("office"))
    add_user(made.house.state.database, "hostile", HOSTILE, "inspector", "a long enough one", by="local:test")
    yield made
    made.house.state.close()


@pytest.fixture(scope="module")
def notice(accused: Accused) -> str:
    """The id of a notice that is in force."""
    violation = UUID(accused.matter("violations")["id"])
    decide_matter(accused.office, violation, Verdict.CONFIRM, "chief", HOSTILE)
    issued = issue_notice(
        accused.office, NUMBER, [violation], "chief", date(2023, 6, 21), found_on=date(2023, 6, 20),
        supervision=["非现场监管"], signed_for=HOSTILE,
    )  # fmt: skip
    return str(issued.id)


@pytest.fixture(scope="module")
def address(accused: Accused) -> Iterator[str]:
    with run_api(accused.house.app) as served:
        yield served


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width_px", [1440, 390])
def test_the_office_pages_are_quiet_stay_at_home_and_fit_the_screen(
    browser: Browser, address: str, notice: str, width_px: int, language: str, tmp_path: Path
):
    places = {
        "chief": ("/notices", f"/notices/{notice}", "/sanctions", "/appeals", "/enrolment?verdict=all"),
        "agency": ("/notices", f"/notices/{notice}", "/appeals", f"/appeals/notice/{notice}", "/enrolment?verdict=all"),
        "admin": ("/admin", "/admin/users", "/admin/users/hostile", "/admin/users/new", "/admin/clients",
                  "/admin/clients/new", "/admin/jobs", "/admin/audit?check=1"),
    }  # fmt: skip
    for role, paths in places.items():
        with watched(browser, width_px) as (page, said, hosts):
            log_in(page, address, role, "/")
            for path in paths:
                answer = page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}", wait_until="load")
                assert answer is not None
                assert answer.status == 200, path
                assert page.evaluate("document.documentElement.scrollWidth") <= width_px, path
                assert page.title() != "owned", path
                page.screenshot(path=tmp_path / f"{role}-{paths.index(path)}.png", full_page=True)
            assert said == [], role
            assert hosts == {"127.0.0.1"}


def fill_answer(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.set_input_files("#file", {"name": f"{HOSTILE}.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.click("main form button[type=submit]")


def answers(accused: Accused, notice: str) -> list[Any]:
    with accused.house.state.database.reading() as tx:
        return [(each.text, len(each.files)) for each in read_appeals(tx, "notice", UUID(notice))]


def test_an_answer_that_meets_a_dead_network_and_an_expired_login_is_not_lost(
    browser: Browser, accused: Accused, address: str, notice: str
):
    text, context = f"已整改，见附件。{HOSTILE}", browser.new_context()
    try:
        page = context.new_page()
        log_in(page, address, "agency", f"/appeals/notice/{notice}")
        context.set_offline(True)
        fill_answer(page, text)
        page.wait_for_selector("#offline:not([hidden])")
        assert page.input_value("#text") == text
        context.set_offline(False)
        with accused.house.state.database.transaction() as tx:
            end_sessions(tx, user_id=require_user(tx, "agency").id)
        page.click("main form button[type=submit]")
        page.wait_for_selector("#offline a")
        assert page.input_value("#text") == text
        page.click("#offline a")
        page.fill("#login", "agency")
        page.fill("#password", "a long enough one")
        page.press("#password", "Enter")
        page.wait_for_selector("#text")
        assert page.input_value("#text") == text
        assert answers(accused, notice) == []
        fill_answer(page, text)
        page.wait_for_selector(".alert-success")
        assert answers(accused, notice) == [(text, 1)]
        assert page.input_value("#text") == ""
        assert page.title() != "owned"
    finally:
        context.close()


def test_a_decision_that_meets_a_dead_network_says_so_and_goes_through_later(
    browser: Browser, accused: Accused, address: str
):
    with accused.house.state.database.transaction() as tx:
        (case,) = seed_cases(tx, OWN, 1, kind="seat_filler")
    context = browser.new_context()
    try:
        page = context.new_page()
        log_in(page, address, "inspector", f"/review/{case}")
        page.keyboard.press("x")
        page.wait_for_selector("#decision")
        page.keyboard.press("d")
        page.fill("#why", HOSTILE)
        context.set_offline(True)
        page.press("#why", "Control+Enter")
        page.wait_for_selector("#offline:not([hidden])")
        assert page.input_value("#why") == HOSTILE
        context.set_offline(False)
        page.press("#why", "Control+Enter")
        page.wait_for_selector(".v-done")
        page.goto(f"{address}/review/{case}")
        assert HOSTILE in page.locator(".v-history").inner_text()
        assert page.title() != "owned"
    finally:
        context.close()
