"""The look that people are shown of a picture: today's versions, else the newest one that stands, and which that is.

An upgrade of the code or of a pack leaves every stored look behind until the next night has looked again. What was seen before is
still what the findings on record rest on, so pages and reports show it and say its version. Judging never asks here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog
from sqlalchemy.orm import Session as Tx

from verifier.looking import look_versions, versions_key
from verifier.observation import Look
from verifier.photo.look_json import look_from_json
from verifier.records.looks import read_looks, read_older_looks
from verifier.settings import Settings

log = structlog.get_logger()


def read_shown_looks(tx: Tx, settings: Settings, sha256s: Iterable[str]) -> dict[str, Look]:
    """Digest → look, for those that anybody looked at; one that this code cannot read any more is passed over."""
    key = versions_key(look_versions(settings)[0])
    wanted = set(sha256s)
    found = {sha256: look_from_json(*stored) for sha256, stored in read_looks(tx, wanted, key).items()}
    for sha256, older in read_older_looks(tx, wanted - found.keys(), key).items():
        for body, embeddings in older:
            try:
                found[sha256] = look_from_json(body, embeddings)
            except (ValueError, TypeError, KeyError) as error:
                # Of a later program that was taken back, or of a shape that is read no more: the next older one may do.
                log.warning("look_not_readable", sha256=sha256, error=f"{type(error).__name__}: {error}")
                continue
            break
    return found


def find_old_versions(settings: Settings, looks: Mapping[str, Look]) -> dict[str, str]:
    """Digest → versions of the look as one line, for those of `looks` that are not of today's versions."""
    today = look_versions(settings)[0]
    return {sha256: versions_key(look.versions) for sha256, look in looks.items() if dict(look.versions) != today}
