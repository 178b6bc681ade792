"""What a person sees when there is no such page, when an address is wrong, or when we failed."""

from __future__ import annotations

import secrets

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from api.headers import add_headers
from api.pages.render import choose_language, show_page
from verifier.language import translate

log = structlog.get_logger()


def add_error_pages(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(HTTPException, _show_http_error)
    app.add_exception_handler(RequestValidationError, _show_wrong_address)
    app.add_exception_handler(Exception, _show_failure)


async def _show_http_error(request: Request, error: Exception) -> HTMLResponse:
    assert isinstance(error, HTTPException)  # as registered above
    language = choose_language(request)
    if error.status_code == 404:
        heading = translate("没有这个页面", language)
        told = translate("地址可能有误，或者这条记录不存在。", language)
    else:
        heading = translate("不能这样访问", language)
        told = translate("请求不被接受（{status}）。", language).format(status=error.status_code)
    response = show_page(request, "error.html", status_code=error.status_code, heading=heading, told=told)
    response.headers.update(error.headers or {})
    return response


async def _show_wrong_address(request: Request, _error: Exception) -> HTMLResponse:
    language = choose_language(request)
    heading = translate("地址中的条件有误", language)
    told = translate("日期请写成2023-06-12这样。", language)
    return show_page(request, "error.html", status_code=422, heading=heading, told=told)


async def _show_failure(request: Request, error: Exception) -> HTMLResponse:
    language = choose_language(request)
    number = secrets.token_hex(4)
    log.error("page_failed", number=number, path=request.url.path, error=type(error).__name__, exc_info=error)
    heading = translate("系统出错", language)
    told = translate("这是系统的问题，记录没有改变。请稍后再试；若仍出错，请把编号{number}告诉管理员。", language)
    response = show_page(request, "error.html", status_code=500, heading=heading, told=told.format(number=number))
    # This answer is made outside of all middleware.
    add_headers(response.headers, request.url.path)
    return response
