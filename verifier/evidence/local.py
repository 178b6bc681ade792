"""Evidence in a local folder: ``sha256/ab/cd/abcd…``, written beside and then linked into place.

The folder's owner can still delete files; read-only modes guard against mistakes, not against the administrator.
"""

from __future__ import annotations

import errno
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from verifier.evidence.store import (
    Checked,
    EvidenceDamaged,
    EvidenceMissing,
    StoreUnavailable,
    as_stream,
    check_each,
    copy_hashing,
    is_digest,
    require_digest,
)

FILE_MODE = 0o440  # pictures of people: nobody writes, others do not read
FOLDER_MODE = 0o750
# A put that has not written for a day is dead; the slowest upload writes more often than that.
LEFTOVER_GRACE_S = 24 * 3600.0
# File systems without hard links (FAT, some network shares) answer with one of these.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class LocalStore:
    """Evidence in a folder of one file system; see `EvidenceStore`. Opening it sweeps what killed puts left."""

    def __init__(self, folder: Path | str, leftover_grace_s: float = LEFTOVER_GRACE_S) -> None:
        """Open the store, making its folders where they are missing.

        Raises:
            StoreUnavailable: the folder cannot be made or written.
        """
        self.folder = Path(folder).absolute()
        self._kept = self.folder / "sha256"
        self._incoming = self.folder / "incoming"
        with _disk_errors(self.folder):
            for made in (self.folder, self._kept, self._incoming):
                _make_folder(made)
        self.sweep(leftover_grace_s)

    def __repr__(self) -> str:
        return f"LocalStore({str(self.folder)!r})"

    def put(self, data: bytes | BinaryIO) -> str:
        """See `EvidenceStore.put`."""
        incoming = self._incoming / f"{uuid.uuid4().hex}.part"
        try:
            with _disk_errors(self.folder):
                file = incoming.open("xb")
            with file:
                sha256, _ = copy_hashing(as_stream(data), partial(self._write, file))
                with _disk_errors(self.folder):
                    file.flush()
                    os.fchmod(file.fileno(), FILE_MODE)
                    os.fsync(file.fileno())
            with _disk_errors(self.folder):
                placed = self._keep(incoming, sha256)
            if not placed:
                self.open(sha256).close()  # raises where what is kept is damaged
        finally:
            with _disk_errors(self.folder):
                incoming.unlink(missing_ok=True)
        return sha256

    def open(self, sha256: str) -> BinaryIO:
        """See `EvidenceStore.open`."""
        path = self._path(sha256)
        with _disk_errors(self.folder):
            try:
                file = path.open("rb")
            except FileNotFoundError:
                raise EvidenceMissing(sha256) from None
            try:
                found = hashlib.file_digest(file, "sha256").hexdigest()
                if found != sha256:
                    raise EvidenceDamaged(sha256, found)
                file.seek(0)
            except BaseException:
                file.close()
                raise
        return file

    def read(self, sha256: str) -> bytes:
        """See `EvidenceStore.read`."""
        with _disk_errors(self.folder):
            try:
                data = self._path(sha256).read_bytes()
            except FileNotFoundError:
                raise EvidenceMissing(sha256) from None
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise EvidenceDamaged(sha256, found)
        return data

    def exists(self, sha256: str) -> bool:
        """See `EvidenceStore.exists`."""
        with _disk_errors(self.folder):
            return self._path(sha256).is_file()

    def size(self, sha256: str) -> int:
        """See `EvidenceStore.size`."""
        with _disk_errors(self.folder):
            try:
                return self._path(sha256).stat().st_size
            except FileNotFoundError:
                raise EvidenceMissing(sha256) from None

    def digests(self, after: str = "") -> Iterator[str]:
        """See `EvidenceStore.digests`. Files that carry no digest as their name are not the store's and are left."""
        with _disk_errors(self.folder):
            for first in _sorted_names(self._kept):
                for second in _sorted_names(self._kept / first) if first >= after[:2] else ():
                    for name in _sorted_names(self._kept / first / second) if first + second >= after[:4] else ():
                        if name > after and is_digest(name) and name.startswith(first + second):
                            yield name

    def check(self, after: str = "") -> Iterator[Checked]:
        """See `EvidenceStore.check`."""
        return check_each(self, after)

    def stored_at(self, sha256: str) -> datetime:
        """See `EvidenceStore.stored_at`."""
        with _disk_errors(self.folder):
            try:
                return datetime.fromtimestamp(self._path(sha256).stat().st_mtime, UTC)
            except FileNotFoundError:
                raise EvidenceMissing(sha256) from None

    def discard(self, sha256: str) -> None:
        """See `EvidenceStore.discard`."""
        with _disk_errors(self.folder):
            self._path(sha256).unlink(missing_ok=True)

    def sweep(self, grace_s: float = LEFTOVER_GRACE_S) -> int:
        """Remove what killed puts left behind.

        Args:
            grace_s: Seconds since the last byte was written; younger ones may belong to a put that still runs.
        Returns: how many were removed.
        """
        removed = 0
        with _disk_errors(self.folder):
            for leftover in self._incoming.glob("*.part"):
                try:
                    # The clock of the file's own mtime, so that a sweep never meets a put of the future.
                    if time.time() - leftover.stat().st_mtime >= grace_s:
                        leftover.unlink()
                        removed += 1
                except FileNotFoundError:
                    continue  # its put ended, or another process swept it, in the meantime
        return removed

    def _write(self, file: BinaryIO, chunk: bytes) -> None:
        # Only the store's own disk: an error of the source that is being read is the caller's.
        with _disk_errors(self.folder):
            file.write(chunk)

    def _path(self, sha256: str) -> Path:
        require_digest(sha256)
        return self._kept / sha256[:2] / sha256[2:4] / sha256

    def _keep(self, incoming: Path, sha256: str) -> bool:
        """Give the bytes their name; False where that name was already taken, whose file is then left as it is."""
        path = self._path(sha256)
        _make_folder(path.parent.parent)
        _make_folder(path.parent)
        try:
            # A hard link, unlike a rename, refuses to replace a file that is there.
            os.link(incoming, path)
        except FileExistsError:
            # The put that took the name may not have come to its own fsync yet.
            _sync_folder(path.parent)
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if path.exists():
                return False
            # Two puts may both come here: they then rename the same bytes onto each other.
            incoming.rename(path)
        _sync_folder(path.parent)
        return True


def _make_folder(folder: Path) -> None:
    """Make one folder so that it is still there after a power cut."""
    if not folder.is_dir():
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Write a folder's entries to disk: without it a new name may be lost in a power cut although its bytes are not."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sorted_names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"evidence folder {folder}: {error}") from error
