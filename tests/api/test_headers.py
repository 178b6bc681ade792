"""Every answer forbids scripts, foreign hosts, frames and copies; only this machine's own names are served."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from api.server import create_app
from tests.builders.answers import CLASS, FakeSource, an_answer, an_id
from verifier.settings import Settings

PAGES = [
    "/",
    f"/classes/{CLASS}",
    f"/classes/{CLASS}/sessions/2023-06-12-am",
    f"/photos/{an_id(2)}",
    f"/photos/{an_id(2)}/annotated.jpg",
    "/cases",
    "/violations",
    "/no-such-page",
    "/?since=yesterday",
]


class Broken(FakeSource):
    def answer(self, *_: object) -> dict[str, object]:
        raise RuntimeError("the records are gone: secret-detail")


def a_client(source: FakeSource | None = None) -> TestClient:
    app = create_app(Settings(login="off"), source or FakeSource(an_answer()))
    return TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)


def check_headers(headers: dict[str, str]) -> None:
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_carries_the_headers(page: str):
    check_headers(a_client().get(page).headers)


def test_also_the_page_that_tells_of_our_own_failure():
    answer = a_client(Broken(an_answer())).get("/")
    assert answer.status_code == 500
    check_headers(answer.headers)
    assert "系统出错" in answer.text
    assert "secret-detail" not in answer.text


@pytest.mark.parametrize(
    "name", ["bootstrap/bootstrap.min.css", "report/parts.css", "pages/pages.css", "pages/icon.svg"]
)
def test_only_files_without_personal_data_may_be_kept(name: str):
    answer = a_client().get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"].startswith("public")


@pytest.mark.parametrize("page", [page for page in PAGES if not page.endswith(".jpg")])
def test_no_page_has_inline_styles_scripts_or_foreign_addresses(page: str):
    html = a_client().get(page).text
    # Our own files alone: anything inline is refused by the policy, and would be somebody else's.
    own = re.findall(r'<script src="/static/[a-z]+/[a-z.]+" defer></script>', html)
    assert html.count("<script") == len(own)
    for forbidden in (" style=", "<style", "onclick", "http://", "https://", 'src="//', 'href="//'):
        assert forbidden not in html


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_this_machines_names_are_served(host: str):
    assert a_client().get("/healthz", headers={"host": host}).json()["status"] == "ok"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8000", "localhost.evil.example", "192.168.1.5"]
)
def test_a_foreign_name_for_this_machine_is_refused(host: str):
    """DNS rebinding: the attacker's page asks 127.0.0.1 under its own name."""
    answer = a_client().get("/", headers={"host": host})
    assert answer.status_code == 400
    assert CLASS not in answer.text
    told = a_client().get("/api/v1/classes", headers={"host": host})
    assert (told.status_code, told.json()["code"]) == (400, "malformed")


def test_static_files_cannot_be_climbed_out_of():
    for path in ("/static/pages/../../server.py", "/static/pages/%2e%2e/render.py", "/static/report/..%2fwords.py"):
        assert a_client().get(path).status_code == 404


def test_the_docs_fetch_nothing_from_a_cdn():
    page = a_client().get("/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for address in re.findall(r"""(?:src|href)=["']([^"']+)""", page.text):
        assert address.startswith("/static/")
        assert a_client().get(address).status_code == 200
    assert "https://" not in page.text.partition("<body>")[2]
