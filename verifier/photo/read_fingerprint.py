"""What makes a picture findable again: the digest of its pixels, a perceptual hash, and a small grey copy."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, Fingerprint
from verifier.vision.shrink import shrink_by_area

HASH_SIDE = 8
SAMPLE_SIDE_PX = 32


@dataclass(frozen=True, slots=True)
class ThumbnailLimits:
    """How large the kept copy is, and what counts as a screenshot's flat border."""

    name: str
    side_px: int  # a face in the last row is still 6 px wide; 13 to 35 KB a photo (benchmarks/photo.py)
    jpeg_quality: int
    flat_levels: int  # grey levels by which a border's pixels may differ: a phone's dark mode is re-encoded too
    flat_share: float  # of a border's pixels, as clock, battery and buttons stand in it
    smallest_share: float  # a picture smaller than this share of the height or width is no framed photo


THUMBNAIL_2023 = ThumbnailLimits(
    "thumbnail-2023", side_px=480, jpeg_quality=70, flat_levels=10, flat_share=0.9, smallest_share=0.1
)


def read_fingerprint(picture_bgr: NDArray[np.uint8]) -> Fingerprint:
    """Digest the upright pixels, so that changed metadata does not make the same picture a new one.

    Args:
        picture_bgr: (H, W, 3) uint8, upright.
    """
    digest = hashlib.sha256(f"bgr8 {picture_bgr.shape[1]}x{picture_bgr.shape[0]}\n".encode())
    digest.update(np.ascontiguousarray(picture_bgr).data)
    thumbnail, box = make_thumbnail(picture_bgr)
    return Fingerprint(
        pixels_sha256=digest.hexdigest(), phash=compute_phash(picture_bgr), thumbnail=thumbnail, thumbnail_box=box
    )


def compute_phash(picture_bgr: NDArray[np.uint8]) -> str:
    """64 bits as 16 hex digits: the signs of the low frequencies against their median.

    Source: Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions" (DCT hash).
    """
    grey = np.asarray(cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    sample = shrink_by_area(grey, (SAMPLE_SIDE_PX, SAMPLE_SIDE_PX)).astype(np.float32)
    # The constant part says only how bright the picture is; row and column 0 are gradients of the light.
    low = cv2.dct(sample)[1 : HASH_SIDE + 1, 1 : HASH_SIDE + 1].ravel()
    bits = low > np.median(low)
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"


def count_different_bits(first: str, second: str) -> int:
    """Hamming distance of two hashes of `compute_phash`, 0 to 64."""
    return (int(first, 16) ^ int(second, 16)).bit_count()


def make_thumbnail(picture_bgr: NDArray[np.uint8], limits: ThumbnailLimits = THUMBNAIL_2023) -> tuple[str, Box]:
    """A small grey JPEG in base64, and the part of the picture (pixels) that it shows: all but flat borders."""
    grey = np.asarray(cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    height, width = grey.shape
    longest = max(height, width)
    # Borders are looked for on a reduced picture: they are flat there too, and it costs a tenth.
    reduced = shrink_by_area(
        grey, (max(1, width * limits.side_px // longest), max(1, height * limits.side_px // longest))
    )
    top, bottom = _find_content(reduced, limits)
    left, right = _find_content(np.asarray(reduced[top:bottom].T, dtype=np.uint8), limits)
    down, across = height / reduced.shape[0], width / reduced.shape[1]
    y, x = round(top * down), round(left * across)
    shown = grey[y : max(y + 1, round(bottom * down)), x : max(x + 1, round(right * across))]
    scale = limits.side_px / max(shown.shape)
    size = (max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale)))
    small = shrink_by_area(shown, size) if scale < 1 else cv2.resize(shown, size, interpolation=cv2.INTER_LINEAR)
    _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, limits.jpeg_quality])
    return base64.b64encode(encoded.tobytes()).decode("ascii"), Box(x, y, shown.shape[1], shown.shape[0])


def open_thumbnail(fingerprint: Fingerprint) -> NDArray[np.uint8] | None:
    """The small grey picture, (h, w) uint8; None where the look has none."""
    if not fingerprint.thumbnail:
        return None
    encoded = np.frombuffer(base64.b64decode(fingerprint.thumbnail), dtype=np.uint8)
    grey = cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)
    return None if grey is None else np.asarray(grey, dtype=np.uint8)


def _find_content(grey: NDArray[np.uint8], limits: ThumbnailLimits) -> tuple[int, int]:
    """First and last row (exclusive) of the picture between two flat borders of one grey; all rows where there are none."""
    rows = len(grey)
    edge = max(1, rows // 50)
    outer = np.concatenate([grey[:edge], grey[-edge:]])
    ground = float(np.median(outer))
    flat = np.abs(grey.astype(np.float32) - ground) <= limits.flat_levels
    if np.mean(np.concatenate([flat[:edge], flat[-edge:]])) < limits.flat_share:
        return 0, rows
    busy = np.flatnonzero(flat.mean(axis=1) < 0.5)
    if not len(busy):
        return 0, rows
    # The longest run of busy rows; a dark stripe in the photo itself does not end it.
    gaps = np.flatnonzero(np.diff(busy) > edge)
    starts, ends = busy[np.r_[0, gaps + 1]], busy[np.r_[gaps, len(busy) - 1]] + 1
    longest = int(np.argmax(ends - starts))
    top, bottom = int(starts[longest]), int(ends[longest])
    border = np.concatenate([flat[:top], flat[bottom:]])
    if bottom - top < limits.smallest_share * rows or (border.size and border.mean() < limits.flat_share):
        return 0, rows
    return top, bottom
