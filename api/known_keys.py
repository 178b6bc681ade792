"""The keys of programs that were found on record, for as long as nothing was written to the records."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from verifier.records.clients import ClientKey

_MOST = 1000


class KnownKeys:
    """By the key's digest: what is on record of it, and how often the records had been written to when it was read.

    A key that was revoked, rotated or given other rights was written to: it is read again, so none opens for a moment longer.
    """

    def __init__(self) -> None:
        self._lock, self._known = threading.Lock(), OrderedDict[bytes, tuple[int, ClientKey]]()

    def find(self, key: str, writes: int | None) -> ClientKey | None:
        """What was found of this key, where it still is so."""
        known = self._known.get(_digest(key))
        return known[1] if known is not None and known[0] == writes else None

    def keep(self, key: str, writes: int | None, client: ClientKey | None) -> ClientKey | None:
        """Remember what was found after the writes were counted; gives it back. Keys that open nothing are not remembered."""
        if client is not None and writes is not None:
            with self._lock:
                self._known[_digest(key)] = (writes, client)
                if len(self._known) > _MOST:
                    self._known.popitem(last=False)
        return client


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
