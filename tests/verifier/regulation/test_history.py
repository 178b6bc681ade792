"""One agency, twelve classes, three months: every rung of the ladder is reached, and re-running any night changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone

import pytest

from tests.builders.history import FIRST_DAY, LAST_DAY, STORIES, History, a_history
from tests.builders.regulation import AGENCY
from verifier.regulation.chain import build_chain
from verifier.regulation.decisions import Decision, Verdict, conclude, decide, needs_two_persons
from verifier.regulation.facts import AgencyFacts, CaseState, WarningIssued
from verifier.regulation.forms import find_numbering_faults, next_notice_number
from verifier.regulation.judging import judge_agency, judge_class
from verifier.regulation.policy import load_policy
from verifier.regulation.result import Consequence, RuleResult
from verifier.regulation.subsidy import ConditionState, view_subsidy
from verifier.regulation.violation import Change, ChangeKind, Violation, reevaluate_all, settle

POLICY = load_policy()
QUIET = {ChangeKind.STAYS, ChangeKind.UNTOUCHED, ChangeKind.STAYS_CLOSED}


@dataclass
class Office:
    """A diligent office: it decides two evenings after a proposal, with two people where two are needed."""

    history: History
    violations: dict[str, list[Violation]] = field(default_factory=dict)
    proposed_on: dict[str, date] = field(default_factory=dict)
    warnings: list[WarningIssued] = field(default_factory=list)
    log: list[tuple[date, str, ChangeKind]] = field(default_factory=list)

    def run_night(self, day: date) -> list[Change]:
        """Judge every class from its first day to a week after its last, then the agency; keep what came of it."""
        changes = []
        for number in STORIES:
            facts = self.history.facts_on(number, day)
            ended = self.history.complete[number].sessions[-1].session.day
            if facts.sessions and day <= ended + timedelta(days=7):
                changes += self.keep(facts.training.number, day, self.judge(number, day))
        agency = AgencyFacts(AGENCY, day, tuple(self.warnings))
        changes += self.keep(AGENCY.code, day, judge_agency(agency, POLICY))
        return changes

    def judge(self, number: int, day: date) -> tuple[RuleResult, ...]:
        facts = self.history.facts_on(number, day)
        mine = tuple(each for each in self.warnings if each.class_number == facts.training.number)
        known = self.violations.get(facts.training.number, [])
        return judge_class(replace(facts, warnings=mine, settled=settle(known)), POLICY)

    def keep(self, subject: str, day: date, results: tuple[RuleResult, ...]) -> tuple[Change, ...]:
        changes = reevaluate_all(self.violations.get(subject, []), results)
        kept = {each.key: each for each in self.violations.get(subject, [])}
        kept |= {each.violation.key: each.violation for each in changes}
        self.violations[subject] = list(kept.values())
        for change in changes:
            self.proposed_on.setdefault(change.violation.key, day)
            if change.kind not in QUIET:
                self.log.append((day, change.violation.key, change.kind))
        return changes

    def decide_day(self, day: date) -> None:
        """Decide what is two days old, and send out the notices, one a class and day."""
        for subject, violations in self.violations.items():
            confirmed = []
            for index, violation in enumerate(violations):
                if violation.state is not CaseState.PROPOSED or day < self.proposed_on[violation.key] + timedelta(
                    days=2
                ):
                    continue
                violations[index] = self.decide_one(violation, day)
                if (
                    violations[index].state is CaseState.CONFIRMED
                    and violation.result.consequence is Consequence.WARNING
                ):
                    confirmed.append(violations[index])
            if confirmed:
                number = next_notice_number([each.notice for each in self.warnings], day.year)
                rules = tuple(each.result.citation.code for each in confirmed)
                keys = tuple(each.key for each in confirmed)
                self.warnings.append(WarningIssued(number, subject, day, rules, keys))

    def decide_one(self, violation: Violation, day: date) -> Violation:
        two = needs_two_persons(violation.result.consequence)
        excused = violation.result.subject == "YY-2023-0011"
        decisions: tuple[Decision, ...] = ()
        for number, by in enumerate(("甲", "乙") if two else ("甲",)):
            verdict = Verdict.DISMISS if excused else Verdict.CONFIRM
            moment = datetime(day.year, day.month, day.day, 9, number, tzinfo=timezone(timedelta(hours=8)))
            decision = Decision(f"{violation.key}/{number}", verdict, by, moment, "已核实")
            decisions = decide(decisions, decision, two_persons=two)
        return replace(violation, decisions=decisions, state=conclude(decisions, two_persons=two))


def run(seed: int = 2023, *, twice: bool = False) -> Office:
    """Three months of nights and office days; with `twice` every night is run again at once and must change nothing."""
    office = Office(a_history(seed))
    day = FIRST_DAY
    while day <= LAST_DAY + timedelta(days=7):
        office.run_night(day)
        if twice:
            before = {subject: list(each) for subject, each in office.violations.items()}
            assert {change.kind for change in office.run_night(day)} <= QUIET, day
            assert office.violations == before
        office.decide_day(day)
        day += timedelta(days=1)
    return office


@pytest.fixture(scope="module")
def office() -> Office:
    return run(twice=True)


def codes(office: Office, number: int, *states: CaseState) -> list[str]:
    wanted = states or (CaseState.CONFIRMED,)
    found = office.violations.get(f"YY-2023-{number:04}", [])
    return sorted(each.result.citation.code for each in found if each.state in wanted)


@pytest.mark.parametrize(
    ("number", "confirmed"),
    [
        pytest.param(0, [], id=STORIES[0]),
        pytest.param(1, ["attendance_below_80_percent"], id=STORIES[1]),
        pytest.param(2, ["reports_missing_7_hours"], id=STORIES[2]),
        pytest.param(3, ["sign_in_for_show", "sign_in_for_show", "two_warnings_of_one_class"], id=STORIES[3]),
        pytest.param(
            4,
            ["attendance_below_80_percent", "reports_missing_7_hours", "two_warnings_of_one_class"],
            id=STORIES[4],
        ),
        pytest.param(5, ["unapproved_change"], id=STORIES[5]),
        pytest.param(6, [], id=STORIES[6]),
        pytest.param(7, [], id=STORIES[7]),
        pytest.param(8, ["three_impersonations_on_site"], id=STORIES[8]),
        pytest.param(9, ["half_of_sample_false"], id=STORIES[9]),
        pytest.param(10, [], id=STORIES[10]),
        pytest.param(11, [], id=STORIES[11]),
    ],
)
def test_each_story_ends_on_its_rung(office, number, confirmed):
    assert codes(office, number) == confirmed


def test_late_photos_let_the_proposal_lapse_and_an_accepted_excuse_dismisses_it(office):
    assert codes(office, 6, CaseState.LAPSED) == ["reports_missing_7_hours"]
    assert codes(office, 11, CaseState.DISMISSED) == ["attendance_below_80_percent"]


def test_the_fifth_warning_within_a_year_proposes_the_loss_of_qualification(office):
    (loss,) = office.violations[AGENCY.code]
    assert loss.result.citation.label == "13(3)(1)"
    assert loss.state is CaseState.CONFIRMED
    assert {each.by for each in loss.decisions} == {"甲", "乙"}
    issued = sorted(each.issued_on for each in office.warnings)
    assert office.proposed_on[loss.key] == issued[4] + timedelta(days=1)  # the night after


def test_notices_have_no_gaps_and_no_doubles(office):
    assert find_numbering_faults([each.notice for each in office.warnings]) == []
    assert len(office.warnings) == 8


def test_every_sanction_is_explained_down_to_each_photo_s_hash(office):
    everything = [each for found in office.violations.values() for each in found]
    sanctions = [each for each in everything if each.result.citation.label in ("13(2)(3)", "13(3)(1)")]
    assert len(sanctions) == 3
    for sanction in sanctions:
        chain = build_chain(sanction.result, office.warnings, everything)
        notices = [link for _, link in chain.walk() if link.kind == "notice"]
        assert len(notices) >= 2
        for notice in notices:
            assert all(violation.citation is not None for violation in notice.because)
        assert any(item.startswith("sha256:") for item in chain.list_evidence())


def test_the_subsidy_of_each_class_follows(office):
    def condition(number, code):
        facts = office.history.facts_on(number, LAST_DAY + timedelta(days=7))
        mine = tuple(each for each in office.warnings if each.class_number == facts.training.number)
        view = view_subsidy(replace(facts, warnings=mine), POLICY, office.violations.get(facts.training.number, []))
        return {each.citation.code: each.state for each in view.conditions}[code]

    assert condition(0, "two_warnings_of_one_class") is ConditionState.FULFILLED
    assert condition(4, "two_warnings_of_one_class") is ConditionState.NOT_FULFILLED
    assert condition(9, "half_of_sample_false") is ConditionState.NOT_FULFILLED
    assert condition(1, "attendance_below_80_percent") is ConditionState.FULFILLED  # decided: one warning stops nothing


def test_the_same_seed_gives_the_same_records_and_another_seed_the_same_rungs(office):
    again, other = run(), run(seed=7)
    assert again.violations == office.violations
    assert again.warnings == office.warnings
    assert [codes(other, number) for number in STORIES] == [codes(office, number) for number in STORIES]


def test_an_ongoing_breach_was_proposed_once_and_grew(office):
    kinds = [kind for _, key, kind in office.log if key.startswith("sign_in_for_show|YY-2023-0003")]
    assert kinds.count(ChangeKind.OPENS) == 2  # before and after the first warning
