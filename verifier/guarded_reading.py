"""Readers of one piece of evidence, run one after the other: a crash of one costs its own part only."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

logger = logging.getLogger(__name__)
T = TypeVar("T")


class GuardedReading:
    """Runs readers with a stop-watch and a guard around each.

    Attributes:
        not_read: Part → why it could not be read (English, for the log and `not_run`).
        seconds: Part → how long its reader took.
    """

    def __init__(self) -> None:
        self.not_read: dict[str, str] = {}
        self.seconds: dict[str, float] = {}

    def run(self, part: str, read: Callable[[], T]) -> T | None:
        """What `read` returns; None where it crashed, and `not_read` then says why."""
        started = time.perf_counter()
        try:
            return read()
        except Exception as error:
            # One reader's crash, MemoryError too, must not cost the others' work.
            logger.exception("reader of %s crashed", part)
            self.not_read[part] = f"{type(error).__name__}: {error}"[:500]
            return None
        finally:
            self.seconds[part] = round(time.perf_counter() - started, 4)
