"""A short run of the fuzzer in every suite; the long one is `python -m tests.fuzz.fuzz_photo --count 20000`."""

from __future__ import annotations

import pytest

from tests.builders.shared import shared_data
from tests.fuzz.fuzz_photo import MAX_SECONDS, fuzz


def test_300_mutated_files_crash_nothing_and_hang_nowhere() -> None:
    report = fuzz(count=300, seed=1)
    assert not report.failures, report.failures[0]
    assert report.slowest_s < MAX_SECONDS
    # The mutations must reach both ends: some are still pictures, some are not.
    assert report.outcomes["decoded"] > 10
    assert len(report.outcomes) > 4


@pytest.mark.shared
def test_every_known_hostile_file_is_survived_and_never_decoded_into_nonsense() -> None:
    report = fuzz(count=0, seed=1, folders=[shared_data() / "corrupt", shared_data() / "exif"])
    assert not report.failures, report.failures[0]
    assert report.slowest_s < MAX_SECONDS
    assert sum(report.outcomes.values()) > 70
