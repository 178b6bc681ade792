"""Which groups of text are stamps, and which belong together, without any picture."""

from __future__ import annotations

from datetime import date

import pytest

from verifier.observation import Box, TextLine
from verifier.photo.stamp_geometry import join_rows
from verifier.photo.stamp_grammar import parse_stamp
from verifier.photo.stamp_merge import Candidate, merge_candidates
from verifier.photo.stamp_text import normalise, surround


def a_group(*texts: str, y: float, x: float = 20, at_border: bool = True) -> Candidate:
    """Lines one below the other, at the picture's left edge where nothing else is said."""
    lines = tuple(
        TextLine(text, 0.99, Box(x, y + 50 * row, 20 * len(text), 30), (0.99,) * len(text))
        for row, text in enumerate(texts)
    )
    return Candidate(
        parse_stamp(lines, join_rows([normalise(line) for line in lines])),
        surround([line.box for line in lines]),
        at_border,
        lines,
    )


OVERLAY = a_group("02-23-2017 星期四 13:04:43", y=20)


@pytest.mark.parametrize(
    ("texts", "stamps"),
    [
        pytest.param(("南县职业中专实训楼", "经纬度:34.75538,106.65449"), 2, id="coordinates with their words"),
        pytest.param(("南县职业中专实训楼", "34.75538,106.65449"), 1, id="two bare numbers"),
        pytest.param(("南县职业中专实训楼", "2020-09-17"), 1, id="a poster's date"),
    ],
)
def test_beside_a_whole_overlay_only_what_is_surely_a_stamps_is_another_stamp(texts, stamps):
    """The clock of a stamp on a camera's frame was not read; its coordinates keep it from being taken for absent."""
    found = merge_candidates([OVERLAY, a_group(*texts, y=700)], 1440, 810)
    assert len(found) == stamps
    assert found[0].day.value == date(2017, 2, 23)


@pytest.mark.parametrize(
    ("more", "at_border", "confidence"),
    [
        pytest.param((), True, 0.99, id="at the edge"),
        pytest.param((), False, 0.5, id="amid the picture, as a clock on the wall"),
        pytest.param(("今日水印相机",), False, 0.99, id="amid the picture, with an app's name"),
        pytest.param(("经纬度:34.75538,106.65449",), False, 0.99, id="amid the picture, with coordinates"),
    ],
)
def test_a_date_and_a_clock_amid_the_picture_are_in_doubt_unless_only_stamps_say_so(more, at_border, confidence):
    """A blackboard's date must not accuse; a stamp that was moved there keeps its values."""
    (found,) = merge_candidates(
        [a_group("2019-05-21 09:47:12", "星期二 23℃", *more, y=300, x=600, at_border=at_border)], 1920, 1440
    )
    assert {found.day.confidence, found.clock.confidence, found.weekday.confidence} == {confidence}


@pytest.mark.parametrize(
    ("texts", "confidence"),
    [
        pytest.param(("2022.02.05 星期六", "第三课 安全用电"), 0.5, id="a blackboard"),
        pytest.param(("热烈庆祝益阳市技能培训班开班", "2019年06月11日"), 0.5, id="a banner"),
        pytest.param(("2019.03.18 08:30", "结业考试：机房"), 0.5, id="a notice"),
        pytest.param(("2019.03.18 08:30", "第3节课", "益阳市赫山区桃花仑西路788号"), 0.99, id="a remark under a stamp"),
        pytest.param(("2019.03.18 08:30", "第三课 安全用电", "今日水印相机"), 0.99, id="a remark in an app's stamp"),
    ],
)
def test_a_date_among_words_that_people_write_on_walls_is_in_doubt(texts, confidence):
    """Also at the edge, where stamps stand."""
    (found,) = merge_candidates([a_group(*texts, y=20)], 1920, 1440)
    assert found.day.confidence == confidence


@pytest.mark.parametrize(
    ("texts", "at_border", "count"),
    [
        pytest.param(("2022.02.05 星期六 9:30", "第三课 安全用电"), True, 1, id="a blackboard at the edge"),
        pytest.param(("2019-05-21 09:47:12", "星期二 23℃"), False, 1, id="a clock on the wall"),
        pytest.param(("2019-05-21 09:47:12", "经纬度:34.75538,106.65449"), False, 2, id="a stamp amid the picture"),
        pytest.param(("2019-05-21 09:47:12", "星期二 23℃"), True, 2, id="a second stamp at the edge"),
    ],
)
def test_beside_a_whole_stamp_what_is_written_in_the_room_is_no_stamp(texts, at_border, count):
    """Two stamps are remarked; a blackboard is none."""
    own = a_group("打卡 10:32", "2024.11.25 星期一", "北京·三里屯", y=1200)
    found = merge_candidates([own, a_group(*texts, y=100, x=600, at_border=at_border)], 1920, 1440)
    assert len(found) == count
    assert date(2024, 11, 25) in {stamp.day.value for stamp in found}
