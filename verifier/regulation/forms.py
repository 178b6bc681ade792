"""The four annexes as .docx in the annexes' own layout, filled from plain values; without values, the printed form.

What is None or empty stays a blank for the pen: signatures and seals are people's. A form is not evidence until
somebody signs it. Source: annexes 1 to 4 of 益人社发〔2023〕23号; titles take the city from the policy.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib import resources
from typing import Any

from verifier.plan import ProjectType
from verifier.regulation import docx_layout as draw
from verifier.regulation.policy import Policy

# In the order in which Annexes 2 and 3 print them.
_PROJECTS = (
    (ProjectType.SKILLS, "技能培训"),
    (ProjectType.ENTREPRENEURSHIP, "创业培训"),
    (ProjectType.APPRENTICESHIP, "企业学徒制培训"),
    (ProjectType.ENTERPRISE, "职工培训"),
    (ProjectType.HIGH_SKILL, "高技能培训"),
    (ProjectType.OTHER, "其他"),
)


_TIMETABLE = "4.课程安排情况"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Annex 1: the year's agreement of the authority with an agency. `breakdown` says which training makes up `people`."""

    number: str = ""
    authority: str = ""
    agency: str = ""
    year: int | None = None
    people: int | None = None
    breakdown: str = ""
    complete_by: date | None = None
    further_terms: tuple[str, ...] = ()
    authority_head: str = ""
    authority_contact: str = ""
    agency_head: str = ""
    agency_contact: str = ""
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class StudentProblem:
    """One line of Annex 2: whose details did not agree, and why. `id_number` as the office wants it shown."""

    name: str
    id_number: str
    problem: str


@dataclass(frozen=True, slots=True)
class OnSiteForm:
    """Annex 2. The four checks hold None (not looked at), "" (in order) or what is wrong.

    `teaching_began` and `teaching_ended` are printed beside what is said about the timetable: the annex has no box of their own.
    """

    inspected_at: datetime | None = None
    place: str = ""
    agency: str = ""
    project: ProjectType | None = None
    occupation_and_level: str = ""
    expected: int | None = None
    present: int | None = None
    student_problems: tuple[StudentProblem, ...] = ()
    attendance: str | None = None
    timetable: str | None = None
    teachers: str | None = None
    venue: str | None = None
    other_problems: str = ""
    opinion: str = ""
    inspectors: tuple[str, ...] = ()
    supervisor: str = ""
    teacher: str = ""
    teaching_began: datetime | None = None
    teaching_ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class FollowUpLine:
    """One line of Annex 3."""

    name: str
    id_number: str
    phone: str
    answer: str


@dataclass(frozen=True, slots=True)
class FollowUpForm:
    """Annex 3: the follow-up of one class."""

    office: str = ""
    by: str = ""
    made_on: date | None = None
    project: ProjectType | None = None
    agency: str = ""
    training_time_and_term: str = ""
    occupation: str = ""
    lines: tuple[FollowUpLine, ...] = ()
    reviewed_by: str = ""


@dataclass(frozen=True, slots=True)
class RectificationNotice:
    """Annex 4: one written warning. `supervision` lists what was carried out, e.g. ``("非现场监管",)``."""

    number: str = ""
    agency: str = ""
    found_on: date | None = None
    class_year: int | None = None
    term: int | None = None
    class_name: str = ""
    supervision: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=())
    office: str = ""
    issued_on: date | None = None
    policy: str | None = None  # which version of the rules it was issued by; None: the one it is printed by
    voided: str = ""  # why it was taken back, which stands on the sheet


def write_agreement(form: Agreement, policy: Policy) -> bytes:
    """Annex 1 as .docx.

    Raises:
        ValueError: more than the form's three further terms.
    """
    if len(form.further_terms) > 3:
        raise ValueError(f"the agreement has room for 3 further terms, got {len(form.further_terms)}")
    document = draw.new_page()
    draw.add_line(document, "附件1", font=draw.TITLE_FONT)
    draw.add_line(document, f"编号：{form.number or '______________'}", align="right")
    title = f"{policy.text('city')}补贴性职业培训项目协议书"
    draw.add_line(document, title, align="center", size_pt=draw.TITLE_PT, font=draw.TITLE_FONT, space_before_pt=12)
    if not form.number:
        draw.add_line(document, "（样本）", align="center", space_before_pt=6)
    draw.add_line(document, f"甲方：{draw.blank(form.authority, 32)}（人社部门）", indent=True, space_before_pt=18)
    draw.add_line(document, f"乙方：{draw.blank(form.agency, 32)}（培训机构）", indent=True)
    terms = [*form.further_terms, "", "", ""]
    due = form.complete_by
    values = {
        "year": draw.blank(form.year, 6), "people": draw.blank(form.people, 5),
        "breakdown": draw.blank(form.breakdown, 35), "month": draw.blank(due and due.month, 4),
        "day": draw.blank(due and due.day, 4),
        **{f"term_{number + 1}": draw.blank(terms[number], 48) for number in range(3)},
    }  # fmt: skip
    text = policy.agreement
    if text is None:
        annexes = resources.files("verifier.regulation") / "annexes"
        text = (annexes / policy.text("agreement")).read_text(encoding="utf-8")
    for line in text.strip().splitlines():
        heading = re.match(r"[一二三四五六七八九十]+、", line) is not None
        font = draw.TITLE_FONT if heading else draw.BODY_FONT
        # A line with blanks for the pen must not be stretched.
        align = "left" if heading or "{" in line else "justify"
        draw.add_line(document, line.format_map(values), indent=True, font=font, align=align)
    for left, right in (
        ("甲  方：（盖章）", "乙  方：（盖章）"),
        (f"负责人：（签字）{form.authority_head}", f"负责人：（签字）{form.agency_head}"),
        (f"联系人：{form.authority_contact}", f"联系人：{form.agency_contact}"),
    ):
        paragraph = draw.add_line(document, f"{left}\t{right}", space_before_pt=12)
        draw.set_tab(paragraph, 8.5)
    draw.set_tab(draw.add_line(document, f"\t签订日期：{_date(form.signed_on, 3)}", space_before_pt=18), 8.5)
    return _finish(document, policy)


def write_on_site_form(form: OnSiteForm, policy: Policy) -> bytes:
    """Annex 2 as .docx; more than six students with problems make more lines."""
    document = draw.new_page()
    draw.add_line(document, "附件2", font=draw.TITLE_FONT)
    title = f"{policy.text('city')}职业培训现场监管登记表"
    draw.add_line(document, title, align="center", size_pt=draw.TITLE_PT, font=draw.TITLE_FONT)
    table = draw.add_table(document, [1.6, 2.2, 2.0, 2.4, 2.4, 2.6, 2.8])
    draw.add_row(table, [(2, "查班时间"), (2, _moment(form.inspected_at)), (1, "培训地点"), (2, form.place)])
    draw.add_row(table, [(2, "培训机构"), (5, form.agency)])
    draw.add_row(table, [(2, "培训项目"), (5, _tick_project(form.project, break_after=3))])
    draw.add_row(table, [(2, "培训职业\n（工种）及等级"), (5, form.occupation_and_level)])
    rate = None
    if form.expected and form.present is not None:
        rate = f"{form.present * 100 / form.expected:.1f}".removesuffix(".0")
    counted = (
        f"1.本次培训应到学员{draw.blank(form.expected, 6)}人，实到{draw.blank(form.present, 6)}人，"
        f"到课率{draw.blank(rate, 6)}%。"
    )
    draw.add_row(table, [(7, counted)], align="left")
    draw.add_row(table, [(7, "2.学员信息核实情况")], align="left")
    draw.add_row(table, [(1, "序号"), (2, "姓 名"), (2, "身 份 证 号"), (2, "问题（年龄、身份、\n非本人等）")])
    for number in range(max(6, len(form.student_problems))):
        line = form.student_problems[number] if number < len(form.student_problems) else StudentProblem("", "", "")
        draw.add_row(
            table, [(1, str(number + 1)), (2, line.name), (2, line.id_number), (2, line.problem)], height_cm=0.8
        )
    for label, found in (
        ("3.考勤记录情况", form.attendance),
        (_TIMETABLE, form.timetable),
        ("5.师资安排情况", form.teachers),
        ("6.授课场地情况", form.venue),
    ):
        in_order = draw.tick([("正常", found == "")])
        seen = _tell_times(form) if label == _TIMETABLE else ""
        draw.add_row(
            table, [(2, label), (1, in_order), (4, f"问题：{found or ''}{seen}")], aligns=["left", "center", "left"]
        )
    draw.add_row(table, [(7, f"7.其他问题：{form.other_problems}")], align="left", height_cm=1.2)
    draw.add_row(table, [(7, f"查班意见：{form.opinion}")], align="left", height_cm=2.2)
    people = [*form.inspectors, "", "", "", ""]
    # Whoever does not fit in the four boxes stands with the last one: nobody who inspected may be left out.
    last = "、".join(form.inspectors[3:]) if len(form.inspectors) > 4 else people[3]
    draw.add_row(table, [(2, "查班人员签字"), (2, people[0]), (1, people[1]), (1, people[2]), (1, last)])
    draw.add_row(table, [(2, "班主任签字"), (2, form.supervisor), (1, "授课老师\n签字"), (2, form.teacher)])
    return _finish(document, policy)


def write_follow_up_form(form: FollowUpForm, policy: Policy) -> bytes:
    """Annex 3 as .docx; more than twelve students make more lines."""
    document = draw.new_page()
    draw.add_line(document, "附件3", font=draw.TITLE_FONT)
    title = f"{policy.text('city')}职业培训学员跟踪回访登记表"
    draw.add_line(document, title, align="center", size_pt=draw.TITLE_PT, font=draw.TITLE_FONT)
    table = draw.add_table(document, [2.2, 2.9, 2.3, 3.2, 2.2, 3.2])
    made_on = "" if form.made_on is None else _date(form.made_on, 0)
    row = [(1, "调查单位"), (1, form.office), (1, "抽查人"), (1, form.by), (1, "抽查时间"), (1, made_on)]
    draw.add_row(table, row)
    draw.add_row(table, [(1, "培训项目"), (5, _tick_project(form.project))])
    row = [
        (1, "培训机构"), (1, form.agency), (1, "培训时间\n及期数"), (1, form.training_time_and_term),
        (1, "培训工种"), (1, form.occupation),
    ]  # fmt: skip
    draw.add_row(table, row)
    draw.add_row(table, [(1, "学员姓名"), (2, "身份证号码"), (1, "联系电话"), (2, "情况反馈")])
    for number in range(max(12, len(form.lines))):
        line = form.lines[number] if number < len(form.lines) else FollowUpLine("", "", "", "")
        draw.add_row(table, [(1, line.name), (2, line.id_number), (1, line.phone), (2, line.answer)], height_cm=1.0)
    draw.add_line(document, f"审核人（签字）：{draw.blank(form.reviewed_by, 12)}", align="right", space_before_pt=18)
    return _finish(document, policy)


@dataclass(frozen=True, slots=True)
class NoticeText:
    """Annex 4 in words, as the document prints it and a page shows it before anything is numbered."""

    title: str
    number: str
    addressee: str
    opening: str
    problems: tuple[str, ...]
    closing: str
    signature: str

    def lines(self) -> tuple[str, ...]:
        """All of it from top to bottom."""
        return (self.title, self.number, self.addressee, self.opening, *self.problems, self.closing, self.signature)


def tell_notice(form: RectificationNotice, policy: Policy) -> NoticeText:
    """Annex 4 in words; blanks for the pen where the form holds nothing."""
    kinds = "、".join(form.supervision) or "现场监管、非现场监管、跟踪回访"
    # The annex leaves the document's number to be filled in; the policy knows it.
    reference = policy.document if form.number else re.sub(r"\d+号$", "  号", policy.document)
    text = (
        f"根据《{policy.text('authority')}关于印发〈{_regulation(policy)}〉的通知》（{reference}）文件的规定，"
        f"我局于{_date(form.found_on, 6)}对你单位开办的{draw.blank(form.class_year, 6)}年"
        f"第{draw.blank(form.term, 4)}期{draw.blank(form.class_name, 14)}培训班进行了（{kinds}），发现存在以下问题："
    )
    problems = tuple(f"{index}．{problem}" for index, problem in enumerate(form.problems, start=1))
    return NoticeText(
        title=f"{policy.text('city')}职业培训整改通知书",
        number=form.number or f"{policy.text('notice_prefix')}〔202  〕    号",
        addressee=f"{draw.blank(form.agency, 23)}：",
        opening=text,
        problems=problems or ("1.", "2.", "3.", "………"),
        closing="现责令你单位对存在问题即时整改，并严格按照相关文件规定规范办班行为，确保培训质量。",
        signature=f"{form.office or '培训主管机构'}（盖章）{' ' * 6}{_date(form.issued_on, 4)}",
    )


def _regulation(policy: Policy) -> str:
    """The regulation's own name, as it stands between the title marks of the policy's title."""
    return policy.title.partition("《")[2].rpartition("》")[0] or policy.title


def write_notice(form: RectificationNotice, policy: Policy) -> bytes:
    """Annex 4 as .docx."""
    document, text = draw.new_page(), tell_notice(form, policy)
    draw.add_line(document, "附件4", font=draw.TITLE_FONT)
    if form.voided:
        draw.add_line(document, "作  废", align="right", size_pt=draw.TITLE_PT, font=draw.TITLE_FONT)
    draw.add_line(document, text.title, align="center", size_pt=draw.TITLE_PT, font=draw.TITLE_FONT, space_before_pt=12)
    draw.add_line(document, text.number, align="center", space_before_pt=12)
    draw.add_line(document, text.addressee, space_before_pt=18)
    draw.add_line(document, text.opening, indent=True, align="justify")
    for problem in text.problems:
        draw.add_line(document, problem, indent=True, align="justify" if form.problems else "left")
    draw.add_line(document, text.closing, indent=True, align="justify")
    draw.add_line(document, text.signature, align="right", space_before_pt=48)
    if form.voided:
        draw.add_line(document, f"本通知书已作废：{form.voided}", space_before_pt=24)
    return _finish(document, policy, form.policy)


def tell_source(policy: Policy, issued_by: str | None = None) -> str:
    """The footer of every form: the law, and the version of the rules it was made by (`RectificationNotice.policy`)."""
    version = str(policy.ref) if issued_by is None else issued_by
    return "    ".join(filter(None, (f"依据：{policy.document}", version and f"规则版本：{version}")))


def _finish(document: Any, policy: Policy, issued_by: str | None = None) -> bytes:
    draw.add_footer(document, tell_source(policy, issued_by))
    return draw.save(document)


# ---------------------------------------------------------------- numbers of notices


def next_notice_number(existing: Iterable[str], year: int, prefix: str = "培整改") -> str:
    """The next number of a year, given every number ever allotted, voided ones too: ``培整改〔2023〕5号``.

    Allotting it to one notice only is the records' part: take it and write the notice in one transaction.

    Raises:
        ValueError: a number stands twice or is missing, or is not of this form; `find_numbering_faults` says which.
    """
    numbers = list(existing)
    if faults := find_numbering_faults(numbers, prefix):
        raise ValueError("; ".join(faults))
    last = max((number for of, number in (_parse(each, prefix) for each in numbers) if of == year), default=0)
    return f"{prefix}〔{year}〕{last + 1}号"


def find_numbering_faults(existing: Sequence[str], prefix: str = "培整改") -> list[str]:
    """What is wrong with the numbers of all years: not of the form, used twice, or left out. Empty is good."""
    faults: list[str] = []
    by_year: dict[int, list[int]] = {}
    for each in existing:
        try:
            year, number = _parse(each, prefix)
        except ValueError as error:
            faults.append(str(error))
        else:
            by_year.setdefault(year, []).append(number)
    for year, numbers in sorted(by_year.items()):
        faults += [
            f"{prefix}〔{year}〕{each}号 is used twice" for each, count in sorted(Counter(numbers).items()) if count > 1
        ]
        faults += [
            f"{prefix}〔{year}〕{each}号 is missing" for each in range(1, max(numbers)) if each not in set(numbers)
        ]
    return faults


def _parse(number: str, prefix: str) -> tuple[int, int]:
    match = re.fullmatch(rf"{re.escape(prefix)}〔(\d{{4}})〕([1-9]\d*)号", number)
    if match is None:
        raise ValueError(f"{number!r} is no notice number like {prefix}〔2023〕1号")
    return int(match[1]), int(match[2])


def _tell_times(form: OnSiteForm) -> str:
    """When teaching began and ended before the inspectors' eyes; nothing where they saw neither."""
    began = f"{form.teaching_began:%H:%M}上课" if form.teaching_began else ""
    ended = f"{form.teaching_ended:%H:%M}下课" if form.teaching_ended else ""
    seen = "、".join(each for each in (began, ended) if each)
    return f"（现场所见：{seen}）" if seen else ""


def _tick_project(project: ProjectType | None, break_after: int = len(_PROJECTS)) -> str:
    """The annexes' row of boxes; broken between two of them where the cell is too narrow for all, never inside one."""
    boxes = [(label, project is each) for each, label in _PROJECTS]
    return "\n".join(draw.tick(part) for part in (boxes[:break_after], boxes[break_after:]) if part)


def _date(day: date | None, width: int) -> str:
    if day is None:
        return f"{' ' * width}年{' ' * width}月{' ' * width}日"
    return f"{day.year}年{day.month}月{day.day}日"


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return "   年  月  日   时   分"
    # On two lines: the box is too narrow for all of it, and would break it inside the hour.
    return f"{_date(moment.date(), 0)}\n{moment.hour}时{moment.minute:02}分"
