"""What the office does, a use case each: look on site and off, follow up, record, decide, warn, sanction. One transaction each,
or, where the office was given an open one (`Office.within`), all in that.

Every call may be repeated: the same thing again changes nothing and gives the same answer. What may not be done raises
`RefusedError` (or `DecisionRefusedError`) with a sentence for the person who tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Tx

from verifier.language import say
from verifier.records import decisions as decision_rows
from verifier.records import office as office_rows
from verifier.records import supervision as supervision_rows
from verifier.records.class_facts import read_class_facts
from verifier.records.database import Database, open_database
from verifier.records.errors import NotInRecordsError
from verifier.records.notices import (
    NoticeRecord,
    SanctionRecord,
    add_notice,
    add_sanction_decision,
    find_notice,
    find_sanction,
    new_reference,
    read_notices,
    read_sanction_decisions,
    read_sanctions,
    set_sanction_state,
    void_notice,
)
from verifier.records.office import RefusedError, find_person
from verifier.records.plans import complete_plan
from verifier.records.rows import find_class
from verifier.records.supervision import CallAnswer, InspectionVisit
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.case import CaseRow
from verifier.records.tables.decision import DecisionRow
from verifier.records.tables.sanction import SanctionRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.violation import ViolationRow
from verifier.records.violation_values import find_clause, read_matter_decisions, read_violation_value
from verifier.regulation.decisions import Decision, Verdict, conclude, list_standing, needs_two_persons
from verifier.regulation.decisions import decide as decide_by_rule
from verifier.regulation.discipline import OFFICE_RULES
from verifier.regulation.drafts import draft_notice
from verifier.regulation.drawing import Draw
from verifier.regulation.facts import CaseState
from verifier.regulation.forms import NoticeText, RectificationNotice, tell_notice
from verifier.regulation.policy import Policy, load_policy
from verifier.regulation.violation import Violation
from verifier.sanctioning import list_issued_on, propose_for_agency, propose_for_class
from verifier.settings import Settings

_WORDS = {Verdict.CONFIRM: "confirm", Verdict.DISMISS: "dismiss", Verdict.NEEDS_ON_SITE: "needs_check"}


@dataclass(frozen=True, slots=True, eq=False)
class Office:
    """The records and the regulation that the office works by."""

    database: Database
    policy: Policy
    joined: Tx | None = None

    def within(self, tx: Tx) -> Office:
        """The same office, whose use cases join an open transaction: its owner commits, and what they raise undoes all of it."""
        return replace(self, joined=tx)

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """The joined transaction, or one for this use case alone."""
        if self.joined is not None:
            yield self.joined
        else:
            with self.database.transaction() as tx:
                yield tx

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """The joined transaction, or a reading one for this use case alone."""
        if self.joined is not None:
            yield self.joined
        else:
            with self.database.reading() as tx:
                yield tx

    def number(self, name: str, day: date) -> Decimal:
        """A number of the regulation as it stood on that day.

        Raises:
            RefusedError: the law of that day says none, as before it came into force.
        """
        try:
            return self.policy.number(name, day)
        except KeyError as error:
            raise RefusedError(
                say(
                    "法规{policy}在{day}没有规定{name}（{begins}起施行），不能据以登记或安排。", policy=str(self.policy.ref),
                    day=day.isoformat(), name=name, begins=self.policy.from_day.isoformat(),
                )
            ) from error  # fmt: skip


@contextmanager
def open_office(settings: Settings) -> Iterator[Office]:
    """Open the records for the office's work, and close them at the end."""
    database = open_database(settings.database, settings.data_key_bytes(), settings.limits_of("job"))
    try:
        yield Office(database, load_policy(settings.policy))
    finally:
        database.close()


# ---------------------------------------------------------------- what people saw


def record_inspection(office: Office, visit: InspectionVisit, plan: UUID | None = None) -> UUID:
    """Write down one inspection on site (Annex 2): enough inspectors, none with a declared interest, not announced.

    Args:
        plan: The plan that is carried out by it. Others than those drawn may have gone; the records show both.
    Raises:
        RefusedError: see `save_inspection` and `complete_plan`.
    """
    with office.transaction() as tx:
        zone = ZoneInfo(find_class(tx, visit.class_number).timezone)
        # In the class's own time, whatever zone it was sent in: two times of one morning may lie on two days elsewhere.
        began, ended = (each and each.astimezone(zone) for each in (visit.teaching_began, visit.teaching_ended))
        visit = replace(
            visit, inspected_at=visit.inspected_at.astimezone(zone), teaching_began=began, teaching_ended=ended
        )
        day = visit.inspected_at.date()
        found = supervision_rows.save_inspection(tx, visit, day, int(office.number("inspectors_per_inspection", day)))
        if plan is not None:
            complete_plan(tx, plan, visit.class_number, "on_site", found)
        return found


def record_off_site(
    office: Office, class_number: str, kind: str, held_at: datetime, by: str, result: str, evidence: str | None = None,
    plan: UUID | None = None,
) -> UUID:  # fmt: skip
    """Write down one off-site supervision (Art. 10); arguments as for `save_off_site` and `record_inspection`."""
    with office.transaction() as tx:
        found = supervision_rows.save_off_site(tx, class_number, kind, held_at, by, result, evidence)
        if plan is not None:
            complete_plan(tx, plan, class_number, "off_site", found)
        return found


def draw_follow_ups(
    office: Office, class_number: str, seed: str, by: str, at: datetime | None = None, plan: UUID | None = None
) -> tuple[UUID, Draw]:
    """Draw at least the policy's share of the roster; the seed is kept, so that anybody can draw again."""
    at = at or datetime.now(UTC)
    with office.transaction() as tx:
        day = at.astimezone(ZoneInfo(find_class(tx, class_number).timezone)).date()
        share = office.number("follow_up_share_percent", day)
        found = supervision_rows.save_draw(tx, class_number, seed, share, by, at)
        if plan is not None:
            complete_plan(tx, plan, class_number, "follow_up", found[0])
        return found


def record_call(office: Office, class_number: str, draw_id: UUID, answer: CallAnswer) -> UUID:
    """Write down what following up one drawn student gave (Annex 3)."""
    with office.transaction() as tx:
        return supervision_rows.save_call(tx, class_number, draw_id, answer)


def record_breach(
    office: Office, code: str, recorded_on: date, by: str, note: str, *, class_number: str | None = None,
    agency_code: str = "", evidence: tuple[str, ...] = (),
) -> UUID:  # fmt: skip
    """Write down what only a person can establish, under a rule of the policy. The next night proposes it; people decide.

    Raises:
        RefusedError: the policy has no such rule, or nothing can follow from it.
    """
    entry = next((each for each in office.policy.rules if code in (each.citation.code, each.citation.label)), None)
    of_office = entry is not None and entry.judge in OFFICE_RULES and class_number is not None
    if entry is None or (entry.consequence.value == "none" and not of_office):
        raise RefusedError(say("{policy}没有可据以认定的规则{code}。", policy=office.policy.name, code=code))
    with office.transaction() as tx:
        record = office_rows.save_person_record(
            tx, entry.citation.code, recorded_on, by, note, class_number=class_number, agency_code=agency_code,
            evidence=evidence,
        )  # fmt: skip
        if class_number is None:
            propose_for_agency(tx, agency_code, office.policy, recorded_on)
        return record


# ---------------------------------------------------------------- decisions


def decide_matter(
    office: Office, matter_id: UUID, verdict: Verdict, by: str, why: str, at: datetime | None = None
) -> CaseState:
    """Decide on a case or a violation; two different people confirm what costs money or the qualification.

    Returns: how it stands now. The same person saying the same again changes nothing.
    Raises:
        DecisionRefusedError: see `regulation.decisions.decide`.
        RefusedError: the person may not decide, or the proposal lapsed.
        NotInRecordsError: there is no such case or violation.
    """
    with office.transaction() as tx:
        person, matter = find_person(tx, by), decision_rows.find_matter(tx, matter_id)
        two, standing = _needs_two(matter, office.policy), read_matter_decisions(tx, matter.id)
        last = list_standing(standing)[-1:]
        if last and (last[0].verdict, last[0].by, last[0].why) == (verdict, person.login, why):
            return conclude(standing, two_persons=two)
        if matter.state == "lapsed":
            raise RefusedError(say("该事项已失效，不能再作决定。"))
        moment = at or datetime.now(UTC)
        decided = decide_by_rule(
            standing, Decision(new_reference(), verdict, person.login, moment, why), two_persons=two
        )
        decision_rows.decide(tx, matter.id, _WORDS[verdict], person.id, why, moment)
        state = _settle_state(tx, matter, conclude(decided, two_persons=two))
        if isinstance(matter, ViolationRow):
            propose_for_class(tx, tx.get_one(ClassRow, matter.class_id).number, office.policy)
        return state


def withdraw_decision(office: Office, decision_id: UUID, by: str, why: str, at: datetime | None = None) -> CaseState:
    """Take a decision about a case or violation back; it stays visible, followed by its withdrawal. Twice is once.

    Raises:
        RefusedError: a notice in force or an issued sanction rests on it.
        NotInRecordsError: there is no such decision.
    """
    with office.transaction() as tx:
        person, row = find_person(tx, by), tx.get(DecisionRow, decision_id)
        if row is None:
            raise NotInRecordsError(f"no decision {decision_id} is on record")
        matter = decision_rows.find_matter(tx, row.case_id or row.violation_id or row.id)
        two = _needs_two(matter, office.policy)
        before = read_matter_decisions(tx, matter.id)
        if str(decision_id) in {each.withdraws for each in before}:
            return conclude(before, two_persons=two)
        if isinstance(matter, ViolationRow) and row.decision == "confirm":
            _refuse_withdrawal(tx, matter)
        decision_rows.withdraw(tx, decision_id, person.id, why, at or datetime.now(UTC))
        state = conclude(read_matter_decisions(tx, matter.id), two_persons=two)
        if list_standing(read_matter_decisions(tx, matter.id)):
            _settle_state(tx, matter, state)
        if isinstance(matter, ViolationRow):
            propose_for_class(tx, tx.get_one(ClassRow, matter.class_id).number, office.policy)
        return CaseState.LAPSED if matter.state == "lapsed" else state


def _needs_two(matter: CaseRow | ViolationRow, policy: Policy) -> bool:
    if isinstance(matter, CaseRow):
        return False
    return needs_two_persons(find_clause(policy, matter.code, matter.rule)[1])


def _settle_state(tx: Tx, matter: CaseRow | ViolationRow, state: CaseState) -> CaseState:
    """What one of two people confirmed is stored like what waits for a check: no night may let it lapse meanwhile."""
    matter.state = "needs_check" if state in (CaseState.AWAITING_SECOND, CaseState.NEEDS_ON_SITE) else state.value
    tx.flush()
    return state


def _refuse_withdrawal(tx: Tx, matter: ViolationRow) -> None:
    if (number := find_notice(tx, matter.id)) is not None:
        raise RefusedError(say("整改通知书{number}以此为据，须先作废该通知书。", number=number))
    training = tx.get_one(ClassRow, matter.class_id)
    for sanction in list_issued_on(tx, tx.get_one(AgencyRow, training.agency_id).code, matter.dedup_key):
        raise RefusedError(say("处理决定{sanction}以此为据，须先撤回该决定。", sanction=str(sanction.id)))


# ---------------------------------------------------------------- notices


def issue_notice(
    office: Office, class_number: str, violations: Sequence[UUID], by: str, issued_on: date, *, found_on: date,
    supervision: Sequence[str], signed_for: str = "",
) -> NoticeRecord:  # fmt: skip
    """Issue one rectification notice, that is one written warning, for confirmed violations of one class.

    Args:
        supervision: How it was found: of ``现场监管``, ``非现场监管``, ``跟踪回访``.
        signed_for: The office whose seal the notice bears; default: the policy's authority.
    Raises:
        RefusedError: a violation is not confirmed, leads to no warning, is of another class, or stands in another notice.
    """
    with office.transaction() as tx:
        person = find_person(tx, by)
        form, values = _draft_notice(
            tx, office, class_number, violations, issued_on, found_on=found_on, supervision=supervision,
            signed_for=signed_for, lock=True,
        )  # fmt: skip
        body = {name: _plain(value) for name, value in asdict(form).items()}
        body |= {"rules": sorted({each.result.citation.code for each in values}), "evidence": []}
        body["policy"] = str(office.policy.ref)
        prefix = office.policy.text("notice_prefix")
        return add_notice(tx, class_number, list(dict.fromkeys(violations)), person.id, issued_on, prefix, body)


def preview_notice(
    office: Office, class_number: str, violations: Sequence[UUID], issued_on: date, *, found_on: date,
    supervision: Sequence[str], signed_for: str = "",
) -> NoticeText:  # fmt: skip
    """What `issue_notice` would print, without a number: nothing is written, and no number is taken.

    Raises:
        RefusedError: a violation is not confirmed, leads to no warning, or is of another class.
        NotInRecordsError: there is no such violation or class.
    """
    with office.reading() as tx:
        form, _ = _draft_notice(
            tx, office, class_number, violations, issued_on, found_on=found_on, supervision=supervision,
            signed_for=signed_for, lock=False,
        )  # fmt: skip
    # The blank number stands in, so that the rest reads as on the issued notice and not as on the printed form.
    blank = tell_notice(form, office.policy).number
    return tell_notice(replace(form, number=blank), office.policy)


def _draft_notice(
    tx: Tx, office: Office, class_number: str, violations: Sequence[UUID], issued_on: date, *, found_on: date,
    supervision: Sequence[str], signed_for: str, lock: bool,
) -> tuple[RectificationNotice, list[Violation]]:  # fmt: skip
    training, values = read_class_facts(tx, class_number, issued_on).training, []
    for violation_id in dict.fromkeys(violations):
        row = tx.get(ViolationRow, violation_id, with_for_update=True if lock else None)
        if row is None:
            raise NotInRecordsError(f"no violation {violation_id} is on record")
        values.append(read_violation_value(tx, row, tx.get_one(ClassRow, row.class_id).number, office.policy))
    try:
        form = draft_notice(
            training, values, number="", found_on=found_on, issued_on=issued_on, supervision=supervision,
            office=signed_for or office.policy.text("authority"),
        )  # fmt: skip
    except ValueError as error:
        raise RefusedError(say("不能下发整改通知书：{error}", error=str(error))) from error
    return form, values


def void_issued_notice(office: Office, number: str, by: str, why: str) -> NoticeRecord:
    """Void a notice: it keeps its number and counts no more; what is proposed because of it lapses.

    Raises:
        RefusedError: an issued sanction rests on it.
        NotInRecordsError: there is no such notice.
    """
    with office.transaction() as tx:
        person = find_person(tx, by)
        found = next((each for each in read_notices(tx) if each.number == number), None)
        if found is None:
            raise NotInRecordsError(f"no notice {number} is on record")
        for sanction in list_issued_on(tx, found.agency_code, number):
            raise RefusedError(say("处理决定{sanction}以此为据，须先撤回该决定。", sanction=str(sanction.id)))
        reason = say("{name}：{why}", name=person.name, why=why).text("zh_CN") if why.strip() else ""
        voided = void_notice(tx, number, reason, person.id)
        propose_for_agency(tx, found.agency_code, office.policy, found.issued_on)
        return voided


# ---------------------------------------------------------------- sanctions


def decide_sanction(
    office: Office, sanction_id: UUID, verdict: Verdict, by: str, why: str, at: datetime | None = None
) -> SanctionRecord:
    """Issue (confirm), dismiss or withdraw a proposed sanction.

    One about an agency takes two different people. One about a class rests on a violation that two people have confirmed
    already, so a third signature is not asked for. A withdrawal takes the last standing decision back.

    Raises:
        DecisionRefusedError: no reason, the same person twice, or nothing to withdraw.
        RefusedError: the proposal does not hold any more.
    """
    moment = at or datetime.now(UTC)
    with office.transaction() as tx:
        person, row = find_person(tx, by), find_sanction(tx, sanction_id)
        before, two = read_sanction_decisions(tx, sanction_id), row.class_id is None
        standing = list_standing(before)
        same = [each for each in before[-1:] if (each.verdict, each.by, each.why) == (verdict, person.login, why)]
        if not same:
            if row.state == "withdrawn" or (row.lapse_reason is not None and row.state == "proposed"):
                raise RefusedError(say("该处理建议已失效或已撤回，不能再作决定。"))
            withdraws = standing[-1].reference if verdict is Verdict.WITHDRAW and standing else ""
            decision = Decision(new_reference(), verdict, person.login, moment, why, withdraws)
            after = decide_by_rule(before, decision, two_persons=two)
            add_sanction_decision(tx, sanction_id, decision, person.id)
            _apply_sanction(tx, row, conclude(after, two_persons=two), person.id, moment)
        return next(each for each in read_sanctions(tx) if each.id == sanction_id)


def _apply_sanction(tx: Tx, row: SanctionRow, state: CaseState, by: UUID, at: datetime) -> None:
    words = {CaseState.CONFIRMED: "issued", CaseState.DISMISSED: "dismissed"}
    word = words.get(state, "withdrawn" if row.state == "issued" else "proposed")
    if row.kind == "qualification_revoked":
        agency = tx.get_one(AgencyRow, row.agency_id, with_for_update=True)
        if word == "issued":
            agency.qualification, agency.qualification_revoked_on = "revoked", at.date()
        elif row.state == "issued":
            agency.qualification, agency.qualification_revoked_on = "held", None
    set_sanction_state(row, word, by, at)
    tx.flush()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def save_closing(
    office: Office, class_number: str, by: str, dates: Mapping[str, date], examined: tuple[str, ...] | None = None
) -> None:
    """Write down certificate, application, payment, archiving, and who was examined; see `records.office.save_dates`."""
    with office.transaction() as tx:
        office_rows.save_dates(tx, class_number, by, dates, examined)
