"""The photos of a report are read together."""

from __future__ import annotations

import pytest

from tests.verifier.attendance.people import a_calibration, a_crowd, a_face, a_photo, a_roster, a_stranger, like
from verifier.attendance.fusion import fuse_photos, group_unknown
from verifier.attendance.matching import FaceState

CALIBRATION = a_calibration()


def fuse(roster, *photos):
    return fuse_photos([photo.as_faces() for photo in photos], roster, CALIBRATION)


def test_the_same_stranger_in_three_photos_is_one_stranger():
    roster = a_roster(3)
    photos = [a_photo([*a_crowd(1, 2), a_stranger(7)], roster, file=f"{place}.jpg") for place in range(3)]
    (stranger,) = fuse(roster, *photos).unknown
    assert stranger.state is FaceState.STRANGER
    assert [sighting.file for sighting in stranger.sightings] == ["0.jpg", "1.jpg", "2.jpg"]


def test_two_strangers_in_one_photo_are_two_even_if_alike():
    roster = a_roster(3)
    faces = [a_face(like((221, 0.95), rest=150)), a_face(like((221, 0.95), rest=151), at=1)]
    assert len(fuse(roster, a_photo(faces, roster)).unknown) == 2


def test_different_strangers_of_two_photos_stay_apart():
    roster = a_roster(3)
    photos = [a_photo([a_stranger(place)], roster, file=f"{place}.jpg") for place in (1, 2)]
    assert len(fuse(roster, *photos).unknown) == 2


def test_a_face_too_doubtful_in_the_whole_class_is_known_among_the_few_left():
    """0.43 is too little against 41 people, and enough once everybody else was seen."""
    roster = a_roster(40)
    doubtful = a_face(like((40, 0.43), rest=199), at=99)
    photo = a_photo([*a_crowd(1, 2), doubtful], roster)
    assert photo.matches[2].state is FaceState.UNCLEAR
    everybody = a_photo(a_crowd(*range(1, 40)), roster, file="everybody.jpg")
    together = fuse(roster, everybody, photo)
    assert "S40" in together.seen
    assert together.unknown == ()


def test_being_seen_in_another_photo_clears_nobody():
    """A face that may be S01 is no stranger because S01 is clear in the next photo: it may be S01 both times."""
    roster = a_roster(3)
    maybe = a_photo([a_face(like((1, 0.3)))], roster, file="maybe.jpg")
    together = fuse(roster, maybe, a_photo(a_crowd(1), roster, file="sure.jpg"))
    (unknown,) = together.unknown
    assert (unknown.state, unknown.plausible) == (FaceState.UNCLEAR, ("S01",))


def test_sitting_elsewhere_in_the_same_photo_does():
    roster = a_roster(3)
    together = fuse(roster, a_photo([a_face(like((1, 0.3))), *a_crowd(1)], roster))
    (unknown,) = together.unknown
    assert (unknown.state, unknown.plausible) == (FaceState.STRANGER, ())


@pytest.mark.parametrize(
    ("cosine", "seen", "state"),
    [
        pytest.param(0.6, ["sure.jpg", "changed.jpg"], None, id="as like as one person"),
        pytest.param(0.2, ["sure.jpg"], FaceState.STRANGER, id="as like as two people may be"),
    ],
)
def test_a_face_unlike_the_enrolment_but_like_the_one_known_in_the_next_photo_is_no_stranger(cosine, seen, state):
    """New glasses since the enrolment: the next photo of the same morning shows them too."""
    roster = a_roster(3)
    sure = a_face(like((1, 0.6), (150, 0.75)))
    changed = a_face(like((1, 0.05), (150, (cosine - 0.05 * 0.6) / 0.75), rest=151))
    together = fuse(roster, a_photo([sure], roster, file="sure.jpg"), a_photo([changed], roster, file="changed.jpg"))
    assert [sighting.file for sighting in together.seen["S01"]] == seen
    assert [person.state for person in together.unknown] == ([state] if state else [])


def test_somebody_who_sits_in_the_same_photo_is_not_recognised_again_there():
    roster = a_roster(3)
    twin = a_face(like((1, 0.05), (150, 0.8)), at=9)
    both = a_photo([a_face(like((1, 0.6), (150, 0.75))), twin], roster, file="both.jpg")
    other = a_photo([a_face(like((1, 0.6), (150, 0.75)))], roster, file="other.jpg")
    together = fuse(roster, both, other)
    assert [sighting.file for sighting in together.seen["S01"]] == ["both.jpg", "other.jpg"]
    assert len(together.unknown) == 1


def test_sightings_name_their_photo_and_face():
    roster = a_roster(3)
    together = fuse(roster, a_photo(a_crowd(3, 1), roster, file="a.jpg"))
    (sighting,) = together.seen["S01"]
    assert (sighting.file, sighting.index, sighting.box.x) == ("a.jpg", 1, 100.0)


def test_teachers_are_kept_apart():
    roster = a_roster(3, teachers=2)
    together = fuse(roster, a_photo([a_face(like((202, 0.7)))], roster))
    assert (list(together.seen), list(together.teachers)) == ([], ["T02"])


def test_nothing_in_no_photos():
    together = fuse(a_roster(3))
    assert (together.seen, together.unknown) == ({}, ())
    assert group_unknown([], CALIBRATION) == []
