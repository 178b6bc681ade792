"""Both kinds of store, empty, and the ways to harm them from outside."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from tests.services.s3 import S3Server
from verifier.evidence import EvidenceStore, open_store


@dataclass(frozen=True)
class Bench:
    """A store under test: how to open it once more, and how to change what is kept behind its back."""

    store: EvidenceStore
    arguments: tuple[str, ...]  # of open_store
    replace: Callable[[str, bytes], None]  # (digest, other bytes)
    plant: Callable[[str, bytes], None]  # (path inside the store, bytes)
    version: Callable[[str], object]  # changes when the kept file or object is written again

    def reopen(self) -> EvidenceStore:
        return open_store(*self.arguments)


def _local(folder: Path) -> Bench:
    def path(digest: str) -> Path:
        return folder / "sha256" / digest[:2] / digest[2:4] / digest

    def replace(digest: str, data: bytes) -> None:
        path(digest).chmod(0o600)
        path(digest).write_bytes(data)

    def plant(name: str, data: bytes) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    def version(digest: str) -> object:
        seen = path(digest).stat()
        return seen.st_ino, seen.st_mtime_ns

    return Bench(open_store(str(folder)), (str(folder),), replace, plant, version)


def _s3(server: S3Server) -> Bench:
    client, bucket = server.client(), f"evidence-{uuid.uuid4().hex[:8]}"
    client.make_bucket(bucket)

    def name(digest: str) -> str:
        return f"city/sha256/{digest[:2]}/{digest[2:4]}/{digest}"

    def plant(path: str, data: bytes) -> None:
        client.put_object(bucket, f"city/{path}", BytesIO(data), len(data))

    def replace(digest: str, data: bytes) -> None:
        client.put_object(bucket, name(digest), BytesIO(data), len(data))

    def version(digest: str) -> object:
        return client.stat_object(bucket, name(digest)).last_modified

    arguments = (server.url(bucket, "city"), server.access_key, server.secret_key)
    return Bench(open_store(*arguments), arguments, replace, plant, version)


@pytest.fixture(params=["a local folder", "S3"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """An empty store of each kind."""
    if request.param == "S3":
        return _s3(request.getfixturevalue("s3_server"))
    return _local(tmp_path / "evidence")
