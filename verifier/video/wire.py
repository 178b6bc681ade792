"""How a reader's process hands its pictures over: plain framed bytes through a pipe, nothing that could run on our side.

The process parses what strangers send. Whoever took it over could answer anything, so the answer is JSON and pixels, never pickle.
One message: length of the head (4 bytes), length of the pixels (8), length of the JPEG (8), head (JSON), pixels, JPEG.
"""

from __future__ import annotations

import json
import os
import struct
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from verifier.video.frames import Frame, Grab, GrabFault, RecordingFacts

_LENGTHS = struct.Struct("!IQQ")
# Above these a message is no message of ours: an 8K picture, the longest snapshot, a head with every header a server may send.
_LONGEST = (1 << 20, 7680 * 4320 * 3, 32 << 20)


class WireError(Exception):
    """What came through the pipe is no message of ours."""


def write_message(pipe: int, head: dict[str, Any], pixels: bytes | memoryview = b"", jpeg: bytes = b"") -> None:
    """Write one message; blocks until the other side took it."""
    text = json.dumps(head).encode()
    for part in (_LENGTHS.pack(len(text), len(pixels), len(jpeg)) + text, pixels, jpeg):
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(pipe, rest) :]


def write_frame(pipe: int, frame: Frame) -> None:
    """Write one picture."""
    head = {
        "frame": list(frame.picture_bgr.shape),
        "received_at": frame.received_at.isoformat(),
        "stream_seconds": frame.stream_seconds,
        "packet_sha256": frame.packet_sha256,
        "key_frame": frame.key_frame,
    }
    write_message(pipe, head, np.ascontiguousarray(frame.picture_bgr).data.cast("B"), frame.jpeg or b"")


def write_grab(pipe: int, grab: Grab) -> None:
    """Write the end of a visit: everything but its frames."""
    facts = None
    if grab.container is not None:
        created = grab.container.created_at
        facts = asdict(grab.container) | {"created_at": created.isoformat() if created else None}
    head = {
        "grab": {
            "fault": grab.fault,
            "said": grab.said[:2000],
            "source_kind": grab.source_kind,
            "started_at": grab.started_at.isoformat(),
            "ended_at": grab.ended_at.isoformat(),
            "address": grab.address,
            "http_headers": {name: value[:500] for name, value in grab.http_headers.items()},
            "container": facts,
            "size_wh": grab.size_wh,
            "received_frames": grab.received_frames,
            "bad_packets": grab.bad_packets,
            "frames_per_second": grab.frames_per_second,
        }
    }
    write_message(pipe, head)


class Inbox:
    """Puts messages together from the bytes as they come; never waits."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, part: bytes) -> list[Frame | Grab]:
        """Take bytes; what they complete.

        Raises:
            WireError: they are no messages of ours.
        """
        self._bytes += part
        done: list[Frame | Grab] = []
        while len(self._bytes) >= _LENGTHS.size:
            lengths = _LENGTHS.unpack_from(self._bytes)
            if any(length > most for length, most in zip(lengths, _LONGEST, strict=True)):
                raise WireError(f"a message of {sum(lengths)} bytes")
            end = _LENGTHS.size + sum(lengths)
            if len(self._bytes) < end:
                break
            message = bytes(self._bytes[_LENGTHS.size : end])
            del self._bytes[:end]
            head, pixels = message[: lengths[0]], message[lengths[0] : lengths[0] + lengths[1]]
            try:
                done.append(_read_message(json.loads(head), pixels, message[lengths[0] + lengths[1] :]))
            except (ValueError, KeyError, TypeError) as error:
                raise WireError(f"a message that cannot be read: {type(error).__name__}") from None
        return done


def _read_message(head: dict[str, Any], pixels: bytes, jpeg: bytes) -> Frame | Grab:
    if "frame" in head:
        height, width, channels = head["frame"]
        if channels != 3 or height < 1 or width < 1:
            raise ValueError("no picture")
        return Frame(
            np.frombuffer(pixels, np.uint8).reshape(height, width, channels),
            datetime.fromisoformat(head["received_at"]),
            head["stream_seconds"],
            head["packet_sha256"],
            jpeg or None,
            bool(head["key_frame"]),
        )
    said = head["grab"]
    facts = said["container"]
    if facts is not None:
        created = facts["created_at"]
        facts = RecordingFacts(**facts | {"created_at": datetime.fromisoformat(created) if created else None})
    return Grab(
        (),
        GrabFault(said["fault"]) if said["fault"] else None,
        str(said["said"]),
        str(said["source_kind"]),
        datetime.fromisoformat(said["started_at"]),
        datetime.fromisoformat(said["ended_at"]),
        address=str(said["address"]),
        http_headers={str(name): str(value) for name, value in said["http_headers"].items()},
        container=facts,
        size_wh=tuple(said["size_wh"]) if said["size_wh"] else None,
        received_frames=int(said["received_frames"]),
        bad_packets=int(said["bad_packets"]),
        frames_per_second=said["frames_per_second"],
    )
