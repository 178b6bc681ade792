"""Live streams through FFmpeg (PyAV): RTSP(S) over TCP, HLS and HTTP-FLV as media gateways give them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from verifier.video.address import Address, SourceKind, hide_secrets
from verifier.video.av_faults import NOTICED_WITHIN_S, find_fault, find_name_fault
from verifier.video.credentials import CameraSecret
from verifier.video.frames import Frame, Grab, GrabFault
from verifier.video.source import Keeper, ReadingLimits

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# What a stranger's playlist or redirect may make us open: the network, never our files.
_PROTOCOLS = {
    SourceKind.RTSP: "rtsp,rtsps,rtp,tcp,tls,udp",
    SourceKind.HLS: "http,https,tcp,tls,crypto,hls",
    SourceKind.FLV: "http,https,tcp,tls,crypto",
}


@dataclass(slots=True)
class StreamSource:
    """A live stream, read for some seconds. One connection a visit: FFmpeg does not reconnect."""

    address: Address
    shown: str
    secret: CameraSecret = field(repr=False)
    limits: ReadingLimits
    sink: Callable[[Frame], None] | None = None

    def grab(self, seconds: float, frames_wanted: int, deadline: float) -> Grab:
        """Watch the stream. See `Source.grab`."""
        reading = _Reading(self, Keeper(seconds, frames_wanted, self.sink), deadline)
        fault, said = reading.run()
        keeper = reading.keeper
        return Grab(
            tuple(keeper.kept),
            fault,
            hide_secrets(said, self.secret.password.get_secret_value()),
            self.address.kind.value,
            reading.started_at,
            datetime.now(UTC),
            address=self.shown,
            size_wh=keeper.size_wh,
            received_frames=keeper.received,
            bad_packets=reading.bad_packets,
            frames_per_second=reading.rate,
        )

    def options(self) -> dict[str, str]:
        """FFmpeg's options for this kind of stream."""
        options = {"protocol_whitelist": _PROTOCOLS[self.address.kind], "tls_verify": str(int(self.secret.tls_verify))}
        if self.secret.ca_file is not None:
            options["ca_file"] = str(self.secret.ca_file)
        if self.address.kind is SourceKind.RTSP:
            # TCP: schools' routers lose UDP. Video only: the sound of a classroom is nobody's business.
            options |= {"rtsp_transport": "tcp", "fpsprobesize": "0", "allowed_media_types": "video"}
        return options


class _Reading:
    """One visit while it runs."""

    def __init__(self, source: StreamSource, keeper: Keeper, deadline: float) -> None:
        self.source, self.keeper = source, keeper
        self.started_at, self.started = datetime.now(UTC), time.monotonic()
        self.ends = self.started + deadline
        self.first: float | None = None  # when the first picture came
        self.last = self.started  # the last sign of life
        self.first_stream_s: float | None = None
        self.bad_packets = 0
        self.rate: float | None = None
        self.digests: dict[int | None, str] = {}

    def run(self) -> tuple[GrabFault | None, str]:
        address, limits, secret = self.source.address, self.source.limits, self.source.secret
        unknown = find_name_fault(address.host)
        if unknown:
            return GrabFault.DNS, unknown
        url = address.signed_in(secret.user, secret.password.get_secret_value())
        tls = url.lower().startswith(("rtsps:", "https:"))
        patience = min(limits.open_s, self.ends - time.monotonic())
        try:
            with av.open(url, options=self.source.options(), timeout=(patience, limits.silent_s)) as container:
                patience = limits.silent_s
                if not container.streams.video:
                    return GrabFault.NO_PICTURE, "the stream has no video"
                return self._read(container, container.streams.video[0])
        except (FFmpegError, OSError) as error:
            waited = time.monotonic() - self.last
            fault = find_fault(error, waited, patience, self.first is not None, tls)
            if fault is GrabFault.UNAUTHORIZED and secret.is_empty:
                fault = GrabFault.NO_SECRET
            return fault, str(error)

    def _read(self, container: InputContainer, stream: VideoStream) -> tuple[GrabFault | None, str]:
        # One reader a camera: a decoder's own threads would only take turns.
        stream.thread_count = 1
        self.rate = float(stream.average_rate) if stream.average_rate else None
        self.last = came = time.monotonic()
        for packet in container.demux(stream):
            now = time.monotonic()
            began, silent_s, came = self.first is not None, now - came, now
            if packet.size:
                self._remember(packet)
            try:
                pictures = packet.decode()
            except FFmpegError:
                self.bad_packets += 1
                pictures = []
            for picture in pictures:
                self._offer(picture, now)
            if began and silent_s >= self.source.limits.silent_s - NOTICED_WITHIN_S:
                # FFmpeg gave up, and first hands out the picture whose end it was waiting for.
                return GrabFault.STALLED, f"nothing more came for {silent_s:.1f} s"
            if self.first is not None and now - self.first >= self.keeper.seconds:
                return None, ""
            if (self.first is None and now - self.started > self.source.limits.open_s) or now > self.ends:
                return self._say_late()
        if self.first is None:
            return GrabFault.NO_PICTURE, "the stream ended before its first picture"
        return GrabFault.DROPPED, f"the stream ended after {self.keeper.received} pictures"

    def _say_late(self) -> tuple[GrabFault | None, str]:
        if self.first is not None:
            return None, ""
        if self.bad_packets:
            return GrabFault.DECODE_ERROR, f"{self.bad_packets} packets came, none could be decoded"
        return GrabFault.TIMEOUT, "packets came, but no whole picture"

    def _remember(self, packet: Any) -> None:
        self.digests[packet.pts] = sha256(bytes(packet)).hexdigest()
        if len(self.digests) > 64:  # decoders hold back 16 pictures at most
            del self.digests[next(iter(self.digests))]

    def _offer(self, picture: VideoFrame, now: float) -> None:
        received_at = datetime.now(UTC)
        if self.first is None:
            self.first = now
        if self.first_stream_s is None:  # FFmpeg gives the first packet of some peers no time
            self.first_stream_s = picture.time
        self.last = now
        at_s = now - self.first
        if picture.time is not None and self.first_stream_s is not None:
            # FFmpeg hands out in one go what it buffered while it opened: then the stream's own clock spreads them.
            at_s = max(at_s, picture.time - self.first_stream_s)
        self.keeper.offer(at_s, lambda: self._make(picture, received_at), bool(picture.key_frame))

    def _make(self, picture: VideoFrame, received_at: datetime) -> Frame:
        return Frame(
            turn_upright(picture),
            received_at,
            stream_seconds=picture.time,
            packet_sha256=self.digests.get(picture.pts),
            key_frame=bool(picture.key_frame),
        )


def turn_upright(picture: VideoFrame) -> NDArray[np.uint8]:
    """The picture as (h, w, 3) uint8 BGR, turned as its container says: phones film on their side."""
    pixels = np.asarray(picture.to_ndarray(format="bgr24"), dtype=np.uint8)
    quarter_turns = round(picture.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, quarter_turns)) if quarter_turns else pixels
