"""Recordings that were handed in (Art. 10): mp4, mov, mkv, avi, ts; with what the container says about when and where.

Short ones are read as a whole; of long ones, places spread evenly over their length, by seeking.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.error import FFmpegError

from verifier.video.address import Address
from verifier.video.frames import Frame, Grab, GrabFault, RecordingFacts
from verifier.video.source import Keeper
from verifier.video.stream import turn_upright

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# A playlist named .mp4 must not make us open other files.
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,gif",
}
READ_WHOLE_S = 60.0  # above, seeking is cheaper than decoding: 1080p decodes at about eight times its speed on one core
_ISO_6709 = re.compile(r"^([+-]\d{1,3}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)")
_CREATED = ("com.apple.quicktime.creationdate", "creation_time", "date")  # Apple's holds the offset, the others are UTC
_PLACE = ("com.apple.quicktime.location.iso6709", "location", "location-eng")
_MAKER = ("com.apple.quicktime.make", "com.android.manufacturer", "make")
_MODEL = ("com.apple.quicktime.model", "com.android.model", "model")
_SOFTWARE = ("com.apple.quicktime.software", "com.android.version", "encoder")


@dataclass(slots=True)
class RecordingSource:
    """One file on our own disk."""

    address: Address
    shown: str
    sink: Callable[[Frame], None] | None = None

    def grab(self, seconds: float, frames_wanted: int, deadline: float) -> Grab:
        """Pictures spread over the recording's length; `seconds` bounds what is taken of one without a known length."""
        started_at, ends = datetime.now(UTC), time.monotonic() + deadline
        keeper, facts = Keeper(seconds, frames_wanted, self.sink), None
        fault, said, rate = None, "", None
        try:
            with av.open(self.address.url, options=_OPTIONS) as container:
                facts = read_facts(container)
                if not container.streams.video:
                    fault, said = GrabFault.NO_PICTURE, "the file holds no video"
                else:
                    stream = container.streams.video[0]
                    rate = float(stream.average_rate) if stream.average_rate else None
                    keeper.seconds = facts.seconds or seconds
                    fault, said = _read(container, stream, keeper, ends)
        except FileNotFoundError:
            fault, said = GrabFault.NOT_FOUND, "no such file"
        except (FFmpegError, OSError) as error:
            fault = GrabFault.DECODE_ERROR if keeper.received else GrabFault.NO_PICTURE
            said = str(error).replace(self.address.url, Path(self.address.url).name)
        return Grab(
            tuple(keeper.kept),
            fault,
            said,
            self.address.kind.value,
            started_at,
            datetime.now(UTC),
            address=self.shown,
            container=facts,
            size_wh=keeper.size_wh,
            received_frames=keeper.received,
            frames_per_second=rate,
        )


def _read(container: InputContainer, stream: VideoStream, keeper: Keeper, ends: float) -> tuple[GrabFault | None, str]:
    stream.thread_count = 1
    digests: dict[int | None, str] = {}
    first_s: float | None = None
    for picture in _pictures(container, stream, keeper, digests):
        at_s = picture.time or 0.0
        first_s = at_s if first_s is None else first_s
        keeper.offer(at_s - first_s, lambda picture=picture: _make(picture, digests))  # type: ignore[misc]
        if keeper.kept_count >= keeper.wanted:
            return None, ""
        if time.monotonic() > ends:
            return GrabFault.TIMEOUT, f"reading took too long: {keeper.kept_count} of {keeper.wanted} pictures"
    return (None, "") if keeper.received else (GrabFault.DECODE_ERROR, "no picture could be decoded")


def _pictures(
    container: InputContainer, stream: VideoStream, keeper: Keeper, digests: dict[int | None, str]
) -> Iterator[VideoFrame]:
    length = keeper.seconds
    start = float((stream.start_time or 0) * (stream.time_base or 0))
    if container.duration is None or length <= READ_WHOLE_S or stream.time_base is None:
        yield from _decode(container, stream, digests)
        return
    shown: float | None = None
    for number in range(keeper.wanted):
        wanted_s = start + number * length / keeper.wanted
        container.seek(int(wanted_s / stream.time_base), stream=stream)
        for picture in _decode(container, stream, digests):
            if (picture.time or 0.0) >= wanted_s - 1e-3 and (shown is None or (picture.time or 0.0) > shown):
                shown = picture.time
                yield picture
                break


def _decode(container: InputContainer, stream: VideoStream, digests: dict[int | None, str]) -> Iterator[VideoFrame]:
    digests.clear()
    for packet in container.demux(stream):
        if packet.size:
            digests[packet.pts] = sha256(bytes(packet)).hexdigest()
            if len(digests) > 64:  # decoders hold back 16 pictures at most
                del digests[next(iter(digests))]
        yield from packet.decode()


def _make(picture: VideoFrame, digests: Mapping[int | None, str]) -> Frame:
    digest = digests.get(picture.pts)
    return Frame(turn_upright(picture), datetime.now(UTC), picture.time, digest, key_frame=bool(picture.key_frame))


def read_facts(container: InputContainer) -> RecordingFacts:
    """What the container says about itself; every entry is a claim of whoever wrote the file."""
    said = {name.lower(): value for name, value in container.metadata.items()}
    for stream in container.streams.video:
        said = {name.lower(): value for name, value in stream.metadata.items()} | said
    latitude, longitude = _read_place(_first(said, _PLACE))
    return RecordingFacts(
        container.format.name,
        seconds=container.duration / av.time_base if container.duration else None,
        created_at=_read_time(said),
        latitude=latitude,
        longitude=longitude,
        device=" ".join(filter(None, (_first(said, _MAKER), _first(said, _MODEL)))),
        software=_first(said, _SOFTWARE),
    )


def _first(said: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((said[name] for name in names if said.get(name)), "")


def _read_time(said: Mapping[str, str]) -> datetime | None:
    for name in _CREATED:
        try:
            time_said = datetime.fromisoformat(said.get(name, ""))
        except ValueError:
            continue
        # Containers count from 1904 or 1970; a device that sets no time leaves the zero.
        if time_said.year > 1980:
            return time_said if time_said.tzinfo else time_said.replace(tzinfo=UTC)
    return None


def _read_place(text: str) -> tuple[float | None, float | None]:
    """Latitude and longitude of an ISO 6709 string such as ``+28.5700+112.3551+030.000/``."""
    found = _ISO_6709.match(text)
    if found is None:
        return None, None
    latitude, longitude = float(found[1]), float(found[2])
    # Degrees only: the standard also allows ±DDMM, which no phone writes. Null Island is "unknown".
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude, longitude) == (0.0, 0.0):
        return None, None
    return latitude, longitude
