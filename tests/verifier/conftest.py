"""One demo class and one night over it for the whole session; whoever changes something takes a copy."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from tests.builders.night import copy_workspace, load, settings_for
from verifier.demo.make_class import Plant, make_demo_class
from verifier.demo.run import run_demo


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
