"""User and password of cameras: read from one secret file, kept as `SecretStr`, handed only to the reader of that camera.

``VERIFIER_CAMERA_SECRETS_FILE`` names a TOML or JSON file; each entry is found by the camera's id, ``host:port`` or host::

    [cam-203]
    user = "admin"
    password = "…"
    ["10.20.3.4:554"]
    user = "viewer"
    password = "…"
    tls_verify = false        # the camera signs its own certificate
"""

from __future__ import annotations

import json
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from verifier.video.address import Address

log = structlog.get_logger()


class CameraSecretsError(Exception):
    """The secret file cannot be used; the message names file, entry and fault, never a value."""


class CameraSecret(BaseModel):
    """What lets us into one camera.

    Attributes:
        url: Replaces the filed address where a gateway's url is itself a secret (a signed or token url).
        tls_verify: False takes any certificate: whoever stands between us and the camera can then show us anything.
        ca_file: PEM file of the authority that signed the camera's certificate.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    user: str = ""
    password: SecretStr = SecretStr("")
    url: SecretStr | None = None
    tls_verify: bool = True
    ca_file: Path | None = None

    @property
    def is_empty(self) -> bool:
        """True where there is nothing to sign in with."""
        return not self.user and not self.password.get_secret_value()


class CameraSecrets:
    """All cameras' secrets, by name."""

    def __init__(self, by_name: Mapping[str, CameraSecret] | None = None) -> None:
        self._by_name = dict(by_name or {})

    def __repr__(self) -> str:
        return f"CameraSecrets({len(self._by_name)} entries)"

    def find(self, camera_id: str, address: Address) -> CameraSecret:
        """The camera's secret: by its id, else by host and port, else by host, else what stands in its address."""
        for name in (camera_id, f"{address.host}:{address.port}", address.host):
            if name and name in self._by_name:
                return self._by_name[name]
        return CameraSecret(user=address.user, password=address.password)


def load_secrets(file: Path | None) -> CameraSecrets:
    """Read the secret file; without one there are no secrets.

    Raises:
        CameraSecretsError: it is missing, no TOML or JSON, or an entry is not as it should be.
    """
    if file is None:
        return CameraSecrets()
    try:
        text = file.read_text(encoding="utf-8")
        entries = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise CameraSecretsError(f"the cameras' secret file {file} cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise CameraSecretsError(f"{file}, line {error.lineno}: no JSON") from None
    except ValueError:
        # tomllib may quote the line, and the line a password.
        raise CameraSecretsError(f"{file}: no TOML (or not UTF-8)") from None
    if not isinstance(entries, dict):
        raise CameraSecretsError(f"{file}: one table a camera is wanted")
    if file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        log.warning("camera_secrets_readable_by_others", file=str(file), remedy="chmod 600")
    by_name = {}
    for name, entry in entries.items():
        try:
            by_name[name] = CameraSecret.model_validate(entry)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_context=False)[0]
            where = ".".join(str(part) for part in fault["loc"])
            raise CameraSecretsError(f"{file}: [{name}] {where}: {fault['msg']}") from None
    return CameraSecrets(by_name)
