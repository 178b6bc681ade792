"""The openvino extra gives the same vectors as onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest

from tests.verifier.vision.pictures import cache_dir, default_face_net, read_astronaut, read_six_people
from verifier.looking import look_versions
from verifier.settings import Settings
from verifier.vision.align import align_face
from verifier.vision.faces import find_faces
from verifier.vision.nets import open_face_net

pytest.importorskip("openvino", reason="the extra openvino is not installed")


def crops() -> np.ndarray:
    return np.stack(
        [
            align_face(picture, face.landmarks_px)
            for picture in (read_astronaut(), read_six_people())
            for face in find_faces(picture, default_face_net())
        ]
    )


def test_vectors_are_equal_to_onnxruntime_s():
    faces = crops()
    assert len(faces) >= 7
    net = open_face_net(cache_dir(), engine="openvino")
    cosines = (net.embed(faces) * default_face_net().embed(faces)).sum(axis=1)
    assert cosines.min() >= 0.999
    assert net.embedding_contract == default_face_net().embedding_contract


def test_the_version_names_the_engine_and_no_faces_are_no_vectors():
    net = open_face_net(cache_dir(), engine="openvino")
    assert net.version == f"{default_face_net().version}+openvino"
    assert net.embed(np.zeros((0, 112, 112, 3), np.uint8)).shape == (0, 128)


def test_the_setting_changes_the_looks_versions_and_not_the_contract():
    """Photos are looked at anew, by the night's own resumable way; faces enrolled before stay comparable, as vectors are equal."""
    plain, contract = look_versions(Settings(face_runtime="onnxruntime"))
    for runtime in ("openvino", "auto"):
        versions, same = look_versions(Settings(face_runtime=runtime))
        assert versions == plain | {"faces": f"{plain['faces']}+openvino"}
        assert same == contract
        assert versions["faces"] == open_face_net(cache_dir(), engine=runtime).version
