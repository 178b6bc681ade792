"""What both stores promise; S3 is a real server."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.verifier.evidence.conftest import Bench
from tests.verifier.evidence.putting import MEGABYTE, Source
from verifier.evidence import EvidenceDamaged, EvidenceMissing, EvidenceStore


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="no bytes at all"),
        pytest.param(b"x", id="one byte"),
        pytest.param(os.urandom(300_000), id="a photo's worth"),
    ],
)
def test_what_was_put_comes_back(bench: Bench, data: bytes) -> None:
    """Also through another instance, which sees nothing but what is on the disk or the server."""
    digest = bench.store.put(data)
    assert digest == digest_of(data)
    again = bench.reopen()
    assert again.exists(digest)
    assert again.size(digest) == len(data)
    assert again.read(digest) == data
    with again.open(digest) as stream:
        assert stream.read() == data
        stream.seek(0)
        assert stream.read(1) == data[:1]


def test_a_stream_is_put_from_where_it_stands(bench: Bench) -> None:
    """An upload's wrapper may have read a header already; the rest is what was handed over."""
    stream = io.BytesIO(b"header and body")
    stream.read(7)
    assert bench.store.read(bench.store.put(stream)) == b"and body"


def test_an_error_of_the_source_is_the_callers_and_leaves_nothing(bench: Bench) -> None:
    """The store is not to blame for an upload that broke off."""

    class Broken(io.RawIOBase):
        def read(self, _size: int = -1) -> bytes:
            raise ConnectionResetError("upload cut off")

    with pytest.raises(ConnectionResetError, match="upload cut off"):
        bench.store.put(Broken())  # type: ignore[arg-type]
    assert list(bench.store.digests()) == []


def test_64_megabytes_stream_through_without_being_held(bench: Bench) -> None:
    """Memory stays far below the size, in both directions."""
    tracemalloc.start()
    try:
        digest = bench.store.put(Source(64))  # type: ignore[arg-type]
        with bench.store.open(digest) as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == digest
    assert bench.store.size(digest) == 64 * MEGABYTE
    assert peak < 24 * MEGABYTE


def test_putting_twice_writes_once(bench: Bench) -> None:
    """What is kept is not even replaced by the same bytes."""
    digest = bench.store.put(b"evidence")
    before = bench.version(digest)
    time.sleep(1.1)  # S3 tells times in seconds
    assert bench.reopen().put(b"evidence") == digest
    assert bench.version(digest) == before
    assert list(bench.store.digests()) == [digest]


def test_many_put_the_same_bytes_at_once(bench: Bench) -> None:
    """Each is told the same digest, one piece is kept, and it is whole."""
    data = os.urandom(2 * MEGABYTE)
    stores = [bench.reopen() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        digests = list(pool.map(lambda store: store.put(data), stores))
    assert set(digests) == {digest_of(data)}
    assert list(bench.store.digests()) == [digest_of(data)]
    assert bench.store.read(digest_of(data)) == data


READERS: list[tuple[str, Callable[[EvidenceStore, str], object]]] = [
    ("open", lambda store, digest: store.open(digest)),
    ("read", lambda store, digest: store.read(digest)),
]


@pytest.mark.parametrize(("read"), [read for _, read in READERS], ids=[name for name, _ in READERS])
@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda data: data[:-1], id="cut off"),
        pytest.param(lambda data: data[:-1] + bytes([data[-1] ^ 1]), id="one bit flipped"),
        pytest.param(lambda data: data + b"\0", id="something appended"),
        pytest.param(lambda _: b"", id="emptied"),
    ],
)
def test_damage_is_never_handed_out(
    bench: Bench, harm: Callable[[bytes], bytes], read: Callable[[EvidenceStore, str], object]
) -> None:
    """Not a byte of it: verification comes before reading."""
    data = os.urandom(5_000)
    digest = bench.store.put(data)
    bench.replace(digest, harm(data))
    with pytest.raises(EvidenceDamaged, match=digest) as caught:
        read(bench.store, digest)
    assert caught.value.found == digest_of(harm(data))


def test_putting_again_over_damage_says_so_and_repairs_nothing_silently(bench: Bench) -> None:
    """Damaged evidence is itself a trace: nobody may believe that the bytes are safe, and nothing is overwritten."""
    digest = bench.store.put(b"evidence")
    bench.replace(digest, b"evil")
    with pytest.raises(EvidenceDamaged, match=digest):
        bench.store.put(b"evidence")
    with pytest.raises(EvidenceDamaged):
        bench.store.read(digest)


def test_what_was_never_put_is_missing_by_name(bench: Bench) -> None:
    """Missing is told apart from damaged and from unreachable."""
    digest = digest_of(b"never put")
    assert not bench.store.exists(digest)
    for ask in (bench.store.open, bench.store.read, bench.store.size):
        with pytest.raises(EvidenceMissing, match=digest):
            ask(digest)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "sha256:" + "0" * 64])
def test_only_a_digest_names_evidence(bench: Bench, name: str) -> None:
    """Nothing else becomes a path or an object's name."""
    for ask in (bench.store.exists, bench.store.size, bench.store.open, bench.store.read):
        with pytest.raises(ValueError, match="64 lower-case"):
            ask(name)


def test_digests_come_in_order_and_from_anywhere_on(bench: Bench) -> None:
    """So a long check can stop and go on; strangers' files in the store are not evidence."""
    digests = sorted(bench.store.put(bytes([number])) for number in range(20))
    bench.plant("sha256/ab/cd/notes.txt", b"not evidence")
    bench.plant(f"sha256/00/00/{digests[3]}", b"in the wrong folder")
    assert list(bench.store.digests()) == digests
    assert list(bench.store.digests(after=digests[7])) == digests[8:]
    assert list(bench.store.digests(after=digests[-1])) == []
    assert list(bench.store.digests(after="8")) == [digest for digest in digests if digest > "8"]


def test_a_check_reads_everything_and_names_what_is_damaged(bench: Bench) -> None:
    """One damaged piece does not end the check."""
    digests = sorted(bench.store.put(bytes([number])) for number in range(5))
    bench.replace(digests[1], b"other")
    checked = list(bench.store.check())
    assert [one.sha256 for one in checked] == digests
    assert [one.sha256 for one in checked if one.problem] == [digests[1]]
    assert digests[1] in str(checked[1].problem)
    assert [one.sha256 for one in bench.store.check(after=digests[2])] == digests[3:]


def start_put(bench: Bench, megabytes: int, pause_at: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.verifier.evidence.putting", str(megabytes), str(pause_at)]
    return subprocess.Popen([*command, *bench.arguments], stdout=subprocess.PIPE, text=True)


def digest_of_source(megabytes: int) -> str:
    digest, source = hashlib.sha256(), Source(megabytes)
    while chunk := source.read(MEGABYTE):
        digest.update(chunk)
    return digest.hexdigest()


def test_a_put_killed_while_it_reads_leaves_no_evidence(bench: Bench) -> None:
    """kill -9 after 5 of 9 megabytes: nothing half is ever seen, and the next put is as if the first never was."""
    process = start_put(bench, megabytes=9, pause_at=5)
    assert process.stdout is not None
    assert process.stdout.readline() == "paused\n"
    process.kill()
    process.wait()
    assert list(bench.store.digests()) == []
    assert bench.reopen().put(Source(9)) == digest_of_source(9)  # type: ignore[arg-type]
    assert list(bench.store.digests()) == [digest_of_source(9)]


def test_a_put_killed_while_it_writes_is_whole_or_absent(bench: Bench) -> None:
    """kill -9 at moments after the last byte was read, when names are given and uploads run."""
    digest = digest_of_source(32)
    for delay_ms in (0, 10, 30, 60, 120):
        process = start_put(bench, megabytes=32, pause_at=-1)
        assert process.stdout is not None
        assert process.stdout.readline() == "read\n"
        time.sleep(delay_ms / 1000)
        process.kill()
        process.wait()
        if bench.store.exists(digest):
            bench.store.open(digest).close()  # raises where it is not whole
    assert bench.store.put(Source(32)) == digest  # type: ignore[arg-type]
    assert [one.problem for one in bench.store.check()] == [None]
