"""Measure whether a photo is an original taken of a room: ``python benchmarks/forensics.py [edited|full-size|noise|…]``.

Needs ../shared/data; copies nothing of it. ``edited``: honest watermark photos (camera, app's stamp, often a chat app) and what is
done to them (somebody pasted in, somebody painted over, another stamp put on), judged by the product's own checks; the stamp is
where it was drawn, with ``--read-stamps`` where it was read. ``full-size``: the same on phones' own files. ``noise``: why it is not
judged. ``thumbnails``: own and other ones. ``cost``: time on 12 megapixels. ``corrupt``: broken and hostile files. Photos of
screens: `recapture.py`. The seed is fixed. Intervals are 95 % (Clopper and Pearson 1934); pictures of one scene are not
independent, so they are too narrow where a scene counts several times.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import beta

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.forensic_samples import (  # noqa: E402
    DATA,
    load_cameras_pictures,
    make_forged,
    make_honest,
    paint_over,
    paste_in,
    through_jpeg,
)
from tests.builders.looks import a_context, a_look, a_stamp  # noqa: E402
from tests.builders.stamps import LAYOUTS, a_stamped_picture, as_jpeg  # noqa: E402
from verifier.finding import Outcome  # noqa: E402
from verifier.observation import Box, Look, Stamp  # noqa: E402
from verifier.photo import edited, provenance, recaptured, stamp_pasted  # noqa: E402
from verifier.photo.decode import decode_photo  # noqa: E402
from verifier.photo.read_compression import read_compression  # noqa: E402
from verifier.photo.read_history import OpenedFile, open_header, read_history  # noqa: E402
from verifier.photo.read_provenance import read_provenance  # noqa: E402
from verifier.photo.read_recapture import read_recapture  # noqa: E402
from verifier.photo.read_stamp import read_stamps  # noqa: E402
from verifier.vision.nets import Nets, open_nets  # noqa: E402

SEED = 20230612
Pixels = NDArray[np.uint8]


def interval(hits: int, trials: int) -> str:
    """The share with its 95 % interval."""
    if trials == 0:
        return "0/0"
    low = 0.0 if hits == 0 else float(beta.ppf(0.025, hits, trials - hits + 1))
    high = 1.0 if hits == trials else float(beta.ppf(0.975, hits + 1, trials - hits))
    return f"{hits}/{trials} = {hits / trials:.1%} [{low:.1%}, {high:.1%}]"


def look_at(data: bytes, stamp: Box | None, nets: Nets | None) -> Look:
    """What the checks here need of a look, read by the product's own readers."""
    decoded, picture = decode_photo(data)
    if picture is None:
        return a_look(decoded=decoded, stamps=(), camera=None)
    opened = open_header(data, decoded.format)
    stamps: tuple[Stamp, ...] = () if stamp is None else (a_stamp(box=stamp),)
    if nets is not None:
        stamps = tuple(read_stamps(picture, nets.text))
    boxes = [each.box for each in stamps if each.box is not None]
    return a_look(
        decoded=decoded,
        stamps=stamps,
        history=read_history(opened, picture, boxes),
        compression=read_compression(picture, opened.table, boxes, opened.turns, opened.mirrored)
        if opened.table
        else None,
        recapture=read_recapture(picture),
        provenance=read_provenance(data, decoded.format),
    )


CHECKS = {
    edited.ID: edited.check,
    recaptured.ID: recaptured.check,
    stamp_pasted.ID: stamp_pasted.check,
    provenance.ID: provenance.check,
}
FOUND_PICTURES = (
    (("tamper/forged/*", "tamper/I13*"), "forgeries as they were found"),
    (("tamper/test_01_*",), "a splice as three chat apps sent it"),
    (("tamper/original/*", "classroom/*.jpg", "groups_*/*.jpg", "recapture/real/2026*"), "photos as they were found"),
    (("exif/*",), "samples of metadata, four of them saved by Adobe's programs"),
    (("faces_bbt/bbt*.jpg", "cctv_osd/*.png"), "stills"),
)
REMARKS = (Outcome.UNSURE, Outcome.FAILED)


def judge(look: Look) -> dict[str, Outcome]:
    """What each of the four checks says."""
    return {name: check(look, a_context()).outcome for name, check in CHECKS.items()}


def measure_edited(nets: Nets | None, every: int) -> None:
    """How often honest photos are remarked, and how often changed ones are."""
    random, told = np.random.default_rng(SEED), dict[str, list[dict[str, Outcome]]]()
    highest: dict[str, list[float]] = {}
    scenes = list(load_cameras_pictures((1600, 1280, 1024)))
    for number, (name, scene) in enumerate(scenes):
        samples = [
            *make_honest(name, scene, random),
            *make_forged(name, scene, scenes[(number + 7) % len(scenes)][1], random),
        ]
        for sample in samples if number % every == 0 else []:
            look = look_at(sample.data, sample.stamp, nets)
            told.setdefault(sample.kind, []).append(judge(look))
            if sample.kind.startswith("honest") and look.compression is not None:
                traces = look.compression
                coarse = (traces.earlier_quality or 100) <= stamp_pasted.STAMP_PASTED_2023.camera_quality
                numbers = {
                    "cells": traces.odd_cells, "nats": round(traces.odd_score), "grid sigmas": round(traces.grid_strength, 1),
                    "stamp nats": round(max(traces.stamp_scores, default=0.0)) if coarse else 0,
                }  # fmt: skip
                for what, value in numbers.items():
                    halves = highest.setdefault(what, [0, 0])
                    halves[number % 2] = max(halves[number % 2], float(value))
    for kind, outcomes in told.items():
        parts = [f"{name} {interval(sum(each[name] in REMARKS for each in outcomes), len(outcomes))}"
                 for name in (edited.ID, stamp_pasted.ID, recaptured.ID)]  # fmt: skip
        failed = sum(Outcome.FAILED in each.values() for each in outcomes)
        print(f"  {kind:45} {'; '.join(parts)}; failed {failed}")
    honest = [each for kind, outcomes in told.items() if kind.startswith("honest") for each in outcomes]
    for name in CHECKS:
        print(
            f"  all honest ones remarked by {name}: {interval(sum(each[name] in REMARKS for each in honest), len(honest))}"
        )
    print(f"  highest on honest ones, even and odd scenes, against limits chosen well above either: {highest}")
    for patterns, what in FOUND_PICTURES:
        files = [file for pattern in patterns for file in sorted(DATA.glob(pattern)) if file.suffix != ".json"]
        looks = {file.name: look_at(file.read_bytes(), None, None) for file in files}
        found = {name: judge(look) for name, look in looks.items() if look.decoded.fault is None}
        for check in (edited.ID, recaptured.ID):
            marked = {name: each[check].value for name, each in found.items() if each[check] in REMARKS}
            print(f"  {what}: {check} {interval(len(marked), len(found))} {marked}")


def measure_full_size(random: np.random.Generator) -> None:
    """Phones' own files of up to 12 megapixels: saved again, stamped by an app and sent on, and changed before they were saved."""
    files = [file for pattern in ("classroom/*.jpg", "recapture/real/2026*.jpg") for file in sorted(DATA.glob(pattern))]
    told: dict[str, list[Look]] = {}
    for number, file in enumerate(files):
        picture, other = (Image.open(each).convert("RGB") for each in (file, files[(number + 1) % len(files)]))
        stamped, truth = a_stamped_picture(picture, LAYOUTS[number % len(LAYOUTS)], number)
        sent = through_jpeg(stamped, 82)
        changed = {"pasted": paste_in(picture, other, random), "painted over": paint_over(picture, other, random)}
        for quality in (75, 85, 90, 95, 97):
            told.setdefault("honest, saved again", []).append(look_at(as_jpeg(picture, quality), None, None))
            told.setdefault("honest, stamped at 82, then saved again", []).append(
                look_at(as_jpeg(sent, quality), truth.box, None)
            )
            for kind, forged in changed.items():
                told.setdefault(kind, []).append(look_at(as_jpeg(forged, quality), None, None))
    for kind, looks in told.items():
        outcomes = [judge(look) for look in looks]
        traces = [look.compression for look in looks if look.compression is not None]
        print(f"  {len(files)} full-size files, {kind}, at 75, 85, 90, 95, 97: edited "
              f"{interval(sum(each[edited.ID] in REMARKS for each in outcomes), len(outcomes))}, highest "
              f"{max(each.odd_score for each in traces):.0f} nats; stamp pasted "
              f"{interval(sum(each[stamp_pasted.ID] in REMARKS for each in outcomes), len(outcomes))}, highest "
              f"{max((score for each in traces for score in each.stamp_scores), default=0.0):.0f} nats")  # fmt: skip


def measure_noise_step(picture: Pixels, stamp: Box | None) -> float:
    """How much less or more noise the strangest group of four cells has than the cells around it, in nepers.

    Immerkaer 1996, "Fast Noise Variance Estimation": the mean of a Laplacian that flat and sloping areas do not answer to.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    answer = np.abs(cv2.filter2D(grey, cv2.CV_32F, np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)))
    cells = np.log(cv2.resize(np.minimum(answer, 40.0), (32, 24), interpolation=cv2.INTER_AREA) + 0.1)
    pairs = cv2.blur(cells, (2, 2))
    away = np.abs(pairs - cv2.medianBlur(cells, 5))
    if stamp is not None:
        scale_x, scale_y = 32 / picture.shape[1], 24 / picture.shape[0]
        left, right = int(stamp.x * scale_x) - 2, int((stamp.x + stamp.width) * scale_x) + 3
        top, bottom = int(stamp.y * scale_y) - 2, int((stamp.y + stamp.height) * scale_y) + 3
        away[max(0, top) : bottom, max(0, left) : right] = 0.0
    return float(away[2:-2, 2:-2].max())


def measure_noise(every: int) -> None:
    """Why noise is not judged: what would be found at the level that one honest photo in a hundred reaches."""
    random, steps = np.random.default_rng(SEED), dict[str, list[float]]()
    scenes = list(load_cameras_pictures((1600, 1280, 1024)))
    for number, (name, scene) in enumerate(scenes):
        samples = [
            *make_honest(name, scene, random),
            *make_forged(name, scene, scenes[(number + 7) % len(scenes)][1], random),
        ]
        for sample in samples if number % every == 0 else []:
            _, picture = decode_photo(sample.data)
            assert picture is not None
            kind = "honest" if sample.kind.startswith("honest") else sample.kind
            steps.setdefault(kind, []).append(measure_noise_step(picture, sample.stamp))
    limit = float(np.quantile(steps["honest"], 0.99))
    for kind, values in steps.items():
        print(f"  {kind:45} above {limit:.2f} nepers: {interval(sum(value > limit for value in values), len(values))}")


def measure_thumbnails() -> None:
    """Every embedded thumbnail against its own picture and against all others of these files."""
    opened: dict[str, tuple[OpenedFile, Pixels]] = {}
    for file in [*sorted(DATA.glob("exif/*")), *sorted(DATA.glob("recapture/*/2026*"))]:
        data = file.read_bytes()
        decoded, picture = decode_photo(data)
        if picture is not None and (header := open_header(data, decoded.format)).thumbnail:
            opened[file.name] = (header, picture)
    own, others = [], []
    for name, (header, _) in opened.items():
        for other, (_, picture) in opened.items():
            agreement = read_history(header, picture, ()).thumbnail_agreement
            if agreement is not None:
                (own if name == other else others).append(agreement)
    limits = edited.EDITED_2023
    print(f"  thumbnails with their own picture: {len(own)}, lowest agreement {min(own):.3f}; under {limits.own_picture}: "
          f"{interval(sum(value < limits.own_picture for value in own), len(own))}")  # fmt: skip
    print(f"  with another picture, highest agreement {max(others):.3f}; under {limits.own_picture}: "
          f"{interval(sum(value < limits.own_picture for value in others), len(others))}")  # fmt: skip


def measure_cost(rounds: int) -> None:
    """CPU seconds of the four readers on the classroom photos, one core."""
    for file in sorted(DATA.glob("classroom/*.jpg")):
        data = file.read_bytes()
        _, picture = decode_photo(data)
        assert picture is not None
        steps: dict[str, Callable[[], object]] = {
            "history": lambda data=data, picture=picture: read_history(open_header(data, "jpeg"), picture, ()),  # type: ignore[misc]
            "compression": lambda data=data, picture=picture: read_compression(
                picture, open_header(data, "jpeg").table, ()
            ),  # type: ignore[misc]
            "recapture": lambda picture=picture: read_recapture(picture),  # type: ignore[misc]
            "provenance": lambda data=data: read_provenance(data, "jpeg"),  # type: ignore[misc]
        }
        total = 0.0
        for name, step in steps.items():
            step()
            started = time.process_time()
            for _ in range(rounds):
                step()
            spent = (time.process_time() - started) / rounds
            total += spent
            print(f"  {file.name} {picture.shape[1]}x{picture.shape[0]} {name:12} {1000 * spent:.0f} ms CPU")
        print(f"  {file.name} together {1000 * total:.0f} ms CPU")


def measure_corrupt() -> None:
    """Every broken and hostile file through decoding and the four readers and checks."""
    slowest, outcomes, files = 0.0, Counter[str](), 0
    for file in sorted(path for path in (DATA / "corrupt").rglob("*") if path.is_file()):
        started = time.perf_counter()
        look = look_at(file.read_bytes(), None, None)
        files += 1
        if look.decoded.fault is None:
            outcomes.update(f"{name} {outcome.value}" for name, outcome in judge(look).items())
        slowest = max(slowest, time.perf_counter() - started)
    print(f"  {files} files, none crashed; slowest {slowest:.1f} s; of those that could be opened: {dict(outcomes)}")


def main() -> None:
    """Run the measurements that were asked for; all where none was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["edited", "full-size", "noise", "thumbnails", "cost", "corrupt"])
    parser.add_argument("--read-stamps", action="store_true", help="find the stamps by reading them (minutes longer)")
    parser.add_argument("--every", type=int, default=1, help="use every n-th scene only")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "verifier")
    parser.add_argument("--models", type=Path, default=PROJECT.parent / "shared" / "models")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    nets = open_nets(arguments.cache, arguments.models) if arguments.read_stamps else None
    steps: dict[str, Callable[[], None]] = {
        "edited": lambda: measure_edited(nets, arguments.every),
        "full-size": lambda: measure_full_size(np.random.default_rng(SEED)),
        "noise": lambda: measure_noise(arguments.every),
        "thumbnails": measure_thumbnails,
        "cost": lambda: measure_cost(arguments.rounds),
        "corrupt": measure_corrupt,
    }
    for what in arguments.what:
        print(what)
        steps[what]()


if __name__ == "__main__":
    main()
