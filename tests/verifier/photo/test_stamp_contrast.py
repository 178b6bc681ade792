"""Strokes are kept, surfaces are not."""

from __future__ import annotations

import cv2
import numpy as np

from verifier.photo.stamp_contrast import erase_print, fill_page_print, find_page_print, isolate_strokes, lift_whites


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


def test_white_letters_on_white_paper_show_by_their_shadow():
    """The paper's white stays white, the shadow's grey becomes dark."""
    picture = np.full((60, 200, 3), 254, dtype=np.uint8)
    cv2.line(picture, (20, 32), (180, 32), (190, 190, 190), 2)
    shown = lift_whites(picture)
    assert shown[10, 100].min() > 240
    assert shown[32, 100].max() < 80


def test_print_on_paper_is_erased_and_a_shadow_stays():
    """Black letters go, the grey beside white ones does not."""
    picture = np.full((60, 400, 3), 250, dtype=np.uint8)
    cv2.line(picture, (20, 15), (380, 15), (10, 10, 10), 3)
    cv2.line(picture, (20, 45), (380, 45), (180, 180, 180), 3)
    shown = erase_print(picture)
    assert shown[15, 200].min() > 230
    assert shown[45, 200].max() < 190


def test_a_dark_scene_is_left_as_it_is():
    """Where most is dark nothing tells print from ground; where nothing is, there is no print."""
    for shade in (60, 250):
        picture = np.full((60, 200, 3), shade, dtype=np.uint8)
        assert erase_print(picture) is picture


def test_print_on_a_page_is_found_also_where_most_of_the_picture_is_dark():
    """A stage above its caption: the caption's letters are print, the stage and a shadow on the page are not."""
    picture = np.full((120, 400, 3), 250, dtype=np.uint8)
    picture[:70] = 40
    cv2.line(picture, (20, 85), (380, 85), (10, 10, 10), 3)
    cv2.line(picture, (20, 105), (380, 105), (180, 180, 180), 3)
    black = find_page_print(picture, 12, 140)
    assert black[85, 200] == 1
    assert (black[60, 200], black[105, 200]) == (0, 0)
    shown = fill_page_print(picture, black)
    assert shown[85, 200].min() > 230
    assert (shown[60, 200].max(), shown[105, 200].max()) == (40, 180)


def test_a_stroke_thicker_than_print_is_scene():
    """Both sides of the thickest stroke."""
    picture = np.full((100, 400, 3), 250, dtype=np.uint8)
    picture[40:52] = 10
    assert find_page_print(picture, 21, 140)[45, 200] == 1
    assert find_page_print(picture, 9, 140).max() == 0
