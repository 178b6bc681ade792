"""The short kill test; the long one is ``python -m tests.chaos --kills 200``."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.builders.night import records_of
from tests.chaos.killing import Broker, Figures, run_disturbed_night
from tests.services.postgres import run_postgres_process
from tests.services.s3 import run_s3_process
from tests.verifier.conftest import DemoNight

SEED = 20230614


@pytest.mark.slow
def test_a_night_in_which_six_parts_are_killed_leaves_the_records_of_an_undisturbed_one(
    demo_imported: Path, demo_night: DemoNight, tmp_path: Path
) -> None:
    key = (demo_imported / "data.key").read_text(encoding="ascii").strip()
    figures, broker = Figures(), Broker()
    try:
        with run_postgres_process() as postgres, run_s3_process() as store:
            run_disturbed_night(
                tmp_path / "city", demo_imported / "class", records_of(demo_night.workspace), key, postgres, broker,
                store, figures, random.Random(SEED), (0.5, 2.0), kills=6,
            )  # fmt: skip
    finally:
        broker.stop()
    assert figures.wrong == [], f"seed {SEED}, killed {dict(figures.kills)}"
    assert sum(figures.kills.values()) >= 3, "the night was over before much could be killed"
