"""A class filed, evidenced, verified on demand and read back, all through the API, by real servers' parts and a real night."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import routing

from api.cursors import MAX_PAGE
from tests.api.people import OTHER, OWN, House, a_house, a_key
from tests.builders.answers import a_picture
from tests.builders.plan import DAY
from tests.services.s3 import S3Server
from verifier.evidence import open_store
from verifier.jobs import JobWorker
from verifier.records.audit import read_audit
from verifier.records.jobs import queue_job, read_job


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One photo handed in and verified by a job."""
    house = a_house(tmp_path_factory.mktemp("reading"), requests_per_minute=100_000)
    files = {"file": ("a.jpg", a_picture(), "image/jpeg")}
    data = {"session": f"{DAY}-am", "name": "photos/handed-in.jpg"}
    sent = house.client("own").post(f"/api/v1/classes/{OWN}/photos", files=files, data=data, headers=a_key())
    assert sent.status_code == 201
    asked = house.client("office").post(
        "/api/v1/verifications", json={"since": str(DAY), "until": str(DAY)}, headers=a_key()
    )
    assert asked.status_code == 202
    assert house.client("office").get(asked.headers["location"]).json()["state"] == "queued"
    worker = JobWorker(house.state.settings, house.state.database)
    assert worker.work_once()
    assert not worker.work_once()
    done = house.client("office").get(asked.headers["location"]).json()
    assert (done["state"], done["error"]) == ("done", None), done
    assert done["result"]["closed"] >= 1
    yield house
    house.state.close()


def get(house: House, path: str, who: str = "own", **headers: str) -> Any:
    return house.client(who).get(f"/api/v1/{path}", headers=headers)


def find_photo(house: House) -> dict[str, Any]:
    photos = get(house, f"classes/{OWN}/photos").json()["items"]
    (found,) = [each for each in photos if each["file"] == "photos/handed-in.jpg"]
    return dict(found)


def test_the_photo_is_read_back_with_findings_and_pictures(judged: House):
    photo = find_photo(judged)
    assert photo["findings"]
    assert get(judged, f"classes/{OWN}/photos/{photo['id']}").json() == photo
    annotated = get(judged, f"classes/{OWN}/photos/{photo['id']}/annotated.jpg")
    assert (annotated.status_code, annotated.content[:2]) == (200, b"\xff\xd8")
    original = get(judged, f"classes/{OWN}/photos/{photo['id']}/original")
    assert original.content == a_picture()
    assert original.headers["content-disposition"] == "attachment"
    with judged.state.database.reading() as tx:
        looks = [each for each in read_audit(tx, limit=1000) if each.subject_id == photo["id"]]
    assert [each.action for each in looks] == [
        "photo.hand_in", "photo.look_faces", "photo.look_annotated", "photo.look_original"
    ]  # fmt: skip


# Every picture of the pages, and what a look at it is written down as.
PAGE_PICTURES = {
    "/photos/{photo_id}/annotated.jpg": "photo.look_annotated", "/photos/{photo_id}/original": "photo.look_original",
    "/photos/{photo_id}/face.jpg": "photo.look_face", "/photos/{photo_id}/plain.jpg": "photo.look_plain",
}  # fmt: skip
# `test_cameras` looks at frames; the others are sent by the same function as the faces above.
OTHER_PICTURES = {
    "/photos/{photo_id}/heat.jpg",
    "/review/{matter_id}/face.jpg",
    "/portraits/{portrait_id}.jpg",
    "/cameras/looks/{sample_id}.jpg",
}


def test_every_picture_that_the_pages_show_leaves_an_entry(judged: House):
    paths = {
        context.path
        for context in routing.iter_route_contexts(judged.app.routes)
        if not context.path.startswith("/api/")
    }
    assert {path for path in paths if path.endswith((".jpg", "/original"))} == set(PAGE_PICTURES) | OTHER_PICTURES
    photo, client = find_photo(judged), judged.person("inspector")
    for path, action in PAGE_PICTURES.items():
        with judged.state.database.reading() as tx:
            before = read_audit(tx, limit=10_000)[-1].sequence
        query = "?x=1&y=1&w=30&h=30" if path.endswith("face.jpg") else ""
        assert client.get(path.format(photo_id=photo["id"]) + query).status_code == 200, path
        with judged.state.database.reading() as tx:
            entries = read_audit(tx, before, 100)
        assert [(each.actor, each.action, each.subject_id) for each in entries] == [
            ("user:inspector", action, photo["id"])
        ]


def test_another_agency_gets_neither_photo_nor_picture(judged: House):
    photo = find_photo(judged)
    for number in (OWN, OTHER):
        for part in ("", "/annotated.jpg", "/original"):
            answer = get(judged, f"classes/{number}/photos/{photo['id']}{part}", "other")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_sessions_presence_students_rates_and_archive_are_read(judged: House):
    sessions = get(judged, f"classes/{OWN}/sessions").json()["items"]
    morning = next(each for each in sessions if each["id"] == f"{DAY}-am")
    assert morning["closed"]
    assert get(judged, f"classes/{OWN}/sessions/{DAY}-am").json() == morning
    presence = get(judged, f"classes/{OWN}/presence?session={DAY}-am").json()["items"]
    assert [each["student_no"] for each in presence] == [each["student_no"] for each in morning["students"]]
    assert len(get(judged, f"classes/{OWN}/students").json()["items"]) == morning["expected"]
    (rate,) = get(judged, f"rates?class={OWN}").json()["classes"]
    assert rate["closed"] >= 1
    assert {each["class"] for each in get(judged, "rates").json()["classes"]} == {OWN}
    assert get(judged, f"rates?class={OTHER}").status_code == 404
    archive = get(judged, f"classes/{OWN}/archive").json()
    assert archive["documents"]


def test_findings_are_filtered_and_speak_the_language_asked_for(judged: House):
    everything = get(judged, f"classes/{OWN}/findings?limit={MAX_PAGE}").json()["items"]
    outcomes = {each["outcome"] for each in everything}
    assert len(outcomes) > 1
    for outcome in outcomes:
        some = get(judged, f"classes/{OWN}/findings?outcome={outcome}&limit={MAX_PAGE}").json()["items"]
        assert some == [each for each in everything if each["outcome"] == outcome]
    english = get(judged, f"classes/{OWN}/findings?limit={MAX_PAGE}", **{"Accept-Language": "en-GB"}).json()["items"]
    assert {each["reason"] for each in english} != {each["reason"] for each in everything}
    ids = {each["about"]: {each["id"]} for each in get(judged, f"classes/{OWN}/findings?limit=500").json()["items"]}
    assert (ids["class"], ids.keys()) == ({OWN}, {"class", "session", "photo"})


def test_pages_follow_each_other_without_a_gap_and_cursors_hold_for_their_query_only(judged: House):
    path = f"classes/{OWN}/findings"
    everything = get(judged, f"{path}?limit={MAX_PAGE}").json()["items"]
    found, cursor = [], None
    while True:
        page = get(judged, f"{path}?limit=3" + (f"&cursor={cursor}" if cursor else "")).json()
        found += page["items"]
        if (cursor := page["next"]) is None:
            break
        kept = cursor
    assert found == everything
    for wrong in (
        f"{path}?outcome=passed&cursor={kept}",
        f"classes/{OWN}/presence?cursor={kept}",
        f"{path}?cursor={kept}x",
    ):
        assert get(judged, wrong).json()["code"] == "bad_cursor"
    assert get(judged, f"{path}?cursor={kept}", "office").json()["code"] == "bad_cursor"


def test_matters_duties_subsidy_and_nights_are_the_offices_where_they_would_warn_an_agency(judged: House):
    office = get(judged, f"matters?class={OWN}", "office").json()
    own = get(judged, f"matters?class={OWN}").json()
    assert office.keys() == own.keys() == {"cases", "violations", "notices", "sanctions"}
    assert {each["state"] for kind in ("cases", "violations") for each in own[kind]} <= {"confirmed", "dismissed"}
    due = get(judged, f"due?class={OWN}&as_of={DAY}", "office").json()["items"]
    assert due[0]["duties"]
    assert get(judged, f"due?class={OWN}&as_of={DAY}").json()["items"][0]["duties"] == []
    assert get(judged, f"classes/{OWN}/subsidy", "office").json()["conditions"]
    for path in (f"classes/{OWN}/subsidy", "nights", "audit"):
        assert get(judged, path).status_code == 403
    assert get(judged, "nights", "office").json()["items"][0]["state"] == "finished"
    assert get(judged, "audit?limit=2", "office").json()["next"] == 2


def test_the_original_is_given_by_the_store_itself_where_it_can(
    judged: House, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
):
    path = f"classes/{OWN}/photos/{find_photo(judged)['id']}/original?direct=true"
    assert get(judged, path).content == a_picture(), "a folder gives nothing itself"
    s3_server.client().make_bucket("originals")
    store = open_store(s3_server.url("originals"), s3_server.access_key, s3_server.secret_key)
    store.put(a_picture())
    monkeypatch.setitem(judged.state.__dict__, "store", store)
    answer = get(judged, path)
    assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")
    assert httpx.get(answer.headers["location"]).content == a_picture()
    assert get(judged, path, who="other").status_code == 404


def test_a_job_that_is_no_verification_is_none_of_the_apis(judged: House):
    with judged.state.database.transaction() as tx:
        job = queue_job(tx, "sweep", "a", {})
    assert get(judged, f"jobs/{job.id}", who="office").status_code == 404
    cancelled = judged.client("office").post(f"/api/v1/jobs/{job.id}/cancel", headers=a_key())
    assert cancelled.status_code == 404
    with judged.state.database.reading() as tx:
        assert read_job(tx, job.id).state == "queued"


def test_a_job_is_cancelled_before_it_runs(judged: House):
    client = judged.client("office")
    asked = client.post("/api/v1/verifications", json={"since": str(DAY), "until": str(DAY)}, headers=a_key()).json()
    cancelled = client.post(f"/api/v1/jobs/{asked['id']}/cancel", headers=a_key())
    assert cancelled.json()["state"] == "cancelled"
    assert not JobWorker(judged.state.settings, judged.state.database).work_once()
    wrong = client.post("/api/v1/verifications", json={"since": "2023-06-13", "until": "2023-06-12"}, headers=a_key())
    assert wrong.json()["code"] == "invalid"


def test_health_readiness_and_metrics(judged: House):
    assert judged.client().get("/healthz").json()["status"] == "ok"
    ready = judged.client().get("/readyz")
    assert (ready.status_code, ready.json()["parts"]) == (200, {"database": True, "store": True, "models": True})
    metrics = judged.client("reader").get("/metrics").text
    assert 'verifier_requests_total{method="GET",route="/healthz",status="200"}' in metrics
    assert OWN not in metrics


def test_a_request_carries_its_number_into_the_answer_and_into_problems(judged: House):
    answer = get(judged, "classes/NO-SUCH", **{"X-Request-ID": "city-0001"})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "city-0001"
    other = get(judged, "classes/NO-SUCH", **{"X-Request-ID": "a b\tc"})
    assert other.json()["request_id"] not in ("", "a b\tc")


def test_the_description_names_every_scope_and_every_problem(judged: House):
    document = get(judged, "openapi.json").json()
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len(operations) >= 25
    for operation in operations:
        assert operation["x-required-scope"]
        assert "application/problem+json" in operation["responses"]["401"]["content"]
        assert operation["summary"]
