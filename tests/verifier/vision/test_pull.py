"""Fetching from an upstream, here a real HTTP server on this machine."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from verifier.vision.packs import Archive, Licence, Pack, PackError, PackFile, find_pack, pulled_folder
from verifier.vision.pull import pull_pack

WEIGHTS = bytes(range(256)) * 9000  # 2.3 MB: more than one chunk
FREE = Licence("Apache-2.0", "https://example.org/licence", commercial_use=True, needs_acceptance=False)


@contextmanager
def upstream(content: dict[str, bytes], cut_after: int | None = None) -> Iterator[tuple[str, list[str]]]:
    """Serve `content` by path; `cut_after` closes the connection early. Yields the address and the paths asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = content.get(self.path)
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:cut_after])

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def a_pack(address: str, licence: Licence = FREE, archive: bytes | None = None) -> Pack:
    file = PackFile("detect", "net.onnx", hashlib.sha256(WEIGHTS).hexdigest(), len(WEIGHTS), url=f"{address}/net.onnx")
    packed = (
        None if archive is None else Archive(f"{address}/nets.zip", hashlib.sha256(archive).hexdigest(), len(archive))
    )
    return replace(find_pack("yolox-nano"), name="test-pack", licence=licence, files=(file,), archive=packed)


def nothing_left(pack: Pack, cache: Path) -> bool:
    return list(pulled_folder(pack, cache).iterdir()) == []


def test_a_pulled_file_has_the_wanted_bytes_and_is_fetched_once(tmp_path):
    with upstream({"/net.onnx": WEIGHTS}) as (address, asked):
        pack = a_pack(address)
        first = pull_pack(pack, tmp_path)
        assert pull_pack(pack, tmp_path) == first
    assert first["detect"].read_bytes() == WEIGHTS
    assert asked == ["/net.onnx"]


def test_other_bytes_of_the_right_length_are_refused_with_both_digests(tmp_path):
    other = WEIGHTS[:-1] + b"?"
    with upstream({"/net.onnx": other}) as (address, _):
        pack = a_pack(address)
        with pytest.raises(PackError) as refused:
            pull_pack(pack, tmp_path)
    text = str(refused.value)
    assert "net.onnx" in text
    assert hashlib.sha256(other).hexdigest() in text
    assert pack.files[0].sha256 in text
    assert nothing_left(pack, tmp_path)


@pytest.mark.parametrize(
    ("content", "cut_after"),
    [
        pytest.param({"/net.onnx": WEIGHTS + b"more"}, None, id="too long"),
        pytest.param({"/net.onnx": WEIGHTS[:-1]}, None, id="a byte short"),
        pytest.param({"/net.onnx": WEIGHTS}, 1_500_000, id="connection cut"),
        pytest.param({}, None, id="not found"),
    ],
)
def test_what_does_not_arrive_whole_is_refused_and_leaves_nothing(tmp_path, content, cut_after):
    with upstream(content, cut_after) as (address, _):
        pack = a_pack(address)
        with pytest.raises(PackError, match="test-pack"):
            pull_pack(pack, tmp_path)
    assert nothing_left(pack, tmp_path)


def test_an_upstream_that_is_not_there_is_named(tmp_path):
    with upstream({}) as (address, _):
        pack = a_pack(address)
    with pytest.raises(PackError, match=address):
        pull_pack(pack, tmp_path)


def test_a_restricted_licence_must_be_accepted_before_anything_is_asked_for(tmp_path):
    restricted = replace(FREE, spdx="LicenseRef-Research", commercial_use=False, needs_acceptance=True)
    with upstream({"/net.onnx": WEIGHTS}) as (address, asked):
        pack = a_pack(address, restricted)
        with pytest.raises(PackError, match="LicenseRef-Research"):
            pull_pack(pack, tmp_path)
        assert asked == []
        assert pull_pack(pack, tmp_path, accept_licence=True)["detect"].is_file()


def a_zip(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize("name", ["net.onnx", "nets/net.onnx", "../../net.onnx"])
def test_only_the_wanted_member_leaves_an_archive_wherever_it_says_it_lies(tmp_path, name):
    archive = a_zip({name: WEIGHTS, "other.onnx": b"not wanted"})
    with upstream({"/nets.zip": archive}) as (address, _):
        pack = a_pack(address, archive=archive)
        files = pull_pack(pack, tmp_path / "cache")
    assert files["detect"].read_bytes() == WEIGHTS
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [files["detect"]]


def test_an_archive_without_the_member_is_refused(tmp_path):
    archive = a_zip({"other.onnx": b"not wanted"})
    with upstream({"/nets.zip": archive}) as (address, _):
        pack = a_pack(address, archive=archive)
        with pytest.raises(PackError, match=r"net\.onnx"):
            pull_pack(pack, tmp_path)
    assert nothing_left(pack, tmp_path)
