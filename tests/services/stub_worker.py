"""A worker whose jobs are stubs that misbehave: ``python -c "from tests.services.stub_worker import work; work()"``.

``look`` takes a twentieth of a second; ``same_pictures`` keeps 600 MB; ``search_city`` never ends, and may take 1.5 seconds.
"""

from __future__ import annotations

import os
import time
from typing import Any

from verifier.job_kinds import KINDS, JobKind
from verifier.settings import Settings
from verifier.worker import run_worker

LOOK_S, HOG_BYTES, LIMIT_S, ATTEMPTS = 0.05, 600_000_000, 1.5, 2
PROGRAM = "from tests.services.stub_worker import work; work()"
_kept: list[bytearray] = []


def stub_kinds() -> None:
    """Put the stubs in the place of the jobs: in the worker, and in whoever sends to it."""
    KINDS.update(  # type: ignore[attr-defined]
        look=JobKind("vision", _look), same_pictures=JobKind("judge", _hog),
        search_city=JobKind("judge", _hang, attempts=ATTEMPTS, limit_s=LIMIT_S),
    )  # fmt: skip


def work() -> None:
    """One process, all queues."""
    stub_kinds()
    run_worker(Settings(), ["vision", "judge", "io"], 1)


def _tell() -> dict[str, Any]:
    return {"pid": os.getpid(), "ended": time.time()}


def _look(*_: object) -> dict[str, Any]:
    time.sleep(LOOK_S)
    return _tell()


def _hog(*_: object) -> dict[str, Any]:
    _kept.append(bytearray(b"x" * HOG_BYTES))
    return _tell()


def _hang(*_: object) -> dict[str, Any]:
    time.sleep(600)
    return _tell()
