"""A small client of the API: typed, with keys for every write, retries that repeat nothing, and uploads that stream.

    from verifier.client import VerifierClient
    with VerifierClient("https://verifier.example", key) as client:
        client.send_photo("YY-2023-0071", Path("p01.jpg"), session="2023-06-12-am")

Every write carries an Idempotency-Key that stays the same over its retries, so a write whose answer was lost happens once.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Self
from urllib.parse import quote
from uuid import uuid4

import httpx

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


class EventRefused(ValueError):
    """A webhook's request that is not signed with our secret, or too old."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is repeated, and how long is waited in between: doubling, up to `longest_s`, with half as jitter."""

    attempts: int = 5
    first_s: float = 0.5
    longest_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: by kind how many rows were added, changed, unchanged and dropped. `etag` where a filing was written."""

    class_number: str
    counts: Mapping[str, Mapping[str, int]]
    warnings: tuple[Mapping[str, Any], ...]
    created: bool
    replayed: bool
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo on record; `created` is False where it was there before."""

    id: str
    sha256: str
    size_bytes: int
    created: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A verification on demand. `state` is ``queued``, ``running``, ``done``, ``failed`` or ``cancelled``."""

    id: str
    state: str
    attempt: int
    result: Mapping[str, Any] | None = None
    error: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook tells. The same `id` may come more than once."""

    id: str
    delivery_id: str
    kind: str
    class_number: str
    occurred_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


class VerifierClient:
    """One client with one key. Not to be shared between threads that close it."""

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

    # ---------------------------------------------------------------- reading

    def read(self, path: str, **query: str | int | bool) -> Any:
        """The JSON of one address below ``/api/v1``.

        Raises:
            ApiError: the API refused.
            httpx.TransportError: nobody answered, after all retries.
        """
        return self._ask("GET", path, params=query).json()

    def iterate(self, path: str, **query: str | int | bool) -> Iterator[dict[str, Any]]:
        """All entries of a list, page after page; raises as `read` does."""
        following: str | None = ""
        while following is not None:
            page = self.read(path, **(query | ({"cursor": following} if following else {})))
            yield from page["items"]
            following = page.get("next")

    def classes(self) -> Iterator[dict[str, Any]]:
        """All classes that this client may see."""
        return self.iterate("/classes", limit=500)

    def filing(self, number: str) -> tuple[dict[str, Any], str]:
        """A class's filing and its ETag, for `save_filing`."""
        answer = self._ask("GET", f"{_class(number)}/filing")
        return answer.json(), answer.headers["etag"]

    # ---------------------------------------------------------------- writing

    def save_filing(self, number: str, filing: Mapping[str, Any], *, etag: str = "", key: str | None = None) -> Written:
        """File a class or change its filing; with an `etag` only where nobody changed it since."""
        return self._write("PUT", _class(number), json=filing, key=key, headers={"If-Match": etag} if etag else {})

    def save_roster(self, number: str, students: Sequence[Mapping[str, str]], *, key: str | None = None) -> Written:
        """Bring the roster in line."""
        return self._write("PUT", f"{_class(number)}/roster", json={"students": list(students)}, key=key)

    def send_roster(self, number: str, file: Path | bytes, *, key: str | None = None) -> Written:
        """The roster as an .xlsx or .csv file."""
        return _written(self._upload(f"{_class(number)}/roster/file", file, "roster", {}, key))

    def add_sign_ins(self, number: str, sign_ins: Sequence[Mapping[str, Any]], *, key: str | None = None) -> Written:
        """Add sign-ins; those that are there change nothing."""
        return self._write("POST", f"{_class(number)}/sign-ins", json={"sign_ins": list(sign_ins)}, key=key)

    def add_leaves(self, number: str, leaves: Sequence[Mapping[str, str]], *, key: str | None = None) -> Written:
        """Add approved absences."""
        return self._write("POST", f"{_class(number)}/leaves", json={"leaves": list(leaves)}, key=key)

    def send_photo(
        self, number: str, file: Path | bytes, *, name: str | None = None, session: str | None = None,
        view: str | None = None, key: str | None = None,
    ) -> Photo:  # fmt: skip
        """Hand in a photo, read from disk as it is sent; its digest goes along, so that nothing broken is kept."""
        fields = _without_none(name=name, session=session, view=view, sha256=_digest(file))
        shown = name or (file.name if isinstance(file, Path) else "photo.jpg")
        return _photo(self._upload(f"{_class(number)}/photos", file, shown, fields, key))

    def send_photo_direct(
        self, number: str, file: Path | bytes, *, name: str | None = None, session: str | None = None,
        view: str | None = None, key: str | None = None,
    ) -> Photo:  # fmt: skip
        """Hand in a large file straight to the store; the API then reads its digest there and puts it on record.

        Raises:
            ApiError: ``direct_upload_unsupported`` where the store takes none: use `send_photo`.
        """
        digest = _digest(file)
        with _open(file) as data:
            size = data.seek(0, io.SEEK_END)
        asked = {"sha256": digest, "size_bytes": size}
        place = self._ask("POST", f"{_class(number)}/uploads", json=asked, headers=_key_header(None)).json()

        def put() -> httpx.Response:
            with _open(file) as data:
                # Without our key: it is the store's address, and the signature in it is all that it wants.
                return httpx.put(
                    place["url"],
                    content=_pieces(data),
                    headers={"Content-Length": str(size)},
                    timeout=self._http.timeout,
                )

        sent = self._again(put)
        if sent.status_code >= 300:
            raise ApiError(sent.status_code, {"code": "store_refused"})
        shown = name or (file.name if isinstance(file, Path) else None)
        body = _without_none(name=shown, session=session, view=view)
        path = f"{_class(number)}/uploads/{digest}/complete"
        return _photo(self._ask("POST", path, json=body, headers=_key_header(key)))

    def send_portrait(self, number: str, student_no: str, file: Path | bytes, *, key: str | None = None) -> Written:
        """Add an enrolment photo of a student."""
        path = f"{_class(number)}/students/{quote(student_no, safe='')}/portraits"
        return _written(self._upload(path, file, "portrait.jpg", {"sha256": _digest(file)}, key))

    def verify(self, since: str, until: str, *, key: str | None = None) -> Job:
        """Ask for the verification of these days (ISO, both included)."""
        body = {"since": since, "until": until}
        return _job(self._ask("POST", "/verifications", json=body, headers=_key_header(key)))

    def job(self, job_id: str) -> Job:
        """How far a job is."""
        return _job(self._ask("GET", f"/jobs/{job_id}"))

    def cancel(self, job_id: str, *, key: str | None = None) -> Job:
        """Take a job out, or stop it."""
        return _job(self._ask("POST", f"/jobs/{job_id}/cancel", headers=_key_header(key)))

    def wait_for(self, job_id: str, *, within_s: float = 3600.0, every_s: float = 2.0) -> Job:
        """Wait until a job has ended.

        Raises:
            TimeoutError: it has not, `within_s` seconds later.
        """
        ends = time.monotonic() + within_s
        while not (job := self.job(job_id)).ended:
            if time.monotonic() >= ends:
                raise TimeoutError(f"job {job_id} is still {job.state} after {within_s:g} s")
            self._sleep(every_s)
        return job

    def subscribe(
        self, name: str, url: str, events: Sequence[str], secret: str, *, key: str | None = None
    ) -> dict[str, Any]:
        """Be told of events at `url`; see `read_event`."""
        body = {"url": url, "events": list(events), "secret": secret}
        path = f"/webhooks/{quote(name, safe='')}"
        told: dict[str, Any] = self._ask("PUT", path, json=body, headers=_key_header(key)).json()
        return told

    # ---------------------------------------------------------------- how

    def _write(
        self, method: str, path: str, *, json: Any, key: str | None, headers: Mapping[str, str] | None = None
    ) -> Written:
        return _written(self._ask(method, path, json=json, headers={**(headers or {}), **_key_header(key)}))

    def _upload(
        self, path: str, file: Path | bytes, shown: str, fields: Mapping[str, str], key: str | None
    ) -> httpx.Response:
        headers = _key_header(key)

        def send() -> httpx.Response:
            # Opened anew for each attempt: what was sent by the one before is to be sent again from its beginning.
            with ExitStack() as stack:
                data = stack.enter_context(_open(file))
                files = {"file": (shown, data, "application/octet-stream")}
                return self._http.post(API + path, files=files, data=dict(fields), headers=headers)

        return _require_ok(self._again(send))

    def _ask(
        self, method: str, path: str, *, params: Mapping[str, str | int | bool] | None = None, json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        def send() -> httpx.Response:
            return self._http.request(method, API + path, params=params, json=json, headers=headers)

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


def read_event(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None,
    tolerance: timedelta = timedelta(minutes=5),
) -> Event:  # fmt: skip
    """What a webhook's request tells, once its signature was found to be right.

    Args:
        headers: Of the request, in whatever case.
        body: As it came, byte for byte.
        tolerance: How old or how far ahead it may be; older ones may be replayed by somebody who overheard them.
    Raises:
        EventRefused: it is not ours, altered, or too old.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    parts = dict(part.partition("=")[::2] for part in lower.get("webhook-signature", "").split(","))
    stamp, given = parts.get("t", ""), parts.get("v1", "")
    if not stamp.isascii() or not stamp.isdigit():
        raise EventRefused("the request is not signed")
    wanted = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise EventRefused("the signature is not made with this secret over this body")
    sent_at = int(stamp)
    if abs((now or datetime.now(UTC)).timestamp() - sent_at) > tolerance.total_seconds():
        raise EventRefused("the request is too old, or a clock is wrong")
    told = json.loads(body)
    return Event(
        told["id"], lower.get("webhook-id", ""), told["type"], told["class"],
        datetime.fromisoformat(told["occurred_at"]), told["data"],
    )  # fmt: skip


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


def _class(number: str) -> str:
    return f"/classes/{quote(number, safe='')}"


def _key_header(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key or str(uuid4())}


def _without_none(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _open(file: Path | bytes) -> BinaryIO:
    return file.open("rb") if isinstance(file, Path) else io.BytesIO(file)


def _digest(file: Path | bytes) -> str:
    digest = hashlib.sha256()
    with _open(file) as data:
        for piece in _pieces(data):
            digest.update(piece)
    return digest.hexdigest()


def _pieces(data: BinaryIO) -> Iterator[bytes]:
    while piece := data.read(CHUNK_BYTES):
        yield piece


def _written(answer: httpx.Response) -> Written:
    told = answer.json()
    return Written(
        told["class"], told["counts"], tuple(told["warnings"]), answer.status_code == 201,
        answer.headers.get("idempotency-replayed") == "true", answer.headers.get("etag", ""),
    )  # fmt: skip


def _photo(answer: httpx.Response) -> Photo:
    told = answer.json()
    return Photo(told["id"], told["sha256"], told["size_bytes"], told["created"])


def _job(answer: httpx.Response) -> Job:
    told = answer.json()
    return Job(told["id"], told["state"], told["attempt"], told["result"], told["error"])
