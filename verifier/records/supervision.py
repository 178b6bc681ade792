"""What people saw and asked, written down: inspections, off-site supervision, drawn follow-ups and their answers.

Every function belongs to one transaction and may be called twice: the same thing again is the same row. What was written by
people is never changed by the night.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.language import say
from verifier.records.audit import write_audit
from verifier.records.names import Names
from verifier.records.office import RefusedError, find_person, read_interests
from verifier.records.proposals import announce_case
from verifier.records.rows import find_class, lock_class
from verifier.records.submissions import save_evidence
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.base import make_id
from verifier.records.tables.case import CaseRow
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.supervision import (
    SUPERVISION_KINDS,
    FollowUpCallRow,
    FollowUpRow,
    InspectionMemberRow,
    OffSiteSupervisionRow,
    OnSiteCaseRow,
    OnSiteInspectionRow,
)
from verifier.records.tables.user import UserRow
from verifier.regulation.drawing import Draw, draw_followups
from verifier.regulation.duties import has_interest


@dataclass(frozen=True, slots=True)
class StudentSeen:
    """What an inspection noted about one student (Annex 2, part 2). `impersonated`: somebody else sat in the place."""

    student_no: str
    problem: str
    impersonated: bool = False


@dataclass(frozen=True, slots=True)
class Interviews:
    """A spot check on site (13(2)(2)): how many persons were asked, how many were never trained, how many stay unclear."""

    asked: int
    false: int
    unclear: int = 0


@dataclass(frozen=True, slots=True)
class InspectionVisit:
    """One on-site inspection as Annex 2 has it. The four checks hold None (not looked at), "" (in order) or what is wrong.

    `inspectors` are logins, `evidence` SHA-256 digests of what was photographed or signed. `teaching_began` and
    `teaching_ended` are what the inspectors saw with their own eyes, so neither is before `inspected_at`. The last two are their
    statements under Art. 14(2) and (3); None where they made none.
    """

    class_number: str
    inspected_at: datetime
    inspectors: tuple[str, ...]
    session_id: str | None = None
    expected: int | None = None
    present: int | None = None
    students: tuple[StudentSeen, ...] = ()
    attendance: str | None = None
    timetable: str | None = None
    teachers: str | None = None
    venue: str | None = None
    other_problems: str = ""
    opinion: str = ""
    supervisor: str = ""
    teacher: str = ""
    notified_beforehand: bool = False
    interviews: Interviews | None = None
    evidence: tuple[str, ...] = ()
    teaching_began: datetime | None = None
    teaching_ended: datetime | None = None
    transport_by_agency: bool | None = None
    favours_from_agency: bool | None = None


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """What following up one drawn student gave. `outcome` is ``confirmed``, ``denied``, ``unclear`` or ``not_reached``."""

    student_no: str
    called_at: datetime
    by: str
    outcome: str
    answer: str = ""
    by_phone: bool = True
    recording: str = ""
    sizes: Mapping[str, int | None] = field(default_factory=dict)


def save_inspection(tx: Tx, visit: InspectionVisit, day: date, inspectors_needed: int) -> UUID:
    """Write down one inspection on site, with a case for every impersonation it found.

    Args:
        day: The day of the visit in the class's own zone.
        inspectors_needed: The policy's ``inspectors_per_inspection``.
    Raises:
        RefusedError: too few inspectors, one with a declared interest, notified beforehand, more present than expected, times
            of teaching that nobody can have seen, or the same visit stands with another content.
        PlanError: a session or student that the class does not have.
    """
    lock_class(tx, visit.class_number)
    training = find_class(tx, visit.class_number)
    names = Names(tx, visit.class_number, training.id)
    people = [find_person(tx, login) for login in visit.inspectors]
    _refuse_visit(tx, visit, day, inspectors_needed, tx.get_one(AgencyRow, training.agency_id), people)
    save_evidence(tx, dict.fromkeys(visit.evidence))
    session_id = names.session(visit.session_id) if visit.session_id is not None else None
    logins = sorted({person.login for person in people})
    row_id = make_id("inspection", visit.class_number, visit.inspected_at.timestamp().__int__(), *logins)
    values: dict[str, Any] = {
        "class_id": training.id, "session_id": session_id, "state": "done", "inspected_at": visit.inspected_at,
        "expected": visit.expected, "present": visit.present, "form": _visit_form(visit), "opinion": visit.opinion,
    }  # fmt: skip
    standing = tx.get(OnSiteInspectionRow, row_id)
    if standing is None:
        tx.add(OnSiteInspectionRow(id=row_id, **values))
        tx.flush()
        tx.add_all(
            InspectionMemberRow(inspection_id=row_id, user_id=user_id, declared_interest=False)
            for user_id in {person.id for person in people}
        )
        for student in visit.students:
            if student.impersonated:
                _open_on_site_case(tx, visit, row_id, session_id, student, names)
        tx.flush()
        after = {"class": visit.class_number, "inspected_at": visit.inspected_at, "inspectors": logins}
        write_audit(
            tx, actor=f"user:{logins[0]}", action="inspection.record", subject=("inspection", row_id), after=after
        )
    elif any(getattr(standing, name) != value for name, value in values.items()):
        raise RefusedError(
            say("{at}的现场监管已登记且内容不同，记录不得改写。", at=f"{visit.inspected_at:%Y-%m-%d %H:%M}")
        )
    return row_id


def _refuse_visit(
    tx: Tx, visit: InspectionVisit, day: date, needed: int, agency: AgencyRow, people: Sequence[UserRow]
) -> None:
    if visit.inspected_at.tzinfo is None:
        raise RefusedError(say("查班时间{at}没有时区。", at=visit.inspected_at.isoformat()))
    if len({person.id for person in people}) < needed:
        raise RefusedError(
            say(
                "现场监管须至少{needed}名检查人员，只登记了{count}名。",
                needed=needed,
                count=len({p.id for p in people}),
            )
        )
    interests = read_interests(tx)
    for person in people:
        if has_interest(person.login, agency.code, day, interests):
            raise RefusedError(
                say(
                    "{name}（{login}）已申报与{agency}有直接利害关系，{day}应当回避。",
                    name=person.name, login=person.login, agency=agency.name, day=day.isoformat(),
                )
            )  # fmt: skip
    if visit.notified_beforehand:
        raise RefusedError(say("不得事先通知受检机构：事先通知的检查不作为现场监管登记，请另行检查。"))
    if visit.expected is not None and visit.present is not None and visit.present > visit.expected:
        raise RefusedError(say("实到{present}人多于应到{expected}人。", present=visit.present, expected=visit.expected))
    talks = visit.interviews
    if talks is not None and (
        min(talks.asked, talks.false, talks.unclear) < 0 or talks.false + talks.unclear > talks.asked
    ):
        raise RefusedError(
            say("询问{asked}人，虚报{false}人、未能确认{unclear}人，人数不符。",
                asked=talks.asked, false=talks.false, unclear=talks.unclear)
        )  # fmt: skip
    if any(student.impersonated for student in visit.students) and visit.session_id is None:
        raise RefusedError(say("登记冒名顶替须写明课次。"))
    _refuse_times(visit)


def _refuse_times(visit: InspectionVisit) -> None:
    """Times of teaching count as seen (13(1)(2)), so they must be such as can have been seen on this visit."""
    seen = [each for each in (visit.teaching_began, visit.teaching_ended) if each is not None]
    if not seen:
        return
    if visit.session_id is None:
        raise RefusedError(say("登记所见的上下课时间须写明课次。"))
    if any(each.tzinfo is None for each in seen):
        raise RefusedError(say("所见的上下课时间没有时区。"))
    shown = "、".join(f"{each:%Y-%m-%d %H:%M}" for each in seen)
    if min(seen) < visit.inspected_at or seen != sorted(seen):
        raise RefusedError(
            say(
                "所见的上下课时间（{times}）早于查班时间{at}或先后颠倒；到场以前的情况未亲眼所见，请写入课程安排情况。",
                times=shown, at=f"{visit.inspected_at:%Y-%m-%d %H:%M}",
            )
        )  # fmt: skip
    if any(each.astimezone(visit.inspected_at.tzinfo).date() != visit.inspected_at.date() for each in seen):
        raise RefusedError(say("所见的上下课时间（{times}）不在查班当日。", times=shown))


def _visit_form(visit: InspectionVisit) -> dict[str, Any]:
    form: dict[str, Any] = {
        name: getattr(visit, name)
        for name in ("attendance", "timetable", "teachers", "venue", "other_problems", "supervisor", "teacher")
    }
    form["students"] = [
        {"student_no": each.student_no, "problem": each.problem, "impersonated": each.impersonated}
        for each in visit.students
    ]
    talks = visit.interviews
    form["interviews"] = {"asked": talks.asked, "false": talks.false, "unclear": talks.unclear} if talks else None
    form["evidence"] = sorted(visit.evidence)
    # Only where they were said: a visit of before these could be stated is still the same visit when it is recorded again.
    stated = {
        "teaching_began": visit.teaching_began and visit.teaching_began.isoformat(),
        "teaching_ended": visit.teaching_ended and visit.teaching_ended.isoformat(),
        "transport_by_agency": visit.transport_by_agency, "favours_from_agency": visit.favours_from_agency,
    }  # fmt: skip
    return form | {name: value for name, value in stated.items() if value is not None}


def _open_on_site_case(
    tx: Tx, visit: InspectionVisit, inspection_id: UUID, session_id: UUID | None, student: StudentSeen, names: Names
) -> None:
    key = f"impersonation_on_site|{visit.session_id}|{student.student_no}"
    row_id = make_id("case", visit.class_number, key)
    if tx.get(CaseRow, row_id) is not None:
        return  # an earlier inspection of the same session found the same; the first one counts
    reason = say(
        "{day}现场监管发现学员{student}非本人：{problem}",
        day=f"{visit.inspected_at:%Y-%m-%d}", student=student.student_no, problem=student.problem,
    )  # fmt: skip
    case = CaseRow(
        id=row_id, class_id=find_class(tx, visit.class_number).id, kind="impersonation", dedup_key=key,
        state="proposed", supported=True, session_id=session_id, enrolment_id=names.student(student.student_no),
        reason=reason.to_json(),
    )  # fmt: skip
    tx.add(case)
    tx.flush()
    announce_case(tx, case)
    tx.add(OnSiteCaseRow(case_id=row_id, inspection_id=inspection_id, evidence=sorted(visit.evidence)))


def save_off_site(
    tx: Tx, class_number: str, kind: str, held_at: datetime, by: str, result: str, evidence: str | None = None
) -> UUID:
    """Write down one off-site supervision besides the daily photos (Art. 10).

    Args:
        kind: ``video_review``, ``sign_in_review``, ``phone`` or ``other``.
        evidence: SHA-256 of what was looked at or recorded.
    Raises:
        RefusedError: no result is given, the kind is unknown, or a phone call has no recording (Art. 11 asks for one).
    """
    lock_class(tx, class_number)
    if not result.strip():
        raise RefusedError(say("非现场监管须写明结果。"))
    if held_at.tzinfo is None:
        raise RefusedError(say("时间{at}没有时区。", at=held_at.isoformat()))
    if kind not in SUPERVISION_KINDS:
        raise RefusedError(
            say("没有名为{kind}的非现场监管方式（{known}）。", kind=kind, known="、".join(SUPERVISION_KINDS))
        )
    if kind == "phone" and evidence is None:
        raise RefusedError(say("电话回访须附通话录音。"))
    training, person = find_class(tx, class_number), find_person(tx, by)
    if evidence is not None:
        save_evidence(tx, {evidence: None})
    row_id = make_id("off_site", class_number, kind, int(held_at.timestamp()), person.login)
    if tx.get(OffSiteSupervisionRow, row_id) is None:
        tx.add(
            OffSiteSupervisionRow(
                id=row_id, class_id=training.id, kind=kind, held_at=held_at, held_by=person.id, result=result,
                evidence_sha256=evidence,
            )
        )  # fmt: skip
        tx.flush()
        after = {"class": class_number, "kind": kind, "held_at": held_at, "result": result, "evidence": evidence}
        write_audit(
            tx, actor=f"user:{person.login}", action="off_site.record", subject=("off_site", row_id), after=after
        )
    return row_id


def save_draw(tx: Tx, class_number: str, seed: str, share_percent: Decimal, by: str, at: datetime) -> tuple[UUID, Draw]:
    """Draw whom to follow up (Art. 11) and keep the draw. The same seed again gives the draw that stands.

    Raises:
        RefusedError: the seed is blank, or the roster is empty.
    """
    lock_class(tx, class_number)
    training, person = find_class(tx, class_number), find_person(tx, by)
    row_id = make_id("follow_up", class_number, seed.strip())
    standing = tx.get(FollowUpRow, row_id)
    if standing is not None:
        return row_id, Draw(standing.seed, drawn_students(tx, row_id), standing.roster_size, standing.pool_sha256 or "")
    roster = {
        row.student_no: row.id
        for row in tx.scalars(
            select(EnrolmentRow).where(EnrolmentRow.class_id == training.id, EnrolmentRow.dropped_at.is_(None))
        )
    }
    if not seed.strip() or not roster:
        raise RefusedError(say("抽取回访学员须有种子和花名册（种子“{seed}”，{size}人）。", seed=seed, size=len(roster)))
    draw = draw_followups(roster, seed.strip(), share_percent)
    tx.add(
        FollowUpRow(
            id=row_id, class_id=training.id, seed=draw.seed, share=float(share_percent) / 100,
            roster_size=draw.pool_size, drawn_at=at, drawn_by=person.id, pool_sha256=draw.pool_sha256,
        )
    )  # fmt: skip
    tx.flush()
    tx.add_all(
        FollowUpCallRow(id=make_id("call", str(row_id), no), follow_up_id=row_id, enrolment_id=roster[no], form={})
        for no in draw.chosen
    )
    tx.flush()
    after = {"class": class_number, "seed": draw.seed, "roster": draw.pool_size, "drawn": draw.chosen}
    write_audit(tx, actor=f"user:{person.login}", action="follow_up.draw", subject=("follow_up", row_id), after=after)
    return row_id, draw


def drawn_students(tx: Tx, draw_id: UUID) -> tuple[str, ...]:
    """Numbers of the students of one draw, sorted."""
    rows = tx.scalars(
        select(EnrolmentRow.student_no)
        .join(FollowUpCallRow, FollowUpCallRow.enrolment_id == EnrolmentRow.id)
        .where(FollowUpCallRow.follow_up_id == draw_id)
    )
    return tuple(sorted(rows))


def save_call(tx: Tx, class_number: str, draw_id: UUID, answer: CallAnswer) -> UUID:
    """Write down what following up one drawn student gave. Who was not reached may be tried again; an answer stands.

    Raises:
        RefusedError: the student was not drawn, answered otherwise before, or a phone call that reached somebody has no
            recording.
    """
    lock_class(tx, class_number)
    person = find_person(tx, answer.by)
    row = tx.get(FollowUpCallRow, make_id("call", str(draw_id), answer.student_no), with_for_update=True)
    if row is None:
        raise RefusedError(say("学员{student}不在该次抽取之中。", student=answer.student_no))
    if answer.by_phone and answer.outcome != "not_reached" and not answer.recording:
        raise RefusedError(say("电话回访学员{student}须附通话录音。", student=answer.student_no))
    form = {"answer": answer.answer, "by_phone": answer.by_phone}
    if answer.recording:
        save_evidence(tx, answer.sizes or {answer.recording: None})
    new = (answer.outcome, answer.called_at, form, answer.recording or None)
    if (
        row.outcome not in (None, "not_reached", "unclear")
        and (row.outcome, row.called_at, row.form, row.recording_sha256) != new
    ):
        raise RefusedError(
            say("学员{student}的回访结果已登记为{outcome}，不得改写。", student=answer.student_no, outcome=row.outcome)
        )
    if (row.outcome, row.called_at, row.form, row.recording_sha256) != new:
        before = {"outcome": row.outcome} if row.outcome else None
        row.outcome, row.called_at, row.form, row.recording_sha256 = new
        row.called_by = person.id
        tx.flush()
        after = {"student": answer.student_no, "outcome": answer.outcome, "recording": answer.recording or None}
        write_audit(
            tx, actor=f"user:{person.login}", action="follow_up.call", subject=("follow_up_call", row.id),
            before=before, after=after,
        )  # fmt: skip
    return row.id
