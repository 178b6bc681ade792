"""View, pair, quality and exact re-use: both sides of every limit, and doubt where the picture cannot tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from tests.builders.looks import a_context, a_face, a_look, a_people_count, a_quality, a_stamp, some_faces
from tests.builders.photos import a_photo_file, a_scene
from tests.builders.plan import DAY, a_submission
from verifier.finding import Finding, Outcome
from verifier.observation import Decoded, DecodeFault, Fingerprint, Look
from verifier.photo import quality, reuse, view
from verifier.photo.context import OtherUse, PhotoContext, RoomSeen
from verifier.photo.decode import decode_photo
from verifier.photo.pair import check_pair
from verifier.photo.read_fingerprint import count_different_bits, read_fingerprint
from verifier.photo.read_quality import read_quality
from verifier.plan import View

PASSED, FAILED, UNSURE, NONE = Outcome.PASSED, Outcome.FAILED, Outcome.UNSURE, Outcome.NOT_APPLICABLE
SESSION = f"{DAY.isoformat()}-am"


def declared(view_: View | None, file: str = "photos/a.jpg") -> PhotoContext:
    return a_context(submission=a_submission(file, view=view_))


@pytest.mark.parametrize(
    ("faces", "people", "method", "seen"),
    [
        (3, 3, "faces", View.FRONT),
        (2, 2, "faces", None),
        (0, 0, "faces", None),
        (11, 20, "yolox-nano", View.FRONT),
        (10, 20, "yolox-nano", None),
        (4, 20, "yolox-nano", View.BACK),
        (5, 20, "yolox-nano", None),
        (1, 3, "yolox-nano", View.BACK),
        (0, 2, "yolox-nano", None),
        (0, 30, "yolox-nano", View.BACK),
    ],
)
def test_the_view_is_decided_by_faces_among_people(faces: int, people: int, method: str, seen: View | None) -> None:
    look = a_look(faces=some_faces(faces), people=a_people_count(people, method))
    assert view.decide_view(look).view is seen


def test_a_profile_does_not_face_the_camera() -> None:
    look = a_look(faces=tuple(a_face(yaw_deg=yaw) for yaw in (60.0, -60.0, 61.0)))
    assert view.decide_view(look).facing == 2


@pytest.mark.parametrize(
    ("said", "faces", "people", "outcome"),
    [
        (View.FRONT, 12, 20, PASSED),
        (None, 12, 20, PASSED),
        (View.BACK, 12, 20, UNSURE),
        (View.BACK, 1, 20, PASSED),
        (View.FRONT, 1, 20, UNSURE),
        (View.FRONT, 8, 20, UNSURE),
    ],
)
def test_a_declared_view_is_a_prior_and_never_fails(
    said: View | None, faces: int, people: int, outcome: Outcome
) -> None:
    look = a_look(faces=some_faces(faces), people=a_people_count(people))
    assert view.check(look, declared(said)).outcome is outcome


def a_shot(
    seen: View | None, clock: str = "09:12", number: int = 1, said: View | None = None, **changes: Any
) -> tuple[Look, PhotoContext]:
    """One photo of a session whose picture shows that view; each number is another picture."""
    faces = {View.FRONT: 15, View.BACK: 1, None: 8}[seen]
    values: dict[str, Any] = {
        "sha256": f"{number:064x}",
        "faces": some_faces(faces),
        "people": a_people_count(20),
        "stamps": (a_stamp(clock),),
        "fingerprint": Fingerprint(f"{number:064x}", f"{(0xF0F0F0F0F0F0F0F0 >> number * 3):016x}"),
    }
    return a_look(**(values | changes)), declared(said, f"photos/{number}.jpg")


FRONT, BACK = View.FRONT, View.BACK
BROKEN = (a_look(decoded=Decoded("jpeg", 0, 0, 9, DecodeFault.BROKEN), fingerprint=None), declared(FRONT, "broken.jpg"))


@pytest.mark.parametrize(
    ("shots", "outcome", "told"),
    [
        pytest.param([a_shot(FRONT), a_shot(BACK, "09:13", 2)], PASSED, "前后各一张", id="front and back"),
        pytest.param([a_shot(FRONT), a_shot(BACK, "09:27", 2)], PASSED, "15 分钟", id="a quarter of an hour apart"),
        pytest.param([a_shot(FRONT), a_shot(BACK, "09:28", 2)], UNSURE, "16 分钟", id="more than that"),
        pytest.param(
            [a_shot(FRONT), a_shot(BACK, "11:30", 2), a_shot(BACK, "09:14", 3)], PASSED, "3.jpg", id="the closest count"
        ),
        pytest.param([], NONE, "没有可用", id="no photo"),
        pytest.param([a_shot(FRONT)], FAILED, "只有 1 张", id="one photo"),
        pytest.param([a_shot(FRONT), BROKEN], FAILED, "只有 1 张", id="one usable photo"),
        pytest.param([a_shot(FRONT), a_shot(FRONT)], FAILED, "同一张", id="the same file twice"),
        pytest.param(
            [a_shot(FRONT), a_shot(FRONT, sha256="9" * 64)], FAILED, "同一张", id="the same pixels under other metadata"
        ),
        pytest.param([a_shot(FRONT), a_shot(FRONT, "09:13", 2)], FAILED, "缺少", id="two from the front"),
        pytest.param([a_shot(BACK), a_shot(BACK, "09:13", 2)], FAILED, "教室前面", id="two from the back"),
        pytest.param([a_shot(FRONT), a_shot(None, "09:13", 2)], UNSURE, "无法确认", id="one view not told"),
        pytest.param(
            [a_shot(FRONT), a_shot(None, "09:13", 2, BACK)], UNSURE, "仅凭上传声明", id="one view only declared"
        ),
        pytest.param(
            [a_shot(FRONT), a_shot(BACK, "09:13", 2, fingerprint=Fingerprint("2", f"{0xF0F0F0F0F0F0F0F0 >> 3:016x}"))],
            UNSURE,
            "几乎相同",
            id="nearly the same picture",
        ),
        pytest.param(
            [a_shot(FRONT, stamps=()), a_shot(BACK, number=2, stamps=())], PASSED, "未读到", id="no times to compare"
        ),
    ],
)
def test_a_report_is_one_from_the_front_and_one_from_the_back(
    shots: list[tuple[Look, PhotoContext]], outcome: Outcome, told: str
) -> None:
    finding = check_pair(shots)
    assert (finding.check, finding.outcome) == ("photo.pair", outcome)
    assert told in str(finding.reason)


@pytest.mark.parametrize(("how", "outcome"), [("picture", FAILED), ("near", PASSED), ("burst", PASSED)])
def test_a_changed_copy_of_the_first_photo_is_no_second_one(how: str, outcome: Outcome) -> None:
    """Only what is proven to be one shot counts as one; a copy of a photo of another session changes nothing here."""
    front, back = a_shot(FRONT), a_shot(BACK, "09:13", 2, sha256="9" * 64)
    use = OtherUse(how, "YY-2023-0071", None, "photos/1.jpg", front[0].sha256, received_first=True)
    copied = (back[0], replace(back[1], other_uses=(use,)))
    finding = check_pair([front, copied])
    assert finding.outcome is outcome
    assert ("同一张" in str(finding.reason)) is (outcome is FAILED)
    elsewhere = replace(use, sha256="8" * 64)
    assert check_pair([front, (back[0], replace(back[1], other_uses=(elsewhere,)))]).outcome is PASSED


@pytest.mark.parametrize(("common", "told"), [(10, True), (9, False)])
def test_a_pair_of_which_both_ends_are_recognised_is_told_to_be_of_the_room(common: int, told: bool) -> None:
    front, back = a_shot(FRONT), a_shot(BACK, "09:13", 2)
    shots = [
        (front[0], replace(front[1], room=RoomSeen(5, 1, 200, 40))),
        (back[0], replace(back[1], room=RoomSeen(5, 5, 200, common))),
    ]
    finding = check_pair(shots)
    assert finding.outcome is PASSED
    assert ("背景都与本教室以前的照片相符" in str(finding.reason)) is told


def test_a_photo_that_we_could_not_decode_makes_the_pair_not_run() -> None:
    unread = (a_look(not_read={"picture": "MemoryError"}), declared(BACK, "b.jpg"))
    assert check_pair([a_shot(FRONT), unread]).outcome is Outcome.NOT_RUN


def judge_quality(faces: int = 5, readable: int | None = None, **changes: Any) -> Finding:
    look = a_look(quality=a_quality(**changes), faces=some_faces(faces, readable))
    return quality.check(look, declared(View.FRONT))


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"sharpness": 0.40}, PASSED),
        ({"sharpness": 0.39}, UNSURE),
        ({"sharpness": 0.20}, UNSURE),
        ({"sharpness": 0.19}, FAILED),
        ({"mean_brightness": 45.0}, PASSED),
        ({"mean_brightness": 44.0}, UNSURE),
        ({"mean_brightness": 14.0}, FAILED),
        ({"bright_share": 0.60}, PASSED),
        ({"bright_share": 0.61}, UNSURE),
        ({"bright_share": 0.96}, FAILED),
        ({"contrast": 6.0}, PASSED),
        ({"contrast": 5.9}, FAILED),
        ({"height_px": 400}, PASSED),
        ({"height_px": 399}, UNSURE),
        ({"height_px": 239}, FAILED),
    ],
)
def test_only_a_useless_photo_fails(changes: dict[str, Any], outcome: Outcome) -> None:
    assert judge_quality(faces=0, **changes).outcome is outcome


def test_three_readable_faces_outweigh_the_numbers() -> None:
    assert judge_quality(readable=3, sharpness=0.1).outcome is UNSURE
    assert judge_quality(readable=2, sharpness=0.1).outcome is FAILED


def test_faces_none_of_which_can_be_recognised_are_told_with_their_reasons() -> None:
    finding = judge_quality(readable=0)
    assert finding.outcome is UNSURE
    assert "过小 5 张" in str(finding.reason)
    assert finding.measured["problems"] == "no_readable_face"


def blur(pixels: np.ndarray, share_of_640: float) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), share_of_640 * max(pixels.shape) / 640), dtype=np.uint8)


def test_sharpness_is_the_same_at_every_resolution_and_falls_with_blur() -> None:
    pixels = np.asarray(a_scene(3200, 2400))
    whole = read_quality(pixels).sharpness
    half = read_quality(np.asarray(cv2.resize(pixels, (1600, 1200), interpolation=cv2.INTER_AREA), np.uint8)).sharpness
    assert half == pytest.approx(whole, abs=0.05)
    values = [whole, *(read_quality(blur(pixels, sigma)).sharpness for sigma in (1, 2, 4))]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.4 > values[-1]


def test_a_sharp_stamp_does_not_make_a_blurred_room_sharp() -> None:
    pixels = blur(np.asarray(a_scene(1280, 960)), 5)
    stamped = pixels.copy()
    cv2.putText(stamped, "2023-06-12 09:12", (30, 900), cv2.FONT_HERSHEY_SIMPLEX, 2, (255, 255, 255), 4)
    assert read_quality(stamped).sharpness < 0.4


def move(pixels: np.ndarray, share_of_640: float) -> np.ndarray:
    """Shaken across while the shutter was open."""
    length = round(share_of_640 * max(pixels.shape) / 640)
    return np.asarray(cv2.blur(pixels, (length, 1)), dtype=np.uint8)


def shown(pixels: np.ndarray) -> Finding:
    return quality.check(a_look(quality=read_quality(pixels), faces=()), declared(None))


@pytest.mark.parametrize("width", [1280, 3200])
def test_movement_is_told_from_bad_focus_at_every_resolution(width: int) -> None:
    pixels = np.asarray(a_scene(width, width * 3 // 4))
    sharp, moved, unfocused = read_quality(pixels), read_quality(move(pixels, 13)), read_quality(blur(pixels, 2))
    assert sharp.direction_ratio > 0.85
    assert moved.direction_ratio < quality.QUALITY_2023.shaken_below < unfocused.direction_ratio
    assert "晃动" in str(shown(move(pixels, 13)).reason)
    assert "对焦" in str(shown(blur(pixels, 2)).reason)


@pytest.mark.parametrize(
    ("ratio", "code"), [(0.69, "shaken"), (0.70, "blurred")], ids=["one direction soft", "all directions alike"]
)
def test_the_advice_for_a_blurred_photo_follows_its_cause(ratio: float, code: str) -> None:
    assert judge_quality(faces=0, sharpness=0.3, direction_ratio=ratio).measured["problems"] == code
    assert judge_quality(faces=0, sharpness=0.5, direction_ratio=ratio).outcome is PASSED


def test_a_covered_lens_is_told_from_a_dark_room_and_a_white_wall() -> None:
    scene = np.asarray(a_scene(1280, 960))
    black = shown(np.asarray(np.random.default_rng(1).normal(9, 2, scene.shape).clip(0, 255), np.uint8))
    assert (black.outcome, black.measured["problems"]) == (FAILED, "covered")
    dark = shown(np.asarray(scene * 0.2, np.uint8))
    assert "dark" in str(dark.measured["problems"])
    finger = scene.copy()
    finger[:, : 1280 * 9 // 10] = cv2.GaussianBlur(np.full((960, 1152, 3), (90, 110, 170), np.uint8), (0, 0), 5)
    covered = shown(finger)
    assert (covered.outcome, covered.measured["problems"]) == (UNSURE, "partly_covered")
    half = scene.copy()
    half[:, :640] = 200
    assert "partly_covered" not in str(shown(half).measured["problems"])


def test_a_burnt_out_picture_is_told_with_how_to_avoid_it() -> None:
    scene = np.asarray(a_scene(1280, 960))
    bright = scene.copy()
    bright[: 960 * 7 // 10] = 255
    found = shown(bright)
    assert found.outcome is UNSURE
    assert "逆光" in str(found.reason)


@pytest.mark.parametrize(("blank", "outcome"), [(0.80, PASSED), (0.81, UNSURE)])
def test_the_limit_of_empty_tiles(blank: float, outcome: Outcome) -> None:
    assert judge_quality(faces=0, blank_share=blank).outcome is outcome


@pytest.mark.parametrize(("readable", "told"), [(1, True), (4, True), (5, False), (10, False)])
def test_a_photo_in_which_most_faces_cannot_be_recognised_says_how_many_and_what_to_do(
    readable: int, told: bool
) -> None:
    found = judge_quality(faces=10, readable=readable)
    assert found.outcome is PASSED
    assert (
        f"10 张人脸中只有 {readable} 张可以辨认（过小 {10 - readable} 张），下次请靠近" in str(found.reason)
    ) is told
    assert found.measured.get("faces_too_small") == (10 - readable or None)


def test_a_black_picture_has_no_sharpness() -> None:
    found = read_quality(np.zeros((480, 640, 3), np.uint8))
    assert (found.sharpness, found.contrast, found.dark_share) == (0.0, 0.0, 1.0)


def fingerprint(data: bytes) -> Fingerprint:
    pixels = decode_photo(data)[1]
    assert pixels is not None
    return read_fingerprint(pixels)


def test_the_same_pixels_have_one_digest_whatever_the_file() -> None:
    one, other = fingerprint(a_photo_file("PNG")), fingerprint(a_photo_file("PNG", compress_level=1))
    assert one == other
    assert fingerprint(a_photo_file("PNG", picture=a_scene(seed=2))).pixels_sha256 != one.pixels_sha256


def test_the_hash_survives_re_encoding_and_tells_other_pictures_apart() -> None:
    one = fingerprint(a_photo_file(quality=95)).phash
    assert len(one) == 16
    smaller = a_photo_file(quality=50, picture=a_scene().resize((320, 240)))
    assert count_different_bits(one, fingerprint(smaller).phash) <= 4
    assert count_different_bits(one, fingerprint(a_photo_file(picture=a_scene(seed=2))).phash) > 10


def a_use(**changes: Any) -> OtherUse:
    values: dict[str, Any] = {
        "how": "pixels",
        "class_number": "YY-2023-0099",
        "session_id": "2023-06-10-am",
        "file": "photos/old.jpg",
        "sha256": "d" * 64,
        "received_first": True,
    }
    return OtherUse(**(values | changes))


@pytest.mark.parametrize(
    ("uses", "outcome", "told"),
    [
        pytest.param(None, NONE, "未检索", id="nobody searched"),
        pytest.param((), PASSED, "未发现", id="nothing found"),
        pytest.param((a_use(),), FAILED, "photos/old.jpg", id="another class had it first"),
        pytest.param((a_use(class_number="YY-2023-0071"),), FAILED, "2023-06-10-am", id="another session had it first"),
        pytest.param((a_use(received_first=False),), PASSED, "问题在后者", id="the other one came later"),
        pytest.param(
            (a_use(class_number="YY-2023-0071", session_id=SESSION),), PASSED, "只计一次", id="uploaded twice for one session"
        ),
        pytest.param(
            (a_use(received_first=False), a_use(file="photos/first.jpg")), FAILED, "first.jpg", id="the third use of one"
        ),
    ],
)  # fmt: skip
def test_the_later_use_is_the_re_use(uses: tuple[OtherUse, ...] | None, outcome: Outcome, told: str) -> None:
    finding = reuse.check(a_look(), a_context(other_uses=uses))
    assert finding.outcome is outcome
    assert told in str(finding.reason)


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        pytest.param({"mean_brightness": 44.7}, "平均亮度 44，要求不低于 45", id="dark"),
        pytest.param({"sharpness": 0.398}, "清晰度 0.39，要求不低于 0.40", id="blurred"),
        pytest.param({"bright_share": 0.601}, "61% 的画面全白", id="burnt out"),
    ],
)
def test_a_value_just_beyond_its_limit_reads_so(changes: dict[str, Any], seen: str) -> None:
    assert seen in str(quality.check(a_look(quality=a_quality(**changes)), a_context()).reason)
