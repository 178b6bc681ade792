"""Article 13(1)(10): 不按时按质上报补贴材料、培训报表和培训资料等，经督促仍不能完成的."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.builders.regulation import a_class, session_facts
from verifier.finding import Outcome
from verifier.regulation.facts import CaseState, PersonRecord, Urging, UrgingOutcome
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import load_policy
from verifier.regulation.turning_days import list_turning_days

POLICY = load_policy()
CODE = "materials_late_after_urging"
URGED, DUE = date(2023, 7, 3), date(2023, 7, 10)
NEXT = DUE + timedelta(days=1)


def urged(outcome: UrgingOutcome | None = None, answered_on: date | None = None, **changes: date) -> Urging:
    days = {"urged_on": URGED, "due_on": DUE} | changes
    return Urging(
        "urging:1", "学员考勤资料", by="li", outcome=outcome, answered_on=answered_on, note="缺第三周", **days
    )


def judge(*urgings: Urging, as_of: date = NEXT, **changes: object):
    return judge_class(a_class([session_facts()], as_of=as_of, urgings=urgings, **changes), POLICY, [CODE])


@pytest.mark.parametrize(
    ("urging", "as_of", "outcome"),
    [
        pytest.param(urged(), DUE, Outcome.NOT_APPLICABLE, id="on the last day there is still time"),
        pytest.param(urged(), NEXT, Outcome.UNSURE, id="the day after, nobody has said what came: a person looks"),
        pytest.param(urged(UrgingOutcome.DELIVERED, DUE), NEXT, Outcome.PASSED, id="delivered on the last day"),
        pytest.param(urged(UrgingOutcome.DELIVERED, NEXT), NEXT, Outcome.UNSURE, id="delivered late: it was completed"),
        pytest.param(urged(UrgingOutcome.MISSING, NEXT), NEXT, Outcome.FAILED, id="still missing after the last day"),
        pytest.param(urged(UrgingOutcome.POOR, NEXT), NEXT, Outcome.FAILED, id="still poor after the last day"),
        pytest.param(urged(UrgingOutcome.WITHDRAWN, DUE), NEXT, Outcome.NOT_APPLICABLE, id="urged by mistake"),
        pytest.param(
            urged(UrgingOutcome.MISSING, NEXT, urged_on=date(2023, 5, 31)), NEXT, Outcome.NOT_APPLICABLE,
            id="urged the day before the law came into force",
        ),
    ],
)  # fmt: skip
def test_materials_late_or_poor_after_urging(urging: Urging, as_of: date, outcome: Outcome) -> None:
    (result,) = judge(urging, as_of=as_of)
    assert result.outcome is outcome
    assert result.proposes == (outcome is Outcome.FAILED)


def test_the_proposal_says_who_urged_what_by_when_and_what_came() -> None:
    (result,) = judge(urged(UrgingOutcome.MISSING, NEXT))
    assert result.reason.text("zh_CN") == (
        "li于2023-07-03督促报送学员考勤资料，限2023-07-10前完成；截至2023-07-11仍未报送。缺第三周"
    )
    assert result.evidence == ("urging:1",)
    assert result.dedup_key == f"{CODE}|YY-2023-0071|urged|urging:1"


def test_what_people_recorded_without_an_urging_stands_beside_it() -> None:
    record = PersonRecord(CODE, "record:1", NEXT, "li", "三次电话督促仍未报送", state=CaseState.PROPOSED)
    assert [each.outcome for each in judge(urged(), records=(record,))] == [Outcome.UNSURE, Outcome.FAILED]
    assert [each.outcome for each in judge(records=(record,))] == [Outcome.NOT_APPLICABLE, Outcome.FAILED]


def test_a_class_is_judged_anew_the_day_after_the_day_set_and_not_once_it_was_answered() -> None:
    facts = a_class([session_facts()], as_of=NEXT, urgings=(urged(),))
    assert NEXT in list_turning_days(facts, POLICY)
    answered = a_class([session_facts()], as_of=NEXT, urgings=(urged(UrgingOutcome.DELIVERED, DUE),))
    assert NEXT not in list_turning_days(answered, POLICY)
