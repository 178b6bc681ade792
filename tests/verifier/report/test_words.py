"""Every word that a page or a report shows has an English translation; stored codes without a word are shown, not hidden."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from tests.builders.shared import PROJECT
from verifier.language import catalogue
from verifier.report import night_xlsx
from verifier.report.templating import show_percent, show_time
from verifier.report.words import TABLES, label, name_code

TEMPLATES = [*(PROJECT / "verifier/report/templates").glob("*.html"), *(PROJECT / "api/pages/templates").glob("*.html")]


def messages_in(template: Path) -> set[str]:
    found = extract_from_ast(Environment().parse(template.read_text(encoding="utf-8")), ("_",))
    return {message if isinstance(message, str) else str(message[0]) for _, _, message in found}


def test_every_template_was_found():
    assert {"night.html", "today.html", "photo.html"} <= {template.name for template in TEMPLATES}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_what_a_template_says_is_translated(template: Path):
    assert messages_in(template) - set(catalogue("en")) == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_template_says_nothing_outside_the_catalogue(template: Path):
    bare = re.sub(r"\{[{%#].*?[}%#]\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"[\u4e00-\u9fff]+", bare) == []


def test_the_words_for_codes_are_translated():
    words = {word for table in TABLES.values() for word in table.values()}
    assert words - set(catalogue("en")) == set()


def test_the_headings_of_the_workbook_are_translated():
    source = Path(night_xlsx.__file__).read_text(encoding="utf-8")
    headings = set(re.findall(r'\("([^"]+)", \d+\)', source)) | set(re.findall(r'Sheet\("([^"]+)"', source))
    assert len(headings) > 30
    assert headings - set(catalogue("en")) == set()


def test_translations_of_reports_and_pages_keep_their_placeholders():
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    english = catalogue("en")
    said = {message for template in TEMPLATES for message in messages_in(template)}
    assert [message for message in said if names(message) != names(english[message])] == []


def test_a_code_without_a_word_is_shown_as_it_is():
    assert name_code("photo.brand_new", "check") == "photo.brand_new"
    assert name_code(None, "view") == "–"
    assert label("学号", "en")[0].isupper()


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.8, "80%"),
        (0.79999, "79.99%"),
        (2 / 3, "66.66%"),
        (0.7, "70%"),
        (1.0, "100%"),
        (0.0, "0%"),
        (None, "–"),
        (0.925, "92.5%"),
    ],
)
def test_a_rate_is_cut_so_that_79_999_never_reads_80(share: float | None, shown: str):
    assert show_percent(share) == shown


@pytest.mark.parametrize(
    ("iso", "with_offset", "shown"),
    [
        ("2023-06-12T09:12:00+08:00", False, "2023-06-12 09:12:00"),
        ("2023-06-12T09:12:00+08:00", True, "2023-06-12 09:12:00 +08:00"),
        ("2023-06-12T09:12:00", True, "2023-06-12 09:12:00"),
        ("yesterday", True, "yesterday"),
        (None, True, "–"),
    ],
)
def test_times_keep_their_date(iso: str | None, with_offset: bool, shown: str):
    assert show_time(iso, with_offset) == shown
