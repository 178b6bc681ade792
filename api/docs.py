"""The API's description: complete with scopes and errors, and its pages without anything from a CDN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, routing
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse

from api.auth import Need
from api.examples import show_examples
from api.problems import MEDIA_TYPE, PROBLEMS, Problem, describe_problem
from verifier.access import Caller

API_VERSION = "1.0"
router = APIRouter(include_in_schema=False)
# Swagger's page starts itself with a line of script of its own, and styles its elements itself.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "message", "detail", "errors", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(PROBLEMS)},
        "message": {"$ref": "#/components/schemas/InBothLanguages"},
        "detail": {"anyOf": [{"$ref": "#/components/schemas/InBothLanguages"}, {"type": "null"}]},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
        "request_id": {"type": "string"},
    },
}
IN_BOTH: dict[str, Any] = {
    "type": "object",
    "required": ["zh", "en"],
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
}
FIELD_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["path", "code", "message"],
    "properties": {
        "path": {"type": "string", "description": "JSON pointer; the first part is body, query, path or header."},
        "code": {"type": "string"},
        "message": {"$ref": "#/components/schemas/InBothLanguages"},
        "remedy": {"$ref": "#/components/schemas/InBothLanguages", "description": "Of a filing's faults: what to do."},
    },
}
# What every operation can be answered with, and what those that write can, that have a key, send a file, and so on.
ANYWHERE = frozenset({"malformed", "not_authenticated", "forbidden", "too_many_requests", "failure"})
OF_WRITES = frozenset({"csrf", "cross_site", "too_large", "invalid", "refused"})
OF_KEYS = frozenset({"key_reused", "conflict"})
OF_NAMES = frozenset({"not_found", "method_not_allowed", "invalid"})
OF_PARAMETERS: Mapping[str, frozenset[str]] = {
    "cursor": frozenset({"bad_cursor"}),
    "if-match": frozenset({"changed_meanwhile"}),
    "as_of": frozenset({"refused"}),
    "class": frozenset({"not_found"}),
    "agency": frozenset({"not_found"}),
}
CLASS = "/api/v1/classes/{number}"
OF_FILES = frozenset({"hash_mismatch", "store_unavailable"})


def describe_api(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of ``/api/v1``, with what every route needs and how every one can fail."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    schema = get_openapi(
        title=app.title, version=API_VERSION, routes=app.routes,
        description="Writes carry an Idempotency-Key; times are RFC 3339 with an offset; unknown fields are refused.",
    )  # fmt: skip
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    components |= {"Problem": PROBLEM_SCHEMA, "InBothLanguages": IN_BOTH, "FieldError": FIELD_ERROR}
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    for context in routing.iter_route_contexts(app.routes):
        need = find_need(context)
        if need is None or context.path not in schema["paths"]:
            continue
        for method in context.methods or ():
            _complete(schema["paths"][context.path][method.lower()], need, method.lower(), components)
    _name_headers(schema["paths"])
    show_examples(schema["paths"])
    app.openapi_schema = schema
    return schema


def find_need(context: Any) -> Need | None:
    """The scope that a route names, through whatever dependencies; None where it names none."""
    dependant = getattr(context, "dependant", None)
    waiting = [dependant] if dependant is not None else []
    while waiting:
        each = waiting.pop()
        call = each.call
        if isinstance(call, Need):
            return call
        if isinstance(getattr(call, "need", None), Need):
            found: Need = call.need
            return found
        waiting += each.dependencies
    return None


def _complete(operation: dict[str, Any], need: Need, method: str, components: dict[str, Any]) -> None:
    operation["x-required-scope"] = need.scope
    operation["x-office-only"] = need.office
    answers = operation["responses"]
    answers.pop("422", None)
    possible = list_codes(operation, need, method, components)
    for status in sorted({PROBLEMS[code][0] for code in possible}):
        codes = sorted(code for code in possible if PROBLEMS[code][0] == status)
        examples = {
            code: {
                "summary": PROBLEMS[code][1].text("en"),
                "value": describe_problem(Problem(code), "0f3a5c1e9b7d2846"),
            }
            for code in codes
        }
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}}
        answers[str(status)] = {"description": ", ".join(codes), "content": content}


def _name_headers(paths: dict[str, dict[str, Any]]) -> None:
    """Say which headers answers carry: the ETag of what can be changed, a kept answer's mark, when to come back."""
    for path, operations in paths.items():
        is_changed = any(_takes(each, "if-match") for each in operations.values()) or path.endswith("/filing")
        for method, operation in operations.items():
            # A class's ETag is its filing's, which is read at an address of its own.
            has_etag = _takes(operation, "if-match") or (method == "get" and is_changed and path != CLASS)
            named = {"ETag": "Send it back as If-Match."} if has_etag else {}
            named |= (
                {"Idempotency-Replayed": "`true` where this is a kept answer."}
                if _takes(operation, "idempotency-key")
                else {}
            )
            for status, answer in operation["responses"].items():
                if status == "429":
                    answer["headers"] = _describe_headers({"Retry-After": "Seconds."})
                elif status.startswith("2") and named:
                    answer["headers"] = _describe_headers(named)


def _describe_headers(named: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"description": what, "schema": {"type": "string"}} for name, what in named.items()}


def _takes(operation: dict[str, Any], header: str) -> bool:
    return any(each["in"] == "header" and each["name"].lower() == header for each in operation.get("parameters", ()))


def list_codes(operation: dict[str, Any], need: Need, method: str, components: dict[str, Any]) -> set[str]:
    """The codes of all problems that an operation can be answered with, by what it takes and gives.

    Tests compare every answer they get with it (`tests/api/described.py`).
    """
    found = set(ANYWHERE) | ({"office_only"} if need.office else set())
    parameters = {(each["in"], each["name"]) for each in operation.get("parameters", ())}
    found |= OF_NAMES if any(where == "path" for where, _ in parameters) else set()
    found |= {"invalid"} if parameters else set()
    for _, name in parameters:
        found |= OF_PARAMETERS.get(name, frozenset())
    found |= OF_WRITES if method != "get" else set()
    found |= OF_KEYS if ("header", "Idempotency-Key") in parameters else set()
    sent = operation.get("requestBody", {}).get("content", {})
    fields = {name for each in sent.values() for name in _list_fields(each["schema"], components)}
    if "multipart/form-data" in sent:
        found |= OF_FILES
    elif fields & {"evidence", "recording", "sha256"} and need.scope == "decisions":
        found |= {"evidence_missing", "store_unavailable"}
    found |= {"office_only"} if "received_at" in fields else set()
    found |= {"not_found"} if "class" in fields else set()
    given = operation["responses"].get("200", {}).get("content", {})
    if given and "application/json" not in given:
        found |= {"store_unavailable"}  # a picture or a document
    if {"$ref": "#/components/schemas/RegisteredOut"} in (each.get("schema") for each in given.values()):
        found |= {"filing_faults"}
    return found | set(operation.pop("x-problems", ()))


def _list_fields(schema: dict[str, Any], components: dict[str, Any]) -> set[str]:
    named: dict[str, Any] = components.get(schema.get("$ref", "").rpartition("/")[2], schema)
    return set(named.get("properties", ()))


@router.get("/api/v1/openapi.json")
def send_description(request: Request, _: Annotated[Caller, Depends(Need("read"))]) -> JSONResponse:
    """The description, for programs."""
    return JSONResponse(describe_api(request.app))


@router.get("/docs")
def show_docs(_: Annotated[Caller, Depends(Need("read"))]) -> HTMLResponse:
    """The description, for people; everything it needs comes from this server."""
    page = get_swagger_ui_html(
        openapi_url="/api/v1/openapi.json",
        title="Classroom evidence verifier: API",
        swagger_js_url="/static/docs/swagger-ui-bundle.js",
        swagger_css_url="/static/docs/swagger-ui.css",
        swagger_favicon_url="/static/pages/icon.svg",
    )
    page.headers["Content-Security-Policy"] = DOCS_POLICY
    return page
