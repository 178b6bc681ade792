"""The lists and the pages of classes, agencies and cameras in a real browser: readable, reachable by keyboard, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from tests.api.pages.test_agency_page import add_notice, close_sessions
from tests.api.pages.test_in_browser import HOSTILE, watched
from tests.api.pages.test_review_in_browser import log_in
from tests.api.people import OTHER, OTHER_AGENCY, OWN, OWN_AGENCY, House, a_house
from tests.builders.answers import a_picture
from tests.builders.plan import a_camera, a_class_file, a_session, a_training_class
from tests.builders.review import seed_cases
from tests.services.api_server import run_api
from verifier.camera_health import Condition
from verifier.plan import Agency
from verifier.records.cameras import SampleRecord, save_sample
from verifier.records.filing import save_class_file
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.camera import CameraRow

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
THIRD = "YY-2023-0099"
SESSION = a_session(camera_id="cam-1")
PAGES = (
    "/", "/cases", "/cases?state=all&q=nobody", "/violations", "/findings", "/classes", "/agencies",
    f"/agencies/{OWN_AGENCY}", f"/classes/{OWN}", f"/classes/{OWN}/subsidy", f"/classes/{OWN}/sessions/2023-06-12-am",
    "/cameras", "/cameras/{camera}",
)  # fmt: skip

# Every text against what lies behind it, by WCAG 2.1's formula; large text may have 3:1. Charts are judged by their own tests.
CONTRAST = """() => {
  const read = colour => { const found = colour.match(/[\\d.]+/g).map(Number); return found.length > 3 ? found : [...found, 1]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => { for (; node; node = node.parentElement) {
    const found = read(getComputedStyle(node).backgroundColor); if (found[3] > 0.99) return found; } return [255, 255, 255, 1]; };
  const bad = [];
  for (const node of document.querySelectorAll('body *')) {
    if (node.closest('svg') || !node.checkVisibility()) continue;
    const text = [...node.childNodes].filter(each => each.nodeType === 3).map(each => each.textContent.trim()).join('');
    if (!text) continue;
    const style = getComputedStyle(node), pair = [light(read(style.color)), light(behind(node))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < (large ? 3 : 4.5) && !node.disabled) bad.push(`${text.slice(0, 20)}: ${ratio.toFixed(2)}`);
  }
  return bad;
}"""
NAMELESS = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, img, a')].filter(each =>
  !(each.labels && each.labels.length) && !each.getAttribute('aria-label') && !each.hasAttribute('alt') && !each.textContent.trim()
  && !each.querySelector('img[alt]')).map(each => each.outerHTML.slice(0, 90))"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("office"), requests_per_minute=100_000)
    close_sessions(made, OWN, expected=10, present=7, unsure=1)
    close_sessions(made, OTHER, expected=10, present=9)
    digest = made.state.store.put(a_picture())
    with made.state.database.transaction() as tx:
        seed_cases(tx, OWN, 60, reason=HOSTILE)
        tx.scalars(select(AgencyRow).where(AgencyRow.code == OWN_AGENCY)).one().name = HOSTILE
        training = a_training_class(
            THIRD, agency=Agency("机构2", OTHER_AGENCY), sessions=(SESSION,),
            cameras=(a_camera("cam-1", "rtsp://one.example/1"), a_camera("cam-2", "rtsp://two.example/1")),
        )  # fmt: skip
        save_class_file(tx, a_class_file(training))
        for minute, condition in enumerate((Condition.OK, Condition.FROZEN, Condition.DOUBTFUL)):
            taken_at = SESSION.starts_at + timedelta(minutes=20 + 20 * minute)
            frame = {"sha256": digest, "why": "decisive", "size_bytes": 1, "received_at": taken_at.isoformat()}
            sample = SampleRecord("cam-1", taken_at, "picture", condition, SESSION.id, "", digest, frames=(frame,))
            save_sample(tx, THIRD, sample)
    for serial in (1, 2):
        add_notice(made, serial, SESSION.day, "issued")
    yield made
    made.state.close()


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    with run_api(house.app) as served:
        yield served


@pytest.fixture(scope="module")
def pages(house: House) -> list[str]:
    with house.state.database.reading() as tx:
        camera = tx.scalars(select(CameraRow.id).where(CameraRow.code == "cam-1")).one()
    return [each.format(camera=camera) for each in PAGES]


# 720 px is what a 1440 px screen has left at 200 %.
@pytest.mark.parametrize(("width_px", "language"), [(1440, "zh"), (720, "en"), (390, "zh"), (390, "en")])
def test_pages_are_quiet_stay_at_home_fit_the_screen_and_can_be_read(
    browser: Browser, address: str, pages: list[str], width_px: int, language: str
):
    with watched(browser, width_px) as (page, said, hosts):
        log_in(page, address, "inspector", "/cases")
        for path in pages:
            answer = page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}", wait_until="load")
            assert answer is not None
            assert answer.status == 200, path
            assert page.evaluate("document.documentElement.scrollWidth") <= width_px, f"{path} is wider than the screen"
            assert page.evaluate(CONTRAST) == [], path
            assert page.evaluate(NAMELESS) == [], path
            assert page.locator("h1").count() == 1, path
            assert page.locator("html").get_attribute("lang") == ("en" if language == "en" else "zh-CN")
            assert page.title() != "owned"
        assert said == []
        assert hosts == {"127.0.0.1"}


def test_lists_work_without_scripts(browser: Browser, address: str):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, address, "inspector", "/cases")
    page.fill("input[name=q]", "S01")
    page.select_option("select[name=state]", "open")
    page.click("main form button[type=submit]")
    assert page.locator("table.v-listing tbody tr").count() == 50
    page.click("a[rel=next]")
    assert page.locator("table.v-listing tbody tr").count() == 10
    page.click("thead a >> nth=0")
    assert page.locator("th[aria-sort=ascending]").count() == 1
    assert page.input_value("input[name=q]") == "S01", "a filter stays through sorting and paging"
    with page.expect_download() as download:
        page.click("a[download]")
    assert download.value.suggested_filename == "cases.xlsx"
    context.close()


def test_every_link_that_has_the_focus_shows_it(browser: Browser, address: str):
    with watched(browser, 1440) as (page, _, _):
        log_in(page, address, "inspector", f"/classes/{OWN}")
        for _ in range(25):
            page.keyboard.press("Tab")
            outline = page.evaluate(
                "(s => s.outlineStyle !== 'none' || s.boxShadow !== 'none')(getComputedStyle(document.activeElement))"
            )
            assert outline, page.evaluate("document.activeElement.outerHTML.slice(0, 120)")


def test_a_printed_page_has_no_menu_and_the_whole_grid(browser: Browser, address: str):
    with watched(browser, 1440) as (page, _, _):
        log_in(page, address, "inspector", f"/classes/{OWN}")
        page.emulate_media(media="print")
        assert not page.locator(".v-top nav").is_visible()
        assert not page.locator(".v-jump").is_visible()
        assert page.locator(".v-grid-box").evaluate("box => getComputedStyle(box).overflowX") == "visible"


def test_a_look_that_was_asked_for_is_followed_without_reloading(browser: Browser, address: str, pages: list[str]):
    with watched(browser, 1440) as (page, said, _):
        log_in(page, address, "inspector", pages[-1])
        with page.expect_request(lambda request: "/jobs/" in request.url, timeout=15_000):
            page.click("main form button[type=submit]")
        assert page.locator("#look-job").get_attribute("role") == "status"
        assert said == []
