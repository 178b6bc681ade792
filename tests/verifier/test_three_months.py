"""Three months of one agency with twelve classes, through the records: every rung of the ladder, no night writes twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.builders.history import FIRST_DAY, LAST_DAY, STORIES, History, a_history
from tests.builders.office import an_office, file_class, judge_again, moment, run_night
from tests.builders.plan import a_digest
from tests.builders.regulation import AGENCY
from verifier.records.class_facts import read_agency_facts
from verifier.records.dump import dump_records
from verifier.records.matters import read_cases, read_violations
from verifier.records.notices import read_notices, read_sanctions
from verifier.records.supervision import CallAnswer, InspectionVisit, StudentSeen
from verifier.records.tables.agency import AgencyRow
from verifier.records.violation_values import read_violation_values
from verifier.regulation.decisions import Verdict
from verifier.regulation.facts import CaseState
from verifier.regulation.forms import find_numbering_faults
from verifier.regulation.result import Consequence
from verifier.sanctioning import read_chain
from verifier.supervising import (
    Office,
    decide_matter,
    decide_sanction,
    draw_follow_ups,
    issue_notice,
    record_call,
    record_inspection,
    record_off_site,
)

END = LAST_DAY + timedelta(days=7)


@dataclass
class Bureau:
    """A diligent office: it inspects, calls, and decides two days after a proposal, with two people where two are needed."""

    office: Office
    history: History
    first_seen: dict[UUID, date] = field(default_factory=dict)
    written: dict[date, int] = field(default_factory=dict)

    def number(self, index: int) -> str:
        return self.history.complete[index].training.number

    def work(self, day: date) -> None:
        """What people do during the day; what they decide they decide after the night (`decide`)."""
        for index in range(len(STORIES)):
            plan = self.history.complete[index].sessions
            if day == plan[4].session.day:
                self.visit(index, day)
            for place in (6, 7):
                if day == plan[place].session.day:
                    at = moment(day, "15:00" if place == 6 else "16:00")
                    record_off_site(self.office, self.number(index), "video_review", at, "li", "画面正常")
            if day == plan[-1].session.day + timedelta(days=2):
                self.call(index, day)

    def visit(self, index: int, day: date) -> None:
        students = tuple(StudentSeen(f"S{n:02}", "身份证照片不符", True) for n in range(1, 4)) if index == 8 else ()
        session = self.history.complete[index].sessions[4].session
        visit = InspectionVisit(
            self.number(index), moment(day, "09:30"), ("li", "wang"), session.id, 20, 18, students,
            attendance="", evidence=(a_digest(f"visit-{index}"),),
        )  # fmt: skip
        assert record_inspection(self.office, visit) == record_inspection(self.office, visit)
        with self.office.database.reading() as tx:
            cases = [each.id for each in read_cases(tx, self.number(index))]
        for case in cases:
            decide_matter(self.office, case, Verdict.CONFIRM, "wang", "当场核对身份证", moment(day, "11:00"))

    def call(self, index: int, day: date) -> None:
        draw_id, draw = draw_follow_ups(self.office, self.number(index), f"种子-{index}", "li", moment(day, "08:00"))
        for place, student in enumerate(draw.chosen):
            outcome = "denied" if index == 9 and place < 2 else "confirmed"
            answer = CallAnswer(
                student, moment(day, "10:00"), "li", outcome, "", recording=a_digest(f"{index}-{student}")
            )
            record_call(self.office, self.number(index), draw_id, answer)

    def decide(self, day: date) -> None:
        for index in range(len(STORIES)):
            plan = self.history.complete[index].sessions
            if not plan[0].session.day <= day <= plan[-1].session.day + timedelta(days=14):
                continue
            number = self.number(index)
            with self.office.database.reading() as tx:
                values = {each.key: each for each in read_violation_values(tx, number, self.office.policy)}
                rows = {each.dedup_key: each.id for each in read_violations(tx, number)}
            confirmed = []
            for key, value in values.items():
                if value.state is not CaseState.PROPOSED:
                    continue
                if day < self.first_seen.setdefault(rows[key], day) + timedelta(days=2):
                    continue
                two = value.result.consequence is not Consequence.WARNING
                verdict = Verdict.DISMISS if index == 11 else Verdict.CONFIRM
                for place, by in enumerate(("li", "wang") if two else ("li",)):
                    decide_matter(self.office, rows[key], verdict, by, "已核实", moment(day, f"09:0{place}"))
                if verdict is Verdict.CONFIRM and not two:
                    confirmed.append(rows[key])
            if confirmed:
                issue_notice(
                    self.office, number, confirmed, "li", day, found_on=day - timedelta(days=2),
                    supervision=("非现场监管",),
                )  # fmt: skip
        with self.office.database.reading() as tx:
            proposed = [each for each in read_sanctions(tx) if each.state == "proposed" and each.lapse_reason is None]
        for sanction in proposed:
            for place, by in enumerate(("li", "wang") if sanction.class_number is None else ("li",)):
                decide_sanction(self.office, sanction.id, Verdict.CONFIRM, by, "同意", moment(day, f"17:0{place}"))


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    """The three months, each night run twice: the second time must write nothing."""
    bureau = Bureau(an_office(tmp_path_factory.mktemp("records")), a_history())
    for facts in bureau.history.complete:
        file_class(bureau.office, facts)
    day = FIRST_DAY
    while day <= END:
        bureau.work(day)
        bureau.written[day] = run_night(bureau.office, bureau.history, day)
        assert run_night(bureau.office, bureau.history, day) == 0, day
        bureau.decide(day)
        day += timedelta(days=1)
    yield bureau
    bureau.office.database.close()


def codes(bureau: Bureau, index: int, state: str = "confirmed") -> list[str]:
    with bureau.office.database.reading() as tx:
        return sorted(each.code for each in read_violations(tx, bureau.number(index), states=(state,)))


@pytest.mark.parametrize(
    ("index", "confirmed"),
    [
        pytest.param(0, [], id=STORIES[0]),
        pytest.param(1, ["attendance_below_80_percent"], id=STORIES[1]),
        pytest.param(2, ["reports_missing_7_hours"], id=STORIES[2]),
        pytest.param(3, ["sign_in_for_show", "sign_in_for_show", "two_warnings_of_one_class"], id=STORIES[3]),
        pytest.param(
            4, ["attendance_below_80_percent", "reports_missing_7_hours", "two_warnings_of_one_class"], id=STORIES[4]
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
def test_each_story_ends_on_its_rung_in_the_records(bureau: Bureau, index: int, confirmed: list[str]) -> None:
    assert codes(bureau, index) == confirmed


def test_late_photos_let_the_proposal_lapse_with_its_reason(bureau: Bureau) -> None:
    with bureau.office.database.reading() as tx:
        (lapsed,) = read_violations(tx, bureau.number(6), states=("lapsed",))
    assert lapsed.code == "reports_missing_7_hours"
    assert lapsed.lapse_reason is not None
    assert "不再得出此项" in lapsed.lapse_reason.text("zh_CN")


def test_an_accepted_excuse_stays_dismissed(bureau: Bureau) -> None:
    assert codes(bureau, 11, "dismissed") == ["attendance_below_80_percent"]
    assert codes(bureau, 11, "proposed") == []


def test_notices_have_no_gaps_and_no_doubles(bureau: Bureau) -> None:
    with bureau.office.database.reading() as tx:
        notices = read_notices(tx)
    assert find_numbering_faults([each.number for each in notices]) == []
    assert len(notices) == 8


def test_the_fifth_warning_revokes_the_qualification_once_two_people_signed(bureau: Bureau) -> None:
    with bureau.office.database.reading() as tx:
        (loss,) = [each for each in read_sanctions(tx) if each.class_number is None]
        agency = tx.scalars(select(AgencyRow)).one()
        warnings = read_agency_facts(tx, AGENCY.code, END).warnings
    assert (loss.rule, loss.kind, loss.state) == ("13(3)(1)", "qualification_revoked", "issued")
    assert [each.by for each in loss.decisions] == ["li", "wang"]
    fifth = sorted(each.issued_on for each in warnings)[4]
    assert (agency.qualification, agency.qualification_revoked_on) == ("revoked", fifth + timedelta(days=1))


def test_every_sanction_is_explained_down_to_each_photo_s_hash(bureau: Bureau) -> None:
    with bureau.office.database.reading() as tx:
        sanctions = {each.dedup_key.split("|")[0]: each for each in read_sanctions(tx)}
    assert set(sanctions) == {"two_warnings_of_one_class", "half_of_sample_false", "five_warnings_in_a_year"}
    for code, sanction in sanctions.items():
        kinds = [kind for _, kind, _, _ in read_chain(sanction)]
        evidence = [name for _, kind, name, _ in read_chain(sanction) if kind == "evidence"]
        assert any(name.startswith("sha256:") for name in evidence), code
        if code != "half_of_sample_false":
            assert kinds.count("notice") >= 2
            assert kinds.count("violation") >= kinds.count("notice")
    assert all(each.kind == "subsidy_refused" for each in sanctions.values() if each.class_number)


def test_running_old_nights_again_changes_nothing(bureau: Bureau) -> None:
    with bureau.office.database.reading() as tx:
        before = dump_records(tx)
    day = FIRST_DAY
    while day <= END:
        assert run_night(bureau.office, bureau.history, day, today=END) == 0, day
        day += timedelta(days=5)
    with bureau.office.database.reading() as tx:
        assert dump_records(tx) == before


def test_judging_every_class_anew_changes_no_violation(bureau: Bureau) -> None:
    """Whatever the key says: the same facts lead to the violations that stand."""
    for index in STORIES:
        assert judge_again(bureau.office, bureau.history.facts_on(index, END)) == [], STORIES[index]


def test_most_nights_have_nothing_to_write(bureau: Bureau) -> None:
    weekends = [count for day, count in bureau.written.items() if day.weekday() == 6]
    assert min(bureau.written.values()) == 0
    assert sum(weekends) < sum(bureau.written.values()) / 4
