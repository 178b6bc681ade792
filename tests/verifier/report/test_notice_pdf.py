"""A notice as PDF: the same bytes each time, its words never markup, a voided one marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from verifier.records.notices import NoticeRecord
from verifier.regulation.policy import load_policy
from verifier.report.notice_pdf import write_notice_pdf
from verifier.settings import Settings

BODY = {
    "agency": "益阳市示范职业培训学校", "found_on": "2023-06-20", "class_year": 2023, "term": 3, "class_name": "中式面点师",
    "supervision": ["非现场监管"], "problems": ["2023-06-12上午应到40人，到课率67.5%，低于80%。"],
    "office": "益阳市人力资源和社会保障局", "issued_on": "2023-06-21", "rules": [],
}  # fmt: skip
NOTICE = NoticeRecord(
    UUID(int=1), "培整改〔2023〕5号", "YY-2023-0071", "52430900MJJ000001X", date(2023, 6, 21), "chief", BODY, (), None
)  # fmt: skip


@pytest.fixture(scope="module")
def made() -> bytes:
    return write_notice_pdf(NOTICE, load_policy(Settings().policy))


def test_it_is_a_pdf_and_the_same_each_time(made: bytes) -> None:
    assert made.startswith(b"%PDF-")
    assert made == write_notice_pdf(NOTICE, load_policy(Settings().policy))


@pytest.mark.parametrize(
    "hostile", ['#panic("owned")', "$x", "*bold", "#read(\"/etc/passwd\")", "<b>", "\\u{41}", '"', "#import"],
    ids=["a panic", "an open formula", "an open star", "a file", "a label", "an escape", "a quote", "an import"],
)  # fmt: skip
def test_what_an_agency_calls_itself_is_never_read_as_markup(made: bytes, hostile: str) -> None:
    found = write_notice_pdf(replace(NOTICE, body=BODY | {"agency": hostile}), load_policy(Settings().policy))
    assert found.startswith(b"%PDF-")
    assert found != made


def test_a_voided_notice_is_another_sheet(made: bytes) -> None:
    voided = write_notice_pdf(replace(NOTICE, void_reason="写错了班次"), load_policy(Settings().policy))
    assert voided != made
    assert len(voided) > len(made)
