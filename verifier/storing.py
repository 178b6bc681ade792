"""Keeping the store and the records in step: bytes that no record names are removed, and all that is kept is read again.

Bytes come before the record that names them, so a request that fails in between leaves bytes without a record (orphans).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.evidence import EvidenceDamaged, EvidenceMissing, EvidenceStore, StoreUnavailable
from verifier.records.audit import write_audit
from verifier.records.database import Database
from verifier.records.rows import lock_evidence
from verifier.records.tables.base import utc_now
from verifier.records.tables.evidence import EvidenceRow
from verifier.regulation.policy import Policy

log = structlog.get_logger()
BATCH = 500
# As long as the slowest upload with all its retries may take, with a night and a day to spare.
GRACE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: pieces that records name, young ones that none names yet, removed ones, and leftovers of broken puts."""

    named: int
    young: int
    removed: tuple[str, ...]
    leftovers: int


@dataclass(slots=True)
class StoreCheck:
    """How far a check is, and what it found: digest → what is wrong."""

    after: str = ""
    checked: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    finished: bool = False


def require_stored(tx: Tx, store: EvidenceStore, sha256: str) -> None:
    """Make sure that bytes which a record is about to name are there, and stay until the transaction ends.

    Raises:
        StoreUnavailable: they were swept just now, as no record named them for long: send them again.
    """
    lock_evidence(tx, sha256)
    if not store.exists(sha256):
        raise StoreUnavailable(f"evidence {sha256} was removed while it was handed in again")


def sweep_store(
    database: Database, store: EvidenceStore, actor: str, grace: timedelta = GRACE, *, dry_run: bool = False,
    now: datetime | None = None,
) -> Swept:  # fmt: skip
    """Remove bytes that no record has named for `grace`; each removal is in the audit, and what records name is never touched.

    An import that puts the same old orphan again at the very moment it is removed has to be repeated: `check_store` tells.
    """
    named = young = 0
    removed: list[str] = []
    old = (now or utc_now()) - grace
    digests = store.digests()
    while batch := list(islice(digests, BATCH)):
        with database.reading() as tx:
            known = set(tx.scalars(select(EvidenceRow.sha256).where(EvidenceRow.sha256.in_(batch))))
        named += len(known)
        for sha256 in batch:
            if sha256 in known:
                continue
            if _stored_at(store, sha256) > old:
                young += 1
            elif dry_run or _remove(database, store, actor, sha256):
                removed.append(sha256)
    leftovers = 0 if dry_run else store.sweep(grace.total_seconds())
    return Swept(named, young, tuple(removed), leftovers)


def find_check_file(workspace: Path) -> Path:
    """Where a check of the workspace's store keeps how far it is, whoever starts it; the folder is made."""
    workspace.mkdir(parents=True, exist_ok=True)
    return workspace / "store-check.json"


def check_store(
    database: Database, store: EvidenceStore, state_file: Path, *, mb_per_s: float | None = None, restart: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> StoreCheck:  # fmt: skip
    """Read and hash everything again, and find what records name but the store has not. Stopped, it goes on where it was.

    Args:
        state_file: Keeps how far it is; a check that finished begins anew.
        mb_per_s: Read no faster than that on average, so that the office's work goes on beside.
    """
    state = StoreCheck() if restart else _load(state_file)
    if state.finished:
        state = StoreCheck()
    began, read_bytes = time.monotonic(), 0
    for each in store.check(state.after):
        state.after, state.checked = each.sha256, state.checked + 1
        if each.problem is not None:
            state.problems[each.sha256] = each.problem
            log.error("evidence_damaged", sha256=each.sha256)
        _save(state_file, state)
        if mb_per_s is not None:
            read_bytes += _size(store, each.sha256)
            ahead_s = read_bytes / (mb_per_s * 1024 * 1024) - (time.monotonic() - began)
            if ahead_s > 0:
                sleep(ahead_s)
    for sha256 in _list_named(database):
        if not store.exists(sha256):
            state.problems[sha256] = "records name it, the store has it not; restore it from a back-up"
    state.finished = True
    _save(state_file, state)
    return state


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy did: pieces that were copied, that were there already, and digest → what is wrong with those left out."""

    copied: int
    there: int
    problems: dict[str, str]


def copy_store(source: EvidenceStore, target: EvidenceStore) -> Copied:
    """Copy all that one store keeps into another, each piece hashed on the way. Stopped and started again it goes on.

    Raises:
        StoreUnavailable: one of them does not answer.
    """
    copied = there = 0
    problems: dict[str, str] = {}
    for sha256 in source.digests():
        if target.exists(sha256):
            there += 1
            continue
        try:
            with source.open(sha256) as data:
                target.put(data)
        except (EvidenceDamaged, EvidenceMissing) as problem:
            problems[sha256] = str(problem)
        else:
            copied += 1
    return Copied(copied, there, problems)


def days_to_keep(policy: Policy, day: date) -> int:
    """For how many days the regulation has a class's papers kept (Art. 7(5)), counted as whole years."""
    return int(policy.number("archive_kept_years", day)) * 365


def find_store_gaps(store: EvidenceStore, wanted_days: int) -> tuple[str, ...]:
    """What is missing in how the store guards evidence that must be kept so long; a local folder is the machine's own matter."""
    from verifier.evidence.s3 import S3Store

    return store.read_protection().gaps(wanted_days) if isinstance(store, S3Store) else ()


def _remove(database: Database, store: EvidenceStore, actor: str, sha256: str) -> bool:
    with database.transaction() as tx:
        lock_evidence(tx, sha256)
        if tx.get(EvidenceRow, sha256) is not None:
            return False  # named while we looked
        write_audit(tx, actor=actor, action="evidence.sweep", subject=("evidence", sha256))
        store.discard(sha256)
    log.info("orphan_removed", sha256=sha256)
    return True


def _stored_at(store: EvidenceStore, sha256: str) -> datetime:
    try:
        return store.stored_at(sha256)
    except EvidenceMissing:
        return utc_now()  # another sweep removed it


def _size(store: EvidenceStore, sha256: str) -> int:
    try:
        return store.size(sha256)
    except EvidenceMissing:
        return 0


def _list_named(database: Database) -> Iterator[str]:
    after = ""
    while True:
        query = select(EvidenceRow.sha256).where(EvidenceRow.sha256 > after).order_by(EvidenceRow.sha256).limit(BATCH)
        with database.reading() as tx:
            found = tx.scalars(query).all()
        if not found:
            return
        yield from found
        after = found[-1]


def _load(file: Path) -> StoreCheck:
    try:
        return StoreCheck(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return StoreCheck()
    except (ValueError, TypeError) as error:
        # Of a machine that lost its power: nothing is lost but time.
        log.warning("store_check_begins_anew", why=f"{file}: {error}")
        return StoreCheck()


def _save(file: Path, state: StoreCheck) -> None:
    # A name of its own: one started by hand may run beside the week's.
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(asdict(state)), encoding="utf-8")
    fresh.replace(file)
