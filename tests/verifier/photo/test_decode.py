"""Decoding: sound files upright and in colour, broken ones named by their fault, bombs refused before they cost anything."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from tests.builders.photos import BROKEN_FILES, a_huge_png, a_photo_file, a_scene, an_exif, cut
from verifier.observation import DecodeFault
from verifier.photo.decode import DecodeLimits, decode_photo

RED, GREEN, BLUE, YELLOW = (0, 0, 255), (0, 255, 0), (255, 0, 0), (0, 255, 255)  # BGR


def corners(picture: np.ndarray) -> list[tuple[int, ...]]:
    """The corner colours of a picture, rounded to full or nothing: top left, top right, bottom left, bottom right."""
    height, width = picture.shape[:2]
    spots = [(15, 15), (15, width - 16), (height - 16, 15), (height - 16, width - 16)]
    return [tuple(int(value > 127) * 255 for value in picture[spot]) for spot in spots]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_every_allowed_format_is_decoded_in_colour(format: str) -> None:
    decoded, picture = decode_photo(a_photo_file(format))
    assert decoded.fault is None
    assert (decoded.width_px, decoded.height_px) == (640, 480)
    assert picture is not None
    assert picture.shape == (480, 640, 3)
    assert corners(picture) == [RED, GREEN, BLUE, YELLOW]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_stand_upright_whatever_the_exif_orientation(orientation: int) -> None:
    """The stored pixels are turned by the inverse, so that every file shows the same upright scene."""
    undo = {
        1: (),
        2: (Image.Transpose.FLIP_LEFT_RIGHT,),
        3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,),
        5: (Image.Transpose.TRANSPOSE,),
        6: (Image.Transpose.ROTATE_90,),
        7: (Image.Transpose.TRANSVERSE,),
        8: (Image.Transpose.ROTATE_270,),
    }[orientation]
    stored = a_scene()
    for step in undo:
        stored = stored.transpose(step)
    decoded, picture = decode_photo(a_photo_file(exif=an_exif(orientation=orientation), picture=stored))
    assert picture is not None
    assert (decoded.width_px, decoded.height_px) == (640, 480)
    assert corners(picture) == [RED, GREEN, BLUE, YELLOW]


def test_heic_with_orientation_is_turned_once_and_not_twice() -> None:
    stored = a_scene().transpose(Image.Transpose.ROTATE_90)
    decoded, picture = decode_photo(a_photo_file("HEIF", exif=an_exif(orientation=6), picture=stored))
    assert picture is not None
    assert (decoded.width_px, decoded.height_px) == (640, 480)
    assert corners(picture) == [RED, GREEN, BLUE, YELLOW]


@pytest.mark.parametrize(
    ("mode", "format"),
    [("L", "JPEG"), ("CMYK", "JPEG"), ("P", "PNG"), ("1", "PNG"), ("LA", "PNG"), ("RGBA", "PNG"), ("RGBA", "WEBP")],
)
def test_every_colour_mode_becomes_8_bit_bgr(mode: str, format: str) -> None:
    decoded, picture = decode_photo(a_photo_file(format, picture=a_scene().convert(mode)))
    assert decoded.fault is None
    assert picture is not None
    assert picture.shape == (480, 640, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 20


def test_sixteen_bit_grey_keeps_its_upper_eight_bits() -> None:
    steps = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (256, 1))
    _, picture = decode_photo(a_photo_file("PNG", picture=Image.fromarray(steps)))
    assert picture is not None
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert picture[0, 128, 0] == pytest.approx(128, abs=1)
    assert picture[0, -1].tolist() == [255, 255, 255]


def test_transparent_pixels_lie_on_white() -> None:
    _, picture = decode_photo(a_photo_file("PNG", picture=Image.new("RGBA", (80, 80), (0, 0, 0, 0))))
    assert picture is not None
    assert picture.min() == 255


def test_the_first_frame_of_an_animation_is_taken() -> None:
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "blue")]
    for format in ("PNG", "WEBP"):
        data = a_photo_file(format, picture=frames[0], save_all=True, append_images=frames[1:])
        _, picture = decode_photo(data)
        assert picture is not None
        assert picture[40, 40, 2] > 200


FAULTS = {
    "empty.jpg": DecodeFault.EMPTY,
    "one_byte.jpg": DecodeFault.NOT_AN_IMAGE,
    "one_by_one.jpg": DecodeFault.TOO_SMALL,
    "pdf_named.jpg": DecodeFault.NOT_AN_IMAGE,
    "video_named.jpg": DecodeFault.NOT_AN_IMAGE,
    "avi_named.jpg": DecodeFault.NOT_AN_IMAGE,
    "text_named.jpg": DecodeFault.NOT_AN_IMAGE,
    "gif_named.jpg": DecodeFault.FORMAT_NOT_ALLOWED,
    "tiff_named.jpg": DecodeFault.FORMAT_NOT_ALLOWED,
    "bmp_named.jpg": DecodeFault.FORMAT_NOT_ALLOWED,
    "huge.png": DecodeFault.TOO_MANY_PIXELS,
    "many_scans.jpg": DecodeFault.TOO_MANY_PIXELS,
    "truncated.jpg": DecodeFault.TRUNCATED,
    "truncated_progressive.jpg": DecodeFault.TRUNCATED,
    "truncated.png": DecodeFault.TRUNCATED,
    "truncated.webp": DecodeFault.TRUNCATED,
    "truncated.heic": DecodeFault.TRUNCATED,
    "header_only.jpg": DecodeFault.TRUNCATED,
    "scrambled.jpg": DecodeFault.BROKEN,
    "scrambled.png": DecodeFault.BROKEN,
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_broken_file_is_named_by_its_fault(name: str) -> None:
    decoded, picture = decode_photo(BROKEN_FILES[name]())
    assert (decoded.fault, picture) == (FAULTS[name], None)


def test_a_claimed_size_of_900_million_pixels_costs_nothing() -> None:
    bomb = a_huge_png()
    tracemalloc.start()
    started = time.perf_counter()
    decoded, _ = decode_photo(bomb)
    seconds, peak = time.perf_counter() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (decoded.width_px, decoded.height_px) == (30_000, 30_000)
    assert seconds < 0.5
    assert peak < 10_000_000


def test_a_jpeg_cut_in_the_middle_says_which_share_of_its_rows_is_there() -> None:
    decoded, _ = decode_photo(cut(a_photo_file(quality=90), 0.5))
    share = float(decoded.detail.split("rows=")[1].split(";")[0])
    assert 0.3 < share < 0.7


def test_a_jpeg_with_bytes_after_its_end_is_sound() -> None:
    assert decode_photo(a_photo_file() + b"\x00" * 100)[0].fault is None


@pytest.mark.parametrize(("limit", "fault"), [(307_200, None), (307_199, DecodeFault.TOO_MANY_PIXELS)])
def test_as_many_pixels_as_allowed_pass_and_one_more_does_not(limit: int, fault: DecodeFault | None) -> None:
    for format in ("JPEG", "PNG", "WEBP", "HEIF"):
        assert decode_photo(a_photo_file(format), DecodeLimits(max_pixels=limit))[0].fault is fault


@pytest.mark.parametrize(("over", "fault"), [(0, None), (1, DecodeFault.TOO_MANY_BYTES)])
def test_as_many_bytes_as_allowed_pass_and_one_more_does_not(over: int, fault: DecodeFault | None) -> None:
    data = a_photo_file()
    assert decode_photo(data, DecodeLimits(max_bytes=len(data) - over))[0].fault is fault


@pytest.mark.parametrize(("side", "fault"), [(64, None), (63, DecodeFault.TOO_SMALL)])
def test_64_pixels_are_the_smallest_side(side: int, fault: DecodeFault | None) -> None:
    for format in ("JPEG", "PNG", "WEBP", "HEIF"):
        assert decode_photo(a_photo_file(format, picture=a_scene(200, side)))[0].fault is fault


def test_damaged_exif_does_not_cost_the_pixels() -> None:
    data = a_photo_file(exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff" + b"\xff" * 50)
    assert decode_photo(data)[0].fault is None
