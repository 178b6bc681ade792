"""Error rates are measured as declared, and rates that the data cannot show are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.builders.night import call_verifier
from tests.builders.shared import shared_data
from tests.verifier.attendance.people import DIMENSIONS, a_calibration, a_face, an_enrolled_photo
from tests.verifier.vision.pictures import cache_dir, default_face_net, read_six_people
from verifier.attendance.calibration import load_calibration
from verifier.attendance.measuring import LabelledFaces, compose_class_photos, evaluate_faces
from verifier.evaluation import (
    EvaluationError,
    choose_labelled_face,
    evaluate_folder,
    read_labelled_faces,
    read_picture,
)
from verifier.observation import Box
from verifier.vision.faces import find_faces
from verifier.vision.nets import Nets, open_nets


def drawn_faces(people: int, pictures: int, strangers: int, *, genuine: float = 0.6, seed: int = 1) -> LabelledFaces:
    """People whose pictures have about that cosine to each other, and about 0.1 to everybody else's."""
    rng = np.random.default_rng(seed)

    def unit(vector: np.ndarray) -> np.ndarray:
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    common = unit(rng.normal(size=DIMENSIONS))

    def person() -> np.ndarray:
        return unit(unit(rng.normal(size=DIMENSIONS)) + 0.33 * common)

    def picture(face: np.ndarray) -> np.ndarray:
        wanted = np.sqrt(np.clip(rng.normal(genuine, 0.08), 0.05, 0.95))
        return unit(wanted * face + np.sqrt(1 - wanted**2) * unit(rng.normal(size=DIMENSIONS)))

    faces = {f"P{number:03d}": person() for number in range(people)}
    return LabelledFaces(
        enrolled={name: (an_enrolled_photo(picture(face), name),) for name, face in faces.items()},
        tests={name: tuple(a_face(picture(face)) for _ in range(pictures)) for name, face in faces.items()},
        strangers=tuple(a_face(picture(person())) for _ in range(strangers)),
        refused={},
        unreadable=(),
        embedding_contract="drawn",
    )


def methods_of(evaluation):
    return {method.name: method for method in evaluation.methods}


def test_all_ways_are_measured_on_the_same_searches():
    found = methods_of(evaluate_faces(drawn_faces(20, 3, 30), a_calibration()))
    assert set(found) == {"nearest_cosine", "calibrated", "class_photo", "fused"}
    assert {found[name].rank1.trials for name in ("nearest_cosine", "calibrated", "class_photo")} == {60}
    assert {found[name].non_mated for name in ("nearest_cosine", "calibrated", "class_photo")} == {90}
    assert (found["fused"].rank1.trials, found["fused"].non_mated) == (20, 50)


def test_every_face_of_a_crowd_that_takes_part_is_a_search_of_nobody():
    faces = drawn_faces(20, 3, 30, genuine=0.85)
    two = drawn_faces(1, 1, 2, seed=9).strangers
    others = tuple(pictures[0] for pictures in drawn_faces(300, 1, 0, seed=7).tests.values())
    turned = replace(others[0], unreadable_because="turned_away")
    found = evaluate_faces(replace(faces, crowds=((*others, turned), two)), a_calibration())
    assert found.crowd_faces == 302
    assert {method.non_mated for method in found.methods} == {90 + 302, 50 + 302}
    assert found.to_json()["at_operating_point"]["crowd_matched"]["trials"] == 303
    assert not found.methods[0].rows[0].refused  # 1 % needs 299 searches


def test_somebody_of_the_roster_in_a_crowd_is_seen_in_the_measure():
    faces = drawn_faces(20, 3, 30, genuine=0.85)
    crowd = tuple(pictures[0] for pictures in faces.tests.values())
    found = evaluate_faces(replace(faces, crowds=(crowd,)), a_calibration())
    assert found.at_operating_point["crowd_matched"].errors == 20


def test_easy_faces_are_all_found():
    found = evaluate_faces(drawn_faces(20, 3, 30, genuine=0.85), a_calibration())
    assert all(method.rank1.errors == 0 for method in found.methods)
    assert found.at_operating_point["matched_rightly"].errors == 60
    assert found.at_operating_point["double_assignments"].errors == 0


def test_hard_faces_are_missed_and_counted():
    """Pictures of one person hardly more alike than of two: the measurement must show it."""
    found = methods_of(evaluate_faces(drawn_faces(30, 4, 300, genuine=0.1), a_calibration()))
    (row,) = [row for row in found["nearest_cosine"].rows if row.fpir == 0.01]
    assert row.fnir.errors > 60
    assert found["nearest_cosine"].rank1.errors > 30


def test_the_class_as_a_whole_and_fusion_beat_the_nearest_cosine():
    suited = a_calibration(genuine_mean=(0.32, 0.32), impostor_mean=(0.03, 0.03), genuine_sd=0.08, impostor_sd=0.07)
    found = methods_of(evaluate_faces(drawn_faces(40, 8, 300, genuine=0.32), suited))
    missed = {
        name: next(row.fnir.errors / row.fnir.trials for row in method.rows if row.fpir == 0.01 and row.fnir)
        for name, method in found.items()
    }
    assert missed["class_photo"] < missed["nearest_cosine"]
    assert missed["fused"] < missed["nearest_cosine"] / 2


def test_a_false_positive_rate_beyond_the_data_is_refused_and_a_lower_claim_made():
    (method,) = [m for m in evaluate_faces(drawn_faces(10, 2, 20), a_calibration()).methods if m.name == "calibrated"]
    assert [bool(row.refused) for row in method.rows] == [True, True, False]
    assert "40次比对即使无一出错，也不能证明错误率低至100分之一" in method.rows[0].refused
    assert method.rows[2].fpir == pytest.approx(1 - 0.05 ** (1 / 40))
    assert method.rows[2].fnir is not None


def test_enough_searches_show_one_percent():
    (method,) = [m for m in evaluate_faces(drawn_faces(10, 2, 300), a_calibration()).methods if m.name == "calibrated"]
    assert [bool(row.refused) for row in method.rows] == [False, True, False]
    # 1 % of 320 searches is 3 false positives at most.
    assert method.rows[0].threshold is not None


def test_a_picture_without_a_face_is_a_miss_everywhere():
    faces = drawn_faces(5, 2, 10, genuine=0.9)
    tests = dict(faces.tests) | {"P000": (None, faces.tests["P000"][1])}
    blind = LabelledFaces(faces.enrolled, tests, faces.strangers, {}, ("test/P000/1.jpg",), "drawn")
    for method in evaluate_faces(blind, a_calibration()).methods:
        assert method.rank1.errors == (0 if method.name == "fused" else 1)


def test_class_photos_show_everybody_once_and_deal_out_the_strangers():
    photos = compose_class_photos(drawn_faces(4, 3, 7))
    assert len(photos) == 3
    for photo in photos:
        named = [person for person, _ in photo if person is not None]
        assert sorted(named) == ["P000", "P001", "P002", "P003"]
    assert sum(person is None for photo in photos for person, _ in photo) == 7


def test_the_answer_is_ready_for_json():
    text = json.dumps(evaluate_faces(drawn_faces(5, 2, 10), a_calibration()).to_json(), allow_nan=False)
    told = json.loads(text)
    assert told["budget"]["false_flag_rate"] == 0.001
    point = told["operating_point"]
    assert (point["candidates"], point["refused"]) == (5, None)
    assert all(row["stranger_below"] < row["match_from"] for row in point["limits"])
    assert {"errors", "trials", "rate", "low", "high"} == set(told["methods"][0]["rank1_errors"])


def test_the_labelled_face_is_the_large_one_in_the_middle():
    main = a_face(inter_eye_px=40.0, box=Box(100, 100, 50, 50))
    bystander = a_face(inter_eye_px=45.0, box=Box(0, 0, 60, 60))
    assert choose_labelled_face([bystander, main], 250, 250) is main
    assert choose_labelled_face([], 250, 250) is None


@pytest.fixture(scope="module")
def nets(tmp_path_factory) -> Nets:
    """The default pack, prepared once for this module."""
    return open_nets(tmp_path_factory.mktemp("packs"), people_pack=None)


def test_a_folder_without_its_parts_says_what_is_missing(tmp_path, nets):
    with pytest.raises(EvaluationError, match=r"enrol.*评测需要"):
        evaluate_folder(tmp_path, nets)
    (tmp_path / "enrol").mkdir()
    with pytest.raises(EvaluationError, match=r"test.*评测需要"):
        evaluate_folder(tmp_path, nets)
    (tmp_path / "test").mkdir()
    with pytest.raises(EvaluationError, match="没有一个人"):
        evaluate_folder(tmp_path, nets)


def test_a_picture_without_a_face_cannot_be_enrolled(tmp_path, nets):
    for part in ("enrol", "test"):
        (tmp_path / part / "P1").mkdir(parents=True)
        cv2.imwrite(str(tmp_path / part / "P1" / "grey.jpg"), np.full((200, 200, 3), 127, np.uint8))
    with pytest.raises(EvaluationError, match="没有一个人"):
        read_labelled_faces(tmp_path, nets)


@pytest.mark.parametrize("content", [b"", b"no picture"], ids=["empty", "text"])
def test_a_broken_picture_is_named(tmp_path, content):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(content)
    with pytest.raises(EvaluationError, match=r"broken\.jpg"):
        read_picture(broken)


def cut_portraits(into: Path) -> None:
    """The six people of a shipped picture, each enrolled and tested by a cut of the same face, the second a little darker."""
    picture = read_six_people()
    for place, face in enumerate(find_faces(picture, default_face_net())):
        box, margin = face.box, face.box.width * 0.6
        rows = slice(max(int(box.y - margin), 0), int(box.y + box.height + margin))
        columns = slice(max(int(box.x - margin), 0), int(box.x + box.width + margin))
        for part, light in (("enrol", 1.0), ("test", 0.8)):
            folder = into / part / f"P{place}"
            folder.mkdir(parents=True)
            cv2.imwrite(str(folder / "1.png"), (picture[rows, columns] * light).astype(np.uint8))


@pytest.mark.slow
def test_calibrate_needs_no_value_and_writes_where_the_models_are(tmp_path):
    cut_portraits(tmp_path / "people")
    models = tmp_path / "models"
    models.mkdir()
    ran = call_verifier(
        "evaluate", tmp_path / "people", "--calibrate", "--json", VERIFIER_MODELS_DIR=str(models), VERIFIER_WORKERS="1",
        VERIFIER_CACHE_DIR=str(cache_dir()),
    )  # fmt: skip
    assert ran.status == 0, ran.stderr
    fitted = load_calibration("opencv-zoo", models)
    # Cuts that cannot be read teach nothing.
    assert (fitted.data.name, fitted.data.fitted_on) == ("people", date.today())
    assert 4 <= fitted.data.people <= 6
    assert fitted.data.genuine_pairs <= fitted.data.people
    told = json.loads(ran.stdout)
    assert fitted.name.startswith(told["calibration"].split(" ")[0])
    assert "不能证明错误率低至1,000分之一" in told["operating_point"]["refused"]
    assert [row["inter_eye_px"] for row in told["operating_point"]["limits"]] == list(fitted.inter_eye_px)


def link(pictures: list[Path], into: Path) -> None:
    into.mkdir(parents=True)
    for picture in pictures:
        (into / picture.name).symlink_to(picture)


@pytest.mark.shared
@pytest.mark.slow
def test_real_faces_are_never_given_another_name(tmp_path, nets):
    """Eight people of the development pictures: no wrong identity, nobody's own face a stranger, most strangers found."""
    data = shared_data()
    for person in sorted((data / "faces_lfw").iterdir())[:8]:
        pictures = sorted(person.iterdir())
        link(pictures[:1], tmp_path / "enrol" / person.name)
        link(pictures[1:], tmp_path / "test" / person.name)
    link(sorted((data / "faces_lfw_impostors").rglob("*.jpg"))[:12], tmp_path / "strangers")
    found = evaluate_folder(tmp_path, nets, calibration=load_calibration("opencv-zoo"))
    told = found.at_operating_point
    assert (told["wrong_identity"].errors, told["own_face_called_stranger"].errors) == (0, 0)
    assert told["stranger_matched"].errors == 0
    assert told["stranger_found"].errors >= 9
    assert told["matched_rightly"].errors >= 0.8 * found.test_pictures


def test_misses_are_also_counted_by_person():
    """Forty misses of one person are no forty independent misses: drawn anew, the people give a far wider interval."""
    faces = drawn_faces(20, 40, 300, genuine=0.85)
    lost = replace(faces, tests=faces.tests | {"P000": (None,) * 40})
    (row,) = [
        row for row in methods_of(evaluate_faces(lost, a_calibration()))["nearest_cosine"].rows if row.fpir == 0.01
    ]
    assert (row.fnir.errors, row.fnir.trials) == (40, 800)
    assert (row.people.errors, row.people.trials) == (1, 20)
    told = row.to_json()
    low, high = told["fnir_interval_by_person"]
    assert low == 0.0
    assert high >= 0.15 > told["fnir"]["high"]
    assert told["people_with_a_miss"]["errors"] == 1
