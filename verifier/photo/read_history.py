"""Read what a file says about how it came to be: programs that wrote into it, JPEG tables, and its embedded thumbnail.

Camera programs write a small picture of what the sensor saw beside the large one. Programs that change the large one often
leave it as it was, so that it still shows what there was before.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, JpegImagePlugin

from verifier.observation import Box, FileHistory
from verifier.photo.decode import OPENERS, UPRIGHT_TURNS
from verifier.photo.jpeg_tables import name_quality

logger = logging.getLogger(__name__)

SOFTWARE, PROCESSING_SOFTWARE, ORIENTATION = 0x0131, 0x000B, 0x0112
THUMBNAIL_AT, THUMBNAIL_LENGTH = 0x0201, 0x0202
MAX_TEXT, MAX_PROGRAMS = 120, 12
MAX_XMP_BYTES = 1_000_000
# XMP (ISO 16684-1) as attribute or element; the toolkit names who wrote the packet.
XMP_PROGRAM = re.compile(
    rb"(?:xmp:CreatorTool|stEvt:softwareAgent|tiff:Software|x:xmptk|photoshop:History)\s*(?:=\s*[\"']|>)([^\"'<]{1,400})"
)
XMP_SOURCE_TYPE = re.compile(rb"digitalsourcetype/([A-Za-z]{3,40})")
MAX_THUMBNAIL_PIXELS = 2_000_000
COMPARED_SIDE_PX = 96
BORDER_BELOW = 24  # grey level of the bars that fill a thumbnail to 4:3
MIN_CONTRAST = 12.0  # standard deviation of grey: less shows nothing that could differ
WHOLE_AGREES = 0.9
STAMP_MARGIN = 0.25  # of its smaller side
DIFFERS_LEVELS = 30.0  # mean grey levels of a cell
CELLS = 12  # a side of the map in which the two are compared
CROP_SHARES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)


@dataclass(frozen=True, slots=True, eq=False)
class OpenedFile:
    """A file's header as pillow reads it, pixels untouched. `table` is the luma table row by row, empty but for JPEG.

    `turns` and `mirrored` tell how the stored picture is turned upright, as in `decode.UPRIGHT_TURNS`; `programs` are those that
    EXIF or PNG text names, `thumbnail` the bytes of the embedded JPEG.
    """

    table: tuple[int, ...] = ()
    turns: int = 0
    mirrored: bool = False
    programs: tuple[str, ...] = ()
    xmp: bytes = b""
    thumbnail: bytes = b""
    photoshop_block: bool = False


def open_header(data: bytes, kind: str) -> OpenedFile:
    """Open a file of an allowed format that has been decoded before, and read its header alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pillow warns about damaged metadata, of which what can be read is read
        frame = OPENERS[kind](BytesIO(data))
        try:
            orientation, programs, thumbnail = _read_exif(frame)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - damaged EXIF may raise anything; it is remarked by read_camera
            logger.debug("EXIF not readable: %s", error)
            orientation, programs, thumbnail = 1, (), b""
    tables = frame.quantization if isinstance(frame, JpegImagePlugin.JpegImageFile) else {}
    # The first component is luma, and its table is the first one in every file that libjpeg writes.
    table = tuple(int(step) for step in tables.get(0, ()))
    packet: Any = frame.info.get("xmp") or frame.info.get("XML:com.adobe.xmp") or b""
    xmp = packet.encode("utf-8", "replace") if isinstance(packet, str) else packet
    # libheif has turned the picture already.
    turns, mirrored = UPRIGHT_TURNS.get(orientation, (0, False)) if kind != "heic" else (0, False)
    return OpenedFile(
        table=table if len(table) == 64 and min(table) > 0 else (),
        turns=turns,
        mirrored=mirrored,
        programs=(*programs, *_clean_names([frame.info.get("Software")])),
        xmp=xmp[:MAX_XMP_BYTES] if isinstance(xmp, bytes) else b"",
        thumbnail=thumbnail,
        photoshop_block="photoshop" in frame.info,
    )


def _read_exif(frame: Image.Image) -> tuple[int, tuple[str, ...], bytes]:
    """Orientation, programs and the thumbnail's bytes."""
    exif = frame.getexif()
    value: Any = exif.get(ORIENTATION, 1)
    place = exif.get_ifd(ExifTags.IFD.IFD1)
    at, length = int(place.get(THUMBNAIL_AT, 0)), int(place.get(THUMBNAIL_LENGTH, 0))
    block = frame.info.get("exif", b"").removeprefix(b"Exif\x00\x00")
    thumbnail = block[at : at + length] if at > 0 and length > 0 else b""
    return int(value), _clean_names([exif.get(SOFTWARE), exif.get(PROCESSING_SOFTWARE)]), thumbnail


def _clean_names(names: Iterable[object]) -> tuple[str, ...]:
    clean = ["".join(part for part in str(name or "") if part.isprintable()).strip()[:MAX_TEXT] for name in names]
    return tuple(name for name in clean if name)


def read_history(opened: OpenedFile, picture_bgr: NDArray[np.uint8], stamps: Sequence[Box]) -> FileHistory:
    """Read programs, tables and thumbnail.

    Args:
        opened: The header, from `open_header`.
        picture_bgr: (H, W, 3) uint8, upright.
        stamps: Where stamps are in it: an app may draw them without touching the thumbnail.
    """
    thumbnail = _read_thumbnail(opened)
    agreement, differs, box = (None, None, None)
    if thumbnail is not None:
        agreement, differs, box = _compare(picture_bgr, thumbnail, opened, stamps)
    quality = name_quality(opened.table) if opened.table else None
    return FileHistory(
        programs=_list_programs(opened),
        source_types=tuple(dict.fromkeys(part.decode() for part in XMP_SOURCE_TYPE.findall(opened.xmp))),
        tables="" if not opened.table else "own" if quality is None else "standard",
        quality=quality,
        photoshop_block=opened.photoshop_block,
        thumbnail_agreement=agreement,
        thumbnail_differs=differs,
        thumbnail_box=box,
    )


def _list_programs(opened: OpenedFile) -> tuple[str, ...]:
    in_xmp = _clean_names(part.decode("utf-8", "replace") for part in XMP_PROGRAM.findall(opened.xmp))
    return tuple(dict.fromkeys((*opened.programs, *in_xmp)))[:MAX_PROGRAMS]


def _read_thumbnail(opened: OpenedFile) -> NDArray[np.uint8] | None:
    """The embedded JPEG thumbnail in grey, as stored, without the bars around it; None where there is none that shows anything."""
    if not opened.thumbnail:
        return None
    try:
        small = JpegImagePlugin.JpegImageFile(BytesIO(opened.thumbnail))
        if small.width * small.height > MAX_THUMBNAIL_PIXELS:
            return None
        grey = np.asarray(small.convert("L"))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged thumbnail may raise anything, and says nothing about the picture
        logger.debug("thumbnail not readable: %s", error)
        return None
    rows, columns = np.nonzero(grey.max(axis=1) > BORDER_BELOW)[0], np.nonzero(grey.max(axis=0) > BORDER_BELOW)[0]
    if len(rows) < 32 or len(columns) < 32:
        return None
    # A decoded JPEG's bars are blurred into the picture by a pixel or two.
    grey = grey[rows[0] + 1 : rows[-1], columns[0] + 1 : columns[-1]]
    return grey if float(grey.std()) >= MIN_CONTRAST else None


def _compare(
    picture_bgr: NDArray[np.uint8], thumbnail: NDArray[np.uint8], opened: OpenedFile, stamps: Sequence[Box]
) -> tuple[float, float | None, Box | None]:
    """Agreement, share that differs, and where; the last two are None where the two cannot be laid over each other."""
    height, width = picture_bgr.shape[:2]
    scale = COMPARED_SIDE_PX / max(height, width)
    size_wh = max(16, round(width * scale)), max(16, round(height * scale))
    # Every fourth pixel of the compared size is enough to average, and saves most of the time on a large picture.
    step = max(1, min(height, width) // (4 * COMPARED_SIDE_PX))
    small = cv2.resize(np.ascontiguousarray(picture_bgr[::step, ::step]), size_wh, interpolation=cv2.INTER_AREA)
    picture = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    grey = cv2.GaussianBlur(picture, (0, 0), 1.0).astype(np.float32)
    free = _clear_stamps(stamps, (width, height), size_wh)
    best = -1.0
    laid: NDArray[np.float32] | None = None
    for turned in _turn_ways(thumbnail, opened):
        for cut in _cut_to_shape(turned, size_wh[0] / size_wh[1]):
            over = cv2.resize(cut, size_wh, interpolation=cv2.INTER_AREA)
            blurred = cv2.GaussianBlur(over, (0, 0), 1.0).astype(np.float32)
            agreement = _correlate(grey[free], blurred[free])
            if agreement > best:
                best, laid = agreement, np.asarray(blurred, dtype=np.float32)
    if best < WHOLE_AGREES:
        found = max(_search_crop(grey, turned) for turned in _turn_ways(thumbnail, opened))
        if found > best:
            return round(found, 4), None, None
    assert laid is not None
    differs, box = _find_differences(grey, laid, free, (width, height))
    return round(best, 4), differs, box


def _turn_ways(thumbnail: NDArray[np.uint8], opened: OpenedFile) -> list[NDArray[np.uint8]]:
    """As the picture was turned, and in all other ways: programs turn or mirror the one and forget the other."""
    upright = np.rot90(thumbnail, opened.turns)
    upright = upright[:, ::-1] if opened.mirrored else upright
    return [np.ascontiguousarray(np.rot90(side, turn)) for side in (upright, upright[:, ::-1]) for turn in range(4)]


def _cut_to_shape(thumbnail: NDArray[np.uint8], aspect: float) -> list[NDArray[np.uint8]]:
    """The thumbnail itself, and its middle in the picture's shape: many cameras cut 4:3 to 16:9."""
    height, width = thumbnail.shape
    ways = [thumbnail]
    if width / height > aspect * 1.02:
        cut = max(1, round((width - height * aspect) / 2))
        ways.append(thumbnail[:, cut : width - cut])
    elif width / height < aspect / 1.02:
        cut = max(1, round((height - width / aspect) / 2))
        ways.append(thumbnail[cut : height - cut])
    return [np.ascontiguousarray(way) for way in ways if min(way.shape) >= 16]


def _search_crop(grey: NDArray[np.float32], thumbnail: NDArray[np.uint8]) -> float:
    """The best agreement of the picture with a part of the thumbnail, or of the thumbnail with a part of the picture."""
    scale = COMPARED_SIDE_PX / max(thumbnail.shape)
    small = cv2.resize(thumbnail, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
    whole = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), dtype=np.float32)
    best = -1.0
    for share in CROP_SHARES:
        for outer, inner in ((whole, grey), (grey, whole)):
            fit = share * min(outer.shape[0] / inner.shape[0], outer.shape[1] / inner.shape[1])
            part = cv2.resize(inner, None, fx=fit, fy=fit, interpolation=cv2.INTER_AREA)
            if min(part.shape) >= 16:
                best = max(best, float(cv2.matchTemplate(outer, part, cv2.TM_CCOEFF_NORMED).max()))
    return best


def _correlate(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    one, other = first - first.mean(), second - second.mean()
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum() / size) if size > 0 else 0.0


def _clear_stamps(stamps: Sequence[Box], size_wh: tuple[int, int], compared_wh: tuple[int, int]) -> NDArray[np.bool_]:
    """Which pixels of the compared size lie outside the stamps and a margin for their shadows and panels."""
    free = np.ones((compared_wh[1], compared_wh[0]), dtype=bool)
    scale = compared_wh[0] / size_wh[0]
    for box in stamps:
        margin = STAMP_MARGIN * min(box.width, box.height)
        top, bottom = (box.y - margin) * scale, (box.y + box.height + margin) * scale
        left, right = (box.x - margin) * scale, (box.x + box.width + margin) * scale
        free[max(0, int(top)) : max(0, int(bottom) + 2), max(0, int(left)) : max(0, int(right) + 2)] = False
    # A stamp over nearly everything leaves nothing to compare; then the whole is compared.
    return free if free.mean() > 0.2 else np.ones_like(free)


def _find_differences(
    grey: NDArray[np.float32], laid: NDArray[np.float32], free: NDArray[np.bool_], size_wh: tuple[int, int]
) -> tuple[float, Box | None]:
    """The share of cells whose grey differs by more than the rest does, after brightness and contrast were matched."""
    slope, level = np.polyfit(laid[free], grey[free], 1)
    apart = np.where(free, np.abs(slope * laid + level - grey), 0.0).astype(np.float32)
    difference = cv2.resize(apart, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    open_cells = cv2.resize(free.astype(np.float32), (CELLS, CELLS), interpolation=cv2.INTER_AREA) > 0.5
    odd = open_cells & (difference > DIFFERS_LEVELS)
    if not odd.any():
        return 0.0, None
    down, across = np.nonzero(odd)
    cell_w, cell_h = size_wh[0] / CELLS, size_wh[1] / CELLS
    box = Box(
        round(float(across.min() * cell_w), 1),
        round(float(down.min() * cell_h), 1),
        round(float((across.max() - across.min() + 1) * cell_w), 1),
        round(float((down.max() - down.min() + 1) * cell_h), 1),
    )
    return round(float(odd.sum() / max(1, open_cells.sum())), 4), box
