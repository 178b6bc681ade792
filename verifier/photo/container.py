"""What a file is, how large its picture is and whether its end is missing: from its structure, without decoding.

Sources: ITU-T T.81 (JPEG markers), PNG 3rd edition (chunks), RFC 9649 (WebP), ISO/IEC 14496-12 (boxes of HEIC and MP4).
"""

from __future__ import annotations

import zlib

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"BM", "bmp"),
    (b"8BPS", "psd"),
    (b"\xff\x0a", "jxl"),
    (b"\x00\x00\x00\x0cJXL ", "jxl"),
    (b"\x00\x00\x00\x0cjP  ", "jp2"),
    (b"\x00\x00\x01\x00", "ico"),
    (b"%PDF", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"\x1aE\xdf\xa3", "video"),
    (b"\x00\x00\x01\xba", "video"),
    (b"FLV", "video"),
    (b"\xd0\xcf\x11\xe0", "office document"),
    (b"<!DOCTYPE", "html"),
    (b"<html", "html"),
)
# Frame headers carry the size; C4, C8 and CC in this range are tables.
JPEG_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
PICTURE_CHUNKS = {b"IHDR", b"PLTE", b"IDAT"}
MAX_SEGMENTS = 100_000


def sniff_format(data: bytes) -> str:
    """Name the format by its first bytes: ``jpeg``, ``png``, ``webp``, ``heic``, another known one, or ``unknown``."""
    for signature, name in SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF":
        return {b"WEBP": "webp", b"AVI ": "video"}.get(data[8:12], "unknown")
    if data[4:8] == b"ftyp":
        brands = {data[8:12], *(data[at : at + 4] for at in range(16, min(int.from_bytes(data[:4]), 64), 4))}
        if brands & {b"avif", b"avis"}:
            return "avif"
        return "heic" if brands & HEIC_BRANDS else "video"
    if data[4:8] in {b"moov", b"mdat", b"wide"}:
        return "video"
    return "unknown"


def read_size_wh(data: bytes, kind: str) -> tuple[int, int]:
    """Width and height in pixels as the header says, before orientation; (0, 0) where only the decoder can tell."""
    if kind == "png" and data[12:16] == b"IHDR" and len(data) >= 24:
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if kind == "jpeg":
        return _read_jpeg_size_wh(data)
    if kind == "webp":
        return _read_webp_size_wh(data)
    return 0, 0


def find_missing_bytes(data: bytes, kind: str) -> int:
    """How many bytes the file's own structure promises beyond its end; 0 where nothing is known to be missing."""
    if kind == "webp" and len(data) >= 8:
        return max(0, int.from_bytes(data[4:8], "little") + 8 - len(data))
    if kind == "png":
        return _find_missing_png_bytes(data)
    if kind == "heic":
        return _find_missing_box_bytes(data)
    return 0


def find_damaged_chunk(data: bytes) -> str | None:
    """The first part of a PNG's picture whose checksum is wrong; None where all is sound.

    Decoders stop at the last row and never see it, so that scrambled pixels would pass for a picture.
    """
    at = 8
    for _ in range(MAX_SEGMENTS):
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 8 + length
        if len(name) < 4 or end + 4 > len(data) or name == b"IEND":
            return None
        if name in PICTURE_CHUNKS and zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4]):
            return f"checksum of {name.decode()} at byte {at}"
        at = end + 4
    return None


def _read_jpeg_size_wh(data: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(MAX_SEGMENTS):
        at = data.find(b"\xff", at)
        if at < 0 or at + 9 > len(data):
            break
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in JPEG_FRAMES:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        if marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD9:
            at += 2
            continue
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
    return 0, 0


def _read_webp_size_wh(data: bytes) -> tuple[int, int]:
    chunk, body = data[12:16], data[20:30]
    if len(body) < 10:
        return 0, 0
    if chunk == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if chunk == b"VP8L":
        packed = int.from_bytes(body[1:5], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    return 0, 0


def _find_missing_png_bytes(data: bytes) -> int:
    at = 8
    for _ in range(MAX_SEGMENTS):
        if at + 8 > len(data):
            return max(1, at + 12 - len(data))  # at least the closing chunk
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if at + 12 + length > len(data):
            return at + 12 + length - len(data)
        if name == b"IEND":
            return 0
        at += 12 + length
    return 0


def _find_missing_box_bytes(data: bytes) -> int:
    at = 0
    for _ in range(MAX_SEGMENTS):
        if at + 8 > len(data):
            return 0
        length = int.from_bytes(data[at : at + 4])
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16])
        if length == 0:  # this box runs to the end of the file
            return 0
        if length < 8:
            return 0
        if at + length > len(data):
            return at + length - len(data)
        at += length
    return 0
