"""ONVIF cameras: ask the device for the address of its stream or snapshot, then let the other readers do the work.

``onvif://host[:port]/`` takes the first media profile, ``onvif://host/TOKEN`` a named one; ``?snapshot=1`` asks for pictures.
Needs the optional extra ``onvif`` (onvif-zeep-async; its WSDLs are inside).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from time import monotonic
from urllib.parse import parse_qs, urlsplit, urlunsplit

from pydantic import SecretStr

from verifier.video.address import Address, hide_secrets
from verifier.video.av_faults import find_name_fault
from verifier.video.credentials import CameraSecret
from verifier.video.frames import Frame, Grab, GrabFault
from verifier.video.source import Visit, open_source

DEFAULT_PORT = 80
NOT_INSTALLED = "reading ONVIF cameras needs an extra: pip install 'classroom-evidence-verifier[onvif]'"


@dataclass(frozen=True, slots=True)
class OnvifSource:
    """A camera that is asked where its pictures are."""

    visit: Visit
    address: Address
    secret: CameraSecret = field(repr=False)
    sink: Callable[[Frame], None] | None = None

    def grab(self, seconds: float, frames_wanted: int, deadline: float) -> Grab:
        """Find the stream and read it. See `Source.grab`."""
        started_at, started = datetime.now(UTC), monotonic()
        patience = min(self.visit.limits.open_s, deadline)
        uri, fault, said = find_media_uri(self.address, self.secret, patience)
        if fault is not None:
            password = self.secret.password.get_secret_value()
            return Grab(
                (),
                fault,
                hide_secrets(said, password),
                "onvif",
                started_at,
                datetime.now(UTC),
                address=self.visit.shown,
            )
        found = replace(self.visit, url=uri, secret=self.secret.model_copy(update={"url": SecretStr(uri)}))
        grab = open_source(found, self.sink).grab(seconds, frames_wanted, deadline - (monotonic() - started))
        return replace(grab, source_kind="onvif", started_at=started_at, address=self.visit.shown)


def find_media_uri(address: Address, secret: CameraSecret, patience_s: float) -> tuple[str, GrabFault | None, str]:
    """Ask the device: (uri, None, "") or ("", fault, what was said).

    The uri's host is the filed one, whatever the device answers: behind NAT devices name an address nobody reaches, and a
    false one would be handed the password.
    """
    if find_spec("onvif") is None:
        return "", GrabFault.UNSUPPORTED, NOT_INSTALLED
    unknown = find_name_fault(address.host)
    if unknown:
        return "", GrabFault.DNS, unknown
    port = address.port or DEFAULT_PORT
    try:
        # The library wraps all it meets into one error, so the door is tried first.
        socket.create_connection((address.host, port), patience_s).close()
        uri = asyncio.run(asyncio.wait_for(_ask(address, port, secret), patience_s))
    except TimeoutError:
        return "", GrabFault.TIMEOUT, f"the device did not answer within {patience_s:g} s"
    except ConnectionRefusedError as error:
        return "", GrabFault.REFUSED, str(error)
    except OSError as error:
        return "", GrabFault.UNREACHABLE, str(error)
    except LookupError as error:
        return "", GrabFault.NOT_FOUND, str(error)
    except Exception as error:  # noqa: BLE001 - zeep and aiohttp raise some dozen kinds; each is a device that answers otherwise
        said = f"{type(error).__name__}: {error}"
        words = said.lower()
        denied = any(word in words for word in ("notauthorized", "not authorized", "unauthorized", "401", "auth"))
        if denied:
            return "", GrabFault.NO_SECRET if secret.is_empty else GrabFault.UNAUTHORIZED, said
        return "", GrabFault.NO_PICTURE, said
    parts = urlsplit(uri)
    place = address.host if parts.port is None else f"{address.host}:{parts.port}"
    return urlunsplit(parts._replace(netloc=place)), None, ""


async def _ask(address: Address, port: int, secret: CameraSecret) -> str:
    from onvif import ONVIFCamera

    # nat_override: every later question goes to the filed host too. adjust_time: the digest holds a time, and cameras are off.
    camera = ONVIFCamera(
        address.host,
        port,
        secret.user or None,
        secret.password.get_secret_value() or None,
        adjust_time=True,
        nat_override=True,
    )
    parts = urlsplit(address.url)
    try:
        await camera.update_xaddrs()
        media = await camera.create_media_service()
        token = _pick_profile([profile.token for profile in await media.GetProfiles()], parts.path.strip("/"))
        if "snapshot" in parse_qs(parts.query):
            answer = await media.GetSnapshotUri({"ProfileToken": token})
        else:
            setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
            answer = await media.GetStreamUri({"StreamSetup": setup, "ProfileToken": token})
        return str(answer.Uri)
    finally:
        await camera.close()


def _pick_profile(tokens: list[str], wanted: str) -> str:
    if wanted and wanted not in tokens:
        raise LookupError(f"the device has no media profile {wanted}; it has {', '.join(tokens) or 'none'}")
    if not tokens:
        raise LookupError("the device has no media profile")
    return wanted or tokens[0]
