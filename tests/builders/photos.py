"""Photo files for tests: sound ones with chosen metadata, and broken ones named by their fault.

a_photo_file()                                       a small sound JPEG
a_photo_file(format="HEIF", exif=an_exif(...))       with metadata
BROKEN_FILES["truncated.jpg"]()                      a file cut off in the middle
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

EXIF_IFD, GPS_IFD = 0x8769, 0x8825


def a_scene(width: int = 640, height: int = 480, seed: int = 1) -> Image.Image:
    """A picture with edges, gradients and an arrow of corners: each corner has its own colour."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    pixels = np.stack([across / width * 160 + 40, down / height * 160 + 40, np.full_like(down, 120)], axis=-1)
    for _ in range(60):
        left, top = int(random.integers(0, width)), int(random.integers(0, height))
        wide, high = int(random.integers(8, width // 5 + 9)), int(random.integers(8, height // 5 + 9))
        pixels[top : top + high, left : left + wide] = random.integers(0, 255, 3)
    corner = min(width, height) // 4
    for rows, columns, colour in (
        (slice(0, corner), slice(0, corner), (255, 0, 0)),
        (slice(0, corner), slice(-corner, None), (0, 255, 0)),
        (slice(-corner, None), slice(0, corner), (0, 0, 255)),
        (slice(-corner, None), slice(-corner, None), (255, 255, 0)),
    ):
        pixels[rows, columns] = colour
    return Image.fromarray(pixels.astype(np.uint8), "RGB")


def an_exif(
    taken: datetime | str | None = None,
    offset: str | None = None,
    position: tuple[float, float] | None = None,
    gps_at: datetime | None = None,
    modified: datetime | str | None = None,
    orientation: int | None = None,
    software: str | None = None,
    make: str | None = None,
    model: str | None = None,
    serial: str | None = None,
    gps: Mapping[int, Any] | None = None,
) -> bytes:
    """An EXIF block. `position` is (longitude, latitude) in degrees; `gps` overrides raw GPS tags by number."""
    exif = Image.Exif()
    for tag, value in ((0x0112, orientation), (0x0131, software), (0x010F, make), (0x0110, model)):
        if value is not None:
            exif[tag] = value
    if modified is not None:
        exif[0x0132] = modified if isinstance(modified, str) else f"{modified:%Y:%m:%d %H:%M:%S}"
    inner = exif.get_ifd(EXIF_IFD)
    if taken is not None:
        inner[0x9003] = taken if isinstance(taken, str) else f"{taken:%Y:%m:%d %H:%M:%S}"
    if offset is not None:
        inner[0x9011] = offset
    if serial is not None:
        inner[0xA431] = serial
    places = exif.get_ifd(GPS_IFD)
    if position is not None:
        longitude, latitude = position
        places[1], places[2] = ("S" if latitude < 0 else "N"), _to_dms(latitude)
        places[3], places[4] = ("W" if longitude < 0 else "E"), _to_dms(longitude)
    if gps_at is not None:
        places[7] = (float(gps_at.hour), float(gps_at.minute), float(gps_at.second))
        places[29] = f"{gps_at:%Y:%m:%d}"
    for tag, value in (gps or {}).items():
        places[tag] = value
    return exif.tobytes()


def an_exif_with_thumbnail(thumbnail: bytes, orientation: int = 1) -> bytes:
    """A little-endian EXIF block: one directory with the orientation, a second one with the thumbnail."""
    entry = struct.Struct("<HHII")
    first = struct.pack("<H", 1) + entry.pack(0x0112, 3, 1, orientation)
    second_at = 8 + len(first) + 4
    thumbnail_at = second_at + 2 + 2 * 12 + 4
    second = struct.pack("<H", 2) + entry.pack(0x0201, 4, 1, thumbnail_at) + entry.pack(0x0202, 4, 1, len(thumbnail))
    block = b"II*\x00\x08\x00\x00\x00" + first + struct.pack("<I", second_at) + second + bytes(4) + thumbnail
    return b"Exif\x00\x00" + block


def a_photo_file(
    format: str = "JPEG",
    exif: bytes | None = None,
    picture: Image.Image | None = None,
    **options: Any,
) -> bytes:
    """A sound file: `format` is JPEG, PNG, WEBP or HEIF; `options` go to pillow's writer."""
    picture = picture or a_scene()
    if format == "HEIF":
        pillow_heif.register_heif_opener()
    file = io.BytesIO()
    picture.save(file, format, **({"exif": exif} if exif is not None else {}), **options)
    return file.getvalue()


def a_huge_png(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG whose header claims that size; it holds a few rows only, as a bomb's sender would not care."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\x00" * (1 + 3 * width))
    chunks = [(b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def many_scans() -> bytes:
    """A progressive JPEG of 12 million pixels whose last scan is repeated a thousand times: small, and slow to decode."""
    whole = a_photo_file(picture=Image.new("RGB", (4000, 3000), (90, 90, 90)), progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * 1000 + b"\xff\xd9"


def cut(data: bytes, share: float) -> bytes:
    """The first part of a file."""
    return data[: int(len(data) * share)]


# name → builder; each name says what is wrong.
BROKEN_FILES: Mapping[str, Callable[[], bytes]] = {
    "empty.jpg": lambda: b"",
    "one_byte.jpg": lambda: b"\xff",
    "one_by_one.jpg": lambda: a_photo_file(picture=Image.new("RGB", (1, 1))),
    "pdf_named.jpg": lambda: b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "video_named.jpg": lambda: b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\x00\x00\x00\x08mdat" * 40,
    "avi_named.jpg": lambda: b"RIFF\x00\x10\x00\x00AVI LIST" + bytes(200),
    "text_named.jpg": lambda: "这不是照片".encode(),
    "gif_named.jpg": lambda: a_photo_file("GIF"),
    "tiff_named.jpg": lambda: a_photo_file("TIFF"),
    "bmp_named.jpg": lambda: a_photo_file("BMP"),
    "huge.png": a_huge_png,
    "many_scans.jpg": many_scans,
    "truncated.jpg": lambda: cut(a_photo_file(quality=90), 0.5),
    "truncated_progressive.jpg": lambda: cut(a_photo_file(quality=90, progressive=True), 0.5),
    "truncated.png": lambda: cut(a_photo_file("PNG"), 0.5),
    "truncated.webp": lambda: cut(a_photo_file("WEBP"), 0.5),
    "truncated.heic": lambda: cut(a_photo_file("HEIF"), 0.5),
    "header_only.jpg": lambda: a_photo_file()[:200],
    "scrambled.jpg": lambda: a_photo_file()[:400] + b"\xff\xc4\x00\x03\x00" * 400 + b"\xff\xd9",
    "scrambled.png": lambda: a_photo_file("PNG")[:80] + b"\xa5" * 200 + a_photo_file("PNG")[280:],
}


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _to_dms(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    whole, rest = divmod(abs(degrees), 1.0)
    minutes, seconds = divmod(rest * 3600.0, 60.0)
    return IFDRational(int(whole), 1), IFDRational(int(minutes), 1), IFDRational(round(seconds * 10_000), 10_000)
