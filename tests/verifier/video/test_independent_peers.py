"""Peers that we did not write: Debian's RTSP server, and FFmpeg's own HLS and FLV as media gateways give them."""

from __future__ import annotations

import io
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest

from tests.builders.cameras import QUICK, a_secret, a_visit, draw_noise
from tests.services.gst_camera import find_why_not, run_gst_camera, run_gst_server
from tests.services.http_auth import Guard
from tests.services.snapshots import SnapshotServer, run_snapshots
from verifier.video.frames import Frame, Grab, GrabFault
from verifier.video.source import ReadingLimits, Visit, open_source

PLAIN = "Sesam-1"
SLOW = ReadingLimits("slow-start", open_s=10.0, silent_s=5.0, read_file_s=20.0, memory_mb=1500)


def grab(visit: Visit) -> Grab:
    return open_source(visit).grab(visit.seconds, visit.frames_wanted, visit.kills_after_s)


@pytest.fixture(scope="module")
def _gst() -> None:
    why_not = find_why_not()
    if why_not:
        pytest.skip(why_not)


@pytest.mark.usefixtures("_gst")
def test_reads_an_independent_rtsp_server() -> None:
    """Pictures that differ, times that advance, packets that never repeat; and its 404."""
    with run_gst_camera() as url:
        seen = grab(a_visit(url, limits=SLOW, seconds=2.0))
        assert seen.fault is None, seen.said
        assert seen.size_wh == (320, 240)
        assert len(seen.frames) >= 4, "the four spread over the visit, and key frames beside them"
        times = [frame.stream_seconds for frame in seen.frames if frame.stream_seconds is not None]
        assert times == sorted(set(times))
        assert len({frame.packet_sha256 for frame in seen.frames}) == len(seen.frames)
        assert grab(a_visit(url.replace("/room", "/none"), limits=SLOW)).fault is GrabFault.NOT_FOUND


@pytest.mark.usefixtures("_gst")
def test_signs_in_at_an_independent_rtsp_server() -> None:
    """Digest with the right and with a wrong password."""
    with run_gst_camera("inspector", PLAIN) as url:
        assert grab(a_visit(url, a_secret(PLAIN), limits=SLOW)).fault is None
        assert grab(a_visit(url, a_secret("wrong"), limits=SLOW)).fault is GrabFault.UNAUTHORIZED
        assert grab(a_visit(url, limits=SLOW)).fault is GrabFault.NO_SECRET


@pytest.mark.usefixtures("_gst")
def test_an_independent_server_that_stops_in_the_middle_of_a_look_has_stalled() -> None:
    """FFmpeg holds back its last picture until it gives up; that one picture, after the look's time, makes no whole look."""
    with run_gst_server() as server:

        def stop(_frame: Frame) -> None:
            threading.Timer(0.5, server.process.send_signal, [signal.SIGSTOP]).start()

        visit = a_visit(server.url(), limits=replace(SLOW, silent_s=1.5), seconds=1.5)
        seen = open_source(visit, stop).grab(visit.seconds, visit.frames_wanted, visit.kills_after_s)
    assert seen.fault is GrabFault.STALLED, seen.said


@pytest.fixture
def gateway() -> Iterator[SnapshotServer]:
    with run_snapshots() as running:
        yield running


def encode(target: str | io.BytesIO, form: str, options: dict[str, str]) -> None:
    """Six seconds of noise in FFmpeg's own container."""
    with av.open(target, "w", format=form, options=options) as container:
        stream = container.add_stream("libx264", rate=10, options={"g": "10"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(60):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(draw_noise(number), format="bgr24")))
        container.mux(stream.encode())


@pytest.mark.parametrize("guarded", [False, True], ids=["open", "behind a password"])
def test_reads_hls(gateway: SnapshotServer, tmp_path: Path, guarded: bool) -> None:
    """A playlist with its segments."""
    encode(str(tmp_path / "hls.m3u8"), "hls", {"hls_time": "1", "hls_list_size": "0"})
    guard = Guard("inspector", PLAIN, scheme="basic") if guarded else None
    for file in tmp_path.iterdir():
        kind = "application/vnd.apple.mpegurl" if file.suffix == ".m3u8" else "video/mp2t"
        gateway.add(f"/rtp/{file.name}", file.read_bytes(), content_type=kind, guard=guard)
    url = f"http://127.0.0.1:{gateway.port}/rtp/hls.m3u8"
    seen = grab(a_visit(url, a_secret(PLAIN) if guarded else None, limits=QUICK, seconds=5.0))
    assert seen.source_kind == "hls"
    assert len(seen.frames) >= 4
    assert seen.size_wh == (160, 120)


def test_a_playlist_cannot_open_our_files(gateway: SnapshotServer, tmp_path: Path) -> None:
    """Nor anything but the network."""
    secret = tmp_path / "secret.ts"
    encode(str(secret), "mpegts", {})
    body = f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode()
    seen = grab(a_visit(gateway.add("/hls.m3u8", body, content_type="application/vnd.apple.mpegurl")))
    assert seen.fault is not None
    assert not seen.frames


def test_reads_http_flv(gateway: SnapshotServer) -> None:
    """As ZLMediaKit serves it; where it ends, the camera is gone."""
    out = io.BytesIO()
    encode(out, "flv", {"flvflags": "no_duration_filesize"})
    url = gateway.add("/rtp/340200.live.flv?token=Sesam", out.getvalue(), content_type="video/x-flv")
    seen = grab(a_visit(url, seconds=30.0))
    assert seen.source_kind == "flv"
    assert len(seen.frames) >= 1
    assert seen.fault is GrabFault.DROPPED
    assert "Sesam" not in seen.address + seen.said
    assert grab(a_visit(url.replace("340200", "none"))).fault is GrabFault.NOT_FOUND
