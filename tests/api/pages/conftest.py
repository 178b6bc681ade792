"""For the tests of pages: Debian's chromium, one a file, without which they skip and say so; and what they decide on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tests.api.matters import Accused
from tests.api.people import House, copy_house
from tests.builders.chromium import ARGUMENTS, CHROMIUM
from verifier.regulation.decisions import Verdict
from verifier.supervising import decide_matter

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def house(made: House, tmp_path: Path) -> Iterator[House]:
    """The records that a file's `made` holds, for one test."""
    copied = copy_house(made, tmp_path / "records")
    yield copied
    copied.state.close()


@pytest.fixture
def violation(accused: Accused) -> str:
    """The class's violation, confirmed by the chief."""
    found = str(accused.matter("violations")["id"])
    decide_matter(accused.office, UUID(found), Verdict.CONFIRM, "chief", "核对原始记录，情况属实。")
    return found
