"""Keys that were retired: what the audit needs of them outlives them, sealed with the key that came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.records.rows import insert_missing, vault_of
from verifier.records.tables.base import make_id, utc_now
from verifier.records.tables.data_key import DataKeyRow


@dataclass(frozen=True, slots=True, repr=False)
class RetiredKey:
    """What is kept of a key: what it signed entries of the audit with, and the last entry it may have signed."""

    audit_key: bytes
    last_sequence: int


def read_retired_keys(tx: Tx) -> dict[str, RetiredKey]:
    """Key id → what is kept of it."""
    vault = vault_of(tx)
    return {
        row.key_id: RetiredKey(
            vault.open(row.audit_key_sealed, "data_key", "audit_key_sealed", row.id), row.last_sequence
        )
        for row in tx.scalars(select(DataKeyRow))
    }


def save_retired_keys(tx: Tx, key_ids: Sequence[str], last_sequence: int) -> list[str]:
    """Keep what the audit needs of these keys, which are still at hand; gives those that were not kept before."""
    vault, added = vault_of(tx), []
    for key_id in key_ids:
        row_id = make_id("data_key", key_id)
        sealed = vault.seal(vault.audit_key(key_id), "data_key", "audit_key_sealed", row_id)
        values = {
            "id": row_id, "key_id": key_id, "audit_key_sealed": sealed, "last_sequence": last_sequence,
            "retired_at": utc_now(),
        }  # fmt: skip
        if insert_missing(tx, DataKeyRow, [values]):
            added.append(key_id)
    return added
