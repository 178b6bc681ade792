"""Measure what a photo proves, on the development pictures: ``python benchmarks/photo.py [all|copies|harder|honest|size|cost …]``.

Needs ../shared/data for all but ``size``; copies nothing of it. ``copies``: are changed copies found among all pictures, and
proven? ``harder``: the same for stronger changes, and several at once. ``honest``: is any pair of two moments of one room, or of
two rooms, called the same picture? ``size``: how the search grows. ``cost``: reading and comparing one candidate, in the order of
a night. ``all``: these, and the other benchmarks of one photo one after the other with their own seeds (stamps, originality,
rooms, fuzz; hours on one core, minutes with ``--quick``).
The seed is fixed. Intervals are 95 % (Clopper and Pearson 1934).
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from tests.builders.copies import CHANGES, HARDER_CHANGES, Change  # noqa: E402
from verifier.observation import Decoded, Look  # noqa: E402
from verifier.photo.read_descriptors import compute_keys, compute_probes  # noqa: E402
from verifier.photo.read_fingerprint import read_fingerprint  # noqa: E402
from verifier.photo.read_stamp import read_stamps  # noqa: E402
from verifier.photo.reuse_index import PictureIndex  # noqa: E402
from verifier.photo.reuse_match import MATCH_2023, ReadPicture, compare_pictures, read_picture  # noqa: E402
from verifier.vision.faces import find_faces  # noqa: E402
from verifier.vision.nets import Nets, open_nets  # noqa: E402
from verifier.vision.people import count_faces_only, count_people  # noqa: E402

DATA = PROJECT.parent / "shared" / "data"
SEED = 20230612
# Scenes with people or a room; not the forgeries, which are copies of other pictures of theirs.
SCENES = ("classroom/*.jpg", "groups_counted/*.jpg", "groups_uncounted/*.jpg", "groups_wider/*.jpg", "cctv_osd/*.png",
          "faces_bbt/bbt*.jpg", "tamper/original/*.jpg", "recapture/real/2026*.jpg", "recapture/real/real*.jpg")  # fmt: skip
CLASS_PEOPLE = 5  # with fewer a crop may leave less than the three who can prove a copy
Pixels = NDArray[np.uint8]


def interval(hits: int, trials: int) -> str:
    """The share with its 95 % interval."""
    low = 0.0 if hits == 0 else float(beta.ppf(0.025, hits, trials - hits + 1))
    high = 1.0 if hits == trials else float(beta.ppf(0.975, hits + 1, trials - hits))
    return f"{hits}/{trials} = {hits / trials:.1%} [{low:.1%}, {high:.1%}]"


def look_at(picture: Pixels, nets: Nets, people: bool = True, stamps: bool = False) -> Look:
    """What the re-use search needs of a look, read by the product's own readers."""
    faces = tuple(find_faces(picture, nets.faces)) if people else None
    counted = None
    if faces is not None:
        counted = count_people(picture, nets.people, faces) if nets.people else count_faces_only(faces)
    return Look(
        sha256=hashlib.sha256(picture.tobytes()).hexdigest(),
        versions={},
        decoded=Decoded("jpeg", picture.shape[1], picture.shape[0], picture.nbytes),
        stamps=tuple(read_stamps(picture, nets.text)) if stamps else (),
        faces=faces,
        people=counted,
        fingerprint=read_fingerprint(picture),
    )


def read(look: Look) -> ReadPicture:
    """The look as it is compared."""
    found = read_picture(look)
    assert found is not None
    return found


def load_scenes(every: int = 1) -> dict[str, Pixels]:
    """File → picture, of every so many."""
    files = [file for pattern in SCENES for file in sorted(DATA.glob(pattern))][::every]
    return {str(file.relative_to(DATA)): np.asarray(cv2.imread(str(file)), np.uint8) for file in files}


def measure_copies(nets: Nets, rounds: int, every: int, changes: Mapping[str, Change] = CHANGES) -> None:
    """Every picture changed in every way: searched among all originals, compared with what was found."""
    scenes = load_scenes(every)
    looks = {name: look_at(picture, nets) for name, picture in scenes.items()}
    originals = {name: read(look) for name, look in looks.items()}
    names, index = list(originals), PictureIndex()
    sizes = [len(look.fingerprint.thumbnail) for look in looks.values() if look.fingerprint]
    for number, name in enumerate(names):
        index.add(number, compute_keys(originals[name].features))
    classes = {name for name in names if len(originals[name].people) >= CLASS_PEOPLE}
    print(f"{len(names)} pictures, {len(classes)} with at least {CLASS_PEOPLE} people; {rounds} copies each; "
          f"thumbnail {np.median(sizes) / 1000:.0f} kB in the median, {max(sizes) / 1000:.0f} kB at most")  # fmt: skip
    random, seconds, wrong = np.random.default_rng(SEED), [], 0
    for change, make in changes.items():
        found, proven, trials, unproven = 0, 0, 0, []
        for name in [name for name in names for _ in range(rounds)]:
            picture = make(scenes[name], random)
            copy = read(look_at(picture, nets, people=False, stamps="stamp" in change))
            trials += 1
            hits = [names[number] for number, _ in index.search(compute_probes(copy.features))]
            started = time.process_time()
            matches = {hit: compare_pictures(originals[hit], copy) for hit in hits}
            if hits:
                seconds.append((time.process_time() - started) / len(hits))
            wrong += sum(match is not None for hit, match in matches.items() if hit != name)
            match = matches.get(name)
            found += match is not None
            proven += match is not None and match.how == "picture" and name in classes
            if name in classes and (match is None or match.how != "picture"):
                why = "not a candidate" if name not in hits else match and (match.people, match.people_agree)
                unproven.append(f"{Path(name).name} {why}")
        print(f"  {change:26} found {interval(found, trials)}; "
              f"proven where people show {interval(proven, len(classes) * rounds)}")  # fmt: skip
        for line in sorted(set(unproven)):
            print(f"      told as unsure or missed: {line}")
    print(f"  other pictures taken for the original: {wrong}; one comparison {1000 * np.mean(seconds):.0f} ms CPU, "
          f"{1000 * np.percentile(seconds, 99):.0f} ms in the 99th percentile, with features read once a picture")  # fmt: skip
    started = time.process_time()
    for look in looks.values():
        read(look)
    print(f"  features of one thumbnail {1000 * (time.process_time() - started) / len(looks):.0f} ms CPU")


def films() -> Iterator[tuple[str, list[Pixels], float]]:
    """Name, frames, seconds from frame to frame."""
    for name in ("cctv/classroom.gif", "cctv/Test_video3.mp4"):
        film = cv2.VideoCapture(str(DATA / name))
        seconds, frames = 1.0 / film.get(cv2.CAP_PROP_FPS), []
        while (read_one := film.read())[0]:
            frames.append(np.asarray(read_one[1], np.uint8))
        yield name, frames, seconds


def measure_honest(nets: Nets, every: int) -> None:
    """Pairs that are no copies: all pairs of scenes, and frames of fixed cameras a second apart and more."""
    scenes = {name: read(look_at(picture, nets)) for name, picture in load_scenes(every).items()}
    pairs = [(one, other) for one, other in combinations(scenes, 2)]
    told = {pair: compare_pictures(scenes[pair[0]], scenes[pair[1]]) for pair in pairs}
    for pair, match in told.items():
        if match is not None:
            print(f"    {pair[0]} and {pair[1]}: {match}")
    proven = sum(match is not None and match.how == "picture" for match in told.values())
    any_match = sum(match is not None for match in told.values())
    print(f"  two scenes, one classroom's two photos among them: same picture {interval(proven, len(pairs))}, "
          f"any remark {any_match}")  # fmt: skip
    for name, frames, step in films():
        every = max(1, round(1.0 / step))
        chosen = [read(look_at(frame, nets)) for frame in frames[::every]]
        found = [compare_pictures(one, other) for one, other in combinations(chosen, 2)]
        kinds = [match.how if match else "nothing" for match in found]
        print(
            f"  {name}: {len(chosen)} frames {every * step:.1f} s apart and more: same picture "
            f"{interval(kinds.count('picture'), len(kinds))}, near {kinds.count('near')}, nothing {kinds.count('nothing')}"
        )
        close = [compare_pictures(read(look_at(frames[at], nets)), read(look_at(frames[at + 1], nets)))
                 for at in range(0, len(frames) - 1, max(1, len(frames) // 10))]  # fmt: skip
        print(f"    frame by frame ({1000 * step:.0f} ms apart; a phone's burst is as fast), without clocks: same picture "
              f"{sum(match is not None and match.how == 'picture' for match in close)}/{len(close)}")  # fmt: skip


def measure_size(largest: int) -> None:
    """Time of one search among synthetic pictures: keys as uneven as real ones, one in ten of them a common one."""
    random = np.random.default_rng(SEED)
    # As many as make two unrelated pictures share 0.04 keys, which is what the development pictures do.
    common = random.integers(0, 2**32, 130_000, dtype=np.uint32)

    def draw(count: int) -> NDArray[np.uint32]:
        keys = random.integers(0, 2**32, count, dtype=np.uint32)
        keys &= random.integers(0, 2**32, count, dtype=np.uint32) | np.uint32(0x0FFFFFFF)
        often = random.random(count) < 0.1
        keys[often] = random.choice(common, int(often.sum()))
        return keys

    pictures = 10_000
    while pictures <= largest:
        keys = draw(pictures * 128).reshape(pictures, 128)
        index = PictureIndex()
        started = time.perf_counter()
        index.add_all(np.repeat(np.arange(pictures, dtype=np.uint32), 128), keys.ravel())
        built = time.perf_counter() - started
        times, missed, others = [], 0, []
        for copied in random.integers(0, pictures, 200):
            # A copy keeps 10 of its 128 keys (the median after rotation is 19), among 4000 keys asked for.
            probes = np.unique(np.concatenate([keys[copied][:10], draw(3990)]))
            started = time.process_time()
            hits = index.search(probes)
            times.append(time.process_time() - started)
            missed += copied not in [number for number, _ in hits]
            others.append(len(hits) - 1)
        print(
            f"  {pictures:>9,} pictures: {1000 * np.median(times):.1f} ms a search "
            f"({1000 * np.percentile(times, 99):.1f} ms in the 99th percentile), built in {built:.1f} s, "
            f"missed {missed}/200, other candidates {np.mean(others):.1f}; the index {keys.size * 8 / 1e6:,.0f} MB, "
            f"the process at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:,.0f} MB"
        )
        del index, keys
        pictures *= 10


def measure_cost(nets: Nets, every: int) -> None:
    """CPU of one candidate, its thumbnail read anew each time, and with what was read before kept."""
    looks = [look_at(picture, nets) for picture in load_scenes(every).values()]
    for look in looks:
        read(look)  # loads what is loaded once
    started = time.process_time()
    pictures = [read(look) for look in looks]
    reading = 1000 * (time.process_time() - started) / len(looks)
    pairs = list(combinations(pictures, 2))[:500]
    started = time.process_time()
    for one, other in pairs:
        compare_pictures(one, other)
    comparing = 1000 * (time.process_time() - started) / len(pairs)
    alike = []
    for one, look in zip(pictures, looks, strict=True):
        again = read(look)
        started = time.process_time()
        compare_pictures(one, again)
        alike.append(1000 * (time.process_time() - started))
    same = float(np.mean(alike))
    print(
        f"  {len(looks)} pictures: reading one {reading:.0f} ms; comparing {comparing:.0f} ms (other scenes) or {same:.0f} ms"
    )
    print(
        f"  (the same picture); a candidate costs at most {same:.0f} ms where it was read before, {reading + same:.0f} where not"
    )


OTHERS = (
    ("stamps.py", "--photos", "{stamps}", "--seeds", "1101", "--layouts", "main"),
    ("stamps.py", "--photos", "{stamps}", "--seeds", "1201"),
    ("forensics.py", "edited", "full-size", "cost", "--every", "{every}"),
    ("recapture.py",),
    ("room.py", "--models", "{models}"),
)


def measure_others(models: Path, quick: bool) -> None:
    """The figures that other scripts measure, each in a process of its own, as its command would."""
    values = {"stamps": 16 if quick else 200, "every": 8 if quick else 1, "models": models}
    commands = [(PROJECT / "benchmarks" / script, *parts) for script, *parts in OTHERS]
    run = [[sys.executable, *(str(part).format(**values) for part in command)] for command in commands]
    count = "500" if quick else "20000"
    fuzz = [
        sys.executable,
        "-m",
        "tests.fuzz.fuzz_photo",
        "--count",
        count,
        "--seeds",
        str(DATA / "corrupt"),
        str(DATA / "exif"),
    ]
    for command in (*run, fuzz):
        print("$ " + " ".join(["python", *command[1:]]), flush=True)
        subprocess.run(command, cwd=PROJECT, check=True)


def main() -> None:
    """Run the measurements that were asked for; all where none was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["copies", "honest", "size", "cost"])
    parser.add_argument("--quick", action="store_true", help="every fourth picture, and few samples of the rest")
    parser.add_argument("--rounds", type=int, help="copies of each kind of each picture (3; quick: 1)")
    parser.add_argument("--largest", type=int, help="pictures in the largest index (a million, 1 GB; quick: 100,000)")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "verifier")
    parser.add_argument("--models", type=Path, default=PROJECT.parent / "shared" / "models")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    largest = arguments.largest or (100_000 if arguments.quick else 1_000_000)
    every = 4 if arguments.quick else 1
    steps: dict[str, Callable[[], None]] = {
        "copies": lambda: measure_copies(open_nets(arguments.cache, arguments.models), rounds, every),
        "harder": lambda: measure_copies(open_nets(arguments.cache, arguments.models), rounds, every, HARDER_CHANGES),
        "honest": lambda: measure_honest(open_nets(arguments.cache, arguments.models), every),
        "size": lambda: measure_size(largest),
        "cost": lambda: measure_cost(open_nets(arguments.cache, arguments.models), every),
        "others": lambda: measure_others(arguments.models, arguments.quick),
    }
    for what in steps if "all" in arguments.what else arguments.what:
        print(f"{what} ({MATCH_2023.name})", flush=True)
        steps[what]()


if __name__ == "__main__":
    main()
