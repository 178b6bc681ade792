"""Traces of earlier compressions: what is put in later lacks them, honest ways of saving do not look like it."""

from __future__ import annotations

import base64
import io

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.builders.shared import shared_data
from tests.builders.stamps import a_plain_room, a_stamped_picture, as_jpeg
from verifier.observation import Box, PixelTraces
from verifier.photo.decode import decode_photo
from verifier.photo.edited import EDITED_2023
from verifier.photo.jpeg_tables import STANDARD_LUMA, estimate_quality, make_table, name_quality
from verifier.photo.read_compression import COLUMNS, ROWS, read_compression
from verifier.photo.read_history import open_header
from verifier.photo.stamp_pasted import STAMP_PASTED_2023


def a_scene(seed: int = 1, width: int = 960, height: int = 720) -> Image.Image:
    """A room with texture at all scales, as scenes have it."""
    chance = np.random.default_rng(seed)
    picture = np.asarray(a_plain_room(width, height, seed)).astype(np.float32)
    for scale in (2, 4, 8, 16):
        layer = chance.normal(0, 14, (height // scale + 1, width // scale + 1)).astype(np.float32)
        picture += cv2.resize(layer, (width, height), interpolation=cv2.INTER_CUBIC)[:, :, None]
    return Image.fromarray(np.clip(picture, 8, 247).astype(np.uint8))


def through(picture: Image.Image, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(as_jpeg(picture, quality))).convert("RGB")


def read(data: bytes, *stamps: Box) -> PixelTraces:
    decoded, picture = decode_photo(data)
    assert picture is not None
    opened = open_header(data, decoded.format)
    return read_compression(picture, opened.table, stamps, opened.turns, opened.mirrored)


def with_patch(picture: Image.Image, at: tuple[int, int] = (500, 200)) -> Image.Image:
    copy = picture.copy()
    copy.paste(a_scene(seed=9).crop((3, 5, 223, 205)), at)
    return copy


def is_odd(traces: PixelTraces) -> bool:
    return traces.odd_cells >= EDITED_2023.odd_cells and traces.odd_score >= EDITED_2023.odd_nats


@pytest.mark.parametrize("quality", [92, 95, 98])
def test_a_part_put_in_between_two_compressions_is_found_where_it_is(quality: int) -> None:
    traces = read(as_jpeg(with_patch(through(a_scene(), 75)), quality))
    assert is_odd(traces)
    assert traces.odd_box is not None
    middle = traces.odd_box.x + traces.odd_box.width / 2, traces.odd_box.y + traces.odd_box.height / 2
    assert 500 < middle[0] < 720
    assert 200 < middle[1] < 400
    assert traces.earlier_quality is not None
    assert abs(traces.earlier_quality - 75) <= 3


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(as_jpeg(a_scene(), 90), id="one compression"),
        pytest.param(as_jpeg(through(a_scene(), 90), 75), id="sent by a chat app"),
        pytest.param(as_jpeg(through(a_scene(), 75), 92), id="saved finer than before"),
        pytest.param(as_jpeg(through(through(a_scene(), 95), 85), 70), id="camera, app, chat"),
        pytest.param(
            as_jpeg(with_patch(a_scene()), 90), id="a part put in before the only compression leaves no trace"
        ),
    ],
)
def test_saving_again_without_a_change_is_not_odd(data: bytes) -> None:
    traces = read(data)
    assert not is_odd(traces)
    assert traces.heat is None or traces.odd_cells
    assert traces.grid_strength < EDITED_2023.grid_sigmas


def test_a_part_is_found_at_its_place_in_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    file = io.BytesIO()
    # 900 is no multiple of 8 when turned: the grid must be sought from the stored corner.
    scene = through(a_scene(width=900, height=700), 75)
    with_patch(scene, (80, 60)).save(file, "JPEG", quality=95, exif=exif.tobytes())
    traces = read(file.getvalue())
    assert is_odd(traces)
    assert traces.odd_box is not None
    # Stored (80..300, 60..260) of 900 x 700 is upright (440..640, 80..300) of 700 x 900.
    middle = traces.odd_box.x + traces.odd_box.width / 2, traces.odd_box.y + traces.odd_box.height / 2
    assert 440 < middle[0] < 640
    assert 80 < middle[1] < 300


def test_the_heat_map_is_small_and_hot_where_the_part_is() -> None:
    traces = read(as_jpeg(with_patch(through(a_scene(), 75)), 95))
    assert traces.heat is not None
    assert traces.heat.columns <= COLUMNS
    assert traces.heat.rows <= ROWS
    cells = np.frombuffer(base64.b64decode(traces.heat.cells), np.uint8).reshape(traces.heat.rows, traces.heat.columns)
    inside = cells[int(240 / 720 * len(cells)) : int(360 / 720 * len(cells)), int(540 / 960 * 20) : int(680 / 960 * 20)]
    assert inside.min() > 60
    assert cells[:2].max() < 60


def test_a_crop_of_a_coarse_jpeg_shows_its_old_grid() -> None:
    cropped = through(a_scene(), 60).crop((3, 5, 955, 715))
    traces = read(as_jpeg(cropped, 95))
    assert traces.grid_strength >= EDITED_2023.grid_sigmas
    assert traces.grid_offset_xy == (5, 3)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        pytest.param(70, 92, True, id="a chat app's photo, stamped afterwards"),
        pytest.param(97, 92, False, id="the camera's fine JPEG, stamped by the app"),
        pytest.param(None, 92, False, id="the sensor's picture, stamped by the app"),
    ],
)
def test_a_stamp_drawn_on_a_coarse_jpeg_is_told_from_an_apps_own(before: int | None, after: int, found: bool) -> None:
    scene = a_scene() if before is None else through(a_scene(), before)
    stamped, truth = a_stamped_picture(scene, "1 sign-in")
    assert truth.box is not None
    traces = read(as_jpeg(stamped, after), truth.box)
    limits = STAMP_PASTED_2023
    coarse = traces.earlier_quality is not None and traces.earlier_quality <= limits.camera_quality
    assert (coarse and max(traces.stamp_scores) >= limits.stamp_nats) is found


def test_a_stamp_that_went_through_the_chat_app_too_has_its_compression() -> None:
    stamped, truth = a_stamped_picture(a_scene(), "1 sign-in")
    assert truth.box is not None
    traces = read(as_jpeg(through(stamped, 70), 92), truth.box)
    assert traces.earlier_quality is not None
    assert max(traces.stamp_scores) < STAMP_PASTED_2023.stamp_nats
    assert not is_odd(traces)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(Image.new("RGB", (64, 64), (200, 10, 10)), id="smallest and plain"),
        pytest.param(Image.new("RGB", (2000, 64), (255, 255, 255)), id="a strip, white"),
        pytest.param(Image.new("L", (120, 90), 90), id="grey"),
        pytest.param(Image.new("CMYK", (120, 90), (10, 20, 30, 40)), id="four inks"),
        pytest.param(a_scene(width=77, height=131), id="odd sides"),
    ],
)
def test_any_picture_is_read_without_a_crash(picture: Image.Image) -> None:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    traces = read(file.getvalue(), Box(-50, -50, 4000, 4000), Box(10, 10, 0, 0))
    assert traces.odd_cells == 0


def test_tables_are_libjpegs_own() -> None:
    for quality in (30, 50, 75, 90, 100):
        table = Image.open(io.BytesIO(as_jpeg(a_scene(width=64, height=64), quality))).quantization[0]
        assert tuple(table) == make_table(quality)
        assert name_quality(table) == quality
    assert name_quality(range(1, 65)) is None
    assert make_table(50) == STANDARD_LUMA
    assert estimate_quality({}) is None
    assert estimate_quality({1: make_table(70)[1], 8: make_table(70)[8], 2: make_table(70)[2]}) in range(67, 74)


@pytest.mark.shared
def test_forgeries_of_the_development_pictures_are_odd_and_what_chat_apps_sent_is_not() -> None:
    folder = shared_data() / "tamper"
    assert is_odd(read((folder / "I13_cqbsyzy_0.jpg").read_bytes()))
    assert is_odd(read((folder / "forged" / "I24_d4t4tzx_0.jpg").read_bytes()))
    for file in sorted(folder.glob("test_01_*.jpg")):
        traces = read(file.read_bytes())
        assert not is_odd(traces), file.name
        assert traces.grid_strength < EDITED_2023.grid_sigmas, file.name


@pytest.mark.shared
def test_the_two_classroom_photos_show_nothing() -> None:
    for file in sorted((shared_data() / "classroom").glob("*.jpg")):
        traces = read(file.read_bytes())
        assert not is_odd(traces)
        assert traces.grid_strength < EDITED_2023.grid_sigmas
