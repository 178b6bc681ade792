"""Copies are found and proven whatever was done to them; another moment of the same scene is never called the same photo."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest
from skimage import data

from tests.builders.copies import CHANGES, HARDER_CHANGES, Pixels, an_other_moment, encode_again
from tests.builders.looks import a_stamp, some_camera_data
from tests.builders.photos import a_scene
from tests.verifier.vision.pictures import default_face_net, read_six_people
from verifier.observation import Box, CameraMetadata, Decoded, FaceObservation, Fingerprint, Look
from verifier.photo.read_descriptors import compute_keys, compute_probes, mirror_descriptors, read_features
from verifier.photo.read_fingerprint import make_thumbnail, open_thumbnail, read_fingerprint
from verifier.photo.reuse_index import PictureIndex, SearchLimits
from verifier.photo.reuse_match import MATCH_2023, PictureMatch, ReadPicture, compare_pictures, read_picture
from verifier.vision.faces import find_faces


@cache
def six_faces() -> tuple[FaceObservation, ...]:
    return tuple(find_faces(read_six_people(), default_face_net()))


def a_picture_look(picture: Pixels, **changes: Any) -> Look:
    """What a look keeps of a picture for finding it again."""
    height, width = picture.shape[:2]
    return Look(
        sha256=hashlib.sha256(picture.tobytes()).hexdigest(),
        versions={},
        decoded=Decoded("jpeg", width, height, 1),
        fingerprint=read_fingerprint(picture),
        **changes,
    )


def read(picture: Pixels, **changes: Any) -> ReadPicture:
    found = read_picture(a_picture_look(picture, **changes))
    assert found is not None
    return found


def original(**changes: Any) -> ReadPicture:
    return read(read_six_people(), **({"faces": six_faces()} | changes))


def compare(one: ReadPicture, other: ReadPicture) -> PictureMatch:
    found = compare_pictures(one, other)
    assert found is not None
    return found


SAID = {"cropped 15 %": "cropped", "mirrored": "mirrored", "rotated to 5°": "rotated"}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_searched_found_and_proven(change: str) -> None:
    one, copy = original(), read(CHANGES[change](read_six_people(), np.random.default_rng(3)))
    index = PictureIndex()
    index.add(7, compute_keys(one.features))
    assert [number for number, _ in index.search(compute_probes(copy.features))] == [7]
    match = compare(one, copy)
    assert match.how == "picture"
    assert set(match.changes) - {"restamped"} == {SAID[change]} & set(SAID.values()) if change in SAID else True
    assert match.people >= MATCH_2023.least_people


@pytest.mark.parametrize("change", HARDER_CHANGES)
def test_stronger_and_several_changes_at_once_are_searched_and_found(change: str) -> None:
    """Found, not always proven: a bar may cover the heads that would prove it."""
    one, copy = original(), read(HARDER_CHANGES[change](read_six_people(), np.random.default_rng(3)))
    index = PictureIndex()
    index.add(7, compute_keys(one.features))
    assert [number for number, _ in index.search(compute_probes(copy.features))] == [7]
    assert compare(one, copy).how in ("picture", "near")


def test_the_order_of_two_photos_does_not_matter() -> None:
    one, copy = original(), read(CHANGES["rotated to 5°"](read_six_people(), np.random.default_rng(5)))
    assert compare_pictures(one, copy) == compare_pictures(copy, one)


def moments(move: float) -> PictureMatch | None:
    people = [face.box for face in six_faces()]
    return compare_pictures(original(), read(an_other_moment(read_six_people(), people, move)))


def test_people_who_moved_are_another_moment_however_well_the_room_agrees() -> None:
    for move in (0.1, 0.2, 0.4):
        match = moments(move)
        assert match is None or match.how != "picture", (move, match)


def test_people_who_did_not_move_at_all_are_the_same_picture() -> None:
    match = moments(0.0)
    assert match is not None
    assert match.how == "picture"


@pytest.mark.parametrize(("known", "how"), [(3, "picture"), (2, "near"), (0, "near")])
def test_fewer_than_three_people_prove_nothing(known: int, how: str) -> None:
    one = original(faces=six_faces()[:known])
    assert compare(one, read(encode_again(read_six_people(), 60))).how == how


def at(clock: str, day: date | None = None, kind: str = "camera") -> dict[str, Any]:
    days = {} if day is None else {"day": day}
    if kind == "camera":
        return {"camera": some_camera_data(clock, **days)}
    return {"camera": CameraMetadata(), "stamps": (replace(a_stamp(clock, **days), lines=()),)}


@pytest.mark.parametrize(
    ("clocks", "seconds", "proven", "alike"),
    [
        pytest.param((at("09:12:30"), at("09:12:31")), 1.0, "burst", "burst", id="a second apart"),
        pytest.param((at("09:12:00"), at("09:12:30")), 30.0, "burst", "burst", id="half a minute apart"),
        pytest.param((at("09:12:00"), at("09:12:31")), 31.0, "picture", "near", id="more than that"),
        pytest.param((at("09:12:30"), at("09:12:30")), 0.0, "picture", "burst", id="one camera time: one shot"),
        pytest.param((at("09:12", kind="stamp"), at("09:12", kind="stamp")), 0.0, "picture", "burst", id="one minute"),
        pytest.param((at("09:12", kind="stamp"), at("09:13", kind="stamp")), 60.0, "picture", "burst", id="two minutes"),
        pytest.param((at("09:12", kind="stamp"), at("09:14", kind="stamp")), 120.0, "picture", "near", id="two apart"),
        pytest.param((at("09:12:30"), at("09:12:30", date(2023, 6, 13))), 86400.0, "picture", "near", id="next day"),
        pytest.param((at("09:12:30"), {}), None, "picture", "near", id="no clock in common"),
    ],
)  # fmt: skip
def test_two_shots_of_one_moment_are_a_burst(
    clocks: tuple[dict[str, Any], dict[str, Any]], seconds: float | None, proven: str, alike: str
) -> None:
    copy = read(encode_again(read_six_people(), 70), **clocks[1])
    for faces, how in ((six_faces(), proven), ((), alike)):
        match = compare(original(faces=faces, **clocks[0]), copy)
        assert (match.how, match.seconds_apart) == (how, seconds)


def test_other_pictures_have_nothing_in_common() -> None:
    others = [read(np.ascontiguousarray(each[..., ::-1])) for each in (data.astronaut(), data.coffee(), data.chelsea())]
    for place, one in enumerate(others):
        assert compare_pictures(original(), one) is None
        assert all(compare_pictures(one, other) is None for other in others[place + 1 :])


def test_photos_that_share_only_their_stamp_share_nothing() -> None:
    """Every photo of an app carries the same letters, and they are the sharpest thing in it."""
    lines = [(60, 600), (60, 660), (60, 720)]
    shown = []
    for picture in (read_six_people(), np.asarray(a_scene(1280, 886, seed=4))[..., ::-1].copy()):
        for x, y in lines:
            cv2.putText(picture, "2023-06-12 Yiyang 09:12", (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255, 255, 255), 3)
        boxes = [Box(50, y - 45, 720, 60) for _, y in lines]
        stamp = a_stamp()
        stamp = replace(stamp, lines=tuple(replace(stamp.lines[0], box=box) for box in boxes))
        shown.append(read(picture, stamps=(stamp,)))
    assert compare_pictures(*shown) is None
    index = PictureIndex()
    index.add(0, compute_keys(shown[0].features))
    assert index.search(compute_probes(shown[1].features)) == []


def test_a_picture_without_detail_is_compared_with_nothing() -> None:
    blank = read(np.full((480, 640, 3), 200, np.uint8))
    assert len(blank.features.points) == 0
    assert len(compute_keys(blank.features)) == 0
    assert compare_pictures(blank, original()) is None


def test_a_look_of_an_older_version_has_no_thumbnail_to_compare() -> None:
    look = a_picture_look(read_six_people())
    assert read_picture(replace(look, fingerprint=Fingerprint("a" * 64))) is None
    assert read_picture(replace(look, fingerprint=None)) is None


def test_a_feature_of_a_mirrored_picture_is_the_mirrored_feature() -> None:
    grey = open_thumbnail(read_fingerprint(read_six_people()))
    assert grey is not None
    here = read_features(grey)
    there = read_features(np.ascontiguousarray(grey[:, ::-1]))
    assert np.array_equal(mirror_descriptors(mirror_descriptors(here.descriptors)), here.descriptors)
    agreement = (here.descriptors @ mirror_descriptors(there.descriptors).T).max(axis=1)
    assert np.median(agreement) > 0.99
    assert np.median((here.descriptors @ there.descriptors.T).max(axis=1)) < 0.95


@pytest.mark.parametrize(
    ("grey", "trimmed"),
    [
        pytest.param(8, True, id="dark bars"),
        pytest.param(245, True, id="bright bars"),
        pytest.param(None, False, id="a striped wall"),
    ],
)  # fmt: skip
def test_only_flat_borders_are_cut_off(grey: int | None, trimmed: bool) -> None:
    picture = read_six_people()
    bar = np.full((500, 1280, 3), grey or 0, np.uint8)
    if grey is None:
        bar[:, np.arange(1280) % 80 < 40] = 160
    _, box = make_thumbnail(np.concatenate([bar, picture, bar]))
    if trimmed:
        assert box.y == pytest.approx(500, abs=6)
        assert box.height == pytest.approx(886, abs=12)
    else:
        assert box == Box(0, 0, 1280, 1886)


def test_a_whole_photo_is_shown_whole() -> None:
    text, box = make_thumbnail(read_six_people())
    assert box == Box(0, 0, 1280, 886)
    assert len(text) < 60_000


def keys(*values: int) -> np.ndarray:
    return np.array(sorted(values), dtype=np.uint32)


def test_pictures_with_most_keys_in_common_come_first_and_two_keys_are_chance() -> None:
    index = PictureIndex()
    for number, own in enumerate([keys(1, 2, 3), keys(1, 2, 9), keys(1, 50, 51), keys(1, 2, 3, 4)]):
        index.add(number, own)
    assert index.search(keys(1, 2, 3, 4)) == [(3, 4), (0, 3)]
    assert index.search(keys(60, 61)) == []


def test_a_key_that_too_many_pictures_have_tells_nothing() -> None:
    limits = SearchLimits("test", least_votes=2, most_candidates=60, most_common=3)
    for pictures, found in ((3, 3), (4, 0)):
        index = PictureIndex(limits)
        for number in range(pictures):
            index.add(number, keys(1, 2))
        assert len(index.search(keys(1, 2))) == found


def test_added_one_by_one_or_at_once_the_same_is_found() -> None:
    random = np.random.default_rng(1)
    pictures = [np.unique(random.integers(0, 300, 20).astype(np.uint32)) for _ in range(200)]
    one_by_one, at_once = PictureIndex(), PictureIndex()
    for number, own in enumerate(pictures):
        one_by_one.add(number, own)
    at_once.add_all(
        np.repeat(np.arange(200, dtype=np.uint32), [len(own) for own in pictures]), np.concatenate(pictures)
    )
    for own in pictures[::20]:
        assert one_by_one.search(own) == at_once.search(own)
