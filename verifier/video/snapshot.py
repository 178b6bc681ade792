"""Cameras and gateways that give single pictures over HTTP(S), behind Basic or Digest.

Hikvision: ``/ISAPI/Streaming/channels/101/picture``; Dahua: ``/cgi-bin/snapshot.cgi?channel=1``. A 200 with a JPEG proves nothing:
gateways answer with the last picture, or with their logo, when the camera is down. The headers and bytes that tell come along.
"""

from __future__ import annotations

import errno
import io
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from verifier.video.address import Address, hide_secrets
from verifier.video.credentials import CameraSecret
from verifier.video.frames import Frame, Grab, GrabFault
from verifier.video.source import Keeper, ReadingLimits

# Tried in this order where an address names only a host.
SNAPSHOT_PATHS = ("/ISAPI/Streaming/channels/101/picture", "/cgi-bin/snapshot.cgi?channel=1")
LONGEST_BODY = 20 * 1024 * 1024  # an 8-megapixel JPEG at best quality has about 8 MB
SHORTEST_PAUSE_S = 0.2  # cameras make a snapshot in 0.1 to 0.5 s and refuse faster askers
_KEPT_HEADERS = ("date", "last-modified", "age", "etag", "content-type", "content-length", "server", "x-cache", "via")


class _Stop(Exception):
    """The visit ends here, with this fault."""

    def __init__(self, fault: GrabFault, said: str) -> None:
        super().__init__(said)
        self.fault, self.said = fault, said


class PasswordAuth(httpx.Auth):
    """Basic or Digest, whichever the camera asks for. The password is sent only when asked, and once: cameras lock out guessers."""

    def __init__(self, user: str, password: str) -> None:
        self._basic, self._digest = httpx.BasicAuth(user, password), httpx.DigestAuth(user, password)
        self._chosen: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Ask without a password first; see `httpx.Auth`."""
        if self._chosen is None:
            response = yield request
            asked = " ".join(response.headers.get_list("www-authenticate")).lower()
            if response.status_code != 401 or not asked:
                return
            self._chosen = self._digest if "digest" in asked else self._basic
        yield from self._chosen.auth_flow(request)


@dataclass(slots=True)
class SnapshotSource:
    """One snapshot address, asked again and again for some seconds."""

    address: Address
    shown: str
    secret: CameraSecret = field(repr=False)
    limits: ReadingLimits
    sink: Callable[[Frame], None] | None = None

    def grab(self, seconds: float, frames_wanted: int, deadline: float) -> Grab:
        """Take a picture every `seconds / frames_wanted`. See `Source.grab`."""
        started_at, started = datetime.now(UTC), time.monotonic()
        keeper = Keeper(seconds, frames_wanted, self.sink)
        headers: dict[str, str] = {}
        fault, said, bad = None, "", 0
        try:
            with self._open_client() as client:
                self._take_all(client, keeper, headers, started + deadline)
        except _Stop as stop:
            fault, said = stop.fault, stop.said
            bad = int(fault is GrabFault.DECODE_ERROR)
        return Grab(
            tuple(keeper.kept),
            fault,
            hide_secrets(said, self.secret.password.get_secret_value()),
            self.address.kind.value,
            started_at,
            datetime.now(UTC),
            address=self.shown,
            http_headers={name: hide_secrets(value) for name, value in headers.items()},
            size_wh=keeper.size_wh,
            received_frames=keeper.received,
            bad_packets=bad,
        )

    def _open_client(self) -> httpx.Client:
        user, password = self.secret.user, self.secret.password.get_secret_value()
        context = ssl.create_default_context(cafile=self.secret.ca_file)
        if not self.secret.tls_verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return httpx.Client(
            auth=None if self.secret.is_empty else PasswordAuth(user, password),
            verify=context,
            timeout=httpx.Timeout(self.limits.open_s),
            # A redirect would carry the password elsewhere, a proxy see it.
            follow_redirects=False,
            trust_env=False,
            headers={"Cache-Control": "no-cache", "User-Agent": "verifier"},
        )

    def _take_all(self, client: httpx.Client, keeper: Keeper, headers: dict[str, str], ends: float) -> None:
        pause = max(keeper.seconds / keeper.wanted, SHORTEST_PAUSE_S)
        url = ""
        first: float | None = None
        while keeper.kept_count < keeper.wanted:
            asked = time.monotonic()
            if asked >= ends:
                return
            try:
                url, response, body = self._ask(client, url, ends)
            except (httpx.HTTPError, OSError) as error:
                raise _Stop(find_http_fault(error, first is not None), f"{type(error).__name__}: {error}") from None
            headers.update({name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers})
            picture, received_at = read_snapshot(body, response.headers.get("content-type", "")), datetime.now(UTC)
            now = time.monotonic()
            first = now if first is None else first
            digest = sha256(body).hexdigest()
            # Bound now: the loop's names move on.
            frame = Frame(picture, received_at, packet_sha256=digest, jpeg=body, key_frame=True)
            keeper.offer(float("inf"), lambda frame=frame: frame)  # type: ignore[misc]
            if now - first + pause > keeper.seconds + 1e-6:
                return
            time.sleep(max(0.0, asked + pause - time.monotonic()))

    def _ask(self, client: httpx.Client, url: str, ends: float) -> tuple[str, httpx.Response, bytes]:
        """One picture's body, and the url that gave it."""
        found: httpx.Response | None = None
        for candidate in [url] if url else list(self._candidates()):
            with client.stream("GET", candidate) as response:
                body = _read_body(response, ends)
            if response.status_code != 404:
                _stop_on_status(response, self.secret.is_empty)
                return candidate, response, body
            found = response
        raise _Stop(GrabFault.NOT_FOUND, f"HTTP {found.status_code if found else 404}: no picture at this address")

    def _candidates(self) -> Iterator[str]:
        if httpx.URL(self.address.url).path in ("", "/"):
            yield from (self.address.at_path(path).url for path in SNAPSHOT_PATHS)
        else:
            yield self.address.url


def _read_body(response: httpx.Response, ends: float) -> bytes:
    body = bytearray()
    # No chunk size: httpx would wait until one is full, however slowly it fills.
    for part in response.iter_bytes():
        body += part
        if len(body) > LONGEST_BODY:
            raise _Stop(GrabFault.NO_PICTURE, f"the answer is longer than {LONGEST_BODY} bytes")
        if time.monotonic() > ends:
            raise _Stop(GrabFault.TIMEOUT, f"the answer was not complete in time, {len(body)} bytes came")
    return bytes(body)


def _stop_on_status(response: httpx.Response, no_secret: bool) -> None:
    status = response.status_code
    said = f"HTTP {status} {response.reason_phrase}"
    if status in (401, 403):
        raise _Stop(GrabFault.NO_SECRET if status == 401 and no_secret else GrabFault.UNAUTHORIZED, said)
    if status >= 500 or status == 429:
        raise _Stop(GrabFault.UNAVAILABLE, said)
    if 300 <= status < 400:
        raise _Stop(GrabFault.NO_PICTURE, f"{said}: it points to {response.headers.get('location', 'nowhere')}")
    if status != 200:
        raise _Stop(GrabFault.NO_PICTURE, said)


def read_snapshot(body: bytes, content_type: str) -> NDArray[np.uint8]:
    """Decode one snapshot.

    Args:
        body: JPEG, PNG or BMP.
        content_type: As the peer named it; only for the message.
    Returns: (h, w, 3) uint8 BGR.
    """
    try:
        with Image.open(io.BytesIO(body), formats=("JPEG", "PNG", "BMP")) as image:
            pixels = np.asarray(image.convert("RGB"))
    except UnidentifiedImageError:
        raise _Stop(
            GrabFault.NO_PICTURE, f"the answer is no picture: {content_type or 'no type named'}, {len(body)} bytes"
        ) from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _Stop(GrabFault.DECODE_ERROR, f"the picture of {len(body)} bytes cannot be decoded: {error}") from None
    return np.ascontiguousarray(pixels[:, :, ::-1])


def find_http_fault(error: Exception, had_frames: bool) -> GrabFault:
    """Name a failure of the connection, by the error under httpx's own."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    if any(isinstance(one, ssl.SSLError) for one in causes):
        return GrabFault.TLS
    if any(isinstance(one, socket.gaierror) for one in causes):
        return GrabFault.DNS
    if any(isinstance(one, httpx.TimeoutException | TimeoutError) for one in causes):
        return GrabFault.STALLED if had_frames else GrabFault.TIMEOUT
    if any(isinstance(one, ConnectionRefusedError) for one in causes):
        # Pictures came a moment ago, so somebody listened.
        return GrabFault.DROPPED if had_frames else GrabFault.REFUSED
    numbers: set[Any] = {one.errno for one in causes if isinstance(one, OSError)}
    if numbers & {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}:
        return GrabFault.UNREACHABLE
    if isinstance(error, httpx.ProtocolError | httpx.NetworkError):
        return GrabFault.DROPPED
    return GrabFault.OUR_SIDE
