"""One envelope for everything that goes wrong under /api: application/problem+json (RFC 9457) with a code that stays.

``code`` is what a program reads, and never changes; the two messages are for people. Nothing of the request's values is
repeated: they may be ID numbers or passwords.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.headers import add_headers
from verifier.evidence import EvidenceError, EvidenceMissing
from verifier.language import Sentence, say
from verifier.records.decisions import DecisionError
from verifier.records.errors import ForeignClassError, NotInRecordsError, PlanError
from verifier.records.kept_answers import KeyReusedError
from verifier.records.office import RefusedError
from verifier.regulation.decisions import DecisionRefusedError

log = structlog.get_logger()
MEDIA_TYPE = "application/problem+json"

# code → HTTP status and sentence. Codes are stored in others' programs: add some, rename none.
PROBLEMS: Mapping[str, tuple[int, Sentence]] = {
    "malformed": (400, say("请求无法读取。")),
    "bad_cursor": (400, say("翻页标记无效，或属于另一个查询；请从第一页重新开始。")),
    "not_authenticated": (401, say("请先登录，或提供有效的密钥。")),
    "forbidden": (403, say("您的权限不足。")),
    "office_only": (403, say("此项仅供监管机构使用。")),
    "cross_site": (403, say("请求来自别的网站，未执行。")),
    "csrf": (403, say("页面已过期，请刷新后重试。")),
    "not_found": (404, say("没有这一项，或不属于您。")),
    "method_not_allowed": (405, say("此地址不支持这种操作。")),
    "key_reused": (409, say("同一 Idempotency-Key 曾用于另一个请求。")),
    "class_of_another_agency": (409, say("该班次号已由其他培训机构备案。")),
    "conflict": (409, say("与现有记录冲突。")),
    "direct_upload_unsupported": (409, say("证据库不接受直接上传，请通过本接口上传。")),
    "changed_meanwhile": (412, say("记录已被他人更改，请重新读取后再改。")),
    "too_large": (413, say("请求内容过大。")),
    "invalid": (422, say("请求内容有误，见各项说明。")),
    "refused": (422, say("未予办理。")),
    "filing_faults": (422, say("备案内容有误，见各项说明。")),
    "evidence_missing": (422, say("所列证据文件不在证据库中，请先上传。")),
    "hash_mismatch": (422, say("文件的 SHA-256 与声明的不一致，请重新上传。")),
    "too_many_requests": (429, say("请求过于频繁，请稍后再试。")),
    "failure": (500, say("系统出错，记录没有改变；请把请求编号告诉管理员。")),
    "store_unavailable": (503, say("证据库暂时不可用，请稍后再试。")),
}
_BY_STATUS = {
    400: "malformed", 401: "not_authenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    413: "too_large",
}  # fmt: skip
# What a field can be wrong about, by pydantic's stable type names; the rest share one sentence.
_FIELD_FAULTS: Mapping[str, Sentence] = {
    "missing": say("缺少此项。"),
    "extra_forbidden": say("不认识此项，请删去或改正名称。"),
    "string_too_short": say("太短。"),
    "string_too_long": say("太长。"),
    "too_long": say("项数过多。"),
    "timezone_aware": say("时间须带时区，例如 2023-06-12T09:00:00+08:00。"),
    "json_invalid": say("不是有效的 JSON。"),
}
_OTHER_FAULT = say("此项的值不符合要求。")


class Problem(Exception):
    """Something to be told to the caller, by its code in `PROBLEMS`.

    Args:
        detail: What it is about in this case; beside the code's own sentence.
        errors: One entry for each field, as `field_error` makes them.
    """

    def __init__(
        self, code: str, detail: Sentence | None = None, errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(code)
        self.code, self.detail, self.errors, self.headers = code, detail, list(errors), dict(headers or {})


def field_error(path: str, code: str, message: Sentence) -> dict[str, Any]:
    """One wrong field: a JSON pointer, a code, and the message in both languages."""
    return {"path": path, "code": code, "message": in_both(message)}


def in_both(sentence: Sentence) -> dict[str, str]:
    """A sentence as Chinese and English."""
    return {"zh": sentence.text("zh_CN"), "en": sentence.text("en")}


def make_response(problem: Problem, request_id: str) -> Response:
    """The envelope as an answer."""
    content = describe_problem(problem, request_id)
    return JSONResponse(content, content["status"], headers=problem.headers, media_type=MEDIA_TYPE)


def describe_problem(problem: Problem, request_id: str) -> dict[str, Any]:
    """The envelope, JSON-ready."""
    status, title = PROBLEMS[problem.code]
    return {
        "type": f"urn:verifier:problem:{problem.code}",
        "title": title.text("en"),
        "status": status,
        "code": problem.code,
        "message": in_both(title),
        "detail": in_both(problem.detail) if problem.detail is not None else None,
        "errors": problem.errors,
        "request_id": request_id,
    }


def is_api(path: str) -> bool:
    """Whether a path is a program's, who reads JSON, and not a page."""
    return path.startswith("/api/")


def problem_of(error: Exception) -> Problem:
    """What an exception is to the caller; anything unknown is our failure."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return Problem("invalid", errors=[_describe_field(each) for each in error.errors()])
    if isinstance(error, HTTPException):
        code = _BY_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "failure")
        return Problem(code, headers=error.headers)
    if isinstance(error, NotInRecordsError | KeyError | EvidenceMissing):
        return Problem("not_found")
    if isinstance(error, DecisionError):
        return Problem("conflict")
    if isinstance(error, ForeignClassError):
        return Problem("class_of_another_agency")
    if isinstance(error, KeyReusedError):
        return Problem("key_reused")
    if isinstance(error, RefusedError | DecisionRefusedError):
        return Problem("refused", error.sentence)
    if isinstance(error, PlanError):
        return Problem("refused", say("{text}", text=str(error)))
    if isinstance(error, ClientDisconnect):
        return Problem("malformed")  # cut off while it was sent: nobody is there to read this, and nothing failed here
    if isinstance(error, EvidenceError):
        return Problem("store_unavailable", headers={"Retry-After": "30"})
    return Problem("failure")


def _describe_field(error: Mapping[str, Any]) -> dict[str, Any]:
    where = [str(part).replace("~", "~0").replace("/", "~1") for part in error["loc"]]
    kind = str(error["type"])
    return field_error("/" + "/".join(where), kind, _FIELD_FAULTS.get(kind, _OTHER_FAULT))


# Beside what pages handle: everything that `problem_of` knows by name.
_NAMED = (
    Problem, NotInRecordsError, ForeignClassError, KeyReusedError, RefusedError, DecisionRefusedError, DecisionError, PlanError,
    EvidenceError, ClientDisconnect,
)  # fmt: skip


def add_problem_handlers(app: FastAPI) -> None:
    """Answer errors under /api with the envelope; pages keep the handlers that were registered before."""
    pages: dict[Any, Any] = {
        kind: app.exception_handlers[kind] for kind in (HTTPException, RequestValidationError, Exception)
    }

    async def handle(request: Request, error: Exception) -> Response:
        if not is_api(request.url.path):
            return await _show_on_page(pages, request, error)
        problem = problem_of(error)
        if problem.code == "failure":
            log.error("request_failed", path=request.url.path, error=type(error).__name__, exc_info=error)
        response = make_response(problem, request.scope.get("request_id", ""))
        # What ends in the outermost handler passes no middleware any more.
        add_headers(response.headers, request.url.path)
        return response

    for kind in (*pages, *_NAMED):
        app.add_exception_handler(kind, handle)


async def _show_on_page(pages: Mapping[Any, Any], request: Request, error: Exception) -> Response:
    shown = error
    if isinstance(error, Problem | NotInRecordsError):
        # A page tells a 403 or 404 as such, whatever it was raised as.
        shown = HTTPException(PROBLEMS[problem_of(error).code][0])
    kind = next(each for each in pages if isinstance(shown, each))
    response: Response = await pages[kind](request, shown)
    return response
