"""Where a camera's pictures come from, and how that is shown without its password.

Cameras are filed by url. Some installers write user and password into it, old firmware even into the path
(``/user=admin&password=…``), gateways into a parameter (``?token=…``). Whatever is shown or kept went through `hide_secrets`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from pydantic import SecretStr

_USER_INFO = re.compile(r"([a-z][a-z0-9+.-]*://)[^\s'\"<>]*@", re.IGNORECASE)
# Names of parameters that let somebody in, wherever in the url they stand.
_PARAMETER = re.compile(
    r"(?i)((?:^|[/?&;_])(?:[a-z_-]*(?:passw(?:or)?d|passwd|pwd|pass|secret|token|signature|sign|apikey|key|auth)|user(?:name)?|usr))"
    r"=[^&/;\s'\"<>]*"
)
RECORDINGS = (".mp4", ".mov", ".mkv", ".avi", ".ts", ".m4v", ".3gp", ".webm", ".gif")
HIDDEN = "***"


class SourceKind(StrEnum):
    """What kind of reader an address needs."""

    RTSP = "rtsp"
    SNAPSHOT = "snapshot"
    ONVIF = "onvif"
    RECORDING = "recording"
    HLS = "hls"
    FLV = "flv"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Address:
    """One source's address, taken apart. Never print `url`: it may hold a token; `shown` is for people and records."""

    kind: SourceKind
    url: str = field(repr=False)
    shown: str
    host: str = ""
    port: int | None = None
    user: str = field(default="", repr=False)
    password: SecretStr = field(default_factory=lambda: SecretStr(""))

    @property
    def holds_password(self) -> bool:
        """True where somebody wrote the password into the address itself."""
        return bool(self.password.get_secret_value()) or self.shown.count(HIDDEN) > 0

    def signed_in(self, user: str, password: str) -> str:
        """The url with user and password in it, percent-encoded, as FFmpeg wants it. Only for the reader's own memory."""
        if not user and not password:
            return self.url
        parts = urlsplit(self.url)
        place = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{place}"))

    def at_path(self, path: str) -> Address:
        """The same host with another path (and query)."""
        parts = urlsplit(self.url)
        whole = f"{parts.scheme}://{parts.netloc}{path}"
        return replace(self, url=whole, shown=hide_secrets(whole))


def read_address(text: str) -> Address:
    """Take an address apart. An address that nothing can be done with has the kind ``unknown``; nothing is raised.

    User and password that stand in it are taken out of `url` and kept apart.
    """
    if "://" not in text:
        path = Path(text)
        kind = SourceKind.RECORDING if path.suffix.lower() in RECORDINGS else SourceKind.UNKNOWN
        return Address(kind, text, hide_secrets(text))
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a port that is no number, a broken IPv6 address
        return Address(SourceKind.UNKNOWN, text, hide_secrets(text))
    user_info, _, place = parts.netloc.rpartition("@")
    user, _, password = user_info.partition(":")
    plain = urlunsplit(parts._replace(netloc=place))
    kind = _find_kind(parts.scheme.lower(), parts.path.lower())
    if kind is SourceKind.RECORDING and parts.scheme.lower() == "file":
        plain = unquote(parts.path)
    return Address(kind, plain, hide_secrets(plain), host, port, unquote(user), SecretStr(unquote(password)))


def _find_kind(scheme: str, path: str) -> SourceKind:
    if scheme in ("rtsp", "rtsps"):
        return SourceKind.RTSP
    if scheme == "onvif":
        return SourceKind.ONVIF
    if scheme == "file":
        return SourceKind.RECORDING if path.endswith(RECORDINGS) else SourceKind.UNKNOWN
    if scheme not in ("http", "https"):
        return SourceKind.UNKNOWN
    if path.endswith((".m3u8", ".m3u")):
        return SourceKind.HLS
    # ZLMediaKit serves live FLV, TS and fMP4 under these endings; none of them ends by itself.
    if path.endswith((".flv", ".live.ts", ".live.mp4")):
        return SourceKind.FLV
    return SourceKind.RECORDING if path.endswith(RECORDINGS) else SourceKind.SNAPSHOT


def hide_secrets(text: str, *secrets: str) -> str:
    """The text without anything that lets somebody in.

    Args:
        text: A url, or a message that may quote one.
        secrets: Passwords that must not stand in it, however they are encoded.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for written in {secret, quote(secret, safe=""), quote(secret), quote(secret, safe="/:@")}:
            text = text.replace(written, HIDDEN)
    # A password may hold an @, so everything up to the last one goes.
    return _PARAMETER.sub(rf"\1={HIDDEN}", _USER_INFO.sub(r"\1", text))
