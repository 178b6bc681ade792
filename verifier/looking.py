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
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import structlog
from numpy.typing import NDArray
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from verifier.evidence import EvidenceError, StoreUnavailable, open_store
from verifier.logs import configure_logs
from verifier.observation import Decoded, DecodeFault, Look
from verifier.settings import Settings

if TYPE_CHECKING:
    from verifier.evidence import EvidenceStore
    from verifier.vision.nets import Nets

log = structlog.get_logger()

STARTS = 3  # how often processes are started in vain before we go another way
READ_PARTS = ("picture", "camera", "stamps", "quality", "faces", "people", "fingerprint")


@dataclass(frozen=True, slots=True, eq=False)
class LookDone:
    """What came out: the look as JSON and its faces' embeddings, (n, d) float32.

    Attributes:
        cut_off: Why nothing was read; empty when the process finished by itself.
        lasting: False where the picture was never seen: its evidence may be restored, so the look is not kept.
        starved: Why a part of it was not read for want of memory; empty where none was. A raised limit may mend it.
        pool_broken: All processes ended; whether this picture did it is not known.
    """

    sha256: str
    look_json: dict[str, Any]
    embeddings: NDArray[np.float32]
    embedding_contract: str
    cut_off: str = ""
    lasting: bool = True
    pool_broken: bool = False
    starved: str = ""


class _EvidenceFault(Exception):
    """One piece of evidence is missing or damaged; a plain message, as the store's own errors do not survive pickling."""


class _StoreFault(Exception):
    """The whole store does not answer."""


class CannotLookError(RuntimeError):
    """The processes that look at pictures cannot work at all; that says nothing about any picture."""


def versions_key(versions: Mapping[str, str]) -> str:
    """One string for one set of versions, by which looks are found again."""
    return " ".join(f"{name}={value}" for name, value in sorted(versions.items()))


def look_versions(settings: Settings) -> tuple[dict[str, str], str]:
    """The versions a look depends on, and the embedding contract of its faces; no network is loaded.

    Raises:
        PackError: a configured pack is unknown.
    """
    from verifier.photo.look import code_versions
    from verifier.vision.nets import installed_versions

    packs, contract = installed_versions(
        settings.cache_dir, settings.models_dir, settings.face_pack, settings.people_pack, settings.face_runtime
    )
    return {**code_versions(), **packs}, contract


class _Worker:
    """What one process holds on to: models, store and limits."""

    def __init__(self, settings: Settings) -> None:
        self.nets = open_networks(settings, threads=1)
        self.store = open_evidence(settings)


_worker: _Worker | None = None
_worker_fault = ""  # why there is no worker


def open_evidence(settings: Settings) -> EvidenceStore:
    """The evidence store that the settings name."""
    access, secret = settings.evidence_access_key, settings.evidence_secret_key
    return open_store(
        settings.evidence,
        access.get_secret_value() if access else None,
        secret.get_secret_value() if secret else None,
    )


def _start_worker(settings_json: str, memory_mb: int, parent: int) -> None:
    global _worker, _worker_fault
    # The parent decides when to stop; a Ctrl-C in the terminal reaches it, not us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, args=(parent,), daemon=True).start()
    settings = Settings.model_validate_json(settings_json)
    configure_logs(settings.log_format, settings.log_level)
    # One process a core: OpenCV's own threads would only take turns.
    cv2.setNumThreads(1)
    try:
        _worker = _Worker(settings)
    except Exception as error:  # noqa: BLE001 - told by the first picture; raised here, it would only be "all workers expired"
        _worker_fault = f"{type(error).__name__}: {error}"
        return
    # Address space, as that is what Linux lets a process limit; models are loaded by now, so this bounds what a picture adds.
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + memory_mb * 1024 * 1024
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def end_with_parent(parent: int) -> None:
    """End this process as soon as the one that started it is gone."""
    # After kill -9 of the night its workers would look on for nobody.
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _look(sha256: str) -> tuple[dict[str, Any], NDArray[np.float32], str]:
    from verifier.photo.look import code_versions, look_at_photo
    from verifier.photo.look_json import look_to_json, stack_embeddings

    if _worker is None:
        raise CannotLookError(_worker_fault)
    try:
        oversize = _find_oversize(_worker.store, sha256)
        data = b"" if oversize else _worker.store.read(sha256)
    except StoreUnavailable as error:
        raise _StoreFault(str(error)) from None
    except EvidenceError as error:
        raise _EvidenceFault(str(error)) from None
    if oversize is not None:
        look = Look(sha256, {**code_versions(), **_worker.nets.versions}, oversize)
    else:
        look = look_at_photo(data, sha256, _worker.nets)
    return look_to_json(look), stack_embeddings(look), look.embedding_contract


def _find_oversize(store: EvidenceStore, sha256: str) -> Decoded | None:
    """A file of too many bytes, told without holding them: it may be larger than our memory."""
    from verifier.photo.container import sniff_format
    from verifier.photo.decode import DECODE_2023

    size_bytes = store.size(sha256)
    if size_bytes <= DECODE_2023.max_bytes:
        return None
    with store.open(sha256) as source:  # verified on the way
        head = source.read(4096)
    return Decoded(sniff_format(head), 0, 0, size_bytes, DecodeFault.TOO_MANY_BYTES)


def import_readers() -> None:
    """Import what a look needs beyond this module, so that a process has it before it forks others that look."""
    from verifier.vision.text import import_rapidocr

    import_rapidocr()


def open_networks(settings: Settings, threads: int) -> Nets:
    """The networks that the settings name, loaded."""
    from verifier.vision.nets import open_nets

    return open_nets(
        settings.cache_dir,
        settings.models_dir,
        threads,
        settings.face_pack,
        settings.people_pack,
        settings.face_runtime,
    )


def start_looking_here(settings: Settings) -> None:
    """Make this process one that looks at pictures: networks loaded, memory limited. It ends when its parent does.

    Raises:
        CannotLookError: a network or the cache folder cannot be used.
    """
    _start_worker(_settings_for_worker(settings), settings.photo_memory_mb, os.getppid())
    if _worker is None:
        raise CannotLookError(_worker_fault)


def look_here(sha256: str, settings: Settings, versions: Mapping[str, str]) -> LookDone:
    """Look at one picture in this very process, which `start_looking_here` prepared; whoever started it cuts it off.

    Raises:
        StoreUnavailable: the evidence store does not answer.
    """
    done: ProcessFuture[Any] = ProcessFuture()
    try:
        done.set_result(_look(sha256))
    except Exception as error:  # noqa: BLE001 - told apart by `_collect`, as for the processes of one machine
        done.set_exception(error)
    return _collect(sha256, done, settings, versions)


def look_at_all(digests: Iterable[str], settings: Settings, versions: Mapping[str, str]) -> Iterator[LookDone]:
    """Look at every picture, in any order, each answered once.

    A picture that was cut off (too long, too much memory, a dead process) is tried once more alone at the end, since a
    neighbour may have starved it; then it gets a look in which nothing was read.

    Args:
        digests: SHA-256 of the pictures; their bytes come from the evidence store that `settings` name.
        settings: Workers, limits, packs.
        versions: As `look_versions` gives them; written into looks of pictures that were cut off.
    Raises:
        StoreUnavailable: the evidence store does not answer; nothing is known about the remaining pictures.
        CannotLookError: the processes do not start, as when a model file is wrong or the cache folder cannot be written.
    """
    todo, again, looked, starts_lost = list(dict.fromkeys(digests)), list[str](), 0, 0
    while todo:
        broken = []
        for done in _look_in_pool(todo, settings, versions, settings.workers):
            if done.pool_broken:
                broken.append(done.sha256)
            elif not done.lasting:
                log.error("evidence_not_readable", sha256=done.sha256, why=done.cut_off)
                yield done
            elif done.cut_off:
                log.warning("look_cut_off", sha256=done.sha256, why=done.cut_off, next="tried once more alone")
                again.append(done.sha256)
            else:
                looked += 1
                yield done
        starts_lost = starts_lost + 1 if len(broken) == len(todo) else 0
        if starts_lost == STARTS:  # no headway together
            again += broken
            break
        # A worker that died between two pictures takes the whole pool with it: the others go on in a new one.
        todo = broken
    starts_lost = 0
    while again:
        sha256 = again.pop(0)
        (done,) = _look_in_pool([sha256], settings, versions, 1)
        if done.pool_broken and not looked:
            # Nothing was looked at yet, so this says more about us than about the picture.
            starts_lost += 1
            if starts_lost == STARTS:
                raise CannotLookError(
                    f"the processes that look at photos do not stay alive: {done.cut_off}; see the log"
                )
            again.append(sha256)
            continue
        looked += not done.cut_off
        if done.cut_off:
            log.error("look_cut_off", sha256=sha256, why=done.cut_off, next="kept as not_run")
        yield done


def _look_in_pool(
    digests: Iterable[str], settings: Settings, versions: Mapping[str, str], workers: int
) -> Iterator[LookDone]:
    queue = iter(digests)
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
    waiting: deque[tuple[str, ProcessFuture[Any]]] = deque()

    def submit(sha256: str) -> None:
        try:
            future = pool.schedule(_look, args=(sha256,), timeout=settings.photo_timeout_s)
        except RuntimeError as error:  # the pool is broken
            future = ProcessFuture()
            future.set_exception(BrokenProcessPool(str(error)))
        waiting.append((sha256, future))

    try:
        submit(first)
        # A short queue keeps memory flat over a night of thousands, and the workers busy.
        for sha256 in queue:
            submit(sha256)
            if len(waiting) >= 3 * workers:
                yield _collect(*waiting.popleft(), settings, versions)
        while waiting:
            yield _collect(*waiting.popleft(), settings, versions)
        pool.close()  # type: ignore[no-untyped-call]
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


_FOR_PARENT = {
    "evidence_access_key",
    "evidence_secret_key",
    "data_key",
    "former_data_keys",
    "database_url",
    "broker_url",
}


def _settings_for_worker(settings: Settings) -> str:
    # model_dump_json hides secrets; a child reads those from its environment, as this process did. It never opens the database.
    return settings.model_dump_json(exclude=_FOR_PARENT)


def _collect(sha256: str, future: ProcessFuture[Any], settings: Settings, versions: Mapping[str, str]) -> LookDone:
    from verifier.photo.look_json import look_to_json, stack_embeddings

    try:
        look_json, embeddings, contract = future.result()
        starved = "; ".join(f"{part}: {why}" for part, why in look_json["not_read"].items() if _is_starved(why))
        return LookDone(sha256, look_json, embeddings, contract, starved=starved)
    except _StoreFault as error:
        raise StoreUnavailable(str(error)) from None
    except _EvidenceFault as error:
        look = not_looked_at(sha256, str(error), versions)
        return LookDone(sha256, look_to_json(look), stack_embeddings(look), "", cut_off=str(error), lasting=False)
    except CannotLookError as error:
        raise CannotLookError(f"the processes that look at photos do not start: {error}") from None
    except BrokenProcessPool as error:
        why = f"the process looking at it ended ({error})"
        look = not_looked_at(sha256, why, versions)
        return LookDone(sha256, look_to_json(look), stack_embeddings(look), "", cut_off=why, pool_broken=True)
    except FutureTimeout:
        why = f"took longer than {settings.photo_timeout_s:g} s"
    except ProcessExpired as error:
        why = f"the process looking at it ended (exit code {error.exitcode})"
    except MemoryError:
        why = f"needed more than {settings.photo_memory_mb} MB of memory"
    except Exception as error:  # noqa: BLE001 - whatever a picture provokes becomes its look, not the night's end
        why = f"{type(error).__name__}: {error}"
    return cut_off_look(sha256, why, versions)


def cut_off_look(sha256: str, why: str, versions: Mapping[str, str]) -> LookDone:
    """What is kept of a picture that nobody came to the end of."""
    from verifier.photo.look_json import look_to_json, stack_embeddings

    look = not_looked_at(sha256, why, versions)
    return LookDone(sha256, look_to_json(look), stack_embeddings(look), "", cut_off=why)


def _is_starved(why: str) -> bool:
    # As `look_at_photo` words it; OpenCV and onnxruntime have errors of their own for it.
    return any(name in why for name in ("MemoryError", "OutOfMemory", "Insufficient memory", "bad allocation"))


def look_limits(settings: Settings) -> str:
    """What a picture may cost, in words by which the records know whether a limit was changed since."""
    return f"{settings.photo_timeout_s:g} s, {settings.photo_memory_mb} MB"


def not_looked_at(sha256: str, why: str, versions: Mapping[str, str]) -> Look:
    """The look of a picture of which nothing was read, through no fault of its own."""
    return Look(sha256, dict(versions), decoded=Decoded("", 0, 0, 0), not_read=dict.fromkeys(READ_PARTS, why))
