"""Stamps put on later: what is a remark, and that it is never more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.looks import STAMP_BOX, a_context, a_look, a_stamp
from tests.builders.plan import DAY
from verifier.finding import Finding, Outcome
from verifier.observation import PixelTraces, Stamp, TextLine
from verifier.photo.stamp_pasted import STAMP_PASTED_2023, check

LIMITS = STAMP_PASTED_2023
COARSE = PixelTraces(earlier_strength=2.0, earlier_quality=LIMITS.camera_quality, stamp_scores=(LIMITS.stamp_nats,))


def judge(traces: PixelTraces | None = None, *stamps: Stamp) -> Finding:
    return check(a_look(stamps=stamps or (a_stamp(),), compression=traces), a_context())


def lines(*texts: str) -> Stamp:
    return replace(a_stamp(), lines=tuple(TextLine(text, 0.97, STAMP_BOX) for text in texts))


@pytest.mark.parametrize(
    ("traces", "outcome"),
    [
        pytest.param(COARSE, Outcome.UNSURE, id="at both limits"),
        pytest.param(replace(COARSE, stamp_scores=(LIMITS.stamp_nats - 0.1,)), Outcome.PASSED, id="evidence below"),
        pytest.param(
            replace(COARSE, earlier_quality=LIMITS.camera_quality + 1), Outcome.PASSED, id="as fine as a camera's"
        ),
        pytest.param(
            replace(COARSE, grid_strength=LIMITS.grid_sigmas), Outcome.PASSED, id="two grids cannot be compared"
        ),
        pytest.param(replace(COARSE, stamp_scores=(-50.0, 900.0)), Outcome.UNSURE, id="the second stamp counts too"),
        pytest.param(replace(COARSE, earlier_quality=None), Outcome.PASSED, id="no earlier compression"),
        pytest.param(PixelTraces(), Outcome.PASSED, id="no trace"),
        pytest.param(None, Outcome.PASSED, id="no JPEG"),
    ],
)
def test_only_a_coarse_earlier_compression_that_the_text_lacks_is_remarked(
    traces: PixelTraces | None, outcome: Outcome
) -> None:
    assert judge(traces).outcome is outcome


def test_the_sentence_shows_what_was_seen_and_what_is_wanted() -> None:
    found = judge(replace(COARSE, earlier_quality=70, stamp_scores=(812.0,)))
    for part in ("photos/a.jpg", "70", "85", "812", "150"):
        assert part in str(found.reason)
    assert found.measured["stamp_nats"] == 812.0


def test_stamps_of_two_days_are_remarked_and_of_one_day_are_not() -> None:
    other = a_stamp(day=DAY - timedelta(days=1))
    assert judge(None, a_stamp(), other).outcome is Outcome.UNSURE
    assert (DAY - timedelta(days=1)).isoformat() in str(judge(None, a_stamp(), other).reason)
    assert judge(None, a_stamp(), a_stamp("09:13")).outcome is Outcome.PASSED


def test_a_day_read_unsurely_contradicts_nothing() -> None:
    unsure = a_stamp(day=DAY - timedelta(days=1), confidence=LIMITS.min_confidence - 0.01)
    assert judge(None, a_stamp(), unsure).outcome is Outcome.PASSED


def test_one_stamp_with_two_makers_is_remarked() -> None:
    assert judge(None, lines("今日水印相机已验证", "马克水印相机")).outcome is Outcome.UNSURE
    assert judge(None, lines("今日水印", "相机 真实时间", "今日相机已验证考勤信息真实性")).outcome is Outcome.PASSED


def test_without_a_stamp_there_is_nothing_to_paste() -> None:
    assert check(a_look(stamps=(), compression=COARSE), a_context()).outcome is Outcome.NOT_APPLICABLE
