"""Whether an answer is what the description says: a problem's code by its operation, and no field that stands nowhere."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from api.docs import describe_api

PROBLEM = "application/problem+json"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
HAS_OFFSET = re.compile(r"(Z|[+-]\d\d:\d\d)$")
_DESCRIPTIONS: list[dict[str, Any]] = []
# As a camera wrote it into its file, which names no zone; so may what a finding measured.
WITHOUT_OFFSET = {"/items[]/camera/taken_at", "/camera/taken_at"}


def check_answer(app: Any, response: Any) -> None:
    """Compare an answer with the description, where its address is one of the API's."""
    path = response.request.url.path
    if path.startswith("/api/v1/"):
        response.read()
        pattern = find_pattern(tuple(describe_once(app)["paths"]), path)
        if pattern is not None:
            check_described(app, response.request.method, pattern, response)


def describe_once(app: Any) -> dict[str, Any]:
    """The description, which is the same for all applications, made once a process: that takes half a second."""
    if not _DESCRIPTIONS:
        _DESCRIPTIONS.append(describe_api(app))
    return _DESCRIPTIONS[0]


@lru_cache(maxsize=10_000)
def find_pattern(patterns: tuple[str, ...], path: str) -> str | None:
    """The description's pattern of an address: the one with the fewest parameters that fits."""
    by_parameters = sorted(patterns, key=lambda pattern: pattern.count("{"))
    return next((each for each in by_parameters if re.fullmatch(re.sub(r"{\w+}", "[^/]+", each), path)), None)


def check_described(app: Any, method: str, path: str, response: Any) -> None:
    """Compare an answer with its operation in the description; `path` is the pattern, as it stands there."""
    document = describe_once(app)
    operation = document["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return
    told = operation["responses"].get(str(response.status_code))
    where = (method, path, response.status_code)
    assert told is not None, (where, response.text[:300])
    if told.keys() <= {"description", "headers"}:
        return  # a redirection, without a body
    kind = response.headers.get("content-type", "").partition(";")[0]
    assert kind in told["content"], (where, kind)
    if kind == PROBLEM:
        assert response.json()["code"] in told["content"][kind]["examples"], (where, response.json()["code"])
    if "ETag" in told.get("headers", {}):
        assert "etag" in response.headers, where
    if response.status_code == 429:
        assert response.headers["retry-after"].isdigit(), where
    if kind.endswith("json"):
        vague = [place for place, moment in find_moments(response.json()) if not HAS_OFFSET.search(moment)]
        assert [place for place in vague if place not in WITHOUT_OFFSET and "/measured/" not in place] == [], where
        unknown = list(find_unknown(response.json(), told["content"][kind]["schema"], document, ""))
        assert unknown == [], (where, unknown)


def find_unknown(value: Any, schema: dict[str, Any], document: dict[str, Any], where: str) -> list[str]:
    """Fields of a JSON answer that its schema does not name; where it maps names to values, any name is known."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        found = [find_unknown(value, each, document, where) for each in schema["anyOf"] if fits(value, each)]
        return min(found, key=len, default=[])
    if isinstance(value, list):
        return [each for item in value for each in find_unknown(item, schema.get("items", {}), document, f"{where}[]")]
    if not isinstance(value, dict) or not ("properties" in schema or "additionalProperties" in schema):
        return []
    unknown = []
    known, any_other = schema.get("properties", {}), schema.get("additionalProperties")
    for name, each in value.items():
        if name in known:
            unknown += find_unknown(each, known[name], document, f"{where}/{name}")
        elif "properties" in schema:
            unknown.append(f"{where}/{name}")
        elif isinstance(any_other, dict):
            unknown += find_unknown(each, any_other, document, f"{where}/*")
    return unknown


def find_moments(value: Any, where: str = "") -> list[tuple[str, str]]:
    """Every text of an answer that is a moment, with where it stands."""
    if isinstance(value, list):
        return [each for item in value for each in find_moments(item, f"{where}[]")]
    if isinstance(value, dict):
        return [each for name, item in value.items() for each in find_moments(item, f"{where}/{name}")]
    return [(where, value)] if isinstance(value, str) and MOMENT.match(value) else []


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a schema of several can be meant: null is told by its type, the rest by theirs."""
    return (value is None) == (schema.get("type") == "null")
