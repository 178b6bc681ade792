"""Look at a large picture through tiles on several scales, without ever holding more than one tile's activations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.vision.candidates import Candidates, join_candidates

Pixels = NDArray[np.uint8]
Detect = Callable[[Pixels], Candidates]


@dataclass(frozen=True, slots=True)
class TileGrid:
    """How a picture is cut. Lengths are pixels of the scaled level.

    `finest_scale` is the first level (1: the picture as it is); each further level is half as large, down to the one with
    no side above `coarsest_px`. Each level answers for things up to `overlap_px`, as these lie whole in at least one
    tile, and the coarsest for everything larger. What measures less than `smallest_px` on a level after the first was
    better seen on the one before, and is left to it.
    """

    name: str
    tile_px: int
    overlap_px: int
    finest_scale: float
    coarsest_px: int
    smallest_px: float
    # Detections this near to a tile's inner border are cut-off parts; the neighbouring tile has them whole.
    border_px: float = 2.0


@dataclass(frozen=True, slots=True)
class ZoomGrid:
    """How the places that may hold something small are looked at again, at another scale. Lengths are of the scaled picture.

    A hint is a detection that scored at least `hint_score` and measures at most `hint_px` of the picture.
    """

    name: str
    scale: float
    tile_px: int
    overlap_px: int
    hint_score: float
    hint_px: float
    border_px: float = 2.0
    # What has its middle this near to a tile's inner border is the neighbouring tile's, if anything hints at it: half of it may be
    # taken for a whole. Less than half of the overlap, as hints are not exact.
    margin_px: float = 0.0


@dataclass(frozen=True, slots=True)
class _Level:
    """One scale of a picture, and what its tiles answer for: boxes between the two lengths, in pixels of the level."""

    pixels: Pixels
    scale: float
    smallest_px: float
    largest_px: float


def find_in_tiles(picture_bgr: Pixels, detect: Detect, grid: TileGrid) -> Candidates:
    """Run `detect` over all tiles of all scales and return everything in pixels of the picture, not yet merged."""
    height, width = picture_bgr.shape[:2]
    scales = list_scales(width, height, grid)
    parts: list[Candidates] = []
    pixels = picture_bgr
    for index, scale in enumerate(scales):
        if scale != 1:
            # Each level from the one before: area averaging by two loses nothing that the smaller level could show.
            pixels = _resize(pixels, _scaled_wh(width, height, scale), cv2.INTER_AREA)
        level = _Level(
            pixels,
            scale,
            smallest_px=grid.smallest_px if index else 0.0,
            largest_px=math.inf if index == len(scales) - 1 else grid.overlap_px,
        )
        parts += _look_at_level(level, detect, grid)
    return join_candidates(parts)


def zoom_on_hints(picture_bgr: Pixels, detect: Detect, hints: Candidates, grid: ZoomGrid) -> Candidates:
    """Look again, at the grid's scale, only where something small may be: in a crowd everywhere, in a classroom hardly anywhere.

    Returns: what the tiles show, in pixels of the picture, not yet merged with the hints.
    """
    chosen = hints.take((hints.scores >= grid.hint_score) & (hints.sides_px <= grid.hint_px))
    height, width = picture_bgr.shape[:2]
    tile, overlap = round(grid.tile_px / grid.scale), round(grid.overlap_px / grid.scale)
    columns, rows = list_starts(width, tile, overlap), list_starts(height, tile, overlap)
    centres = (chosen.boxes[:, :2] + chosen.boxes[:, 2:]) / 2
    nearest_column = np.abs(centres[:, :1] - (np.array(columns) + tile / 2)).argmin(axis=1)
    nearest_row = np.abs(centres[:, 1:] - (np.array(rows) + tile / 2)).argmin(axis=1)
    parts = []
    for row, column in sorted(set(zip(nearest_row.tolist(), nearest_column.tolist(), strict=True))):
        x, y = columns[column], rows[row]
        part = picture_bgr[y : y + tile, x : x + tile]
        if grid.scale != 1:
            part = _resize(part, _scaled_wh(part.shape[1], part.shape[0], grid.scale), cv2.INTER_LINEAR)
        edges = (x == 0, y == 0, x + tile >= width, y + tile >= height)
        found = detect(part)
        whole = _lies_whole(found, part.shape[1], part.shape[0], edges, grid.border_px)
        if grid.margin_px:
            middles = replace(found, boxes=np.tile((found.boxes[:, :2] + found.boxes[:, 2:]) / 2, 2))
            whole &= _lies_whole(middles, part.shape[1], part.shape[0], edges, grid.margin_px)
        parts.append(found.take(whole & (found.sides_px <= grid.overlap_px)).move(1 / grid.scale, x, y))
    return join_candidates(parts, hints.landmarks.shape[1])


def list_scales(width: int, height: int, grid: TileGrid) -> list[float]:
    """From the finest scale down by halves to the coarsest."""
    scales = [grid.finest_scale]
    while max(_scaled_wh(width, height, scales[-1])) > grid.coarsest_px:
        scales.append(scales[-1] / 2)
    return scales


def list_starts(length: int, tile_px: int, overlap_px: int) -> list[int]:
    """Where the tiles of one axis begin: spread evenly, neighbours share at least `overlap_px`, none sticks out."""
    if length <= tile_px:
        return [0]
    steps = math.ceil((length - tile_px) / (tile_px - overlap_px))
    return [index * (length - tile_px) // steps for index in range(steps + 1)]


def _scaled_wh(width: int, height: int, scale: float) -> tuple[int, int]:
    return max(1, round(width * scale)), max(1, round(height * scale))


def _resize(picture_bgr: Pixels, size_wh: tuple[int, int], interpolation: int) -> Pixels:
    return np.asarray(cv2.resize(picture_bgr, size_wh, interpolation=interpolation), np.uint8)


def _look_at_level(level: _Level, detect: Detect, grid: TileGrid) -> Iterator[Candidates]:
    height, width = level.pixels.shape[:2]
    for y in list_starts(height, grid.tile_px, grid.overlap_px):
        for x in list_starts(width, grid.tile_px, grid.overlap_px):
            part = level.pixels[y : y + grid.tile_px, x : x + grid.tile_px]
            found = detect(part)
            edges = (x == 0, y == 0, x + grid.tile_px >= width, y + grid.tile_px >= height)
            mine = _lies_whole(found, part.shape[1], part.shape[0], edges, grid.border_px)
            mine &= (found.sides_px >= level.smallest_px) & (found.sides_px <= level.largest_px)
            yield found.take(mine).move(1 / level.scale, x / level.scale, y / level.scale)


def _lies_whole(
    found: Candidates, width: int, height: int, edges: tuple[bool, bool, bool, bool], border_px: float
) -> NDArray[np.bool_]:
    """Which detections no inner border of the tile cuts; the picture's own edges cut nothing that could be seen."""
    at_left, at_top, at_right, at_bottom = edges
    x1, y1, x2, y2 = found.boxes.T
    whole = (at_left | (x1 > border_px)) & (at_top | (y1 > border_px))
    whole &= (at_right | (x2 < width - border_px)) & (at_bottom | (y2 < height - border_px))
    return np.asarray(whole)
