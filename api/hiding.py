"""What an agency may not read in an answer: sentences that name another agency's class, and so its people."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy.orm import Session as Tx

from verifier.access import Caller
from verifier.appealing import hide_others, list_foreign

Shown = TypeVar("Shown")


def show_to(tx: Tx, caller: Caller, value: Shown, language: str | None) -> Shown:
    """An answer as this caller may read it; the office reads everything."""
    if caller.agency_code is None:
        return value
    shown: Shown = hide_foreign(value, list_foreign(tx, caller.agency_code), language)
    return shown


def hide_foreign(value: Any, foreign: frozenset[str], language: str | None) -> Any:
    """An answer without the sentences that name another agency's class; what was measured against it is left out with them."""
    if isinstance(value, list):
        return [hide_foreign(each, foreign, language) for each in value]
    if not isinstance(value, dict):
        return value
    found = {name: hide_foreign(each, foreign, language) for name, each in value.items()}
    for name in ("reason", "lapsed"):
        if isinstance(found.get(name), str):
            told = hide_others(found[name], foreign, language)
            if told != found[name] and "measured" in found:
                found |= {"measured": {}}
            found[name] = told
    if isinstance(found.get("because"), list):
        found["because"] = [hide_others(each, foreign, language) for each in found["because"]]
    return found
