"""From the setting ``VERIFIER_EVIDENCE_URL`` to a store."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from verifier.evidence.local import LocalStore
from verifier.evidence.s3 import UNREACHED, S3Store
from verifier.evidence.store import EvidenceStore

_S3_OPTIONS = {"endpoint", "region", "secure", "public"}
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def open_store(url: str, access_key: str | None = None, secret_key: str | None = None) -> EvidenceStore:
    """Open the store that a url names.

    Args:
        url: A plain path, ``file:///path``, or ``s3://bucket/prefix?endpoint=host:port&region=…&secure=false``;
            ``&public=https://host`` where clients reach the server under another address than we do, ``&public=none`` where
            they do not reach it.
        access_key, secret_key: For S3, from VERIFIER_EVIDENCE_ACCESS_KEY and _SECRET_KEY; never part of the url.
    Raises:
        ValueError: the url is none of these, or S3 lacks its keys. The message never holds a credential.
        StoreUnavailable: the local folder cannot be made.
    """
    check_store_url(url)
    scheme, separator, _ = url.partition("://")
    if not separator:
        return LocalStore(url)
    if scheme == "file":
        return LocalStore(unquote(urlsplit(url).path))
    return _open_s3(url, access_key, secret_key)


def check_store_url(url: str) -> None:
    """Refuse a url that names no store, without opening anything.

    Raises:
        ValueError: it is no plain path, file url or s3 url. The message never holds a credential.
    """
    scheme, separator, _ = url.partition("://")
    if not url:
        raise ValueError("the evidence url is empty: give a folder, file:///… or s3://…")
    if not separator:
        return
    if scheme not in ("file", "s3"):
        raise ValueError(f"evidence url scheme {scheme!r} is none of file, s3")
    parts = urlsplit(url)
    if scheme == "s3":
        _read_s3_options(url)
    elif parts.netloc not in ("", "localhost") or not parts.path:
        raise ValueError("a file url needs three slashes and a path: file:///srv/evidence")


def _read_s3_options(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if "@" in parts.netloc or "@" in options.get("endpoint", ""):
        raise ValueError("an s3 url holds no credentials: set VERIFIER_EVIDENCE_ACCESS_KEY and _SECRET_KEY instead")
    unknown = sorted(options.keys() - _S3_OPTIONS)
    if unknown:
        raise ValueError(f"s3 url option {', '.join(unknown)} is none of {', '.join(sorted(_S3_OPTIONS))}")
    if not parts.netloc or "endpoint" not in options:
        raise ValueError("an s3 url names bucket and server: s3://bucket/prefix?endpoint=host:port")
    public = urlsplit(options.get("public", UNREACHED))
    if public.geturl() != UNREACHED and (
        public.scheme not in ("http", "https") or not public.netloc or public.path.strip("/")
    ):
        raise ValueError("s3 url option public is an address such as https://files.example:9000, or none")
    if options.get("secure", "true").lower() not in _TRUTHS:
        raise ValueError("s3 url option secure is true or false")
    return options


def _open_s3(url: str, access_key: str | None, secret_key: str | None) -> S3Store:
    parts, options = urlsplit(url), _read_s3_options(url)
    if not access_key or not secret_key:
        raise ValueError("S3 needs VERIFIER_EVIDENCE_ACCESS_KEY and VERIFIER_EVIDENCE_SECRET_KEY")
    return S3Store(
        options["endpoint"],
        parts.netloc,
        unquote(parts.path),
        access_key=access_key,
        secret_key=secret_key,
        region=options.get("region", "us-east-1"),
        secure=_TRUTHS[options.get("secure", "true").lower()],
        public=options.get("public", ""),
    )
