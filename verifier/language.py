"""Sentences for people: Chinese (zh-CN) in the code, English in ``verifier/locale/en/*.po``.

A sentence is kept as its template and its values, so what was found in one language can be read in the other years later.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from babel.messages.pofile import read_po

LANGUAGES = ("zh_CN", "en")
_language: ContextVar[str] = ContextVar("language", default="zh_CN")


def use_language(language: str) -> None:
    """Choose the language that ``str(sentence)`` speaks in this context (a request, a command).

    Raises:
        ValueError: the language is none of LANGUAGES.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r} is none of {', '.join(LANGUAGES)}")
    _language.set(language)


def current_language() -> str:
    """The language chosen for this context."""
    return _language.get()


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All translations of one language: template → template. Chinese is the source, so its catalogue is empty.

    One .po file a room, so that a room's sentences and their translations change together.
    """
    found: dict[str, str] = {}
    folder = resources.files("verifier") / "locale" / language
    if language == "zh_CN" or not folder.is_dir():
        return found
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".po"):
            with file.open("rb") as source:
                for message in read_po(source):
                    if message.id and message.string:
                        found[str(message.id)] = str(message.string)
    return found


def translate(text: str, language: str | None = None) -> str:
    """One fixed text in the wanted language; the Chinese source where no translation stands."""
    return catalogue(language or current_language()).get(text, text)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template in Chinese with named ``{values}``; values may be sentences themselves, or lists of them."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str | None = None) -> str:
        """The sentence in one language (default: the context's)."""
        language = language or current_language()
        shown = {name: _shown(value, language) for name, value in self.values.items()}
        template = translate(self.template, language)
        # format_map on a template from our own code; values are never templates.
        return template.format_map(shown) if shown else template

    def __str__(self) -> str:
        return self.text()

    def to_json(self) -> dict[str, Any]:
        """JSON-ready form, read back by `from_json`."""
        values = {name: _to_json(value) for name, value in self.values.items()}
        return {"template": self.template, "values": values} if values else {"template": self.template}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Sentence:
        """The sentence that `to_json` wrote."""
        return Sentence(data["template"], {name: _from_json(value) for name, value in data.get("values", {}).items()})


def say(template: str, **values: Any) -> Sentence:
    """Make a sentence. The template is Chinese and literal, so that the catalogues can be checked against the code."""
    return Sentence(template, values)


def join(sentences: list[Sentence]) -> Sentence:
    """Several sentences after each other as one."""
    return Sentence("{sentences}", {"sentences": sentences})


def _shown(value: Any, language: str) -> Any:
    if isinstance(value, Sentence):
        return value.text(language)
    if isinstance(value, list | tuple):
        # Chinese full stops need no space behind them; English ones do.
        return ("" if language == "zh_CN" else " ").join(str(_shown(item, language)) for item in value)
    return value


def _to_json(value: Any) -> Any:
    if isinstance(value, Sentence):
        return value.to_json()
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict) and "template" in value:
        return Sentence.from_json(value)
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    return value
