"""Put a pack's files into the cache in the form that onnxruntime runs best: whole, also when two start at once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from verifier.vision.graphs import PREPARATION_VERSION, PREPARATIONS
from verifier.vision.packs import Pack, digest_of, locate_files

RECEIPT = "prepared.json"


def prepare_pack(pack: Pack, cache_dir: Path, models_dir: Path | None = None) -> dict[str, Path]:
    """Find, check and prepare a pack; the second call only checks.

    A folder is written beside its place, flushed to disk and renamed, so that it is there whole or not at all. Whoever
    comes second finds the same bytes and uses them. A damaged folder is set aside and made again.

    Args:
        pack: The manifest.
        cache_dir: Where prepared packs live; created when missing.
        models_dir: Where else to look for the source files.
    Returns: role → file that a network can be opened from.
    Raises:
        PackError: a source file is missing or has a wrong digest.
        GraphError: a source file is right but not built as its preparation expects.
        OSError: the cache cannot be written.
    """
    sources = locate_files(pack, cache_dir, models_dir)
    if not any(file.preparation for file in pack.files):
        return sources
    place = cache_dir / "prepared" / pack.name / preparation_key(pack)
    found = _read_prepared(pack, place)
    if found is None:
        _write_prepared(pack, sources, place)
        found = _read_prepared(pack, place)
    if found is None:
        raise OSError(f"the prepared pack in {place} does not read back as it was written")
    return found


def preparation_key(pack: Pack) -> str:
    """What a prepared folder is called: new sources or a new preparation make a new folder."""
    return hashlib.sha256(f"{pack.digest} {PREPARATION_VERSION}".encode()).hexdigest()[:24]


def _read_prepared(pack: Pack, place: Path) -> dict[str, Path] | None:
    """The files of a prepared folder, None where it is missing or damaged."""
    try:
        receipt = json.loads((place / RECEIPT).read_text(encoding="utf-8"))
        found = {file.role: place / file.name for file in pack.files}
        return found if all(digest_of(found[role]) == receipt[role] for role in found) else None
    except (FileNotFoundError, KeyError, ValueError):
        return None


def _write_prepared(pack: Pack, sources: dict[str, Path], place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
    try:
        receipt = {}
        for file in pack.files:
            content = sources[file.role].read_bytes()
            if file.preparation:
                content = PREPARATIONS[file.preparation](content)
            write_flushed(work / file.name, content)
            receipt[file.role] = hashlib.sha256(content).hexdigest()
        write_flushed(work / RECEIPT, json.dumps(receipt, sort_keys=True).encode())
        # mkdtemp closes the folder to others; the cache may be shared by several service users.
        work.chmod(0o755)
        _move_into_place(pack, work, place)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _move_into_place(pack: Pack, work: Path, place: Path) -> None:
    """Rename; where somebody was faster keep theirs if it is whole, since it holds the same bytes."""
    for _ in range(3):
        try:
            work.rename(place)
        except OSError:
            if _read_prepared(pack, place) is not None:
                return
            set_aside = Path(tempfile.mkdtemp(prefix=".damaged-", dir=place.parent))
            # Another process may have set it aside, or replaced it, between the two steps; the loop looks again.
            try:
                place.rename(set_aside / "pack")
            except FileNotFoundError:
                continue
            finally:
                shutil.rmtree(set_aside, ignore_errors=True)
        else:
            flush_folder(place.parent)
            return
    raise OSError(f"cannot move the prepared pack to {place}: it keeps changing")


def write_flushed(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())


def flush_folder(folder: Path) -> None:
    """Wait until the disk has the folder's names, where the system can do that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
