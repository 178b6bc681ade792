"""What a program registers piece by piece: a class's filing, its roster, sign-ins, leave, pictures.

The same readers as for a class folder find the same faults; the same saving brings the records in line. What an agency may not
change of its own accord, once the office has approved the class, is refused here.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Tx

from verifier.access import Caller
from verifier.filing.attachments import Known, read_leaves, read_sign_ins
from verifier.filing.class_toml import read_class_values
from verifier.filing.entries import LEAVE_CSV, ROSTER_CSV, ROSTER_XLSX, SIGNINS_CSV
from verifier.filing.fault import Fault, FaultList
from verifier.filing.roster import read_roster
from verifier.language import say
from verifier.plan import Agency, ClassFile, Submission, TrainingClass, View
from verifier.records.audit import write_audit
from verifier.records.errors import NotInRecordsError
from verifier.records.filing import read_class_file, save_class_file
from verifier.records.office import RefusedError
from verifier.records.plans import BUREAU, require_visible
from verifier.records.roster import save_sign_ins
from verifier.records.rows import KindCount, find_class, lock_class
from verifier.records.submissions import save_submissions, submission_id
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.timetable import save_agency

XLSX_START = b"PK\x03\x04"


class FilingFaults(Exception):
    """What was sent has errors, so nothing was saved; `faults` are all of them, warnings too."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Registered:
    """What was saved, by kind, and what somebody should look at."""

    counts: Mapping[str, KindCount]
    warnings: tuple[Fault, ...]


def viewer_of(caller: Caller) -> str:
    """The caller as the readers of the records name it."""
    return caller.agency_code or BUREAU


def register_class(
    tx: Tx, caller: Caller, number: str, values: Mapping[str, Any], timezone: str
) -> tuple[Registered, bool]:
    """Bring a class's filing in line; roster, leave and pictures stay. Tells also whether the class is new.

    Args:
        values: As class.toml holds them, dates and clocks as such.
    Raises:
        FilingFaults: an error in it.
        NotInRecordsError, ForeignClassError, RefusedError: not this caller's to file, or no longer to change.
    """
    lock_class(tx, number)
    existing = _read_existing(tx, caller, number)
    faults = FaultList()
    filing = read_class_values(values, timezone, faults)
    if filing.training is None or faults.errors:
        raise FilingFaults(faults.in_order())
    training = filing.training
    if training.number != number:
        raise RefusedError(say("路径中的班次号{path}与备案内容中的{body}不一致。", path=number, body=training.number))
    if caller.agency_code is not None:
        _refuse_agency(caller, training, existing)
    kept = existing or ClassFile(training)
    saved = replace(kept, training=replace(training, students=kept.training.students))
    counts = save_class_file(tx, saved).kinds
    _audit(tx, caller, "class.file", number, counts)
    return Registered(counts, faults.in_order()), existing is None


def register_roster(tx: Tx, caller: Caller, number: str, data: bytes) -> Registered:
    """Bring a class's roster in line with a .csv or .xlsx file; who is not in it any more is marked.

    Raises:
        FilingFaults: an error in it.
        NotInRecordsError, RefusedError: no class of this caller, or no longer its to change.
    """
    existing = _open_class(tx, caller, number)
    _refuse_approved(caller, existing.training)
    faults = FaultList()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / (ROSTER_XLSX if data.startswith(XLSX_START) else ROSTER_CSV)).write_bytes(data)
        roster = read_roster(Path(folder), faults)
    if faults.errors:
        raise FilingFaults(faults.in_order())
    training = replace(existing.training, students=roster.students)
    counts = save_class_file(tx, replace(existing, training=training)).kinds
    _audit(tx, caller, "class.roster", number, counts)
    return Registered({"student": counts["student"]}, faults.in_order())


def register_sign_ins(tx: Tx, caller: Caller, number: str, rows: Sequence[Mapping[str, str]]) -> Registered:
    """Add sign-ins, by the columns of signins.csv; the same again changes nothing.

    Raises:
        FilingFaults: an error in one of them: none is saved.
        NotInRecordsError: no class of this caller.
    """
    existing = _open_class(tx, caller, number)
    sign_ins, faults = _read_rows(SIGNINS_CSV, rows, existing.training, read_sign_ins)
    added = replace(existing, sign_ins=tuple(sign_ins))
    counts = {"sign_in": save_sign_ins(tx, find_class(tx, number).id, added)}
    _audit(tx, caller, "class.sign_ins", number, counts)
    return Registered(counts, faults)


def register_agency(tx: Tx, caller: Caller, agency: Agency) -> KindCount:
    """Make an agency known before it files its first class, so that its programs can be given keys; or change its name."""
    count = save_agency(tx, agency)
    write_audit(
        tx, actor=caller.actor, action="agency.register", subject=("agency", agency.code),
        after={"name": agency.name, "added": count.added, "changed": count.changed},
    )  # fmt: skip
    return count


def register_leaves(tx: Tx, caller: Caller, number: str, rows: Sequence[Mapping[str, str]]) -> Registered:
    """Add approved absences, by the columns of leave.csv, or change those of the same student and session.

    Raises:
        FilingFaults: an error in one of them: none is saved.
        NotInRecordsError: no class of this caller.
    """
    existing = _open_class(tx, caller, number)
    leaves, faults = _read_rows(LEAVE_CSV, rows, existing.training, read_leaves)
    by_key = {(each.student_no, each.session_id): each for each in (*existing.leaves, *leaves)}
    counts = save_class_file(tx, replace(existing, leaves=tuple(by_key.values()))).kinds
    _audit(tx, caller, "class.leaves", number, {"leave": counts["leave"]})
    return Registered({"leave": counts["leave"]}, faults)


def register_photo(
    tx: Tx, caller: Caller, number: str, *, file: str, sha256: str, size_bytes: int, received_at: datetime,
    session_id: str | None, view: View | None,
) -> tuple[str, bool]:  # fmt: skip
    """Put a photo whose bytes are stored on record; gives its id, and whether it is new. Its first receipt stays.

    Raises:
        NotInRecordsError: no class of this caller.
        RefusedError: the class has no such session.
    """
    existing = _open_class(tx, caller, number)
    if session_id is not None and session_id not in {each.id for each in existing.training.sessions}:
        raise RefusedError(say("班次{number}没有课次{session}。", number=number, session=session_id))
    submission = Submission(file, sha256, size_bytes, received_at, session_id, view)
    photo_id = submission_id(number, submission)
    row = tx.get(SubmissionRow, photo_id)
    if row is not None and row.received_at is not None:
        submission = replace(submission, received_at=row.received_at)
    save_submissions(tx, number, [submission])
    after = {"class": number, "sha256": sha256, "session": session_id}
    write_audit(tx, actor=caller.actor, action="photo.hand_in", subject=("photo", photo_id), after=after)
    return str(photo_id), row is None


def register_portrait(tx: Tx, caller: Caller, number: str, student_no: str, sha256: str) -> Registered:
    """Add an enrolment photo of a student whose bytes are stored.

    Raises:
        NotInRecordsError: no class of this caller, or nobody of that number on its roster.
        RefusedError: the class is approved: whose face counts is then no longer the agency's to change.
    """
    existing = _open_class(tx, caller, number)
    _refuse_approved(caller, existing.training)
    if student_no not in {each.student_no for each in existing.training.students}:
        raise NotInRecordsError(f"class {number} has no student {student_no}")
    photos = dict(existing.enrolment_photos)
    photos[student_no] = tuple(dict.fromkeys((*photos.get(student_no, ()), sha256)))
    counts = save_class_file(tx, replace(existing, enrolment_photos=photos)).kinds
    _audit(tx, caller, "class.portrait", number, {"enrolment_photo": counts["enrolment_photo"]})
    return Registered({"enrolment_photo": counts["enrolment_photo"]}, ())


def _read_existing(tx: Tx, caller: Caller, number: str) -> ClassFile | None:
    try:
        existing = read_class_file(tx, number)
    except NotInRecordsError:
        return None
    # Another agency's number is refused when it is saved, in words that tell a typing error from a missing class.
    return existing if caller.agency_code in (None, existing.training.agency.code) else None


def _open_class(tx: Tx, caller: Caller, number: str) -> ClassFile:
    require_visible(tx, number, viewer_of(caller))
    lock_class(tx, number)
    return read_class_file(tx, number)


def _refuse_agency(caller: Caller, training: TrainingClass, existing: ClassFile | None) -> None:
    if training.agency.code != caller.agency_code:
        raise RefusedError(say("只能备案本机构（{code}）的班次。", code=caller.agency_code))
    if existing is not None:
        _refuse_approved(caller, existing.training)
    if _approvals(training) - (_approvals(existing.training) if existing is not None else set()):
        raise RefusedError(say("批准日期只能由监管机构登记。"))


def _refuse_approved(caller: Caller, training: TrainingClass) -> None:
    if caller.agency_code is not None and training.approved_on is not None:
        raise RefusedError(say("班次{number}已批准，只能由监管机构更改；请报送变更。", number=training.number))


def _approvals(training: TrainingClass) -> set[tuple[str, date]]:
    own = {("", training.approved_on)} if training.approved_on is not None else set()
    changes = {
        (repr(replace(each, approved_on=None)), each.approved_on) for each in training.changes if each.approved_on
    }
    return own | changes


def _read_rows(
    file: str, rows: Sequence[Mapping[str, str]], training: TrainingClass,
    read: Callable[[Path, Known, FaultList], Iterable[Any]],
) -> tuple[list[Any], tuple[Fault, ...]]:  # fmt: skip
    """Rows as the folder's reader reads them: the entry of index n stands on line n + 2."""
    faults = FaultList()
    students, sessions = ({each.student_no for each in training.students}, {each.id for each in training.sessions})
    known = Known(students, sessions, ZoneInfo(training.timezone))
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / file).open("w", newline="", encoding="utf-8") as target:
            writer = csv.DictWriter(target, columns)
            writer.writeheader()
            writer.writerows(rows)
        found = list(read(Path(folder), known, faults))
    if faults.errors:
        raise FilingFaults(faults.in_order())
    return found, faults.in_order()


def _audit(tx: Tx, caller: Caller, action: str, number: str, counts: Mapping[str, KindCount]) -> None:
    after = {
        kind: {"added": each.added, "changed": each.changed, "dropped": each.dropped}
        for kind, each in counts.items()
        if each.added or each.changed or each.dropped
    }
    write_audit(tx, actor=caller.actor, action=action, subject=("class", number), after=after)
