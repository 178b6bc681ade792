"""Annexes 1 to 4 as .docx: the printed form word for word, and filled in."""

from __future__ import annotations

import io
import re
from datetime import date, datetime

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.shared import PROJECT
from verifier.plan import ProjectType
from verifier.regulation.forms import (
    Agreement,
    FollowUpForm,
    FollowUpLine,
    OnSiteForm,
    RectificationNotice,
    StudentProblem,
    find_numbering_faults,
    next_notice_number,
    tell_notice,
    write_agreement,
    write_follow_up_form,
    write_notice,
    write_on_site_form,
)
from verifier.regulation.policy import load_policy

POLICY = load_policy()


def read_text(content: bytes) -> str:
    """All text of a .docx in reading order; a merged cell counts once."""
    document = Document(io.BytesIO(content))
    parts = []
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            for row in block.rows:
                cells = {id(cell._tc): cell.text for cell in row.cells}
                parts += list(cells.values())
        else:
            parts.append(block.text)
    return "\n".join(parts)


def bare(text: str) -> str:
    return re.sub(r"[\s_]", "", text)


def annexes() -> list[str]:
    text = PROJECT.parent / "shared" / "regulation" / "yiyang-2023-23.txt"
    if not text.is_file():
        pytest.skip("the regulation's text (../shared/regulation) is not on this machine")
    whole = text.read_text(encoding="utf-8")
    found = re.split(r"\n附件(?=\d\n)", whole)[1:]
    return [f"附件{each}".partition("（此件依申请公开）")[0] for each in found]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("annex", "content"),
    [
        pytest.param(1, write_agreement(Agreement(), POLICY), id="Annex 1, the agreement"),
        pytest.param(2, write_on_site_form(OnSiteForm(), POLICY), id="Annex 2, the on-site form"),
        pytest.param(3, write_follow_up_form(FollowUpForm(), POLICY), id="Annex 3, the follow-up form"),
        pytest.param(4, write_notice(RectificationNotice(), POLICY), id="Annex 4, the notice"),
    ],
)
def test_the_empty_form_is_the_annex_word_for_word(annex, content):
    assert bare(read_text(content)) == bare(annexes()[annex - 1])


def read_footer(content: bytes) -> str:
    return Document(io.BytesIO(content)).sections[0].footer.paragraphs[0].text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(write_agreement(Agreement(), POLICY), id="Annex 1, the agreement"),
        pytest.param(write_on_site_form(OnSiteForm(), POLICY), id="Annex 2, the on-site form"),
        pytest.param(write_follow_up_form(FollowUpForm(), POLICY), id="Annex 3, the follow-up form"),
        pytest.param(write_notice(RectificationNotice(), POLICY), id="Annex 4, the notice"),
    ],
)
def test_every_form_names_the_law_and_the_version_of_the_rules(content):
    assert read_footer(content) == f"依据：益人社发〔2023〕23号    规则版本：{POLICY.name}@{POLICY.version}"


@pytest.mark.parametrize(
    ("issued_by", "named"),
    [
        pytest.param("yiyang-2023-23@000000000000", "规则版本：yiyang-2023-23@000000000000", id="as it was issued"),
        pytest.param(
            "", "依据：益人社发〔2023〕23号", id="issued before versions were kept: none rather than a wrong one"
        ),
    ],
)
def test_an_issued_notice_names_the_version_it_was_issued_by_not_todays(issued_by, named):
    footer = read_footer(write_notice(RectificationNotice("培整改〔2023〕1号", policy=issued_by), POLICY))
    assert footer.endswith(named)
    assert POLICY.version not in footer


def test_a_filled_on_site_form_shows_counts_rate_boxes_and_every_inspector():
    form = OnSiteForm(
        datetime(2023, 6, 14, 9, 5), "203教室", "示范学校", ProjectType.HIGH_SKILL, "中式面点师 初级", 40, 31,
        tuple(StudentProblem(f"学员{n}", f"4309{n}", "非本人") for n in range(8)), "", "未按课表", None, "",
        "无", "限期整改", ("甲", "乙", "丙", "丁", "戊"), "李老师", "王老师",
    )  # fmt: skip
    text = read_text(write_on_site_form(form, POLICY))
    assert "2023年6月14日\n9时05分" in text
    assert "1.本次培训应到学员40人，实到31人，到课率77.5%。" in text
    # Broken between two boxes: the cell is too narrow for all six, and inside a box's words nobody could tick it.
    assert "□技能培训□创业培训□企业学徒制培训\n□职工培训☑高技能培训□其他" in text
    assert text.count("☑正常") == 2
    assert "问题：未按课表" in text
    assert "学员7" in text
    assert "丁、戊" in text


def test_the_times_of_teaching_that_were_seen_stand_beside_the_timetable():
    began, ended = datetime(2023, 6, 14, 8, 55), datetime(2023, 6, 14, 11, 20)
    text = read_text(write_on_site_form(OnSiteForm(timetable="", teaching_began=began, teaching_ended=ended), POLICY))
    assert "4.课程安排情况" in text
    assert "问题：（现场所见：08:55上课、11:20下课）" in text
    assert "现场所见" not in read_text(write_on_site_form(OnSiteForm(timetable=""), POLICY))


def test_blanks_for_the_pen_do_not_vanish_at_the_end_of_a_line():
    text = read_text(write_agreement(Agreement(), POLICY))
    assert f"其中：{chr(0xA0) * 35}。完成时限" in text


def test_the_notice_in_words_is_what_the_document_prints():
    form = RectificationNotice(
        "", "示范学校", date(2023, 6, 14), 2023, 3, "中式面点师", ("非现场监管",), ("到课率77.5%。",), "就业中心"
    )
    assert read_text(write_notice(form, POLICY)) == "\n".join(("附件4", *tell_notice(form, POLICY).lines()))


def test_a_filled_follow_up_form_has_a_line_for_everybody():
    lines = tuple(FollowUpLine(f"学员{n}", f"4309{n}", f"138{n}", "参加了培训") for n in range(15))
    text = read_text(write_follow_up_form(FollowUpForm("就业中心", "甲", date(2023, 7, 1), lines=lines), POLICY))
    assert "学员14" in text
    assert "2023年7月1日" in text


def test_a_filled_notice_names_number_document_class_and_problems():
    form = RectificationNotice(
        "培整改〔2023〕5号", "示范学校", date(2023, 6, 14), 2023, 3, "中式面点师", ("非现场监管",),
        ("到课率77.5%。", "照片反馈不到位。"), "益阳市就业服务中心", date(2023, 6, 16),
    )  # fmt: skip
    text = read_text(write_notice(form, POLICY))
    assert "培整改〔2023〕5号" in text
    assert "（益人社发〔2023〕23号）" in text
    assert "我局于2023年6月14日对你单位开办的2023年第3期中式面点师培训班进行了（非现场监管）" in text
    assert "1．到课率77.5%。\n2．照片反馈不到位。" in text
    assert "益阳市就业服务中心（盖章）      2023年6月16日" in text


def test_a_filled_agreement_shows_task_and_terms_and_has_room_for_three():
    form = Agreement(
        "1号", "人社局", "示范学校", 2023, 400, "面点200人次", date(2023, 11, 30), ("甲款", "乙款", "丙款")
    )
    text = read_text(write_agreement(form, POLICY))
    assert "承接甲方2023年度补贴性职业培训任务400人次，其中：面点200人次。完成时限为当年11月30日前。" in text
    assert "（1）甲款；\n（2）乙款；\n（3）丙款。" in text
    with pytest.raises(ValueError, match="room for 3"):
        write_agreement(Agreement(further_terms=("a", "b", "c", "d")), POLICY)


def test_braces_in_a_value_stay_what_they_are():
    assert "面点{year}人次" in read_text(write_agreement(Agreement(breakdown="面点{year}人次"), POLICY))


def test_the_same_values_give_the_same_bytes():
    assert write_notice(RectificationNotice(agency="甲"), POLICY) == write_notice(
        RectificationNotice(agency="甲"), POLICY
    )


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("existing", "year", "number"),
    [
        pytest.param([], 2023, "培整改〔2023〕1号", id="the first of a year"),
        pytest.param(["培整改〔2023〕1号", "培整改〔2023〕2号"], 2023, "培整改〔2023〕3号", id="the next"),
        pytest.param(["培整改〔2023〕1号"], 2024, "培整改〔2024〕1号", id="a new year begins at one"),
    ],
)
def test_the_next_notice_number(existing, year, number):
    assert next_notice_number(existing, year) == number


@pytest.mark.parametrize(
    ("existing", "fault"),
    [
        pytest.param(["培整改〔2023〕1号", "培整改〔2023〕3号"], "2号 is missing", id="a gap"),
        pytest.param(["培整改〔2023〕1号", "培整改〔2023〕1号"], "1号 is used twice", id="a double"),
        pytest.param(["培整改[2023]1号"], "is no notice number", id="another kind of bracket"),
        pytest.param(["培整改〔2023〕01号"], "is no notice number", id="a leading zero"),
    ],
)
def test_faulty_numbers_are_named_and_no_number_is_given(existing, fault):
    assert any(fault in each for each in find_numbering_faults(existing))
    with pytest.raises(ValueError, match=fault):
        next_notice_number(existing, 2023)


@settings(deadline=None)
@given(st.lists(st.integers(2023, 2026), max_size=40))
def test_numbers_given_one_after_the_other_have_no_gaps_and_no_doubles(years):
    numbers: list[str] = []
    for year in years:
        numbers.append(next_notice_number(numbers, year))
    assert find_numbering_faults(numbers) == []
    assert len(set(numbers)) == len(numbers)
