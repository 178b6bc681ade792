"""Every fault over the network: real RTSP of the fake camera and of a server that we did not write, real HTTP for snapshots.

Each camera is visited as the product visits it (its seconds, pictures, limits and processes of its own), again and again until its
fault is named, at most `MOST_LOOKS` times; the looks before go with it, as they do out of the records.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks.stream_scenes import SHARED, blur, cover, dim, list_rooms, overexpose, shift, spray, turn
from tests.builders.cameras import PASSWORD, as_jpeg
from tests.builders.plan import CHINA
from tests.builders.scenes import Change, Picture, a_room, a_slate, add_noise, add_people, draw_clock
from tests.services.camera import Cameras, Trouble, run_cameras
from tests.services.gst_camera import GstServer, find_why_not, run_gst_server
from tests.services.h264 import encode_clip
from tests.services.http_auth import Guard
from tests.services.ports import find_free_ports
from tests.services.snapshots import SnapshotServer, run_snapshots
from verifier.camera_health import Condition
from verifier.settings import Settings
from verifier.video.context import EarlierLook, StreamContext
from verifier.video.credentials import CameraSecret
from verifier.video.frames import Frame, Grab, GrabFault
from verifier.video.judge import judge_stream, name_condition
from verifier.video.look import look_at_frames
from verifier.video.read_view import ReferenceView, make_reference
from verifier.video.source import Visit
from verifier.video.supervise import Lanes, Readers
from verifier.vision.nets import Nets

MOST_LOOKS = 3
FPS = 5
PICTURES = 45  # nine seconds: a look of six sees none twice
ROOM = a_room(1)
LARGE = np.asarray(cv2.resize(ROOM, (1280, 720), interpolation=cv2.INTER_CUBIC), np.uint8)
WARM_UP = 150  # pictures: half a minute, as long as x264's rate control took to settle on a still picture at most
JUST_BEGUN = "frozen, coded anew since just now (or doubt)"
SETTLED = "frozen, coded anew for a while"
STAYS = 2.0  # seconds of pictures until a server is stopped or killed in the middle of a look


@dataclass(slots=True)
class Script:
    """One camera with one fault, and what it must be called."""

    name: str
    url: str
    wanted: Condition
    fault: GrabFault | None = None
    secret: CameraSecret | None = None
    references: tuple[ReferenceView, ...] = ()
    nets: bool = False
    disturb: Callable[[], None] | None = None  # called STAYS seconds after its first picture
    earlier: list[EarlierLook] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Named:
    """How a script ended: how many looks it took, the last one's seconds, and what it was called each time."""

    script: Script
    looks: int
    seconds: float
    called: tuple[str, ...]
    right: bool


def film_live(number: int, change: Change = lambda picture, _s: picture, room: Picture = ROOM) -> Picture:
    """One picture of a class at five a second."""
    scene = change(add_people(room, 6, number / FPS), number / FPS)
    return add_noise(scene, np.random.default_rng(number))


CHANGES: dict[str, tuple[Condition, Change]] = {
    "black": (Condition.BLACK, dim(0.02)),
    "covered by a cloth": (Condition.COVERED, cover),
    "sprayed": (Condition.COVERED, spray),
    "overexposed": (Condition.OVEREXPOSED, overexpose),
    "defocused": (Condition.DEFOCUSED, blur(6 / 640)),
    "moved: sideways by 30 %": (Condition.MOVED, shift(0.30)),
    "moved: askew by 20°": (Condition.MOVED, turn(20)),
}


def film_clips() -> dict[str, tuple[Condition, list[Picture]]]:
    """What is wrong with the picture itself, as pictures; every server codes and sends them its own way."""
    clips = {
        name: (wanted, [film_live(number, change) for number in range(PICTURES)])
        for name, (wanted, change) in CHANGES.items()
    }
    rooms = list(list_rooms().values())
    other = np.asarray(cv2.resize(rooms[3], ROOM.shape[1::-1]), np.uint8)
    clips["another room"] = (Condition.WRONG_ROOM, [film_live(number, room=other) for number in range(PICTURES)])
    clips["logo of the gateway"] = (Condition.TEST_CARD, [a_slate()] * PICTURES)
    # An encoder that has just begun seeks its quality, and so changes what does not change: nobody can tell yet.
    clips[JUST_BEGUN] = (Condition.FROZEN, [film_live(0)] * PICTURES)
    clips[SETTLED] = (Condition.FROZEN, [film_live(0)] * (PICTURES + WARM_UP))
    hand = film_hand()
    if hand:
        clips["a hand over the lens (cctv clip)"] = (Condition.COVERED, hand)
    return clips


def film_hand() -> list[Picture]:
    """The end of the development clip, there and back again: a hand lies on the lens; nothing where there is no clip.

    Before (frames 208 to 217) it passes, much of the room can be seen beside it, and it is a doubt.
    """
    file = SHARED / "cctv" / "Test_video3.mp4"
    if not file.exists():
        return []
    with av.open(str(file)) as source:
        last = [frame.to_ndarray(format="bgr24") for frame in source.decode(video=0)][219:230]
    # With a sensor's noise: without it the same pictures would truly come again.
    return [
        add_noise(np.asarray(last[abs((number % 20) - 10)], np.uint8), np.random.default_rng(number), 1.0)
        for number in range(PICTURES)
    ]


def open_hand_reference() -> tuple[ReferenceView, ...]:
    """A clear picture of the clip's own room, as somebody would confirm it."""
    with av.open(str(SHARED / "cctv" / "Test_video3.mp4")) as source:
        frames = [frame.to_ndarray(format="bgr24") for frame in source.decode(video=0)]
    return (make_reference("day", np.asarray(frames[170], np.uint8)),)


def list_references(name: str) -> tuple[ReferenceView, ...]:
    """The confirmed views that a script is judged against."""
    return open_hand_reference() if "cctv" in name else (make_reference("day", ROOM),)


def draw_clock_at(ahead: timedelta, stands: bool = False) -> Callable[[int, datetime], Picture]:
    """A camera that writes its own clock into the picture, right, ahead, or standing."""
    began: list[datetime] = []

    def scene(number: int, now: datetime) -> Picture:
        began.append(now)
        shown = draw_clock(LARGE, (began[0] if stands else now).astimezone(CHINA) + ahead)
        return add_noise(shown, np.random.default_rng(0 if stands else number % 10))

    return scene


@contextmanager
def serve_fakes(clips: dict[str, tuple[Condition, list[Picture]]]) -> Iterator[list[Script]]:
    """The fake camera over RTSP, and snapshots over HTTP, with every fault of the list."""
    with run_cameras() as cameras, run_snapshots() as http:
        yield [*list_connections(cameras), *list_stored(cameras, http), *list_pictures(cameras, clips)]


def list_connections(cameras: Cameras) -> list[Script]:
    """Nothing comes, or not for long."""
    clip = encode_clip([film_live(number) for number in range(PICTURES)], FPS)
    (closed,) = find_free_ports(1)
    guard, wrong = Guard("inspector", PASSWORD), CameraSecret.model_validate({"user": "inspector", "password": "no"})
    offline = Condition.OFFLINE
    return [
        Script("refused", f"rtsp://127.0.0.1:{closed}/1", offline, GrabFault.REFUSED),
        Script("wrong password", cameras.add("guarded", clip, fps=FPS, guard=guard), offline, GrabFault.UNAUTHORIZED, wrong),
        Script("404", f"rtsp://127.0.0.1:{cameras.port}/none", offline, GrabFault.NOT_FOUND),
        Script("accepts, never answers", cameras.add("mute", clip, fps=FPS, trouble=Trouble.MUTE), offline, GrabFault.TIMEOUT),
        Script(
            "answers, sends no picture", cameras.add("empty", clip, fps=FPS, trouble=Trouble.MUTE_PLAY), offline,
            GrabFault.TIMEOUT,
        ),
        Script("stall", cameras.add("stall", clip, fps=FPS, trouble=Trouble.STALL), Condition.OK, GrabFault.STALLED),
        Script("drop", cameras.add("drop", clip, fps=FPS, trouble=Trouble.DROP), Condition.OK, GrabFault.DROPPED),
    ]  # fmt: skip


def list_stored(cameras: Cameras, http: SnapshotServer) -> list[Script]:
    """Pictures that come, and are not of this moment."""
    still = encode_clip([film_live(0)], FPS)
    loop = encode_clip([film_live(number) for number in range(4 * FPS)], FPS)
    old = {"Last-Modified": "Mon, 12 Jun 2023 01:00:00 GMT"}
    return [
        Script("frozen: the last picture again", cameras.add("still", still, fps=FPS), Condition.FROZEN),
        Script(
            "frozen: coded anew, its clock stands", cameras.add("stands", scene=draw_clock_at(timedelta(0), True), fps=FPS),
            Condition.FROZEN, nets=True,
        ),
        Script("looped: four seconds again", cameras.add("loop", loop, fps=FPS), Condition.LOOPED),
        Script("stale snapshot", http.add("/last.jpg", as_jpeg(film_live(0)), headers=old), Condition.STALE_SNAPSHOT),
        Script("stale snapshot, no word of it", http.add("/same.jpg", as_jpeg(film_live(1))), Condition.STALE_SNAPSHOT),
        Script("logo, as a snapshot", http.add("/logo.jpg", as_jpeg(a_slate())), Condition.TEST_CARD),
        Script(
            "clock off by an hour", cameras.add("ahead", scene=draw_clock_at(timedelta(hours=1)), fps=FPS),
            Condition.WRONG_CLOCK, nets=True,
        ),
    ]  # fmt: skip


def list_pictures(cameras: Cameras, clips: dict[str, tuple[Condition, list[Picture]]]) -> list[Script]:
    """Something is wrong with the lens, the direction or the place."""
    return [
        Script(
            name, cameras.add(f"clip-{number}", encode_clip(pictures, FPS)[skip_warm_up(pictures) :], fps=FPS), wanted,
            references=list_references(name),
        )
        for number, (name, (wanted, pictures)) in enumerate(clips.items())
    ]  # fmt: skip


def skip_warm_up(pictures: Sequence[Picture]) -> int:
    """How many pictures are coded but not sent: those before somebody looks. A key frame follows them."""
    return WARM_UP if len(pictures) > WARM_UP else 0


@contextmanager
def serve_gst(clips: dict[str, tuple[Condition, list[Picture]]], folder: Path) -> Iterator[list[Script]]:
    """The same faults by gst-rtsp-server, which plays files coded by x264; stopped or killed where the connection is at fault."""
    files = {f"clip-{number}": folder / f"clip-{number}.mp4" for number in range(len(clips))}
    for file, (_, pictures) in zip(files.values(), clips.values(), strict=True):
        write_mp4(file, pictures)
    ahead = draw_clock_at(timedelta(hours=1))
    began = datetime.now(CHINA)
    files["ahead"], files["class"] = folder / "ahead.mp4", folder / "class.mp4"
    write_mp4(files["ahead"], [ahead(number, began + timedelta(seconds=number / FPS)) for number in range(PICTURES)])
    write_mp4(files["class"], [film_live(number) for number in range(PICTURES)])
    wrong = CameraSecret.model_validate({"user": "inspector", "password": "no"})
    with ExitStack() as stack:
        main, stopped, stalls, drops = (stack.enter_context(run_gst_server(files=files)) for _ in range(4))
        guarded = stack.enter_context(run_gst_server("inspector", "Sesam-1"))
        with run_gst_server() as ended:
            closed = ended.url()
        stopped.process.send_signal(signal.SIGSTOP)
        offline = Condition.OFFLINE
        yield [
            Script("refused", closed, offline, GrabFault.REFUSED),
            Script("wrong password", guarded.url(), offline, GrabFault.UNAUTHORIZED, wrong),
            Script("404", main.url("none"), offline, GrabFault.NOT_FOUND),
            Script("accepts, never answers", stopped.url(), offline, GrabFault.TIMEOUT),
            Script("stall", stalls.url(), Condition.OK, GrabFault.STALLED, disturb=end_with(stalls, signal.SIGSTOP)),
            Script("drop", drops.url(), Condition.OK, GrabFault.DROPPED, disturb=end_with(drops, signal.SIGKILL)),
            Script("looped: a recorded class again", main.url("class"), Condition.LOOPED),
            Script("clock off by an hour", main.url("ahead"), Condition.WRONG_CLOCK, nets=True),
            *(
                Script(name, main.url(f"clip-{number}"), wanted, references=list_references(name))
                for number, (name, (wanted, _)) in enumerate(clips.items())
            ),
        ]


def end_with(server: GstServer, how: signal.Signals) -> Callable[[], None]:
    """Stop or kill a server when asked to."""
    return lambda: server.process.send_signal(how)


def write_mp4(file: Path, pictures: Sequence[Picture]) -> None:
    """Coded as a gateway codes: a bit rate to be kept, a key frame every two seconds."""
    with av.open(str(file), "w") as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 1_000_000
        stream.options = {"g": str(2 * FPS), "tune": "zerolatency", "preset": "veryfast", "threads": "1"}
        frames = [av.VideoFrame.from_ndarray(picture, format="bgr24") for picture in pictures]
        packets = [packet for frame in [*frames, None] for packet in stream.encode(frame)]
        sent = packets[skip_warm_up(pictures) :]
        began = sent[0].pts or 0
        for packet in sent:
            packet.pts, packet.dts = (packet.pts or 0) - began, (packet.dts or 0) - began
            out.mux(packet)


def name_faults(scripts: Sequence[Script], nets: Nets) -> list[Named]:
    """Visit every camera until its fault is named."""
    called: dict[str, list[str]] = {script.name: [] for script in scripts}
    done: dict[str, Named] = {}
    settings = Settings()
    with Readers(Lanes(at_once=settings.cameras_at_once)) as readers:
        for number in range(MOST_LOOKS):
            visits = {}
            for script in scripts:
                if script.name not in done:
                    visit = Visit(
                        script.name, script.url, script.secret, settings.camera_seconds, settings.camera_frames
                    )
                    visits[id(visit)] = (visit, script)
            # As the product does it: the pictures are looked at while other cameras are still being read.
            for visit, grab in readers.read_all([visit for visit, _ in visits.values()], disturb_once(scripts)):
                script = visits[id(visit)][1]
                condition, took = judge(script, grab, nets)
                fault = grab.fault.value if grab.fault else ""
                called[script.name].append(condition.value + (f" ({fault})" if fault else ""))
                # A doubt is the truth about an encoder that still seeks its quality.
                right = (
                    condition is script.wanted or (script.name == JUST_BEGUN and condition is Condition.DOUBTFUL)
                ) and (grab.fault is script.fault)
                if right or number == MOST_LOOKS - 1:
                    seconds = (grab.ended_at - grab.started_at).total_seconds() + took
                    done[script.name] = Named(script, number + 1, seconds, tuple(called[script.name]), right)
    return [done[script.name] for script in scripts]


def disturb_once(scripts: Sequence[Script]) -> Callable[[Visit, Frame], None]:
    """Told of every picture: some seconds after the first one of a camera somebody does to its server what the script says."""
    waiting = {script.name: script.disturb for script in scripts if script.disturb is not None}

    def watch(visit: Visit, _frame: Frame) -> None:
        disturb = waiting.pop(visit.camera_id, None)
        if disturb is not None:
            threading.Timer(STAYS, disturb).start()

    return watch


def judge(script: Script, grab: Grab, nets: Nets) -> tuple[Condition, float]:
    """What one look is called, and the seconds that looking took; the look is remembered for later ones."""
    started = time.perf_counter()
    look = look_at_frames(grab, nets if script.nets else None, script.references)
    context = StreamContext(script.name, earlier=tuple(script.earlier), others_answered=True, zone=CHINA)
    condition = name_condition(judge_stream(look, context))
    if look.has_picture:
        script.earlier.insert(0, EarlierLook(look.started_at, look.marks, look.small))
    return condition, time.perf_counter() - started


def measure_faults(nets: Nets, folder: Path) -> None:
    """Print both servers' tables."""
    clips = film_clips()
    with serve_fakes(clips) as scripts:
        print_named("the fake camera: RTSP, and HTTP for snapshots", name_faults(scripts, nets))
    why_not = find_why_not()
    if why_not:
        print(f"no second RTSP server here: {why_not}")
        return
    with serve_gst(clips, folder) as scripts:
        print_named("gst-rtsp-server", name_faults(scripts, nets))


def print_named(server: str, answers: Sequence[Named]) -> None:
    """One server's table."""
    right = sum(answer.right for answer in answers)
    print(f"{server}: {right} of {len(answers)} named")
    print(f"{'fault':40s} {'looks':>5s} {'seconds of the last':>20s}   called")
    for answer in answers:
        mark = "" if answer.right else "   NOT NAMED"
        print(f"{answer.script.name:40s} {answer.looks:5d} {answer.seconds:20.1f}   {', '.join(answer.called)}{mark}")
    print()
