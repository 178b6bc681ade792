"""Writing a report's file whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path


def write_whole(path: Path, data: bytes) -> Path:
    """Write a file so that a reader, or a killed night, never meets half of it.

    Only its owner may read it: reports hold names and faces.

    Raises:
        OSError: the folder cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def name_file(text: str) -> str:
    """A file name from a class number or a day: letters, digits, dots and hyphens stay, at most 80 of them."""
    return re.sub(r"[^\w.-]+", "_", text).strip("._")[:80] or "report"
