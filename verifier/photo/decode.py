"""Turn a photo's bytes into upright pixels, or say precisely why that cannot be done.

The content decides what a file is, never its name. Sizes are read from the header before anything is decoded, so that a
30,000 × 30,000 picture costs nothing. Bad bytes are a result here, not an exception: only the lack of memory raises.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from verifier.observation import Decoded, DecodeFault
from verifier.photo.container import find_damaged_chunk, find_missing_bytes, read_size_wh, sniff_format

logger = logging.getLogger(__name__)

# The readers are named one by one: pillow would also try PSD and others, of which a hostile file needs over 4 GB.
OPENERS: dict[str, Callable[[BytesIO], Image.Image]] = {
    "jpeg": JpegImagePlugin.jpeg_factory,
    "png": PngImagePlugin.PngImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "heic": pillow_heif.HeifImageFile,
}
ORIENTATION_TAG = 0x0112
# numpy's quarter turns (anticlockwise) and mirroring that undo each EXIF orientation (EXIF 2.32, tag 0x0112).
UPRIGHT_TURNS: dict[int, tuple[int, bool]] = {
    2: (0, True),
    3: (2, False),
    4: (2, True),
    5: (3, True),
    6: (3, False),
    7: (1, True),
    8: (1, False),
}


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What a photo may cost us.

    Attributes:
        max_bytes: 40 MB; the largest phone JPEGs (200 MP) are about 30 MB.
        max_pixels: 120 MP, above the 108 MP sensors; 0.36 GB decoded.
        max_scan_pixels: Pixels times JPEG scans. Usual progressive files have about ten scans; thousands of empty ones
            are a known way to keep a decoder busy (libjpeg-turbo, "Two issues with the JPEG standard").
        min_side_px: Below this neither a stamp's line nor a face could be read (a recogniser's face is 112 px).
    """

    name: str = "decode-2023"
    max_bytes: int = 40_000_000
    max_pixels: int = 120_000_000
    max_scan_pixels: int = 2_400_000_000
    min_side_px: int = 64


DECODE_2023 = DecodeLimits()


def decode_photo(data: bytes, limits: DecodeLimits = DECODE_2023) -> tuple[Decoded, NDArray[np.uint8] | None]:
    """Decode JPEG, PNG, WebP or HEIC.

    Returns: What was found, and (H, W, 3) uint8 BGR upright pixels; None with a fault. `width_px` and `height_px` are
        those of the upright picture, or of the header where nothing was decoded; `detail` is for the log.
    Raises:
        MemoryError: our machine is too small; says nothing about the bytes.
    """
    kind = sniff_format(data)
    width, height = read_size_wh(data, kind) if kind in OPENERS else (0, 0)
    refused = _refuse(data, kind, (width, height), limits)
    if refused is not None:
        return Decoded(kind, width, height, len(data), *refused), None
    missing = find_missing_bytes(data, kind)
    frame: Image.Image | None = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pillow warns about damaged metadata, which is not our subject here
            frame = OPENERS[kind](BytesIO(data))
            # HEIC and odd files tell their size only here, still without decoding.
            width, height = frame.size
            late = _refuse(data, kind, (width, height), limits)
            if late is not None:
                return Decoded(kind, width, height, len(data), *late), None
            picture = _read_upright(frame, kind)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a decoder may raise anything on hostile bytes; that is the finding
        fault, detail = _explain(error, frame, missing)
        return Decoded(kind, width, height, len(data), fault, detail), None
    if missing:
        # Decoders fill what is missing with grey; that must not pass for a picture.
        detail = f"{missing} bytes missing at the end"
        return Decoded(kind, width, height, len(data), DecodeFault.TRUNCATED, detail), None
    damaged = find_damaged_chunk(data) if kind == "png" else None
    if damaged:
        return Decoded(kind, width, height, len(data), DecodeFault.BROKEN, damaged), None
    height, width = picture.shape[:2]
    return Decoded(kind, width, height, len(data)), picture


def _refuse(data: bytes, kind: str, size_wh: tuple[int, int], limits: DecodeLimits) -> tuple[DecodeFault, str] | None:
    """The reason not even to try, from the first bytes alone."""
    width, height = size_wh
    if not data:
        return DecodeFault.EMPTY, "0 bytes"
    if kind not in OPENERS:
        known_image = kind in {"gif", "tiff", "bmp", "psd", "avif", "jxl", "jp2", "ico"}
        return (DecodeFault.FORMAT_NOT_ALLOWED if known_image else DecodeFault.NOT_AN_IMAGE), kind
    if len(data) > limits.max_bytes:
        return DecodeFault.TOO_MANY_BYTES, f"{len(data)} > {limits.max_bytes}"
    if width * height > limits.max_pixels:
        return DecodeFault.TOO_MANY_PIXELS, f"{width}x{height} > {limits.max_pixels}"
    scans = data.count(b"\xff\xda") if kind == "jpeg" else 1
    if scans * width * height > limits.max_scan_pixels:
        return DecodeFault.TOO_MANY_PIXELS, f"{scans} scans of {width}x{height} > {limits.max_scan_pixels}"
    if width and height and min(width, height) < limits.min_side_px:
        return DecodeFault.TOO_SMALL, f"{width}x{height} < {limits.min_side_px}"
    return None


def _read_upright(frame: Image.Image, kind: str) -> NDArray[np.uint8]:
    """The first frame's pixels in BGR, turned upright."""
    # libheif has turned the picture already.
    orientation = 1 if kind == "heic" else _read_orientation(frame)
    frame.load()
    picture = _to_bgr(frame)
    turns, mirrored = UPRIGHT_TURNS.get(orientation, (0, False))
    if turns:
        picture = np.rot90(picture, turns)
    if mirrored:
        picture = picture[:, ::-1]
    return np.ascontiguousarray(picture)


def _read_orientation(frame: Image.Image) -> int:
    try:
        value: Any = frame.getexif().get(ORIENTATION_TAG, 1)
        return int(value)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - damaged EXIF must not cost us the pixels; it is remarked by read_camera
        logger.debug("orientation not readable: %s", error)
        return 1


def _to_bgr(frame: Image.Image) -> NDArray[np.uint8]:
    """8-bit BGR of any pillow mode: alpha over white, 16 bit by its upper 8, CMYK and palettes by pillow's tables."""
    if frame.mode.startswith("I;16"):
        grey = (np.asarray(frame).astype(np.uint16) >> 8).astype(np.uint8)
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    if frame.mode in {"I", "F"}:
        values = np.nan_to_num(np.asarray(frame, dtype=np.float64))
        values = values / 257.0 if values.max(initial=0.0) > 255.0 else values
        grey = np.clip(values, 0.0, 255.0).astype(np.uint8)
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    if "A" in frame.mode or "a" in frame.mode or "transparency" in frame.info:
        over = frame.convert("RGBA")
        white = Image.new("RGBA", over.size, (255, 255, 255, 255))
        frame = Image.alpha_composite(white, over).convert("RGB")
    elif frame.mode != "RGB":
        frame = frame.convert("RGB")
    return np.asarray(cv2.cvtColor(np.asarray(frame), cv2.COLOR_RGB2BGR), dtype=np.uint8)


def _explain(error: Exception, frame: Image.Image | None, missing: int) -> tuple[DecodeFault, str]:
    """Cut off, or broken; with the share of rows that is there, where the decoder got that far."""
    said = f"{type(error).__name__}: {error}"[:200]
    if not missing and "truncated" not in said.lower():
        return DecodeFault.BROKEN, said
    share = _measure_decoded_share(frame)
    parts = [f"{missing} bytes missing at the end"] if missing else []
    if share is not None:
        parts.append(f"rows={share:.2f}")
    return DecodeFault.TRUNCATED, "; ".join([*parts, said])


def _measure_decoded_share(frame: Image.Image | None) -> float | None:
    """Share of rows that were decoded before the file ended; pillow leaves the rest black.

    None where nothing was drawn: a progressive file is drawn at its very end, so no rows say nothing about the bytes.
    """
    try:
        core = None if frame is None else frame.im
        if frame is None or core is None:
            return None
        box = core.getbbox()
    except (ValueError, AttributeError, AssertionError):  # pillow asserts that something was decoded
        return None
    return float(box[3] / frame.height) if box else None
