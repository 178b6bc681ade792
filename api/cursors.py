"""Reading long lists page by page. A cursor says after which entry to go on; it is signed, and holds for one query only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request
from fastapi.responses import JSONResponse
from itsdangerous import BadSignature, URLSafeSerializer

from api.problems import Problem

MAX_PAGE = 500
Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many entries at most.")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next` of the page before.")]
# These choose a page of the query, not the query.
_PAGING = frozenset({"cursor", "limit", "lang"})


def paginate_stored(
    request: Request, keys: list[bytes], limit: int, cursor: str | None,
    read: Callable[[Sequence[str] | None, int], Sequence[Item]], order: Callable[[Item], Sequence[str]],
) -> tuple[list[Item], str | None]:  # fmt: skip
    """One page that the database itself cuts out, and the cursor of the next (None after the last); see `records.paging`.

    Args:
        read: Given the key after which to go on (None: from the start) and how many at most, reads that many.
        order: That key of an entry: unique and of texts only, so that entries which come or go in between are neither
            shown twice nor left out.
    Raises:
        Problem: ``bad_cursor``: altered, or of another query.
    """
    return _cut(request, keys, read(_open_cursor(request, keys, cursor), limit + 1), order, limit)


def send_checked(content: Any) -> JSONResponse:
    """A long answer as it stands: comparing thousands of entries with their description at each request costs more than
    reading them. Tests compare them (`tests/api/test_schema.py`).
    """
    return JSONResponse(content)


def _open_cursor(request: Request, keys: list[bytes], cursor: str | None) -> list[str] | None:
    if cursor is None:
        return None
    try:
        of_query, after = URLSafeSerializer(keys, salt="cursor").loads(cursor)
    except (BadSignature, ValueError, TypeError):
        raise Problem("bad_cursor") from None
    if of_query != _digest_query(request):
        raise Problem("bad_cursor")
    return list(after)


def _cut(
    request: Request, keys: list[bytes], ordered: Sequence[Item], order: Callable[[Item], Sequence[str]], limit: int
) -> tuple[list[Item], str | None]:
    page = list(ordered[:limit])
    if len(ordered) <= limit:
        return page, None
    return page, str(URLSafeSerializer(keys, salt="cursor").dumps([_digest_query(request), list(order(page[-1]))]))


def _digest_query(request: Request) -> str:
    asked: list[Any] = [
        request.url.path,
        sorted(pair for pair in request.query_params.multi_items() if pair[0] not in _PAGING),
        getattr(request.scope.get("caller"), "agency_code", None),
    ]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]
