"""Where a rule stands in the law: the words relied on, verbatim, and the days on which they are law."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Citation:
    """One clause of a regulation.

    Attributes:
        code: What is stored with every result: ``attendance_below_80_percent``. Numbers of articles move, codes do not.
        label: The clause as the project writes it: ``13(1)(4)``.
        article: The clause as the document itself writes it: ``第十三条（一）第4项``.
        quote: The words relied on, verbatim from the official text.
        from_day: First day on which the words are law.
        to_day: Last day on which they are law; None where the text names no end.
        last_checked: The day on which someone last compared the quote with the official text.
    """

    code: str
    label: str
    article: str
    quote: str
    from_day: date
    to_day: date | None
    last_checked: date

    def in_force_on(self, day: date) -> bool:
        """Whether the clause was law on that day, both ends included."""
        return self.from_day <= day and (self.to_day is None or day <= self.to_day)
