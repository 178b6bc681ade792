"""One demo class and one night over it for all test processes, not to be changed but in a copy; and an office of one's own."""

from __future__ import annotations

import fcntl
import io
import json
import os
from collections.abc import Callable, Iterator
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


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first of the test processes to ask for it makes; the others wait for it, and none may change it."""
    mine = factory.getbasetemp()
    # With xdist each process has a folder of its own below the run's.
    folder = (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / f"once-{name}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            make(folder / "ws")
            (folder / "made").touch()
    return folder / "ws"


@pytest.fixture(scope="session")
def demo_imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the demo class imported; nobody has looked at a photo yet. Not to be changed."""

    def make(workspace: Path) -> None:
        make_demo_class(workspace / "class")
        assert load(workspace / "class", workspace).loaded

    return make_once(tmp_path_factory, "imported", make)


@pytest.fixture(scope="session")
def demo_plants(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plant, ...]:
    """What is planted in the demo class."""
    return make_demo_class(tmp_path_factory.mktemp("plants") / "class")


@pytest.fixture(scope="session")
def demo_night(demo_imported: Path, tmp_path_factory: pytest.TempPathFactory) -> DemoNight:
    """The demo, run once. Not to be changed."""

    def make(workspace: Path) -> None:
        copy_workspace(demo_imported, workspace)
        printed = io.StringIO()
        all_found = run_demo(settings_for(workspace), Console(file=printed, width=160))
        told = {"printed": printed.getvalue(), "all_found": all_found}
        (workspace.parent / "told.json").write_text(json.dumps(told), encoding="utf-8")

    workspace = make_once(tmp_path_factory, "night", make)
    return DemoNight(workspace, **json.loads((workspace.parent / "told.json").read_text(encoding="utf-8")))


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
