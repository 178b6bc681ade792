"""The office's work through the API: who decides in whose name, once however often it is asked, and unseen by agencies."""

from __future__ import annotations

import io
import zipfile
from dataclasses import fields
from typing import Any

import pytest

from api.routes.office_shapes import InspectionIn
from tests.api.matters import NUMBER, Accused
from tests.api.people import OTHER_AGENCY, OWN, OWN_AGENCY, a_key
from tests.api.test_writing import a_filing
from verifier.records.audit import read_audit, verify_audit
from verifier.records.supervision import InspectionVisit

WHY = "现场核实。"


def post(accused: Accused, path: str, body: dict[str, Any], who: str = "office", **headers: str) -> Any:
    return accused.house.client(who).post(f"/api/v1/{path}", json=body, headers={**a_key(), **headers})


def send(accused: Accused, method: str, path: str, body: dict[str, Any], **headers: str) -> Any:
    client = accused.house.client("office")
    return client.request(method, f"/api/v1/{path}", json=body, headers={**a_key(), **headers})


def get(accused: Accused, path: str, who: str = "office") -> Any:
    return accused.house.client(who).get(f"/api/v1/{path}")


def a_document(accused: Accused, content: bytes = b"recording") -> str:
    answer = accused.house.client("office").post("/api/v1/documents", files={"file": ("a", content)}, headers=a_key())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sha256"])


def a_visit(accused: Accused, **changes: Any) -> dict[str, Any]:
    session = accused.facts.sessions[4].session
    visit = {
        "by": "chief", "inspected_at": f"{session.day}T09:30:00+08:00", "inspectors": ["chief", "inspector"],
        "session": session.id, "expected": 20, "present": 18, "attendance": "",
        "students": [{"student_no": accused.facts.training.students[0].student_no, "problem": "非本人", "impersonated": True}],
    }  # fmt: skip
    return visit | changes


def issue(accused: Accused, **changes: Any) -> Any:
    violation = accused.matter("violations")
    draft = {
        "violations": [violation["id"]],
        "found_on": "2023-06-20",
        "issued_on": "2023-06-21",
        "supervision": ["非现场监管"],
    }
    return post(accused, f"classes/{NUMBER}/notices", draft | {"by": "chief"} | changes)


def test_an_agency_sees_a_matter_only_once_it_is_settled(accused: Accused):
    violation = accused.matter("violations")
    assert violation["state"] == "proposed"
    assert post(accused, f"classes/{NUMBER}/inspections", a_visit(accused)).status_code == 201
    case = accused.matter("cases")
    for kind, one in (("violations", violation), ("cases", case)):
        assert get(accused, f"{kind}?class={NUMBER}", "own").json()["items"] == []
        assert get(accused, f"matters?class={NUMBER}", "own").json()[kind] == []
        assert get(accused, f"{kind}/{one['id']}", "own").status_code == 404
        asked = post(accused, f"{kind}/{one['id']}/decisions", {"by": "chief", "verdict": "needs_on_site", "why": WHY})
        assert (asked.status_code, asked.json()["state"]) == (201, "needs_on_site")
        assert get(accused, f"{kind}/{one['id']}", "own").status_code == 404
        decided = post(accused, f"{kind}/{one['id']}/decisions", {"by": "chief", "verdict": "dismiss", "why": WHY})
        assert decided.json()["state"] == "dismissed"
        seen = get(accused, f"{kind}/{one['id']}", "own").json()
        # That somebody asked for a check on site tells when the office comes.
        assert [each["decision"] for each in seen["decisions"]] == ["dismiss"]
        assert get(accused, f"{kind}/{one['id']}", "other").status_code == 404
        assert [each["id"] for each in get(accused, f"matters?class={NUMBER}", "own").json()[kind]] == [one["id"]]


def test_what_the_office_looks_at_and_plans_is_not_the_agencys_to_see(accused: Accused):
    planned = post(
        accused, f"classes/{NUMBER}/plans", {"by": "chief", "kind": "on_site", "planned_on": "2023-06-14", "seed": "a"}
    )
    assert planned.status_code == 201
    assert set(planned.json()["people"]) == {"chief", "inspector"}
    for path in (
        "plans",
        f"classes/{NUMBER}/supervision",
        f"classes/{NUMBER}/archive.zip",
        f"classes/{NUMBER}/subsidy",
    ):
        answer = get(accused, path, "own")
        assert (answer.status_code, answer.json()["code"]) == (403, "office_only")
    due = get(accused, f"due?class={NUMBER}&as_of=2023-06-13", "own").json()["items"][0]
    assert (due["duties"], due["plans"]) == ([], [])
    plan = planned.json()["id"]
    done = post(accused, f"classes/{NUMBER}/inspections", a_visit(accused, plan=plan))
    assert done.status_code == 201
    kept = get(accused, "plans").json()["items"][0]
    assert (kept["state"], kept["result"]) == ("done", done.json()["id"])
    refused = post(accused, f"plans/{plan}/cancel", {"by": "chief", "why": WHY})
    assert (refused.status_code, refused.json()["code"]) == (422, "refused")


def test_what_inspectors_state_about_times_and_discipline_is_kept(accused: Accused):
    day = accused.facts.sessions[4].session.day
    stated = {
        "transport_by_agency": False,
        "favours_from_agency": True,
        "teaching_began": f"{day}T09:40:00+08:00",
        "teaching_ended": f"{day}T03:10:00+00:00",
    }
    assert post(accused, f"classes/{NUMBER}/inspections", a_visit(accused, **stated)).status_code == 201
    (kept,) = get(accused, f"classes/{NUMBER}/supervision").json()["inspections"]
    assert {name: kept["form"][name] for name in stated} == stated | {"teaching_ended": f"{day}T11:10:00+08:00"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"inspected_at": "0001-01-01T00:00:00+14:00"}, "invalid", id="before the first year there is"),
        pytest.param({"inspected_at": "9999-12-31T23:59:59-12:00"}, "invalid", id="after the last"),
        pytest.param({"inspected_at": "2000-01-01T23:59:59+00:00"}, "invalid", id="a day before the tables begin"),
        pytest.param({"teaching_began": "2101-01-01T00:00:00+08:00"}, "invalid", id="teaching in another century"),
        pytest.param({"teaching_began": "2023-06-14T09:00:00"}, "invalid", id="without a time zone"),
        pytest.param({"transport_by_agency": "maybe"}, "invalid", id="a statement that is none"),
        pytest.param(
            {"inspected_at": "2000-01-02T00:00:00+00:00"}, "refused", id="the first moment: no law was in force"
        ),
    ],
)
def test_a_visit_has_moments_that_every_calendar_knows(accused: Accused, changes: dict[str, Any], code: str):
    answer = post(accused, f"classes/{NUMBER}/inspections", a_visit(accused, **changes))
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_visit_through_the_api_holds_every_field_of_the_form():
    """Annex 2 as the records keep it: nothing that inspectors write down on the pages is missing here."""
    kept = {each.name for each in fields(InspectionVisit)} - {"class_number"}
    sent = {"session_id" if name == "session" else name for name in InspectionIn.model_fields} - {"by", "plan"}
    assert sent == kept


def test_a_decision_is_made_once_however_often_it_is_sent(accused: Accused):
    violation = accused.matter("violations")
    path, body, key = (
        f"violations/{violation['id']}/decisions",
        {"by": "chief", "verdict": "confirm", "why": WHY},
        a_key(),
    )
    first = post(accused, path, body, **key)
    again = post(accused, path, body, **key)
    assert (first.status_code, first.json()["state"]) == (201, "confirmed")
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert post(accused, path, body | {"why": "别的"}, **key).json()["code"] == "key_reused"
    (decision,) = first.json()["decisions"]
    assert (decision["by"], decision["decision"], decision["why"]) == ("chief", "confirm", WHY)
    back = post(accused, f"decisions/{decision['id']}/withdraw", {"by": "inspector", "why": WHY})
    assert (back.status_code, back.json()["state"]) == (200, "proposed")
    with accused.house.state.database.reading() as tx:
        entries = [(each.actor, each.action) for each in read_audit(tx, limit=1000)]
        assert verify_audit(tx).sound
    assert (
        entries.count(("user:chief", "decision.confirm")) == entries.count(("client:office", "client.act_for")) - 1 == 1
    )


def test_a_decision_that_fails_leaves_nothing_and_its_key_free(accused: Accused):
    violation, key = accused.matter("violations"), a_key()
    path = f"violations/{violation['id']}/decisions"
    refused = post(accused, path, {"verdict": "confirm", "why": WHY}, **key)
    assert (refused.status_code, refused.json()["code"]) == (422, "refused")
    assert post(accused, path, {"by": "chief", "verdict": "confirm", "why": WHY}, **key).status_code == 201


@pytest.mark.parametrize("by", ["nobody", "auditor", "agency", "admin"])
def test_a_program_passes_on_only_what_people_of_the_office_decide(accused: Accused, by: str):
    violation = accused.matter("violations")
    refused = post(accused, f"violations/{violation['id']}/decisions", {"by": by, "verdict": "confirm", "why": WHY})
    assert (refused.status_code, refused.json()["code"]) == (422, "refused")
    assert accused.matter("violations")["decisions"] == []


def test_people_decide_in_their_own_name_alone(accused: Accused):
    violation, client = accused.matter("violations"), accused.house.person("inspector")
    path = f"/api/v1/violations/{violation['id']}/decisions"
    other = client.post(path, json={"by": "chief", "verdict": "confirm", "why": WHY}, headers=a_key())
    assert (other.status_code, other.json()["code"]) == (422, "refused")
    own = client.post(path, json={"verdict": "confirm", "why": WHY}, headers=a_key())
    assert own.json()["decisions"][0]["by"] == "inspector"


def test_what_costs_the_subsidy_takes_two_people(accused: Accused):
    record = {
        "by": "chief",
        "rule": "13(2)(1)",
        "recorded_on": "2023-06-20",
        "note": "考试由他人代考。",
        "class": NUMBER,
    }
    made = post(accused, "records", record)
    assert made.status_code == 201, made.text
    assert accused.close()
    rules = {each["rule"]: each for each in get(accused, f"violations?class={NUMBER}").json()["items"]}
    path = f"violations/{rules['13(2)(1)']['id']}/decisions"
    assert post(accused, path, {"by": "chief", "verdict": "confirm", "why": WHY}).json()["state"] == "awaiting_second"
    same = post(accused, path, {"by": "chief", "verdict": "confirm", "why": "再次确认。"})
    assert (same.status_code, same.json()["code"]) == (422, "refused")
    # One signature is no decision yet: the agency hears nothing.
    assert get(accused, f"violations/{rules['13(2)(1)']['id']}", "own").status_code == 404
    assert post(accused, path, {"by": "inspector", "verdict": "confirm", "why": WHY}).json()["state"] == "confirmed"
    (sanction,) = get(accused, f"sanctions?class={NUMBER}").json()["items"]
    assert (sanction["state"], get(accused, "sanctions", "own").json()["items"]) == ("proposed", [])
    issued = post(accused, f"sanctions/{sanction['id']}/decisions", {"by": "chief", "verdict": "confirm", "why": WHY})
    assert (issued.status_code, issued.json()["state"]) == (201, "issued")
    assert [each["id"] for each in get(accused, "sanctions", "own").json()["items"]] == [sanction["id"]]
    taken = post(accused, f"records/{made.json()['id']}/withdraw", {"by": "chief", "why": WHY})
    assert taken.status_code == 200


def test_a_notice_is_previewed_issued_printed_and_voided(accused: Accused):
    violation = accused.matter("violations")
    refused = issue(accused)
    assert (refused.status_code, refused.json()["code"]) == (422, "refused")  # nobody has confirmed it
    post(accused, f"violations/{violation['id']}/decisions", {"by": "chief", "verdict": "confirm", "why": WHY})
    draft = {
        "violations": [violation["id"]],
        "found_on": "2023-06-20",
        "issued_on": "2023-06-21",
        "supervision": ["非现场监管"],
    }
    shown = accused.house.client("office").post(f"/api/v1/classes/{NUMBER}/notices/preview", json=draft)
    assert (shown.status_code, get(accused, "notices").json()["items"]) == (200, [])
    issued = issue(accused)
    assert (issued.status_code, issued.json()["number"]) == (201, "益人社培整改〔2023〕1号") or issued.json()[
        "number"
    ].endswith("〔2023〕1号")
    where = issued.headers["location"]
    assert accused.house.client("own").get(where).json() == issued.json()
    assert accused.house.client("other").get(where).status_code == 404
    printed = accused.house.client("own").get(f"{where}/document.docx")
    with zipfile.ZipFile(io.BytesIO(printed.content)) as parts:
        assert issued.json()["number"].partition("〔")[2] in parts.read("word/document.xml").decode()
    assert accused.house.client("other").get(f"{where}/document.docx").status_code == 404
    as_pdf = accused.house.client("own").get(f"{where}/document.pdf")
    assert (as_pdf.status_code, as_pdf.headers["content-type"], as_pdf.content[:5]) == (
        200,
        "application/pdf",
        b"%PDF-",
    )
    assert accused.house.client("other").get(f"{where}/document.pdf").status_code == 404
    voided = post(accused, f"{where.removeprefix('/api/v1/')}/void", {"by": "chief", "why": WHY})
    assert voided.json()["voided"]


def test_supervision_is_written_down_with_its_evidence(accused: Accused):
    recording, day = a_document(accused), accused.facts.sessions[-1].session.day
    call = {"by": "chief", "kind": "phone", "held_at": f"{day}T10:00:00+08:00", "result": "属实"}
    assert post(accused, f"classes/{NUMBER}/off-site", call).json()["code"] == "refused"  # without a recording
    lost = post(accused, f"classes/{NUMBER}/off-site", call | {"evidence": "0" * 64})
    assert (lost.status_code, lost.json()["code"]) == (422, "evidence_missing")
    assert post(accused, f"classes/{NUMBER}/off-site", call | {"evidence": recording}).status_code == 201
    drawn = post(accused, f"classes/{NUMBER}/follow-ups", {"by": "chief", "seed": "2023-07"}).json()
    answer = {
        "by": "chief", "student_no": drawn["drawn"][0], "called_at": f"{day}T11:00:00+08:00", "outcome": "confirmed",
        "recording": recording,
    }  # fmt: skip
    assert post(accused, f"classes/{NUMBER}/follow-ups/{drawn['id']}/calls", answer).status_code == 201
    known = get(accused, f"classes/{NUMBER}/supervision").json()
    assert [each["evidence"] for each in known["off_site"]] == [recording]
    assert [each["outcome"] for each in known["follow_ups"][0]["calls"] if each["outcome"]] == ["confirmed"]


def test_dates_and_agreements_are_changed_as_they_were_read(accused: Accused):
    path = f"classes/{NUMBER}/dates"
    tag = get(accused, path).headers["etag"]
    changed = send(accused, "PATCH", path, {"by": "chief", "certified_on": "2023-07-01"}, **{"If-Match": tag})
    assert (changed.status_code, changed.json()["certified_on"]) == (200, "2023-07-01")
    late = send(accused, "PATCH", path, {"by": "chief", "paid_on": "2023-08-01"}, **{"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert get(accused, path, "own").json() == changed.json()
    year = f"agencies/{OWN_AGENCY}/agreements/2023"
    assert get(accused, year).status_code == 404
    kept = send(accused, "PUT", year, {"by": "chief", "people": 400, "signed_on": "2023-03-01"})
    assert (kept.status_code, kept.json()["form"]["people"]) == (200, 400)
    assert get(accused, year, "own").headers["etag"] == kept.headers["etag"]
    assert get(accused, year, "other").status_code == 404
    assert get(accused, f"agencies/{OTHER_AGENCY}/agreements/2023", "own").status_code == 404


def test_an_archive_holds_what_was_received_and_is_handed_out_whole(accused: Accused):
    content = b"receipts"
    kinds = [each["kind"] for each in get(accused, f"classes/{NUMBER}/archive").json()["documents"]]
    item = {"by": "chief", "kind": kinds[-1], "name": "收据.pdf", "sha256": a_document(accused, content)}
    assert post(accused, f"classes/{NUMBER}/archive/items", item).status_code == 201
    for wrong in ("../x", "a/b", "a\\b", ".hidden", "c:x"):
        assert post(accused, f"classes/{NUMBER}/archive/items", item | {"name": wrong}).json()["code"] == "invalid"
    packed = get(accused, f"classes/{NUMBER}/archive.zip")
    with zipfile.ZipFile(io.BytesIO(packed.content)) as parts:
        assert [parts.read(name) for name in parts.namelist() if name.endswith("收据.pdf")] == [content]


def test_parts_of_a_filing_are_changed_within_what_may_be_filed(accused: Accused):
    camera, path = {"id": "cam-1", "url": "rtsp://camera.example/1"}, f"classes/{OWN}/cameras/cam-1"
    assert send(accused, "PUT", path, camera).status_code == 200
    read = get(accused, path, "own")
    assert read.json() == camera
    moved = camera | {"url": "rtsp://camera.example/2"}
    assert send(accused, "PUT", path, moved, **{"If-Match": read.headers["etag"]}).status_code == 200
    assert send(accused, "PUT", path, camera, **{"If-Match": read.headers["etag"]}).status_code == 412
    assert get(accused, f"classes/{OWN}/cameras", "own").json()["items"] == [moved]
    secret = send(accused, "PUT", path, camera | {"url": "rtsp://user:pass@camera.example/1"})
    assert (secret.status_code, secret.json()["code"]) == (422, "filing_faults")
    assert send(accused, "PUT", path, camera | {"id": "cam-2"}).json()["code"] == "invalid"
    teacher = f"classes/{OWN}/teachers/T09"
    assert send(accused, "PUT", teacher, {"number": "T09", "name": "新老师"}).status_code == 200
    assert get(accused, teacher, "own").json()["name"] == "新老师"
    venue = get(accused, f"classes/{OWN}/venue").json()
    changed = {name: value for name, value in venue.items() if value is not None} | {"name": "三楼301"}
    assert send(accused, "PUT", f"classes/{OWN}/venue", changed).status_code == 200
    assert get(accused, f"classes/{OWN}/venues", "own").json()["items"][0]["name"] == "三楼301"
    # The class is approved: the agency may not change it any more.
    own = accused.house.client("own").put(f"/api/v1/{path}", json=camera, headers=a_key())
    assert (own.status_code, own.json()["code"]) == (422, "refused")
    assert accused.house.client("other").put(f"/api/v1/{path}", json=camera, headers=a_key()).status_code == 404


def test_lists_of_matters_go_on_where_the_page_ended(accused: Accused):
    for place in range(4):
        student = accused.facts.training.students[place].student_no
        seen = [{"student_no": student, "problem": "非本人", "impersonated": True}]
        day = accused.facts.sessions[4].session.day
        visit = a_visit(accused, students=seen, inspected_at=f"{day}T09:3{place}:00+08:00")
        assert post(accused, f"classes/{NUMBER}/inspections", visit).status_code == 201
    whole = [each["id"] for each in get(accused, "cases").json()["items"]]
    found: list[str] = []
    page: dict[str, Any] = {"next": None}
    while not found or page["next"]:
        page = get(accused, "cases?limit=1" + (f"&cursor={page['next']}" if page["next"] else "")).json()
        found += [each["id"] for each in page["items"]]
    assert (found, len(whole)) == (whole, 4)


def test_timetable_changes_and_approval_are_filed_by_themselves(accused: Accused):
    number = "YY-2024-0800"
    own, path = accused.house.client("own"), f"classes/{number}"
    assert own.put(f"/api/v1/{path}", json=a_filing(number), headers=a_key()).status_code == 201
    read = get(accused, f"{path}/timetable", "own")
    (morning,) = read.json()["session"]
    afternoon = morning | {"id": "pm", "period": "afternoon", "starts": "14:00:00", "ends": "17:20:00"}
    both, tag = {"session": [morning, afternoon]}, {"If-Match": read.headers["etag"]}
    assert own.put(f"/api/v1/{path}/timetable", json=both, headers=a_key() | tag).status_code == 200
    late = own.put(f"/api/v1/{path}/timetable", json=both, headers=a_key() | tag)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert [each["id"] for each in get(accused, f"{path}/timetable").json()["session"]] == ["am", "pm"]
    wrong = own.put(f"/api/v1/{path}/timetable", json={"session": [morning | {"teacher": "T99"}]}, headers=a_key())
    assert wrong.json()["code"] == "filing_faults"
    assert get(accused, f"{path}/changes").json() == {"items": []}
    change = {"filed_on": "2024-03-05", "what": "teacher", "takes_effect_on": "2024-03-11", "sessions": ["pm"]}
    for _ in range(2):  # the same change under another key is the same change
        assert own.post(f"/api/v1/{path}/changes", json=change, headers=a_key()).status_code == 200
    (filed,) = get(accused, f"{path}/changes", "own").json()["items"]
    assert {name: filed[name] for name in change} == change
    assert get(accused, f"{path}/approval").json() == {"filed_on": "2024-03-01", "approved_on": None}
    approval = {"approved_on": "2024-03-06"}
    refused = own.put(f"/api/v1/{path}/approval", json=approval, headers=a_key())
    assert (refused.status_code, refused.json()["code"]) == (403, "office_only")
    assert send(accused, "PUT", f"{path}/approval", approval).status_code == 200
    assert get(accused, f"{path}/approval", "own").json()["approved_on"] == "2024-03-06"
    assert own.put(f"/api/v1/{path}/timetable", json=both, headers=a_key()).json()["code"] == "refused"
    assert get(accused, f"{path}/timetable", "other").status_code == 404


def test_urgings_times_of_teaching_and_statements_are_written_down(accused: Accused):
    day = accused.facts.sessions[4].session.day
    seen = {
        "inspected_at": f"{day}T08:20:00+08:00", "teaching_began": f"{day}T08:55:00+08:00",
        "teaching_ended": f"{day}T11:10:00+08:00", "transport_by_agency": False, "favours_from_agency": False,
    }  # fmt: skip
    early = a_visit(accused, **seen, plan=None) | {"teaching_began": f"{day}T08:00:00+08:00"}
    assert post(accused, f"classes/{NUMBER}/inspections", early).json()["code"] == "refused"
    assert post(accused, f"classes/{NUMBER}/inspections", a_visit(accused, **seen)).status_code == 201
    urging = {"by": "chief", "what": "结业材料", "urged_on": "2023-06-20", "due_on": "2023-06-25"}
    lost = post(accused, f"classes/{NUMBER}/urgings", urging | {"evidence": ["0" * 64]})
    assert lost.json()["code"] == "evidence_missing"
    urged = post(accused, f"classes/{NUMBER}/urgings", urging)
    assert urged.status_code == 201
    assert post(accused, f"classes/{NUMBER}/urgings", urging | {"due_on": "2023-06-19"}).json()["code"] == "refused"
    told = {"by": "chief", "outcome": "missing", "answered_on": "2023-06-25", "note": "仍未收到。"}
    answers = f"urgings/{urged.json()['id']}/answers"
    assert post(accused, answers, told).json()["code"] == "refused"  # the day set is not over
    assert post(accused, answers, told | {"answered_on": "2023-06-26"}).status_code == 201
    known = get(accused, f"classes/{NUMBER}/supervision").json()
    assert [(each["what"], each["outcome"]) for each in known["urgings"]] == [("结业材料", "missing")]
    form = known["inspections"][0]["form"]
    assert form["teaching_began"].startswith(f"{day}T08:55")
    assert (form["transport_by_agency"], form["favours_from_agency"]) == (False, False)
    assert post(accused, f"classes/{NUMBER}/urgings", urging, "own").status_code == 403


def test_a_cases_sightings_are_the_offices_and_each_look_is_written_down(accused: Accused):
    assert post(accused, f"classes/{NUMBER}/inspections", a_visit(accused)).status_code == 201
    case = accused.matter("cases")["id"]
    found = get(accused, f"cases/{case}/sightings")
    assert (found.status_code, found.json()) == (200, {"student": [], "strangers": [], "same_pictures": []})
    assert get(accused, f"cases/{case}/sightings", "own").status_code == 403
    assert get(accused, f"cases/{accused.matter('violations')['id']}/sightings").status_code == 404
    with accused.house.state.database.reading() as tx:
        looks = [each.action for each in read_audit(tx, limit=1000) if each.subject_id == case]
    assert looks.count("case.look") == 2  # the list that named it, and this
