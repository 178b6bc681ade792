"""Cursors: signed, of one query, and still good after a new data key came in."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fastapi import Request

from api.cursors import paginate_stored
from api.problems import Problem
from verifier.records.vault import Vault

OLD, NEW = Vault(bytes(32)), Vault(bytes(range(32)), [bytes(32)])


def a_request(query: str = "", path: str = "/api/v1/classes") -> Request:
    return Request({"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []})


def read(after: Sequence[str] | None, most: int) -> list[str]:
    start = 0 if after is None else int(after[0]) + 1
    return [str(each) for each in range(start, 10)][:most]


def page(vault: Vault, cursor: str | None, request: Request | None = None) -> tuple[list[str], str | None]:
    return paginate_stored(request or a_request(), vault.cursor_keys, 4, cursor, read, lambda one: [one])


def test_pages_follow_each_other_to_the_end():
    first, cursor = page(OLD, None)
    second, following = page(OLD, cursor)
    third, end = page(OLD, following)
    assert [*first, *second, *third] == [str(each) for each in range(10)]
    assert end is None


def test_a_cursor_of_before_holds_after_a_new_key_came_in_and_new_ones_need_the_new_key():
    _, cursor = page(OLD, None)
    found, following = page(NEW, cursor)
    assert found == ["4", "5", "6", "7"]
    with pytest.raises(Problem, match="bad_cursor"):
        page(OLD, following)


@pytest.mark.parametrize("request_", [a_request("agency=x"), a_request(path="/api/v1/agencies")], ids=["query", "path"])
def test_a_cursor_is_of_its_query(request_: Request):
    _, cursor = page(OLD, None)
    with pytest.raises(Problem, match="bad_cursor"):
        page(OLD, cursor, request_)


@pytest.mark.parametrize("cursor", ["", "x", "W10.abc", "é"])
def test_what_is_no_cursor_is_told_so(cursor: str):
    with pytest.raises(Problem, match="bad_cursor"):
        page(OLD, cursor)
