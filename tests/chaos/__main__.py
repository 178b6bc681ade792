"""``python -m tests.chaos --kills 200``: the long kill test, with its figures. Exit status 1 where the records differ."""

from __future__ import annotations

import argparse
import base64
import json
import random
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.builders.night import load, night, records_of
from tests.chaos.killing import Broker, Figures, run_disturbed_night
from tests.services.postgres import run_postgres_process
from tests.services.s3 import run_s3_process
from verifier.demo.make_class import make_demo_class


def main() -> int:
    """Run nights until enough was killed, and print what came of it."""
    asked = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument(
        "--pause", type=float, nargs=2, default=(1.0, 8.0), help="seconds from a recovery to the next kill"
    )
    asked.add_argument("--minutes", type=float, default=600.0, help="begin no night after that")
    given = asked.parse_args()
    # Stopped by a time limit it ends what it started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    figures, chance, began = Figures(), random.Random(given.seed), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        folder = Path(name)
        make_demo_class(folder / "class")
        undisturbed = folder / "undisturbed"
        assert load(folder / "class", undisturbed).loaded
        night(undisturbed)
        expected = records_of(undisturbed)
        key = (undisturbed / "data.key").read_text(encoding="ascii").strip()
        assert len(base64.b64decode(key)) == 32
        broker = Broker()
        with run_postgres_process() as postgres, run_s3_process() as store:
            while sum(figures.kills.values()) < given.kills and time.monotonic() - began < given.minutes * 60:
                run_disturbed_night(
                    folder / f"night-{figures.nights}", folder / "class", expected, key, postgres, broker, store,
                    figures, chance, tuple(given.pause), given.kills,
                )  # fmt: skip
                _print(figures, began)
        broker.stop()
    return 1 if figures.wrong else 0


def _print(figures: Figures, began: float) -> None:
    every = sorted(seconds for waits in figures.recovery_s.values() for seconds in waits)
    answer = {
        "kills": sum(figures.kills.values()),
        "by_kind": dict(figures.kills),
        "by_step": dict(figures.steps),
        "nights": figures.nights,
        "minutes": round((time.monotonic() - began) / 60, 1),
        "recovery_s": _describe(every),
        "recovery_s_by_kind": {kind: _describe(waits) for kind, waits in sorted(figures.recovery_s.items())},
        "wrong": figures.wrong,
    }
    print(json.dumps(answer, ensure_ascii=False), flush=True)


def _describe(waits: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(waits), 1), "max": round(max(waits), 1)} if waits else {}


if __name__ == "__main__":
    sys.exit(main())
