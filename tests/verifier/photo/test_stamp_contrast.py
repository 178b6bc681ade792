"""Strokes are kept, surfaces are not."""

from __future__ import annotations

import cv2
import numpy as np

from verifier.photo.stamp_contrast import isolate_strokes


def test_thin_white_strokes_stay_and_broad_bright_surfaces_vanish():
    """A white sheet of paper in the scene, a white stroke over a grey wall."""
    picture = np.full((600, 800, 3), 110, dtype=np.uint8)
    cv2.rectangle(picture, (400, 100), (700, 400), (250, 250, 250), -1)
    cv2.line(picture, (50, 500), (350, 500), (255, 255, 255), 3)
    shown = isolate_strokes(picture, 600)
    assert shown[500, 200].min() > 200
    assert shown[250, 550].max() < 20
    assert shown[300, 200].max() < 20


def test_coloured_strokes_are_scene():
    """Red print on a grey wall is as thin as a stamp's letters, and not white."""
    picture = np.full((600, 800, 3), 110, dtype=np.uint8)
    cv2.line(picture, (50, 500), (350, 500), (40, 40, 255), 3)
    assert isolate_strokes(picture, 600)[500, 200].max() < 20
