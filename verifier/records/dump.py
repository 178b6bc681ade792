"""All records as plain values, to compare two databases: what they say, not when our own work was done."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, select
from sqlalchemy.orm import Session as Tx

from verifier.records.rows import vault_of
from verifier.records.tables import Base
from verifier.records.tables.base import UtcDateTime

# They tell of our own work and accounts, not of what happened in class.
OWN_WORK = frozenset(
    {
        "job",
        "night",
        "audit_entry",
        "audit_head",
        "data_key",
        "user_account",
        "api_client",
        "login_session",
        "kept_answer",
        "webhook",
        "webhook_delivery",
        "write_count",
    }
)


def dump_records(tx: Tx) -> dict[str, list[dict[str, Any]]]:
    """Table → rows, JSON-ready and sorted. Equal for two databases with the same key that did the same work, in any order.

    Times of our own work are left out; sealed values are shown as keyed digests, so the dump tells nobody's ID number.
    """
    return {table.name: _dump_table(tx, table) for table in Base.metadata.sorted_tables if table.name not in OWN_WORK}


def _dump_table(tx: Tx, table: Table) -> list[dict[str, Any]]:
    rows = [_dump_row(tx, table, dict(row._mapping)) for row in tx.execute(select(table))]
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def _dump_row(tx: Tx, table: Table, row: dict[str, Any]) -> dict[str, Any]:
    if row.get("receipt") == "assumed":
        del row["received_at"]  # the time of the import
    if table.name == "look":
        row["body"] = {name: value for name, value in row["body"].items() if name != "seconds"}
    dumped = {
        name: _dump_value(tx, table.c[name], row, value)
        for name, value in row.items()
        if not _is_processing(table.c[name])
    }
    if "dropped_at" in table.c:
        dumped["dropped"] = row["dropped_at"] is not None
    return dumped


def _is_processing(column: Column[Any]) -> bool:
    return bool(column.info.get("processing"))


def _dump_value(tx: Tx, column: Column[Any], row: dict[str, Any], value: Any) -> Any:
    if value is not None and column.info.get("sealed"):
        vault = vault_of(tx)
        return vault.lookup(vault.open(value, column.table.name, column.name, row["id"]).hex())
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime) and isinstance(column.type, UtcDateTime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value
