"""Reading long lists page by page. A cursor says after which entry to go on; it is signed, and holds for one query only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request
from itsdangerous import BadSignature, URLSafeSerializer

from api.problems import Problem

MAX_PAGE = 500
Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many entries at most.")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next` of the page before.")]
# These choose a page of the query, not the query.
_PAGING = frozenset({"cursor", "limit", "lang"})


def paginate(
    request: Request, key: bytes, items: Sequence[Item], order: Callable[[Item], Sequence[str]], limit: int,
    cursor: str | None,
) -> tuple[list[Item], str | None]:  # fmt: skip
    """One page of `items`, and the cursor of the next; None after the last.

    Args:
        order: What entries are sorted by, unique and of texts only, so that entries which come or go in between are neither
            shown twice nor left out.
    Raises:
        Problem: ``bad_cursor``: altered, or of another query.
    """
    serializer, query = URLSafeSerializer(key, salt="cursor"), _digest_query(request)
    ordered = sorted(items, key=lambda item: tuple(order(item)))
    if cursor is not None:
        try:
            of_query, after = serializer.loads(cursor)
        except (BadSignature, ValueError, TypeError):
            raise Problem("bad_cursor") from None
        if of_query != query:
            raise Problem("bad_cursor")
        ordered = [item for item in ordered if tuple(order(item)) > tuple(after)]
    page = ordered[:limit]
    more = len(ordered) > limit
    return page, str(serializer.dumps([query, list(order(page[-1]))])) if more else None


def _digest_query(request: Request) -> str:
    asked: list[Any] = [
        request.url.path,
        sorted(pair for pair in request.query_params.multi_items() if pair[0] not in _PAGING),
        getattr(request.scope.get("caller"), "agency_code", None),
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]
