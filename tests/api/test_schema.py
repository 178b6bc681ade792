"""The whole API under schemathesis: whatever is sent, by whomever, nothing fails on our side, and every answer is described.

``VERIFIER_SCHEMA_EXAMPLES=40`` sends that many sound and as many unsound requests of every operation, each under everybody's key.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.described import check_described
from tests.api.matters import NUMBER, Accused, an_accused_class
from tests.api.people import OTHER, OTHER_AGENCY, a_key
from tests.api.test_access import VALUES

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

EXAMPLES = int(os.environ.get("VERIFIER_SCHEMA_EXAMPLES", "2"))
# Nobody, an agency's program, one that files for the city, and one that may do everything.
CALLERS = (None, "own", "filer", "office")
DESCRIPTION = "/api/v1/openapi.json"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def accused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accused]:
    made = an_accused_class(tmp_path_factory.mktemp("schema"))
    yield made
    made.house.state.close()


def list_real(accused: Accused) -> dict[str, list[str]]:
    """What stands in paths and bodies, where it exists: else hardly a request gets past what is not found."""
    training = accused.facts.training
    real = {name: [value] for name, value in VALUES.items()}
    real |= {
        "number": [NUMBER, OTHER], "session_id": [training.sessions[0].id], "by": ["chief", "inspector"],
        "student_no": [training.students[0].student_no], "agency_code": [training.agency.code, OTHER_AGENCY],
        "violation_id": [accused.matter("violations")["id"]],
    }  # fmt: skip
    return real


def make_real(case: Any, real: dict[str, list[str]], draw: Any) -> None:
    """Put what exists where the description asks for it."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = draw(st.sampled_from(real[name]))
    if isinstance(case.query, dict) and "class" in case.query:
        case.query["class"] = draw(st.sampled_from(real["number"]))
    if isinstance(case.body, dict):
        for field, name in (("by", "by"), ("class", "number"), ("student_no", "student_no")):
            if isinstance(case.body.get(field), str):
                case.body[field] = draw(st.sampled_from(real[name]))
        if "violations" in case.body:
            case.body["violations"] = real["violation_id"]


@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
def test_nothing_that_is_sent_makes_us_fail(accused: Accused, mode: str):
    """All answers' status, media type, code and shape stand in the description."""
    from schemathesis import GenerationMode
    from schemathesis.checks import CHECKS, load_all_checks, not_a_server_error

    load_all_checks()
    house, real = accused.house, list_real(accused)
    described = ("content_type_conformance", "response_schema_conformance", "status_code_conformance")
    checks = [not_a_server_error, *CHECKS.get_by_names(described)]
    headers = {who: {"Authorization": f"Bearer {house.keys[who]}" if who else "Bearer nobody"} for who in CALLERS}
    schema = schemathesis.openapi.from_asgi(DESCRIPTION, house.app, headers=headers["office"])
    answers: Counter[tuple[str | None, int]] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=GenerationMode[mode]), data=st.data())
        def send(case: Any, data: st.DataObject) -> None:
            if data.draw(st.booleans()):
                make_real(case, real, data.draw)
            for who in CALLERS:
                response = case.call(headers=headers[who] | a_key())
                case.validate_response(response, checks=checks)
                sent = [(name, value) for name, values in response.headers.items() for value in values]
                check_described(
                    house.app, case.method, case.path,
                    httpx.Response(response.status_code, headers=sent, content=response.content),
                )  # fmt: skip
                answers[who, response.status_code] += 1
                assert who is not None or response.status_code in (401, 405, 413), response.status_code

        send()
    print(f"{mode}: {sum(answers.values())} requests", dict(sorted(answers.items(), key=str)))
    assert {who for who, _ in answers} == set(CALLERS)
    assert answers["office", 200] > 0
