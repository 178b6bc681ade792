"""What a real S3 server guards and gives away: versions, object lock, large objects in parts, addresses for clients."""

from __future__ import annotations

import hashlib
import uuid
from io import BytesIO

import httpx
import pytest
from minio.commonconfig import COMPLIANCE, ENABLED, GOVERNANCE
from minio.error import S3Error
from minio.objectlockconfig import DAYS, YEARS, ObjectLockConfig
from minio.versioningconfig import VersioningConfig

from tests.services.s3 import S3Server
from verifier.evidence import EvidenceMissing, find_direct, open_store
from verifier.evidence.s3 import MULTIPART_BYTES, S3Store
from verifier.storing import find_store_gaps

WANTED_DAYS = 3 * 365


def a_bucket(server: S3Server, lock: ObjectLockConfig | None = None, *, versions: bool = False) -> S3Store:
    client, bucket = server.client(), f"guarded-{uuid.uuid4().hex[:8]}"
    client.make_bucket(bucket, object_lock=lock is not None)
    if lock is not None:
        client.set_object_lock_config(bucket, lock)
    if versions:
        client.set_bucket_versioning(bucket, VersioningConfig(ENABLED))
    store = open_store(server.url(bucket), server.access_key, server.secret_key)
    assert isinstance(store, S3Store)
    return store


@pytest.mark.parametrize(
    ("lock", "versions", "missing"),
    [
        pytest.param(ObjectLockConfig(GOVERNANCE, 3, YEARS), False, [], id="three years"),
        pytest.param(ObjectLockConfig(COMPLIANCE, WANTED_DAYS, DAYS), False, [], id="as many days"),
        pytest.param(ObjectLockConfig(GOVERNANCE, WANTED_DAYS - 1, DAYS), False, ["1094 days"], id="a day too short"),
        pytest.param(None, True, ["locks no objects"], id="versions alone"),
        pytest.param(None, False, ["no former versions", "locks no objects"], id="a plain bucket"),
    ],
)
def test_what_a_bucket_lacks_is_told(
    s3_server: S3Server, lock: ObjectLockConfig | None, versions: bool, missing: list[str]
) -> None:
    gaps = find_store_gaps(a_bucket(s3_server, lock, versions=versions), WANTED_DAYS)
    assert len(gaps) == len(missing)
    assert all(word in gap for word, gap in zip(missing, gaps, strict=True))


def test_locked_evidence_stays_whoever_deletes_it(s3_server: S3Server) -> None:
    """A sweep hides an orphan under a marker; its bytes stay until the lock ends, and come back where they are needed again."""
    store = a_bucket(s3_server, ObjectLockConfig(COMPLIANCE, 1, DAYS))
    sha256 = store.put(b"locked")
    client = s3_server.client()
    (kept,) = client.list_objects(store.bucket, prefix="sha256/", recursive=True, include_version=True)
    with pytest.raises(S3Error):
        client.remove_object(store.bucket, str(kept.object_name), version_id=kept.version_id)
    store.discard(sha256)
    assert not store.exists(sha256)
    assert client.get_object(store.bucket, str(kept.object_name), version_id=kept.version_id).data == b"locked"
    assert store.put(b"locked") == sha256
    assert store.read(sha256) == b"locked"


def test_a_large_object_goes_in_parts_and_comes_back_whole(s3_server: S3Server) -> None:
    store, data = a_bucket(s3_server, ObjectLockConfig(GOVERNANCE, 1, DAYS)), bytes(MULTIPART_BYTES) + b"end"
    sha256 = store.put(BytesIO(data))
    stat = s3_server.client().stat_object(store.bucket, store._name(sha256))
    assert str(stat.etag).endswith("-5"), "five parts of 16 MB and less"
    with store.open(sha256) as stream:
        assert hashlib.file_digest(stream, "sha256").hexdigest() == sha256
    assert store.put(BytesIO(data)) == sha256
    assert [each.problem for each in store.check()] == [None]


def test_a_client_reads_from_the_store_itself_by_an_address_that_names_the_public_host(s3_server: S3Server) -> None:
    store = a_bucket(s3_server)
    sha256 = store.put(b"evidence")
    url, _ = store.offer_read(sha256)
    answer = httpx.get(url)
    assert (answer.content, answer.headers["content-disposition"]) == (b"evidence", "attachment")
    assert httpx.get(url.replace(sha256, "0" * 64)).status_code == 403
    with pytest.raises(EvidenceMissing):
        store.offer_read("0" * 64)
    public = open_store(
        f"{s3_server.url(store.bucket)}&public=https://files.example:9443", s3_server.access_key, s3_server.secret_key
    )
    assert isinstance(public, S3Store)
    assert public.offer_read(sha256)[0].startswith(f"https://files.example:9443/{store.bucket}/")
    assert public.offer_place(sha256)[0].startswith("https://files.example:9443/")
    assert public.read(sha256) == b"evidence"
    hidden = open_store(f"{s3_server.url(store.bucket)}&public=none", s3_server.access_key, s3_server.secret_key)
    assert (find_direct(public), find_direct(hidden)) == (public, None)
    assert hidden.read(sha256) == b"evidence"


@pytest.mark.parametrize("public", ["files.example", "ftp://files.example", "https://", "https://files.example/path"])
def test_a_public_address_that_is_none_is_refused(public: str) -> None:
    with pytest.raises(ValueError, match="public is an address"):
        open_store(f"s3://bucket?endpoint=127.0.0.1:9&public={public}", "a", "b")
