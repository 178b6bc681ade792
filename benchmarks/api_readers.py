"""What the filing system asks all day, for locust (`benchmarks/api.py` runs it): reads of a city's classes, in their usual shares.

Each user waits so that it sends `READS_EACH` requests a second at most; what the server cannot keep up with comes later.
"""

from __future__ import annotations

import os
import random

from locust import FastHttpUser, constant_throughput, task

KEY = os.environ["BENCH_KEY"]
CLASSES = int(os.environ["BENCH_CLASSES"])
SESSIONS = os.environ["BENCH_SESSIONS"].split(",")
READS_EACH = float(os.environ["BENCH_READS_EACH"])
API = "/api/v1"


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

    @task(6)
    def live(self) -> None:
        """What costs nothing, to compare with."""
        self.client.get("/healthz", name="(healthz)")

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

    @task(2)
    def notices(self) -> None:
        """Notices."""
        self.ask("/notices")

    @task(2)
    def due(self) -> None:
        """What is due for one class."""
        self.ask(f"/due?class=C{random.randrange(CLASSES):05}")

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
