"""How the client asks: repeated where nobody answered, under one key for each write, files read from disk as they are sent."""

from __future__ import annotations

import hashlib
import io
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self
from urllib.parse import quote
from uuid import uuid4

import httpx

from verifier.client.values import Written, read_written

API = "/api/v1"
CHUNK_BYTES = 1 << 20
# After these the same request may well succeed: 429 and 503 say so, 502 and 504 come from what stands in between, and a 500
# left nothing changed.
_AGAIN = frozenset({429, 500, 502, 503, 504})


class ApiError(Exception):
    """The API refused, by its stable `code`; `errors` has an entry for each field (``path``, ``code``, ``message``)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status, self.code = status, str(problem.get("code", "unknown"))
        self.errors: list[dict[str, Any]] = list(problem.get("errors", ()))
        self.request_id = str(problem.get("request_id", ""))
        self.detail: Mapping[str, str] = problem.get("detail") or problem.get("message") or {}
        super().__init__(f"{status} {self.code}: {self.detail.get('en', '')} (request {self.request_id})")


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is repeated, and how long is waited in between: doubling, up to `longest_s`, with half as jitter."""

    attempts: int = 5
    first_s: float = 0.5
    longest_s: float = 30.0


class Connection:
    """One client with one key; the operations are in the classes that are made of it."""

    def __init__(
        self, base_url: str, key: str, *, retries: Retries = Retries(), timeout_s: float = 60.0,
        transport: httpx.BaseTransport | None = None, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        """Connect when first asked.

        Args:
            key: As `verifier client add` printed it.
            transport: In place of the network, as httpx takes it.
        """
        self._retries, self._sleep = retries, sleep
        self._http = httpx.Client(
            base_url=base_url.rstrip("/"), headers={"Authorization": f"Bearer {key}", "Accept-Language": "en"},
            timeout=httpx.Timeout(timeout_s, connect=10.0), transport=transport,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def read(self, path: str, **query: str | int | bool | None) -> Any:
        """The JSON of one address below ``/api/v1``; what is None in the query is left out.

        Raises:
            ApiError: the API refused.
            httpx.TransportError: nobody answered, after all retries.
        """
        return self._ask("GET", path, params=query).json()

    def iterate(self, path: str, **query: str | int | bool | None) -> Iterator[Any]:
        """All entries of a list, page after page; raises as `read` does."""
        following: str | None = ""
        while following is not None:
            page = self.read(path, **(query | ({"cursor": following} if following else {})))
            yield from page["items"]
            following = page.get("next")

    def _read_tagged(self, path: str, **query: bool) -> tuple[Any, str]:
        """What stands there, and its ETag."""
        answer = self._ask("GET", path, params=query)
        return answer.json(), answer.headers["etag"]

    def _read_bytes(self, path: str) -> bytes:
        return self._ask("GET", path).content

    def _write(self, method: str, path: str, body: Any, key: str | None, etag: str = "") -> httpx.Response:
        """One write under one key; with an `etag` only where nobody changed it since."""
        headers = {"If-Match": etag} if etag else {}
        return self._ask(method, path, json=body, headers=headers | make_key(key))

    def _register(self, method: str, path: str, body: Any, key: str | None, etag: str = "") -> Written:
        return read_written(self._write(method, path, body, key, etag))

    def _upload(
        self, path: str, file: Path | bytes, shown: str, fields: Mapping[str, str], key: str | None, etag: str = ""
    ) -> httpx.Response:
        headers = make_key(key) | ({"If-Match": etag} if etag else {})

        def send() -> httpx.Response:
            # Opened anew for each attempt: what was sent by the one before is to be sent again from its beginning.
            with ExitStack() as stack:
                data = stack.enter_context(open_file(file))
                files = {"file": (shown, data, "application/octet-stream")}
                return self._http.post(API + path, files=files, data=dict(fields), headers=headers)

        return _require_ok(self._again(send))

    def _download(self, path: str, target: Path) -> None:
        """Write an answer to a file as it comes; the file is there once it is whole."""
        part = target.with_name(target.name + ".part")

        def fetch() -> httpx.Response:
            with self._http.stream("GET", API + path) as answer:
                if not answer.is_success:
                    answer.read()
                    return answer
                with part.open("wb") as written:
                    for piece in answer.iter_bytes(CHUNK_BYTES):
                        written.write(piece)
                return answer

        try:
            _require_ok(self._again(fetch))
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def _ask(
        self, method: str, path: str, *, params: Mapping[str, str | int | bool | None] | None = None, json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        asked = {name: value for name, value in (params or {}).items() if value is not None}

        def send() -> httpx.Response:
            return self._http.request(method, API + path, params=asked, json=json, headers=headers)

        return _require_ok(self._again(send))

    def _again(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Send until there is an answer worth having; reads and writes with a key may be repeated, and there are no others."""
        for attempt in range(1, self._retries.attempts + 1):
            last = attempt == self._retries.attempts
            try:
                answer = send()
            except httpx.TransportError:
                if last:
                    raise
                answer = None
            if answer is not None and (last or answer.status_code not in _AGAIN):
                return answer
            self._sleep(_wait(attempt, answer, self._retries))
        raise AssertionError("the last attempt returns or raises")


def name_class(number: str) -> str:
    """The address of a class."""
    return f"/classes/{quote_part(number)}"


def quote_part(value: str | int) -> str:
    """A value as one part of an address."""
    return quote(str(value), safe="")


def make_key(key: str | None) -> dict[str, str]:
    """The header of a write: the caller's own key, or a new one."""
    return {"Idempotency-Key": key or str(uuid4())}


def drop_none(**values: Any) -> dict[str, Any]:
    """A body without what was left out."""
    return {name: value for name, value in values.items() if value is not None}


def open_file(file: Path | bytes) -> BinaryIO:
    """What is sent, from its beginning."""
    return file.open("rb") if isinstance(file, Path) else io.BytesIO(file)


def digest_file(file: Path | bytes) -> str:
    """SHA-256, read in pieces."""
    digest = hashlib.sha256()
    with open_file(file) as data:
        for piece in read_pieces(data):
            digest.update(piece)
    return digest.hexdigest()


def read_pieces(data: BinaryIO) -> Iterator[bytes]:
    """A file as it is sent."""
    while piece := data.read(CHUNK_BYTES):
        yield piece


def _wait(attempt: int, answer: httpx.Response | None, retries: Retries) -> float:
    wait_s = min(retries.first_s * 2.0 ** (attempt - 1), retries.longest_s)
    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    if asked.isdigit():
        return min(float(asked), retries.longest_s)
    # Jitter spreads those who were cut off together; nothing secret hangs on it.
    return wait_s * random.uniform(0.5, 1.0)


def _require_ok(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    raise ApiError(answer.status_code, problem if isinstance(problem, dict) else {})
