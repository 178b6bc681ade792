"""What an installation must hold: one cv2, and data files where the code looks for them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

import cv2
import pytest


def test_cv2_is_the_headless_build():
    """The windowing build needs libGL, which servers lack: docs/decisions/0001-one-opencv.md."""
    gui = [line.strip() for line in cv2.getBuildInformation().splitlines() if line.strip().startswith("GUI:")]
    assert len(gui) == 1
    assert gui[0].endswith("NONE")


def test_opencv_python_is_the_stand_in():
    try:
        installed = distribution("classroom-evidence-verifier")
    except PackageNotFoundError:
        pytest.skip("the project is not installed here, only checked out")
    assert any("packaging/opencv-python" in wish for wish in installed.requires or [])
    stand_in = distribution("opencv-python")
    assert not any(str(file).startswith("cv2") for file in stand_in.files or [])
    assert stand_in.version == distribution("opencv-python-headless").version
