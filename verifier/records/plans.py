"""Planned supervision: what, when, who was drawn, and what came of it. For the office's eyes only (Art. 14(1)).

Whoever reads plans says for whom (`viewer`): an agency's code gets none, whatever it asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.language import say
from verifier.records.audit import write_audit
from verifier.records.errors import NotInRecordsError
from verifier.records.office import OFFICE_ROLES, RefusedError, find_person
from verifier.records.rows import find_class, lock_class
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.base import make_id
from verifier.records.tables.supervision_plan import SupervisionPlanMemberRow, SupervisionPlanRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.regulation.drawing import Draw

# The viewer who sees everything; any other viewer is the code of an agency, which sees its own classes and no plans.
BUREAU = "bureau"
# Who may be sent to look; an administrator of accounts is none of them.
INSPECTING_ROLES = tuple(role for role in OFFICE_ROLES if role != "admin")


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """One plan. `people` are logins; `seed`, `pool_size` and `pool_sha256` say how they were drawn (`Draw`)."""

    id: UUID
    class_number: str
    kind: str
    method: str
    planned_on: date
    state: str
    people: tuple[str, ...]
    seed: str
    pool_size: int
    pool_sha256: str
    planned_by: str
    result_id: UUID | None
    cancelled_because: str | None


def save_plan(tx: Tx, class_number: str, kind: str, method: str, planned_on: date, draw: Draw, by: str) -> PlanRecord:
    """Keep a plan with the people drawn for it. The same seed for the same day and purpose gives the plan that stands."""
    lock_class(tx, class_number)
    training, person = find_class(tx, class_number), find_person(tx, by)
    row_id = make_id("supervision_plan", class_number, kind, method, planned_on.isoformat(), draw.seed)
    if tx.get(SupervisionPlanRow, row_id) is None:
        tx.add(
            SupervisionPlanRow(
                id=row_id, class_id=training.id, kind=kind, method=method, planned_on=planned_on, state="planned",
                seed=draw.seed, pool_size=draw.pool_size, pool_sha256=draw.pool_sha256, planned_by=person.id,
            )
        )  # fmt: skip
        tx.flush()
        drawn = tx.scalars(select(UserRow).where(UserRow.login.in_(draw.chosen)))
        tx.add_all(SupervisionPlanMemberRow(plan_id=row_id, user_id=each.id) for each in drawn)
        tx.flush()
        after = {
            "class": class_number,
            "kind": kind,
            "planned_on": planned_on,
            "seed": draw.seed,
            "people": draw.chosen,
        }
        write_audit(
            tx, actor=f"user:{person.login}", action="plan.make", subject=("supervision_plan", row_id), after=after
        )
    return _read(tx, tx.get_one(SupervisionPlanRow, row_id))


def cancel_plan(tx: Tx, plan_id: UUID, by: str, why: str) -> PlanRecord:
    """Cancel a plan; it stays on record with the reason. Twice is once, with the first reason.

    Raises:
        RefusedError: no reason, or it was carried out.
        NotInRecordsError: there is no such plan.
    """
    person, row = find_person(tx, by), _find(tx, plan_id)
    if not why.strip():
        raise RefusedError(say("取消监管计划须说明理由。"))
    if row.state == "done":
        raise RefusedError(say("该监管计划已执行，不能取消。"))
    if row.state == "planned":
        row.state, row.cancelled_because = "cancelled", why
        tx.flush()
        write_audit(
            tx, actor=f"user:{person.login}", action="plan.cancel", subject=("supervision_plan", row.id),
            before={"state": "planned"}, after={"state": "cancelled", "why": why},
        )  # fmt: skip
    return _read(tx, row)


def complete_plan(tx: Tx, plan_id: UUID, class_number: str, kind: str, result_id: UUID) -> None:
    """Say what came of a plan. The same result again changes nothing.

    Raises:
        RefusedError: the plan is of another class or kind, cancelled, or has another result.
        NotInRecordsError: there is no such plan.
    """
    row = _find(tx, plan_id)
    if (tx.get_one(ClassRow, row.class_id).number, row.kind) != (class_number, kind):
        raise RefusedError(say("监管计划{plan}不是班次{number}的该类监管。", plan=str(plan_id), number=class_number))
    if row.state == "cancelled" or (row.state == "done" and row.result_id != result_id):
        raise RefusedError(say("监管计划{plan}已取消或已有结果。", plan=str(plan_id)))
    row.state, row.result_id = "done", result_id
    tx.flush()


def read_plans(
    tx: Tx, *, viewer: str, class_number: str | None = None, only: Sequence[UUID] | None = None
) -> list[PlanRecord]:
    """Plans by day and class, those carried out or cancelled too; none at all for an agency.

    Args:
        viewer: `BUREAU`, or the code of the agency whose account asks.
        class_number: One class; default all.
        only: Those of these ids; default all.
    """
    if viewer != BUREAU:
        return []
    query = select(SupervisionPlanRow).join(ClassRow, ClassRow.id == SupervisionPlanRow.class_id)
    if class_number is not None:
        query = query.where(ClassRow.number == class_number)
    if only is not None:
        query = query.where(SupervisionPlanRow.id.in_(only))
    found = [_read(tx, row) for row in tx.scalars(query)]
    return sorted(found, key=lambda each: (each.planned_on, each.class_number, each.kind, str(each.id)))


def list_inspecting_people(tx: Tx) -> list[str]:
    """Logins of everybody who can be sent to look, sorted: the pool of a draw."""
    query = select(UserRow.login).where(UserRow.disabled_at.is_(None), UserRow.role.in_(INSPECTING_ROLES))
    return sorted(tx.scalars(query))


def require_visible(tx: Tx, class_number: str, viewer: str) -> None:
    """Refuse an agency the classes of others, in the words for a class that is not there.

    Raises:
        NotInRecordsError: there is no such class, or none that this viewer may see.
    """
    training = find_class(tx, class_number)
    if viewer != BUREAU and tx.get_one(AgencyRow, training.agency_id).code != viewer:
        raise NotInRecordsError(f"no class {class_number} is on record")


def _find(tx: Tx, plan_id: UUID) -> SupervisionPlanRow:
    row = tx.get(SupervisionPlanRow, plan_id, with_for_update=True)
    if row is None:
        raise NotInRecordsError(f"no supervision plan {plan_id} is on record")
    return row


def _read(tx: Tx, row: SupervisionPlanRow) -> PlanRecord:
    people = tx.scalars(
        select(UserRow.login)
        .join(SupervisionPlanMemberRow, SupervisionPlanMemberRow.user_id == UserRow.id)
        .where(SupervisionPlanMemberRow.plan_id == row.id)
    )
    return PlanRecord(
        row.id, tx.get_one(ClassRow, row.class_id).number, row.kind, row.method, row.planned_on, row.state,
        tuple(sorted(people)), row.seed, row.pool_size, row.pool_sha256, tx.get_one(UserRow, row.planned_by).login,
        row.result_id, row.cancelled_because,
    )  # fmt: skip
