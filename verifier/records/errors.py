"""What can be wrong about a question to the records."""

from __future__ import annotations


class NotInRecordsError(LookupError):
    """The records hold no such thing; the message says which."""


class PlanError(ValueError):
    """Plan values that contradict themselves, as a sign-in of a student who is on no roster line."""
