"""Of several printed dates and clocks the shot's own is taken; parts of the day; forms that panels and cameras print."""

from __future__ import annotations

from datetime import date, time

import pytest

from verifier.observation import Box, Stamp, TextLine
from verifier.photo.stamp_address import find_address
from verifier.photo.stamp_clocks import find_clock, find_offset
from verifier.photo.stamp_dates import find_date, find_weekday
from verifier.photo.stamp_geometry import join_rows
from verifier.photo.stamp_grammar import parse_stamp
from verifier.photo.stamp_text import normalise


def a_line(text: str, row: int = 0) -> TextLine:
    """A surely read line, letters 24 px high."""
    width = sum(24 if ord(sign) > 0x2E00 else 12 for sign in text)
    return TextLine(text, 0.99, Box(20, 600 + 34 * row, width, 24), (0.99,) * len(text))


def parse_lines(lines: list[TextLine]) -> Stamp:
    """What the grammar makes of lines where they stand."""
    return parse_stamp(lines, join_rows([normalise(line) for line in lines])).stamp


def parse(*texts: str) -> Stamp:
    """What the grammar makes of lines one below the other."""
    lines = [a_line(text, row) for row, text in enumerate(texts)]
    return parse_lines(lines)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(["培训日期：2024-10-01"], id="when the training began"),
        pytest.param(["培训日期：2024-10-01 08:30"], id="and at what time"),
        pytest.param(["培训时间：2024.10.01-2024.12.01"], id="from when to when it lasts"),
        pytest.param(["培训时间：2024.10.01至12.01"], id="the same, the year once"),
        pytest.param(["上课时间：08:30-11:30"], id="the hours of a lesson"),
        pytest.param(["上课时间：08:30 ~ 11:30"], id="the same, spaced"),
        pytest.param(["开班日期：2024年10月1日", "结业日期：2024年12月1日"], id="opening and end"),
        pytest.param(["结业考试：2024.10.01 14:00"], id="an examination, whose label says neither day nor time"),
    ],
)
@pytest.mark.parametrize("own", ["拍摄时间：2024-11-25 10:32", "时　间：2024-11-25 10:32"])
def test_the_courses_days_and_hours_are_not_the_shots(other, own):
    """Above or below the shot's own row."""
    for rows in ([*other, own], [own, *other]):
        stamp = parse("实训记录", *rows, "地点：益阳市赫山区桃花仑西路788号")
        assert (stamp.day.value, stamp.clock.value) == (date(2024, 11, 25), time(10, 32))
        assert min(stamp.day.confidence, stamp.clock.confidence) == 0.99


def test_a_courses_day_alone_is_in_doubt():
    """Somebody may have renamed the label; nobody is accused by it."""
    stamp = parse("培训日期：2024-10-01", "10:32", "益阳市赫山区桃花仑西路788号")
    assert (stamp.day.value, stamp.day.confidence) == (date(2024, 10, 1), 0.5)
    assert parse("上课时间：2024-10-01 08:30").clock.confidence == 0.5
    assert parse("拍报时间：2024-10-01 08:30").clock.confidence == 0.99, "one letter of the label misread"
    assert parse("巡查时间：2024-10-01 08:30").day.confidence == 0.99


def test_days_and_hours_of_a_span_alone_are_no_date_and_no_clock():
    """They say when a course takes place, not when the photo was taken."""
    stamp = parse("培训时间：2024.10.01-2024.12.01", "上课时间：08:30-11:30")
    assert stamp.day is None
    assert stamp.clock is None


def test_a_temperature_behind_a_date_is_no_span():
    """Nor is what follows an offset from UTC."""
    stamp = parse("2024-11-25 -10.5℃", "10:32 GMT-05:00")
    assert stamp.day.confidence == 0.99
    assert stamp.clock.value == time(10, 32)


@pytest.mark.parametrize(
    ("text", "clock", "confidence"),
    [
        ("02:32 下午", time(14, 32), 0.99),
        ("下午02:32", time(14, 32), 0.99),
        ("10:32上午", time(10, 32), 0.99),
        ("午后02:05", time(14, 5), 0.99),
        ("夜间08:05", time(20, 5), 0.99),
        ("深夜11:05", time(23, 5), 0.99),
        ("晚上12:05", time(0, 5), 0.99),
        ("晚上1:30", time(1, 30), 0.5),
        ("晚上06:30", time(18, 30), 0.99),
        ("晚上04:30", time(4, 30), 0.5),
        ("中午01:05", time(13, 5), 0.99),
        ("凌晨12:05", time(0, 5), 0.99),
        ("上午12:05", time(0, 5), 0.5),
        ("早晨08:05", time(8, 5), 0.99),
        ("晌午02:05", time(2, 5), 0.5),
        ("拍摄时间10:32", time(10, 32), 0.99),
        ("10时32分", time(10, 32), 0.99),
        ("10点32分45秒", time(10, 32, 45), 0.99),
        ("下午2点05分", time(14, 5), 0.5),
        ("10:32:45.123", time(10, 32, 45), 0.99),
    ],
)
def test_parts_of_the_day_in_front_of_a_clock_and_behind_it(text, clock, confidence):
    """A part of the day that is not known leaves two meanings, as do those that people use otherwise than software."""
    found = find_clock(normalise(a_line(text))).field
    assert (found.value, found.confidence) == (clock, confidence)


@pytest.mark.parametrize("text", ["上08:15", "午02:33", "12:30:45a", "03:20p", "n03:20", "08:15晚", "08:15:30Z"])
def test_what_is_left_of_a_part_of_the_day_leaves_two_meanings(text):
    """Twelve hours lie between them; an hour past noon has one meaning, and a label is no part of the day."""
    assert find_clock(normalise(a_line(text))).field.confidence == 0.5
    assert find_clock(normalise(a_line("午14:33"))).field.confidence == 0.99
    assert parse("2024-11-25T10:32:45").clock.confidence == 0.99


def test_a_part_of_the_day_beside_a_big_clock_is_its_own():
    """Small print that is a row of its own."""

    def read(half: str, left: float, top: float = 640.0) -> Stamp:
        clock = TextLine("03:20", 0.99, Box(20, 600, 200, 80), (0.99,) * 5)
        small = TextLine(half, 0.98, Box(left, top, 50, 30), (0.98,) * len(half))
        day = TextLine("2024-11-25", 0.99, Box(20, 700, 150, 28), (0.99,) * 10)
        lines = [clock, small, day]
        return parse_lines(lines)

    assert (read("PM", 230).clock.value, read("PM", 230).clock.confidence) == (time(15, 20), 0.98)
    assert read("下午", 230).clock.value == time(15, 20)
    assert read("AM", 230).clock.value == time(3, 20)
    assert read("晚上", 230).clock.confidence == 0.5, "nobody says 晚上3:20"


@pytest.mark.parametrize("text", ["下午 15:00 PM 上午13:00", "上午13:00", "10时75分", "25点10分"])
def test_what_no_half_of_the_day_has_stays_unread(text):
    """上午13:00 is no time; the first of two clocks is read where it is one."""
    found = find_clock(normalise(a_line(text)))
    assert found is None or found.field.value == time(15, 0)


def test_an_iso_offset_is_no_second_clock():
    """10:32+08:00, also in front of the date; 10:32-11:30 is a span of hours."""
    stamp = parse("10:32+08:00 2024.11.25")
    assert (stamp.day.value, stamp.clock.value, stamp.utc_offset.total_seconds()) == (
        date(2024, 11, 25),
        time(10, 32),
        28800,
    )
    assert find_offset(normalise(a_line("10:32-11:30"))) is None
    assert parse("10:32:45.123 2024.11.25").day.value == date(2024, 11, 25)


@pytest.mark.parametrize(
    "text", ["25-Nov-2024", "25/Nov/2024", "25th Nov 2024", "2024 Nov 25", "2024-Nov-25", "Mon, 25 Nov 2024"]
)
def test_dates_with_a_months_name_are_read_in_every_order(text):
    """As English apps and cameras print them."""
    assert find_date(normalise(a_line(text))).field.value == date(2024, 11, 25)


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        pytest.param("2024-11-5 星期二", 0.99, id="of the 5th, 15th and 25th only the 5th is a Tuesday"),
        pytest.param("2024-11-5 星期五", 0.5, id="the 15th is a Friday: a digit was lost, or the weekday is wrong"),
        pytest.param("2024-11-5 星期三", 0.5, id="none of them is a Wednesday"),
        pytest.param("2024-12-1 星期日", 0.5, id="the 15th is a Sunday as well, which begins with a 1"),
        pytest.param("2024-10-3 星期四", 0.5, id="the 31st is a Thursday as well"),
        pytest.param("2024-9-25 星期三", 0.99, id="no month begins or ends with a 9"),
        pytest.param("2024-2-25 星期日", 0.99, id="December 25th is a Wednesday"),
    ],
)
def test_a_weekday_tells_whether_a_date_has_lost_a_digit(text, confidence):
    """What was read stays; its weekday can only exclude the longer dates."""
    stamp = parse(text, "10:32")
    wanted = date(*(int(part) for part in text.split()[0].split("-")))
    assert (stamp.day.value, stamp.day.confidence) == (wanted, confidence)


@pytest.mark.parametrize(
    ("text", "weekday"),
    [
        ("2024-11-25 周一多云", 0),
        ("2024-11-25 周天", 6),
        ("周四晴转多云7℃", 3),
        ("周六晴间多云", 5),
        ("周一晴明阁", None),
        ("周一鸣", None),
        ("周天成", None),
        ("周三路多云", None),
    ],
)
def test_weekdays_before_the_weather_and_names_that_look_like_them(text, weekday):
    """周一鸣 is a person."""
    found = find_weekday(normalise(a_line(text)))
    assert (found and found[0].value) == weekday
    assert parse("2024-11-25(一) 10:32").weekday.value == 0
    assert parse("第(一)教室", "10:32").weekday is None


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(["方位角：123.4567°", "经纬度：28.570066, 112.355129"], id="a bearing above"),
        pytest.param(["经纬度：28.570066, 112.355129", "方向：北 3.1234°"], id="a heading below"),
        pytest.param(["海拔：66.1234米", "经度：112.355129", "纬度：28.570066", "精度：12.3456"], id="every sensor"),
        pytest.param(["经度", "112.355129", "纬度", "28.570066"], id="labels on rows of their own"),
        pytest.param(["Longitude:", "112.355129", "Latitude:", "28.570066"], id="the same in English"),
        pytest.param(["N28°34.20396' E112°21.30774'"], id="degrees and decimal minutes"),
        pytest.param(["N 28°34ˊ12.2376″ E 112°21ˊ18.4644″"], id="a modifier letter for the minutes"),
    ],
)
def test_coordinates_among_other_sensors_and_in_other_forms(rows):
    """A number behind another sensor's label is none, whatever ring it carries."""
    stamp = parse("2024-11-25 10:32", *rows)
    assert (stamp.longitude.value, stamp.latitude.value) == pytest.approx((112.355129, 28.570066), abs=1e-6)
    assert min(stamp.longitude.confidence, stamp.latitude.confidence) == 0.99


def test_two_decimals_of_a_minute_are_not_read():
    """28°34.20' may as well be what is left of 28°34'20"."""
    assert parse("2024-11-25 10:32", "N28°34.20' E112°21.30'").longitude is None


@pytest.mark.parametrize("label", ["所在位置", "培训地点", "上课地点", "项目地址", "考勤地点", "当前位置", "实训地点"])
def test_every_label_of_a_place_names_one(label):
    """Of two the shot's own is taken."""
    place = "益阳市赫山区桃花仑西路788号"
    assert parse("2024-11-25 10:32", f"{label}：{place}").address.value == place
    both = parse("2024-11-25 10:32", "单位地址：长沙市岳麓区麓山南路932号", f"拍摄地点：{place}")
    assert both.address.value == place


@pytest.mark.parametrize("label", ["防伪码", "照片编码", "验真码", "水印编号", "Photo code"])
def test_codes_behind_every_label_and_in_groups(label):
    """Dashes and spaces between groups belong to the print."""
    assert parse("2024-11-25 10:32", f"{label}：A1B2-C3D4-E5F6").code.value == "A1B2C3D4E5F6"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("益阳市赫山区桃花仑西路788", "号"),
        ("益阳职业技术学院实训中心B", "座1208室"),
        ("益阳市赫山区桃花仑西路", "633号"),
    ],
)
def test_what_did_not_fit_into_a_row_belongs_to_the_place(first, second):
    """With a label and without, flush at the left, indented by a pin, flush at the right."""
    assert parse("2024-11-25 10:32", f"地址:{first}", second, "天气:晴 12℃").address.value == first + second
    assert parse("2024-11-25 10:32", first, second).address.value == first + second

    def place(left: float, width: float, row: int, text: str) -> TextLine:
        return TextLine(text, 0.99, Box(left, 600 + 34 * row, width, 24), (0.99,) * len(text))

    for lefts in ((50, 20), (20, 20 + 300 - 40)):
        lines = [place(20, 200, 0, "2024-11-25 10:32"), place(lefts[0], 300, 1, first), place(lefts[1], 40, 2, second)]
        stamp = parse_lines(lines)
        assert stamp.address.value == first + second


def test_a_last_letter_below_the_value_belongs_to_a_labelled_place():
    """Indented to where the value starts; further right it is something else."""

    def read(left: float) -> str:
        rows = [("2024-11-25 10:32", 20, 200), ("地点：广州市白云区机场路职业技能培训学", 20, 460), ("校", left, 24)]
        lines = [
            TextLine(text, 0.99, Box(x, 600 + 34 * number, width, 24), (0.99,) * len(text))
            for number, (text, x, width) in enumerate(rows)
        ]
        return parse_lines(lines).address.value

    assert read(92) == "广州市白云区机场路职业技能培训学校"
    assert read(200) == "广州市白云区机场路职业技能培训学"


@pytest.mark.parametrize("weather", ["阵雨8", "小雨-2", "多云", "晴 12℃"])
def test_the_weather_above_a_place_is_no_part_of_it(weather):
    """Its ℃ may be lost; nothing else is printed beside a weekday."""
    stamp = parse("10:32", f"2024-11-25 星期一 {weather}", "北京市西城区阜成门外大街40号")
    assert stamp.address.value == "北京市西城区阜成门外大街40号"


def test_a_short_row_below_one_that_had_room_is_no_part_of_the_place():
    """Another row shows that more would have fitted."""
    wide = "时间:2024-11-25 10:32:45 星期一 晴 12℃ 西北风3级"
    assert parse(wide, "地址:益阳市赫山区", "3号").address.value == "益阳市赫山区"


def test_an_apps_name_in_the_other_corner_is_no_part_of_the_place():
    """On the place's own row and on the next one."""

    def line(text: str, left: float, top: float, width: float) -> TextLine:
        return TextLine(text, 0.99, Box(left, top, width, 24), (0.99,) * len(text))

    lines = [
        line("2024-11-25 10:32", 20, 600, 200), line("80 Feet Rd, Koramangala 4th Block,", 20, 634, 340),
        line("Timemark", 600, 636, 90), line("Bengaluru 560034, India", 20, 668, 230), line("100% Genuine", 600, 670, 90),
    ]  # fmt: skip
    stamp = parse_lines(lines)
    assert stamp.address.value == "80 Feet Rd, Koramangala 4th Block Bengaluru 560034, India"
    badge = [
        line("2024-11-25 10:32", 20, 600, 200), line("黑龙江省哈尔滨市松北区中央大街", 20, 634, 500),
        line("845号", 20, 668, 130), line("经纬度：45.9272184,126.8161525", 20, 702, 540),
        line("相机 真实时间", 600, 704, 200),
    ]  # fmt: skip
    stamp = parse_lines(badge)
    assert stamp.address.value == "黑龙江省哈尔滨市松北区中央大街845号", "the badge does not show how wide a row may be"
    sensors = parse("29 Oct 2021 12:16:57 pm", "788 Taohualun West Road, Heshan District", "413000", "Altitude:846.6m")
    assert sensors.address.value == "788 Taohualun West Road, Heshan District 413000"


@pytest.mark.parametrize("text", ["lTues", "TTues", "ISat", "Tues", "Sat"])
def test_a_bar_before_an_english_weekday_is_none_of_its_letters(text):
    """The coloured bar beside it is read as a letter."""
    wanted = 5 if "Sat" in text else 1
    assert find_weekday(normalise(a_line(text)))[0].value == wanted
    assert find_weekday(normalise(a_line("Chatsun"))) is None


def test_coordinates_without_a_gap_keep_their_letters():
    """The first letter is behind its number as the second one is."""
    stamp = parse("2024-11-25 10:32", "42.01314N123.29589E")
    assert (stamp.longitude.value, stamp.latitude.value, stamp.swapped) == (123.29589, 42.01314, False)
    for text in ("43°47'10\"N87°45'43\"E", "N43°47'10\"E87°45'43\""):
        stamp = parse("2024-11-25 10:32", text)
        seen = (stamp.longitude.value, stamp.latitude.value)
        assert seen == pytest.approx((87 + 45 / 60 + 43 / 3600, 43 + 47 / 60 + 10 / 3600))
        assert (stamp.swapped, stamp.longitude.confidence) == (False, 0.99)


def test_print_of_the_scene_between_the_rows_of_a_labelled_place_is_passed_over():
    """It stands elsewhere, and in other letters."""
    rows = [
        ("2024-11-25 10:32", 20, 200),
        ("地点：沈阳市沈河区南京北街", 20, 310),
        ("HAIDUONG", 400, 200),
        ("382号图书馆", 90, 130),
    ]
    lines = [
        TextLine(text, 0.99, Box(x, 600 + 24 * number, width, 24), (0.99,) * len(text))
        for number, (text, x, width) in enumerate(rows)
    ]
    stamp = parse_lines(lines)
    assert stamp.address.value == "沈阳市沈河区南京北街382号图书馆"


def test_an_empty_stamp_has_no_address():
    """No rows, no place."""
    assert find_address([], []) is None
