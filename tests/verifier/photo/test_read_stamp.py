"""Stamps read out of drawn and of real pictures."""

from __future__ import annotations

from datetime import date, time

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.builders.looks import a_context, a_look
from tests.builders.shared import shared_data
from tests.builders.stamps import LAYOUTS, a_plain_room, a_stamped_picture, as_bgr, resize_longer_side
from verifier.demo.draw_stamp import DRAWN_LAYOUTS, StampText, draw_stamp, load_font
from verifier.photo.read_stamp import read_stamps
from verifier.photo.stamp_present import check as check_stamp_present
from verifier.vision.text import open_text_net


@pytest.fixture(scope="module")
def net():
    """The text models, loaded once."""
    return open_text_net()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_read_as_it_was_drawn(layout, net):
    """Date, clock, weekday, coordinates and their order, through a JPEG."""
    picture, truth = a_stamped_picture(a_plain_room(1440, 1080), layout, seed=5)
    stamps = read_stamps(as_bgr(picture, 85), net)
    assert len(stamps) == 1
    stamp = stamps[0]
    assert (stamp.day.value, stamp.clock.value) == (truth.day, truth.clock)
    assert (stamp.weekday and stamp.weekday.value) == truth.weekday
    assert stamp.swapped == truth.swapped
    if truth.longitude is not None:
        assert (stamp.longitude.value, stamp.latitude.value) == pytest.approx(
            (truth.longitude, truth.latitude), abs=1e-7
        )
    if truth.utc_offset is not None:
        assert stamp.utc_offset == truth.utc_offset


@pytest.mark.parametrize("side_px", [720, 4000])
@pytest.mark.parametrize("layout", DRAWN_LAYOUTS)
def test_the_demos_stamps_are_read_at_any_size(layout, side_px, net):
    """What the demonstration draws, small and large, at a low JPEG quality."""
    text = StampText(date(2023, 6, 12), time(9, 12), "益阳市桃花仑西路788号", 112.355129, 28.570066)
    picture = draw_stamp(resize_longer_side(a_plain_room(), side_px), text, layout)
    stamp = read_stamps(as_bgr(picture, 60), net)[0]
    assert stamp.taken_at_local.isoformat() == "2023-06-12T09:12:00"
    assert (stamp.longitude.value, stamp.latitude.value) == pytest.approx((112.355129, 28.570066), abs=6e-6)
    assert stamp.address.value == "益阳市桃花仑西路788号"


def test_boxes_stand_where_the_fields_are(net):
    """In pixels of the picture: the date's box lies in the lower left, inside the stamp's box."""
    picture, _ = a_stamped_picture(a_plain_room(2000, 1500), "1 sign-in", seed=3)
    stamp = read_stamps(as_bgr(picture), net)[0]
    assert stamp.box.x < 0.1 * 2000 < 0.6 * 1500 < stamp.day.box.y < 1500
    assert stamp.box.x <= stamp.day.box.x
    assert stamp.day.box.x + stamp.day.box.width <= stamp.box.x + stamp.box.width + 1


@pytest.mark.parametrize("size_wh", [(1, 1), (7, 300), (640, 480)])
def test_a_picture_without_text_has_no_stamp(size_wh, net):
    """Also where it is hardly a picture."""
    assert read_stamps(np.full((size_wh[1], size_wh[0], 3), 120, dtype=np.uint8), net) == ()


def test_a_blackboard_with_a_date_is_not_the_stamp(net):
    """A lesson's date in the middle of the frame, with and without a stamp at the edge."""
    room = a_plain_room(1440, 1080)
    pen = ImageDraw.Draw(room)
    pen.rectangle((420, 250, 1050, 520), fill=(30, 70, 50))
    pen.text((470, 290), "2023年6月9日 第三课", (235, 235, 235), load_font(52))
    pen.text((470, 390), "中式面点基础", (235, 235, 235), load_font(52))
    assert read_stamps(as_bgr(room, 85), net) == ()
    picture, truth = a_stamped_picture(room, "2 big clock", seed=4)
    stamps = read_stamps(as_bgr(picture, 85), net)
    assert [stamp.day.value for stamp in stamps] == [truth.day]


def test_a_banner_with_a_date_is_not_the_stamp(net):
    """A red banner at the upper edge: its date stands among other words and has no clock."""
    room = a_plain_room(1440, 1080)
    pen = ImageDraw.Draw(room)
    pen.rectangle((100, 30, 1340, 130), fill=(190, 30, 30))
    pen.text((160, 48), "益阳市职业技能培训班开班典礼 2023年6月9日", (250, 230, 80), load_font(52))
    assert read_stamps(as_bgr(room, 85), net) == ()


def test_two_stamps_are_both_read(net):
    """An old stamp above, a new one below: both are given, so that a check can remark it."""
    older = Image.new("RGB", (1440, 500), (110, 110, 110))
    older = draw_stamp(older, StampText(date(2023, 6, 9), time(8, 40), "沅江市琼湖街道"), "sign_in")
    room = a_plain_room(1440, 1080)
    room.paste(older.crop((0, 300, 700, 500)), (0, 60))
    picture = draw_stamp(room, StampText(date(2023, 6, 12), time(9, 12), "益阳市桃花仑西路788号"), "sign_in")
    days = {stamp.day.value for stamp in read_stamps(as_bgr(picture, 90), net)}
    assert days == {date(2023, 6, 9), date(2023, 6, 12)}


def test_each_stamp_keeps_its_own_code(net):
    """A picture of a stamped picture: two badges, two codes, and the sentence for the inspector says so."""
    older, first = a_stamped_picture(a_plain_room(1440, 1080, seed=2), "3 badge", seed=8)
    room = a_plain_room(1440, 1700, seed=3)
    room.paste(older.crop((0, 700, 1440, 1080)), (0, 40))
    picture, second = a_stamped_picture(room, "3 badge", seed=9, scale=0.75)
    stamps = tuple(read_stamps(as_bgr(picture, 92), net))
    assert {stamp.code.value for stamp in stamps} == {first.code, second.code}
    assert {(stamp.day.value, stamp.code.value) for stamp in stamps} == {
        (first.day, first.code),
        (second.day, second.code),
    }
    remarked = check_stamp_present(a_look(stamps=stamps), a_context()).reason.text("zh_CN")
    assert "2 处水印" in remarked
    assert first.day.isoformat() in remarked
    assert second.day.isoformat() in remarked


@pytest.mark.parametrize("side_px", [1080, 3000])
def test_a_code_along_the_right_edge_is_read(side_px, net):
    """Timemark writes it upwards; it is found with the letters turned upright, and its box stands at the edge."""
    picture, truth = a_stamped_picture(resize_longer_side(a_plain_room(), side_px), "8 timemark", seed=4)
    stamp = read_stamps(as_bgr(picture, 80), net)[0]
    assert (stamp.code.value, stamp.app) == (truth.code, "Timemark")
    assert stamp.code.box.x > 0.85 * picture.width
    assert stamp.code.box.height > 3 * stamp.code.box.width
    boxes = [stamp.box, *(line.box for line in stamp.lines)]
    assert all(box.x >= 0 and box.x + box.width <= picture.width for box in boxes), "no margin reaches over an edge"
    assert all(box.y >= 0 and box.y + box.height <= picture.height for box in boxes)


def test_a_code_whose_words_stand_on_white_is_read_and_names_no_app(net):
    """The app's words vanish on a white wall; whether each photo has a code of its own is then not known."""
    room = resize_longer_side(a_plain_room(), 1080)
    ImageDraw.Draw(room).rectangle((970, 0, 1080, 395), fill="white")
    picture, truth = a_stamped_picture(room, "8 timemark", seed=4)
    stamp = read_stamps(as_bgr(picture, 90), net)[0]
    assert (stamp.code.value, stamp.app) == (truth.code, None)


def test_a_row_through_which_print_runs_is_read_by_its_grid(net):
    """White letters on a white page whose own lines cross the stamp's rows."""
    room = a_plain_room(1440, 1080)
    pen = ImageDraw.Draw(room)
    pen.rectangle((0, 800, 1440, 1080), fill=(252, 252, 252))
    for row in range(5):
        text = "The theatre club production will open at the Friedman Theatre on Sept. 30"
        pen.text((430, 820 + 52 * row), text, (20, 20, 20), load_font(24))
    picture, truth = a_stamped_picture(room, "5 labelled rows", seed=6)
    stamp = read_stamps(as_bgr(picture, 85), net)[0]
    assert (stamp.day.value, stamp.clock.value) == (truth.day, truth.clock)
    assert (stamp.longitude.value, stamp.latitude.value) == pytest.approx((truth.longitude, truth.latitude), abs=1e-7)


def a_captioned_poster(width: int, height: int, print_px: int) -> Image.Image:
    """A dark scene above a white page, whose centred lines of print begin to cross a stamp's rows."""
    poster = a_plain_room(width, height).point(lambda value: value // 3)
    pen, page = ImageDraw.Draw(poster), round(0.82 * height)
    pen.rectangle((0, page, width, height), fill=(254, 254, 254))
    rows = ["Lee Hall's", "The Manhattan Theatre Club production will open at the", "(261 West 47th Street) on Sept. 30, 2010",
            "Pictured (L to R): Christopher Connel, David Whitaker, Ian Kelly"]  # fmt: skip
    for index, row in enumerate(rows):
        pen.text((width / 2, page + print_px * (0.4 + 1.3 * index)), row, (15, 15, 15), load_font(print_px), "ma")
    return poster


@pytest.mark.parametrize(("seed", "width"), [(1, 720), (2, 1080), (3, 1920)])
def test_coordinates_across_a_captions_print_are_read(seed, width, net):
    """White letters on a white page show by their shadow alone, and its print runs through them."""
    poster = a_captioned_poster(width, round(0.8 * width), round(0.024 * width))
    picture, truth = a_stamped_picture(poster, "2 big clock", seed)
    stamp = read_stamps(as_bgr(picture, 85), net)[0]
    assert (stamp.longitude.value, stamp.latitude.value) == pytest.approx((truth.longitude, truth.latitude), abs=1e-7)
    assert (stamp.day.value, stamp.clock.value) == (truth.day, truth.clock)


@pytest.mark.shared
def test_a_torn_stamp_beside_a_cameras_whole_overlay_is_looked_at_again(net):
    """The first look at this frame of 720 px joins the stamp's clock with its date (21:2911 2021) and misses its place."""
    frame = resize_longer_side(Image.open(shared_data() / "cctv_osd/scut_hik_20170223_130443_room401.png"), 720)
    picture, truth = a_stamped_picture(frame, "8 timemark", 3812155, scale=0.8918738290007943)
    stamps = read_stamps(as_bgr(picture, 70), net)
    assert {(stamp.day.value, stamp.clock.value) for stamp in stamps} == {
        (truth.day, truth.clock),
        (date(2017, 2, 23), time(13, 4, 43)),
    }


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "taken_at"),
    [
        ("watermark/tpl_attendance_daka.png", "2018-09-15T11:30:00"),
        ("watermark/tpl_engineering.png", "2018-09-15T11:30:00"),
        ("watermark/tpl_travel.png", "2018-09-15T11:30:00"),
        ("watermark/item1_cover_0ab7.png", "2024-08-10T08:00:00"),
        ("watermark/item2_cover_0b97.png", "2024-10-08T01:02:00"),
        ("watermark/item5_cover_f658.png", "2024-10-02T18:10:00"),
        ("watermark/item6_cover_5437.png", "2024-11-25T12:45:00"),
        ("watermark/item10_cover_7d24.png", "2024-11-19T19:42:00"),
        ("cctv_osd/scut_hik_20170223_130443_room401.png", "2017-02-23T13:04:43"),
    ],
)
def test_real_stamps_are_read(file, taken_at, net):
    """Cut from a store's page, from an imitator's templates and from real cameras."""
    picture = Image.open(shared_data() / file).convert("RGBA")
    ground = Image.new("RGBA", picture.size, (90, 110, 90, 255))
    stamps = read_stamps(as_bgr(Image.alpha_composite(ground, picture)), net)
    assert [stamp.taken_at_local.isoformat() for stamp in stamps] == [taken_at]


@pytest.mark.shared
def test_a_torn_overlay_is_never_read_as_another_time(net):
    """A window behind the overlay hides its hour: 16:13:32 must not become 13:32."""
    picture = cv2.imread(str(shared_data() / "cctv_osd/scut_hik_20170222_161332_room401.png"))
    for stamp in read_stamps(picture, net):
        assert stamp.clock is None or stamp.clock.value == time(16, 13, 32)
