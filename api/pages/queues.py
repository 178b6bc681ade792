"""The lists of cases, of violations, and of what the checks found."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.auth import find_visitor
from api.pages.lists import Choice, Column, ListPage, answer_list
from api.pages.render import class_url, photo_url, session_url
from api.state import get_state
from verifier.appealing import hide_sentence, list_foreign
from verifier.records.listing import Listing, Row
from verifier.records.lists import list_cases_for, list_findings_for, list_violations_for
from verifier.report.words import CASES, CHECKS, OUTCOMES, STATES, VIOLATIONS

router = APIRouter()
SHOWN = {"open": "未了结", **{code: word for code, word in STATES.items() if code != "lapsed"}, "all": "全部"}
STATE = Choice("state", "状态", SHOWN, default="open")
NUMBER = Choice("number", "班次", kind="text")
AGENCY = Choice("agency", "培训机构", kind="text", hidden=True)


def link_class(row: Row) -> str:
    """The class of a row."""
    return class_url(row["class"])


def link_session(row: Row) -> str | None:
    """The session of a row, where it has one."""
    return session_url(row["class"], row["session"]) if row["session"] else None


def link_photo(row: Row) -> str | None:
    """The photo of a row, where it has one."""
    return photo_url(str(row["photo_id"])) if row["photo_id"] else None


def link_review(row: Row) -> str:
    """Where the matter of a row is reviewed."""
    return f"/review/{row['id']}"


CASE_PAGE = ListPage(
    "/cases", "案件",
    (
        Column("kind", "种类", "word:case", link_review, 22), Column("state", "状态", "badge:state", width=12),
        Column("probability", "可能性", "percent", width=10), Column("class", "班次", link=link_class, width=18),
        Column("session", "课次", link=link_session, width=18), Column("student_no", "学号", width=12),
        Column("name", "姓名", width=12), Column("file", "照片", link=link_photo, width=30),
        Column("opened_at", "提出时间", "when", width=20), Column("reason", "说明", "reason", width=80, sortable=False),
    ),
    (STATE, Choice("kind", "种类", CASES), NUMBER, AGENCY),
    empty="没有这样的案件。", searched="搜索班次、机构、学员、文件",
)  # fmt: skip
VIOLATION_PAGE = ListPage(
    "/violations", "违规",
    (
        Column("kind", "种类", "word:matter", link_review, 22), Column("rule", "条款", width=12),
        Column("state", "状态", "badge:state", width=12), Column("class", "班次", link=link_class, width=18),
        Column("agency", "培训机构", width=28), Column("opened_at", "提出时间", "when", width=20),
        Column("reason", "说明", "reason", width=80, sortable=False),
    ),
    (STATE, Choice("kind", "种类", VIOLATIONS), NUMBER, AGENCY),
    empty="没有这样的违规。", searched="搜索班次、机构、条款",
)  # fmt: skip
FINDING_PAGE = ListPage(
    "/findings", "检查结论",
    (
        Column("check", "检查项", "word:check", width=18), Column("outcome", "结论", "badge:outcome", width=12),
        Column("day", "日期", "day", width=12), Column("class", "班次", link=link_class, width=18),
        Column("session", "课次", link=link_session, width=18), Column("file", "照片", link=link_photo, width=30),
        Column("reason", "说明", "reason", width=80, sortable=False),
    ),
    (
        Choice("outcome", "结论", {"pressing": "须人看的", **OUTCOMES, "all": "全部"}, default="failed"),
        Choice("check", "检查项", CHECKS),
        Choice("since", "起始", kind="day"), Choice("until", "截止", kind="day"), NUMBER, AGENCY,
    ),
    searched="搜索班次、机构、文件",
)  # fmt: skip


@router.get("/cases")
def list_cases(request: Request) -> Response:
    """Cases: the likeliest first."""
    code = find_agency_code(request)
    return answer_list(request, for_viewer(CASE_PAGE, code), hide_foreign(request, list_cases_for(code), code))


@router.get("/violations")
def list_violations(request: Request) -> Response:
    """Violations: by class and rule."""
    code = find_agency_code(request)
    return answer_list(
        request, for_viewer(VIOLATION_PAGE, code), hide_foreign(request, list_violations_for(code), code)
    )


@router.get("/findings")
def list_findings(request: Request) -> Response:
    """What the checks concluded: the last days first."""
    code = find_agency_code(request)
    return answer_list(request, FINDING_PAGE, hide_foreign(request, list_findings_for(code), code))


def hide_foreign(request: Request, listing: Listing, agency_code: str | None) -> Listing:
    """For an agency without the sentences that name another agency's class, and with it that agency's people."""
    if agency_code is None:
        return listing
    with get_state(request).database.reading() as tx:
        foreign = list_foreign(tx, agency_code)
    reason = listing.fields["reason"]
    hidden = replace(reason, read=lambda stored: hide_sentence(reason.read(stored), foreign))
    return replace(listing, fields={**listing.fields, "reason": hidden})


def for_viewer(page: ListPage, agency_code: str | None) -> ListPage:
    """The review is the office's: to an agency the list leads to its classes and photos only."""
    if agency_code is None:
        return page
    columns = [replace(each, link=None) if each.link is link_review else each for each in page.columns]
    return replace(page, columns=columns)


def find_agency_code(request: Request) -> str | None:
    """The agency whose classes alone this visitor sees; None for the office.

    Raises:
        PermissionError: nobody is there; the gate lets nobody through who is nobody.
    """
    visitor = find_visitor(request)
    if visitor is None:
        raise PermissionError("a list is for somebody")
    return visitor.agency_code
