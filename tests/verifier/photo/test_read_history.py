"""What a file says of itself: programs, tables, and the thumbnail against the picture."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.builders.photos import an_exif_with_thumbnail
from tests.builders.shared import shared_data
from tests.builders.stamps import a_stamped_picture
from verifier.observation import Box, FileHistory
from verifier.photo.decode import decode_photo
from verifier.photo.edited import EDITED_2023
from verifier.photo.read_history import open_header, read_history

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 5.6"><rdf:RDF><rdf:Description '
    b'xmp:CreatorTool="Snapseed 2.19"><stEvt:softwareAgent>GIMP 2.10</stEvt:softwareAgent>'
    b"<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
    b"</Iptc4xmpExt:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta>"
)


def a_room(seed: int = 1) -> Image.Image:
    """Forms of all sizes: a plain room is little more than a gradient, which any other room agrees with."""
    chance = np.random.default_rng(seed)
    picture = np.full((960, 1280), 128.0, np.float32)
    for scale in (32, 64, 160):
        layer = chance.normal(0, 28, (960 // scale + 1, 1280 // scale + 1)).astype(np.float32)
        picture += cv2.resize(layer, (1280, 960), interpolation=cv2.INTER_CUBIC)
    return Image.fromarray(np.clip(picture, 30, 225).astype(np.uint8)).convert("RGB")


def as_small_jpeg(picture: Image.Image, size_wh: tuple[int, int] = (160, 120)) -> bytes:
    file = io.BytesIO()
    picture.resize(size_wh).save(file, "JPEG", quality=85)
    return file.getvalue()


def a_file(picture: Image.Image, exif: bytes | None = None, format: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(
        file, format, **({"exif": exif} if exif else {}), **({"quality": 88} if format == "JPEG" else {}), **options
    )  # type: ignore[arg-type]
    return file.getvalue()


def read(data: bytes, *stamps: Box) -> FileHistory:
    decoded, picture = decode_photo(data)
    assert picture is not None
    return read_history(open_header(data, decoded.format), picture, stamps)


def agreement(
    picture: Image.Image, thumbnail: Image.Image, *stamps: Box, size_wh: tuple[int, int] = (160, 120)
) -> float:
    found = read(
        a_file(picture, an_exif_with_thumbnail(as_small_jpeg(thumbnail, size_wh))), *stamps
    ).thumbnail_agreement
    assert found is not None
    return found


def test_programs_and_source_types_are_read_from_exif_and_xmp() -> None:
    exif = Image.Exif()
    exif[0x0131] = "Adobe Photoshop 2024"
    found = read(a_file(a_room(), exif.tobytes(), xmp=XMP))
    assert found.programs == ("Adobe Photoshop 2024", "Adobe XMP Core 5.6", "Snapseed 2.19", "GIMP 2.10")
    assert found.source_types == ("compositeSynthetic",)
    assert (found.tables, found.quality) == ("standard", 88)


def test_a_bare_file_says_nothing_and_a_png_has_no_tables() -> None:
    assert read(a_file(a_room())) == FileHistory(tables="standard", quality=88)
    assert read(a_file(a_room(), format="PNG")) == FileHistory()


def test_tables_of_another_maker_are_told_from_libjpegs() -> None:
    own = [[step + 1 for step in range(64)]] * 2
    found = read(_save_with_tables(a_room(), own))
    assert (found.tables, found.quality) == ("own", None)


def _save_with_tables(picture: Image.Image, tables: list[list[int]]) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", qtables=tables)
    return file.getvalue()


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda picture: picture, id="as it was"),
        pytest.param(lambda picture: picture.point(lambda value: value * 0.7 + 30), id="made brighter"),
        pytest.param(
            lambda picture: picture.rotate(90, expand=True), id="turned by a program that forgot the thumbnail"
        ),
        pytest.param(lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), id="mirrored as selfies are"),
        pytest.param(lambda picture: picture.crop((0, 120, 1280, 840)), id="cut to 16:9"),
        pytest.param(lambda picture: picture.crop((200, 160, 1000, 760)), id="cropped"),
        pytest.param(lambda picture: picture.convert("L").convert("RGB"), id="made grey"),
    ],
)
def test_the_thumbnail_of_the_same_photo_agrees_however_it_was_saved(changed: object) -> None:
    picture = a_room()
    assert agreement(changed(picture), picture) >= EDITED_2023.own_picture  # type: ignore[operator]


def test_a_thumbnail_with_bars_agrees() -> None:
    wide = a_room().crop((0, 120, 1280, 840))
    small = Image.new("RGB", (160, 120))
    small.paste(wide.resize((160, 90)), (0, 15))
    assert agreement(wide, small) >= EDITED_2023.own_picture


def test_the_thumbnail_of_another_photo_does_not_agree() -> None:
    assert agreement(a_room(1), a_room(7)) < EDITED_2023.own_picture


def test_a_stamp_with_its_panel_does_not_make_the_thumbnail_differ() -> None:
    stamped, truth = a_stamped_picture(a_room(), "4 engineering panel")
    assert truth.box is not None
    found = read(a_file(stamped, an_exif_with_thumbnail(as_small_jpeg(a_room()))), truth.box)
    assert found.thumbnail_agreement is not None
    assert found.thumbnail_agreement >= EDITED_2023.own_picture
    assert found.thumbnail_differs == 0.0


def test_a_part_that_the_thumbnail_does_not_show_is_found_where_it_is() -> None:
    changed = a_room()
    ImageDraw.Draw(changed).rectangle((900, 200, 1100, 400), fill=(250, 250, 250))
    found = read(a_file(changed, an_exif_with_thumbnail(as_small_jpeg(a_room()))))
    assert found.thumbnail_differs is not None
    assert found.thumbnail_differs > EDITED_2023.differs_share
    assert found.thumbnail_box is not None
    assert abs(found.thumbnail_box.x - 900) < 120
    assert abs(found.thumbnail_box.y - 200) < 120


def test_the_thumbnail_is_turned_as_the_picture_is() -> None:
    picture = a_room()
    data = a_file(picture, an_exif_with_thumbnail(as_small_jpeg(picture), orientation=6))
    opened = open_header(data, "jpeg")
    assert opened.turns == 3
    assert read(data).thumbnail_agreement == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(
    "thumbnail",
    [
        pytest.param(b"\xff\xd8\xff" + bytes(300), id="no picture"),
        pytest.param(b"not even a marker", id="no JPEG"),
        pytest.param(as_small_jpeg(Image.new("RGB", (160, 120), (90, 90, 90))), id="a plain one"),
        pytest.param(as_small_jpeg(Image.new("RGB", (160, 120))), id="a black one"),
        pytest.param(as_small_jpeg(a_room())[:400], id="cut off"),
    ],
)
def test_a_thumbnail_that_shows_nothing_says_nothing(thumbnail: bytes) -> None:
    found = read(a_file(a_room(), an_exif_with_thumbnail(thumbnail)))
    assert found.thumbnail_agreement is None
    assert found.tables == "standard"


def test_damaged_exif_costs_nothing_but_itself() -> None:
    data = a_file(a_room(), an_exif_with_thumbnail(as_small_jpeg(a_room())))
    at, opened = data.index(b"II*\x00"), 0
    for offset in range(4, 60):
        broken = data[: at + offset] + b"\xff\xff\xff" + data[at + offset + 3 :]
        decoded, picture = decode_photo(broken)
        if picture is not None:
            found = read_history(open_header(broken, decoded.format), picture, ())
            assert found.tables == "standard", "what lies outside of the damaged part is still read"
            opened += 1
    assert opened


@pytest.mark.shared
def test_cameras_thumbnails_agree_with_their_pictures() -> None:
    seen = 0
    for file in sorted((shared_data() / "recapture" / "real").glob("2026*.jpg")):
        found = read(file.read_bytes())
        assert found.thumbnail_agreement is not None
        assert found.thumbnail_agreement >= EDITED_2023.own_picture
        assert found.thumbnail_differs == 0.0
        seen += 1
    assert seen


def test_what_is_compared_is_the_picture_and_not_its_size() -> None:
    picture = a_room()
    large = Image.fromarray(np.asarray(cv2.resize(np.asarray(picture), (2560, 1920)), np.uint8))
    assert agreement(large, picture) == pytest.approx(agreement(picture, picture), abs=0.02)
