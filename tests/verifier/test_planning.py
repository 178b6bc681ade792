"""Plans of supervision: people drawn by a seed, carried out or cancelled, and never shown to an agency."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from tests.builders.office import close_class, moment
from tests.builders.plan import a_change, a_digest
from tests.builders.regulation import AGENCY
from verifier.class_standing import describe_due, describe_plan, list_matters, view_due
from verifier.planning import cancel_plan, plan_follow_ups, plan_inspection, plan_off_site
from verifier.records.audit import read_audit, verify_audit
from verifier.records.dump import dump_records
from verifier.records.errors import NotInRecordsError
from verifier.records.filing import read_class_file, save_class_file
from verifier.records.matters import read_violations
from verifier.records.office import RefusedError, save_interest, save_person
from verifier.records.plans import BUREAU, read_plans
from verifier.records.supervision import InspectionVisit
from verifier.regulation.decisions import Verdict
from verifier.regulation.facts import ClassFacts, PhotoReport, ReportState
from verifier.supervising import Office, decide_matter, draw_follow_ups, record_inspection, record_off_site
from verifier.supervision_history import describe_supervision

NUMBER = "YY-2023-0000"
OTHER = "91430900MA00000002"


def day_of(facts: ClassFacts, place: int) -> date:
    return facts.sessions[place].session.day


def test_two_inspectors_are_drawn_and_the_same_seed_draws_them_again(office: Office, facts: ClassFacts) -> None:
    plan = plan_inspection(office, NUMBER, day_of(facts, 4), "彩票 2023066", "li")
    assert len(plan.people) == 2
    assert (plan.pool_size, plan.state, plan.planned_by) == (3, "planned", "li")
    with office.database.reading() as tx:
        before = dump_records(tx)
    assert plan_inspection(office, NUMBER, day_of(facts, 4), "彩票 2023066 ", "wang") == plan
    with office.database.reading() as tx:
        assert dump_records(tx) == before


@pytest.mark.parametrize(("kept_away", "refused"), [(1, False), (2, True)], ids=["two are left", "one is left"])
def test_who_declared_an_interest_is_not_drawn(
    office: Office, facts: ClassFacts, kept_away: int, refused: bool
) -> None:
    day = day_of(facts, 4)
    with office.database.transaction() as tx:
        for login in ("wang", "zhao")[:kept_away]:
            save_interest(tx, login, AGENCY.code, day, day, "亲属")
    if refused:
        with pytest.raises(RefusedError, match="利害关系"):
            plan_inspection(office, NUMBER, day, "种子", "li")
    else:
        assert plan_inspection(office, NUMBER, day, "种子", "li").people == ("li", "zhao")
        assert plan_inspection(office, NUMBER, day + timedelta(days=1), "种子", "li").pool_size == 3


def test_an_administrator_of_accounts_is_not_sent_to_look(office: Office, facts: ClassFacts) -> None:
    with office.database.transaction() as tx:
        save_person(tx, "root", "管理员", "admin")
        save_person(tx, "chen", "陈科长", "chief")
    assert plan_inspection(office, NUMBER, day_of(facts, 4), "种子", "li").pool_size == 4


@pytest.mark.parametrize(
    ("offset", "refused"), [(-1, True), (0, False)], ids=["the day before the last session", "on the last day"]
)
def test_a_follow_up_is_planned_for_after_the_class(
    office: Office, facts: ClassFacts, offset: int, refused: bool
) -> None:
    day = day_of(facts, -1) + timedelta(days=offset)
    if refused:
        with pytest.raises(RefusedError, match="结束"):
            plan_follow_ups(office, NUMBER, day, "种子", "li")
    else:
        assert plan_follow_ups(office, NUMBER, day, "种子", "li").kind == "follow_up"


@pytest.mark.parametrize("seed", ["", "  "])
def test_a_plan_needs_a_seed(office: Office, facts: ClassFacts, seed: str) -> None:
    with pytest.raises(RefusedError, match="种子"):
        plan_inspection(office, NUMBER, day_of(facts, 4), seed, "li")


def test_an_unknown_way_of_looking_is_refused(office: Office, facts: ClassFacts) -> None:
    with pytest.raises(RefusedError, match="telepathy"):
        plan_off_site(office, NUMBER, "telepathy", day_of(facts, 4), "种子", "li")


def test_each_kind_of_plan_is_done_by_its_result_and_by_no_other(office: Office, facts: ClassFacts) -> None:
    day, last = day_of(facts, 4), day_of(facts, -1)
    on_site = plan_inspection(office, NUMBER, day, "种子", "li")
    off_site = plan_off_site(office, NUMBER, "video_review", day, "种子", "li")
    calls = plan_follow_ups(office, NUMBER, last, "种子", "li")
    visit = InspectionVisit(NUMBER, moment(day, "09:30"), ("li", "wang"), facts.sessions[4].session.id, 20, 18)
    with pytest.raises(RefusedError, match="该类监管"):
        record_inspection(office, visit, off_site.id)
    inspection = record_inspection(office, visit, on_site.id)
    assert record_inspection(office, visit, on_site.id) == inspection
    review = record_off_site(office, NUMBER, "video_review", moment(day, "15:00"), "li", "画面正常", plan=off_site.id)
    draw_id, _ = draw_follow_ups(office, NUMBER, "学员种子", "li", moment(last), calls.id)
    with office.database.reading() as tx:
        done = {each.kind: (each.state, each.result_id) for each in read_plans(tx, viewer=BUREAU)}
    assert done == {"on_site": ("done", inspection), "off_site": ("done", review), "follow_up": ("done", draw_id)}
    with pytest.raises(RefusedError, match="已执行"):
        cancel_plan(office, on_site.id, "li", "改期")
    with pytest.raises(RefusedError, match="已取消或已有结果"):
        record_inspection(office, replace(visit, inspected_at=moment(day, "10:30")), on_site.id)


def test_a_cancelled_plan_stays_with_its_first_reason(office: Office, facts: ClassFacts) -> None:
    plan = plan_inspection(office, NUMBER, day_of(facts, 4), "种子", "li")
    with pytest.raises(RefusedError):
        cancel_plan(office, plan.id, "li", " ")
    cancel_plan(office, plan.id, "li", "台风停课")
    assert cancel_plan(office, plan.id, "wang", "又一次").cancelled_because == "台风停课"
    with pytest.raises(NotInRecordsError):
        cancel_plan(office, uuid4(), "li", "没有")


@pytest.mark.parametrize(("offset", "state"), [(0, "planned"), (1, "overdue")], ids=["on its day", "the day after"])
def test_a_plan_is_overdue_from_the_day_after(office: Office, facts: ClassFacts, offset: int, state: str) -> None:
    day = day_of(facts, 4)
    plan = plan_inspection(office, NUMBER, day, "种子", "li")
    assert describe_plan(plan, day + timedelta(days=offset))["state"] == state


def test_no_agency_sees_a_plan_or_what_the_office_owes_a_class(office: Office, facts: ClassFacts) -> None:
    plan_inspection(office, NUMBER, day_of(facts, 4), "种子", "li")
    with office.database.reading() as tx:
        assert read_plans(tx, viewer=AGENCY.code) == []
        (theirs,) = [describe_due(each) for each in view_due(tx, office.policy, day_of(facts, 0), viewer=AGENCY.code)]
        (ours,) = [describe_due(each) for each in view_due(tx, office.policy, day_of(facts, 0))]
        assert set(describe_supervision(tx, NUMBER, viewer=AGENCY.code)) == {"class", "dates"}
        assert len(describe_supervision(tx, NUMBER, viewer=BUREAU)["plans"]) == 1
    assert (theirs["plans"], theirs["duties"]) == ([], [])
    assert [each["code"] for each in theirs["deadlines"]] == ["filing"]
    assert len(ours["plans"]) == 1
    assert len(ours["duties"]) == 3


@pytest.mark.parametrize(
    ("takes_effect_on", "deadlines"),
    [
        pytest.param(date(2023, 6, 20), ["filing", "change"], id="while the law is in force"),
        pytest.param(date(121, 7, 7), ["filing"], id="a day before any law: no deadline, and no failure"),
    ],
)
def test_a_change_has_a_deadline_where_the_law_of_its_day_names_one(
    office: Office, facts: ClassFacts, takes_effect_on: date, deadlines: list[str]
) -> None:
    change = a_change(takes_effect_on=takes_effect_on)
    with office.database.transaction() as tx:
        file = read_class_file(tx, NUMBER)
        save_class_file(tx, replace(file, training=replace(file.training, changes=(change,))))
        (due,) = [describe_due(each) for each in view_due(tx, office.policy, day_of(facts, 0))]
    assert [each["code"] for each in due["deadlines"]] == deadlines


def test_another_agency_s_class_is_not_there(office: Office, facts: ClassFacts) -> None:
    with office.database.reading() as tx:
        assert view_due(tx, office.policy, day_of(facts, 0), viewer=OTHER) == []
        for look in (
            lambda: view_due(tx, office.policy, day_of(facts, 0), NUMBER, viewer=OTHER),
            lambda: list_matters(tx, office.policy, NUMBER, viewer=OTHER),
            lambda: describe_supervision(tx, NUMBER, viewer=OTHER),
        ):
            with pytest.raises(NotInRecordsError):
                look()


def test_what_waits_for_a_check_on_site_is_not_told_to_the_agency(office: Office, facts: ClassFacts) -> None:
    missing = PhotoReport(ReportState.MISSING)
    sessions = [replace(each, reports=(missing,)) if n in (4, 5) else each for n, each in enumerate(facts.sessions)]
    close_class(office, facts.training, sessions, day_of(facts, -1))
    with office.database.reading() as tx:
        violation: UUID = read_violations(tx, NUMBER)[0].id
    decide_matter(office, violation, Verdict.NEEDS_ON_SITE, "li", "到现场看看")
    with office.database.reading() as tx:
        assert list_matters(tx, office.policy, viewer=AGENCY.code)["violations"] == []
        assert len(list_matters(tx, office.policy)["violations"]) == 1
    decide_matter(office, violation, Verdict.CONFIRM, "li", "属实")
    with office.database.reading() as tx:
        (shown,) = list_matters(tx, office.policy, viewer=AGENCY.code)["violations"]
    assert [each["decision"] for each in shown["decisions"]] == ["confirm"]


def test_everything_people_do_is_in_the_audit_once(office: Office, facts: ClassFacts) -> None:
    day = day_of(facts, 4)
    for _ in range(2):
        plan = plan_inspection(office, NUMBER, day, "种子", "li")
        visit = InspectionVisit(
            NUMBER, moment(day, "09:30"), ("li", "wang"), facts.sessions[4].session.id, 20, 18,
            evidence=(a_digest("visit"),),
        )  # fmt: skip
        record_inspection(office, visit, plan.id)
        record_off_site(office, NUMBER, "phone", moment(day, "15:00"), "wang", "正常", a_digest("call"))
    with office.database.reading() as tx:
        entries = [(each.action, each.actor) for each in read_audit(tx)]
        assert verify_audit(tx).sound
    assert entries == [
        ("plan.make", "user:li"), ("inspection.record", "user:li"), ("off_site.record", "user:wang"),
    ]  # fmt: skip
