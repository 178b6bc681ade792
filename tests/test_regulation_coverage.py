"""`docs/regulation-coverage.md` names every row of the requirements, and nothing that does not exist."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from typer.main import get_command

from tests.builders.shared import PROJECT
from verifier.cli import app
from verifier.regulation.judging import AGENCY_RULES, CLASS_RULES, find_judge
from verifier.regulation.policy import RuleEntry, load_policy

TEXT = (PROJECT / "docs" / "regulation-coverage.md").read_text(encoding="utf-8")
ROWS = [line.strip("|").split("|") for line in TEXT.splitlines() if re.match(r"\| (E|C|13|14|Annex)", line)]
POLICY = load_policy()
WANTED = (
    [f"E{n}" for n in range(1, 15)]
    + [f"C{n}" for n in range(1, 10)]
    + [f"13(1)({n})" for n in range(1, 11)]
    + [f"13(2)({n})" for n in range(1, 4)]
    + [f"13(3)({n})" for n in range(1, 8)]
    + ["13(4)"]
    + [f"14({n})" for n in range(1, 5)]
    + [f"Annex {n}" for n in range(1, 5)]
)


def row_id(row: list[str]) -> str:
    found = re.match(r"\s*(Annex \d|\S+)", row[0])
    assert found
    return found[1]


def named(pattern: str) -> list[str]:
    return sorted(set(re.findall(pattern, TEXT)))


def test_every_row_of_the_requirements_stands_once_in_the_table() -> None:
    assert [row_id(row) for row in ROWS] == WANTED


@pytest.mark.shared
def test_the_requirements_hold_no_row_that_the_table_leaves_out() -> None:
    file = PROJECT.parent / "shared" / "regulation" / "requirements.md"
    if not file.is_file():
        pytest.skip("the requirements (../shared/regulation) are not on this machine")
    rows = re.findall(r"^\| ([EC]\d+|13\(1\)\(\d+\)) \|", file.read_text(encoding="utf-8"), re.M)
    assert set(rows) <= set(WANTED)


@pytest.mark.parametrize("name", named(r"`(verifier(?:\.\w+)+:\w+)`"))
def test_every_function_that_is_named_exists(name: str) -> None:
    module, _, function = name.partition(":")
    assert callable(getattr(import_module(module), function))


@pytest.mark.parametrize("name", named(r"`(tests/[\w/]+\.py::\w+)`"))
def test_every_test_that_is_named_exists(name: str) -> None:
    file, _, function = name.partition("::")
    assert re.search(rf"^def {function}\(", (PROJECT / file).read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("command", named(r"`verifier (supervise [a-z-]+|report)"))
def test_every_command_that_is_named_exists(command: str) -> None:
    found = get_command(app)
    for word in command.split():
        found = found.commands[word]  # type: ignore[attr-defined]
    assert found.help


@pytest.mark.parametrize("entry", POLICY.rules, ids=lambda entry: entry.citation.code)
def test_every_rule_of_the_policy_stands_in_the_table_with_the_function_that_judges_it(entry: RuleEntry) -> None:
    judge, _ = find_judge(entry)
    function = f"{judge.__module__}:{getattr(judge, '__name__', '')}"
    assert f"`{entry.citation.code}` = `{function}`" in TEXT
    labels = [row_id(row) for row in ROWS if f"`{entry.citation.code}`" in row[1]]
    if entry.citation.label.startswith(("13", "14")):
        assert entry.citation.label in labels


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_a_row_has_a_test_or_says_what_is_missing(row: list[str]) -> None:
    assert "tests/" in row[3] or row[4].strip() not in ("", "–")


def test_the_functions_of_the_table_are_those_that_the_night_uses() -> None:
    used = {
        f"{each.__module__}:{getattr(each, '__name__', '')}" for each in (*CLASS_RULES.values(), *AGENCY_RULES.values())
    }
    assert used <= set(named(r"`(verifier(?:\.\w+)+:\w+)`"))
