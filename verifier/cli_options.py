"""What all commands share: options, settings and the one way in which JSON is printed."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from verifier.language import use_language
from verifier.logs import configure_logs
from verifier.settings import Settings

Workspace = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder of database, evidence and reports. [default: VERIFIER_WORKSPACE]"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]


def load_settings(workspace: Path | None = None) -> Settings:
    """The settings, with language and logs set up by them."""
    settings = Settings() if workspace is None else Settings(workspace=workspace)
    use_language(settings.language)
    configure_logs(settings.log_format, settings.log_level)
    return settings


def print_json(answer: dict[str, Any]) -> None:
    """One JSON object on stdout, whatever the stream can show."""
    text = json.dumps(answer, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        # A stream that is not UTF-8, or a file name with stray bytes: the same JSON with escapes.
        text = json.dumps(answer, indent=2)
    print(text)


def parse_day(text: str) -> date:
    """An option's day.

    Raises:
        BadParameter: it is none such as 2023-06-12.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no date such as 2023-06-12") from error
