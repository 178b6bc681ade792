"""Enrolment pictures on pages: why one was refused, one face under two names, and another picture through the usual way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from api.pages.enrolment import PORTRAIT_PAGE
from tests.api.people import OWN, OWN_AGENCY, House, a_house
from tests.builders.plan import a_class_file, a_digest, a_training_class
from tests.builders.review import seed_cases
from verifier.language import Sentence, catalogue, say
from verifier.plan import Agency
from verifier.records.audit import read_audit
from verifier.records.filing import read_class_file, save_class_file
from verifier.records.portraits import read_portraits
from verifier.records.tables.enrolment import EnrolmentPhotoRow

HOSTILE = "<script>alert(1)</script>"
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> House:
    """S01's picture is refused, S02's shows S01's face, S03's is accepted; nobody has looked at the teacher's."""
    made = a_house(tmp_path_factory.mktemp("house"), requests_per_minute=100_000)
    with made.state.database.transaction() as tx:
        training = replace(a_training_class(OWN), agency=Agency("机构1X", OWN_AGENCY), approved_on=None)
        pictures = {each: (a_digest(each),) for each in ("S01", "S02", "S03")}
        save_class_file(tx, a_class_file(training, enrolment_photos=pictures, teacher_photos={"T01": (a_digest("t"),)}))
        unclear = say("人脸看不清楚（清晰度{sharpness:.2f}），请在光线好的地方再拍一张。", sharpness=0.1)
        judge(tx, "S01", "blurred", unclear)
        template = "这张脸与{number}的登记照相同（相似度{similarity:.2f}），同一人不能用两个名字登记。"
        same = Sentence(template, {"number": "S01", "similarity": 0.93})
        judge(tx, "S02", "same_face_as", same)
        judge(tx, "S03", "accepted", say("登记照可用：两眼间距{pixels:.0f}像素。", pixels=80))
    made.state.close()
    return made


def judge(tx: Any, student: str, verdict: str, reason: Any) -> None:
    owner = EnrolmentPhotoRow.sha256 == a_digest(student)
    tx.execute(update(EnrolmentPhotoRow).where(owner).values(verdict=verdict, verdict_reason=reason.to_json()))


def portrait_of(house: House, number: str) -> str:
    with house.state.database.reading() as tx:
        return str(next(each.id for each in read_portraits(tx, OWN) if each.number == number))


def upload(client: TestClient, portrait: str, name: str = "新照片.jpg", data: bytes = JPEG, **changes: Any) -> Any:
    fields = {"csrf": client.headers["X-CSRF-Token"]} | changes
    return client.post(f"/enrolment/{portrait}", data=fields, files={"file": (name, data)})


def test_refused_pictures_are_listed_with_what_to_do(house: House):
    page = house.person("inspector").get("/enrolment").text
    for told in ("请在光线好的地方再拍一张", "同一人不能用两个名字登记", "S01", "S02"):
        assert told in page
    assert "S03" not in page.partition("<tbody>")[2]
    everything = house.person("inspector").get("/enrolment?verdict=all").text
    assert all(each in everything for each in ("S03", "T01", "待核验"))
    assert "T01" in house.person("inspector").get("/enrolment?verdict=waiting").text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_list_is_saved_and_read_in_both_languages(house: House, language: str):
    inspector = house.person("inspector")
    assert inspector.get(f"/enrolment?format=xlsx&lang={language}").content[:2] == b"PK"
    assert inspector.get(f"/enrolment/{portrait_of(house, 'S02')}?lang={language}").status_code == 200


def test_one_face_under_two_names_shows_both_pictures_and_other_classes(house: House):
    with house.state.database.transaction() as tx:
        seed_cases(tx, OWN, 1, kind="one_face_two_names", reason=f"与另一班次的登记照像同一个人{HOSTILE}")
    inspector = house.person("inspector")
    page = inspector.get(f"/enrolment/{portrait_of(house, 'S02')}").text
    for number in ("S01", "S02"):
        assert f"/portraits/{portrait_of(house, number)}.jpg" in page
    page = inspector.get(f"/enrolment/{portrait_of(house, 'S01')}").text
    assert "与另一班次的登记照像同一个人&lt;script&gt;" in page
    assert HOSTILE not in page


def test_another_picture_becomes_an_enrolment_picture_that_waits_for_the_night(house: House):
    inspector = house.person("inspector")
    assert upload(inspector, portrait_of(house, "S01")).status_code == 303
    with house.state.database.reading() as tx:
        found = [each for each in read_portraits(tx, OWN) if each.number == "S01"]
        assert [each.verdict.code if each.verdict else None for each in found] == ["blurred", None]
        assert "class.portrait" in [each.action for each in read_audit(tx, limit=10_000)]
    assert house.state.store.read(found[1].sha256) == JPEG
    assert upload(inspector, portrait_of(house, "S01")).status_code == 303
    with house.state.database.reading() as tx:
        assert len([each for each in read_portraits(tx, OWN) if each.number == "S01"]) == 2


@pytest.mark.parametrize(
    ("number", "name", "data", "told"),
    [
        ("S01", f"{HOSTILE}.jpg", b"%PDF-1.7", "不是照片"),
        ("S01", "a.svg", b"<svg/>", "不是照片"),
        ("T01", "a.jpg", JPEG, "教师的照片"),
    ],
    ids=["a document", "a drawing", "a teacher's"],
)
def test_what_is_no_picture_of_a_student_is_refused(house: House, number: str, name: str, data: bytes, told: str):
    refused = upload(house.person("inspector"), portrait_of(house, number), name, data)
    assert (refused.status_code, told in refused.text, HOSTILE in refused.text) == (422, True, False)


def test_an_agency_sends_a_picture_until_the_class_is_approved(house: House):
    agency, portrait = house.person("agency"), portrait_of(house, "S01")
    assert "S01" in agency.get("/enrolment").text
    page = agency.get(f"/enrolment/{portrait}").text
    assert "/portraits/" not in page
    assert upload(agency, portrait).status_code == 303
    with house.state.database.transaction() as tx:
        filed = read_class_file(tx, OWN)
        approved = replace(filed.training, approved_on=filed.training.filed_on)
        save_class_file(tx, replace(filed, training=approved))
    refused = upload(agency, portrait, data=JPEG + b"2")
    assert (refused.status_code, "已批准" in refused.text) == (422, True)
    assert upload(house.person("inspector"), portrait, data=JPEG + b"2").status_code == 303


def test_others_see_and_send_nothing(house: House):
    portrait = portrait_of(house, "S01")
    other = house.person("other_agency")
    assert portrait not in other.get("/enrolment?verdict=all").text
    assert other.get(f"/enrolment/{portrait}").status_code == 404
    assert upload(other, portrait).status_code == 404
    assert upload(house.person("auditor"), portrait).status_code == 403
    assert upload(house.person("inspector"), portrait, csrf="").status_code == 403


def test_what_the_page_says_is_translated():
    page = PORTRAIT_PAGE
    said = {page.title, page.empty, page.searched} | {each.label for each in (*page.columns, *page.choices)}
    assert said - set(catalogue("en")) == set()
