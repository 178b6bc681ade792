"""What the commands under ``verifier supervise`` share: the application, their options, the open office."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from verifier.cli_options import load_settings, parse_day, print_json
from verifier.settings import Settings

supervision_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""The office's own work: inspect, follow up, record, decide, warn, sanction.

First register yourself: **verifier supervise person li 李检查员**. Then **verifier supervise list** shows what waits, with ids;
**verifier supervise due** what the office owes each class. Each command may be repeated: the same again changes nothing.

The software proposes, people decide: whatever costs money or the qualification takes two different people.""",
)

By = Annotated[str, typer.Option("--by", metavar="LOGIN", help="Who does it; see `verifier supervise person`.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it is kept with the decision.")]
AnyClass = Annotated[str | None, typer.Argument(metavar="[CLASS]", help="One class; all where left out.")]
ClassNumber = Annotated[str, typer.Argument(metavar="CLASS", help="The class's filing number.")]


def parse_moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time such as 2023-06-12T09:30") from error


def make_option(name: str, parser: Callable[[str], Any], metavar: str, text: str) -> Any:
    return typer.Option(name, parser=parser, metavar=metavar, help=text)


Day = Annotated[date | None, make_option("--day", parse_day, "YYYY-MM-DD", "The day. [default: today]")]
At = Annotated[
    datetime, make_option("--at", parse_moment, "YYYY-MM-DDTHH:MM", "When; without an offset in VERIFIER_TIMEZONE.")
]
Plan = Annotated[
    UUID | None, typer.Option("--plan", metavar="ID", help="The plan that is carried out by it; see `plans`.")
]
Files = Annotated[
    list[Path] | None, typer.Option("--evidence", metavar="FILE", help="A file to keep; may be repeated.")
]


@contextmanager
def open_the_office(workspace: Path | None) -> Iterator[tuple[Any, Settings]]:
    """The office, open. What may not be done becomes one clear line and exit status 1."""
    from verifier.records.decisions import DecisionError
    from verifier.records.errors import PlanError
    from verifier.records.office import RefusedError
    from verifier.regulation.decisions import DecisionRefusedError
    from verifier.supervising import open_office

    settings = load_settings(workspace)
    try:
        with open_office(settings) as office:
            yield office, settings
    except (RefusedError, DecisionRefusedError) as error:
        print(f"verifier: {error.sentence}", file=sys.stderr)
        raise typer.Exit(1) from error
    except (DecisionError, PlanError) as error:
        print(f"verifier: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


def keep_files(settings: Settings, files: Sequence[Path] | None) -> tuple[str, ...]:
    """Put files into the evidence store; gives their digests."""
    from verifier.looking import open_evidence

    if not files:
        return ()
    store = open_evidence(settings)
    digests = []
    for path in files:
        with path.open("rb") as source:
            digests.append(store.put(source))
    return tuple(digests)


def in_zone(moment: datetime, settings: Settings) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=settings.zone)


def find_today(settings: Settings) -> date:
    return datetime.now(settings.zone).date()


def show(answer: dict[str, Any], as_json: bool, *lines: str) -> None:
    if as_json:
        print_json(answer)
    else:
        for line in lines:
            Console().print(line, markup=False, highlight=False, soft_wrap=True)
