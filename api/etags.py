"""ETag and If-Match: who changes what somebody else has changed meanwhile is told so, and nothing is lost."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from fastapi import Header

from api.problems import Problem

IfMatch = Annotated[
    str, Header(max_length=100, description="The ETag that was read; where it is another meanwhile: 412.")
]


def make_etag(described: Any) -> str:
    """The ETag of something JSON-ready."""
    text = json.dumps(described, ensure_ascii=True, sort_keys=True, default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def require_unchanged(if_match: str, described: Any) -> None:
    """Refuse a change of what is not any more as the caller read it; without If-Match nothing is compared.

    Raises:
        Problem: ``changed_meanwhile``.
    """
    if if_match and if_match != make_etag(described):
        raise Problem("changed_meanwhile")
