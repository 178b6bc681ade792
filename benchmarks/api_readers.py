"""What the filing system asks all day, for locust (`benchmarks/api.py` runs it): reads of a city's classes, in their usual shares.

Each user waits so that it sends `READS_EACH` requests a second at most; what the server cannot keep up with comes later. Of every
thousand reads, about 130 each ask for one session and for who was there in one, 75 each for the first hundred classes, a class's
rate and a page of its findings, 55 for one class and for its students, 35 each for failed findings, photos with faces, cases and
violations, 30 for filing, roster and ten sessions; each slow one, which judges or reads a whole class or the whole city, has its
share: what is due (of one class 20, of ten 10), the subsidy (20), matters (of one class 20, of the city 10).
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant_throughput, events, task

KEY = os.environ["BENCH_KEY"]
CLASSES = int(os.environ["BENCH_CLASSES"])
SESSIONS = os.environ["BENCH_SESSIONS"].split(",")
READS_EACH = float(os.environ["BENCH_READS_EACH"])
TOOK = Path(os.environ["BENCH_TOOK"])
API = "/api/v1"
NOTHING = "(healthz)"
_took_ms: list[float] = []


@events.request.add_listener
def note_time(name: str, response_time: float, **_: Any) -> None:
    """How long a read took; one of nothing is no read."""
    if name != NOTHING:
        _took_ms.append(response_time)


@events.spawning_complete.add_listener
def forget_times(**_: Any) -> None:
    """What came before all users were there does not count, as in locust's own figures."""
    _took_ms.clear()


@events.quitting.add_listener
def keep_times(**_: Any) -> None:
    """For `benchmarks/api.py`."""
    TOOK.write_text(json.dumps(_took_ms))


class Reader(FastHttpUser):
    """One connection of the filing system."""

    wait_time = constant_throughput(READS_EACH)

    def ask(self, path: str, name: str | None = None) -> None:
        """One read, counted under its pattern."""
        headers = {"Authorization": f"Bearer {KEY}"}
        self.client.get(f"{API}{path}", headers=headers, name=name or path.partition("?")[0])

    def of_class(self, rest: str, name: str | None = None) -> None:
        """One read about any class."""
        self.ask(f"/classes/C{random.randrange(CLASSES):05}{rest}", f"/classes/…{name or rest.partition('?')[0]}")

    @task(2)
    def live(self) -> None:
        """What costs nothing, to compare with."""
        self.client.get("/healthz", name=NOTHING)

    @task(5)
    def who(self) -> None:
        """Who am I."""
        self.ask("/me")

    @task(8)
    def list_classes(self) -> None:
        """A page of classes, somewhere in the list's beginning."""
        self.ask("/classes?limit=100")

    @task(6)
    def one_class(self) -> None:
        """One class."""
        self.of_class("")

    @task(3)
    def sessions(self) -> None:
        """Sessions with everybody who was there."""
        self.of_class("/sessions?limit=10")

    @task(14)
    def one_session(self) -> None:
        """One session."""
        self.of_class(f"/sessions/{random.choice(SESSIONS)}", "/sessions/…")

    @task(14)
    def presence(self) -> None:
        """Who was there in one session."""
        self.of_class(f"/presence?session={random.choice(SESSIONS)}")

    @task(6)
    def students(self) -> None:
        """Hours and eligibility."""
        self.of_class("/students")

    @task(8)
    def rate(self) -> None:
        """A class's attendance."""
        self.ask(f"/rates?class=C{random.randrange(CLASSES):05}")

    @task(8)
    def findings(self) -> None:
        """Findings, a page."""
        self.of_class("/findings?limit=50")

    @task(4)
    def failed(self) -> None:
        """Findings that failed."""
        self.of_class("/findings?outcome=failed")

    @task(4)
    def photos(self) -> None:
        """Photos with faces and findings: each look is in the audit."""
        self.of_class("/photos?limit=10")

    @task(4)
    def cases(self) -> None:
        """Cases: each look is in the audit."""
        self.ask(f"/cases?class=C{random.randrange(CLASSES):05}")

    @task(4)
    def violations(self) -> None:
        """Violations of the city, a page."""
        self.ask("/violations?limit=50")

    @task(2)
    def matters(self) -> None:
        """All matters of one class."""
        self.ask(f"/matters?class=C{random.randrange(CLASSES):05}")

    @task(1)
    def all_matters(self) -> None:
        """All matters of the city."""
        self.ask("/matters", "/matters (all)")

    @task(2)
    def subsidy(self) -> None:
        """Every condition of a class's subsidy, judged by what is on record now."""
        self.of_class("/subsidy")

    @task(2)
    def notices(self) -> None:
        """Notices."""
        self.ask("/notices")

    @task(2)
    def due(self) -> None:
        """What is due for one class."""
        self.ask(f"/due?class=C{random.randrange(CLASSES):05}")

    @task(1)
    def due_of_many(self) -> None:
        """What is due for ten classes."""
        self.ask("/due?limit=10", "/due (ten)")

    @task(3)
    def filing(self) -> None:
        """The filing."""
        self.of_class("/filing")

    @task(3)
    def roster(self) -> None:
        """The roster, masked."""
        self.of_class("/roster")

    @task(2)
    def nights(self) -> None:
        """How the nights went."""
        self.ask("/nights")
