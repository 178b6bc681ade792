"""Is each fault of a camera named rightly and how soon, and how often is a normal camera accused?

    python -m benchmarks.streams --part faults    over real RTSP of two servers and HTTP: stream_rtsp.py
    python -m benchmarks.streams --part normal    half-days of many normal cameras over RTSP and HTTP: stream_hours.py
    python -m benchmarks.streams --part drawn     rooms, people, light, noise, codings and faults from a seed, without a network
    python -m benchmarks.streams --part delay     how soon the timetable comes by

The development pictures and clips beside the project are taken too where they are there. ``--nets`` also judges the clock in drawn
pictures and empty rooms (a second a visit).
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from scipy.stats import binomtest

from benchmarks.stream_hours import measure_hours
from benchmarks.stream_rtsp import measure_faults
from benchmarks.stream_scenes import (
    blur,
    cover,
    dim,
    film_infrared,
    list_rooms,
    overexpose,
    shift,
    spray,
    switch_lights,
    turn,
)
from tests.builders.plan import CHINA, a_session
from tests.builders.scenes import MORNING, Change, Coding, Picture, a_slate, film, make_grab
from verifier.camera_health import Condition
from verifier.finding import Finding, Outcome
from verifier.plan import STANDARD_HOUR_MINUTES
from verifier.settings import Settings
from verifier.video.context import EarlierLook, StreamContext
from verifier.video.frames import Grab
from verifier.video.judge import judge_stream, name_condition
from verifier.video.look import MOST_SMALL, choose_spread, look_at_frames
from verifier.video.read_liveness import make_small, mark_frame
from verifier.video.read_view import ReferenceView, make_reference
from verifier.video.sampling import draw_moments
from verifier.vision.nets import Nets, open_nets

SEED = 20260101
CODINGS: tuple[Coding, ...] = ("h264", "jpeg", "raw")
VISITS_PER_HOUR = 2


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit to be judged, and what it should be called; `before` are visits to the same camera."""

    name: str
    wanted: Condition
    grab: Grab
    references: tuple[ReferenceView, ...]
    before: tuple[EarlierLook, ...] = ()


def list_normal(rooms: dict[str, Picture], visits: int) -> Iterator[Visit]:
    """Half-days of a camera: empty and full rooms, lamps, daylight, infrared, in every coding; nothing is wrong with them."""
    kinds: dict[str, tuple[int, Change]] = {
        "empty room": (0, lambda picture, _s: picture),
        "class": (14, lambda picture, _s: picture),
        "two people": (2, lambda picture, _s: picture),
        "lights switched": (10, switch_lights),
        "infrared": (8, film_infrared),
        "infrared, empty": (0, film_infrared),
    }
    for room_number, room in enumerate(rooms.values()):
        reference = (make_reference("day", room),)
        for kind, (people, change) in kinds.items():
            coded = CODINGS[(room_number + len(kind)) % len(CODINGS)]
            before: list[EarlierLook] = []
            for number in range(visits):
                # Daylight goes down and up again within a factor of two over the visits.
                light = dim(0.75 + 0.25 * np.cos(6.3 * number / max(1, visits)))

                def scene(picture: Picture, s: float, light: Change = light, change: Change = change) -> Picture:
                    return change(light(picture, s), s)

                grab = film(room, people=people, change=scene, coded=coded, since=1700.0 * number, seed=SEED,
                            start=MORNING + timedelta(minutes=28 * number))  # fmt: skip
                yield Visit(f"{kind} ({coded})", Condition.OK, grab, reference, tuple(before[:6]))
                before.insert(0, remember(grab))


def list_faults(rooms: dict[str, Picture]) -> Iterator[Visit]:
    """Every scripted fault, in each room and coding."""
    lens: dict[str, tuple[Condition, Change]] = {
        "black": (Condition.BLACK, dim(0.02)),
        "covered": (Condition.COVERED, cover),
        "sprayed": (Condition.COVERED, spray),
        "overexposed": (Condition.OVEREXPOSED, overexpose),
        "defocused by 6/640": (Condition.DEFOCUSED, blur(6 / 640)),
        "turned sideways by 30 %": (Condition.MOVED, shift(0.30)),
        "hanging askew by 20°": (Condition.MOVED, turn(20)),
    }
    names = list(rooms)
    for number, room in enumerate(rooms.values()):
        reference = (make_reference("day", room),)
        other = rooms[names[(number + 3) % len(names)]]
        for coded in CODINGS[number % len(CODINGS) :][:1]:
            for kind, (wanted, change) in lens.items():
                yield Visit(kind, wanted, film(room, people=6, change=change, coded=coded, seed=SEED), reference)
            yield Visit("wrong room", Condition.WRONG_ROOM, film(other, people=6, coded=coded, seed=SEED), reference)
            frozen = film(room, people=6, coded=coded, fault="frozen", seed=SEED)
            # Coded anew by an encoder that has just begun; stream_rtsp.py has one that has settled.
            wanted = {"jpeg": Condition.STALE_SNAPSHOT, "raw": Condition.FROZEN, "h264": Condition.DOUBTFUL}[coded]
            yield Visit("frozen, coded anew (doubt)" if coded == "h264" else "frozen", wanted, frozen, reference)
            slate = film(a_slate((room.shape[1], room.shape[0])), noise=0.0, coded=coded, fault="frozen")
            yield Visit("slate of the gateway", Condition.TEST_CARD, slate, reference)
            recorded = film(room, people=10, coded=coded, seed=SEED, seconds=12.0)
            later = replace(
                recorded, frames=tuple(replace(frame, received_at=frame.received_at + timedelta(days=1, minutes=7))
                                       for frame in recorded.frames[8:]),
                started_at=recorded.started_at + timedelta(days=1, minutes=7),
            )  # fmt: skip
            yield Visit("the same minutes the next day", Condition.LOOPED, later, reference, (remember(recorded),))
        again = film(room, people=6, coded="h264", seed=SEED)
        coded_anew = make_grab([frame.picture_bgr for frame in again.frames],
                               [frame.received_at + timedelta(days=1) for frame in again.frames], "jpeg")  # fmt: skip
        yield Visit(
            "the same minutes, coded anew (doubt)", Condition.DOUBTFUL, coded_anew, reference, (remember(again),)
        )


def list_with_nets(rooms: dict[str, Picture]) -> Iterator[Visit]:
    """What only the networks can see: a clock an hour ahead, a clock that is right, a clock that stands."""
    for name, room in list(rooms.items()):
        if not name.startswith("generated"):
            continue
        large = np.asarray(cv2.resize(room, (1280, 720), interpolation=cv2.INTER_CUBIC), np.uint8)
        reference = (make_reference("day", large),)
        for coded in ("h264", "jpeg"):
            for kind, ahead, wanted in (
                ("clock an hour ahead", timedelta(hours=1), Condition.WRONG_CLOCK),
                ("clock a day behind", timedelta(days=-1), Condition.WRONG_CLOCK),
                ("clock right, nobody there", timedelta(0), Condition.NO_CLASS),
            ):
                grab = film(large, clock=ahead, coded=coded, seed=SEED)
                yield Visit(kind, wanted, grab, reference)


def remember(grab: Grab) -> EarlierLook:
    """What is kept of a visit, for later ones."""
    small = tuple(make_small(grab.frames[place]) for place in choose_spread(len(grab.frames), MOST_SMALL))
    return EarlierLook(grab.started_at, tuple(mark_frame(frame) for frame in grab.frames), small)


def judge(visit: Visit, nets: Nets | None) -> tuple[Condition, tuple[Finding, ...], float]:
    """Look at a visit and judge it; seconds for the look."""
    started = time.perf_counter()
    look = look_at_frames(visit.grab, nets, visit.references)
    took = time.perf_counter() - started
    context = StreamContext("cam", a_session(), earlier=visit.before, zone=CHINA)
    findings = judge_stream(look, context)
    return name_condition(findings), findings, took


def measure(
    visits: Iterator[Visit], nets: Nets | None
) -> dict[str, list[tuple[Visit, Condition, tuple[Finding, ...], float]]]:
    """Kind of visit → what came out."""
    found: dict[str, list[tuple[Visit, Condition, tuple[Finding, ...], float]]] = {}
    for visit in visits:
        found.setdefault(visit.name, []).append((visit, *judge(visit, nets)))
    return found


def print_faults(found: dict[str, list[tuple[Visit, Condition, tuple[Finding, ...], float]]]) -> None:
    """How often each fault was named, and what it was taken for otherwise."""
    print(f"{'fault':40s} {'named':>9s}   taken for")
    for kind, answers in found.items():
        right = sum(condition is visit.wanted for visit, condition, _, _ in answers)
        others = Counter(condition.value for visit, condition, _, _ in answers if condition is not visit.wanted)
        print(f"{kind:40s} {right:4d}/{len(answers):<4d}   {dict(others) or ''}")


def print_false_alarms(found: dict[str, list[tuple[Visit, Condition, tuple[Finding, ...], float]]]) -> None:
    """Everything that a normal camera was accused of, with the upper bound of its rate."""
    total = alarms = doubts = 0
    print(f"{'normal visits':40s} {'failed':>9s}   unsure findings")
    for kind, answers in found.items():
        failed = [finding for _, _, findings, _ in answers for finding in findings if finding.outcome is Outcome.FAILED]
        unsure = Counter(
            finding.check for _, _, findings, _ in answers for finding in findings if finding.outcome is Outcome.UNSURE
        )
        total, alarms = total + len(answers), alarms + len(failed)
        doubts += sum(condition is Condition.DOUBTFUL for _, condition, _, _ in answers)
        print(f"{kind:40s} {len(failed):4d}/{len(answers):<4d}   {dict(unsure) or ''}")
        for finding in failed:
            print(f"    {finding.check}: {finding.reason.text('en')}")
    hours = total / VISITS_PER_HOUR * STANDARD_HOUR_MINUTES / 60
    high = binomtest(alarms, total).proportion_ci(0.95, method="exact").high if total else 0.0
    print(
        f"{alarms} false alarms in {total} visits, {hours:.0f} hours of cameras; 95 % bound {high:.2%} of visits; {doubts} in doubt"
    )


def print_delays(sessions: int = 4000) -> None:
    """From the moment a fault begins, anywhere in a session, to the next looks that the timetable draws; a look takes 6 s more."""
    session = a_session(camera_id="cam")
    length_s = (session.ends_at - session.starts_at).total_seconds()
    onsets = np.random.default_rng(SEED).uniform(0, length_s, sessions)
    delays: tuple[list[float], ...] = ([], [])
    for number, onset in enumerate(onsets):
        looks = [
            (each.at - session.starts_at).total_seconds() for each in draw_moments(session, "cam", f"{number:032x}")
        ]
        later = sorted(at - onset for at in looks if at >= onset)
        for found, delay in zip(
            delays, later, strict=False
        ):  # what is not seen now is seen in the next session, if it lasts
            found.append(delay)
    print(f"a fault that begins anywhere in a session of {length_s / 60:.0f} min and lasts")
    for name, found in zip(("is looked at", "is looked at twice"), delays, strict=True):
        low, middle, high = np.percentile(found, [5, 50, 95]) / 60
        print(
            f"  {name} after {middle:.1f} min (median; 5 % within {low:.1f}, 95 % within {high:.1f}); "
            f"of {sessions}, {sessions - len(found)} began too late in the session"
        )


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=6, help="drawn normal visits for each room and kind; 0: none")
    parser.add_argument(
        "--minutes", type=float, default=12, help="how long normal half-days are watched over the network"
    )
    parser.add_argument("--nets", action="store_true", help="judge the drawn visits with the networks too")
    parser.add_argument("--part", choices=("all", "faults", "drawn", "normal", "delay"), default="all")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    if chosen.part in ("all", "faults", "delay"):
        print_delays()
    if chosen.part in ("all", "faults"):
        with TemporaryDirectory() as folder:
            measure_faults(open_networks(), Path(folder))
    if chosen.part in ("all", "normal"):
        measure_hours(60 * chosen.minutes)
    if chosen.part in ("all", "drawn"):
        print_drawn(chosen.visits, open_networks() if chosen.nets else None)


def open_networks() -> Nets:
    """As the settings name them."""
    settings = Settings()
    return open_nets(settings.cache_dir, settings.models_dir, face_pack=settings.face_pack)


def print_drawn(visits: int, nets: Nets | None) -> None:
    """Visits without a network: more rooms and codings in less time."""
    rooms = list_rooms()
    print(f"{len(rooms)} rooms, seed {SEED}\n")
    faults = measure(list_faults(rooms), None)
    print_faults(faults)
    took = median(answer[3] for answers in faults.values() for answer in answers)
    print(f"a look without networks takes {1000 * took:.0f} ms (median)\n")
    if visits:
        print_false_alarms(measure(list_normal(rooms, visits), None))
    if nets is not None:
        print()
        with_nets = measure(list_with_nets(rooms), nets)
        print_faults(with_nets)
        took = median(answer[3] for answers in with_nets.values() for answer in answers)
        print(f"a look with networks takes {took:.1f} s (median)")


if __name__ == "__main__":
    main()
