"""Live streams, read from a camera that speaks real RTSP: every fault under its own name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders.cameras import PASSWORD, a_secret, a_visit, draw_noise
from tests.services.camera import Cameras, Trouble, run_cameras
from tests.services.certificate import make_certificate
from tests.services.h264 import encode_clip
from tests.services.http_auth import Guard
from tests.services.ports import find_free_ports
from verifier.video.credentials import CameraSecret
from verifier.video.frames import Grab, GrabFault
from verifier.video.source import Visit, open_source
from verifier.video.supervise import read_one

CLIP = encode_clip((draw_noise(number) for number in range(20)), 10)


@pytest.fixture(scope="module")
def cameras() -> Iterator[Cameras]:
    with run_cameras() as running:
        yield running


def grab_here(visit: Visit) -> Grab:
    """Without a process of its own; for faults where nothing can hang."""
    return open_source(visit).grab(visit.seconds, visit.frames_wanted, visit.kills_after_s)


@pytest.mark.parametrize(
    ("trouble", "fault", "within_s"),
    [
        pytest.param(Trouble.NOT_FOUND, GrabFault.NOT_FOUND, 1.0, id="no such stream (404)"),
        pytest.param(Trouble.UNAVAILABLE, GrabFault.UNAVAILABLE, 1.0, id="cannot now (503)"),
        pytest.param(Trouble.MUTE, GrabFault.TIMEOUT, 3.0, id="accepts and never answers"),
        pytest.param(Trouble.MUTE_PLAY, GrabFault.TIMEOUT, 4.5, id="answers, but sends no picture"),
        pytest.param(Trouble.STALL, GrabFault.STALLED, 5.5, id="pictures, then silence"),
        pytest.param(Trouble.DROP, GrabFault.DROPPED, 2.5, id="pictures, then the connection ends"),
        pytest.param(Trouble.GARBAGE, GrabFault.DECODE_ERROR, 5.0, id="no H.264 at all"),
    ],
)
def test_names_the_fault_and_when(cameras: Cameras, trouble: Trouble, fault: GrabFault, within_s: float) -> None:
    """Each trouble of a camera is told as what it is, in bounded time (limits of the tests: 2 s to open, 1.5 s of silence)."""
    url = cameras.add(trouble.value, CLIP, trouble=trouble)
    grab = grab_here(a_visit(url, seconds=2.0))
    assert grab.fault is fault, grab.said
    assert (grab.ended_at - grab.started_at).total_seconds() < within_s
    assert bool(grab.frames) is (trouble in (Trouble.STALL, Trouble.DROP))
    assert grab.address == url


def test_brings_spread_pictures_with_both_clocks(cameras: Cameras) -> None:
    """A healthy stream gives what was wanted, with our time, the stream's time and the packets' digests."""
    before = datetime.now(UTC)
    grab = grab_here(a_visit(cameras.add("healthy", scene=draw_noise, fps=10), seconds=1.5, frames_wanted=5))
    assert grab.fault is None, grab.said
    assert len(grab.frames) == 5
    assert grab.size_wh == (160, 120)
    assert grab.received_frames > 10
    times = [frame.stream_seconds for frame in grab.frames if frame.stream_seconds is not None]
    assert times == sorted(set(times))
    assert 0.8 < times[-1] - times[0] < 2.0
    assert all(before <= frame.received_at <= datetime.now(UTC) for frame in grab.frames)
    assert len({frame.packet_sha256 for frame in grab.frames}) == 5
    assert grab.frames[0].key_frame


def test_a_stream_that_repeats_its_packets_shows_it_in_the_digests(cameras: Cameras) -> None:
    """A looped clip repeats packets to the bit, which no sensor does."""
    url = cameras.add("looped", CLIP[:5], fps=10)
    grab = grab_here(a_visit(url, seconds=1.5, frames_wanted=15))
    assert len({frame.packet_sha256 for frame in grab.frames}) <= 5 < len(grab.frames)


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_signs_in_with_a_password_full_of_special_characters(cameras: Cameras, scheme: str) -> None:
    """User and password reach the camera as they are, whatever characters they hold."""
    guard = Guard("inspector", PASSWORD, scheme=scheme)  # type: ignore[arg-type]
    url = cameras.add(f"guarded-{scheme}", CLIP, guard=guard)
    assert grab_here(a_visit(url, a_secret())).fault is None
    assert guard.wrong_tries == 0


def test_a_wrong_password_is_tried_once(cameras: Cameras) -> None:
    """Cameras lock an account after a few wrong tries; and the message holds no password."""
    guard = Guard("inspector", PASSWORD)
    grab = grab_here(a_visit(cameras.add("locked", CLIP, guard=guard), a_secret("wrong-" + PASSWORD)))
    assert grab.fault is GrabFault.UNAUTHORIZED
    assert guard.wrong_tries <= 2  # FFmpeg may answer one challenge twice
    assert "wrong-" not in grab.said
    assert "Sesam" not in grab.said


def test_no_password_of_ours_is_our_side(cameras: Cameras) -> None:
    """A camera that asks for a password we were never given is no fault of the agency."""
    grab = grab_here(a_visit(cameras.add("closed", CLIP, guard=Guard("inspector", PASSWORD))))
    assert grab.fault is GrabFault.NO_SECRET
    assert grab.fault.is_ours


def test_nobody_listens() -> None:
    """A closed port is refused at once."""
    (port,) = find_free_ports(1)
    assert grab_here(a_visit(f"rtsp://127.0.0.1:{port}/")).fault is GrabFault.REFUSED


def test_an_unknown_name_is_told_before_connecting() -> None:
    """FFmpeg would call it an input/output error."""
    grab = grab_here(a_visit("rtsp://no-such-camera.invalid/live"))
    assert grab.fault is GrabFault.DNS
    assert "no-such-camera.invalid" in grab.said


@pytest.mark.parametrize(
    ("secret", "fault"),
    [
        pytest.param(CameraSecret(), GrabFault.TLS, id="unknown signer"),
        pytest.param(CameraSecret(tls_verify=False), None, id="any certificate allowed for this camera"),
        pytest.param("known", None, id="its own authority given"),
    ],
)
def test_rtsps_holds_the_certificate(secret: CameraSecret | str, fault: GrabFault | None, tmp_path: Path) -> None:
    """Over TLS a certificate that nobody vouches for is refused, unless the camera's entry says otherwise."""
    ca_file, context = make_certificate(tmp_path)
    with run_cameras(context) as secured:
        url = secured.add("203", CLIP)
        assert url.startswith("rtsps://")
        chosen = CameraSecret(ca_file=ca_file) if isinstance(secret, str) else secret
        assert grab_here(a_visit(url, chosen)).fault is fault


def test_the_reader_process_brings_the_same(cameras: Cameras) -> None:
    """Through the process and its pipe nothing is lost."""
    grab = read_one(a_visit(cameras.add("piped", CLIP)))
    assert grab.fault is None, grab.said
    assert len(grab.frames) == 4
    assert grab.frames[0].picture_bgr.shape == (120, 160, 3)
    assert abs(float(grab.frames[0].picture_bgr.mean()) - 120) < 5
    assert grab.frames[1].stream_seconds is not None
