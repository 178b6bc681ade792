"""Every operation of the description has a method of the client, which sends what the description asks for."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from tests.builders.shared import PROJECT
from verifier.client import VerifierClient

DOCUMENT = json.loads((PROJECT / "docs" / "openapi.json").read_text(encoding="utf-8"))
# Ways to use the others: the addresses that a caller names, uploads in two steps, waiting.
NO_OPERATION = {"close", "iterate", "read", "send_photo_direct", "wait_for"}
VALUES: dict[str, Any] = {
    "agency": "A1", "agency_code": "A1", "camera_id": "cam-1", "case_id": "c", "decision_id": "d", "delivery_id": "e",
    "draw_id": "w", "file": b"bytes", "job_id": "j", "name": "n", "notice_id": "o", "number": "YY/1", "photo_id": "p",
    "plan_id": "l", "record_id": "r", "sanction_id": "s", "session_id": "am", "sha256": "0" * 64, "student_no": "S01",
    "teacher_no": "T01", "urging_id": "u", "violation_id": "v", "year": 2023, "after": 0, "limit": 5, "reveal": True,
    "seed": "s", "why": "because", "verdict": "confirm", "session": "am", "view": "front", "plan": "0" * 36, "by": "li",
    "received_at": "2023-06-12T09:30:00+08:00", "url": "https://a.example", "events": ["case.opened"], "secret": "s" * 32,
    "since": "2023-06-12", "until": "2023-06-12", "as_of": "2023-06-12", "approved_on": "2023-06-12", "size_bytes": 5,
    "actor": "client:a", "outcome": "failed", "state": "proposed", "only": "dead", "key": "a-key-of-ours", "etag": '"e"',
}  # fmt: skip
FORMATS = {
    "date": "2023-06-12", "date-time": "2023-06-12T09:30:00+08:00", "time": "08:30:00",
    "uuid": "00000000-0000-0000-0000-000000000001",
}  # fmt: skip


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name] if name else schema
    return found


def make_example(schema: dict[str, Any], *, whole: bool) -> Any:
    """A value that fits; `whole` with all that may be left out."""
    schema = resolve(schema)
    if "examples" in schema:
        return schema["examples"][0]
    if "anyOf" in schema:
        return make_example(schema["anyOf"][0], whole=whole)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("properties", {}) if whole else schema.get("required", ())
        return {name: make_example(schema["properties"][name], whole=whole) for name in wanted}
    if kind == "array":
        return [make_example(schema["items"], whole=whole)] * max(schema.get("minItems", 0), 1 if whole else 0)
    if kind == "string":
        return FORMATS[schema["format"]] if "format" in schema else make_text(schema)
    return {"integer": 1, "number": 1.5, "boolean": True}.get(str(kind))


def make_text(schema: dict[str, Any]) -> str:
    """The first of a few texts that is long enough and of the pattern."""
    longest = max(schema.get("minLength", 1), 1)
    candidates = ("x" * longest, "0" * longest, "0" * 64)
    return next(each for each in candidates if re.search(schema.get("pattern", ""), each))


class Described(httpx.BaseTransport):
    """The API as it is described: refuses what is not, answers by example, and remembers which operations were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer with the operation's own example."""
        path, body = request.url.raw_path.decode().partition("?")[0], request.read()
        pattern, operation = find_operation(request.method, path)
        self.asked.append(f"{request.method} {pattern}")
        parameters = {(each["in"], each["name"]): each for each in operation.get("parameters", ())}
        for name in request.url.params:
            assert ("query", name) in parameters, (pattern, name)
        needs_key = ("header", "Idempotency-Key") in parameters
        assert ("idempotency-key" in request.headers) == needs_key, pattern
        assert "if-match" not in request.headers or ("header", "if-match") in parameters, pattern
        check_body(operation, request, body)
        status, answer = next((code, each) for code, each in operation["responses"].items() if code.startswith("2"))
        kind, content = next(iter(answer["content"].items()))
        if kind != "application/json":
            return httpx.Response(int(status), content=b"bytes", request=request)
        example = make_example(content["schema"], whole=True)
        example |= {"next": None} if "next" in example else {}
        return httpx.Response(int(status), json=example, headers={"ETag": '"e"'}, request=request)


def find_operation(method: str, path: str) -> tuple[str, dict[str, Any]]:
    for pattern in sorted(DOCUMENT["paths"], key=lambda each: each.count("{")):
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", pattern), path) and method.lower() in DOCUMENT["paths"][pattern]:
            return pattern, DOCUMENT["paths"][pattern][method.lower()]
    raise AssertionError(f"{method} {path} stands nowhere in the description")


def check_body(operation: dict[str, Any], request: httpx.Request, body: bytes) -> None:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        schema = content["application/json"]["schema"] | {"components": DOCUMENT["components"]}
        jsonschema_rs.validator_for(schema).validate(json.loads(body))
    elif "multipart/form-data" in content:
        fields = set(re.findall(rb'; name="(\w+)"', body))
        assert b"file" in fields
        assert {each.decode() for each in fields} <= set(content["multipart/form-data"]["schema"]["properties"])
    else:
        assert body == b"", (request.method, request.url)


def list_methods() -> Iterator[str]:
    for name, _ in inspect.getmembers(VerifierClient, inspect.isfunction):
        if not name.startswith("_") and name not in NO_OPERATION:
            yield name


def call(client: VerifierClient, name: str, tmp_path: Path, *, whole: bool) -> None:
    """Call a method, `whole` with everything that may be left out."""
    method = getattr(client, name)
    given: dict[str, Any] = {}
    for parameter in inspect.signature(method).parameters.values():
        if parameter.default is not inspect.Parameter.empty and not whole:
            continue
        if parameter.name == "target":
            given["target"] = tmp_path / "archive.zip"
        elif parameter.name in VALUES and parameter.name not in find_shaped(method):
            given[parameter.name] = VALUES[parameter.name]
        else:
            given[parameter.name] = make_body(parameter, whole=whole)
    found = method(**given)
    if inspect.isgenerator(found):
        list(found)


def find_shaped(method: Any) -> set[str]:
    """Parameters that take a typed dictionary of the description, or several."""
    return {name for name, kind in method.__annotations__.items() if "bodies." in kind}


def make_body(parameter: inspect.Parameter, *, whole: bool) -> Any:
    (name,) = re.findall(r"bodies\.(\w+)", str(parameter.annotation))
    body = make_example({"$ref": f"#/components/schemas/{name}"}, whole=whole)
    return [body] if "Sequence[" in str(parameter.annotation) else body


@pytest.mark.parametrize("whole", [False, True], ids=["what is needed", "everything"])
def test_the_methods_reach_every_operation_and_send_what_it_takes(tmp_path: Path, whole: bool):
    described = {f"{method.upper()} {path}" for path, each in DOCUMENT["paths"].items() for method in each}
    network = Described()
    with VerifierClient("http://api.example", "key", transport=network) as client:
        for name in list_methods():
            before = len(network.asked)
            call(client, name, tmp_path, whole=whole)
            assert len(network.asked) == before + 1, f"{name} asks once"
    assert described - set(network.asked) == set(), "operations without a method"
    assert sorted(set(network.asked)) == sorted(network.asked), "operations with several methods"
