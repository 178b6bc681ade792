"""People are counted with bounds, backs included where a people pack is installed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.builders.shared import shared_data
from tests.verifier.vision.pictures import cache_dir, default_face_net
from verifier.observation import Box, FaceObservation
from verifier.vision.candidates import Candidates
from verifier.vision.faces import find_faces
from verifier.vision.nets import open_people_net
from verifier.vision.people import count_faces_only, count_people, find_lone_faces
from verifier.vision.yolox import PeopleNet


def a_face(x: float, y: float, size: float = 20, score: float = 0.9, because: str = "") -> FaceObservation:
    return FaceObservation(
        Box(x, y, size, size), score, np.zeros((5, 2), np.float32), None, 30, 0.5, 0, 0, 0, unreadable_because=because
    )


def people(*boxes: tuple[float, float, float, float]) -> Candidates:
    return Candidates(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.full(len(boxes), 0.9, np.float32),
        np.zeros((len(boxes), 0, 2), np.float32),
    )


class StandIn:
    """A people pack that sees fixed boxes in a picture of one tile."""

    version = "stand-in@000000000000"

    def __init__(self, found: Candidates) -> None:
        self.found = found

    def detect(self, tile_bgr: np.ndarray) -> Candidates:
        assert tile_bgr.shape == (300, 400, 3)
        return self.found


def count(found: Candidates, faces: list[FaceObservation]):
    net: PeopleNet = StandIn(found)  # type: ignore[assignment]
    return count_people(np.zeros((300, 400, 3), np.uint8), net, faces)


def test_a_face_inside_a_person_is_no_second_person():
    seen = count(people((100, 50, 200, 280)), [a_face(140, 60)])
    assert (seen.low, seen.count, seen.high) == (1, 1, 1)
    assert seen.method == "stand-in"


def test_a_face_that_no_person_box_holds_is_a_person_more():
    assert count(people((100, 50, 200, 280)), [a_face(140, 60), a_face(320, 60)]).count == 2


def test_two_faces_in_one_box_are_two_people():
    assert count(people((100, 50, 200, 280)), [a_face(110, 60), a_face(160, 60)]).count == 2


def test_somebody_seen_from_behind_counts():
    seen = count(people((100, 50, 200, 280), (250, 50, 350, 280)), [a_face(140, 60)])
    assert seen.count == 2
    assert len(seen.boxes) == 2


def test_doubtful_boxes_widen_the_bounds_and_not_the_count():
    found = people((0, 50, 80, 280), (100, 50, 200, 280), (250, 50, 350, 280))
    found.scores[:] = [0.9, 0.5, 0.3]
    seen = count(found, [])
    assert (seen.low, seen.count, seen.high) == (1, 2, 3)


def test_a_doubtful_lone_face_counts_only_above():
    seen = count(people(), [a_face(10, 10), a_face(90, 10, score=0.65, because="low_score")])
    assert (seen.low, seen.count, seen.high) == (1, 1, 2)


def test_a_face_goes_to_the_person_whose_head_is_there():
    front, behind = (100, 100, 200, 300), (80, 0, 220, 300)
    assert find_lone_faces([a_face(140, 110), a_face(140, 10, score=0.8)], people(front, behind)) == []


def test_without_a_people_pack_faces_are_counted_and_the_answer_says_so():
    seen = count_faces_only([a_face(10, 90), a_face(90, 10, because="too_small")])
    assert (seen.low, seen.count, seen.high, seen.method) == (1, 2, 2, "faces")
    assert [box.y for box in seen.boxes] == [10, 90]


def test_nobody_is_nobody():
    assert count_faces_only([]).count == 0
    assert count(people(), []).high == 0


def test_a_people_pack_that_is_not_installed_is_none(tmp_path):
    assert open_people_net(tmp_path) is None


def shared_people_net() -> PeopleNet:
    net = open_people_net(cache_dir(), shared_data().parent / "models")
    if net is None:
        pytest.skip("no people pack in ../shared/models")
    return net


@pytest.mark.shared
@pytest.mark.parametrize("name", ["groups_counted/000_5.jpg", "groups_counted/014_5.jpg", "groups_counted/017_0.jpg"])
def test_the_bounds_hold_the_true_count(name):
    path = shared_data() / name
    picture = np.asarray(cv2.imread(str(path)), np.uint8)
    seen = count_people(picture, shared_people_net(), find_faces(picture, default_face_net()))
    assert seen.low <= int(path.stem.split("_")[1]) <= seen.high


@pytest.mark.shared
def test_people_seen_from_behind_are_counted_where_faces_are_not():
    picture = np.asarray(cv2.imread(str(shared_data() / "cctv_osd" / "scut_backview_class6.png")), np.uint8)
    faces = find_faces(picture, default_face_net())
    assert count_people(picture, shared_people_net(), faces).count >= len(faces) + 4
