"""One demo class and one night over it for the whole session, not to be changed but in a copy; and an office of one's own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from tests.builders.history import a_history
from tests.builders.night import copy_workspace, load, settings_for
from tests.builders.office import an_office, file_class
from verifier.demo.make_class import Plant, make_demo_class
from verifier.demo.run import run_demo
from verifier.regulation.facts import ClassFacts
from verifier.supervising import Office


@dataclass(frozen=True)
class DemoNight:
    """The demo as `verifier demo` leaves it: its workspace, what it printed and whether all was found."""

    workspace: Path
    printed: str
    all_found: bool


@pytest.fixture(scope="session")
def demo_imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the demo class imported; nobody has looked at a photo yet. Not to be changed."""
    workspace = tmp_path_factory.mktemp("imported")
    make_demo_class(workspace / "class")
    assert load(workspace / "class", workspace).loaded
    return workspace


@pytest.fixture(scope="session")
def demo_plants(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plant, ...]:
    """What is planted in the demo class."""
    return make_demo_class(tmp_path_factory.mktemp("plants") / "class")


@pytest.fixture(scope="session")
def demo_night(demo_imported: Path, tmp_path_factory: pytest.TempPathFactory) -> DemoNight:
    """The demo, run once. Not to be changed."""
    workspace = copy_workspace(demo_imported, tmp_path_factory.mktemp("demo") / "ws")
    printed = io.StringIO()
    all_found = run_demo(settings_for(workspace), Console(file=printed, width=160))
    return DemoNight(workspace, printed.getvalue(), all_found)


@pytest.fixture
def workspace(demo_night: DemoNight, tmp_path: Path) -> Path:
    """A copy of the demo's workspace after its night, to be changed."""
    return copy_workspace(demo_night.workspace, tmp_path / "ws")


@pytest.fixture
def facts() -> ClassFacts:
    """What happened in a flawless class."""
    return a_history().complete[0]


@pytest.fixture
def office(tmp_path: Path, facts: ClassFacts) -> Iterator[Office]:
    """Records with one flawless class and three inspectors."""
    office = an_office(tmp_path)
    file_class(office, facts)
    yield office
    office.database.close()
