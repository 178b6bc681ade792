"""What holds for any honest photo: no clock and no place accuses it. And for any one forgery of it: somebody doubts it."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.honest_phones import FORGERIES, OURS, draw_honest_photo
from verifier.finding import Finding, Outcome
from verifier.photo import check_photo

RANDOMS = st.randoms(use_true_random=False)
# `python -m benchmarks.honest_phones --photos 50000` draws many; these few keep it true.
FEW = settings(max_examples=150, derandomize=True, deadline=None)


def judge(random: Random, forgery: str = "") -> list[Finding]:
    photo = draw_honest_photo(random)
    if forgery:
        photo = FORGERIES[forgery][0](photo, random)
    return [each for each in check_photo(photo.look, photo.context) if each.check in OURS]


@FEW
@given(RANDOMS)
def test_no_clock_and_no_place_fails_an_honest_photo(random: Random) -> None:
    found = judge(random)
    assert {each.check for each in found} == set(OURS)
    assert not [each for each in found if each.outcome in (Outcome.FAILED, Outcome.NOT_RUN)]


@FEW
@given(RANDOMS)
def test_every_sentence_about_an_honest_photo_can_be_said_in_both_languages(random: Random) -> None:
    for each in judge(random):
        assert str(each.reason)
        assert "{" not in str(each.reason) + each.reason.text("en")


@pytest.mark.parametrize("forgery", FORGERIES)
@settings(max_examples=30, derandomize=True, deadline=None)
@given(random=RANDOMS)
def test_a_forged_photo_is_found_or_doubted_by_the_check_that_can_know(forgery: str, random: Random) -> None:
    told = {each.check: each.outcome for each in judge(random, forgery)}
    assert {told[check] for check in FORGERIES[forgery][1]} & {Outcome.FAILED, Outcome.UNSURE}
