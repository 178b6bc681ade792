"""Orphans are removed, what records name never is, and damage is found; on both kinds of store."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from tests.services.s3 import S3Server
from verifier.evidence import EvidenceStore, StoreUnavailable, open_store
from verifier.records.audit import read_audit, verify_audit
from verifier.records.database import Database, open_database
from verifier.records.submissions import save_evidence
from verifier.records.tables.base import utc_now
from verifier.storing import GRACE, check_store, require_stored, sweep_store


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/records.db", bytes(range(32)))
    yield opened
    opened.close()


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> EvidenceStore:
    if request.param == "local":
        return open_store(str(tmp_path / "evidence"))
    server: S3Server = request.getfixturevalue("s3_server")
    bucket = f"storing-{uuid.uuid4().hex[:8]}"
    server.client().make_bucket(bucket)
    return open_store(server.url(bucket, "city"), server.access_key, server.secret_key)


def name(database: Database, *digests: str) -> None:
    with database.transaction() as tx:
        save_evidence(tx, dict.fromkeys(digests))


def test_what_no_record_names_for_long_is_removed_and_nothing_else(database: Database, store: EvidenceStore):
    named, orphan = store.put(b"named"), store.put(b"orphan")
    name(database, named)
    swept = sweep_store(database, store, "local:test")
    assert (swept.named, swept.young, swept.removed) == (1, 1, ())
    later = utc_now() + GRACE + timedelta(minutes=1)
    assert sweep_store(database, store, "local:test", dry_run=True, now=later).removed == (orphan,)
    assert store.exists(orphan)
    assert sweep_store(database, store, "local:test", now=later).removed == (orphan,)
    assert list(store.digests()) == [named]
    assert sweep_store(database, store, "local:test", now=later).removed == ()
    with database.reading() as tx:
        (entry,) = read_audit(tx, limit=10)
        assert (entry.actor, entry.action, entry.subject_id) == ("local:test", "evidence.sweep", orphan)
        assert verify_audit(tx).sound


def test_a_record_is_refused_that_would_name_bytes_which_were_swept_meanwhile(database: Database, store: EvidenceStore):
    kept = store.put(b"kept")
    with database.transaction() as tx:
        require_stored(tx, store, kept)
        with pytest.raises(StoreUnavailable):
            require_stored(tx, store, "0" * 64)


def test_direct_uploads_that_nobody_completed_are_leftovers(database: Database, s3_server: S3Server):
    bucket = f"storing-{uuid.uuid4().hex[:8]}"
    s3_server.client().make_bucket(bucket)
    store = open_store(s3_server.url(bucket, "city"), s3_server.access_key, s3_server.secret_key)
    s3_server.client().put_object(bucket, f"city/incoming/{'a' * 64}", BytesIO(b"half"), 4)
    assert sweep_store(database, store, "local:test").leftovers == 0
    assert store.sweep(0) == 1
    assert store.sweep(0) == 0


def test_damage_and_what_is_missing_are_found_and_a_stopped_check_goes_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    store = open_store(str(tmp_path / "evidence"))
    digests = sorted(store.put(bytes([number])) for number in range(4))
    name(database, *digests, "f" * 64)
    broken = tmp_path / "evidence" / "sha256" / digests[3][:2] / digests[3][2:4] / digests[3]
    broken.chmod(0o600)
    broken.write_bytes(b"other")
    state = tmp_path / "check.json"

    class Stopped(Exception):
        """Ctrl-C."""

    slept: list[float] = []

    def stop_at_second(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        check_store(database, store, state, mb_per_s=1e-6, sleep=stop_at_second)
    assert slept[1] > slept[0] * 0.5 > 0.1  # a byte at a byte a second
    opened: list[str] = []
    really_open = store.open
    monkeypatch.setattr(store, "open", lambda digest: opened.append(digest) or really_open(digest))
    found = check_store(database, store, state)
    assert opened == digests[2:]
    assert (found.checked, found.finished) == (4, True)
    assert sorted(found.problems) == sorted([digests[3], "f" * 64])
    assert check_store(database, store, state).checked == 4  # one that finished begins anew
    for torn in ("", '{"after": "', "[1]", '{"from": "another release"}'):
        state.write_text(torn)
        assert check_store(database, store, state).checked == 4
    assert list(tmp_path.glob("check.*")) == [state]
