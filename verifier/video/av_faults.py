"""What FFmpeg's errors mean for a camera: one `GrabFault` each.

FFmpeg says little: an RTSP peer that accepts and never answers is "invalid data" after the time-out, a name that does not
resolve an "input/output error". So the time that passed decides too, and names are looked up before FFmpeg gets the url.
"""

from __future__ import annotations

import errno
import socket

import av
from av.error import FFmpegError

from verifier.video.frames import GrabFault

_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.ENONET}
_ENDED = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED}


# FFmpeg's time-outs are noticed by a callback every 0.1 s.
NOTICED_WITHIN_S = 0.2


def find_fault(error: Exception, waited_s: float, patience_s: float, had_frames: bool, tls: bool) -> GrabFault:
    """Name a failure of FFmpeg.

    Args:
        error: As PyAV raised it.
        waited_s: Since the last sign of life.
        patience_s: After which FFmpeg was told to give up.
        had_frames: Whether pictures came before.
        tls: Whether the connection is to be encrypted.
    """
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return GrabFault.UNAUTHORIZED
    if isinstance(error, av.error.HTTPNotFoundError):
        return GrabFault.NOT_FOUND
    if isinstance(error, av.error.HTTPServerError):
        return GrabFault.UNAVAILABLE
    if isinstance(error, av.error.ExitError | TimeoutError) or waited_s >= patience_s - NOTICED_WITHIN_S:
        return GrabFault.STALLED if had_frames else GrabFault.TIMEOUT
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, ConnectionRefusedError) or number == errno.ECONNREFUSED:
        return GrabFault.REFUSED
    if number in _UNREACHABLE:
        return GrabFault.UNREACHABLE
    if isinstance(error, ConnectionError | av.error.EOFError) or number in _ENDED:
        return GrabFault.DROPPED
    if number == errno.EIO:
        # Certificates that do not hold are an "input/output error" like lost connections; only before the first picture.
        return GrabFault.TLS if tls and not had_frames else GrabFault.DROPPED
    if isinstance(error, FFmpegError):
        return GrabFault.DECODE_ERROR if had_frames else GrabFault.NO_PICTURE
    return GrabFault.OUR_SIDE


def find_name_fault(host: str) -> str:
    """Look a host name up; empty where it is known, else what the resolver said."""
    try:
        socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return f"the name {host} is unknown: {error}"
    return ""
