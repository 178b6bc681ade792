"""Every sentence people read has an English translation with the same placeholders."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from tests.builders.shared import PROJECT
from verifier.language import Sentence, catalogue, join, say, translate

SPOKEN = {"say", "translate", "_"}


def templates_in(file: Path) -> set[str]:
    """The literal first arguments of every call that makes a sentence."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first = node.args[0]
            if name in SPOKEN and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


ALL = {
    (str(file.relative_to(PROJECT)), template)
    for room in ("verifier", "api")
    for file in (PROJECT / room).rglob("*.py")
    for template in templates_in(file)
}


def test_there_are_sentences_to_check():
    assert len(ALL) > 50


def test_every_sentence_has_an_english_translation():
    english = catalogue("en")
    missing = sorted(f"{file}: {template}" for file, template in ALL if template not in english)
    assert not missing, "\n".join(missing)


def test_translations_keep_every_placeholder():
    wrong = [msgid for msgid, msgstr in catalogue("en").items() if placeholders(msgid) != placeholders(msgstr)]
    assert not wrong, "\n".join(wrong)


def test_no_sentence_is_translated_in_two_ways():
    """All rooms share one catalogue, so of two translations the later file's would win."""
    seen: dict[str, set[str]] = {}
    for file in sorted((PROJECT / "verifier" / "locale" / "en").glob("*.po")):
        with file.open("rb") as source:
            for message in read_po(source):
                if message.id:
                    seen.setdefault(str(message.id), set()).add(str(message.string))
    differing = {msgid: sorted(found) for msgid, found in seen.items() if len(found) > 1}
    assert not differing


def test_a_sentence_is_read_in_the_language_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "verifier.language.catalogue", lambda language: {"有{n}人": "{n} people"} if language == "en" else {}
    )
    sentence = join([say("有{n}人", n=3), say("完")])
    assert sentence.text("en") == "3 people 完"
    assert Sentence.from_json(sentence.to_json()).text("zh_CN") == "有3人完"
    assert translate("有{n}人", "en") == "{n} people"
