"""Aligned crops are those that insightface would make."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tests.verifier.vision.pictures import read_six_people
from verifier.vision.align import TEMPLATE_PX, align_face, fit_similarity, measure_outside


def turned(points: np.ndarray, degrees: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points @ rotation.T * scale + shift).astype(np.float32)


@pytest.mark.parametrize("degrees", [0, 25, -90, 180])
def test_a_turned_and_scaled_template_comes_back_to_its_place(degrees):
    seen = turned(TEMPLATE_PX, degrees, 3.5, (400, 200))
    matrix = fit_similarity(seen)
    np.testing.assert_allclose(seen @ matrix[:, :2].T + matrix[:, 2], TEMPLATE_PX, atol=1e-3)


def test_template_and_crop_equal_those_of_insightface():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from insightface.utils import face_align

        noise = np.random.default_rng(3).normal(0, 2, (5, 2))
        points = (turned(TEMPLATE_PX, 12, 1.4, (420, 300)) + noise).astype(np.float32)
        wanted = face_align.norm_crop(read_six_people(), points)
    np.testing.assert_array_equal(TEMPLATE_PX, face_align.arcface_dst)
    assert np.abs(align_face(read_six_people(), points).astype(int) - wanted).max() <= 1


def test_a_large_face_is_averaged_and_not_sampled():
    """Fine texture of a large face must become even grey; sampled pixel by pixel it would become noise."""
    picture = np.zeros((2400, 2400, 3), np.uint8)
    picture[::2, ::2] = picture[1::2, 1::2] = 255
    crop = align_face(picture, turned(TEMPLATE_PX, 0, 16, (300, 300)))
    assert crop[20:90, 20:90].std() < 12
    assert crop[20:90, 20:90].mean() == pytest.approx(127, abs=6)


def test_large_and_small_faces_land_on_the_same_place():
    picture = read_six_people()
    points = turned(TEMPLATE_PX, 5, 1.2, (300, 250))
    doubled = np.repeat(np.repeat(picture, 4, axis=0), 4, axis=1)
    small, large = align_face(picture, points), align_face(doubled, points * 4 + 1.5)
    assert np.abs(small.astype(int) - large).mean() < 3


def test_outside_is_the_share_of_the_crop_that_the_picture_does_not_show():
    assert measure_outside(turned(TEMPLATE_PX, 0, 1, (100, 100)), 400, 400) == 0
    assert measure_outside(turned(TEMPLATE_PX, 0, 1, (-56, 100)), 400, 400) == pytest.approx(0.5, abs=0.08)
    assert measure_outside(turned(TEMPLATE_PX, 0, 1, (900, 100)), 400, 400) == 1


def test_a_face_wholly_outside_is_a_black_crop():
    assert not align_face(np.full((50, 50, 3), 255, np.uint8), turned(TEMPLATE_PX, 0, 4, (900, 900))).any()
