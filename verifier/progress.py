"""Progress bars on stderr; stdout belongs to answers."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


def progress_console() -> Console:
    """A console on stderr, as it is at the time of the call."""
    return Console(stderr=True)


def open_progress() -> Progress:
    """A bar with count, elapsed and remaining time; silent where stderr is no terminal."""
    console = progress_console()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
