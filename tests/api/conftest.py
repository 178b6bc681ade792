"""Records that tests of the API and of its pages begin with: made once, copied for each test that changes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.matters import Accused, an_accused_class, copy_records


@pytest.fixture(scope="session")
def accused_class(tmp_path_factory: pytest.TempPathFactory) -> Accused:
    """Only to be copied: its records are closed."""
    made = an_accused_class(tmp_path_factory.mktemp("accused"))
    made.house.state.close()
    return made


@pytest.fixture
def accused(accused_class: Accused, tmp_path: Path) -> Iterator[Accused]:
    """A class with one proposed violation, for one test."""
    copied = copy_records(accused_class, tmp_path / "records")
    yield copied
    copied.house.state.close()
