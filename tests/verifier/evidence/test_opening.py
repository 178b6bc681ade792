"""Which url opens which store, and that no message ever shows a key."""

from __future__ import annotations

import traceback
from io import BytesIO
from pathlib import Path

import pytest

from tests.services.ports import find_free_ports
from tests.services.s3 import S3Server
from verifier.evidence import LocalStore, S3Store, StoreUnavailable, open_store

KEY, SECRET = "AKIAACCESSKEY", "verysecretkey"


def shown(error: BaseException) -> str:
    """The error as a log would show it, causes included."""
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize("scheme", ["", "file://", "file://localhost"])
def test_a_path_and_a_file_url_are_the_same_store(tmp_path: Path, scheme: str) -> None:
    """Both name the folder."""
    store = open_store(f"{scheme}{tmp_path}/evidence")
    assert isinstance(store, LocalStore)
    assert store.folder == tmp_path / "evidence"


def test_a_file_url_is_unquoted(tmp_path: Path) -> None:
    """Chinese and spaces in a url are percent-encoded."""
    folder = tmp_path / "证据 1"
    store = open_store(folder.as_uri())
    assert isinstance(store, LocalStore)
    assert store.folder == folder


def test_an_s3_url_names_bucket_prefix_server_and_region() -> None:
    """And opening asks no server."""
    store = open_store("s3://bucket/a/b/?endpoint=127.0.0.1:9&region=cn-north-1&secure=false", KEY, SECRET)
    assert isinstance(store, S3Store)
    assert (store.bucket, store.prefix, store.endpoint) == ("bucket", "a/b", "127.0.0.1:9")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param("file://relative", "three slashes", id="a file url with two slashes"),
        pytest.param("ftp://host/x", "ftp", id="another scheme"),
        pytest.param("s3://bucket", "endpoint", id="no server"),
        pytest.param("s3:///prefix?endpoint=h:1", "names bucket", id="no bucket"),
        pytest.param("s3://bucket?endpoint=h:1&bukcet=x", "bukcet", id="an unknown option"),
        pytest.param("s3://bucket?endpoint=h:1&secure=perhaps", "true or false", id="secure neither true nor false"),
        pytest.param(f"s3://{KEY}:{SECRET}@bucket?endpoint=h:1", "no credentials", id="credentials before the bucket"),
        pytest.param(f"s3://b?endpoint={KEY}:{SECRET}@h:1", "no credentials", id="credentials before the server"),
        pytest.param(f"s3://b?endpoint=h:1&secret_key={SECRET}", "secret_key", id="credentials as an option"),
    ],
)
def test_a_wrong_url_is_refused_with_the_reason(url: str, message: str) -> None:
    """And the reason holds no key."""
    with pytest.raises(ValueError, match=message) as caught:
        open_store(url, KEY, SECRET)
    assert SECRET not in shown(caught.value)


@pytest.mark.parametrize("keys", [(None, None), (KEY, None), (None, SECRET), ("", "")])
def test_s3_without_both_keys_is_refused(keys: tuple[str | None, str | None]) -> None:
    """With the names of the settings."""
    with pytest.raises(ValueError, match="VERIFIER_EVIDENCE_ACCESS_KEY"):
        open_store("s3://bucket?endpoint=h:1", *keys)


def ask_everything(store: S3Store) -> list[StoreUnavailable]:
    errors = []
    for ask in (
        lambda: store.put(b"x"),
        lambda: store._send("0" * 64, BytesIO(b""), 0, b""),
        lambda: store.read("0" * 64),
        lambda: store.exists("0" * 64),
        lambda: list(store.digests()),
        lambda: list(store.check()),
    ):
        with pytest.raises(StoreUnavailable) as caught:
            ask()
        errors.append(caught.value)
    return errors


def test_a_server_that_is_down_is_unavailable_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """And neither the signed address nor a key shows, in no cause either."""
    monkeypatch.setattr("verifier.evidence.s3.RETRIES", 0)
    (port,) = find_free_ports(1)
    store = S3Store(f"127.0.0.1:{port}", "bucket", access_key=KEY, secret_key=SECRET, secure=False)
    for error in ask_everything(store):
        assert "does not answer" in str(error)
        assert not any(word in shown(error) for word in (KEY, SECRET, "X-Amz"))
    assert not any(word in repr(store) for word in (KEY, SECRET))


@pytest.mark.parametrize(
    ("bucket", "secret"),
    [
        pytest.param("no-such-bucket", None, id="a bucket that is not there"),
        pytest.param("ready", "wrong-secret", id="a wrong secret"),
    ],
)
def test_a_server_that_refuses_is_unavailable_not_missing(s3_server: S3Server, bucket: str, secret: str | None) -> None:
    """A wrong setting must not look like lost evidence."""
    store = S3Store(
        s3_server.endpoint,
        bucket,
        access_key=s3_server.access_key,
        secret_key=secret or s3_server.secret_key,
        secure=False,
    )
    for error in ask_everything(store):
        assert not any(word in shown(error) for word in (s3_server.secret_key, "wrong-secret", "X-Amz-Signature"))
