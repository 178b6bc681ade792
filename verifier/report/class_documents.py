"""The documents of one class: annexes 1 to 4 filled from the records, the subsidy view, and the class archive."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.evidence.store import EvidenceStore
from verifier.language import say, translate
from verifier.plan import Student, TrainingClass
from verifier.records.class_facts import read_class_facts
from verifier.records.filing import read_class_file
from verifier.records.matters import read_violations
from verifier.records.notices import NoticeRecord, read_notices
from verifier.records.office import read_agreement
from verifier.records.plans import BUREAU
from verifier.records.rows import find_class
from verifier.records.supervision import drawn_students
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.supervision import (
    ArchiveItemRow,
    FollowUpCallRow,
    FollowUpRow,
    InspectionMemberRow,
    OnSiteInspectionRow,
)
from verifier.records.tables.user import UserRow
from verifier.records.violation_values import read_violation_values
from verifier.regulation.archive import SUPERVISION, ArchiveDocument, write_archive, write_csv
from verifier.regulation.drafts import draft_follow_up_form, draft_notice
from verifier.regulation.drawing import Draw
from verifier.regulation.facts import CaseState, ClassFacts
from verifier.regulation.forms import (
    Agreement,
    FollowUpForm,
    FollowUpLine,
    OnSiteForm,
    RectificationNotice,
    StudentProblem,
    tell_source,
    write_agreement,
    write_follow_up_form,
    write_notice,
    write_on_site_form,
)
from verifier.regulation.policy import Policy, load_policy
from verifier.regulation.result import Consequence
from verifier.regulation.subsidy import SubsidyView
from verifier.report.archive_lists import write_archive_lists
from verifier.report.files import name_file
from verifier.settings import Settings
from verifier.supervision_history import describe_supervision

_ANSWERS = {
    "confirmed": say("本人参加了培训"),
    "denied": say("本人未参加培训"),
    "unclear": say("未能确认"),
    "not_reached": say("未联系上"),
    None: say("尚未回访"),
}
_STATES = {"fulfilled": say("具备"), "not_fulfilled": say("不具备"), "open": say("待定")}


def write_class_documents(tx: Tx, settings: Settings, number: str, folder: Path) -> tuple[Path, ...]:
    """Write every document of one class: annexes as .docx, the subsidy view as .xlsx, the archive as .zip.

    Args:
        tx: Reading the records.
        folder: The documents go into a folder of the class's own inside it.
    Raises:
        NotInRecordsError: there is no such class.
        OSError: a file cannot be written.
    """
    # Here, since judging brings the picture libraries' versions with it, and drawing a form needs none.
    from verifier.class_standing import read_subsidy_view
    from verifier.looking import open_evidence

    policy, today = load_policy(settings.policy), datetime.now(settings.zone).date()
    training = read_class_file(tx, number).training
    target = folder / f"class-{name_file(number)}-documents"
    target.mkdir(parents=True, exist_ok=True)
    annexes = _list_annexes(tx, training, policy)
    previews = _preview_notices(tx, training, policy, today)
    paths = [_write(target / name, content) for name, content in (*annexes, *previews)]
    facts, view = read_subsidy_view(tx, settings, number, today)
    paths.append(_write_subsidy(target / "subsidy.xlsx", view, policy))
    store = open_evidence(settings)
    documents = [*list_documents(tx, number, policy, store), *list_own_documents(tx, number, policy, store, annexes)]
    paths.append(_write_zip(target / "archive.zip", facts, policy, documents))
    return tuple(paths)


def write_class_archive(tx: Tx, number: str, policy: Policy, store: EvidenceStore, target: BinaryIO) -> None:
    """Write the class archive as .zip into an open file: what was handed in, added, and left by supervision.

    Raises:
        NotInRecordsError: there is no such class.
        EvidenceError: bytes cannot be read.
    """
    documents = [*list_documents(tx, number, policy, store), *list_own_documents(tx, number, policy, store)]
    facts = read_class_facts(tx, number, datetime.now(UTC).date())
    write_archive(target, facts, policy, documents)


def _list_annexes(tx: Tx, training: TrainingClass, policy: Policy) -> list[tuple[str, bytes]]:
    return [
        *_agreements(tx, training, policy),
        *_on_site_forms(tx, training, policy),
        *_follow_up_forms(tx, training, policy),
        *_notices(tx, training, policy),
    ]


def _write(path: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".half-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(path)
    return path


def _agreements(tx: Tx, training: TrainingClass, policy: Policy) -> Iterator[tuple[str, bytes]]:
    """Annex 1 of the class's year; what nobody recorded stays a blank."""
    year = min((session.day for session in training.sessions), default=date.today()).year
    kept = dict(read_agreement(tx, training.agency.code, year))
    known = {each.name for each in fields(Agreement)}
    values: dict[str, Any] = {name: value for name, value in kept.items() if name in known}
    for name in ("complete_by", "signed_on"):
        if values.get(name):
            values[name] = date.fromisoformat(values[name])
    values["further_terms"] = tuple(values.get("further_terms", ()))
    form = Agreement(**{"authority": policy.text("authority"), "agency": training.agency.name, "year": year, **values})
    yield "annex-1-agreement.docx", write_agreement(form, policy)


def _on_site_forms(tx: Tx, training: TrainingClass, policy: Policy) -> Iterator[tuple[str, bytes]]:
    row = find_class(tx, training.number)
    zone = ZoneInfo(row.timezone)
    students = {student.student_no: student for student in training.students}
    visits = tx.execute(
        select(OnSiteInspectionRow, SessionRow.code)
        .outerjoin(SessionRow, SessionRow.id == OnSiteInspectionRow.session_id)
        .where(OnSiteInspectionRow.class_id == row.id, OnSiteInspectionRow.state == "done")
        .order_by(OnSiteInspectionRow.inspected_at, OnSiteInspectionRow.id)
    )
    for place, (visit, code) in enumerate(visits, start=1):
        venue = training.session(code).venue if code else training.venue
        people = tx.scalars(
            select(UserRow.name)
            .join(InspectionMemberRow, InspectionMemberRow.user_id == UserRow.id)
            .where(InspectionMemberRow.inspection_id == visit.id)
            .order_by(UserRow.login)
        )
        inspected_at = visit.inspected_at.astimezone(zone) if visit.inspected_at else None
        details = {name: visit.form.get(name) for name in ("attendance", "timetable", "teachers", "venue")}
        form = OnSiteForm(
            inspected_at=inspected_at, place=venue.name, agency=training.agency.name, project=training.project_type,
            occupation_and_level=f"{training.occupation} {training.level}".strip(), expected=visit.expected,
            present=visit.present,
            student_problems=tuple(
                _student_problem(students.get(each["student_no"]), each) for each in visit.form.get("students", ())
            ),
            other_problems=visit.form.get("other_problems", ""), opinion=visit.opinion, inspectors=tuple(people),
            supervisor=visit.form.get("supervisor", ""), teacher=visit.form.get("teacher", ""),
            **details, **_read_times(visit, zone),
        )  # fmt: skip
        day = f"{inspected_at:%Y-%m-%d}" if inspected_at else "undated"
        yield f"annex-2-inspection-{place}-{day}.docx", write_on_site_form(form, policy)


def _read_times(visit: OnSiteInspectionRow, zone: ZoneInfo) -> dict[str, Any]:
    names = [name for name in ("teaching_began", "teaching_ended") if visit.form.get(name)]
    return {name: datetime.fromisoformat(visit.form[name]).astimezone(zone) for name in names}


def _student_problem(student: Student | None, noted: dict[str, Any]) -> StudentProblem:
    if student is None:  # struck off the roster since
        return StudentProblem(noted["student_no"], "", noted["problem"])
    return StudentProblem(student.name, mask_number(student.id_number), noted["problem"])


def mask_number(number: str) -> str:
    """An ID or phone number as documents that leave the office show it: the first four and last four characters."""
    return number if len(number) <= 8 else f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"


def _follow_up_forms(tx: Tx, training: TrainingClass, policy: Policy) -> Iterator[tuple[str, bytes]]:
    row = find_class(tx, training.number)
    zone = ZoneInfo(row.timezone)
    draws = tx.execute(
        select(FollowUpRow, UserRow.name)
        .join(UserRow, UserRow.id == FollowUpRow.drawn_by)
        .where(FollowUpRow.class_id == row.id)
        .order_by(FollowUpRow.drawn_at, FollowUpRow.id)
    )
    for place, (draw, by) in enumerate(draws, start=1):
        form = _follow_up_form(tx, training, draw, by, zone, policy)
        yield f"annex-3-follow-up-{place}.docx", write_follow_up_form(form, policy)


def _follow_up_form(
    tx: Tx, training: TrainingClass, draw: FollowUpRow, by: str, zone: ZoneInfo, policy: Policy
) -> FollowUpForm:
    on_roster = {student.student_no for student in training.students}
    chosen = tuple(no for no in drawn_students(tx, draw.id) if no in on_roster)
    office = policy.text("authority")
    value = Draw(draw.seed, chosen, draw.roster_size, draw.pool_sha256 or "")
    blank = draft_follow_up_form(training, value, office=office, by=by, show_number=mask_number)
    calls = {
        student_no: call
        for call, student_no in tx.execute(
            select(FollowUpCallRow, EnrolmentRow.student_no)
            .join(EnrolmentRow, EnrolmentRow.id == FollowUpCallRow.enrolment_id)
            .where(FollowUpCallRow.follow_up_id == draw.id)
        )
    }
    lines = tuple(
        FollowUpLine(line.name, line.id_number, line.phone, _tell_answer(calls[no]))
        for no, line in zip(chosen, blank.lines, strict=True)
    )
    days = [call.called_at.astimezone(zone).date() for call in calls.values() if call.called_at]
    return FollowUpForm(
        office=office, by=by, made_on=max(days, default=None), project=blank.project, agency=blank.agency,
        training_time_and_term=blank.training_time_and_term, occupation=blank.occupation, lines=lines,
    )  # fmt: skip


def _tell_answer(call: FollowUpCallRow) -> str:
    text = _ANSWERS[call.outcome].text("zh_CN")
    said = str(call.form.get("answer") or "")
    return f"{text}：{said}" if said else text


def _notices(tx: Tx, training: TrainingClass, policy: Policy) -> Iterator[tuple[str, bytes]]:
    """Annex 4: every notice as it was issued, voided ones too."""
    for notice in read_notices(tx, class_number=training.number):
        state = "" if notice.void_reason is None else "-voided"
        yield f"annex-4-notice-{name_file(notice.number)}{state}.docx", write_issued_notice(notice, policy)


def write_issued_notice(notice: NoticeRecord, policy: Policy) -> bytes:
    """Annex 4 of one notice as it was issued, as .docx."""
    return write_notice(form_of_notice(notice), policy)


def form_of_notice(notice: NoticeRecord) -> RectificationNotice:
    """What the notice prints, as it was when issued."""
    values: dict[str, Any] = {each.name: notice.body.get(each.name) for each in fields(RectificationNotice)}
    for name in ("found_on", "issued_on"):
        values[name] = date.fromisoformat(str(values[name])) if values[name] else None
    for name in ("supervision", "problems"):
        values[name] = tuple(values[name] or ())
    values["number"] = notice.number
    # Notices of before this was kept name no version rather than a wrong one.
    values["policy"] = values["policy"] or ""
    values["voided"] = notice.void_reason or ""
    return RectificationNotice(**values)


def _preview_notices(tx: Tx, training: TrainingClass, policy: Policy, today: date) -> Iterator[tuple[str, bytes]]:
    """Annex 4 without a number for each confirmed violation that no notice in force warns about. Not for the archive."""
    notices = [each for each in read_notices(tx, class_number=training.number) if each.void_reason is None]
    covered = {key for each in notices for key in each.violations}
    warnings = [
        each
        for each in read_violation_values(tx, training.number, policy)
        if each.state is CaseState.CONFIRMED and each.result.consequence is Consequence.WARNING
        and each.key not in covered
    ]  # fmt: skip
    opened = {each.dedup_key: each.opened_at.date() for each in read_violations(tx, training.number)}
    for place, violation in enumerate(warnings, start=1):
        form = draft_notice(
            training, [violation], number="", found_on=opened.get(violation.key, today), issued_on=today,
            supervision=(), office="",
        )  # fmt: skip
        # Nobody has issued it: the day stays a blank, like the number.
        blank = replace(form, issued_on=None)
        yield f"annex-4-preview-{place}-{violation.result.citation.code}.docx", write_notice(blank, policy)


def _write_subsidy(path: Path, view: SubsidyView, policy: Policy) -> Path:
    """One line a condition, with its clause and the words relied on."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = view.class_number[:31].translate({ord(mark): "_" for mark in "[]:*?/\\"})
    sheet.append([translate("条款"), translate("依据原文"), translate("状态"), translate("情况"), translate("证据")])
    sheet.oddFooter.center.text = tell_source(policy)
    for each in view.conditions:
        reasons = " ".join(str(sentence) for sentence in each.sentences)
        # A leading ' keeps text from becoming a formula in whoever's spreadsheet.
        row = [
            each.citation.label,
            each.citation.quote,
            str(_STATES[each.state.value]),
            reasons,
            "\n".join(each.evidence),
        ]
        sheet.append([f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell for cell in row])
    sheet.append([translate("合计"), str(view.policy), str(_STATES[view.state.value])])
    for column, width in zip("ABCDE", (10, 50, 10, 90, 70), strict=True):
        sheet.column_dimensions[column].width = width
    for cells in sheet.iter_rows():
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=cell.row == 1)
    sheet.freeze_panes = "A2"
    book.save(path)
    return path


def _write_zip(path: Path, facts: ClassFacts, policy: Policy, documents: Iterable[ArchiveDocument]) -> Path:
    """The class archive: photos as they were handed in, documents that people added, and what supervision left."""
    half = path.with_name(f".half-{path.name}")
    with half.open("w+b") as target:
        write_archive(target, facts, policy, documents)
    half.replace(path)
    return path


def list_own_documents(
    tx: Tx, number: str, policy: Policy, store: EvidenceStore, annexes: Iterable[tuple[str, bytes]] | None = None
) -> list[ArchiveDocument]:
    """What supervision itself left (Art. 12): lists of the records, the filled annexes, recordings and inspectors' pictures.

    Bytes that the store does not hold, as a recording kept elsewhere, are named in ``证据清单.csv`` as not kept here.

    Args:
        annexes: As .docx by name, where the caller has drawn them; else they are drawn here.
    """
    own = write_archive_lists(tx, number, policy, mask_number)
    own += _list_annexes(tx, read_class_file(tx, number).training, policy) if annexes is None else list(annexes)
    digests = _list_digests(describe_supervision(tx, number, viewer=BUREAU))
    everything = sorted(digests | {sha256 for _, _, sha256 in _list_handed_in(tx, number, policy)})
    there = {each for each in everything if store.exists(each)}
    kept = there & digests
    rows = [("SHA-256", "是否存于证据库"), *((each, "是" if each in there else "否") for each in everything)]
    own.append(("证据清单.csv", write_csv(rows)))
    documents = [ArchiveDocument(SUPERVISION, name, partial(io.BytesIO, content)) for name, content in own]
    return documents + [
        ArchiveDocument(SUPERVISION, f"证据/{each}", partial(store.open, each), each) for each in sorted(kept)
    ]


def _list_digests(value: Any) -> set[str]:
    """Evidence that a description names under ``evidence`` or ``recording``."""
    if isinstance(value, list):
        return {digest for each in value for digest in _list_digests(each)}
    if not isinstance(value, dict):
        return set()
    named = [value.get("evidence"), value.get("recording")]
    found = {each for one in named for each in (one if isinstance(one, list) else [one]) if isinstance(each, str)}
    return found | {digest for each in value.values() for digest in _list_digests(each)}


def list_documents(tx: Tx, number: str, policy: Policy, store: EvidenceStore) -> list[ArchiveDocument]:
    """What was handed in and is still kept. The same name twice, as from two sessions, is told apart by the digest."""
    names: dict[tuple[str, str], str] = {}
    documents = []
    for kind, name, sha256 in sorted(_list_handed_in(tx, number, policy)):
        if not store.exists(sha256):
            continue  # one lost picture must not cost the archive; `list_own_documents` names it
        if names.setdefault((kind, name), sha256) != sha256:
            plain = PurePosixPath(name)
            name = str(plain.with_name(f"{plain.stem}-{sha256[:12]}{plain.suffix}"))
        documents.append(ArchiveDocument(kind, name, partial(store.open, sha256), sha256))
    return documents


def _list_handed_in(tx: Tx, number: str, policy: Policy) -> set[tuple[str, str, str]]:
    """Documents of the class archive and photos: (kind, name, digest)."""
    kinds = {kind.code for kind in policy.archive}
    row = find_class(tx, number)
    found = [
        (item.kind, item.name, item.sha256)
        for item in tx.scalars(select(ArchiveItemRow).where(ArchiveItemRow.class_id == row.id))
        if item.sha256 and item.kind in kinds
    ]
    if "photos" in kinds:
        for each in read_class_file(tx, number).submissions:
            name = str(PurePosixPath(each.session_id or "", each.file.replace("\\", "/").lstrip("/")))
            found.append(("photos", name.replace("..", "__"), each.sha256))
    return set(found)
