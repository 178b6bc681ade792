"""What one process may ask of a PostgreSQL server. A module of its own, so that the settings need not load a database."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Connections at once, and seconds that one statement may take (None: as long as it takes)."""

    connections: int = 15
    statement_s: float | None = None
