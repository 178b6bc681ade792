"""Python's search for reference cycles, held back while thousands of classes are judged one after another.

A class is some hundred thousand small values without a cycle, made and dropped whole. The search runs every 700 new values and
reads everything that is alive, the installed libraries too: a third of the judging's time (`benchmarks/regulation.py`).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Each generation is searched this much less often than by default (700, 10, 10); what little has cycles is still found.
RARE = (20_000, 20, 20)


@contextmanager
def collect_rarely() -> Iterator[None]:
    """Leave what is alive now out of the search, and search seldom; afterwards as before."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARE)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
