"""What the filing system asks before money is paid: every condition, fulfilled, not fulfilled or open, with its clause."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tests.builders.regulation import (
    FIRST_DAY,
    a_class,
    a_roster,
    half_days,
    numbers,
    session_facts,
    sign_ins,
    students,
)
from verifier.finding import Outcome
from verifier.regulation.class_closing import list_archive_kinds
from verifier.regulation.facts import (
    ArchiveItem,
    CaseState,
    FollowUp,
    OffSiteSupervision,
    OnSiteInspection,
    PersonRecord,
    Seen,
    TeachingSeen,
    WarningIssued,
)
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import load_policy
from verifier.regulation.subsidy import ConditionState, SubsidyView, view_subsidy
from verifier.regulation.violation import Violation

POLICY = load_policy()
END = FIRST_DAY + timedelta(days=1)


def a_flawless_class():
    sessions = [
        session_facts(
            each, students=students(present=10), sign_ins=sign_ins(each, 10, every_s=31 + index),
            teacher=Seen(Outcome.PASSED), place=Seen(Outcome.PASSED), timetable=Seen(Outcome.PASSED),
        )
        for index, each in enumerate(half_days(4))
    ]  # fmt: skip
    facts = a_class(
        sessions, planned_hours=16, as_of=END + timedelta(days=40), students=a_roster(10), examined=tuple(numbers(10)),
        filed_on=date(2023, 5, 31), first_teaching=TeachingSeen(FIRST_DAY, ("photo",)),
        inspections=(OnSiteInspection("visit", FIRST_DAY, ("甲", "乙")),),
        off_site=tuple(OffSiteSupervision(f"o{n}", FIRST_DAY, "video", "甲") for n in range(2)),
        follow_ups=tuple(FollowUp(no, END + timedelta(days=3), "甲", recording="call.mp3") for no in ("S01", "S02")),
        certified_on=END + timedelta(days=10), applied_on=END + timedelta(days=20),
    )  # fmt: skip
    items = tuple(ArchiveItem(kind.code, True) for kind in list_archive_kinds(facts.training, POLICY))
    return replace(facts, archive=items)


def states(view: SubsidyView) -> dict[str, ConditionState]:
    return {each.citation.code: each.state for each in view.conditions}


def proposal(facts, code, state=CaseState.PROPOSED):
    (result,) = [each for each in judge_class(facts, POLICY, [code]) if each.proposes]
    return Violation(result.dedup_key, result, state)


def test_a_flawless_class_fulfils_every_condition_and_every_condition_has_its_clause():
    view = view_subsidy(a_flawless_class(), POLICY)
    # Same-order sign-ins are a lead that a person looks at; the builder's students always sign in by number.
    assert {code for code, state in states(view).items() if state is not ConditionState.FULFILLED} == {
        "sign_in_for_show"
    }
    labels = [each.citation.label for each in view.conditions]
    assert {"7(1)", "7(2)", "7(5)", "7(6)", "9", "10", "11", "13(2)(1)", "13(2)(2)", "13(2)(3)"} <= set(labels)
    assert all(str(sentence) for each in view.conditions for sentence in each.sentences)
    assert view.state is ConditionState.OPEN


def test_conditions_that_fail_or_are_open():
    facts = a_flawless_class()
    cases = {
        "off_site_twice": (replace(facts, off_site=()), ConditionState.NOT_FULFILLED),
        "on_site_once": (replace(facts, inspections=()), ConditionState.NOT_FULFILLED),
        "follow_up_20_percent": (replace(facts, follow_ups=()), ConditionState.OPEN),
        "subsidy_applied_within_2_months": (replace(facts, applied_on=None), ConditionState.OPEN),
        "archive_complete": (replace(facts, archive=None), ConditionState.OPEN),
        "filed_7_to_10_working_days_ahead": (
            replace(facts, training=replace(facts.training, filed_on=date(2023, 6, 9))), ConditionState.NOT_FULFILLED,
        ),
        "exam_only_from_80_percent_of_hours": (replace(facts, examined=()), ConditionState.OPEN),
    }  # fmt: skip
    for code, (changed, wanted) in cases.items():
        assert states(view_subsidy(changed, POLICY))[code] is wanted, code


def test_an_undecided_proposal_keeps_the_question_open_and_a_decision_closes_it():
    sessions = a_flawless_class().sessions
    facts = replace(a_flawless_class(), sessions=tuple(replace(each, reports=()) for each in sessions))
    code = "reports_missing_7_hours"
    assert states(view_subsidy(facts, POLICY))[code] is ConditionState.OPEN
    for state, wanted in (
        (CaseState.PROPOSED, ConditionState.OPEN),
        (CaseState.NEEDS_ON_SITE, ConditionState.OPEN),
        (CaseState.CONFIRMED, ConditionState.FULFILLED),
        (CaseState.DISMISSED, ConditionState.FULFILLED),
    ):
        violations = (proposal(facts, code, state),)
        assert states(view_subsidy(facts, POLICY, violations))[code] is wanted, state


def test_two_warnings_stop_the_payment_once_two_people_confirmed_it():
    warnings = tuple(WarningIssued(f"培整改〔2023〕{n}号", "YY-2023-0071", END, ("x",)) for n in (1, 2))
    facts = replace(a_flawless_class(), warnings=warnings)
    code = "two_warnings_of_one_class"
    assert states(view_subsidy(facts, POLICY))[code] is ConditionState.OPEN
    for state, wanted in (
        (CaseState.AWAITING_SECOND, ConditionState.OPEN),
        (CaseState.CONFIRMED, ConditionState.NOT_FULFILLED),
        (CaseState.DISMISSED, ConditionState.FULFILLED),
    ):
        view = view_subsidy(facts, POLICY, (proposal(facts, code, state),))
        assert states(view)[code] is wanted
        assert view.state is not ConditionState.FULFILLED


def test_fraud_recorded_about_the_agency_stops_every_class_s_payment():
    record = PersonRecord("exam_impersonation", "r1", END, "甲", "替考", ("video",))
    facts = replace(a_flawless_class(), records=(record,))
    view = view_subsidy(facts, POLICY, (proposal(facts, "exam_impersonation", CaseState.CONFIRMED),))
    (condition,) = [each for each in view.conditions if each.citation.code == "exam_impersonation"]
    assert condition.state is ConditionState.NOT_FULFILLED
    assert condition.evidence == ("r1", "video")


def test_no_conditions_at_all_is_open_never_fulfilled():
    assert SubsidyView("c", POLICY.ref, ()).state is ConditionState.OPEN
