"""The wall of cameras and the page of one: states, pictures, history, looking now; no password anywhere, nothing for agencies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.api.people import OTHER, OTHER_AGENCY, OWN, House, a_house
from tests.builders.answers import a_picture
from tests.builders.cameras import PASSWORD
from tests.builders.plan import a_camera, a_class_file, a_session, a_training_class
from verifier.camera_health import Condition
from verifier.finding import Finding, Outcome
from verifier.jobs import KIND as NIGHT
from verifier.language import say
from verifier.plan import Agency
from verifier.records.cameras import SampleRecord, save_sample
from verifier.records.filing import save_class_file
from verifier.records.jobs import finish_job, take_job
from verifier.records.tables.audit_entry import AuditEntryRow
from verifier.records.tables.camera import CameraRow, CameraSampleRow

HOSTILE = "<script>alert(1)</script>"
SESSION = a_session(camera_id="cam-1")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("cameras"), requests_per_minute=100_000)
    cameras = tuple(a_camera(f"cam-{n}", f"rtsp://camera{n}.example/1") for n in (1, 2, 3))
    digest = made.state.store.put(a_picture())
    with made.state.database.transaction() as tx:
        training = a_training_class(OTHER, cameras=cameras, sessions=(SESSION,))
        save_class_file(tx, a_class_file(replace(training, agency=Agency("机构2", OTHER_AGENCY))))
        for number, (camera, condition) in enumerate((("cam-1", Condition.OK), ("cam-2", Condition.OFFLINE))):
            taken_at = SESSION.starts_at + timedelta(minutes=30 + number)
            picture = condition is Condition.OK
            finding = Finding("stream.live", Outcome.PASSED, say("{text}", text=HOSTILE), "stream-2023")
            frame = {"sha256": digest, "why": "decisive", "size_bytes": 1, "received_at": taken_at.isoformat()}
            save_sample(
                tx, OTHER,
                SampleRecord(
                    camera, taken_at, "picture" if picture else "unreachable", condition,
                    session_id=SESSION.id if picture else None, detail="" if picture else HOSTILE,
                    sha256=digest if picture else None, findings=(finding,), frames=(frame,) if picture else (),
                ),
            )  # fmt: skip
    yield made
    made.state.close()


def id_of(house: House, code: str) -> str:
    with house.state.database.reading() as tx:
        return str(tx.scalars(select(CameraRow.id).where(CameraRow.code == code)).one())


def test_the_wall_shows_what_is_down_first_with_state_and_age(house: House):
    html = house.person("inspector").get("/cameras").text
    assert html.index("cam-2") < html.index("cam-1") < html.index("cam-3")
    for shown in ("离线", "正常", "从未查看", "天前", "没有画面"):
        assert shown in html
    assert "rtsp://" not in html
    assert "<script>alert" not in html


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("state=down", {"cam-2"}), ("state=showing", {"cam-1"}), ("state=never", {"cam-3"}), ("state=nonsense", set()),
        (f"number={OWN}", set()), ("q=cam-3", {"cam-3"}),
    ],
)  # fmt: skip
def test_cameras_are_filtered(house: House, query: str, codes: set[str]):
    html = house.person("inspector").get(f"/cameras?{query}").text
    assert {code for code in ("cam-1", "cam-2", "cam-3") if f"<strong>{code}</strong>" in html} == codes


def test_the_page_of_a_camera_tells_its_history_as_picture_and_as_words(house: House):
    html = house.person("inspector").get(f"/cameras/{id_of(house, 'cam-1')}").text
    assert "<svg" in html
    assert "2023-06-12 上午" in html
    assert "&lt;script&gt;" in html
    assert "<script>alert" not in html
    assert "rtsp://" not in html


def test_a_picture_is_shown_and_the_look_is_written_down(house: House):
    with house.state.database.reading() as tx:
        sample = tx.scalars(select(CameraSampleRow.id).where(CameraSampleRow.sha256.is_not(None))).one()
    answer = house.person("inspector").get(f"/cameras/looks/{sample}.jpg?size=small")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8")
    with house.state.database.reading() as tx:
        entry = tx.scalars(select(AuditEntryRow).where(AuditEntryRow.action == "camera.look")).one()
    assert entry.subject_id == str(sample)


@pytest.mark.parametrize("path", ["/cameras", "/cameras/{camera}", "/cameras/looks/{camera}.jpg"])
def test_no_agency_learns_when_its_cameras_were_looked_at(house: House, path: str):
    assert house.person("agency").get(path.format(camera=id_of(house, "cam-1"))).status_code == 403


def test_asking_for_a_look_queues_one_job_and_its_progress_is_shown(house: House):
    client, camera = house.person("inspector"), id_of(house, "cam-3")
    csrf = client.headers["X-CSRF-Token"]
    first = client.post(f"/cameras/{camera}/watch", data={"csrf": csrf})
    again = client.post(f"/cameras/{camera}/watch", data={"csrf": csrf})
    assert first.status_code == 303
    assert first.headers["location"] == again.headers["location"], "a look that waits is not asked for twice"
    job_id = first.headers["location"].rpartition("=")[2]
    assert "已排队" in client.get(first.headers["location"]).text
    with house.state.database.transaction() as tx:
        assert take_job(tx, NIGHT, "me", timedelta(minutes=1)) is None
        job = take_job(tx, "watch", "me", timedelta(minutes=1))
        assert job is not None
        assert dict(job.payload) == {"class": OTHER, "camera": "cam-3", "by": "user:inspector"}
    progress = client.get(f"/cameras/{camera}/jobs/{job_id}")
    assert "正在查看" in progress.text
    assert 'hx-trigger="every 2s"' in progress.text
    with house.state.database.transaction() as tx:
        finish_job(tx, job.id, "me", error=f"the camera's password is {PASSWORD}")
    progress = client.get(f"/cameras/{camera}/jobs/{job_id}")
    assert progress.headers["hx-refresh"] == "true"
    assert "没能查看" in progress.text
    assert PASSWORD not in client.get(first.headers["location"]).text


def test_who_may_not_hand_in_evidence_may_not_ask_and_no_form_is_taken_from_elsewhere(house: House):
    camera = id_of(house, "cam-1")
    auditor = house.person("auditor")
    assert auditor.post(f"/cameras/{camera}/watch", data={"csrf": auditor.headers["X-CSRF-Token"]}).status_code == 403
    assert "现在查看" not in auditor.get(f"/cameras/{camera}").text
    inspector = house.person("inspector")
    del inspector.headers["X-CSRF-Token"]
    assert inspector.post(f"/cameras/{camera}/watch", data={"csrf": "guessed"}).status_code == 403


def test_what_is_not_there_is_a_404_page(house: House):
    client = house.person("inspector")
    nobody = "00000000-0000-0000-0000-000000000000"
    for path in (
        f"/cameras/{nobody}",
        f"/cameras/looks/{nobody}.jpg",
        f"/cameras/{nobody}/jobs/{nobody}",
        "/cameras/x",
    ):
        assert client.get(path).status_code in (404, 422)
    answer = client.post(f"/cameras/{nobody}/watch", data={"csrf": client.headers["X-CSRF-Token"]})
    assert answer.status_code == 404
