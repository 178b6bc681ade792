"""Local features of a small grey picture, and keys by which the same features are found among millions of pictures.

A key is 32 signs of a SIFT descriptor's low frequencies. Each frequency is even or odd under mirroring, so the key of the
mirrored feature is the key with fixed bits flipped: nothing is read twice for mirrored copies, and "a finds mirrored b"
is the same as "b finds mirrored a".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box


@dataclass(frozen=True, slots=True)
class FeatureLimits:
    """How many features are read, and how many of them are kept in the index."""

    name: str
    features: int  # enough for a cropped, turned and stamped copy to keep dozens in common
    contrast: float  # half of Lowe's 0.03/2: a dark back row still gives features
    stored_keys: int  # of 64, 96, 128 and 192 the smallest with which changed copies shared two keys
    doubted_bits: int  # of each feature asked for, these are also asked for flipped, one at a time
    tilts: int = 2  # a wall seen from up to 60° aside (a tilt of 2, in steps of the root of 2: Yu and Morel 2011)
    tilted_features: int = 400  # of each of the ten tilted views
    most_tilted: int = 2000  # of all of them, the strongest: comparing costs by the square of their number


FEATURES_2023 = FeatureLimits("features-2023", features=500, contrast=0.015, stored_keys=128, doubted_bits=3)

# (row, column, orientation) frequencies of the 4 × 4 × 8 descriptor with each one's median over natural pictures, the 32 that
# flipped least between a picture and its changed copies (2.2 % to 7.2 % each; 57 pictures, 8 changes).
# Orientation frequencies: 0 constant, then cos and sin of 1, 2, 3 turns, 7 = cos of 4.
_BITS: tuple[tuple[int, int, int, float], ...] = (
    (0, 3, 1, -0.0081), (0, 0, 1, 0.1168), (0, 0, 3, 0.1313), (0, 1, 1, 0.0068), (0, 0, 2, 0.0), (1, 0, 2, -0.0133),
    (0, 2, 1, -0.1048), (1, 2, 2, 0.0047), (0, 1, 0, -0.004), (0, 1, 3, 0.003), (2, 0, 2, 0.0), (0, 1, 2, 0.0),
    (0, 2, 3, -0.0458), (1, 0, 4, -0.0033), (1, 0, 3, 0.0), (3, 0, 2, 0.0053), (0, 0, 4, 0.0), (1, 1, 2, 0.0429),
    (2, 0, 0, -0.065), (0, 1, 4, 0.0), (1, 0, 1, 0.0), (1, 1, 1, 0.0), (0, 0, 5, 0.0337), (0, 2, 2, 0.0),
    (2, 1, 1, -0.0025), (0, 2, 0, -0.0967), (1, 0, 0, 0.0), (0, 0, 7, 0.0276), (2, 0, 3, -0.032), (2, 1, 2, 0.0),
    (1, 1, 4, 0.004), (0, 1, 5, 0.0011),
)  # fmt: skip
_SINES = (2, 4, 6)


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """`points` (n, 2) float32 x, y in pixels; `descriptors` (n, 128) float32 of length 1; strongest first."""

    points: NDArray[np.float32]
    descriptors: NDArray[np.float32]


def read_features(
    grey: NDArray[np.uint8], masked: Iterable[Box] = (), limits: FeatureLimits = FEATURES_2023
) -> Features:
    """Find what is recognisable in a picture, outside the masked boxes (stamps: every photo of an app shares them).

    Source: Lowe 2004 (SIFT); Arandjelović and Zisserman 2012 (square roots of the descriptors).
    """
    sift = cv2.SIFT.create(nfeatures=limits.features, contrastThreshold=limits.contrast)
    return _describe(sift, grey, masked)


def read_tilted_features(
    grey: NDArray[np.uint8], masked: Iterable[Box] = (), limits: FeatureLimits = FEATURES_2023
) -> Features:
    """The same in the picture as it is and as its planes look from aside; a place may be found in several of these views.

    Source: Yu and Morel 2011, "ASIFT".
    """
    sift = cv2.SIFT.create(nfeatures=limits.tilted_features, contrastThreshold=limits.contrast)
    found = _describe(cv2.AffineFeature.create(sift, limits.tilts, 0), grey, masked)
    return Features(found.points[: limits.most_tilted], found.descriptors[: limits.most_tilted])


def _describe(detector: cv2.Feature2D, grey: NDArray[np.uint8], masked: Iterable[Box]) -> Features:
    mask = np.full(grey.shape, 255, np.uint8)
    for box in masked:
        left, top = max(0, int(box.x)), max(0, int(box.y))
        mask[top : max(0, int(box.y + box.height) + 1), left : max(0, int(box.x + box.width) + 1)] = 0
    found, descriptors = detector.detectAndCompute(grey, mask)
    if descriptors is None or not len(found):
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    strength = np.array([point.response for point in found])
    order = np.argsort(-strength, kind="stable")
    points = np.array([found[index].pt for index in order], dtype=np.float32)
    chosen = descriptors[order]
    # The sum is zero only for a descriptor without any gradient.
    share = chosen / np.maximum(chosen.sum(axis=1, keepdims=True), 1e-9)
    return Features(points, np.sqrt(share).astype(np.float32))


def mirror_descriptors(descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the same features look like in the mirrored picture: (n, 128); twice mirrored is what it was."""
    cells = descriptors.reshape(-1, 4, 4, 8)
    turned = cells[:, ::-1][..., (8 - np.arange(8)) % 8]
    return np.ascontiguousarray(turned).reshape(-1, 128)


def compute_keys(features: Features, limits: FeatureLimits = FEATURES_2023) -> NDArray[np.uint32]:
    """The keys that go into the index: those of the strongest features, without repeats, (k,) uint32 sorted."""
    return np.unique(_hash(features.descriptors[: limits.stored_keys]))


def compute_probes(features: Features, limits: FeatureLimits = FEATURES_2023) -> NDArray[np.uint32]:
    """The keys to ask for: of all features, with their least certain bits either way, as they are and mirrored.

    Returns: (p,) uint32 sorted, without repeats.
    """
    keys = [_hash(features.descriptors)]
    doubt = np.argsort(np.abs(_project(features.descriptors)), axis=1)[:, : limits.doubted_bits]
    keys += [keys[0] ^ (np.uint32(1) << doubt[:, place].astype(np.uint32)) for place in range(doubt.shape[1])]
    plain = np.concatenate(keys)
    return np.unique(np.concatenate([plain, plain ^ _projection()[2]]))


def _project(descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
    directions, medians, _ = _projection()
    return np.asarray(descriptors @ directions.T - medians, dtype=np.float32)


def _hash(descriptors: NDArray[np.float32]) -> NDArray[np.uint32]:
    bits = (_project(descriptors) > 0).astype(np.uint32)
    return np.asarray((bits << np.arange(32, dtype=np.uint32)).sum(axis=1), dtype=np.uint32)


@cache
def _projection() -> tuple[NDArray[np.float32], NDArray[np.float32], np.uint32]:
    """Directions (32, 128), thresholds (32,), and the bits that mirroring flips."""
    cell, angle = np.arange(4), np.arange(8) * np.pi / 4
    cosines = [np.cos(np.pi * (cell + 0.5) * turns / 4) for turns in range(4)]
    waves = [np.ones(8)]
    for turns in (1, 2, 3):
        waves += [np.cos(turns * angle), np.sin(turns * angle)]
    waves.append(np.cos(4 * angle))
    directions, flipped = [], 0
    for bit, (row, column, wave, _) in enumerate(_BITS):
        direction = cosines[row][:, None, None] * cosines[column][None, :, None] * waves[wave]
        directions.append((direction / np.linalg.norm(direction)).ravel())
        if (row % 2 == 1) != (wave in _SINES):
            flipped |= 1 << bit
    medians = np.array([median for *_, median in _BITS], dtype=np.float32)
    return np.array(directions, dtype=np.float32), medians, np.uint32(flipped)
