"""What makes a picture findable again: the digest of its pixels, and a perceptual hash that survives re-encoding."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import Fingerprint

HASH_SIDE = 8
SAMPLE_SIDE_PX = 32


def read_fingerprint(picture_bgr: NDArray[np.uint8]) -> Fingerprint:
    """Digest the upright pixels, so that changed metadata does not make the same picture a new one.

    Args:
        picture_bgr: (H, W, 3) uint8, upright.
    """
    digest = hashlib.sha256(f"bgr8 {picture_bgr.shape[1]}x{picture_bgr.shape[0]}\n".encode())
    digest.update(np.ascontiguousarray(picture_bgr).data)
    return Fingerprint(pixels_sha256=digest.hexdigest(), phash=compute_phash(picture_bgr))


def compute_phash(picture_bgr: NDArray[np.uint8]) -> str:
    """64 bits as 16 hex digits: the signs of the low frequencies against their median.

    Source: Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions" (DCT hash).
    """
    grey = cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2GRAY)
    sample = cv2.resize(grey, (SAMPLE_SIDE_PX, SAMPLE_SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    # The constant part says only how bright the picture is; row and column 0 are gradients of the light.
    low = cv2.dct(sample)[1 : HASH_SIDE + 1, 1 : HASH_SIDE + 1].ravel()
    bits = low > np.median(low)
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"


def count_different_bits(first: str, second: str) -> int:
    """Hamming distance of two hashes of `compute_phash`, 0 to 64."""
    return (int(first, 16) ^ int(second, 16)).bit_count()
