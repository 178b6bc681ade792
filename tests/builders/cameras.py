"""Visits to cameras, and pictures that drawn cameras show."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verifier.video.credentials import CameraSecret
from verifier.video.source import ReadingLimits, Visit

PASSWORD = "Sesam:öffne/dich@7!"  # every character that must be escaped somewhere
QUICK = ReadingLimits("quick-for-tests", open_s=2.0, silent_s=1.5, read_file_s=20.0, memory_mb=1500)


def a_visit(url: str, secret: CameraSecret | None = None, **changes: Any) -> Visit:
    """A short visit."""
    values: dict[str, Any] = {"camera_id": "cam-203", "seconds": 1.0, "frames_wanted": 4, "limits": QUICK}
    return Visit(url=url, secret=secret, **(values | changes))


def a_secret(password: str = PASSWORD, **changes: Any) -> CameraSecret:
    """Who may look."""
    return CameraSecret.model_validate({"user": "inspector", "password": password, **changes})


def draw_noise(number: int, now: datetime | None = None) -> NDArray[np.uint8]:  # noqa: ARG001 - a scene's arguments
    """A grey wall with a sensor's noise, (120, 160, 3) BGR; another one for every number."""
    noise = np.random.default_rng(number).normal(120, 8, (120, 160, 3))
    return noise.clip(0, 255).astype(np.uint8)


def as_jpeg(picture_bgr: NDArray[np.uint8]) -> bytes:
    """As a camera would send it."""
    out = io.BytesIO()
    Image.fromarray(picture_bgr[:, :, ::-1]).save(out, "JPEG", quality=85)
    return out.getvalue()
