"""How many of those expected were there: added up over the sessions of each class, by the database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session as Tx

from verifier.records.reading import Query
from verifier.records.rows import ask
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow
from verifier.regulation.attendance_rate import PresenceCount

# A statement takes so many values; of more, all are read and the others left out.
_ASKED_BY_NAME = 500


@dataclass(frozen=True, slots=True)
class ClassRate:
    """The closed sessions of one class together. `count` adds up students times sessions; what we could not look at is unsure."""

    class_number: str
    agency_code: str
    agency_name: str
    sessions: int
    closed: int
    count: PresenceCount


def read_class_rates(
    tx: Tx, classes: Collection[str] | None = None, agencies: Collection[str] | None = None
) -> list[ClassRate]:
    """The count of every class with a timetable, of some classes or agencies or all, by class number.

    Args:
        classes: Class numbers; None for all.
        agencies: Codes of agencies; None for all.
    """
    asked: dict[str, list[str]] = {}
    if classes is not None and len(classes) <= _ASKED_BY_NAME:
        asked["numbers"] = list(classes)
    if agencies is not None and len(agencies) <= _ASKED_BY_NAME:
        asked["codes"] = list(agencies)
    found = []
    for number, code, name, sessions, closed, *sums in ask(tx, _sums(frozenset(asked)), **asked):
        if (classes is not None and number not in classes) or (agencies is not None and code not in agencies):
            continue
        expected, present, unsure, leave = (int(each or 0) for each in sums)
        count = PresenceCount(present, expected - present - unsure, unsure, leave)
        found.append(ClassRate(number, code, name, sessions, closed, count))
    return sorted(found, key=lambda each: each.class_number)


@cache
def _sums(asked: frozenset[str]) -> Query:
    query: Query = (
        select(
            ClassRow.number, AgencyRow.code, AgencyRow.name, func.count(SessionRow.id), func.count(RunRow.id),
            func.sum(RunRow.expected), func.sum(RunRow.present), func.sum(RunRow.unsure), func.sum(RunRow.on_leave),
        )
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .join(SessionRow, (SessionRow.class_id == ClassRow.id) & SessionRow.dropped_at.is_(None))
        .outerjoin(RunRow, (RunRow.session_id == SessionRow.id) & RunRow.is_current)
        .group_by(ClassRow.number, AgencyRow.code, AgencyRow.name)
    )  # fmt: skip
    if "numbers" in asked:
        query = query.where(ClassRow.number.in_(bindparam("numbers", expanding=True)))
    if "codes" in asked:
        query = query.where(AgencyRow.code.in_(bindparam("codes", expanding=True)))
    return query
