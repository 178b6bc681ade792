"""What people decide: by whom, when, why; two people for what leads to money or qualification."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.regulation import FIRST_DAY, at
from verifier.regulation.decisions import (
    Decision,
    DecisionRefusedError,
    Verdict,
    conclude,
    decide,
    list_standing,
    needs_two_persons,
)
from verifier.regulation.facts import CaseState
from verifier.regulation.result import Consequence

NINE = at(FIRST_DAY, "09:00")
CONFIRM, DISMISS, ON_SITE, WITHDRAW = Verdict.CONFIRM, Verdict.DISMISS, Verdict.NEEDS_ON_SITE, Verdict.WITHDRAW


def make(*steps, two=False):
    """Decisions d1, d2, … as (verdict, who) or (withdraw, who, reference), a minute apart."""
    decisions = ()
    for number, (verdict, by, *withdraws) in enumerate(steps, start=1):
        moment = NINE + timedelta(minutes=number)
        decision = Decision(f"d{number}", verdict, by, moment, "因为", *withdraws)
        decisions = decide(decisions, decision, two_persons=two)
    return decisions


@pytest.mark.parametrize(
    ("steps", "two", "state"),
    [
        pytest.param([], False, CaseState.PROPOSED, id="nobody decided"),
        pytest.param([(CONFIRM, "甲")], False, CaseState.CONFIRMED, id="one person confirms a warning"),
        pytest.param([(DISMISS, "甲")], False, CaseState.DISMISSED, id="one person dismisses"),
        pytest.param([(CONFIRM, "甲")], True, CaseState.AWAITING_SECOND, id="one of two confirms where money hangs on it"),
        pytest.param([(CONFIRM, "甲"), (CONFIRM, "乙")], True, CaseState.CONFIRMED, id="both of two confirm"),
        pytest.param([(CONFIRM, "甲"), (DISMISS, "乙")], True, CaseState.DISMISSED, id="the second one dismisses"),
        pytest.param([(ON_SITE, "甲")], False, CaseState.NEEDS_ON_SITE, id="sent to an on-site check"),
        pytest.param([(ON_SITE, "甲"), (CONFIRM, "乙")], False, CaseState.CONFIRMED, id="confirmed after the check"),
        pytest.param(
            [(CONFIRM, "甲"), (ON_SITE, "乙"), (CONFIRM, "乙")], True, CaseState.AWAITING_SECOND,
            id="after a check on site two have to confirm anew",
        ),
        pytest.param([(CONFIRM, "甲"), (WITHDRAW, "乙", "d1")], False, CaseState.PROPOSED, id="a withdrawn confirmation"),
        pytest.param(
            [(CONFIRM, "甲"), (CONFIRM, "乙"), (WITHDRAW, "乙", "d1")], True, CaseState.AWAITING_SECOND,
            id="one of two confirmations withdrawn",
        ),
    ],
)  # fmt: skip
def test_how_a_case_stands(steps, two, state):
    assert conclude(make(*steps, two=two), two_persons=two) is state


def test_withdrawn_decisions_stay_visible():
    decisions = make((CONFIRM, "甲"), (WITHDRAW, "甲", "d1"), (DISMISS, "乙"))
    assert [each.reference for each in decisions] == ["d1", "d2", "d3"]
    assert [each.reference for each in list_standing(decisions)] == ["d3"]


@pytest.mark.parametrize(
    ("steps", "two", "message"),
    [
        pytest.param([(CONFIRM, "甲"), (DISMISS, "乙")], False, "withdraw the decision", id="decided already"),
        pytest.param([(CONFIRM, "甲"), (CONFIRM, "甲")], True, "Another person", id="the same person twice"),
        pytest.param([(WITHDRAW, "甲", "d9")], False, "no decision d9", id="nothing to withdraw"),
        pytest.param(
            [(CONFIRM, "甲"), (WITHDRAW, "甲", "d1"), (WITHDRAW, "甲", "d1")], False, "no decision d1",
            id="withdrawn already",
        ),
        pytest.param([(CONFIRM, "")], False, "name of who", id="nobody's decision"),
        pytest.param([(CONFIRM, "甲", "d0")], False, "Only a withdrawal", id="a confirmation that takes something back"),
    ],
)  # fmt: skip
def test_what_may_not_be_decided(steps, two, message):
    with pytest.raises(DecisionRefusedError, match=message):
        make(*steps, two=two)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"why": " "}, "needs a reason", id="no reason"),
        pytest.param({"at": datetime(2023, 6, 12, 9)}, "no UTC offset", id="no offset"),
        pytest.param({"at": NINE - timedelta(days=1)}, "is before the last", id="before the last one"),
        pytest.param({"reference": "d1"}, "already in use", id="a reference twice"),
    ],
)
def test_incomplete_decisions_are_refused(changed, message):
    values = {
        "reference": "d2",
        "verdict": CONFIRM,
        "by": "乙",
        "at": NINE + timedelta(hours=1),
        "why": "因为",
    } | changed
    with pytest.raises(DecisionRefusedError, match=message) as refused:
        decide(make((ON_SITE, "甲")), Decision(**values), two_persons=False)
    assert refused.value.sentence.text("zh_CN") != str(refused.value)


def test_two_people_decide_where_money_or_qualification_hangs_on_it():
    assert {each for each in Consequence if needs_two_persons(each)} == {
        Consequence.SUBSIDY,
        Consequence.QUALIFICATION,
        Consequence.RECOVERY,
    }


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([CONFIRM, DISMISS, ON_SITE, WITHDRAW]), st.sampled_from("甲乙丙"), st.integers(1, 9)),
        max_size=12,
    )
)
def test_no_order_of_decisions_confirms_with_one_person_where_two_are_needed(steps):
    decisions = ()
    for number, (verdict, by, target) in enumerate(steps, start=1):
        withdraws = f"d{target}" if verdict is WITHDRAW else ""
        decision = Decision(f"d{number}", verdict, by, NINE + timedelta(minutes=number), "因为", withdraws)
        try:
            longer = decide(decisions, decision, two_persons=True)
        except DecisionRefusedError:
            continue
        assert longer[:-1] == decisions
        decisions = longer
        if conclude(decisions, two_persons=True) is CaseState.CONFIRMED:
            confirming = {each.by for each in list_standing(decisions) if each.verdict is CONFIRM}
            assert len(confirming) >= 2
