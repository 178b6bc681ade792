"""The other rules of Article 13, a table a rule, with both sides of each limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.regulation import AGENCY, FIRST_DAY, a_class, a_session, half_days, session_facts
from verifier.finding import Outcome
from verifier.plan import FilingChange
from verifier.regulation.facts import (
    AgencyFacts,
    CameraSpan,
    CameraState,
    CaseSource,
    CaseState,
    ImpersonationCase,
    ObservedTeaching,
    OnSiteInspection,
    PersonRecord,
    Sample,
    Seen,
    WarningIssued,
)
from verifier.regulation.impersonation import judge_impersonations
from verifier.regulation.judging import find_judge, judge_agency, judge_class
from verifier.regulation.ladder import judge_agency_warnings, judge_class_warnings, judge_sample
from verifier.regulation.policy import load_policy
from verifier.regulation.result import Consequence, NextStep
from verifier.regulation.rule import bind_rule
from verifier.regulation.teaching_time import judge_teaching_time
from verifier.regulation.unapproved_change import judge_unapproved_change

POLICY = load_policy()

# ---------------------------------------------------------------- 13(1)(2) 擅自缩减培训课时，不按规定时间上课的

SESSION = a_session()  # 08:30 to 11:50, 200 minutes, 4 standard hours = 180 minutes


def minutes(count):
    return timedelta(minutes=count)


def empty_for(count, state=CameraState.ROOM_EMPTY):
    starts = SESSION.starts_at
    return (
        CameraSpan(starts, starts + minutes(count), state, ("frame",)),
        CameraSpan(starts + minutes(count), SESSION.ends_at, CameraState.TEACHING),
    )


def seen(late=0, early=0, came=None):
    watched = None if came is None else SESSION.starts_at + minutes(came)
    starts, ends = SESSION.starts_at + minutes(late), SESSION.ends_at - minutes(early)
    return ObservedTeaching(starts, ends, "on_site", ("visit",), watched)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        pytest.param(
            {"camera": empty_for(30)}, Outcome.PASSED, id="empty for 30 of 200 minutes: 170 of 180, within tolerance"
        ),
        pytest.param({"camera": empty_for(31)}, Outcome.FAILED, id="empty for 31 minutes: 11 short, beyond tolerance"),
        pytest.param(
            {"camera": empty_for(100, CameraState.NOT_SHOWING)}, Outcome.PASSED, id="a dark camera shows no empty room"
        ),
        pytest.param(
            {"camera": empty_for(100, CameraState.NOT_RUN)}, Outcome.PASSED, id="what we did not look at proves nothing"
        ),
        pytest.param({"observed": seen(late=15)}, Outcome.PASSED, id="began 15 minutes late"),
        pytest.param({"observed": seen(late=16)}, Outcome.FAILED, id="began 16 minutes late"),
        pytest.param({"observed": seen(early=16)}, Outcome.FAILED, id="ended 16 minutes early"),
        pytest.param({"observed": seen(late=10, early=10)}, Outcome.PASSED, id="10 minutes each"),
        pytest.param(
            {"observed": seen(late=60, came=30)},
            Outcome.PASSED,
            id="came 30 minutes late, waited 30: 170 of 180 minutes",
        ),
        pytest.param({"observed": seen(late=62, came=30)}, Outcome.FAILED, id="came 30 minutes late, waited 32"),
        pytest.param({"observed": seen(late=60, came=-5)}, Outcome.FAILED, id="waited from before the planned start"),
        pytest.param({}, Outcome.NOT_APPLICABLE, id="nobody watched: photos do not show when teaching began"),
        pytest.param({"camera": ()}, Outcome.NOT_APPLICABLE, id="a camera that was never looked at"),
    ],
)
def test_hours_are_not_cut_and_times_are_kept(facts, outcome):
    results = judge_teaching_time(
        a_class([session_facts(SESSION, **facts)], planned_hours=4), bind_rule(POLICY, "hours_cut")
    )
    assert [each.outcome for each in results] == [outcome]


def test_a_session_that_began_late_is_one_breach_not_two():
    facts = a_class([session_facts(SESSION, observed=seen(late=60), camera=empty_for(60))], planned_hours=4)
    (result,) = judge_teaching_time(facts, bind_rule(POLICY, "hours_cut"))
    assert result.quantities == {"sessions": 1, "missing_minutes": 40}
    assert "最多授课140分钟，少40分钟" in result.reason.text("zh_CN")
    assert result.evidence == ("frame", "visit")


def test_a_timetable_short_of_the_filed_hours_is_a_question_not_a_violation():
    results = judge_teaching_time(a_class([session_facts()], planned_hours=80), bind_rule(POLICY, "hours_cut"))
    assert [each.outcome for each in results] == [Outcome.UNSURE]
    assert "课程表共4个标准学时，少于备案的80个" in results[0].reason.text("zh_CN")


# ---------------------------------------------------------------- 13(1)(3) 冒名顶替参加培训人数达3人（含）以上的


def cases(count, source=CaseSource.ON_SITE, state=CaseState.CONFIRMED, first=1):
    return tuple(
        ImpersonationCase(f"c{source}{n}", f"S{n:02}", SESSION.id, source, state, (f"photo-{n}",), "visit-1")
        for n in range(first, first + count)
    )


@pytest.mark.parametrize(
    ("found", "outcome", "step"),
    [
        pytest.param(cases(3), Outcome.FAILED, NextStep.DECIDE, id="three confirmed on site"),
        pytest.param(cases(2), Outcome.PASSED, NextStep.NOTHING, id="two confirmed on site"),
        pytest.param(
            cases(9, CaseSource.PHOTO),
            Outcome.UNSURE,
            NextStep.ON_SITE_CHECK,
            id="nine confirmed from photos lead to an on-site check",
        ),
        pytest.param(
            cases(2) + cases(1, CaseSource.PHOTO, first=3),
            Outcome.UNSURE,
            NextStep.ON_SITE_CHECK,
            id="two on site and one from photos",
        ),
        pytest.param(
            cases(3, CaseSource.VIDEO), Outcome.UNSURE, NextStep.ON_SITE_CHECK, id="three confirmed from video"
        ),
        pytest.param(
            cases(3, state=CaseState.PROPOSED), Outcome.PASSED, NextStep.NOTHING, id="three that nobody confirmed"
        ),
        pytest.param(
            cases(3, state=CaseState.DISMISSED), Outcome.PASSED, NextStep.NOTHING, id="three that were dismissed"
        ),
        pytest.param(
            cases(1) * 3, Outcome.PASSED, NextStep.NOTHING, id="one student on three occasions is one student"
        ),
        pytest.param((), Outcome.NOT_APPLICABLE, NextStep.NOTHING, id="no case and no inspection"),
    ],
)
def test_three_impersonations_found_on_site(found, outcome, step):
    facts = a_class([session_facts(SESSION)], cases=found)
    (result,) = judge_impersonations(facts, bind_rule(POLICY, "three_impersonations_on_site"))
    assert (result.outcome, result.next_step) == (outcome, step)


# ---------------------------------------------------------------- 13(1)(5) 未经批准擅自更改授课老师或授课地点

OTHER_TEACHER = Seen(Outcome.FAILED, ("photo-7",), "照片中授课的是T02")
CHANGE = FilingChange(date(2023, 6, 5), "teacher", FIRST_DAY, date(2023, 6, 6))


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        pytest.param((), Outcome.FAILED, id="no change filed"),
        pytest.param((CHANGE,), Outcome.UNSURE, id="a change was approved: a person compares"),
        pytest.param((replace(CHANGE, approved_on=None),), Outcome.FAILED, id="filed but never approved"),
        pytest.param(
            (replace(CHANGE, approved_on=FIRST_DAY + minutes(1440)),), Outcome.FAILED, id="approved a day later"
        ),
        pytest.param(
            (replace(CHANGE, takes_effect_on=FIRST_DAY + minutes(1440)),), Outcome.FAILED, id="in effect a day later"
        ),
        pytest.param((replace(CHANGE, what="place"),), Outcome.FAILED, id="another kind of change"),
        pytest.param((replace(CHANGE, session_ids=("2023-06-13-am",)),), Outcome.FAILED, id="for another session"),
        pytest.param((replace(CHANGE, session_ids=(SESSION.id,)),), Outcome.UNSURE, id="for this very session"),
    ],
)
def test_another_teacher_than_filed(changes, outcome):
    facts = a_class([session_facts(SESSION, teacher=OTHER_TEACHER)], changes=changes)
    (result,) = judge_unapproved_change(facts, bind_rule(POLICY, "unapproved_change"))
    assert (result.outcome, result.aspect) == (outcome, "teacher")
    assert "照片中授课的是T02" in result.reason.text("zh_CN")


@pytest.mark.parametrize(
    ("teacher", "outcome"),
    [
        pytest.param(Outcome.PASSED, Outcome.PASSED, id="the filed teacher taught"),
        pytest.param(Outcome.UNSURE, Outcome.UNSURE, id="the teacher's face could not be read: no misconduct"),
        pytest.param(Outcome.NOT_RUN, Outcome.NOT_RUN, id="we did not look"),
    ],
)
def test_what_was_not_seen_to_differ_is_no_change(teacher, outcome):
    facts = a_class([session_facts(SESSION, teacher=Seen(teacher))])
    (result,) = judge_unapproved_change(facts, bind_rule(POLICY, "unapproved_change"))
    assert result.outcome is outcome


def test_teacher_place_and_timetable_are_violations_of_their_own_and_grow():
    elsewhere = Seen(Outcome.FAILED, ("gps",), "距备案地点5公里")
    sessions = [session_facts(each, teacher=OTHER_TEACHER, place=elsewhere) for each in half_days(3)]
    results = judge_unapproved_change(a_class(sessions), bind_rule(POLICY, "unapproved_change"))
    assert [each.aspect for each in results] == ["teacher", "place"]
    assert all(len(each.sessions) == 3 for each in results)


# ---------------------------------------------------------------- recorded by people

RECORDED = [
    entry.citation.code for entry in POLICY.rules if entry.judge in ("recorded_by_people", "agency_recorded_by_people")
]


@pytest.mark.parametrize("code", RECORDED)
def test_what_only_people_can_establish_is_proposed_from_their_record(code):
    record = PersonRecord(code, "record-1", FIRST_DAY, "李检查员", "教材人手不足", ("scan",))
    agency_wide = POLICY.rule(code).judge.startswith("agency")

    def judge(*records):
        if agency_wide:
            return judge_agency(AgencyFacts(AGENCY, FIRST_DAY, records=records), POLICY, [code])
        return judge_class(a_class([session_facts()], records=records), POLICY, [code])

    (nothing,) = judge()
    assert nothing.outcome is Outcome.NOT_APPLICABLE
    (proposed,) = judge(record)
    assert proposed.outcome is Outcome.FAILED
    assert proposed.evidence == ("record-1", "scan")
    assert "李检查员于2023-06-12记录：教材人手不足" in proposed.reason.text("zh_CN")
    assert proposed.consequence is not Consequence.NONE
    (dismissed,) = judge(replace(record, state=CaseState.DISMISSED))
    assert dismissed.outcome is Outcome.NOT_APPLICABLE


def test_people_may_also_record_what_the_system_judges_itself():
    record = PersonRecord("sign_in_for_show", "record-1", FIRST_DAY, "李检查员", "现场见一人代签")
    results = judge_class(a_class([session_facts()], records=(record,)), POLICY, ["sign_in_for_show"])
    assert [each.aspect for each in results if each.proposes] == ["recorded"]


# ---------------------------------------------------------------- 13(2)(2) 达到单次抽查人数50%及以上的


@pytest.mark.parametrize(
    ("asked", "false", "unclear", "outcome"),
    [
        pytest.param(10, 5, 0, Outcome.FAILED, id="5 of 10 is 50 percent"),
        pytest.param(10, 4, 0, Outcome.PASSED, id="4 of 10 is below"),
        pytest.param(11, 5, 0, Outcome.PASSED, id="5 of 11 is below"),
        pytest.param(10, 4, 1, Outcome.UNSURE, id="the one not reached decides"),
        pytest.param(1, 1, 0, Outcome.FAILED, id="the only one asked"),
        pytest.param(0, 0, 0, Outcome.NOT_APPLICABLE, id="nobody was asked"),
    ],
)
def test_half_of_one_sample_is_false(asked, false, unclear, outcome):
    facts = a_class([session_facts()], samples=(Sample("s1", FIRST_DAY, "phone", asked, false, unclear),))
    (result,) = judge_sample(facts, bind_rule(POLICY, "half_of_sample_false"))
    assert result.outcome is outcome
    assert result.consequence is Consequence.SUBSIDY


def test_samples_are_judged_one_by_one_and_never_added_up():
    facts = a_class(
        [session_facts()], samples=(Sample("a", FIRST_DAY, "phone", 10, 4), Sample("b", FIRST_DAY, "on_site", 2, 1))
    )
    results = judge_sample(facts, bind_rule(POLICY, "half_of_sample_false"))
    assert [each.outcome for each in results] == [Outcome.PASSED, Outcome.FAILED]


# ---------------------------------------------------------------- 13(2)(3), 13(3)(1)


def warning(number, issued_on=FIRST_DAY, class_number="YY-2023-0071", **changes):
    return WarningIssued(f"培整改〔{issued_on.year}〕{number}号", class_number, issued_on, ("x",), **changes)


@pytest.mark.parametrize(
    ("warnings", "outcome"),
    [
        pytest.param([warning(1), warning(2)], Outcome.FAILED, id="two warnings of one class"),
        pytest.param([warning(1)], Outcome.PASSED, id="one warning"),
        pytest.param([warning(1), warning(2, voided=True)], Outcome.PASSED, id="a voided one does not count"),
        pytest.param([warning(1), warning(1)], Outcome.PASSED, id="one notice is one warning"),
        pytest.param(
            [warning(1), warning(2, class_number="other")], Outcome.PASSED, id="another class's does not count"
        ),
    ],
)
def test_two_warnings_of_one_class(warnings, outcome):
    facts = a_class([session_facts()], warnings=tuple(warnings))
    (result,) = judge_class_warnings(facts, bind_rule(POLICY, "two_warnings_of_one_class"))
    assert result.outcome is outcome


def agency(*days):
    warnings = tuple(warning(n, day, f"class-{n}") for n, day in enumerate(days, start=1))
    return AgencyFacts(AGENCY, max(days, default=FIRST_DAY), warnings)


@pytest.mark.parametrize(
    ("days", "outcome"),
    [
        pytest.param([date(2024, 3, n) for n in range(1, 6)], Outcome.FAILED, id="five within a week"),
        pytest.param([date(2024, 3, n) for n in range(1, 5)], Outcome.PASSED, id="four"),
        pytest.param(
            [date(2023, 6, 13), *[date(2024, 6, n) for n in (1, 2, 3, 12)]],
            Outcome.FAILED,
            id="the first is a year less a day before the last",
        ),
        pytest.param(
            [date(2023, 6, 12), *[date(2024, 6, n) for n in (1, 2, 3, 12)]],
            Outcome.PASSED,
            id="the first is a year to the day before the last",
        ),
        pytest.param(
            [date(2023, 12, 1), date(2023, 12, 2), *[date(2024, 1, n) for n in (1, 2, 3)]],
            Outcome.FAILED,
            id="five across two calendar years",
        ),
        pytest.param([], Outcome.PASSED, id="none"),
    ],
)
def test_five_warnings_within_a_rolling_year(days, outcome):
    (result,) = judge_agency_warnings(agency(*days), bind_rule(POLICY, "five_warnings_in_a_year"))
    assert result.outcome is outcome


def test_the_sentence_says_how_the_year_is_counted():
    (result,) = judge_agency_warnings(
        agency(date(2023, 12, 1), date(2023, 12, 2), date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)),
        bind_rule(POLICY, "five_warnings_in_a_year"),
    )
    assert "2023-01-04至2024-01-03（滚动一年" in result.reason.text("zh_CN")
    assert result.quantities["warnings_in_calendar_year"] == 3
    assert "In one calendar year there were at most 3" in result.reason.text("en")


def test_once_five_were_reached_waiting_does_not_help():
    facts = replace(agency(*[date(2024, 3, n) for n in range(1, 6)]), as_of=date(2025, 6, 1))
    (result,) = judge_agency_warnings(facts, bind_rule(POLICY, "five_warnings_in_a_year"))
    assert result.outcome is Outcome.FAILED


@settings(deadline=None)
@given(st.lists(st.dates(date(2023, 6, 2), date(2026, 6, 1)), max_size=12))
def test_the_rolling_year_is_right_for_any_days(days):
    """Compared with looking at every window of a year that ends on a warning."""
    (result,) = judge_agency_warnings(agency(*days), bind_rule(POLICY, "five_warnings_in_a_year"))

    def year_before(day):
        return date(day.year - 1, 2, 28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)

    wanted = any(sum(year_before(end) < day <= end for day in days) >= 5 for end in days)
    assert (result.outcome is Outcome.FAILED) == wanted


# ---------------------------------------------------------------- law of the day


RULES_OF_A_CLASS = [entry.citation.code for entry in POLICY.rules if not find_judge(entry)[1]]


@pytest.mark.parametrize(
    "day",
    [pytest.param(date(2023, 5, 31), id="the day before it"), pytest.param(date(2028, 6, 1), id="the day after it")],
)
@pytest.mark.parametrize("code", RULES_OF_A_CLASS)
def test_outside_of_the_regulation_s_days_no_rule_proposes_anything(code, day):
    session = a_session(day)
    facts = a_class(
        [session_facts(session, reports=(), students=(), teacher=OTHER_TEACHER)], warnings=(warning(1, day), warning(2, day)),
        samples=(Sample("s", day, "phone", 2, 2),), inspections=(OnSiteInspection("i", day, ("甲",), (), True),),
        records=(PersonRecord(code, "r", day, "甲", "乙"),), as_of=day, changes=(),
    )  # fmt: skip
    assert {each.outcome for each in judge_class(facts, POLICY, [code])} == {Outcome.NOT_APPLICABLE}
