"""An agency reads what is held against it and answers; the office reads the answer; nobody reads another's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from tests.api.matters import NUMBER, Accused
from tests.api.people import OTHER, OWN
from tests.builders.review import seed_cases
from verifier.appealing import APPEALS_2026
from verifier.records.appeals import read_appeals
from verifier.records.audit import read_audit, verify_audit
from verifier.records.filing import read_class_file
from verifier.records.tables.case import CaseRow

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>.pdf"
JPEG, PDF = b"\xff\xd8\xff\xe0" + bytes(100), b"%PDF-1.7\n" + bytes(100)
TEXT = "当天因停电改在二楼上课，附照片。"


def answer(client: TestClient, place: str, text: str = TEXT, files: Any = (), **changes: Any) -> Any:
    data = {"csrf": client.headers["X-CSRF-Token"], "text": text} | changes
    return client.post(f"/appeals/{place}", data=data, files=[("file", each) for each in files] or None)


def test_a_proposed_violation_is_not_told(accused: Accused):
    agency, proposed = accused.house.person("agency"), accused.matter("violations")["id"]
    assert proposed not in agency.get("/appeals").text
    assert agency.get(f"/appeals/violation/{proposed}").status_code == 404
    assert answer(agency, f"violation/{proposed}").status_code == 404


def test_a_confirmed_one_is_read_and_answered_and_the_inspector_reads_the_answer(accused: Accused, violation: str):
    agency = accused.house.person("agency")
    assert f"/appeals/violation/{violation}" in agency.get("/appeals").text
    sent = answer(agency, f"violation/{violation}", files=[("停电.jpg", JPEG), ("证明.pdf", PDF)])
    assert sent.status_code == 303
    assert TEXT in agency.get(sent.headers["location"]).text
    page = accused.house.person("inspector").get(f"/review/{violation}").text
    assert TEXT in page
    assert "停电.jpg" in page
    assert "agency某" in page
    with accused.house.state.database.reading() as tx:
        (kept,) = read_appeals(tx, "violation", UUID(violation))
        assert [each.action for each in read_audit(tx, limit=10_000)].count("appeal.answer") == 1
        assert verify_audit(tx).sound
    assert [accused.house.state.store.read(each.sha256) for each in kept.files] == [JPEG, PDF]


def test_the_answer_to_a_notice_stands_at_the_notice_and_at_its_violations(accused: Accused, violation: str):
    chief, agency = accused.house.person("chief"), accused.house.person("agency")
    place = chief.post("/notices", data={
        "csrf": chief.headers["X-CSRF-Token"], "number": NUMBER, "violation": violation, "found_on": "2023-06-20",
        "issued_on": "2023-06-21", "supervision": "非现场监管",
    }).headers["location"].partition("?")[0]  # fmt: skip
    subject = place.rpartition("/")[2]
    assert "培整改〔2023〕1号" in agency.get(f"/appeals/notice/{subject}").text
    assert answer(agency, f"notice/{subject}").status_code == 303
    for path in (place, f"/review/{violation}", "/appeals"):
        assert TEXT in chief.get(path).text
    csrf = chief.headers["X-CSRF-Token"]
    assert chief.post(f"{place}/void", data={"csrf": csrf, "why": "写错了班次"}).status_code == 303
    closed = answer(agency, f"notice/{subject}", "还有一点")
    assert (closed.status_code, "不必再答复" in closed.text) == (422, True)


def test_sent_twice_it_is_one_answer(accused: Accused, violation: str):
    agency = accused.house.person("agency")
    for _ in range(2):
        assert answer(agency, f"violation/{violation}", files=[("a.pdf", PDF)]).status_code == 303
    with accused.house.state.database.reading() as tx:
        assert len(read_appeals(tx, "violation", UUID(violation))) == 1


@pytest.mark.parametrize(
    ("text", "files", "told"),
    [
        ("  ", [], "请写明答复的内容"),
        ("字" * (APPEALS_2026.max_text + 1), [], f"最多{APPEALS_2026.max_text}个"),
        (TEXT, [("空.pdf", b"")], "空.pdf是空的"),
        (TEXT, [("木马.exe", b"MZ" + bytes(50))], "木马.exe不是照片"),
        (TEXT, [("图.svg", b"<svg onload='alert(1)'/>")], "图.svg不是照片"),
        (TEXT, [(f"{n}.pdf", PDF) for n in range(APPEALS_2026.max_files + 1)], f"最多{APPEALS_2026.max_files}个"),
    ],
    ids=["no text", "too long", "an empty file", "a program", "a drawing that runs", "too many files"],
)
def test_what_cannot_be_taken_is_told_and_the_text_stays(
    accused: Accused, violation: str, text: str, files: list[tuple[str, bytes]], told: str
):
    refused = answer(accused.house.person("agency"), f"violation/{violation}", text, files)
    assert (refused.status_code, told in refused.text) == (422, True)
    assert text.strip() in refused.text
    with accused.house.state.database.reading() as tx:
        assert read_appeals(tx, "violation", UUID(violation)) == []


def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(accused: Accused, violation: str):
    agency, most = accused.house.person("agency"), APPEALS_2026.max_file_bytes
    data = PDF.ljust(most, b"\0")
    assert answer(agency, f"violation/{violation}", files=[("a.pdf", data)]).status_code == 303
    refused = answer(agency, f"violation/{violation}", "又一份", files=[("b.pdf", data + b"\0")])
    assert (refused.status_code, "最多20 MB" in refused.text) == (422, True)


def test_hostile_names_and_texts_stay_text(accused: Accused, violation: str):
    agency = accused.house.person("agency")
    assert answer(agency, f"violation/{violation}", HOSTILE, [(f"../{HOSTILE}", PDF)]).status_code == 303
    pages = [agency.get(f"/appeals/violation/{violation}").text]
    pages += [accused.house.person("chief").get(path).text for path in (f"/review/{violation}", "/appeals")]
    for page in pages:
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_another_agency_can_neither_read_nor_answer_nor_download(accused: Accused, violation: str):
    agency, other = accused.house.person("agency"), accused.house.person("other_agency")
    answer(agency, f"violation/{violation}", files=[("a.pdf", PDF)])
    with accused.house.state.database.reading() as tx:
        file_id = read_appeals(tx, "violation", UUID(violation))[0].files[0].id
    assert violation not in other.get("/appeals").text
    assert other.get(f"/appeals/violation/{violation}").status_code == 404
    assert answer(other, f"violation/{violation}").status_code == 404
    assert other.get(f"/appeals/files/{file_id}").status_code == 404
    for person in (agency, accused.house.person("inspector")):
        sent = person.get(f"/appeals/files/{file_id}")
        assert (sent.status_code, sent.content) == (200, PDF)
        assert sent.headers["content-type"] == "application/octet-stream"
        assert sent.headers["content-disposition"].startswith("attachment")


def test_the_office_answers_nothing_and_no_token_means_no_answer(accused: Accused, violation: str):
    chief, agency = accused.house.person("chief"), accused.house.person("agency")
    assert answer(chief, f"violation/{violation}").status_code in (403, 422)
    assert answer(agency, f"violation/{violation}", csrf="").status_code == 403
    with accused.house.state.database.reading() as tx:
        assert read_appeals(tx, "violation", UUID(violation)) == []


def test_what_names_another_agencys_class_is_not_read_out(accused: Accused):
    """Whom another agency teaches is not this agency's business, and nor is anybody's ID number."""
    with accused.house.state.database.transaction() as tx:
        foreign = seed_cases(
            tx, OWN, 1, kind="one_face_two_names", reason=f"班次{OWN}的张三与班次{OTHER}的王五登记照像同一个人"
        )
        plain = seed_cases(tx, OWN, 1, kind="impersonation", reason="照片中不是张三本人")
        for each in (*foreign, *plain):
            tx.get_one(CaseRow, each).state = "confirmed"
    agency = accused.house.person("agency")
    pages = [agency.get(path).text for path in (
        "/appeals", f"/appeals/case/{foreign[0]}", f"/appeals/case/{plain[0]}", f"/classes/{OWN}", "/cases?state=all",
    )]  # fmt: skip
    program = accused.house.client("own")
    for path in ("cases", f"cases/{foreign[0]}", "matters", f"matters?class={OWN}"):
        told = program.get(f"/api/v1/{path}")
        assert told.status_code == 200, path
        pages.append(told.text)
    assert "王五" in accused.house.client("office").get("/api/v1/cases").text
    assert all("王五" not in page for page in pages)
    assert "涉及其他培训机构" in pages[1]
    assert "照片中不是张三本人" in pages[2]
    with accused.house.state.database.reading() as tx:
        students = [each for number in (OWN, OTHER) for each in read_class_file(tx, number).training.students]
    numbers = [each.id_number for each in students if each.id_number]
    assert numbers
    assert all(number not in page for number in numbers for page in pages)
