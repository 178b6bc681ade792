"""What makes a face unreadable, and that each limit holds on both sides."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.verifier.vision.pictures import default_face_net, read_astronaut, shrink
from verifier.vision.align import TEMPLATE_PX
from verifier.vision.faces import find_faces
from verifier.vision.readability import (
    READABILITY_2026,
    Legibility,
    find_reason,
    is_nearly_readable,
    measure_eye_cover,
    measure_inter_eye,
    measure_pose,
    measure_sharpness,
)

GOOD = Legibility(
    inter_eye_px=40,
    sharpness=0.5,
    yaw_deg=0,
    pitch_deg=0,
    roll_deg=0,
    score=0.9,
    outside=0,
    eye_brightness=0.8,
    eye_contrast=0.2,
)


@pytest.mark.parametrize(
    ("field", "readable", "unreadable", "code"),
    [
        ("inter_eye_px", 20.0, 19.9, "too_small"),
        ("sharpness", 0.25, 0.24, "blurred"),
        ("yaw_deg", -45.0, -45.1, "turned_away"),
        ("yaw_deg", 45.0, 45.1, "turned_away"),
        ("pitch_deg", 30.0, 30.1, "turned_away"),
        ("score", 0.75, 0.74, "low_score"),
        ("outside", 0.1, 0.11, "cut_off"),
        ("eye_brightness", 0.35, 0.34, "occluded"),
        ("eye_brightness", 1.4, 1.41, "occluded"),
        ("eye_contrast", 0.07, 0.06, "occluded"),
    ],
)
def test_both_sides_of_every_limit(field, readable, unreadable, code):
    assert find_reason(replace(GOOD, **{field: readable}), READABILITY_2026) == ""
    assert find_reason(replace(GOOD, **{field: unreadable}), READABILITY_2026) == code


@pytest.mark.parametrize(
    ("seen", "nearly"),
    [
        pytest.param(replace(GOOD, inter_eye_px=10.0), True, id="half as large as needed"),
        pytest.param(replace(GOOD, inter_eye_px=9.9), False, id="smaller than half"),
        pytest.param(replace(GOOD, sharpness=0.12), False, id="a smear"),
        pytest.param(replace(GOOD, yaw_deg=91.0), False, id="back of the head"),
        pytest.param(replace(GOOD, score=0.61), True, id="a doubtful one"),
    ],
)
def test_nearly_readable_faces_are_worth_a_vector(seen, nearly):
    assert is_nearly_readable(seen, READABILITY_2026) is nearly


def seen_from(yaw_deg: float, pitch_deg: float) -> np.ndarray:
    """The five points of the model head, turned and seen from far away."""
    head = np.hstack([TEMPLATE_PX, np.array([[0.0], [0.0], [17.6], [3.5], [3.5]])]).astype(float)
    head -= head.mean(axis=0)
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    return (head @ (about_x @ about_y).T)[:, :2].astype(np.float32) * 2 + 300


@pytest.mark.parametrize("yaw", [-60, -30, 0, 30, 60])
def test_yaw_is_positive_towards_the_right_of_the_picture(yaw):
    assert measure_pose(seen_from(yaw, 0))[0] == pytest.approx(yaw, abs=3)


def test_pitch_is_positive_downwards():
    assert measure_pose(seen_from(0, 25))[1] - measure_pose(seen_from(0, 0))[1] == pytest.approx(25, abs=3)
    assert measure_pose(seen_from(0, -25))[1] < measure_pose(seen_from(0, 0))[1] - 20


def test_a_turned_head_keeps_its_size():
    """The eyes come together in the picture, but no detail is lost with that."""
    assert measure_inter_eye(seen_from(50, 0)) == pytest.approx(measure_inter_eye(seen_from(0, 0)), rel=0.1)


def face_crop(picture: np.ndarray) -> np.ndarray:
    from verifier.vision.align import align_face

    face = max(find_faces(picture, default_face_net()), key=lambda face: face.score)
    return align_face(picture, face.landmarks_px)


def test_sharpness_falls_with_blur_and_with_camera_shake_but_not_with_light():
    crop = face_crop(read_astronaut())
    sharp = measure_sharpness(crop)
    assert sharp > 0.35
    blurred = [measure_sharpness(cv2.GaussianBlur(crop, (0, 0), sigma)) for sigma in (1, 2, 3, 5)]
    assert [sharp, *blurred] == sorted([sharp, *blurred], reverse=True)
    assert blurred[-1] < READABILITY_2026.min_sharpness
    for shake in (np.ones((1, 13), np.float32) / 13, np.ones((13, 1), np.float32) / 13):
        assert measure_sharpness(cv2.filter2D(crop, -1, shake)) < 0.6 * sharp
    assert measure_sharpness((crop * 0.4).astype(np.uint8)) == pytest.approx(sharp, rel=0.1)


def test_a_flat_crop_has_no_sharpness():
    assert measure_sharpness(np.full((112, 112, 3), 90, np.uint8)) == 0


@pytest.mark.parametrize("colour", [(15, 15, 15), (120, 120, 120)], ids=["dark glasses", "a bar"])
def test_covered_eyes_are_occluded(colour):
    crop = face_crop(read_astronaut()).copy()
    open_eyes = measure_eye_cover(crop)
    assert open_eyes[0] > READABILITY_2026.min_eye_brightness
    assert open_eyes[1] > READABILITY_2026.min_eye_contrast
    crop[42:62, 22:90] = colour
    brightness, contrast = measure_eye_cover(crop)
    assert find_reason(replace(GOOD, eye_brightness=brightness, eye_contrast=contrast), READABILITY_2026) == "occluded"


def test_a_face_shrunken_below_the_limit_is_too_small():
    small = shrink(read_astronaut(), 0.25)
    (face,) = find_faces(small, default_face_net())
    assert face.inter_eye_px < READABILITY_2026.min_inter_eye_px
    assert face.unreadable_because == "too_small"
    assert not face.readable
