"""Annotated copies: boxes where the faces are, at any resolution, and the original left alone."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from tests.builders.looks import a_context, a_look, a_stamp, some_faces
from verifier.finding import Finding, Outcome
from verifier.language import say
from verifier.observation import Box, HeatMap, PixelTraces, Stamp, TextLine
from verifier.photo import annotate, check_photo
from verifier.photo.annotate import (
    FACE_COLOURS,
    MAX_SIDE_PX,
    MIN_SIDE_PX,
    FaceLabel,
    annotate_photo,
    encode_jpeg,
    name_check,
    name_outcome,
)
from verifier.report.words import CHECKS, OUTCOMES


def a_grey_picture(width: int, height: int) -> np.ndarray:
    return np.full((height, width, 3), 128, np.uint8)


@pytest.mark.parametrize(
    ("size_wh", "drawn_width"),
    [((320, 240), MIN_SIDE_PX), ((1280, 960), 1280), ((4032, 3024), MAX_SIDE_PX), ((2000, 4000), MAX_SIDE_PX // 2)],
)
def test_a_box_stands_where_the_face_is_at_every_resolution(size_wh: tuple[int, int], drawn_width: int) -> None:
    width, height = size_wh
    box = Box(width * 0.5, height * 0.5, width * 0.1, height * 0.1)
    look = a_look(stamps=(), faces=())
    drawn = annotate_photo(a_grey_picture(*size_wh), look, [], [FaceLabel(box, "matched", "张三 0.61")])
    assert drawn.shape[1] == drawn_width
    scale = drawn_width / width
    # Two pixels inside the left edge of the frame, half-way down.
    spot = drawn[round(height * 0.55 * scale), round(box.x * scale) + 1]
    assert tuple(int(value) for value in spot[::-1]) == FACE_COLOURS["matched"]


def test_the_original_is_left_alone() -> None:
    picture = a_grey_picture(640, 480)
    before = picture.copy()
    look = a_look(stamps=(a_stamp(),), faces=some_faces(3))
    findings = check_photo(look, a_context())
    annotate_photo(picture, look, findings, [FaceLabel(face.box, "stranger") for face in look.faces or ()])
    assert np.array_equal(picture, before)


def test_every_finding_that_asks_for_a_person_gets_its_paragraph() -> None:
    picture, look = a_grey_picture(1280, 960), a_look(stamps=())
    sentence = say("{long}", long="这是一个很长的句子，" * 20)
    findings = [Finding("photo.stamp_time", Outcome.FAILED, sentence, "test")]
    one = annotate_photo(picture, look, findings, []).shape[0]
    two = annotate_photo(picture, look, findings * 2, []).shape[0]
    none = annotate_photo(picture, look, [], []).shape[0]
    assert none == 960 < one < two


@pytest.mark.parametrize("line_y", [150.0, 260.0], ids=["a line above the face", "a line below it"])
def test_a_faces_name_covers_no_line_of_the_stamp(line_y: float) -> None:
    """Nothing is drawn where the stamp's text stands: in a crowd it would be covered by names."""
    line = TextLine("2023-06-12 09:12", 0.99, Box(150, line_y, 400, 48), (0.99,) * 16)
    look = a_look(stamps=(Stamp(lines=(line,)),))
    label = FaceLabel(Box(200, 200, 60, 60), "matched", "S07 张三")
    drawn = annotate_photo(a_grey_picture(1280, 960), look, [], [label])
    assert np.all(drawn[round(line_y) + 1 : round(line_y) + 47, 152:548] == 128)
    assert np.any(drawn[:, :, 1] > 200), "the name was drawn elsewhere"


def test_labels_at_the_edges_stay_inside_the_picture() -> None:
    picture = a_grey_picture(1000, 1000)
    boxes = [Box(0, 0, 50, 50), Box(950, 0, 50, 50), Box(-20, 980, 60, 60)]
    labels = [FaceLabel(box, "teacher", "王老师 王老师 王老师") for box in boxes]
    assert annotate_photo(picture, a_look(stamps=()), [], labels).shape == (1000, 1000, 3)


def test_an_encoded_copy_can_be_read_back() -> None:
    picture = a_grey_picture(300, 200)
    back = cv2.imdecode(np.frombuffer(encode_jpeg(picture), np.uint8), cv2.IMREAD_COLOR)
    assert back is not None
    assert back.shape == picture.shape
    with pytest.raises(ValueError, match="cannot be a JPEG"):
        encode_jpeg(np.zeros((0, 10, 3), np.uint8))


def test_every_check_and_outcome_has_a_name_in_chinese() -> None:
    names = [str(name_check(finding.check)) for finding in check_photo(a_look(), a_context())]
    names += [str(name_outcome(outcome)) for outcome in Outcome]
    assert all("\u4e00" <= name[0] <= "\u9fff" for name in names)
    assert str(name_check("session.reports")) == "session.reports"


def test_an_annotated_photo_speaks_as_the_pages_do() -> None:
    """An inspector who reads 时间是否一致 on a page finds it under the same name below the photo."""
    photo_checks = [check for check in CHECKS if check.startswith("photo.")]
    assert {check: str(name_check(check)) for check in photo_checks} == {check: CHECKS[check] for check in photo_checks}
    assert {outcome.value: str(name_outcome(outcome)) for outcome in Outcome} == OUTCOMES


@pytest.mark.parametrize(("outcome", "warm"), [(Outcome.UNSURE, True), (Outcome.FAILED, True), (Outcome.PASSED, False)])
def test_the_heat_map_is_laid_over_a_photo_that_may_have_been_edited(outcome: Outcome, warm: bool) -> None:
    """Four by three cells of which one is hot: it turns red, the others stay grey, the original is left alone."""
    cells = np.zeros((3, 4), np.uint8)
    cells[1, 2] = 255
    heat = HeatMap(4, 3, base64.b64encode(cells.tobytes()).decode())
    look = a_look(stamps=(), faces=(), compression=PixelTraces(heat=heat))
    picture = a_grey_picture(1280, 960)
    drawn = annotate_photo(picture, look, [Finding("photo.edited", outcome, say("{s}", s=""), "test")], [])
    hot, cold = drawn[480, 800], drawn[480, 160]
    assert (int(hot[2]) > 180 and int(hot[0]) < 80) is warm
    assert tuple(int(value) for value in cold) == (128, 128, 128)
    assert (picture == 128).all()


def test_the_colours_that_were_used_are_explained() -> None:
    box = Box(10, 10, 40, 40)
    labels = [FaceLabel(box, "stranger"), FaceLabel(box, "unreadable")]
    told = " ".join(str(mark) for mark in annotate._explain_marks(a_look(stamps=()), labels, with_heat=True))
    assert ("红框" in told, "灰框" in told, "红色方格" in told) == (True, True, True)
    assert ("绿框" in told, "青框" in told) == (False, False)
    assert annotate._explain_marks(a_look(stamps=()), [], with_heat=False) == []


def test_no_line_ends_with_an_opening_bracket_or_begins_with_a_closing_one() -> None:
    font = annotate.open_font(20)
    text = "按高德（腾讯）计算（百度）的距离“很远”。" * 6
    lines = [line for width in range(90, 400, 10) for line in annotate._wrap(text, font, width)]
    assert not [line for line in lines if line[-1] in "（“" or line[0] in "，。）”"]
