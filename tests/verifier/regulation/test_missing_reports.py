"""Article 13(1)(8): 连续7个标准学时或多次移动远程监控不到位、照片反馈不到位的."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.regulation import a_class, a_report, a_session, half_days, session_facts
from verifier.finding import Outcome
from verifier.plan import Period, SessionKind
from verifier.regulation.facts import CameraSpan, CameraState, ReportState
from verifier.regulation.missing_reports import judge_missing_reports, required_reports, sum_up_reports
from verifier.regulation.policy import load_policy
from verifier.regulation.rule import bind_rule

RULE = bind_rule(load_policy(), "reports_missing_7_hours")
C, H, M, U, N = (
    ReportState.COMPLETE, ReportState.INCOMPLETE, ReportState.MISSING, ReportState.UNSURE, ReportState.NOT_RUN
)  # fmt: skip


def class_with(*states, hours=4.0):
    """One session a state, of so many hours each."""
    plan = [replace(each, hours=hours) for each in half_days(len(states))]
    return a_class([session_facts(each, reports=(a_report(state),)) for each, state in zip(plan, states, strict=True)])


def outcomes(facts):
    return [result.outcome for result in judge_missing_reports(facts, RULE)]


@pytest.mark.parametrize(
    ("hours", "states", "outcome"),
    [
        pytest.param(3.5, [M, M], Outcome.FAILED, id="exactly 7 hours in a row"),
        pytest.param(3.49, [M, M], Outcome.PASSED, id="6.98 hours in a row"),
        pytest.param(4, [M, M], Outcome.FAILED, id="a whole day without a report"),
        pytest.param(4, [M, C, M], Outcome.PASSED, id="8 hours, but a report in between"),
        pytest.param(4, [M, H], Outcome.FAILED, id="half a pair is no report"),
        pytest.param(4, [M, U, C], Outcome.UNSURE, id="the second report came and does not decide"),
        pytest.param(4, [M, N, C], Outcome.NOT_RUN, id="our own outage never counts"),
        pytest.param(4, [N, N, N], Outcome.NOT_RUN, id="nothing but our own outage"),
        pytest.param(4, [M, C, C], Outcome.PASSED, id="one missing report of 4 hours"),
        pytest.param(4, [C, C, C], Outcome.PASSED, id="every report came"),
        pytest.param(2, [M, M, C, M, C], Outcome.FAILED, id="three sessions make repeatedly"),
        pytest.param(2, [M, M, C, C, C], Outcome.PASSED, id="two sessions do not make repeatedly"),
        pytest.param(2, [M, U, M, N, U], Outcome.NOT_RUN, id="doubtful and lost ones do not make repeatedly"),
    ],
)
def test_photo_reports_missing_in_a_row_or_repeatedly(hours, states, outcome):
    assert outcomes(class_with(*states, hours=hours)) == [outcome]


def test_the_sentence_names_the_row_its_hours_and_the_limit():
    (result,) = judge_missing_reports(class_with(C, M, M, C), RULE)
    assert result.reason.text("zh_CN") == (
        "照片反馈自2023-06-12课次2023-06-12-pm起至2023-06-13课次2023-06-13-am连续8个标准学时不到位（2个课次），"
        "规定的限度为7个标准学时。"
    )
    assert result.reason.text("en").startswith("Photo reports missing for 8 standard hours in a row")
    assert result.quantities == {"missing_hours": 8, "limit_hours": 7, "sessions": 2}
    assert result.sessions == ("2023-06-12-pm", "2023-06-13-am")


def test_a_growing_row_stays_one_violation():
    two = judge_missing_reports(class_with(M, M), RULE)
    four = judge_missing_reports(class_with(M, M, M, M), RULE)
    assert len(two) == len(four) == 1
    assert two[0].dedup_key == four[0].dedup_key
    assert four[0].quantities["missing_hours"] == 16


def test_two_rows_are_two_violations_and_do_not_count_again_as_repeatedly():
    results = judge_missing_reports(class_with(M, M, C, M, M), RULE)
    assert [result.quantities["missing_hours"] for result in results] == [8, 8]
    assert len({result.dedup_key for result in results}) == 2


def test_repeatedly_says_that_its_number_is_a_default_to_be_set():
    (result,) = judge_missing_reports(class_with(M, C, M, C, M), RULE)
    assert "“多次”按3次掌握（默认值，待主管机构确定）" in result.reason.text("zh_CN")
    assert result.aspect == "photos-repeatedly"
    assert result.quantities["missing_sessions"] == 3


def test_decided_hours_are_dealt_with_and_do_not_join_what_lies_around_them():
    facts = class_with(M, M, M, M, M)
    ids = [each.session.id for each in facts.sessions]
    assert outcomes(facts) == [Outcome.FAILED]
    after = judge_missing_reports(replace(facts, settled={"reports_missing_7_hours|photos": frozenset(ids[:2])}), RULE)
    assert [each.sessions for each in after] == [tuple(ids[2:])]
    around = replace(facts, settled={"reports_missing_7_hours|photos": frozenset(ids[1:4])})
    assert outcomes(around) == [Outcome.PASSED]


def test_an_online_session_is_asked_for_neither_photos_nor_a_camera():
    facts = a_class([session_facts(a_session(kind=SessionKind.ONLINE), reports=(), camera=())])
    assert outcomes(facts) == [Outcome.NOT_APPLICABLE]


@pytest.mark.parametrize("period", list(Period))
def test_article_7_asks_one_report_of_every_half_day_taught(period):
    assert required_reports(session_facts(a_session(period=period)), RULE) == 1


@pytest.mark.parametrize(
    ("states", "required", "summed"),
    [
        pytest.param([], 1, M, id="nothing came"),
        pytest.param([H, C], 1, C, id="one complete report is enough"),
        pytest.param([H, U], 1, U, id="doubt is kinder than an incomplete pair"),
        pytest.param([C], 2, M, id="one where two are asked"),
        pytest.param([U, N], 1, N, id="our gap comes before doubt"),
    ],
)
def test_the_reports_of_a_session_add_up(states, required, summed):
    assert sum_up_reports([a_report(state) for state in states], required) is summed


# ---------------------------------------------------------------- camera


def camera(session, *spans):
    """Spans of (state, minutes) from the session's start."""
    found, begins = [], session.starts_at
    for state, minutes in spans:
        found.append(CameraSpan(begins, begins + timedelta(minutes=minutes), state))
        begins += timedelta(minutes=minutes)
    return tuple(found)


DARK, SHOWN, LOST = CameraState.NOT_SHOWING, CameraState.TEACHING, CameraState.NOT_RUN


def filmed(*per_session):
    """Sessions of 200 minutes (4 standard hours), with full photo reports and these camera spans."""
    plan = half_days(len(per_session))
    return a_class(
        [session_facts(each, camera=camera(each, *spans)) for each, spans in zip(plan, per_session, strict=True)]
    )


@pytest.mark.parametrize(
    ("sessions", "outcome"),
    [
        pytest.param([[(DARK, 200)], [(DARK, 150), (SHOWN, 50)]], Outcome.FAILED, id="4 and 3 hours dark in a row"),
        pytest.param([[(DARK, 200)], [(DARK, 149), (SHOWN, 51)]], Outcome.PASSED, id="a minute short of 7 hours"),
        pytest.param([[(SHOWN, 50), (DARK, 150)], [(DARK, 200)]], Outcome.FAILED, id="dark from the second hour on"),
        pytest.param([[(DARK, 100), (SHOWN, 1), (DARK, 99)], [(DARK, 200)]], Outcome.PASSED, id="seen once in between"),
        pytest.param([[(DARK, 100), (LOST, 1), (DARK, 99)], [(DARK, 200)]], Outcome.NOT_RUN, id="our gap in between"),
        pytest.param([[(DARK, 100)], [(DARK, 200)]], Outcome.NOT_RUN, id="time nobody looked at is our gap"),
        pytest.param([[(CameraState.ROOM_EMPTY, 200)]] * 2, Outcome.PASSED, id="an empty room is monitored all right"),
        pytest.param([[(CameraState.UNSURE, 200)]] * 2, Outcome.UNSURE, id="a picture that cannot be judged"),
        pytest.param([[(DARK, 50), (SHOWN, 150)]] * 3, Outcome.FAILED, id="an hour dark in three sessions: repeatedly"),
        pytest.param([[(DARK, 49), (SHOWN, 151)]] * 3, Outcome.PASSED, id="less than an hour dark each time"),
    ],
)
def test_the_camera_missing_in_a_row_or_repeatedly(sessions, outcome):
    photos, film = judge_missing_reports(filmed(*sessions), RULE)
    assert photos.outcome is Outcome.PASSED
    assert film.outcome is outcome
    assert film.aspect.startswith("camera")


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([C, M]), st.integers(2, 10)), min_size=1, max_size=16))
def test_seven_hours_in_a_row_are_found_exactly_where_they_are(told):
    """Counted another way: cut the timetable at every report that came, and add up what lies between. Hours in halves."""
    plan = [replace(each, hours=halves / 2) for each, (_, halves) in zip(half_days(len(told)), told, strict=True)]
    facts = a_class(
        [session_facts(each, reports=(a_report(state),)) for each, (state, _) in zip(plan, told, strict=True)]
    )
    letters = "".join("M" if state is M else "." for state, _ in told)
    rows = [range(found.start(), found.end()) for found in re.finditer("M+", letters)]
    long = [row for row in rows if sum(told[place][1] for place in row) >= 14]
    alone = letters.count("M") - sum(map(len, long))
    proposed = [each for each in judge_missing_reports(facts, RULE) if each.outcome is Outcome.FAILED]
    wanted = [tuple(plan[place].id for place in row) for row in long]
    assert [each.sessions for each in proposed if len(each.sessions) and each.sessions in wanted] == wanted
    assert len(proposed) == len(long) + (alone >= 3)


@settings(deadline=None)
@given(st.lists(st.sampled_from([C, H, M, U, N]), min_size=1, max_size=24))
def test_nothing_but_missing_hours_ever_proposes(states):
    """Whatever the order: proposals hold only missing sessions, and every hour at most once."""
    results = judge_missing_reports(class_with(*states), RULE)
    proposed = [result for result in results if result.outcome is Outcome.FAILED]
    missing = {each.id for each, state in zip(half_days(len(states)), states, strict=True) if state in (M, H)}
    counted = [session for result in proposed for session in result.sessions]
    assert set(counted) <= missing
    assert len(counted) == len(set(counted))
    if not missing:
        assert not proposed
