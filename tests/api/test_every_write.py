"""Every write that the API describes, through a network that loses, cuts off, repeats and reorders: each happens once.

The writes are found in the description: a new route that is not played here fails the test.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text

from tests.api.described import check_answer
from tests.api.matters import NUMBER, Accused, an_accused_class
from tests.api.people import OWN_AGENCY, House
from tests.api.test_office import WHY, a_visit
from tests.api.test_writing import a_filing
from tests.builders.answers import a_picture
from tests.services.api_server import run_api
from tests.services.broken_network import UNKEPT, BrokenNetwork
from tests.services.s3 import S3Server
from verifier.records.audit import read_audit, verify_audit
from verifier.records.tables.base import Base, utc_now
from verifier.records.tables.evidence import EvidenceRow
from verifier.storing import GRACE, sweep_store

# Never arrives; half of it arrives; arrives, but its answer does not; arrives twice.
PLAN = ("lost", "cut", "unanswered", "twice")
NEW = "YY-2024-0900"
PORTRAIT = a_picture(colour="#101010")
# Gives an address and writes nothing: asked again it gives a fresh one.
WRITES_NOTHING = "POST /api/v1/classes/{number}/uploads"


@dataclass(frozen=True)
class Sent:
    """One write with the answer it got."""

    operation: str
    request: dict[str, Any]
    answer: httpx.Response


@dataclass
class Play:
    """Sends writes through the broken network, and remembers them."""

    url: str
    house: House
    sent: list[Sent] = field(default_factory=list)
    # One for all: each new client reads the system's certificates.
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60, limits=UNKEPT))

    def __post_init__(self) -> None:
        self.broken = BrokenNetwork([])
        self.insisting = httpx.Client(transport=self.broken, timeout=60)

    def close(self) -> None:
        """Give the connections back."""
        self.insisting.close()
        self.http.close()

    def do(
        self, operation: str, body: Any = None, who: str = "office", file: bytes | None = None, **names: str
    ) -> dict[str, Any]:
        """One write, until it is answered; gives the answer's body."""
        method, path = operation.split(" ")
        operation = f"{method} /api/v1{path}"
        request: dict[str, Any] = {
            "method": method, "url": f"{self.url}/api/v1{path.format(**names)}",
            "headers": {"Authorization": f"Bearer {self.house.keys[who]}", "Idempotency-Key": str(uuid.uuid4())},
        }  # fmt: skip
        request |= {"files": {"file": ("a.jpg", file)}, "data": body or {}} if file is not None else {"json": body}
        if body is None and file is None:
            del request["json"]
        before = self.last_entry()
        answer = self._insist(request)
        assert answer.is_success, (operation, answer.text)
        check_answer(self.house.app, answer)
        if operation != WRITES_NOTHING:
            assert answer.headers.get("idempotency-replayed") == "true", operation
        # Whatever was written down came from one of the attempts.
        attempts = {each.source.split()[-1] for each in self.entries(before)}
        assert len(attempts) <= 1, (operation, attempts)
        assert attempts or operation == WRITES_NOTHING or "webhooks" in operation, operation
        self.sent.append(Sent(operation, request, answer))
        return dict(answer.json())

    def _insist(self, request: dict[str, Any]) -> httpx.Response:
        self.broken.plan[:] = PLAN
        for attempt in range(len(PLAN)):
            headers = {**request["headers"], "X-Request-ID": f"attempt-{attempt}"}
            try:
                answer = self.insisting.request(**(request | {"headers": headers}))
            except httpx.TransportError:
                continue
            return answer
        raise AssertionError("nothing came through")

    def again(self, sent: Sent, **changes: Any) -> httpx.Response:
        """The same request once more, over a sound network."""
        answer = self.http.request(**(sent.request | changes))
        check_answer(self.house.app, answer)
        return answer

    def ask(self, path: str, who: str | None) -> httpx.Response:
        """Read, and compare the answer with its description."""
        headers = {"Authorization": f"Bearer {self.house.keys[who]}"} if who else {}
        answer = self.http.get(self.url + path, headers=headers)
        check_answer(self.house.app, answer)
        return answer

    def last_entry(self) -> int:
        with self.house.state.database.reading() as tx:
            return int(tx.execute(text("SELECT coalesce(max(sequence), 0) FROM audit_entry")).scalar_one())

    def entries(self, after: int) -> list[Any]:
        with self.house.state.database.reading() as tx:
            return [each for each in read_audit(tx, after, 1000) if not each.action.endswith(".look")]

    def count(self) -> dict[str, int]:
        """Rows of every table."""
        with self.house.state.database.reading() as tx:
            return {
                table.name: tx.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
            }


@pytest.fixture(scope="module")
def accused(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accused]:
    bucket = f"writes-{uuid.uuid4().hex[:8]}"
    s3_server.client().make_bucket(bucket)
    made = an_accused_class(
        tmp_path_factory.mktemp("writes"), evidence_url=s3_server.url(bucket), evidence_access_key=s3_server.access_key,
        evidence_secret_key=s3_server.secret_key, webhook_private_addresses=True,
    )  # fmt: skip
    yield made
    made.house.state.close()


def file_a_class(play: Play) -> None:
    """What an agency and its platform write, from the filing to the photos."""
    play.do("PUT /agencies/{agency_code}", {"name": "新机构"}, agency_code="52430900MJJ000009X")
    play.do("PUT /classes/{number}", a_filing(NEW), "own", number=NEW)
    students = [{"student_no": "S01", "name": "张三", "id_number": "43090019900101123X", "phone": "13812345678"}]
    play.do("PUT /classes/{number}/roster", {"students": students}, "own", number=NEW)
    play.do("POST /classes/{number}/roster/file", None, "own", "学号,姓名\nS01,张三\nS02,李四\n".encode(), number=NEW)
    play.do("PUT /classes/{number}/venue", {"name": "三楼301"}, "own", number=NEW)
    play.do(
        "PUT /classes/{number}/teachers/{teacher_no}",
        {"number": "T02", "name": "新老师"},
        "own",
        number=NEW,
        teacher_no="T02",
    )
    camera = {"id": "cam-1", "url": "rtsp://camera.example/1"}
    play.do("PUT /classes/{number}/cameras/{camera_id}", camera, "own", number=NEW, camera_id="cam-1")
    session = a_filing(NEW)["session"][0]
    afternoon = session | {"id": "pm", "period": "afternoon", "starts": "14:00:00", "ends": "17:20:00"}
    play.do("PUT /classes/{number}/timetable", {"session": [session, afternoon]}, "own", number=NEW)
    change = {"filed_on": "2024-03-05", "what": "teacher", "takes_effect_on": "2024-03-11", "sessions": ["pm"]}
    play.do("POST /classes/{number}/changes", change, "own", number=NEW)
    play.do(
        "POST /classes/{number}/students/{student_no}/portraits", None, "own", PORTRAIT, number=NEW, student_no="S01"
    )
    play.do("PUT /classes/{number}/approval", {"approved_on": "2024-03-06"}, number=NEW)
    sign_in = {"student_no": "S01", "signed_at": "2024-03-11T08:21:00+08:00", "source": "paper"}
    play.do("POST /classes/{number}/sign-ins", {"sign_ins": [sign_in]}, "own", number=NEW)
    leave = {"student_no": "S01", "session": "pm", "reason": "病假"}
    play.do("POST /classes/{number}/leaves", {"leaves": [leave]}, "own", number=NEW)
    play.do("POST /classes/{number}/photos", {"session": "am"}, "own", a_picture(colour="#202020"), number=NEW)
    direct = a_picture(colour="#303030")
    digest = hashlib.sha256(direct).hexdigest()
    place = play.do("POST /classes/{number}/uploads", {"sha256": digest, "size_bytes": len(direct)}, "own", number=NEW)
    assert play.http.put(place["url"], content=direct).is_success
    play.do("POST /classes/{number}/uploads/{sha256}/complete", {"session": "am"}, "own", number=NEW, sha256=digest)


def supervise(play: Play, accused: Accused) -> None:
    """What the office plans and looks at."""
    acting, session = {"by": "chief"}, accused.facts.sessions[-1].session
    document = play.do("POST /documents", None, file=b"a recording")["sha256"]
    plan = {"kind": "on_site", "planned_on": "2023-06-14", "seed": "a"}
    planned = play.do("POST /classes/{number}/plans", acting | plan, number=NUMBER)
    play.do("POST /plans/{plan_id}/cancel", acting | {"why": WHY}, plan_id=planned["id"])
    play.do("POST /classes/{number}/inspections", a_visit(accused), number=NUMBER)
    call = {"kind": "phone", "held_at": f"{session.day}T10:00:00+08:00", "result": "属实", "evidence": document}
    play.do("POST /classes/{number}/off-site", acting | call, number=NUMBER)
    drawn = play.do("POST /classes/{number}/follow-ups", acting | {"seed": "2023-07"}, number=NUMBER)
    answer = {
        "student_no": drawn["drawn"][0], "called_at": f"{session.day}T11:00:00+08:00", "outcome": "confirmed",
        "recording": document,
    }  # fmt: skip
    play.do("POST /classes/{number}/follow-ups/{draw_id}/calls", acting | answer, number=NUMBER, draw_id=drawn["id"])
    urging = {"what": "结业材料", "urged_on": "2023-06-20", "due_on": "2023-06-25"}
    urged = play.do("POST /classes/{number}/urgings", acting | urging, number=NUMBER)
    told = {"outcome": "delivered", "answered_on": "2023-06-24"}
    play.do("POST /urgings/{urging_id}/answers", acting | told, urging_id=urged["id"])
    kinds = play.http.get(f"{play.url}/api/v1/classes/{NUMBER}/archive", headers=play.sent[0].request["headers"]).json()
    item = {"kind": kinds["documents"][-1]["kind"], "name": "收据.pdf", "sha256": document}
    play.do("POST /classes/{number}/archive/items", acting | item, number=NUMBER)
    play.do("PATCH /classes/{number}/dates", acting | {"certified_on": "2023-07-01"}, number=NUMBER)
    agreement = {"people": 400, "signed_on": "2023-03-01"}
    play.do("PUT /agencies/{agency_code}/agreements/{year}", acting | agreement, agency_code=OWN_AGENCY, year="2023")


def decide(play: Play, accused: Accused) -> None:
    """What people of the office decide, up to a sanction, and what they take back."""
    acting, confirm = {"by": "chief"}, {"by": "chief", "verdict": "confirm", "why": WHY}
    violation, case = accused.matter("violations")["id"], accused.matter("cases")["id"]
    play.do("POST /cases/{case_id}/decisions", confirm | {"verdict": "dismiss"}, case_id=case)
    decided = play.do("POST /violations/{violation_id}/decisions", confirm, violation_id=violation)
    draft = {
        "violations": [violation], "found_on": "2023-06-20", "issued_on": "2023-06-21", "supervision": ["非现场监管"]
    }  # fmt: skip
    notice = play.do("POST /classes/{number}/notices", acting | draft, number=NUMBER)
    play.do("POST /notices/{notice_id}/void", acting | {"why": WHY}, notice_id=notice["id"])
    decision = decided["decisions"][0]["id"]
    play.do("POST /decisions/{decision_id}/withdraw", acting | {"why": WHY}, decision_id=decision)
    record = {"rule": "13(2)(1)", "recorded_on": "2023-06-20", "note": "考试由他人代考。", "class": NUMBER}
    made = play.do("POST /records", acting | record)
    assert accused.close()
    office = accused.house.client("office")
    grave = [
        each for each in office.get(f"/api/v1/violations?class={NUMBER}").json()["items"] if each["rule"] == "13(2)(1)"
    ]
    for by in ("chief", "inspector"):
        play.do("POST /violations/{violation_id}/decisions", confirm | {"by": by}, violation_id=grave[0]["id"])
    (sanction,) = office.get(f"/api/v1/sanctions?class={NUMBER}").json()["items"]
    play.do("POST /sanctions/{sanction_id}/decisions", confirm, sanction_id=sanction["id"])
    play.do("POST /records/{record_id}/withdraw", acting | {"why": WHY}, record_id=made["id"])


def verify_and_listen(play: Play) -> None:
    """Verification on demand, and webhooks."""
    job = play.do("POST /verifications", {"since": "2023-06-12", "until": "2023-06-12"})
    play.do("POST /jobs/{job_id}/cancel", job_id=job["id"])
    database = play.house.state.database
    with database.transaction() as tx:
        tx.execute(text("UPDATE webhook_delivery SET state = 'dead', done_at = created_at"))
    listed = play.http.get(
        f"{play.url}/api/v1/webhooks/hook/deliveries", headers=play.sent[0].request["headers"]
    ).json()
    dead = listed["items"][0]["id"]
    play.do("POST /webhooks/{name}/deliveries/{delivery_id}/replay", name="hook", delivery_id=dead)
    play.do("DELETE /webhooks/{name}", name="hook")


def test_every_write_happens_once_through_a_network_that_loses_cuts_repeats_and_reorders(accused: Accused):
    house = accused.house
    with run_api(house.app, workers=False) as url, closing(Play(url, house)) as play:
        hook = {"url": "http://127.0.0.1:9/hook", "events": ["violation.decided", "notice.issued"], "secret": "s" * 32}
        play.do("PUT /webhooks/{name}", hook, name="hook")
        file_a_class(play)
        supervise(play, accused)
        decide(play, accused)
        verify_and_listen(play)
        check_all_were_played(play)
        before = play.count()
        for sent in reversed(play.sent):
            answer = play.again(sent)
            assert answer.status_code == sent.answer.status_code, (sent.operation, answer.text)
            if sent.operation != WRITES_NOTHING:
                assert answer.json() == sent.answer.json(), sent.operation
                for name in ("etag", "location"):
                    assert answer.headers.get(name) == sent.answer.headers.get(name), (sent.operation, name)
                other = play.again(sent, params={"asked": "otherwise"})
                assert (other.status_code, other.json()["code"]) == (409, "key_reused"), sent.operation
        check_nobody_else_may(play)
        assert play.count() == before
        check_who_reads(play)
    check_no_orphans(house)
    with house.state.database.reading() as tx:
        assert verify_audit(tx).sound


def check_nobody_else_may(play: Play) -> None:
    """The very requests that were done, sent by nobody, without the scope, and by another agency: nothing happens."""
    document = read_description(play)
    for sent in play.sent:
        method, path = sent.operation.split(" ")
        described = document["paths"][path][method.lower()]
        assert ask_as(play, sent, None).status_code == 401, sent.operation
        if "webhooks" in path:
            continue  # every program has its own
        lacking = {"evidence": "reader", "filing": "writer", "decisions": "writer"}[described["x-required-scope"]]
        assert ask_as(play, sent, lacking).status_code == 403, sent.operation
        # Who files a class is told that its number is not theirs to file.
        expected = {403} if described["x-office-only"] else {409, 422} if path == "/api/v1/classes/{number}" else {404}
        other = ask_as(play, sent, "other")
        assert other.status_code in expected, (sent.operation, other.text)


# What nobody has looked at is nobody's to see (`test_reading`, `test_looks`), and the play ended its subscription.
NOTHING_THERE = {
    "/classes/{number}/photos/{photo_id}", "/classes/{number}/photos/{photo_id}/annotated.jpg",
    "/classes/{number}/photos/{photo_id}/original",
    "/classes/{number}/portraits/{sha256}/picture.jpg", "/webhooks/{name}", "/webhooks/{name}/deliveries",
}  # fmt: skip
# The play took the decision about it back: proposed again, it is no agency's to see.
NOT_SETTLED = {"/violations/{violation_id}"}


def check_who_reads(play: Play) -> None:
    """Every GET of the description about what was written: by nobody, its own agency, another one, and the office."""
    document, real = read_description(play), list_written(play)
    for path in (path for path, operations in document["paths"].items() if "get" in operations):
        short, office_only = path.removeprefix("/api/v1"), document["paths"][path]["get"]["x-office-only"]
        answers = {who: play.ask(path.format(**real), who) for who in (None, "own", "other", "office")}
        told = (path, {who: each.status_code for who, each in answers.items()})
        expected = 404 if short in NOTHING_THERE else 200
        assert answers[None].status_code == 401, told
        assert answers["office"].status_code == expected, told
        assert answers["own"].status_code == (403 if office_only else 404 if short in NOT_SETTLED else expected), told
        if office_only or "{" in path:
            assert answers["other"].status_code == (403 if office_only else 404), told
        else:
            assert answers["other"].status_code == 200, told
            assert not any(name in answers["other"].text for name in (NUMBER, NEW, OWN_AGENCY)), told


def list_written(play: Play) -> dict[str, str]:
    """What stands in addresses, by the description's names: as it stood in the writes, and what they answered."""
    real: dict[str, str] = {}
    for sent in play.sent:
        method, path = sent.operation.split(" ")
        found = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path), httpx.URL(sent.request["url"]).path)
        assert found is not None, sent.operation
        for name, value in found.groupdict().items():
            real.setdefault(name, value)
        if (method, path) == ("POST", "/api/v1/classes/{number}/photos"):
            real["photo_id"] = sent.answer.json()["id"]
    return real | {
        "number": NEW,
        "agency_code": OWN_AGENCY,
        "session_id": "am",
        "sha256": hashlib.sha256(PORTRAIT).hexdigest(),
    }


def ask_as(play: Play, sent: Sent, who: str | None) -> httpx.Response:
    """The same request under another key."""
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    if who is not None:
        headers["Authorization"] = f"Bearer {play.house.keys[who]}"
    return play.again(sent, headers=headers)


def read_description(play: Play) -> dict[str, Any]:
    """As the API tells it."""
    told: dict[str, Any] = httpx.get(f"{play.url}/api/v1/openapi.json", headers=play.sent[0].request["headers"]).json()
    return told


def check_all_were_played(play: Play) -> None:
    """Every operation of the description that takes a key."""
    document = read_description(play)
    described = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ()))
    }
    unkeyed = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
        if method != "get"
    } - described
    assert unkeyed == {"POST /api/v1/classes/{number}/notices/preview"}  # writes nothing
    assert described - {each.operation for each in play.sent} == set()


def check_no_orphans(house: House) -> None:
    """After the sweeper, the store holds what records name and nothing else."""
    store, database = house.state.store, house.state.database
    sweep_store(database, store, "local:test", now=utc_now() + GRACE + timedelta(minutes=1))
    with database.reading() as tx:
        named = set(tx.scalars(select(EvidenceRow.sha256)))
    assert set(store.digests()) <= named
    assert list(store.digests())
