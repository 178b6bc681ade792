"""Look at many pictures in parallel: watched processes that load the models once and are cut off when a picture takes too much.

Nothing a picture does can stop the night: a reader's crash stays in its look, a hang or a death of the process becomes a look
that says what was not read. docs/decisions/0002-look-once-judge-often.md
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog
from numpy.typing import NDArray
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from verifier.evidence import open_store
from verifier.observation import Decoded, Look
from verifier.settings import Settings

if TYPE_CHECKING:
    from verifier.evidence import EvidenceStore
    from verifier.vision.nets import Nets

log = structlog.get_logger()

LOOK_VERSION = "1"  # raised when a reader changes what it sees, so that pictures are looked at again
READ_PARTS = ("camera", "stamps", "quality", "faces", "people", "fingerprint")


@dataclass(frozen=True, slots=True)
class LookLimits:
    """When a look is cut off. Sources: `Settings.photo_timeout_s` and `photo_memory_mb`."""

    timeout_s: float
    memory_mb: int


@dataclass(frozen=True, slots=True)
class LookTask:
    """One picture to look at. `portrait` skips what only class photos have (stamp, people)."""

    sha256: str
    portrait: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class LookDone:
    """What came out: the look as JSON and its faces' embeddings, (n, d) float32."""

    task: LookTask
    look_json: dict[str, Any]
    embeddings: NDArray[np.float32]
    embedding_contract: str
    cut_off: str = ""  # why the process was stopped; empty when it finished by itself


def look_versions(nets: Nets) -> dict[str, str]:
    """The versions a look depends on: our readers and every network. Kept with each look."""
    from verifier import __version__

    return {"code": f"{__version__}+look{LOOK_VERSION}", **nets.versions}


def versions_key(versions: dict[str, str], portrait: bool = False) -> str:
    """One string for one set of versions; looks of portraits are kept apart, as they hold less."""
    key = " ".join(f"{name}={value}" for name, value in sorted(versions.items()))
    return f"portrait {key}" if portrait else key


class _Worker:
    """What one process holds on to: models, store and limits."""

    def __init__(self, settings: Settings) -> None:
        from verifier.vision.nets import open_nets

        self.nets = open_nets(
            settings.cache_dir, settings.models_dir, threads=1, face_pack=settings.face_pack, people_pack=settings.people_pack
        )
        self.store = open_evidence(settings)
        self.versions = look_versions(self.nets)


_worker: _Worker | None = None


def open_evidence(settings: Settings) -> EvidenceStore:
    """The evidence store that the settings name."""
    access, secret = settings.evidence_access_key, settings.evidence_secret_key
    return open_store(
        settings.evidence,
        access.get_secret_value() if access else None,
        secret.get_secret_value() if secret else None,
    )


def _start_worker(settings_json: str, memory_mb: int, parent: int) -> None:
    global _worker
    # The parent decides when to stop; a Ctrl-C in the terminal reaches it, not us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    _worker = _Worker(Settings.model_validate_json(settings_json))
    # Address space, as that is what Linux lets a process limit; models are loaded by now, so this bounds what a picture adds.
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + memory_mb * 1024 * 1024
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _end_with_parent(parent: int) -> None:
    # After kill -9 of the night its workers would look on for nobody.
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _look(sha256: str, portrait: bool) -> tuple[dict[str, Any], NDArray[np.float32], str]:
    from verifier.photo.look import look_at_photo
    from verifier.photo.look_json import look_to_json

    assert _worker is not None, "the pool starts every worker with _start_worker"
    data = _worker.store.read(sha256)
    look = look_at_photo(data, sha256, _worker.nets, versions=_worker.versions, portrait=portrait)
    return *look_to_json(look), look.embedding_contract


def look_at_all(tasks: Iterable[LookTask], settings: Settings, versions: dict[str, str]) -> Iterator[LookDone]:
    """Look at every picture, in any order, each answered once.

    A picture that was cut off (too long, too much memory, a dead process) is tried once more alone at the end, since a
    neighbour may have starved it; then it gets a look in which nothing was read.

    Args:
        tasks: The pictures; their bytes come from the evidence store that `settings` name.
        settings: Workers, limits, packs.
        versions: As `look_versions` gives them; written into looks of pictures that were cut off.
    """
    again: list[LookTask] = []
    for done in _look_in_pool(tasks, settings, versions, settings.workers):
        if done.cut_off:
            log.warning("look_cut_off", sha256=done.task.sha256, why=done.cut_off, next="tried once more alone")
            again.append(done.task)
        else:
            yield done
    for done in _look_in_pool(again, settings, versions, 1):
        if done.cut_off:
            log.error("look_cut_off", sha256=done.task.sha256, why=done.cut_off, next="kept as not_run")
        yield done


def _look_in_pool(
    tasks: Iterable[LookTask], settings: Settings, versions: dict[str, str], workers: int
) -> Iterator[LookDone]:
    queue = iter(tasks)
    first = next(queue, None)
    if first is None:
        return
    # spawn: onnxruntime's and OpenCV's threads do not survive a fork.
    pool = ProcessPool(
        max_workers=workers,
        context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(_settings_for_worker(settings), settings.photo_memory_mb, os.getpid()),
    )
    waiting: deque[tuple[LookTask, ProcessFuture]] = deque()

    def submit(task: LookTask) -> None:
        waiting.append(
            (task, pool.schedule(_look, args=(task.sha256, task.portrait), timeout=settings.photo_timeout_s))
        )

    try:
        submit(first)
        # A short queue keeps memory flat over a night of thousands, and the workers busy.
        for task in queue:
            submit(task)
            if len(waiting) >= 3 * workers:
                yield _collect(*waiting.popleft(), settings, versions)
        while waiting:
            yield _collect(*waiting.popleft(), settings, versions)
        pool.close()
    finally:
        pool.stop()
        pool.join()


def _settings_for_worker(settings: Settings) -> str:
    # model_dump_json hides secrets; a child reads those from its environment, as this process did.
    shown = settings.model_dump(mode="json", exclude={"evidence_access_key", "evidence_secret_key", "data_key"})
    import json

    return json.dumps(shown)


def _collect(task: LookTask, future: ProcessFuture, settings: Settings, versions: dict[str, str]) -> LookDone:
    try:
        look_json, embeddings, contract = future.result()
        return LookDone(task, look_json, embeddings, contract)
    except FutureTimeout:
        why = f"took longer than {settings.photo_timeout_s:g} s"
    except ProcessExpired as error:
        why = f"the process looking at it ended (exit code {error.exitcode})"
    except MemoryError:
        why = f"needed more than {settings.photo_memory_mb} MB of memory"
    except Exception as error:  # noqa: BLE001 - whatever a picture provokes becomes its look, not the night's end
        why = f"{type(error).__name__}: {error}"
    return _not_looked_at(task, why, versions)


def _not_looked_at(task: LookTask, why: str, versions: dict[str, str]) -> LookDone:
    from verifier.photo.look_json import look_to_json

    look = Look(
        sha256=task.sha256,
        versions=versions,
        decoded=Decoded("", 0, 0, 0),
        not_read={"decoded": why, **dict.fromkeys(READ_PARTS, why)},
    )
    return LookDone(task, *look_to_json(look), "", cut_off=why)
