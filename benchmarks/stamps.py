"""How exactly are stamps read, and how fast?

Draws stamps of all layouts on real pictures, recompresses them and compares every field with what was drawn.

    python benchmarks/stamps.py --photos 60 --seed 1
    python benchmarks/stamps.py --photos 160 --seed 2 --layouts all
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

import cv2  # noqa: E402
from PIL import Image  # noqa: E402

from tests.builders.stamps import (  # noqa: E402
    LAYOUTS,
    MAIN_LAYOUTS,
    StampTruth,
    a_stamped_picture,
    as_bgr,
    resize_longer_side,
)
from verifier.observation import Stamp  # noqa: E402
from verifier.photo.read_stamp import read_stamps  # noqa: E402
from verifier.vision.text import TextNet, find_text_boxes, open_text_net  # noqa: E402

SIDES_PX = (720, 1080, 1440, 1920, 3000, 4000)
QUALITIES = (60, 70, 80, 85, 90, 95)
PAGE_LINES = 12
FIELDS = ("date", "time", "coordinates", "weekday", "address", "code")
CONFIDENCE_BINS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.01)


def find_backgrounds() -> list[Path]:
    """Real pictures of rooms and groups: the development ones where they are, else those that scikit-image ships."""
    data = PROJECT.parent / "shared" / "data"
    if data.is_dir():
        folders = ("classroom", "groups_wider", "groups_counted", "groups_uncounted")
        found = [file for folder in folders for file in sorted((data / folder).rglob("*")) if is_picture(file)]
        return [file for file in found if min(Image.open(file).size) >= 400]
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    return [
        folder / name for name in ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png")
    ]


def count_printed_lines(file: Path, net: TextNet) -> int:
    """Lines of print in a background: a stamp over a newspaper's captions has no reading that even people agree on."""
    return len(find_text_boxes(as_bgr(resize_longer_side(Image.open(file).convert("RGB"), 1080)), net, 736))


def is_picture(file: Path) -> bool:
    """Whether the name is a picture's."""
    return file.suffix.lower() in (".jpg", ".jpeg", ".png")


def fold(text: str) -> str:
    """Addresses are compared by their letters and digits, in one width of signs: spaces, dots and commas do not count."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign.isalnum())


def compare(truth: StampTruth, stamp: Stamp | None) -> dict[str, tuple[bool, float | None]]:
    """For each printed field: was it read exactly, and how sure was the reading (None = not read)."""
    answers: dict[str, tuple[bool, float | None]] = {}

    def add(name: str, wanted: object, field: object, seen: object) -> None:
        if wanted is not None:
            sure = None if field is None else field.confidence  # type: ignore[attr-defined]
            answers[name] = (field is not None and seen == wanted, sure)

    day, clock = (stamp.day, stamp.clock) if stamp else (None, None)
    add("date", truth.day, day, day.value if day else None)
    add("time", truth.clock, clock, clock.value if clock else None)
    weekday = stamp.weekday if stamp else None
    add("weekday", truth.weekday, weekday, weekday.value if weekday else None)
    code = stamp.code if stamp else None
    add("code", truth.code, code, code.value if code else None)
    address = stamp.address if stamp else None
    add("address", fold(truth.address) if truth.address else None, address, fold(address.value) if address else None)
    if truth.longitude is not None and truth.latitude is not None:
        longitude, latitude = (stamp.longitude, stamp.latitude) if stamp else (None, None)
        both = longitude is not None and latitude is not None
        exact = (
            both
            and abs(longitude.value - truth.longitude) < 1e-7
            and abs(latitude.value - truth.latitude) < 1e-7
            and stamp.swapped == truth.swapped
        )
        answers["coordinates"] = (exact, min(longitude.confidence, latitude.confidence) if both else None)
    return answers


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, read, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--layouts", choices=("main", "all"), default="all")
    parser.add_argument("--show-misses", action="store_true", help="print each field that was misread")
    parser.add_argument("--keep", type=Path, help="folder for the pictures with misread fields")
    options = parser.parse_args(arguments)

    chance = random.Random(options.seed)
    found = find_backgrounds()
    net = open_text_net(threads=1)
    cv2.setNumThreads(1)
    backgrounds = [file for file in found if count_printed_lines(file, net) < PAGE_LINES]
    print(f"{len(backgrounds)} backgrounds; {len(found) - len(backgrounds)} left out as pages of print")
    layouts = MAIN_LAYOUTS if options.layouts == "main" else LAYOUTS
    hits: dict[tuple[str, str], list[bool]] = defaultdict(list)
    by_confidence: list[tuple[str, bool, float | None]] = []
    seconds: dict[int, list[float]] = defaultdict(list)
    several = 0
    for number in range(options.photos):
        layout = layouts[number % len(layouts)]
        side, quality = chance.choice(SIDES_PX), chance.choice(QUALITIES)
        file = chance.choice(backgrounds)
        background = resize_longer_side(Image.open(file).convert("RGB"), side)
        scale = chance.uniform(0.85, 1.15)
        picture, truth = a_stamped_picture(background, layout, options.seed * 1000 + number, scale=scale)
        pixels = as_bgr(picture, quality)
        started = time.process_time()
        stamps = read_stamps(pixels, net)
        seconds[side].append(time.process_time() - started)
        several += len(stamps) > 1
        stamp = stamps[0] if stamps else None
        missed = False
        for name, (exact, sure) in compare(truth, stamp).items():
            hits[layout, name].append(exact)
            by_confidence.append((name, exact, sure))
            if not exact:
                missed = True
                if options.show_misses:
                    lines = [line.text for line in stamp.lines] if stamp else None
                    print(f"miss {number} {layout} {name} {file.name} {side}px q{quality} {sure} {truth} read {lines}")
        if missed and options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(options.keep / f"{number:03d}.png"), pixels)

    report(layouts, hits, by_confidence, seconds, several, options.photos)


def report(
    layouts: Sequence[str],
    hits: dict[tuple[str, str], list[bool]],
    by_confidence: Sequence[tuple[str, bool, float | None]],
    seconds: dict[int, list[float]],
    several: int,
    photos: int,
) -> None:
    """Print the tables."""
    print(f"{'exactly read':28}" + "".join(f"{name:>16}" for name in FIELDS))
    for layout in (*layouts, "all"):
        cells = []
        for name in FIELDS:
            chosen = [layout] if layout != "all" else list(layouts)
            answers = [answer for one in chosen for answer in hits.get((one, name), [])]
            share = f"{sum(answers)}/{len(answers)} {100 * sum(answers) / len(answers):.0f}%" if answers else "-"
            cells.append(f"{share:>16}")
        print(f"{layout:28}" + "".join(cells))
    print("\nErrors by confidence (date, time, coordinates, weekday): wrong / read at that confidence")
    values = [(exact, sure) for name, exact, sure in by_confidence if name in FIELDS[:4] and sure is not None]
    for low, high in itertools.pairwise(CONFIDENCE_BINS):
        within = [exact for exact, sure in values if low <= sure < high]
        if within:
            print(f"  {low:.2f} to {min(high, 1):.2f}: {len(within) - sum(within)} / {len(within)}")
    unread = sum(sure is None for name, _, sure in by_confidence if name in FIELDS[:4])
    print(f"  not read at all: {unread}")
    print(f"\npictures in which more than one stamp was seen (one was drawn): {several} of {photos}")
    print("CPU seconds a photo, one thread (median, most); wall time on a free core is the same:")
    for side in sorted(seconds):
        ordered = sorted(seconds[side])
        print(f"  {side:5} px: {ordered[len(ordered) // 2]:.2f}  {ordered[-1]:.2f}  ({len(ordered)} photos)")
    everything = sorted(value for values in seconds.values() for value in values)
    print(f"  all: mean {sum(everything) / len(everything):.2f}, median {everything[len(everything) // 2]:.2f}")


if __name__ == "__main__":
    main()
