"""Photos of screens: what makes moiré is remarked, a room is not, and the model says how little it was measured on."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.builders.looks import a_context, a_look
from tests.builders.shared import shared_data
from tests.builders.stamps import a_plain_room, as_jpeg
from verifier.finding import Outcome
from verifier.observation import RecaptureTraces
from verifier.photo.read_recapture import CROP_PX, read_recapture
from verifier.photo.recaptured import check, load_recapture_model

Pixels = np.ndarray


def a_room(width: int = 1280, height: int = 960) -> Pixels:
    return through_jpeg(np.ascontiguousarray(np.asarray(a_plain_room(width, height))[:, :, ::-1]))


def through_jpeg(picture: Pixels, quality: int = 88) -> Pixels:
    data = as_jpeg(Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1])), quality)
    return np.ascontiguousarray(np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))[:, :, ::-1])


def shown_on_a_screen(picture: Pixels, pitch: float = 2.4, turn_deg: float = 2.0) -> Pixels:
    """Photographed from a screen whose pixels are `pitch` camera pixels wide, the camera a little turned."""
    height, width = picture.shape[:2]
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    turn = np.deg2rad(turn_deg)
    x, y = across * np.cos(turn) + down * np.sin(turn), down * np.cos(turn) - across * np.sin(turn)
    lit = picture.astype(np.float32) * (0.8 + 0.2 * np.cos(2 * np.pi * x / pitch)[:, :, None])
    lit *= 0.9 + 0.1 * np.cos(2 * np.pi * y / pitch)[:, :, None]
    return through_jpeg(np.clip(cv2.GaussianBlur(lit, (0, 0), 0.6), 0, 255).astype(np.uint8))


def judge(traces: RecaptureTraces | None) -> Outcome:
    return check(a_look(recapture=traces), a_context()).outcome


@pytest.mark.parametrize("pitch", [2.4, 3.3, 4.7])
def test_a_photo_of_a_screen_is_remarked_and_its_room_is_not(pitch: float) -> None:
    assert judge(read_recapture(a_room())) is Outcome.PASSED
    assert judge(read_recapture(shown_on_a_screen(a_room(), pitch))) is Outcome.UNSURE


def test_a_pattern_in_one_corner_is_no_screen() -> None:
    picture, screen = a_room(), shown_on_a_screen(a_room())
    picture[:360, :460] = screen[:360, :460]
    assert judge(read_recapture(picture)) is Outcome.PASSED


@pytest.mark.parametrize("quality", [40, 75])
def test_jpegs_own_blocks_are_no_pattern(quality: int) -> None:
    assert judge(read_recapture(through_jpeg(a_room(), quality))) is Outcome.PASSED


def test_blocks_of_a_picture_that_was_resized_are_no_pattern() -> None:
    larger = np.asarray(cv2.resize(through_jpeg(a_room(), 30), None, fx=1.37, fy=1.37), np.uint8)
    assert judge(read_recapture(through_jpeg(larger))) is Outcome.PASSED


def test_a_covered_lens_has_no_pattern() -> None:
    dark = np.random.default_rng(1).integers(0, 3, (900, 1200, 3)).astype(np.uint8)
    traces = read_recapture(through_jpeg(dark, 50))
    assert traces.luma_peak < 1.0
    assert judge(traces) is Outcome.PASSED


def test_an_edge_is_a_streak_and_no_peak() -> None:
    picture = np.full((960, 1280, 3), 40, np.uint8)
    for top in range(-1280, 960, 160):
        cv2.line(picture, (0, top), (1279, top + 700), (220, 220, 220), 60)
    assert judge(read_recapture(through_jpeg(picture))) is Outcome.PASSED


@pytest.mark.parametrize("size_wh", [(64, 64), (300, 200), (4000, 70), (CROP_PX, CROP_PX)])
def test_any_size_is_read(size_wh: tuple[int, int]) -> None:
    assert judge(read_recapture(a_room(*size_wh))) in (Outcome.PASSED, Outcome.UNSURE)


def test_a_black_picture_has_no_pattern() -> None:
    traces = read_recapture(np.zeros((900, 1200, 3), np.uint8))
    assert traces.luma_peak == 0.0
    assert judge(traces) is Outcome.PASSED


def test_both_sides_of_the_limit() -> None:
    model = load_recapture_model()
    (weight,) = model.weights.values()
    at = (np.log(model.limit / (1 - model.limit)) - model.intercept) / weight
    for peak, outcome in ((at + 0.001, Outcome.UNSURE), (at - 0.001, Outcome.PASSED)):
        assert judge(RecaptureTraces(float(peak))) is outcome


def test_without_traces_nothing_is_concluded() -> None:
    assert judge(None) is Outcome.NOT_APPLICABLE


def test_the_sentence_says_that_so_few_pictures_prove_no_rate() -> None:
    model = load_recapture_model()
    found = check(a_look(recapture=read_recapture(shown_on_a_screen(a_room()))), a_context())
    assert not model.supports_rate
    assert f"翻拍 {model.screens} 张看出 {model.found} 张" in str(found.reason)
    assert "不能证明误报率不超过 1%" in str(found.reason)
    assert "too few to show that at most 1% are remarked wrongly" in found.reason.text("en")
    assert found.profile == model.name


def test_the_models_figures_are_possible() -> None:
    model = load_recapture_model()
    assert 0 < model.found <= model.screens
    assert 0 <= model.false_remarks < model.others
    # 299 others without a wrong remark are needed for 1 % with 95 % certainty.
    assert model.supports_rate is False or model.others >= 299


@pytest.mark.shared
def test_the_class_photos_are_not_remarked() -> None:
    for file in sorted((shared_data() / "classroom").glob("*.jpg")):
        assert judge(read_recapture(np.asarray(cv2.imread(str(file)), np.uint8))) is Outcome.PASSED
