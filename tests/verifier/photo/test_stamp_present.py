"""Is there a stamp with time and place? (E3)"""

from __future__ import annotations

import pytest

from tests.builders.looks import a_context, a_look, a_stamp
from verifier.finding import Outcome
from verifier.observation import Decoded, DecodeFault
from verifier.photo.stamp_present import check


@pytest.mark.parametrize(
    ("stamps", "outcome", "words"),
    [
        pytest.param((a_stamp(),), Outcome.PASSED, "有水印", id="date, time and place"),
        pytest.param((a_stamp(address=None),), Outcome.PASSED, "有水印", id="coordinates are a place"),
        pytest.param((a_stamp(lonlat=None),), Outcome.PASSED, "有水印", id="an address is a place"),
        pytest.param((a_stamp(lonlat=None, address=None),), Outcome.UNSURE, "【地点】", id="no place"),
        pytest.param((a_stamp(clock=None),), Outcome.UNSURE, "【时间】", id="no clock"),
        pytest.param((a_stamp(day=None),), Outcome.UNSURE, "【日期】", id="no date"),
        pytest.param((a_stamp(None, None, None, None),), Outcome.UNSURE, "【日期】", id="text that could not be read"),
        pytest.param((), Outcome.FAILED, "没有水印", id="no stamp at all"),
        pytest.param((a_stamp("09:12"), a_stamp("15:40")), Outcome.PASSED, "2 处水印", id="two stamps are remarked"),
    ],
)
def test_a_stamp_needs_date_time_and_place(stamps, outcome, words):
    """Only a picture that was read and shows no stamp fails."""
    finding = check(a_look(stamps=stamps), a_context())
    assert finding.outcome == outcome
    assert words in finding.reason.text("zh_CN")
    assert finding.check == "photo.stamp_present"
    assert finding.profile


def test_what_we_could_not_read_is_our_fault():
    """Stamps None means that nobody looked."""
    assert check(a_look(stamps=None), a_context()).outcome == Outcome.NOT_RUN


def test_a_broken_file_is_no_missing_stamp():
    """What cannot be opened is said once, by photo.decodes."""
    broken = Decoded("jpeg", 0, 0, 41, DecodeFault.TRUNCATED)
    assert check(a_look(stamps=None, decoded=broken), a_context()).outcome == Outcome.UNSURE


def test_it_speaks_english_too():
    """Every sentence has its translation."""
    assert check(a_look(stamps=()), a_context()).reason.text("en").startswith("Photo ")
