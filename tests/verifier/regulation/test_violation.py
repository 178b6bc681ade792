"""A violation over time: one ongoing breach grows; late evidence lapses it with a reason; a confirmed one never changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.regulation import FIRST_DAY, a_class, a_report, half_days, session_facts
from verifier.regulation.chain import BrokenChainError, build_chain
from verifier.regulation.facts import CaseState, PersonRecord, ReportState, Sample, WarningIssued
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import load_policy
from verifier.regulation.violation import ChangeKind, Violation, follow_evidence, reevaluate, reevaluate_all, settle

POLICY = load_policy()
C, M, U, N = ReportState.COMPLETE, ReportState.MISSING, ReportState.UNSURE, ReportState.NOT_RUN
CODE = "reports_missing_7_hours"


def judge(states, violations=(), codes=(CODE,), **changes):
    plan = half_days(len(states))
    sessions = [session_facts(each, reports=(a_report(state),)) for each, state in zip(plan, states, strict=True)]
    return judge_class(a_class(sessions, settled=settle(violations), **changes), POLICY, codes)


def night(states, violations=(), **changes):
    """One night: judge, re-evaluate, keep. Returns the violations after it and the kinds of change."""
    steps = reevaluate_all(violations, judge(states, violations, **changes))
    kept = {each.key: each for each in violations}
    kept |= {step.violation.key: step.violation for step in steps}
    return tuple(kept.values()), [step.kind for step in steps]


def decided(violations, state):
    return tuple(replace(each, state=state) for each in violations)


def test_a_breach_opens_grows_and_stays():
    violations, kinds = night([M, M])
    assert kinds == [ChangeKind.OPENS]
    violations, kinds = night([M, M, M], violations)
    assert kinds == [ChangeKind.GROWS]
    assert len(violations[0].result.sessions) == 3
    again, kinds = night([M, M, M], violations)
    assert kinds == [ChangeKind.STAYS]
    assert again == violations


def test_a_late_photo_shrinks_the_breach_and_its_key_stays():
    violations, _ = night([M, M, M])
    key = violations[0].key
    violations, kinds = night([C, M, M], violations)
    assert kinds == [ChangeKind.SHRINKS]
    assert [each.key for each in violations] == [key]


def test_a_late_photo_lapses_the_breach_with_its_reason_and_losing_it_again_brings_it_back():
    violations, _ = night([M, M])
    violations, kinds = night([M, C], violations)
    assert kinds == [ChangeKind.LAPSES]
    assert violations[0].state is CaseState.LAPSED
    assert "不再成立" in violations[0].lapsed_because.text("zh_CN")
    violations, kinds = night([M, C], violations)
    assert kinds == [ChangeKind.STAYS_CLOSED]
    violations, kinds = night([M, M], violations)
    assert kinds == [ChangeKind.REOPENS]
    assert [each.state for each in violations] == [CaseState.PROPOSED]


@pytest.mark.parametrize(
    "states", [pytest.param([M, U], id="a report that does not decide"), pytest.param([M, N], id="our own outage")]
)
def test_doubt_neither_proposes_nor_takes_back(states):
    violations, _ = night([M, M])
    after, kinds = night(states, violations)
    assert kinds == [ChangeKind.STAYS]
    assert after == violations


def test_a_confirmed_violation_never_changes_and_what_goes_on_is_a_new_one():
    violations, _ = night([M, M])
    confirmed = decided(violations, CaseState.CONFIRMED)
    after, kinds = night([M, M, M], confirmed)
    assert kinds == [ChangeKind.UNTOUCHED]
    assert after == confirmed
    after, kinds = night([M, M, M, M], confirmed)
    assert kinds == [ChangeKind.UNTOUCHED, ChangeKind.OPENS]
    assert after[0] == confirmed[0]
    assert after[1].result.sessions == tuple(each.id for each in half_days(4)[2:])
    assert after[1].key != after[0].key


def test_evidence_against_a_confirmed_violation_is_pointed_out_and_changes_nothing():
    violations, _ = night([M, M])
    confirmed = decided(violations, CaseState.CONFIRMED)
    # Another breach is still proposed, so the rule was judged; this one no longer is.
    unsettled = judge([C, C, C, C, M, M])
    (step,) = [
        each
        for each in reevaluate_all(confirmed, judge([C, C, C, C, M, M], confirmed), unsettled)
        if each.violation.key == confirmed[0].key
    ]
    assert step.kind is ChangeKind.UNTOUCHED
    assert step.violation == confirmed[0]
    assert "不再提出，请核对" in step.reason.text("zh_CN")


def test_excused_hours_do_not_help_to_fill_the_next_seven():
    violations, _ = night([M, M])
    dismissed = decided(violations, CaseState.DISMISSED)
    after, kinds = night([M, M, M], dismissed)
    assert kinds == [ChangeKind.STAYS_CLOSED]
    assert after == dismissed
    after, kinds = night([M, M, M, M], dismissed)
    assert kinds == [ChangeKind.STAYS_CLOSED, ChangeKind.OPENS]


def test_two_breaches_that_turn_out_to_be_one_become_the_earlier_one():
    violations, _ = night([M, M, C, M, M])
    assert len(violations) == 2
    after, kinds = night([M, M, M, M, M], violations)
    assert sorted(kinds) == [ChangeKind.GROWS, ChangeKind.LAPSES]
    states = {each.result.dedup_key if each.state is CaseState.PROPOSED else "lapsed" for each in after}
    assert "lapsed" in states
    assert [each.key for each in after if each.state is CaseState.PROPOSED] == [violations[0].key]


def test_a_rule_that_was_not_judged_lets_its_violations_wait():
    violations, _ = night([M, M])
    after, kinds = night([C, C], violations, codes=("attendance_below_80_percent",))
    assert kinds == [ChangeKind.STAYS]
    assert after == violations


def test_a_dismissed_spot_check_comes_up_again_only_with_something_new():
    sample = Sample("s1", FIRST_DAY, "phone", 10, 5, evidence=("call-1",))
    codes = ("half_of_sample_false",)
    violations, _ = night([C], samples=(sample,), codes=codes)
    dismissed = decided(violations, CaseState.DISMISSED)
    _, kinds = night([C], dismissed, samples=(sample,), codes=codes)
    assert kinds == [ChangeKind.STAYS_CLOSED]
    after, kinds = night([C], dismissed, samples=(replace(sample, evidence=("call-1", "call-2")),), codes=codes)
    assert kinds == [ChangeKind.REOPENS]
    assert after[1].key == f"{after[0].key}#2"
    assert after[1].follows == after[0].key
    again, kinds = night(
        [C], decided(after, CaseState.DISMISSED), samples=(replace(sample, evidence=("call-1", "call-2")),), codes=codes
    )
    assert set(kinds) == {ChangeKind.STAYS_CLOSED}
    assert len(again) == 2


def test_comparing_nothing_or_an_answer_that_proposes_nothing_is_a_mistake():
    with pytest.raises(ValueError, match="nothing to compare"):
        reevaluate(None, None)
    with pytest.raises(ValueError, match="proposes nothing"):
        reevaluate(None, judge([C])[0])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.sampled_from([C, M, U, N]), min_size=8, max_size=8), min_size=1, max_size=6), st.data())
def test_whatever_the_nights_bring_decided_violations_stay_and_a_second_run_changes_nothing(nights, data):
    violations: tuple[Violation, ...] = ()
    for states in nights:
        before = {each.key: each for each in violations if each.state in (CaseState.CONFIRMED, CaseState.DISMISSED)}
        violations, _ = night(states, violations)
        now = {each.key: each for each in violations}
        assert all(now[key] == each for key, each in before.items())
        again, kinds = night(states, violations)
        assert again == violations
        assert not {ChangeKind.OPENS, ChangeKind.GROWS, ChangeKind.SHRINKS, ChangeKind.REOPENS} & set(kinds)
        covered = [
            session for each in violations if each.state is not CaseState.LAPSED for session in each.result.sessions
        ]
        assert len(covered) == len(set(covered))
        verdict = data.draw(st.sampled_from([CaseState.PROPOSED, CaseState.CONFIRMED, CaseState.DISMISSED]))
        violations = tuple(
            replace(each, state=verdict) if each.state is CaseState.PROPOSED else each for each in violations
        )


# ---------------------------------------------------------------- chain of reasons


def test_a_sanction_is_explained_down_to_each_photo_s_hash():
    records = tuple(
        PersonRecord("inspection_refused", f"visit-{n}", FIRST_DAY, "甲", "拒不开门", (f"sha256:{n}",)) for n in (1, 2)
    )
    violations, _ = night([C], records=records, codes=("inspection_refused",))
    warnings = tuple(
        WarningIssued(f"培整改〔2023〕{n}号", "YY-2023-0071", FIRST_DAY, ("inspection_refused",), (each.key,))
        for n, each in enumerate(violations, start=1)
    )
    (sanction,) = judge([C], warnings=warnings, codes=("two_warnings_of_one_class",))
    chain = build_chain(sanction, warnings, violations)
    assert [(depth, link.kind) for depth, link in chain.walk()][:4] == [
        (0, "sanction"),
        (1, "notice"),
        (2, "violation"),
        (3, "evidence"),
    ]
    assert set(chain.list_evidence()) == {"sha256:1", "sha256:2", "visit-1", "visit-2"}
    assert chain.citation.label == "13(2)(3)"
    with pytest.raises(BrokenChainError, match="not on record"):
        build_chain(sanction, warnings, [])


def test_a_check_on_site_that_was_asked_for_is_not_taken_back_by_late_photos():
    violations, _ = night([M, M])
    waiting = decided(violations, CaseState.NEEDS_ON_SITE)
    after, kinds = night([M, C], waiting)
    assert kinds == [ChangeKind.UNTOUCHED]
    assert after == waiting
    (step,) = reevaluate_all(waiting, judge([M, C], waiting))
    assert "请核对" in step.reason.text("zh_CN")


def test_a_lapsed_proposal_says_what_its_rule_finds_now():
    violations, _ = night([M, M])
    violations, _ = night([M, C], violations)
    now = next(each for each in judge([M, C]) if each.citation.code == CODE and each.aspect == "photos")
    assert now.reason.text("zh_CN") in violations[0].lapsed_because.text("zh_CN")


UNDECIDED = (CaseState.PROPOSED, CaseState.LAPSED)


@pytest.mark.parametrize(
    ("state", "holds", "after"),
    [
        (CaseState.PROPOSED, True, CaseState.PROPOSED), (CaseState.PROPOSED, False, CaseState.LAPSED),
        (CaseState.LAPSED, True, CaseState.PROPOSED), (CaseState.LAPSED, False, CaseState.LAPSED),
        *[(each, holds, each) for each in CaseState if each not in UNDECIDED for holds in (True, False)],
    ],
)  # fmt: skip
def test_the_evidence_opens_and_lapses_what_nobody_decided_on_and_nothing_else(state, holds, after):
    assert follow_evidence(state, holds=holds) is after
