"""Accounts: who may log in, with what password, for how long; and the keys of programs. There is no default account."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from verifier.access import ROLE_SCOPES, Caller
from verifier.language import Sentence, say
from verifier.records.audit import write_audit
from verifier.records.clients import ClientKey, add_client, find_key, revoke_client, rotate_client
from verifier.records.database import Database
from verifier.records.office import RefusedError
from verifier.records.tables.base import utc_now
from verifier.records.tables.user import UserRow
from verifier.records.users import (
    UserRecord,
    change_role,
    describe_user,
    end_sessions,
    find_session,
    find_user,
    require_user,
    save_user,
    start_session,
    touch_session,
)


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """How passwords and logins are limited."""

    name: str
    min_password_length: int
    max_password_length: int
    max_failures: int
    locked_for: timedelta
    idle: timedelta
    lasts: timedelta


# OWASP ASVS 4.0.3: 2.1.1 at least 12 characters, 2.1.2 no more than 128; 2.2.1 at most 100 failures an hour (10 per 15 minutes
# are 40). NIST SP 800-63B, 4.2.3 (AAL2): again after 30 minutes without activity, and after 12 hours whatever happens.
ACCOUNTS_2023 = AccountLimits(
    "accounts-asvs-4.0.3", 12, 128, 10, timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=12)
)
# A page load need not write; a minute more or less of idling is nothing.
TOUCH_EVERY = timedelta(minutes=1)
_TOKEN_BYTES = 32
_hasher = PasswordHasher()  # argon2id, RFC 9106's second recommended choice (64 MiB, 3 passes)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new login: the token goes into the cookie and nowhere else."""

    token: str
    caller: Caller


class LoginRefused(Exception):
    """Nobody was logged in; `sentence` never tells whether the account exists."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def add_user(
    database: Database, login: str, name: str, role: str, password: str, *, by: str, agency_code: str | None = None
) -> None:
    """Make an account with a password, or give one that was registered without a password its first.

    Raises:
        RefusedError: the password is too weak, or the account cannot be made so.
    """
    hashed = hash_password(password, login)
    with database.transaction() as tx:
        user_id = save_user(tx, login, name, role, agency_code, hashed)
        after = {"login": login.strip().lower(), "name": name, "role": role, "agency": agency_code}
        write_audit(tx, actor=by, action="user.add", subject=("user", user_id), after=after)


def set_password(database: Database, login: str, password: str, *, by: str) -> None:
    """Give an account a new password; it is unlocked, and every login of it ends.

    Raises:
        RefusedError: no such account, or the password is too weak.
    """
    hashed = hash_password(password, login)
    with database.transaction() as tx:
        row = require_user(tx, login)
        row.password_hash, row.failed_logins, row.locked_until = hashed, 0, None
        end_sessions(tx, user_id=row.id)
        write_audit(tx, actor=by, action="user.password", subject=("user", row.id))


def set_disabled(database: Database, login: str, disabled: bool, *, by: str) -> None:
    """Close an account, ending its logins at once, or open it again.

    Raises:
        RefusedError: no such account.
    """
    with database.transaction() as tx:
        row = require_user(tx, login)
        before = {"disabled": row.disabled_at is not None}
        row.disabled_at = (row.disabled_at or utc_now()) if disabled else None
        if disabled:
            end_sessions(tx, user_id=row.id)
        action = "user.disable" if disabled else "user.enable"
        write_audit(tx, actor=by, action=action, subject=("user", row.id), before=before, after={"disabled": disabled})


def set_role(database: Database, login: str, role: str, *, by: str, agency_code: str | None = None) -> None:
    """Give an account another role; every login of it ends, as its pages were made for the former one.

    Raises:
        RefusedError: no such account, an unknown role, an agency's account without agency, or another's with one.
    """
    with database.transaction() as tx:
        row = require_user(tx, login)
        before = {"role": row.role, "agency": str(row.agency_id) if row.agency_id else None}
        change_role(tx, row, role, agency_code)
        end_sessions(tx, user_id=row.id)
        after = {"role": row.role, "agency": str(row.agency_id) if row.agency_id else None}
        write_audit(tx, actor=by, action="user.role", subject=("user", row.id), before=before, after=after)


def make_password() -> str:
    """A password to begin with: 128 random bits, for its owner to replace."""
    return secrets.token_urlsafe(16)


def hash_password(password: str, login: str, limits: AccountLimits = ACCOUNTS_2023) -> str:
    """An argon2id hash.

    Raises:
        RefusedError: too short, too long, or the login itself.
    """
    if not limits.min_password_length <= len(password) <= limits.max_password_length:
        raise RefusedError(
            say(
                "密码有{length}个字符，须为{low}至{high}个。",
                length=len(password), low=limits.min_password_length, high=limits.max_password_length,
            )
        )  # fmt: skip
    if password.strip().lower() == login.strip().lower() or len(set(password)) < 4:
        raise RefusedError(say("密码过于简单，请换一个。"))
    return _hasher.hash(password)


def log_in(
    database: Database, login: str, password: str, limits: AccountLimits = ACCOUNTS_2023, now: datetime | None = None
) -> LoggedIn:
    """Check a password and start a login.

    Raises:
        LoginRefused: wrong, locked, disabled or unknown, all told alike; or locked by this failure.
    """
    now = now or utc_now()
    with database.reading() as tx:
        row = find_user(tx, login)
        hashed = row.password_hash if row is not None else ""
    # Outside of any transaction, as it takes long on purpose; and also for nobody, so that time tells nothing.
    matches = _matches(hashed, password[: limits.max_password_length + 1])
    token, csrf = secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_urlsafe(_TOKEN_BYTES)
    refused: Sentence | None = None
    with database.transaction() as tx:
        row = find_user(tx, login, lock=True)
        if row is None:
            actor, subject = f"user:{login.strip().lower()[:100]}", ("user", "unknown")
            write_audit(tx, actor=actor, action="user.login_refused", subject=subject, after={"why": "unknown"})
            refused = say("账号或密码不对。")
        else:
            refused = _refuse(row, matches and hashed == row.password_hash, limits, now)
            action = "user.login_refused" if refused is not None else "user.login"
            after = {"failed_logins": row.failed_logins, "locked": _is_locked(row, now), "disabled": row.disabled_at}
            if refused is None:
                start_session(tx, row.id, _hash_token(token), csrf, now, limits.lasts)
                if _hasher.check_needs_rehash(row.password_hash):
                    row.password_hash = _hasher.hash(password)
            write_audit(tx, actor=f"user:{row.login}", action=action, subject=("user", row.id), after=after)
            user = describe_user(tx, row)
    if refused is not None:
        raise LoginRefused(refused)
    return LoggedIn(token, caller_of_user(user, csrf))


def _refuse(row: UserRow, matches: bool, limits: AccountLimits, now: datetime) -> Sentence | None:
    if _is_locked(row, now):
        # Said to everybody who tries, also to the right person: the lock is no secret, the password is not checked.
        minutes = int(limits.locked_for.total_seconds() // 60)
        return say("尝试次数过多，请在{minutes}分钟后再试。", minutes=minutes)
    if row.locked_until is not None:
        row.locked_until, row.failed_logins = None, 0
    if not matches or row.disabled_at is not None:
        row.failed_logins += 1
        if row.failed_logins >= limits.max_failures:
            row.locked_until = now + limits.locked_for
        return say("账号或密码不对。")
    row.failed_logins = 0
    return None


def _is_locked(row: UserRow, now: datetime) -> bool:
    return row.locked_until is not None and now < row.locked_until


def log_out(database: Database, token: str, *, by: str) -> None:
    """End the login of that token."""
    with database.transaction() as tx:
        end_sessions(tx, token_hash=_hash_token(token))
        write_audit(tx, actor=by, action="user.logout", subject=("user", by.partition(":")[2]))


def caller_of_token(
    database: Database, token: str, limits: AccountLimits = ACCOUNTS_2023, now: datetime | None = None
) -> Caller | None:
    """Whose login a cookie is; None where there is none that stands."""
    now = now or utc_now()
    with database.reading() as tx:
        found = find_session(tx, _hash_token(token), now, limits.idle)
    if found is None:
        return None
    if now - found.last_seen_at >= TOUCH_EVERY:
        with database.transaction() as tx:
            touch_session(tx, found.id, now)
    return caller_of_user(found.user, found.csrf)


def caller_of_user(user: UserRecord, csrf: str = "") -> Caller:
    """An account as a caller."""
    actor = f"user:{user.login}"
    return Caller(actor, user.name, user.role, ROLE_SCOPES[user.role], user.agency_code, user.id, csrf)


def caller_of_key(database: Database, key: str, address: str, now: datetime | None = None) -> Caller | None:
    """Whose key this is; None where it is unknown, revoked, run out, or used from an address it does not admit."""
    return caller_of_client(find_client(database, key), address, now)


def find_client(database: Database, key: str) -> ClientKey | None:
    """What is on record of a key, valid or not; None where it is unknown."""
    with database.reading() as tx:
        return find_key(tx, key)


def caller_of_client(found: ClientKey | None, address: str, now: datetime | None = None) -> Caller | None:
    """Whom a key that was found lets in; None where it is revoked, run out, or used from an address it does not admit."""
    if found is None or not found.is_valid(now or utc_now()) or not found.admits(address):
        return None
    scopes = set(found.scopes) | ({"audit"} if "admin" in found.scopes else set())
    return Caller(f"client:{found.name}", found.name, "client", frozenset(scopes), found.agency_code)


def issue_key(
    database: Database, name: str, scopes: Sequence[str], *, by: str, agency_code: str | None = None,
    expires_at: datetime | None = None, networks: Sequence[str] = (),
) -> tuple[ClientKey, str]:  # fmt: skip
    """Make a client; gives its key, which is shown this once.

    Raises:
        RefusedError: see `add_client`.
    """
    with database.transaction() as tx:
        client, key = add_client(tx, name, scopes, agency_code, expires_at, networks)
        write_audit(tx, actor=by, action="client.add", subject=("client", client.name), after=_told(client))
    return client, key


def rotate_key(
    database: Database, name: str, overlap: timedelta, *, by: str, expires_at: datetime | None = None
) -> tuple[ClientKey, str]:
    """Give a client a new key; the former one still opens for `overlap`.

    Raises:
        RefusedError: no such client has a valid key.
    """
    with database.transaction() as tx:
        client, key = rotate_client(tx, name, overlap, expires_at)
        after = _told(client) | {"overlap_s": overlap.total_seconds()}
        write_audit(tx, actor=by, action="client.rotate", subject=("client", client.name), after=after)
    return client, key


def revoke_keys(database: Database, name: str, *, by: str) -> int:
    """End all keys of a client at once; tells how many were valid.

    Raises:
        RefusedError: no such client has a valid key.
    """
    with database.transaction() as tx:
        ended = revoke_client(tx, name)
        write_audit(tx, actor=by, action="client.revoke", subject=("client", name), after={"keys": ended})
    return ended


def _told(client: ClientKey) -> dict[str, object]:
    return {
        "prefix": client.prefix, "scopes": list(client.scopes), "networks": list(client.networks),
        "agency": client.agency_code, "expires_at": client.expires_at,
    }  # fmt: skip


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed if hashed.startswith("$argon2") else _nobody(), password) and hashed != ""
    except (VerificationError, InvalidHashError):
        return False


_nobodys: list[str] = []


def _nobody() -> str:
    # Made once, of a password that nobody has: checking against it takes as long as checking a real one.
    if not _nobodys:
        _nobodys.append(_hasher.hash(secrets.token_urlsafe(_TOKEN_BYTES)))
    return _nobodys[0]


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
