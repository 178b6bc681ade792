"""A class with something against it: a violation that the night proposed, and a case that an inspection opened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.api.people import House, a_house, copy_house
from tests.builders.history import a_history
from tests.builders.office import close_class, file_class
from verifier.regulation.facts import ClassFacts, PhotoReport, ReportState
from verifier.supervising import Office

# The history's first class is of the agency whose program is ``own``.
NUMBER = "YY-2023-0000"


@dataclass(frozen=True)
class Accused:
    """The house, the class's facts, and the office's own way to its records."""

    house: House
    facts: ClassFacts
    office: Office

    def close(self) -> bool:
        """A night over the class, in which the reports of one day are missing."""
        missing = (PhotoReport(ReportState.MISSING),)
        sessions = [
            replace(each, reports=missing) if place in (4, 5) else each
            for place, each in enumerate(self.facts.sessions)
        ]
        return close_class(self.office, self.facts.training, sessions, self.facts.sessions[-1].session.day)

    def matter(self, kind: str) -> dict[str, Any]:
        """The first violation or case, as the office reads it."""
        found = self.house.client("office").get(f"/api/v1/{kind}?class={NUMBER}").json()["items"]
        return dict(found[0])


def copy_records(made: Accused, folder: Path) -> Accused:
    """The same records once more, for a test to change: making them costs seconds."""
    house = copy_house(made.house, folder)
    return Accused(house, made.facts, Office(house.state.database, house.state.policy))


def an_accused_class(folder: Path, **settings: Any) -> Accused:
    """One violation is proposed by the night; nothing is decided."""
    house = a_house(folder, requests_per_minute=1_000_000, public_hosts="testserver", **settings)
    office, facts = Office(house.state.database, house.state.policy), a_history().complete[0]
    file_class(office, facts)
    accused = Accused(house, facts, office)
    assert accused.close()
    return accused
