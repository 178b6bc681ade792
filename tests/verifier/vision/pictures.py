"""Real pictures that installed packages ship, and networks opened once for a test run."""

from __future__ import annotations

import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from verifier.vision.face_net import FaceNet
from verifier.vision.nets import open_face_net


def read_six_people() -> NDArray[np.uint8]:
    """insightface's sample photo, BGR 886 × 1280; found without importing the package, which would load networks."""
    spec = find_spec("insightface")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    path = Path(spec.submodule_search_locations[0]) / "data" / "images" / "t1.jpg"
    picture = cv2.imread(str(path))
    assert picture is not None, path
    return np.asarray(picture, np.uint8)


def read_astronaut() -> NDArray[np.uint8]:
    """scikit-image's portrait of Eileen Collins (NASA, public domain), BGR 512 × 512."""
    return np.ascontiguousarray(data.astronaut()[..., ::-1])


@cache
def cache_dir() -> Path:
    """One cache for the whole run, so that the default pack is prepared once."""
    return Path(tempfile.mkdtemp(prefix="verifier-packs-"))


@cache
def default_face_net() -> FaceNet:
    """The default face pack, prepared and opened once."""
    return open_face_net(cache_dir())


def shrink(picture: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """A smaller copy, by areas."""
    height, width = picture.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
