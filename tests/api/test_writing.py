"""Registering piece by piece: the same faults as a class folder, each write once, and what an agency may not change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from api.limits import MAX_BATCH
from tests.api.people import OTHER, OTHER_AGENCY, OWN, OWN_AGENCY, House, a_house, a_key
from tests.builders.answers import a_picture
from verifier.accounts import issue_key
from verifier.records.audit import read_audit, verify_audit
from verifier.records.filing import read_class_file

NEW = "YY-2024-0001"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("writing"), max_upload_mb=1)
    yield made
    made.state.close()


def a_filing(number: str = NEW, agency: str = OWN_AGENCY, **head: Any) -> dict[str, Any]:
    """A sound filing of one morning; keywords change the class's own fields."""
    return {
        "agency": {"name": "机构", "code": agency},
        "class": {
            "number": number, "project_type": "skills", "occupation": "中式面点师", "level": "初级", "term": 3,
            "planned_hours": 4, "filed_on": "2024-03-01", "supervisor": "李老师",
        } | head,
        "venue": {"name": "203 教室", "longitude": 112.355129, "latitude": 28.570066, "frame": "gcj02", "radius_m": 300},
        "teacher": [{"number": "T01", "name": "王老师"}],
        "session": [
            {"id": "am", "date": "2024-03-11", "period": "morning", "starts": "08:30:00", "ends": "11:50:00", "hours": 4,
             "teacher": "T01"}
        ],
    }  # fmt: skip


def put(house: House, who: str, body: Any, number: str = NEW, **headers: str) -> Any:
    return house.client(who).put(f"/api/v1/classes/{number}", json=body, headers={**a_key(), **headers})


def hand_in(house: House, who: str = "own", number: str = OWN, data: bytes | None = None, **fields: str) -> Any:
    files = {"file": ("a.jpg", a_picture() if data is None else data, "image/jpeg")}
    path = f"/api/v1/classes/{number}/photos"
    return house.client(who).post(path, files=files, data=fields, headers=a_key())


def class_file(house: House, number: str = OWN) -> Any:
    with house.state.database.reading() as tx:
        return read_class_file(tx, number)


def test_a_class_is_filed_read_back_and_changed_with_its_etag(house: House):
    number = "YY-2024-0100"
    created = put(house, "own", a_filing(number), number)
    assert (created.status_code, created.json()["class"]) == (201, number)
    read = house.client("own").get(f"/api/v1/classes/{number}/filing")
    assert read.headers["etag"] == created.headers["etag"]
    body = read.json()
    assert body["session"][0]["starts"] == "08:30:00"
    again = put(house, "own", body, number, **{"If-Match": read.headers["etag"]})
    assert again.status_code == 200, again.text
    assert all(each["changed"] == each["added"] == 0 for each in again.json()["counts"].values())
    body["class"]["occupation"] = "西式面点师"
    changed = put(house, "own", body, number, **{"If-Match": read.headers["etag"]})
    assert changed.headers["etag"] != read.headers["etag"]
    late = put(house, "own", body, number, **{"If-Match": read.headers["etag"]})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    unknown = put(house, "own", a_filing("YY-2024-0101"), "YY-2024-0101", **{"If-Match": '"x"'})
    assert unknown.status_code == 412


def test_filing_a_class_anew_keeps_its_roster(house: House):
    before = class_file(house)
    body = house.client("office").get(f"/api/v1/classes/{OWN}/filing").json()
    assert put(house, "office", body, OWN).status_code == 200
    assert class_file(house).training.students == before.training.students


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"nonsense": 1}, "/body/nonsense"),
        ({"session": []}, "/body/session"),
        ({"venue": {"name": "x", "longitude": 500}}, "/body/venue/longitude"),
        ({"agency": {"name": "x"}}, "/body/agency/code"),
    ],
)
def test_what_does_not_fit_the_form_is_told_by_its_path(house: House, change: dict[str, Any], path: str):
    answer = put(house, "own", a_filing() | change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert path in [each["path"] for each in answer.json()["errors"]]
    assert answer.json()["errors"][0]["message"].keys() == {"zh", "en"}


def test_what_the_class_folders_reader_refuses_is_refused_in_its_words(house: House):
    body = a_filing()
    body["session"][0]["teacher"] = "T99"
    answer = put(house, "own", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "filing_faults")
    (error,) = [each for each in answer.json()["errors"] if each["code"] == "error"]
    assert "T99" in error["message"]["zh"]
    assert error["remedy"]["en"]


def test_an_agency_files_only_its_own_and_approves_nothing(house: House):
    assert put(house, "own", a_filing(agency=OTHER_AGENCY)).json()["code"] == "refused"
    assert put(house, "own", a_filing(approved_on="2024-03-05")).json()["code"] == "refused"
    assert put(house, "own", a_filing(OTHER), OTHER).json()["code"] == "class_of_another_agency"
    assert put(house, "own", a_filing("YY-1"), "YY-2").json()["code"] == "refused"


def test_an_agency_is_known_before_its_first_class_so_that_its_program_can_file_it(house: House):
    path, body = "/api/v1/agencies/52430900MJJ000007X", {"name": "新机构"}
    assert house.client("own").put(path, json=body, headers=a_key()).json()["code"] == "office_only"
    made = house.client("office").put(path, json=body, headers=a_key())
    assert (made.status_code, made.json()["classes"]) == (201, 0)
    _, key = issue_key(
        house.state.database, "new", ["read", "filing"], by="local:test", agency_code="52430900MJJ000007X"
    )
    new = house.client()
    new.headers["Authorization"] = f"Bearer {key}"
    assert [each["name"] for each in new.get("/api/v1/agencies").json()["items"]] == ["新机构"]
    filing = a_filing("YY-2024-0210", "52430900MJJ000007X")
    assert new.put("/api/v1/classes/YY-2024-0210", json=filing, headers=a_key()).status_code == 201
    read = house.client("office").get(path)
    assert (read.json()["name"], read.json()["classes"]) == ("机构", 1)  # as it was filed last
    late = house.client("office").put(path, json=body, headers={**a_key(), "If-Match": made.headers["etag"]})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert house.client("own").get(path).status_code == 404


def test_an_approved_class_is_changed_by_the_office_only(house: House):
    number = "YY-2024-0200"
    assert put(house, "own", a_filing(number), number).status_code == 201
    roster = {"students": [{"student_no": "S01", "name": "张三"}]}
    path = f"/api/v1/classes/{number}/roster"
    assert house.client("own").put(path, json=roster, headers=a_key()).status_code == 200
    assert put(house, "office", a_filing(number, approved_on="2024-03-05"), number).status_code == 200
    assert put(house, "own", a_filing(number, approved_on="2024-03-05"), number).json()["code"] == "refused"
    assert house.client("own").put(path, json=roster, headers=a_key()).json()["code"] == "refused"
    assert house.client("office").put(path, json=roster, headers=a_key()).status_code == 200
    files = {"file": ("a.jpg", a_picture(), "image/jpeg")}
    path = f"/api/v1/classes/{number}/students/S01/portraits"
    assert house.client("own").post(path, files=files, headers=a_key()).json()["code"] == "refused"
    assert house.client("office").post(path, files=files, headers=a_key()).status_code == 200
    assert list(class_file(house, number).enrolment_photos) == ["S01"]
    unknown = house.client("office").post(path.replace("S01", "S99"), files=files, headers=a_key())
    assert unknown.status_code == 404


def test_a_roster_is_masked_unless_it_is_revealed_which_is_written_down(house: House):
    number = "YY-2024-0300"
    put(house, "own", a_filing(number), number)
    roster = {
        "students": [{"student_no": "S01", "name": "张三", "id_number": "430902199001011234", "phone": "13800000000"}]
    }
    path = f"/api/v1/classes/{number}/roster"
    answer = house.client("own").put(path, json=roster, headers=a_key())
    assert answer.status_code == 200
    assert "430902199001011234" not in answer.text
    (masked,) = house.client("own").get(path).json()["items"]
    assert masked == {"student_no": "S01", "name": "张三", "id_number": "430***********1234", "phone": "*" * 11}
    (shown,) = house.client("own").get(path + "?reveal=true").json()["items"]
    assert shown["id_number"] == "430902199001011234"
    with house.state.database.reading() as tx:
        last = read_audit(tx, limit=10_000)[-1]
        assert verify_audit(tx).sound
    assert (last.actor, last.action, last.subject_id) == ("client:own", "class.reveal_ids", number)


def test_a_roster_is_changed_with_its_etag(house: House):
    number = "YY-2024-0310"
    put(house, "own", a_filing(number), number)
    path, client = f"/api/v1/classes/{number}/roster", house.client("own")
    student = {"student_no": "S01", "name": "张三", "id_number": "430902199001011234"}
    etag = client.put(path, json={"students": [student]}, headers=a_key()).headers["etag"]
    assert client.get(path).headers["etag"] == client.get(path + "?reveal=true").headers["etag"] == etag
    other = {"students": [student | {"id_number": "43090219900101002X"}]}
    changed = client.put(path, json=other, headers={**a_key(), "If-Match": etag})
    assert (changed.status_code, changed.headers["etag"] == etag) == (200, False)
    late = client.put(path, json={"students": [student]}, headers={**a_key(), "If-Match": etag})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    file = {"file": ("名册.csv", "学号,姓名\nS01,张三\n".encode())}
    late = client.post(f"{path}/file", files=file, headers={**a_key(), "If-Match": etag})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert client.get(path).headers["etag"] == changed.headers["etag"]


@pytest.mark.parametrize(
    ("path", "entries", "entry"),
    [
        ("sign-ins", "sign_ins", {"student_no": "S01", "signed_at": "2023-06-12T08:21:00+08:00"}),
        ("leaves", "leaves", {"student_no": "S01", "session": "2023-06-12-am"}),
        ("roster", "students", {"student_no": "S01", "name": "张三"}),
    ],
)
def test_a_batch_has_a_thousand_entries_at_most(house: House, path: str, entries: str, entry: dict[str, str]):
    method = "PUT" if path == "roster" else "POST"
    body = {entries: [entry] * (MAX_BATCH + 1)}
    answer = house.client("own").request(method, f"/api/v1/classes/{OWN}/{path}", json=body, headers=a_key())
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["path"], error["code"]) == (422, f"/body/{entries}", "too_long")
    fewer = {entries: [entry] * MAX_BATCH}
    answer = house.client("own").request(method, f"/api/v1/classes/{OWN}/{path}", json=fewer, headers=a_key())
    assert "too_long" not in answer.text


def test_a_roster_file_of_excel_or_csv_is_read_with_its_faults(house: House):
    number = "YY-2024-0400"
    put(house, "own", a_filing(number), number)
    path = f"/api/v1/classes/{number}/roster/file"
    book, data = Workbook(), BytesIO()
    book.active.append(["学号", "姓名", "身份证号"])
    book.active.append(["S01", "张三", ""])
    book.save(data)
    for content in (data.getvalue(), "学号,姓名\nS01,张三\nS02,李四\n".encode("gb18030")):
        answer = house.client("own").post(path, files={"file": ("名册", content)}, headers=a_key())
        assert answer.status_code == 200, answer.text
    assert [each.name for each in class_file(house, number).training.students] == ["张三", "李四"]
    for content in (b"a,b\n1,2\n", b"PK\x03\x04broken", "学号,姓名\n".encode()):
        answer = house.client("own").post(path, files={"file": ("名册", content)}, headers=a_key())
        assert answer.json()["code"] == "filing_faults"


def test_sign_ins_are_added_all_or_none_and_only_once(house: House):
    path = f"/api/v1/classes/{OWN}/sign-ins"
    good = {
        "student_no": "S01",
        "signed_at": "2023-06-12T08:21:00+08:00",
        "source": "paper",
        "longitude": 112.3,
        "latitude": 28.5,
    }
    before = len(class_file(house).sign_ins)
    both = {"sign_ins": [good, good | {"student_no": "S99"}]}
    answer = house.client("own").post(path, json=both, headers=a_key())
    assert answer.json()["code"] == "filing_faults"
    assert answer.json()["errors"][0]["path"] == "/body/sign_ins/1"
    assert len(class_file(house).sign_ins) == before
    for _ in range(2):
        answer = house.client("own").post(path, json={"sign_ins": [good]}, headers=a_key())
        assert answer.status_code == 200, answer.text
    assert len(class_file(house).sign_ins) == before + 1
    naive = {"sign_ins": [good | {"signed_at": "2023-06-12T08:21:00"}]}
    (error,) = house.client("own").post(path, json=naive, headers=a_key()).json()["errors"]
    assert (error["path"], error["code"]) == ("/body/sign_ins/0/signed_at", "timezone_aware")


def test_leave_is_added_and_changed_and_nobody_elses_goes(house: House):
    path = f"/api/v1/classes/{OWN}/leaves"
    for student, reason in (("S01", "病假"), ("S02", "事假"), ("S01", "婚假")):
        body = {
            "leaves": [{"student_no": student, "session": "2023-06-12-am", "reason": reason, "approved_by": "李老师"}]
        }
        assert house.client("own").post(path, json=body, headers=a_key()).status_code == 200
    assert {each.student_no: each.reason for each in class_file(house).leaves} == {"S01": "婚假", "S02": "事假"}


def test_a_photo_is_stored_and_on_record_once_with_its_first_receipt(house: House):
    picture = a_picture(colour="#123456")
    first = hand_in(house, data=picture, session="2023-06-12-am", view="front", name="photos/x.jpg")
    assert (first.status_code, first.json()["created"]) == (201, True)
    received = next(each for each in class_file(house).submissions if each.sha256 == first.json()["sha256"])
    second = hand_in(house, data=picture, session="2023-06-12-am", view="front", name="photos/x.jpg")
    assert (second.status_code, second.json()["created"], second.json()["id"]) == (200, False, first.json()["id"])
    (after,) = [each for each in class_file(house).submissions if each.sha256 == first.json()["sha256"]]
    assert after == received
    assert house.state.store.read(first.json()["sha256"]) == picture
    assert (after.file, after.session_id, after.size_bytes) == ("photos/x.jpg", "2023-06-12-am", len(picture))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\..\\x.jpg", "a\x00b.jpg", "."])
def test_a_photos_name_is_never_a_path(house: House, name: str):
    answer = hand_in(house, name=name)
    if answer.status_code < 300:
        kept = [each.file for each in class_file(house).submissions]
        assert not [each for each in kept if each.startswith("/") or ".." in each or "\x00" in each]
    else:
        assert answer.json()["code"] == "invalid"


def test_photos_that_do_not_fit_are_refused_before_anything_is_on_record(house: House):
    before = class_file(house).submissions
    assert hand_in(house, data=b"").json()["errors"][0]["path"] == "/body/file"
    assert hand_in(house, sha256="0" * 64).json()["code"] == "hash_mismatch"
    assert hand_in(house, session="no-such").json()["code"] == "refused"
    assert hand_in(house, view="sideways").json()["errors"][0]["path"] == "/body/view"
    assert hand_in(house, nonsense="1").json()["errors"][0]["path"] == "/body/nonsense"
    assert hand_in(house, number=OTHER).status_code == 404
    assert hand_in(house, received_at="2023-06-12T09:00:00+08:00").json()["code"] == "office_only"
    assert hand_in(house, data=b"x" * (2 * 1024 * 1024)).json()["code"] == "too_large"
    assert house.client("own").post(f"/api/v1/classes/{OWN}/photos", headers=a_key()).json()["code"] == "invalid"
    assert class_file(house).submissions == before


def test_the_office_passes_on_when_a_photo_was_received(house: House):
    answer = hand_in(house, "office", data=a_picture(colour="#00ff00"), received_at="2023-06-12T09:00:00+08:00")
    assert answer.status_code == 201
    (kept,) = [each for each in class_file(house).submissions if each.sha256 == answer.json()["sha256"]]
    assert kept.received_at is not None
    assert kept.received_at.isoformat() == "2023-06-12T09:00:00+08:00"


def test_the_same_key_answers_the_same_and_another_body_under_it_is_refused(house: House):
    client, key = house.client("own"), a_key()
    path, number = "/api/v1/classes/YY-2024-0500", "YY-2024-0500"
    first = client.put(path, json=a_filing(number), headers=key)
    second = client.put(path, json=a_filing(number), headers=key)
    assert (second.status_code, second.json(), second.headers["etag"]) == (201, first.json(), first.headers["etag"])
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    other = client.put(path, json=a_filing(number, term=4), headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    missing = client.put(path, json=a_filing(number))
    assert missing.json()["errors"][0]["path"] == "/header/Idempotency-Key"


def test_the_same_write_many_times_at_once_happens_once(house: House):
    key, answers = a_key(), []
    number = "YY-2024-0600"

    def send() -> None:
        answers.append(house.client("own").put(f"/api/v1/classes/{number}", json=a_filing(number), headers=key))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 5


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"agency": NaN}', b"null"])
def test_what_is_no_json_object_is_told_as_such(house: House, content: bytes):
    headers = {**a_key(), "Content-Type": "application/json"}
    answer = house.client("own").put(f"/api/v1/classes/{NEW}", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_is_too_large_is_cut_off_declared_or_not(house: House):
    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 16_384

    for content in (b" " * 2_000_000, pieces()):
        headers = {**a_key(), "Content-Type": "application/json"}
        answer = house.client("own").put(f"/api/v1/classes/{NEW}", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_too_many_requests_are_told_when_to_come_back(tmp_path: Path):
    house = a_house(tmp_path, requests_per_minute=3)
    answers = [house.client("own").get("/api/v1/me") for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
    assert answers[-1].json()["code"] == "too_many_requests"
    assert house.client("other").get("/api/v1/me").status_code == 200
    house.state.close()
