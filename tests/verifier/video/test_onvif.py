"""ONVIF: the device is asked for its stream, and whatever it answers, only the filed host is asked for pictures."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from tests.builders.cameras import a_secret, a_visit, as_jpeg, draw_noise
from tests.services.camera import Cameras, run_cameras
from tests.services.h264 import encode_clip
from tests.services.http_auth import Guard
from tests.services.onvif_device import OnvifDevice
from tests.services.ports import find_free_ports
from tests.services.snapshots import SnapshotServer, run_snapshots
from verifier.video.frames import Grab, GrabFault
from verifier.video.source import ReadingLimits, Visit, open_source

PLAIN = "Sesam-1"
# The library reads its WSDLs at the first question, which takes seconds on a busy machine.
PATIENT = ReadingLimits("patient", open_s=20.0, silent_s=2.0, read_file_s=20.0, memory_mb=1500)
needs_library = pytest.mark.skipif(find_spec("onvif") is None, reason="the optional extra `onvif` is not installed")


@pytest.fixture
def device() -> Iterator[tuple[SnapshotServer, OnvifDevice, Cameras]]:
    with run_cameras() as cameras, run_snapshots() as http:
        guard = Guard("inspector", PLAIN)
        cameras.add("stream1", encode_clip((draw_noise(number) for number in range(10)), 10), guard=guard)
        http.add("/snap.jpg", as_jpeg(draw_noise(0)), guard=guard)
        answers = OnvifDevice(
            # Behind NAT: addresses nobody reaches from here.
            f"rtsp://192.0.2.7:{cameras.port}/stream1",
            f"http://192.0.2.7:{http.port}/snap.jpg",
            f"192.0.2.7:{http.port}",
            "inspector",
            PLAIN,
        )
        http.post = answers.answer
        yield http, answers, cameras


def grab(visit: Visit) -> Grab:
    return open_source(visit).grab(visit.seconds, visit.frames_wanted, visit.kills_after_s)


@needs_library
@pytest.mark.parametrize("path", ["/", "/Profile_2", "/?snapshot=1"])
def test_finds_stream_and_snapshot_behind_nat(device: tuple[SnapshotServer, OnvifDevice, Cameras], path: str) -> None:
    """Digest towards the device, then towards its stream; the host is the filed one."""
    http, *_ = device
    seen = grab(a_visit(f"onvif://127.0.0.1:{http.port}{path}", a_secret(PLAIN), limits=PATIENT))
    assert seen.fault is None, seen.said
    assert len(seen.frames) == 4
    assert seen.source_kind == "onvif"
    assert seen.address == f"onvif://127.0.0.1:{http.port}{path}"


@needs_library
@pytest.mark.parametrize(
    ("path", "password", "fault"),
    [
        pytest.param("/", "wrong-1", GrabFault.UNAUTHORIZED, id="wrong password"),
        pytest.param("/Profile_9", PLAIN, GrabFault.NOT_FOUND, id="no such profile"),
    ],
)
def test_names_the_fault(
    device: tuple[SnapshotServer, OnvifDevice, Cameras], path: str, password: str, fault: GrabFault
) -> None:
    """And the message holds no password."""
    http, *_ = device
    seen = grab(a_visit(f"onvif://127.0.0.1:{http.port}{path}", a_secret(password), limits=PATIENT))
    assert seen.fault is fault, seen.said
    assert password not in seen.said


@needs_library
def test_what_is_no_onvif_device(device: tuple[SnapshotServer, OnvifDevice, Cameras]) -> None:
    """A web server that answers something else; a closed port; an unknown name."""
    http, *_ = device
    http.post = lambda _path, _request: (200, b"<html>hello</html>")
    assert grab(a_visit(f"onvif://127.0.0.1:{http.port}/", limits=PATIENT)).fault is GrabFault.NO_PICTURE
    (port,) = find_free_ports(1)
    assert grab(a_visit(f"onvif://127.0.0.1:{port}/")).fault is GrabFault.REFUSED
    assert grab(a_visit("onvif://no-such-camera.invalid/")).fault is GrabFault.DNS


def test_without_the_library_it_is_our_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install; never the agency's fault."""
    monkeypatch.setattr("verifier.video.onvif.find_spec", lambda _name: None)
    seen = grab(a_visit("onvif://127.0.0.1/"))
    assert seen.fault is GrabFault.UNSUPPORTED
    assert seen.fault.is_ours
    assert "pip install" in seen.said
