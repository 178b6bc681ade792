"""From the setting ``VERIFIER_EVIDENCE_URL`` to a store."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from verifier.evidence.local import LocalStore
from verifier.evidence.s3 import S3Store
from verifier.evidence.store import EvidenceStore

_S3_OPTIONS = {"endpoint", "region", "secure"}
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def open_store(url: str, access_key: str | None = None, secret_key: str | None = None) -> EvidenceStore:
    """Open the store that a url names.

    Args:
        url: A plain path, ``file:///path``, or ``s3://bucket/prefix?endpoint=host:port&region=…&secure=false``.
        access_key, secret_key: For S3, from VERIFIER_EVIDENCE_ACCESS_KEY and _SECRET_KEY; never part of the url.
    Raises:
        ValueError: the url is none of these, or S3 lacks its keys. The message never holds a credential.
        StoreUnavailable: the local folder cannot be made.
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        if not url:
            raise ValueError("the evidence url is empty: give a folder, file:///… or s3://…")
        return LocalStore(url)
    if scheme == "file":
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost") or not parts.path:
            raise ValueError("a file url needs three slashes and a path: file:///srv/evidence")
        return LocalStore(unquote(parts.path))
    if scheme == "s3":
        return _open_s3(url, access_key, secret_key)
    raise ValueError(f"evidence url scheme {scheme!r} is none of file, s3")


def _open_s3(url: str, access_key: str | None, secret_key: str | None) -> S3Store:
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if "@" in parts.netloc or "@" in options.get("endpoint", ""):
        raise ValueError("an s3 url holds no credentials: set VERIFIER_EVIDENCE_ACCESS_KEY and _SECRET_KEY instead")
    unknown = sorted(options.keys() - _S3_OPTIONS)
    if unknown:
        raise ValueError(f"s3 url option {', '.join(unknown)} is none of {', '.join(sorted(_S3_OPTIONS))}")
    if not parts.netloc or "endpoint" not in options:
        raise ValueError("an s3 url names bucket and server: s3://bucket/prefix?endpoint=host:port")
    if not access_key or not secret_key:
        raise ValueError("S3 needs VERIFIER_EVIDENCE_ACCESS_KEY and VERIFIER_EVIDENCE_SECRET_KEY")
    secure = _TRUTHS.get(options.get("secure", "true").lower())
    if secure is None:
        raise ValueError("s3 url option secure is true or false")
    return S3Store(
        options["endpoint"],
        parts.netloc,
        unquote(parts.path),
        access_key=access_key,
        secret_key=secret_key,
        region=options.get("region", "us-east-1"),
        secure=secure,
    )
