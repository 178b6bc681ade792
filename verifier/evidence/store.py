"""What every evidence store promises, wherever it keeps the bytes."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol, runtime_checkable

CHUNK_BYTES = 1 << 20  # read and hashed at a time: memory stays flat however long a video is
_DIGEST = re.compile(r"[0-9a-f]{64}")


class EvidenceError(Exception):
    """The store could not do what was asked."""


class EvidenceMissing(EvidenceError):
    """Nothing is kept under that digest."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"evidence {sha256} is not in the store")
        self.sha256 = sha256


class EvidenceDamaged(EvidenceError):
    """The bytes under a digest are no longer those that were put there."""

    def __init__(self, sha256: str, found: str) -> None:
        super().__init__(f"evidence {sha256} is damaged: its bytes now hash to {found}; restore it from a back-up")
        self.sha256 = sha256
        self.found = found


class UploadRefused(EvidenceError):
    """What was uploaded straight to the store is not what was announced; it was removed. `too_large`, or another digest."""

    def __init__(self, sha256: str, *, too_large: bool) -> None:
        super().__init__(f"upload of {sha256}: {'too large' if too_large else 'other bytes arrived'}")
        self.too_large = too_large


class StoreUnavailable(EvidenceError):
    """The store's server or disk does not answer as it should; nothing is known about the evidence."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One piece of evidence read again and hashed. `problem` is None where it is whole."""

    sha256: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Protection:
    """How a bucket guards what it keeps: whether it keeps former versions, and for how many days and in which mode
    (``GOVERNANCE`` or ``COMPLIANCE``) new objects are locked; None where they are not.
    """

    versions: bool
    lock_mode: str | None
    lock_days: int | None

    def gaps(self, wanted_days: int) -> tuple[str, ...]:
        """What is missing for evidence that must be kept so many days, one sentence each."""
        found = [] if self.versions else ["the bucket keeps no former versions: what is overwritten or deleted is gone"]
        if self.lock_days is None:
            found.append("the bucket locks no objects: whoever holds the key can delete evidence")
        elif self.lock_days < wanted_days:
            found.append(
                f"the bucket locks objects for {self.lock_days} days, evidence is to be kept for {wanted_days}"
            )
        return tuple(found)


class EvidenceStore(Protocol):
    """Bytes under their SHA-256. What was put once is never changed, overwritten or handed out damaged.

    Every method raises ValueError for a digest that is not 64 lower-case hexadecimal digits, and StoreUnavailable
    where the server or the disk does not answer.
    """

    def put(self, data: bytes | BinaryIO) -> str:
        """Keep bytes and return their SHA-256; when this returns they survive a power cut.

        Putting the same bytes again reads the kept ones and leaves them as they are. A stream is read from where it
        stands to its end, and is never held in memory as a whole.

        Raises:
            EvidenceDamaged: these bytes are already kept, but damaged.
        """

    def open(self, sha256: str) -> BinaryIO:
        """The bytes as a seekable stream, verified before the first byte is handed out. The caller closes it.

        Raises:
            EvidenceMissing: nothing is kept under that digest.
            EvidenceDamaged: the bytes are no longer those of that digest.
        """

    def read(self, sha256: str) -> bytes:
        """All the bytes at once, verified; raises as `open` does."""

    def exists(self, sha256: str) -> bool:
        """Whether something is kept under that digest; it is not read."""

    def size(self, sha256: str) -> int:
        """How many bytes are kept.

        Raises:
            EvidenceMissing: nothing is kept under that digest.
        """

    def digests(self, after: str = "") -> Iterator[str]:
        """All digests that are kept, in ascending order, those greater than `after`."""

    def check(self, after: str = "") -> Iterator[Checked]:
        """Read everything again, in the order of `digests`; a stopped check goes on after the last one it answered."""

    def stored_at(self, sha256: str) -> datetime:
        """When it was first put, in UTC; raises `EvidenceMissing` where nothing is kept under that digest."""

    def discard(self, sha256: str) -> None:
        """Remove what no record names, as the caller made sure. Nothing where nothing is kept."""

    def sweep(self, grace_s: float) -> int:
        """Remove what broken-off puts and uploads left behind longer than `grace_s` ago; tells how many were removed."""


@runtime_checkable
class DirectUploads(Protocol):
    """A store that takes large files from clients itself, in a place apart, from where they become evidence once verified,
    and that gives them to clients itself.
    """

    is_reached: bool
    """Whether clients reach it at all; where they do not, nothing may be offered."""

    def offer_place(self, name: str) -> tuple[str, datetime]:
        """An address for one PUT, and until when it is good.

        Args:
            name: 64 lower-case hexadecimal digits, the same for the same upload of the same client.
        """

    def offer_read(self, sha256: str) -> tuple[str, datetime]:
        """An address for one GET of a piece of evidence, and until when it is good. Whoever follows it has to hash what comes: its
        name is its digest.

        Raises:
            EvidenceMissing: there is none such.
        """

    def accept(self, name: str, sha256: str, max_bytes: int) -> int:
        """Make what was uploaded evidence, and tell its size. It stays in its place until `clear_place`.

        Raises:
            EvidenceMissing: nothing was uploaded there.
            UploadRefused: it is larger than `max_bytes`, or has another digest.
        """

    def clear_place(self, name: str) -> None:
        """Remove what was uploaded there; nothing where nothing was."""


def find_direct(store: EvidenceStore) -> DirectUploads | None:
    """The store, where clients may be sent to it; None where all goes through us."""
    return store if isinstance(store, DirectUploads) and store.is_reached else None


def require_digest(sha256: str) -> str:
    """The digest itself, so that nothing else ever becomes a path or an object's name.

    Raises:
        ValueError: it is not 64 lower-case hexadecimal digits.
    """
    if not _DIGEST.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no SHA-256 in 64 lower-case hexadecimal digits")
    return sha256


def is_digest(name: str) -> bool:
    """Whether a file or object name is a digest."""
    return _DIGEST.fullmatch(name) is not None


def as_stream(data: bytes | BinaryIO) -> BinaryIO:
    """Bytes or a stream as a stream."""
    return io.BytesIO(data) if isinstance(data, bytes | bytearray | memoryview) else data


def copy_hashing(source: BinaryIO, write: Callable[[bytes], object], *more: hashlib._Hash) -> tuple[str, int]:
    """Copy a stream to its end in chunks.

    Args:
        source: Read from where it stands.
        write: Called with each chunk.
        more: Further hashes to be fed on the way.
    Returns: the SHA-256 and the number of bytes.
    """
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        for other in more:
            other.update(chunk)
        write(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def check_each(store: EvidenceStore, after: str) -> Iterator[Checked]:
    """`EvidenceStore.check` in terms of the other methods. An unavailable store ends it: that is no damage."""
    for sha256 in store.digests(after):
        try:
            store.open(sha256).close()
        except (EvidenceDamaged, EvidenceMissing) as problem:
            yield Checked(sha256, str(problem))
        else:
            yield Checked(sha256)
