"""Article 7(5): 按班次整理归档培训档案和教学档案，档案资料的存放必须完整有序，至少保存三年."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from datetime import date, timedelta

import pytest

from tests.builders.regulation import FIRST_DAY, a_class, a_session, session_facts
from tests.builders.shared import PROJECT
from verifier.finding import Outcome
from verifier.plan import ProjectType
from verifier.regulation.archive import ArchiveDocument, ArchiveError, list_items, write_archive
from verifier.regulation.class_closing import judge_archive, judge_retention, list_archive_kinds
from verifier.regulation.facts import ArchiveItem
from verifier.regulation.policy import load_policy
from verifier.regulation.rule import bind_rule

POLICY = load_policy()
FACTS = a_class([session_facts(a_session())])
RULE = bind_rule(POLICY, "archive_complete")


def document(kind="photos", name="a.jpg", content=b"picture", sha256=""):
    return ArchiveDocument(kind, name, lambda: io.BytesIO(content), sha256)


def write(*documents):
    target = io.BytesIO()
    return write_archive(target, FACTS, POLICY, documents), target.getvalue()


@pytest.mark.shared
@pytest.mark.parametrize("kind", POLICY.archive, ids=lambda each: each.code)
def test_every_kind_of_document_is_quoted_from_the_regulation(kind):
    text = PROJECT.parent / "shared" / "regulation" / "yiyang-2023-23.txt"
    if not text.is_file():
        pytest.skip("the regulation's text (../shared/regulation) is not on this machine")
    assert kind.quote in text.read_text(encoding="utf-8")


def test_the_archive_holds_documents_index_hashes_and_what_is_missing():
    index, content = write(document(), document("timetable", "课表.xlsx", b"table"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        photo = "培训档案/全程培训照片（含全员彩色结业照）/a.jpg"
        assert archive.read(photo) == b"picture"
        rows = list(csv.reader(io.StringIO(archive.read("目录.csv").decode("utf-8-sig"))))
        assert [photo, "全程培训照片（含全员彩色结业照）", "7", hashlib.sha256(b"picture").hexdigest()] in rows
        sums = archive.read("SHA256SUMS").decode()
        assert f"{hashlib.sha256(b'table').hexdigest()}  教学档案/课程安排/课表.xlsx\n" in sums
        listed = list(csv.reader(io.StringIO(archive.read("完整性清单.csv").decode("utf-8-sig"))))
        assert ["教学档案", "课程安排", "课程安排", "1", "是"] in listed
        assert ["培训档案", "职业培训承诺书", "职业培训承诺书", "0", "缺"] in listed
    assert "职业培训承诺书" in index.missing
    assert index.sha256 == hashlib.sha256(content).hexdigest()


def test_the_same_documents_give_the_same_bytes_in_whatever_order_they_come():
    documents = [document(), document("timetable", "t.xlsx"), document("photos", "b.jpg", b"2")]
    assert write(*documents)[1] == write(*reversed(documents))[1]


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        pytest.param([document("gossip")], "no kind of archive document", id="a kind the policy does not know"),
        pytest.param([document(name="../x")], "outside its folder", id="a path that climbs out"),
        pytest.param([document(name="/etc/x")], "outside its folder", id="an absolute path"),
        pytest.param([document(name="..\\x")], "outside its folder", id="a path that climbs out on Windows"),
        pytest.param([document(), document()], "two documents of one name", id="one name twice"),
        pytest.param(
            [document(sha256="0" * 64)], "but the bytes are", id="bytes that changed since they were recorded"
        ),
    ],
)
def test_a_document_that_cannot_be_filed_is_refused_by_name(documents, message):
    with pytest.raises(ArchiveError, match=message):
        write(*documents)


def test_a_file_name_never_becomes_a_formula_in_the_index():
    _, content = write(document(name="=1+1.jpg"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for row in csv.reader(io.StringIO(archive.read("目录.csv").decode("utf-8-sig"))):
            assert not any(cell.startswith("=") for cell in row)


def test_an_agreement_is_asked_of_enterprise_classes_only():
    codes = {kind.code for kind in list_archive_kinds(FACTS.training, POLICY)}
    enterprise = a_class([session_facts()], project_type=ProjectType.ENTERPRISE)
    assert {kind.code for kind in list_archive_kinds(enterprise.training, POLICY)} - codes == {"agreement"}


def items(missing=(), unknown=()):
    return tuple(
        ArchiveItem(kind.code, None if kind.code in unknown else kind.code not in missing)
        for kind in list_archive_kinds(FACTS.training, POLICY)
    )


@pytest.mark.parametrize(
    ("archive", "days_after", "outcome"),
    [
        pytest.param(items(), 1, Outcome.PASSED, id="complete"),
        pytest.param(items(missing=["pledge"]), 1, Outcome.FAILED, id="one kind missing"),
        pytest.param(items(unknown=["pledge"]), 1, Outcome.UNSURE, id="one kind nobody looked for"),
        pytest.param(None, 1, Outcome.UNSURE, id="no archive begun: nobody looked"),
        pytest.param(
            items(missing=["pledge"]), 0, Outcome.NOT_APPLICABLE, id="on the class's last day it is too early"
        ),
    ],
)
def test_the_archive_must_be_complete_once_the_class_is_over(archive, days_after, outcome):
    facts = a_class([session_facts()], archive=archive, as_of=FIRST_DAY + timedelta(days=days_after))
    assert judge_archive(facts, RULE)[0].outcome is outcome


def test_documents_make_the_facts_that_are_judged():
    kinds = list_archive_kinds(FACTS.training, POLICY)
    found = list_items([document(kind.code) for kind in kinds[1:]], kinds)
    assert [each.present for each in found] == [False] + [True] * (len(kinds) - 1)


@pytest.mark.parametrize(
    ("discarded_on", "outcome"),
    [
        pytest.param(None, Outcome.PASSED, id="kept"),
        pytest.param(date(2026, 7, 9), Outcome.FAILED, id="destroyed a day before three years"),
        pytest.param(date(2026, 7, 10), Outcome.PASSED, id="destroyed after three years to the day"),
    ],
)
def test_the_archive_is_kept_for_three_years(discarded_on, outcome):
    facts = a_class([session_facts()], archived_on=date(2023, 7, 10), archive_discarded_on=discarded_on)
    assert judge_retention(facts, bind_rule(POLICY, "archive_kept_3_years"))[0].outcome is outcome
