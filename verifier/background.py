"""Work in a thread of its own, round after round, until it is stopped."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

import structlog

log = structlog.get_logger()
POLL_S = 2.0


class BackgroundWorker(ABC):
    """Works whenever there is something to do, and looks again after POLL_S where there was nothing."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the round that runs; a long one watches `_stopping` by itself."""
        self._stopping.set()
        self._thread.join()

    @abstractmethod
    def work_once(self) -> bool:
        """Do what there is to do, a round of it; tells whether there was anything."""

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                worked = self.work_once()
            except Exception:
                # The records may be away for a while; the worker must still be there afterwards.
                log.exception("background_worker_failed", worker=self._name)
                worked = False
            if not worked:
                self._stopping.wait(POLL_S)
