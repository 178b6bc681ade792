"""Are honest phones' photos accused, and are forged ones passed over? Drawn at random, judged by the product's own checks.

    python -m benchmarks.honest_phones --photos 50000 --seed 1

Every photo is an honest one by construction (any zone, chat apps, wrong offsets, old fixes, three datums, late receipt); each is
judged as it is and after one forgery of every kind. Nothing of ../shared is needed. Intervals are 95 % (Clopper and Pearson 1934).
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from random import Random

from rich.progress import track
from scipy.stats import beta

from tests.builders.honest_phones import FORGERIES, OURS, TakenPhoto, draw_honest_photo
from verifier.finding import Outcome
from verifier.photo import check_photo


def judge(photo: TakenPhoto, checks: Sequence[str]) -> Outcome:
    """The worst outcome of some checks: FAILED, UNSURE, or PASSED for everything else."""
    outcomes = {each.outcome for each in check_photo(photo.look, photo.context) if each.check in checks}
    return next((outcome for outcome in (Outcome.FAILED, Outcome.UNSURE) if outcome in outcomes), Outcome.PASSED)


def main() -> None:
    """Draw, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    told: dict[str, Counter[Outcome]] = {kind: Counter() for kind in ("honest", *FORGERIES)}
    for number in track(range(options.photos), "photos"):
        photo = draw_honest_photo(Random(f"{options.seed}/{number}"))
        told["honest"][judge(photo, OURS)] += 1
        for kind, (forge, knowing) in FORGERIES.items():
            told[kind][judge(forge(photo, Random(f"{options.seed}/{number}/{kind}")), knowing)] += 1
    for kind, counts in told.items():
        wrong = counts[Outcome.FAILED if kind == "honest" else Outcome.PASSED]
        high = float(beta.ppf(0.975, wrong + 1, options.photos - wrong)) if wrong < options.photos else 1.0
        wanted = "honest photos failed" if kind == "honest" else f"{kind}: neither failed nor doubted"
        print(f"{wanted}: {wrong} of {options.photos} (at most {high:.3%}); "
              f"failed {counts[Outcome.FAILED]}, in doubt {counts[Outcome.UNSURE]}, passed {counts[Outcome.PASSED]}")  # fmt: skip


if __name__ == "__main__":
    main()
