"""Sealing of what must not be readable in a copied database file: ID numbers, phones, embeddings, camera passwords.

AES-256-GCM. A sealed value is ``version (1 byte) | key id (8 bytes) | nonce (12 bytes) | ciphertext and tag``. The key
id says which key opens it, so that a new key can come in while old values are still there. The associated data names
table, column and row: a value that was copied to another row does not open.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_VERSION = b"\x01"
_NONCE_BYTES = 12  # NIST SP 800-38D, 5.2.1.1: the length for which GCM needs no further hashing
_KEY_ID_BYTES = 8


class VaultError(Exception):
    """A key is unusable, or a sealed value does not open with the keys at hand."""


class Vault:
    """Seals with the first key; opens with any of them."""

    def __init__(self, key: bytes, former_keys: Sequence[bytes] = ()) -> None:
        """Take the current key and those that older values were sealed with, 32 bytes each.

        Raises:
            VaultError: a key has another length.
        """
        for each in (key, *former_keys):
            if len(each) != KEY_BYTES:
                raise VaultError(f"a data key has {KEY_BYTES} bytes, this one has {len(each)}")
        self._ciphers = {_key_id(each): AESGCM(_derive(each, b"seal")) for each in (key, *former_keys)}
        self._keys = (key, *(each for each in former_keys if each != key))
        self._current = _key_id(key)
        self._lookup_keys = tuple(_derive(each, b"lookup") for each in self._keys)
        self.rotation_key = _derive(key, b"face rotation")  # docs/decisions/0006
        self.sampling_key = _derive(key, b"camera sampling")  # draws the moments at which cameras are looked at
        # Sign what the API gives out and takes back; the last one signs, as itsdangerous has it.
        self.cursor_keys = [_derive(each, b"cursor") for each in reversed(self._keys)]
        self._audit_keys = {_key_id(each).hex(): _derive(each, b"audit") for each in self._keys}

    @property
    def key_id(self) -> str:
        """The current key's id (16 hexadecimal digits), as every value sealed with it names it."""
        return self._current.hex()

    @property
    def former_key_ids(self) -> tuple[str, ...]:
        """The ids of the other keys at hand."""
        return tuple(_key_id(each).hex() for each in self._keys[1:])

    def __repr__(self) -> str:
        return f"Vault(key id {self._current.hex()})"

    def seal(self, value: bytes, table: str, column: str, row_id: UUID) -> bytes:
        """Encrypt a value for one place. Sealing twice gives two different texts."""
        nonce = os.urandom(_NONCE_BYTES)
        body = self._ciphers[self._current].encrypt(nonce, value, _place(table, column, row_id))
        return _VERSION + self._current + nonce + body

    def open(self, sealed: bytes, table: str, column: str, row_id: UUID) -> bytes:
        """Decrypt a value of that place.

        Raises:
            VaultError: sealed with a key that is not here, altered, cut off, or moved from another place.
        """
        where = f"{table}.{column} of row {row_id}"
        head = len(_VERSION) + _KEY_ID_BYTES + _NONCE_BYTES
        if len(sealed) < head or sealed[:1] != _VERSION:
            raise VaultError(f"{where} holds no sealed value")
        key_id = sealed[1 : 1 + _KEY_ID_BYTES]
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise VaultError(
                f"{where} was sealed with key {key_id.hex()}, which is not here "
                f"({', '.join(each.hex() for each in self._ciphers)}): set VERIFIER_DATA_KEY to the key this database was made with"
            )
        nonce = sealed[1 + _KEY_ID_BYTES : head]
        try:
            return cipher.decrypt(nonce, sealed[head:], _place(table, column, row_id))
        except InvalidTag:
            raise VaultError(f"{where} does not open: the value was altered, or belongs to another row") from None

    def seal_text(self, text: str, table: str, column: str, row_id: UUID) -> bytes | None:
        """Encrypt a text; an empty one needs no secrecy and stays nothing."""
        return self.seal(text.encode(), table, column, row_id) if text else None

    def open_text(self, sealed: bytes | None, table: str, column: str, row_id: UUID) -> str:
        """What `seal_text` sealed."""
        return self.open(sealed, table, column, row_id).decode() if sealed else ""

    def lookup(self, value: str) -> str:
        """A keyed digest (HMAC-SHA-256, hexadecimal) by which equal values are found without being readable.

        ID numbers have few enough possible values to try them all, so a plain hash would hide nothing.
        """
        return self.lookups(value)[0]

    def lookups(self, value: str) -> tuple[str, ...]:
        """`lookup` under every key at hand, the current one first: rows may still hold what a former key gave."""
        return tuple(hmac.new(key, value.encode(), hashlib.sha256).hexdigest() for key in self._lookup_keys)

    def audit_mac(self, text: str) -> str:
        """HMAC-SHA-256 of an audit entry (hexadecimal), which nobody without the key can make anew."""
        return _mac(self._audit_keys[self.key_id], text)

    def find_audit_key(self, mac: str, text: str, retired: Mapping[str, bytes] = MappingProxyType({})) -> str | None:
        """The id of the key with which `audit_mac` gave this for the text; None where it was none of ours.

        Args:
            retired: Key id → `audit_key` of keys that are not at hand any more.
        """
        for key_id, key in (*self._audit_keys.items(), *retired.items()):
            if hmac.compare_digest(_mac(key, text).encode(), mac.encode()):
                return key_id
        return None

    def audit_key(self, key_id: str) -> bytes:
        """What entries of the audit were signed with under that key: kept when the key itself goes."""
        return self._audit_keys[key_id]


def read_key_id(sealed: bytes) -> str:
    """The id of the key that a sealed value names, in hexadecimal."""
    return sealed[len(_VERSION) : len(_VERSION) + _KEY_ID_BYTES].hex()


def read_key(text: str) -> bytes:
    """The data key of a setting: base64 of 32 bytes.

    Raises:
        VaultError: it is no base64, or of another length. The message does not hold the key.
    """
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise VaultError("VERIFIER_DATA_KEY is no base64: make one with `openssl rand -base64 32`") from None
    if len(key) != KEY_BYTES:
        raise VaultError(f"VERIFIER_DATA_KEY holds {len(key)} bytes, wanted {KEY_BYTES}: `openssl rand -base64 32`")
    return key


def load_key_file(path: Path) -> tuple[bytes, ...]:
    """The keys in that file, one a line, the newest first; where there is none, make one, readable to its owner only.

    Two processes that start at once get the same key: the file appears whole or not at all, and never over another.

    Raises:
        VaultError: the file holds no key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with _written_aside(path, [os.urandom(KEY_BYTES)]) as made, contextlib.suppress(FileExistsError):
            os.link(made, path)  # where another process was first, its key is ours too
        _sync_folder(path.parent)
    try:
        keys = tuple(read_key(line) for line in path.read_text(encoding="ascii").splitlines() if line.strip())
    except (VaultError, UnicodeDecodeError):
        keys = ()
    if not keys:
        raise VaultError(f"{path} holds no data key; without it what was sealed cannot be read: restore it")
    return keys


def save_key_file(path: Path, keys: Sequence[bytes]) -> None:
    """Put these keys in place of those in the file, the newest first: whole or not at all."""
    with _written_aside(path, keys) as made:
        made.replace(path)
        _sync_folder(path.parent)


@contextlib.contextmanager
def _written_aside(path: Path, keys: Sequence[bytes]) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".data-key-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(base64.b64encode(key) + b"\n" for key in keys)
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _derive(key: bytes, purpose: bytes) -> bytes:
    # One key to keep, but sealing and look-ups never use the same one.
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"classroom-evidence-verifier " + purpose).derive(key)


def _mac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _key_id(key: bytes) -> bytes:
    return _derive(key, b"id")[:_KEY_ID_BYTES]


def _place(table: str, column: str, row_id: UUID) -> bytes:
    return f"{table}.{column}:{row_id}".encode()
