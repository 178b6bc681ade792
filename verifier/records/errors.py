"""What can be wrong about a question to the records."""

from __future__ import annotations


class NotInRecordsError(LookupError):
    """The records hold no such thing; the message says which."""


class PlanError(ValueError):
    """Plan values that contradict themselves, as a sign-in of a student who is on no roster line."""


class ForeignClassError(ValueError):
    """A class number that is on record for another agency: a typing error, or somebody reaching for what is not theirs."""

    def __init__(self, number: str, agency_code: str, agency_name: str) -> None:
        super().__init__(f"class {number} is on record for agency {agency_code} ({agency_name})")
        self.number, self.agency_code, self.agency_name = number, agency_code, agency_name
