"""Forms filled from the facts as far as those go."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.builders.regulation import FIRST_DAY, a_class, a_session, session_facts, students
from verifier.regulation.drafts import draft_follow_up_form, draft_notice, draft_on_site_form
from verifier.regulation.drawing import Draw, draw_followups
from verifier.regulation.facts import CaseState
from verifier.regulation.forms import OnSiteForm
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import load_policy
from verifier.regulation.violation import Violation

FACTS = a_class([session_facts(a_session(), students=students(present=7, absent=3, leave=1))])


def a_violation(state=CaseState.CONFIRMED, facts=FACTS):
    (result,) = judge_class(facts, load_policy(), ["attendance_below_80_percent"])
    return Violation(result.dedup_key, result, state)


def notice(*violations):
    return draft_notice(
        FACTS.training, violations, number="培整改〔2023〕1号", found_on=FIRST_DAY, issued_on=date(2023, 6, 14),
        supervision=["非现场监管"], office="就业中心",
    )  # fmt: skip


def test_a_notice_lists_what_was_seen_and_the_clause():
    form = notice(a_violation())
    assert form.problems == (
        "课次2023-06-12-am：应到10人（已准假1人不计），实到7人，到课率70%，要求不低于80%。（第十三条（一）第4项）",
    )
    assert (form.agency, form.term, form.class_name) == (FACTS.training.agency.name, 3, "中式面点师")


@pytest.mark.parametrize(
    ("violations", "message"),
    [
        pytest.param([], "at least one", id="nothing"),
        pytest.param([a_violation(CaseState.PROPOSED)], "only confirmed", id="a mere proposal"),
        pytest.param([a_violation(CaseState.DISMISSED)], "only confirmed", id="a dismissed one"),
        pytest.param([a_violation(facts=a_class(FACTS.sessions, number="other"))], "is of other", id="another class's"),
    ],
)
def test_a_notice_holds_only_confirmed_violations_of_its_class(violations, message):
    with pytest.raises(ValueError, match=message):
        notice(*violations)


def test_the_on_site_form_says_who_is_expected_and_leaves_what_is_seen_blank():
    form = draft_on_site_form(FACTS.training, FACTS.sessions[0])
    assert form.expected == 10
    assert (form.present, form.attendance, form.inspectors) == (None, None, OnSiteForm().inspectors)


def test_the_follow_up_form_has_the_drawn_students_with_their_numbers_as_they_may_be_shown():
    roster = tuple(
        replace(each, id_number="430900199001011234", phone="13812345678") for each in FACTS.training.students
    )
    training = replace(FACTS.training, students=roster)
    draw = draw_followups([each.student_no for each in roster], "seed", Decimal(20))
    form = draft_follow_up_form(
        training, draw, office="就业中心", by="甲", show_number=lambda number: f"…{number[-4:]}"
    )
    assert [(each.id_number, each.phone) for each in form.lines] == [("…1234", "…5678")] * 2
    with pytest.raises(ValueError, match="not on the roster"):
        draft_follow_up_form(training, Draw("s", ("X9",), 1, ""), office="", by="", show_number=str)
