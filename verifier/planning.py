"""Planning supervision, a use case each: who looks at which class when. People are drawn by a recorded seed (Art. 9, 14(4)).

The office alone may know: see `records.plans.read_plans`. Each call may be repeated: the same again changes nothing.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from verifier.language import say
from verifier.records.class_facts import read_class_facts
from verifier.records.office import RefusedError, find_person, read_interests
from verifier.records.plans import PlanRecord, list_inspecting_people, save_plan
from verifier.records.plans import cancel_plan as cancel_in_records
from verifier.records.tables.supervision import SUPERVISION_KINDS
from verifier.regulation.drawing import draw_inspectors
from verifier.regulation.duties import class_end, has_interest
from verifier.supervising import Office


def plan_inspection(office: Office, class_number: str, planned_on: date, seed: str, by: str) -> PlanRecord:
    """Plan an on-site inspection and draw its inspectors: as many as the policy asks, none with a declared interest.

    Raises:
        RefusedError: no seed, or too few inspectors without an interest are left.
        NotInRecordsError: there is no such class.
    """
    count = int(office.number("inspectors_per_inspection", planned_on))
    return _plan(office, class_number, "on_site", "", planned_on, seed, by, count)


def plan_off_site(office: Office, class_number: str, method: str, planned_on: date, seed: str, by: str) -> PlanRecord:
    """Plan an off-site supervision (Art. 10) and draw who does it. `method` is as for `supervising.record_off_site`.

    Raises:
        RefusedError: see `plan_inspection`; or the method is unknown.
    """
    if method not in SUPERVISION_KINDS:
        raise RefusedError(
            say("没有名为{kind}的非现场监管方式（{known}）。", kind=method, known="、".join(SUPERVISION_KINDS))
        )
    return _plan(office, class_number, "off_site", method, planned_on, seed, by, 1)


def plan_follow_ups(office: Office, class_number: str, planned_on: date, seed: str, by: str) -> PlanRecord:
    """Plan the follow-up of a class (Art. 11) and draw who makes the calls; the students are drawn when it is done.

    Raises:
        RefusedError: see `plan_inspection`; or the class is not over by that day.
    """
    with office.reading() as tx:
        ended = class_end(read_class_facts(tx, class_number, planned_on))
    if ended is not None and planned_on < ended:
        raise RefusedError(
            say(
                "跟踪回访须在培训班结束（{ended}）之后，计划日期为{day}。",
                ended=ended.isoformat(),
                day=planned_on.isoformat(),
            )
        )
    return _plan(office, class_number, "follow_up", "", planned_on, seed, by, 1)


def cancel_plan(office: Office, plan_id: UUID, by: str, why: str) -> PlanRecord:
    """Cancel a plan with a reason; it stays on record.

    Raises:
        RefusedError: no reason, or it was carried out.
        NotInRecordsError: there is no such plan.
    """
    with office.transaction() as tx:
        return cancel_in_records(tx, plan_id, by, why)


def _plan(
    office: Office, class_number: str, kind: str, method: str, planned_on: date, seed: str, by: str, count: int
) -> PlanRecord:
    with office.transaction() as tx:
        agency = read_class_facts(tx, class_number, planned_on).training.agency
        find_person(tx, by)
        pool, interests = list_inspecting_people(tx), read_interests(tx)
        left = [each for each in pool if not has_interest(each, agency.code, planned_on, interests)]
        if not seed.strip() or len(left) < count:
            raise RefusedError(
                say("抽取监管人员须有种子，且至少有{count}名无利害关系的人员（种子“{seed}”，可抽取{left}名）。",
                    count=count, seed=seed, left=len(left))
            )  # fmt: skip
        draw = draw_inspectors(pool, agency.code, planned_on, interests, seed.strip(), count)
        return save_plan(tx, class_number, kind, method, planned_on, draw, by)
