"""People's accounts and logins, as rows; passwords are hashed and checked in `verifier.accounts`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as Tx

from verifier.language import say
from verifier.records.office import RefusedError, find_agency
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.base import make_id, utc_now
from verifier.records.tables.login_session import LoginSessionRow
from verifier.records.tables.user import ROLES, UserRow

NO_PASSWORD = "!"  # opens nothing: no hash starts so


@dataclass(frozen=True, slots=True)
class UserRecord:
    """One account, without its password."""

    id: UUID
    login: str
    name: str
    role: str
    agency_code: str | None
    has_password: bool
    failed_logins: int
    locked_until: datetime | None
    disabled_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SessionOfUser:
    """A login that stands, with the account behind it."""

    id: UUID
    user: UserRecord
    csrf: str
    last_seen_at: datetime


def save_user(tx: Tx, login: str, name: str, role: str, agency_code: str | None, password_hash: str) -> UUID:
    """Make an account, or give one that was registered without a password its first.

    Raises:
        RefusedError: an unknown role, an agency's account without agency (or another's with), or a login that is taken.
    """
    login = login.strip().lower()
    _require_role(role)
    if not login or not name.strip() or any(letter.isspace() or ord(letter) < 32 for letter in login):
        raise RefusedError(say("账号和姓名不能为空，账号不能含空格。"))
    agency_id = _find_agency_of(tx, role, agency_code)
    row = tx.scalar(select(UserRow).where(UserRow.login == login).with_for_update())
    if row is None:
        row = UserRow(
            id=make_id("user", login), login=login, name=name, role=role, agency_id=agency_id,
            password_hash=password_hash, failed_logins=0,
        )  # fmt: skip
        tx.add(row)
    elif row.password_hash != NO_PASSWORD or (row.name, row.role, row.agency_id) != (name, role, agency_id):
        raise RefusedError(say("账号{login}已登记为{name}（{role}）。", login=login, name=row.name, role=row.role))
    else:
        row.password_hash = password_hash
    tx.flush()
    return row.id


def change_role(tx: Tx, row: UserRow, role: str, agency_code: str | None) -> None:
    """Give an account another role.

    Raises:
        RefusedError: an unknown role, or an agency's account without agency, or another's with one.
    """
    _require_role(role)
    row.agency_id = _find_agency_of(tx, role, agency_code)
    row.role = role
    tx.flush()


def _require_role(role: str) -> None:
    if role not in ROLES:
        raise RefusedError(say("没有角色{role}；可用：{roles}。", role=role, roles="、".join(ROLES)))


def _find_agency_of(tx: Tx, role: str, agency_code: str | None) -> UUID | None:
    if (role == "agency") != (agency_code is not None):
        raise RefusedError(say("培训机构账号须写明机构代码，其他账号不写。"))
    return find_agency(tx, agency_code).id if agency_code is not None else None


def find_user(tx: Tx, login: str, *, lock: bool = False) -> UserRow | None:
    """The account's row; locked until the end of the transaction where wanted."""
    query = select(UserRow).where(UserRow.login == login.strip().lower())
    return tx.scalar(query.with_for_update() if lock else query)


def require_user(tx: Tx, login: str) -> UserRow:
    """The account's row, locked.

    Raises:
        RefusedError: there is none.
    """
    row = find_user(tx, login, lock=True)
    if row is None:
        raise RefusedError(say("没有账号{login}；请先登记人员。", login=login))
    return row


def describe_user(tx: Tx, row: UserRow) -> UserRecord:
    """An account's row as a value."""
    agency = tx.get(AgencyRow, row.agency_id) if row.agency_id is not None else None
    return UserRecord(
        row.id, row.login, row.name, row.role, agency.code if agency else None, row.password_hash != NO_PASSWORD,
        row.failed_logins, row.locked_until, row.disabled_at, row.created_at,
    )  # fmt: skip


def read_users(tx: Tx) -> Sequence[UserRecord]:
    """All accounts by login."""
    return [describe_user(tx, row) for row in tx.scalars(select(UserRow).order_by(UserRow.login))]


def start_session(tx: Tx, user_id: UUID, token_hash: str, csrf: str, now: datetime, lasts: timedelta) -> UUID:
    """Keep a login; sweep those of everybody that ran out more than a day ago."""
    tx.execute(delete(LoginSessionRow).where(LoginSessionRow.ends_at < now - timedelta(days=1)))
    row = LoginSessionRow(
        id=uuid4(), user_id=user_id, token_hash=token_hash, csrf=csrf, created_at=now, last_seen_at=now,
        ends_at=now + lasts,
    )  # fmt: skip
    tx.add(row)
    tx.flush()
    return row.id


def find_session(tx: Tx, token_hash: str, now: datetime, idle: timedelta) -> SessionOfUser | None:
    """The login of that token, where it neither ended, ran out, was idle too long, nor belongs to a disabled account."""
    row = tx.scalar(select(LoginSessionRow).where(LoginSessionRow.token_hash == token_hash))
    if row is None or row.ended_at is not None or now >= row.ends_at or now >= row.last_seen_at + idle:
        return None
    user = tx.get_one(UserRow, row.user_id)
    if user.disabled_at is not None:
        return None
    return SessionOfUser(row.id, describe_user(tx, user), row.csrf, row.last_seen_at)


def touch_session(tx: Tx, session_id: UUID, now: datetime) -> None:
    """Write down that somebody is still there; never back in time."""
    tx.execute(
        update(LoginSessionRow)
        .where(LoginSessionRow.id == session_id, LoginSessionRow.last_seen_at < now)
        .values(last_seen_at=now)
    )


def end_sessions(tx: Tx, *, user_id: UUID | None = None, token_hash: str | None = None) -> None:
    """End one login, or all of an account."""
    query = update(LoginSessionRow).where(LoginSessionRow.ended_at.is_(None))
    if user_id is not None:
        query = query.where(LoginSessionRow.user_id == user_id)
    if token_hash is not None:
        query = query.where(LoginSessionRow.token_hash == token_hash)
    if user_id is not None or token_hash is not None:
        tx.execute(query.values(ended_at=utc_now()))
