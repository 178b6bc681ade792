"""Lists that people search, sort, filter and page through: the database finds one page, whatever the records have grown to.

A `Listing` is a query with named fields. What a person may not see is left out by the query itself, never by the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, or_
from sqlalchemy.orm import Session as Tx

from verifier.records.reading import Query

Row = dict[str, Any]
# A search of more words than this finds no more, it only costs.
MOST_WORDS = 8


def _as_stored(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a list.

    Attributes:
        value: The column or expression.
        searched: Whether the words of a search are looked for in it.
        read: Turns what is stored into what is shown.
    """

    value: ColumnElement[Any] | Any
    searched: bool = False
    read: Callable[[Any], Any] = _as_stored


@dataclass(frozen=True, slots=True)
class Listing:
    """A query that names its tables and conditions, and the fields that can be read from it.

    Attributes:
        source: A select whose columns do not matter: they are replaced by the fields'.
        key: Unique, so that equal rows keep their order from page to page.
        order: Names of fields to sort by where nobody asked, a minus before it for descending.
        filters: Name of a filter → condition for the value that was chosen.
    """

    source: Query
    fields: Mapping[str, Field]
    key: ColumnElement[Any] | Any
    order: tuple[str, ...]
    filters: Mapping[str, Callable[[str], ColumnElement[bool]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks a list. `sort` as in `Listing.order`, empty: as it comes; `filters` without empty values."""

    search: str = ""
    sort: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Found:
    """One page of rows, and how many there are in all."""

    rows: tuple[Row, ...]
    total: int


def find_page(tx: Tx, listing: Listing, asked: Asked) -> Found:
    """The page that was asked for."""
    conditions = _narrow(listing, asked)
    counted = listing.source.with_only_columns(func.count(), maintain_column_froms=True)
    total = tx.scalar(counted.where(*conditions)) or 0
    # The keys first, in order: an index may hold all that this takes. Then the fields of that one page.
    keys = list(
        tx.scalars(_sort(listing, asked, listing.key).where(*conditions).limit(asked.limit).offset(asked.offset))
    )
    page = listing.source.with_only_columns(*_name_columns(listing), listing.key).where(listing.key.in_(keys))
    found = {row[-1]: row for row in tx.execute(page)} if keys else {}
    return Found(tuple(_read(listing, found[key]) for key in keys), total)


def iterate_rows(tx: Tx, listing: Listing, asked: Asked, most: int) -> Iterator[Row]:
    """All rows that are found, in their order, at most so many: read in pieces, for a file."""
    query = _sort(listing, asked, *_name_columns(listing)).where(*_narrow(listing, asked)).limit(most)
    for row in tx.execute(query.execution_options(yield_per=500)):
        yield _read(listing, row)


def _narrow(listing: Listing, asked: Asked) -> list[ColumnElement[bool]]:
    searched = [each.value for each in listing.fields.values() if each.searched]
    found: list[ColumnElement[bool]] = [
        or_(*(func.lower(cast(value, String)).contains(word.lower(), autoescape=True) for value in searched))
        for word in asked.search.split()[:MOST_WORDS]
        if searched
    ]
    return found + [make(asked.filters[name]) for name, make in listing.filters.items() if asked.filters.get(name)]


def _name_columns(listing: Listing) -> list[Any]:
    return [each.value.label(name) for name, each in listing.fields.items()]


def _sort(listing: Listing, asked: Asked, *columns: Any) -> Query:
    wanted = (asked.sort,) if asked.sort.removeprefix("-") in listing.fields else listing.order
    query: Query = listing.source.with_only_columns(*columns)
    for name in wanted:
        value = listing.fields[name.removeprefix("-")].value
        # What has no value stands last, whichever way: a list must not begin with blanks.
        query = query.order_by(value.is_(None), value.desc() if name.startswith("-") else value.asc())
    return query.order_by(listing.key)


def _read(listing: Listing, row: Any) -> Row:
    return {name: each.read(row[place]) for place, (name, each) in enumerate(listing.fields.items())}


def is_one_of(column: Any, groups: Mapping[str, tuple[str, ...]] | None = None) -> Callable[[str], ColumnElement[bool]]:
    """A filter by value; a name in `groups` stands for several, ``all`` for any, and what nobody knows finds nothing."""

    def condition(chosen: str) -> ColumnElement[bool]:
        if chosen == "all":
            return and_(True)
        return or_(column.in_((groups or {}).get(chosen, (chosen,))))

    return condition
