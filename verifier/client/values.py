"""What a write did, and how a job stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


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


def read_written(answer: httpx.Response) -> Written:
    """What a write was answered."""
    told = answer.json()
    return Written(
        told["class"], told["counts"], tuple(told["warnings"]), answer.status_code == 201,
        answer.headers.get("idempotency-replayed") == "true", answer.headers.get("etag", ""),
    )  # fmt: skip


def read_photo(answer: httpx.Response) -> Photo:
    """A photo as it was answered."""
    told = answer.json()
    return Photo(told["id"], told["sha256"], told["size_bytes"], told["created"])


def read_job(answer: httpx.Response) -> Job:
    """A job as it was answered."""
    told = answer.json()
    return Job(told["id"], told["state"], told["attempt"], told["result"], told["error"])
