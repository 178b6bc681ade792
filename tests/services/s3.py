"""A real S3 server for tests (seaweedfs, out of a wheel): starts in about a second, on loopback only."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from minio import Minio
from minio.error import S3Error
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from tests.services.ports import find_free_ports

START_S = 30.0  # seen: 1.1 s; a busy machine needs more


@dataclass(frozen=True, slots=True)
class S3Server:
    """Where the server listens and who may use it."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)

    def client(self) -> Minio:
        """A client that may do everything."""
        quick = PoolManager(timeout=Timeout(10), retries=Retry(0))
        return Minio(
            self.endpoint,
            access_key=self.access_key,
            secret_key=self.secret_key,
            secure=False,
            region="us-east-1",
            http_client=quick,
        )

    def url(self, bucket: str, prefix: str = "") -> str:
        """The evidence url of a bucket on this server, as the settings take it."""
        place = f"{bucket}/{prefix}" if prefix else bucket
        return f"s3://{place}?endpoint={self.endpoint}&secure=false"


@dataclass(slots=True)
class S3Process:
    """The server's process in its folder; it may be killed and started again over the same objects."""

    folder: Path
    server: S3Server
    command: list[str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes an object."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder)
        _wait_for_a_put(self.server, self.process, self.folder / "log")

    def kill(self) -> None:
        """As `kill -9`."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End it in peace."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


@contextmanager
def run_s3() -> Iterator[S3Server]:
    """Start seaweedfs in a folder of its own and stop it at the end.

    Raises:
        RuntimeError: it did not take an object in time; the message holds the end of its log.
    """
    with run_s3_process() as process:
        yield process.server


@contextmanager
def run_s3_process() -> Iterator[S3Process]:
    """As `run_s3`, for tests that kill it."""
    with tempfile.TemporaryDirectory(prefix="evidence-s3-") as name:
        folder = Path(name)
        master, volume, filer, s3, admin = find_free_ports(5, shadow=10_000)
        server = S3Server(f"127.0.0.1:{s3}", "test-access", "test-secret-not-for-production")
        (folder / "data").mkdir()
        _write_identities(folder / "s3.json", server)
        arguments = {
            "dir": folder / "data",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.port": master,
            "volume.port": volume,
            "filer.port": filer,
            "s3.port": s3,
            "admin.port": admin,
            "s3.config": folder / "s3.json",
            "admin.ui": "false",
            "webdav": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "master.telemetry": "false",  # on by default
            "s3.autoCreateBucket": "false",
        }
        command = [_find_weed(), "mini", *(f"-{option}={value}" for option, value in arguments.items())]
        process = S3Process(folder, server, command)
        try:
            process.start()
            yield process
        finally:
            process.stop()


def _find_weed() -> str:
    beside_python = Path(sys.executable).parent / "weed"
    found = str(beside_python) if beside_python.exists() else shutil.which("weed")
    if found is None:
        raise RuntimeError("no `weed` program: pip install '.[test]'")
    return found


def _write_identities(file: Path, server: S3Server) -> None:
    credentials = [{"accessKey": server.access_key, "secretKey": server.secret_key}]
    identity = {"name": "tests", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    file.write_text(json.dumps({"identities": [identity]}))


def _wait_for_a_put(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """The port opens before the store behind it works, so only a real object tells."""
    client = server.client()
    last: Exception | None = None
    gives_up = time.monotonic() + START_S
    while time.monotonic() < gives_up and process.poll() is None:
        try:
            if not client.bucket_exists("ready"):
                client.make_bucket("ready")
            client.put_object("ready", "ready", BytesIO(b"ready"), 5)
        except (HTTPError, S3Error, OSError) as error:
            last = error
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"seaweedfs took no object within {START_S} s ({last}):\n{log.read_text()[-2000:]}")
