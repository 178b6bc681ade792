"""Prepared packs are whole or not there, also when several processes prepare at once or one is killed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from verifier.vision.packs import PackError, digest_of, find_pack, locate_files
from verifier.vision.prepare import RECEIPT, preparation_key, prepare_pack


def test_processes_that_start_at_once_all_get_the_same_whole_pack(tmp_path):
    code = (
        "import sys, json; from pathlib import Path; from verifier.vision.packs import find_pack, digest_of;"
        "from verifier.vision.prepare import prepare_pack; sys.stdin.readline();"
        f"files = prepare_pack(find_pack('opencv-zoo'), Path({str(tmp_path)!r}));"
        "print(json.dumps({role: digest_of(path) for role, path in files.items()}, sort_keys=True))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in started:  # all have imported what they need, or wait for nothing else
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = {process.communicate(timeout=120)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert len(answers) == 1
    folder = tmp_path / "prepared" / "opencv-zoo"
    assert [entry.name for entry in folder.iterdir()] == [preparation_key(find_pack("opencv-zoo"))]


@pytest.mark.parametrize("fault", ["a network cut short", "no receipt", "a receipt that is no JSON"])
def test_a_damaged_folder_is_made_again(tmp_path, fault):
    pack = find_pack("opencv-zoo")
    files = prepare_pack(pack, tmp_path)
    whole = digest_of(files["embed"])
    if fault == "a network cut short":
        files["embed"].write_bytes(files["embed"].read_bytes()[:1000])
    elif fault == "no receipt":
        (files["embed"].parent / RECEIPT).unlink()
    else:
        (files["embed"].parent / RECEIPT).write_text("{", encoding="utf-8")
    assert digest_of(prepare_pack(pack, tmp_path)["embed"]) == whole


def test_the_second_call_writes_nothing(tmp_path):
    first = prepare_pack(find_pack("opencv-zoo"), tmp_path)
    written = {role: path.stat().st_mtime_ns for role, path in first.items()}
    second = prepare_pack(find_pack("opencv-zoo"), tmp_path)
    assert {role: path.stat().st_mtime_ns for role, path in second.items()} == written


def test_leftovers_of_a_killed_process_do_no_harm(tmp_path):
    folder = tmp_path / "prepared" / "opencv-zoo"
    (folder / ".making-killed").mkdir(parents=True)
    (folder / ".making-killed" / "half.onnx").write_bytes(b"half")
    assert prepare_pack(find_pack("opencv-zoo"), tmp_path)["detect"].is_file()


def test_new_sources_get_a_new_folder():
    pack = find_pack("opencv-zoo")
    changed = replace(pack, files=(replace(pack.files[0], sha256="0" * 64), pack.files[1]))
    assert preparation_key(pack) != preparation_key(changed)


def test_a_wrong_source_is_never_prepared(tmp_path):
    pack = find_pack("opencv-zoo")
    models = tmp_path / "models"
    models.mkdir()
    source = locate_files(pack, tmp_path)["embed"].read_bytes()
    (models / pack.file("embed").name).write_bytes(source[:-1] + bytes([source[-1] ^ 1]))
    with pytest.raises(PackError, match=pack.file("embed").name):
        prepare_pack(pack, tmp_path, models)
    assert not (tmp_path / "prepared").exists()


def test_a_pack_without_preparation_is_used_where_it_lies(tmp_path):
    files = prepare_pack(find_pack("rapidocr"), tmp_path)
    assert files == locate_files(find_pack("rapidocr"), tmp_path)
    assert not (tmp_path / "prepared").exists()
