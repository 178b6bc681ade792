"""Programs that call the API: their keys as rows. A key is shown once; only its SHA-256 is kept, as it is random enough."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.access import CLIENT_SCOPES
from verifier.language import say
from verifier.records.office import RefusedError, find_agency
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.api_client import ApiClientRow
from verifier.records.tables.base import utc_now

KEY_START = "cev_"
_PREFIX_CHARACTERS = 8
_SECRET_BYTES = (
    32  # 256 bits: nothing to guess, so no slow hash is needed (OWASP ASVS 4.0.3, 2.4 is about chosen secrets)
)


@dataclass(frozen=True, slots=True)
class ClientKey:
    """One key of one client, without its secret."""

    id: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    networks: tuple[str, ...]
    agency_code: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Whether the key opens anything at that moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def admits(self, address: str) -> bool:
        """Whether the key may be used from that address; without networks from any."""
        if not self.networks:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in ip_network(each) for each in self.networks)


def add_client(
    tx: Tx, name: str, scopes: Sequence[str], agency_code: str | None = None, expires_at: datetime | None = None,
    networks: Sequence[str] = (),
) -> tuple[ClientKey, str]:  # fmt: skip
    """Make a client with its first key; gives the key in the clear, which is not kept.

    Raises:
        RefusedError: the name is taken or empty, a scope or network is none, an agency's client would get the office's
            scopes, or the agency is unknown.
    """
    name = name.strip()
    if not name or unknown_scopes(scopes):
        known = "、".join(CLIENT_SCOPES)
        raise RefusedError(say("客户端须有名称，权限须为：{known}。", known=known))
    if agency_code is not None and set(scopes) & {"decisions", "admin"}:
        raise RefusedError(say("培训机构的客户端不能有 decisions 或 admin 权限。"))
    if any(_is_valid(each) for each in _rows(tx, name)):
        raise RefusedError(say("客户端{name}已存在；更换密钥请用 verifier client rotate。", name=name))
    agency_id = find_agency(tx, agency_code).id if agency_code is not None else None
    return _add_key(tx, name, scopes, _clean_networks(networks), agency_id, expires_at)


def rotate_client(tx: Tx, name: str, overlap: timedelta, expires_at: datetime | None = None) -> tuple[ClientKey, str]:
    """Give a client a new key with the same rights; the former ones still open for `overlap`.

    Raises:
        RefusedError: no such client has a valid key.
    """
    now, valid = utc_now(), [each for each in _rows(tx, name.strip()) if _is_valid(each)]
    if not valid:
        raise RefusedError(say("没有可用的客户端{name}。", name=name))
    newest = max(valid, key=lambda row: row.created_at)
    for row in valid:
        until = now + overlap
        if overlap <= timedelta(0):
            row.revoked_at = now
        elif row.expires_at is None or row.expires_at > until:
            row.expires_at = until
    return _add_key(tx, newest.name, newest.scopes, newest.networks, newest.agency_id, expires_at)


def revoke_client(tx: Tx, name: str) -> int:
    """End all keys of a client at once; tells how many were valid.

    Raises:
        RefusedError: no such client has a valid key.
    """
    valid = [each for each in _rows(tx, name.strip()) if _is_valid(each)]
    if not valid:
        raise RefusedError(say("没有可用的客户端{name}。", name=name))
    for row in valid:
        row.revoked_at = utc_now()
    tx.flush()
    return len(valid)


def find_key(tx: Tx, key: str) -> ClientKey | None:
    """The key that was shown as `key`, valid or not."""
    # Columns, not rows as objects: every request of a program asks this.
    row, agency = ApiClientRow, AgencyRow
    found = tx.execute(
        select(row.id, row.name, row.key_prefix, row.scopes, row.networks, agency.code, row.created_at, row.expires_at,
               row.revoked_at)
        .outerjoin(agency, agency.id == row.agency_id)
        .where(row.key_hash == hash_key(key))
    ).one_or_none()  # fmt: skip
    if found is None:
        return None
    row_id, name, prefix, scopes, networks, *others = found
    return ClientKey(row_id, name, prefix, tuple(scopes), tuple(networks), *others)


def read_clients(tx: Tx) -> list[ClientKey]:
    """All keys ever given, by client and time."""
    rows = tx.scalars(select(ApiClientRow).order_by(ApiClientRow.name, ApiClientRow.created_at))
    return [_describe(tx, row) for row in rows]


def hash_key(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def unknown_scopes(scopes: Sequence[str]) -> set[str]:
    """Those that are no scopes of a client; also {""} where none is named."""
    return set(scopes) - set(CLIENT_SCOPES) if scopes else {""}


def _add_key(
    tx: Tx,
    name: str,
    scopes: Sequence[str],
    networks: Sequence[str],
    agency_id: UUID | None,
    expires_at: datetime | None,
) -> tuple[ClientKey, str]:
    prefix = KEY_START + secrets.token_hex(_PREFIX_CHARACTERS // 2)
    key = f"{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    row = ApiClientRow(
        id=uuid4(), name=name, key_prefix=prefix, key_hash=hash_key(key), scopes=sorted(set(scopes)),
        networks=list(networks), agency_id=agency_id, expires_at=expires_at, created_at=utc_now(),
    )  # fmt: skip
    tx.add(row)
    tx.flush()
    return _describe(tx, row), key


def _clean_networks(networks: Sequence[str]) -> list[str]:
    found = []
    for each in networks:
        try:
            found.append(str(ip_network(each.strip(), strict=False)))
        except ValueError:
            raise RefusedError(say("{network}不是网段，例如 10.1.0.0/16。", network=each)) from None
    return found


def _rows(tx: Tx, name: str) -> list[ApiClientRow]:
    return list(tx.scalars(select(ApiClientRow).where(ApiClientRow.name == name).with_for_update()))


def _is_valid(row: ApiClientRow) -> bool:
    return row.revoked_at is None and (row.expires_at is None or utc_now() < row.expires_at)


def _describe(tx: Tx, row: ApiClientRow) -> ClientKey:
    agency = tx.get(AgencyRow, row.agency_id) if row.agency_id is not None else None
    return ClientKey(
        row.id, row.name, row.key_prefix, tuple(row.scopes), tuple(row.networks), agency.code if agency else None,
        row.created_at, row.expires_at, row.revoked_at,
    )  # fmt: skip
