"""The pages in a real browser: nothing in the console, nothing asked of another host, nothing wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from api.server import create_app, listen
from tests.builders.answers import CLASS, FakeSource, a_photo, a_session, a_student, an_answer, an_id
from tests.services.api_server import run_api
from verifier.report import write_night_report
from verifier.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
HOSTILE = "<img src=http://127.0.0.9:1/x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
PAGES = {
    "today": "/",
    "class": f"/classes/{CLASS}",
    "session": f"/classes/{CLASS}/sessions/2023-06-12-am",
    "photo": f"/photos/{an_id(2)}",
}


@contextmanager
def running(source: FakeSource) -> Iterator[str]:
    """The real server in a thread, on a free port; gives its address."""
    with run_api(create_app(Settings(login="off"), source)) as address:
        yield address


@contextmanager
def watched(browser: Browser, width_px: int) -> Iterator[tuple[Page, list[str], set[str]]]:
    """A page, what its console said, and the hosts it asked."""
    page = browser.new_page(viewport={"width": width_px, "height": 900})
    said: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    # Chromium aborts what an old page was still fetching (its icon, say) when the next page is opened: that is no failure.
    page.on(
        "requestfailed",
        lambda request: None if request.failure == "net::ERR_ABORTED" else said.append(f"failed: {request.url}"),
    )
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or urlsplit(request.url).scheme))
    try:
        yield page, said, hosts
    finally:
        page.close()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width_px", [1440, 390])
def test_pages_are_quiet_stay_at_home_and_fit_the_screen(
    browser: Browser, tmp_path: Path, width_px: int, language: str
):
    with running(FakeSource(an_answer())) as address, watched(browser, width_px) as (page, said, hosts):
        for name, path in PAGES.items():
            answer = page.goto(f"{address}{path}?lang={language}", wait_until="load")
            assert answer is not None
            assert answer.status == 200
            assert page.evaluate("document.documentElement.scrollWidth") <= width_px, f"{name} is wider than the screen"
            assert page.evaluate("getComputedStyle(document.body).margin") == "0px", "the style sheets were not loaded"
            page.screenshot(path=tmp_path / f"{name}-{width_px}-{language}.png", full_page=True)
        assert said == []
        assert hosts == {"127.0.0.1"}


def test_hostile_names_run_nothing(browser: Browser):
    photo = a_photo(2, file=HOSTILE, outcome="failed")
    answer = an_answer(photos=[photo], students=[a_student(name=HOSTILE)], sessions=[a_session()], cases=[])
    with running(FakeSource(answer)) as address, watched(browser, 1440) as (page, said, hosts):
        for path in PAGES.values():
            page.goto(address + path, wait_until="load")
            assert page.title() != "owned"
        assert said == []
        assert hosts == {"127.0.0.1"}


def test_the_content_policy_stops_what_would_slip_through(browser: Browser):
    """The second wall: even markup that got into a page may not run or fetch."""
    with (
        running(FakeSource(an_answer())) as address,
        listen("127.0.0.1", 0) as elsewhere,
        watched(browser, 1440) as (page, said, _),
    ):
        page.goto(address)
        page.evaluate(
            """port => {
                const script = document.createElement('script');
                script.textContent = "document.title = 'owned'";
                document.body.append(script);
                const picture = document.createElement('img');
                picture.src = `http://127.0.0.1:${port}/leak`;
                document.body.append(picture);
            }""",
            elsewhere.getsockname()[1],
        )
        elsewhere.settimeout(1)
        with pytest.raises(TimeoutError):
            elsewhere.accept()
        assert page.title() != "owned"
        assert sum("Content Security Policy" in line for line in said) >= 2


def test_the_way_from_today_to_the_evidence_by_keyboard_alone(browser: Browser):
    with running(FakeSource(an_answer())) as address, watched(browser, 1440) as (page, said, _):
        page.goto(address)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.getAttribute('href')") == f"/photos/{an_id(2)}":
                break
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/photos/{an_id(2)}")
        assert page.locator("img.v-picture").evaluate("picture => picture.complete && picture.naturalWidth > 0")
        assert page.locator("tr.v-row-failed", has_text="矛盾").count() == 1
        assert said == []


def test_a_click_on_absent_leads_to_the_students_line(browser: Browser):
    with running(FakeSource(an_answer())) as address, watched(browser, 1440) as (page, said, _):
        page.goto(f"{address}/classes/{CLASS}")
        page.locator("td.v-absent a").first.click()
        page.wait_for_url("**/sessions/2023-06-12-am#s-S02")
        assert "李四" in page.locator("tr:target").inner_text()
        assert said == []


def test_the_original_is_saved_under_its_chinese_name(browser: Browser, tmp_path: Path):
    source = FakeSource(an_answer(), file="上午 前.jpg")
    with running(source) as address, watched(browser, 1440) as (page, _, _):
        page.goto(f"{address}/photos/{an_id(1)}")
        with page.expect_download() as download:
            page.locator(f'a[href="/photos/{an_id(1)}/original"]').click()
        assert download.value.suggested_filename == "上午 前.jpg"
        download.value.save_as(tmp_path / "saved.jpg")
        assert (tmp_path / "saved.jpg").read_bytes() == b"\xff\xd8original"


def test_the_report_is_whole_without_any_server(browser: Browser, tmp_path: Path):
    answer = an_answer(students=[a_student(name=HOSTILE)])
    path = write_night_report(answer, tmp_path, FakeSource(answer).annotated)
    with watched(browser, 1440) as (page, said, hosts):
        page.goto(path.as_uri(), wait_until="load")
        assert page.locator("article.v-photo img").evaluate("picture => picture.naturalWidth") == 800
        page.screenshot(path=tmp_path / "report.png", full_page=True)
        assert said == []
        assert hosts <= {"file", "data"}
        assert page.title() == "核验报告 2023-06-13"
