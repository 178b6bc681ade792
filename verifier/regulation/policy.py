"""A city's regulation as data: its rules by code, its dated numbers with citation, and the digest naming the version.

A policy is one TOML file; ``policies/yiyang-2023-23.toml`` is the model, `docs/decisions/0005-policy-files.md` the why.
Another city writes its own file (docs/another-city.md): other numbers, other clauses, fewer rules, and rules of its own,
whose functions stand in a file beside the policy (``judge = "rules.py:function"``), are named by a dotted path
(``package.module:function``) or offered by an installed package under the entry point group ``verifier.rules``.
A policy file can name code to run, so it is configuration of the operator, never an upload.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from verifier.plan import ProjectType
from verifier.regulation.citation import Citation
from verifier.regulation.result import Consequence, PolicyRef
from verifier.regulation.working_days import CalendarYear, WorkCalendar

Value = int | Decimal | str


class PolicyError(ValueError):
    """A policy file that cannot be used; the message names the file, the entry and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One dated number or word of a policy.

    `basis` is ``text`` where the regulation says it (then `quote` holds its words) and ``default`` where the regulation
    leaves it open: a value to start with, which the bureau should set. `note` says where a default comes from.
    """

    name: str
    value: Value
    unit: str
    basis: str
    label: str
    quote: str
    from_day: date
    to_day: date | None
    note: str = ""

    @property
    def to_be_set(self) -> bool:
        """Whether the bureau has yet to decide on it."""
        return self.basis == "default"


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """One rule as a policy lists it. `judge` names its function: a built-in's code, ``package.module:function``, or a file's."""

    citation: Citation
    judge: str
    consequence: Consequence


@dataclass(frozen=True, slots=True)
class ArchiveKind:
    """One kind of document that a class archive must hold (Art. 7(5)). `projects` empty: asked of every class."""

    code: str
    title: str
    folder: str
    quote: str
    projects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """One city's regulation.

    `version` is the first twelve hex digits of the SHA-256 of its file and of the files beside it that it uses.
    `agreement` is the text of Annex 1 where a file beside the policy holds it; else `texts` names one of the package's.
    `platforms` are the approved platforms for online training (7(3)); empty where the file does not list them.
    """

    name: str
    version: str
    title: str
    document: str
    from_day: date
    to_day: date | None
    rules: tuple[RuleEntry, ...]
    parameters: Mapping[str, tuple[Parameter, ...]]
    texts: Mapping[str, str]
    archive: tuple[ArchiveKind, ...] = ()
    platforms: tuple[str, ...] = ()
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    agreement: str | None = None

    @property
    def ref(self) -> PolicyRef:
        """What every result carries."""
        return PolicyRef(self.name, self.version)

    def in_force_on(self, day: date) -> bool:
        """Whether the regulation as a whole was law on that day."""
        return self.from_day <= day and (self.to_day is None or day <= self.to_day)

    def rule(self, code: str) -> RuleEntry:
        """The rule of that code.

        Raises:
            KeyError: the policy has none such.
        """
        for entry in self.rules:
            if entry.citation.code == code:
                return entry
        raise KeyError(f"policy {self.ref} has no rule {code}")

    def parameter(self, name: str, day: date) -> Parameter:
        """The parameter as it stood on that day.

        Raises:
            KeyError: the policy does not set it for that day.
        """
        for parameter in self.parameters.get(name, ()):
            if parameter.from_day <= day and (parameter.to_day is None or day <= parameter.to_day):
                return parameter
        raise KeyError(f"policy {self.ref} sets no {name} for {day}")

    def number(self, name: str, day: date) -> Decimal:
        """A parameter's value as an exact number.

        Raises:
            KeyError: see `parameter`.
            PolicyError: the parameter is a word.
        """
        value = self.parameter(name, day).value
        if isinstance(value, str):
            raise PolicyError(f"policy {self.ref}: {name} is the word {value!r}, not a number")
        return Decimal(value)

    def word(self, name: str, day: date) -> str:
        """A parameter's value as text."""
        return str(self.parameter(name, day).value)

    def text(self, name: str) -> str:
        """Words that the forms print, of the file's ``[texts]``.

        Raises:
            PolicyError: the policy does not have them.
        """
        if name not in self.texts:
            raise PolicyError(f"policy {self.ref}: [texts] lacks {name}, which the forms print")
        return self.texts[name]

    def to_be_set(self) -> tuple[Parameter, ...]:
        """Every default that the bureau has yet to decide on, for the settings page."""
        return tuple(each for versions in self.parameters.values() for each in versions if each.to_be_set)


def load_policy(name: str = "yiyang-2023-23") -> Policy:
    """Read a policy that ships with the package, or, where `name` ends in ``.toml``, the operator's own file.

    Raises:
        PolicyError: there is none of that name, or its file is faulty.
    """
    if name.endswith(".toml"):
        if not Path(name).is_file():
            raise PolicyError(f"there is no policy file {name}")
        return read_policy(Path(name))
    return _load_shipped(name)


@cache
def _load_shipped(name: str) -> Policy:
    # What ships with the package stays as it is, and is asked for at every page and every class that is judged.
    file = resources.files("verifier.regulation") / "policies" / f"{name}.toml"
    if not file.is_file():
        raise PolicyError(f"no policy {name} ships with this version; give the path of a policy file instead")
    return parse_policy(file.read_bytes(), source=f"{name}.toml")


def read_policy(path: Path) -> Policy:
    """Read a policy from a file of the operator's.

    Raises:
        PolicyError: the file is faulty.
        OSError: it cannot be read.
    """
    return parse_policy(path.read_bytes(), path.name, path.resolve().parent)


def choose_policy(policies: Iterable[Policy], day: date) -> Policy | None:
    """The policy whose law was in force on that day; None where none was. The later one where two overlap."""
    in_force = [policy for policy in policies if policy.in_force_on(day)]
    return max(in_force, key=lambda policy: policy.from_day, default=None)


def parse_policy(content: bytes, source: str, folder: Path | None = None) -> Policy:
    """Read a policy from the bytes of its file; `source` names the file in messages, `folder` holds the files beside it.

    Raises:
        PolicyError: not TOML, or an entry is missing, doubled, of the wrong kind or dated the wrong way round.
    """
    try:
        data = tomllib.loads(content.decode("utf-8"), parse_float=Decimal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(f"{source}: not a TOML file in UTF-8: {error}") from error
    head = _Entry(source, "policy", data.get("policy", {}))
    from_day = head.day("from")
    to_day = head.optional_day("to")
    rules = tuple(_read_rule(_Entry(source, "rule", each), head, folder) for each in data.get("rule", []))
    texts = {str(key): str(value) for key, value in data.get("texts", {}).items()}
    agreement = _find_agreement(source, texts, folder)
    # What a rule answers depends on its code as well, so a changed rules.py is another version.
    used = sorted({Path(each.judge.rpartition(":")[0]) for each in rules if is_file_rule(each.judge)})
    digest = hashlib.sha256(content)
    for file in [*used, *([agreement] if agreement else [])]:
        digest.update(file.read_bytes())
    years = dict(_read_calendar(_Entry(source, "calendar", each)) for each in data.get("calendar", []))
    codes = [entry.citation.code for entry in rules]
    if doubled := sorted({code for code in codes if codes.count(code) > 1}):
        raise PolicyError(f"{source}: rule code used twice: {', '.join(doubled)}")
    return Policy(
        name=head.text("name"),
        version=digest.hexdigest()[:12],
        title=head.text("title"),
        document=head.text("document"),
        from_day=from_day,
        to_day=to_day,
        rules=rules,
        parameters=_read_parameters(source, data.get("parameter", []), head),
        texts=texts,
        archive=tuple(_read_archive_kind(_Entry(source, "archive", each)) for each in data.get("archive", [])),
        platforms=tuple(_Entry(source, "platform", each).text("name") for each in data.get("platform", [])),
        calendar=WorkCalendar(years),
        agreement=agreement.read_text(encoding="utf-8") if agreement else None,
    )


def is_file_rule(judge: str) -> bool:
    """Whether a rule's function stands in a file, ``…/rules.py:function``, rather than in a module or among the built-in ones."""
    return judge.rpartition(":")[0].endswith(".py")


def _find_agreement(source: str, texts: Mapping[str, str], folder: Path | None) -> Path | None:
    name = texts.get("agreement")
    if not name:
        return None
    if folder is not None and (folder / name).is_file():
        return folder / name
    if not (resources.files("verifier.regulation") / "annexes" / name).is_file():
        raise PolicyError(f"{source}: [texts] agreement names {name}, and there is no such file beside the policy")
    return None


@dataclass(frozen=True, slots=True)
class _Entry:
    """One table of the file, read with messages that name the place."""

    source: str
    kind: str
    data: Mapping[str, Any]

    def fail(self, what: str) -> PolicyError:
        name = self.data.get("code") or self.data.get("name") or "?"
        return PolicyError(f"{self.source}: [{self.kind}] {name}: {what}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str):
            raise self.fail(f"{key} must be a text, is {value!r}")
        return value

    def day(self, key: str) -> date:
        value = self.data.get(key)
        if type(value) is not date:
            raise self.fail(f"{key} must be a date like 2023-06-01, is {value!r}")
        return value

    def optional_day(self, key: str) -> date | None:
        return self.day(key) if key in self.data else None

    def span(self, head: _Entry) -> tuple[date, date | None]:
        first = self.day("from") if "from" in self.data else head.day("from")
        last = self.day("to") if "to" in self.data else head.optional_day("to")
        if last is not None and last < first:
            raise self.fail(f"in force to {last}, before it begins on {first}")
        return first, last


def _read_archive_kind(entry: _Entry) -> ArchiveKind:
    projects = entry.data.get("projects", [])
    if not isinstance(projects, list) or not set(projects) <= set(ProjectType):
        raise entry.fail(f"projects must be a list of {', '.join(ProjectType)}, is {projects!r}")
    return ArchiveKind(
        entry.text("code"), entry.text("title"), entry.text("folder"), entry.text("quote"), tuple(projects)
    )


def _read_calendar(entry: _Entry) -> tuple[int, CalendarYear]:
    year = entry.data.get("year")
    if not isinstance(year, int):
        raise entry.fail(f"year must be a whole number, is {year!r}")
    days: dict[str, frozenset[date]] = {}
    for key in ("holidays", "working_weekends"):
        listed = entry.data.get(key)
        if not isinstance(listed, list) or any(type(day) is not date or day.year != year for day in listed):
            raise entry.fail(f"{key} of {year} must be a list of dates of that year")
        days[key] = frozenset(listed)
    return year, CalendarYear(days["holidays"], days["working_weekends"])


def _find_judge_name(entry: _Entry, code: str, folder: Path | None) -> str:
    judge = entry.text("judge", code)
    if not is_file_rule(judge):
        return judge
    name, _, function = judge.rpartition(":")
    if folder is None or not (folder / name).is_file():
        raise entry.fail(f"judge names {name}, and there is no such file beside the policy")
    return f"{folder / name}:{function}"


def _read_rule(entry: _Entry, head: _Entry, folder: Path | None) -> RuleEntry:
    first, last = entry.span(head)
    checked = entry.day("last_checked") if "last_checked" in entry.data else head.day("last_checked")
    code = entry.text("code")
    consequence = entry.text("consequence", Consequence.NONE.value)
    if consequence not in set(Consequence):
        raise entry.fail(f"consequence {consequence!r} is none of {', '.join(Consequence)}")
    return RuleEntry(
        citation=Citation(
            code=code,
            label=entry.text("label"),
            article=entry.text("article"),
            quote=entry.text("quote"),
            from_day=first,
            to_day=last,
            last_checked=checked,
        ),
        judge=_find_judge_name(entry, code, folder),
        consequence=Consequence(consequence),
    )


def _read_parameters(source: str, entries: list[Any], head: _Entry) -> dict[str, tuple[Parameter, ...]]:
    found: dict[str, list[Parameter]] = {}
    for data in entries:
        entry = _Entry(source, "parameter", data)
        first, last = entry.span(head)
        value = data.get("value")
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise entry.fail(f"value must be a number or a text, is {value!r}")
        basis = entry.text("basis", "text")
        if basis not in ("text", "default"):
            raise entry.fail(f"basis {basis!r} is neither text nor default")
        if basis == "text" and not entry.text("quote", ""):
            raise entry.fail('a parameter that the text sets needs its words as quote; else basis = "default"')
        parameter = Parameter(
            entry.text("name"), value, entry.text("unit", ""), basis, entry.text("label", ""), entry.text("quote", ""),
            first, last, entry.text("note", ""),
        )  # fmt: skip
        versions = found.setdefault(parameter.name, [])
        for other in versions:
            if (other.to_day is None or first <= other.to_day) and (last is None or other.from_day <= last):
                raise entry.fail(f"set twice for the same days ({other.from_day} and {first})")
        versions.append(parameter)
    return {name: tuple(versions) for name, versions in found.items()}
