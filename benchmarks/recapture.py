"""Measure whether photos of screens are noticed: ``python benchmarks/recapture.py [--more FOLDER] [--simulated N] [--write]``.

Needs ../shared/data; copies nothing of it. Screens: `recapture/screen` without the one file that lies in both folders; one of them
is black. Others: scenes of ../shared/data, and with ``--more`` the photos that `benchmarks/honest_photos.py FOLDER` fetched, each
as it was found and as a chat app sends it. The limit comes from others only, never from a screen; wrong remarks are counted on
scenes left out of it, ten parts one after the other. ``--simulated`` makes N recaptures of others (8 s each), of which nothing is
fitted either. ``--write`` writes the model. The seed is fixed. Intervals are 95 % (Clopper and Pearson 1934).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.forensic_samples import CHAT_QUALITY, DATA  # noqa: E402
from benchmarks.forensics import interval  # noqa: E402
from benchmarks.recapture_simulated import draw_recapture, make_crops  # noqa: E402
from verifier.photo import recaptured  # noqa: E402
from verifier.photo.read_recapture import CROP_PX, measure_crops, read_recapture  # noqa: E402

SEED = 20230612
WANTED_RATE, AIMED_RATE = (
    0.01,
    0.0025,
)  # of wrong remarks; aimed lower, as the scenes left out exceed what the others showed
PARTS = 10
CHAT_SIZES = (1600, 1280, 1080, 960)  # longer sides that chat apps send
OTHERS = ("classroom/*.jpg", "groups_*/*.jpg", "tamper/original/*", "exif/*.jpg", "faces_bbt/bbt*.jpg", "faces_asian/*/*",
          "cctv_osd/*.png")  # fmt: skip
Pixels = NDArray[np.uint8]
Peaks = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Source:
    """A file and what it is: screen, other or print."""

    kind: str
    file: Path
    packaged: bool = False


def open_picture(file: Path) -> Pixels:
    """As stored, neither turned nor shrunken."""
    return np.asarray(cv2.imread(str(file), cv2.IMREAD_COLOR), np.uint8)


def list_sources(more: Sequence[Path]) -> Iterator[Source]:
    """All files at least as large as a crop, without the one that lies in both folders of `recapture`."""
    screens = sorted((DATA / "recapture" / "screen").iterdir())
    real = sorted((DATA / "recapture" / "real").iterdir())
    contents = Counter(file.read_bytes() for file in (*screens, *real))
    once = {file for file in (*screens, *real) if contents[file.read_bytes()] == 1}
    sources = [Source("screen" if file in screens else "other", file) for file in (*screens, *real) if file in once]
    sources += [Source("other", file) for pattern in OTHERS for file in sorted(DATA.glob(pattern))]
    for folder in more:
        for kind, name in (("other", "honest"), ("print", "print")):
            sources += [Source(kind, file, packaged=True) for file in sorted((folder / name).glob("*"))]
    for source in sources:
        picture = cv2.imread(str(source.file), cv2.IMREAD_COLOR)
        if picture is not None and min(picture.shape[:2]) >= CROP_PX:
            yield source


def send_by_chat(picture: Pixels, random: np.random.Generator) -> Pixels:
    """Shrunken and saved coarsely, never under a crop's size."""
    longer, shorter = max(picture.shape[:2]), min(picture.shape[:2])
    sizes = [size for size in CHAT_SIZES if size < 0.95 * longer]
    scale = (int(random.choice(sizes)) if sizes else 0.8 * longer) / longer
    scale = min(1.0, max(scale, CROP_PX / shorter))
    size = max(CROP_PX, round(picture.shape[1] * scale)), max(CROP_PX, round(picture.shape[0] * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(*CHAT_QUALITY))])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def measure_forms(source: Source, number: int) -> tuple[float, float]:
    """The peak of the picture as it was found, and as a chat app sends it."""
    picture = open_picture(source.file)
    sent = send_by_chat(picture, np.random.default_rng((SEED, number)))
    return read_recapture(picture).luma_peak, read_recapture(sent).luma_peak


def fit_limit(peaks: Peaks) -> float:
    """The peak that a share of `AIMED_RATE` of scenes reaches."""
    return float(np.quantile(peaks, 1 - AIMED_RATE))


def remark_left_out(peaks: Peaks) -> NDArray[np.bool_]:
    """Which scenes are remarked by the limit of the nine parts that they are not in."""
    parts = np.random.default_rng(SEED).permutation(len(peaks)) % PARTS
    remarked = np.zeros(len(peaks), dtype=bool)
    for part in range(PARTS):
        remarked[parts == part] = peaks[parts == part] >= fit_limit(peaks[parts != part])
    return remarked


def fit_logistic(peaks: Peaks, is_screen: NDArray[np.bool_]) -> tuple[float, float]:
    """Weight and intercept, both kinds weighing the same, by Newton's method with a slight pull to zero."""
    design = np.stack([peaks, np.ones_like(peaks)], axis=1)
    share = np.where(is_screen, 0.5 / is_screen.sum(), 0.5 / (~is_screen).sum()) * len(peaks)
    beta_hat = np.zeros(2)
    pull = np.diag([0.1, 0.0])
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-design @ beta_hat))
        gradient = design.T @ (share * (is_screen - chance)) - pull @ beta_hat
        curvature = (design * (share * chance * (1 - chance))[:, None]).T @ design + pull
        beta_hat = beta_hat + np.linalg.solve(curvature, gradient)
    return float(beta_hat[0]), float(beta_hat[1])


def measure(sources: Sequence[Source], write: bool) -> float:
    """Print what is noticed and what is remarked wrongly; returns the limit."""
    forms = np.array([measure_forms(source, number) for number, source in enumerate(sources)])
    kinds = np.array([source.kind for source in sources])
    packaged = np.array([source.packaged for source in sources])
    # A scene that is remarked in one of its forms counts once: its forms are no independent trials.
    others = forms[kinds == "other"].max(axis=1)
    names = np.array([source.file.name for source in sources if source.kind == "other"])
    remarked, limit = remark_left_out(others), fit_limit(others)
    found, screens = int((forms[kinds == "screen", 0] >= limit).sum()), int((kinds == "screen").sum())
    wrong, upper = int(remarked.sum()), float(beta.ppf(0.95, remarked.sum() + 1, (~remarked).sum()))
    print(
        f"  limit {limit:.2f} nepers; screens noticed {interval(found, screens)}: {np.round(forms[kinds == 'screen', 0], 1)}"
    )
    print(f"  as a chat app sends them on {interval(int((forms[kinds == 'screen', 1] >= limit).sum()), screens)}")
    print(f"  other scenes wrongly remarked, left out of the limit: {interval(wrong, len(others))}, at most {upper:.2%} with 95 % "
          f"certainty: {dict(zip(names[remarked].tolist(), others[remarked].round(2).tolist(), strict=True))}")  # fmt: skip
    for what, mine in (("of ../shared/data", ~packaged), ("of packages", packaged)):
        part = remarked[mine[kinds == "other"]]
        print(f"    {what}: {interval(int(part.sum()), len(part))}")
    prints = forms[kinds == "print", 0]
    printed = interval(int((prints >= limit).sum()), len(prints))
    print(f"  photos of prints noticed: {printed}, strongest {max(prints, default=0.0):.1f}")
    shipped = recaptured.load_recapture_model()
    (weight,) = shipped.weights.values()
    peak = (float(np.log(shipped.limit / (1 - shipped.limit))) - shipped.intercept) / weight
    noticed, wrongly = int((forms[kinds == "screen", 0] >= peak).sum()), int((others >= peak).sum())
    print(
        f"  at the limit of {shipped.name}, {peak:.2f}: {noticed} screens, {wrongly} of {len(others)} others remarked"
    )
    if write:
        both = np.concatenate([forms[kinds == "screen", 0], others])
        weight, intercept = fit_logistic(both, np.arange(len(both)) < screens)
        text = MODEL_FILE.format(
            weight=weight, intercept=intercept, limit=1 / (1 + np.exp(-(weight * limit + intercept))), found=found, screens=screens,
            wrong=wrong, others=len(others), upper=upper, supports="true" if upper <= WANTED_RATE else "false",
            wanted=WANTED_RATE, aimed=AIMED_RATE, day=time.strftime("%Y-%m-%d"), noticed=interval(found, screens), peak=limit,
            remarks=interval(wrong, len(others)), prints=printed,
        )  # fmt: skip
        (PROJECT / "models" / recaptured.FILE).write_text(text, encoding="utf-8")
        print(f"  written: models/{recaptured.FILE}")
    return limit


def simulate_one(numbered: tuple[int, Source]) -> tuple[str, int, float]:
    """Kind, longer side and peak of one simulated recapture."""
    number, source = numbered
    cv2.setNumThreads(1)
    random = np.random.default_rng((SEED, 1, number))
    how = draw_recapture(random)
    return how.kind, how.sent_px, measure_crops(make_crops(open_picture(source.file), how, random)).luma_peak


def measure_simulated(sources: Sequence[Source], count: int, limit: float) -> None:
    """How many simulated recaptures of large others are noticed."""
    large = [source for source in sources if source.kind == "other" and max(open_picture(source.file).shape) >= 1000]
    order = np.random.default_rng(SEED).permutation(len(large))[:count]
    with Pool(2) as pool:
        made = pool.map(simulate_one, [(int(number), large[number]) for number in order], chunksize=1)
    for what in ("stripes", "diamonds", "print"):
        peaks = [peak for kind, _, peak in made if kind == what]
        print(f"  simulated, {what}: {interval(sum(peak >= limit for peak in peaks), len(peaks))}")
    for what, picked in (("as the camera saved it", lambda side: side > 1600), ("sent on", lambda side: side <= 1600)):
        peaks = [peak for _, side, peak in made if picked(side)]
        print(f"  simulated, {what}: {interval(sum(peak >= limit for peak in peaks), len(peaks))}")


MODEL_FILE = """# Written by `python benchmarks/recapture.py --more FOLDER --write`; read by verifier/photo/recaptured.py.
# One feature: more of them found no more screens at the same rate of wrong remarks (benchmarks/README.md).
name = "recapture-{day}"

[data]
name = "development pictures and photos out of packages (benchmarks/honest_photos.txt), as found and as chat apps send them"
fitted_on = {day}
pictures = {others}

[model]
intercept = {intercept:.4f}
weights = {{ luma_peak = {weight:.4f} }}
# The probability at a peak of {peak:.2f} nepers, which {aimed:.2%} of the others' scenes reach. No photo of a screen is behind it.
limit = {limit:.4f}

[measured]
# Noticed: {noticed}. Others on scenes left out of the limit: {remarks}. Photos of prints noticed: {prints}.
# Where supports_rate is false the others are too few to show the wanted rate with 95 % certainty.
found = {found}
screens = {screens}
false_remarks = {wrong}  # scenes
others = {others}
highest_false_rate = {upper:.4f}
wanted_rate = {wanted}
supports_rate = {supports}
"""


def main() -> None:
    """Measure; simulate and write where that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--more", type=Path, action="append", default=[], help="a folder of benchmarks/honest_photos.py"
    )
    parser.add_argument("--simulated", type=int, default=0, help="make so many recaptures")
    parser.add_argument("--write", action="store_true", help="write the model's file")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    sources = list(list_sources(arguments.more))
    limit = measure(sources, arguments.write)
    if arguments.simulated:
        measure_simulated(sources, arguments.simulated, limit)


if __name__ == "__main__":
    main()
