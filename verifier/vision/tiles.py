"""Look at a large picture through tiles on several scales, without ever holding more than one tile's activations."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.vision.candidates import Candidates, join_candidates

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TileGrid:
    """How a picture is cut. Lengths are pixels of the scaled level.

    `overlap_px` is also the largest thing that a level answers for: it lies whole in at least one tile. What is larger
    is found on a coarser level; the coarsest level, with no side above `coarsest_px`, answers for everything: a face that
    fills the frame is then as large as the network's largest training faces.
    `max_scale` above 1 enlarges the picture for things that are smaller than the network was trained on.
    """

    name: str
    tile_px: int
    overlap_px: int
    max_scale: float
    coarsest_px: int
    # Detections this near to a tile's inner border are cut-off parts; the neighbouring tile has them whole.
    border_px: float = 2.0


def find_in_tiles(picture_bgr: Pixels, detect: Callable[[Pixels], Candidates], grid: TileGrid) -> Candidates:
    """Run `detect` over all tiles of all scales and return everything in pixels of the picture, not yet merged."""
    height, width = picture_bgr.shape[:2]
    parts = []
    level = picture_bgr
    for scale in list_scales(width, height, grid):
        if scale < 1:
            # Each level from the one before: area averaging by two loses nothing that the smaller level could show.
            level = _resize(level, _scaled_wh(width, height, scale), cv2.INTER_AREA)
        parts += list(_look_at_level(level, max(scale, 1.0), width, height, scale, detect, grid))
    return join_candidates(parts)


def list_scales(width: int, height: int, grid: TileGrid) -> list[float]:
    """From the largest scale down by halves to the coarsest."""
    scales = [grid.max_scale]
    while max(_scaled_wh(width, height, scales[-1])) > grid.coarsest_px:
        scales.append(scales[-1] / 2)
    return scales


def list_starts(length: int, tile_px: int, overlap_px: int) -> list[int]:
    """Where the tiles of one axis begin: spread evenly, neighbours share at least `overlap_px`, none sticks out."""
    if length <= tile_px:
        return [0]
    steps = math.ceil((length - tile_px) / (tile_px - overlap_px))
    return [round(index * (length - tile_px) / steps) for index in range(steps + 1)]


def _scaled_wh(width: int, height: int, scale: float) -> tuple[int, int]:
    return max(1, round(width * scale)), max(1, round(height * scale))


def _resize(picture_bgr: Pixels, size_wh: tuple[int, int], interpolation: int) -> Pixels:
    return np.asarray(cv2.resize(picture_bgr, size_wh, interpolation=interpolation), np.uint8)


def _look_at_level(
    level_bgr: Pixels,
    enlarge: float,
    width: int,
    height: int,
    scale: float,
    detect: Callable[[Pixels], Candidates],
    grid: TileGrid,
) -> Iterator[Candidates]:
    """One scale. An enlarged level is made tile by tile, as 12 megapixels enlarged at once would take 150 MB."""
    level_width, level_height = _scaled_wh(width, height, scale)
    columns = list_starts(level_width, grid.tile_px, grid.overlap_px)
    rows = list_starts(level_height, grid.tile_px, grid.overlap_px)
    whole = len(columns) == len(rows) == 1
    for y in rows:
        for x in columns:
            right, bottom = min(x + grid.tile_px, level_width), min(y + grid.tile_px, level_height)
            # Snapped to whole source pixels; the tile's true place is computed back from them.
            left_px, top_px = math.floor(x / enlarge), math.floor(y / enlarge)
            part = level_bgr[top_px : math.ceil(bottom / enlarge), left_px : math.ceil(right / enlarge)]
            if enlarge > 1:
                size = round(part.shape[1] * enlarge), round(part.shape[0] * enlarge)
                part = _resize(part, size, cv2.INTER_LINEAR)
            found = detect(part)
            if not whole:
                edges = (x == 0, y == 0, right == level_width, bottom == level_height)
                found = found.take(_whole_ones(found, part.shape[1], part.shape[0], edges, grid))
            yield found.move(1 / scale, left_px * enlarge / scale, top_px * enlarge / scale)


def _whole_ones(
    found: Candidates, width: int, height: int, edges: tuple[bool, bool, bool, bool], grid: TileGrid
) -> NDArray[np.bool_]:
    """Which detections this tile answers for: not larger than the overlap, and not cut by an inner border."""
    at_left, at_top, at_right, at_bottom = edges
    x1, y1, x2, y2 = found.boxes.T
    inside = (at_left | (x1 > grid.border_px)) & (at_top | (y1 > grid.border_px))
    inside &= (at_right | (x2 < width - grid.border_px)) & (at_bottom | (y2 < height - grid.border_px))
    return np.asarray(inside & (np.maximum(x2 - x1, y2 - y1) <= grid.overlap_px))
