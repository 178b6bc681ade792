"""Answering the office: what an agency may see of what is held against it, and its word about it, with files.

Open are notices in force and what people have confirmed. What still waits for a decision is not told: a matter that waits for a
check on site would announce the check (Art. 14(1)). Files go into the evidence store as they are; no process opens them.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.access import Caller
from verifier.evidence.store import EvidenceStore
from verifier.language import Sentence, say
from verifier.photo.container import sniff_format
from verifier.records.appeals import (
    AppealFile,
    AppealRecord,
    Kind,
    Subject,
    find_file,
    find_subject,
    read_appeals,
    save_appeal,
)
from verifier.records.audit import write_audit
from verifier.records.database import Database
from verifier.records.errors import NotInRecordsError
from verifier.records.matters import CaseRecord, ViolationRecord, read_cases, read_violations
from verifier.records.notices import NoticeRecord, read_notices
from verifier.records.office import RefusedError
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.training_class import ClassRow
from verifier.storing import require_stored

_PICTURES = ("jpeg", "png", "webp", "heic")
_DOCUMENTS = (b"%PDF-", b"PK\x03\x04")  # .docx and .xlsx are ZIP files
_HEAD_BYTES = 64


@dataclass(frozen=True, slots=True)
class AppealLimits:
    """How much one answer may hold.

    Attributes:
        max_text: Characters: two printed pages, as a decision's reason may have.
        max_files, max_file_bytes: A contract scanned at 300 dpi is about 1 MB a page.
        max_answers: To one subject; who wants to send more talks to the office.
    """

    name: str
    max_text: int
    max_files: int
    max_file_bytes: int
    max_answers: int


APPEALS_2026 = AppealLimits("appeals-2026", 4000, 5, 20 * 1024 * 1024, 20)


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it arrived, on disk and not in memory."""

    name: str
    stream: BinaryIO


@dataclass(frozen=True, slots=True)
class Held:
    """What is held against one agency and open to its answer."""

    notices: tuple[NoticeRecord, ...]
    violations: tuple[ViolationRecord, ...]
    cases: tuple[CaseRecord, ...]
    answers: dict[UUID, int]


def view_held(tx: Tx, agency_code: str) -> Held:
    """The agency's notices in force, confirmed violations and cases, and how often each was answered."""
    numbers = _list_own(tx, agency_code)
    notices = tuple(each for each in read_notices(tx, agency_code=agency_code) if each.void_reason is None)
    violations = tuple(each for number in numbers for each in read_violations(tx, number, states=("confirmed",)))
    cases = tuple(each for number in numbers for each in read_cases(tx, number, states=("confirmed",)))
    answers = {}
    for kind, found in (("notice", notices), ("violation", violations), ("case", cases)):
        for each in found:
            answers[each.id] = len(read_appeals(tx, kind, each.id))  # type: ignore[arg-type]
    return Held(notices, violations, cases, answers)


def find_open(tx: Tx, kind: Kind, subject_id: UUID, agency_code: str, *, lock: bool = False) -> Subject:
    """What an agency may answer to, or has answered to.

    Raises:
        NotInRecordsError: there is none, it is another's, or nobody has confirmed it.
    """
    subject = find_subject(tx, kind, subject_id, lock=lock)
    known = ("issued", "voided") if kind == "notice" else ("confirmed", "dismissed")
    if subject.agency_code != agency_code or subject.state not in known:
        raise NotInRecordsError(f"no {kind} {subject_id} is open to {agency_code}")
    return subject


def answer(
    database: Database, store: EvidenceStore, caller: Caller, kind: Kind, subject_id: UUID, text: str,
    files: Sequence[SentFile], limits: AppealLimits = APPEALS_2026,
) -> AppealRecord:  # fmt: skip
    """Keep an agency's word with its files; sent twice it is one answer.

    Raises:
        NotInRecordsError: see `find_open`.
        RefusedError: no text, too much of anything, a file of a kind that nobody needs here, or the matter is closed.
        EvidenceError: the bytes cannot be kept.
    """
    if caller.agency_code is None or caller.user_id is None:
        raise RefusedError(say("只有培训机构的人员账号可以答复。"))
    code, user_id = caller.agency_code, caller.user_id
    with database.reading() as tx:  # before any byte is kept
        _refuse_closed(find_open(tx, kind, subject_id, code))
    plain = _check_text(text, limits)
    kept = [_keep(store, each, limits) for each in _check_count(files, limits)]
    with database.transaction() as tx:
        subject = find_open(tx, kind, subject_id, code, lock=True)
        _refuse_closed(subject)
        before = read_appeals(tx, kind, subject_id)
        for _, sha256, _ in kept:
            require_stored(tx, store, sha256)
        record, is_new = save_appeal(tx, subject, user_id, plain, kept)
        if is_new and len(before) >= limits.max_answers:
            raise RefusedError(say("这一项已答复{count}次，请直接联系监管机构。", count=limits.max_answers))
        if is_new:
            after = {"about": subject.kind, "subject": subject.id, "files": [sha256 for _, sha256, _ in kept]}
            write_audit(tx, actor=caller.actor, action="appeal.answer", subject=("appeal", record.id), after=after)
    return record


def open_file(tx: Tx, caller: Caller, file_id: UUID) -> AppealFile:
    """A file of an answer, for the office and for the agency itself.

    Raises:
        NotInRecordsError: there is none that this caller may see.
    """
    found, subject = find_file(tx, file_id)
    if caller.agency_code not in (None, subject.agency_code):
        raise NotInRecordsError(f"no file {file_id} of an answer is on record")
    return found


HIDDEN = say("这一项涉及其他培训机构的班次，详情请向监管机构查询。")


def hide_others(text: str, foreign: Iterable[str], language: str | None = None) -> str:
    """A sentence as an agency may read it: one that names another agency's class names its people too, and is not shown.

    Args:
        foreign: The numbers of all classes that are not the agency's.
    """
    return HIDDEN.text(language) if _names_any(text, foreign) else text


def hide_sentence(sentence: Sentence, foreign: Iterable[str]) -> Sentence:
    """The same for a sentence that has no language yet."""
    return HIDDEN if _names_any(sentence.text("zh_CN"), foreign) else sentence


def _names_any(text: str, foreign: Iterable[str]) -> bool:
    # Not inside a longer number; a Chinese character before it is no part of one.
    return any(
        number in text and re.search(rf"(?<![A-Za-z0-9_-]){re.escape(number)}(?![A-Za-z0-9_-])", text)
        for number in foreign
    )


def list_foreign(tx: Tx, agency_code: str) -> frozenset[str]:
    """The numbers of all classes of other agencies."""
    query = select(ClassRow.number).join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
    return frozenset(tx.scalars(query.where(AgencyRow.code != agency_code)))


def _list_own(tx: Tx, agency_code: str) -> list[str]:
    query = select(ClassRow.number).join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
    return list(tx.scalars(query.where(AgencyRow.code == agency_code).order_by(ClassRow.number)))


def _refuse_closed(subject: Subject) -> None:
    if subject.state in ("voided", "dismissed"):
        raise RefusedError(say("这一项已作废或已排除，不必再答复。"))


def _check_text(text: str, limits: AppealLimits) -> str:
    plain = text.replace("\r\n", "\n").strip()
    if not plain:
        raise RefusedError(say("请写明答复的内容。"))
    if len(plain) > limits.max_text:
        raise RefusedError(
            say("答复有{length}个字符，最多{most}个；其余请放在附件里。", length=len(plain), most=limits.max_text)
        )
    return plain


def _check_count(files: Sequence[SentFile], limits: AppealLimits) -> Sequence[SentFile]:
    if len(files) > limits.max_files:
        raise RefusedError(say("附件有{count}个，最多{most}个。", count=len(files), most=limits.max_files))
    return files


def _keep(store: EvidenceStore, sent: SentFile, limits: AppealLimits) -> tuple[str, str, int]:
    """Name, digest and size; refused by size and by its first bytes, which are all that is read of it here."""
    name = _plain_name(sent.name)
    digest = hashlib.file_digest(sent.stream, "sha256").hexdigest()  # type: ignore[arg-type]
    size = sent.stream.seek(0, io.SEEK_END)
    sent.stream.seek(0)
    head = sent.stream.read(_HEAD_BYTES)
    sent.stream.seek(0)
    if size == 0:
        raise RefusedError(say("{file}是空的。", file=name))
    if size > limits.max_file_bytes:
        told, most = f"{size / 1024**2:.1f}", f"{limits.max_file_bytes / 1024**2:g}"
        raise RefusedError(say("{file}有{size} MB，最多{most} MB。", file=name, size=told, most=most))
    if sniff_format(head) not in _PICTURES and not head.startswith(_DOCUMENTS):
        raise RefusedError(say("{file}不是照片、PDF、Word（.docx）或Excel（.xlsx）文件。", file=name))
    store.put(sent.stream)
    return name, digest, size


def _plain_name(given: str) -> str:
    name = PurePosixPath(given.replace("\\", "/")).name
    return re.sub(r"[\x00-\x1f\x7f]", "_", name).strip()[-200:] or "file"
