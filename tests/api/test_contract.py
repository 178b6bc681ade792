"""Nothing that programs rely on goes away unnoticed: the API against the description that was last agreed, docs/openapi.json.

What is added is compatible. After an intended change: `python -m tests.api.test_contract` writes the file anew; a change that
breaks callers also needs a new `/api/v2`, or their consent.
"""

from __future__ import annotations

import ast
import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from api.docs import describe_api
from api.examples import EXAMPLES
from api.problems import PROBLEMS
from api.server import create_app
from tests.builders.shared import PROJECT
from verifier.settings import Settings

AGREED = PROJECT / "docs" / "openapi.json"
RENEW = "python -m tests.api.test_contract"
METHODS = ("get", "put", "post", "delete", "patch")


def describe() -> dict[str, Any]:
    """The API as it is now, as JSON has it."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(workspace=Path(folder)))
        described: dict[str, Any] = json.loads(json.dumps(describe_api(app)))
        app.state.shared.close()
    return described


def find_breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Everything that a program written for the old description could stumble over in the new one."""
    found = []
    for path, methods in old["paths"].items():
        for method in METHODS:
            if method not in methods:
                continue
            where = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                found.append(f"{where}: gone")
            else:
                found += [f"{where}: {each}" for each in _compare_operation(methods[method], now, old, new)]
    return found


def _compare_operation(
    old: dict[str, Any], new: dict[str, Any], old_all: dict[str, Any], new_all: dict[str, Any]
) -> Iterator[str]:
    for key in ("x-required-scope", "x-office-only"):
        if old.get(key) != new.get(key) and not (key == "x-office-only" and old.get(key)):
            yield f"{key} was {old.get(key)}, is {new.get(key)}"
    known = {(each["in"], each["name"]): each for each in old.get("parameters", ())}
    now = {(each["in"], each["name"]): each for each in new.get("parameters", ())}
    for where, name in known.keys() - now.keys():
        yield f"{where} parameter {name} is gone"
    for key, each in now.items():
        if each.get("required") and not known.get(key, {}).get("required"):
            yield f"{key[0]} parameter {key[1]} is required now"
    for status in old["responses"].keys() - new["responses"].keys():
        if status.startswith("2"):
            yield f"is answered with {status} no more"
    for status, answer in old["responses"].items():
        if status.startswith("2") and status in new["responses"]:
            before, after = _schema_of(answer), _schema_of(new["responses"][status])
            yield from _compare_shape(f"answer {status}", before, after, old_all, new_all, is_answer=True, seen=())
    before, after = _schema_of(old.get("requestBody", {})), _schema_of(new.get("requestBody", {}))
    yield from _compare_shape("body", before, after, old_all, new_all, is_answer=False, seen=())


def _schema_of(holder: dict[str, Any]) -> dict[str, Any]:
    content = holder.get("content", {})
    schema: dict[str, Any] = next(iter(content.values()), {}).get("schema", {})
    return schema


def _compare_shape(
    where: str, old: dict[str, Any], new: dict[str, Any], old_all: dict[str, Any], new_all: dict[str, Any], *,
    is_answer: bool, seen: tuple[str, ...],
) -> Iterator[str]:  # fmt: skip
    """Fields that are gone or of another type; in what is sent, also those that are required now and words no longer taken."""
    if old.get("$ref", "") in seen:
        return
    seen = (*seen, old["$ref"]) if "$ref" in old else seen
    old, new = _follow(old, old_all), _follow(new, new_all)
    if "type" in old and "type" in new and old["type"] != new["type"]:
        yield f"{where} was {old['type']}, is {new['type']}"
        return
    if not is_answer and "enum" in old:
        for word in set(old["enum"]) - set(new.get("enum", old["enum"])):
            yield f"{where}: {word!r} is not taken any more"
    fields, now = old.get("properties", {}), new.get("properties", {})
    for name, field in fields.items():
        if name in now:
            yield from _compare_shape(
                f"{where}.{name}", field, now[name], old_all, new_all, is_answer=is_answer, seen=seen
            )
        else:
            yield f"{where}.{name} is gone"
    if not is_answer:
        for name in set(new.get("required", ())) - set(old.get("required", ())):
            yield f"{where}.{name} is required now"
    if "items" in old and "items" in new:
        yield from _compare_shape(
            f"{where}[]", old["items"], new["items"], old_all, new_all, is_answer=is_answer, seen=seen
        )


def _follow(schema: dict[str, Any], all_of_it: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = all_of_it["components"]["schemas"].get(name, schema) if name else schema
    return found


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return describe()


def test_nothing_that_was_agreed_is_broken(described: dict[str, Any]):
    breaks = find_breaks(json.loads(AGREED.read_text(encoding="utf-8")), described)
    assert breaks == [], "\n".join([*breaks, f"If this is meant: {RENEW}"])


def test_what_is_added_stands_in_the_agreed_description_too(described: dict[str, Any]):
    """An addition breaks nobody; it is only to be written down, for the client's types and the next comparison."""
    added = find_breaks(described, json.loads(AGREED.read_text(encoding="utf-8")))
    assert added == [], "\n".join(["new, or otherwise than agreed:", *added, RENEW])


def test_every_problem_that_the_code_raises_is_described_where_it_can_arise(described: dict[str, Any]):
    """Which of them each operation really answers is compared with every answer that any test gets (`described.py`)."""
    raised = {
        node.args[0].value
        for file in (PROJECT / "api").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem" and node.args
        if isinstance(node.args[0], ast.Constant)
    }
    operations = [each for methods in described["paths"].values() for each in methods.values()]
    told = [
        set(answer["content"]["application/problem+json"]["examples"])
        for operation in operations
        for status, answer in operation["responses"].items()
        if status.startswith(("4", "5"))
    ]
    assert raised <= set(PROBLEMS)
    assert set().union(*told) == set(PROBLEMS)


def test_every_body_is_shown_by_an_example_that_fits_it(described: dict[str, Any]):
    shown = set()
    for operations in described["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None:
                schema = content["schema"] | {"components": described["components"]}
                jsonschema_rs.validator_for(schema, validate_formats=True).validate(content["example"])
                shown.add(content["schema"]["$ref"].rpartition("/")[2])
    assert shown == set(EXAMPLES)


def _drop_path(described: dict[str, Any]) -> None:
    del described["paths"]["/api/v1/classes"]


def _drop_field(described: dict[str, Any]) -> None:
    del described["components"]["schemas"]["HandedInOut"]["properties"]["sha256"]


def _change_scope(described: dict[str, Any]) -> None:
    described["paths"]["/api/v1/classes"]["get"]["x-required-scope"] = "admin"


def _require_field(described: dict[str, Any]) -> None:
    described["components"]["schemas"]["SignInIn"]["required"].append("device")


def _change_type(described: dict[str, Any]) -> None:
    described["components"]["schemas"]["HandedInOut"]["properties"]["size_bytes"]["type"] = "string"


def _drop_parameter(described: dict[str, Any]) -> None:
    described["paths"]["/api/v1/classes"]["get"]["parameters"].clear()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_drop_path, "GET /api/v1/classes: gone"),
        (_drop_field, "answer 201.sha256 is gone"),
        (_change_scope, "x-required-scope was read, is admin"),
        (_require_field, "body.sign_ins[].device is required now"),
        (_change_type, "answer 201.size_bytes was integer, is string"),
        (_drop_parameter, "query parameter cursor is gone"),
    ],
)
def test_each_kind_of_break_is_told(described: dict[str, Any], change: Any, told: str):
    changed = copy.deepcopy(described)
    change(changed)
    assert find_breaks(described, described) == []
    assert [each for each in find_breaks(described, changed) if told in each]
    assert find_breaks(changed, changed) == []


if __name__ == "__main__":
    AGREED.write_text(json.dumps(describe(), ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(AGREED)
