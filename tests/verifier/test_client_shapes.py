"""The client's types are those of the description, docs/openapi.json, under the same names.

After a change of the API: `python -m tests.verifier.test_client_shapes` writes them anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.builders.shared import PROJECT

AGREED = PROJECT / "docs" / "openapi.json"
RENEW = "python -m tests.verifier.test_client_shapes"
FILES = {
    "bodies": ("What is sent to the API", lambda name: name.endswith("In")),
    "answers": ("What the API answers", lambda name: name.endswith("Out")),
}
HEAD = '''"""{what}, under the names of docs/openapi.json. Written by {renew}."""

# fmt: off
from __future__ import annotations

from typing import {names}
'''
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def write_shapes(what: str, document: dict[str, Any]) -> str:
    """One module's text."""
    told, wanted = FILES[what]
    schemas = document["components"]["schemas"]
    shapes = ["\n".join(write_shape(name, schemas[name], schemas)) for name in sorted(schemas) if wanted(name)]
    text = "\n\n".join(shapes)
    names = [each for each in ("Any", "Literal", "NotRequired", "TypedDict") if re.search(rf"\b{each}\b", text)]
    return HEAD.format(what=told, renew=f"`{RENEW}`", names=", ".join(names)) + "\n\n" + text + "\n"


def write_shape(name: str, schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    """A class, or where a field is named as one of Python's own words, what makes one."""
    required = schema.get("required", [])
    fields = {
        field: (each if field in required else f"NotRequired[{each}]")
        for field, each in ((field, name_type(value, schemas)) for field, value in schema["properties"].items())
    }
    if "class" in fields:
        yield f'{name} = TypedDict("{name}", {{'
        for field, kind in fields.items():
            yield f'    "{field}": {quote(kind)},'
        yield "})"
        yield f'"""{schema["description"].splitlines()[0]}"""'
    else:
        yield f"class {name}(TypedDict):"
        yield f'    """{schema["description"].splitlines()[0]}"""'
        yield ""
        yield from (f"    {field}: {kind}" for field, kind in fields.items())


def quote(kind: str) -> str:
    """As a text, since what stands there may be defined further down."""
    inner = kind.removeprefix("NotRequired[")
    if inner != kind:
        return f"NotRequired[{json.dumps(inner[:-1])}]".replace('\\"', "'")
    return json.dumps(kind).replace('\\"', "'")


def name_type(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """A schema as Python's type; what may hold anything is Any."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return name if name.endswith(("In", "Out")) else name_type(schemas[name], schemas)
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(name_type(each, schemas) for each in schema["anyOf"]))
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(each, ensure_ascii=False) for each in schema['enum'])}]"
    if schema.get("type") == "array":
        return f"list[{name_type(schema['items'], schemas)}]"
    if schema.get("type") == "object":
        return f"dict[str, {name_type(schema.get('additionalProperties', {}), schemas)}]"
    return PLAIN.get(schema.get("type", ""), "Any")


@pytest.mark.parametrize("what", sorted(FILES))
def test_the_types_are_those_of_the_description(what: str):
    written = (PROJECT / "verifier" / "client" / f"{what}.py").read_text(encoding="utf-8")
    assert written == write_shapes(what, json.loads(AGREED.read_text(encoding="utf-8"))), f"renew: {RENEW}"


if __name__ == "__main__":
    for what in FILES:
        path = PROJECT / "verifier" / "client" / f"{what}.py"
        path.write_text(write_shapes(what, json.loads(AGREED.read_text(encoding="utf-8"))), encoding="utf-8")
        print(path)
