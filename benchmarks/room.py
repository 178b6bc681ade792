"""Measure whether a room is recognised over days: ``python benchmarks/room.py``. Needs ../shared/data; copies nothing of it.

Three questions. Different rooms: is any pair called the same? The same room, really photographed twice: fixed cameras on two days
and minutes apart, and the one pair of phone photos that there is. The same room from another place, simulated: every scene seen
through a perspective of random strength, in other light, with a fifth of it hidden by new people, re-encoded. Fixed seed; 95 %
intervals (Clopper and Pearson 1934).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "benchmarks")]

from photo import DATA, SEED, Pixels, interval, look_at  # noqa: E402

from verifier.observation import Look  # noqa: E402
from verifier.photo.room_history import RoomMemory  # noqa: E402
from verifier.photo.room_match import ROOM_MATCH_2023  # noqa: E402
from verifier.settings import Settings  # noqa: E402
from verifier.vision.nets import open_nets  # noqa: E402

SCENES = ("classroom/*.jpg", "cctv_osd/*.png", "groups_counted/*.jpg", "groups_uncounted/*.jpg", "groups_wider/*.jpg",
          "faces_bbt/bbt*.jpg", "recapture/real/*", "tamper/original/*.jpg")  # fmt: skip
FILMS = ("cctv/Test_video3.mp4", "cctv/classroom.gif")
FRAMES_OF_FILM = 6
LONG_SIDE_PX = 1600
# How far a corner of the picture moves, as a share of its sides: a step aside, two steps, another seat.
STANDPOINTS = (0.06, 0.12, 0.20, 0.30)
HIDDEN = 6


def load_pictures() -> dict[str, Pixels]:
    """Name → picture; a film gives frames over its whole length."""
    found = {}
    for file in sorted(file for pattern in SCENES for file in DATA.glob(pattern)):
        picture = cv2.imread(str(file))
        if picture is not None:
            found[str(file.relative_to(DATA))] = shrink(np.asarray(picture, np.uint8))
    for name in FILMS:
        film, frames = cv2.VideoCapture(str(DATA / name)), []
        while (read := film.read())[0]:
            frames.append(np.asarray(read[1], np.uint8))
        for number in np.linspace(0, len(frames) - 1, FRAMES_OF_FILM).astype(int):
            found[f"{name}#{number}"] = frames[number]
    return found


def shrink(picture: Pixels) -> Pixels:
    """At most LONG_SIDE_PX, as what is compared is smaller still."""
    scale = LONG_SIDE_PX / max(picture.shape[:2])
    return (
        picture
        if scale >= 1
        else np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    )


def name_room(name: str) -> str:
    """Pictures of one room have one name; Test_video3 is a hand that covers the lens, so its frames are no fair pair."""
    if "room401" in name:
        return "room401"
    return name.split("#")[0] if "#" in name else "classroom" if name.startswith("classroom/") else name


def stand_elsewhere(picture: Pixels, strength: float, random: np.random.Generator) -> Pixels:
    """The scene from another place, in other light, with other people before it, re-encoded."""
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + (random.uniform(-strength, strength, (4, 2)) * [width, height]).astype(np.float32)
    seen = cv2.warpPerspective(picture, cv2.getPerspectiveTransform(corners, moved), (width, height))
    lit = np.clip(seen.astype(np.float32) * random.uniform(0.75, 1.25) + random.uniform(-15, 15), 0, 255).astype(
        np.uint8
    )
    for _ in range(HIDDEN):
        x, y = int(random.integers(0, int(width * 0.85))), int(random.integers(int(height * 0.3), int(height * 0.75)))
        lit[y : y + height // 4, x : x + width // 8] = random.integers(0, 255, 3)
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", lit, [cv2.IMWRITE_JPEG_QUALITY, 80])[1], cv2.IMREAD_COLOR))


class Recorded(RoomMemory):
    """Keeps how many places tilted features share, where they were asked."""

    def __init__(self, most_tilted: int) -> None:
        super().__init__(most_tilted=most_tilted)
        self.tilted: dict[frozenset[str], int] = defaultdict(int)

    def count_tilted(self, first: Look, second: Look) -> int:
        """The product's count, kept."""
        found = super().count_tilted(first, second)
        self.tilted[frozenset((first.sha256, second.sha256))] = found
        return found


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--models", type=Path, default=None, help="folder with the people model; without it faces alone are masked"
    )
    options = parser.parse_args()
    cache = Settings().cache_dir
    nets = open_nets(cache, options.models, threads=2, people_pack="yolox-nano" if options.models else None)
    limit, enough = ROOM_MATCH_2023.least_inliers, ROOM_MATCH_2023.least_features
    pictures, memory = load_pictures(), Recorded(most_tilted=200)
    rooms = {name: look_at(picture, nets) for name, picture in pictures.items()}
    usable = [name for name, look in rooms.items() if memory.count_features(look) >= enough]
    print(
        f"{len(rooms)} pictures, {len(usable)} with at least {enough} features of the room; limit {limit} common features, "
        f"{ROOM_MATCH_2023.least_tilted} places among tilted ones"
    )
    started = time.process_time()
    pairs = {(one, other): memory.compare(rooms[one], rooms[other]) for one, other in combinations(usable, 2)}
    spent = (time.process_time() - started) / len(pairs)
    different = [pair for pair in pairs if name_room(pair[0]) != name_room(pair[1])]
    wrong = [pair for pair in different if pairs[pair] >= limit]
    tilted = max(memory.tilted[frozenset((rooms[one].sha256, rooms[other].sha256))] for one, other in different)
    plain = max(pairs[each] for each in different)
    print(
        f"different rooms called the same: {interval(len(wrong), len(different))}, at most {plain} features and {tilted} "
        f"places in common; {1000 * spent:.0f} ms CPU a pair"
    )
    for one, other in wrong:
        print(f"    {one} and {other}")
    for (one, other), common in pairs.items():
        if name_room(one) == name_room(other) and "video3" not in one:
            print(f"  same room: {common:4d} in common  {one}  {other}")
    random = np.random.default_rng(SEED)
    for strength in STANDPOINTS:
        scenes = [name for name in usable if "#" not in name]
        seen = [
            memory.compare(rooms[name], look_at(stand_elsewhere(pictures[name], strength, random), nets, people=False))
            for name in scenes
        ]
        recognised = sum(common >= limit for common in seen)
        print(
            f"corners moved up to {strength:.0%}: recognised {interval(recognised, len(seen))}, median {np.median(seen):.0f}"
        )


if __name__ == "__main__":
    main()
