"""H.264 for the fake camera: encode drawn pictures, split them into NAL units, pack those into RTP (RFC 6184)."""

from __future__ import annotations

import base64
import fractions
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

RTP_CLOCK = 90_000  # per second, for every video payload (RFC 6184, 5.1)
LONGEST_PAYLOAD = 1400
_START_CODE = re.compile(b"\x00\x00\x00?\x01")
_SPS, _PPS, _FU_A = 7, 8, 28


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One encoded picture as its NAL units, without start codes."""

    nals: tuple[bytes, ...]


class Encoder:
    """Encodes picture by picture without delay, as a camera does: no B frames, an IDR every `gop` pictures."""

    def __init__(self, size_wh: tuple[int, int], fps: int, gop: int = 25) -> None:
        self._context = av.CodecContext.create("libx264", "w")
        self._context.width, self._context.height = size_wh
        self._context.pix_fmt = "yuv420p"
        self._context.time_base = fractions.Fraction(1, fps)
        self._context.framerate = fractions.Fraction(fps, 1)
        self._context.gop_size = gop
        self._context.thread_count = 1
        self._context.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "20", "bf": "0"}
        self._count = 0

    def encode(self, picture_bgr: NDArray[np.uint8]) -> AccessUnit:
        """The picture, (h, w, 3) uint8 BGR, as one access unit."""
        frame = av.VideoFrame.from_ndarray(picture_bgr, format="bgr24")
        frame.pts = self._count
        self._count += 1
        annex_b = b"".join(bytes(packet) for packet in self._context.encode(frame))
        return AccessUnit(tuple(nal for nal in _START_CODE.split(annex_b) if nal))


def encode_clip(pictures: Iterable[NDArray[np.uint8]], fps: int) -> tuple[AccessUnit, ...]:
    """A whole clip, its first picture an IDR."""
    encoder: Encoder | None = None
    units = []
    for picture in pictures:
        encoder = encoder or Encoder((picture.shape[1], picture.shape[0]), fps)
        units.append(encoder.encode(picture))
    return tuple(units)


def describe(unit: AccessUnit) -> str:
    """The SDP of a stream whose first access unit is this one."""
    sets = [nal for nal in unit.nals if nal[0] & 31 in (_SPS, _PPS)]
    sprop = ",".join(base64.b64encode(nal).decode() for nal in sets)
    profile = sets[0][1:4].hex()
    lines = (
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=fake camera",
        "t=0 0",
        "a=control:*",
        "m=video 0 RTP/AVP 96",
        f"a=rtpmap:96 H264/{RTP_CLOCK}",
        f"a=fmtp:96 packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sprop}",
        "a=control:track1",
    )
    return "\r\n".join(lines) + "\r\n"


@dataclass(slots=True)
class RtpPacker:
    """Numbers the packets of one connection; frames them for channel 0 of RTSP's own connection (RFC 2326, 10.12)."""

    sequence: int = 0
    ssrc: int = 0x0C0FFEE0

    def pack(self, unit: AccessUnit, timestamp: int) -> bytes:
        """All packets of one picture, one after the other."""
        out = bytearray()
        payloads = [payload for nal in unit.nals for payload in _split(nal)]
        for number, payload in enumerate(payloads):
            marker = 0x80 if number == len(payloads) - 1 else 0
            header = struct.pack("!BBHII", 0x80, marker | 96, self.sequence & 0xFFFF, timestamp & 0xFFFFFFFF, self.ssrc)
            self.sequence += 1
            out += struct.pack("!cBH", b"$", 0, len(header) + len(payload)) + header + payload
        return bytes(out)


def _split(nal: bytes) -> Iterator[bytes]:
    if len(nal) <= LONGEST_PAYLOAD:
        yield nal
        return
    indicator, kind = nal[0] & 0xE0 | _FU_A, nal[0] & 31
    body = nal[1:]
    for start in range(0, len(body), LONGEST_PAYLOAD):
        part = body[start : start + LONGEST_PAYLOAD]
        first = 0x80 if start == 0 else 0
        last = 0x40 if start + LONGEST_PAYLOAD >= len(body) else 0
        yield bytes((indicator, first | last | kind)) + part
