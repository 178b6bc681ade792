"""What a reader hands over: frames with the times they came at, or the fault that kept them from coming.

The line between getting pictures (`source`, `supervise`) and looking at them (`look`): no networks and no law on either side of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class GrabFault(StrEnum):
    """Why no (more) frames came. Stored for years: values are added, none is renamed."""

    REFUSED = "refused"  # nobody listens there
    UNREACHABLE = "unreachable"  # no route to it: its network or ours
    DNS = "dns"  # the name is unknown
    TLS = "tls"  # a certificate that does not hold, or no TLS spoken
    TIMEOUT = "timeout"  # accepted, never answered (in time)
    UNAUTHORIZED = "unauthorized"  # 401 or 403: the password is wrong or missing
    NOT_FOUND = "not_found"  # 404: no such stream, path or file
    UNAVAILABLE = "unavailable"  # 5xx: the peer says that it cannot
    NO_PICTURE = "no_picture"  # it answers, but with nothing that shows a picture (an HTML page, audio only, empty)
    DECODE_ERROR = "decode_error"  # pictures came and could not be decoded
    STALLED = "stalled"  # frames came, then nothing more while the connection stood
    DROPPED = "dropped"  # frames came, then the peer ended the connection
    UNSUPPORTED = "unsupported"  # a kind of address we have no reader for
    NO_SECRET = "no_secret"  # the camera asks for a password and we hold none: our side
    OUR_SIDE = "our_side"  # the reader crashed, was killed for its memory, or never got to start

    @property
    def is_ours(self) -> bool:
        """True where it says nothing about the camera: `not_run`, never the agency's fault."""
        return self in (GrabFault.OUR_SIDE, GrabFault.NO_SECRET, GrabFault.UNSUPPORTED)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture of a stream.

    Attributes:
        picture_bgr: (h, w, 3) uint8, BGR.
        received_at: When it reached us, UTC, by our clock. Of a recording: when we read it.
        stream_seconds: Its presentation time on the stream's own clock, in seconds; None for snapshots.
        packet_sha256: Digest of the compressed bytes as received (the JPEG, or the video packet): a camera's sensor never
            repeats a picture to the bit, so equal digests mean equal, stored pictures.
        jpeg: The body as received, for snapshot cameras.
        key_frame: True for a picture that needs no other one to be decoded.
    """

    picture_bgr: NDArray[np.uint8]
    received_at: datetime
    stream_seconds: float | None = None
    packet_sha256: str | None = None
    jpeg: bytes | None = field(default=None, repr=False)
    key_frame: bool = False


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """What a file's container says about itself; written by whoever made the file, so a claim and no proof.

    Attributes:
        created_at: `creation_time` as written, with its offset; None where the container holds none.
        latitude, longitude: WGS-84 degrees, from `location` (ISO 6709, as phones write it).
        seconds: How long it plays; None where unknown.
        device, software: Maker, model and writing software, as far as said.
    """

    format: str
    seconds: float | None = None
    created_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    device: str = ""
    software: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Grab:
    """One visit to one source: what came, when, and what went wrong, if anything.

    Frames may be there together with a fault: a stream that stalled had begun.

    Attributes:
        frames: In the order they came, thinned to about as many as were wanted, spread over the visit.
        fault: None where the visit went as wanted.
        said: The peer's or the library's message, every credential taken out; English, for the record.
        source_kind: ``rtsp``, ``snapshot``, ``onvif``, ``recording``, ``hls``, ``flv`` or ``unknown``.
        address: The url without user, password and secret parameters.
        started_at, ended_at: UTC, our clock.
        http_headers: Of the last answer, lower-case names: ``date``, ``last-modified``, ``age``, ``etag``, ``content-type``.
        container: For recordings.
        size_wh: Width and height of the pictures, in pixels; None where none came.
        received_frames: Frames that came altogether, also those that were thinned out.
        bad_packets: Packets that could not be decoded. A few at the start are usual: a stream is joined in its middle.
        frames_per_second: As the stream announces it; None where it does not.
    """

    frames: tuple[Frame, ...]
    fault: GrabFault | None
    said: str
    source_kind: str
    started_at: datetime
    ended_at: datetime
    address: str = ""
    http_headers: Mapping[str, str] = field(default_factory=dict)
    container: RecordingFacts | None = None
    size_wh: tuple[int, int] | None = None
    received_frames: int = 0
    bad_packets: int = 0
    frames_per_second: float | None = None
