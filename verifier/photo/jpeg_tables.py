"""JPEG's luma quantisation tables: libjpeg's by quality, and which of them a table is or is nearest to.

Source: ITU-T T.81, Annex K.1, and libjpeg's `jpeg_quality_scaling`, whose tables most programs and phones write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Row by row, as Annex K.1 prints it.
STANDARD_LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61,
    12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,
    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
# The first frequencies after the mean, in zigzag order, as positions in the table: coarser ones hold nearly nothing.
LOW_FREQUENCIES = (1, 8, 16, 9, 2, 3, 10, 17, 24)


def make_table(quality: int) -> tuple[int, ...]:
    """libjpeg's luma table of a quality from 1 to 100, 64 steps from 1 to 255."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(min(255, max(1, (step * scale + 50) // 100)) for step in STANDARD_LUMA)


_TABLES = {quality: make_table(quality) for quality in range(1, 101)}


def name_quality(table: Sequence[int]) -> int | None:
    """The quality whose table this is to the last step; None for a table of another maker."""
    return next((quality for quality, known in _TABLES.items() if known == tuple(table)), None)


def estimate_quality(steps: Mapping[int, int]) -> int | None:
    """The quality whose table is nearest to some known steps (position → step); None where none is known."""
    if not steps:
        return None
    return min(_TABLES, key=lambda quality: sum(abs(_TABLES[quality][at] - step) / step for at, step in steps.items()))
