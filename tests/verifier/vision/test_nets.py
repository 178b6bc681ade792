"""All networks of a process are opened once, named by digest, and nothing is fetched."""

from __future__ import annotations

import socket

import pytest

from tests.builders.shared import shared_data
from tests.verifier.vision.pictures import cache_dir
from verifier.vision import nets as opening
from verifier.vision.nets import choose_runtime, open_face_net, open_nets
from verifier.vision.packs import PackError, find_pack


def test_versions_name_every_opened_pack(tmp_path):
    nets = open_nets(cache_dir(), models_dir=tmp_path)
    assert nets.people is None
    assert nets.versions == {
        "faces": find_pack("opencv-zoo").version,
        "text": find_pack("rapidocr").version,
    }
    assert nets.embedding_contract == find_pack("opencv-zoo").embedding_contract
    assert nets.versions["faces"].startswith("opencv-zoo@")


def test_opening_asks_no_other_machine(monkeypatch, tmp_path):
    asked: list[object] = []

    def refuse(*args: object, **_: object) -> None:
        asked.append(args)
        raise OSError("there is no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(OSError, match="no network"):
        socket.create_connection(("127.0.0.1", 9))
    assert len(asked) == 1, "whoever asks is noticed, whatever becomes of its error"
    assert open_nets(cache_dir(), models_dir=tmp_path).faces is not None
    assert len(asked) == 1


def test_a_face_pack_that_is_not_installed_is_an_error_that_says_what_to_run(tmp_path):
    with pytest.raises(PackError, match="verifier models pull buffalo_l"):
        open_face_net(tmp_path, name="buffalo_l")


def test_a_people_pack_cannot_serve_for_faces(tmp_path):
    with pytest.raises(PackError, match="yolox-nano"):
        open_face_net(tmp_path, name="yolox-nano")


def test_openvino_wanted_and_not_installed_is_an_error_that_says_what_to_run_and_auto_does_without(monkeypatch):
    monkeypatch.setattr(opening, "find_spec", lambda _: None)
    pack = find_pack("opencv-zoo")
    assert choose_runtime(pack, "auto") == choose_runtime(pack, "onnxruntime") == "onnxruntime"
    with pytest.raises(PackError, match=r"\[openvino\]"):
        choose_runtime(pack, "openvino")


def test_other_packs_run_on_onnxruntime_whatever_is_wanted():
    assert choose_runtime(find_pack("buffalo_s"), "openvino") == "onnxruntime"


@pytest.mark.shared
def test_an_installed_people_pack_is_opened_and_can_be_switched_off():
    models = shared_data().parent / "models"
    assert open_nets(cache_dir(), models).versions["people"] == find_pack("yolox-nano").version
    assert open_nets(cache_dir(), models, people_pack=None).people is None
