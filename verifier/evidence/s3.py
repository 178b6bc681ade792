"""Evidence in a bucket: ``prefix/sha256/ab/cd/abcd…``, each object written once, whole, or not at all."""

from __future__ import annotations

import base64
import hashlib
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from minio import Minio
from minio.commonconfig import ENABLED
from minio.error import MinioException, S3Error
from minio.objectlockconfig import YEARS
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from verifier.evidence.store import (
    CHUNK_BYTES,
    Checked,
    EvidenceDamaged,
    EvidenceMissing,
    Protection,
    StoreUnavailable,
    UploadRefused,
    as_stream,
    check_each,
    copy_hashing,
    is_digest,
    require_digest,
)

UNREACHED = "none"
SPOOL_BYTES = 8 << 20  # up to here (most photos) in memory, above it (video) on disk while it is hashed
CONNECT_S, ANSWER_S = 5.0, 60.0
RETRIES = 3
PUT_WITHIN = timedelta(hours=1)  # how long the address of one put is good for; 5 GB at 12 Mbit/s
READ_WITHIN = timedelta(minutes=5)  # how long the address of one read is good for: it is followed at once
# Above this (video) an object goes in parts, so that a broken connection costs one part and not the whole.
MULTIPART_BYTES, PART_BYTES = 64 << 20, 16 << 20
CONFLICT_TRIES, CONFLICT_WAIT_S = 10, 0.2
_WRITTEN, _CONFLICT, _ALREADY_THERE = 200, 409, 412
_NOT_THERE = {"NoSuchKey", "NotFound", "NoSuchObject"}


class S3Store:
    """Evidence in one bucket of an S3 server, through the MinIO SDK; see `EvidenceStore`. The bucket must exist."""

    def __init__(
        self,
        endpoint: str,
        bucket: str,
        prefix: str = "",
        *,
        access_key: str,
        secret_key: str,
        region: str = "us-east-1",
        secure: bool = True,
        public: str = "",
    ) -> None:
        """Describe where the bucket is; the server is first asked when something is put or read.

        Args:
            endpoint: ``host:port``.
            prefix: Folder inside the bucket; empty for its root.
            access_key, secret_key: Kept out of every message and every repr.
            region: Signed into every request, so it must be the server's.
            secure: Whether to speak TLS.
            public: ``https://host:port`` under which clients reach the same server, where they do not by `endpoint`; ``none``
                where they do not reach it.
        """
        self.endpoint, self.bucket, self.prefix = endpoint, bucket, prefix.strip("/")
        self._bucket_seen = False
        self._http = PoolManager(
            timeout=Timeout(connect=CONNECT_S, read=ANSWER_S),
            retries=Retry(total=RETRIES, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504], redirect=False),
        )
        self._client = Minio(
            endpoint,
            access_key=access_key,
            secret_key=secret_key,
            region=region,
            secure=secure,
            http_client=self._http,
        )
        self.is_reached = public != UNREACHED
        address = urlsplit(public)
        # An address is signed with the host it is asked under; nothing is sent by this one.
        self._offers = self._client if public in ("", UNREACHED) else Minio(
            address.netloc, access_key=access_key, secret_key=secret_key, region=region, secure=address.scheme == "https"
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"S3Store({self.endpoint!r}, {self.bucket!r}, {self.prefix!r})"

    def put(self, data: bytes | BinaryIO) -> str:
        """See `EvidenceStore.put`."""
        # Its name is its hash, so the whole stream must be seen before the first byte can be sent.
        with _spool() as spooled:
            md5 = hashlib.md5(usedforsecurity=False)  # what S3 verifies the transfer with
            sha256, size = copy_hashing(as_stream(data), spooled.write, md5)
            if not self.exists(sha256) and self._send(sha256, spooled, size, md5.digest()):
                return sha256
        self.open(sha256).close()  # raises where what is kept is damaged
        return sha256

    def open(self, sha256: str) -> BinaryIO:
        """See `EvidenceStore.open`."""
        name = self._name(sha256)
        spooled = _spool()
        try:
            found = self._fetch(name, sha256, spooled)
            if found != sha256:
                raise EvidenceDamaged(sha256, found)
            spooled.seek(0)
        except BaseException:
            spooled.close()
            raise
        return spooled

    def read(self, sha256: str) -> bytes:
        """See `EvidenceStore.read`."""
        with self.open(sha256) as stream:
            return stream.read()

    def exists(self, sha256: str) -> bool:
        """See `EvidenceStore.exists`."""
        try:
            self.size(sha256)
        except EvidenceMissing:
            return False
        return True

    def size(self, sha256: str) -> int:
        """See `EvidenceStore.size`."""
        name = self._name(sha256)
        self._require_bucket()
        with self._server_errors(sha256):
            return self._client.stat_object(self.bucket, name).size or 0

    def digests(self, after: str = "") -> Iterator[str]:
        """See `EvidenceStore.digests`. Objects that carry no digest as their name are left alone."""
        folder = f"{self.prefix}/sha256/" if self.prefix else "sha256/"
        start = f"{folder}{after[:2]}/{after[2:4]}/{after}" if after else None
        with self._server_errors(None):
            for entry in self._client.list_objects(self.bucket, prefix=folder, recursive=True, start_after=start):
                name = (entry.object_name or "").rpartition("/")[2]
                if is_digest(name) and name > after and entry.object_name == self._name(name):
                    yield name

    def check(self, after: str = "") -> Iterator[Checked]:
        """See `EvidenceStore.check`."""
        return check_each(self, after)

    def stored_at(self, sha256: str) -> datetime:
        """See `EvidenceStore.stored_at`."""
        with self._server_errors(sha256):
            return self._client.stat_object(self.bucket, self._name(sha256)).last_modified or datetime.now(UTC)

    def discard(self, sha256: str) -> None:
        """See `EvidenceStore.discard`. Where the bucket keeps versions, the former one stays until its lock ends."""
        with self._server_errors(None):
            self._client.remove_object(self.bucket, self._name(sha256))

    def sweep(self, grace_s: float) -> int:
        """See `EvidenceStore.sweep`: direct uploads that nobody completed."""
        folder, removed = self._place(""), 0
        old = datetime.now(UTC) - timedelta(seconds=grace_s)
        with self._server_errors(None):
            for entry in self._client.list_objects(self.bucket, prefix=folder, recursive=True):
                name = (entry.object_name or "").removeprefix(folder)
                if is_digest(name) and entry.last_modified is not None and entry.last_modified <= old:
                    self._client.remove_object(self.bucket, self._place(name))
                    removed += 1
        return removed

    def read_protection(self) -> Protection:
        """See `Protection`. What the server does not offer, or does not tell us, counts as not there."""
        self._require_bucket()
        versions, mode, days = False, None, None
        with suppress(S3Error):
            versions = self._client.get_bucket_versioning(self.bucket).status == ENABLED
        with suppress(S3Error):
            lock = self._client.get_object_lock_config(self.bucket)
            if lock.mode is not None and lock.duration is not None:
                mode, days = lock.mode, lock.duration * (365 if lock.duration_unit == YEARS else 1)
        return Protection(versions, mode, days)

    def offer_place(self, name: str) -> tuple[str, datetime]:
        """See `DirectUploads.offer_place`."""
        until = datetime.now(UTC) + PUT_WITHIN
        with self._server_errors(None):
            place = self._place(require_digest(name))
            return self._offers.get_presigned_url("PUT", self.bucket, place, expires=PUT_WITHIN), until

    def offer_read(self, sha256: str) -> tuple[str, datetime]:
        """See `DirectUploads.offer_read`."""
        until = datetime.now(UTC) + READ_WITHIN
        if not self.exists(sha256):
            raise EvidenceMissing(sha256)
        # Never shown as a page of the store's own, whatever the bytes are.
        as_file: dict[str, str | list[str] | tuple[str]] = {
            "response-content-disposition": "attachment",
            "response-content-type": "application/octet-stream",
        }
        with self._server_errors(sha256):
            url = self._offers.get_presigned_url(
                "GET", self.bucket, self._name(sha256), expires=READ_WITHIN, response_headers=as_file
            )
        return url, until

    def accept(self, name: str, sha256: str, max_bytes: int) -> int:
        """See `DirectUploads.accept`."""
        require_digest(sha256)
        place = self._place(require_digest(name))
        with self._server_errors(sha256):
            size = self._client.stat_object(self.bucket, place).size or 0
        if size > max_bytes:
            self.clear_place(name)
            raise UploadRefused(sha256, too_large=True)
        with _spool() as spooled:
            if self._fetch(place, sha256, spooled) != sha256:
                self.clear_place(name)
                raise UploadRefused(sha256, too_large=False)
            size = spooled.tell()
            spooled.seek(0)
            self.put(spooled)
        return size

    def clear_place(self, name: str) -> None:
        """See `DirectUploads.clear_place`."""
        with self._server_errors(None):
            self._client.remove_object(self.bucket, self._place(require_digest(name)))

    def _fetch(self, name: str, sha256: str, into: BinaryIO) -> str:
        """Write an object's bytes, and return the digest they have; `sha256` is the one that errors name."""
        digest = hashlib.sha256()
        with self._server_errors(sha256):
            answer = self._client.get_object(self.bucket, name)
            try:
                for chunk in answer.stream(CHUNK_BYTES):
                    digest.update(chunk)
                    into.write(chunk)
            finally:
                answer.close()
                answer.release_conn()
        return digest.hexdigest()

    def _place(self, name: str) -> str:
        return f"{self.prefix}/incoming/{name}" if self.prefix else f"incoming/{name}"

    def _require_bucket(self) -> None:
        """Ask once for the bucket: the answer to HEAD on an object is the same 404 where the bucket is not there."""
        if not self._bucket_seen:
            with self._server_errors(None):
                self._bucket_seen = self._client.bucket_exists(self.bucket)
            if not self._bucket_seen:
                raise StoreUnavailable(f"{self!r}: the server has no such bucket")

    def _name(self, sha256: str) -> str:
        require_digest(sha256)
        name = f"sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"
        return f"{self.prefix}/{name}" if self.prefix else name

    def _send(self, sha256: str, body: BinaryIO, size: int, md5: bytes) -> bool:
        """Write one object unless that name is taken; False where it is.

        The SDK's own put sends no If-None-Match (it turns it into metadata) and would overwrite; so the SDK signs
        the address and the request itself carries the condition and the checksum of what must arrive. In parts the SDK puts it,
        each with its checksum: two puts of the same large object at once leave two versions of the same bytes.
        """
        if size > MULTIPART_BYTES:
            with self._server_errors(sha256):
                body.seek(0)
                self._client.put_object(self.bucket, self._name(sha256), body, size, part_size=PART_BYTES)
            return True
        headers = {
            "If-None-Match": "*",
            "Content-Length": str(size),
            "Content-Type": "application/octet-stream",
            "Content-MD5": base64.b64encode(md5).decode(),
        }
        with self._server_errors(sha256):
            for _ in range(CONFLICT_TRIES):
                body.seek(0)
                url = self._client.get_presigned_url("PUT", self.bucket, self._name(sha256), expires=PUT_WITHIN)
                answer = self._http.request("PUT", url, body=body, headers=headers)
                if answer.status != _CONFLICT:  # another put of the same bytes is under way: ask again
                    break
                time.sleep(CONFLICT_WAIT_S)
        if answer.status == _ALREADY_THERE:
            return False
        if answer.status != _WRITTEN:
            # The body names the S3 error code; the address, which holds the signature, is not shown.
            detail = answer.data[:500].decode(errors="replace")
            raise StoreUnavailable(f"{self!r} refused evidence {sha256} with status {answer.status}: {detail}")
        return True

    @contextmanager
    def _server_errors(self, sha256: str | None) -> Iterator[None]:
        try:
            yield
        except S3Error as error:
            if sha256 is not None and error.code in _NOT_THERE:
                raise EvidenceMissing(sha256) from None
            raise StoreUnavailable(f"{self!r} answered {error.code}: {error.message}") from None
        except (MinioException, HTTPError, OSError) as error:
            # Without its cause and its text: urllib3 writes the whole address there, signature and access key included.
            raise StoreUnavailable(f"{self!r} does not answer ({type(error).__name__})") from None


def _spool() -> BinaryIO:
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES))
