"""What printed text means: dates, clocks, weekdays, coordinates, places and codes, without any picture."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.observation import Box, Stamp, TextLine
from verifier.photo.stamp_clocks import find_clock, find_offset
from verifier.photo.stamp_coordinates import find_coordinates
from verifier.photo.stamp_dates import find_date, find_weekday
from verifier.photo.stamp_geometry import join_rows
from verifier.photo.stamp_grammar import parse_stamp
from verifier.photo.stamp_mend import separate_merged
from verifier.photo.stamp_text import Reading, normalise

# What N36°24'30.5" E111°51'17.8" means, whichever of its signs were lost.
DMS_POINT = (111 + 51 / 60 + 17.8 / 3600, 36 + 24 / 60 + 30.5 / 3600)


def a_line(text: str, row: int = 0, confidence: float = 0.99, x: float = 40) -> TextLine:
    """One recognised line of a stamp; `row` counts from the top."""
    return TextLine(text, confidence, Box(x, 1000 + 50 * row, 20 * len(text), 30), (confidence,) * len(text))


def a_row(text: str, confidence: float = 0.99) -> Reading:
    """The line, normalised."""
    return normalise(a_line(text, confidence=confidence))


def a_parsed_stamp(*texts: str) -> Stamp:
    """What the grammar makes of lines one below the other."""
    lines = [a_line(text, row) for row, text in enumerate(texts)]
    return parse_stamp(lines, join_rows([normalise(line) for line in lines])).stamp


@pytest.mark.parametrize(
    ("text", "day"),
    [
        pytest.param("2018.09.15  星期四", date(2018, 9, 15), id="dots"),
        pytest.param("2018.9.15 11:30", date(2018, 9, 15), id="a month of one digit"),
        pytest.param("2024-11-25", date(2024, 11, 25), id="dashes"),
        pytest.param("2024年08月10日 星期六", date(2024, 8, 10), id="year month day"),
        pytest.param("2024/10/08 星期二", date(2024, 10, 8), id="slashes"),
        pytest.param("11 Aug 2026", date(2026, 8, 11), id="an English month"),
        pytest.param("Aug 11, 2026", date(2026, 8, 11), id="an English month first"),
        pytest.param("Thursday, 25/12/2025 04:48 PM", date(2025, 12, 25), id="day first"),
        pytest.param("02-23-2017 星期四 13:04:43", date(2017, 2, 23), id="a camera's month first"),
        pytest.param("２０２４．１１．２５", date(2024, 11, 25), id="full-width signs"),
        pytest.param("2018.09.1511:30", date(2018, 9, 15), id="the gap before the clock was lost"),
        pytest.param("08:262026年02月09日", date(2026, 2, 9), id="the gap behind the clock was lost"),
        pytest.param("08:26:302026-02-09", date(2026, 2, 9), id="the gap behind the clock's seconds was lost"),
        pytest.param("2O24-l1-2S", date(2024, 11, 25), id="letters in the shape of digits"),
        pytest.param("2024.0919星期四", date(2024, 9, 19), id="a separator was lost"),
    ],
)
def test_dates_are_read_in_every_printed_order(text, day):
    """The value, whatever the order and the signs."""
    assert find_date(a_row(text)).field.value == day


def test_a_clock_and_a_date_without_a_gap_are_both_read_and_surely():
    """Four digits stand before 年, so there is one place to cut."""
    stamp = a_parsed_stamp("08:262026年02月09日")
    assert (stamp.day.value, stamp.clock.value) == (date(2026, 2, 9), time(8, 26))
    assert min(stamp.day.confidence, stamp.clock.confidence) == 0.99


@pytest.mark.parametrize("text", ["2024-13-01", "2023.02.29", "1950-01-01", "工程E30管节", "12:45", "SOBI-ll-OO", ""])
def test_what_no_calendar_has_stays_unread(text):
    """An impossible date is not repaired into a possible one."""
    assert find_date(a_row(text)) is None


def test_a_letter_in_a_digits_place_leaves_the_reading_in_doubt():
    """The recogniser preferred the letter, so the digit has at most an even chance."""
    assert find_date(a_row("2024-11-25")).field.confidence == 0.99
    assert find_date(a_row("2O24-11-25")).field.confidence == 0.5


def test_a_date_with_two_meanings_is_in_doubt_until_a_weekday_decides():
    """03/04/2025 is April 3rd for an app; a printed Tuesday says March 4th."""
    assert find_date(a_row("03/04/2025")).field.confidence == 0.5
    assert a_parsed_stamp("Tuesday, 03/04/2025", "10:00").day.value == date(2025, 3, 4)
    assert a_parsed_stamp("Thursday, 03/04/2025", "10:00").day.value == date(2025, 4, 3)
    sure = {
        text: a_parsed_stamp(text, "10:00").day.confidence for text in ("Tuesday, 03/04/2025", "Monday, 03/04/2025")
    }
    assert list(sure.values()) == [0.99, 0.5], "a weekday of neither meaning decides nothing"
    assert a_parsed_stamp("Tuesday, 07/01/2025", "10:00").day.confidence == 0.5, "both meanings are Tuesdays"


def test_a_stray_stroke_before_the_year_leaves_the_date_in_doubt():
    """时间:12018-02-11: no calendar has that year, so the stroke is none of its digits."""
    found = find_date(a_row("时间:12018-02-11 18:35:31"))
    assert (found.field.value, found.field.confidence) == (date(2018, 2, 11), 0.5)


def test_a_one_digit_hour_glued_to_the_day_is_in_doubt():
    """2024.10.218:10 is the 21st at 8:10 or the 2nd at 18:10."""
    assert find_date(a_row("2024.10.218:10")).field.confidence == 0.5


@pytest.mark.parametrize(
    ("text", "clock", "seconds"),
    [
        pytest.param("11:30", time(11, 30), False, id="hours and minutes"),
        pytest.param("打卡　11：30", time(11, 30), False, id="a full-width colon"),
        pytest.param("13:04:43", time(13, 4, 43), True, id="with seconds"),
        pytest.param("20.52:49", time(20, 52, 49), True, id="a colon read as a dot before seconds"),
        pytest.param("04:48 PM", time(16, 48), False, id="afternoon in English"),
        pytest.param("12:05 AM", time(0, 5), False, id="midnight in English"),
        pytest.param("12:05 PM", time(12, 5), False, id="noon in English"),
        pytest.param("下午 3:07", time(15, 7), False, id="afternoon in Chinese"),
        pytest.param("上午9:12", time(9, 12), False, id="morning in Chinese"),
        pytest.param("O9:l2", time(9, 12), False, id="letters in the shape of digits"),
        pytest.param("00:00", time(0, 0), False, id="the first minute"),
        pytest.param("23:59:59", time(23, 59, 59), True, id="the last second"),
    ],
)
def test_clocks_are_read_in_24_and_12_hours(text, clock, seconds):
    """The value, and whether seconds were printed."""
    found = find_clock(a_row(text))
    assert (found.field.value, found.has_seconds) == (clock, seconds)


@pytest.mark.parametrize(
    "text",
    ["24:00", "12:60", "116:13:32", "21:061", "13:34:241", "15:00 AM", "GMT", "", "比例 1:5"],
)
def test_what_no_day_has_stays_unread(text):
    """In particular the tail of a misread time is no time."""
    assert find_clock(a_row(text)) is None


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        pytest.param("拍摄时间：2021年05月06日 18.11", time(18, 11), id="behind a labelled date"),
        pytest.param("时间:2021.05.06 18.11℃", None, id="a temperature"),
        pytest.param("2021.05.06 18.11", None, id="behind a date without a label"),
        pytest.param("时间:2021.05.06 24.11", None, id="no hour"),
    ],
)
def test_a_dotted_clock_is_read_only_behind_a_date_that_its_label_announces(text, clock):
    """Its colon has become a dot over an edge; it is in doubt."""
    found = a_parsed_stamp(text).clock
    assert (found and (found.value, found.confidence)) == (clock and (clock, 0.5))


def test_a_caption_behind_a_torn_date_is_not_the_stamps():
    """The stamp's own row runs on into the poster below it."""
    stamp = a_parsed_stamp("经度：107.978107", "时间:2019-05-136082810 8t on Sept. 30, 2010 with the cast")
    assert stamp.day is None


@pytest.mark.parametrize("offset", ["GMT+-05:30", "GMT 05:30", "GMT.05:30", "UTC-05:30"])
def test_an_offset_is_no_clock_however_its_sign_is_read(offset):
    """The scene's print ran through its sign; the clock before it was behind a colon that is none of its own."""
    stamp = a_parsed_stamp(f"Tuesday,06/04/2021:10:58 AM{offset}original")
    assert (stamp.clock.value, stamp.clock.confidence) == (time(10, 58), 0.5)
    assert find_clock(a_row(offset)) is None


def test_a_clock_whose_seconds_are_torn_is_no_shorter_clock():
    """18:31-16 has lost a colon; 18:31 -5℃ is a clock and the weather."""
    assert find_clock(a_row("18:31-16dbe")) is None
    assert find_clock(a_row("18:31-15℃")).field.value == time(18, 31)


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        pytest.param("经纬度：39.86228，105.62799", 0.99, id="five decimals each"),
        pytest.param("经纬度：39.8228，105.62799", 0.5, id="one decimal fewer: a digit was not seen"),
        pytest.param("东经102.147499° 北纬41.629449°", 0.99, id="both labelled"),
        pytest.param("东经102.147499° 1.629449°", 0.5, id="one label was lost, and perhaps a digit with it"),
    ],
)
def test_coordinates_that_differ_in_form_are_in_doubt(text, confidence):
    """Stamps print both numbers alike."""
    assert find_coordinates([a_row(text)]).latitude.confidence == confidence


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("经纬度：37,61434,121.37547", (121.37547, 37.61434), id="one comma"),
        pytest.param("经纬度:37,61434,121,37547", (121.37547, 37.61434), id="both commas"),
        pytest.param("经纬度：37,6143,121.37547", None, id="decimals that differ"),
        pytest.param("经纬度：31.93538,10439066", (104.39066, 31.93538), id="the second point is lost"),
        pytest.param("经纬度：2796629,106.55062", (106.55062, 27.96629), id="the first point is lost"),
        pytest.param("经纬度：31.93538,9039066", (90.39066, 31.93538), id="a longitude of two digits"),
        pytest.param("经纬度：31.93538,439066", None, id="one digit before the lost point: others may be lost too"),
        pytest.param("经纬度：31.93538,19039066", None, id="no longitude is 190"),
        pytest.param("东经114.974656°北纬25,738778°", (114.974656, 25.738778), id="a comma under its own label"),
        pytest.param("经度：102-831486 纬度：32.419400", (102.831486, 32.4194), id="a dash under its own label"),
        pytest.param("经纬度：37.94163，103:54920", (103.5492, 37.94163), id="a colon"),
        pytest.param("经纬度：37:94163，10354920", (103.5492, 37.94163), id="a colon and a lost point"),
        pytest.param("东经103323478北纬34350736", (103.323478, 34.350736), id="both points of labelled numbers"),
        pytest.param("纬度:34350736 经度:103323478", (103.323478, 34.350736), id="both, the latitude first"),
        pytest.param("东经103323478北纬3435073", None, id="both, and a digit of one: other decimals lead out of China"),
        pytest.param("经纬度：37.9416，103:54920", None, id="a colon, and decimals that differ"),
        pytest.param("经纬度:32.553753°E,106107308°N", (106.107308, 32.553753), id="the second point, between letters"),
        pytest.param("Lat 16.334705° Long81'065237°", (81.065237, 16.334705), id="a mark that is no minute's"),
        pytest.param("Lat 16.334705° Long 81.065237Roberts", (81.065237, 16.334705), id="the scene's print runs on"),
        pytest.param("Lat 16.334705° Long 81.06523Z", None, id="a letter may be a digit"),
        pytest.param("N36°24'30.5\"E11151'17.8\"", DMS_POINT, id="degrees"),
        pytest.param("N3624'30.5\"E111°51'17.8\"", DMS_POINT, id="of north"),
        pytest.param('N362430.5 E1115117.8"', DMS_POINT, id="all signs"),
        pytest.param("N36°24'30.5\"E111-51'17.8\"", DMS_POINT, id="a dash for a ring"),
        pytest.param("N36*24'30.5\"E111 51'17.8\"", DMS_POINT, id="star and gap"),
        pytest.param("N36024'30.5\"E111051'17.8\"", DMS_POINT, id="noughts for rings"),
        pytest.param("东经114.974656°北25.738778°", (114.974656, 25.738778), id="a label's second letter is lost"),
        pytest.param(
            "N36°24'30.5\"E111°51'17.\"", (111 + 51 / 60 + 17 / 3600, 36 + 24 / 60 + 30.5 / 3600), id="cut off"
        ),
        pytest.param("项目N362430.5", None, id="a letter and digits alone"),
        pytest.param("N36°24'30.5\"E1115'17.8\"", None, id="11°15' or 111°5'"),
    ],
)
def test_lost_points_are_restored_in_doubt(text, place):
    """Where both numbers have the same decimals, or a label of their own, there is one meaning."""
    stamp = a_parsed_stamp(text)
    both = stamp.latitude and stamp.longitude and (stamp.longitude.value, stamp.latitude.value)
    assert both == (place and pytest.approx(place, abs=1e-9))
    assert not both or min(stamp.longitude.confidence, stamp.latitude.confidence) == 0.5


@pytest.mark.parametrize(
    ("text", "longitude"),
    [
        pytest.param("经纬度：36.68895，112.73573.", 112.73573, id="a speck behind the last digit"),
        pytest.param("经纬度：36.68895，112.7357.3", None, id="a digit behind the speck"),
        pytest.param("经度： ：112.73573", 112.73573, id="a colon read in both pieces of a row"),
    ],
)
def test_a_speck_beside_a_number_is_none_of_its_digits(text, longitude):
    """Print and edges of the scene leave dots; a dot with a digit behind it is a torn number."""
    found = find_coordinates([a_row(text)])
    assert (found and found.longitude and found.longitude.value) == longitude


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        pytest.param("时间：2025-09-082122:32", time(21, 22, 32), id="the first colon is lost, and the gap"),
        pytest.param("时间：2025-09-08 21:2232", time(21, 22, 32), id="the second colon is lost"),
        pytest.param("时间：2025-09-08 21.22.32", time(21, 22, 32), id="both colons are read as dots"),
        pytest.param("时间：2025-09-08 21:22.32", time(21, 22, 32), id="one colon is read as a dot"),
        pytest.param("时间：2025-09-08 2122.32", None, id="one is lost and one a dot: a number"),
        pytest.param("时间：2025-09-08 2522:32", None, id="no day has an hour 25"),
        pytest.param("时间：2025-09-08 212232", None, id="no colon at all: any number"),
        pytest.param("时间：2025-09-08 2122:3", None, id="a digit is lost too"),
        pytest.param("2122:32", None, id="no date before it"),
    ],
)
def test_a_clock_behind_its_date_whose_colons_were_misread_is_in_doubt(text, clock):
    """Six digits with signs in their places have one meaning; the date in front is read whole."""
    stamp = a_parsed_stamp(text)
    assert (stamp.clock and stamp.clock.value) == clock
    assert clock is None or (stamp.clock.confidence, stamp.day.value) == (0.5, date(2025, 9, 8))


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        pytest.param("2020-12-19", 0.99, id="two digits each"),
        pytest.param("2020-3-19", 0.99, id="no month ends in a 3 but March"),
        pytest.param("2020-2-19", 0.5, id="February, or December torn"),
        pytest.param("2020-12-9", 0.5, id="the 9th, or the 19th torn"),
        pytest.param("9 Aug 2026", 0.5, id="an English 9th"),
        pytest.param("23/2/2017", 0.5, id="day first"),
    ],
)
def test_a_date_that_may_have_lost_a_digit_is_in_doubt(text, confidence):
    """Only where another date would look the same without its first digit."""
    assert find_date(a_row(text)).field.confidence == confidence


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        pytest.param("08:10", 0.99, id="two digits"),
        pytest.param("8:10", 0.5, id="ten past eight, or 18:10 torn"),
        pytest.param("4:48 PM", 0.99, id="no hour of twelve ends in a 4 but four"),
        pytest.param("2:48 PM", 0.5, id="two, or twelve torn"),
    ],
)
def test_a_clock_that_may_have_lost_a_digit_is_in_doubt(text, confidence):
    """Only where another hour would look the same without its first digit."""
    assert find_clock(a_row(text)).field.confidence == confidence


def test_an_offset_is_no_clock():
    """GMT +05:30 whose letters were lost is not half past five; a clock behind a date's dash is one."""
    assert find_clock(a_row("T +05:30")) is None
    assert find_clock(a_row("GMT-05:30")) is None
    assert find_clock(a_row("星期二 - 05:30")).field.value == time(5, 30)


@pytest.mark.parametrize("row", ["时间:2023-01-06 10:46:27", "日期：2023-01-06", "2023-01-06 星期五"])
def test_of_two_dates_the_one_with_its_label_weekday_or_clock_is_the_stamps(row):
    """A piece of the scene's print, torn from its sentence, stands above."""
    assert a_parsed_stamp("on Sept. 30, 2010 with the cast", "桃花仑西路", row).day.value == date(2023, 1, 6)


def test_a_captions_date_is_not_the_stamps():
    """A poster under the stamp says a date within a sentence; a labelled date is the stamp's."""
    stamp = a_parsed_stamp("打卡10:49", "(261 West 47th Street) on Sept. 30, 2010 with the original cast")
    assert stamp.day is None
    assert a_parsed_stamp("打卡10:49", "拍摄时间：2023年08月01日").day.value == date(2023, 8, 1)


@pytest.mark.parametrize("text", ["08.53", "0853", "08:531", "08.531", "08531"])
@pytest.mark.parametrize(
    ("height_px", "clock"), [pytest.param(80, time(8, 53), id="tall"), pytest.param(30, None, id="as tall as the date")]
)
def test_a_big_clock_with_a_lost_colon_or_its_bar_for_a_digit_is_in_doubt(text, height_px, clock):
    """Alone and much taller than the date it can only be the clock; as tall as the date it may be anything."""
    day = a_line("2023-08-28", 2)
    big = TextLine(text, 0.99, Box(40, 1000, 200, height_px), (0.99,) * len(text))
    read = parse_stamp([big, day], [normalise(big), normalise(day)]).stamp.clock
    assert (read and read.value) == clock
    assert read is None or read.confidence == 0.5


@pytest.mark.parametrize("text", ["2853", "08:532", "085", "085311"])
def test_tall_digits_that_are_no_clock_stay_unread(text):
    """No day has an hour 28, and a bar is a single 1."""
    day = a_line("2023-08-28", 2)
    big = TextLine(text, 0.99, Box(40, 1000, 200, 80), (0.99,) * len(text))
    assert parse_stamp([big, day], [normalise(big), normalise(day)]).stamp.clock is None


def test_a_stray_digit_before_the_clock_leaves_it_in_doubt():
    """The digit may be a part of the hour that was torn off."""
    assert find_clock(a_row("11 13:32")).field.confidence == 0.5


def test_a_camera_overlay_whose_hour_lost_a_digit_has_no_clock():
    """Overlays print two digits: 1:13:32 is what a bright window left of 16:13:32."""
    assert a_parsed_stamp("02-22-2017 星期三 1:13:32").clock is None
    assert a_parsed_stamp("02-22-2017 星期三 16:13:32").clock.value == time(16, 13, 32)


def test_a_camera_overlay_without_seconds_is_a_piece_of_a_clock():
    """Overlays always print seconds: 13:32 may be the minutes and seconds of 16:13:32."""
    assert a_parsed_stamp("02-22-2017 星期三 13:32").clock is None
    assert a_parsed_stamp("02-22-2017 星期三 16:13:32").clock.value == time(16, 13, 32)


@pytest.mark.parametrize(
    ("text", "weekday"),
    [
        ("星期一", 0), ("星期—", 0), ("星期日", 6), ("星期天", 6), ("周三", 2), ("礼拜五", 4), ("Tues", 1), ("Thursday,", 3),
        ("Sat", 5), ("Sunday", 6), ("周一围村", None), ("Monaco", None), ("星期", None), ("lTues", 1), ("ISat", 5), ("TThur", 3),
        ("Isun", 6), ("AMon", None), ("Tmon", None),
    ],
)  # fmt: skip
def test_weekdays(text, weekday):
    """0 is Monday; a place's name is no weekday; the bar beside a big clock may be read as a letter in front."""
    found = find_weekday(a_row(text))
    assert (found and found[0].value) == weekday


@pytest.mark.parametrize(
    ("text", "clock", "confidence"),
    [
        pytest.param("上08:15", time(8, 15), 0.5, id="晚上 lost its first letter"),
        pytest.param("午02:33", time(2, 33), 0.5, id="下午 lost its first letter"),
        pytest.param("12:30:45a", time(12, 30, 45), 0.5, id="am lost its last letter"),
        pytest.param("12:30:45a am", time(0, 30, 45), 0.5, id="am was read one and a half times"),
        pytest.param("02:16M", time(2, 16), 0.5, id="PM lost its first letter"),
        pytest.param("02:15T35", time(2, 15), 0.5, id="a colon read as a letter"),
        pytest.param("02:16Mon", time(2, 16), 0.99, id="a weekday without a gap"),
        pytest.param("11:42PN", time(11, 42), 0.5, id="PM's last letter was misread"),
        pytest.param("n03:20", time(3, 20), 0.5, id="pm in front lost its first letter"),
        pytest.param("打卡08:15", time(8, 15), 0.99, id="a chip's word"),
        pytest.param("2024-11-25T08:15:20", time(8, 15, 20), 0.99, id="ISO 8601"),
        pytest.param("08:15 P35", time(8, 15), 0.99, id="a page's number"),
        pytest.param("08:15 阴", time(8, 15), 0.99, id="the weather"),
        pytest.param("上午08:15", time(8, 15), 0.99, id="the whole word"),
    ],
)
def test_a_clock_beside_what_may_be_left_of_a_part_of_the_day_is_in_doubt(text, clock, confidence):
    """It may be twelve hours later."""
    found = a_parsed_stamp(text).clock
    assert (found.value, found.confidence) == (clock, confidence)


@pytest.mark.parametrize(
    ("text", "y", "beside", "clock", "confidence"),
    [
        pytest.param("03:55", 1000, "PM", time(15, 55), 0.99, id="PM in a row of its own"),
        pytest.param("12:47", 1000, "AM 2025.05.12", time(0, 47), 0.99, id="AM seen with the date"),
        pytest.param("06:53", 1000, "PM星期六大雪14℃", time(18, 53), 0.99, id="PM seen with the weekday"),
        pytest.param("08:19", 1000, "晚上", time(20, 19), 0.99, id="晚上"),
        pytest.param("02:02", 1000, "2下午", time(14, 2), 0.99, id="下午 seen with the clock's last digit"),
        pytest.param("12:05", 1000, "上午", time(0, 5), 0.5, id="上午12 has two meanings"),
        pytest.param("03:55", 1000, "备注:下午", time(3, 55), 0.99, id="a remark"),
        pytest.param("03:55", 1000, "下午茶餐厅", time(3, 55), 0.99, id="a place's name"),
        pytest.param("03:55", 1200, "PM", time(3, 55), 0.99, id="not at the clock's height"),
        pytest.param("15:55", 1000, "PM", time(15, 55), 0.99, id="no clock of twelve hours"),
        pytest.param("上午03:55", 1000, "PM", time(3, 55), 0.99, id="the clock has its own"),
    ],
)
def test_the_part_of_the_day_may_stand_small_beside_a_big_clock(text, y, beside, clock, confidence):
    """Its line is too low to be of one row with the clock."""
    lines = [
        TextLine(text, 0.99, Box(0, y, 500, 160), (0.99,) * len(text)),
        TextLine(beside, 0.99, Box(510, 1010, 300, 50), (0.99,) * len(beside)),
        a_line("2025.05.12 益阳", 8),
    ]
    found = parse_stamp(lines, join_rows([normalise(line) for line in lines])).stamp.clock
    assert (found.value, found.confidence) == (clock, confidence)


@pytest.mark.parametrize("text", ["时间：08:15", "时 间:08:15", "Time:08:15", "时间: 08:15"])
def test_a_clock_stands_directly_behind_its_labels_colon(text):
    """The day may have a row of its own."""
    stamp = a_parsed_stamp("日期：2024-11-25", text)
    assert (stamp.day.value, stamp.clock.value, stamp.clock.confidence) == (date(2024, 11, 25), time(8, 15), 0.99)


@pytest.mark.parametrize(
    ("text", "hours"), [("GMT +05:30", 5.5), ("GMT+8", 8), ("UTC-3:00", -3), ("GMT +19:00", None), ("11:30", None)]
)
def test_offsets(text, hours):
    """Only offsets that some place on earth has."""
    found = find_offset(a_row(text))
    assert (found and found[0]) == (None if hours is None else timedelta(hours=hours))


@pytest.mark.parametrize(
    ("texts", "longitude", "latitude", "swapped"),
    [
        pytest.param(["经纬度: 39.92144, 116.44314"], 116.44314, 39.92144, False, id="latitude first"),
        pytest.param(["经纬度：116.44314，39.92144"], 116.44314, 39.92144, False, id="longitude first"),
        pytest.param(["经度: 116.305315", "纬度: 39.930812"], 116.305315, 39.930812, False, id="a row each"),
        pytest.param(["经度: 39.930812", "纬度: 116.305315"], 116.305315, 39.930812, True, id="labels swapped"),
        pytest.param(["经纬度: 45.171850°E,124.816980°N"], 124.81698, 45.17185, True, id="letters swapped"),
        pytest.param(["东经112.355129° 北纬28.570066°"], 112.355129, 28.570066, False, id="east and north"),
        pytest.param(["Lat 12.923974° Long 77.625419°"], 77.625419, 12.923974, False, id="Lat and Long"),
        pytest.param(["Lat -33.8688 Long 151.2093"], 151.2093, -33.8688, False, id="south of China and the equator"),
        pytest.param(["N28°34′12.2″ E112°21′18.5″"], 112 + 21 / 60 + 18.5 / 3600, 28 + 34 / 60 + 12.2 / 3600, False,
                     id="degrees, minutes, seconds"),
        pytest.param(["28°34'12.2\"N 112°21'18.5\"E"], 112 + 21 / 60 + 18.5 / 3600, 28 + 34 / 60 + 12.2 / 3600, False,
                     id="letters behind"),
        pytest.param(["28°34'12.2\"E112°21'18.5\""], 112 + 21 / 60 + 18.5 / 3600, 28 + 34 / 60 + 12.2 / 3600, False,
                     id="the first letter lost, the second glued to the number before it"),
        pytest.param(["28.570066, 112.355129"], 112.355129, 28.570066, False, id="a bare pair"),
        pytest.param(["经度：98.065888", "排度：38.069338"], 98.065888, 38.069338, False, id="a label's first letter misread"),
        pytest.param(["度：98.065888", "纬度：38.069338"], 98.065888, 38.069338, False, id="a label's first letter lost"),
    ],
)  # fmt: skip
def test_coordinates_are_told_apart_by_label_and_range(texts, longitude, latitude, swapped):
    """Either order, any label; contradicting letters are reported."""
    found = find_coordinates([a_row(text) for text in texts])
    assert found.longitude.value == pytest.approx(longitude, abs=1e-9)
    assert found.latitude.value == pytest.approx(latitude, abs=1e-9)
    assert found.swapped is swapped


@pytest.mark.parametrize(
    "text", ["经度: 116305315", "海拔 62.3米", "经纬度: 195.10, 201.40", "22.5℃", "N28°64′12.2″ E112°21′18.5″", ""]
)
def test_impossible_coordinates_stay_unread(text):
    """A lost decimal point is not put back by guessing."""
    found = find_coordinates([a_row(text)])
    assert found is None or found.latitude is None or found.longitude is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("经纬度：28.25475x，108.827314", id="a digit read as a letter"),
        pytest.param("N30°19'57 6\" E119°41'42.2\"", id="a lost point before the seconds' tenth"),
        pytest.param("N30°19'576\" E119°41'42.2\"", id="seconds of three digits"),
    ],
)
def test_a_torn_number_is_not_read_as_a_shorter_one(text):
    """The latitude stays unread: a degree's last digit is ten metres, a lost tenth of a second three."""
    found = find_coordinates([a_row(text)])
    assert found is None or found.latitude is None


def test_a_one_read_as_a_letter_at_the_end_leaves_the_latitude_in_doubt():
    """28.25475L is 28.254751, at an even chance."""
    found = find_coordinates([a_row("经纬度：28.25475L，108.827314")])
    assert (found.latitude.value, found.latitude.confidence) == (28.254751, 0.5)


@pytest.mark.parametrize("text", ['N30°19/57,6" E119°41\'42.2"', "N30°19'57.6 E119°41'42.2"])
def test_signs_that_print_confuses_have_one_meaning_within_degrees(text):
    """A slash for the minute, a comma for the point, a seconds sign lost."""
    found = find_coordinates([a_row(text)])
    assert found.latitude.value == pytest.approx(30.332667, abs=1e-6)


def test_coordinates_whose_comma_was_lost_are_cut_where_both_have_equal_decimals():
    """One cut is possible, and the digits beside it are in doubt."""
    found = find_coordinates([separate_merged(a_row("经纬度：23.623585121.530158"))])
    assert (found.longitude.value, found.latitude.value) == (121.530158, 23.623585)
    assert found.longitude.confidence == 0.5


@pytest.mark.parametrize(
    ("texts", "address"),
    [
        pytest.param(["打卡 11:30", "北京·三里屯", "2018.09.15  星期四", "今日相机已验证考勤信息真实性"], "北京·三里屯",
                     id="1 above the date"),
        pytest.param(["12:45", "2024-11-25", "星期一  雾 5℃", "天涯海角", "经纬度: 39.92144, 116.44314"], "天涯海角",
                     id="2 below the clock"),
        pytest.param(["工程名称：港珠澳大桥", "施工区域：海底隧道E30管节", "拍摄时间：2018.09.15 11:30"], "海底隧道E30管节",
                     id="4 a site"),
        pytest.param(["时　间: 2024.10.02 18:10", "天　气: 晴 12℃", "地　点: 人民广场"], "人民广场", id="4 spaced labels"),
        pytest.param(["经度: 116.305315", "地址: 湖南省益阳市赫山区", "桃花仑西路788号", "时间: 2019-09-15 11:30:42"],
                     "湖南省益阳市赫山区桃花仑西路788号", id="5 over two rows"),
        pytest.param(["打卡 01:02", "2024/10/08 星期二", "• 白云机场", "马克相机已验证照片真实性"], "白云机场", id="6 a bullet"),
        pytest.param(["培训就业服务中心", "09:12", "2023年06月12日", "沅江市琼湖街道"], "沅江市琼湖街道", id="7 below, no title"),
        pytest.param(["2018.9.15 11:30", "星期六"], None, id="no place printed"),
        pytest.param(["时间: 2018.9.15 11:30", "地址：体育东路138号ted by Max"], "体育东路138号", id="the scene's print runs on"),
        pytest.param(["地址益阳市五一西路201号", "时间2026-01-03 22:46"], "益阳市五一西路201号", id="the next label without colon"),
        pytest.param(["时间: 2018.9.15 11:30", "地址，沅江市琼湖街道"], "沅江市琼湖街道", id="a colon read as a comma"),
        pytest.param(
            ["时间: 2018.9.15 11:30", "地址：麓山南路932号t) on Sept. 30, 2010 with casts"], "麓山南路932号", id="numbers too"
        ),
        pytest.param(["时间: 2018.9.15 11:30", "地址：体育东路138号CBD"], "体育东路138号CBD", id="a building's letters"),
    ],
)  # fmt: skip
def test_places(texts, address):
    """The labelled place, else what no other rule understands and stands with the stamp."""
    found = a_parsed_stamp(*texts).address
    assert (found and found.value) == address


@pytest.mark.parametrize(
    ("texts", "longitude"),
    [
        pytest.param(["经度：119778407", "纬度：23.885044"], 119.778407, id="the latitude has six decimals"),
        pytest.param(["经度：11977840", "纬度：23.885044"], 11.97784, id="another digit is lost, and all is in doubt"),
        pytest.param(["经度：119778407"], None, id="nothing tells where the point was"),
        pytest.param(["经度：199778407", "纬度：23.885044"], None, id="no longitude is 199"),
    ],
)
def test_a_point_lost_on_its_own_row_is_restored_in_doubt(texts, longitude):
    """The other number tells how many decimals the app prints."""
    stamp = a_parsed_stamp(*texts)
    assert (stamp.longitude and stamp.longitude.value) == longitude
    assert stamp.longitude is None or stamp.longitude.confidence == 0.5


@pytest.mark.parametrize(
    ("text", "longitude", "latitude"),
    [
        pytest.param("经度：116.300744 纬度9.789766", 0.99, 0.5, id="a latitude of one digit"),
        pytest.param("经度：16.300744 纬度：39.789766", 0.5, 0.99, id="a longitude that had a 1 in front"),
        pytest.param("经度：116.300744 纬度：39.789766", 0.99, 0.99, id="both whole"),
        pytest.param("经度：87.300744 纬度：43.789766", 0.99, 0.99, id="China's west has two digits"),
        pytest.param("经度：0.000000 纬度：0.000000", 0.99, 0.99, id="no place at all"),
    ],
)
def test_a_coordinate_that_may_have_lost_its_first_digit_is_in_doubt(text, longitude, latitude):
    """It would lie thousands of kilometres from the venue."""
    found = find_coordinates([a_row(text)])
    assert (found.longitude.confidence, found.latitude.confidence) == (longitude, latitude)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("N42°01.937E123°33.257", (123 + 33.257 / 60, 42 + 1.937 / 60), id="both minute signs are lost"),
        pytest.param("N23°20.948 E113°33.138", (113 + 33.138 / 60, 23 + 20.948 / 60), id="and a gap is left"),
        pytest.param("N42°01.93 E123°33.25", None, id="two decimals may be whole seconds"),
        pytest.param("N42°61.937 E123°33.257", None, id="no degree has 61 minutes"),
    ],
)
def test_decimal_minutes_that_lost_their_sign_are_in_doubt(text, place):
    """They are never taken for degrees."""
    found = find_coordinates([a_row(text)])
    if place is None:
        assert found is None or None in (found.longitude, found.latitude)
    else:
        assert (found.longitude.value, found.latitude.value) == pytest.approx(place)
        assert (found.longitude.confidence, found.latitude.confidence) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        pytest.param("经度：27.539266，98.401878", False, id="two numbers under one label: 经纬度 has lost its middle"),
        pytest.param("经度：27.539266 纬度：98.401878", True, id="each under its own label, and the wrong one"),
    ],
)
def test_two_numbers_under_one_label_are_a_pair(text, swapped):
    """A label that covers both numbers says nothing about their order."""
    stamp = a_parsed_stamp(text)
    assert (stamp.longitude.value, stamp.latitude.value, stamp.swapped) == (98.401878, 27.539266, swapped)


@pytest.mark.parametrize(
    ("beside", "address"),
    [
        pytest.param("THE PITMEN PAINTERS", "沅江市琼湖街道", id="print of the scene"),
        pytest.param("A座", "沅江市琼湖街道 A座", id="a building's letter belongs to the place"),
    ],
)
def test_latin_print_beside_a_chinese_place_is_not_the_place(beside, address):
    """What the finder saw as a line of its own, in another script, on the same height."""
    texts = [("2023.06.12 星期一", 0, 40.0), ("沅江市琼湖街道", 1, 40.0), (beside, 1, 240.0)]
    lines = [a_line(text, row, x=x) for text, row, x in texts]
    stamp = parse_stamp(lines, join_rows([normalise(line) for line in lines])).stamp
    assert stamp.address.value == address


def test_a_stamp_with_chinese_words_has_a_chinese_place():
    """A longer line of Latin print in the scene below is none."""
    stamp = a_parsed_stamp("2023.06.12 星期一", "白云机场", "", "The Journal of Evening News")
    assert stamp.address.value == "白云机场"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("6FUTYPEZZ8W4HC Timemark Verified", "6FUTYPEZZ8W4HC", id="fourteen"),
        pytest.param("UTYPEZZ8W4HC Timemark Verified", None, id="twelve are a torn code"),
    ],
)
def test_a_timemark_code_has_fourteen_characters(text, code):
    """A torn code would be another photo's."""
    stamp = a_parsed_stamp(text)
    assert (stamp.code and stamp.code.value) == code


@pytest.mark.parametrize(
    ("texts", "code", "app"),
    [
        (["今日水印", "相机  真实时间", "防伪 R267JTLDQX25X"], "R267JTLDQX25X", "今日水印相机"),
        (["6MQZ0P27RTTFL3  Timemark Verified"], "6MQZ0P27RTTFL3", "Timemark"),
        (["马克相机已验证照片真实性", "12:00"], None, "马克水印相机"),
        (["12:45", "2024-11-25"], None, None),
    ],
)
def test_codes_and_apps(texts, code, app):
    """Codes are kept as printed: nothing tells a 0 from an O in them."""
    stamp = a_parsed_stamp(*texts)
    assert ((stamp.code and stamp.code.value), stamp.app) == (code, app)


def test_an_english_panel_is_read_whole():
    """Layout 9: place, coordinates, weekday, 12-hour clock and offset."""
    stamp = a_parsed_stamp(
        "Bengaluru, Karnataka, India", "80 Feet Road, Koramangala 560034", "Lat 12.923974° Long 77.625419°",
        "Thursday, 25/12/2025 04:48 PM GMT +05:30",
    )  # fmt: skip
    assert stamp.taken_at_local.isoformat() == "2025-12-25T16:48:00"
    assert (stamp.weekday.value, stamp.utc_offset, stamp.layout) == (3, timedelta(hours=5.5), "gps_map_camera")
    assert stamp.address.value == "Bengaluru, Karnataka, India 80 Feet Road, Koramangala 560034"


@given(
    st.lists(
        st.text(alphabet="0123456789OoIlSB|:;.-/年月日星期一周经纬度°′″'\" NSEWLat上午防伪ABZ：，地点", max_size=40),
        max_size=6,
    )
)
def test_no_text_breaks_the_grammar(texts):
    """Whatever the recogniser makes up, the result is a stamp with possible values or none."""
    stamp = a_parsed_stamp(*texts)
    if stamp.latitude is not None:
        assert abs(stamp.latitude.value) <= 90
    if stamp.longitude is not None:
        assert abs(stamp.longitude.value) <= 180
    for field in (stamp.day, stamp.clock, stamp.weekday, stamp.address, stamp.code):
        assert field is None or 0 <= field.confidence <= 1
