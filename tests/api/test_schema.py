"""The whole API under schemathesis: whatever is sent, by whomever, nothing fails on our side, and every answer is described."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.api.people import House, a_house, a_key

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

# Of sound requests, and as many of unsound ones, for every operation. Who is nobody is refused before anything is read.
EXAMPLES = {"office": 4, "own": 2, None: 1}
DESCRIPTION = "/api/v1/openapi.json"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("schema"), requests_per_minute=10_000_000, public_hosts="testserver")
    yield made
    made.state.close()


@pytest.mark.parametrize("who", ["office", "own", None])
def test_nothing_that_is_sent_makes_us_fail(house: House, who: str | None):
    """All answers' status, media type and shape stand in the description."""
    from schemathesis import GenerationMode
    from schemathesis.checks import CHECKS, load_all_checks, not_a_server_error

    load_all_checks()
    described = ("content_type_conformance", "response_schema_conformance", "status_code_conformance")
    office = {"Authorization": f"Bearer {house.keys['office']}"}
    headers = {"Authorization": f"Bearer {house.keys[who]}"} if who else {"Authorization": "Bearer nobody"}
    checks = [not_a_server_error, *CHECKS.get_by_names(described)]
    schema = schemathesis.openapi.from_asgi(DESCRIPTION, house.app, headers=office)
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @settings(max_examples=EXAMPLES[who], deadline=None, database=None, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy(generation_mode=mode))
            def send(case: Any) -> None:
                nonlocal asked
                asked += 1
                response = case.call(headers=headers | a_key())
                case.validate_response(response, checks=checks)
                assert who is not None or response.status_code in (401, 405, 413), response.status_code

            send()
    assert asked > 100
