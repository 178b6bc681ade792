"""A maker's service over real HTTP: sound answers, unsound ones, one that hangs; what is kept, and what is asked again."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from pydantic import ValidationError

from tests.builders.looks import a_field, a_look, a_stamp
from tests.builders.plan import a_class_file, a_digest, a_submission, a_time, a_training_class
from tests.verifier.records.conftest import KEY, database, migrated_file, migrated_postgres  # noqa: F401 - fixtures
from verifier.asking_makers import HttpAuthority, ask_about_new_codes, read_code_answers, read_code_uses
from verifier.observation import Look
from verifier.photo.context import CodeState
from verifier.photo.look_json import look_to_json
from verifier.records.database import Database
from verifier.records.filing import save_class_file
from verifier.records.looks import save_look
from verifier.records.submissions import save_submissions
from verifier.settings import Settings

KNOWN = {"known": True, "taken_at": "2023-06-12T09:12:00+08:00", "longitude": 112.35, "latitude": 28.57}


class Service(ThreadingHTTPServer):
    """Answers each code as told: a JSON value, a status, ``hang`` (says nothing) or ``drip`` (a byte now and then)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, str]] = []
        self.tokens: set[str | None] = set()
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/ask"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        service = self.server
        assert isinstance(service, Service)
        asked = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        code = asked["code"][0]
        service.asked.append((code, asked["app"][0]))
        service.tokens.add(self.headers.get("Authorization"))
        answer = service.answers.get(code, 404)
        if answer == "hang":
            service.closing.wait(20)
            return
        self.send_response(answer if isinstance(answer, int) else 200)
        self.end_headers()
        if answer == "drip":
            while not service.closing.wait(0.1):
                self.wfile.write(b" ")
                self.wfile.flush()
        elif not isinstance(answer, int):
            self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Be quiet."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param(KNOWN, CodeState.KNOWN, id="known"),
        pytest.param({"known": True}, CodeState.KNOWN, id="known, and no more"),
        pytest.param({"known": False}, CodeState.UNKNOWN, id="unknown"),
        pytest.param(404, CodeState.UNKNOWN, id="not found"),
        pytest.param(500, CodeState.COULD_NOT_ASK, id="broken"),
        pytest.param(401, CodeState.COULD_NOT_ASK, id="not allowed"),
        pytest.param(b"<html>", CodeState.COULD_NOT_ASK, id="a login page"),
        pytest.param([], CodeState.COULD_NOT_ASK, id="no object"),
        pytest.param({"known": "yes"}, CodeState.COULD_NOT_ASK, id="a word for a truth"),
        pytest.param({**KNOWN, "taken_at": "2023-06-12T09:12:00"}, CodeState.COULD_NOT_ASK, id="no offset"),
        pytest.param({**KNOWN, "latitude": 112.0}, CodeState.COULD_NOT_ASK, id="a latitude over 90"),
        pytest.param(b" " * 70_000, CodeState.COULD_NOT_ASK, id="too long"),
    ],
)
def test_every_answer_has_a_meaning(service: Service, answer: Any, state: CodeState) -> None:
    service.answers["W7K3M9Q2PX"] = answer
    found = HttpAuthority(service.url, 5.0, "top-secret").ask("W7K3M9Q2PX", "今日水印相机")
    assert found.state is state
    assert service.asked == [("W7K3M9Q2PX", "今日水印相机")]
    assert service.tokens == {"Bearer top-secret"}
    if answer is KNOWN:
        assert (found.taken_at, found.longitude, found.latitude) == (a_time("09:12"), 112.35, 28.57)


@pytest.mark.parametrize("answer", ["hang", "drip"])
def test_a_service_that_does_not_finish_is_left(service: Service, answer: str) -> None:
    service.answers["A"] = answer
    started = time.monotonic()
    assert HttpAuthority(service.url, 0.5).ask("A", None).state is CodeState.COULD_NOT_ASK
    assert time.monotonic() - started < 3


def test_nobody_there_is_could_not_ask_and_the_name_holds_no_secret() -> None:
    authority = HttpAuthority("http://clerk:hunter2@127.0.0.1:1/ask?key=1", 1.0)
    assert authority.ask("A", None).state is CodeState.COULD_NOT_ASK
    assert authority.name == "http://127.0.0.1:1/ask"


ONE, OTHER, UNSURE = (a_submission(f"photos/{name}.jpg", sha256=a_digest(name)) for name in ("one", "other", "unsure"))


def a_coded_look(sha256: str, code: str, clock: str, sure: float = 0.99) -> Look:
    stamp = a_stamp(clock, code=a_field(code, sure), app="Timemark")
    return a_look(sha256=sha256, stamps=(stamp,), faces=())


@pytest.fixture
def looks(database: Database) -> dict[str, Look]:  # noqa: F811 - the fixture
    """Two classes whose photos show one code, one of them beside another stamp's; a third photo's was read with doubt."""
    coded = a_coded_look(ONE.sha256, "W7K0M9Q2PXAB1D", "09:12")
    found = {
        ONE.sha256: replace(coded, stamps=(*coded.stamps, *a_coded_look("", "SECOND22345678", "09:13").stamps)),
        OTHER.sha256: a_coded_look(OTHER.sha256, "W7K0M9Q2PXAB1D", "10:30"),
        UNSURE.sha256: a_coded_look(UNSURE.sha256, "W7K0M9Q2PXAB1D", "11:00", 0.89),
    }
    with database.transaction() as tx:
        for number, submissions in (("C-1", [ONE, UNSURE]), ("C-2", [OTHER])):
            save_class_file(tx, a_class_file(a_training_class(number)))
            save_submissions(tx, number, submissions)
        for sha256, look in found.items():
            save_look(tx, sha256, "v1", look_to_json(look), np.zeros((0, 0), np.float32), "")
    return found


@pytest.mark.usefixtures("looks")
def test_one_code_in_two_classes_is_found_and_a_doubtful_reading_is_not(
    database: Database,  # noqa: F811 - the fixture
) -> None:
    with database.reading() as tx:
        (use,) = read_code_uses(tx, "C-1", [ONE, UNSURE], "v1")[ONE]
        assert (use.class_number, use.file, use.received_first) == ("C-2", "photos/other.jpg", False)
        assert use.taken_at is not None
        assert use.taken_at.isoformat() == "2023-06-12T10:30:00"
        (back,) = read_code_uses(tx, "C-2", [OTHER], "v1")[OTHER]
        assert (back.class_number, back.received_first) == ("C-1", True)
        assert read_code_uses(tx, "C-1", [ONE, UNSURE], "v2") == {}


@pytest.mark.usefixtures("looks")
def test_a_code_read_once_with_o_and_once_with_0_is_one_code(
    database: Database,  # noqa: F811 - the fixture
) -> None:
    """Each photo is told its own reading; a code that differs in another letter is another one."""
    own = "W7K0M9Q2PXAB1D"
    for version, alike, uses in (("v2", "W7KOM9Q2PXABID", 1), ("v3", "W7KQM9Q2PXAB1D", 0)):
        with database.transaction() as tx:
            for look in (a_coded_look(ONE.sha256, own, "09:12"), a_coded_look(OTHER.sha256, alike, "10:30")):
                save_look(tx, look.sha256, version, look_to_json(look), np.zeros((0, 0), np.float32), "")
        with database.reading() as tx:
            found = read_code_uses(tx, "C-1", [ONE, UNSURE], version).get(ONE, ())
            back = read_code_uses(tx, "C-2", [OTHER], version).get(OTHER, ())
        assert [use.code for use in found] == [own] * uses
        assert [use.code for use in back] == [alike] * uses
        assert [use.taken_at and use.taken_at.isoformat() for use in found] == ["2023-06-12T10:30:00"] * uses


def test_every_code_is_asked_about_once_and_again_where_nobody_answered(
    database: Database, looks: dict[str, Look], service: Service  # noqa: F811 - the fixture
) -> None:  # fmt: skip
    url = database.engine.url.render_as_string(hide_password=False)
    key = base64.b64encode(KEY).decode()
    settings = Settings(database_url=url, data_key=key, stamp_authority_url=service.url, stamp_authority_timeout_s=1)
    name = HttpAuthority(service.url, 1).name
    assert ask_about_new_codes(Settings(database_url=url, data_key=key), database, "v1") == 0
    service.answers |= {"W7K0M9Q2PXAB1D": 500, "SECOND22345678": 500}
    assert ask_about_new_codes(settings, database, "v1") == 0
    with database.reading() as tx:
        answers = read_code_answers(tx, [ONE, UNSURE], looks, name)
        assert {
            (each.file, code): answer.state for each, of_it in answers.items() for code, answer in of_it.items()
        } == {
            (ONE.file, "W7K0M9Q2PXAB1D"): CodeState.COULD_NOT_ASK,
            (ONE.file, "SECOND22345678"): CodeState.COULD_NOT_ASK,
        }
    service.answers |= {"W7K0M9Q2PXAB1D": KNOWN, "SECOND22345678": {"known": True}}
    assert ask_about_new_codes(settings, database, "v1") == 2
    assert ask_about_new_codes(settings, database, "v1") == 0
    assert service.asked == [("SECOND22345678", "Timemark"), ("W7K0M9Q2PXAB1D", "Timemark")] * 2
    with database.reading() as tx:
        (answers,) = read_code_answers(tx, [ONE, UNSURE], looks, name).values()
        assert {code: answer.state for code, answer in answers.items()} == dict.fromkeys(answers, CodeState.KNOWN)
        assert answers["W7K0M9Q2PXAB1D"].taken_at == a_time("09:12")
        assert read_code_answers(tx, [ONE], looks, None) == {}


def test_only_a_web_address_can_be_asked() -> None:
    with pytest.raises(ValidationError, match="https://codes"):
        Settings(stamp_authority_url="codes.example")
