"""Read the C2PA manifest that some cameras and programs sign their files with.

Needs the optional extra ``provenance`` (c2pa-python); without it a manifest is seen but not read. Nothing is fetched from the
network: neither manifests kept elsewhere nor revocation lists.
Source: C2PA Technical Specification 2.1, sections 11 (manifests in JUMBF boxes) and 15 (validation states and codes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from verifier.observation import ManifestState, Provenance

MIME_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "heic": "image/heic"}
# That nobody vouches for the signer says nothing about the contents.
UNTRUSTED = "signingCredential.untrusted"
MAX_TEXT = 200
_SETTINGS = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}


def read_provenance(data: bytes, kind: str) -> Provenance:
    """Verify the file's manifest.

    Args:
        data: The file's bytes.
        kind: The format as `container.sniff_format` names it.
    """
    if kind not in MIME_TYPES or b"jumb" not in data or b"c2pa" not in data:
        return Provenance(ManifestState.ABSENT)
    if find_spec("c2pa") is None:
        return Provenance(ManifestState.UNREAD)
    return _verify(data, MIME_TYPES[kind])


def _verify(data: bytes, mime_type: str) -> Provenance:
    import c2pa  # loads a native library of 20 MB: only where there is a manifest

    context = c2pa.Context(c2pa.Settings.from_dict(_SETTINGS))
    try:
        reader = c2pa.Reader.try_create(mime_type, BytesIO(data), context=context)
        if reader is None:
            return Provenance(ManifestState.ABSENT)
        state = str(reader.get_validation_state())
        results: Mapping[str, Any] = reader.get_validation_results() or {}
        manifest: Mapping[str, Any] = reader.get_active_manifest() or {}
        reader.close()
    except (c2pa.C2paError, json.JSONDecodeError, UnicodeDecodeError) as error:
        return Provenance(ManifestState.BROKEN, detail=f"{type(error).__name__}: {error}"[:MAX_TEXT])
    failures = [str(item.get("code", "")) for item in (results.get("activeManifest") or {}).get("failure") or []]
    states = {"Valid": ManifestState.INTACT, "Trusted": ManifestState.TRUSTED}
    signature = manifest.get("signature_info") or {}
    return Provenance(
        state=states.get(state, ManifestState.CHANGED),
        signer=_join(signature.get("issuer"), signature.get("common_name")),
        generator=_join(*(part.get("name") for part in manifest.get("claim_generator_info") or [])),
        source_types=tuple(dict.fromkeys(_list_source_types(manifest))),
        failures=tuple(code for code in failures if code and code != UNTRUSTED),
    )


def _list_source_types(manifest: Mapping[str, Any]) -> list[str]:
    """The last part of the IPTC digital source type of every action that names one."""
    found = []
    for assertion in manifest.get("assertions") or []:
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            for action in (assertion.get("data") or {}).get("actions") or []:
                kind = action.get("digitalSourceType")
                if isinstance(kind, str):
                    found.append(kind.rsplit("/", 1)[-1][:MAX_TEXT])
    return found


def _join(*parts: Any) -> str:
    return " / ".join(str(part) for part in parts if part)[:MAX_TEXT]
