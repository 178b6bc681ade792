"""The lists of classes and of agencies."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.lists import Choice, Column, ListPage, answer_list
from api.pages.queues import find_agency_code, link_class
from api.pages.render import agency_url
from verifier.records.listing import Row
from verifier.records.lists import list_agencies_for, list_classes_for
from verifier.report.words import QUALIFICATIONS

router = APIRouter()


def link_agency(row: Row) -> str:
    """The agency of a row."""
    return agency_url(row["agency_code"])


OPEN = Column("open", "待处理", "number", width=10)
CLASS_PAGE = ListPage(
    "/classes", "班次列表",
    (
        Column("class", "班次", link=link_class, width=18), Column("agency", "培训机构", link=link_agency, width=28),
        Column("occupation", "工种", width=16), Column("level", "等级", width=10),
        Column("first_day", "开始", "day", width=12), Column("last_day", "结束", "day", width=12),
        Column("students", "学员人数", "number", width=10), Column("closed", "已结课次", "number", width=10),
        Column("sessions", "课次数", "number", width=10), Column("present", "到课人次", "number", width=10),
        Column("expected", "应到人次", "number", width=10), Column("rate", "确认到课率", "percent", width=12),
        Column("rate_high", "至多", "percent", width=10),
        Column("notices", "警告", "number", width=8), OPEN,
    ),
    (Choice("running", "当天上课", kind="day"), Choice("agency", "培训机构", kind="text", hidden=True)),
    empty="没有这样的班次。", searched="搜索班次、机构、工种、地点",
)  # fmt: skip
AGENCY_PAGE = ListPage(
    "/agencies", "培训机构",
    (
        Column("agency", "培训机构", link=link_agency, width=28), Column("agency_code", "统一社会信用代码", width=22),
        Column("qualification", "资格", "word:qualification", width=12), Column("classes", "班次数", "number", width=10),
        Column("closed", "已结课次", "number", width=10), Column("present", "到课人次", "number", width=10),
        Column("expected", "应到人次", "number", width=10), Column("rate", "确认到课率", "percent", width=12),
        Column("rate_high", "至多", "percent", width=10),
        Column("notices", "警告", "number", width=8), OPEN,
    ),
    (Choice("qualification", "资格", QUALIFICATIONS),),
    empty="没有这样的培训机构。", searched="搜索名称、代码",
)  # fmt: skip


@router.get("/classes")
def list_classes(request: Request) -> Response:
    """Classes: those last taught first."""
    code = find_agency_code(request)
    return answer_list(request, _for_viewer(CLASS_PAGE, code), list_classes_for(code))


@router.get("/agencies")
def list_agencies(request: Request) -> Response:
    """Agencies, by name."""
    code = find_agency_code(request)
    return answer_list(request, _for_viewer(AGENCY_PAGE, code), list_agencies_for(code))


def _for_viewer(page: ListPage, agency_code: str | None) -> ListPage:
    """An agency is not told what still waits: that announces a check (Art. 14(1))."""
    return page if agency_code is None else replace(page, columns=[each for each in page.columns if each is not OPEN])
