"""Every list of the pages: searched, sorted, filtered, paged by the database, saved as .xlsx; plain links and a GET form.

A page describes its columns and filters once (`ListPage`) and calls `answer_list`; ``format=xlsx`` in the address gives the same
list as a file. What a visitor may see is decided by the `Listing` that the page hands over.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response, StreamingResponse

from api.auth import find_visitor
from api.pages.render import choose_language, show_page
from api.state import get_state
from verifier.language import Sentence
from verifier.records.audit import write_audit
from verifier.records.database import Database
from verifier.records.listing import Asked, Found, Listing, Row, find_page, iterate_rows
from verifier.report.list_xlsx import write_list
from verifier.report.words import label, name_code

PAGE_SIZE = 50
MAX_PAGE_NUMBER = 100_000
MAX_SEARCH = 200
MAX_EXPORTED = 100_000  # rows of one file; the sheet says so where there are more
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PIECE_BYTES = 256 * 1024
# How a column's value is shown; all but these are plain text.
SHOWN = ("text", "number", "percent", "when", "day", "reason")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: The field of the `Listing`.
        label: Heading, Chinese; its English stands in the catalogue.
        show: One of SHOWN, ``word:<table>`` or ``badge:<table>`` (tables of `report.words`).
        link: Where the value leads, from the row; None for nowhere.
        width: In the file, in characters.
        sortable: Whether the heading sorts.
    """

    name: str
    label: str
    show: str = "text"
    link: Callable[[Row], str | None] | None = None
    width: int = 16
    sortable: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter of the form.

    Attributes:
        name: The filter of the `Listing`, and the field of the form.
        label: Chinese.
        values: What may be chosen, with its words; None for a free field.
        kind: ``choice``, ``text`` or ``day``.
        default: What holds where the address says nothing.
        hidden: Kept from page to page, but not in the form.
    """

    name: str
    label: str
    values: Mapping[str, str] | None = None
    kind: str = "choice"
    default: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list as a page: its address, heading, columns, filters, and what to say where nothing was found."""

    path: str
    title: str
    columns: Sequence[Column]
    choices: Sequence[Choice] = ()
    empty: str = "没有符合条件的记录。"
    searched: str = "搜索"
    template: str = "list.html"
    order: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListView:
    """What the template shows: the page of rows, and the addresses of every other view of the same list."""

    page: ListPage
    asked: Asked
    found: Found
    number: int
    pages: int

    def url(self, **changes: str) -> str:
        """The address of this list with changes; empty ones are left out."""
        kept = {"q": self.asked.search, "sort": self.asked.sort}
        defaults = {each.name: each.default for each in self.page.choices}
        kept |= {name: self.asked.filters.get(name, "") for name in defaults}
        defaults["sort"] = self.page.order
        wanted = kept | changes
        told = {name: value for name, value in wanted.items() if value != defaults.get(name, "")}
        return self.page.path + ("?" + urlencode(told) if told else "")

    def sort_url(self, column: Column) -> str:
        """Sorted by a column; a second time the other way round."""
        return self.url(sort=f"-{column.name}" if self.asked.sort == column.name else column.name)

    def sorted_by(self, column: Column) -> str:
        """For ``aria-sort``: ascending, descending or none."""
        if self.asked.sort.removeprefix("-") != column.name:
            return "none"
        return "descending" if self.asked.sort.startswith("-") else "ascending"

    @property
    def first(self) -> int:
        """The number of the first row shown, from 1."""
        return self.asked.offset + 1 if self.found.rows else 0

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return self.asked.offset + len(self.found.rows)


def answer_list(request: Request, page: ListPage, listing: Listing) -> Response:
    """The list as a page, or with ``format=xlsx`` as a file."""
    asked, number = read_asked(request, page)
    if request.query_params.get("format") == "xlsx":
        return send_list(request, page, listing, asked)
    return show_list(request, page, listing, asked, number)


def read_asked(request: Request, page: ListPage) -> tuple[Asked, int]:
    """What the address asks for, and the page's number; what cannot be understood is told, never guessed.

    Raises:
        RequestValidationError: a day that is none.
    """
    given = request.query_params
    filters = {}
    for choice in page.choices:
        value = given.get(choice.name, choice.default).strip()[:MAX_SEARCH]
        if value and choice.kind == "day" and not _is_day(value):
            raise RequestValidationError([{"loc": ("query", choice.name), "msg": "no day", "type": "date"}])
        if value:
            filters[choice.name] = value
    text = given.get("page", "1")
    number = min(int(text), MAX_PAGE_NUMBER) if text.isascii() and text.isdigit() and len(text) < 10 else 1
    number = max(number, 1)
    sort = given.get("sort", "")
    names = {each.name for each in page.columns if each.sortable}
    sort = sort if sort.removeprefix("-") in names else page.order
    search = given.get("q", "").strip()[:MAX_SEARCH]
    return Asked(search, sort, filters, (number - 1) * PAGE_SIZE, PAGE_SIZE), number


def show_list(request: Request, page: ListPage, listing: Listing, asked: Asked, number: int, **values: Any) -> Response:
    """The list as a page."""
    with get_state(request).database.reading() as tx:
        found = find_page(tx, listing, asked)
    pages = max(1, -(-found.total // PAGE_SIZE))
    view = ListView(page, asked, found, number, pages)
    return show_page(request, page.template, view=view, zone=get_state(request).settings.zone, **page.values, **values)


def send_list(request: Request, page: ListPage, listing: Listing, asked: Asked) -> Response:
    """Everything that was found, not only this page, as .xlsx; who took it stands in the audit."""
    state, language = get_state(request), choose_language(request)
    visitor = find_visitor(request)
    # On disk, and sent in pieces: a city's list is long.
    target = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the last piece was sent
    with state.database.transaction() as tx:
        if visitor is not None:
            after = {"search": asked.search, "filters": dict(asked.filters)}
            write_audit(tx, actor=visitor.actor, action="list.export", subject=("list", page.path), after=after)
    write_list(
        target, label(page.title, language), [label(each.label, language) for each in page.columns],
        [each.width for each in page.columns], _iterate_cells(state.database, page, listing, asked, language),
        state.settings.zone,
    )  # fmt: skip
    target.seek(0)

    def send() -> Iterator[bytes]:
        with target:
            while piece := target.read(PIECE_BYTES):
                yield piece

    name = page.path.strip("/").replace("/", "-") or "list"
    return StreamingResponse(
        send(), media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    )


def _iterate_cells(
    database: Database, page: ListPage, listing: Listing, asked: Asked, language: str
) -> Iterator[list[Any]]:
    with database.reading() as tx:
        for count, row in enumerate(iterate_rows(tx, listing, asked, MAX_EXPORTED + 1)):
            if count == MAX_EXPORTED:
                told = label("只导出了前{count}行；请缩小范围后再导出。", language)
                yield [told.format(count=MAX_EXPORTED), *([None] * (len(page.columns) - 1))]
                return
            yield [read_cell(row[each.name], each.show, language) for each in page.columns]


def read_cell(value: Any, show: str, language: str) -> Any:
    """A value as a file's cell holds it: codes as words, sentences as text, the rest as it is."""
    kind, _, table = show.partition(":")
    if isinstance(value, Sentence):
        return value.text(language)
    if value is not None and kind in ("word", "badge"):
        return name_code(str(value), table, language)
    return value


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
