"""The server's side of Basic and Digest (RFC 7616, MD5), as cameras speak it over HTTP and RTSP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Literal

_PAIR = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@dataclass(slots=True)
class Guard:
    """Lets in who knows the password, and counts who does not."""

    user: str
    password: str = field(repr=False)
    scheme: Literal["basic", "digest"] = "digest"
    realm: str = "fake camera"
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    wrong_tries: int = 0

    @property
    def challenge(self) -> str:
        """The value of WWW-Authenticate."""
        if self.scheme == "basic":
            return f'Basic realm="{self.realm}"'
        return f'Digest realm="{self.realm}", nonce="{self.nonce}", algorithm=MD5'

    def lets_in(self, method: str, authorization: str | None) -> bool:
        """Whether an Authorization header is right for a request of that method."""
        if authorization is None:
            return False
        right = self._is_basic(authorization) if self.scheme == "basic" else self._is_digest(method, authorization)
        self.wrong_tries += not right
        return right

    def _is_basic(self, authorization: str) -> bool:
        wanted = "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return hmac.compare_digest(authorization.encode(), wanted.encode())

    def _is_digest(self, method: str, authorization: str) -> bool:
        kind, _, rest = authorization.partition(" ")
        said = {name: quoted or plain for name, quoted, plain in _PAIR.findall(rest)}
        if kind.lower() != "digest" or said.get("nonce") != self.nonce or said.get("username") != self.user:
            return False
        secret = _md5(f"{self.user}:{self.realm}:{self.password}")
        asked = _md5(f"{method}:{said.get('uri', '')}")
        middle = [said["nc"], said["cnonce"], said["qop"]] if "qop" in said else []
        wanted = _md5(":".join([secret, self.nonce, *middle, asked]))
        return hmac.compare_digest(said.get("response", "").encode(), wanted.encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
