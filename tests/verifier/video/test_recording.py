"""Recordings: pictures over their whole length, and what the container claims about when and where."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import av
import numpy as np
import pytest

from tests.builders.cameras import a_visit, draw_noise
from verifier.video.frames import Grab, GrabFault
from verifier.video.source import open_source

CREATED = "2023-06-12T01:12:00.000000Z"
CODECS = {".mp4": "libx264", ".mov": "libx264", ".mkv": "libx264", ".avi": "mpeg4", ".ts": "libx264"}


def record(file: Path, seconds: float = 2.0, fps: int = 10, **metadata: str) -> Path:
    """A recording whose brightness grows from 40 to 220 over its length."""
    options = {"movflags": "use_metadata_tags"} if file.suffix in (".mp4", ".mov") else {}
    with av.open(str(file), "w", options=options) as container:
        container.metadata.update(metadata)
        stream = container.add_stream(CODECS[file.suffix], rate=fps)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        count = round(seconds * fps)
        for number in range(count):
            level = 40 + 180 * number / max(1, count - 1)
            picture = np.clip(draw_noise(number).astype(float) - 120 + level, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return file


def grab(file: Path | str, frames_wanted: int = 5, deadline: float = 20.0) -> Grab:
    visit = a_visit(str(file), may_read_files=True, frames_wanted=frames_wanted)
    return open_source(visit).grab(visit.seconds, frames_wanted, deadline)


@pytest.mark.parametrize("suffix", CODECS)
def test_reads_every_container(tmp_path: Path, suffix: str) -> None:
    """Pictures from beginning to end, in order, each with its place in the recording."""
    seen = grab(record(tmp_path / f"a{suffix}"))
    assert seen.fault is None, seen.said
    assert seen.source_kind == "recording"
    assert len(seen.frames) == 5
    levels = [frame.picture_bgr.mean() for frame in seen.frames]
    assert levels == sorted(levels)
    assert levels[0] < 70 < 160 < levels[-1]
    assert seen.container is not None
    assert seen.container.seconds == pytest.approx(2.0, abs=0.2)


def test_long_recordings_are_sought_not_played(tmp_path: Path) -> None:
    """Of 90 s the pictures still lie evenly, and far fewer are decoded than played."""
    seen = grab(record(tmp_path / "long.mp4", seconds=90, fps=2), frames_wanted=6)
    times = [frame.stream_seconds or 0.0 for frame in seen.frames]
    assert len(times) == 6
    assert times == pytest.approx([0, 15, 30, 45, 60, 75], abs=0.6)
    assert seen.received_frames < 20


@pytest.mark.parametrize(
    ("metadata", "created"),
    [
        pytest.param({"creation_time": CREATED}, datetime(2023, 6, 12, 1, 12, tzinfo=UTC), id="UTC"),
        pytest.param(
            {"com.apple.quicktime.creationdate": "2023-06-12T09:12:00+0800", "creation_time": CREATED},
            datetime(2023, 6, 12, 9, 12, tzinfo=timezone(timedelta(hours=8))),
            id="a phone's own offset comes first",
        ),
        pytest.param({"creation_time": "1970-01-01T00:00:00.000000Z"}, None, id="a clock that was never set"),
        pytest.param({}, None, id="none"),
    ],
)
def test_reads_when_it_was_made(tmp_path: Path, metadata: dict[str, str], created: datetime | None) -> None:
    """A claim, with its offset where the device wrote one."""
    facts = grab(record(tmp_path / "a.mp4", **metadata)).container
    assert facts is not None
    assert facts.created_at == created


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("+28.5700+112.3551/", (28.57, 112.3551)),
        ("+28.5700+112.3551+035.100/", (28.57, 112.3551)),
        ("-33.8688-070.6693/", (-33.8688, -70.6693)),
        ("+00.0000+000.0000/", (None, None)),
        ("+95.0000+112.3551/", (None, None)),
        ("somewhere", (None, None)),
    ],
)
def test_reads_where_it_was_made(tmp_path: Path, place: str, wanted: tuple[float | None, float | None]) -> None:
    """ISO 6709 as phones write it; what is no place is none."""
    facts = grab(record(tmp_path / "a.mov", **{"com.apple.quicktime.location.ISO6709": place})).container
    assert facts is not None
    assert (facts.latitude, facts.longitude) == wanted


def test_device_and_software_are_told(tmp_path: Path) -> None:
    """Editors leave their names."""
    apple = {"com.apple.quicktime.make": "Apple", "com.apple.quicktime.model": "iPhone 14"}
    facts = grab(record(tmp_path / "a.mov", **apple)).container
    assert facts is not None
    assert facts.device == "Apple iPhone 14"
    assert facts.software.startswith("Lavf")


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        pytest.param("none.mp4", None, GrabFault.NOT_FOUND, id="no such file"),
        pytest.param("empty.mp4", b"", GrabFault.NO_PICTURE, id="empty"),
        pytest.param("text.mp4", b"no recording at all " * 99, GrabFault.NO_PICTURE, id="text"),
        pytest.param(
            "list.mp4", b"ffconcat version 1.0\nfile secret.mp4\n", GrabFault.NO_PICTURE, id="a playlist in disguise"
        ),
        pytest.param(
            "hls.ts", b"#EXTM3U\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n", GrabFault.NO_PICTURE, id="HLS in disguise"
        ),
    ],
)
def test_names_the_fault(tmp_path: Path, name: str, content: bytes | None, fault: GrabFault) -> None:
    """Also of files that want to make us open others."""
    record(tmp_path / "secret.mp4")
    record(tmp_path / "secret.ts")
    if content is not None:
        (tmp_path / name).write_bytes(content)
    seen = grab(tmp_path / name)
    assert seen.fault is fault, seen.said
    assert not seen.frames
    assert str(tmp_path) not in seen.said


def test_a_cut_off_recording_gives_what_it_has(tmp_path: Path) -> None:
    """A transport stream has no index, so its beginning stays readable."""
    file = record(tmp_path / "a.ts", seconds=4)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    seen = grab(file)
    assert seen.frames


def test_a_filed_address_never_opens_our_files(tmp_path: Path) -> None:
    """An agency that files a path instead of a url must not see our disk."""
    file = record(tmp_path / "other-class.mp4")
    for url in (str(file), f"file://{file}"):
        seen = open_source(a_visit(url)).grab(1.0, 2, 5.0)
        assert seen.fault is GrabFault.UNSUPPORTED
        assert not seen.frames


def test_a_turned_phone_is_upright(tmp_path: Path) -> None:
    """A phone held upright films on its side and says so in the track header: its top lies on the right then."""
    file = tmp_path / "a.mp4"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        picture = np.zeros((120, 160, 3), np.uint8)
        picture[:40] = 255
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    quarter_turn_clockwise = struct.pack("!9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 120 << 16, 0, 1 << 30)
    data = bytearray(file.read_bytes())
    matrix = data.index(b"tkhd") + 44  # ISO 14496-12, 8.3.2
    data[matrix : matrix + 36] = quarter_turn_clockwise
    file.write_bytes(data)
    frame = grab(file, 1).frames[0].picture_bgr
    assert frame.shape == (160, 120, 3)
    assert frame[:, 90:].mean() > 200 > 50 > frame[:, :70].mean()
