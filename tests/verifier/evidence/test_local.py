"""What only the local folder does: modes, order of the writes, leftovers."""

from __future__ import annotations

import errno
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from verifier.evidence import LocalStore, StoreUnavailable
from verifier.evidence.local import FILE_MODE, LEFTOVER_GRACE_S


def only_file(folder: Path) -> Path:
    (found,) = (path for path in (folder / "sha256").rglob("*") if path.is_file())
    return found


def test_kept_files_are_read_only_and_closed_to_others(tmp_path: Path) -> None:
    """Pictures of people: a slip must not change them and the neighbour must not read them."""
    LocalStore(tmp_path).put(b"evidence")
    assert stat.S_IMODE(only_file(tmp_path).stat().st_mode) == FILE_MODE == 0o440
    assert not any(path.stat().st_mode & stat.S_IRWXO for path in tmp_path.rglob("*"))


def test_bytes_are_on_the_disk_before_they_have_a_name_and_the_name_before_put_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order in which a power cut loses nothing; the calls are real, only written down."""
    store, calls = LocalStore(tmp_path), []
    fsync, link = os.fsync, os.link

    def note_fsync(descriptor: int) -> None:
        calls.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        fsync(descriptor)

    def note_link(source: Any, target: Any) -> None:
        calls.append("name")
        link(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "link", note_link)
    store.put(b"evidence")
    # Two folders of the fan-out are new, and each is synced into its parent.
    assert calls == ["sync file", "sync folder", "sync folder", "name", "sync folder"]


def test_a_file_system_without_hard_links_keeps_evidence_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT and some network shares refuse links."""

    def refuse(_source: Any, _target: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    store = LocalStore(tmp_path)
    digest = store.put(b"evidence")
    assert store.put(b"evidence") == digest
    assert store.read(digest) == b"evidence"
    assert list((tmp_path / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("age_s", "swept"),
    [
        pytest.param(LEFTOVER_GRACE_S - 60, False, id="a minute before the grace ends"),
        pytest.param(LEFTOVER_GRACE_S + 1, True, id="after the grace"),
    ],
)
def test_opening_sweeps_what_killed_puts_left(tmp_path: Path, age_s: float, swept: bool) -> None:
    """A young leftover may be a put that still runs."""
    LocalStore(tmp_path)
    leftover = tmp_path / "incoming" / "0123.part"
    leftover.write_bytes(b"half")
    then = time.time() - age_s
    os.utime(leftover, (then, then))
    LocalStore(tmp_path)
    assert leftover.exists() is not swept


def test_sweep_tells_how_many_it_removed(tmp_path: Path) -> None:
    """And evidence that is kept is none of them."""
    store = LocalStore(tmp_path)
    digest = store.put(b"evidence")
    for name in ("1.part", "2.part"):
        (tmp_path / "incoming" / name).write_bytes(b"half")
    assert store.sweep(grace_s=0) == 2
    assert store.read(digest) == b"evidence"


def test_a_put_leaves_no_leftover_of_its_own(tmp_path: Path) -> None:
    """Neither the first nor the second of the same bytes."""
    store = LocalStore(tmp_path)
    store.put(b"evidence")
    store.put(b"evidence")
    assert list((tmp_path / "incoming").iterdir()) == []


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "evidence").write_bytes(b"")
    with pytest.raises(StoreUnavailable, match="evidence"):
        LocalStore(tmp_path / "evidence")
