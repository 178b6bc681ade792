"""The pipeline: one finding a check whatever happens, and bad input told by name."""

from __future__ import annotations

import json
from dataclasses import replace
from string import Formatter
from typing import Any

import numpy as np
import pytest

import verifier.photo as pipeline
from tests.builders.looks import a_context, a_face, a_look, a_stamp, some_camera_data, some_faces
from tests.builders.photos import BROKEN_FILES
from tests.builders.plan import a_submission
from verifier.finding import Finding, Outcome
from verifier.language import catalogue
from verifier.observation import DecodeFault, Look
from verifier.photo import PHOTO_CHECKS, check_photo
from verifier.photo.context import PhotoCheck, PhotoContext
from verifier.photo.decode import decode_photo
from verifier.photo.look_json import look_from_json, look_to_json, stack_embeddings

CONTRACT = [
    "photo.decodes",
    "photo.stamp_present",
    "photo.stamp_time",
    "photo.stamp_weekday",
    "photo.stamp_code",
    "photo.camera_time",
    "photo.clock_agreement",
    "photo.stamp_place",
    "photo.camera_place",
    "photo.place_agreement",
    "photo.quality",
    "photo.view",
    "photo.room",
    "photo.reuse",
    "photo.edited",
    "photo.recaptured",
    "photo.stamp_pasted",
    "photo.provenance",
]
WORDS = {
    DecodeFault.EMPTY: "0 字节",
    DecodeFault.NOT_AN_IMAGE: "不是图片",
    DecodeFault.FORMAT_NOT_ALLOWED: "只接受",
    DecodeFault.TOO_SMALL: "短边",
    DecodeFault.TOO_MANY_PIXELS: "百万像素",
    DecodeFault.TRUNCATED: "不完整",
    DecodeFault.BROKEN: "损坏",
}


def test_the_checks_stand_in_the_order_of_the_contract() -> None:
    assert [check.id for check in PHOTO_CHECKS] == CONTRACT


def test_an_honest_photo_fails_nothing_and_every_check_leaves_one_finding() -> None:
    findings = check_photo(a_look(), a_context(other_uses=()))
    assert [finding.check for finding in findings] == CONTRACT
    assert {finding.outcome for finding in findings} == {Outcome.PASSED, Outcome.NOT_APPLICABLE}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_bad_input_gets_one_clear_failure_with_the_files_name(name: str) -> None:
    decoded, _ = decode_photo(BROKEN_FILES[name]())
    look = Look("c" * 64, {}, decoded)
    findings = check_photo(look, a_context(submission=a_submission(f"照片/我的 “{name}”")))
    assert findings[0].outcome is Outcome.FAILED
    assert name in str(findings[0].reason)
    assert decoded.fault is not None
    assert WORDS[decoded.fault] in str(findings[0].reason)
    assert {finding.outcome for finding in findings[1:]} == {Outcome.NOT_APPLICABLE}


def test_a_crash_in_one_check_is_not_run_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(look: Look, context: PhotoContext) -> Finding:
        raise ZeroDivisionError(f"by a test on {look.sha256[:1]} {context.submission.file}")

    checks = [PhotoCheck(check.id, crash) if check.id == "photo.view" else check for check in PHOTO_CHECKS]
    monkeypatch.setattr(pipeline, "PHOTO_CHECKS", tuple(checks))
    found = {finding.check: finding for finding in check_photo(a_look(), a_context())}
    assert found["photo.view"].outcome is Outcome.NOT_RUN
    assert "ZeroDivisionError: by a test on a photos/a.jpg" in str(found["photo.view"].reason)
    assert list(found) == CONTRACT
    assert sum(finding.outcome is Outcome.NOT_RUN for finding in found.values()) == 1


@pytest.mark.parametrize(
    ("part", "not_run"),
    [
        ("stamps", {"photo.stamp_present", "photo.stamp_time", "photo.stamp_weekday", "photo.stamp_code", "photo.clock_agreement"}
         | {"photo.stamp_place", "photo.place_agreement", "photo.stamp_pasted"}),
        ("camera", {"photo.camera_time", "photo.clock_agreement", "photo.camera_place", "photo.place_agreement"}),
        ("quality", {"photo.quality"}),
        ("faces", {"photo.quality", "photo.view", "photo.room"}),
        ("people", {"photo.view", "photo.room"}),
        ("fingerprint", {"photo.room"}),
        ("history", {"photo.edited"}),
        ("compression", {"photo.edited", "photo.stamp_pasted"}),
        ("recapture", {"photo.recaptured"}),
        ("provenance", {"photo.provenance"}),
        ("picture", set(CONTRACT)),
    ],
)  # fmt: skip
def test_what_could_not_be_read_is_not_run_where_it_is_needed(part: str, not_run: set[str]) -> None:
    changes: dict[str, Any] = {} if part == "picture" else {part: None}
    look = a_look(**changes, not_read={part: "MemoryError: "})
    found = check_photo(look, a_context())
    assert {finding.check for finding in found if finding.outcome is Outcome.NOT_RUN} == not_run
    assert all(finding.outcome is not Outcome.FAILED for finding in found)


def assert_same(first: Look, second: Look) -> None:
    """Faces hold arrays, so they are compared one by one."""
    assert replace(first, faces=None) == replace(second, faces=None)
    for here, there in zip(first.faces or (), second.faces or (), strict=True):
        assert np.array_equal(here.landmarks_px, there.landmarks_px)
        assert here.landmarks_px.dtype == there.landmarks_px.dtype
        assert (here.embedding is None) == (there.embedding is None)
        if here.embedding is not None and there.embedding is not None:
            assert np.array_equal(here.embedding, there.embedding)
        assert here.box == there.box
        assert here.unreadable_because == there.unreadable_because


def test_a_look_survives_json_without_loss() -> None:
    look = a_look(
        camera=some_camera_data(offset_h=8, gps_clock="09:12:28", longitude=112.35, latitude=28.57),
        stamps=(a_stamp("09:12:30", utc_offset=None, weekday=None), a_stamp(None, lonlat=None)),
        faces=(*some_faces(3, readable=2), a_face(embedding=np.array([0.1, 0.2, 0.3, 0.9], dtype=np.float32))),
        not_read={"people": "none"},
        seconds={"faces": 0.5},
        people=None,
    )
    embeddings = stack_embeddings(look)
    assert embeddings.shape == (3, 4)
    assert_same(look_from_json(json.loads(json.dumps(look_to_json(look))), embeddings), look)


def test_a_look_at_a_broken_file_survives_json() -> None:
    look = Look("c" * 64, {}, decode_photo(BROKEN_FILES["truncated.jpg"]())[0])
    assert_same(look_from_json(json.loads(json.dumps(look_to_json(look))), stack_embeddings(look)), look)


def test_the_json_holds_no_embedding() -> None:
    stored = look_to_json(a_look())["faces"]
    assert [face["embedding"] for face in stored] == [0, 1, 2, 3, 4]


def test_a_stored_look_of_another_shape_or_without_its_embeddings_is_refused() -> None:
    data = look_to_json(a_look())
    with pytest.raises(ValueError, match="shape"):
        look_from_json({**data, "shape": 99}, stack_embeddings(a_look()))
    with pytest.raises(ValueError, match="row"):
        look_from_json(data, np.zeros((2, 4), dtype=np.float32))


def test_english_sentences_hold_the_same_values_as_the_chinese_ones() -> None:
    for template, translation in catalogue("en").items():
        names = sorted(name for _, name, _, _ in Formatter().parse(template) if name)
        assert names == sorted(name for _, name, _, _ in Formatter().parse(translation) if name), template


def test_the_english_sentence_of_a_wrong_place_is_english() -> None:
    look = a_look(stamps=(a_stamp(lonlat=(113.0, 28.0), address=None),))
    found = {finding.check: finding for finding in check_photo(look, a_context())}
    told = found["photo.stamp_place"].reason.text("en")
    assert told.startswith("The stamp's coordinates 113.000000, 28.000000 are not within 300 m of the filed place")
