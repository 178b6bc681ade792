"""How exactly are stamps read, and how fast?

Draws stamps of all layouts on real pictures, recompresses them and compares every field with what was drawn. A stamp app
draws over whatever the lens sees, so every background counts: posters, pages of print, crowds, camera frames with an
overlay of their own (only there no second camera overlay is drawn). Shares come with 95 % Clopper-Pearson intervals.
The reader was developed against drawings by Pillow; with `--renderer chromium` a browser draws other ones, in other fonts.

    python benchmarks/stamps.py --photos 60 --seeds 11 12 13 --layouts main
    python benchmarks/stamps.py --photos 96 --seeds 21 22 23
    python benchmarks/stamps.py --photos 96 --seeds 21 22 23 --size 0.77   # letters smaller than any app's own
    python benchmarks/stamps.py --renderer chromium --photos 190 --seeds 31
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from PIL import Image  # noqa: E402
from scipy.stats import beta  # noqa: E402

from tests.builders.browser_panels import BROWSER_LAYOUTS, MAIN_BROWSER_LAYOUTS  # noqa: E402
from tests.builders.browser_stamps import (  # noqa: E402
    FONT_PACKAGES,
    BrowserMissing,
    StampPainter,
    choose_aspect,
    cut_background,
    open_painter,
)
from tests.builders.stamps import (  # noqa: E402
    LAYOUTS,
    MAIN_LAYOUTS,
    StampTruth,
    a_stamped_picture,
    as_bgr,
    resize_longer_side,
)
from verifier.observation import Box, Stamp  # noqa: E402
from verifier.photo.quality import QUALITY_2023  # noqa: E402
from verifier.photo.read_stamp import read_stamps  # noqa: E402
from verifier.photo.stamp_geometry import overlap_area  # noqa: E402
from verifier.photo.stamp_limits import STAMP_TIME_2023  # noqa: E402
from verifier.vision.text import TextNet, find_text_boxes, open_text_net  # noqa: E402

SIDES_PX = (720, 1080, 1440, 1920, 3000, 4000)
QUALITIES = (60, 70, 80, 85, 90, 95)
# What the browser's pictures are drawn at: chat apps keep 1280 px as well.
BROWSER_SIDES_PX = (720, 1080, 1280, 1440, 1920, 3000, 4000)
BROWSER_QUALITIES = (60, 65, 70, 75, 80, 85, 90, 95)
# Good phones write colours at full resolution from this quality on.
FULL_COLOUR_QUALITY = 90
# A background with as many lines of print of its own is a poster or a page; its misses are told apart.
PRINT_LINES = 6
FIELDS = ("date", "time", "coordinates", "weekday", "address", "code")
GRADED = FIELDS[:3]
# From here on a check may contradict the agency (verifier/photo/stamp_limits.py).
ACTED_ON_CONFIDENCE = STAMP_TIME_2023.min_confidence
CONFIDENCE_BINS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.01)


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One drawn photo as it is read: (H, W, 3) BGR pixels, what is printed on it, what it was made of."""

    pixels: NDArray[np.uint8]
    truth: StampTruth
    background: Path
    side_px: int
    made: str


Draw = Callable[[int, int, random.Random], Photo]  # of a seed, a number, and the seed's chance


@dataclass(slots=True)
class Tally:
    """What was counted over all photos."""

    hits: dict[tuple[str, str], list[bool]] = field(default_factory=lambda: defaultdict(list))
    by_background: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    by_confidence: list[tuple[str, bool, float | None]] = field(default_factory=list)
    accepted: dict[str, list[bool]] = field(
        default_factory=lambda: defaultdict(list)
    )  # of photos large enough for photo.quality
    seconds: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    several: int = 0
    photos: int = 0


def find_backgrounds() -> list[Path]:
    """Real pictures of rooms and groups: the development ones where they are, else those that scikit-image ships."""
    data = PROJECT.parent / "shared" / "data"
    if data.is_dir():
        folders = ("classroom", "cctv_osd", "groups_wider", "groups_counted", "groups_uncounted")
        return [file for folder in folders for file in sorted((data / folder).rglob("*")) if is_picture(file)]
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    return [
        folder / name for name in ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png")
    ]


def count_printed_lines(file: Path, net: TextNet) -> int:
    """Lines of print that a background has of its own."""
    return len(find_text_boxes(as_bgr(resize_longer_side(Image.open(file).convert("RGB"), 1080)), net, 736))


def find_interval(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Clopper and Pearson 1934)."""
    low = float(beta.ppf(0.025, hits, of - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, of - hits)) if hits < of else 1.0
    return low, high


def choose_stamp(stamps: Sequence[Stamp], drawn_box: Box) -> Stamp | None:
    """The stamp read where one was drawn: a camera's frame has an overlay of its own as well."""
    near = [stamp for stamp in stamps if stamp.box is not None and overlap_area(stamp.box, drawn_box) > 0]
    return max(near, key=lambda stamp: overlap_area(stamp.box, drawn_box), default=None)  # type: ignore[arg-type]


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
    read = fold(address.value) if address else None
    forms = [fold(form) for form in (truth.address, *truth.address_forms) if form]
    add("address", (read if read in forms else forms[0]) if forms else None, address, read)
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


@contextmanager
def open_renderer(options: argparse.Namespace, backgrounds: Sequence[Path]) -> Iterator[Draw]:
    """What draws photos: this project's own drawings, or a browser's.

    Raises:
        BrowserMissing: a browser is asked for and there is none.
    """
    layouts = name_layouts(options)
    # A browser's stamps stand in every corner: over a camera's own overlay nobody could read either.
    bare = [file for file in backgrounds if "_hik_" not in file.name]
    if options.renderer == "pillow":
        yield lambda seed, number, chance: draw_with_pillow(options.size, layouts, backgrounds, seed, number, chance)
        return
    with open_painter() as painter:
        print(f"fonts installed: {', '.join(painter.fonts.families)}")
        print(f"(Debian's packages of them all: {FONT_PACKAGES})")
        yield lambda seed, number, chance: draw_with_chromium(
            painter, options.size, layouts, bare, seed, number, chance
        )


def name_layouts(options: argparse.Namespace) -> Sequence[str]:
    """The layouts that are drawn, in turns."""
    if options.renderer == "chromium":
        return MAIN_BROWSER_LAYOUTS if options.layouts == "main" else tuple(BROWSER_LAYOUTS)
    return MAIN_LAYOUTS if options.layouts == "main" else LAYOUTS


def choose_background(backgrounds: Sequence[Path], layout: str, chance: random.Random) -> Path:
    """Any picture; a camera's frame, with an overlay of its own, gets no second one."""
    overlaid = layout == "10 camera overlay"
    return chance.choice([file for file in backgrounds if not (overlaid and file.parent.name == "cctv_osd")])


def draw_with_pillow(
    size: float, layouts: Sequence[str], backgrounds: Sequence[Path], seed: int, number: int, chance: random.Random
) -> Photo:
    """A photo with a stamp of tests/builders/stamps.py."""
    layout = layouts[number % len(layouts)]
    side, quality = chance.choice(SIDES_PX), chance.choice(QUALITIES)
    file = choose_background(backgrounds, layout, chance)
    background = resize_longer_side(Image.open(file).convert("RGB"), side)
    scale = size * chance.uniform(0.85, 1.15)
    picture, truth = a_stamped_picture(background, layout, seed * 1000 + number, scale=scale)
    made = f"{seed}-{number} {layout} {file.name} {side}px q{quality} x{scale:.2f}"
    return Photo(as_bgr(picture, quality), truth, file, side, made)


def draw_with_chromium(
    painter: StampPainter,
    size: float,
    layouts: Sequence[str],
    backgrounds: Sequence[Path],
    seed: int,
    number: int,
    chance: random.Random,
) -> Photo:
    """A photo with a stamp of tests/builders/browser_stamps.py, in the aspect of a phone."""
    layout = layouts[number % len(layouts)]
    side, quality = chance.choice(BROWSER_SIDES_PX), chance.choice(BROWSER_QUALITIES)
    file = choose_background(backgrounds, layout, chance)
    background = cut_background(Image.open(file), side, choose_aspect(chance, layout), chance)
    picture, truth = painter.draw(background, layout, f"{seed}-{number}", scale=size)
    made = f"{seed}-{number} {layout} {file.name} {picture.width}x{picture.height} q{quality}"
    pixels = as_bgr(picture, quality, full_colour=quality >= FULL_COLOUR_QUALITY)
    return Photo(pixels, truth, file, side, made)


def measure(options: argparse.Namespace, seed: int, draw: Draw, net: TextNet, tally: Tally) -> None:
    """Draw, read and compare the photos of one seed."""
    chance = random.Random(seed)
    for number in range(options.photos):
        photo = draw(seed, number, chance)
        started = time.process_time()
        stamps = read_stamps(photo.pixels, net)
        spent = time.process_time() - started
        tally.seconds[photo.side_px].append(spent)
        tally.several += len(stamps) > 1 and photo.background.parent.name != "cctv_osd"
        tally.photos += 1
        stamp = choose_stamp(stamps, photo.truth.box)  # type: ignore[arg-type]
        missed = count_fields(photo, stamp, tally)
        if options.show_misses:
            lines = [line.text for line in stamp.lines] if stamp else None
            for name, sure in missed:
                print(f"miss {photo.made} {name} {spent:.2f}s {sure} {photo.truth} read {lines}")
        if missed and options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(options.keep / f"{seed}-{number:03d}.png"), photo.pixels)


def count_fields(photo: Photo, stamp: Stamp | None, tally: Tally) -> list[tuple[str, float | None]]:
    """Count a photo's fields; those that were not read exactly come back, with how sure the reading was."""
    missed = []
    for name, (exact, sure) in compare(photo.truth, stamp).items():
        tally.hits[photo.truth.layout, name].append(exact)
        tally.by_confidence.append((name, exact, sure))
        if min(photo.pixels.shape[:2]) >= QUALITY_2023.small_below_px:
            tally.accepted[name].append(exact)
        if name in GRADED:
            tally.by_background[photo.background.name].append(exact)
        if not exact:
            missed.append((name, sure))
    return missed


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, read, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=96, help="photos drawn from each seed")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--renderer", choices=("pillow", "chromium"), default="pillow", help="who draws the stamps")
    parser.add_argument("--layouts", choices=("main", "all"), default="all", help="main: layouts 1, 2 and 5")
    parser.add_argument("--size", type=float, default=1.0, help="letters against the apps' own size; 0.77 is small")
    parser.add_argument("--show-misses", action="store_true", help="print each field that was misread")
    parser.add_argument("--keep", type=Path, help="folder for the pictures with misread fields")
    options = parser.parse_args(arguments)

    backgrounds = find_backgrounds()
    try:
        with open_renderer(options, backgrounds) as draw:
            run(options, backgrounds, draw)
    except BrowserMissing as missing:
        sys.exit(f"--renderer chromium: {missing}")


def run(options: argparse.Namespace, backgrounds: Sequence[Path], draw: Draw) -> None:
    """Measure every seed and print the tables."""
    net = open_text_net(threads=1)
    cv2.setNumThreads(1)
    printed = {file.name for file in backgrounds if count_printed_lines(file, net) >= PRINT_LINES}
    print(f"{len(backgrounds)} backgrounds, {len(printed)} with {PRINT_LINES} lines of print or more of their own")
    tally = Tally()
    try:
        for seed in options.seeds:
            measure(options, seed, draw, net, tally)
    except KeyboardInterrupt:
        print(f"stopped: the figures cover the first {tally.photos} photos, each layout's turn coming round")
    report(name_layouts(options), printed, tally)


def report(layouts: Sequence[str], printed: set[str], tally: Tally) -> None:
    """Print the tables."""
    print(f"{tally.photos} photos\n{'exactly read':28}" + "".join(f"{name:>16}" for name in FIELDS))
    for layout in layouts:
        cells = []
        for name in FIELDS:
            answers = tally.hits.get((layout, name), [])
            cells.append(f"{f'{sum(answers)}/{len(answers)}' if answers else '-':>16}")
        print(f"{layout:28}" + "".join(cells))
    print("\nAll layouts, every background (95 % Clopper-Pearson interval):")
    for name in FIELDS:
        answers = [answer for layout in layouts for answer in tally.hits.get((layout, name), [])]
        if answers:
            print(f"  {name:12} {format_share(answers)}")
    print(
        f"Those with a short side of {QUALITY_2023.small_below_px} px and more, below which photo.quality asks for the original:"
    )
    for name in FIELDS:
        if answers := tally.accepted.get(name):
            print(f"  {name:12} {format_share(answers)}")
    report_backgrounds(printed, tally)
    print("\nErrors by confidence (date, time, coordinates, weekday): wrong / read at that confidence")
    values = [(exact, sure) for name, exact, sure in tally.by_confidence if name in FIELDS[:4] and sure is not None]
    for low, high in itertools.pairwise(CONFIDENCE_BINS):
        within = [exact for exact, sure in values if low <= sure < high]
        if within:
            print(f"  {low:.2f} to {min(high, 1):.2f}: {len(within) - sum(within)} / {len(within)}")
    wrong = sum(not exact and sure >= ACTED_ON_CONFIDENCE for exact, sure in values)
    acted = sum(sure >= ACTED_ON_CONFIDENCE for _, sure in values)
    low, high = find_interval(wrong, acted)
    print(f"  wrong at {ACTED_ON_CONFIDENCE} or more: {wrong} of {acted} ({100 * low:.2f} to {100 * high:.2f} %)")
    unread = sum(sure is None for name, _, sure in tally.by_confidence if name in FIELDS[:4])
    print(f"  not read at all: {unread}")
    print(f"\npictures in which more than one stamp was seen (one was drawn): {tally.several} of {tally.photos}")
    print("CPU seconds a photo, one thread (median, most); wall time on a free core is the same:")
    for side in sorted(tally.seconds):
        ordered = sorted(tally.seconds[side])
        print(f"  {side:5} px: {ordered[len(ordered) // 2]:.2f}  {ordered[-1]:.2f}  ({len(ordered)} photos)")
    everything = sorted(value for values in tally.seconds.values() for value in values)
    middle = everything[len(everything) // 2]
    print(f"  all: mean {sum(everything) / len(everything):.2f}, median {middle:.2f}, most {everything[-1]:.2f}")


def report_backgrounds(printed: set[str], tally: Tally) -> None:
    """Print which backgrounds cost fields: date, time and coordinates together."""
    print("\nDate, time and coordinates by background:")
    for title, wanted in (("without much print", False), (f"{PRINT_LINES} printed lines or more", True)):
        answers = [one for name, all_of in tally.by_background.items() if (name in printed) == wanted for one in all_of]
        if answers:
            print(f"  {title:26} {format_share(answers)}")
    for name, answers in sorted(tally.by_background.items()):
        if not all(answers):
            print(f"    {name}: {len(answers) - sum(answers)} of {len(answers)} fields missed")


def format_share(answers: Sequence[bool]) -> str:
    """Hits, share and its interval."""
    low, high = find_interval(sum(answers), len(answers))
    share = f"{100 * sum(answers) / len(answers):.1f} %"
    return f"{sum(answers)}/{len(answers)} = {share}, {100 * low:.1f} to {100 * high:.1f} %"


if __name__ == "__main__":
    main()
