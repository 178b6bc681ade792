"""The office's own people and files: who they are, what they declared, what they established, dates, archives, agreements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.language import Sentence, say
from verifier.records.audit import write_audit
from verifier.records.rows import find_class, lock_class
from verifier.records.submissions import save_evidence
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.base import make_id
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.supervision import (
    AgreementRow,
    ArchiveItemRow,
    ClassClosingRow,
    InterestRow,
    PersonRecordRow,
)
from verifier.records.tables.user import UserRow
from verifier.regulation.facts import Interest

OFFICE_ROLES = ("inspector", "chief", "admin")
DATES = ("commenced_on", "completed_on", "certified_on", "applied_on", "paid_on", "archived_on", "archive_discarded_on")


class RefusedError(ValueError):
    """Something that may not be recorded or done; `sentence` says why, for the person who tried."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def find_person(tx: Tx, login: str) -> UserRow:
    """The account of somebody of the office.

    Raises:
        RefusedError: there is none of that login, it is disabled, or it is an agency's or an auditor's.
    """
    row = tx.scalar(select(UserRow).where(UserRow.login == login.strip().lower()))
    if row is None:
        raise RefusedError(say("没有账号{login}；请先登记人员。", login=login))
    if row.disabled_at is not None or row.role not in OFFICE_ROLES:
        raise RefusedError(say("账号{login}（{role}）无权办理监管事项。", login=login, role=row.role))
    return row


def save_person(tx: Tx, login: str, name: str, role: str) -> UUID:
    """Register somebody of the office. The account has no password, so nobody can log in with it until one is set.

    Raises:
        RefusedError: the role is none of the office's, or the login stands for somebody else.
    """
    login = login.strip().lower()
    if role not in OFFICE_ROLES:
        raise RefusedError(say("角色{role}不属于监管人员（{roles}）。", role=role, roles="、".join(OFFICE_ROLES)))
    row = tx.scalar(select(UserRow).where(UserRow.login == login))
    if row is None:
        row = UserRow(id=make_id("user", login), login=login, name=name, role=role, password_hash="!")
        tx.add(row)
        tx.flush()
    elif (row.name, row.role) != (name, role):
        raise RefusedError(say("账号{login}已登记为{name}（{role}）。", login=login, name=row.name, role=row.role))
    return row.id


def save_interest(tx: Tx, login: str, agency_code: str, from_day: date, to_day: date | None, note: str) -> UUID:
    """Write down that an inspector has an interest in an agency (Art. 14(4)); a later call may end it.

    Raises:
        RefusedError: nobody of that login, no such agency, or the days are the wrong way round.
    """
    if to_day is not None and to_day < from_day:
        raise RefusedError(say("截止日{last}早于起始日{first}。", last=to_day.isoformat(), first=from_day.isoformat()))
    person, agency = find_person(tx, login), find_agency(tx, agency_code)
    row_id = make_id("interest", person.login, agency_code, from_day.isoformat())
    row = tx.get(InterestRow, row_id)
    if row is None:
        row = InterestRow(
            id=row_id, user_id=person.id, agency_id=agency.id, from_day=from_day, to_day=to_day, note=note
        )
        tx.add(row)
    row.to_day, row.note = to_day, note
    if tx.is_modified(row) or row in tx.new:
        after = {"agency": agency_code, "from": from_day, "to": to_day, "note": note}
        _audit(tx, person.login, "interest.declare", ("interest", row_id), after)
    tx.flush()
    return row_id


def find_agency(tx: Tx, code: str) -> AgencyRow:
    """The agency of that code.

    Raises:
        RefusedError: there is none.
    """
    row = tx.scalar(select(AgencyRow).where(AgencyRow.code == code))
    if row is None:
        raise RefusedError(say("没有代码为{code}的培训机构。", code=code))
    return row


def read_interests(tx: Tx) -> tuple[Interest, ...]:
    """Every declared interest, inspectors by login."""
    rows = tx.execute(
        select(InterestRow, UserRow.login, AgencyRow.code)
        .join(UserRow, UserRow.id == InterestRow.user_id)
        .join(AgencyRow, AgencyRow.id == InterestRow.agency_id)
    )
    found = [Interest(login, code, row.from_day, row.to_day) for row, login, code in rows]
    return tuple(sorted(found, key=lambda each: (each.inspector, each.agency_code, each.from_day)))


def save_person_record(
    tx: Tx, code: str, recorded_on: date, by: str, note: str, *, agency_code: str = "", class_number: str | None = None,
    evidence: tuple[str, ...] = (),
) -> UUID:  # fmt: skip
    """Write down what only a person can establish, under one rule of the policy; see `withdraw_person_record`.

    Raises:
        RefusedError: no note is given, or the agency is unknown.
    """
    if not note.strip():
        raise RefusedError(say("人工认定须写明情况。"))
    person = find_person(tx, by)
    training = find_class(tx, class_number) if class_number is not None else None
    agency = tx.get_one(AgencyRow, training.agency_id) if training is not None else find_agency(tx, agency_code)
    save_evidence(tx, dict.fromkeys(evidence))
    row_id = make_id("person_record", code, agency.code, class_number, recorded_on.isoformat(), person.login, note)
    if tx.get(PersonRecordRow, row_id) is None:
        tx.add(
            PersonRecordRow(
                id=row_id, agency_id=agency.id, class_id=training.id if training else None, code=code,
                recorded_on=recorded_on, recorded_by=person.id, note=note, evidence=sorted(evidence),
            )
        )  # fmt: skip
        tx.flush()
        after = {"rule": code, "agency": agency.code, "class": class_number, "note": note, "evidence": sorted(evidence)}
        _audit(tx, person.login, "record.make", ("person_record", row_id), after)
    return row_id


def withdraw_person_record(tx: Tx, record_id: UUID, by: str, why: str) -> tuple[str, date]:
    """Take a record back; it stays visible with who and why. Twice is once, with the first reason.

    Returns: the agency's code and the day of the record, for whoever proposes anew.

    Raises:
        RefusedError: there is no such record, or no reason.
    """
    row, person = tx.get(PersonRecordRow, record_id), find_person(tx, by)
    if row is None or not why.strip():
        raise RefusedError(say("没有可撤回的记录{record}，或未说明理由。", record=str(record_id)))
    if row.withdrawn_by is None:
        row.withdrawn_by, row.withdrawn_because = person.id, why
        tx.flush()
        _audit(tx, person.login, "record.withdraw", ("person_record", record_id), {"why": why})
    return tx.get_one(AgencyRow, row.agency_id).code, row.recorded_on


def save_dates(
    tx: Tx, class_number: str, by: str, dates: Mapping[str, date], examined: tuple[str, ...] | None = None
) -> None:
    """Write down when a class was certified, applied for, paid, archived (`DATES`), and who was examined.

    What is not named stays as it is.

    Raises:
        RefusedError: an unknown date, an end before its beginning, or somebody examined who is not on the roster.
    """
    lock_class(tx, class_number)
    training, person = find_class(tx, class_number), find_person(tx, by)
    if unknown := sorted(set(dates) - set(DATES)):
        raise RefusedError(say("没有名为{name}的日期（{known}）。", name=unknown[0], known="、".join(DATES)))
    roster = set(
        tx.scalars(
            select(EnrolmentRow.student_no).where(
                EnrolmentRow.class_id == training.id, EnrolmentRow.dropped_at.is_(None)
            )
        )
    )
    if examined is not None and (strangers := sorted(set(examined) - roster)):
        raise RefusedError(say("考试人员{students}不在花名册上。", students="、".join(strangers)))
    row = tx.get(ClassClosingRow, training.id)
    if row is None:
        row = ClassClosingRow(class_id=training.id, examined=[], changed_by=person.id)
        tx.add(row)
    wanted: dict[str, Any] = {**dates, **({} if examined is None else {"examined": sorted(set(examined))})}
    for first, last in (("commenced_on", "completed_on"), ("archived_on", "archive_discarded_on")):
        begins, ends = (wanted.get(name, getattr(row, name)) for name in (first, last))
        if begins is not None and ends is not None and ends < begins:
            raise RefusedError(say("截止日{last}早于起始日{first}。", last=ends.isoformat(), first=begins.isoformat()))
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if changed:
        before = {name: getattr(row, name) for name in changed}
        for name, value in changed.items():
            setattr(row, name, value)
        row.changed_by = person.id
        _audit(tx, person.login, "class.dates", ("class", class_number), changed, before)
    tx.flush()


def save_archive_item(tx: Tx, class_number: str, by: str, kind: str, name: str, sha256: str | None) -> UUID:
    """Write down one document of the class archive (Art. 7(5)), or, without a digest, that this kind is not there.

    Raises:
        RefusedError: other bytes stand under that name.
    """
    lock_class(tx, class_number)
    training, person = find_class(tx, class_number), find_person(tx, by)
    if sha256 is not None:
        save_evidence(tx, {sha256: None})
    row_id = make_id("archive_item", class_number, kind, name)
    row = tx.get(ArchiveItemRow, row_id)
    if row is None:
        row = ArchiveItemRow(
            id=row_id, class_id=training.id, kind=kind, name=name, present=sha256 is not None, sha256=sha256,
            recorded_by=person.id,
        )  # fmt: skip
        tx.add(row)
        after = {"class": class_number, "kind": kind, "name": name, "sha256": sha256}
        _audit(tx, person.login, "archive.add", ("archive_item", row_id), after)
    elif row.sha256 != sha256:
        raise RefusedError(say("档案资料{kind}中的{name}已存在且内容不同，请换名登记。", kind=kind, name=name))
    tx.flush()
    return row_id


def save_agreement(tx: Tx, agency_code: str, year: int, form: Mapping[str, Any], by: str | None = None) -> UUID:
    """Keep the fields of an agency's agreement of one year (Annex 1), JSON-ready; a later call replaces them.

    Args:
        by: Who writes it down; without one the audit names the system.
    """
    actor = find_person(tx, by).login if by is not None else None
    agency = find_agency(tx, agency_code)
    row_id = make_id("agreement", agency_code, year)
    row = tx.get(AgreementRow, row_id)
    if row is None:
        row = AgreementRow(id=row_id, agency_id=agency.id, year=year, form=dict(form))
        tx.add(row)
        _audit(tx, actor, "agreement.write", ("agreement", row_id), form)
    elif row.form != dict(form):
        _audit(tx, actor, "agreement.write", ("agreement", row_id), form, row.form)
        row.form = dict(form)
    tx.flush()
    return row_id


def _audit(
    tx: Tx,
    login: str | None,
    action: str,
    subject: tuple[str, str | UUID],
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> None:
    actor = "system" if login is None else f"user:{login}"
    write_audit(tx, actor=actor, action=action, subject=subject, before=before, after=after)


def read_agreement(tx: Tx, agency_code: str, year: int) -> Mapping[str, Any]:
    """The fields that `save_agreement` kept; empty where there are none."""
    row = tx.get(AgreementRow, make_id("agreement", agency_code, year))
    return row.form if row is not None else {}
