"""A photo that takes too long, too much memory, or the process with it, costs its own answer and nothing else."""

from __future__ import annotations

import io
import os
import signal
import threading
from pathlib import Path

import pytest
from PIL import Image

from tests.builders.night import (
    copy_workspace,
    differences,
    findings_of,
    load,
    night,
    read_table,
    records_of,
    settings_for,
    write_table,
)
from tests.builders.photos import a_photo_file
from tests.verifier.conftest import DemoNight
from tests.verifier.test_killed_night import descendants
from verifier.evidence import LocalStore, StoreUnavailable
from verifier.looking import CannotLookError, LookDone, look_at_all, look_versions
from verifier.settings import Settings


def look(settings: Settings, *digests: str) -> dict[str, LookDone]:
    """Digest → what came out."""
    return {done.sha256: done for done in look_at_all(digests, settings, look_versions(settings)[0])}


def hand_in(workspace: Path, name: str, content: bytes) -> str:
    """One more photo for the first afternoon of the demo class, which has none; its file name."""
    folder = workspace / "class"
    (folder / "photos" / name).write_bytes(content)
    rows = read_table(folder / "photos.csv")
    write_table(folder / "photos.csv", [*rows, [name, "2023-06-12T15:00:00+08:00", "2023-06-12-pm", "front"]])
    assert load(folder, workspace).loaded
    return name


def test_a_photo_that_takes_too_long_is_not_run_with_its_name_and_the_rest_stands(workspace: Path) -> None:
    name = hand_in(workspace, "slow one.jpg", a_photo_file())
    answer = night(workspace, since="2023-06-12", photo_timeout_s=0.001).answer
    assert (answer["night"]["looked"], answer["night"]["cut_off"]) == (1, 1)
    findings = findings_of(answer, name)
    assert name in findings["photo.decodes"]["reason"]
    assert "longer than 0.001 s" in findings["photo.decodes"]["reason"]
    # The re-use of the bytes alone needs no look.
    assert {finding["outcome"] for check, finding in findings.items() if check != "photo.reuse"} == {"not_run"}
    assert findings_of(answer, "2023-06-12/上午-前.jpg")["photo.decodes"]["outcome"] == "passed"


def test_a_photo_that_needs_too_much_memory_is_not_run_and_its_neighbour_is_looked_at(workspace: Path) -> None:
    """A hundred million pixels of one colour are 300 kB as a file, and over a gigabyte while they are read."""
    flat = io.BytesIO()
    Image.new("RGB", (10_900, 10_900), (90, 120, 90)).save(flat, "PNG", compress_level=1)
    hand_in(workspace, "大 照片.png", flat.getvalue())
    hand_in(workspace, "small.jpg", a_photo_file())
    answer = night(workspace, since="2023-06-12", photo_memory_mb=1000).answer
    big = findings_of(answer, "大 照片.png")
    assert "not_run" in {finding["outcome"] for finding in big.values()}
    assert big["photo.decodes"]["outcome"] in ("not_run", "passed")
    assert "failed" not in {finding["outcome"] for check, finding in big.items() if check != "photo.pair"}
    assert any("大 照片.png" in finding["reason"] or "MemoryError" in finding["reason"] for finding in big.values())
    assert findings_of(answer, "small.jpg")["photo.decodes"]["outcome"] == "passed"


def test_a_worker_that_dies_costs_no_photo_its_answer(
    demo_imported: Path, demo_night: DemoNight, tmp_path: Path
) -> None:
    """What an out-of-memory killer does: `kill -9` to a worker in the middle of its look.

    Once: a picture whose worker dies twice is kept as not_run, as it may be what kills them.
    """
    workspace, killed, over = copy_workspace(demo_imported, tmp_path / "ws"), [], threading.Event()

    def kill_one() -> None:
        while not killed and not over.wait(3.0):
            # Only spawned workers: the resource tracker has another command line.
            workers = [pid for pid in descendants(os.getpid()) if b"spawn_main" in _command(pid)]
            if workers:
                os.kill(workers[0], signal.SIGKILL)
                killed.append(workers[0])

    killer = threading.Thread(target=kill_one)
    killer.start()
    try:
        answer = night(workspace, since="2023-06-12").answer
    finally:
        over.set()
        killer.join()
    assert killed
    assert answer["night"]["looked"] == 14
    assert "not_run" not in {photo["outcome"] for photo in answer["photos"]}
    assert differences(records_of(workspace), records_of(demo_night.workspace)) == []


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_missing_evidence_is_told_and_its_look_is_not_to_be_kept(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    there, gone = LocalStore(settings.evidence).put(a_photo_file()), "0" * 64
    done = look(settings, gone, there)
    assert (done[gone].lasting, done[there].lasting) == (False, True)
    assert "not in the store" in done[gone].cut_off
    assert (done[there].cut_off, done[there].look_json["decoded"]["format"]) == ("", "jpeg")


def test_a_store_that_does_not_answer_ends_the_work_and_blames_no_photo(
    demo_imported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copy_workspace(demo_imported, tmp_path / "ws")
    monkeypatch.setenv("VERIFIER_EVIDENCE_ACCESS_KEY", "nobody")
    monkeypatch.setenv("VERIFIER_EVIDENCE_SECRET_KEY", "nothing")
    with pytest.raises(StoreUnavailable):
        night(workspace, evidence_url="s3://bucket?endpoint=127.0.0.1:9&secure=false")
    assert records_of(workspace)["look"] == []
    assert records_of(workspace)["run"] == []


def test_workers_that_cannot_start_end_the_work_and_blame_no_photo(demo_imported: Path, tmp_path: Path) -> None:
    workspace = copy_workspace(demo_imported, tmp_path / "ws")
    (tmp_path / "file").touch()
    with pytest.raises(CannotLookError, match="do not start"):
        night(workspace, cache_dir=tmp_path / "file")
    assert records_of(workspace)["look"] == []
