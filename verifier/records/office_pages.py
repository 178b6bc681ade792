"""The office's long lists, a page at a time: ids of notices, sanctions and plans in the order in which they are shown.

A page is asked for by the key of the entry after which it goes on, as in `records.paging`.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.orm import Session as Tx

from verifier.records.paging import After
from verifier.records.reading import Query
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.notice import NoticeRow
from verifier.records.tables.sanction import SanctionRow
from verifier.records.tables.supervision_plan import SupervisionPlanRow
from verifier.records.tables.training_class import ClassRow

Key = tuple[UUID, tuple[str, ...]]


def page_notices(
    tx: Tx, after: After, limit: int, *, class_number: str | None = None, agency_code: str | None = None,
    only: UUID | None = None,
) -> list[Key]:  # fmt: skip
    """Ids and keys of notices by year and number."""
    query: Query = (
        select(NoticeRow.id, NoticeRow.year, NoticeRow.serial)
        .join(AgencyRow, AgencyRow.id == NoticeRow.agency_id)
        .outerjoin(ClassRow, ClassRow.id == NoticeRow.class_id)
        .order_by(NoticeRow.year, NoticeRow.serial)
    )
    query = _narrow(query, class_number, agency_code)
    if only is not None:
        query = query.where(NoticeRow.id == only)
    if after is not None:
        query = query.where(tuple_(NoticeRow.year, NoticeRow.serial) > (int(after[0]), int(after[1])))
    return [(row_id, (str(year), str(serial))) for row_id, year, serial in tx.execute(query.limit(limit))]


def page_sanctions(
    tx: Tx, after: After, limit: int, *, class_number: str | None = None, agency_code: str | None = None,
    state: str | None = None,
) -> list[Key]:  # fmt: skip
    """Ids and keys of sanctions by agency and what they rest on; in one state where it is named."""
    query: Query = (
        select(SanctionRow.id, AgencyRow.code, SanctionRow.dedup_key)
        .join(AgencyRow, AgencyRow.id == SanctionRow.agency_id)
        .outerjoin(ClassRow, ClassRow.id == SanctionRow.class_id)
        .order_by(AgencyRow.code, SanctionRow.dedup_key)
    )
    query = _narrow(query, class_number, agency_code)
    if state is not None:
        query = query.where(SanctionRow.state == state)
    if after is not None:
        same = and_(AgencyRow.code == after[0], SanctionRow.dedup_key > after[1])
        query = query.where(or_(AgencyRow.code > after[0], same))
    return [(row_id, (code, key)) for row_id, code, key in tx.execute(query.limit(limit))]


def page_plans(tx: Tx, after: After, limit: int, *, class_number: str | None = None) -> list[Key]:
    """Ids and keys of plans by day and class."""
    row = SupervisionPlanRow
    query: Query = (
        select(row.id, row.planned_on, ClassRow.number)
        .join(ClassRow, ClassRow.id == row.class_id)
        .order_by(row.planned_on, ClassRow.number, row.id)
    )
    query = _narrow(query, class_number, None)
    if after is not None:
        day, number, last = date.fromisoformat(after[0]), after[1], UUID(after[2])
        same_class = and_(ClassRow.number == number, row.id > last)
        same_day = and_(row.planned_on == day, or_(ClassRow.number > number, same_class))
        query = query.where(or_(row.planned_on > day, same_day))
    return [
        (row_id, (planned_on.isoformat(), number, str(row_id)))
        for row_id, planned_on, number in tx.execute(query.limit(limit))
    ]


def _narrow(query: Query, class_number: str | None, agency_code: str | None) -> Query:
    if class_number is not None:
        query = query.where(ClassRow.number == class_number)
    return query if agency_code is None else query.where(AgencyRow.code == agency_code)
