"""Normal half-days of many cameras, over real RTSP (H.264) and HTTP (snapshots): is any of them accused of anything?

Camera time is simulated, looks are real: every camera has a session of three hours, is visited at the moments that the timetable
draws for it, for as long and by the same readers as the product does, and shows what it would show at that simulated moment. What
came is dated back to that moment, so that daylight, night vision and earlier looks are judged as of then.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageSequence
from scipy.stats import binomtest

from benchmarks.stream_scenes import SHARED, film_infrared, list_rooms
from tests.builders.cameras import as_jpeg
from tests.builders.plan import CHINA, a_session
from tests.builders.scenes import Picture, add_people
from tests.services.camera import Cameras, run_cameras
from tests.services.snapshots import SnapshotServer, run_snapshots
from verifier.camera_health import Condition
from verifier.finding import Finding, Outcome
from verifier.plan import Session
from verifier.records.cameras import MOST_EARLIER
from verifier.settings import Settings
from verifier.video.context import EarlierLook, StreamContext
from verifier.video.frames import Grab
from verifier.video.judge import judge_stream, name_condition
from verifier.video.look import look_at_frames
from verifier.video.read_view import ReferenceView, make_reference
from verifier.video.sampling import Moment, draw_moments
from verifier.video.source import Visit
from verifier.video.supervise import Lanes, Readers

FPS = 5
HOURS = 3.0
NOISE = 2.0
Show = Callable[
    [Picture, datetime, float], Picture
]  # room, simulated moment, seconds since it → what stands before the lens
# Two cuts of it are added, each of half the power: some thousand millions of noises, of which a camera's few hundred pictures share
# none. One cut of a stock as large as the picture had twelve, and pictures equal to the bit are what a loop is told by.
_BANK = (
    (np.random.default_rng(7).standard_normal((6, 484, 784, 3), dtype=np.float32) * NOISE / 2**0.5)
    .round()
    .astype(np.int16)
)


def add_sensor_noise(picture: Picture, seed: int) -> Picture:
    """Noise that no two pictures share, cut out of a stock of it: drawing it anew would cost more than all else."""
    rng = np.random.default_rng(seed)
    noise = _cut_noise(rng, picture) + _cut_noise(rng, picture)
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


def _cut_noise(rng: np.random.Generator, picture: Picture) -> NDArray[np.int16]:
    height, width = picture.shape[:2]
    top, left = rng.integers(0, _BANK.shape[1] - height + 1), rng.integers(0, _BANK.shape[2] - width + 1)
    cut: NDArray[np.int16] = _BANK[rng.integers(0, 6), top : top + height, left : left + width]
    return cut


def light(picture: Picture, factor: float, warm: float = 0.0) -> Picture:
    """More or less light; `warm` as the sun is in the morning."""
    gains = np.array([1.0 - warm, 1.0, 1.0 + warm]) * factor
    return np.asarray(np.clip(picture * gains.astype(np.float32), 0, 255), np.uint8)


def hour_of(moment: datetime) -> float:
    """Hours since the session's hour of beginning."""
    local = moment.astimezone(CHINA)
    return local.hour + local.minute / 60 + local.second / 3600 - 9


def daylight(picture: Picture, moment: datetime) -> Picture:
    """Light that grows from dim to full over three hours, from warm to white, and a patch of sun that wanders over the floor."""
    passed = float(np.clip(hour_of(moment) / HOURS, 0, 1))
    shown = light(picture, 0.45 + 0.55 * passed, 0.12 * (1 - passed))
    height, width = shown.shape[:2]
    x = int((0.1 + 0.6 * passed) * width)
    patch = shown[int(0.6 * height) : int(0.8 * height), x : x + width // 6]
    patch[:] = np.clip(patch.astype(np.float32) * 1.5 + 20, 0, 255)
    return shown


def walk(picture: Picture, moment: datetime, seconds: float) -> Picture:
    """Somebody large walks through the picture, others sit."""
    shown = add_people(picture, 8, moment.timestamp() % 1e5 + seconds)
    height, width = shown.shape[:2]
    at = int(((moment.timestamp() * 0.13 + seconds * 0.18) % 1.2 - 0.1) * width)
    cv2.ellipse(shown, (at, int(0.65 * height)), (width // 14, height // 3), 0, 0, 360, (60, 50, 90), -1)
    cv2.circle(shown, (at, int(0.25 * height)), height // 12, (120, 150, 200), -1)
    return shown


def seated(picture: Picture, count: int, moment: datetime, seconds: float) -> Picture:
    """People who sit and write."""
    return add_people(picture, count, moment.timestamp() % 1e5 + seconds)


def switch(picture: Picture, moment: datetime, seconds: float) -> Picture:
    """Lamps off and on again within the look."""
    people = seated(picture, 8, moment, seconds)
    return light(people, 0.35) if int((seconds + moment.second % 5) / 2.5) % 2 else people


def switch_infrared(picture: Picture, moment: datetime, seconds: float) -> Picture:
    """Dusk: by day vision, by infrared, and the change between them in the middle of every other look."""
    people = seated(picture, 6, moment, seconds)
    dusk = light(people, 0.5)
    if moment.minute % 2:
        return film_infrared(dusk) if seconds > 3 else dusk
    return film_infrared(dusk) if hour_of(moment) > HOURS / 2 else dusk


KINDS: dict[str, Show] = {
    "empty room, nothing moves": lambda room, _moment, _s: room,
    "empty room, slow daylight": lambda room, moment, _s: daylight(room, moment),
    "class, slow daylight": lambda room, moment, s: daylight(seated(room, 12, moment, s), moment),
    "class of two": lambda room, moment, s: seated(room, 2, moment, s),
    "people walking": walk,
    "lights switched in the look": switch,
    "infrared switch": switch_infrared,
}


@dataclass(slots=True, eq=False)
class NormalCamera:
    """One camera with nothing wrong, its session, and the moment that it is at."""

    name: str
    kind: str
    coded: str
    room: Picture
    show: Show
    session: Session
    moments: tuple[Moment, ...]
    references: tuple[ReferenceView, ...]
    at: datetime = datetime.min
    began: float = 0.0
    earlier: list[EarlierLook] = field(default_factory=list)

    def draw(self, seconds: float) -> Picture:
        """What it sees so long after its moment."""
        scene = self.show(self.room, self.at, seconds)
        return add_sensor_noise(scene, int(self.at.timestamp() * 1000 + seconds * 1000))

    def film(self, number: int, _now: datetime) -> Picture:
        """Its stream."""
        return self.draw(number / FPS)

    def snap(self) -> bytes:
        """Its snapshot of this instant."""
        return as_jpeg(self.draw(time.monotonic() - self.began))


@dataclass(frozen=True, slots=True)
class Seen:
    """One look and what was said of it."""

    camera: NormalCamera
    condition: Condition
    findings: tuple[Finding, ...]


def list_cameras() -> list[NormalCamera]:
    """Every kind of half-day in every room; RTSP and snapshots by turns."""
    starts = datetime(2023, 6, 12, 9, 0, tzinfo=CHINA)
    cameras = []
    for number, (name, room) in enumerate(list_rooms().items()):
        high = min(room.shape[0], 420) // 2 * 2
        cut = np.ascontiguousarray(room[:high])
        view = (make_reference("day", cut),)
        for place, (kind, show) in enumerate(KINDS.items()):
            coded = ("rtsp", "snapshot")[(number + place) % 2]
            session = replace(
                a_session(camera_id="cam"),
                id=f"{number}-{place}",
                starts_at=starts,
                ends_at=starts + timedelta(hours=HOURS),
            )
            moments = draw_moments(session, "cam", f"{number * 100 + place:032x}")
            cameras.append(NormalCamera(f"{name} · {kind}", kind, coded, cut, show, session, moments, view))
    return [*cameras, *list_clip_cameras(starts)]


def list_clip_cameras(starts: datetime) -> list[NormalCamera]:
    """The development clip of a training room, one look each: it lasts three seconds, so a second look would truly see it again."""
    file = SHARED / "cctv" / "classroom.gif"
    if not file.exists():
        return []
    with Image.open(file) as clip:
        frames = [np.asarray(frame.convert("RGB"))[:, :, ::-1].copy() for frame in ImageSequence.Iterator(clip)]
    view, cameras = (make_reference("day", frames[0]),), []
    for number in range(20):
        session = replace(
            a_session(camera_id="cam"), id=f"clip-{number}", starts_at=starts, ends_at=starts + timedelta(hours=HOURS)
        )
        moments = draw_moments(session, "cam", f"{number:032x}")[number % 8 :][:1]

        def show(_room: Picture, moment: datetime, seconds: float) -> Picture:
            place = int(seconds / 0.07) % 88  # there and back: 45 pictures, 70 ms each
            return daylight(frames[place if place < 45 else 88 - place], moment)

        coded = ("rtsp", "snapshot")[number % 2]
        cameras.append(
            NormalCamera(
                f"clip {number}", "cctv clip of a training room", coded, frames[0], show, session, moments, view
            )
        )
    return cameras


@contextmanager
def serve() -> Iterator[tuple[list[str], Connection]]:
    """All cameras on the network, in a process of their own: what draws and codes them must not hold up who looks.

    Yields: their urls in the order of `list_cameras`, and the line on which (number, moment) of those is told that are asked next.
    """
    context = multiprocessing.get_context("spawn")
    line, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    try:
        yield line.recv(), line
    finally:
        line.send(None)
        server.join(timeout=30)


def _serve(line: Connection) -> None:
    cv2.setNumThreads(1)
    cameras = list_cameras()
    with run_cameras() as streams, run_snapshots() as http:
        line.send([_open(camera, number, streams, http) for number, camera in enumerate(cameras)])
        while (asked := line.recv()) is not None:
            for number, at in asked:
                cameras[number].at, cameras[number].began = at, time.monotonic()
            line.send(True)


def _open(camera: NormalCamera, number: int, streams: Cameras, http: SnapshotServer) -> str:
    if camera.coded == "rtsp":
        return streams.add(f"cam-{number}", scene=camera.film, fps=FPS)
    return http.add(f"/cam-{number}.jpg", camera.snap)


def date_back(grab: Grab, at: datetime) -> Grab:
    """What came just now, as if it had come then."""
    ago = at - grab.started_at
    frames = tuple(replace(frame, received_at=frame.received_at + ago) for frame in grab.frames)
    # A server's date is of today; nobody would look at it three years later.
    return replace(grab, frames=frames, started_at=at, ended_at=grab.ended_at + ago, http_headers={})


def watch(cameras: Sequence[NormalCamera], most_s: float) -> list[Seen]:
    """Visit all cameras at their first moments, then at their second ones, and so on, until all were or time is over."""
    settings, seen, ends = Settings(), [], time.monotonic() + most_s
    with serve() as (urls, line), Readers(Lanes(at_once=settings.cameras_at_once)) as readers:
        for number in range(max(len(camera.moments) for camera in cameras)):
            if time.monotonic() > ends:
                break
            asked: dict[int, NormalCamera] = {}
            visits: list[Visit] = []
            for camera, url in zip(cameras, urls, strict=True):
                if number < len(camera.moments):
                    camera.at = camera.moments[number].at
                    visits.append(Visit("cam", url, None, settings.camera_seconds, settings.camera_frames))
                    asked[id(visits[-1])] = camera
            line.send([(place, camera.at) for place, camera in enumerate(cameras) if number < len(camera.moments)])
            line.recv()
            for visit, grab in readers.read_all(visits):
                seen.append(judge(asked[id(visit)], grab))
    return seen


def judge(camera: NormalCamera, grab: Grab) -> Seen:
    """One look judged as of its simulated moment, and remembered."""
    look = look_at_frames(date_back(grab, camera.at), None, camera.references)
    context = StreamContext("cam", camera.session, earlier=tuple(camera.earlier), others_answered=True, zone=CHINA)
    findings = judge_stream(look, context)
    if look.has_picture:
        camera.earlier.insert(0, EarlierLook(look.started_at, look.marks, look.small))
        del camera.earlier[MOST_EARLIER:]
    return Seen(camera, name_condition(findings), findings)


def measure_hours(most_s: float) -> None:
    """Print what was said of each kind of half-day."""
    cv2.setNumThreads(1)
    cameras = list_cameras()
    started = time.monotonic()
    seen = watch(cameras, most_s)
    print(f"{len(cameras)} cameras, {len(seen)} looks over RTSP and HTTP in {time.monotonic() - started:.0f} s")
    print(f"{'normal half-days':34s} {'looks':>6s} {'accused':>8s} {'in doubt':>9s}   unsure findings")
    kinds: dict[str, list[Seen]] = {}
    for each in seen:
        kinds.setdefault(f"{each.camera.kind} ({each.camera.coded})", []).append(each)
    for kind, looks in sorted(kinds.items()):
        print_kind(kind, looks)
    print_total(seen)


def print_kind(kind: str, looks: Sequence[Seen]) -> None:
    """One kind's line, and each accusation."""
    failed = [(each, finding) for each in looks for finding in each.findings if finding.outcome is Outcome.FAILED]
    doubt = sum(each.condition is Condition.DOUBTFUL for each in looks)
    unsure = Counter(finding.check for each in looks for finding in each.findings if finding.outcome is Outcome.UNSURE)
    print(f"{kind:34.34s} {len(looks):6d} {len(failed):8d} {doubt:9d}   {dict(unsure) or ''}")
    for each, finding in failed:
        print(f"    {each.camera.name}, {each.camera.at:%H:%M}: {finding.check}: {finding.reason.text('en')}")


def print_total(seen: Sequence[Seen]) -> None:
    """Hours, looks, accusations with the upper end of the interval, doubts."""
    accused = sum(any(finding.outcome is Outcome.FAILED for finding in each.findings) for each in seen)
    # A look stands for its share of the camera's session; a clip of one look is not counted as its whole.
    hours = sum(HOURS / max(8, len(each.camera.moments)) for each in seen)
    high = binomtest(accused, len(seen)).proportion_ci(0.95, method="exact").high
    doubts = sum(each.condition is Condition.DOUBTFUL for each in seen)
    print(
        f"{accused} false alarms in {len(seen)} looks over {hours:.0f} hours of cameras (95 % interval to {high:.2%} of looks, "
        f"one in {hours / max(1e-9, high * len(seen)):.0f} hours); {doubts} in doubt"
    )
