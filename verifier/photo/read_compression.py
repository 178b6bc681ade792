"""Read from a JPEG's pixels what earlier compressions left in them: a second grid of blocks, and coefficients rounded twice.

A picture that was compressed, changed and compressed again shows the first compression wherever nothing was changed: its
coefficients cluster at the multiples of the first table. A part that was put in between lacks these clusters.
Sources: Lin et al. 2009 and Bianchi & Piva 2012 (local evidence from doubly rounded coefficients), here with the single
rounding's histogram from the same picture shifted by half a block; Fan & de Queiroz 2003 (blocking grid).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, HeatMap, PixelTraces
from verifier.photo.jpeg_tables import LOW_FREQUENCIES, estimate_quality

COLUMNS, ROWS = 32, 24
LUMA_OF_BGR = np.array([[0.114, 0.587, 0.299]], dtype=np.float32)
BLOCK = 8
MIN_CELL_BLOCKS = 6  # a cell's side; smaller pictures get fewer cells
MAX_BLOCKS = 50_000  # of which a picture's blocks are read; more say nothing new
BAND_ROWS = 8  # rows of blocks that are cut at once
MAX_VALUE = 24  # quantised coefficients above are too rare to be counted
MAX_FIRST_STEP = 40  # of the earlier table; luma steps of libjpeg's quality 50 are 10 to 22 at these frequencies
# Standard deviation of a coefficient after rounding pixels to whole levels, twice (Y from rounded RGB): measured 0.35.
ROUNDING = 0.35
SPREAD = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]]) * ROUNDING
SPREAD_WEIGHTS = np.exp(-0.5 * (SPREAD / ROUNDING) ** 2) / np.exp(-0.5 * (SPREAD / ROUNDING) ** 2).sum()
MODEL_TRUST = 0.95  # share of coefficients that follow the model; the rest may be anything
GRID_SAMPLE = 4  # every fourth line is enough for the grid
GRID_CLIP = 10  # grey levels; larger steps are the scene's edges
# By Markov's inequality a cell that went through both compressions reaches this evidence against it once in e^14 times.
ODD_CELL_NATS = 14.0
EARLIER_NATS_A_BLOCK = 0.05
MAX_CELL_NATS = 60.0
STAMP_INK = 0.3  # share of the blocks in a stamp's box that its text touches
STAMP_MARGIN = 0.25  # of the stamp's height: shadows, chips and panels reach beyond the text


@dataclass(frozen=True, slots=True)
class _Cells:
    """Which cell each sampled block lies in, in the file's own orientation."""

    columns: int
    rows: int
    of_block: NDArray[np.int32]


def read_compression(
    picture: NDArray[np.uint8], table: Sequence[int], stamps: Sequence[Box], turns: int = 0, mirrored: bool = False
) -> PixelTraces:
    """Measure the traces of earlier compressions.

    Args:
        picture: (H, W, 3) uint8 BGR, upright.
        table: The luma quantisation table, 64 steps, row by row.
        stamps: Where stamps are, in pixels of the upright picture.
        turns, mirrored: How the stored picture was turned upright, as in `decode.UPRIGHT_TURNS`.
    """
    height, width = picture.shape[:2]
    stored = _turn_back(picture, turns, mirrored)
    offset_xy, strength = _find_grid(stored)
    blocks, shifted, usable, where = _cut_blocks(stored)
    steps = np.array([table[index] for index in LOW_FREQUENCIES], dtype=np.float32)
    seen = _round_values(_transform(blocks), steps)
    reference = np.abs(_transform(shifted))
    first, ratios = _find_first_table(seen, reference, steps)
    evidence = _weigh_blocks(seen, ratios) * usable
    informative = ((seen > 0) & (seen <= MAX_VALUE)).sum(axis=1) * usable
    earlier = float(evidence.sum() / max(1, int(usable.sum())))
    found = earlier >= EARLIER_NATS_A_BLOCK
    cells = _lay_cells(where, stored.shape[1], stored.shape[0])
    masks = [_mark_box(where, box, (width, height), turns, mirrored) for box in stamps]
    outside = ~np.any(masks, axis=0) if masks else np.ones(len(where), dtype=bool)
    maps = _sum_cells(cells, evidence * outside), _sum_cells(cells, informative * outside)
    scores, counts = (_turn_upright(part, turns, mirrored) for part in maps)
    odd = (scores <= -ODD_CELL_NATS) & found
    count, score, box = _find_largest(odd, scores, (width, height))
    return PixelTraces(
        grid_offset_xy=offset_xy,
        grid_strength=strength,
        earlier_strength=earlier,
        earlier_quality=estimate_quality(first) if found else None,
        readable_cells=int((counts >= 20).sum()) if found else 0,
        odd_cells=count,
        odd_score=score,
        odd_box=box,
        stamp_scores=tuple(_weigh_stamp(evidence[mask]) for mask in masks) if found else (),
        heat=_draw_heat(scores) if found and count else None,
    )


def _turn_back(picture: NDArray[np.uint8], turns: int, mirrored: bool) -> NDArray[np.uint8]:
    """The picture as it is stored, so that its blocks begin at its corner."""
    return np.rot90(picture[:, ::-1] if mirrored else picture, -turns)


def _turn_upright(cells: NDArray[np.float64], turns: int, mirrored: bool) -> NDArray[np.float64]:
    turned = np.rot90(cells, turns)
    return turned[:, ::-1] if mirrored else turned


def _cut_blocks(
    stored: NDArray[np.uint8],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], NDArray[np.float64]]:
    """Blocks of 8 x 8 as rows of 64, the same shifted by half a block, which of them can be used, and their middles.

    Middles are shares of width and height. A block with black, white or full colours is not used: where a channel was cut off, Y
    is no longer what was compressed, and the block looks as if it had been changed. Y of JFIF is not rounded again, so that
    coefficients stay near to what they were.
    """
    height, width = stored.shape[:2]
    # A window holds a block and the one shifted by half a block, so the last half block of the picture is left out.
    reach = BLOCK + BLOCK // 2
    stride = max(1, int(np.ceil(np.sqrt(height * width / BLOCK**2 / MAX_BLOCKS)))) * BLOCK
    down, across = (height - reach) // stride + 1, (width - reach) // stride + 1
    step_y, step_x, step_c = stored.strides
    windows = np.lib.stride_tricks.as_strided(
        stored,
        (down, across, reach, reach, 3),
        (step_y * stride, step_x * stride, step_y, step_x, step_c),
        writeable=False,
    )
    usable = np.empty(down * across, dtype=np.bool_)
    blocks, shifted = (np.empty((down * across, BLOCK * BLOCK), dtype=np.float32) for _ in range(2))
    # In bands: all windows at once are 110 MB, and fetching that from the system takes longer than reading it.
    for top in range(0, down, BAND_ROWS):
        pixels = np.ascontiguousarray(windows[top : top + BAND_ROWS])
        count = len(pixels) * across
        at = slice(top * across, top * across + count)
        whole = pixels[:, :, :BLOCK, :BLOCK].reshape(count, -1)
        usable[at] = (whole.min(axis=1) > 0) & (whole.max(axis=1) < 255)
        luma = cv2.transform(pixels.reshape(-1, 1, 3).astype(np.float32), LUMA_OF_BGR).reshape(count, reach, reach)
        blocks[at] = luma[:, :BLOCK, :BLOCK].reshape(count, -1)
        shifted[at] = luma[:, BLOCK // 2 :, BLOCK // 2 :].reshape(count, -1)
    tops, lefts = np.arange(down) * stride, np.arange(across) * stride
    middle_y, middle_x = np.meshgrid((tops + BLOCK / 2) / height, (lefts + BLOCK / 2) / width, indexing="ij")
    return blocks, shifted, usable, np.stack([middle_x.ravel(), middle_y.ravel()], axis=1)


def _make_basis() -> NDArray[np.float32]:
    """The rows of the two-dimensional DCT-II of ITU-T T.81 that belong to LOW_FREQUENCIES, (n, 64)."""
    place = np.arange(BLOCK)
    wave = np.cos((2 * place[None, :] + 1) * place[:, None] * np.pi / 16) / 2
    wave[0] /= np.sqrt(2)
    whole = np.einsum("uy,vx->uvyx", wave, wave).reshape(64, 64)
    return np.asarray(whole[list(LOW_FREQUENCIES)], dtype=np.float32)


_BASIS = _make_basis()


def _transform(blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(blocks @ _BASIS.T)


def _round_values(coefficients: NDArray[np.float32], steps: NDArray[np.float32]) -> NDArray[np.int32]:
    return np.asarray(np.abs(np.rint(coefficients / steps)).astype(np.int32))


def _find_first_table(
    seen: NDArray[np.int32], reference: NDArray[np.float32], steps: NDArray[np.float32]
) -> tuple[dict[int, int], NDArray[np.float32]]:
    """The earlier step of each frequency, and the log ratio of two roundings over one for each value there.

    Returns: index into the table → step, where there is a trace; (n, MAX_VALUE + 1) log ratios, 0 where there is none.
    """
    found: dict[int, int] = {}
    ratios = np.zeros((len(steps), MAX_VALUE + 1), dtype=np.float32)
    for number, step in enumerate(steps):
        values = seen[:, number]
        counts = np.bincount(values[values <= MAX_VALUE], minlength=MAX_VALUE + 1).astype(np.float64)
        counts[0] = 0.0  # how many are nothing depends on the scene, not on the compressions
        if counts.sum() < 200:
            continue
        limit = int(step * (MAX_VALUE + 1)) + MAX_FIRST_STEP
        levels = np.bincount(np.minimum(reference[:, number], limit).astype(np.int64), minlength=limit + 1)
        once = _predict(levels, 1, float(step))
        best, best_gain = 0, 0.0
        for first in range(2, MAX_FIRST_STEP + 1):
            if first == int(step):
                continue
            ratio = _compare(_predict(levels, first, float(step)), once)
            gain = float((counts * ratio).sum())
            if gain > best_gain:
                best, best_gain, ratios[number] = first, gain, ratio
        # One free parameter of 39 values: its logarithm is what chance alone may gain.
        if best_gain < 3.0 * np.log(MAX_FIRST_STEP) + 0.01 * counts.sum():
            ratios[number] = 0.0
        elif best:
            found[LOW_FREQUENCIES[number]] = best
    return found, ratios


def _predict(levels: NDArray[np.int64], first: int, step: float) -> NDArray[np.float64]:
    """The distribution of values from 1 on, after rounding to `first` and then to `step`."""
    middle = np.arange(len(levels)) + 0.5
    rounded = np.rint(middle / first) * first if first > 1 else middle
    value = np.abs(np.rint((rounded + SPREAD) / step)).astype(np.int64)
    counted = np.bincount(np.minimum(value, MAX_VALUE + 1).ravel(), (SPREAD_WEIGHTS * levels).ravel(), MAX_VALUE + 2)
    whole = np.asarray(counted[: MAX_VALUE + 1], dtype=np.float64)
    whole[0] = 0.0
    whole[1:] += 0.5
    return np.asarray(whole / whole.sum(), dtype=np.float64)


def _compare(twice: NDArray[np.float64], once: NDArray[np.float64]) -> NDArray[np.float32]:
    ratio = np.zeros_like(once)
    mixed = MODEL_TRUST * twice + (1.0 - MODEL_TRUST) * once
    # The mixture on both sides keeps one strange coefficient from deciding.
    single = MODEL_TRUST * once + (1.0 - MODEL_TRUST) * twice
    ratio[1:] = np.log(mixed[1:] / single[1:])
    return np.asarray(ratio, dtype=np.float32)


def _weigh_blocks(seen: NDArray[np.int32], ratios: NDArray[np.float32]) -> NDArray[np.float32]:
    """Evidence of each block in nats, positive for two compressions."""
    clipped = np.minimum(seen, MAX_VALUE)
    total = np.zeros(len(seen), dtype=np.float32)
    for number in range(seen.shape[1]):
        total += ratios[number][clipped[:, number]] * (seen[:, number] <= MAX_VALUE)
    return total


def _weigh_stamp(evidence: NDArray[np.float32]) -> float:
    """Evidence in nats that the text in an area has not been through the earlier compression.

    Between the letters a stamp lets the picture through, so only STAMP_INK of its blocks is taken to be drawn. The product over
    the blocks still has an expectation of at most one where the stamp has been through both compressions.
    """
    drawn = np.exp(-np.clip(evidence.astype(np.float64), -MAX_CELL_NATS, MAX_CELL_NATS))
    return round(float(np.log((1.0 - STAMP_INK) + STAMP_INK * drawn).sum()), 2)


def _lay_cells(where: NDArray[np.float64], width: int, height: int) -> _Cells:
    side = MIN_CELL_BLOCKS * BLOCK
    columns, rows = max(1, min(COLUMNS, width // side)), max(1, min(ROWS, height // side))
    column = np.minimum((where[:, 0] * columns).astype(np.int32), columns - 1)
    row = np.minimum((where[:, 1] * rows).astype(np.int32), rows - 1)
    return _Cells(columns, rows, row * columns + column)


def _sum_cells(cells: _Cells, values: NDArray[np.float32]) -> NDArray[np.float64]:
    summed = np.bincount(cells.of_block, weights=values, minlength=cells.columns * cells.rows)
    return np.asarray(summed, dtype=np.float64).reshape(cells.rows, cells.columns)


def _mark_box(
    where: NDArray[np.float64],
    box: Box,
    size_wh: tuple[int, int],
    turns: int,
    mirrored: bool,
) -> NDArray[np.bool_]:
    """Which blocks lie in a box of the upright picture, its margin included."""
    width, height = size_wh
    margin = STAMP_MARGIN * min(box.width, box.height)
    mask = np.zeros((64, 64), dtype=np.uint8)
    left, right = (box.x - margin) / width, (box.x + box.width + margin) / width
    top, bottom = (box.y - margin) / height, (box.y + box.height + margin) / height
    mask[
        max(0, int(top * 64)) : max(0, int(np.ceil(bottom * 64))),
        max(0, int(left * 64)) : max(0, int(np.ceil(right * 64))),
    ] = 1
    stored = np.rot90(mask[:, ::-1] if mirrored else mask, -turns)
    return np.asarray(stored[(where[:, 1] * 64).astype(int), (where[:, 0] * 64).astype(int)] > 0)


def _find_largest(
    odd: NDArray[np.bool_], scores: NDArray[np.float64], size_wh: tuple[int, int]
) -> tuple[int, float, Box | None]:
    """Cells, evidence and box of the connected group of odd cells with the most evidence."""
    count, labels = cv2.connectedComponents(odd.astype(np.uint8), connectivity=8)
    if count <= 1:
        return 0, 0.0, None
    sums = [float(-scores[labels == label].sum()) for label in range(1, count)]
    label = int(np.argmax(sums)) + 1
    down, across = np.nonzero(labels == label)
    cell_w, cell_h = size_wh[0] / odd.shape[1], size_wh[1] / odd.shape[0]
    box = Box(
        round(across.min() * cell_w, 1),
        round(down.min() * cell_h, 1),
        round((across.max() - across.min() + 1) * cell_w, 1),
        round((down.max() - down.min() + 1) * cell_h, 1),
    )
    return len(down), round(sums[label - 1], 2), box


def _draw_heat(scores: NDArray[np.float64]) -> HeatMap:
    """Evidence against the earlier compression, 0 to 255 for 0 to MAX_CELL_NATS."""
    cells = np.clip(-scores / MAX_CELL_NATS * 255.0, 0.0, 255.0).astype(np.uint8)
    return HeatMap(cells.shape[1], cells.shape[0], base64.b64encode(cells.tobytes()).decode("ascii"))


def _find_grid(stored: NDArray[np.uint8]) -> tuple[tuple[int, int], float]:
    """Where an earlier grid lies in each direction, and how far the clearer one stands out of chance.

    One compression alone leaves the columns of a block symmetric: p lies as far from its edge as 8 - p. An earlier grid does
    not, unless it lies at 4, so each phase is compared with its mirror image.
    """
    green = stored[:, :, 1]
    found, strength = [], 0.0
    for sampled in (green[::GRID_SAMPLE], green.T[::GRID_SAMPLE]):
        lines = np.ascontiguousarray(sampled)
        steps = np.minimum(cv2.absdiff(lines[:, 1:], lines[:, :-1]), GRID_CLIP)
        # edges[i] is the step between the columns i and i + 1: today's grid where i + 1 is a multiple of 8.
        edges = steps.mean(axis=0, dtype=np.float64)
        whole = edges[BLOCK - 1 :][: (len(edges) - BLOCK + 1) // BLOCK * BLOCK].reshape(-1, BLOCK)
        best, best_z = 0, 0.0
        for phase in (1, 2, 3, 5, 6, 7):
            gain = whole[:, phase] - whole[:, BLOCK - phase]
            error = float(np.std(gain)) / np.sqrt(max(1, len(gain))) + 1e-6
            z = float(np.mean(gain)) / error
            if z > best_z:
                best, best_z = phase, z
        found.append(best)
        strength = max(strength, best_z)
    return (found[0], found[1]), round(strength, 2)
