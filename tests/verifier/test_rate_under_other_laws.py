"""The attendance rate of a session under laws that say nothing about it, not yet, or without a number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.builders.plan import a_class_file, a_session, a_training_class
from verifier.attendance.calibration import load_calibration
from verifier.finding import Finding, Outcome
from verifier.judging import ClassToJudge, judge_class
from verifier.regulation.policy import Policy, load_policy

POLICY = load_policy()
WITHOUT_RULE = replace(
    POLICY, rules=tuple(each for each in POLICY.rules if each.judge != "attendance_below_80_percent")
)
WITHOUT_NUMBER = replace(
    POLICY, parameters={name: each for name, each in POLICY.parameters.items() if name != "attendance_rate_min_percent"}
)


def rate_finding(policy: Policy, day: date) -> Finding:
    session = a_session(day=day)
    given = ClassToJudge(
        a_class_file(a_training_class(sessions=(session,))), {}, policy, load_calibration("opencv-zoo"), "pack@1/112"
    )
    (judged,) = judge_class(given, [session], day).sessions
    return next(each for each in judged.findings if each.check == "session.attendance")


@pytest.mark.parametrize(
    ("policy", "day", "outcome", "says"),
    [
        pytest.param(POLICY, date(2023, 6, 1), Outcome.UNSURE, "", id="in force from its first day on"),
        pytest.param(POLICY, date(2023, 5, 31), Outcome.NOT_APPLICABLE, "不在有效期内", id="the day before the law"),
        pytest.param(WITHOUT_RULE, date(2023, 6, 12), Outcome.NOT_APPLICABLE, "没有到课率的规定", id="no such rule"),
        pytest.param(
            WITHOUT_NUMBER, date(2023, 6, 12), Outcome.NOT_RUN, "没有设定2023-06-12的最低到课率", id="no number"
        ),
    ],
)
def test_a_session_s_rate_is_judged_by_the_law_of_its_day(
    policy: Policy, day: date, outcome: Outcome, says: str
) -> None:
    found = rate_finding(policy, day)
    assert (found.outcome, says in str(found.reason)) == (outcome, True)
