"""The port through which the maker of a stamping app is asked about an anti-counterfeit code.

No maker's service can be reached from here, so nobody is asked by default. Whoever can be asked is an argument: this room opens
no connection itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from verifier.photo.context import CodeAnswer, CodeState

# A service that failed so often in a row is down: the rest of the night is not spent on waiting for it.
GIVE_UP_AFTER = 3


class StampAuthority(Protocol):
    """Somebody who knows which codes an app gave out."""

    @property
    def name(self) -> str:
        """Stored with each answer; the answers of two authorities are never mixed."""

    def ask(self, code: str, app: str | None) -> CodeAnswer:
        """What is known about a code. Never raises for what the other side does: that is COULD_NOT_ASK, within a bounded time."""


class NoAuthority:
    """Nobody can be asked."""

    name = "none"

    def ask(self, code: str, app: str | None) -> CodeAnswer:
        """Always COULD_NOT_ASK."""
        return CodeAnswer(
            CodeState.COULD_NOT_ASK, self.name, why=f"no authority is configured for {app or 'an app'}: {code}"
        )


def ask_about(
    codes: Iterable[tuple[str, str | None]],
    authority: StampAuthority,
    total_s: float,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[tuple[str, CodeAnswer]]:
    """Ask about many codes within a total time; those left over were not asked.

    Args:
        codes: (code, the app's name) each.
        total_s: Seconds for all of them; a question that has begun may take its own timeout beyond it.
        clock: Seconds that only grow.
    """
    ends, failures = clock() + total_s, 0
    for code, app in codes:
        if failures >= GIVE_UP_AFTER or clock() >= ends:
            why = f"{failures} questions failed in a row" if failures >= GIVE_UP_AFTER else f"{total_s:g} s are used up"
            yield code, CodeAnswer(CodeState.COULD_NOT_ASK, authority.name, why=why)
            continue
        answer = authority.ask(code, app)
        failures = failures + 1 if answer.state is CodeState.COULD_NOT_ASK else 0
        yield code, answer
