"""The documents of one class, written from real records."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook

from tests.builders.history import a_history
from tests.builders.office import KEY, an_office, close_class, file_class, moment
from tests.builders.plan import a_digest
from tests.builders.regulation import AGENCY
from verifier.looking import open_evidence
from verifier.planning import cancel_plan, plan_inspection
from verifier.records.database import open_database
from verifier.records.matters import read_violations
from verifier.records.office import save_agreement, save_archive_item
from verifier.records.supervision import CallAnswer, InspectionVisit, StudentSeen
from verifier.regulation.decisions import Verdict
from verifier.report.class_documents import mask_number, write_class_documents
from verifier.settings import Settings
from verifier.supervising import (
    decide_matter,
    draw_follow_ups,
    issue_notice,
    record_call,
    record_inspection,
    void_issued_notice,
)

NUMBER = "YY-2023-0004"


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The class with two confirmed violations: a voided and a valid notice for one, none for the other."""
    folder = tmp_path_factory.mktemp("documents")
    settings = Settings(workspace=folder)
    office, facts = an_office(folder), a_history().complete[4]
    file_class(office, facts)
    pledge = open_evidence(settings).put("职业培训承诺书".encode())
    with office.database.transaction() as tx:
        save_archive_item(tx, NUMBER, "li", "pledge", "承诺书.txt", pledge)
        save_archive_item(tx, NUMBER, "li", "videos", "录像.mp4", a_digest("a video that was lost"))
        save_agreement(tx, AGENCY.code, 2023, {"number": "益培协2023-7", "people": 500, "complete_by": "2023-11-30"})
    day = facts.sessions[4].session.day
    plan_inspection(office, NUMBER, day, "第一次", "li")
    cancel_plan(office, plan_inspection(office, NUMBER, day, "第二次", "li").id, "li", "台风停课")
    visit = InspectionVisit(
        NUMBER, moment(day, "09:30"), ("li", "wang"), facts.sessions[4].session.id, 20, 17,
        (StudentSeen("S03", "非本人", True),), attendance="", timetable="", teachers="", venue="未见投影",
        opinion="责令补齐设备", supervisor="李老师", teacher="王老师", evidence=(a_digest("visit"),),
    )  # fmt: skip
    record_inspection(office, visit)
    last = facts.sessions[-1].session.day
    draw_id, draw = draw_follow_ups(office, NUMBER, "种子", "li", moment(last + timedelta(days=1)))
    for student in draw.chosen[:3]:
        answer = CallAnswer(
            student, moment(last + timedelta(days=2)), "li", "confirmed", "每天到课", recording=a_digest(student)
        )
        record_call(office, NUMBER, draw_id, answer)
    close_class(office, facts.training, facts.sessions, last)
    with office.database.reading() as tx:
        violations = {each.code: each.id for each in read_violations(tx, NUMBER)}
    assert sorted(violations) == ["attendance_below_80_percent", "reports_missing_7_hours"]
    for violation in violations.values():
        decide_matter(office, violation, Verdict.CONFIRM, "li", "已核实")
    for _ in range(2):
        notice = issue_notice(
            office, NUMBER, [violations["attendance_below_80_percent"]], "li", date(2023, 8, 1),
            found_on=date(2023, 7, 20), supervision=("非现场监管",),
        )  # fmt: skip
        if notice.number.endswith("〕1号"):
            void_issued_notice(office, notice.number, "wang", "日期有误")
    with office.database.reading() as tx:
        paths = write_class_documents(tx, settings, NUMBER, folder / "out")
    office.database.close()
    return {path.name: path for path in paths}


def text_of(path: Path) -> str:
    document = Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([each.text for each in document.paragraphs] + cells)


def test_every_document_of_the_class_is_there(documents: dict[str, Path]) -> None:
    assert sorted(documents) == [
        "annex-1-agreement.docx",
        "annex-2-inspection-1-2023-07-12.docx",
        "annex-3-follow-up-1.docx",
        "annex-4-notice-培整改_2023_1号-voided.docx",
        "annex-4-notice-培整改_2023_2号.docx",
        "annex-4-preview-1-reports_missing_7_hours.docx",
        "archive.zip",
        "subsidy.xlsx",
    ]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("annex-1-agreement.docx", ["益培协2023-7", AGENCY.name, "500"]),
        (
            "annex-2-inspection-1-2023-07-12.docx",
            ["学员S03", "非本人", "未见投影", "li检查员", "2023年7月12日\n9时30分"],
        ),
        ("annex-3-follow-up-1.docx", ["本人参加了培训：每天到课", "尚未回访", "第5期"]),
        ("annex-4-notice-培整改_2023_2号.docx", ["培整改〔2023〕2号", "第十三条（一）第4项", "2023年8月1日"]),
        (
            "annex-4-notice-培整改_2023_1号-voided.docx",
            ["作  废", "培整改〔2023〕1号", "本通知书已作废：wang检查员：日期有误"],
        ),
        ("annex-4-preview-1-reports_missing_7_hours.docx", ["培整改〔202", "第十三条（一）第8项"]),
    ],
)
def test_each_form_is_filled_from_the_records(documents: dict[str, Path], name: str, wanted: list[str]) -> None:
    text = text_of(documents[name])
    assert [each for each in wanted if each not in text] == []


def test_the_subsidy_view_has_every_condition_with_its_clause(documents: dict[str, Path]) -> None:
    sheet = load_workbook(documents["subsidy.xlsx"]).active
    rows = {row[0]: row[2] for row in sheet.iter_rows(values_only=True)}
    assert sheet.oddFooter.center.text.startswith("依据：益人社发〔2023〕23号    规则版本：yiyang-2023-23@")
    assert rows["13(1)(4)"] == "具备"  # decided: one warning by itself stops nothing
    assert {"9", "10", "11", "13(2)(3)", "13(3)(1)", "7(6)"} <= set(rows)


def test_the_archive_holds_what_was_recorded_and_says_what_is_missing(documents: dict[str, Path]) -> None:
    with zipfile.ZipFile(documents["archive.zip"]) as archive:
        assert archive.read("培训档案/职业培训承诺书/承诺书.txt").decode() == "职业培训承诺书"
        assert "缺" in archive.read("完整性清单.csv").decode("utf-8-sig")
        assert "承诺书.txt" in archive.read("目录.csv").decode("utf-8-sig")


LISTS = (
    "办班备案", "课程安排", "学员花名册", "签到记录", "请假记录", "照片清单", "课次核验结果", "学员到课情况", "学员学时",
    "核验结论", "疑点与违规", "决定", "整改通知书清单", "日期登记", "现场监管记录", "非现场监管记录", "跟踪回访记录",
    "人工认定记录", "监管计划", "证据清单",
)  # fmt: skip


def read_list(documents: dict[str, Path], name: str) -> list[list[str]]:
    with zipfile.ZipFile(documents["archive.zip"]) as archive:
        return list(csv.reader(io.StringIO(archive.read(f"监管档案/{name}.csv").decode("utf-8-sig"))))


@pytest.mark.parametrize("name", LISTS)
def test_the_archive_holds_a_list_of_everything_that_supervision_left(documents: dict[str, Path], name: str) -> None:
    assert read_list(documents, name)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        pytest.param("课程安排", "2023-07-10-am", id="the timetable"),
        pytest.param("学员花名册", "学员S03", id="the roster"),
        pytest.param("疑点与违规", "attendance_below_80_percent", id="violations"),
        pytest.param("决定", "confirm", id="decisions"),
        pytest.param("整改通知书清单", "日期有误", id="a voided notice with its reason"),
        pytest.param("现场监管记录", "责令补齐设备", id="an inspection"),
        pytest.param("跟踪回访记录", "每天到课", id="a follow-up's answer"),
        pytest.param("监管计划", "台风停课", id="a cancelled plan"),
        pytest.param("证据清单", "否", id="a recording that is not kept here"),
    ],
)
def test_the_archive_s_lists_say_what_is_on_record(documents: dict[str, Path], name: str, wanted: str) -> None:
    assert any(wanted in cell for row in read_list(documents, name) for cell in row)


def test_the_archive_holds_the_filled_forms_and_no_preview_and_no_open_plan(documents: dict[str, Path]) -> None:
    with zipfile.ZipFile(documents["archive.zip"]) as archive:
        names = {each.removeprefix("监管档案/") for each in archive.namelist()}
    annexes = {each for each in documents if each.startswith("annex")}
    assert annexes - names == {"annex-4-preview-1-reports_missing_7_hours.docx"}
    assert not any("planned" in row for row in read_list(documents, "监管计划"))


def test_what_supervision_left_makes_up_for_no_document_of_the_agency(documents: dict[str, Path]) -> None:
    with zipfile.ZipFile(documents["archive.zip"]) as archive:
        lines = list(csv.reader(io.StringIO(archive.read("完整性清单.csv").decode("utf-8-sig"))))
    assert {line[1]: line[4] for line in lines[1:]}["课程安排"] == "缺"


def test_a_document_that_was_lost_is_named_and_does_not_cost_the_archive(documents: dict[str, Path]) -> None:
    kept = dict(read_list(documents, "证据清单")[1:])
    assert kept[a_digest("a video that was lost")] == "否"
    assert "是" in kept.values()
    with zipfile.ZipFile(documents["archive.zip"]) as archive:
        lines = list(csv.reader(io.StringIO(archive.read("完整性清单.csv").decode("utf-8-sig"))))
    assert {line[1]: line[4] for line in lines[1:]}["培训视频资料"] == "缺"


def test_the_archive_shows_no_whole_id_number(documents: dict[str, Path]) -> None:
    for row in read_list(documents, "学员花名册")[1:]:
        assert "*" in row[2] or len(row[2]) <= 8


def test_the_same_records_give_the_same_archive(documents: dict[str, Path], tmp_path: Path) -> None:
    folder = documents["archive.zip"].parents[2]
    database = open_database(f"sqlite:///{folder}/records.db", KEY)
    with database.reading() as tx:
        paths = {path.name: path for path in write_class_documents(tx, Settings(workspace=folder), NUMBER, tmp_path)}
    database.close()
    assert paths["archive.zip"].read_bytes() == documents["archive.zip"].read_bytes()


@pytest.mark.parametrize(
    ("number", "shown"), [("430903199001010011", "4309**********0011"), ("1370000", "1370000"), ("", "")]
)
def test_numbers_are_masked(number: str, shown: str) -> None:
    assert mask_number(number) == shown
