"""Cameras that give single pictures over HTTP: signing in, faults by name, and what tells a stale picture."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.builders.cameras import PASSWORD, a_secret, a_visit, as_jpeg, draw_noise
from tests.services.certificate import make_certificate
from tests.services.http_auth import Guard
from tests.services.ports import find_free_ports
from tests.services.snapshots import HttpTrouble, SnapshotServer, run_snapshots
from verifier.video.credentials import CameraSecret
from verifier.video.frames import Grab, GrabFault
from verifier.video.snapshot import LONGEST_BODY
from verifier.video.source import Visit, open_source

HIKVISION = "/ISAPI/Streaming/channels/101/picture"
DAHUA = "/cgi-bin/snapshot.cgi?channel=1"
JPEG = as_jpeg(draw_noise(0))


@pytest.fixture
def server() -> Iterator[SnapshotServer]:
    with run_snapshots() as running:
        yield running


def grab(visit: Visit) -> Grab:
    return open_source(visit).grab(visit.seconds, visit.frames_wanted, visit.kills_after_s)


@pytest.mark.parametrize("scheme", ["basic", "digest"])
@pytest.mark.parametrize("path", [HIKVISION, DAHUA], ids=["hikvision", "dahua"])
def test_takes_pictures_behind_a_password(server: SnapshotServer, path: str, scheme: str) -> None:
    """Basic or Digest, whichever is asked for; each picture with its bytes, digest and our time."""
    guard = Guard("inspector", PASSWORD, scheme=scheme)  # type: ignore[arg-type]
    numbers = itertools.count()
    url = server.add(path, lambda: as_jpeg(draw_noise(next(numbers))), guard=guard)
    seen = grab(a_visit(url, a_secret()))
    assert seen.fault is None, seen.said
    # Four are wanted; a machine with other work to do takes fewer in the visit's second.
    assert 1 <= len(seen.frames) <= 4
    assert len({frame.packet_sha256 for frame in seen.frames}) == len(seen.frames)
    assert seen.frames[0].jpeg == as_jpeg(draw_noise(0))
    assert seen.frames[0].picture_bgr.shape == (120, 160, 3)
    assert seen.source_kind == "snapshot"
    assert guard.wrong_tries == 0


@pytest.mark.parametrize("path", [HIKVISION, DAHUA], ids=["hikvision", "dahua"])
def test_finds_the_usual_paths_of_a_bare_host(server: SnapshotServer, path: str) -> None:
    """An address that names only the host is tried at both makers' paths."""
    server.add(path, JPEG)
    seen = grab(a_visit(f"http://127.0.0.1:{server.port}/"))
    assert seen.fault is None, seen.said
    assert 1 <= len(seen.frames) <= 4


def test_a_stale_picture_shows_in_digest_and_headers(server: SnapshotServer) -> None:
    """A gateway that answers with its last picture: 200, a fine JPEG, always the same, and old by its own headers."""
    old = {"Last-Modified": "Mon, 12 Jun 2023 01:00:00 GMT", "Age": "5400"}
    seen = grab(a_visit(server.add("/last.jpg", JPEG, headers=old)))
    assert seen.fault is None
    assert len({frame.packet_sha256 for frame in seen.frames}) == 1 < len(seen.frames)
    assert seen.http_headers["last-modified"] == old["Last-Modified"]
    assert seen.http_headers["age"] == "5400"
    assert "date" in seen.http_headers


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 180), "white").save(out, "PNG")
    return out.getvalue()


def test_a_logo_is_a_picture_too(server: SnapshotServer) -> None:
    """Whether it shows the room is judged elsewhere; it comes with its type."""
    seen = grab(a_visit(server.add("/snap.jpg", png(), content_type="image/png")))
    assert seen.fault is None
    assert seen.size_wh == (320, 180)
    assert seen.http_headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("body", "how", "fault", "told"),
    [
        pytest.param(b"", {"trouble": HttpTrouble.UNAVAILABLE}, GrabFault.UNAVAILABLE, "503", id="busy (503)"),
        pytest.param(b"", {"trouble": HttpTrouble.MUTE}, GrabFault.TIMEOUT, "Timeout", id="accepts and never answers"),
        pytest.param(JPEG, {"trouble": HttpTrouble.TRICKLE}, GrabFault.TIMEOUT, "bytes came", id="a byte a second"),
        pytest.param(b"", {"trouble": HttpTrouble.DROP}, GrabFault.DROPPED, "", id="hangs up"),
        pytest.param(b"", {"trouble": HttpTrouble.REDIRECT}, GrabFault.NO_PICTURE, "elsewhere", id="points elsewhere"),
        pytest.param(b"<html>", {"content_type": "text/html"}, GrabFault.NO_PICTURE, "text/html", id="a login page"),
        pytest.param(b"", {}, GrabFault.NO_PICTURE, "0 bytes", id="an empty answer"),
        pytest.param(JPEG[: len(JPEG) // 2], {}, GrabFault.DECODE_ERROR, "decoded", id="half a JPEG"),
        pytest.param(bytes(LONGEST_BODY + 1), {}, GrabFault.NO_PICTURE, "longer than", id="an endless answer"),
    ],
)
def test_names_the_fault(
    server: SnapshotServer, body: bytes, how: dict[str, object], fault: GrabFault, told: str
) -> None:
    """Each trouble under its own name, in bounded time."""
    seen = grab(a_visit(server.add("/snap.jpg", body, **how), deadline_s=4.0))
    assert seen.fault is fault, seen.said
    assert told in seen.said
    assert (seen.ended_at - seen.started_at).total_seconds() < 6.5


def test_no_such_path_and_nobody_there(server: SnapshotServer) -> None:
    """404, and a closed port."""
    assert grab(a_visit(f"http://127.0.0.1:{server.port}/none.jpg")).fault is GrabFault.NOT_FOUND
    (port,) = find_free_ports(1)
    assert grab(a_visit(f"http://127.0.0.1:{port}/snap.jpg")).fault is GrabFault.REFUSED
    assert grab(a_visit("http://no-such-camera.invalid/snap.jpg")).fault is GrabFault.DNS


def test_a_wrong_password_is_sent_once(server: SnapshotServer) -> None:
    """Cameras lock out who guesses; the message holds no password."""
    guard = Guard("inspector", PASSWORD)
    url = server.add("/snap.jpg", JPEG, guard=guard)
    seen = grab(a_visit(url, a_secret("Wrong-1")))
    assert seen.fault is GrabFault.UNAUTHORIZED
    assert guard.wrong_tries == 1
    assert "Wrong-1" not in seen.said
    assert grab(a_visit(url)).fault is GrabFault.NO_SECRET


def test_a_camera_that_goes_away_in_between_has_shown_something(server: SnapshotServer) -> None:
    """Pictures and a fault together."""
    url = server.add("/snap.jpg", JPEG)
    page = server.pages["/snap.jpg"]

    def body() -> bytes:
        if page.asked >= 2:
            page.trouble = HttpTrouble.DROP
        return JPEG

    page.body = body
    seen = grab(a_visit(url))
    assert seen.fault is GrabFault.DROPPED
    assert len(seen.frames) == 2


@pytest.mark.parametrize(
    ("secret", "fault"),
    [
        pytest.param({}, GrabFault.TLS, id="unknown signer"),
        pytest.param({"tls_verify": False}, None, id="any certificate allowed for this camera"),
        pytest.param({"ca_file": "known"}, None, id="its own authority given"),
    ],
)
def test_https_holds_the_certificate(secret: dict[str, object], fault: GrabFault | None, tmp_path: Path) -> None:
    """As for RTSPS."""
    ca_file, context = make_certificate(tmp_path)
    if "ca_file" in secret:
        secret = {"ca_file": ca_file}
    with run_snapshots(context) as secured:
        url = secured.add("/snap.jpg", JPEG)
        assert url.startswith("https://")
        assert grab(a_visit(url, CameraSecret.model_validate(secret))).fault is fault
