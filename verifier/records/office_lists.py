"""The lists of the office's own things: notices, accounts, keys of programs, jobs, the audit, enrolment pictures; see `listing`."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, case, func, literal, select, type_coerce, union_all

from verifier.language import Sentence
from verifier.records.listing import Field, Listing, is_one_of
from verifier.records.portraits import ACCEPTED
from verifier.records.reading import Query
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.api_client import ApiClientRow
from verifier.records.tables.appeal import AppealFileRow, AppealRow
from verifier.records.tables.audit_entry import AuditEntryRow
from verifier.records.tables.base import JsonValue, utc_now
from verifier.records.tables.case import CaseRow
from verifier.records.tables.enrolment import EnrolmentPhotoRow, EnrolmentRow
from verifier.records.tables.job import JobRow
from verifier.records.tables.login_session import LoginSessionRow
from verifier.records.tables.notice import NoticeRow
from verifier.records.tables.teacher import TeacherPhotoRow, TeacherRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.records.tables.violation import ViolationRow
from verifier.records.users import NO_PASSWORD


def list_notices_for(agency_code: str | None = None) -> Listing:
    """Notices, the newest first, voided ones too. Filters: ``state``, ``number`` (a class), ``agency`` (a code)."""
    source: Query = (
        select(NoticeRow.id)
        .join(AgencyRow, AgencyRow.id == NoticeRow.agency_id)
        .outerjoin(ClassRow, ClassRow.id == NoticeRow.class_id)
        .join(UserRow, UserRow.id == NoticeRow.issued_by)
    )
    if agency_code is not None:
        source = source.where(AgencyRow.code == agency_code)
    fields = {
        "notice": Field(NoticeRow.number, searched=True), "state": Field(NoticeRow.state),
        "class": Field(ClassRow.number, searched=True), "agency": Field(AgencyRow.name, searched=True),
        "issued_on": Field(NoticeRow.issued_on), "serial": Field(NoticeRow.serial), "year": Field(NoticeRow.year),
        "issued_by": Field(UserRow.name, searched=True), "void_reason": Field(NoticeRow.void_reason), "id": Field(NoticeRow.id),
    }  # fmt: skip
    if agency_code is not None:
        del fields["issued_by"]
    return Listing(
        source, fields, NoticeRow.id, ("-year", "-serial"),
        {
            "state": is_one_of(NoticeRow.state), "number": is_one_of(ClassRow.number), "agency": is_one_of(AgencyRow.code),
        },
    )  # fmt: skip


def list_appeals() -> Listing:
    """What agencies answered, the newest first. For the office."""
    about = case(
        (AppealRow.notice_id.is_not(None), "notice"), (AppealRow.case_id.is_not(None), "case"), else_="violation"
    )
    source: Query = (
        select(AppealRow.id)
        .join(UserRow, UserRow.id == AppealRow.answered_by)
        .outerjoin(NoticeRow, NoticeRow.id == AppealRow.notice_id)
        .outerjoin(ViolationRow, ViolationRow.id == AppealRow.violation_id)
        .outerjoin(CaseRow, CaseRow.id == AppealRow.case_id)
        .join(ClassRow, ClassRow.id == func.coalesce(NoticeRow.class_id, ViolationRow.class_id, CaseRow.class_id))
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
    )
    files = select(func.count(AppealFileRow.id)).where(AppealFileRow.appeal_id == AppealRow.id).scalar_subquery()
    fields = {
        "answered_at": Field(AppealRow.answered_at), "agency": Field(AgencyRow.name, searched=True),
        "class": Field(ClassRow.number, searched=True), "about": Field(about), "by": Field(UserRow.name, searched=True),
        "text": Field(AppealRow.text, searched=True), "files": Field(files), "notice_id": Field(AppealRow.notice_id),
        "violation_id": Field(AppealRow.violation_id), "case_id": Field(AppealRow.case_id),
    }  # fmt: skip
    return Listing(source, fields, AppealRow.id, ("-answered_at",))


def list_users() -> Listing:
    """Accounts by login. Filters: ``role``, ``state`` (``open``, ``disabled``, ``locked``)."""
    now = utc_now()
    state = case(
        (UserRow.disabled_at.is_not(None), "disabled"), (UserRow.password_hash == NO_PASSWORD, "no_password"),
        (UserRow.locked_until > now, "locked"), else_="open",
    )  # fmt: skip
    source: Query = select(UserRow.id).outerjoin(AgencyRow, AgencyRow.id == UserRow.agency_id)
    last = select(func.max(LoginSessionRow.last_seen_at)).where(LoginSessionRow.user_id == UserRow.id).scalar_subquery()
    fields = {
        "login": Field(UserRow.login, searched=True), "name": Field(UserRow.name, searched=True),
        "role": Field(UserRow.role), "agency": Field(AgencyRow.name, searched=True), "state": Field(state),
        "last_seen": Field(last), "created_at": Field(UserRow.created_at),
    }  # fmt: skip
    return Listing(source, fields, UserRow.id, ("login",), {"role": is_one_of(UserRow.role), "state": is_one_of(state)})


def list_clients() -> Listing:
    """Keys of programs, without their secrets, by client, the newest first. Filters: ``state``."""
    now = utc_now()
    state = case(
        (ApiClientRow.revoked_at.is_not(None), "revoked"), (ApiClientRow.expires_at <= now, "expired"), else_="valid"
    )
    source: Query = select(ApiClientRow.id).outerjoin(AgencyRow, AgencyRow.id == ApiClientRow.agency_id)
    fields = {
        "client": Field(ApiClientRow.name, searched=True), "prefix": Field(ApiClientRow.key_prefix, searched=True),
        "state": Field(state), "scopes": Field(ApiClientRow.scopes, read=_join),
        "networks": Field(ApiClientRow.networks, read=_join), "agency": Field(AgencyRow.name, searched=True),
        "created_at": Field(ApiClientRow.created_at), "expires_at": Field(ApiClientRow.expires_at),
    }  # fmt: skip
    return Listing(source, fields, ApiClientRow.id, ("client", "-created_at"), {"state": is_one_of(state)})


def list_jobs() -> Listing:
    """Jobs, the newest first. Filters: ``state``, ``kind``."""
    source: Query = select(JobRow.id)
    fields = {
        "created_at": Field(JobRow.created_at), "kind": Field(JobRow.kind, searched=True), "state": Field(JobRow.state),
        "attempt": Field(JobRow.attempt), "asked": Field(JobRow.payload, read=_tell_values),
        "finished_at": Field(JobRow.finished_at), "error": Field(JobRow.error, searched=True), "id": Field(JobRow.id),
    }  # fmt: skip
    return Listing(
        source, fields, JobRow.id, ("-created_at",), {"state": is_one_of(JobRow.state), "kind": is_one_of(JobRow.kind)}
    )


def list_audit() -> Listing:
    """The audit, the latest entry first. Filters: ``actor``, ``action``, ``subject``, ``since``, ``until`` (days, in UTC)."""
    source: Query = select(AuditEntryRow.sequence)
    fields = {
        "sequence": Field(AuditEntryRow.sequence), "at": Field(AuditEntryRow.at),
        "actor": Field(AuditEntryRow.actor, searched=True), "action": Field(AuditEntryRow.action, searched=True),
        "subject_kind": Field(AuditEntryRow.subject_kind), "subject": Field(AuditEntryRow.subject_id, searched=True),
        "origin": Field(AuditEntryRow.origin, searched=True), "before": Field(AuditEntryRow.before, read=_tell_values),
        "after": Field(AuditEntryRow.after, read=_tell_values),
    }  # fmt: skip
    return Listing(
        source, fields, AuditEntryRow.sequence, ("-sequence",),
        {
            "actor": is_one_of(AuditEntryRow.actor), "action": lambda word: AuditEntryRow.action.startswith(word, autoescape=True),
            "subject": is_one_of(AuditEntryRow.subject_id), "since": lambda day: AuditEntryRow.at >= _midnight(day),
            "until": lambda day: AuditEntryRow.at < _midnight(day) + timedelta(days=1),
        },
    )  # fmt: skip


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _join(values: Any) -> str:
    return ", ".join(str(each) for each in values or ())


def _tell_values(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True) if values else ""


def list_portraits(agency_code: str | None = None) -> Listing:
    """Enrolment pictures of students and teachers with what became of them. Filters: ``verdict`` (also ``refused``), ``number``."""
    people = union_all(
        _portraits(EnrolmentPhotoRow, EnrolmentPhotoRow.enrolment_id, EnrolmentRow, EnrolmentRow.student_no, "student"),
        _portraits(TeacherPhotoRow, TeacherPhotoRow.teacher_id, TeacherRow, TeacherRow.number, "teacher"),
    ).subquery()
    each = people.c
    source: Query = (
        select(each.id)
        .select_from(people)
        .join(ClassRow, ClassRow.id == each.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
    )
    if agency_code is not None:
        source = source.where(AgencyRow.code == agency_code)
    refused = and_(each.verdict.is_not(None), each.verdict != ACCEPTED)
    verdicts = {"refused": refused, "waiting": each.verdict.is_(None), "all": and_(True)}
    fields = {
        "class": Field(ClassRow.number, searched=True), "agency": Field(AgencyRow.name, searched=True),
        "person": Field(each.person), "number": Field(each.number, searched=True), "name": Field(each.name, searched=True),
        "verdict": Field(func.coalesce(each.verdict, "waiting")), "reason": Field(each.reason, read=_read_sentence),
        "id": Field(each.id),
    }  # fmt: skip
    return Listing(
        source, fields, each.id, ("class", "person", "number"),
        {"verdict": lambda word: verdicts.get(word, each.verdict == word), "class": is_one_of(ClassRow.number)},
    )  # fmt: skip


def _portraits(photo: Any, owner: Any, person: Any, number: Any, word: str) -> Any:
    return (
        select(
            photo.id, photo.verdict, type_coerce(photo.verdict_reason, JsonValue).label("reason"), person.class_id,
            number.label("number"), person.name, literal(word).label("person"),
        )
        .join(person, person.id == owner)
        .where(photo.dropped_at.is_(None), person.dropped_at.is_(None))
    )  # fmt: skip


def _read_sentence(stored: Any) -> Sentence | None:
    return Sentence.from_json(stored) if stored else None
