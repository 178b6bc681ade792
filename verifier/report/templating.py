"""The Jinja environment that reports and pages share: escaping always on, words and times shown alike everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, pass_context
from jinja2.runtime import Context

from verifier.language import current_language
from verifier.report.summary import sort_findings
from verifier.report.words import SYMBOLS, label, name_code


def make_environment(extra: Sequence[BaseLoader] = ()) -> Environment:
    """Templates of this room, after those in `extra`. Every value is escaped, whatever the file is called.

    A template may use ``_("…{n}…", n=1)`` (translated), ``x|label`` (translated, for words that come from code),
    ``x|word("outcome")``, ``x|symbol``, ``x|when``, ``x|percent``.
    They speak the ``language`` that the template was given, by default the context's.
    """
    environment = Environment(
        loader=ChoiceLoader([*extra, PackageLoader("verifier.report")]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = _translate
    environment.filters.update(
        word=_word,
        label=_label,
        worst_first=sort_findings,
        symbol=lambda code: SYMBOLS.get(code, ""),
        when=show_time,
        percent=show_percent,
        number=show_number,
    )
    return environment


def _language_of(context: Context) -> str:
    return str(context.get("language") or current_language())


@pass_context
def _translate(context: Context, template: str, **values: Any) -> str:
    text = label(template, _language_of(context))
    return text.format_map(values) if values else text


@pass_context
def _label(context: Context, text: str) -> str:
    return label(text, _language_of(context))


@pass_context
def _word(context: Context, code: str | None, table: str) -> str:
    return name_code(code, table, _language_of(context))


def show_time(moment: str | None, with_offset: bool = False) -> str:
    """An ISO time for people: ``2023-06-12 09:12:00``, with its offset from UTC where asked. What is no time stays as it is."""
    if not moment:
        return "–"
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    shown = parsed.strftime("%Y-%m-%d %H:%M:%S")
    offset = parsed.isoformat()[-6:] if with_offset and parsed.tzinfo else ""  # %:z came with Python 3.12
    return f"{shown} {offset}".rstrip()


def show_percent(share: float | None) -> str:
    """A share from 0 to 1 as a percentage with up to two decimals, cut and not rounded: 79.996 % must not read like 80 %.

    The regulation's sentences cut alike (verifier/regulation/rule.py), so the same rate reads the same everywhere.
    """
    if share is None:
        return "–"
    # 0.7 * 10000 may be 6999.999999999999: a millionth settles it.
    return f"{int(share * 10000 + 1e-6) / 100:g}%"


def show_number(value: float | None) -> str:
    """A number without idle zeros, a dash where there is none."""
    return "–" if value is None else f"{value:g}"
