"""A process that puts a stream and can be killed in the middle.

python -m tests.verifier.evidence.putting MEGABYTES PAUSE_AT_MEGABYTE URL [ACCESS_KEY SECRET_KEY]
"""

from __future__ import annotations

import io
import sys
import time

from verifier.evidence import open_store

MEGABYTE = 1 << 20


class Source(io.RawIOBase):
    """Megabytes that are all different; it says ``paused`` and waits for its end at one place, ``read`` at the end."""

    def __init__(self, megabytes: int, pause_at: int = -1) -> None:
        self._megabytes, self._pause_at, self._next = megabytes, pause_at, 0

    def read(self, size: int = -1) -> bytes:
        assert size >= MEGABYTE, f"a stream is read in large pieces, not in {size} bytes"
        if self._next == self._pause_at:
            print("paused", flush=True)
            time.sleep(60)
        if self._next == self._megabytes:
            print("read", flush=True)
            return b""
        self._next += 1
        return self._next.to_bytes(4, "big") * (MEGABYTE // 4)


if __name__ == "__main__":
    megabytes, pause_at, *arguments = sys.argv[1:]
    print(open_store(*arguments).put(Source(int(megabytes), int(pause_at))), flush=True)  # type: ignore[arg-type]
