"""Running the system: accounts, keys of programs, jobs, what judges here, and the audit. Plain forms; a secret is shown once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import func, select

from api.auth import Need, check_form
from api.pages.lists import Choice, Column, ListPage, answer_list
from api.pages.notices import read_day
from api.pages.render import show_page
from api.problems import Problem
from api.state import get_state
from verifier.access import CLIENT_SCOPES, Caller
from verifier.accounts import (
    add_user,
    issue_key,
    make_password,
    revoke_keys,
    rotate_key,
    set_disabled,
    set_password,
    set_role,
)
from verifier.inventory import describe_calibration, describe_packs, describe_policy, describe_versions
from verifier.jobs import cancel_verification, requeue_verification
from verifier.language import Sentence, say
from verifier.records.audit import verify_audit, write_audit
from verifier.records.errors import NotInRecordsError
from verifier.records.listing import Row
from verifier.records.office import RefusedError
from verifier.records.office_lists import list_audit, list_clients, list_jobs, list_users
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.user import UserRow
from verifier.records.users import UserRecord, describe_user, find_user
from verifier.report.words import ACCOUNT_STATES, JOB_STATES, KEY_STATES, ROLES

router = APIRouter()
Admin = Annotated[Caller, Depends(Need("admin", office=True))]
Auditor = Annotated[Caller, Depends(Need("audit", office=True))]
Text = Annotated[str, Form(max_length=1000)]
# A program's operators need a day or two to change over.
OVERLAP = timedelta(days=2)


def user_url(login: str) -> str:
    """The page of an account."""
    return f"/admin/users/{quote(login, safe='')}"


USER_PAGE = ListPage(
    "/admin/users", "账号",
    (
        Column("login", "账号", link=lambda row: user_url(row["login"]), width=16), Column("name", "姓名", width=16),
        Column("role", "角色", "word:role", width=14), Column("state", "状态", "badge:account_state", width=12),
        Column("agency", "培训机构", width=28), Column("last_seen", "最近使用", "when", width=20),
        Column("created_at", "开通时间", "when", width=20),
    ),
    (Choice("role", "角色", ROLES), Choice("state", "状态", ACCOUNT_STATES)),
    empty="没有这样的账号。", searched="搜索账号、姓名、机构", template="admin_users.html",
)  # fmt: skip
CLIENT_PAGE = ListPage(
    "/admin/clients", "接口密钥",
    (
        Column("client", "客户端", width=18), Column("prefix", "密钥开头", width=16),
        Column("state", "状态", "badge:key_state", width=10), Column("scopes", "权限", width=28, sortable=False),
        Column("agency", "培训机构", width=28), Column("networks", "允许的网段", width=20, sortable=False),
        Column("created_at", "签发时间", "when", width=20), Column("expires_at", "到期时间", "when", width=20),
    ),
    (Choice("state", "状态", KEY_STATES),),
    empty="没有这样的密钥。", searched="搜索客户端、密钥开头、机构", template="admin_clients.html",
)  # fmt: skip
JOB_PAGE = ListPage(
    "/admin/jobs", "后台任务",
    (
        Column("created_at", "提出时间", "when", width=20), Column("kind", "种类", width=12),
        Column("state", "状态", "badge:job_state", width=12), Column("attempt", "尝试次数", "number", width=10),
        Column("asked", "内容", width=50, sortable=False), Column("finished_at", "结束时间", "when", width=20),
        Column("error", "错误", width=60, sortable=False),
    ),
    (Choice("state", "状态", JOB_STATES), Choice("kind", "种类", kind="text")),
    empty="没有这样的任务。", searched="搜索种类、错误", template="admin_jobs.html",
)  # fmt: skip


def link_actor(row: Row) -> str:
    """All that the same actor did."""
    return f"/admin/audit?actor={quote(row['actor'], safe='')}"


def link_subject(row: Row) -> str:
    """All that happened to the same thing."""
    return f"/admin/audit?subject={quote(row['subject'], safe='')}"


AUDIT_PAGE = ListPage(
    "/admin/audit", "审计记录",
    (
        Column("sequence", "序号", width=10), Column("at", "时间", "when", width=20),
        Column("actor", "谁", link=link_actor, width=20), Column("action", "做了什么", width=22),
        Column("subject_kind", "对象", width=14), Column("subject", "对象编号", link=link_subject, width=38),
        Column("origin", "来自", width=30), Column("before", "之前", width=40, sortable=False),
        Column("after", "之后", width=40, sortable=False),
    ),
    (
        Choice("since", "起始", kind="day"), Choice("until", "截止", kind="day"), Choice("action", "做了什么", kind="text"),
        Choice("actor", "谁", kind="text"), Choice("subject", "对象编号", kind="text"),
    ),
    empty="没有这样的记录。", searched="搜索谁、做了什么、对象、来源", template="admin_audit.html",
)  # fmt: skip


@router.get("/admin")
def show_admin(request: Request, caller: Auditor) -> Response:  # noqa: ARG001
    """What judges here, and the ways to the rest."""
    state = get_state(request)
    return show_page(
        request, "admin.html", packs=describe_packs(state.settings), calibration=describe_calibration(state.settings),
        policy=describe_policy(state.policy), versions=describe_versions(state.settings),
    )  # fmt: skip


# ---------------------------------------------------------------- accounts


@router.get("/admin/users")
def show_users(request: Request, caller: Admin) -> Response:  # noqa: ARG001
    """The accounts, and a form for a new one."""
    return answer_list(request, USER_PAGE, list_users())


@router.post("/admin/users", dependencies=[Depends(check_form)])
def send_user(
    request: Request, caller: Admin, login: Text = "", name: Text = "", role: Text = "inspector", agency: Text = ""
) -> Response:
    """Make an account; its first password is shown this once."""
    password = make_password()
    try:
        add_user(
            get_state(request).database,
            login,
            name,
            role,
            password,
            by=caller.actor,
            agency_code=agency.strip() or None,
        )
    except RefusedError as error:
        typed = {"login": login, "name": name, "role": role, "agency": agency}
        return show_page(request, "admin_user_new.html", status_code=422, told=error.sentence, typed=typed)
    return _show_user(request, login, secret=password)


@router.get("/admin/users/new")
def show_new_user(request: Request, caller: Admin) -> Response:  # noqa: ARG001
    """The form for a new account."""
    return show_page(request, "admin_user_new.html", told=None, typed={"role": "inspector"})


@router.get("/admin/users/{login}")
def show_user(request: Request, caller: Admin, login: str) -> Response:  # noqa: ARG001
    """One account."""
    return _show_user(request, login)


@router.post("/admin/users/{login}/{action}", dependencies=[Depends(check_form)])
def send_user_change(
    request: Request, caller: Admin, login: str, action: str, role: Text = "", agency: Text = ""
) -> Response:
    """Lock, unlock, give a new password (shown this once) or another role. Nobody does this to themselves."""
    database = get_state(request).database
    try:
        user = _read_user(request, login)
        _refuse_last_admin(request, caller, user, action, role)
        if action in ("disable", "enable"):
            set_disabled(database, login, action == "disable", by=caller.actor)
        elif action == "role":
            set_role(database, login, role, by=caller.actor, agency_code=agency.strip() or None)
        elif action == "password":
            password = make_password()
            set_password(database, login, password, by=caller.actor)
            return _show_user(request, login, secret=password)
        else:
            raise Problem("not_found")
    except RefusedError as error:
        return _show_user(request, login, told=error.sentence, status_code=422)
    return RedirectResponse(f"{user_url(login)}?note=changed", 303)


def _refuse_last_admin(request: Request, caller: Caller, user: UserRecord, action: str, role: str) -> None:
    if user.id == caller.user_id:
        raise RefusedError(say("不能更改自己的账号，请由另一名管理员办理。"))
    leaves = action == "disable" or (action == "role" and role != "admin")
    if user.role == "admin" and user.disabled_at is None and leaves:
        query = select(func.count()).select_from(UserRow).where(UserRow.role == "admin", UserRow.disabled_at.is_(None))
        with get_state(request).database.reading() as tx:
            if (tx.scalar(query) or 0) <= 1:
                raise RefusedError(say("这是最后一名可用的管理员。"))


def _read_user(request: Request, login: str) -> UserRecord:
    with get_state(request).database.reading() as tx:
        row = find_user(tx, login)
        if row is None:
            raise HTTPException(404)
        return describe_user(tx, row)


def _show_user(
    request: Request, login: str, *, secret: str = "", told: Sentence | None = None, status_code: int = 200
) -> Response:
    user = _read_user(request, login)
    state = "disabled" if user.disabled_at else "no_password" if not user.has_password else "open"
    if state == "open" and user.locked_until is not None and user.locked_until > datetime.now(UTC):
        state = "locked"
    return show_page(
        request, "admin_user.html", status_code=status_code, user=user, state=state, secret=secret, told=told,
        note=request.query_params.get("note", ""), url=user_url(user.login),
    )  # fmt: skip


# ---------------------------------------------------------------- keys of programs


@router.get("/admin/clients")
def show_clients(request: Request, caller: Admin) -> Response:  # noqa: ARG001
    """The keys, and forms to issue, rotate and revoke them."""
    return answer_list(request, CLIENT_PAGE, list_clients())


@router.get("/admin/clients/new")
def show_new_client(request: Request, caller: Admin) -> Response:  # noqa: ARG001
    """The form for a new program."""
    return _show_client_form(request, {})


@router.post("/admin/clients", dependencies=[Depends(check_form)])
def send_client(
    request: Request, caller: Admin, name: Text = "", scope: Annotated[list[str] | None, Form()] = None,
    agency: Text = "", networks: Text = "", expires: Text = "",
) -> Response:  # fmt: skip
    """Give a program its key, shown this once."""
    typed = {"name": name, "scopes": scope or [], "agency": agency, "networks": networks, "expires": expires}
    try:
        client, key = issue_key(
            get_state(request).database, name, scope or [], by=caller.actor, agency_code=agency.strip() or None,
            expires_at=_read_expiry(request, expires), networks=[each for each in networks.replace(",", " ").split() if each],
        )  # fmt: skip
    except RefusedError as error:
        return _show_client_form(request, typed, told=error.sentence, status_code=422)
    return show_page(request, "admin_secret.html", client=client, secret=key)


@router.post("/admin/clients/change", dependencies=[Depends(check_form)])
def send_client_change(
    request: Request, caller: Admin, name: Text = "", action: Text = "", expires: Text = ""
) -> Response:
    """Rotate a program's key (the new one is shown this once) or revoke all of its keys."""
    database = get_state(request).database
    try:
        if action == "rotate":
            client, key = rotate_key(
                database, name, OVERLAP, by=caller.actor, expires_at=_read_expiry(request, expires)
            )
            return show_page(request, "admin_secret.html", client=client, secret=key, overlap_days=OVERLAP.days)
        if action == "revoke":
            revoke_keys(database, name, by=caller.actor)
            return RedirectResponse("/admin/clients?note=revoked", 303)
    except RefusedError as error:
        return _show_client_form(request, {"name": name}, told=error.sentence, status_code=422)
    raise Problem("not_found")


def _read_expiry(request: Request, text: str) -> datetime | None:
    """The beginning of the first day on which a key opens nothing."""
    if not text.strip():
        return None
    found = datetime.combine(read_day(text), datetime.min.time(), get_state(request).settings.zone)
    if found <= datetime.now(UTC):
        raise RefusedError(say("到期日{day}已过。", day=text.strip()))
    return found


def _show_client_form(
    request: Request, typed: dict[str, Any], *, told: Sentence | None = None, status_code: int = 200
) -> Response:
    with get_state(request).database.reading() as tx:
        agencies = [(row.code, row.name) for row in tx.execute(select(AgencyRow.code, AgencyRow.name))]
    return show_page(
        request, "admin_client_new.html", status_code=status_code, told=told, typed=typed, scopes=CLIENT_SCOPES,
        agencies=sorted(agencies, key=lambda each: each[1]),
    )  # fmt: skip


# ---------------------------------------------------------------- jobs, audit


@router.get("/admin/jobs")
def show_jobs(request: Request, caller: Admin) -> Response:  # noqa: ARG001
    """The jobs with their states and attempts."""
    return answer_list(request, JOB_PAGE, list_jobs())


@router.post("/admin/jobs/{job_id}", dependencies=[Depends(check_form)])
def send_job_change(request: Request, caller: Admin, job_id: UUID, action: Text = "") -> Response:
    """Queue one again that failed or was cancelled, or take one out."""
    work = {"requeue": requeue_verification, "cancel": cancel_verification}.get(action)
    if work is None:
        raise Problem("not_found")
    try:
        with get_state(request).database.transaction() as tx:
            work(tx, caller, job_id)
    except NotInRecordsError:
        raise HTTPException(404) from None
    return RedirectResponse("/admin/jobs", 303)


@router.get("/admin/audit")
def show_audit(request: Request, caller: Auditor, check: str = "") -> Response:
    """The audit with search; asked for, the whole chain is read again."""
    state, checked = get_state(request), None
    if check:
        with state.database.reading() as tx:
            checked = verify_audit(tx)
        with state.database.transaction() as tx:
            after = {"entries": checked.entries, "sound": checked.sound}
            write_audit(tx, actor=caller.actor, action="audit.check", subject=("audit", "chain"), after=after)
    return answer_list(request, replace(AUDIT_PAGE, values={"checked": checked}), list_audit())
