"""The office's use cases over real records: who may do what, what repeats, what stays when late evidence comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta
from uuid import UUID

import pytest

from tests.builders.history import a_history
from tests.builders.office import close_class, moment
from tests.builders.plan import a_digest
from tests.builders.regulation import AGENCY
from verifier.finding import Outcome
from verifier.paperwork import settle_urging, urge_materials, withdraw_record
from verifier.planning import plan_inspection
from verifier.records.class_facts import read_agency_facts, read_class_facts
from verifier.records.dump import dump_records
from verifier.records.matters import read_cases, read_violations
from verifier.records.notices import read_notices, read_sanctions
from verifier.records.office import RefusedError, save_agreement, save_archive_item, save_interest
from verifier.records.plans import BUREAU
from verifier.records.supervision import CallAnswer, InspectionVisit, Interviews, StudentSeen
from verifier.records.violation_values import read_violation_values
from verifier.regulation.decisions import DecisionRefusedError, Verdict
from verifier.regulation.duties import DutyState, list_duties
from verifier.regulation.facts import CaseSource, CaseState, ClassFacts, PhotoReport, ReportState, UrgingOutcome
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import load_policy
from verifier.regulation.result import Consequence
from verifier.supervising import (
    Office,
    decide_matter,
    decide_sanction,
    draw_follow_ups,
    issue_notice,
    preview_notice,
    record_breach,
    record_call,
    record_inspection,
    record_off_site,
    save_closing,
    void_issued_notice,
    withdraw_decision,
)
from verifier.supervision_history import describe_supervision

NUMBER = "YY-2023-0000"
VISITED = a_history().complete[0].sessions[4].session.day


def a_visit(facts: ClassFacts, **changes: object) -> InspectionVisit:
    session = facts.sessions[4].session
    visit = InspectionVisit(NUMBER, moment(session.day, "09:30"), ("li", "wang"), session.id, 20, 18, attendance="")
    return replace(visit, **changes)  # type: ignore[arg-type]


def night(office: Office, facts: ClassFacts, **reports: PhotoReport) -> bool:
    """A night over the whole class; the reports of two sessions of one day are missing unless others are given."""
    report = reports.get("report", PhotoReport(ReportState.MISSING))
    sessions = [
        replace(each, reports=(report,)) if place in (4, 5) else each for place, each in enumerate(facts.sessions)
    ]
    return close_class(office, facts.training, sessions, facts.sessions[-1].session.day)


def the_violation(office: Office) -> UUID:
    with office.database.reading() as tx:
        (violation,) = read_violations(tx, NUMBER)
    return violation.id


def test_an_inspection_is_one_however_often_it_is_recorded_and_counts_for_article_9(
    office: Office, facts: ClassFacts
) -> None:
    assert record_inspection(office, a_visit(facts)) == record_inspection(office, a_visit(facts))
    with office.database.reading() as tx:
        found = read_class_facts(tx, NUMBER, facts.sessions[-1].session.day)
    assert [each.inspectors for each in found.inspections] == [("li", "wang")]
    duties = {each.code: each.state for each in list_duties(found, office.policy)}
    assert duties == {
        "on_site_once": DutyState.DONE, "off_site_twice": DutyState.DUE, "follow_up_20_percent": DutyState.DUE,
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"inspectors": ("li",)}, id="one inspector"),
        pytest.param({"inspectors": ("li", "li")}, id="the same inspector twice"),
        pytest.param({"inspectors": ("li", "nobody")}, id="somebody without an account"),
        pytest.param({"notified_beforehand": True}, id="announced to the agency"),
        pytest.param({"expected": 20, "present": 21}, id="more present than expected"),
        pytest.param({"interviews": Interviews(4, 3, 2)}, id="more answers than persons asked"),
        pytest.param(
            {"session_id": None, "students": (StudentSeen("S01", "非本人", True),)}, id="impersonation nowhere"
        ),
        pytest.param({"teaching_began": moment(VISITED, "09:29")}, id="saw teaching begin before they came"),
        pytest.param({"teaching_ended": moment(VISITED + timedelta(days=1), "11:00")}, id="saw it end another day"),
        pytest.param(
            {"teaching_began": moment(VISITED, "11:00"), "teaching_ended": moment(VISITED, "10:00")},
            id="ended, then began",
        ),
        pytest.param({"session_id": None, "teaching_ended": moment(VISITED, "11:00")}, id="ended, of no session"),
    ],
)
def test_an_inspection_that_the_law_does_not_allow_is_refused(
    office: Office, facts: ClassFacts, changes: dict[str, object]
) -> None:
    with office.database.reading() as tx:
        before = dump_records(tx)
    with pytest.raises(RefusedError):
        record_inspection(office, a_visit(facts, **changes))
    with office.database.reading() as tx:
        assert dump_records(tx) == before


@pytest.mark.parametrize(
    ("from_offset", "to_offset", "refused"),
    [
        pytest.param(0, 0, True, id="declared for that very day"),
        pytest.param(-30, -1, False, id="ended the day before"),
        pytest.param(1, None, False, id="begins the day after"),
        pytest.param(-30, None, True, id="lasts"),
    ],
)
def test_a_declared_interest_keeps_an_inspector_away(
    office: Office, facts: ClassFacts, from_offset: int, to_offset: int | None, refused: bool
) -> None:
    day = facts.sessions[4].session.day
    until = None if to_offset is None else day + timedelta(days=to_offset)
    with office.database.transaction() as tx:
        save_interest(tx, "wang", AGENCY.code, day + timedelta(days=from_offset), until, "亲属")
    if refused:
        with pytest.raises(RefusedError, match="回避"):
            record_inspection(office, a_visit(facts))
    else:
        record_inspection(office, a_visit(facts))


@pytest.mark.parametrize("day", [date(2023, 5, 31), date(1999, 1, 1)], ids=["the day before the law", "long before"])
def test_nothing_is_recorded_by_a_law_that_was_not_in_force(office: Office, facts: ClassFacts, day: date) -> None:
    with pytest.raises(RefusedError, match=f"在{day}没有规定inspectors_per_inspection（2023-06-01起施行）"):
        record_inspection(office, a_visit(facts, inspected_at=moment(day, "09:30")))
    with pytest.raises(RefusedError, match="follow_up_share_percent"):
        draw_follow_ups(office, NUMBER, "种子", "li", moment(day, "09:30"))
    with pytest.raises(RefusedError, match="inspectors_per_inspection"):
        plan_inspection(office, NUMBER, day, "种子", "li")


def test_a_visit_sent_in_another_time_zone_is_the_same_visit(office: Office, facts: ClassFacts) -> None:
    """07:30 and 08:35 of one morning in Yiyang lie on two days in Greenwich."""
    day = facts.sessions[4].session.day
    here = a_visit(facts, inspected_at=moment(day, "07:30"), teaching_began=moment(day, "08:35"), timetable="迟到")
    elsewhere = replace(
        here, inspected_at=moment(day, "07:30").astimezone(UTC), teaching_began=moment(day, "08:35").astimezone(UTC)
    )
    assert record_inspection(office, elsewhere) == record_inspection(office, here)
    with office.database.reading() as tx:
        (found,) = read_class_facts(tx, NUMBER, day).inspections
    assert found.day == day


def test_times_of_teaching_seen_on_site_are_the_rule_s_and_survive_being_recorded_again(
    office: Office, facts: ClassFacts
) -> None:
    session = facts.sessions[4].session
    visit = a_visit(
        facts, inspected_at=moment(session.day, "08:20"), teaching_began=moment(session.day, "09:30"), timetable="迟到",
        transport_by_agency=False, favours_from_agency=True,
    )  # fmt: skip
    record_inspection(office, visit)
    later = a_visit(facts, inspected_at=moment(session.day, "11:00"), teaching_ended=moment(session.day, "11:20"))
    assert record_inspection(office, later) == record_inspection(office, later)
    with office.database.reading() as tx:
        found = read_class_facts(tx, NUMBER, session.day)
    seen = found.recorded_sessions[session.id].observed
    assert seen is not None
    assert (seen.started_at, seen.ended_at) == (moment(session.day, "09:30"), moment(session.day, "11:20"))
    assert (seen.watched_from, len(seen.evidence)) == (moment(session.day, "08:20"), 2)
    assert [(each.transport_by_agency, each.favours_from_agency) for each in found.inspections] == [
        (False, True), (None, None),
    ]  # fmt: skip


def test_materials_are_urged_answered_and_proposed_once(office: Office, facts: ClassFacts) -> None:
    day, due = date(2023, 6, 19), date(2023, 6, 26)
    urging = urge_materials(office, NUMBER, "li", "考勤资料", day, due)
    assert urge_materials(office, NUMBER, "li", "考勤资料", day, due) == urging
    for refused in (
        lambda: urge_materials(office, NUMBER, "li", " ", day, due),
        lambda: urge_materials(office, NUMBER, "li", "考勤资料", due, day),
        lambda: settle_urging(office, urging, UrgingOutcome.MISSING, "li", due, "没有"),  # there is still time
        lambda: settle_urging(office, urging, UrgingOutcome.MISSING, "li", due + timedelta(days=1)),  # of what?
        lambda: settle_urging(office, UUID(int=0), UrgingOutcome.DELIVERED, "li", due),
    ):
        with pytest.raises(RefusedError):
            refused()
    settle_urging(office, urging, UrgingOutcome.MISSING, "wang", due + timedelta(days=1), "第三周没有")
    night(office, facts, report=PhotoReport(ReportState.COMPLETE, ("sha256:photo",)))
    with office.database.reading() as tx:
        (found,) = read_violations(tx, NUMBER)
        (shown,) = describe_supervision(tx, NUMBER, viewer=BUREAU)["urgings"]
        assert "urgings" not in describe_supervision(tx, NUMBER, viewer=facts.training.agency.code)
    assert (found.code, found.state) == ("materials_late_after_urging", "proposed")
    assert (shown["outcome"], shown["by"], shown["note"]) == ("missing", "li", "第三周没有")
    settle_urging(office, urging, UrgingOutcome.DELIVERED, "li", due)  # it had come in time, and lay on another desk
    night(office, facts, report=PhotoReport(ReportState.COMPLETE, ("sha256:photo",)))
    with office.database.reading() as tx:
        assert [each.state for each in read_violations(tx, NUMBER)] == ["lapsed"]


@pytest.mark.parametrize("rule", ["14(1)", "14(2)", "14(3)", "14(4)"])
def test_a_breach_of_the_office_s_own_discipline_is_recorded_and_held_against_nobody(
    office: Office, facts: ClassFacts, rule: str
) -> None:
    record_breach(office, rule, date(2023, 6, 16), "zhao", "事后查明", class_number=NUMBER)
    with pytest.raises(RefusedError):  # it belongs to the class that was inspected
        record_breach(office, rule, date(2023, 6, 16), "zhao", "事后查明", agency_code=facts.training.agency.code)
    night(office, facts, report=PhotoReport(ReportState.COMPLETE, ("sha256:photo",)))
    with office.database.reading() as tx:
        assert read_violations(tx, NUMBER) == []
        found = judge_class(read_class_facts(tx, NUMBER, date(2023, 6, 30)), office.policy)
    assert [each.outcome for each in found if each.citation.label == rule and each.aspect == "recorded"] == [
        Outcome.FAILED
    ]


def test_an_impersonation_found_on_site_is_a_case_that_people_confirm(office: Office, facts: ClassFacts) -> None:
    students = (StudentSeen("S01", "身份证照片不符", True), StudentSeen("S02", "年龄不符"))
    record_inspection(office, a_visit(facts, students=students, evidence=(a_digest("visit"),)))
    with office.database.reading() as tx:
        (case,) = read_cases(tx, NUMBER)
    assert decide_matter(office, case.id, Verdict.CONFIRM, "li", "核对身份证") is CaseState.CONFIRMED
    with office.database.reading() as tx:
        (found,) = read_class_facts(tx, NUMBER, date(2023, 7, 1)).cases
        assert read_violation_values(tx, NUMBER, office.policy) == []
    assert (found.source, found.state, found.student_no) == (CaseSource.ON_SITE, CaseState.CONFIRMED, "S01")
    assert found.evidence == (f"sha256:{a_digest('visit')}",)


def test_a_draw_takes_a_fifth_of_the_roster_and_can_be_drawn_again(office: Office, facts: ClassFacts) -> None:
    draw_id, draw = draw_follow_ups(office, NUMBER, "彩票 2023066", "li", moment(date(2023, 6, 25)))
    assert len(draw.chosen) == 4  # 20 students
    assert draw_follow_ups(office, NUMBER, "彩票 2023066", "wang")[1] == draw
    with pytest.raises(RefusedError):
        draw_follow_ups(office, NUMBER, " ", "li")
    at = moment(date(2023, 6, 26), "10:00")
    outsider = next(each.student_no for each in facts.training.students if each.student_no not in draw.chosen)
    with pytest.raises(RefusedError, match="抽取"):
        record_call(office, NUMBER, draw_id, CallAnswer(outsider, at, "li", "confirmed", recording=a_digest("r")))
    with pytest.raises(RefusedError, match="录音"):
        record_call(office, NUMBER, draw_id, CallAnswer(draw.chosen[0], at, "li", "confirmed"))
    record_call(office, NUMBER, draw_id, CallAnswer(draw.chosen[0], at, "li", "not_reached"))
    record_call(office, NUMBER, draw_id, CallAnswer(draw.chosen[0], at, "li", "denied", recording=a_digest("r")))
    with pytest.raises(RefusedError, match="denied"):
        record_call(office, NUMBER, draw_id, CallAnswer(draw.chosen[0], at, "li", "confirmed", recording=a_digest("q")))
    with office.database.reading() as tx:
        found = read_class_facts(tx, NUMBER, date(2023, 7, 1))
    assert [(each.asked, each.false, each.unclear) for each in found.samples] == [(4, 1, 3)]
    assert len(found.follow_ups) == 1


def test_late_photos_let_a_proposal_lapse_and_leave_a_confirmed_one_as_it_was(
    office: Office, facts: ClassFacts
) -> None:
    assert night(office, facts)
    violation = the_violation(office)
    decide_matter(office, violation, Verdict.CONFIRM, "li", "已核实")
    night(office, facts)
    with office.database.reading() as tx:
        before = read_violations(tx, NUMBER)[0], read_violation_values(tx, NUMBER, office.policy)
    late = PhotoReport(ReportState.COMPLETE, ("sha256:late",))
    assert night(office, facts, report=late)
    with office.database.reading() as tx:
        after = read_violations(tx, NUMBER)[0], read_violation_values(tx, NUMBER, office.policy)
    assert after[1] == before[1]
    assert (after[0].state, after[0].reason, after[0].session_ids) == (
        "confirmed", before[0].reason, before[0].session_ids,
    )  # fmt: skip
    assert (before[0].supported, after[0].supported) == (True, False)
    assert not night(office, facts, report=late)


def test_an_open_proposal_lapses_with_its_reason_and_comes_back(office: Office, facts: ClassFacts) -> None:
    night(office, facts)
    night(office, facts, report=PhotoReport(ReportState.COMPLETE, ("sha256:late",)))
    with office.database.reading() as tx:
        (lapsed,) = read_violations(tx, NUMBER)
    assert lapsed.state == "lapsed"
    assert lapsed.lapse_reason is not None
    assert "现在的判断" in lapsed.lapse_reason.text("zh_CN")
    with pytest.raises(RefusedError, match="失效"):
        decide_matter(office, lapsed.id, Verdict.CONFIRM, "li", "迟了")
    night(office, facts)
    with office.database.reading() as tx:
        assert [each.state for each in read_violations(tx, NUMBER)] == ["proposed"]


def test_what_waits_for_a_check_on_site_stays_and_is_said_to_have_no_support_any_more(
    office: Office, facts: ClassFacts
) -> None:
    night(office, facts)
    decide_matter(office, the_violation(office), Verdict.NEEDS_ON_SITE, "li", "到现场看看")
    night(office, facts)
    with office.database.reading() as tx:
        assert [(each.state, each.supported) for each in read_violations(tx, NUMBER)] == [("needs_check", True)]
    night(office, facts, report=PhotoReport(ReportState.COMPLETE, ("sha256:late",)))
    with office.database.reading() as tx:
        assert [(each.state, each.supported) for each in read_violations(tx, NUMBER)] == [("needs_check", False)]
    assert decide_matter(office, the_violation(office), Verdict.DISMISS, "wang", "照片已补") is CaseState.DISMISSED


def test_what_costs_money_takes_two_different_people(office: Office, facts: ClassFacts) -> None:
    record_breach(office, "13(2)(1)", date(2023, 6, 26), "zhao", "考试替考两人", class_number=NUMBER)
    close_class(office, facts.training, facts.sessions, date(2023, 6, 27))
    violation = the_violation(office)
    assert decide_matter(office, violation, Verdict.CONFIRM, "li", "看过录像") is CaseState.AWAITING_SECOND
    assert decide_matter(office, violation, Verdict.CONFIRM, "li", "看过录像") is CaseState.AWAITING_SECOND
    with pytest.raises(DecisionRefusedError):
        decide_matter(office, violation, Verdict.CONFIRM, "li", "再次确认")
    with office.database.reading() as tx:
        assert read_sanctions(tx) == []
    assert decide_matter(office, violation, Verdict.CONFIRM, "wang", "同意") is CaseState.CONFIRMED
    with office.database.reading() as tx:
        (sanction,) = read_sanctions(tx)
        decisions = read_violation_values(tx, NUMBER, office.policy)[0].decisions
    assert (sanction.kind, sanction.rule, sanction.state) == ("subsidy_refused", "13(2)(1)", "proposed")
    withdraw_decision(office, UUID(decisions[1].reference), "wang", "录像不清")
    with office.database.reading() as tx:
        (sanction,) = read_sanctions(tx)
        (value,) = read_violation_values(tx, NUMBER, office.policy)
    assert sanction.lapse_reason is not None
    assert value.state is CaseState.AWAITING_SECOND
    assert len(value.decisions) == 3  # the withdrawn one stays visible
    with pytest.raises(RefusedError):
        decide_sanction(office, sanction.id, Verdict.CONFIRM, "li", "同意")


def test_a_preview_shows_the_notice_and_takes_no_number(office: Office, facts: ClassFacts) -> None:
    night(office, facts)
    violation = the_violation(office)
    how = {"found_on": date(2023, 6, 15), "supervision": ("非现场监管",)}
    with pytest.raises(RefusedError, match="confirmed"):
        preview_notice(office, NUMBER, [violation], date(2023, 6, 20), **how)  # type: ignore[arg-type]
    decide_matter(office, violation, Verdict.CONFIRM, "li", "已核实")
    with office.database.reading() as tx:
        before = dump_records(tx)
    text = preview_notice(office, NUMBER, [violation], date(2023, 6, 20), **how)  # type: ignore[arg-type]
    assert text.number == "培整改〔202  〕    号"
    assert "第十三条（一）第8项" in text.problems[0]
    with office.database.reading() as tx:
        assert dump_records(tx) == before
    assert issue_notice(office, NUMBER, [violation], "li", date(2023, 6, 20), **how).number.endswith("〕1号")  # type: ignore[arg-type]


def test_a_confirmation_cannot_be_withdrawn_under_a_notice_in_force(office: Office, facts: ClassFacts) -> None:
    night(office, facts)
    violation = the_violation(office)
    give = {"found_on": date(2023, 6, 15), "supervision": ("非现场监管",)}
    with pytest.raises(RefusedError, match="confirmed"):
        issue_notice(office, NUMBER, [violation], "li", date(2023, 6, 20), **give)  # type: ignore[arg-type]
    decide_matter(office, violation, Verdict.CONFIRM, "li", "已核实")
    notice = issue_notice(office, NUMBER, [violation], "li", date(2023, 6, 20), **give)  # type: ignore[arg-type]
    assert notice == issue_notice(office, NUMBER, [violation], "wang", date(2023, 6, 21), **give)  # type: ignore[arg-type]
    with office.database.reading() as tx:
        (decision,) = read_violation_values(tx, NUMBER, office.policy)[0].decisions
    with pytest.raises(RefusedError, match="1号"):
        withdraw_decision(office, UUID(decision.reference), "li", "看错")
    void_issued_notice(office, notice.number, "wang", "依据有误")
    assert withdraw_decision(office, UUID(decision.reference), "li", "看错") is CaseState.PROPOSED
    assert withdraw_decision(office, UUID(decision.reference), "li", "看错") is CaseState.PROPOSED
    with office.database.reading() as tx:
        (voided,) = read_notices(tx, NUMBER)
    assert voided.void_reason == "wang检查员：依据有误"


def test_what_people_record_about_an_agency_is_proposed_at_once_and_takes_two(office: Office) -> None:
    for _ in range(2):
        record_breach(office, "project_passed_on", date(2023, 7, 1), "li", "转包给他人", agency_code=AGENCY.code)
    with office.database.reading() as tx:
        (sanction,) = read_sanctions(tx)
        assert len(read_agency_facts(tx, AGENCY.code, date(2023, 7, 1)).records) == 1
    assert decide_sanction(office, sanction.id, Verdict.CONFIRM, "li", "属实").state == "proposed"
    with pytest.raises(DecisionRefusedError):
        decide_sanction(office, sanction.id, Verdict.CONFIRM, "li", "属实无疑")
    assert decide_sanction(office, sanction.id, Verdict.CONFIRM, "wang", "属实").state == "issued"
    assert decide_sanction(office, sanction.id, Verdict.WITHDRAW, "wang", "复议撤销").state == "withdrawn"
    with pytest.raises(RefusedError):
        record_breach(office, "on_site_once", date(2023, 7, 1), "li", "不是可处罚的规则", agency_code=AGENCY.code)


RULES = load_policy().rules


@pytest.mark.parametrize("code", [each.citation.code for each in RULES if each.judge == "agency_recorded_by_people"])
def test_every_rule_about_an_agency_is_recorded_proposed_and_issued_by_two(office: Office, code: str) -> None:
    record_breach(office, code, date(2023, 7, 1), "li", "有举报并经核实", agency_code=AGENCY.code)
    with office.database.reading() as tx:
        (sanction,) = read_sanctions(tx)
    assert sanction.rule == office.policy.rule(code).citation.label
    assert sanction.kind == ("referral" if code == "subsidy_fraud" else "qualification_revoked")
    assert decide_sanction(office, sanction.id, Verdict.CONFIRM, "li", "属实").state == "proposed"
    assert decide_sanction(office, sanction.id, Verdict.CONFIRM, "wang", "属实").state == "issued"


@pytest.mark.parametrize("code", [each.citation.code for each in RULES if each.judge == "recorded_by_people"])
def test_every_rule_that_only_people_establish_about_a_class_is_recorded_proposed_and_decided(
    office: Office, facts: ClassFacts, code: str
) -> None:
    record = record_breach(office, code, date(2023, 6, 16), "zhao", "当场所见", class_number=NUMBER)
    assert record_breach(office, code, date(2023, 6, 16), "zhao", "当场所见", class_number=NUMBER) == record
    night(office, facts, report=PhotoReport(ReportState.COMPLETE, ("sha256:photo",)))
    with office.database.reading() as tx:
        (found,) = read_violations(tx, NUMBER)
    assert (found.code, found.state) == (code, "proposed")
    one = decide_matter(office, found.id, Verdict.CONFIRM, "li", "属实")
    money = office.policy.rule(code).consequence is not Consequence.WARNING
    assert one is (CaseState.AWAITING_SECOND if money else CaseState.CONFIRMED)


def test_a_record_taken_back_lets_its_open_proposal_lapse_and_stays_visible(office: Office, facts: ClassFacts) -> None:
    report = PhotoReport(ReportState.COMPLETE, ("sha256:photo",))
    record = record_breach(office, "inspection_refused", date(2023, 6, 16), "zhao", "拒开门", class_number=NUMBER)
    night(office, facts, report=report)
    with pytest.raises(RefusedError):
        withdraw_record(office, record, "zhao", " ")
    withdraw_record(office, record, "zhao", "误会")
    withdraw_record(office, record, "li", "又一次")
    night(office, facts, report=report)
    with office.database.reading() as tx:
        assert [each.state for each in read_violations(tx, NUMBER)] == ["lapsed"]
        (shown,) = describe_supervision(tx, NUMBER, viewer=BUREAU)["records"]
    assert (shown["withdrawn_by"], shown["withdrawn_because"]) == ("zhao", "误会")


def test_dates_archive_and_agreement_are_kept(office: Office) -> None:
    save_closing(office, NUMBER, "li", {"certified_on": date(2023, 7, 1)}, ("S01", "S02"))
    save_closing(office, NUMBER, "li", {"applied_on": date(2023, 8, 1)})
    with pytest.raises(RefusedError):
        save_closing(office, NUMBER, "li", {}, ("S99",))
    save_closing(office, NUMBER, "li", {"commenced_on": date(2023, 6, 12), "completed_on": date(2023, 6, 12)})
    with pytest.raises(RefusedError, match="2023-06-11"):
        save_closing(office, NUMBER, "li", {"completed_on": date(2023, 6, 11)})
    with office.database.transaction() as tx:
        save_archive_item(tx, NUMBER, "li", "pledge", "承诺书.pdf", a_digest("pledge"))
        save_archive_item(tx, NUMBER, "li", "videos", "", None)
        with pytest.raises(RefusedError):
            save_archive_item(tx, NUMBER, "li", "pledge", "承诺书.pdf", a_digest("another"))
        save_agreement(tx, AGENCY.code, 2023, {"people": 500})
        found = read_class_facts(tx, NUMBER, date(2023, 8, 1))
    assert (found.certified_on, found.applied_on, found.examined) == (
        date(2023, 7, 1),
        date(2023, 8, 1),
        ("S01", "S02"),
    )
    assert found.archive is not None
    assert {each.code: each.present for each in found.archive} == {"pledge": True, "videos": False}


def test_an_off_site_supervision_says_what_it_found(office: Office) -> None:
    at = moment(date(2023, 6, 15), "15:00")
    assert record_off_site(office, NUMBER, "video_review", at, "li", "正常") == record_off_site(
        office, NUMBER, "video_review", at, "li", "正常"
    )
    with pytest.raises(RefusedError):
        record_off_site(office, NUMBER, "phone", at, "li", " ")
